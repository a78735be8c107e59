"""Re-read what did not change itself: a chapter that was executed anew, and every page when the
code in this folder, which makes the pages, is another.
"""

from pathlib import Path

from book.fingerprint import fingerprint


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
    makers = fingerprint([], sorted(Path(__file__).parent.rglob("*.py")))
    return {"parallel_read_safe": True, "parallel_write_safe": True, "env_version": makers}
