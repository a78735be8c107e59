# Made from solutions/hardware.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q4"
points = None


@test_case(name='the example', points=0.5, hidden=False)
def test_q4_the_example(systolic_cost):
    from efficientai.checking import expect_number

    for arguments, expected in (((10, 4, 4, 4, 4), (20, 0.5)), ((10, 4, 8, 4, 4), (40, 0.5)), ((10, 4, 8, 4, 4, True), (36, 320 / 576))):
        found = systolic_cost(*arguments)
        assert isinstance(found, tuple) and len(found) == 2, f"`systolic_cost` must return a tuple (cycles, utilisation), yours returned {found!r}."
        cycles, utilisation = (expect_number(value, "systolic_cost") for value in found)
        why = "4 cycles load the first tile, then each of the two tiles computes for 16." if len(arguments) == 6 else "Count 4 cycles of loading and 16 of computing for each tile."
        assert cycles == expected[0], f"systolic_cost{arguments} must take {expected[0]} cycles, yours takes {cycles:g}. {why}"
        assert abs(utilisation - expected[1]) < 1e-6, f"systolic_cost{arguments} must have a utilisation of {expected[1]:.4f}, yours has {utilisation:.4f}."


@test_case(name='a tile at the edge', points=0.5, hidden=False)
def test_q4_a_tile_at_the_edge(systolic_cost):
    from efficientai.checking import expect_number

    found = systolic_cost(3, 5, 6, 4, 2)
    assert isinstance(found, tuple) and len(found) == 2, f"`systolic_cost` must return a tuple (cycles, utilisation), yours returned {found!r}."
    cycles = expect_number(found[0], "systolic_cost")
    assert cycles == 66, f"systolic_cost(3, 5, 6, 4, 2) needs 2 · 3 = 6 tiles of 4 + 7 cycles, 66; yours takes {cycles:g}. The 5 rows of w are divided by 4 rows, its 6 columns by 2 columns."
    found = systolic_cost(10, 5, 4, 4, 4)
    assert isinstance(found, tuple) and len(found) == 2, f"`systolic_cost` must return a tuple (cycles, utilisation), yours returned {found!r}."
    cycles, utilisation = (expect_number(value, "systolic_cost") for value in found)
    assert cycles == 40, f"With k = 5 on 4 rows there are two tiles, 40 cycles; yours takes {cycles:g}. The second tile has one row and still takes the whole array."
    assert abs(utilisation - 200 / 640) < 1e-6, (
        f"With k = 5 on 4 rows, 10 · 5 · 4 = 200 MACs are useful, of 40 · 16 = 640; yours says {utilisation:.4f} instead of 0.3125."
    )
