# Made from solutions/architectures.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q9"
points = None


@test_case(name='the example', points=0.5, hidden=False)
def test_q9_the_example(choose_multipliers):
    layers = [("conv", 32, 2), ("separable", 64, 1)]
    try:
        below = choose_multipliers(layers, 278_847, [1.0, 0.5], [32], classes=10)
    except ValueError:
        below = None
    for budget, expected in ((819_840, (1.0, 32)), (819_839, (0.5, 32)), (278_848, (0.5, 32))):
        found = choose_multipliers(layers, budget, [1.0, 0.5], [32], classes=10)
        assert isinstance(found, (tuple, list)) and len(found) == 2, (
            f"`choose_multipliers` returned {found!r}; a pair (width, resolution) was expected."
        )
        assert tuple(found) == expected, (
            f"The example takes 819,840 MACs at width 1 and 278,848 at width 0.5. With a budget of {budget:,} the answer is "
            f"{expected}; yours is {tuple(found)}."
        )
    assert below is None, (
        f"With a budget of 278,847 MACs neither network of the example fits; you chose {below!r}."
    )


@test_case(name='nothing fits', points=0.5, hidden=False)
def test_q9_nothing_fits(choose_multipliers):
    try:
        choose_multipliers([("conv", 16, 2)], 1000, [1.0, 0.5], [32, 16], classes=10)
    except ValueError:
        return
    raise AssertionError("No pair fits a budget of 1000 MACs: raise ValueError.")
