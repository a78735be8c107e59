# Made from solutions/distillation.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q5"
points = None


@test_case(name='the example', points=0.5, hidden=False)
def test_q5_the_example(distillation_gradient):
    import math
    import torch
    from efficientai.checking import expect_tensor

    teacher = torch.tensor([[0.0, 2 * math.log(3)]])  # at T = 2: odds of 1 to 3
    for alpha in (0.0, 0.5, 1.0):
        found = expect_tensor(
            distillation_gradient(torch.zeros(1, 2), teacher, torch.tensor([1]), 2.0, alpha),
            "distillation_gradient",
            (1, 2),
            torch.float32,
        )
        assert torch.allclose(found, torch.tensor([[0.5, -0.5]]), atol=1e-4), (
            f"For the example with alpha = {alpha:g} your gradient is {[round(v, 3) for v in found[0].tolist()]}; "
            "expected [0.5, -0.5]: a step against it raises the logit of class 1."
        )
