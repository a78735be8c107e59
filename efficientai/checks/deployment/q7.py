# Made from solutions/deployment.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q7"
points = None


@test_case(name='the example', points=0.5, hidden=False)
def test_q7_the_example(battery_days):
    from efficientai.checking import expect_number

    found = expect_number(battery_days(240, 3, 10, 10, 500, 36), "battery_days")
    expected = 720 / 0.05995 / 24
    assert abs(found - expected) < 1e-6 * expected, (
        f"For the example 720 mWh at an average of 0.05995 mW last {expected:.1f} days; yours says {found:.1f}."
    )


@test_case(name='always awake and always asleep', points=0.5, hidden=False)
def test_q7_always_awake_and_always_asleep(battery_days):
    from efficientai.checking import expect_number

    found = expect_number(battery_days(240, 3, 10, 500, 1000, 3600), "battery_days")
    assert abs(found - 3) < 1e-9, (
        f"Awake all the time at 10 mW, 720 mWh last 3 days; yours says {found:.4g}. Hours would be 72, and while awake it does not draw the power of sleep as well."
    )
    found = expect_number(battery_days(240, 3, 10, 500, 1000, 0), "battery_days")
    assert abs(found - 60) < 1e-9, f"Asleep all the time at 500 µW = 0.5 mW, 720 mWh last 60 days; yours says {found:.4g}."
