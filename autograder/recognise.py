"""Which known mistake is it? A wrong answer is recognised by how it fails.

`autograder.verify` wrote down, for every known mistake, the cases that it fails and what they said.
An answer that fails exactly these cases, and gets at least one of the same messages, is taken for
that mistake. Numbers in messages are not compared: they change with the instructor's seed.
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
        cases: the cases that fail.
    """

    question: str
    mistake: str
    cases: tuple[str, ...]
    count: int


def findings(results: list[dict], signatures: dict) -> list[Finding]:
    """Every kind of wrong answer in a class, the commonest first."""
    counts: Counter[tuple] = Counter()
    for record in results:
        for question in record["questions"]:
            failing = _failing(question["cases"], "name")
            if failing:
                mistake = recognise(question, signatures)
                counts[question["name"], mistake, () if mistake else tuple(failing)] += 1
    found = [Finding(*kind, count) for kind, count in counts.items()]
    return sorted(found, key=lambda f: (-f.count, len(f.question), f.question, f.mistake, f.cases))


def recognise(question: dict, signatures: dict) -> str:
    """The misconception behind a question's failed cases; empty if it is none that is known.

    Args:
        question: a question of a result record.
        signatures: the content of the bundle's ``signatures.json``; may be empty.
    """
    failing = _failing(question["cases"], "name")
    best, agreement = [], 0
    for mistake, known in _known(question["name"], signatures):
        if known.keys() == failing.keys():
            same = sum(known[case] == failing[case] for case in known)
            if same > agreement:
                best, agreement = [mistake], same
            elif same and same == agreement:
                best.append(mistake)
    return " Or: ".join(dict.fromkeys(best))


def _known(question: str, signatures: dict) -> list[tuple[str, dict[str, str]]]:
    """Each known wrong answer to a question with its failing cases, the empty one first."""
    empty = signatures.get("blank", {}).get(question, [])
    known = [(EMPTY, empty)] if empty else []
    listed = signatures.get("questions", {}).get(question, [])
    known += [(entry["mistake"], entry["failing"]) for entry in listed]
    return [(mistake, _failing(cases, "case")) for mistake, cases in known]


def _failing(cases: list[dict], key: str) -> dict[str, str]:
    """The failed cases' messages by name, without their numbers."""
    failed = (case for case in cases if not case.get("passed"))
    return {case[key]: NUMBER.sub("#", case["message"]) for case in failed}
