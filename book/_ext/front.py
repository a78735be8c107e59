"""Serve the start page at the site's own address, without a redirect.

The start page is `book/index`; a visitor who types the site's address gets the same page from
`index.html`, with its links seen from there.
"""

import re
from pathlib import Path
from posixpath import normpath

LINK = re.compile(r'\b(?P<name>href|src|action)="(?P<address>[^"#:]+)(?P<rest>[#?][^"]*)?"')
ROOT = "book/index.html"


def from_root(page: str, folder: str = "book") -> str:
    """The page's text with every relative link rewritten for the folder above.

    >>> from_root('<a href="../genindex.html"><img src="a.svg?v=1"><a href="#top">')
    '<a href="genindex.html"><img src="book/a.svg?v=1"><a href="#top">'
    """
    page = page.replace('data-content_root="../"', 'data-content_root="./"')
    return LINK.sub(lambda m: _moved(m, folder), page)


def _moved(match: re.Match, folder: str) -> str:
    address = normpath(f"{folder}/{match['address']}")
    return f'{match["name"]}="{address}{match["rest"] or ""}"'


def write_front(app, exception) -> None:
    """Write the start page's copy at the top of the finished site."""
    if exception or app.builder.format != "html":
        return
    site = Path(app.outdir)
    page = (site / ROOT).read_text(encoding="utf-8")
    (site / "index.html").write_text(from_root(page), encoding="utf-8")


def setup(app):
    """Register with Sphinx."""
    # Last: after the pages have been made lean and accessible.
    app.connect("build-finished", write_front, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
