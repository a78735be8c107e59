"""Names beside the points of a plot, each where it covers the least."""

from collections import defaultdict
from itertools import pairwise, product

import numpy as np
from matplotlib.text import Text
from matplotlib.transforms import Bbox

REACHES = (5, 14, 24, 36)  # typographic points between a dot and its name
SIDES = {(-1, 1): ("right", "bottom"), (1, -1): ("left", "top"), (-1, -1): ("right", "top"),
         (1, 1): ("left", "bottom")}  # fmt: skip
OUTSIDE, NAME, DOT, LINE = 1000, 50, 5, 3  # how bad it is to leave the panel, or to cover one


def name_points(ax, named: dict[str, tuple], dots: list[tuple], line: list[tuple], **text) -> None:
    """Write each name beside its point, clear of other names, of `dots` and of a stepped `line`.

    All positions are data coordinates. The figure must have its final size and limits. Names that
    share a point stand below each other; a name that has to stand apart is tied to its point.
    """
    ax.figure.draw_without_rendering()  # lets the layout settle
    taken = [(_around(ax.transData.transform(dot), 3), DOT) for dot in dots] + _steps(ax, line)
    for point, names in _sharing(named).items():
        label = ax.annotate(
            "\n".join(names), point, (0, 0), textcoords="offset points", linespacing=1.15,
            arrowprops={"arrowstyle": "-", "lw": 0.6, "color": text.get("color"), "shrinkB": 4},
            **text,
        )  # fmt: skip
        places = sorted(product(REACHES, SIDES), key=lambda place: _cost(label, place, ax, taken))
        box = _put(label, *places[0])
        taken.append((box, NAME))
        if label.arrow_patch.get_visible():
            taken += [(_around(spot, 1), NAME) for spot in _tie(label, box)]


def _sharing(named: dict[str, tuple]) -> dict[tuple, list[str]]:
    """The names at each point."""
    points = defaultdict(list)
    for name, point in named.items():
        points[point].append(name)
    return points


def _put(label, reach: int, side: tuple[int, int]) -> Bbox:
    """Move a label to one side of its point; the pixels that its letters then cover."""
    label.xyann = (side[0] * max(reach / 2, REACHES[0]), side[1] * reach)
    label.set(**dict(zip(("ha", "va"), SIDES[side], strict=True)))
    label.arrow_patch.set_visible(reach > REACHES[0])
    renderer = label.figure.canvas.get_renderer()
    label.update_positions(renderer)
    return Text.get_window_extent(label, renderer).padded(1)  # without the tie


def _cost(label, place: tuple, ax, taken: list[tuple[Bbox, int]]) -> float:
    """How bad a place is; of equally good ones the nearest is best."""
    box = _put(label, *place)
    inside = ax.bbox.x0 <= box.x0 and box.x1 <= ax.bbox.x1 and ax.bbox.y0 <= box.y0
    inside = inside and box.y1 <= ax.bbox.y1
    covered = sum(w for b, w in taken if box.overlaps(b))
    tie = _tie(label, box)
    struck = sum(w for b, w in taken if w == NAME and any(b.contains(*spot) for spot in tie))
    return OUTSIDE * (not inside) + covered + struck + place[0] / 10


def _tie(label, box: Bbox) -> np.ndarray:
    """Spots (24, 2) on the way from a point to the middle of its name in `box`."""
    return np.linspace(label.axes.transData.transform(label.xy), (box.min + box.max) / 2, 24)


def _steps(ax, line: list[tuple]) -> list[tuple[Bbox, int]]:
    """The parts of a line that goes right first, then up."""
    corners = [corner for a, b in pairwise(line) for corner in (a, (b[0], a[1]))] + line[-1:]
    return [
        (Bbox([np.minimum(a, b) - 1, np.maximum(a, b) + 1]), LINE)
        for a, b in pairwise(ax.transData.transform(corners))
    ]


def _around(centre: np.ndarray, radius: float) -> Bbox:
    return Bbox([centre - radius, centre + radius])
