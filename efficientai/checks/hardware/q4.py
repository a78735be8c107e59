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
        assert cycles == expected[0], f"systolic_cost{arguments} must take {expected[0]} cycles, yours takes {cycles:g}. Count loading and computing for each tile."
        assert abs(utilisation - expected[1]) < 1e-6, f"systolic_cost{arguments} must have a utilisation of {expected[1]:.4f}, yours has {utilisation:.4f}."


@test_case(name='a tile at the edge', points=0.5, hidden=False)
def test_q4_a_tile_at_the_edge(systolic_cost):
    from efficientai.checking import expect_number

    found = systolic_cost(10, 5, 4, 4, 4)
    assert isinstance(found, tuple) and len(found) == 2, f"`systolic_cost` must return a tuple (cycles, utilisation), yours returned {found!r}."
    cycles, utilisation = (expect_number(value, "systolic_cost") for value in found)
    assert cycles == 40, f"With k = 5 on 4 rows there are two tiles, 40 cycles; yours takes {cycles:g}. The second tile has one row and still takes the whole array."
    assert abs(utilisation - 200 / 640) < 1e-6, (
        f"With k = 5 on 4 rows, 10 · 5 · 4 = 200 MACs are useful, of 40 · 16 = 640; yours says {utilisation:.4f} instead of 0.3125."
    )
