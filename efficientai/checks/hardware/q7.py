# Made from solutions/hardware.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q7"
points = None


@test_case(name='one sample', points=0.75, hidden=False)
def test_q7_one_sample(layer_energy_nj):
    from efficientai.checking import expect_number

    for precision, on_chip, parts in (
        ("fp32", False, (2.944, 416.0, 3.7)), ("fp16", False, (0.96, 208.0, 1.85)), ("int8", False, (0.192, 104.0, 0.925)), ("int8", True, (0.192, 8.0, 0.925)),
    ):
        expected = sum(parts)
        found = expect_number(layer_energy_nj(64, 10, precision, on_chip=on_chip), "layer_energy_nj")
        assert abs(found - 1000 * expected) > 1e-3, f"Your {found:g} are picojoules; the answer is {expected:.3f} nanojoules."
        assert abs(found - expected) < 1e-6 * expected, (
            f"64 inputs, 10 outputs, {precision}, weights {'on the chip' if on_chip else 'in DRAM'}: arithmetic {parts[0]}, weights {parts[1]} and activations {parts[2]} "
            f"make {expected:.3f} nJ; yours says {found:.3f}."
        )


@test_case(name='a batch', points=0.75, hidden=False)
def test_q7_a_batch(layer_energy_nj):
    from efficientai.checking import expect_number

    found = expect_number(layer_energy_nj(64, 10, "fp32", batch=100), "layer_energy_nj")
    assert abs(found - 1080.4) > 1e-3, "Your 1080.4 nJ are the energy of the whole batch; the question asks for one sample of it, 10.804 nJ."
    assert abs(found - 10.804) < 1e-5, (
        f"64 inputs, 10 outputs, fp32, a batch of 100: 10.804 nJ for each sample, yours says {found:.3f}. The weights are read once for all samples; arithmetic and activations each sample has for itself."
    )
