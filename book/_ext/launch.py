"""Chapters open in Colab as notebooks that exist.

Chapters are written as text. The theme links Colab to the text file, which Colab cannot open.
Here the button points at the notebook published beside the page on the `gh-pages` branch, and
that notebook is made to work there: plain Markdown, no outputs, the package installed first.
"""

import repository


def point_colab_at_notebook(app, pagename, templatename, context, doctree) -> None:
    """Rewrite the Colab button of a chapter."""
    for group in context.get("header_buttons", []):
        for button in group.get("buttons", []):
            if button.get("text") == "Colab":
                button["url"] = repository.chapter_in_colab(app.config, pagename)


def setup(app):
    """Register with Sphinx."""
    # After the theme has made its buttons (priority 500).
    app.connect("html-page-context", point_colab_at_notebook, priority=600)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
