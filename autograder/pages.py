"""What the feedback and the report share: one look, and nothing in them that can run.

A page is one file: no script, no request to anywhere, everything that came from a student escaped.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

TEMPLATES = Path(__file__).parent / "templates"
UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")
SHARES = "○◔◑◕●"  # nothing, a little, half, most, all


def page(template: str, **context: Any) -> str:
    """Render a template of this package; texts in `context` may hold anything at all."""
    style = Markup((TEMPLATES / "style.css").read_text(encoding="utf-8"))
    return _ENVIRONMENT.get_template(template).render(style=style, **clean(context))


def clean(value: Any) -> Any:
    """The same data without characters that show nothing, reverse text or cannot be written.

    >>> clean({"name": "a\\x00b\\u202ec"})
    {'name': 'abc'}
    """
    if isinstance(value, str) and not isinstance(value, Markup):
        return LONE_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", UNSEEN.sub("", value))
    if isinstance(value, dict):
        return {key: clean(item) for key, item in value.items()}
    return [clean(item) for item in value] if isinstance(value, list) else value


def prose(text: str) -> Markup:
    """A message as HTML: escaped; what stands between backticks is code, lines stay lines.

    >>> str(prose("`x` is <b>"))
    '<code>x</code> is &lt;b&gt;'
    """
    coded = re.sub(r"`([^`\n]+)`", r"<code>\1</code>", str(escape(text.strip())))
    return Markup(coded.replace("\n", "<br>"))


def points(value: float) -> str:
    """A score without needless digits: 2, 1.5, 0.33."""
    return f"{round(value, 2):g}"


def percent(share: float) -> str:
    """A share in [0, 1] as a whole number of per cent; only all is 100, only nothing is 0."""
    rounded = round(100 * share)
    if rounded in (0, 100) and share not in (0, 1):
        rounded = 1 if rounded == 0 else 99
    return f"{rounded}\N{NO-BREAK SPACE}%"


def dot(share: float) -> str:
    """A sign for a share in [0, 1]: the first and the last only for nothing and for all."""
    if share <= 0 or share >= 1:
        return SHARES[-1] if share >= 1 else SHARES[0]
    return SHARES[1 + min(2, int(3 * share))]


def title(topic: str) -> str:
    """The topic's word as a heading."""
    return topic[:1].upper() + topic[1:]


def heading(question: str) -> str:
    """A question's name as its notebook has it.

    >>> heading("q3")
    'Question 3'
    """
    return f"Question {question[1:]}" if re.fullmatch(r"q\d+", question) else question


_ENVIRONMENT = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters |= {
    "prose": prose,
    "points": points,
    "percent": percent,
    "dot": dot,
    "title_of": title,
    "heading": heading,
}
