"""What the written configuration puts in the place of three of nbgrader's own parts.

`Reader` for its exporter, `Mend` for `DeduplicateIds`, `Examine` for `Execute`. A notebook that is
not of this course has no bundle here and is left to nbgrader.
"""

from __future__ import annotations

import atexit
import json
from dataclasses import dataclass
from logging import Logger
from pathlib import Path

import nbformat
from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbgrader.preprocessors import DeduplicateIds, Execute
from nbgrader.utils import is_grade
from traitlets import Bool, Float, Unicode

from autograder import results
from autograder.batch import Engine, Submission
from autograder.boundary.limits import Limits
from autograder.course import ROOT, CourseError
from autograder.grade import announce
from autograder.nbgrader import mend
from autograder.nbgrader.course import BUNDLES
from autograder.pages import page


class Reader(NotebookExporter):
    """Reads a submission whatever it is; what is wrong with it is `Examine`'s to say."""

    def from_filename(self, filename: str, resources: dict | None = None, **options):
        """The notebook in `filename`, converted."""
        return self.from_notebook_node(mend.read(Path(filename)), resources, **options)


class Mend(DeduplicateIds):
    """Every cell that nbgrader asks for is there, once, before nbgrader looks."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """See `mend.mend`."""
        bundle = _bundle(self, resources)
        if bundle is None:
            return super().preprocess(nb, resources)
        release = nbformat.read(bundle / "release.ipynb", as_version=4)
        return mend.mend(nb, release), resources


class Examine(Execute):
    """Grades the file that was handed in behind the boundary; nbgrader gets points and words.

    The value of a graded cell becomes the points of its question, which is what nbgrader reads as
    partial credit. No code of a student's runs in nbgrader's process or in a kernel of its own.
    """

    clone = Unicode(str(ROOT), help="The clone of the course that grades.").tag(config=True)
    seed = Unicode("0", help="Draws the hidden cases. Keep it to yourself.").tag(config=True)
    total_seconds = Float(
        Limits.total_seconds, help="After so long on the clock, a submission is over."
    ).tag(config=True)
    strict = Bool(False, help="Refuse if a layer of the jail is missing.").tag(config=True)

    def __call__(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Grade, even where `--no-execute` tells nbgrader to believe the outputs it finds."""
        bundle = _bundle(self, resources)
        if bundle is None:
            return super().__call__(nb, resources)
        record = self._grade(bundle, _handed_in(self, resources))
        for cell in nb.cells:
            if cell.cell_type == "code":
                cell.outputs = _outputs(cell, record)
        return nb, resources

    def _grade(self, bundle: Path, submission: Submission) -> dict:
        limits = Limits(total_seconds=self.total_seconds)
        order = Order(bundle.name, bundle, Path(self.clone), self.seed, limits)
        engine = running(order, self.log)
        if self.strict and any(engine.layers.values()):
            raise CourseError("Examine.strict: a layer is missing. Nothing was graded.")
        record = engine.grade(submission)
        if results.LOST["engine"] in record["note"]:
            raise CourseError(f"{submission.path}: {results.LOST['engine']}")
        if record["status"] != "graded":
            self.log.warning("%s is %s: %s", submission.path, record["status"], record["note"])
        return record


def _handed_in(hook: Examine, resources: dict) -> Submission:
    about = resources["nbgrader"]
    course = hook.parent.parent.coursedir
    folder = course.format_path(course.submitted_directory, about["student"], about["assignment"])
    return Submission(f"{about['student']}.ipynb", Path(folder, f"{about['notebook']}.ipynb"))


def _bundle(hook: Mend | Examine, resources: dict) -> Path | None:
    """The folder with the tests of this notebook; None if the notebook is none of ours."""
    course = hook.parent.parent.coursedir  # a hook belongs to an exporter, that to a converter
    folder = Path(course.root, BUNDLES, resources["nbgrader"]["notebook"])
    return folder if folder.is_dir() else None


def _outputs(cell: NotebookNode, record: dict) -> list[NotebookNode]:
    """What stands below a cell: points and messages below a check, remarks below the first."""
    role = cell.metadata.get("nbgrader", {})
    if is_grade(cell):
        question = next(q for q in record["questions"] if q["name"] == role["grade_id"])
        words = page("nbgrader.html", question=question, note="")
        data = {"text/plain": json.dumps(question["score"]), "text/html": words}
        return [nbformat.v4.new_output("execute_result", data)]
    if role.get("locked") and record["note"]:
        words = page("nbgrader.html", question=None, note=record["note"])
        data = {"text/plain": record["note"], "text/html": words}
        return [nbformat.v4.new_output("display_data", data)]
    return []


# ---------------------------------------------------------------- one engine at a time


@dataclass(frozen=True)
class Order:
    """What an engine is made for."""

    topic: str
    bundle: Path
    clone: Path
    seed: str
    limits: Limits

    def engine(self) -> Engine:
        """A new engine."""
        package = self.clone / "efficientai"
        return Engine(self.topic, self.bundle, package, self.seed, self.limits)


_running: dict[Order, Engine] = {}


def running(order: Order, log: Logger) -> Engine:
    """The engine for this order, kept warm from one student to the next."""
    if order not in _running:
        close()
        _running[order] = order.engine()
        log.info(announce(_running[order].layers, jobs=1))
    return _running[order]


@atexit.register
def close() -> None:
    """End the engine that is running, if one is."""
    while _running:
        _running.popitem()[1].close()
