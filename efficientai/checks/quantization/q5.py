# Made from solutions/quantization.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q5"
points = None


@test_case(name='forward', points=0.5, hidden=False)
def test_q5_forward(fake_quantize):
    import torch
    from efficientai.checking import expect_tensor

    y = expect_tensor(fake_quantize(torch.tensor([0.6, 1.6, 1.8]), 0.5, 0, -3, 3), "fake_quantize", (3,), torch.float32)
    assert torch.allclose(y, torch.tensor([0.5, 1.5, 1.5])), (
        f"For the example your forward pass gives {y.tolist()}; expected [0.5, 1.5, 1.5]."
    )


@test_case(name='backward', points=0.5, hidden=False)
def test_q5_backward(fake_quantize):
    import torch
    from efficientai.checking import expect_tensor

    x = torch.tensor([0.6, 1.6, 1.8], requires_grad=True)
    y = expect_tensor(fake_quantize(x, 0.5, 0, -3, 3), "fake_quantize", (3,))
    assert y.requires_grad, (
        "The result does not require a gradient: it was computed under no_grad or detached as a whole."
    )
    y.backward(torch.tensor([10.0, 20.0, 30.0]))
    assert x.grad is not None, "No gradient reached x."
    assert x.grad.tolist() == [10.0, 20.0, 0.0], (
        f"For the gradient (10, 20, 30) your function sends back {x.grad.tolist()}; expected [10, 20, 0]: it passes where nothing was cut off. "
        "Autograd's own derivative of rounding is 0 everywhere."
    )
