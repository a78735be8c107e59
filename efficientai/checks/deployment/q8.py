# Made from solutions/deployment.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q8"
points = None


@test_case(name='the example', points=0.5, hidden=False)
def test_q8_the_example(send_or_compute):
    from efficientai.checking import expect_number

    for payload, choice, millijoules in ((10_000, "send", 1.6), (20_000, "compute", 2.0)):
        answer = send_or_compute(2_000_000, payload, 10, 10_000_000, 20, 1000)
        assert isinstance(answer, tuple) and len(answer) == 2, (
            f"`send_or_compute` must return the choice and its millijoules, yours returned {answer!r}."
        )
        found = expect_number(answer[1], "send_or_compute")
        assert answer[0] == choice and abs(found - millijoules) < 1e-9, (
            f"For the example with {payload} bytes the answer is ({choice!r}, {millijoules}); yours is ({answer[0]!r}, {found:.6g})."
        )
