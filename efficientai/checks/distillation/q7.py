# Made from solutions/distillation.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q7"
points = None


@test_case(name='nothing to learn', points=0.5, hidden=False)
def test_q7_nothing_to_learn(distillation_step):
    import copy
    import torch
    from efficientai.checking import expect_number
    from torch import nn

    torch.manual_seed(7)
    teacher = nn.Linear(3, 4)
    student = copy.deepcopy(teacher)
    loss = expect_number(
        distillation_step(student, teacher, torch.randn(5, 3), torch.tensor([0, 1, 2, 3, 0]), 0.5, 2.0, 1.0),
        "distillation_step",
    )
    assert abs(loss) < 1e-5, f"A student that equals its teacher has a loss of 0 at alpha = 1; yours is {loss:.4g}."
    assert torch.allclose(student.weight, teacher.weight, atol=1e-5), (
        "A student that agrees with its teacher has nothing to learn at alpha = 1, but its weights moved."
    )


@test_case(name='one step', points=0.5, hidden=False)
def test_q7_one_step(distillation_step):
    import copy
    import torch
    from efficientai.checking import expect_number
    from torch import nn

    torch.manual_seed(70)
    teacher, student = nn.Linear(3, 4), nn.Linear(3, 4)
    x, y = torch.randn(6, 3), torch.tensor([0, 1, 2, 3, 0, 1])
    old = copy.deepcopy(student)
    p, z = torch.softmax(teacher(x).detach() / 2, 1), old(x)
    soft = 4 * (p * (p.log() - torch.log_softmax(z / 2, 1))).sum() / 6
    expected = 0.5 * soft + 0.5 * torch.nn.functional.cross_entropy(z, y)
    expected.backward()
    loss = expect_number(distillation_step(student, teacher, x, y, 0.1, 2.0, 0.5), "distillation_step")
    assert abs(loss - expected.item()) < 1e-4, (
        f"Before the step the loss of this batch is {expected.item():.4f}; you return {loss:.4f}."
    )
    assert torch.allclose(student.weight, old.weight - 0.1 * old.weight.grad, atol=1e-5), (
        "The student's weights are not those of before minus lr times the gradient."
    )
