"""Prove that an exercise grades fairly before any student sees it.

The solution's notebook runs once, in a process of its own, and every known mistake is swapped into
its namespace; the blank notebook runs in another one. What the proof demands stands in `_breaches`.
"""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from autograder import build
from autograder.boundary.warm import REPEATABLE
from autograder.course import ROOT, Course, CourseError
from autograder.leaks import leaks
from autograder.master import Case, Master, read_master
from autograder.mistakes import Mistake, own_names, plant, read_mistakes

LEAST_QUESTIONS = 7
LEAST_MISTAKES = 2
SEEDS = ("0", "1")  # the solution must not owe its points to one draw of the hidden cases
TIME_LIMIT = 900  # seconds; a loaded machine takes several times as long as an idle one
SENTENCE = re.compile(r"(\S+\s+){3,}\S*[.!?]", re.DOTALL)

Progress = Callable[[str], None]


@dataclass
class Row:
    """What was found about one question."""

    question: str
    points: float
    solution: float = 0.0
    blank: float = 0.0
    mistakes: int = 0
    rejected: int = 0


@dataclass
class Proof:
    """The outcome for one topic; without breaches the exercise is fit to be handed out."""

    topic: str
    rows: list[Row]
    breaches: list[str]
    seconds: float

    @property
    def holds(self) -> bool:
        """Whether nothing is left to mend."""
        return not self.breaches

    def table(self) -> str:
        """The proof as a table for a terminal, then the breaches."""
        lines = [f"{'question':<10}{'points':>8}{'solution':>10}{'blank':>8}   mistakes rejected"]
        lines += [
            f"{row.question:<10}{row.points:>8g}{row.solution:>10g}{row.blank:>8g}"
            f"   {row.rejected} of {row.mistakes}"
            for row in self.rows
        ]
        lines += [f"  ✗ {breach}" for breach in self.breaches]
        verdict = "proved" if self.holds else f"{len(self.breaches)} to mend"
        return "\n".join([*lines, f"{self.topic}: {verdict} in {self.seconds:.0f} s"])


@dataclass
class _Evidence:
    """What the two processes saw."""

    master: Master
    mistakes: list[Mistake]
    own: set[str]
    solution: list[dict] = field(default_factory=list)  # a trial for each seed
    swaps: list[dict] = field(default_factory=list)  # a trial for each mistake
    blank: dict = field(default_factory=dict)
    reference: set[str] = field(default_factory=set)


def verify(
    course: Course,
    topic: str,
    progress: Progress = lambda text: None,
    least_questions: int = LEAST_QUESTIONS,
) -> Proof:
    """Prove `topic`, and write down how each known mistake fails, for the class report.

    Raises:
        CourseError: for an unknown topic, a master or a file of mistakes with a slip, a solution
            that crashes or takes longer than `TIME_LIMIT` seconds.
    """
    started = time.perf_counter()
    master = read_master(course, topic)
    build.ensure_bundle(course, topic)
    evidence = _Evidence(master, read_mistakes(course, topic), own_names(course, topic))
    _gather(course, evidence, progress)
    breaches = [*_breaches(course, evidence, least_questions)]
    _write_signatures(course, evidence)
    return Proof(topic, _rows(evidence), breaches, time.perf_counter() - started)


def _gather(course: Course, evidence: _Evidence, progress: Progress) -> None:
    topic, bundle = evidence.master.topic, course.bundle(evidence.master.topic)
    swaps = [_swap(evidence.master, mistake) for mistake in evidence.mistakes]
    release = {"notebook": str(bundle / "release.ipynb"), "tolerant": True}
    solution = {"notebook": str(bundle / "solution.ipynb"), "tolerant": False}
    job = {
        "topic": topic,
        "tests": str(bundle / "tests"),
        "checks": str(bundle.parent),  # where `grader(topic)` finds a folder of that name
        "runs": [
            release | {"seeds": SEEDS[:1], "swaps": []},
            solution | {"seeds": SEEDS, "swaps": swaps},
        ],
    }
    for event in _events(job, topic):
        progress(f"{topic}: {_said(event, len(swaps))}")
        _file(event, evidence)


def _file(event: dict, evidence: _Evidence) -> None:
    """Put what was seen in its place."""
    if event["kind"] == "crash":
        where = f"{evidence.master.topic}: the solution's cell {event['cell']}"
        raise CourseError(f"{where} ends with {event['error']}")
    if event["kind"] == "reference":
        evidence.reference = set(event["names"])
    elif "swap" in event:
        evidence.swaps.append(event)
    elif event["kind"] == "trial" and not evidence.blank:  # the blank notebook comes first
        evidence.blank = event
    elif event["kind"] == "trial":
        evidence.solution.append(event)


def _said(event: dict, swaps: int) -> str:
    if event["kind"] == "cell":
        return f"cell {event['number']} of {event['of']} has run"
    if "swap" in event:
        return f"mistake {event['swap'] + 1} of {swaps} tried"
    return "answers tried" if event["kind"] == "trial" else "looking at names"


def _swap(master: Master, mistake: Mistake) -> dict:
    answers = {question.name: question.answers for question in master.questions}
    if mistake.question not in answers:
        about = f"The mistake “{mistake.misconception}”"
        raise CourseError(f"{about} is for {mistake.question}, which does not exist.")
    plant(answers[mistake.question], mistake)  # refuses what the solution does not define
    return {"question": mistake.question, "name": mistake.name, "source": mistake.source}


def _events(job: dict, what: str) -> Iterator[dict]:
    reader, writer = os.pipe()
    child = subprocess.Popen(
        [sys.executable, "-m", "autograder.trial"],
        cwd=ROOT,
        env=os.environ | REPEATABLE | {"MPLBACKEND": "Agg"},
        pass_fds=[writer],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(writer)
    timer = threading.Timer(TIME_LIMIT, child.kill)
    timer.start()
    try:
        child.stdin.write(json.dumps(job | {"events": writer}))
        child.stdin.close()
        with os.fdopen(reader) as stream:
            yield from map(json.loads, stream)
        _require_end(child, what)
    finally:
        timer.cancel()
        child.kill()
        child.wait()
        child.stderr.close()


def _require_end(child: subprocess.Popen, what: str) -> None:
    says = child.stderr.read().strip().split("\n")[-1]
    if child.wait() < 0:
        raise CourseError(f"{what} was stopped: it took longer than {TIME_LIMIT} s, or crashed.")
    if child.returncode:
        raise CourseError(f"{what} could not be tried: {says}")


def _breaches(course: Course, evidence: _Evidence, least_questions: int) -> Iterator[str]:
    """Everything an exercise must not be, each as a sentence that says what to do."""
    yield from _size_breaches(evidence, least_questions)
    yield from _solution_breaches(evidence)
    yield from _blank_breaches(evidence)
    for mistake, trial in zip(evidence.mistakes, evidence.swaps, strict=True):
        yield from _mistake_breaches(mistake, trial)
    yield from _message_breaches(evidence)
    yield from _name_breaches(evidence)
    yield from leaks(course, evidence.master)
    for path in build.stale(course, evidence.master.topic):
        where = path.relative_to(course.root)
        yield f"{where} is stale: run `python -m autograder build {evidence.master.topic}`."


def _size_breaches(evidence: _Evidence, least_questions: int) -> Iterator[str]:
    questions = evidence.master.questions
    if len(questions) < least_questions:
        yield f"{len(questions)} questions are too few: an exercise has {least_questions} or more."
    for question in questions:
        count = sum(mistake.question == question.name for mistake in evidence.mistakes)
        if count < LEAST_MISTAKES:
            yield f"{question.name} has {count} known mistakes; write at least {LEAST_MISTAKES}."


def _solution_breaches(evidence: _Evidence) -> Iterator[str]:
    for trial in evidence.solution:
        for name, question in trial["questions"].items():
            for case in question["cases"]:
                if not case["passed"]:
                    yield (
                        f"{name}: the solution fails “{case['name']}” with seed {trial['seed']}: "
                        f"{case['message']}"
                    )


def _blank_breaches(evidence: _Evidence) -> Iterator[str]:
    for name, question in evidence.blank["questions"].items():
        passed = [case["name"] for case in question["cases"] if case["passed"]]
        if passed:
            yield f"{name}: the blank notebook passes “{passed[0]}”: ask there for an answer first."
        for case in question["cases"]:
            yield from _silence(f"{name}: to the blank notebook “{case['name']}”", case)


def _mistake_breaches(mistake: Mistake, trial: dict) -> Iterator[str]:
    what = f"{mistake.question}: the mistake “{mistake.misconception}”"
    own = trial["questions"].get(mistake.question)
    if own is None or own["score"] >= own["possible"]:
        yield f"{what} costs nothing: add a hidden case that catches it."
    for name, question in trial["questions"].items():
        if name != mistake.question and question["score"] < question["possible"]:
            yield f"{what} costs points on {name} too: make the answers of {name} independent."


def _message_breaches(evidence: _Evidence) -> Iterator[str]:
    for question in evidence.master.questions:
        for case in question.cases:
            if _has_silent_assert(case):
                yield f"{question.name}: in “{case.name}” an assert has no message: add a sentence."
    for mistake, trial in zip(evidence.mistakes, evidence.swaps, strict=True):
        for case in trial["questions"].get(mistake.question, {"cases": []})["cases"]:
            yield from _spoken_breaches(mistake, case)


def _spoken_breaches(mistake: Mistake, case: dict) -> Iterator[str]:
    where = f"{mistake.question}: to the mistake “{mistake.misconception}” “{case['name']}”"
    yield from _silence(where, case)
    if not case["passed"] and case["said"] and not SENTENCE.fullmatch(case["message"].strip()):
        yield f"{where} says {case['message']!r}: make it a sentence."


def _silence(where: str, case: dict) -> Iterator[str]:
    """A test that trips over an answer instead of saying what is wrong with it."""
    if not case["passed"] and not case["spoken"]:
        yield f"{where} answers {case['message']}: assert what you need before you use it."


def _has_silent_assert(case: Case) -> bool:
    nodes = list(ast.walk(case.function))
    asserts = [node for node in nodes if isinstance(node, ast.Assert)]
    return any(node.msg is None for node in asserts)


def _name_breaches(evidence: _Evidence) -> Iterator[str]:
    topic = evidence.master.topic
    for question in evidence.master.questions:
        for name in question.asks_for:
            if name not in evidence.reference | evidence.own:
                yield (
                    f"{question.name} asks for `{name}`, which efficientai.{topic} does not have: "
                    f"add it there, or to OWN_NAMES in solutions/mistakes/{topic}.py."
                )


def _rows(evidence: _Evidence) -> list[Row]:
    rows = {q.name: Row(q.name, q.points) for q in evidence.master.questions}
    for name, row in rows.items():
        row.solution = min(trial["questions"][name]["score"] for trial in evidence.solution)
        row.blank = evidence.blank["questions"][name]["score"]
    for mistake, trial in zip(evidence.mistakes, evidence.swaps, strict=True):
        rows[mistake.question].mistakes += 1
        rows[mistake.question].rejected += not [*_mistake_breaches(mistake, trial)]
    return list(rows.values())


def _write_signatures(course: Course, evidence: _Evidence) -> None:
    """How each known mistake fails: the class report recognises it by that."""
    questions: dict[str, list] = {question.name: [] for question in evidence.master.questions}
    for mistake, trial in zip(evidence.mistakes, evidence.swaps, strict=True):
        seen = trial["questions"].get(mistake.question, {"cases": []})
        questions[mistake.question].append(
            {"mistake": mistake.misconception, "name": mistake.name, "failing": _failing(seen)}
        )
    blank = {name: _failing(seen) for name, seen in evidence.blank["questions"].items()}
    content = {"topic": evidence.master.topic, "seed": SEEDS[0], "blank": blank}
    text = json.dumps(content | {"questions": questions}, indent=1)
    path: Path = course.bundle(evidence.master.topic) / "signatures.json"
    path.write_text(text + "\n", encoding="utf-8")


def _failing(seen: dict) -> list[dict]:
    return [{"case": c["name"], "message": c["message"]} for c in seen["cases"] if not c["passed"]]
