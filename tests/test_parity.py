"""The engine and plain ``otter run`` agree on real work, question by question, for every topic."""

from __future__ import annotations

import pytest
from engine_room import SEED, otter_run

from autograder.build import ensure_bundle
from autograder.course import Course
from autograder.grade import grade_class
from autograder.sample import sample

KIND = "several mistakes"  # right and wrong answers of many kinds in one notebook


@pytest.mark.parametrize("topic", Course().topics())
def test_same_verdicts_as_otter_run(topic, tmp_path):
    course, handed_in = Course(), tmp_path / "in"
    people = sample(course, topic, tmp_path / "class", seed="parity")
    (chosen,) = [person for person in people if person.kind == KIND][:1]
    handed_in.mkdir()
    path = handed_in / "work.ipynb"
    path.write_bytes((tmp_path / "class" / chosen.file).read_bytes())
    bundle, out = ensure_bundle(course, topic), tmp_path / "otter"
    out.mkdir()
    (ours,) = grade_class(topic, handed_in, tmp_path / "grades", SEED)
    theirs = otter_run(path, bundle / "autograder.zip", out)
    assert {q["name"]: q["score"] for q in ours["questions"]} == pytest.approx(theirs)
    assert 0 < ours["score"] < ours["possible"]
