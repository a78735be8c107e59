"""The fronts of the course's table: who is on them, and how they are drawn."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from labels import name_points
from matplotlib.ticker import FixedLocator, LogLocator, NullFormatter, NullLocator

from efficientai import plotting
from efficientai.evaluation import pareto_front

COSTS = {
    "bytes": "bytes as stored",
    "macs": "MACs of one image",
    "time": "time (dense = 1)",
    "microjoules": "energy (µJ, estimated)",
}
ERRORS = (0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 20, 50)  # ticks, in per cent
FEWEST = 0.05  # the error that stands for none
NAME = {"fontsize": 8.5, "color": "C0"}


def front(networks: dict[str, dict], cost: str) -> list[str]:
    """Names of the networks that none beats in this cost and in accuracy."""
    return pareto_front({n: (row[cost], row["accuracy"]) for n, row in networks.items()})


def draw(networks: dict[str, dict], fronts: dict[str, list[str]], path: Path) -> None:
    """Four panels, one a cost, into an SVG file."""
    with plt.style.context(plotting.STYLE):
        figure, axes = plt.subplots(2, 2, figsize=(8.4, 7.8), sharey=True)
        for ax, (cost, label) in zip(axes.flat, COSTS.items(), strict=True):
            panel(ax, networks, fronts[cost], cost)
            ax.set_xlabel(label)
        for ax in axes[:, 0]:
            ax.set_ylabel("test accuracy (%)")
        for ax, cost in zip(axes.flat, COSTS, strict=True):
            points = positions(networks, cost)
            named = {name: points[name] for name in fronts[cost]}
            name_points(ax, named, list(points.values()), list(named.values()), **NAME)
        figure.savefig(path, metadata={"Date": None})
        plt.close(figure)


def positions(networks: dict[str, dict], cost: str) -> dict[str, tuple[float, float]]:
    """Where each network stands in a panel: its cost, and its accuracy in per cent."""
    return {n: (row[cost], 100 * row["accuracy"]) for n, row in networks.items()}


def panel(ax, networks: dict[str, dict], names: list[str], cost: str) -> None:
    """Accuracy against one cost: all networks, and the line of those on the front."""
    points = positions(networks, cost)
    ax.plot(*zip(*points.values(), strict=True), "o", color=plotting.GREY, alpha=0.5)
    line = [points[name] for name in names]
    ax.plot(*zip(*line, strict=True), "o-", color="C0", ms=7, drawstyle="steps-post")
    ax.set_xscale("log")
    low, high = ax.get_xlim()
    ax.set_xlim(low / (high / low) ** 0.4, high * (high / low) ** 0.05)  # room for names
    narrow = high / low < 20
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if narrow else (1,)))
    ax.xaxis.set_major_formatter(lambda x, _: f"{x:,.0f}" if x >= 1 else f"{x:g}")
    ax.xaxis.set_minor_formatter(NullFormatter())
    spread_errors(ax, [accuracy for _, accuracy in points.values()])


def spread_errors(ax, accuracies: list[float]) -> None:
    """An axis of accuracies that is logarithmic in the error, as in the explorer below."""
    errors = (lambda y: -np.log(np.maximum(100 - y, FEWEST)), lambda t: 100 - np.exp(-t))
    ax.set_yscale("function", functions=errors)
    least, most = max(FEWEST, 100 - max(accuracies)), 100 - min(accuracies)
    ax.set_ylim(100 - 1.25 * most, 100 - least / 1.5)
    ticks = [100 - error for error in ERRORS if least / 1.5 <= error <= 1.25 * most]
    ax.yaxis.set_major_locator(FixedLocator(ticks))
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_locator(NullLocator())
