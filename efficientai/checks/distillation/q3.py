# Made from solutions/distillation.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q3"
points = None


@test_case(name='the example', points=0.5, hidden=False)
def test_q3_the_example(class_similarity):
    import torch
    from efficientai.checking import expect_tensor

    logits = torch.tensor([[0.6, 0.3, 0.1], [0.8, 0.1, 0.1]]).log()
    found = expect_tensor(
        class_similarity(logits, torch.tensor([0, 0]), 1.0), "class_similarity", (3, 3), torch.float32
    )
    assert not bool(torch.isnan(found).any()), (
        "Your matrix holds NaN: the mean over no image at all. Classes without an image have a row of zeros."
    )
    expected = torch.tensor([[0, 2 / 3, 1 / 3], [0, 0, 0], [0, 0, 0]])
    assert torch.allclose(found, expected, atol=1e-4), (
        f"For the example your rows are {[[round(v, 3) for v in row] for row in found.tolist()]}; "
        "expected [0, 0.667, 0.333] in row 0 and zeros elsewhere."
    )
