"""The command line: what it says, what it returns, and that nobody ever sees a traceback."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from autograder.__main__ import Progress, main
from autograder.course import ROOT, Course

FIXTURE = Path(__file__).parent / "course"


@pytest.fixture
def course(tmp_path) -> Course:
    shutil.copytree(FIXTURE, tmp_path / "course")
    return Course(tmp_path / "course")


@pytest.fixture
def run(course, capsys):
    """Run a command on the fixture; its status, what it said, what it complained about."""

    def run(*arguments: object) -> tuple[int, str, str]:
        status = main(["--course", str(course.root), *map(str, arguments)])
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


def test_without_a_command_it_helps(capsys):
    assert main([]) == 0
    said = capsys.readouterr().out
    for command in ("build", "verify", "sample", "grade", "report"):
        assert command in said
    assert len(said.splitlines()) < 25


def test_help_needs_none_of_the_heavy_packages():
    code = (
        "import sys; sys.modules.update(dict.fromkeys(['torch', 'otter', 'jupytext'])); "
        "from autograder.__main__ import main; main([])"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True)


def test_build_and_check(run, course):
    status, said, _ = run("build", "--check")
    assert status == 1
    assert "exercises/shrink.ipynb is stale: run `python -m autograder build`." in said
    # The fixture: q1 has 3 points, q2 has 2.
    assert run("build")[:2] == (0, "shrink: 2 questions, 5 points, built\n")
    assert run("build", "--check", "shrink")[:2] == (0, "shrink: everything is fresh\n")
    (course.root / "exercises" / "old.ipynb").write_text("{}")
    assert run("build", "--check")[:2] == (1, "exercises/old.ipynb has no master: remove it.\n")


def test_build_for_gradescope(run, course):
    status, said, _ = run("build", "--gradescope", "--seed", "ours", "--minutes", "20", "shrink")
    path = course.bundle("shrink") / "gradescope.zip"
    assert (
        status == 0
        and said.startswith("shrink: 0.")
        and said.endswith(" MB in _build/autograder/shrink/gradescope.zip\n")
    )
    with zipfile.ZipFile(path) as packed:
        settings = json.loads(packed.read("settings.json"))
    assert settings == {"topic": "shrink", "seed": "ours", "minutes": 20, "show": "visible"}
    assert not course.exercise("shrink").exists()  # it packs, and no more


@pytest.mark.parametrize("minutes", ["1", "41", "ten"])
def test_gradescope_has_a_shortest_and_a_longest_time(capsys, minutes):
    with pytest.raises(SystemExit) as stop:
        main(["build", "--gradescope", "--minutes", minutes])
    assert stop.value.code == 2
    assert "is no number from 2 to 40, Gradescope's most" in capsys.readouterr().err


def test_sample_and_report(run, tmp_path):
    status, said, _ = run("sample", "shrink", "--out", tmp_path / "class", "--students", 3)
    assert (status, said) == (0, f"shrink: 3 sample submissions in {tmp_path / 'class'}\n")
    assert len(list((tmp_path / "class").rglob("*.ipynb"))) == 3
    status, _, complaint = run("report", tmp_path / "class")
    assert status == 2
    assert complaint.startswith(f"autograder: {tmp_path / 'class' / 'results'} holds no records.")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["build", "shrnk"], "No topic is called 'shrnk'. Did you mean 'shrink'? Topics: shrink."),
        (["verify", "grow"], "No topic is called 'grow'. Topics: shrink."),
        (["sample", "grow", "--out", "x"], "No topic is called 'grow'. Topics: shrink."),
        (["grade", "grow", ".", "--out", "x"], "No topic is called 'grow'. Topics: shrink."),
        (["grade", "shrink", "/nowhere", "--out", "x"], "/nowhere is no folder."),
    ],
)
def test_bad_requests_get_one_sentence(run, tmp_path, monkeypatch, arguments, sentence):
    monkeypatch.chdir(tmp_path)
    status, _, complaint = run(*arguments)
    assert status == 2
    assert complaint.startswith(f"autograder: {sentence}")
    assert complaint.count("\n") == 1


def test_a_folder_without_notebooks(run, tmp_path, monkeypatch):
    (tmp_path / "class").mkdir()
    status, _, complaint = run("grade", "shrink", tmp_path / "class", "--out", tmp_path / "grades")
    assert status == 2
    assert complaint.startswith(f"autograder: {tmp_path / 'class'} is empty")
    monkeypatch.setattr("autograder.grade.grade_class", lambda *_, **__: [{"status": "unreadable"}])
    status, _, complaint = run("grade", "shrink", tmp_path / "class", "--out", tmp_path / "grades")
    assert status == 2
    assert "holds no notebook that can be read: is it the right folder?" in complaint


@pytest.mark.parametrize("number", ["0", "-1", "many"])
def test_numbers_of_students_and_jobs(capsys, number):
    for command in (["sample", "x", "--out", "y", "--students"], ["grade", "x", "y", "--jobs"]):
        with pytest.raises(SystemExit) as stop:
            main([*command, number])
        assert stop.value.code == 2
        assert f"{number!r} is no number from 1 on" in capsys.readouterr().err


def test_a_course_without_masters(tmp_path, capsys):
    assert main(["--course", str(tmp_path), "build"]) == 2
    assert "holds no master" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "status", "sentence"),
    [
        (
            ModuleNotFoundError("No module named 'otter'", name="otter"),
            2,
            "The package 'otter' is not installed. Run `make install`",
        ),
        (OSError(28, "No space left on device", "a/b"), 2, "No space left on device: a/b."),
        (KeyboardInterrupt(), 130, "Stopped."),
        (KeyboardInterrupt("2 of 9 are graded."), 130, "2 of 9 are graded."),
    ],
)
def test_what_can_happen_to_any_command(run, monkeypatch, error, status, sentence):
    def fail(*_):
        raise error

    monkeypatch.setattr("autograder.build.build", fail)
    got, _, complaint = run("build")
    assert got == status
    assert complaint.startswith(f"autograder: {sentence}")


def test_a_bug_is_not_hidden(run, monkeypatch):
    monkeypatch.setattr("autograder.build.build", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run("build")


def test_verify_tells_the_table_and_the_breaches(run, monkeypatch):
    from autograder.verify import Proof, Row

    proof = Proof("shrink", [Row("q1", 3, 3, 0, 2, 2)], [], 4)
    monkeypatch.setattr("autograder.verify.verify", lambda *_: proof)
    status, said, _ = run("verify")
    assert status == 0
    assert "q1" in said and "2 of 2" in said and "shrink: proved in 4 s" in said
    proof.breaches.append("q1 has no hidden test.")
    status, said, _ = run("verify", "shrink")
    assert status == 1
    assert "✗ q1 has no hidden test." in said and "1 to mend" in said


def test_progress_off_a_terminal_is_a_line_now_and_then(capsys, monkeypatch):
    clock = iter([0.0, 1.0, 6.0, 6.0, 7.0])
    monkeypatch.setattr("autograder.__main__.time.monotonic", lambda: next(clock))
    with Progress() as progress:
        progress("after one second")
        progress("after six")
        progress("right after")
    assert capsys.readouterr().err == "after six\n"


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Course:
    """The fixture with the course package in it, as a real course has."""
    root = tmp_path_factory.mktemp("whole") / "course"
    shutil.copytree(FIXTURE, root)
    leave = shutil.ignore_patterns("checks", "__pycache__")
    shutil.copytree(ROOT / "efficientai", root / "efficientai", ignore=leave)
    return Course(root)


def test_a_class_from_the_master_to_the_report(whole, tmp_path):
    """The instructor's whole way, as the README tells it; grading in a process of its own."""
    submissions, grades = tmp_path / "class", tmp_path / "grades"
    there = ["--course", str(whole.root)]
    assert main([*there, "build"]) == 0
    assert main([*there, "sample", "shrink", "--out", str(submissions)]) == 0
    grading = [*there, "grade", "shrink", submissions, "--out", grades, "--jobs", "1"]
    done = subprocess.run(
        [sys.executable, "-m", "autograder", *map(str, grading)],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "shrink: 12 submissions: 11 graded, 1 unreadable" in done.stdout
    with (grades / "grades.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    scores = [float(row["score"]) for row in rows]
    # Of the twelve: two right; nothing for the blank one and for the one that is no notebook.
    assert scores.count(5) == 2
    assert sum(row["status"] == "unreadable" for row in rows) == 1
    assert min(scores) == 0
    before = (grades / "report.html").read_bytes()
    assert main([*there, "report", str(grades)]) == 0
    assert (grades / "report.html").read_bytes() == before
