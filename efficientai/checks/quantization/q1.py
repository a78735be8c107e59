# Made from solutions/quantization.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q1"
points = None


@test_case(name='the example', points=0.5, hidden=False)
def test_q1_the_example(affine_parameters):
    from efficientai.checking import expect_number

    answer = affine_parameters(-1.0, 3.0, bits=2)
    assert isinstance(answer, tuple) and len(answer) == 2, (
        "`affine_parameters` must return two things: the scale and the zero point."
    )
    assert isinstance(answer[1], int), f"The zero point must be an int; yours is a {type(answer[1]).__name__}."
    scale, zero_point = (expect_number(value, "affine_parameters") for value in answer)
    assert abs(scale - 4 / 3) < 1e-6, (
        f"For the example your scale is {scale:.4f}; expected 4/3: the range has length 4, and 4 integers have 3 steps."
    )
    assert zero_point == 1, f"For the example your zero point is {zero_point:g}; expected 1."


@test_case(name='ranges without zero', points=0.5, hidden=False)
def test_q1_ranges_without_zero(affine_parameters):
    from efficientai.checking import expect_number

    for low, high, bits, expected in ((2.0, 5.1, 8, (0.02, 0)), (-7.5, -3.0, 4, (0.5, 15))):
        answer = affine_parameters(low, high, bits)
        assert isinstance(answer, tuple) and len(answer) == 2, (
            "`affine_parameters` must return two things: the scale and the zero point."
        )
        scale, zero_point = (expect_number(value, "affine_parameters") for value in answer)
        assert abs(scale - expected[0]) < 1e-6 and zero_point == expected[1], (
            f"The range {low} to {high} with {bits} bits must give scale {expected[0]} and zero point {expected[1]}; you "
            f"return {scale:.4f} and {zero_point:g}. Widen the range to contain 0 first."
        )
