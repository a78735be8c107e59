"""Show what students wrote without what runs in it.

Formgrader shows it in the session of somebody who can change grades. Of their HTML only the
harmless part is shown; the rest appears as the text that it is.
"""

from __future__ import annotations

import html

import bleach
from bleach.css_sanitizer import CSSSanitizer
from jinja2 import pass_context
from jinja2.runtime import Context
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

TAGS = {
    *bleach.ALLOWED_TAGS,
    *("br", "code", "del", "details", "div", "dd", "dl", "dt", "h1", "h2", "h3", "h4", "h5", "h6"),
    *("hr", "img", "p", "pre", "span", "sub", "summary", "sup"),
    *("table", "tbody", "td", "th", "thead", "tr"),
}
ATTRIBUTES = {"*": ["class", "id", "style"], "a": ["href", "title"], "img": ["src", "alt"]}
PROTOCOLS = {"http", "https", "mailto", "data", "attachment"}
LONGEST = 20_000
STYLES = CSSSanitizer(["border-left", "list-style", "margin", "padding", "padding-left"])


def harmless(page: str) -> str:
    """HTML in which nothing runs."""
    return bleach.clean(
        str(page), tags=TAGS, attributes=ATTRIBUTES, protocols=PROTOCOLS, css_sanitizer=STYLES
    )


@pass_context
def harmless_markdown(context: Context, text: str) -> str:
    """Markdown as HTML in which nothing runs; as it was written if it cannot be shown."""
    pictures = (context.get("cell") or {}).get("attachments", {})
    try:
        if len(text) > LONGEST:
            raise ValueError("markup may take time that is quadratic in its length")
        return harmless(MarkdownWithMath(IPythonRenderer(False, attachments=pictures)).render(text))
    except Exception:  # a picture that is missing, elements nested too deep, and so on
        return f"<pre>{html.escape(text)}</pre>"


FILTERS = {"clean_html": harmless, "markdown2html": harmless_markdown}
