# Made from solutions/distillation.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q8"
points = None


@test_case(name='the example', points=0.5, hidden=False)
def test_q8_the_example(paired_gain):
    from efficientai.checking import expect_number

    answer = paired_gain([80.0, 82.0, 81.0], [84.0, 87.0, 83.0])
    assert answer is not None, "`paired_gain` returned None. Is a `return` missing?"
    assert isinstance(answer, (tuple, list)) and len(answer) == 3, "`paired_gain` must return (mean, low, high)."
    for name, found, expected in zip(("mean", "low", "high"), answer, (3.6667, -0.1280, 7.4613)):
        found = expect_number(found, "paired_gain")
        assert abs(found - expected) < 1e-2, (
            f"For the example the {name} is {expected:.3f}; yours is {found:.3f}. "
            "With three pairs the factor is 4.303, and s divides by n - 1."
        )
