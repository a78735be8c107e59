"""The directive `explorer`: something to try out, and a still picture of it for where no script is.

    ```{explorer} roofline
    :name: roofline-explorer
    ```

An explorer is three files of its name. `explorers/<name>.py` beside this file collects from
`efficientai` what the script must know and draws the still picture, `book/_parts/explorers/` has
the controls, hidden until `book/_static/explorers/<name>.js` starts them. In print, and without
scripts, the picture stands in their place. Only pages with an explorer load its files.
"""

import json
from importlib import import_module
from pathlib import Path
from typing import ClassVar

import pareto
from docutils import nodes
from docutils.parsers.rst import directives
from kept import kept
from sphinx.util.docutils import SphinxDirective

OF_THE_TABLE = ("pareto",)  # explorers whose networks are the chapters' own
ADDRESS = "/_build/figures/explorer-{}.svg"
LIVE = """<div class="explorer-live" data-explorer="{name}" hidden>
{controls}<script type="application/json">{data}</script>
</div>
<noscript><p class="explorer-note">With scripts switched on, this picture can be tried out.</p>
</noscript>"""


class Explorer(SphinxDirective):
    """A figure that holds the still picture, the hidden controls with their data, a caption."""

    required_arguments = 1
    option_spec: ClassVar = {"name": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        """Set the figure; an explorer without its three files is an error."""
        name = self.arguments[0]
        missing = [path.name for path in files(self.env, name) if not path.exists()]
        if missing:
            raise self.error(f"explorer: {name} has no {' and no '.join(missing)}")
        for path in [Path(__file__), *files(self.env, name)]:
            self.env.note_dependency(str(path))
        shown = look(self.env, name)
        image = nodes.image("", uri=ADDRESS.format(name), alt=shown["alt"])
        image["classes"].append("explorer-still")
        figure = nodes.figure("", image, classes=["explorer"], align="default")
        figure += nodes.raw("", live(self.env, name, shown["data"]), format="html", explorer=name)
        figure += nodes.caption("", shown["caption"])
        self.add_name(figure)
        return [figure]


def files(env, name: str) -> list[Path]:
    """What an explorer is made of: its Python, its controls and its script."""
    book = Path(env.srcdir) / "book"
    return [
        book / "_ext" / "explorers" / f"{name}.py",
        book / "_parts" / "explorers" / f"{name}.html",
        book / "_static" / "explorers" / f"{name}.js",
    ]


def look(env, name: str) -> dict:
    """What an explorer knows and shows; its picture is drawn beside."""
    networks = pareto.collect(env) if name in OF_THE_TABLE else {}
    picture = Path(f"{env.srcdir}{ADDRESS.format(name)}")
    code = files(env, name)[0].read_text(encoding="utf-8")
    return kept(
        env, f"explorer-{name}", lambda: _look(name, networks, picture),
        [code, json.dumps(networks)], picture,
    )  # fmt: skip


def _look(name: str, networks: dict[str, dict], picture: Path) -> dict:
    subject = import_module(f"explorers.{name}")
    data = subject.data(networks)
    picture.parent.mkdir(parents=True, exist_ok=True)
    subject.draw(data, picture)
    return {"data": data, "alt": subject.alt(data), "caption": subject.caption(data)}


def live(env, name: str, data: dict) -> str:
    """The controls, and the data that the script reads, as HTML."""
    controls = files(env, name)[1].read_text(encoding="utf-8")
    text = json.dumps(data, ensure_ascii=False, allow_nan=False).replace("<", "\\u003c")
    return LIVE.format(name=name, controls=controls, data=text)


def load(app, pagename, templatename, context, doctree) -> None:
    """Let a page with explorers load their scripts, the shared one first, and their style."""
    marks = doctree.findall(nodes.raw) if doctree else []
    names = sorted({mark["explorer"] for mark in marks if "explorer" in mark})
    if names:
        app.add_css_file("explorers/explorers.css")
        for name in ("frame", *names):
            app.add_js_file(f"explorers/{name}.js", loading_method="defer")


def setup(app):
    """Register with Sphinx."""
    app.add_directive("explorer", Explorer)
    app.connect("html-page-context", load)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
