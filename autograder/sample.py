"""A class to try grading on: right, partly wrong, blank and broken work, named as an LMS does.

The wrong ones are put together from the topic's known mistakes. Same topic, number and seed: same
class, byte for byte.
"""

from __future__ import annotations

import copy
import random
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.course import Course, CourseError
from autograder.master import Master, is_answer, read_master
from autograder.mistakes import Mistake, plant, read_mistakes

GIVEN = (
    "Ada Alan Grace Łukasz Zoë Nguyễn Fatima Jürgen Aisha Mateus Mei Olu Siobhán Ivan Priya Noah "
    "Yuki Chloé Dmitri Amara Tomás Ingrid Rania Bjørn"
)
FAMILY = (
    "Okafor Lindqvist Tanaka O'Brien García Novák Haddad Fischer Silva Kowalski Chen Nakamura "
    "Mbeki Rossi Dubois Andersson Patel Ionescu Yılmaz Moreau Svensson Reyes Kaya Bauer Cohen"
)
UNDECOMPOSED = str.maketrans("łøı", "loi")  # NFKD leaves these as they are
ENDLESS = "endless loop"
NO_NOTEBOOK = "Sorry, the upload kept failing. My notebook is in my cloud folder, please ask me.\n"


@dataclass(frozen=True)
class Student:
    """Somebody of the sample class: the kind of work, and the file it was handed in as."""

    name: str
    file: str
    kind: str


@dataclass(frozen=True)
class _Desk:
    """What all students of a class write from."""

    master: Master
    mistakes: dict[str, list[Mistake]]


def sample(
    course: Course, topic: str, out: Path, students: int = 12, seed: str = "0", loops: bool = False
) -> list[Student]:
    """Write a class of `students` submissions for `topic` into the folder `out`.

    Args:
        loops: whether one more student joins, whose notebook never ends.

    Raises:
        CourseError: for an unknown topic, fewer than one student, or a folder with other files.
    """
    if students < 1:
        raise CourseError(f"A class of {students} students cannot be made: ask for 1 or more.")
    master = read_master(course, topic)
    desk = _Desk(master, _by_question(master, read_mistakes(course, topic)))
    kinds = [CLASS[number % len(CLASS)] for number in range(students)] + [ENDLESS] * loops
    people = [_student(number, kind, topic, seed) for number, kind in enumerate(kinds)]
    try:
        _clear(out, {person.file.split("/")[0] for person in people})
        for number, person in enumerate(people):
            draw = random.Random(f"{topic}/{seed}/{number}")
            _hand_in(out / person.file, _work(desk, person.kind, draw))
    except OSError as error:
        raise CourseError(f"Cannot write {error.filename}: {error.strerror}.") from error
    return people


def _by_question(master: Master, mistakes: list[Mistake]) -> dict[str, list[Mistake]]:
    return {q.name: [m for m in mistakes if m.question == q.name] for q in master.questions}


def _student(number: int, kind: str, topic: str, seed: str) -> Student:
    """The student of this number; each 24 times 25 of them have names of their own."""
    given, family = GIVEN.split(), FAMILY.split()
    index = number + random.Random(f"names/{seed}").randrange(len(given) * len(family))
    name = f"{given[index % len(given)]} {family[index % len(family)]}"
    file = FILE_NAMES[number % len(FILE_NAMES)](name, 4000 + number, topic)
    return Student(name, file, kind)


def _canvas(name: str, number: int, topic: str) -> str:
    given, family = name.split(" ", 1)
    return f"{_plain(family + given)}_{number}_{7 * number}_{topic}.ipynb"


def _canvas_late(name: str, number: int, topic: str) -> str:
    given, family = name.split(" ", 1)
    return f"{_plain(family + given)}_LATE_{number}_{7 * number}_{topic}-1.ipynb"


def _moodle(name: str, number: int, topic: str) -> str:
    return f"{name}_{number}_assignsubmission_file_/{topic}.ipynb"


def _by_hand(name: str, number: int, topic: str) -> str:
    return f"{topic} {name.split(' ', 1)[1]} {number} (1).ipynb"


FILE_NAMES: tuple[Callable[[str, int, str], str], ...] = (
    _canvas,
    _moodle,
    _canvas,
    _by_hand,
    _canvas_late,
)


def _plain(name: str) -> str:
    """Lower-case letters alone, as Canvas writes names."""
    letters = unicodedata.normalize("NFKD", name.lower().translate(UNDECOMPOSED))
    return "".join(letter for letter in letters if letter.isascii() and letter.isalpha())


def _clear(out: Path, ours: set[str]) -> None:
    """Make the folder; whatever in it is not of this class must stay, so refuse it."""
    out.mkdir(parents=True, exist_ok=True)
    others = sorted({path.name for path in out.iterdir()} - ours)
    if others:
        raise CourseError(f"{out} holds other files, such as {others[0]!r}: give an empty folder.")


def _hand_in(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _work(desk: _Desk, kind: str, draw: random.Random) -> str:
    """The text of a submission of this kind."""
    if kind == "no notebook":
        return NO_NOTEBOOK
    notebook = copy.deepcopy(desk.master.release)
    _answer(notebook, _answers(desk, kind, draw))
    return nbformat.writes(notebook) + "\n"


def _answer(notebook: NotebookNode, answers: dict[str, list[str]]) -> None:
    """Fill in the answer cells of the questions that were tried."""
    waiting = {question: iter(cells) for question, cells in answers.items()}
    for cell in notebook.cells:
        question = cell.id.split("-")[0]
        if is_answer(cell) and question in waiting:
            cell.source = next(waiting[question])


def _answers(desk: _Desk, kind: str, draw: random.Random) -> dict[str, list[str]]:
    """The answer cells by question; a question that is left out stays as it was given."""
    right = {question.name: list(question.answers) for question in desk.master.questions}
    return WORK[kind](right, desk, draw)


Answers = dict[str, list[str]]


def _right(right: Answers, desk: _Desk, draw: random.Random) -> Answers:
    return right


def _blank(right: Answers, desk: _Desk, draw: random.Random) -> Answers:
    return {}


def _wrong(share: float) -> Callable[[Answers, _Desk, random.Random], Answers]:
    """Work with known mistakes in this share of the questions."""

    def work(right: Answers, desk: _Desk, draw: random.Random) -> Answers:
        tried = [name for name in right if desk.mistakes[name]]
        for question in draw.sample(tried, max(1, round(share * len(tried)))):
            right[question] = plant(right[question], draw.choice(desk.mistakes[question]))
        return right

    return work


def _half(right: Answers, desk: _Desk, draw: random.Random) -> Answers:
    names = list(right)
    return {name: right[name] for name in names[: (len(names) + 1) // 2]}


def _weak(right: Answers, desk: _Desk, draw: random.Random) -> Answers:
    return _half(_wrong(0.7)(right, desk, draw), desk, draw)


def _syntax_error(right: Answers, desk: _Desk, draw: random.Random) -> Answers:
    cells = right[draw.choice(list(right))]
    cells[0] += "\n\nprint('done'"
    return right


def _exception(right: Answers, desk: _Desk, draw: random.Random) -> Answers:
    cells = right[draw.choice(list(right))]
    cells[0] = f"import torhc\n\n{cells[0]}"
    return right


def _endless(right: Answers, desk: _Desk, draw: random.Random) -> Answers:
    cells = right[draw.choice(list(right))]
    cells[0] += "\n\nwhile True:\n    pass"
    return right


WORK: dict[str, Callable[[Answers, _Desk, random.Random], Answers]] = {
    "right": _right,
    "one mistake": _wrong(0.1),
    "some mistakes": _wrong(0.25),
    "several mistakes": _wrong(0.4),
    "many mistakes": _wrong(0.7),
    "half done": _half,
    "weak": _weak,
    "blank": _blank,
    "syntax error": _syntax_error,
    "exception": _exception,
    ENDLESS: _endless,
}
CLASS = (
    "right",
    "one mistake",
    "several mistakes",
    "half done",
    "syntax error",
    "right",
    "some mistakes",
    "blank",
    "many mistakes",
    "weak",
    "exception",
    "no notebook",
)
