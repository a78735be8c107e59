# Made from solutions/distillation.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q4"
points = None


@test_case(name='the example', points=0.5, hidden=False)
def test_q4_the_example(distillation_loss):
    import math
    import torch
    from efficientai.checking import expect_number

    teacher, student, labels = torch.tensor([[0.0, math.log(3)]]), torch.zeros(1, 2), torch.tensor([1])
    for alpha, expected in ((1.0, 0.1308), (0.0, 0.6931), (0.5, 0.4120)):
        found = expect_number(distillation_loss(student, teacher, labels, 1.0, alpha), "distillation_loss")
        assert abs(found - expected) < 1e-3, (
            f"For the example with alpha = {alpha:g} the loss is {expected:.3f}; yours is {found:.3f}. "
            "KL(p || q) weighs the logarithm with the teacher's p."
        )
    sharper = torch.tensor([[0.0, math.log(9)]])  # at T = 2 it says what the example's teacher says at 1
    found = expect_number(distillation_loss(student, sharper, labels, 2.0, 1.0), "distillation_loss")
    assert abs(found - 0.5232) < 1e-3, (
        f"With the teacher's logits (0, ln 9), T = 2 and alpha = 1 the loss is 4 times 0.131, that is 0.523; yours is {found:.3f}."
    )


@test_case(name='without labels', points=0.25, hidden=False)
def test_q4_without_labels(distillation_loss):
    import torch
    from efficientai.checking import expect_number

    logits = torch.tensor([[1.0, 2.0, 3.0], [0.0, -1.0, 4.0]])
    found = expect_number(distillation_loss(logits, logits.clone(), None, 3.0, 0.5), "distillation_loss")
    assert abs(found) < 1e-6, (
        f"A student that says what the teacher says has a loss of 0 when there are no labels; yours is {found:.4g}."
    )
