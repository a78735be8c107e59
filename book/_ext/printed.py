"""The role {printed-book}`text`: a link to the book's PDF, on pages beside which there is one.

The PDF is printed from the finished site (`book/pdf.py`), so a page cannot know whether it will
exist. The role leaves a hidden text; `offer` turns it into a link where the file stands.
"""

import re
from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.util.docutils import SphinxRole

TARGET = "efficient-ai.pdf"
HIDDEN = re.compile(r'<span class="printed" hidden>(.*?)</span>')


class PrintedBook(SphinxRole):
    """Leave the hidden text."""

    def run(self):
        """Build it."""
        html = f'<span class="printed" hidden>{escape(self.text)}</span>'
        return [nodes.raw("", html, format="html")], []


def offer(site: Path) -> None:
    """Link the PDF from every page that has a place for it, if there is a PDF."""
    if not (site / TARGET).exists():
        return
    for path in site.rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        up = "../" * len(path.relative_to(site).parts[1:])
        shown = HIDDEN.sub(rf'<span class="printed"><a href="{up}{TARGET}">\1</a></span>', page)
        if shown != page:
            path.write_text(shown, encoding="utf-8")


def offer_at_end(app, exception) -> None:
    """A page that was written anew while the PDF of an earlier build stands."""
    if not exception and app.builder.format == "html":
        offer(Path(app.outdir))


def setup(app):
    """Register with Sphinx."""
    app.add_role("printed-book", PrintedBook())
    app.connect("build-finished", offer_at_end, priority=950)  # after the copy of the start page
    return {"parallel_read_safe": True, "parallel_write_safe": True}
