"""Every figure can be seen alone, as large as the window allows.

Drawn for a wide page, its letters are half as high on a phone. There the page keeps the overview,
and a button at the picture's foot shows it at full size: an upright phone scrolls it sideways, one
that lies shows all of it. The browser's own popover does that, without a script; Escape closes it.
"""

from docutils import nodes
from elements import html_element
from sphinx.transforms.post_transforms import SphinxPostTransform


class EnlargeFigures(SphinxPostTransform):
    """Give each numbered picture its button, and the popover that the button shows."""

    default_priority = 900  # after the outputs of the code came
    formats = ("html",)

    def run(self, **options) -> None:
        """Add them to all figures of the page."""
        for figure in self.document.findall(nodes.figure):
            for image in [child for child in figure if isinstance(child, nodes.image)]:
                _enlarge(figure, image, self._name(figure))

    def _name(self, figure: nodes.figure) -> str:
        """What the caption calls the figure: `Fig. 6.1`."""
        numbers = self.env.toc_fignumbers.get(self.env.docname, {}).get("figure", {})
        number = ".".join(map(str, numbers.get((figure["ids"] or [""])[0], ())))
        return self.config.numfig_format["figure"] % number if number else "the figure"


def _enlarge(figure: nodes.figure, image: nodes.image, name: str) -> None:
    place = f"{figure['ids'][0]}-enlarged"
    shown = {"popovertarget": place, "type": "button"}
    hidden = {**shown, "popovertargetaction": "hide"}
    label = {"role": "dialog", "aria-label": name, "popover": "auto"}
    named = {**shown, "aria-label": f"Enlarge {name}"}
    closes = html_element("button", nodes.Text("Close"), html=hidden, classes=["action"])
    picture = image.deepcopy()
    picture["classes"] = []  # they say how it stands on the page
    large = html_element("div", picture, html={"tabindex": "0"}, classes=["plate"])
    opens = html_element("button", html=named, classes=["enlarge"])
    figure.insert(figure.index(image) + 1, opens)
    figure += html_element("div", large, closes, html=label, classes=["enlarged"], ids=[place])


def setup(app):
    """Register with Sphinx."""
    app.add_post_transform(EnlargeFigures)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
