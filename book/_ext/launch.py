"""Chapters open in Colab, JupyterHub and Binder, and download, as notebooks that work there.

Chapters are written as text, which these cannot open. When the site is finished, each chapter is
written beside its page as a notebook: directives turned into plain Markdown, no outputs, and a
first cell that installs the package where it is missing. The site is deployed by pushing the
branch `gh-pages`, from which they read that notebook.
"""

import json
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import nbformat
import questions
import repository
from pybtex.database import parse_file
from rerun import executed

INSTALL = """# Colab does not have the course's package yet; elsewhere this cell does nothing.
import sys

if "google.colab" in sys.modules:
    %pip install -q "efficientai[chapters] @ git+{url}\""""

FENCE = re.compile(
    r"^(?P<fence>`{3,}|:{3,})\{(?P<name>[\w:-]+)\} *(?P<title>[^\n]*)\n"
    r"(?P<body>.*?)^(?P=fence) *$\n?",
    re.M | re.S,
)
OPTIONS = re.compile(r"\A(?:---\n.*?\n---\n|(?::[\w-]+:[^\n]*\n)+)", re.S)
ROLE = re.compile(r"\{(?P<name>[\w:]+)\}`(?P<text>[^`]+)`")
# What `deck` puts on a slide; a marked sentence may hold links, which have brackets too.
MARK = re.compile(r"\[((?:[^\[\]]|\[[^\]]*\])+)\]\{\.(?:key|ask|show)\}")
TARGET = re.compile(r"^\([\w:.-]+\)=\n", re.M)


@dataclass
class Inserts:
    """What stands in place of things that only the site knows."""

    links: dict[str, str] = field(default_factory=dict)  # directive → address
    numbers: dict[str, str] = field(default_factory=dict)  # glued name → text
    works: dict[str, str] = field(default_factory=dict)  # bibliography key → authors and year
    page: str = ""  # the published chapter


def plain_markdown(text: str, inserts: Inserts | None = None) -> str:
    """Turn MyST directives and roles into Markdown that every notebook viewer shows.

    An admonition becomes a quotation with a bold title, a glued number the number.

    >>> plain_markdown("See {doc}`the guide <guides/student>` and {term}`sparsity`.")
    'See the guide and sparsity.'
    >>> plain_markdown("[Nine in [ten](x.md) can go.]{.key} Train again.")
    'Nine in [ten](x.md) can go. Train again.'
    >>> print(plain_markdown(":::{tip} Why\\n:class: x\\nBecause.\\n:::\\n"))
    > **Why**
    >
    > Because.
    <BLANKLINE>
    """
    inserts = inserts or Inserts()
    text = FENCE.sub(lambda m: _directive(m, inserts), TARGET.sub("", text))
    return ROLE.sub(lambda m: _role(m, inserts), MARK.sub(r"\1", text))


def _directive(match: re.Match, inserts: Inserts) -> str:
    name, title = match["name"], match["title"].strip()
    body = OPTIONS.sub("", match["body"].lstrip("\n")).strip("\n")
    if name == "math":
        return f"$$\n{body}\n$$\n"
    if name in ("figure", "image"):
        return f"{body}\n"
    if name == "growing-table":  # what the cell above it shows is this chapter's part of it
        return ""
    if name == "pareto-front":
        return "*(This figure is drawn from the tables of all chapters, on the course's site.)*\n"
    if name == "explorer":
        return f"*(Try it out: [on the course's site]({inserts.page}) an explorer stands here.)*\n"
    if name == "quiz":
        return plain_markdown(questions.plain(body), inserts)
    if name in inserts.links:
        title, body = "Now you", f"{body}\n\n[Open the exercise]({inserts.links[name]})"
    elif name not in ("admonition", "exercise"):
        title = title or name.capitalize()
    return _quotation(title, plain_markdown(body, inserts)) + "\n"


def _quotation(title: str, body: str) -> str:
    lines = [f"**{title}**", "", *body.strip().splitlines()]
    return "\n".join(f"> {line}".rstrip() for line in lines)


def _role(match: re.Match, inserts: Inserts) -> str:
    name, text = match["name"], match["text"]
    if name == "glue:text":
        return inserts.numbers.get(text, "(?)")
    if name == "math":
        return f"${text}$"
    if name.startswith("cite"):
        return "; ".join(inserts.works.get(key, key) for key in text.split(",")).join("()")
    if name.startswith(("py:", "func", "class", "mod")):
        return f"`{text.lstrip('~!.')}`"
    return text.split("<")[0].strip()


def launchable(notebook: nbformat.NotebookNode, config, topic: str) -> nbformat.NotebookNode:
    """A copy of an executed chapter that a reader can run from the top, anywhere.

    Cells that the page removes are left out: they put numbers into the text and do nothing else.
    """
    url = config.html_theme_options["repository_url"]
    links = {"exercise": repository.first(repository.exercise_launches(config, topic))}
    page = f"{repository.site(config)}book/{topic}.html"
    inserts = Inserts(links, glued(notebook), works(tuple(config.bibtex_bibfiles)), page)
    copy = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    )
    copy.cells = [nbformat.v4.new_code_cell(INSTALL.format(url=url), id="install")]
    for number, cell in enumerate(notebook.cells):
        if "remove-cell" in cell.metadata.get("tags", []):
            continue
        if cell.cell_type == "code":
            new = nbformat.v4.new_code_cell(cell.source)
        else:
            new = nbformat.v4.new_markdown_cell(plain_markdown(cell.source, inserts))
        copy.cells.append({**new, "id": f"cell-{number}"})
    return nbformat.from_dict(copy)


def glued(notebook: nbformat.NotebookNode) -> dict[str, str]:
    """The numbers that the code put into the text, by name."""
    outputs = [out for cell in notebook.cells for out in cell.get("outputs", [])]
    glues = [out for out in outputs if "scrapbook" in out.get("metadata", {})]
    return {out.metadata.scrapbook.name: _text(out.data) for out in glues}


def _text(data: dict[str, str]) -> str:
    """The plain text of an output; glue hides it under a MIME type of its own."""
    return next(value for mime, value in data.items() if mime.endswith("text/plain")).strip("'")


@cache
def works(files: tuple[str, ...]) -> dict[str, str]:
    """For every key of the bibliography the authors and the year, as in running text."""
    root = Path(__file__).resolve().parents[2]
    entries = {k: e for name in files for k, e in parse_file(root / name).entries.items()}
    return {key: f"{_authors(entry)} {entry.fields['year']}" for key, entry in entries.items()}


def _authors(entry) -> str:
    names = [" ".join(person.last_names).strip("{}") for person in entry.persons["author"]]
    return " and ".join(names) if len(names) < 3 else f"{names[0]} et al."


def chapters(app) -> list[str]:
    """The pages that are notebooks."""
    return [name for name, meta in app.env.metadata.items() if "kernelspec" in meta]


def offer_launch(app, pagename, templatename, context, doctree) -> None:
    """Give a chapter's page the addresses where it opens, and of its notebook on this site."""
    if pagename in chapters(app):
        context["launches"] = repository.chapter_launches(app.config, pagename)
        context["notebook"] = f"_sources/{pagename}.ipynb"


def _as_written(app, docname: str) -> nbformat.NotebookNode:
    """The chapter as it is written now, with the outputs of its last execution.

    Jupyter Book leaves the present text, without the glued numbers; book/execute.py keeps these,
    beside the text as it was when the code last ran.
    """
    left = Path(app.outdir).parent / "jupyter_execute" / f"{docname}.ipynb"
    kept = executed(app.srcdir, docname)
    notebook = read_notebook(left if left.exists() else kept)
    if kept.exists():
        ran = [cell for cell in read_notebook(kept).cells if cell.cell_type == "code"]
        cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
        for cell, result in zip(cells, ran, strict=True):
            cell.outputs = result.outputs
    return notebook


def read_notebook(path: Path) -> nbformat.NotebookNode:
    """A notebook that this build wrote; to validate it again would take longer than the rest."""
    return nbformat.v4.reads(path.read_text(encoding="utf-8"))


def write_notebooks(app, exception) -> None:
    """Write the launchable notebook of every chapter into the finished site."""
    if exception or app.builder.format != "html":
        return
    for name in chapters(app):
        notebook = launchable(_as_written(app, name), app.config, Path(name).name)
        target = Path(app.outdir) / "_sources" / f"{name}.ipynb"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", "utf-8")


def setup(app):
    """Register with Sphinx."""
    app.connect("html-page-context", offer_launch)
    # After the theme, which copies the executed notebook to the same place.
    app.connect("build-finished", write_notebooks, priority=600)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
