"""Make a notebook that nbgrader can work with out of whatever a student handed in.

nbgrader's own steps stop, some of them for the whole class, at a copied cell, a deleted cell, or
a file that is no notebook. Here every cell that nbgrader asks for is there afterwards, once.
This is for nbgrader's books and for display: the engine grades the file as it was handed in.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.validator import normalize

from autograder import notebooks


def read(path: Path) -> NotebookNode:
    """The notebook in `path`: as it is, else its code cells, else one without cells."""
    try:
        text = path.read_text(encoding="utf-8")
        if json.loads(text)["nbformat"] != 4:
            raise ValueError("of another age, or of none that it says")
        _, notebook = normalize(nbformat.reads(text, as_version=4))
        nbformat.validate(notebook)
    except Exception:  # a student's file may be anything
        return nbformat.v4.new_notebook(cells=_code_cells(path))
    return notebook


def _code_cells(path: Path) -> list[NotebookNode]:
    try:
        found = notebooks.parse(path.name, path.read_bytes()).cells
    except notebooks.Unreadable:
        return []
    cells = [nbformat.v4.new_code_cell(cell.source) for cell in found]
    for cell, original in zip(cells, found, strict=True):
        cell.metadata["nbgrader"] = {"grade_id": original.id}
    return cells


def mend(notebook: NotebookNode, release: NotebookNode) -> NotebookNode:
    """`notebook` with every cell of `release` that nbgrader knows in it, and known to it once.

    A cell is known by the name that nbgrader gave it, or by its id. Of copies, the last counts, as
    in nbgrader; the others stay as cells of the student's. What was deleted comes back.
    """
    cells = notebook.cells
    claims = [_claims(cell) for cell in cells]
    for cell in cells:
        cell.metadata.pop("nbgrader", None)
    place = -1
    for wanted in release.cells:
        if "nbgrader" not in wanted.metadata:
            continue
        found = [index for index, claim in enumerate(claims) if claim & _claims(wanted)]
        place = found[-1] if found else place + 1
        if not found:
            cells.insert(place, copy.deepcopy(wanted))
            claims.insert(place, set())
        cells[place].metadata["nbgrader"] = copy.deepcopy(wanted.metadata.nbgrader)
        claims[place] = set()
    return notebook


def _claims(cell: NotebookNode) -> set[tuple[str, str]]:
    """The names that a cell goes by, each with the cell's type."""
    given = cell.metadata.get("nbgrader")
    name = given.get("grade_id") if isinstance(given, dict) else None
    return {(cell.cell_type, text) for text in (name, cell.get("id")) if isinstance(text, str)}
