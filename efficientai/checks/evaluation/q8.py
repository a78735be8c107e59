# Made from solutions/evaluation.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q8"
points = None


@test_case(name='the example', points=0.5, hidden=False)
def test_q8_the_example(paired_bootstrap):
    import numpy as np
    from efficientai.checking import expect_number

    a, b = np.array([1, 1, 0, 0, 1, 0, 1, 1]), np.array([1, 1, 1, 0, 1, 1, 1, 0])
    for kind in (int, bool):
        answer = paired_bootstrap(a.astype(kind), b.astype(kind), np.random.default_rng(0))
        assert answer is not None, "`paired_bootstrap` returned None. Is a `return` missing?"
        assert isinstance(answer, (tuple, list)) and len(answer) == 3, "`paired_bootstrap` must return (difference, low, high)."
        why = {
            "difference": "It is the accuracy of B minus that of A on the test set itself.",
            "low end": "Both networks are judged on the same rows, and 2.5 % of the differences lie below.",
            "high end": "Both networks are judged on the same rows, and 2.5 % of the differences lie above.",
        }
        for (name, reason), found, expected in zip(why.items(), answer, (0.125, -0.25, 0.5)):
            found = expect_number(found, "paired_bootstrap")
            assert abs(found - expected) < 1e-9, (
                f"For the example, with hits as {kind.__name__}, the {name} is {expected}, yours is {found:.4g}. {reason}"
            )
    answer = paired_bootstrap(a, b, np.random.default_rng(4), 9, 0.5)
    ends = [expect_number(value, "paired_bootstrap") for value in answer[1:]]
    assert ends == [-0.375, 0.125], (
        "With 9 resamples, a confidence of 0.5 and `np.random.default_rng(4)` the example's interval reaches from -0.375 to 0.125, yours from "
        f"{ends[0]:.4g} to {ends[1]:.4g}. A quarter of the differences is left out on each side, and the rows come from the generator that is given, in one call."
    )


@test_case(name='pairs matter', points=0.5, hidden=False)
def test_q8_pairs_matter(paired_bootstrap):
    import numpy as np
    from efficientai.checking import expect_number

    a = np.array([0, 1] * 20)
    answer = paired_bootstrap(a, a.copy(), np.random.default_rng(1))
    assert isinstance(answer, (tuple, list)) and len(answer) == 3, "`paired_bootstrap` must return (difference, low, high)."
    found = [expect_number(value, "paired_bootstrap") for value in answer]
    assert found == [0, 0, 0], (
        "Two networks that are right on exactly the same images do not differ on any test set: (0, 0, 0). "
        f"Yours is ({found[0]:.3g}, {found[1]:.3g}, {found[2]:.3g}). "
        "Take the same images for both in each row."
    )
