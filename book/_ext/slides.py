"""A slide deck for every chapter, made from its finished page into `slides/<topic>.html`.

What goes on a slide is decided in `deck`; the presenter is reveal.js, served with the site.
"""

from pathlib import Path

import deck
import launch

TEMPLATE = "slides.html"


def address(docname: str) -> str:
    """Where a chapter's deck lies in the site."""
    return f"slides/{Path(docname).name}.html"


def offer_slides(app, pagename, templatename, context, doctree) -> None:
    """Give a chapter's page the address of its deck."""
    if pagename in launch.chapters(app):
        context["slides"] = address(pagename)


def write_decks(app, exception) -> None:
    """Write the deck of every chapter whose page is newer than it."""
    if exception or app.builder.format != "html":
        return
    for docname in launch.chapters(app):
        page = Path(app.outdir) / f"{docname}.html"
        target = Path(app.outdir) / address(docname)
        if not _is_current(app, page, target):
            target.parent.mkdir(exist_ok=True)
            target.write_text(_render(app, page, docname), encoding="utf-8")


def _is_current(app, page: Path, target: Path) -> bool:
    makers = (page, Path(__file__), Path(deck.__file__), _template(app))
    return target.exists() and target.stat().st_mtime > max(p.stat().st_mtime for p in makers)


def _template(app) -> Path:
    return Path(app.confdir) / app.config.templates_path[0] / TEMPLATE


def _render(app, page: Path, docname: str) -> str:
    slides = deck.read(page.read_text(encoding="utf-8"), f"{docname}.html")
    math = any('class="math' in part for s in slides for part in [s.title, s.body, *s.items])
    context = {"slides": slides, "math": math, "page": f"../{docname}.html"}
    return app.builder.templates.render(TEMPLATE, {**context, "book": app.config.html_title})


def setup(app):
    """Register with Sphinx."""
    app.connect("html-page-context", offer_slides)
    # After the pages have been made lean and accessible.
    app.connect("build-finished", write_decks, priority=800)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
