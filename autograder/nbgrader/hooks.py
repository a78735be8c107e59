"""What the written configuration puts in the place of some of nbgrader's own parts.

`Blank` for `ClearSolutions`, `Reader` for the exporter of `autograde`, `Mend` for `DeduplicateIds`,
`Examine` for `Execute`. A notebook that is not of this course has no bundle here and is left to
nbgrader, and so is a cell that an instructor added to one of ours.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from logging import Logger
from pathlib import Path

import nbformat
from nbconvert.exporters import NotebookExporter
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import ClearSolutions, DeduplicateIds, Execute
from nbgrader.utils import is_grade, is_solution
from traitlets import Bool, Float, Unicode

from autograder import results
from autograder.batch import Engine, Submission
from autograder.boundary.limits import Limits
from autograder.course import ROOT, CourseError
from autograder.grade import announce
from autograder.nbgrader import mend
from autograder.nbgrader.course import BUNDLES
from autograder.pages import page

IDLE_SECONDS = 300  # an engine that nobody needs holds some hundred megabytes


class Blank(ClearSolutions):
    """Students get the answer cells that they have in the exercise."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Put the exercise's cells in the place of the solution's."""
        bundle = _bundle(self, resources)
        self._given = {cell.id: cell for cell in _release(bundle).cells} if bundle else {}
        return super().preprocess(nb, resources)

    def preprocess_cell(self, cell: NotebookNode, resources: dict, cell_index: int):
        """See `preprocess`."""
        if is_solution(cell) and cell.get("id") in self._given:
            cell.source = self._given[cell.id].source
            return cell, resources
        return super().preprocess_cell(cell, resources, cell_index)


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
        return mend.mend(nb, _handed_out(self, resources) or _release(bundle)), resources


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
        with kept.lend(order, self.log) as engine:
            if self.strict and any(engine.layers.values()):
                raise CourseError("Examine.strict: a layer is missing. Nothing was graded.")
            record = engine.grade(submission)
        if results.LOST["engine"] in record["note"]:
            raise CourseError(f"{submission.path}: {results.LOST['engine']}")
        if record["status"] != "graded":
            self.log.warning("%s is %s: %s", submission.path, record["status"], record["note"])
        return record


def _bundle(hook: Preprocessor, resources: dict) -> Path | None:
    """The folder with the tests of this notebook; None if the notebook is none of ours."""
    folder = Path(_coursedir(hook).root, BUNDLES, resources["nbgrader"]["notebook"])
    return folder if folder.is_dir() else None


def _release(bundle: Path) -> NotebookNode:
    return nbformat.read(bundle / "release.ipynb", as_version=4)


def _handed_out(hook: Preprocessor, resources: dict) -> NotebookNode | None:
    """What `generate_assignment` made, cells of the instructor's own included, if it is here."""
    path = _place(hook, _coursedir(hook).release_directory, ".", resources)
    return nbformat.read(path, as_version=4) if path.is_file() else None


def _handed_in(hook: Preprocessor, resources: dict) -> Submission:
    student = resources["nbgrader"]["student"]
    path = _place(hook, _coursedir(hook).submitted_directory, student, resources)
    return Submission(f"{student}.ipynb", path)


def _place(hook: Preprocessor, step: str, student: str, resources: dict) -> Path:
    about = resources["nbgrader"]
    folder = _coursedir(hook).format_path(step, student, about["assignment"])
    return Path(folder, f"{about['notebook']}.ipynb")


def _coursedir(hook: Preprocessor) -> CourseDirectory:
    return hook.parent.parent.coursedir  # a hook belongs to an exporter, that to a converter


def _outputs(cell: NotebookNode, record: dict) -> list[NotebookNode]:
    """What stands below a cell: points and messages below a check, remarks below the first."""
    role = cell.metadata.get("nbgrader", {})
    if is_grade(cell):
        question = _question(record, role["grade_id"])
        words = page("nbgrader.html", question=question, note="")
        data = {"text/plain": json.dumps(question["score"]), "text/html": words}
        return [nbformat.v4.new_output("execute_result", data)]
    if role.get("locked") and record["note"]:
        words = page("nbgrader.html", question=None, note=record["note"])
        data = {"text/plain": record["note"], "text/html": words}
        return [nbformat.v4.new_output("display_data", data)]
    return []


def _question(record: dict, name: str) -> dict:
    for question in record["questions"]:
        if question["name"] == name:
            return question
    raise CourseError(
        f"The graded cell {name!r} has no tests in {BUNDLES}/{record['topic']}/. A cell that you "
        "add for points must be one that you grade by hand."
    )


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


class Kept:
    """The engine of the last order, warm for the next student; ended when none comes.

    `nbgrader autograde` asks for a whole class in a row; the formgrader lives for days.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._order: Order | None = None
        self._engine: Engine | None = None
        self._timer = threading.Timer(0, self.close)
        atexit.register(self.close)

    @contextlib.contextmanager
    def lend(self, order: Order, log: Logger) -> Iterator[Engine]:
        """The engine for this order; a new one says what stands around a student's code."""
        with self._lock:
            self._timer.cancel()
            if order != self._order or self._engine is None:
                self.close()
                self._engine, self._order = order.engine(), order
                log.info(announce(self._engine.layers, jobs=1))
            try:
                yield self._engine
            finally:
                self._timer = threading.Timer(IDLE_SECONDS, self.close)
                self._timer.daemon = True
                self._timer.start()

    def close(self) -> None:
        """End the engine, if one is running; wait until nobody uses it."""
        with self._lock:
            self._timer.cancel()
            if self._engine is not None:
                self._engine.close()
            self._engine = None


kept = Kept()
