"""Moving pictures made from the frames of a simulation: one SVG with its own controls.

A picture is a piece of HTML that asks nobody for anything. Without scripts it shows one moment.
With scripts it runs, can be paused and stepped, and stands still for readers who ask for that.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from torch import Tensor

from efficientai.hardware import SystolicArray

TEMPLATE = Path(__file__).with_name("systolic.html")
CELL, PITCH, QUEUE, LEFT, TOP = 64, 70, 38, 14, 14  # of the drawing, in its own units


class Animation:
    """A piece of HTML that a notebook shows as it is."""

    def __init__(self, html: str, text: str) -> None:
        self.html, self.text = html, text

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return self.html


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
    still = len(frames) // 2
    text = f"{_by(x)} times {_by(w)} on {array.rows}×{array.columns} cells in {len(frames)} cycles"
    return Animation(_page(data, w, still, text), text)


def _by(matrix: Tensor) -> str:
    return "×".join(map(str, matrix.shape))


def _page(data: dict, w: Tensor, still: int, text: str) -> str:
    samples = 1 + max(i for i, _, _ in data["inputs"])
    rows, columns = data["rows"], data["columns"]
    left = LEFT + QUEUE * (samples + rows - 2) + 10
    width = left + PITCH * columns + 46
    height = TOP + PITCH * rows + QUEUE * (samples + columns - 2) + 34
    fields = json.dumps({**data, "left": left, "top": TOP, "pitch": PITCH, "queue": QUEUE})
    drawn = [
        *(_cell(r, c, left, w, data["busy"][still]) for r in range(rows) for c in range(columns)),
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
    ticks, busy = len(data["busy"]), sum(data["busy"][still])
    marks = {
        "ID": "systolic-" + hashlib.sha256(fields.encode()).hexdigest()[:8],
        "WIDTH": width, "HEIGHT": height, "DRAWN": "\n".join(drawn),
        "DATA": fields, "STILL": still, "LAST": ticks - 1,
        "COUNT": f"Cycle {still + 1} of {ticks}: {busy} of {rows * columns} cells work.",
        "LABEL": f"A systolic array: {text}. Numbers enter from the left, each row one cycle "
        "later than the row above, and move one cell to the right each cycle. Partial sums move "
        "one cell down and leave at the bottom in a slanted front.",
    }  # fmt: skip
    page = TEMPLATE.read_text(encoding="utf-8")
    for name, value in marks.items():
        page = page.replace(f"@{name}@", str(value))
    return page


def input_place(column: int, row: int, left: float) -> tuple[float, float]:
    """Where an input is drawn: in a cell, waiting on the left of it, or gone on the right."""
    x = left + (PITCH * column + 17 if column >= 0 else QUEUE * column + 10)
    return x, TOP + PITCH * row + 18


def sum_place(row: int, column: int, left: float, rows: int) -> tuple[float, float]:
    """Where a sum is drawn: in a cell, above the array before it starts, below it when ready."""
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


def _token(kind: str, value: int, off: bool, x: float, y: float) -> str:
    shape = '<circle r="13"/>' if kind == "in" else '<rect x="-17" y="-13" width="34" height="26"/>'
    hidden = ' class="off"' if off else ""
    return (
        f'<g data-kind="{kind}"{hidden} style="transform:translate({x:g}px,{y:g}px)">'
        f'{shape}<text y="5">{_number(value)}</text></g>'
    )


def _number(value: float) -> str:
    return f"{round(value)}".replace("-", "−")
