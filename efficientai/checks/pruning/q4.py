# Made from solutions/pruning.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q4"
points = None


@test_case(name='the example', points=0.5, hidden=False)
def test_q4_the_example(softmax_hessian_diagonal):
    import torch
    from efficientai.checking import expect_tensor

    found = softmax_hessian_diagonal(torch.zeros(2, 1), torch.tensor([[2.0], [4.0]]))
    found = expect_tensor(found, "softmax_hessian_diagonal", (2, 1), torch.float32)
    assert torch.allclose(found, torch.full((2, 1), 2.5)), (
        f"For the example your diagonal is {found.tolist()}; expected [[2.5], [2.5]]: "
        "a quarter of the mean of 4 and 16."
    )


@test_case(name='agrees with autograd', points=0.5, hidden=False)
def test_q4_agrees_with_autograd(softmax_hessian_diagonal):
    import torch
    from efficientai.checking import expect_tensor

    generator = torch.Generator().manual_seed(4)
    weight = torch.randn(3, 2, generator=generator, dtype=torch.float64)
    x = torch.randn(5, 2, generator=generator, dtype=torch.float64)
    labels = torch.tensor([0, 2, 1, 1, 0])

    def loss(flat):
        return torch.nn.functional.cross_entropy(x @ flat.view(3, 2).T, labels)

    expected = torch.autograd.functional.hessian(loss, weight.flatten()).diagonal().view(3, 2)
    found = expect_tensor(
        softmax_hessian_diagonal(weight, x), "softmax_hessian_diagonal", (3, 2), torch.float64
    )
    assert torch.allclose(found, expected), (
        "For 3 classes, 2 features and 5 images, autograd finds "
        f"({expected[0, 0]:.4f}, {expected[0, 1]:.4f}) in the first row; "
        f"your function finds ({found[0, 0]:.4f}, {found[0, 1]:.4f})."
    )
