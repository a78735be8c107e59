# Made from solutions/numerics.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q2"
points = None


@test_case(name='the example', points=0.5, hidden=False)
def test_q2_the_example(limits):
    from efficientai.checking import expect_dict, expect_number

    expected = {"epsilon": 0.125, "largest": 240.0, "smallest_normal": 1 / 64, "smallest": 1 / 512, "counts_to": 16}
    found = expect_dict(limits(4, 3), "limits", list(expected))
    for key, right in expected.items():
        value = expect_number(found[key], f"limits(4, 3)[{key!r}]")
        assert value == right, f"With 4 exponent and 3 mantissa bits, {key!r} is {right}; you say {value}."


@test_case(name='half precision', points=0.5, hidden=False)
def test_q2_half_precision(limits):
    from efficientai.checking import expect_dict, expect_number

    keys = ["epsilon", "largest", "smallest_normal", "smallest", "counts_to"]
    short = expect_dict(limits(2, 3), "limits", keys)
    value = expect_number(short["counts_to"], "limits(2, 3)['counts_to']")
    assert value == 3, f"The largest number of the format with 2 and 3 bits is 3.75, so it counts to 3; you say {value:g}."
    for e, m, expected in (
        (5, 10, (2.0**-10, 65504.0, 2.0**-14, 2.0**-24, 2048)),
        (8, 7, (2.0**-7, 2.0**127 * (2 - 2.0**-7), 2.0**-126, 2.0**-133, 256)),
    ):
        found = expect_dict(limits(e, m), "limits", keys)
        for key, right in zip(keys, expected, strict=True):
            value = expect_number(found[key], f"limits({e}, {m})[{key!r}]")
            assert value == right, f"With {e} exponent and {m} mantissa bits, {key!r} is {right:g}; you say {value:g}."
        assert isinstance(found["counts_to"], int), (
            f"How far a format counts is an int; yours is a {type(found['counts_to']).__name__}."
        )
