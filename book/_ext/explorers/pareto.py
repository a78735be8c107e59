"""The Pareto explorer: every network of the course's table, and which ones keep your limits."""

import math
from pathlib import Path

import fronts
import matplotlib.pyplot as plt

from efficientai import plotting

UNITS = {"bytes": "bytes", "macs": "MACs", "time": "time", "microjoules": "µJ"}
EXAMPLE = {"macs": 20_000}  # the limit in the picture that stands still


def data(networks: dict[str, dict]) -> dict:
    """The networks; of each cost and of the accuracy the range."""
    return {
        "networks": [{**row, "network": name} for name, row in networks.items()],
        "costs": [
            {"key": cost, "title": title, "unit": UNITS[cost], "range": _around(networks, cost)}
            for cost, title in fronts.COSTS.items()
        ],
        "accuracies": _between([row["accuracy"] for row in networks.values()]),
    }


def _around(networks: dict[str, dict], cost: str) -> list[float]:
    """Round numbers well below the smallest and above the largest cost."""
    values = [row[cost] for row in networks.values()]
    return [_round(min(values) / 1.25, math.floor), _round(1.25 * max(values), math.ceil)]


def _between(accuracies: list[float]) -> list[float]:
    """Accuracies below the lowest and above the highest, whose errors are round numbers."""
    errors = [1 - accuracy for accuracy in accuracies]
    ends = _round(max(errors), math.ceil), _round(max(min(errors), 0.002) / 1.25, math.floor)
    return [round(1 - error, 4) for error in ends]


def _round(value: float, way) -> float:
    """One significant digit, up or down."""
    power = 10.0 ** math.floor(math.log10(value))
    return float(f"{way(value / power) * power:.1g}")


def rows(data: dict) -> dict[str, dict]:
    """The networks by name."""
    return {row["network"]: row for row in data["networks"]}


def within(networks: dict[str, dict], limits: dict[str, float]) -> dict[str, dict]:
    """The networks that keep all limits."""
    return {n: row for n, row in networks.items() if all(row[k] <= v for k, v in limits.items())}


# ---------------------------------------------------------------- the picture that stands still


def draw(data: dict, path: Path) -> None:
    """The front of bytes without a limit, and what is left of it with one."""
    everybody = rows(data)
    few = within(everybody, EXAMPLE)
    with plt.style.context(plotting.STYLE):
        figure, axes = plt.subplots(2, 1, figsize=(8, 7.6))
        for ax, networks, title in zip(
            axes, (everybody, few), ("no limit", f"at most {EXAMPLE['macs']:,} MACs"), strict=True
        ):
            fronts.panel(ax, networks, fronts.front(networks, "bytes"), "bytes")
            ax.set(title=title, xlabel=fronts.COSTS["bytes"], ylabel="test accuracy (%)")
        axes[1].set(xlim=axes[0].get_xlim(), ylim=axes[0].get_ylim())
        figure.savefig(path, metadata={"Date": None})
        plt.close(figure)


def alt(data: dict) -> str:
    """What the picture shows."""
    few = within(rows(data), EXAMPLE)
    return (
        "Accuracy against bytes, twice: with all networks of the book and their front, and with "
        f"the {len(few)} networks that are left under a limit on the MACs, and theirs."
    )


def caption(data: dict) -> str:
    """Who is the best with and without the limit."""
    networks = rows(data)
    few = within(networks, EXAMPLE)
    best, limited = (fronts.front(some, "bytes")[-1] for some in (networks, few))
    return (
        f"All {len(networks)} networks of the book under limits. Without any, the most accurate is "
        f"“{best}”. With at most {EXAMPLE['macs']:,} MACs {len(few)} are left, and “{limited}” is "
        "the best."
    )
