# Made from solutions/hardware.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q5"
points = None


@test_case(name='the example', points=0.5, hidden=False)
def test_q5_the_example(tiled_traffic):
    from efficientai.checking import expect_number

    for tile, expected in ((2, 80), (4, 48), (1, 144)):
        found = expect_number(tiled_traffic(4, 4, 4, tile, tile), "tiled_traffic")
        assert found == expected, f"A product of 4 × 4 matrices in tiles of {tile} × {tile} moves {expected} numbers, yours says {found:g}. Count reads of both factors and writes of the result."


@test_case(name='long tiles', points=0.5, hidden=False)
def test_q5_long_tiles(tiled_traffic):
    from efficientai.checking import expect_number

    # 2 tiles of 2 × 6: each reads 3 · (2 + 6) and writes 12
    found = expect_number(tiled_traffic(4, 3, 6, 2, 6), "tiled_traffic")
    assert found == 72, (
        f"(4 × 3) times (3 × 6) in tiles of 2 × 6: two tiles, each reads 3 · (2 + 6) = 24 numbers and writes 12, together 72; yours says {found:g}. "
        + {48: "The result has to be written, too.", 288: "Count numbers, not bytes.", 96: "The sums are written once and never read."}.get(
            found, "Count the reads of both pieces in each of the k steps, and one write for each sum."
        )
    )
    # 2 × 2 tiles of a 3 × 5 result, those at the edges smaller: reads 4 · (3 · 2 + 5 · 2), writes 15
    found = expect_number(tiled_traffic(3, 4, 5, 2, 4), "tiled_traffic")
    assert found == 79, (
        f"(3 × 4) times (4 × 5) in tiles of 2 × 4: tiles of 2 × 4, 2 × 1, 1 × 4 and 1 × 1 move 79 numbers; yours says {found:g}. Tiles at the edge read only what they need."
    )
