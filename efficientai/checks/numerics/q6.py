# Made from solutions/numerics.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q6"
points = None


@test_case(name='the example', points=1, hidden=False)
def test_q6_the_example(ternarize):
    import torch
    from efficientai.checking import expect_number, expect_tensor

    answer = ternarize(torch.tensor([4.0, -6.0, 0.5, 0.0]))
    assert isinstance(answer, tuple) and len(answer) == 2, "`ternarize` must return two things: the values and the scale."
    values = expect_tensor(answer[0], "ternarize", (4,), torch.float32)
    scale = expect_number(answer[1], "ternarize")
    error = sum((w - scale * v) ** 2 for w, v in zip((4, -6, 0.5, 0), values.tolist(), strict=True))
    assert values.tolist() == [1, -1, 0, 0] and abs(scale - 5) < 1e-5, (
        f"For the example you return {values.tolist()} and {scale:g}, with the squared error {error:.3f}; [1, -1, 0, 0] and 5 have 2.25."
    )
    weight = torch.tensor([10.0, 3.0, -3.0, 3.0, 1.0, -1.0])
    answer = ternarize(weight.clone())
    assert isinstance(answer, tuple) and len(answer) == 2, "`ternarize` must return two things: the values and the scale."
    values = expect_tensor(answer[0], "ternarize", (6,), torch.float32)
    scale = expect_number(answer[1], "ternarize")
    error = (weight - scale * values).square().sum().item()
    assert error < 29.001, (
        f"For {weight.tolist()} you return {values.tolist()} and {scale:g}, with the squared error {error:.2f}; 29 is possible. How many weights to keep "
        "has to be tried out: no fixed threshold is best for all."
    )
    answer = ternarize(torch.tensor([[3.0, -3.0, 2.0]]))
    assert isinstance(answer, tuple) and len(answer) == 2, "`ternarize` must return two things: the values and the scale."
    values = expect_tensor(answer[0], "ternarize", (1, 3), torch.float32)
    scale = expect_number(answer[1], "ternarize")
    assert values.tolist() == [[1, -1, 1]] and abs(scale - 8 / 3) < 1e-5, (
        f"For [[3, -3, 2]] it is best to keep all three with the scale 8/3; you return {values.tolist()} and {scale:g}."
    )
