"""Read a master: a MyST notebook in otter-assign's format, with prompts, solutions and all tests.

otter-assign does the reading and the stripping. This module adds what it leaves to chance: stable
cell ids, tests kept as they were written, a name and points of its own for every test case, and a
sentence for each slip that otter lets through.
"""

from __future__ import annotations

import ast
import copy
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode
from otter.assign.assignment import Assignment
from otter.assign.blocks import BlockType, is_block_boundary_cell
from otter.assign.notebook_transformer import NotebookTransformer
from otter.assign.question_config import QuestionConfig
from otter.assign.solutions import strip_solutions_and_output
from otter.assign.tests_manager import AssignmentTestsManager
from otter.assign.utils import is_ignore_cell
from otter.test_files.abstract_test import TestCase

from autograder.course import Course, CourseError

REPOSITORY = re.compile(r"\{\{ *repository *\}\}")  # written once, in _config.yml
REQUIRED_CONFIG = {"init_cell": False, "export_cell": False, "check_all_cell": False}
QUESTION_NAME = re.compile(r"q[1-9][0-9]*")
SOLUTION_MARK = re.compile(r"\s*# (BEGIN|END) SOLUTION( NO PROMPT)?\s*$")
SOLUTION_SUFFIX = re.compile(r"\s*# ?SOLUTION( NO PROMPT)?\s*$")


@dataclass(frozen=True)
class Case:
    """One test case: a function whose parameters are names of the student's.

    Attributes:
        name: what feedback calls it, "keeps largest" for ``test_q1_keeps_largest``.
        hidden: whether students never see its source.
        points: what passing it earns.
        source: the function as the author wrote it.
    """

    name: str
    hidden: bool
    points: float
    source: str

    @property
    def function(self) -> ast.FunctionDef:
        """The parsed function."""
        return ast.parse(self.source).body[0]

    @property
    def parameters(self) -> list[str]:
        """The student's names that it asks for."""
        return [argument.arg for argument in self.function.args.args]


@dataclass(frozen=True)
class Question:
    """One question: its test cases and the solution's cells, without otter's marks."""

    name: str
    cases: tuple[Case, ...]
    answers: tuple[str, ...]
    all_or_nothing: bool = False

    @property
    def points(self) -> float:
        """What a right answer earns."""
        return sum(case.points for case in self.cases)

    @property
    def asks_for(self) -> list[str]:
        """The student's names that its tests call, each once."""
        return list(dict.fromkeys(name for case in self.cases for name in case.parameters))


@dataclass(frozen=True)
class Master:
    """A topic's master, taken apart.

    Attributes:
        release: the student's notebook.
        solution: the same notebook, answered.
    """

    topic: str
    release: NotebookNode
    solution: NotebookNode
    questions: tuple[Question, ...]

    @property
    def points(self) -> float:
        """What the whole exercise is worth."""
        return sum(question.points for question in self.questions)


def read_master(course: Course, topic: str) -> Master:
    """Read the master of `topic` and refuse what would not grade fairly.

    Raises:
        CourseError: for an unknown topic, or with the place and the remedy of a slip.
    """
    path = course.master(course.require(topic))
    try:
        notebook, assignment, tests = _transform(path, _text(course, path))
        return _assemble(topic, notebook, assignment, tests)
    except Exception as error:
        where = path.relative_to(course.root)
        raise CourseError(f"{where}: {str(error) or type(error).__name__}") from error


class _Tests(AssignmentTestsManager):
    """otter's reader of tests, but the source stays as written (`ast.unparse` drops comments)."""

    def read_test(self, cell: NotebookNode, question: QuestionConfig) -> None:
        super().read_test(cell, question)
        case = self._tests_by_question[question.name][-1]
        function = next(
            node for node in ast.parse(cell.source).body if isinstance(node, ast.FunctionDef)
        )
        case.body = ast.get_source_segment(cell.source, function)

    def by_question(self) -> list[tuple[QuestionConfig, list[TestCase]]]:
        """Each question's config with its test cases, in the notebook's order."""
        return [(self._questions[name], cases) for name, cases in self._tests_by_question.items()]


def _text(course: Course, path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    return REPOSITORY.sub(course.repository(), text) if REPOSITORY.search(text) else text


def _transform(path: Path, text: str) -> tuple[NotebookNode, Assignment, _Tests]:
    notebook = jupytext.reads(text, fmt="md:myst")
    _name_cells(notebook.cells)
    assignment = Assignment(require_valid_keys=True)
    assignment.master, assignment.lang = path.with_suffix(".ipynb"), "python"
    tests = _Tests(assignment)
    container = NotebookTransformer(assignment, tests).transform_notebook(notebook)
    _require_config(assignment)
    return container.transformed_nb, assignment, tests


def _require_config(assignment: Assignment) -> None:
    for key, wanted in REQUIRED_CONFIG.items():
        if bool(getattr(assignment, key)) is not wanted:
            raise CourseError(f"the assignment config must say `{key}: {str(wanted).lower()}`.")
    if not assignment.tests.files or assignment.tests.ok_format:
        raise CourseError(
            "the assignment config must say `tests: {files: true, ok_format: false}`."
        )


def _name_cells(cells: list[NotebookNode]) -> None:
    """Give every cell an id that tells its place: ``q2-answer-1``, ``text-3``."""
    counts: Counter[str] = Counter()
    seen: set[str] = set()
    question, in_solution = "", False
    for cell in cells:
        if is_ignore_cell(cell):
            continue
        if is_block_boundary_cell(cell, BlockType.QUESTION):
            question = _question_name(cell, seen)
        elif is_block_boundary_cell(cell, BlockType.QUESTION, end=True):
            question = ""
        elif is_block_boundary_cell(cell, BlockType.SOLUTION):
            in_solution = True
        elif is_block_boundary_cell(cell, BlockType.SOLUTION, end=True):
            in_solution = False
        if cell.cell_type == "raw":
            continue
        role = "answer" if in_solution else {"markdown": "text"}.get(cell.cell_type, cell.cell_type)
        key = f"{question}-{role}" if question else role
        counts[key] += 1
        cell.id = f"{key}-{counts[key]}"


def _question_name(cell: NotebookNode, seen: set[str]) -> str:
    found = re.search(r"^name:\s*(\S+)\s*$", cell.source, flags=re.MULTILINE)
    name = found.group(1) if found else ""
    if not QUESTION_NAME.fullmatch(name):
        raise CourseError(f"a question is called {name!r}; names are q1, q2, q3 and so on.")
    if name in seen:
        raise CourseError(f"two questions are called {name}; otter would merge their tests.")
    seen.add(name)
    return name


def _assemble(topic: str, notebook: NotebookNode, assignment: Assignment, tests: _Tests) -> Master:
    full = _finish(notebook, topic)
    release = _finish(strip_solutions_and_output(assignment, notebook), topic)
    solution = _answered(release, full)
    questions = tuple(
        _question(config, cases, solution, release) for config, cases in tests.by_question()
    )
    if not questions:
        raise CourseError("there is no question: begin one with a raw cell `# BEGIN QUESTION`.")
    _require_grader(release, topic)
    return Master(topic, release, solution, questions)


def _finish(notebook: NotebookNode, topic: str) -> NotebookNode:
    """A copy in nbformat 4.5 with our metadata alone, and ids for the cells that otter made."""
    cells = []
    for cell in copy.deepcopy(notebook.cells):
        if isinstance(cell.source, list):  # otter's own check cells
            cell.source = "".join(cell.source)
        check = re.fullmatch(r'grader\.check\("(\w+)"\)', cell.source)
        if check:
            cell.id = f"{check.group(1)}-check"
        if is_answer(cell):
            cell.metadata.deletable = False
        elif "efficientai.grader(" in cell.source:
            cell.metadata.update(deletable=False, editable=False)
        cells.append(cell)
    metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        "otter": {"assignment_name": topic},
    }
    finished = nbformat.v4.new_notebook(cells=cells, metadata=metadata)
    finished.nbformat_minor = 5
    nbformat.validate(finished)
    return finished


def _answered(release: NotebookNode, full: NotebookNode) -> NotebookNode:
    """The release with each answer cell filled in from the master, without otter's marks."""
    sources = {cell.id: cell.source for cell in full.cells}
    solution = copy.deepcopy(release)
    for cell in solution.cells:
        if is_answer(cell):
            cell.source = _without_marks(sources[cell.id])
    return solution


def is_answer(cell: NotebookNode) -> bool:
    """Whether a student writes in this cell."""
    return cell.cell_type == "code" and "-answer-" in cell.id


def _without_marks(source: str) -> str:
    lines = [line for line in source.split("\n") if not SOLUTION_MARK.match(line)]
    return "\n".join(SOLUTION_SUFFIX.sub("", line) for line in lines)


def _question(
    config: QuestionConfig, cases: list[TestCase], solution: NotebookNode, release: NotebookNode
) -> Question:
    name = config.name
    if config.points is not None:
        raise CourseError(f"{name}: give points to each test case, none to the question.")
    parsed = tuple(_case(name, case) for case in cases)
    _require_cases(name, parsed)
    answers = tuple(c.source for c in solution.cells if is_answer(c) and _belongs(c, name))
    if not answers:
        raise CourseError(f"{name} has no solution cell.")
    for cell in release.cells:
        if is_answer(cell) and _belongs(cell, name):
            _require_prompt(name, cell.source)
    return Question(name, parsed, answers, bool(config.all_or_nothing))


def _belongs(cell: NotebookNode, question: str) -> bool:
    return cell.id.startswith(f"{question}-")


def _require_prompt(question: str, source: str) -> None:
    lines = [line.strip() for line in source.split("\n")]
    if not any(line == "..." or line.endswith("= ...") for line in lines):
        raise CourseError(
            f"{question}: a solution cell leaves the student no `...` to fill in. Put the lines "
            "to be found between `# BEGIN SOLUTION` and `# END SOLUTION`."
        )


def _case(question: str, case: TestCase) -> Case:
    function = ast.parse(case.body).body[0]
    place = f"{question}: the test `{function.name}`"
    arguments = function.args
    if not function.name.startswith("test_"):
        raise CourseError(f"{place} must have a name that begins with `test_`.")
    if arguments.defaults or arguments.kwonlyargs or arguments.vararg or arguments.kwarg:
        raise CourseError(f"{place} may only have plain parameters: otter ignores defaults.")
    if not arguments.args or any(argument.arg == "env" for argument in arguments.args):
        raise CourseError(f"{place} must name what it needs of the student's, and not `env`.")
    if not isinstance(case.points, int | float) or case.points <= 0:
        raise CourseError(f"{place} has {case.points!r} points; its config must give it some.")
    if case.success_message or case.failure_message:
        raise CourseError(f"{place}: put what it has to say into the messages of its asserts.")
    title = re.sub(rf"^test_({question}_)?", "", function.name).replace("_", " ")
    return Case(title, bool(case.hidden), case.points, case.body)


def _require_cases(question: str, cases: tuple[Case, ...]) -> None:
    for hidden, word in ((False, "public"), (True, "hidden")):
        if not any(case.hidden is hidden for case in cases):
            raise CourseError(f"{question} has no {word} test.")
    repeated = [name for name, count in Counter(case.name for case in cases).items() if count > 1]
    if repeated:
        raise CourseError(
            f"{question} has two tests called {repeated[0]!r}; otter would drop one of them."
        )


def _require_grader(release: NotebookNode, topic: str) -> None:
    call = f'efficientai.grader("{topic}")'
    if not any(call in cell.source for cell in release.cells if cell.cell_type == "code"):
        raise CourseError(f"a code cell before the first question must say `grader = {call}`.")
