"""A quiz as its author writes it: read, judged, and set in plain Markdown.

    1. How many bytes do 1000 weights of 4 bits take?
       - [ ] 4000
         > That is one weight in 32 bits.
       - [x] 500
         % = 1000 * 4 // 8
         > Two weights share a byte.
       - [ ] 250
         > That would be 2 bits a weight.

Each choice has its reason behind `>`. A question that says "choose all" may have several right
choices. What follows `% =` is computed when the book is built, with the modules of `efficientai`,
`math`, `torch` and the chapter's glued numbers: a number must stand in the choice above, a
comparison must hold. So neither a slip of the pen nor a new measurement makes a quiz wrong.
"""

import ast
import importlib
import importlib.util
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from textwrap import dedent

LETTERS = "ABCDEFGH"
FEWEST = 3  # choices; with two, guessing is right half of the time

QUESTION = re.compile(r"\d+\. +(?P<text>.*)")
CHOICE = re.compile(r" +- \[(?P<mark>[ xX])\] +(?P<text>.*)")
CHECK = re.compile(r" +% = (?P<text>.*)")
REASON = re.compile(r" +> ?(?P<text>.*)")
ITEM = re.compile(r" *([-*+]|\d+[.)]) ")
NUMBER = re.compile(r"[-−+]?\d[\d,]*(?:\.\d+)?")
GLUE = re.compile(r"\{glue:text\}`([^`]+)`")


class QuizError(ValueError):
    """What is wrong with a quiz; `line` counts from 1 in the quiz."""

    def __init__(self, line: int, message: str):
        super().__init__(message)
        self.line = line


@dataclass
class Part:
    """Some Markdown and the line of the quiz where it begins."""

    line: int
    lines: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The Markdown without the quiz's own indentation."""
        first, *more = self.lines
        return "\n".join([first, dedent("\n".join(more))]).strip()


@dataclass
class Choice:
    """One answer that is offered."""

    right: bool
    text: Part
    reason: Part | None = None
    checks: list[Part] = field(default_factory=list)


@dataclass
class Question:
    """What is asked, and the answers that are offered."""

    text: Part
    choices: list[Choice] = field(default_factory=list)

    @property
    def several(self) -> bool:
        """Whether more than one choice may be right."""
        return "choose all" in self.text.text.lower()


def read(text: str) -> list[Question]:
    """The questions of a quiz; `QuizError` if it breaks the rules above."""
    questions: list[Question] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if match := QUESTION.match(line):
            questions.append(Question(Part(number, [match["text"]])))
        elif questions:
            _read_line(questions[-1], number, line)
        elif line.strip():
            raise QuizError(number, f"a question begins with '1. ', not with {line.strip()!r}")
    for question in questions:
        _judge(question)
    if not questions:
        raise QuizError(1, "a quiz without a question")
    return questions


def _read_line(question: Question, number: int, line: str) -> None:
    """Add one line to the part of a question where it belongs."""
    last = question.choices[-1] if question.choices else None
    if match := CHOICE.match(line):
        question.choices.append(Choice(match["mark"] != " ", Part(number, [match["text"]])))
    elif last and (match := CHECK.match(line)):
        last.checks.append(Part(number, [match["text"]]))
    elif last and (match := REASON.match(line)):
        last.reason = last.reason or Part(number)
        last.reason.lines.append(match["text"])
    elif ITEM.match(line):
        raise QuizError(number, f"a choice begins with '- [ ] ' or '- [x] ': {line.strip()!r}")
    else:
        part = (last.reason or last.text) if last else question.text
        part.lines.append(line)


def _judge(question: Question) -> None:
    """Refuse a question that breaks the rules."""
    line, right = question.text.line, sum(choice.right for choice in question.choices)
    if len(question.choices) < FEWEST:
        raise QuizError(line, f"{len(question.choices)} choices; there must be {FEWEST} or more")
    if question.several and not 2 <= right < len(question.choices):
        raise QuizError(line, f"'choose all' with {right} right choices of {len(question.choices)}")
    if not question.several and right != 1:
        raise QuizError(
            line, f"{right} right choices; there must be one, unless it says 'choose all'"
        )
    for choice in question.choices:
        if choice.reason is None or not choice.reason.text:
            raise QuizError(choice.text.line, f"no reason ('> ...') for {choice.text.text!r}")


# ---------------------------------------------------------------- is it true?


def verify(questions: list[Question], glued: Mapping[str, str]) -> None:
    """Compute every check; `QuizError` if a choice says something else."""
    for choice in (choice for question in questions for choice in question.choices):
        said = numbers(GLUE.sub(lambda m: glued.get(m[1], ""), choice.text.text))
        for check in choice.checks:
            value = compute(check, glued)
            if value is False:
                raise QuizError(check.line, f"does not hold: {check.text}")
            if value is not True and not any(math.isclose(value, n) for n in said):
                raise QuizError(
                    check.line, f"{check.text} is {value}, and {choice.text.text!r} does not say so"
                )


def compute(check: Part, glued: Mapping[str, str]) -> float | bool:
    """The value of a check; `QuizError` if it cannot be computed or is no number."""
    try:
        tree = ast.parse(check.text, mode="eval")
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        known = {name: thing for name in names if (thing := _known(name, glued)) is not None}
        value = eval(compile(tree, "quiz", "eval"), known)
        return value if isinstance(value, bool) else float(value)
    except Exception as error:
        raise QuizError(check.line, f"{check.text}: {type(error).__name__}: {error}") from error


def _known(name: str, glued: Mapping[str, str]):
    """What a check means by a name, `None` if it is Python's own."""
    if name in glued:
        number = glued[name].replace(",", "")
        return float(number) if re.fullmatch(NUMBER, number) else glued[name]
    if name in ("math", "torch"):
        return importlib.import_module(name)
    module = f"efficientai.{name}"
    return importlib.import_module(module) if importlib.util.find_spec(module) else None


def numbers(text: str) -> list[float]:
    """All numbers in a text.

    >>> numbers("−1.5 of 98,304 MACs")
    [-1.5, 98304.0]
    """
    found = NUMBER.findall(text)
    return [float(number.replace(",", "").replace("−", "-")) for number in found]


# ---------------------------------------------------------------- in a notebook


def plain(text: str) -> str:
    """A quiz in Markdown for any notebook: the choices, and the answers in a fold."""
    return "\n\n".join(_plain(i, q) for i, q in enumerate(read(text), start=1)) + "\n"


def _plain(number: int, question: Question) -> str:
    lettered = list(zip(LETTERS, question.choices, strict=False))
    choices = [f"- {letter}: {choice.text.text}" for letter, choice in lettered]
    answers = [
        f"- {letter} is {'right' if choice.right else 'wrong'}. {choice.reason.text}"
        for letter, choice in lettered
    ]
    fold = ["<details><summary>Answer and reasons</summary>", "", *answers, "", "</details>"]
    return "\n".join([f"**{number}.** {question.text.text}", "", *choices, "", *fold])
