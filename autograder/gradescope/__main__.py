"""Grade the one submission that Gradescope put into this container, and write ``results.json``.

Until the verdict is there, ``results.json`` says that grading did not finish: whatever ends this
process leaves a sentence for the student. What is printed is for instructors alone.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

from autograder import results
from autograder.batch import Engine, Submission, announce
from autograder.boundary.limits import MIB, Limits
from autograder.course import CourseError
from autograder.gradescope import Settings

SOURCE = Path(__file__).resolve().parents[2]  # the zip's content, unpacked
SHARE = 0.75  # of Gradescope's time, for the notebook; the rest is for starting and for answering
LAST_SECONDS = 20  # before Gradescope would end the container: end without it, results in place
ENGINE_BYTES = 640 * MIB  # what the engine itself takes
LEAST_BYTES = 256 * MIB
MEMORY_FILES = ("memory.max", "memory/memory.limit_in_bytes")  # of control groups 2 and 1
TELL = "Hand in again; if it happens again, tell your instructor."
UNFINISHED = (
    "Grading did not finish: it was ended from outside, or took more than the container has."
)


def main(root: Path) -> None:
    """Grade ``root/submission`` and write ``root/results/results.json``."""
    settings = Settings(**json.loads((SOURCE / "settings.json").read_text(encoding="utf-8")))
    out = root / "results" / "results.json"
    _write(out, sorry(UNFINISHED))
    signal.alarm(60 * settings.minutes - LAST_SECONDS)  # its default is to end this process
    for private in (SOURCE, root / "submission", out.parent):
        private.chmod(0o700)  # what the engine cannot hide, a student's user cannot open
    try:
        answer = shown(grade(settings, handed_in(root / "submission")), settings.show)
    except CourseError as error:
        print(f"autograder: {error}", file=sys.stderr)
        answer = sorry(f"Nothing was graded. {error}")
    _write(out, answer)


def grade(settings: Settings, path: Path) -> dict:
    """The engine's record of the submission at `path`.

    Raises:
        CourseError: if the container cannot keep the tests from the student's code.
    """
    limits = limits_of(settings.minutes, container_bytes())
    package = SOURCE / "efficientai"
    with Engine(settings.topic, SOURCE / "bundle", package, settings.seed, limits) as engine:
        print(announce(engine.layers, 1))
        if "" not in (engine.layers.get("file system"), engine.layers.get("unprivileged user")):
            raise CourseError(
                "The container can neither hide the tests nor run a notebook as another user."
            )
        return engine.grade(Submission(path.name, path))


def handed_in(folder: Path) -> Path:
    """The submission: the only file in `folder`, or all of it."""
    files = [Path(entry) for entry in os.scandir(folder)]
    return files[0] if len(files) == 1 else folder


def limits_of(minutes: int, memory: int) -> Limits:
    """Limits that end a notebook before Gradescope ends the container.

    Args:
        minutes: Gradescope's time limit.
        memory: bytes that the container may use.
    """
    ample = Limits()
    left = max(memory - ENGINE_BYTES, LEAST_BYTES)
    return replace(
        ample,
        total_seconds=min(ample.total_seconds, SHARE * 60 * minutes),
        memory_bytes=min(ample.memory_bytes, left),
    )


def container_bytes(groups: Path = Path("/sys/fs/cgroup")) -> int:
    """Bytes of memory that this container may use: its control group's limit, or the machine's."""
    limits = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for name in MEMORY_FILES:
        if (groups / name).is_file():
            text = (groups / name).read_text().strip()
            limits += [int(text)] if text.isdecimal() else []
    return min(limits)


def shown(record: dict, visibility: str) -> dict:
    """A record in Gradescope's format: one test a question, in the words of the feedback page."""
    return {
        "output": record["note"],
        "output_format": "text",  # what a student's code said stays text
        "stdout_visibility": "hidden",
        "test_output_format": "text",
        "visibility": visibility,
        "tests": [_test(question) for question in record["questions"]],
    }


def _test(question: dict) -> dict:
    right = question["score"] >= question["possible"]
    return {
        "name": question["name"],
        "score": question["score"],
        "max_score": question["possible"],
        "status": "passed" if right else "failed",
        "output": _words(question["cases"]),
    }


def _words(cases: list[dict]) -> str:
    passed = sum(case["passed"] for case in cases)
    messages = dict.fromkeys(case["message"] for case in cases if not case["passed"])
    if passed == len(cases):
        return "All checks passed."
    return "\n".join([f"{passed} of {len(cases)} checks passed.", *(f"- {m}" for m in messages)])


def sorry(sentence: str) -> dict:
    """What a student reads who could not be graded."""
    return {"score": 0, "output": f"{sentence} {TELL}", "stdout_visibility": "hidden"}


def _write(out: Path, answer: dict) -> None:
    results.write(out, json.dumps(answer, indent=1) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
