"""The instructors' formgrader; the rest stands in the course's own nbgrader_config.py.

Formgrader shows what students wrote in the instructor's session, where a script could change
grades. Of their HTML only the harmless part is shown; the rest appears as the text that it is.
"""

import bleach
from bleach.css_sanitizer import CSSSanitizer
from nbconvert.filters import markdown2html

c = get_config()  # noqa: F821

TAGS = {
    *bleach.ALLOWED_TAGS,
    *("br", "code", "del", "details", "div", "dd", "dl", "dt", "h1", "h2", "h3", "h4", "h5", "h6"),
    *("hr", "img", "p", "pre", "span", "sub", "summary", "sup"),
    *("table", "tbody", "td", "th", "thead", "tr"),
}
ATTRIBUTES = {"*": ["class", "id", "style"], "a": ["href", "title"], "img": ["src", "alt"]}
STYLES = CSSSanitizer(["border-left", "list-style", "margin", "padding", "padding-left"])


def harmless(html: str) -> str:
    """HTML in which nothing runs."""
    protocols = {"http", "https", "mailto", "data", "attachment"}
    return bleach.clean(
        str(html), tags=TAGS, attributes=ATTRIBUTES, protocols=protocols, css_sanitizer=STYLES
    )


def harmless_markdown(text: str) -> str:
    """Markdown as HTML in which nothing runs."""
    return harmless(markdown2html(text))


c.HTMLExporter.sanitize_html = True
c.HTMLExporter.filters = {"clean_html": harmless, "markdown2html": harmless_markdown}
