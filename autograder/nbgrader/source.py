"""A topic's notebooks with nbgrader's metadata: which cell is an answer, which gives points.

They hold no test. The graded cell is the check that students run as well; in nbgrader's autograding
`hooks.Examine` gives it its points. So nothing has to be cut out for the students but solutions.
"""

from __future__ import annotations

import copy

from nbformat import NotebookNode
from nbgrader.nbgraderformat import SCHEMA_VERSION

from autograder.master import Master, is_answer
from autograder.results import number


def annotate(notebook: NotebookNode, master: Master) -> NotebookNode:
    """A copy of the master's release or solution whose cells say what nbgrader is to do."""
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
