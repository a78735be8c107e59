"""The directive `pareto-front`: every network of the course's table, and which ones nobody beats.

    ```{pareto-front}
    ```

Its points are what `efficientai.evaluation.scorecard` measured in all chapters, taken from the
executed notebooks as the growing table takes them. For each cost the networks on the front are
named. The caption counts them, so that it says what the picture shows.
"""

import json
from pathlib import Path

import growing
from docutils import nodes
from kept import kept
from rerun import depend_on
from sphinx.util.docutils import SphinxDirective

ADDRESS = "/_build/figures/pareto-front.svg"
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
        picture = Path(f"{self.env.srcdir}{ADDRESS}")
        made_from = ["import fronts", json.dumps(networks)]
        best = kept(self.env, "pareto-front", lambda: draw(networks, picture), made_from, picture)
        figure = nodes.figure("", nodes.image("", uri=ADDRESS, alt=ALT), align="default")
        figure += nodes.caption("", caption(networks, best))
        return [figure]


def draw(networks: dict[str, dict], picture: Path) -> dict[str, list[str]]:
    """Draw the fronts; for each cost, the names of the networks on it."""
    import fronts  # only here: torch and matplotlib take seconds, and most builds need none

    best = {cost: fronts.front(networks, cost) for cost in fronts.COSTS}
    picture.parent.mkdir(parents=True, exist_ok=True)
    fronts.draw(networks, best, picture)
    return best


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


def caption(networks: dict[str, dict], best: dict[str, list[str]]) -> str:
    """What the picture shows, in words."""
    counts = [str(len(names)) for names in best.values()]
    numbers = f"{', '.join(counts[:-1])} and {counts[-1]}"
    everywhere = [n for n in networks if all(n in names for names in best.values())]
    nowhere = sum(not any(n in names for names in best.values()) for n in networks)
    on_all = f"{len(everywhere)} on all four" + f" ({', '.join(everywhere)})" * bool(everywhere)
    return (
        f"All {len(networks)} networks of the book. Of them {numbers} are on the fronts for bytes, "
        f"MACs, time and energy, {on_all}, and {nowhere} on none."
    )


def setup(app):
    """Register with Sphinx."""
    app.add_directive("pareto-front", ParetoFront)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
