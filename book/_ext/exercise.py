"""The directive `exercise`: the box at the end of a chapter that leads to its exercise.

    ```{exercise} pruning
    Seven questions, about 60 minutes.
    ```

It links to the notebook in Colab and to a copy that is served with the site.
"""

import shutil
from pathlib import Path

import repository
from docutils import nodes
from sphinx.util.docutils import SphinxDirective


class Exercise(SphinxDirective):
    """Render the box; the argument is the topic, the body is free text."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Build an admonition with the body and two links."""
        topic = self.arguments[0]
        notebook = Path(self.env.srcdir) / "exercises" / f"{topic}.ipynb"
        if not notebook.exists():
            raise self.error(f"exercise: there is no exercises/{topic}.ipynb")
        box = nodes.admonition("", nodes.title("", "Now you"), classes=["exercise"])
        self.state.nested_parse(self.content, self.content_offset, box)
        box += nodes.raw("", self._links(topic), format="html")
        return [box]

    def _links(self, topic: str) -> str:
        up = "../" * self.env.docname.count("/")
        colab = repository.exercise_in_colab(self.config, topic)
        return (
            '<p class="actions">'
            f'<a class="action primary" href="{colab}">Open the exercise in Colab</a>'
            f'<a class="action" href="{up}exercises/{topic}.ipynb" download>Download it</a>'
            "</p>"
        )


def serve_exercises(app, exception) -> None:
    """Copy the students' notebooks into the site, where the boxes' links point."""
    if exception or app.builder.format != "html":
        return
    target = Path(app.outdir) / "exercises"
    target.mkdir(parents=True, exist_ok=True)
    for notebook in (Path(app.srcdir) / "exercises").glob("*.ipynb"):
        shutil.copyfile(notebook, target / notebook.name)


def setup(app):
    """Register with Sphinx."""
    app.add_directive("exercise", Exercise)
    app.connect("build-finished", serve_exercises)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
