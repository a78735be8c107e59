"""A class from its folder to its grades: what is written, what survives, what never changes."""

from __future__ import annotations

import csv
import errno
import itertools
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection
from dataclasses import asdict
from pathlib import Path

import engine_room
import pytest
import small_topic
from engine_room import LIMITS, SEED, engine
from small_topic import BLANKS, POSSIBLE

from autograder import batch, grade, results
from autograder.boundary.view import course_package, dependents
from autograder.course import ROOT, CourseError

SLEEPY = {"q1": "import time\n\ntime.sleep(1000)"}
WRONG = {"q1": "def magnitude_mask(weight, sparsity):\n    return weight.abs() > 1"}
CLASS = {
    "ada.ipynb": {},
    "blank.ipynb": BLANKS,
    "Łukasz Ö_12_assignsubmission_file_/work.ipynb": {},
    "crash.ipynb": {"q2": "import os\nos._exit(1)"},
    "lovelace_4711_815_pruning.ipynb": {"q3": "def clipped_square(x):\n    return x * x"},
    "loop.ipynb": {"q3": "while True:\n    pass"},
    "wrong.ipynb": WRONG,
}


def write_class(folder: Path) -> Path:
    for name, answers in CLASS.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        small_topic.write(folder / name, answers)
    return folder


@pytest.fixture
def shared(monkeypatch):
    """`grade_class` with the engine of all tests instead of one of its own."""
    monkeypatch.setattr(grade, "Engine", lambda *args: batch_engine())
    return monkeypatch


class batch_engine:
    """The shared engine, not closed at the end."""

    def __init__(self):
        self.grade, self.layers = engine().grade, engine().layers

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        pass


def run(folder: Path, out: Path, **options) -> list[dict]:
    given = {"seed": SEED, "jobs": 2, "limits": LIMITS, "bundle": engine_room.bundle()}
    given["course"] = engine_room.course()
    return grade.grade_class("pruning", folder, out, **{**given, **options})


def table(out: Path) -> list[dict]:
    return list(csv.DictReader((out / "grades.csv").read_text(encoding="utf-8").splitlines()))


def contents(out: Path) -> dict[str, bytes]:
    return {p.relative_to(out).as_posix(): p.read_bytes() for p in out.rglob("*") if p.is_file()}


def test_a_class_from_end_to_end(tmp_path, shared, capfd):
    records = run(write_class(tmp_path / "in"), tmp_path / "out")
    rows = table(tmp_path / "out")
    head = ["file", "student", "status", "score", "possible", "q1", "q2", "q3", "note"]
    assert list(rows[0]) == head
    assert [row["file"] for row in rows] == sorted(name.split("/")[0] for name in CLASS)
    by_file = {row["file"]: row for row in rows}
    assert by_file["ada.ipynb"]["score"] == "9" and by_file["blank.ipynb"]["score"] == "0"
    assert by_file["crash.ipynb"]["status"] == "partial" and by_file["crash.ipynb"]["q1"] == "4"
    assert by_file["lovelace_4711_815_pruning.ipynb"]["student"] == "lovelace"
    assert by_file["Łukasz Ö_12_assignsubmission_file_"]["student"] == "Łukasz Ö"
    assert (
        by_file["loop.ipynb"]["score"] == "6" and "stopped after" in by_file["loop.ipynb"]["note"]
    )
    assert {record["possible"] for record in records} == {POSSIBLE}
    names = {f"{kind}/{r['id']}.{end}" for r in records for kind, end in
             (("results", "json"), ("feedback", "html"))}  # fmt: skip
    assert set(contents(tmp_path / "out")) == names | {"grades.csv", "report.html"}
    said = capfd.readouterr().err
    assert "behind: namespaces, file system" in said and "7 of 7 graded" in said


def test_a_record_is_gradescopes_and_ours(tmp_path, shared):
    (tmp_path / "in").mkdir()
    small_topic.write(tmp_path / "in" / "a.ipynb", WRONG)
    (record,) = run(tmp_path / "in", tmp_path / "out")
    assert json.loads((tmp_path / "out" / "results" / "a.json").read_text()) == record
    q1 = record["questions"][0]
    assert (q1["name"], q1["score"], q1["possible"]) == ("q1", 1, 4)
    assert [c["passed"] for c in q1["cases"]] == [True, False, False]
    assert q1["cases"][1]["message"] == "Not the 10 smallest of 40 were pruned."
    assert q1["cases"][1]["hidden"] is True and q1["cases"][1]["points"] == 2
    tests = {test["name"]: test for test in record["tests"]}
    assert (tests["q1"]["score"], tests["q1"]["max_score"]) == (1, 4)
    assert (
        tests["q1"]["visibility"] == "hidden" and tests["Public Tests"]["visibility"] == "visible"
    )
    assert "case_generator" not in json.dumps(record["questions"])


def test_finished_submissions_are_kept_and_changed_ones_graded_anew(tmp_path, shared):
    folder, out = write_class(tmp_path / "in"), tmp_path / "out"
    run(folder, out)
    before = {p: p.stat().st_mtime_ns for p in (out / "results").iterdir()}
    small_topic.write(folder / "blank.ipynb")
    (out / "results" / "crash.json").write_text('{"half": ')
    (out / "feedback" / "ada.html").unlink()
    records = run(folder, out)
    changed = {p.stem for p in (out / "results").iterdir() if p.stat().st_mtime_ns != before[p]}
    assert changed == {"blank", "crash"} and (out / "feedback" / "ada.html").exists()
    assert next(r["score"] for r in records if r["file"] == "blank.ipynb") == POSSIBLE
    assert run(folder, out, seed="another") != records  # another seed is another class


def test_nothing_to_do_starts_no_engine(tmp_path, shared):
    run(write_class(tmp_path / "in"), tmp_path / "out")
    shared.setattr(grade, "Engine", None)
    assert len(run(tmp_path / "in", tmp_path / "out")) == len(CLASS)


@pytest.mark.parametrize("jobs", [1, 3])
def test_the_same_bytes_at_any_parallelism(jobs, tmp_path, shared):
    folder = write_class(tmp_path / "in")
    run(folder, tmp_path / "two", jobs=2)
    run(folder, tmp_path / "other", jobs=jobs)
    assert contents(tmp_path / "two") == contents(tmp_path / "other")


COMMAND = """
import json, signal, sys
from pathlib import Path
signal.signal(signal.SIGINT, signal.default_int_handler)  # even if these tests run in background
from autograder.boundary.limits import Limits
from autograder.course import Course
from autograder.grade import Interrupted, grade_class
given = json.loads(sys.argv[1])
try:
    grade_class("pruning", Path(given["in"]), Path(given["out"]), seed=given["seed"], jobs=2,
                limits=Limits(**given["limits"]), bundle=Path(given["bundle"]),
                course=Course(Path(given["course"])))
except Interrupted as stopped:
    print(stopped)
"""


def start(
    folder: Path, out: Path, prefix: tuple = (), code: str = COMMAND, **environment: str
) -> subprocess.Popen:
    given = {"in": str(folder), "out": str(out), "seed": SEED, "limits": asdict(LIMITS)}
    given |= {"bundle": str(engine_room.bundle()), "course": str(engine_room.course().root)}
    command = [*prefix, sys.executable, "-c", code, json.dumps(given)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", **environment}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, cwd=ROOT, env=environment, **pipes)


def finished(out: Path) -> int:
    return len(list((out / "results").glob("[!.]*.json"))) if (out / "results").is_dir() else 0


def wait_for(process: subprocess.Popen, out: Path, count: int) -> None:
    while finished(out) < count and process.poll() is None:
        time.sleep(0.01)


def vanish(found: Callable[[], Collection], patience_s: int) -> bool:
    """Whether what is found is gone in time."""
    for _ in range(10 * patience_s):
        if not found():
            return True
        time.sleep(0.1)
    return False


def engines_of(out: Path) -> list[str]:
    """Processes of an engine that was started for `out`: their parents are gone."""
    listed = subprocess.run(["ps", "-eo", "ppid,args"], capture_output=True, text=True).stdout
    lines = [line.split(None, 1) for line in listed.splitlines()]
    return [args for ppid, args in lines if ppid == "1" and "autograder.boundary.warm" in args]


def test_killed_at_any_moment_a_second_run_finishes_the_class(tmp_path, shared):
    folder = write_class(tmp_path / "in")
    run(folder, tmp_path / "undisturbed")
    chance, out = random.Random(4), tmp_path / "killed"
    for count in (0, 3):
        temporary = tmp_path / f"after-{count}"
        temporary.mkdir()
        process = start(folder, out, TMPDIR=str(temporary))
        wait_for(process, out, count)
        time.sleep(chance.random())
        process.kill()
        process.communicate()
        assert process.returncode in (-signal.SIGKILL, 0)
    process = start(folder, out, TMPDIR=str(temporary))
    assert process.communicate()[1] and process.returncode == 0
    assert contents(out) == contents(tmp_path / "undisturbed")
    assert vanish(lambda: engines_of(out), patience_s=10)
    # The processes that are left clean up; when none had started, there is nobody to do it.
    assert not list(temporary.glob("autograder-*"))


def test_warm_processes_that_die_are_started_again(tmp_path):
    path = small_topic.write(tmp_path / "a.ipynb")
    engine()
    before = engine_room.warm_processes()
    for process in before:
        os.kill(process, signal.SIGKILL)
    while any(warm.alive() for warm in engine()._warm.values()):
        time.sleep(0.01)
    assert engine_room.grade(path)["score"] == POSSIBLE
    assert not set(engine_room.warm_processes()) & set(before)


def test_a_tester_that_dies_keeps_what_it_found(tmp_path):
    found = {"q1": [{"passed": True, "message": "", "told": "x" * 100_000}] * 3}
    record = engine()._compose(found, "tester")
    assert (record["status"], record["score"], record["possible"]) == ("partial", 4, POSSIBLE)
    assert record["note"] == results.LOST["tester"]


def test_ctrl_c_stops_and_says_how_to_go_on(tmp_path):
    folder, out = write_class(tmp_path / "in"), tmp_path / "out"
    for number in range(20):  # enough of a class to be stopped in
        small_topic.write(folder / f"z{number}.ipynb", SLEEPY)
    process = start(folder, out)
    wait_for(process, out, 1)
    process.send_signal(signal.SIGINT)
    said, error = process.communicate()
    assert "Traceback" not in error
    assert f"are kept in {out}; the same command goes on with the rest." in said


def fails(code: int, after: int = 0):
    """A call to the system that works `after` times and then fails with this error."""
    left = itertools.count(after, -1)

    def call(*args):
        if next(left) <= 0:
            raise OSError(code, os.strerror(code))

    return call


def graded_nothing(*args):
    """In place of `batch.run`, which does nothing before it is asked for its first record."""
    raise AssertionError("a submission was graded, and its result could not be kept")
    yield


def test_a_disk_that_fills_up_is_said_in_a_sentence(tmp_path, shared):
    write_class(tmp_path / "in")
    shared.setattr(results.os, "fsync", fails(errno.ENOSPC, after=1))
    with pytest.raises(CourseError, match=r"Cannot write .*: No space left on device. Make room; "):
        run(tmp_path / "in", tmp_path / "out")
    assert not list((tmp_path / "out").rglob("*.*"))
    shared.undo()


def test_a_folder_that_cannot_be_written_is_found_out_first(tmp_path, shared):
    write_class(tmp_path / "in")
    shared.setattr(batch, "run", graded_nothing)
    (tmp_path / "out").write_text("a file")
    with pytest.raises(CourseError, match=r"Cannot write into .*Nothing was graded"):
        run(tmp_path / "in", tmp_path / "out")
    (tmp_path / "out").unlink()
    shared.setattr(results.os, "fsync", fails(errno.EACCES))
    with pytest.raises(CourseError, match=r"give another one with --out\. Nothing was graded"):
        run(tmp_path / "in", tmp_path / "out")
    assert not list((tmp_path / "out").rglob("*.*"))


def test_requests_that_cannot_be_met(tmp_path, shared):
    with pytest.raises(CourseError, match="is no folder"):
        run(tmp_path / "nowhere", tmp_path / "out")
    (tmp_path / "in").mkdir()
    with pytest.raises(CourseError, match="is empty"):
        run(tmp_path / "in", tmp_path / "out")
    (tmp_path / "class.zip").write_bytes(b"no zip")
    with pytest.raises(CourseError, match="cannot be unpacked"):
        run(tmp_path / "class.zip", tmp_path / "out")


def test_a_zip_of_a_whole_class(tmp_path, shared):
    import shutil

    write_class(tmp_path / "in")
    archive = shutil.make_archive(str(tmp_path / "class"), "zip", tmp_path / "in")
    assert len(run(Path(archive), tmp_path / "out")) == len(CLASS)


def test_strict_refuses_when_a_layer_is_missing(tmp_path, shared):
    write_class(tmp_path / "in")
    shared.setattr(engine(), "layers", {**engine().layers, "namespaces": "not permitted"})
    with pytest.raises(CourseError, match=r"MISSING: namespaces \(not permitted\)"):
        run(tmp_path / "in", tmp_path / "out", strict=True)
    assert not (tmp_path / "out").exists()


def test_every_layer_stands_here_or_is_named():
    line = grade.announce(engine().layers, 2)
    assert "system calls" in line
    assert grade.announce({"a": "", "b": "why"}, 1).endswith("behind: a. MISSING: b (why).")


NO_NAMESPACES = (
    "from autograder.boundary import linux, seccomp\nlinux.prctl(38, 1)\nseccomp.install()"
)


def homes() -> set[Path]:
    """Folders of workers that have no file system of their own."""
    return set(Path("/tmp").glob("worker-*"))


@pytest.mark.parametrize("walls", ["an ordinary user", "no namespaces"])
def test_an_ordinary_user_and_a_container_without_namespaces(walls, tmp_path):
    """Seen from inside `unshare -U` this process is user 1000, with no rights over others."""
    prefix = ("unshare", "--user", "--map-user=1000", "--map-group=1000", "--")
    if subprocess.run([*prefix, "true"]).returncode:
        pytest.skip("this host grants no user namespaces at all")
    folder, out = write_class(tmp_path / "in"), tmp_path / "out"
    before = homes()
    code = COMMAND if walls == "an ordinary user" else f"{NO_NAMESPACES}\n{COMMAND}"
    process = start(folder, out, prefix, code)
    _, said = process.communicate()
    assert process.returncode == 0, said
    assert ("MISSING: namespaces (" in said) is (walls == "no namespaces"), said
    assert {row["file"]: row["score"] for row in table(out)}["ada.ipynb"] == "9"
    # Tests beside this one have such folders as well, for as long as a submission takes.
    new = homes() - before
    assert vanish(lambda: new & homes(), patience_s=60)


def test_the_workers_package_lacks_the_answer_and_what_needs_it(tmp_path):
    source = tmp_path / "efficientai"
    source.mkdir()
    files = {
        "__init__": "", "pruning": "def answer(): ...", "plain": "import torch",
        "one": "from efficientai import pruning", "two": "def f():\n    from . import one",
        "three": "import efficientai.two as t", "four": "from efficientai.pruning import answer",
        "five": "from .pruning import *",
    }  # fmt: skip
    for name, text in files.items():
        (source / f"{name}.py").write_text(text)
    assert dependents(source, "pruning") == {"one", "two", "three", "four", "five"}
    (tmp_path / "course").mkdir()
    course_package(source, "pruning", tmp_path / "course")
    made = {p.stem: p.read_text() for p in (tmp_path / "course" / "efficientai").glob("*.py")}
    assert set(made) == set(files) and made["plain"] == "import torch"
    assert all("raise ImportError" in made[n] for n in set(files) - {"__init__", "plain"})
    assert "def answer" not in "".join(made.values())


def test_the_workers_package_lacks_the_relatives_of_a_topic(tmp_path):
    """What evaluation asks for stands in profiling and macs; its own module hands it on."""
    source = tmp_path / "efficientai"
    source.mkdir()
    files = {
        "__init__": "", "evaluation": "from efficientai.profiling import count_macs",
        "profiling": "from efficientai.macs import count_macs", "macs": "def count_macs(): ...",
        "hardware": "from efficientai import profiling", "training": "import torch",
    }  # fmt: skip
    for name, text in files.items():
        (source / f"{name}.py").write_text(text)
    (tmp_path / "course").mkdir()
    course_package(source, "evaluation", tmp_path / "course")
    made = {p.stem: p.read_text() for p in (tmp_path / "course" / "efficientai").glob("*.py")}
    assert {n for n, text in made.items() if "raise ImportError" not in text} == {
        "__init__",
        "training",
    }
    assert "def count_macs" not in "".join(made.values())


LATER = small_topic.RIGHT["q3"] + "\n\nmagnitude_mask = None"
SAMPLE = {  # each costs otter many seconds, so each holds several things
    "no checks, a name that is lost later": ({"q3": LATER}, {"checks": False}),
    "wrong, a cell that stops, a name that is lost after its check": (
        {**WRONG, "q2": "1 / 0", "q3": LATER},
        {},
    ),
}


def test_same_verdicts_as_otter_run(tmp_path):
    """Question by question, with the same bundle and the same seed."""
    archive, out = tmp_path / "autograder.zip", tmp_path / "out"
    out.mkdir()
    flags = ["--no-config", "--no-environment", "--no-requirements", "-o", str(archive)]
    command = [sys.executable, "-m", "otter", "generate", *flags]
    folder = engine_room.bundle() / "tests"
    subprocess.run([*command, "-t", str(folder)], check=True, capture_output=True, cwd=tmp_path)
    for name, (answers, options) in SAMPLE.items():
        path = small_topic.write(tmp_path / f"{len(name)}.ipynb", answers, **options)
        ours = engine_room.grade(path)
        theirs = engine_room.otter_run(path, archive, out)
        assert {q["name"]: q["score"] for q in ours["questions"]} == theirs, name
