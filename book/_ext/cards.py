"""The directive `chapter-cards`: a card for each chapter, with its picture, number and promise.

    ```{chapter-cards}
    book/pruning: What can go, and what it really saves.
    ```

The title comes from the chapter (what stands before a colon), the picture from
`book/_parts/cards/<topic>.svg`; it is set into the page, so that it takes the theme's colours.
"""

from html import escape
from pathlib import Path

import yaml
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

CARD = """<li class="chapter-card"><a href="{link}">
<div class="card-picture" aria-hidden="true">{picture}</div>
<div class="card-text"><span class="card-number">Chapter {number}</span>
<span class="card-title">{title}</span><span class="card-promise">{promise}</span></div>
</a></li>"""


class chapter_cards(nodes.General, nodes.Element):
    """Stands for the cards until every chapter's title is known."""


class ChapterCards(SphinxDirective):
    """Read the promises; the body maps each chapter to one sentence."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the marker with the promises."""
        promises = yaml.safe_load("\n".join(self.content))
        for docname in promises:
            self.env.note_dependency(str(picture_of(self.env, docname)))
        return [chapter_cards(promises=promises)]


def picture_of(env, docname: str) -> Path:
    """The file of a chapter's picture."""
    return Path(env.srcdir) / "book" / "_parts" / "cards" / f"{Path(docname).name}.svg"


def draw(app, doctree, docname: str) -> None:
    """Replace the marker by the cards."""
    for marker in list(doctree.findall(chapter_cards)):
        cards = [_card(app, docname, n, *item) for n, item in _numbered(marker["promises"])]
        html = '<ul class="chapter-cards">' + "\n".join(cards) + "</ul>"
        marker.replace_self(nodes.raw("", html, format="html"))


def _numbered(promises: dict[str, str]):
    return enumerate(promises.items(), start=1)


def _card(app, here: str, number: int, docname: str, promise: str) -> str:
    if docname not in app.env.titles:
        raise ValueError(f"chapter-cards: {docname!r} is not in _toc.yml")
    return CARD.format(
        link=app.builder.get_relative_uri(here, docname),
        number=number,
        title=escape(app.env.titles[docname].astext().split(":")[0]),
        promise=escape(promise),
        picture=picture_of(app.env, docname).read_text(encoding="utf-8"),
    )


def setup(app):
    """Register with Sphinx."""
    app.add_node(chapter_cards)
    app.add_directive("chapter-cards", ChapterCards)
    app.connect("doctree-resolved", draw)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
