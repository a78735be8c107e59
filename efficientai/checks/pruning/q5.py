# Made from solutions/pruning.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q5"
points = None


@test_case(name='the example', points=0.5, hidden=False)
def test_q5_the_example(obd_prune):
    import torch
    from efficientai.checking import expect_number, expect_tensor

    answer = obd_prune(torch.tensor([1.0, 2.0, 4.0]), torch.tensor([5.0, 1.0, 0.5]), 1)
    assert answer is not None, "`obd_prune` returned None. Is a `return` missing?"
    assert isinstance(answer, tuple) and len(answer) == 2, (
        "`obd_prune` must return two things: the mask and the predicted increase of the loss."
    )
    mask = expect_tensor(answer[0], "obd_prune", (3,), torch.bool)
    assert mask.tolist() == [True, False, True], (
        f"For the example your mask is {mask.tolist()}; expected [True, False, True]: of the saliencies "
        "2.5, 2 and 4 the smallest goes, and True keeps."
    )
    increase = expect_number(answer[1], "obd_prune")
    assert abs(increase - 2) < 1e-6, (
        f"For the example you predict an increase of {increase:.4g}; expected 2 = 1/2 * 1 * 2^2."
    )
