"""Re-read a chapter when it was executed anew, even if its own text did not change."""

from pathlib import Path


def depend_on_outputs(app, docname: str, source: list[str]) -> None:
    """Make the executed notebook (see book/execute.py) a dependency of its page."""
    executed = Path(app.srcdir) / "_build" / "chapters" / f"{docname}.ipynb"
    if executed.exists():
        app.env.note_dependency(str(executed))


def setup(app):
    """Register with Sphinx."""
    app.connect("source-read", depend_on_outputs)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
