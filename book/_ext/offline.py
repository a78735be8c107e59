"""Keep the site self-contained and small: drop what the themes ship and no page needs."""

import re
from pathlib import Path

# The icon script (1.5 MB) draws what the icon font beside it draws too.
ICON_SCRIPT = re.compile(r"\s*<script[^>]*scripts/fontawesome\.js[^>]*></script>")
UNUSED = (
    "scripts/fontawesome.js*", "**/*.map", "**/fontawesome/webfonts/*.ttf", "*webpack-macros.html",
    "sphinx-thebe.*",
)  # fmt: skip


def trim(app, exception) -> None:
    """Remove unused assets from the finished site and the tags that ask for them."""
    if exception or app.builder.format != "html":
        return
    site = Path(app.outdir)
    for pattern in UNUSED:
        for path in (site / "_static").glob(pattern):
            path.unlink()
    for page in site.rglob("*.html"):
        text = page.read_text()
        if (clean := ICON_SCRIPT.sub("", text)) != text:
            page.write_text(clean)


def setup(app):
    """Register with Sphinx."""
    app.connect("build-finished", trim)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
