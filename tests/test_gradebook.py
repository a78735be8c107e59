"""Scores reach the right student's row, or nobody's; tables as Canvas and Moodle read them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder import __main__ as command_line
from autograder import gradebook
from autograder.course import CourseError

# as Canvas exports it: the students' columns, assignments with their numbers, read-only totals
CANVAS = """Student,ID,SIS User ID,SIS Login ID,Section,Pruning (901),Quantization (902),Final Score
,,,,,Manual Posting,,
    Points Possible,,,,,44,10,(read only)
"Lovelace, Ada",4711,u1,ada,A,,9,12
"Turing, Alan",4712,u2,alan,A,3,8,11
"Hopper, Grace",4713,u3,grace,B,,,
"""
# as Moodle's "Download grading worksheet" writes it, with a byte order mark
MOODLE = """\ufeffIdentifier,"Full name","Email address",Status,Grade,"Maximum Grade",\
"Grade can be changed","Last modified (submission)","Last modified (grade)","Feedback comments"
"Participant 81","Ada Lovelace",ada@example.org,Submitted,,22.00,Yes,"Monday, 2 November 2026",-,
"Participant 82","Alan Turing",alan@example.org,Submitted,,22.00,No,"Monday, 2 November 2026",-,
"""


def record(file: str, score: float = 11, status: str = "graded", note: str = "") -> dict:
    return {"file": file, "score": score, "possible": 22, "status": status, "note": note}


def roster(tmp_path: Path, text: str, column=None, id_column=None) -> gradebook.Roster:
    path = tmp_path / "roster.csv"
    path.write_text(text, encoding="utf-8")
    return gradebook.read_roster(path, "pruning", column=column, id_column=id_column)


def table(upload: gradebook.Upload) -> list[list[str]]:
    return list(csv.reader(io.StringIO(upload.text)))


def test_canvas_gets_its_own_rows_and_one_column_back(tmp_path):
    records = [
        record("lovelaceada_4711_815_pruning.ipynb"),
        record("turingalan_LATE_4712_816_pruning-1.ipynb", 22),
    ]
    upload = gradebook.fill(records, roster(tmp_path, CANVAS))
    # Canvas gives 44 points where the exercise has 22: 11 of 22 are 22 of 44
    assert table(upload) == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Pruning (901)"],
        ["", "", "", "", "", "Manual Posting"],
        ["    Points Possible", "", "", "", "", "44"],
        ["Lovelace, Ada", "4711", "u1", "ada", "A", "22"],
        ["Turing, Alan", "4712", "u2", "alan", "A", "44"],
    ]
    assert (upload.platform, upload.filled, upload.left_out) == ("Canvas", 2, [])


def test_moodle_gets_its_worksheet_back(tmp_path):
    records = [record("Ada Lovelace_81_assignsubmission_file_/pruning.ipynb", 13.5)]
    upload = gradebook.fill(records, roster(tmp_path, MOODLE))
    head, ada = table(upload)
    assert head[0] == "Identifier"  # without the byte order mark, which Moodle would not find
    assert {"Identifier", "Grade", "Last modified (grade)"} <= set(head)
    assert dict(zip(head, ada, strict=True))["Grade"] == "13.5"
    assert ada[0] == "Participant 81"


def test_a_grade_that_moodle_has_locked_is_left_out(tmp_path):
    records = [record("Alan Turing_82_assignsubmission_file_/pruning.ipynb")]
    upload = gradebook.fill(records, roster(tmp_path, MOODLE))
    assert upload.filled == 0 and "82" in upload.left_out[0]


def test_a_table_of_ones_own_gains_a_column(tmp_path):
    text = "number;name\ns1;Ada\ns2;Alan\n"
    upload = gradebook.fill([record("s1.ipynb")], roster(tmp_path, text, id_column="number"))
    assert table(upload) == [["number", "name", "pruning"], ["s1", "Ada", "11"]]


@pytest.mark.parametrize(
    "files, why",
    [
        (["ada_4711_1_a.ipynb", "ada_4711_2_b.ipynb"], "another submission has the same id"),
        (["ada_4711_2_b.ipynb", "ada_4711_1_a.ipynb"], "another submission has the same id"),
        (["nobody_9999_1_a.ipynb"], "the id 9999 is not in the list"),
        (["my work (2).ipynb"], "the file name holds no id"),
        (["Eve_82_assignsubmission_file_81_assignsubmission_file_/a.ipynb"], "holds no id"),
    ],
)
def test_who_is_not_known_for_certain_gets_nothing(tmp_path, files, why):
    upload = gradebook.fill([record(file) for file in files], roster(tmp_path, CANVAS))
    assert upload.filled == 0 and len(upload.left_out) == len(files)
    assert all(why in sentence for sentence in upload.left_out)


def test_a_student_twice_in_the_list_gets_nothing(tmp_path):
    twice = CANVAS + '"Lovelace, Ada",4711,u1,ada,B,,,\n'
    upload = gradebook.fill([record("ada_4711_1_a.ipynb")], roster(tmp_path, twice))
    assert upload.filled == 0 and "twice in the list" in upload.left_out[0]


def test_what_could_not_be_read_is_no_zero(tmp_path):
    bad = record("ada_4711_1_a.ipynb", 0, "unreadable", "It is empty.")
    upload = gradebook.fill([bad], roster(tmp_path, CANVAS))
    assert upload.filled == 0
    assert upload.left_out == ["ada_4711_1_a.ipynb: could not be read. It is empty."]


@pytest.mark.parametrize("order", [1, -1])
def test_an_unreadable_second_submission_makes_the_first_uncertain(tmp_path, order):
    bad = record("ada_4711_1_a.ipynb", 0, "unreadable", "It is empty.")
    both = [bad, record("ada_4711_2_b.ipynb")][::order]
    upload = gradebook.fill(both, roster(tmp_path, CANVAS))
    assert upload.filled == 0
    assert sorted(upload.left_out) == [
        "ada_4711_1_a.ipynb: could not be read. It is empty.",
        "ada_4711_2_b.ipynb: another submission has the same id.",
    ]


@given(st.permutations(range(4710, 4716)), st.integers(0, 22))
def test_each_score_stands_in_the_row_of_its_id(ids, base):
    """Whatever the order of the files: the score of id n is base + n, modulo 23."""
    people = [{"ID": str(n), "x": ""} for n in sorted(ids)]
    own = gradebook.Roster("spreadsheet", ["ID", "x"], people, lambda row: row["ID"], "x")
    upload = gradebook.fill([record(f"a_{n}_1_x.ipynb", (base + n) % 23) for n in ids], own)
    rows = {int(row[0]): int(row[1]) for row in table(upload)[1:]}
    assert rows == {n: (base + n) % 23 for n in ids}


@pytest.mark.parametrize(
    "text, options, words",
    [
        ("a,b\n1,2\n", {}, r"neither Canvas's gradebook .* nor Moodle's .* 'a', 'b'.* --id"),
        ("a,b\n1,2\n", {"id_column": "c"}, "has no column 'c'; it has 'a', 'b'"),
        ("", {}, "holds no students"),
        (CANVAS.replace("Pruning", "Other"), {}, "no column speaks of 'pruning'.* --column"),
        (CANVAS.replace("Quantization", "Pruning, part 2"), {}, "more than one column speaks"),
        (CANVAS, {"column": "Final Score"}, "no column speaks of 'Final Score'"),  # read only
    ],
)
def test_a_list_that_does_not_say_enough(tmp_path, text, options, words):
    with pytest.raises(CourseError, match=words):
        roster(tmp_path, text, **options)


def test_command_writes_the_upload_and_names_who_is_left_out(tmp_path, capsys):
    results = tmp_path / "grades" / "results"
    results.mkdir(parents=True)
    for name in ("ada_4711_1_a", "eve\x1b[31m_1_1_a"):
        full = {**record(f"{name}.ipynb"), "id": name, "topic": "pruning", "questions": []}
        (results / f"{len(name)}.json").write_text(json.dumps(full))
    (tmp_path / "roster.csv").write_text(CANVAS)
    arguments = [str(tmp_path / "grades"), str(tmp_path / "roster.csv")]
    out = tmp_path / "upload.csv"
    assert command_line.main(["export", *arguments, "--out", str(out)]) == 0
    told = capsys.readouterr().out
    assert f"Canvas: 1 of 2 scores are in {out}" in told
    assert "left out: eve?[31m_1_1_a.ipynb: the id 1 is not in the list" in told
    assert "4711,u1,ada,A,22" in out.read_text()
