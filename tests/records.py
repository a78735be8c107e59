"""Result records for the tests of the pages: made by hand, so that every figure can be checked."""

from __future__ import annotations


def case(name: str, passed: bool, message: str = "", hidden: bool = False, points: float = 1):
    """One test case of a question; a failed one says something."""
    says = "" if passed else message or f"It fails {name}."
    return {"name": name, "hidden": hidden, "passed": passed, "points": points, "message": says}


def question(name: str, *cases: dict) -> dict:
    """A question with the score that its cases earn."""
    earned = sum(c["points"] for c in cases if c["passed"])
    possible = sum(c["points"] for c in cases)
    return {"name": name, "score": earned, "possible": possible, "cases": list(cases)}


def record(student: str, *questions: dict, status: str = "graded", note: str = "") -> dict:
    """The record of one submission."""
    return {
        "id": student.lower().replace(" ", "-"),
        "file": f"{student}.ipynb",
        "student": student,
        "status": status,
        "note": note,
        "score": sum(q["score"] for q in questions),
        "possible": sum(q["possible"] for q in questions),
        "topic": "shrink",
        "questions": list(questions),
        "tests": [],
        "output": "",
    }


def simple(student: str, *passed: bool, **about: str) -> dict:
    """A record whose questions q1, q2, ... have one case of one point each."""
    questions = [question(f"q{n}", case("a check", ok)) for n, ok in enumerate(passed, 1)]
    return record(student, *questions, **about)
