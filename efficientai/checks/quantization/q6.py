# Made from solutions/quantization.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q6"
points = None


@test_case(name='the example', points=0.5, hidden=False)
def test_q6_the_example(integer_linear):
    import torch
    from efficientai.checking import expect_tensor

    y = integer_linear(
        torch.tensor([[13, 10]], dtype=torch.int32),
        torch.tensor([[4, -1]], dtype=torch.int8),
        torch.tensor([1], dtype=torch.int32),
        torch.tensor([2**30]),
        torch.tensor([31]),
        10,
        5,
    )
    y = expect_tensor(y, "integer_linear", (1, 1), torch.int32)
    assert y.item() == 12, (
        f"For the example you return {y.item()}; expected 12: the sum is 13, half of it is 6.5, rounded up 7, and 5 is added."
    )


@test_case(name='agrees with a layer of floats', points=0.5, hidden=False)
def test_q6_agrees_with_a_layer_of_floats(integer_linear):
    import torch
    from efficientai.checking import expect_tensor

    generator = torch.Generator().manual_seed(6)
    x = torch.randint(0, 256, (20, 64), generator=generator, dtype=torch.int32)
    weight = torch.randint(-127, 128, (10, 64), generator=generator).to(torch.int8)
    bias = torch.randint(-20000, 20000, (10,), generator=generator, dtype=torch.int32)
    factor = torch.linspace(0.0008, 0.002, 10, dtype=torch.float64)
    shift = 31 - torch.frexp(factor).exponent.long()
    multiplier = (factor * 2.0**shift).round().long()
    y = expect_tensor(
        integer_linear(x, weight, bias, multiplier, shift, 100, 128), "integer_linear", (20, 10), torch.int32
    )
    real = factor * ((x - 100).double() @ weight.double().T + bias.double()) + 128
    off = (y - real.clamp(0, 255)).abs().max().item()
    assert off <= 0.51, (
        f"The same layer in floats gives other numbers: yours is off by up to {off:.1f}. Are both zero points and the bias in?"
    )
