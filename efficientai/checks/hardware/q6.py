# Made from solutions/hardware.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q6"
points = None


@test_case(name='the example', points=0.5, hidden=False)
def test_q6_the_example(best_tile):
    for name, traffic, expected in (
        ("36 // a + 36 // b", lambda a, b: 36 // a + 36 // b, (3, 3)),
        ("36 // b", lambda a, b: 36 // b, (1, 6)),
    ):
        found = best_tile(6, 6, 15, traffic)
        assert isinstance(found, tuple) and len(found) == 2, f"`best_tile` must return a tuple (tile_m, tile_n), yours returned {found!r}."
        assert found == expected, (
            f"For a 6 × 6 result, a buffer of 15 and the traffic {name} the best tile is {expected}, yours is {found}. "
            "The buffer holds the sums and one piece of a column and of a row."
        )


@test_case(name='not square', points=0.5, hidden=False)
def test_q6_not_square(best_tile):
    for m, n, buffer, traffic, expected in (
        (20, 5, 24, lambda a, b: 1000 // a + 10 // b, (11, 1)),  # 11 + 11 + 1 = 23 fit, 12 + 12 + 1 do not
        (4, 4, 1000, lambda a, b: abs(a - 2) + abs(b - 3), (2, 3)),  # the largest tile is not the best
        (8, 8, 8, lambda a, b: 7, (1, 1)),  # all the same: the fewest sums
    ):
        found = best_tile(m, n, buffer, traffic)
        assert isinstance(found, tuple) and len(found) == 2, f"`best_tile` must return a tuple (tile_m, tile_n), yours returned {found!r}."
        assert found == expected, (
            f"For a {m} × {n} result and a buffer of {buffer} the best tile of this check is {expected}, with a traffic of {traffic(*expected)}; yours is {found}. "
            "Tiles may be long and narrow; what counts is the traffic, then the fewest sums."
        )
