# Made from solutions/numerics.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q1"
points = None


@test_case(name='normal numbers', points=0.5, hidden=False)
def test_q1_normal_numbers(decode):
    cases = {
        (0b1_10000_1010000000, 5, 10): -3.25,
        (0b0_01111_0000000000, 5, 10): 1.0,
        (0b0_01111111_0000001, 8, 7): 1.0078125,
        (0b0_0111_110, 4, 3): 1.75,
    }
    for (bits, e, m), expected in cases.items():
        value = decode(bits, e, m)
        assert isinstance(value, float), f"`decode` must return a Python float; yours is a {type(value).__name__}."
        assert value == expected, (
            f"The pattern {bits:0{1 + e + m}b} with {e} exponent and {m} mantissa bits is {expected}; you say {value}."
        )


@test_case(name='small and special', points=0.5, hidden=False)
def test_q1_small_and_special(decode):
    import math

    for bits, expected in (
        (0b0_00000_0000000001, 2.0**-24),
        (0b1_00000_1000000000, -(2.0**-15)),
        (0b0_11111_0000000000, math.inf),
        (0b1_11111_0000000000, -math.inf),
    ):
        value = decode(bits, 5, 10)
        assert isinstance(value, float), f"`decode` must return a Python float; yours is a {type(value).__name__}."
        assert value == expected, (
            f"In FP16 the pattern {bits:016b} is {expected}; you say {value}. Its sign bit is {bits >> 15}, its exponent field {bits >> 10 & 31}, "
            f"its mantissa field {bits & 1023}: look at the row of the table with such an exponent field."
        )
    value = decode(0b0_11111_0000000001, 5, 10)
    assert isinstance(value, float) and math.isnan(value), (
        f"All exponent bits set and a mantissa that is not 0: that is NaN; you say {value}."
    )
