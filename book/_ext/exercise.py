"""The directive `exercise`: the box at the end of a chapter that leads to its exercise.

    ```{exercise} pruning
    Seven questions, about 60 minutes.
    ```

It opens the notebook where `_config.yml` says that one can work, and links to a copy that is served
with the site. In running text, {exercise-link}`text <pruning>` opens an exercise and
{repository-link}`text <path>` a file.
"""

import shutil
from html import escape
from pathlib import Path

import repository
from docutils import nodes
from sphinx.util.docutils import ReferenceRole, SphinxDirective


class Exercise(SphinxDirective):
    """Render the box; the argument is the topic, the body is free text."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Build an admonition with the body and two links."""
        topic = self.arguments[0]
        if not source(self.env, topic).exists():
            raise self.error(f"exercise: there is no exercises/{topic}.ipynb")
        box = nodes.admonition("", nodes.title("", "Now you"), classes=["exercise"])
        self.state.nested_parse(self.content, self.content_offset, box)
        box += nodes.raw("", self._links(topic), format="html")
        return [box]

    def _links(self, topic: str) -> str:
        up = "../" * self.env.docname.count("/")
        (place, address), *others = repository.exercise_launches(self.config, topic).items()
        actions = [
            f'<a class="action primary" href="{escape(address)}">Open the exercise in {place}</a>',
            *(f'<a class="action" href="{escape(url)}">{name}</a>' for name, url in others),
            f'<a class="action" href="{up}exercises/{topic}.ipynb" download>Download it</a>',
        ]
        return f'<p class="actions">{"".join(actions)}</p>'


class ExerciseLink(ReferenceRole):
    """A link that opens a topic's exercise."""

    def run(self):
        """Build the link."""
        if not source(self.env, self.target).exists():
            text = f"exercise-link: there is no exercises/{self.target}.ipynb"
            return [], [self.inliner.reporter.error(text, line=self.lineno)]
        addresses = repository.exercise_launches(self.config, self.target)
        return [_link(self.title, repository.first(addresses))], []


class RepositoryLink(ReferenceRole):
    """A link to a file or folder of the repository, or to its front page (`.`)."""

    def run(self):
        """Build the link."""
        return [_link(self.title, repository.page_of(self.config, self.target))], []


def source(env, topic: str) -> Path:
    """Where a topic's student notebook lies."""
    return Path(env.srcdir) / "exercises" / f"{topic}.ipynb"


def _link(text: str, address: str) -> nodes.reference:
    return nodes.reference("", text, refuri=address, internal=False)


def serve_exercises(app, exception) -> None:
    """Copy the students' notebooks into the site, where the boxes' links point."""
    if exception or app.builder.format != "html":
        return
    target = Path(app.outdir) / "exercises"
    target.mkdir(parents=True, exist_ok=True)
    for notebook in (Path(app.srcdir) / "exercises").glob("*.ipynb"):
        shutil.copyfile(notebook, target / notebook.name)


def note_addresses(app, config) -> None:
    """Make pages that link to the repository or a service out of date when an address changes."""
    options = config.html_theme_options
    services = sorted(options["launch_buttons"].items())
    config.addresses = str([options["repository_url"], options["repository_branch"], services])


def setup(app):
    """Register with Sphinx."""
    app.add_config_value("addresses", "", "env")
    app.connect("config-inited", note_addresses)
    app.add_directive("exercise", Exercise)
    app.add_role("exercise-link", ExerciseLink())
    app.add_role("repository-link", RepositoryLink())
    app.connect("build-finished", serve_exercises)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
