# Made from solutions/evaluation.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q1"
points = None


@test_case(name='the example', points=0.5, hidden=False)
def test_q1_the_example(latency_report):
    from efficientai.checking import expect_dict, expect_number

    report = expect_dict(
        latency_report([50.0, 9.0, 4.0, 5.0, 6.0, 5.0, 30.0], 2, 6.0), "latency_report", ["median", "p90", "p99", "missed"]
    )
    why = {
        "median": "The runs 4, 5, 6, 5 and 30 count: the warm-up is the first two runs, not the slowest or the fastest two; and the median is not the mean.",
        "p90": "Of the sorted runs 4, 5, 5, 6, 30 it lies on the straight line between 6 and 30.",
        "p99": "Of the sorted runs 4, 5, 5, 6, 30 it lies on the straight line between 6 and 30.",
        "missed": "It is a share from 0 to 1 of the runs that count; a run of exactly 6 ms is in time.",
    }
    for key, expected in {"median": 5.0, "p90": 20.4, "p99": 29.04, "missed": 0.2}.items():
        found = expect_number(report[key], "latency_report")
        assert abs(found - expected) < 1e-9, f"For the example {key!r} is {expected}, yours is {found:.4g}. {why[key]}"


@test_case(name='trace stays', points=0.5, hidden=False)
def test_q1_trace_stays(latency_report):
    import numpy as np
    from efficientai.checking import expect_dict, expect_number

    keys = ["median", "p90", "p99", "missed"]
    for kind in (list, np.array):
        trace = kind([3.0, 1.0, 2.0])
        report = expect_dict(latency_report(trace, 0, 1.5), "latency_report", keys)
        assert list(trace) == [3.0, 1.0, 2.0], (
            f"Your function was given the trace [3, 1, 2] and left {[float(t) for t in trace]}: the caller's trace must stay as it is."
        )
        missed = expect_number(report["missed"], "latency_report")
        assert abs(missed - 2 / 3) < 1e-9, (
            f"Without a warm-up two of the three runs [3, 1, 2] take more than 1.5 ms: 'missed' is 0.667, yours is {missed:.3g}."
        )
