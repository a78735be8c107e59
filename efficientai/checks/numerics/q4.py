# Made from solutions/numerics.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q4"
points = None


@test_case(name='the example', points=0.5, hidden=False)
def test_q4_the_example(round_mantissa):
    import torch
    from efficientai.checking import expect_tensor

    x = torch.tensor([1 + 1 / 256, 1 + 3 / 256, 1 + 1 / 256 + 1 / 65536, 1.9999, -1 - 1 / 256, -1 - 3 / 256])
    expected = [1.0, 1 + 2 / 128, 1 + 1 / 128, 2.0, -1.0, -1 - 2 / 128]
    y = expect_tensor(round_mantissa(x.clone()), "round_mantissa", (6,), torch.float32)
    for given, right, found in zip(x.tolist(), expected, y.tolist(), strict=True):
        assert found == right, (
            f"{given!r} becomes {right!r} in BF16; yours is {found!r}. Nearest first; half way, the neighbour whose last kept bit is 0."
        )


@test_case(name='another width', points=0.5, hidden=False)
def test_q4_another_width(round_mantissa):
    import torch
    from efficientai.checking import expect_tensor

    x = torch.tensor([[1 + 2**-11, 1 + 3 * 2**-11], [0.1, -100.3]])
    y = expect_tensor(round_mantissa(x.clone(), 10), "round_mantissa", (2, 2), torch.float32)
    expected = [[1.0, 1 + 2**-9], [0.0999755859375, -100.3125]]
    for given, right, found in zip(x.flatten().tolist(), sum(expected, []), y.flatten().tolist(), strict=True):
        pattern = torch.tensor(given).view(torch.int32).item()
        assert found == right, (
            f"With 10 mantissa bits {given!r} becomes {right!r}; yours is {found!r}. Of its 23 mantissa bits, "
            f"{pattern >> 13 & 1023:010b} are kept and {pattern & 8191:013b} are dropped."
        )
