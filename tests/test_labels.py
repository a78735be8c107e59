"""Names in a plot: none on another, all inside their panel."""

import sys
from itertools import combinations

import pytest
from website import ROOT

sys.path[:0] = [str(ROOT / "book" / "_ext")]

plt = pytest.importorskip("matplotlib.pyplot")
labels = pytest.importorskip("labels")


@pytest.fixture
def panel():
    """An empty plot from 0 to 1, on which a pixel is a hundredth of an inch."""
    figure, ax = plt.subplots(figsize=(5, 4), dpi=100)
    ax.set(xlim=(0, 1), ylim=(0, 1))
    yield ax
    plt.close(figure)


def boxes(ax) -> dict[str, object]:
    """The pixels that each name's letters cover, measured after the figure was drawn."""
    ax.figure.canvas.draw()
    extent = pytest.importorskip("matplotlib.text").Text.get_window_extent  # without the tie
    return {text.get_text(): extent(text) for text in ax.texts}


def test_names_of_neighbours_stand_apart_and_inside(panel):
    points = [(0.5, 0.5), (0.52, 0.51), (0.53, 0.53), (0.98, 0.98), (0.01, 0.01)]
    named = {f"the network number {n}": point for n, point in enumerate(points)}
    labels.name_points(panel, named, points, [])
    found = boxes(panel)
    assert found.keys() == named.keys()
    assert not [(a, b) for a, b in combinations(found, 2) if found[a].overlaps(found[b])]
    frame = panel.bbox
    for box in found.values():
        assert frame.x0 <= box.x0 and box.x1 <= frame.x1
        assert frame.y0 <= box.y0 and box.y1 <= frame.y1


def test_a_name_avoids_dots_and_the_line(panel):
    above = panel.transData.inverted().transform((250, 210))  # right of the point's usual name
    dots = [(0.4, 0.56), (0.45, 0.56), (0.48, 0.56), tuple(above)]
    line = [(0.0, 0.45), (1.0, 0.45)]
    labels.name_points(panel, {"a long name": (0.5, 0.5)}, dots, line)
    [box] = boxes(panel).values()
    covered = [d for d in dots if box.contains(*panel.transData.transform(d))]
    height = panel.transData.transform((0, 0.45))[1]
    assert not covered and not box.y0 < height < box.y1


def test_networks_at_one_point_share_a_label(panel):
    labels.name_points(panel, {"one": (0.5, 0.5), "two": (0.5, 0.5)}, [], [])
    assert [text.get_text() for text in panel.texts] == ["one\ntwo"]


def test_the_tie_of_one_name_strikes_no_other(panel):
    points = [(0.5, 0.5), (0.52, 0.52), (0.54, 0.54)]
    right = [(0.5 + x / 50, 0.4 + y / 50) for x in range(20) for y in range(10)]
    named = dict(zip(["near", "further", "furthest"], points, strict=True))
    labels.name_points(panel, named, [*points, *right], [])
    found, tied = boxes(panel), 0
    for text in panel.texts:
        tie = text.arrow_patch
        if tie.get_visible():
            path, tied = tie.get_transform().transform_path(tie.get_path()), tied + 1
            others = [n for n in found if n != text.get_text()]
            assert not [n for n in others if path.intersects_bbox(found[n], filled=False)]
    assert tied
