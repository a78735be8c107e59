# Made from solutions/deployment.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q6"
points = None


@test_case(name='the example', points=0.5, hidden=False)
def test_q6_the_example(break_even_mbit):
    from efficientai.checking import expect_number

    found = expect_number(break_even_mbit(250_000, 0.3, 0.05, 50), "break_even_mbit")
    assert abs(found - 10) < 1e-6, (
        f"For the example 0.2 s are left to upload 2 million bits, which takes 10 Mbit/s; yours says {found:.6g}."
    )


@test_case(name='no bandwidth is enough', points=0.5, hidden=False)
def test_q6_no_bandwidth_is_enough(break_even_mbit):
    import math

    for local, remote, trip in ((0.25, 0.05, 250), (0.75, 0.5, 250)):
        found = break_even_mbit(1000, local, remote, trip)
        assert found is not None, "`break_even_mbit` returned None. Is a `return` missing, or should it be `math.inf`?"
        assert isinstance(found, float) and found == math.inf, (
            f"{local} s here, {remote} s there and a round trip of {trip} ms leave no time for the upload: the answer is math.inf, "
            f"yours is {found!r}."
        )
