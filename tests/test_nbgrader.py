"""The course in nbgrader: one topic from source to feedback, and every topic's source."""

from __future__ import annotations

import copy
import csv
import html
import json
import logging
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import warnings
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from nbgrader_room import Nbgrader

import efficientai
from autograder import __main__ as command_line
from autograder.batch import Submission
from autograder.boundary.limits import Limits
from autograder.course import ROOT, Course, CourseError
from autograder.grade import grade_class
from autograder.master import Master, is_answer, read_master

with warnings.catch_warnings():  # nbgrader's own
    warnings.simplefilter("ignore")
    from nbgrader.nbgraderformat import MetadataValidator
    from nbgrader.preprocessors import CheckCellMetadata

    from autograder.nbgrader import course as nbcourse
    from autograder.nbgrader import hooks, mend
    from autograder.nbgrader.source import annotate

TOPIC, SEED = "deployment", "a class's own seed"
FIXTURE = Path(__file__).parent / "course"

# ---------------------------------------------------------------- the class

# Right but for integer buffers: of q1's cases the example holds (0.5), batch norm (0.5) and other
# networks (1) do not.
COUNTS_ALL = """\
def weight_bytes(model, bits):
    tensors = [*model.parameters(), *model.buffers()]
    return -(-sum(t.numel() for t in tensors) * bits // 8)"""
# Forgets the ReLU in place: both public cases hold (0.5 each), the hidden one (1) does not.
ONLY_FLATTEN = """\
def peak_activation_bytes(model, x, bytes_per_value):
    peak = 0
    with torch.no_grad():
        for layer in model:
            values = x.numel()
            x = layer(x)
            peak = max(peak, values + (0 if isinstance(layer, nn.Flatten) else x.numel()))
    return peak * bytes_per_value"""
HOSTILE = """\
import sys, warnings
torch.allclose = torch.equal = lambda *anything, **more: True
warnings.warn("a warning")
print("something on stderr", file=sys.stderr)
open({escaped!r}, "w").write("a student's code ran outside")"""
SPY = """\
{definition}
    from pathlib import Path
    raise RuntimeError(Path({tests!r}).read_text())"""

MARK = "window.broken = true"  # what must never run where an instructor looks
SCRIPTS = (
    nbformat.v4.new_markdown_cell(f"My work. <script>{MARK}</script> <img src=x onerror='{MARK}'>"),
    nbformat.v4.new_markdown_cell(f"[press](javascript:{MARK}) <svg onload='{MARK}'></svg>"),
    nbformat.v4.new_raw_cell(f"<script>{MARK}</script>"),
    nbformat.v4.new_markdown_cell("![gone](attachment:gone.png) A picture is missing."),
    nbformat.v4.new_markdown_cell("<div>" * 1200 + "Nested."),
    nbformat.v4.new_markdown_cell(
        "![picture](attachment:a.png)",
        attachments={"a.png": {f'image/png" onerror="{MARK}': "AAAA"}},
    ),
)


class Term:
    """Everything that lies about after a term: the course's folder, the exchange, the students."""

    def __init__(self, folder: Path, nbgrader: Nbgrader):
        self.folder, self.nbgrader = folder, nbgrader
        self.course, self.exchange = folder / "course", folder / "exchange"
        self.escaped = folder / "escaped"
        self.master = read_master(Course(), TOPIC)
        self.collected = self.said = ""

    def student(self, name: str) -> Path:
        """The folder that a student works in, with the two lines that nbgrader needs there."""
        home = self.folder / name
        home.mkdir(exist_ok=True)
        lines = (
            "c = get_config()\n"
            'c.CourseDirectory.course_id = "efficient-ai"\n'
            f"c.Exchange.root = {str(self.exchange)!r}\n"
            f"c.Exchange.cache = {str(home / 'cache')!r}\n"
        )
        (home / "nbgrader_config.py").write_text(lines)
        return home

    def hand_in(self, name: str, work) -> None:
        """Fetch, let `work` change the notebook, submit."""
        home = self.student(name)
        self.nbgrader(home, "fetch_assignment", TOPIC)
        path = home / TOPIC / f"{TOPIC}.ipynb"
        path.write_text(work(json.loads(path.read_text())))
        self.nbgrader(home, "submit", TOPIC, "--student", name)

    def scores(self, student: str) -> dict[str, float]:
        """What nbgrader's gradebook has, by question."""
        query = (
            "select base_cell.name, grade.auto_score, grade.needs_manual_grade from grade "
            "join base_cell on base_cell.id = grade.cell_id "
            "join submitted_notebook on submitted_notebook.id = grade.notebook_id "
            "join submitted_assignment as work on work.id = submitted_notebook.assignment_id "
            "where work.student_id = ?"
        )
        rows = sqlite3.connect(self.course / "gradebook.db").execute(query, [student]).fetchall()
        assert not any(manual for _, _, manual in rows)
        return {name: score for name, score, _ in rows}

    def feedback(self, student: str) -> str:
        """The text of the page that the student has fetched, tags gone."""
        return html.unescape(re.sub(r"<[^>]*>", "", self.page(student)))

    def page(self, student: str) -> str:
        """The page that the student has fetched."""
        (page,) = (self.folder / student).glob(f"{TOPIC}/feedback/*/{TOPIC}.html")
        return page.read_text(encoding="utf-8")

    def entry(self, name: str, stamp: str = "2026-11-21 10:00:00.000000 UTC") -> Path:
        """A path in the exchange as of something that a student handed in."""
        return self.exchange / "efficient-ai" / "inbound" / f"{name}+{TOPIC}+{stamp}+random"


def answered(notebook: dict, master: Master, changes: dict[str, str]) -> dict:
    """The notebook with the solution filled in, but for the `changes` by question."""
    right = {question.name: question.answers[0] for question in master.questions}
    for cell in notebook["cells"]:
        if "-answer-" in cell["id"]:
            cell["source"] = {**right, **changes}[cell["id"].split("-")[0]]
    return notebook


def blank(master: Master, question: str) -> str:
    return next(c.source for c in master.release.cells if c.id == f"{question}-answer-1")


def solved(term: Term):
    return lambda notebook: json.dumps(answered(notebook, term.master, {}))


def partly_wrong(term: Term):
    changes = {"q1": COUNTS_ALL, "q2": ONLY_FLATTEN, "q3": blank(term.master, "q3")}
    return lambda notebook: json.dumps(answered(notebook, term.master, changes))


def hostile(term: Term):
    """Patches torch, copies cells, deletes cells, breaks one, warns, spies, and adds scripts."""
    tests = str(term.course / "bundles" / TOPIC / "tests" / "q4.py")
    definition = blank(term.master, "q4").replace("...", "").rstrip()
    changes = {
        "q1": COUNTS_ALL,
        "q3": blank(term.master, "q3") + "\n\nprint('no end'",
        "q4": SPY.format(definition=definition, tests=tests),
    }

    def work(notebook: dict) -> str:
        cells = answered(notebook, term.master, changes)["cells"]
        twin = copy.deepcopy(next(cell for cell in cells if cell["id"] == "q1-answer-1"))
        twin |= {"id": "another", "source": HOSTILE.format(escaped=str(term.escaped))}
        place = [cell["id"] for cell in cells].index("q1-answer-1")
        cells.insert(place, twin)
        gone = ("q5-check", "q6-answer-1", "q6-check", "code-1")
        notebook["cells"] = [cell for cell in cells if cell["id"] not in gone] + [*SCRIPTS]
        return json.dumps(notebook)

    return work


def broken(term: Term):
    return lambda notebook: json.dumps(notebook)[:3000]


def lay_traps(term: Term) -> None:
    """What hostile students put into the exchange by hand."""
    secret = term.course / "source" / TOPIC
    term.entry("link").symlink_to(secret)
    term.entry("file").write_text("no folder")
    term.entry("time", "yesterday").mkdir()
    work = term.entry("zed")
    work.mkdir()
    (work / "my answers.ipynb").write_text(json.dumps(answered_one(term)))
    (work / "notes.txt").symlink_to(secret / f"{TOPIC}.ipynb")
    (work / "data").symlink_to(secret)
    (work / "page.html").write_text(f"<script>{MARK}</script>")
    (work / "timestamp.txt").write_text("garbage")
    os.mkfifo(work / "pipe.txt")
    with (work / "much.txt").open("wb") as much:
        much.truncate(1 << 40)  # holes: it takes no room here
    if os.geteuid() == 0:  # another account's, in Ada's name, and later than her own
        forged = term.entry("ada", "2099-01-01 00:00:00.000000 UTC")
        forged.mkdir()
        (forged / f"{TOPIC}.ipynb").write_text("{}")
        os.chown(forged, 65534, 65534)


def answered_one(term: Term) -> dict:
    """The exercise with Ben's first answer alone."""
    notebook = copy.deepcopy(term.master.release)
    next(cell for cell in notebook.cells if cell.id == "q1-answer-1").source = COUNTS_ALL
    return notebook


WORK = {"ada": solved, "ben": partly_wrong, "eve": hostile, "mal": broken}


@pytest.fixture(scope="module")
def term(tmp_path_factory) -> Term:
    """A whole term with nbgrader's own commands."""
    folder = tmp_path_factory.mktemp("term")
    settings = nbcourse.Settings(exchange=str(folder / "exchange"), seed=SEED)
    nbcourse.write(Course(), [TOPIC], folder / "course", settings)
    (folder / "exchange").mkdir(mode=0o777)
    (folder / "exchange").chmod(0o777)
    with Nbgrader(folder / "home") as nbgrader:
        term = Term(folder, nbgrader)
        for step in ("generate_assignment", "release_assignment"):
            nbgrader(term.course, step, TOPIC)
        for name, work in WORK.items():
            term.hand_in(name, work(term))
        lay_traps(term)
        term.collected = nbgrader(term.course, "collect", TOPIC)
        term.said = nbgrader(term.course, "autograde", TOPIC)
        for step in ("generate_feedback", "release_feedback"):
            nbgrader(term.course, step, TOPIC)
        for name in WORK:
            nbgrader(folder / name, "fetch_feedback", TOPIC)
        yield term


@pytest.fixture(scope="module")
def ours(term) -> dict[str, dict]:
    """The records of the same submissions, graded by `python -m autograder grade`."""
    records = grade_class(TOPIC, term.course / "submitted", term.folder / "grades", SEED)
    return {record["student"]: record for record in records}


# ---------------------------------------------------------------- from release to feedback


def test_students_get_the_exercise(term):
    """Cell by cell what exercises/ has, though the source notebook holds the solution."""
    handed_out = nbformat.read(
        term.exchange / f"efficient-ai/outbound/{TOPIC}/{TOPIC}.ipynb", as_version=4
    )
    exercise = nbformat.read(Course().exercise(TOPIC), as_version=4)
    assert [(c.id, c.source) for c in handed_out.cells] == [
        (c.id, c.source) for c in exercise.cells
    ]
    for cell in (cell for cell in handed_out.cells if cell.cell_type == "code"):
        assert cell.metadata.get("editable", True) is is_answer(cell)


def test_no_secret_leaves_the_course(term):
    """Neither release nor exchange has a line of a solution or of a hidden test."""
    secrets = hidden_lines(term.master) | solution_lines(term.master)
    assert len(secrets) > 100
    handed_out = [*term.course.glob("release/**/*"), *term.exchange.glob("*/outbound/**/*")]
    files = [path for path in handed_out if path.is_file()]
    assert len(files) == 2
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert not [line for line in secrets if json.dumps(line)[1:-1] in text]
    for folder in (".", "source", "bundles"):
        assert (term.course / folder).stat().st_mode & 0o077 == 0  # for its owner alone


def hidden_lines(master: Master) -> set[str]:
    cases = [case for question in master.questions for case in question.cases]
    shown = "\n".join(case.source for case in cases if not case.hidden)
    lines = {line.strip() for case in cases if case.hidden for line in case.source.split("\n")}
    return {line for line in lines if len(line) > 30 and line not in shown}


def solution_lines(master: Master) -> set[str]:
    shown = "\n".join(cell.source for cell in master.release.cells)
    answers = [answer for question in master.questions for answer in question.answers]
    lines = {line.strip() for answer in answers for line in answer.split("\n")}
    return {line for line in lines if len(line) > 20 and line not in shown}


@pytest.mark.parametrize("student", WORK)
def test_nbgrader_and_our_engine_agree_question_by_question(term, ours, student):
    expected = {q["name"]: q["score"] for q in ours[student]["questions"]}
    assert term.scores(student) == pytest.approx(expected)


def test_part_of_a_question_is_part_of_its_points(term):
    scores = term.scores("ben")
    full = {question.name: question.points for question in term.master.questions}
    assert scores == {**full, "q1": 0.5, "q2": 1, "q3": 0}  # see COUNTS_ALL, ONLY_FLATTEN
    assert term.scores("ada") == full


def test_the_hostile_gain_nothing_and_lose_only_what_is_wrong(term):
    scores = term.scores("eve")
    full = {question.name: question.points for question in term.master.questions}
    # q1 wrong as Ben's in spite of patched comparisons and stderr; q3 is no Python, q4 only spies,
    # q6 is deleted; q5, whose check is deleted, and the rest are right
    assert scores == {**full, "q1": 0.5, "q3": 0, "q4": 0, "q6": 0}
    assert not term.escaped.exists()


def test_who_handed_in_no_notebook_is_named_and_told(term):
    assert set(term.scores("mal").values()) == {0}
    assert "is damaged: its JSON breaks" in term.said
    assert "is damaged: its JSON breaks" in term.feedback("mal")
    assert term.said.count("Each submission runs in a process of its own") == 1  # one warm engine


def test_feedback_says_what_is_wrong(term, ours):
    for student in WORK:
        text = " ".join(term.feedback(student).split())
        for question in ours[student]["questions"]:
            points = f"{question['score']:g} of {question['possible']:g} points"
            assert f"Question {question['name'][1:]}: {points}" in text
            for case in question["cases"]:
                said = case["message"].replace("`", "")
                assert " ".join(said.split()) in text
    assert "Flatten copies nothing" not in term.feedback("ben")  # what passed says nothing
    assert "2 code cells stopped with an error" in term.feedback("eve")


def test_feedback_holds_no_hidden_test(term):
    secrets = hidden_lines(term.master)
    for student in WORK:
        assert not [line for line in secrets if line in term.feedback(student)]
    spied = f"No such file or directory: '{term.course}/bundles/{TOPIC}/tests/q4.py'"
    assert spied in term.feedback("eve")


def test_a_folder_under_a_files_name_is_not_collected(tmp_path):
    """nbgrader writes `timestamp.txt` and the secret; it would stop for the class at a folder."""
    names = ("timestamp.txt/a", "submission_secret.txt/a", "x.ipynb/a", ".ipynb_checkpoints/a")
    for name in (*names, "data/a", "work.ipynb"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = pytest.importorskip("autograder.nbgrader.collect")._found(str(tmp_path))
    assert [name for name, _ in found] == ["work.ipynb", "data/a"]


def test_collecting_takes_no_link_and_stops_at_nothing(term):
    said = term.collected
    for name, why in {"link": "it is no folder", "file": "it is no folder"}.items():
        assert f"{term.entry(name)} is left out: {why}" in said
    assert f"{term.entry('time', 'yesterday')} is left out: " in said
    for name, why in {
        "notes.txt": "it is a link",
        "page.html": "formgrader would run what is in it",
        "pipe.txt": "it is no ordinary file",
        "much.txt": "it is too large",
    }.items():
        assert f"{term.entry('zed') / name} is left out: {why}" in said
    collected = term.course / "submitted"
    assert {path.name for path in collected.iterdir()} == {*WORK, "zed"}
    kept = {path.name for path in (collected / "zed" / TOPIC).iterdir()}
    assert kept == {f"{TOPIC}.ipynb", "timestamp.txt", "submission_secret.txt"}


def test_a_renamed_notebook_is_graded_and_a_late_change_is_named(term):
    """It has the time of its folder's name; that it brings no secret stops nobody's feedback."""
    assert f"{TOPIC}.ipynb was handed in as my answers.ipynb" in term.collected
    assert sum(term.scores("zed").values()) == term.scores("zed")["q1"] == 0.5  # see COUNTS_ALL
    stamp = "2026-11-21 10:00:00.000000 UTC"
    assert f"{term.entry('zed')} says {stamp}, but was changed at " in term.collected
    assert term.collected.count("but was changed at") == 1
    assert (term.course / "submitted/zed" / TOPIC / "timestamp.txt").read_text() == stamp


def test_nobody_hands_in_for_somebody_else(term):
    if os.geteuid():
        pytest.skip("only root can make another account's file: run as root")
    forged = term.entry("ada", "2099-01-01 00:00:00.000000 UTC")
    assert f"{forged} is left out: it does not belong to ada" in term.collected
    assert sum(term.scores("ada").values()) == term.master.points


class Running(HTMLParser):
    """Collects what a browser would run: scripts, handlers of events, scripts as addresses."""

    def __init__(self, page: str):
        super().__init__()
        self.found, self._inside = [], ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self._inside = tag
        run = (v for k, v in attrs if v and (k.startswith("on") or v.startswith("javascript:")))
        self.found += run

    def handle_endtag(self, tag):
        self._inside = ""

    def handle_data(self, data):
        self.found += [data] if self._inside == "script" else []


def test_feedback_runs_nothing_of_a_students(term):
    assert "My work." in term.feedback("eve") and MARK in term.page("eve")
    assert not [text for text in Running(term.page("eve")).found if MARK in text]


def test_the_exported_table_has_the_sums(term, ours):
    """Through the true command line, as the instructor types it."""
    export = [sys.executable, "-m", "nbgrader", "export", "--to", "grades.csv"]
    subprocess.run(
        export, cwd=term.course, env=term.nbgrader.environment, check=True, capture_output=True
    )
    with (term.course / "grades.csv").open(newline="") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    scores = {name: float(row["score"]) for name, row in rows.items()}
    assert scores == {name: record["score"] for name, record in ours.items()}
    assert {float(row["max_score"]) for row in rows.values()} == {term.master.points}


def test_a_configuration_that_is_not_read_gives_nothing(term, tmp_path):
    """nbgrader's own way of grading would give full points to whatever raises no error."""
    (term.folder / "elsewhere").mkdir()
    elsewhere = term.folder / "elsewhere" / "course"
    shutil.copytree(term.course, elsewhere, ignore=shutil.ignore_patterns("autograded", "feedback"))
    config = elsewhere / "nbgrader_config.py"
    lines = config.read_text().split("c.Autograde.exporter_class")[0]
    config.write_text(lines)
    shutil.rmtree(elsewhere / "bundles")
    asked = ("autograde", TOPIC, "--student", "ben", "--force")
    term.nbgrader(elsewhere, *asked)
    aside = Term(term.folder / "elsewhere", term.nbgrader)
    assert set(aside.scores("ben").values()) == {0}


@pytest.mark.parametrize("mode", ["validate", "autograde"])
def test_a_check_in_a_kernel_of_nbgraders(monkeypatch, capsys, mode):
    """Validation passes what holds, whatever it prints; autograding there gives no points."""
    monkeypatch.setenv("NBGRADER_EXECUTION", mode)
    names = {"torch": torch}
    exec(read_master(Course(), TOPIC).questions[0].answers[0], names)
    loud = {**names, "weight_bytes": lambda *a: print("!", file=sys.stderr) or weigh(*a)}
    weigh = names["weight_bytes"]
    grader = efficientai.grader(TOPIC)
    if mode == "autograde":
        with pytest.raises(RuntimeError, match="nbgrader gives no points in a kernel of its own"):
            grader.check("q1", loud)
        return
    assert grader.check("q1", loud) is None
    assert capsys.readouterr().err == ""  # nbgrader would take it for a failure
    with pytest.raises(AssertionError, match="q1: 0 of 2 checks passed"):
        grader.check("q1", {"weight_bytes": lambda model, bits: 0})


# ---------------------------------------------------------------- the engine that is kept


class Idle:
    """An engine that does nothing but tell that it was started and ended."""

    def __init__(self, events: list[str], name: str, missing: str = ""):
        self.events, self.name, self.layers = events, name, {"namespaces": missing}
        events.append(f"start {name}")

    def grade(self, _: object) -> dict:
        raise AssertionError("graded in spite of a missing layer")

    def close(self) -> None:
        self.events.append(f"end {self.name}")


@pytest.fixture
def orders(monkeypatch):
    """Orders for engines that do nothing, and what happens to these engines."""
    events: list[str] = []
    monkeypatch.setattr(hooks.Order, "engine", lambda self: Idle(events, self.topic))
    made = [hooks.Order(name, Path(), Path(), "0", Limits()) for name in ("one", "two")]
    return made, events


def test_one_engine_is_kept_for_a_class_and_ended_for_the_next(orders):
    (one, two), events = orders
    kept = hooks.Kept()
    for order in (one, one, copy.copy(one), two):
        with kept.lend(order, logging.getLogger()):
            assert events[-1] == f"start {order.topic}"
    assert events == ["start one", "end one", "start two"]
    kept.close(), kept.close()
    assert events[3:] == ["end two"]


def test_an_engine_that_nobody_needs_is_ended(orders, monkeypatch):
    monkeypatch.setattr(hooks, "IDLE_SECONDS", 0)
    (one, _), events = orders
    kept = hooks.Kept()
    with kept.lend(one, logging.getLogger()):
        pass
    kept._timer.join()
    assert events == ["start one", "end one"]


def test_strict_grades_nothing_without_all_layers(monkeypatch):
    monkeypatch.setattr(hooks, "kept", hooks.Kept())
    monkeypatch.setattr(hooks.Order, "engine", lambda self: Idle([], "strict", "not allowed"))
    strict = hooks.Examine(strict=True)
    with pytest.raises(CourseError, match=r"Examine.strict: a layer is missing. Nothing was grad"):
        strict._grade(Path("bundles/shrink"), Submission("ada.ipynb", Path()))


# ---------------------------------------------------------------- the source of every topic


@pytest.mark.parametrize("topic", Course().topics())
def test_every_topic_has_a_source_that_nbgrader_takes(topic):
    master = read_master(Course(), topic)
    notebook = annotate(master.solution, master)
    CheckCellMetadata().preprocess(notebook, {})  # nbgrader's own judge
    roles = {c.metadata.nbgrader.grade_id: c.metadata.nbgrader for c in notebook.cells if known(c)}
    points = {name: role["points"] for name, role in roles.items() if role["grade"]}
    assert points == {question.name: question.points for question in master.questions}
    assert sum(points.values()) == master.points
    answers = [cell.id for cell in notebook.cells if is_answer(cell)]
    assert [name for name, role in roles.items() if role["solution"]] == answers
    text = "\n".join(cell.source for cell in notebook.cells)
    assert "def test_" not in text and not hidden_lines(master) & {*text.split("\n")}


def known(cell) -> bool:
    return "nbgrader" in cell.metadata


# ---------------------------------------------------------------- broken notebooks


@pytest.fixture(scope="module")
def release():
    """The fixture's exercise, with a question to be graded by hand as an instructor may add."""
    master = read_master(Course(FIXTURE), "shrink")
    notebook = annotate(master.release, master)
    role = {"grade": True, "solution": True, "locked": False, "task": False, "points": 4}
    by_hand = nbformat.v4.new_markdown_cell("Your words here.", id="words")
    by_hand.metadata["nbgrader"] = {**role, "grade_id": "in-words", "schema_version": 3}
    notebook.cells.append(by_hand)
    return notebook


@given(st.data())
def test_whatever_was_done_to_the_cells_nbgrader_finds_each_once(release, data):
    count = len(release.cells)
    picked = data.draw(st.lists(st.integers(0, count - 1), max_size=2 * count))
    notebook = copy.deepcopy(release)
    notebook.cells = [copy.deepcopy(release.cells[index]) for index in picked]
    sources = [cell.source for cell in notebook.cells]
    for cell in notebook.cells:
        strip = data.draw(st.sampled_from(["id", "nbgrader", "another's", "nothing"]))
        if strip == "nbgrader":
            cell.metadata.pop("nbgrader", None)
        elif strip == "id":
            cell.id = f"new-{id(cell)}"
        elif strip == "another's":
            role = data.draw(
                st.sampled_from([c.metadata.nbgrader for c in release.cells if known(c)])
            )
            cell.metadata["nbgrader"] = copy.deepcopy(role)
    mended = mend.mend(notebook, release)
    wanted = {c.metadata.nbgrader.grade_id: c.metadata.nbgrader for c in release.cells if known(c)}
    found = [cell.metadata.nbgrader for cell in mended.cells if known(cell)]
    assert {role.grade_id: role for role in found} == wanted and len(found) == len(wanted)
    MetadataValidator().validate_nb(mended)
    kept = [cell.source for cell in mended.cells]
    assert all(kept.count(text) >= sources.count(text) for text in sources)  # nothing is lost


@pytest.mark.parametrize(
    ("content", "cells"),
    [
        (b"{", 0),
        (b"", 0),
        (b"%PDF-1.7", 0),
        (b'{"cells": [{"cell_type": "code", "source": "x = 1"}]}', 1),  # no metadata at all
        ('{"cells": [{"cell_type": "code", "source": "x = 1"}]}'.encode("utf-16"), 1),
        (b'\xef\xbb\xbf{"cells": [{"cell_type": "code", "source": ["x = 1"]}]}', 1),
        (b'{"cells": ' + b"[" * 100_000, 0),
    ],
)
def test_any_file_becomes_a_notebook(tmp_path, content, cells):
    path = tmp_path / "shrink.ipynb"
    path.write_bytes(content)
    notebook = mend.read(path)
    nbformat.validate(notebook)
    assert [cell.source for cell in notebook.cells] == ["x = 1"] * cells


# ---------------------------------------------------------------- the folder


@pytest.fixture
def copied(tmp_path) -> Course:
    shutil.copytree(FIXTURE, tmp_path / "masters")
    return Course(tmp_path / "masters")


@pytest.fixture
def run(copied, capsys):
    def run(*arguments: object) -> tuple[int, str, str]:
        status = command_line.main(["--course", str(copied.root), "nbgrader", *map(str, arguments)])
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


def contents(folder: Path) -> dict[str, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_the_folder_and_its_renewal(run, copied, tmp_path):
    out = tmp_path / "course"
    status, said, _ = run("--out", out, "--course-id", "ml-2", "--exchange", "/srv/exchange")
    assert status == 0
    # the fixture: q1 has 3 points, q2 has 2
    assert said.startswith(f"shrink: 2 questions, 5 points\n{out}: 1 written, 0 as they were\n")
    config = (out / "nbgrader_config.py").read_text()
    assert "course_id = 'ml-2'" in config and "root = '/srv/exchange'" in config
    before = contents(out)
    assert run("--out", out)[1].startswith(f"{out}: 0 written, 1 as they were\n")
    assert contents(out) == before

    own = {"students.csv": "id\nada\n", "README.md": "mine", "gradebook.db": "grades"}
    for name, text in own.items():
        (out / name).write_text(text)
    (out / "bundles/shrink/tests/q9.py").write_text("no question any more")
    master = copied.master("shrink")
    master.write_text(master.read_text().replace("Two small questions", "Both questions"))
    assert "1 written" in run("--out", out)[1]
    after = contents(out)
    assert all(after[name].decode() == text for name, text in own.items())
    assert b"Both questions" in after["source/shrink/shrink.ipynb"]
    assert "bundles/shrink/tests/q9.py" not in after
    assert after["nbgrader_config.py"] == before["nbgrader_config.py"]  # and so the seed


def test_a_seed_of_its_own_for_each_course(run, tmp_path):
    seeds = set()
    for number in range(2):
        run("--out", tmp_path / f"course{number}")
        config = (tmp_path / f"course{number}" / "nbgrader_config.py").read_text()
        seeds |= set(re.findall(r"Examine\.seed = '([0-9a-f]{16})'", config))
    assert len(seeds) == 2


def test_what_students_have_handed_in_is_not_changed(run, copied, tmp_path):
    out = tmp_path / "course"
    run("--out", out)
    work = out / "submitted" / "ada" / "week 1" / "shrink.ipynb"
    work.parent.mkdir(parents=True)
    work.write_text("{}")
    assert run("--out", out)[0] == 0  # nothing would change
    master = copied.master("shrink")
    master.write_text(master.read_text().replace("Two small questions", "Both questions"))
    before = contents(out)
    status, _, complaint = run("--out", out)
    assert status == 2 and contents(out) == before
    assert "shrink would change, but submitted/ada/week 1/shrink.ipynb is handed in" in complaint
    assert run("--out", out, "--renew")[0] == 0
    assert b"Both questions" in contents(out)["source/shrink/shrink.ipynb"]
    assert work.read_text() == "{}"


def test_a_notebook_that_an_instructor_edited_is_not_replaced(run, copied, tmp_path):
    out = tmp_path / "course"
    run("--out", out)
    notebook = out / "source" / "shrink" / "shrink.ipynb"
    edited = notebook.read_text().replace("Two small questions", "My own two questions")
    notebook.write_text(edited)
    assert run("--out", out)[0] == 0 and notebook.read_text() == edited
    master = copied.master("shrink")
    master.write_text(master.read_text().replace("for a whole exercise", "for an exercise"))
    before = contents(out)
    status, _, complaint = run("--out", out)
    assert status == 2 and contents(out) == before
    assert "source/shrink/shrink.ipynb was edited here. Nothing was written." in complaint
    assert run("--out", out, "--renew")[0] == 0 and "My own" not in notebook.read_text()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["shrnk", "--out", "new"], "No topic is called 'shrnk'. Did you mean 'shrink'?"),
        (["--out", "full"], "full holds other files, such as 'thesis.tex': give an empty folder."),
        (["--out", "foreign"], "foreign holds another nbgrader course: give an empty folder."),
        (["--out", "file"], "file is a file: give a folder."),
        (["--out", "new", "--course-id", "a b"], "'a b' is no course id: use letters"),
        (["--out", "ours", "--seed", "x"], "ours is configured already: change what you want in"),
    ],
)
def test_bad_requests_get_one_sentence(run, tmp_path, monkeypatch, arguments, sentence):
    monkeypatch.chdir(tmp_path)
    run("--out", "ours")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").write_text("")
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "nbgrader_config.py").write_text("c = get_config()\n")
    (tmp_path / "file").write_text("")
    before = contents(tmp_path)
    status, _, complaint = run(*arguments)
    assert status == 2 and complaint.startswith(f"autograder: {sentence}")
    assert complaint.count("\n") == 1 and contents(tmp_path) == before


def test_without_nbgrader_the_command_says_so():
    code = (
        "import sys; from importlib.abc import MetaPathFinder\n"
        "class Without(MetaPathFinder):\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'nbgrader':\n"
        "            raise ModuleNotFoundError(name, name=name)\n"
        "sys.meta_path.insert(0, Without())\n"
        "from autograder.__main__ import main; sys.exit(main(['nbgrader', '--out', 'x']))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert "The package 'nbgrader' is not installed. Run `make install`" in done.stderr
