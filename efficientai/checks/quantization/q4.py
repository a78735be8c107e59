# Made from solutions/quantization.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q4"
points = None


@test_case(name='the example', points=0.75, hidden=False)
def test_q4_the_example(best_limit):
    import torch
    from efficientai.checking import expect_number

    x = torch.tensor([1.0] * 9 + [3.0])
    limit = expect_number(best_limit(x, 2, candidates=30), "best_limit")
    assert abs(limit - 1.2) < 1e-4, (
        f"For the example your limit is {limit:.3f}; expected 1.2. With 2 bits the integers are -1, 0, 1; both the rounded values and "
        "the one that is cut off count."
    )
    limit = expect_number(best_limit(-x.view(5, 2), 2, candidates=30), "best_limit")
    assert abs(limit - 1.2) < 1e-4, f"For the example with all signs turned the limit is 1.2 again; yours is {limit:.3f}."
