"""The instructor's page about a class: scores, questions, mistakes, and who needs a look."""

from __future__ import annotations

import json
import statistics
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from autograder import feedback
from autograder.course import Course, CourseError
from autograder.items import LEAST_FOR_CORRELATION, Item, analyse, by_name, counted, names
from autograder.pages import page, percent, points
from autograder.recognise import EMPTY, Finding, findings

BINS = 10
LEFT, WIDTH, FLOOR, CEILING = 10, 460, 160, 24  # of the histogram, in its own units
WEAK = 0.2  # discrimination below which a question deserves a second reading
LONGEST_LIST = 20


def render(results: list[dict], topic: str, signatures: dict) -> str:
    """A class as a page of HTML, complete in itself.

    Args:
        results: the contents of ``results/*.json``.
        signatures: how known mistakes fail, the content of ``signatures.json``; may be empty.
    """
    found = findings(counted(results), signatures)
    items = analyse(results)
    return page(
        "report.html",
        topic=topic,
        headline=_headline(results),
        tiles=_tiles(results),
        columns=_columns(counted(results)),
        ticks=_ticks(counted(results)),
        caption=_caption(counted(results)),
        look=_look(results),
        items=[_row(item) for item in items],
        least=LEAST_FOR_CORRELATION,
        counted=len(counted(results)),
        mistakes=_listed(found, lambda f: f.mistake not in ("", EMPTY)),
        empty=_listed(sorted(found, key=_place), lambda f: f.mistake == EMPTY),
        others=_listed(found, lambda f: not f.mistake),
        signed=bool(signatures),
        names=names(results),
        records=_table(results),
    )


def write_pages(course: Course, grades: Path) -> int:
    """Render the pages of a graded class again from its records; how many there were.

    Raises:
        CourseError: if `grades` holds no records, or its pages cannot be written.
    """
    results = read_results(grades)
    topic = Counter(record["topic"] for record in results).most_common(1)[0][0]
    path = course.bundle(topic) / "signatures.json"
    signatures = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    try:
        (grades / "feedback").mkdir(exist_ok=True)
        for record in results:
            _write(grades / "feedback" / f"{record['id']}.html", feedback.render(record))
        _write(grades / "report.html", render(results, topic, signatures))
    except OSError as error:
        raise CourseError(f"Cannot write {error.filename}: {error.strerror}.") from error
    return len(results)


def read_results(grades: Path) -> list[dict]:
    """The records of a graded class, by file name.

    Raises:
        CourseError: if there is none, or one is damaged.
    """
    paths = sorted((grades / "results").glob("*.json"))
    if not paths:
        raise CourseError(
            f"{grades / 'results'} holds no records. Grade a class first: "
            "python -m autograder grade TOPIC SUBMISSIONS --out DIR"
        )
    return [_read(path) for path in paths]


def _read(path: Path) -> dict:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        return record | {"questions": record["questions"], "id": record["id"]}
    except (ValueError, KeyError, TypeError) as error:
        raise CourseError(f"{path} is damaged: remove it and grade again.") from error


def _write(path: Path, text: str) -> None:
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


def _headline(results: list[dict]) -> str:
    scores = [record["score"] for record in counted(results)]
    if not scores:
        return "Nothing could be graded"
    median, possible = statistics.median(scores), _possible(results)
    return f"Half of the class has {points(median)} of {points(possible)} points or more"


def _possible(results: list[dict]) -> float:
    return max((record["possible"] for record in counted(results)), default=0)


def _tiles(results: list[dict]) -> list[dict]:
    graded, look = counted(results), _look(results)
    tiles = [(len(results), "submissions" if len(results) != 1 else "submission")]
    if graded:
        scores = [record["score"] for record in graded]
        full = sum(score >= _possible(results) for score in scores)
        tiles += [
            (points(statistics.median(scores)), "median score"),
            (points(statistics.fmean(scores)), "mean score"),
            (full, "with all points"),
        ]
    tiles.append((len(look), "need a look" if len(look) != 1 else "needs a look"))
    return [{"value": value, "label": label} for value, label in tiles]


def _bins(results: list[dict]) -> list[int]:
    """How many records lie in each tenth of the points; full marks are in the last."""
    shares = [r["score"] / r["possible"] if r["possible"] else 0.0 for r in results]
    counts = Counter(min(BINS - 1, int(BINS * share + 1e-9)) for share in shares)
    return [counts[number] for number in range(BINS)]


def _columns(results: list[dict]) -> list[dict]:
    """The histogram's columns in its own units."""
    counts, step = _bins(results) if results else [], WIDTH / BINS
    tallest = max(counts, default=0)
    columns = []
    for number, count in enumerate(counts):
        height = (FLOOR - CEILING) * count / tallest
        x = LEFT + number * step
        columns.append(
            {
                "x": round(x + 2, 1),
                "y": round(FLOOR - height, 1),
                "width": round(step - 4, 1),
                "height": round(height, 1),
                "middle": round(x + step / 2, 1),
                "count": count,
                "title": f"{_range(number, results)}: {count}",
            }
        )
    return columns


def _range(number: int, results: list[dict]) -> str:
    possible = _possible(results)
    return f"{points(possible * number / BINS)} to {points(possible * (number + 1) / BINS)} points"


def _ticks(results: list[dict]) -> list[dict]:
    possible = _possible(results)
    shares = (0, 0.25, 0.5, 0.75, 1)
    return [
        {"x": LEFT + round(WIDTH * share), "label": points(possible * share)} for share in shares
    ]


def _caption(results: list[dict]) -> str:
    """What the histogram shows, in words."""
    if not results:
        return ""
    shares = sorted(r["score"] / r["possible"] if r["possible"] else 0.0 for r in results)
    low, high = sum(share < 0.5 for share in shares), sum(share >= 0.9 for share in shares)
    return (
        f"Points of the {len(results)} graded submissions: {percent(high / len(shares))} have at "
        f"least nine tenths of the points, {percent(low / len(shares))} have less than half."
    )


def _look(results: list[dict]) -> list[dict]:
    """Records that a person should open, each with the reason."""
    reasons = [(record, _reason(record)) for record in results]
    return [record | {"reason": reason} for record, reason in reasons if reason]


def _reason(record: dict) -> str:
    if record["note"]:
        return record["note"]
    if record["status"] != "graded":
        return feedback.STATUS.get(record["status"], f"Status: {record['status']}.")
    if record["possible"] and not record["score"]:
        return "No point at all: blank, or another notebook?"
    return ""


def _row(item: Item) -> dict:
    r = item.discrimination
    weak = r is not None and r < WEAK
    return asdict(item) | {"discrimination": "–" if r is None else f"{r:.2f}", "weak": weak}


def _listed(found: list[Finding], belongs: Callable[[Finding], bool]) -> list[dict]:
    return [asdict(finding) for finding in found if belongs(finding)][:LONGEST_LIST]


def _place(finding: Finding) -> tuple[int, str]:
    """Where a question stands in its notebook: q2 before q10."""
    return len(finding.question), finding.question


def _table(results: list[dict]) -> list[dict]:
    ordered = sorted(results, key=lambda record: (-record["score"], record["student"].casefold()))
    asked = names(results)
    return [record | {"cells": [_cell(record, name) for name in asked]} for record in ordered]


def _cell(record: dict, name: str) -> dict:
    question = by_name(record).get(name, {"score": 0, "possible": 0})
    score, possible = question["score"], question["possible"]
    share = score / possible if possible else 0.0
    return {"share": share, "title": f"{name}: {points(score)} of {points(possible)}"}
