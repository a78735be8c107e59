# Made from solutions/architectures.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q1"
points = None


@test_case(name='the example', points=0.5, hidden=False)
def test_q1_the_example(conv_params):
    from efficientai.checking import expect_number

    cases = {
        "standard": ((16, 32, 3, 1), 4608),
        "grouped": ((16, 32, 3, 4), 1152),
        "depthwise": ((16, 16, 3, 16), 144),
        "pointwise": ((16, 32, 1, 1), 512),
    }
    for kind, (settings, expected) in cases.items():
        found = expect_number(conv_params(*settings), "conv_params")
        assert found == expected, (
            f"The {kind} convolution of the example has {expected} parameters; you say {found:g}."
        )
