"""The Pareto explorer: every network of the course's table, and which ones keep your limits."""

import math
from pathlib import Path

import matplotlib.pyplot as plt
import pareto

from efficientai import evaluation, plotting

UNITS = {"bytes": "bytes", "macs": "MACs", "time": "time", "microjoules": "µJ"}
EXAMPLE = {"macs": 10_000}  # the limit in the picture that stands still


def data(env) -> dict:
    """The networks, each cost with the range of its slider, the lowest accuracy."""
    networks = pareto.collect(env)
    worst = min(row["accuracy"] for row in networks.values())
    return {
        "networks": [{**row, "network": name} for name, row in networks.items()],
        "costs": [
            {"key": cost, "title": title, "unit": UNITS[cost], "range": _around(networks, cost)}
            for cost, title in pareto.COSTS.items()
        ],
        "leastAccuracy": math.floor(20 * worst) / 20,
    }


def _around(networks: dict[str, dict], cost: str) -> list[float]:
    """Round numbers below the smallest and above the largest cost."""
    values = [row[cost] for row in networks.values()]
    low, high = (10 ** math.floor(math.log10(value)) for value in (min(values), max(values)))
    return [low * math.floor(min(values) / low), high * math.ceil(max(values) / high)]


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
        figure, axes = plt.subplots(1, 2, figsize=(9, 4.2), sharex=True, sharey=True)
        for ax, networks, title in zip(
            axes, (everybody, few), ("no limit", f"at most {EXAMPLE['macs']:,} MACs"), strict=True
        ):
            pareto.panel(ax, networks, pareto.front(networks, "bytes"), "bytes")
            ax.set(title=title, xlabel=pareto.COSTS["bytes"])
        axes[0].set_ylabel("test accuracy (%)")
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
    best = evaluation.choose(networks, {}, maximise="accuracy")
    limited = evaluation.choose(networks, EXAMPLE, maximise="accuracy")
    return (
        f"All {len(networks)} networks of the book under limits. Without any, the most accurate is "
        f"{best}. With at most {EXAMPLE['macs']:,} MACs {len(within(networks, EXAMPLE))} are left, "
        f"and {limited} is the best."
    )
