"""Item analysis: how hard each question was, and whether it tells the strong from the weak.

Difficulty is the mean share of a question's points that was earned (1: everybody has all of them).
Discrimination is the corrected item-total correlation: Pearson's r between the question's score and
the score on all other questions, so that a question is not compared with itself.
"""

from __future__ import annotations

import statistics
from collections import Counter
from dataclasses import dataclass

COUNTED = ("graded", "partial")  # statuses whose scores say something about the questions
LEAST_FOR_CORRELATION = 3


@dataclass(frozen=True)
class Item:
    """One question in the eyes of a class; None where too few were graded to say."""

    name: str
    possible: float
    difficulty: float | None
    discrimination: float | None
    full: float | None
    hardest: str
    hardest_failed: float


def counted(results: list[dict]) -> list[dict]:
    """The records whose scores count in a statistic of the class."""
    return [record for record in results if record["status"] in COUNTED and record["questions"]]


def analyse(results: list[dict]) -> list[Item]:
    """The items of a class, in the order of the questions."""
    records = counted(results)
    return [_item(name, [r for r in records if name in by_name(r)]) for name in names(records)]


def names(results: list[dict]) -> list[str]:
    """The questions that occur in a class; records of another build may have others."""
    return list(dict.fromkeys(q["name"] for record in results for q in record["questions"]))


def _item(name: str, records: list[dict]) -> Item:
    answers = [by_name(record)[name] for record in records]
    scores = [answer["score"] for answer in answers]
    others = [record["score"] - score for record, score in zip(records, scores, strict=True)]
    possible = answers[0]["possible"]
    hardest, share = _hardest(answers)
    return Item(
        name=name,
        possible=possible,
        difficulty=statistics.fmean(scores) / possible if possible else None,
        discrimination=_correlation(scores, others),
        full=sum(score >= possible for score in scores) / len(scores),
        hardest=hardest,
        hardest_failed=share,
    )


def by_name(record: dict) -> dict[str, dict]:
    """The questions of a record by their name."""
    return {question["name"]: question for question in record["questions"]}


def _correlation(first: list[float], second: list[float]) -> float | None:
    """Pearson's r, or None where one of the two does not vary or too few were graded."""
    if len(first) < LEAST_FOR_CORRELATION:
        return None
    try:
        return statistics.correlation(first, second)
    except statistics.StatisticsError:
        return None


def _hardest(answers: list[dict]) -> tuple[str, float]:
    """The case that most answers fail, and which share of them; the earlier of equals."""
    failed = Counter(c["name"] for answer in answers for c in answer["cases"] if not c["passed"])
    if not failed:
        return "", 0.0
    order = [case["name"] for case in answers[0]["cases"]]
    name = max(order, key=lambda case: failed[case])
    return name, failed[name] / len(answers)
