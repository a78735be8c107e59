"""One transparent style that reads on light and dark pages, and the drawings that repeat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from torch import Tensor

STYLE = Path(__file__).with_name("efficientai.mplstyle")
GREY = "#808080"


def use_style() -> None:
    """Use the course's matplotlib style from here on; inside a notebook draw SVG.

    >>> use_style()
    >>> plt.rcParams["axes.edgecolor"]
    '#808080'
    """
    plt.style.use(STYLE)
    if _in_notebook():
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        set_matplotlib_formats("svg")


def _in_notebook() -> bool:
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    return hasattr(get_ipython(), "kernel")


def band(ax: Axes, x: Sequence[float], runs: Sequence[Sequence[float]], label: str, **line) -> None:
    """Mean of several runs (runs, points) as a line over x, their lowest and highest as a band.

    >>> _, ax = plt.subplots()
    >>> band(ax, [0, 1], [[0.0, 1.0], [0.2, 1.2]], label="two runs")
    >>> [round(float(y), 3) for y in ax.lines[0].get_ydata()]
    [0.1, 1.1]
    >>> plt.close()
    """
    values = np.asarray(runs, dtype=float)
    if values.ndim != 2 or values.shape[1] != len(x):
        raise ValueError(f"runs must have shape (runs, {len(x)}), got {values.shape}")
    (drawn,) = ax.plot(x, values.mean(axis=0), label=label, **line)
    ax.fill_between(x, values.min(axis=0), values.max(axis=0), color=drawn.get_color(), alpha=0.2)


def draw_network(masks: Mapping[str, Tensor] | Sequence[Tensor], ax: Axes | None = None) -> Axes:
    """Nodes and edges of a fully connected network: one column of nodes a layer.

    masks: one bool matrix (outputs, inputs) a layer, in order, True where an edge is kept. A node
    left without any edge is drawn hollow. Raises ValueError if two layers do not fit together.

    >>> ax = draw_network([torch.ones(3, 2, dtype=torch.bool), torch.eye(3, dtype=torch.bool)])
    >>> len(ax.collections[0].get_segments())  # 3·2 edges and 3
    9
    >>> plt.close()
    """
    layers = [torch.as_tensor(m) != 0 for m in (masks.values() if _is_map(masks) else masks)]
    _check_chain(layers)
    ax = ax or plt.subplots()[1]
    columns = [layers[0].shape[1], *(mask.shape[0] for mask in layers)]
    ax.add_collection(LineCollection(_edges(layers), colors=GREY, linewidths=0.8, alpha=0.6))
    for column, alive in enumerate(_alive(layers)):
        x, y = np.full(columns[column], column), _heights(columns[column])
        colours = ["C0" if is_alive else "none" for is_alive in alive.tolist()]
        ax.scatter(x, y, s=60, c=colours, edgecolors=GREY, zorder=2)
    ax.set_axis_off()
    ax.margins(0.05)
    return ax


def _is_map(masks: object) -> bool:
    return isinstance(masks, Mapping)


def _check_chain(layers: list[Tensor]) -> None:
    if not layers or any(mask.ndim != 2 for mask in layers):
        shapes = [tuple(mask.shape) for mask in layers]
        raise ValueError(f"need one matrix (outputs, inputs) a layer, got shapes {shapes}")
    for before, after in pairwise(layers):
        if before.shape[0] != after.shape[1]:
            raise ValueError(
                f"a layer of {before.shape[0]} outputs cannot feed one of {after.shape[1]} inputs"
            )


def _heights(nodes: int) -> np.ndarray:
    """Heights of a column of nodes, spread over [-1, 1] and centred."""
    return np.zeros(1) if nodes == 1 else np.linspace(1, -1, nodes)


def _edges(layers: list[Tensor]) -> list[list[tuple[float, float]]]:
    segments = []
    for column, mask in enumerate(layers):
        left, right = _heights(mask.shape[1]), _heights(mask.shape[0])
        for target, source in mask.nonzero().tolist():
            segments.append([(column, left[source]), (column + 1, right[target])])
    return segments


def _alive(layers: list[Tensor]) -> list[Tensor]:
    """For each column of nodes, whether a node still has an edge on each side that has edges."""
    alive = [layers[0].any(dim=0)]
    for before, after in pairwise(layers):
        alive.append(before.any(dim=1) & after.any(dim=0))
    return [*alive, layers[-1].any(dim=1)]
