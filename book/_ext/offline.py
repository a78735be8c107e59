"""Keep the site self-contained and small: drop what the themes ship and no page needs."""

import re
from pathlib import Path

# The icon script (1.5 MB) draws what the icon font beside it draws too. Themes of different age
# keep it in different places, and the older ones fetch fonts ahead that no page needs.
ICON_SCRIPT = re.compile(r"\s*<script[^>]*/fontawesome(/[^\">]*)?\.js[^>]*></script>")
ICON_LINK = re.compile(r"\s*<link[^>]*/(fontawesome(/[^\">]*)?\.js|fa-(brands|regular)-400)[^>]*>")
# Sphinx loads it for a page without formulas too, if a page below it has some.
MATH_SCRIPT = re.compile(r"\s*<script[^>]*vendor/mathjax/[^>]*></script>")
FORMULA = re.compile(r'class="[^"]*\bmath\b')
UNUSED = (
    "scripts/fontawesome.js*",
    "vendor/fontawesome/*/js/*",
    "**/*.map",
    "**/fontawesome/webfonts/*.ttf",
    "*webpack-macros.html",
    "sphinx-thebe.*",
)


def trim(app, exception) -> None:
    """Remove unused assets from the finished site and the tags that ask for them."""
    if exception or app.builder.format != "html":
        return
    site = Path(app.outdir)
    for pattern in UNUSED:
        for path in (site / "_static").glob(pattern):
            path.unlink()
    for page in site.rglob("*.html"):
        before = page.read_text(encoding="utf-8")
        if (after := lean(before)) != before:
            page.write_text(after, encoding="utf-8")


def lean(page: str) -> str:
    """A page without the tags that load what it does not use."""
    page = ICON_LINK.sub("", ICON_SCRIPT.sub("", page))
    return page if FORMULA.search(page) else MATH_SCRIPT.sub("", page)


def setup(app):
    """Register with Sphinx."""
    app.connect("build-finished", trim)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
