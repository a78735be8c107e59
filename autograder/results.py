"""Records of what was graded, and the files they are kept in. Every write is whole or not at all.

A record is the content of ``results/<id>.json``. It holds no times and nothing of this machine, so
that grading again gives the same bytes. A record that is there and has the right `fingerprint` is
a finished submission: the folder itself is the journal.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
import json
import os
import re
from pathlib import Path

ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}\b")
MESSAGE_CHARS = 2000
SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
LOST = {
    "ended": "The notebook's process ended in the middle of grading.",
    "late": "The notebook did not answer in time.",
    "garbled": "The notebook's process sent what no notebook sends.",
    "memory": "The notebook used more memory than it may.",
    "tester": "Grading stopped: what the notebook handed back could not be handled.",
    "engine": "The grading engine failed on this submission; grade it again.",
}


def blank(name: str, cases: list[dict], message: str) -> dict:
    """The record of a question none of whose cases passed."""
    return question(name, [{**case, "passed": False, "message": message} for case in cases])


def question(name: str, cases: list[dict], score: float | None = None) -> dict:
    """The record of one question; each case has name, hidden, points, passed and message."""
    possible = sum(case["points"] for case in cases)
    earned = sum(case["points"] for case in cases if case["passed"]) if score is None else score
    kept = [
        {
            "name": case["name"],
            "hidden": case["hidden"],
            "passed": case["passed"],
            "points": number(case["points"]),
            "message": plain(case["message"]),
        }
        for case in cases
    ]
    return {"name": name, "score": number(earned), "possible": number(possible), "cases": kept}


def plain(message: str) -> str:
    """A message without what differs from run to run, and not longer than a page."""
    text = ADDRESS.sub("0x...", message)
    return text if len(text) <= MESSAGE_CHARS else text[:MESSAGE_CHARS] + " ..."


def printable(text: str) -> str:
    """A text without what would do something to a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def number(value: float) -> float:
    """A score without the dust of floating point."""
    rounded = round(float(value), 6)
    return int(rounded) if rounded == int(rounded) else rounded


def note_of(sentences: list[str]) -> str:
    """Several remarks as one line."""
    ended = [text if text.endswith((".", "!", "?")) else f"{text}." for text in sentences if text]
    return plain(" ".join(ended))


def fingerprint(parts: list[bytes]) -> str:
    """What a record depends on: the submission, the tests, the seed, the limits."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def safe_id(file: str) -> str:
    """A file name for the submission `file` that no other submission has.

    >>> safe_id("ada.ipynb")
    'ada'
    >>> safe_id("Ada Lovelace/work.ipynb")
    'Ada-Lovelace-work-2fd944'
    """
    name = file.removesuffix(".ipynb")
    if SAFE.fullmatch(name) and name.lower() == name:
        return name
    slug = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")[:60] or "submission"
    return f"{slug}-{hashlib.sha256(file.encode('utf-8', 'surrogateescape')).hexdigest()[:6]}"


def write(path: Path, text: str) -> None:
    """Write a file so that it is there whole, even after a power cut, or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except OSError:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise


def to_json(record: dict) -> str:
    """A record as text."""
    return json.dumps(record, indent=1, ensure_ascii=True) + "\n"


def load(path: Path) -> dict | None:
    """The record in a file; None if there is none, or only half of one."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) and "fingerprint" in record else None


def to_csv(records: list[dict], questions: list[str]) -> str:
    """The class as a table: one row a submission, one column a question."""
    rows = io.StringIO()
    writer = csv.writer(rows, lineterminator="\n")
    writer.writerow(["file", "student", "status", "score", "possible", *questions, "note"])
    for record in records:
        scores = {q["name"]: q["score"] for q in record["questions"]}
        fixed = [record[key] for key in ("file", "student", "status", "score", "possible")]
        cells = [*fixed, *(scores.get(name, "") for name in questions), record["note"]]
        writer.writerow([_harmless(cell) for cell in cells])
    return rows.getvalue()


def _harmless(cell):
    """A text that a spreadsheet would take for a formula gets an apostrophe in front."""
    risky = isinstance(cell, str) and cell[:1] in tuple("=+-@\t\r")
    return f"'{cell}" if risky else cell
