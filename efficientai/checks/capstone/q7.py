# Made from solutions/capstone.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q7"
points = None


@test_case(name='the example', points=0.5, hidden=False)
def test_q7_the_example(cheapest_form):
    import torch

    answer = cheapest_form(torch.tensor([0, 0, 0, 0, 0, 0, 0, 3]))
    assert isinstance(answer, tuple) and len(answer) == 3, "`cheapest_form` must return three things: the form, the bits and the bytes."
    assert tuple(answer) == ("sparse", 3, 2), f"For the example you return {tuple(answer)}; expected ('sparse', 3, 2)."


@test_case(name='widths', points=0.5, hidden=False)
def test_q7_widths(cheapest_form):
    import torch

    for largest, bits in ((1, 2), (-3, 3), (4, 4), (-8, 5), (127, 8)):
        answer = cheapest_form(torch.full((16,), largest, dtype=torch.int8))
        assert isinstance(answer, tuple) and len(answer) == 3, "`cheapest_form` must return three things: the form, the bits and the bytes."
        assert tuple(answer) == ("dense", bits, 2 * bits), (
            f"Sixteen times {largest} take {bits} bits each in a symmetric range, {2 * bits} bytes dense; you return {tuple(answer)}."
        )
