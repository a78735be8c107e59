"""A topic's master as nbgrader's source notebook: the solution, its marks, nbgrader's metadata.

It holds no test. The graded cell is the check that students run as well; in nbgrader's autograding
`hooks.Examine` gives it its points. So nothing has to be cut out for the students but solutions.
"""

from __future__ import annotations

import copy

from nbformat import NotebookNode
from nbgrader.nbgraderformat import SCHEMA_VERSION, MetadataValidator
from nbgrader.preprocessors import ClearSolutions

from autograder.course import CourseError
from autograder.master import Master, is_answer
from autograder.results import number

STUB = "..."  # what stands in an exercise where a solution was


def source(master: Master) -> NotebookNode:
    """The notebook for nbgrader's ``source/``.

    Raises:
        CourseError: if nbgrader would not make the exercise's own notebook of it.
    """
    notebook = annotate(master.marked, master)
    MetadataValidator().validate_nb(notebook)
    _require_same(_cleared(notebook), master)
    return notebook


def annotate(notebook: NotebookNode, master: Master) -> NotebookNode:
    """A copy whose cells say what nbgrader is to do with them."""
    annotated = copy.deepcopy(notebook)
    points = {f"{question.name}-check": question.points for question in master.questions}
    for cell in annotated.cells:
        if is_answer(cell):
            cell.metadata["nbgrader"] = _role(cell.id, solution=True)
        elif cell.id in points:
            name = cell.id.removesuffix("-check")
            role = _role(name, grade=True, locked=True, points=number(points[cell.id]))
            cell.metadata["nbgrader"] = role
        elif cell.cell_type == "code" and cell.metadata.get("editable") is False:
            cell.metadata["nbgrader"] = _role(cell.id, locked=True)
    return annotated


def _role(name: str, **what: bool | float) -> dict:
    role = {"grade": False, "solution": False, "locked": False, "task": False}
    return {**role, **what, "grade_id": name, "schema_version": SCHEMA_VERSION}


def _cleared(notebook: NotebookNode) -> NotebookNode:
    """What nbgrader leaves of it for students."""
    clear = ClearSolutions(code_stub={"python": STUB})
    return clear.preprocess(copy.deepcopy(notebook), {})[0]


def _require_same(cleared: NotebookNode, master: Master) -> None:
    for made, wanted in zip(cleared.cells, master.release.cells, strict=True):
        if made.source != wanted.source:
            raise CourseError(
                f"solutions/{master.topic}.md: nbgrader would not give students the cell "
                f"{wanted.id} as in exercises/. Mark its solution with whole lines "
                "`# BEGIN SOLUTION` and `# END SOLUTION`, without `NO PROMPT`."
            )
