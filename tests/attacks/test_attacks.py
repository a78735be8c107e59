"""Every attack in `cells/`: no undeserved point, no harm, a clear status, and the class goes on."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

import pytest
import small_topic
from engine_room import AMPLE, engine, grade, scores, talk

from autograder import batch
from autograder.batch import Submission
from autograder.boundary.faults import RemoteError

CELLS = sorted(Path(__file__).parent.glob("cells/*.cell"))
PROBES = [path for path in CELLS if "def probe()" in path.read_text()]
CANARIES = [Path("/tmp/pwned-by-a-submission"), Path("/tmp/left-for-a-neighbour")]
NEIGHBOURS = 12
AT_REST = 4  # the library, two warm processes, and the parent of the one in its own namespace


@pytest.fixture(scope="module")
def graded(tmp_path_factory) -> dict[str, dict]:
    """All attacks in one class, two at a time, with honest students among them; records by name."""
    folder = tmp_path_factory.mktemp("class")
    for cell in CELLS:
        answers = {**small_topic.BLANKS, "q1": cell.read_text()}
        small_topic.write(folder / f"{cell.stem}.ipynb", answers)
    for number in range(NEIGHBOURS):
        name = CELLS[number * len(CELLS) // NEIGHBOURS].stem
        small_topic.write(folder / f"{name}-honest.ipynb")
    paths = sorted(folder.iterdir())
    submissions = [Submission(path.name, path) for path in paths]
    return {s.path.stem: record for s, record in batch.run(engine().grade, submissions, 2)}


def directive(text: str, name: str, default: str) -> str:
    """What a cell's comment says about it."""
    found = re.search(rf"^# {name}: (.*)$", text, re.MULTILINE)
    return found.group(1) if found else default


def outside() -> tuple:
    """What an attack could have changed on this machine, once its worker is gone."""
    library = engine()._library._process.pid
    for _ in range(200):
        if len(family(library)) == AT_REST:
            break
        time.sleep(0.05)
    left = len(family(library))
    return left, sorted(os.listdir("/dev/shm")), [path.exists() for path in CANARIES]


def family(process: int) -> list[int]:
    """A process and all that live and descend from it."""
    try:
        text = Path(f"/proc/{process}/task/{process}/children").read_text()
        dead = ") Z " in Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return []
    below = [one for child in text.split() for one in family(int(child))]
    return below if dead else [process, *below]


def test_there_are_many():
    assert len(CELLS) >= 30


@pytest.mark.parametrize("cell", CELLS, ids=lambda path: path.stem)
def test_attack_earns_nothing(cell, graded):
    text, record = cell.read_text(), graded[cell.stem]
    assert record["score"] == float(directive(text, "score", "0")), record["questions"]
    assert record["status"] in directive(text, "expect", "graded").split(), record["note"]
    assert record["note"] or record["status"] == "graded"
    for question in record["questions"]:
        assert all(case["message"] or case["passed"] for case in question["cases"])


def test_the_rest_of_the_class_is_graded(graded):
    honest = [record for name, record in graded.items() if name.endswith("-honest")]
    found = {(record["status"], record["score"]) for record in honest}
    assert len(honest) == NEIGHBOURS and found == {("graded", small_topic.POSSIBLE)}


def test_nothing_is_left_outside(graded):
    left, _, canaries = outside()
    assert left == AT_REST and not any(canaries)


@pytest.mark.parametrize("cell", PROBES, ids=lambda path: path.stem)
def test_probe_finds_nothing(cell):
    before = outside()
    with talk(cell.read_text(), AMPLE) as env:
        try:
            found = env.get("probe")()
        except RemoteError as error:
            pytest.fail(f"the probe itself failed: {error}")
        assert list(found) == []
    assert outside() == before


@pytest.mark.parametrize("cell", ["exits", "aborts", "loops_in_c", "protocol_noise", "allocates"])
def test_what_was_answered_before_counts(cell, tmp_path):
    """Question 1 is right and checked; the attack comes with question 2."""
    text = (Path(__file__).parent / "cells" / f"{cell}.cell").read_text()
    record = grade(small_topic.write(tmp_path / "a.ipynb", {"q2": text}))
    assert scores(record)[:2] == [4, 0]
