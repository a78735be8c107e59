# Made from solutions/distillation.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q1"
points = None


@test_case(name='the example', points=0.5, hidden=False)
def test_q1_the_example(soften):
    import torch
    from efficientai.checking import expect_tensor

    for temperature, expected in ((1.0, [0.1192, 0.8808]), (4.0, [0.3775, 0.6225])):
        found = expect_tensor(soften(torch.tensor([0.0, 2.0]), temperature), "soften", (2,), torch.float32)
        assert torch.allclose(found, torch.tensor(expected), atol=1e-3), (
            f"For logits (0, 2) at T = {temperature:g} you return {[round(v, 4) for v in found.tolist()]}; "
            f"expected {expected}. A higher temperature brings the probabilities closer together."
        )


@test_case(name='each image sums to one', points=0.25, hidden=False)
def test_q1_each_image_sums_to_one(soften):
    import torch
    from efficientai.checking import expect_tensor

    found = expect_tensor(soften(torch.arange(12.0).view(3, 4), 2.0), "soften", (3, 4), torch.float32)
    assert torch.allclose(found.sum(-1), torch.ones(3)), (
        f"For three images and four classes, the probabilities of the images sum to "
        f"{[round(v, 3) for v in found.sum(-1).tolist()]}; each must sum to 1. The classes are the last dimension."
    )
