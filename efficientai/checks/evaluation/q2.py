# Made from solutions/evaluation.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q2"
points = None


@test_case(name='the example', points=0.5, hidden=False)
def test_q2_the_example(training_footprint):
    from efficientai.checking import expect_number

    answer = training_footprint(1e9, 1e6, 10, 1e10, 1.2, 500)
    assert answer is not None, "`training_footprint` returned None. Is a `return` missing?"
    assert isinstance(answer, (tuple, list)) and len(answer) == 2, "`training_footprint` must return two numbers, (kwh, kg)."
    for unit, found, expected in zip(("kWh", "kg"), answer, (2.0, 1.0)):
        found = expect_number(found, "training_footprint")
        assert abs(found - expected) < 1e-9, (
            f"For the example it is {expected} {unit}, yours is {found:.6g}. Check one factor after the other: 2 FLOPs a MAC, 3 forward "
            "passes' worth of work a step, 3.6 million joules a kWh, the PUE, 1000 grams a kilogram."
        )


@test_case(name='one factor at a time', points=0.5, hidden=False)
def test_q2_one_factor_at_a_time(training_footprint):
    from efficientai.checking import expect_number

    cases = {  # 6 MFLOPs at 1 FLOP a joule are 6 MJ, 1.6667 kWh
        "an ideal building (PUE 1) and a clean grid (0 g/kWh)": ((1e6, 1, 1, 1, 1.0, 0), (6 / 3.6, 0.0)),
        "a PUE of 1.8 and 1000 g/kWh": ((1e6, 1, 1, 1, 1.8, 1000), (3.0, 3.0)),
        "three epochs": ((1e6, 1, 3, 1, 1.0, 200), (5.0, 1.0)),
    }
    for name, (arguments, expected) in cases.items():
        try:
            answer = training_footprint(*arguments)
        except Exception as error:
            raise AssertionError(f"With {name} your function raised {type(error).__name__}: {error}.") from None
        assert isinstance(answer, (tuple, list)) and len(answer) == 2, "`training_footprint` must return two numbers, (kwh, kg)."
        for unit, found, value in zip(("kWh", "kg"), answer, expected):
            found = expect_number(found, "training_footprint")
            assert abs(found - value) < 1e-9, (
                f"With {name}, a million MACs a sample and 1 FLOP a joule make {value:.4g} {unit}; yours is {found:.4g}."
            )
