"""Plausible wrong answers: what each stands for, and how it is put in the place of the right one.

``solutions/mistakes/<topic>.py`` holds them as definitions that look like a student's:

    @mistake("q1", "Prunes by the signed value instead of the magnitude.")
    def magnitude_mask(weight, sparsity): ...

That file is read, never imported: its definitions run with the names of the notebook.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from autograder.course import Course, CourseError

Definition = ast.FunctionDef | ast.ClassDef


def mistake(question: str, misconception: str) -> Callable[[Any], Any]:
    """Mark a definition as a wrong answer to `question`; `misconception` says what went wrong."""
    return lambda definition: definition


@dataclass(frozen=True)
class Mistake:
    """One wrong answer.

    Attributes:
        question: the question it answers.
        misconception: what a student who writes this believes, in words.
        name: the definition that it replaces.
        source: the wrong definition.
    """

    question: str
    misconception: str
    name: str
    source: str


def read_mistakes(course: Course, topic: str) -> list[Mistake]:
    """The wrong answers of `topic`, in the order they are written down.

    Raises:
        CourseError: if there is no such file, or a definition in it is not marked properly.
    """
    tree, text = _parse(course, topic)
    definitions = [node for node in tree.body if isinstance(node, Definition)]
    return [_mistake(node, text, topic) for node in definitions]


def own_names(course: Course, topic: str) -> set[str]:
    """The names a topic asks for that `efficientai` does not have: its file's ``OWN_NAMES``."""
    tree, _ = _parse(course, topic)
    for node in tree.body:
        if isinstance(node, ast.Assign) and _targets(node) == ["OWN_NAMES"]:
            return set(ast.literal_eval(node.value))
    return set()


def plant(cells: Sequence[str], wrong: Mistake) -> list[str]:
    """The solution's cells of a question with the mistake in the place of its right definition.

    Raises:
        CourseError: if none of the cells defines that name.
    """
    planted = [_replace(cell, wrong) for cell in cells]
    if planted == list(cells):
        raise CourseError(
            f"{wrong.question}: the mistake “{wrong.misconception}” replaces `{wrong.name}`, "
            "which the solution does not define."
        )
    return planted


def _parse(course: Course, topic: str) -> tuple[ast.Module, str]:
    path = course.mistakes(course.require(topic))
    where = path.relative_to(course.root)
    if not path.is_file():
        raise CourseError(f"{where} is missing: write at least two mistakes for each question.")
    text = path.read_text(encoding="utf-8")
    try:
        return ast.parse(text), text
    except SyntaxError as error:
        raise CourseError(f"{where}, line {error.lineno}: {error.msg}.") from error


def _targets(node: ast.Assign) -> list[str]:
    return [target.id for target in node.targets if isinstance(target, ast.Name)]


def _mistake(node: Definition, text: str, topic: str) -> Mistake:
    try:
        (mark,) = node.decorator_list
        if mark.func.id != "mistake":
            raise ValueError
        question, misconception = (ast.literal_eval(argument) for argument in mark.args)
    except (ValueError, AttributeError) as error:
        raise CourseError(
            f"solutions/mistakes/{topic}.py, line {node.lineno}: `{node.name}` needs exactly one "
            'decorator, `@mistake("q1", "the misconception in words")`.'
        ) from error
    return Mistake(question, misconception, node.name, ast.get_source_segment(text, node))


def _replace(cell: str, wrong: Mistake) -> str:
    lines = cell.split("\n")
    for node in ast.parse(cell).body:
        if isinstance(node, Definition) and node.name == wrong.name:
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            lines[first - 1 : node.end_lineno] = wrong.source.split("\n")
            return "\n".join(lines)
    return cell
