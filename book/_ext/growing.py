"""The directive `growing-table`: the course's table as it stands after this chapter.

    ```{growing-table}
    ```

Its rows are what `efficientai.evaluation.scorecard` measured in this chapter and in those before
it, taken from the executed notebooks (see book/execute.py). This chapter's own rows stand out.
"""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path, PurePosixPath

from docutils import nodes
from rerun import depend_on, executed
from sphinx.util.docutils import SphinxDirective

MIME = "application/vnd.efficient-ai.scores+json"
HEAD = ("network", "accuracy", "bytes", "MACs", "time", "µJ")


class GrowingTable(SphinxDirective):
    """Set the table; a chapter without a scorecard is an error."""

    def run(self) -> list[nodes.Node]:
        """Collect the rows of the chapters up to this one."""
        rows = {name: scores(self.env, name) for name in up_to(self.env, self.env.docname)}
        if not rows[self.env.docname]:
            raise self.error("growing-table: no cell of this chapter shows a scorecard")
        for name in rows:
            depend_on(self.env, name)
        return [_table(each_once(rows), self.env.docname)]


def up_to(env, docname: str) -> list[str]:
    """Pages of the table of contents in its order, the last one being `docname`."""
    site = env.external_site_map
    names = list(walk(site, site.root.docname))
    return names[: names.index(docname) + 1]


def walk(site, docname: str) -> Iterator[str]:
    """A page of the table of contents and all below it, in order."""
    yield docname
    for child in site[docname].child_files():
        yield from walk(site, child)


def scores(env, docname: str) -> list[dict]:
    """The rows that a chapter's scorecards hold; none for a page without code."""
    path = executed(env.srcdir, docname)
    return _rows(path, path.stat().st_mtime_ns) if path.exists() else []


@cache
def _rows(path: Path, changed: int) -> list[dict]:
    """The rows in a notebook as it is since `changed`; every later chapter asks for them again."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    return [row for output in outputs for row in output.get("data", {}).get(MIME, [])]


def each_once(rows: dict[str, list[dict]]) -> dict[str, list[dict]]:
    """Of each page the rows that no page before it has; only pages that have any.

    So the network that all chapters start from is there once.
    """
    found, known = {}, []
    for name, own in rows.items():
        fresh = [row for row in own if identity(row) not in known]
        known += [identity(row) for row in fresh]
        if fresh:
            found[name] = fresh
    return found


def identity(score: dict) -> tuple:
    """What a network is known by in the table."""
    return score["network"], score["bytes"], score["macs"]


def _table(rows: dict[str, list[dict]], here: str) -> nodes.table:
    group = nodes.tgroup("", *(nodes.colspec(colwidth=1) for _ in HEAD), cols=len(HEAD))
    group += nodes.thead("", _row(HEAD))
    body = nodes.tbody()
    for name, own in rows.items():
        body += _caption(PurePosixPath(name).name.capitalize())
        body += [_row(_cells(score), ["own"] if name == here else []) for score in own]
    group += body
    return nodes.table("", group, classes=["growing"])


def _caption(text: str) -> nodes.row:
    return nodes.row("", nodes.entry("", nodes.paragraph("", text), morecols=len(HEAD) - 1))


def _cells(score: dict) -> tuple[str, ...]:
    return (
        score["network"],
        f"{100 * score['accuracy']:.1f} %",
        f"{score['bytes']:,}",
        f"{score['macs']:,}",
        f"{score['time']:.2f}",
        f"{score['microjoules']:.1f}",
    )


def _row(texts: tuple[str, ...], classes: list[str] | None = None) -> nodes.row:
    cells = [nodes.entry("", nodes.paragraph("", text)) for text in texts]
    return nodes.row("", *cells, classes=classes or [])


def setup(app):
    """Register with Sphinx."""
    app.add_directive("growing-table", GrowingTable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
