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
        need = found[0] * found[1] + found[0] + found[1]
        assert need <= 15, f"Your tile {found} needs {found[0] * found[1]} + {found[0]} + {found[1]} = {need} numbers, and the buffer of the example holds 15."
        assert found == expected, (
            f"For a 6 × 6 result, a buffer of 15 and the traffic {name} the best tile is {expected}, which moves {traffic(*expected)}; yours is {found} and moves {traffic(*found)}."
        )


@test_case(name='not square', points=0.5, hidden=False)
def test_q6_not_square(best_tile):
    for m, n, buffer, rule, traffic, expected in (
        (20, 5, 24, "1000 // a + 10 // b", lambda a, b: 1000 // a + 10 // b, (11, 1)),  # 11 + 11 + 1 = 23 fit, 12 + 12 + 1 do not
        (4, 4, 1000, "abs(a - 2) + abs(b - 3)", lambda a, b: abs(a - 2) + abs(b - 3), (2, 3)),  # the largest tile is not the best
        (7, 7, 8, "7", lambda a, b: 7, (1, 1)),  # all the same: the fewest sums
        (6, 6, 30, "0 if a * b == 2 else 1", lambda a, b: 0 if a * b == 2 else 1, (1, 2)),  # the fewest rows
    ):
        found = best_tile(m, n, buffer, traffic)
        assert isinstance(found, tuple) and len(found) == 2, f"`best_tile` must return a tuple (tile_m, tile_n), yours returned {found!r}."
        need = found[0] * found[1] + found[0] + found[1]
        assert need <= buffer, f"Your tile {found} needs {found[0] * found[1]} + {found[0]} + {found[1]} = {need} numbers, and the buffer holds {buffer}."
        assert found == expected, (
            f"For a result of {m} × {n}, a buffer of {buffer} and the traffic {rule} the best tile is {expected}, which moves {traffic(*expected)}; "
            f"yours is {found} and moves {traffic(*found)}. What counts is the traffic, then the fewest sums, then the fewest rows."
        )
