"""The page a student gets back: per question what was right and what was wrong, in words."""

from __future__ import annotations

from autograder.pages import page

STATUS = {
    "graded": "Something in the notebook needs a look.",
    "partial": "Only a part of the notebook could be graded.",
    "unreadable": "This file could not be read as a notebook.",
}


def render(result: dict) -> str:
    """One result record as a page of HTML, complete in itself.

    Args:
        result: the content of ``results/<id>.json``.
    """
    shown = result["questions"] if result["status"] != "unreadable" else []
    questions = [question | {"shared": _shared(question)} for question in shown]
    return page(
        "feedback.html",
        topic=result["topic"],
        record=result | {"questions": questions},
        headline=_headline(result),
        status=STATUS.get(result["status"], f"Status: {result['status']}."),
    )


def _headline(result: dict) -> str:
    """The whole in one sentence."""
    if result["status"] == "unreadable":
        return ""
    questions = result["questions"]
    right = [question for question in questions if question["score"] >= question["possible"]]
    if questions and len(right) == len(questions):
        return "Everything is right."
    if not right:
        return f"None of the {len(questions)} questions is all right yet."
    return f"{len(right)} of {len(questions)} questions are all right."


def _shared(question: dict) -> str:
    """What every case of a question says, if all failed with the same words; else empty."""
    cases = question["cases"]
    messages = {case["message"] for case in cases}
    alike = len(cases) > 1 and len(messages) == 1 and not any(case["passed"] for case in cases)
    return messages.pop() if alike else ""
