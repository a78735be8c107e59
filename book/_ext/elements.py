"""HTML elements for which docutils has no node: forms, buttons, folds."""

from docutils import nodes

OTHERS = ("latex", "text", "man", "texinfo")


class element(nodes.General, nodes.Element):
    """An HTML element, by `tag` and `html` attributes; other builders see what is in it."""


class phrase(nodes.TextElement, element):
    """An HTML element that holds text, in which quotation marks are set as in a paragraph."""


def html_element(
    tag: str, *children: nodes.Node, html: dict | None = None, classes=(), ids=()
) -> element:
    """An element with its attributes and what is in it."""
    return element("", *children, tag=tag, html=html or {}, classes=list(classes), ids=list(ids))


def html_phrase(tag: str, *children: nodes.Node, html: dict | None = None, classes=()) -> phrase:
    """The same for an element that holds text."""
    return phrase("", "", *children, tag=tag, html=html or {}, classes=list(classes))


def visit(translator, node: element) -> None:
    """Open the HTML element."""
    translator.body.append(translator.starttag(node, node["tag"], "", **node["html"]))


def depart(translator, node: element) -> None:
    """Close it."""
    translator.body.append(f"</{node['tag']}>")


def skip(translator, node: element) -> None:
    """Other builders take the content alone."""


def setup(app):
    """Register with Sphinx."""
    for node in (element, phrase):
        app.add_node(node, html=(visit, depart), **dict.fromkeys(OTHERS, (skip, skip)))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
