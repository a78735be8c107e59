"""Moving pictures made from what was simulated or measured: one SVG with its own controls.

A picture is a piece of HTML that asks nobody for anything. Without scripts it shows one moment.
With scripts it runs, can be paused and stepped, and stands still for readers who ask for that.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from efficientai.hardware import SystolicArray

FOLDER, PLAYER = Path(__file__).parent, "player.html"


# ---------------------------------------------------------------- the player


class Animation:
    """A piece of HTML that a notebook shows as it is.

    >>> Animation("<p>a drawing</p>", "a drawing in words")
    a drawing in words
    """

    def __init__(self, html: str, text: str) -> None:
        self.html, self.text = html, text

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return self.html


@dataclass
class _Film:
    """What the player needs: a drawing of the moment `still`, and how the others differ from it.

    data: what the script of `draw` reads. said: one sentence a moment. label: for those who do not
    see the drawing. style and draw: files beside this one. unit: what a step is called.
    """

    size: tuple[float, float]
    drawn: list[str]
    data: dict
    said: list[str]
    still: int
    label: str
    style: str
    draw: str
    unit: str
    pause_ms: int

    def html(self) -> str:
        fields = json.dumps({**self.data, "said": self.said}, ensure_ascii=False)
        kind, (width, height) = Path(self.draw).stem, self.size
        marks = {
            "ID": f"{kind}-{hashlib.sha256(fields.encode()).hexdigest()[:8]}", "KIND": kind,
            "STYLE": _text(self.style).rstrip(), "DRAW": _text(self.draw).rstrip(),
            "WIDTH": f"{width:g}", "HEIGHT": f"{height:g}", "DRAWN": "\n".join(self.drawn),
            "STILL": self.still, "LAST": len(self.said) - 1, "SAID": self.said[self.still],
            "UNIT": self.unit, "PAUSE": self.pause_ms, "LABEL": self.label,
            "DATA": fields,
        }  # fmt: skip
        page = _text(PLAYER)
        for name, value in marks.items():
            page = page.replace(f"@{name}@", str(value))
        return page


def _text(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


# ---------------------------------------------------------------- a systolic array

CELL, PITCH, QUEUE, LEFT, TOP = 64, 70, 38, 14, 14  # of the drawing, in its own units


def systolic(array: SystolicArray, x: Tensor, w: Tensor) -> Animation:
    """x @ w passing through a systolic array, from the frames of its simulation.

    x: whole numbers (m, rows), w: (rows, columns). Raises ValueError if w does not fill the array.

    >>> import torch
    >>> systolic(SystolicArray(2, 2), torch.ones(3, 2), torch.ones(2, 2))
    3×2 times 2×2 on 2×2 cells in 5 cycles
    """
    if tuple(w.shape) != (array.rows, array.columns):
        raise ValueError(f"w must have shape {(array.rows, array.columns)}, got {tuple(w.shape)}")
    frames = list(array.frames(x, w))
    data = {
        "inputs": [[i, r, round(x[i, r].item())] for i in range(len(x)) for r in range(array.rows)],
        "sums": [
            [i, c, [round(frames[i + r + c].sums[r, c].item()) for r in range(array.rows)]]
            for i in range(len(x))
            for c in range(array.columns)
        ],
        "busy": [[int(cell) for cell in frame.busy.flatten()] for frame in frames],
        "rows": array.rows,
        "columns": array.columns,
    }
    text = f"{_by(x)} times {_by(w)} on {array.rows}×{array.columns} cells in {len(frames)} cycles"
    return Animation(_systolic_film(data, w, len(frames) // 2, text).html(), text)


def _by(matrix: Tensor) -> str:
    return "×".join(map(str, matrix.shape))


def _systolic_film(data: dict, w: Tensor, still: int, text: str) -> _Film:
    samples = 1 + max(i for i, _, _ in data["inputs"])
    rows, columns, cycles = data["rows"], data["columns"], len(data["busy"])
    left = LEFT + QUEUE * (samples + rows - 2) + 10
    width = left + PITCH * columns + 46
    height = TOP + PITCH * rows + QUEUE * (samples + columns - 2) + 34
    drawn = [
        *(_cell(r, c, left, w, data["busy"][still]) for r in range(rows) for c in range(columns)),
        *_landing(data["sums"], cycles, left, rows),
        *(
            _token("in", v, still - i - r >= columns, *input_place(still - i - r, r, left))
            for i, r, v in data["inputs"]
        ),
        *(
            _token("sum", v[max(0, min(r, rows - 1))], r < 0, *sum_place(r, c, left, rows))
            for i, c, v in data["sums"]
            for r in [still - i - c]
        ),
    ]
    said = [
        f"Cycle {i} of {cycles}: {sum(busy)} of {rows * columns} cells work."
        for i, busy in enumerate(data["busy"], start=1)
    ]
    label = (
        f"A systolic array: {text}. Numbers enter from the left, each row one cycle "
        "later than the row above, and move one cell to the right each cycle. Partial sums move "
        "one cell down and leave at the bottom in a slanted front."
    )
    places = {"left": left, "top": TOP, "pitch": PITCH, "queue": QUEUE}
    return _Film(
        (width, height), drawn, {**data, **places}, said, still, label,
        style="systolic.css", draw="systolic.js", unit="cycle", pause_ms=1300,
    )  # fmt: skip


def input_place(column: int, row: int, left: float) -> tuple[float, float]:
    """Where an input is drawn: in a cell, waiting on the left of it, or gone on the right.

    >>> input_place(column=0, row=0, left=0), input_place(column=1, row=0, left=0)
    ((17, 32), (87, 32))
    """
    x = left + (PITCH * column + 17 if column >= 0 else QUEUE * column + 10)
    return x, TOP + PITCH * row + 18


def sum_place(row: int, column: int, left: float, rows: int) -> tuple[float, float]:
    """Where a sum is drawn: in a cell, above the array before it starts, below it when ready.

    >>> sum_place(row=0, column=0, left=0, rows=2), sum_place(row=1, column=0, left=0, rows=2)
    ((32, 62), (32, 132))
    """
    below = TOP + PITCH * rows + 16 + QUEUE * (row - rows)
    return left + PITCH * column + 32, below if row >= rows else TOP + PITCH * row + 48


def _cell(row: int, column: int, left: float, w: Tensor, busy: list[int]) -> str:
    x, y = left + PITCH * column, TOP + PITCH * row
    state = " busy" if busy[row * w.shape[1] + column] else ""
    return (
        f'<rect class="cell{state}" x="{x}" y="{y}" width="{CELL}" height="{CELL}" rx="8"/>'
        f'<text class="weight" x="{x + CELL - 8}" y="{y + 23}">'
        f"×{_number(w[row, column].item())}</text>"
    )


def _landing(sums: list, cycles: int, left: float, rows: int) -> list[str]:
    """Where the sums that have left stand in the last cycle, and what that place is called."""
    below = [(c, cycles - 1 - i - c) for i, c, _ in sums if cycles - 1 - i - c >= rows]
    places = [sum_place(r, c, left, rows) for c, r in below]
    name = f'<text class="weight" x="{left - 14}" y="{sum_place(rows, 0, left, rows)[1] + 5}">'
    box = 'width="34" height="26"'
    slots = [f'<rect class="slot" x="{x - 17:g}" y="{y - 13:g}" {box}/>' for x, y in places]
    return [f"{name}finished sums</text>", *slots] if slots else []


def _token(kind: str, value: int, off: bool, x: float, y: float) -> str:
    shape = '<circle r="13"/>' if kind == "in" else '<rect x="-17" y="-13" width="34" height="26"/>'
    hidden = ' class="off"' if off else ""
    return (
        f'<g data-kind="{kind}"{hidden} style="transform:translate({x:g}px,{y:g}px)">'
        f'{shape}<text y="5">{_number(value)}</text></g>'
    )


def _number(value: float) -> str:
    return f"{round(value)}".replace("-", "−")


# ---------------------------------------------------------------- gradual pruning

SIDE, BARS, BASE = 190, 41, 212  # of each upper panel; bars of the histogram; foot of the panels
SECOND, WIDTH = 226, 420  # where the right panel begins; of the whole drawing
CURVES, START, END, FOOT = 256, 30, 326, 340  # top, both ends and foot of the panel below


class Moment(NamedTuple):
    """A network while it is pruned: its weights by name, zero where cut; accuracy in [0, 1].

    >>> Moment(0, {"weight": torch.ones(1, 2)}, accuracy=0.9).accuracy
    0.9
    """

    step: int
    weights: Mapping[str, Tensor]
    accuracy: float


def gradual_pruning(
    film: Sequence[Moment], others: Mapping[str, Sequence[float]] | None = None
) -> Animation:
    """A network that loses its weights little by little, from moments recorded on the way.

    The first weight matrix is (units, pixels of a square image): its picture shows what is left
    behind each pixel. others: accuracies of other runs at the same moments, to compare.
    Raises ValueError for fewer than two moments, inputs that are no square, and another length.

    >>> dense = Moment(0, {"w": torch.tensor([[0.1, -0.2, 0.3, 0.4]])}, 0.9)
    >>> half = Moment(10, {"w": torch.tensor([[0.0, 0.0, 0.3, 0.5]])}, 0.8)
    >>> gradual_pruning([dense, half])
    4 weights, 2 left after 2 moments
    """
    others = dict(others or {})
    _check_film(film, others)
    left = [sum(int((w != 0).sum()) for w in moment.weights.values()) for moment in film]
    total = sum(w.numel() for w in film[0].weights.values())
    text = f"{total:,} weights, {left[-1]:,} left after {len(film)} moments"
    return Animation(_pruning_film(film, others, left, total, text).html(), text)


def _check_film(film: Sequence[Moment], others: Mapping[str, Sequence[float]]) -> None:
    if len(film) < 2:
        raise ValueError(f"a film needs two moments at least, got {len(film)}")
    pixels = _first(film[0]).shape[1]
    if math.isqrt(pixels) ** 2 != pixels:
        raise ValueError(f"the first layer must see a square image, got {pixels} inputs")
    for name, accuracies in others.items():
        if len(accuracies) != len(film):
            raise ValueError(f"{name!r} has {len(accuracies)} accuracies for {len(film)} moments")


def cuts(film: Sequence[Moment]) -> list[float]:
    """For each moment the magnitude below which weights have been cut.

    It is the smallest one left right after a cut. Between cuts the weights train on, and may
    become smaller.

    >>> whole, cut = {"w": torch.tensor([1.0, 3.0])}, {"w": torch.tensor([0.0, 3.0])}
    >>> cuts([Moment(0, whole, accuracy=0.9), Moment(1, cut, accuracy=0.8)])
    [0.0, 3.0]
    """
    found, zeros = [], 0
    for moment in film:
        flat = torch.cat([w.flatten() for w in moment.weights.values()]).abs()
        now = int((flat == 0).sum())
        found.append(flat[flat > 0].min().item() if now > zeros else (found or [0.0])[-1])
        zeros = now
    return found


def histogram(weights: Mapping[str, Tensor], reach: float) -> list[int]:
    """How many weights that are not zero lie in each of the bars between -reach and reach.

    >>> sum(histogram({"w": torch.tensor([0.0, 0.5, -0.5])}, reach=1.0))
    2
    """
    flat = torch.cat([w.flatten() for w in weights.values()])
    return torch.histc(flat[flat != 0], BARS, -reach, reach).int().tolist()


def kept_share(weight: Tensor) -> list[float]:
    """Share of the weights left behind each input; weight: (units, inputs).

    >>> kept_share(torch.tensor([[1.0, 0.0], [2.0, 3.0]]))
    [1.0, 0.5]
    """
    return (weight != 0).float().mean(dim=0).tolist()


def _pruning_film(
    film: Sequence[Moment], others: dict[str, Sequence[float]], left: list[int], total: int,
    text: str,
) -> _Film:  # fmt: skip
    reach = math.ceil(10 * max(w.abs().max().item() for m in film for w in m.weights.values())) / 10
    counts, marks = [histogram(m.weights, reach) for m in film], cuts(film)
    top = math.log10(1 + max(map(max, counts)))
    runs = {"gradual": [m.accuracy for m in film], **others}
    data = {
        "pixels": [_scales(map(math.sqrt, kept_share(_first(m)))) for m in film],
        "bars": [_scales(math.log10(1 + n) / top for n in count) for count in counts],
        "cut": _scales(mark / reach for mark in marks),
        "x": [round(_across(i, film), 1) for i in range(len(film))],
        "y": [[round(_up(a), 1) for a in run] for run in [*runs.values(), _shares(left, total)]],
    }
    still = left.index(left[-1])  # the moment of the last cut
    label = (
        f"A network while it is pruned: {text}. On the left, a square for each pixel shrinks with "
        "its weights; in the middle of the histogram a gap opens from zero to both sides; below, "
        "the accuracy over the steps."
    )
    return _Film(
        (WIDTH, FOOT + 20), _pruning_drawing(data, still, reach, top, [*runs], film[-1].step), data,
        _sentences(film, others, left, total, marks), still, label,
        style="pruning.css", draw="pruning.js", unit="step", pause_ms=350,
    )  # fmt: skip


def _first(moment: Moment) -> Tensor:
    return next(iter(moment.weights.values()))


def _scales(values) -> list[float]:
    return [round(value, 3) for value in values]


def _shares(left: list[int], total: int) -> list[float]:
    return [n / total for n in left]


def _across(moment: int, film: Sequence[Moment]) -> float:
    """Where a moment stands on the time axis."""
    return START + (END - START) * film[moment].step / film[-1].step


def _up(share: float) -> float:
    """Where a share in [0, 1] stands on the axis of the lower panel."""
    return FOOT - (FOOT - CURVES) * share


def _sentences(film, others, left, total, marks) -> list[str]:
    """What is said at each moment."""
    last, done = film[-1].step, left.index(left[-1])
    said = []
    for i, moment in enumerate(film):
        gone = 100 * (1 - left[i] / total)
        state = f"{gone:.1f} % of {total:,} weights are gone, all below {marks[i]:.2f}"
        if left[i] == total:
            state = "nothing is cut yet"
        elif i > done:
            state = f"no more cuts, {left[i]:,} weights train on"
        compared = "".join(f"; {name}: {100 * run[i]:.1f} %" for name, run in others.items())
        accuracy = f"Test accuracy {100 * moment.accuracy:.1f} %{compared}."
        said.append(f"Step {moment.step} of {last}: {state}. {accuracy}")
    return said


def _pruning_drawing(
    data: dict, still: int, reach: float, top: float, runs: list[str], last: int
) -> list[str]:
    return [
        '<text class="title" x="0" y="12">First layer, pixel by pixel</text>',
        *_pixels(data["pixels"][still]),
        f'<text class="title" x="{SECOND}" y="12">All weights, by value</text>',
        *_bars(data["bars"][still], data["cut"][still], reach, top),
        *_curves(data, still, runs, last),
    ]


def _pixels(scales: list[float]) -> list[str]:
    """One square a pixel, whose area is the share of its weights that is left."""
    side = math.isqrt(len(scales))
    pitch = SIDE / side
    squares = []
    for i, scale in enumerate(scales):
        x, y = pitch * (i % side), BASE - SIDE + pitch * (i // side)
        middle = f'cx="{x + pitch / 2:.1f}" cy="{y + pitch / 2:.1f}"'
        box = f'x="{x + 1:.1f}" y="{y + 1:.1f}" width="{pitch - 2:.1f}" height="{pitch - 2:.1f}"'
        squares.append(f'<circle {middle} r="1.2"/>')
        squares.append(f'<rect class="pixel" {box} style="transform:scale({scale:g})"/>')
    return squares


def _bars(scales: list[float], cut: float, reach: float, top: float) -> list[str]:
    """The histogram with logarithmic bars, its two axes, and the part that is cut.

    top: logarithm of one more than the weights in a bar of full height.
    """
    pitch, foot, height = SIDE / BARS, BASE - 14, SIDE - 18
    middle = SECOND + SIDE / 2
    tens = [10**n for n in range(1, math.ceil(top))]
    box = f'y="{foot - height}" width="{SIDE}" height="{height}"'
    return [
        f'<rect class="cut" x="{SECOND}" {box} style="transform:scaleX({cut:g})"/>',
        *(
            f'<rect class="bar" x="{SECOND + pitch * i + 0.4:.1f}" y="{foot - height}" '
            f'width="{pitch - 0.8:.1f}" height="{height}" style="transform:scaleY({scale:g})"/>'
            for i, scale in enumerate(scales)
        ),
        f'<path class="axis" d="M{SECOND} {foot}h{SIDE}"/>',
        *(
            f'<text class="tick end" x="{SECOND - 5}" y="{y + 4:.1f}">{n}</text>'
            f'<path class="axis" d="M{SECOND - 3} {y:.1f}h3"/>'
            for n in tens
            for y in [foot - height * math.log10(1 + n) / top]
        ),
        *(
            f'<text class="tick {place}" x="{x:g}" y="{BASE}">{_signed(value)}</text>'
            for place, x, value in (
                ("", SECOND, -reach), ("mid", middle, 0), ("end", SECOND + SIDE, reach),
            )
        ),
    ]  # fmt: skip


def _signed(value: float) -> str:
    return f"{value:g}".replace("-", "−")


def _curves(data: dict, still: int, runs: list[str], last: int) -> list[str]:
    """Accuracy of each run and the share of weights left: all of it faint, up to now strong."""
    kinds = ["main", *["other"] * (len(runs) - 1), "left"]
    lines = list(zip(kinds, [*runs, "weights left"], data["y"], strict=True))
    return [
        f'<path class="axis" d="M{START} {CURVES}V{FOOT}H{END}"/>',
        f'<text class="title" x="0" y="{CURVES - 14}">Test accuracy (%)</text>',
        f'<text class="tick end" x="{START - 6}" y="{CURVES + 4}">100</text>',
        f'<text class="tick end" x="{START - 6}" y="{FOOT + 4}">0</text>',
        f'<text class="tick end" x="{END}" y="{FOOT + 16}">step {last}</text>',
        *(_line(f"coming {kind}", data["x"], ys) for kind, _, ys in lines),
        *(_line(f"past {kind}", data["x"][: still + 1], ys[: still + 1]) for kind, _, ys in lines),
        *(
            f'<circle class="dot {kind}" r="4" '
            f'style="transform:translate({data["x"][still]:g}px,{ys[still]:g}px)"/>'
            f'<text class="name {kind}" x="{END + 9}" y="{ys[-1] + 4:g}">{name}</text>'
            for kind, name, ys in lines
        ),
    ]


def _line(kind: str, xs: list[float], ys: list[float]) -> str:
    points = " ".join(f"{x:g},{y:g}" for x, y in zip(xs, ys, strict=True))
    return f'<polyline class="{kind}" points="{points}"/>'
