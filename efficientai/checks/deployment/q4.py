# Made from solutions/deployment.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q4"
points = None


@test_case(name='the example', points=0.5, hidden=False)
def test_q4_the_example(inference_seconds):
    from efficientai.checking import expect_number

    for args, expected in (((50, 600, 100, 200), 3.0), ((50, 600, 100, 200, 0.25), 12.0), ((50, 60, 100, 200), 1.0)):
        found = expect_number(inference_seconds(*args), "inference_seconds")
        assert abs(found - expected) < 1e-9, (
            f"inference_seconds{args} is {expected} s, yours is {found:.4g} s. Arithmetic needs 1 s at full efficiency: 50 MACs are "
            "100 operations. The longer of arithmetic and traffic counts."
        )
