# Made from solutions/distillation.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q6"
points = None


@test_case(name='the example', points=0.25, hidden=False)
def test_q6_the_example(hint_loss):
    import torch
    from efficientai.checking import expect_number
    from torch import nn

    found = expect_number(hint_loss(torch.zeros(1, 2), torch.tensor([[1.0, 3.0]]), nn.Identity()), "hint_loss")
    assert abs(found - 2.5) < 1e-5, (
        f"For the example the hint loss is 2.5, half of the mean of 1 and 9; yours is {found:.4g}."
    )


@test_case(name='shape of the projection', points=0.5, hidden=False)
def test_q6_shape_of_the_projection(make_projection):
    import torch

    for student, teacher, expected in (
        ((5, 16), (5, 100), (100, 16)),
        ((2, 8, 4, 4), (2, 32, 4, 4), (32, 8, 1, 1)),
    ):
        projection = make_projection(torch.zeros(student), torch.zeros(teacher))
        assert projection is not None, "`make_projection` returned None. Is a `return` missing?"
        assert hasattr(projection, "state_dict"), "`make_projection` must return a module."
        state = projection.state_dict()
        assert "weight" in state and tuple(state["weight"].shape) == expected, (
            f"From {student} to {teacher} the projection's weight must have shape {expected}; yours is "
            f"{tuple(state['weight'].shape) if 'weight' in state else 'not there'}."
        )
