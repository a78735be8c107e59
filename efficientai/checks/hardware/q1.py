# Made from solutions/hardware.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q1"
points = None


@test_case(name='the example', points=0.5, hidden=False)
def test_q1_the_example(arithmetic_intensity):
    from efficientai.checking import expect_number
    from torch import nn

    for batch, expected in ((1, 1280 / 2856), (100, 128_000 / 32_160)):
        found = expect_number(arithmetic_intensity(nn.Linear(64, 10), (batch, 64), 4), "arithmetic_intensity")
        assert abs(found - expected) < 1e-6 * expected, (
            f"nn.Linear(64, 10) on a batch of {batch} with 4 bytes a value has {expected:.4f} FLOPs per byte, yours says {found:.4f}. "
            "A MAC is two FLOPs; weights count once for the batch, inputs and outputs once for each sample; no bias."
        )


@test_case(name='a convolution', points=0.5, hidden=False)
def test_q1_a_convolution(arithmetic_intensity):
    from efficientai.checking import expect_number
    from torch import nn

    # 2 filters of 3 × 3 × 3 on 3 × 6 × 6 with padding: 72 outputs of 27 products; 54 weights, 108 inputs, 72 outputs
    expected = 2 * 72 * 27 / (54 + 108 + 72)
    found = expect_number(arithmetic_intensity(nn.Conv2d(3, 2, 3, padding=1), (1, 3, 6, 6), 1), "arithmetic_intensity")
    assert abs(found - expected) < 1e-6 * expected, (
        f"nn.Conv2d(3, 2, 3, padding=1) on one input of 3 × 6 × 6: 72 output values of 27 products each, and 54 + 108 + 72 values of one byte "
        f"make {expected:.3f} FLOPs per byte; yours says {found:.3f}."
    )
