"""Which known mistake is it? A wrong answer is recognised by how it fails.

`autograder.verify` wrote down, for every known mistake, the cases that it fails and what they said.
An answer that fails exactly these cases, and gets at least one of the same messages, is taken for
that mistake. Numbers in messages change with the instructor's seed: they decide only between
mistakes that are alike without them.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")
EMPTY = "Left as it was given."


@dataclass(frozen=True)
class Finding:
    """How many of a class gave one kind of wrong answer to a question.

    Attributes:
        mistake: the misconception in words, or empty if the answer is none that is known.
        fails: the cases that fail, or "every check".
        example: what the first failed case of one such answer says.
    """

    question: str
    mistake: str
    fails: str
    example: str
    count: int


def findings(results: list[dict], signatures: dict) -> list[Finding]:
    """Every kind of wrong answer in a class, the commonest first."""
    counts: Counter[tuple[str, str, str]] = Counter()
    examples: dict[tuple[str, str, str], str] = {}
    for question in (question for record in results for question in record["questions"]):
        failed = [case for case in question["cases"] if not case["passed"]]
        if failed:
            kind = question["name"], recognise(question, signatures), _fails(question, failed)
            counts[kind] += 1
            examples.setdefault(kind, failed[0]["message"])
    found = [Finding(*kind, examples[kind], count) for kind, count in counts.items()]
    return sorted(found, key=lambda f: (-f.count, len(f.question), f.question, f.mistake, f.fails))


def _fails(question: dict, failed: list[dict]) -> str:
    """The failed cases by name, or that they are all."""
    if len(failed) == len(question["cases"]):
        return "every check"
    return ", ".join(case["name"] for case in failed)


def recognise(question: dict, signatures: dict) -> str:
    """The misconception behind a question's failed cases; empty if it is none that is known.

    Args:
        question: a question of a result record.
        signatures: the content of the bundle's ``signatures.json``; may be empty.
    """
    failing = _failing(question["cases"], "name")
    best, closest = [], (1, 0)
    for mistake, known in _known(question["name"], signatures):
        if known.keys() == failing.keys():
            agreement = _agreement(known, failing)
            if agreement > closest:
                best, closest = [], agreement
            if agreement == closest:
                best.append(mistake)
    return " Or: ".join(dict.fromkeys(best))


def _agreement(known: dict[str, str], failing: dict[str, str]) -> tuple[int, int]:
    """How many messages agree without their numbers, and how many with them."""
    pairs = [(known[case], failing[case]) for case in known]
    alike = sum(NUMBER.sub("#", one) == NUMBER.sub("#", other) for one, other in pairs)
    return alike, sum(one == other for one, other in pairs)


def _known(question: str, signatures: dict) -> list[tuple[str, dict[str, str]]]:
    """Each known wrong answer to a question with its failing cases, the empty one first."""
    empty = signatures.get("blank", {}).get(question, [])
    known = [(EMPTY, empty)] if empty else []
    listed = signatures.get("questions", {}).get(question, [])
    known += [(entry["mistake"], entry["failing"]) for entry in listed]
    return [(mistake, _failing(cases, "case")) for mistake, cases in known]


def _failing(cases: list[dict], key: str) -> dict[str, str]:
    """The failed cases' messages by name."""
    return {case[key]: case["message"] for case in cases if not case.get("passed")}
