"""The API pages: one for each module, its docstrings as they stand in the source.

Docstrings of this course are plain text with `names` in single backticks. Here those become code,
and each module's page opens with a table of what it offers. The directive `modules` makes the
table of all modules.
"""

import ast
import inspect
import re
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

CODE = re.compile(r"(?<![`:\w])`([^`\n]+)`(?![`_])")
STAR = re.compile(r"(?<![\w*])\*[a-z]{2,}\*(?![\w*])|(?<![*\\])\*(?!\*)")


def read_docstring(app, what: str, name: str, obj, options, lines: list[str]) -> None:
    """Prepare one docstring for Sphinx."""
    lines[:] = _plain(lines)
    if what == "module":
        lines += contents(obj)


def _plain(lines: list[str]) -> list[str]:
    """Turn plain text into reStructuredText that says the same; examples stay as they are."""
    done, example = [], False
    for line in lines:
        example = line.lstrip().startswith(">>>") or (example and bool(line.strip()))
        done.append(line if example else _inline(line))
    return done


def _inline(text: str) -> str:
    """Names in single backticks become code, a word between stars is stressed, a star is a star."""
    parts = CODE.split(text)  # text, code, text, code, ...
    parts[::2] = [STAR.sub(_star, part) for part in parts[::2]]
    parts[1::2] = [f"``{code}``" for code in parts[1::2]]
    return "".join(parts)


def _star(match: re.Match) -> str:
    return match[0] if len(match[0]) > 1 else r"\*"


def contents(module) -> list[str]:
    """A table in reStructuredText: the module's own public functions and classes."""
    rows = [row for name, obj in vars(module).items() for row in _row(module, name, obj)]
    return ["", ".. list-table::", "   :class: contents", "", *rows, ""] if rows else []


def _row(module, name: str, obj) -> list[str]:
    own = getattr(obj, "__module__", None) == module.__name__
    if name.startswith("_") or not own or not (inspect.isfunction(obj) or inspect.isclass(obj)):
        return []
    summary = _inline((inspect.getdoc(obj) or "").split("\n")[0])
    return [f"   * - :py:obj:`~{module.__name__}.{name}`", f"     - {summary}"]


class Modules(SphinxDirective):
    """A table of all modules that have a page: name and first sentence."""

    def run(self) -> list[nodes.Node]:
        """Write the table in reStructuredText and parse it."""
        package = Path(self.env.srcdir) / "efficientai"
        paths = sorted(package.glob("[a-z]*.py"))
        for path in paths:
            self.env.note_dependency(str(path))
        rows = [line for path in paths for line in _module_row(path)]
        table = [".. list-table::", "   :class: contents", "", *rows]
        box = nodes.container()
        self.state.nested_parse(StringList(table, source=__file__), 0, box)
        return box.children


def _module_row(path: Path) -> list[str]:
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    summary = _inline(docstring.split("\n\n")[0].replace("\n", " "))
    return [f"   * - :py:mod:`efficientai.{path.stem}`", f"     - {summary}"]


def skip_field(app, what: str, name: str, obj, skip: bool, options) -> bool | None:
    """Leave out the fields of a named tuple: its signature shows them, its docstring explains."""
    return True if type(obj).__name__ == "_tuplegetter" else None


def setup(app):
    """Register with Sphinx."""
    app.add_directive("modules", Modules)
    app.connect("autodoc-skip-member", skip_field)
    app.connect("autodoc-process-docstring", read_docstring)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
