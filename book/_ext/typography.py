"""Numbers as a printer sets them: kept beside unit and sign, with a minus that is no hyphen.

The numbers come from the code, which writes `-0.9`, and stand before an ordinary space.
"""

import re

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

UNITS = "%|×|±|[kKMGT]?B|Mbit|[mµn]?s|[nµmck]?m|mAh?|V|[kMG]?Hz|[pnµm]?J|[kMT]?Wh?|[µm]W|[mk]?g|dB"
EQUALS = r"(?:(?<=\b[a-zA-Z])|^)[ \n](?==\s)|(?<= =)[ \n](?=[\d−])"
# A text that follows a number of the code's begins with the space.
PARTED = re.compile(rf"(?:(?<=\d)|^)[ \n](?=(?:{UNITS})(?!\w))|(?<=[×±])[ \n](?=\d|$)|{EQUALS}")
OPENING, CLOSING = re.compile(r"[(\[“‘]+$"), re.compile(r"^[,.;:!?)\]”’]+")
HYPHEN = re.compile(r"(?<![\w.])-(?=\d)")
UNTOUCHED = (
    nodes.literal,
    nodes.literal_block,
    nodes.doctest_block,
    nodes.math,
    nodes.math_block,
    nodes.raw,
)


def bind(text: str) -> str:
    """The text with no number parted from its unit.

    >>> bind("97.6 % of 8 × 8 pixels in 2 ms").count("\\N{NO-BREAK SPACE}")
    4
    >>> bind("12 Watts")
    '12 Watts'
    >>> bind("from T = 8 on").count("\\N{NO-BREAK SPACE}")
    2
    """
    return PARTED.sub("\N{NO-BREAK SPACE}", text)


def minus(text: str) -> str:
    """A number's text with minus signs.

    >>> minus("-0.9 (-2.2 to +0.4), 16-bit")
    '−0.9 (−2.2 to +0.4), 16-bit'
    """
    return HYPHEN.sub("\N{MINUS SIGN}", text)


class SetNumbers(SphinxPostTransform):
    """Mend the text of a finished page; code and formulas stay as they are."""

    default_priority = 900  # after the numbers came

    def run(self, **options) -> None:
        """Replace the texts that change."""
        for text in list(self.document.findall(nodes.Text)):
            after = bind(text.astext())
            if "pasted-text" in getattr(text.parent, "attributes", {}).get("classes", []):
                after = minus(after)
            if after != text.astext() and not _inside(text):
                text.parent.replace(text, nodes.Text(after))


class KeepTogether(SphinxPostTransform):
    """A comma stays with the formula or code before it, a bracket with what is behind it.

    A browser takes these for pictures, beside which any line may end.
    """

    default_priority = 910
    formats = ("html",)

    def run(self, **options) -> None:
        """Put each of them and the marks beside it into one piece."""
        for kind in (nodes.math, nodes.literal):
            for node in list(self.document.findall(kind)):
                _keep_together(node)


def _keep_together(node: nodes.math | nodes.literal) -> None:
    parent, at = node.parent, node.parent.index(node)
    opening = _take(parent, at - 1, OPENING)
    closing = _take(parent, at + 1, CLOSING)
    if opening or closing:
        marks = nodes.Text(opening), node, nodes.Text(closing)
        parent[at] = nodes.inline("", "", *marks, classes=["together"])


def _take(parent: nodes.Element, at: int, marks: re.Pattern) -> str:
    """Cut the marks out of the text at this place, if there is one."""
    if not 0 <= at < len(parent) or not isinstance(parent[at], nodes.Text):
        return ""
    found = marks.search(parent[at])
    if not found:
        return ""
    rest = parent[at][: found.start()] + parent[at][found.end() :]
    parent[at] = nodes.Text(rest)
    return found.group()


def _inside(node: nodes.Node) -> bool:
    while node := node.parent:
        if isinstance(node, UNTOUCHED):
            return True
    return False


def setup(app):
    """Register with Sphinx."""
    app.add_post_transform(SetNumbers)
    app.add_post_transform(KeepTogether)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
