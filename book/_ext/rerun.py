"""Re-read a chapter when it was executed anew, even if its own text did not change."""

from pathlib import Path


def executed(srcdir, docname: str) -> Path:
    """Where book/execute.py keeps the executed notebook of a chapter."""
    return Path(srcdir) / "_build" / "chapters" / f"{docname}.ipynb"


def depend_on_outputs(app, docname: str, source: list[str]) -> None:
    """Make the executed notebook a dependency of its page."""
    notebook = executed(app.srcdir, docname)
    if notebook.exists():
        app.env.note_dependency(str(notebook))


def setup(app):
    """Register with Sphinx."""
    app.connect("source-read", depend_on_outputs)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
