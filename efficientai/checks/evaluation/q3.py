# Made from solutions/evaluation.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q3"
points = None


@test_case(name='the example', points=0.5, hidden=False)
def test_q3_the_example(year_of_use):
    from efficientai.checking import expect_number

    answer = year_of_use(2.0, 0.5, 1_000_000, 1.2)
    assert answer is not None, "`year_of_use` returned None. Is a `return` missing?"
    assert isinstance(answer, (tuple, list)) and len(answer) == 2, "`year_of_use` must return two numbers, (kwh, days)."
    kwh, days = (expect_number(value, "year_of_use") for value in answer)
    assert abs(kwh - 365 / 6) < 1e-6, f"For the example a year of answers takes 60.83 kWh; yours is {kwh:.4g}. The joules of an answer do not include the building's overhead yet."
    assert abs(days - 12) < 1e-9, (
        f"For the example the training is overtaken after 12 days; yours is {days:.4g}. Its 2 kWh have the overhead in them already, the joules of an answer have not."
    )


@test_case(name='never and soon', points=0.5, hidden=False)
def test_q3_never_and_soon(year_of_use):
    import math

    from efficientai.checking import expect_number

    answer = year_of_use(1.0, 1.0, 7_200_000)
    assert isinstance(answer, (tuple, list)) and len(answer) == 2, "`year_of_use` must return two numbers, (kwh, days)."
    days = expect_number(answer[1], "year_of_use")
    assert abs(days - 0.5) < 1e-9, (
        f"7.2 million answers a day of 1 J each use 2 kWh a day; a training of 1 kWh is overtaken after half a day, 0.5; yours is {days:.4g}."
    )
    for name, joules, count in (("no answers", 0.5, 0), ("answers that cost nothing", 0.0, 100)):
        try:
            answer = year_of_use(2.0, joules, count)
        except ZeroDivisionError:
            raise AssertionError(f"With {name} your function divides by zero; the days are math.inf then.") from None
        assert isinstance(answer, (tuple, list)) and len(answer) == 2, "`year_of_use` must return two numbers, (kwh, days)."
        assert expect_number(answer[0], "year_of_use") == 0, f"With {name} a year takes 0 kWh; yours is {answer[0]!r}."
        assert isinstance(answer[1], float) and answer[1] == math.inf, (
            f"With {name} the training is never overtaken: the days are math.inf, yours are {answer[1]!r}."
        )
