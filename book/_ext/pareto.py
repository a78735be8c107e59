"""The directive `pareto-front`: every network of the course's table, and which ones nobody beats.

    ```{pareto-front}
    ```

Its points are what `efficientai.evaluation.scorecard` measured in all chapters, taken from the
executed notebooks as the growing table takes them. For each cost the networks on the front are
named. The caption counts them, so that it says what the picture shows.
"""

from pathlib import Path

import growing
import matplotlib.pyplot as plt
from docutils import nodes
from matplotlib.ticker import LogLocator, NullFormatter
from rerun import depend_on
from sphinx.util.docutils import SphinxDirective

from efficientai import plotting
from efficientai.evaluation import pareto_front

COSTS = {
    "bytes": "bytes as stored",
    "macs": "MACs of one image",
    "time": "time (dense = 1)",
    "microjoules": "energy (µJ, estimated)",
}
ALT = (
    "Four panels of accuracy against a cost, for every network in the book: bytes, MACs, time and "
    "energy. Grey dots are beaten by others; a line joins those that are not, with their names."
)


class ParetoFront(SphinxDirective):
    """Draw the figure; a book without a scorecard is an error."""

    def run(self) -> list[nodes.Node]:
        """Collect the rows of all chapters, draw them, and count what the picture shows."""
        networks = collect(self.env)
        if not networks:
            raise self.error("pareto-front: no chapter shows a scorecard")
        fronts = {cost: front(networks, cost) for cost in COSTS}
        path = Path(self.env.srcdir) / "_build" / "figures" / "pareto-front.svg"
        path.parent.mkdir(parents=True, exist_ok=True)
        draw(networks, fronts, path)
        figure = nodes.figure(
            "", nodes.image("", uri="/_build/figures/pareto-front.svg", alt=ALT), align="default"
        )
        figure += nodes.caption("", caption(networks, fronts))
        return [figure]


def collect(env) -> dict[str, dict]:
    """The table's rows by name, each network once."""
    pages = growing.walk(env.external_site_map, env.external_site_map.root.docname)
    rows, networks = {name: growing.scores(env, name) for name in pages}, {}
    for name, own in rows.items():
        if own:
            depend_on(env, name)
    for own in growing.each_once(rows).values():
        for row in own:
            networks[_free(row["network"], networks)] = row
    return networks


def _free(name: str, taken: dict) -> str:
    """The name, with a number behind it where another network has it."""
    number = 2
    while name in taken:
        name, number = f"{name.split(' (')[0]} ({number})", number + 1
    return name


def front(networks: dict[str, dict], cost: str) -> list[str]:
    """Names of the networks that none beats in this cost and in accuracy."""
    return pareto_front({n: (row[cost], row["accuracy"]) for n, row in networks.items()})


def caption(networks: dict[str, dict], fronts: dict[str, list[str]]) -> str:
    """What the picture shows, in words."""
    counts = [str(len(names)) for names in fronts.values()]
    numbers = f"{', '.join(counts[:-1])} and {counts[-1]}"
    everywhere = [n for n in networks if all(n in names for names in fronts.values())]
    nowhere = sum(not any(n in names for names in fronts.values()) for n in networks)
    on_all = f"{len(everywhere)} on all four" + f" ({', '.join(everywhere)})" * bool(everywhere)
    return (
        f"All {len(networks)} networks of the book. Of them {numbers} are on the fronts for bytes, "
        f"MACs, time and energy, {on_all}, and {nowhere} on none."
    )


def draw(networks: dict[str, dict], fronts: dict[str, list[str]], path: Path) -> None:
    """Four panels, one a cost, into an SVG file."""
    with plt.style.context(plotting.STYLE):
        figure, axes = plt.subplots(2, 2, figsize=(9, 7.4), sharey=True)
        for ax, (cost, label) in zip(axes.flat, COSTS.items(), strict=True):
            panel(ax, networks, fronts[cost], cost)
            ax.set_xlabel(label)
        for ax in axes[:, 0]:
            ax.set_ylabel("test accuracy (%)")
        figure.savefig(path, metadata={"Date": None})
        plt.close(figure)


def panel(ax, networks: dict[str, dict], names: list[str], cost: str) -> None:
    """Accuracy against one cost: all networks, and the line of those on the front."""
    points = {n: (row[cost], 100 * row["accuracy"]) for n, row in networks.items()}
    ax.plot(*zip(*points.values(), strict=True), "o", color=plotting.GREY, alpha=0.5)
    ax.set_xscale("log")
    line = [points[name] for name in names]
    ax.plot(*zip(*line, strict=True), "o-", color="C0", ms=7, drawstyle="steps-post")
    low, high = ax.get_xlim()
    for number, (name, point) in enumerate(zip(names, line, strict=True)):
        crowded = line[number + 1 :] and line[number + 1][0] < point[0] * (high / low) ** 0.06
        ax.annotate(  # below its point where the next one's name is in the way
            name, point, (-6, -13 if crowded else 5), textcoords="offset points", fontsize=8.5,
            color="C0", ha="right",
        )  # fmt: skip
    ax.set_xlim(low / (high / low) ** 0.5, high)  # room for names
    narrow = high / low < 20
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if narrow else (1,)))
    ax.xaxis.set_major_formatter(lambda x, _: f"{x:,.0f}" if x >= 1 else f"{x:g}")
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.margins(y=0.12)


def setup(app):
    """Register with Sphinx."""
    app.add_directive("pareto-front", ParetoFront)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
