# Made from solutions/numerics.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q8"
points = None


@test_case(name='a good step', points=0.5, hidden=False)
def test_q8_a_good_step(scaled_step):
    import torch
    from efficientai.checking import expect_number

    weight, gradient = torch.tensor([0.5]), torch.tensor([2.0**-16]).half()
    answer = scaled_step([weight], [gradient], 256.0, 1024.0, 3, 5)
    assert isinstance(answer, tuple) and len(answer) == 2, "`scaled_step` must return two things: the scale and the number of good steps."
    assert weight.dtype == torch.float32, f"The master weight is float32; yours has become {weight.dtype}."
    assert abs(weight.item() - (0.5 - 2.0**-18)) < 2.0**-24, (
        f"In the example the weight becomes 0.5 - 2^-18 = {0.5 - 2.0**-18:.9f}; yours is {weight.item():.9f}. "
        "Divide the scale out in float32, and change the tensor in place."
    )
    scale, good = (expect_number(value, "scaled_step") for value in answer)
    assert (scale, good) == (1024, 4), f"In the example (1024.0, 4) holds for the next step; you return ({scale:g}, {good:g})."
    answer = scaled_step([weight], [gradient], 256.0, 1024.0, 4, 5)
    assert isinstance(answer, tuple) and len(answer) == 2, "`scaled_step` must return two things: the scale and the number of good steps."
    scale, good = (expect_number(value, "scaled_step") for value in answer)
    assert (scale, good) == (2048, 0), (
        f"After four good steps one more makes five, the patience: (2048.0, 0) holds for the next step; you return ({scale:g}, {good:g})."
    )


@test_case(name='an overflow', points=0.5, hidden=False)
def test_q8_an_overflow(scaled_step):
    import torch
    from efficientai.checking import expect_number

    weights = [torch.ones(2), torch.ones(3)]
    gradients = [torch.ones(2).half(), torch.tensor([0.0, float("inf"), 1.0]).half()]
    answer = scaled_step(weights, gradients, 0.1, 1024.0, 3, 5)
    assert isinstance(answer, tuple) and len(answer) == 2, "`scaled_step` must return two things: the scale and the number of good steps."
    assert all(bool((w == 1).all()) for w in weights), (
        f"A gradient of the second tensor is infinite, so no weight may change; yours are {[w.tolist() for w in weights]}."
    )
    scale, good = (expect_number(value, "scaled_step") for value in answer)
    assert (scale, good) == (512, 0), f"After an overflow with the scale 1024, (512.0, 0) holds for the next step; you return ({scale:g}, {good:g})."
