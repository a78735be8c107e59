# Made from solutions/hardware.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q7"
points = None


@test_case(name='one sample', points=0.75, hidden=False)
def test_q7_one_sample(layer_energy_nj):
    from efficientai.checking import expect_number

    for precision, on_chip, expected in (("fp32", False, 422.644), ("int8", False, 105.117), ("int8", True, 9.117)):
        found = expect_number(layer_energy_nj(64, 10, precision, on_chip=on_chip), "layer_energy_nj")
        assert abs(found - expected) < 1e-6 * expected, (
            f"64 inputs, 10 outputs, {precision}, weights {'on the chip' if on_chip else 'in DRAM'}: {expected} nJ, yours says {found:.3f}. "
            "Compare your three parts with the table of the example."
        )


@test_case(name='a batch', points=0.75, hidden=False)
def test_q7_a_batch(layer_energy_nj):
    from efficientai.checking import expect_number

    found = expect_number(layer_energy_nj(64, 10, "fp32", batch=100), "layer_energy_nj")
    assert abs(found - 10.804) < 1e-5, (
        f"64 inputs, 10 outputs, fp32, a batch of 100: 10.804 nJ for each sample, yours says {found:.3f}. The weights are read once for all samples; arithmetic and activations each sample has for itself."
    )
