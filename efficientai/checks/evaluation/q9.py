# Made from solutions/evaluation.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q9"
points = None


@test_case(name='the example', points=0.5, hidden=False)
def test_q9_the_example(choose):
    models = {
        "dense": {"accuracy": 0.973, "bytes": 205_000, "macs": 50_200, "worst": 0.91},
        "small CNN": {"accuracy": 0.993, "bytes": 111_000, "macs": 601_600, "worst": 0.97},
        "INT8": {"accuracy": 0.975, "bytes": 58_000, "macs": 50_200, "worst": 0.89},
        "pruned": {"accuracy": 0.972, "bytes": 74_000, "macs": 17_600, "worst": 0.92},
        "student": {"accuracy": 0.969, "bytes": 12_000, "macs": 2_368},
        "tiny": {"accuracy": 0.931, "bytes": 5_000, "macs": 1_184, "worst": 0.80},
    }
    cases = {
        "at most 100,000 bytes, tolerance 0.01": ({"bytes": 100_000}, {}, 0.01, "student"),
        "at most 100,000 bytes, tolerance 0": ({"bytes": 100_000}, {}, 0.0, "INT8"),
        "at most 100,000 bytes, worst group at least 0.90, tolerance 0.01": ({"bytes": 100_000}, {"worst": 0.90}, 0.01, "pruned"),
        "no limit, tolerance 0": ({}, {}, 0.0, "small CNN"),
    }
    for name, (at_most, at_least, tolerance, expected) in cases.items():
        try:
            found = choose(models, dict(at_most), dict(at_least), tolerance, "macs")
        except Exception as error:
            raise AssertionError(f"With {name} your function raised {type(error).__name__}: {error}.") from None
        assert found is None or isinstance(found, str), f"`choose` must return a name or None, yours returned {found!r}."
        assert found == expected, (
            f"With {name}, the cost being 'macs', the answer is {expected!r}, yours is {found!r}. First the limits, then the best accuracy "
            "*among those left*, then the cost."
        )


@test_case(name='limits and nobody', points=0.5, hidden=False)
def test_q9_limits_and_nobody(choose):
    models = {"a": {"accuracy": 0.75, "ms": 4.0}, "b": {"accuracy": 0.5, "ms": 2.0}}
    cases = {
        "at most 4 ms, which a meets exactly": ({"ms": 4.0}, {}, 0.0, "a"),
        "at least an accuracy of 0.75, which a meets exactly": ({}, {"accuracy": 0.75}, 0.5, "a"),
        "a tolerance of 0.25, which b meets exactly": ({}, {}, 0.25, "b"),
        "at most 1 ms": ({"ms": 1.0}, {}, 0.5, None),
        "at most 9 bytes, which nobody measured": ({"bytes": 9}, {}, 0.5, None),
    }
    for name, (at_most, at_least, tolerance, expected) in cases.items():
        try:
            found = choose(models, dict(at_most), dict(at_least), tolerance, "ms")
        except Exception as error:
            raise AssertionError(f"For {models}, with {name}, your function raised {type(error).__name__}: {error}.") from None
        assert found == expected, f"For {models}, with {name}, the answer is {expected!r}, yours is {found!r}."


@test_case(name='draws', points=0.5, hidden=False)
def test_q9_draws(choose):
    models = {
        "first": {"accuracy": 0.75, "ms": 2.0},
        "better": {"accuracy": 0.875, "ms": 2.0},
        "again": {"accuracy": 0.875, "ms": 2.0},
        "slow": {"accuracy": 1.0, "ms": 3.0},
    }
    found = choose(models, {}, {}, 0.25, "ms")
    assert found == "better", (
        f"Three networks share the lowest cost; the most accurate of them counts, and of two alike the one that comes first: 'better'. Yours is {found!r}."
    )
