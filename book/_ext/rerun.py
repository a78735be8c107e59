"""Re-read a chapter when it was executed anew, even if its own text did not change."""

from pathlib import Path


def executed(srcdir, docname: str) -> Path:
    """Where book/execute.py keeps the executed notebook of a chapter."""
    return Path(srcdir) / "_build" / "chapters" / f"{docname}.ipynb"


def depend_on(env, docname: str) -> None:
    """Make the page that is being read depend on a chapter's executed notebook, if it has one.

    A file that is missing would make the page out of date in every build.
    """
    notebook = executed(env.srcdir, docname)
    if notebook.exists():
        env.note_dependency(str(notebook))


def depend_on_outputs(app, docname: str, source: list[str]) -> None:
    """Make the executed notebook a dependency of its page."""
    depend_on(app.env, docname)


def setup(app):
    """Register with Sphinx."""
    app.connect("source-read", depend_on_outputs)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
