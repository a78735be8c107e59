# Made from solutions/capstone.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q6"
points = None


@test_case(name='the example', points=0.5, hidden=False)
def test_q6_the_example(transfer_loss):
    import math
    import torch
    from efficientai.checking import expect_number, expect_tensor

    teacher = torch.tensor([[2 * math.log(3), 0.0], [0.0, 0.0]])
    loss = expect_tensor(transfer_loss(torch.zeros(2, 2), teacher, torch.tensor([-1, 1])), "transfer_loss")
    value = expect_number(loss, "transfer_loss")
    assert abs(value - 0.3048) < 1e-3, f"For the example your loss is {value:.4f}; expected 0.2355 + 0.0693 = 0.3048."


@test_case(name='labels alone and no labels', points=0.5, hidden=False)
def test_q6_labels_alone_and_no_labels(transfer_loss):
    import math
    import torch
    from efficientai.checking import expect_number, expect_tensor

    zeros, labels = torch.zeros(4, 5), torch.tensor([-1, 3, -1, -1])
    loss = expect_tensor(transfer_loss(zeros, zeros, labels, alpha=0.0), "transfer_loss")
    value = expect_number(loss, "transfer_loss")
    assert abs(value - math.log(5)) < 1e-4, (
        f"With alpha 0 and one label among four recordings, the loss of a student that knows nothing is ln 5 = 1.609; yours is {value:.4f}. Divide by the recordings that have a label."
    )
    loss = expect_tensor(transfer_loss(zeros, zeros, torch.full((4,), -1)), "transfer_loss")
    value = expect_number(loss, "transfer_loss")
    assert abs(value) < 1e-6, f"A student like its teacher and no label at all: the loss is 0; yours is {value}."
