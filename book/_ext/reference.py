"""The API pages: one for each module, its docstrings as they stand in the source.

Docstrings of this course are plain text with `names` in single backticks. Here those become code,
and links where an entry of that name exists. Arguments become code, too: where a docstring explains
them (`mask: …`), and those that cannot be words (`size_bytes`). Each module's page opens with a
table of what it offers. The directive `modules` makes the table of all modules.
"""

import ast
import inspect
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

PACKAGE = Path(__file__).resolve().parents[2] / "efficientai"
CODE = re.compile(r"(?<![`:\w])`([^`\n]+)`(?![`_])")
STAR = re.compile(r"(?<![\w*])\*[a-z]{2,}\*(?![\w*])|(?<![*\\])\*(?!\*)")


def read_docstring(app, what: str, name: str, obj, options, lines: list[str]) -> None:
    """Prepare one docstring for Sphinx."""
    arguments = _arguments(obj)
    lines[:] = _plain(lines, arguments, partial(_link, name, arguments))
    if what == "module":
        lines += contents(obj)


def _literal(code: str) -> str:
    return f"``{code}``"


def _plain(
    lines: list[str], arguments: Iterable[str] = (), write: Callable[[str], str] = _literal
) -> list[str]:
    """Turn plain text into reStructuredText that says the same; examples stay as they are."""
    done, example = [], False
    for line in lines:
        example = line.lstrip().startswith(">>>") or (example and bool(line.strip()))
        done.append(line if example else _inline(_mark(line, arguments), write))
    return done


def _mark(text: str, arguments: Iterable[str]) -> str:
    """Put arguments into backticks: those that are explained, and those that cannot be words.

    >>> _mark("x, w: float (n,). The mask: at most size_bytes.", ["x", "w", "mask", "size_bytes"])
    '`x`, `w`: float (n,). The mask: at most `size_bytes`.'
    """
    names = "|".join(map(re.escape, arguments))
    if not names:
        return text
    text = re.sub(rf"(^ *|[.;,)] )({names})(?=(?:, (?:{names}))*:(?: |$))", r"\1`\2`", text)
    parts = CODE.split(text)
    parts[::2] = [re.sub(rf"\b(?=\w+_)({names})\b", r"`\1`", part) for part in parts[::2]]
    parts[1::2] = [f"`{code}`" for code in parts[1::2]]
    return "".join(parts)


def _arguments(obj) -> list[str]:
    try:
        return list(inspect.signature(obj).parameters) if callable(obj) else []
    except ValueError:  # an exception of Python's own
        return []


def _inline(text: str, write: Callable[[str], str] = _literal) -> str:
    """Names in single backticks become code, a word between stars is stressed, a star is a star."""
    parts = CODE.split(text)  # text, code, text, code, ...
    parts[::2] = [STAR.sub(_star, part) for part in parts[::2]]
    parts[1::2] = [write(code) for code in parts[1::2]]
    return "".join(parts)


def _star(match: re.Match) -> str:
    return match[0] if len(match[0]) > 1 else r"\*"


def _link(place: str, arguments: list[str], code: str) -> str:
    """Code as a link to the entry that it names, seen from the docstring of `place`."""
    module = ".".join(place.split(".")[:2])
    if code in arguments:
        return _literal(code)
    name = code.removesuffix("()")
    for full in (f"{module}.{name}", f"efficientai.{name}", name):
        if full in entries() and full not in (place, module):
            return f":py:obj:`{code} <{full}>`"
    return _literal(code)


@cache
def entries() -> frozenset[str]:
    """Full names of all that has an entry: modules, functions, classes and their methods."""
    return frozenset(
        name
        for path in PACKAGE.glob("[a-z]*.py")
        for name in _entries(f"efficientai.{path.stem}", ast.parse(path.read_text("utf-8")))
    )


def _entries(name: str, node: ast.AST) -> Iterator[str]:
    yield name
    for child in getattr(node, "body", []) if not isinstance(node, ast.FunctionDef) else []:
        named = isinstance(child, (ast.FunctionDef, ast.ClassDef))
        if named and not child.name.startswith("_") and ast.get_docstring(child):
            yield from _entries(f"{name}.{child.name}", child)


def contents(module) -> list[str]:
    """A table in reStructuredText: a module's public functions and classes, its own first."""
    members = sorted(vars(module).items(), key=lambda item: not _own(module, item[1]))
    rows = [row for name, obj in members for row in _row(module, name, obj)]
    return ["", ".. list-table::", "   :class: contents", "", *rows, ""] if rows else []


def _own(module, obj) -> bool:
    return getattr(obj, "__module__", None) == module.__name__


def _row(module, name: str, obj) -> list[str]:
    """A link and the docstring's first paragraph; what is passed on links to its own page."""
    home = f"{getattr(obj, '__module__', '')}.{name}"
    offered = _own(module, obj) or name in getattr(module, "__all__", ())
    if not offered or home not in entries():
        return []
    summary = " ".join(inspect.getdoc(obj).split("\n\n")[0].split())
    return [f"   * - :py:obj:`~{home}`", f"     - {_inline(_mark(summary, _arguments(obj)))}"]


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
