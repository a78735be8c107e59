"""Does anything that students get hold what they are to find out, or how it will be tested?

Two ways of looking. Functions are compared by their syntax tree: docstrings, annotations and the
choice of local names do not hide a copy. Text is compared by runs of lines, which finds a piece of
a solution in a hint or in a comment.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import nbformat

from autograder.course import Course
from autograder.master import Master, is_answer

SMALLEST_BODY = 40  # nodes of syntax tree: shorter functions have hardly more than one way to be
RUN = 3  # lines in a row that are no coincidence ...
SHORTEST_RUN = 80  # ... if they have this many characters


def leaks(course: Course, master: Master) -> list[str]:
    """A sentence for every piece of a solution or of a hidden test that students can read."""
    readable = [(where, text) for where, texts in _readable(course) for text in texts]
    places = {mark: where for where, text in readable for mark in _marks(text)}
    return list(
        dict.fromkeys(
            f"{places[mark]} holds {what}."
            for what, marks in _secrets(master)
            for mark in sorted(marks & places.keys(), key=str)
        )
    )


def _secrets(master: Master) -> Iterator[tuple[str, set]]:
    """What must not be found, with its marks; what an answer cell is given is no secret."""
    for given, answered in zip(master.release.cells, master.solution.cells, strict=True):
        if is_answer(given):
            question = given.id.split("-")[0]
            yield f"the solution of {question}", _marks(answered.source) - _marks(given.source)
    for question in master.questions:
        public = set().union(*(_marks(c.source) for c in question.cases if not c.hidden))
        for case in question.cases:
            if case.hidden:
                what = f"the hidden test “{case.name}” of {question.name}"
                yield what, _marks(case.source) - public


def _marks(text: str) -> set:
    return _runs(text) | _bodies(text)


def _readable(course: Course) -> Iterator[tuple[str, list[str]]]:
    """What students get, by file: notebooks cell by cell, modules whole."""
    for path in sorted(course.exercise("x").parent.glob("*.ipynb")):
        cells = nbformat.read(path, as_version=4).cells
        yield _where(course, path), [cell.source for cell in cells]
    for path in sorted((course.root / "efficientai").rglob("*.py")):
        yield _where(course, path), [path.read_text(encoding="utf-8")]


def _where(course: Course, path: Path) -> str:
    return path.relative_to(course.root).as_posix()


def _runs(text: str) -> set[tuple[str, ...]]:
    """Every run of lines long enough to be no coincidence."""
    lines = [line.strip() for line in text.split("\n") if line.strip("# \t")]
    runs = (tuple(lines[start : start + RUN]) for start in range(len(lines) - RUN + 1))
    return {run for run in runs if sum(map(len, run)) >= SHORTEST_RUN}


def _bodies(text: str) -> set[str]:
    """The fingerprints of all functions of some size in `text`; what does not parse has none."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return set()
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    return {_fingerprint(function) for function in functions if _size(function) >= SMALLEST_BODY}


def _size(function: ast.FunctionDef) -> int:
    return sum(1 for statement in function.body for _ in ast.walk(statement))


def _fingerprint(function: ast.FunctionDef) -> str:
    """The function's body with its local names numbered, without docstring and annotations."""
    function = ast.parse(ast.unparse(function)).body[0]
    if ast.get_docstring(function) is not None:
        function.body = function.body[1:]
    numbers: dict[str, str] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.arg):
            node.arg = numbers.setdefault(node.arg, f"local{len(numbers)}")
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            numbers.setdefault(node.id, f"local{len(numbers)}")
    for node in ast.walk(function):
        if isinstance(node, ast.Name):
            node.id = numbers.get(node.id, node.id)
        if isinstance(node, ast.AnnAssign):
            node.annotation = ast.Constant(None)
    return ast.dump(ast.Module(function.body, []))
