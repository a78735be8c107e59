# Made from solutions/pruning.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q7"
points = None


@test_case(name='the example', points=0.5, hidden=False)
def test_q7_the_example(cubic_sparsity):
    from efficientai.checking import expect_number

    for step, expected in ((0, 0.0), (50, 0.7), (100, 0.8)):
        found = expect_number(cubic_sparsity(step, 0, 100, 0.8), "cubic_sparsity")
        assert abs(found - expected) < 1e-6, (
            f"On the ramp from 0 to 0.8 over 100 steps, step {step} has sparsity {expected}; you say {found:.4g}."
        )
