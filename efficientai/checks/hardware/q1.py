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
        reasons = {2 * found: "A MAC is two FLOPs.", found / 4: "You count values, not bytes."}
        hint = next((text for value, text in reasons.items() if abs(value - expected) < 1e-6 * expected), None)
        assert abs(found - expected) < 1e-6 * expected, (
            f"nn.Linear(64, 10) on a batch of {batch} with 4 bytes a value has {expected:.4f} FLOPs per byte, yours says {found:.4f}. "
            + (hint or "Weights count once for the whole batch, inputs and outputs once for each sample, the bias nowhere.")
        )


@test_case(name='a convolution', points=0.5, hidden=False)
def test_q1_a_convolution(arithmetic_intensity):
    from efficientai.checking import expect_number
    from torch import nn

    # 2 filters on 4 × 6 × 6 with padding: 72 outputs; 36 products each, or half of them with two groups
    for groups, products, weights in ((1, 36, 72), (2, 18, 36)):
        expected = 2 * 72 * products / (weights + 144 + 72)
        layer = nn.Conv2d(4, 2, 3, padding=1, groups=groups)
        found = expect_number(arithmetic_intensity(layer, (1, 4, 6, 6), 1), "arithmetic_intensity")
        assert abs(found - expected) < 1e-6 * expected, (
            f"nn.Conv2d(4, 2, 3, padding=1, groups={groups}) on one input of 4 × 6 × 6: 72 output values of {products} products each, and "
            f"{weights} + 144 + 72 values of one byte make {expected:.3f} FLOPs per byte; yours says {found:.3f}."
        )
