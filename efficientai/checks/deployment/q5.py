# Made from solutions/deployment.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q5"
points = None


@test_case(name='the example', points=0.5, hidden=False)
def test_q5_the_example(answer_seconds):
    from efficientai.checking import expect_number

    found = expect_number(answer_seconds(250_000, 25_000, 10, 40, 50, 0.01), "answer_seconds")
    assert abs(found - 0.265) < 1e-9, (
        f"For the example the answer is there after 0.265 s = 0.2 + 0.05 + 0.01 + 0.005; yours says {found:.6g} s."
    )


@test_case(name='one step at a time', points=0.5, hidden=False)
def test_q5_one_step_at_a_time(answer_seconds):
    from efficientai.checking import expect_number

    steps = {
        "only 1,000,000 bytes up at 8 Mbit/s": ((1_000_000, 0, 8, 80, 0, 0), 1.0),
        "only 1,000,000 bytes down at 80 Mbit/s": ((0, 1_000_000, 8, 80, 0, 0), 0.1),
        "only a round trip of 100 ms": ((0, 0, 8, 80, 100, 0), 0.1),
        "only 3 s on the server": ((0, 0, 8, 80, 0, 3), 3.0),
    }
    for name, (args, expected) in steps.items():
        found = expect_number(answer_seconds(*args), "answer_seconds")
        assert abs(found - expected) < 1e-9, f"With {name} it takes {expected} s; yours says {found:.6g} s."
