# Made from solutions/pruning.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q5"
points = None


@test_case(name='the example', points=0.5, hidden=False)
def test_q5_the_example(obd_prune):
    import torch
    from efficientai.checking import expect_number, expect_tensor

    answer = obd_prune(torch.tensor([1.0, 2.0]), torch.tensor([5.0, 0.1]), 1)
    assert isinstance(answer, tuple) and len(answer) == 2, (
        "`obd_prune` must return two things: the mask and the predicted increase of the loss."
    )
    mask = expect_tensor(answer[0], "obd_prune", (2,), torch.bool)
    assert mask.tolist() == [True, False], (
        f"For the example your mask is {mask.tolist()}; expected [True, False]: the loss bends 50 times less "
        "along the second weight."
    )
    increase = expect_number(answer[1], "obd_prune")
    assert abs(increase - 0.2) < 1e-6, (
        f"For the example you predict an increase of {increase:.4g}; expected 0.2 = 1/2 * 0.1 * 2^2."
    )
