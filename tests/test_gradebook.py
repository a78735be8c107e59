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


@pytest.mark.parametrize("column", ["Maximum Grade", "Maximum grade"])  # Moodle has written both
def test_moodles_own_points_count(tmp_path, column):
    worksheet = MOODLE.replace("22.00", "100.00").replace("Maximum Grade", column)
    records = [record("Ada Lovelace_81_assignsubmission_file_/pruning.ipynb", 11)]
    head, ada = table(gradebook.fill(records, roster(tmp_path, worksheet)))
    assert dict(zip(head, ada, strict=True))["Grade"] == "50"  # 11 of 22


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


SHEET = "number,name\ns1,Ada\ns2,Alan\n"


@pytest.mark.parametrize(
    "content",
    [
        SHEET.encode("utf-16"),  # Excel's "Unicode text" has tabs, too
        SHEET.replace(",", "\t").encode("utf-16-le").join([b"\xff\xfe", b""]),
        SHEET.replace(",", "\t").encode(),
        ("\ufeff" + SHEET.replace(",", ";")).encode(),
        SHEET.replace("\n", "\r").encode(),  # an old Mac's
        SHEET.replace("name", '"name, or; what; they; say"').encode(),
        (SHEET + "\n\n").encode(),
        SHEET.replace("Ada", "Ada,,").encode(),  # empty cells under no heading
    ],
)
def test_whatever_a_spreadsheet_saves_is_read(tmp_path, content):
    (tmp_path / "list.csv").write_bytes(content)
    own = gradebook.read_roster(tmp_path / "list.csv", "pruning", column=None, id_column="number")
    upload = gradebook.fill([record("s2.ipynb")], own)
    assert table(upload)[1] == ["s2", "Alan", "11"]


@pytest.mark.parametrize(
    "content, words",
    [
        ("number,name\ns1,Łukasz\n".encode("cp1250"), "cannot be read as UTF-8 .* “CSV UTF-8”"),
        (b"number,name\ns1,Lovelace, Ada\n", "line 2: 3 cells under 2 headings"),
        (b"number,mark,mark\ns1,,\n", "has two columns 'mark'"),
        (b"number,name\n", "holds no students"),
        (b"\xef\xbb\xbf", "holds no students"),
        (b"Identifier,Grade\nParticipant 1,\n", r"lacks the column 'Last modified \(grade\)'"),
    ],
)
def test_a_table_that_would_be_misread_is_refused(tmp_path, content, words):
    (tmp_path / "list.csv").write_bytes(content)
    id_column = None if content.startswith(b"Identifier") else "number"
    with pytest.raises(CourseError, match=words):
        gradebook.read_roster(tmp_path / "list.csv", "pruning", column=None, id_column=id_column)


def test_a_table_that_is_not_there_is_said_to_be_missing(tmp_path):
    with pytest.raises(CourseError, match=r"list\.csv cannot be read: No such file"):
        gradebook.read_roster(tmp_path / "list.csv", "pruning", column=None, id_column="number")


def test_what_a_spreadsheet_would_run_is_disarmed_where_the_platform_does_not_read_it(tmp_path):
    canvas = CANVAS.replace('"Lovelace, Ada"', '"=HYPERLINK(""https://x.example"",""Ada"")"')
    canvas = canvas.replace('"Turing, Alan"', "\"+cmd|' /C calc'!A0\"")
    records = [record("ada_4711_1_a.ipynb"), record("alan_4712_1_a.ipynb")]
    *_, ada, alan = table(gradebook.fill(records, roster(tmp_path, canvas)))
    assert ada[:2] == ['\'=HYPERLINK("https://x.example","Ada")', "4711"]
    assert alan[:2] == ["'+cmd|' /C calc'!A0", "4712"]


def test_what_moodle_reads_back_stays_as_it_was(tmp_path):
    worksheet = MOODLE.replace('Ada Lovelace"', '@SUM(1)"').replace(
        "-,\n", '-,"- see q3 (late!)"\n'
    )
    records = [record("Ada_81_assignsubmission_file_/a.ipynb")]
    head, ada = table(gradebook.fill(records, roster(tmp_path, worksheet)))
    cells = dict(zip(head, ada, strict=True))
    assert cells["Full name"] == "'@SUM(1)"
    assert cells["Feedback comments"] == "- see q3 (late!)"
    assert cells["Last modified (grade)"] == "-"  # Moodle compares it


@pytest.mark.parametrize("text", ["-", "-3", "+49 123 456", "Jean-Luc", "3 = 3", ""])
def test_what_is_no_formula_is_left_alone(tmp_path, text):
    sheet = f"number,name\ns1,{text}\n"
    upload = gradebook.fill([record("s1.ipynb")], roster(tmp_path, sheet, id_column="number"))
    assert table(upload)[1] == ["s1", text, "11"]


def test_canvas_totals_are_no_assignments_in_any_language(tmp_path):
    """Canvas translates "(read only)", but not the headings of its totals."""
    text = CANVAS.replace("(read only)", "(schreibgeschützt)")
    text = text.replace("Final Score", "Pruning unit Final Score (Fall)")
    assert roster(tmp_path, text).column == "Pruning (901)"
    with pytest.raises(CourseError, match="no column speaks of 'Pruning unit Final Score"):
        roster(tmp_path, text, column="Pruning unit Final Score (Fall)")


def test_an_excused_student_stays_excused(tmp_path):
    text = CANVAS.replace("A,3,8", "A,EX,8")
    upload = gradebook.fill([record("alan_4712_1_a.ipynb")], roster(tmp_path, text))
    assert upload.filled == 0
    assert upload.left_out == ["alan_4712_1_a.ipynb: the student is excused in Canvas."]


def test_moodles_worksheet_in_another_language(tmp_path):
    text = (
        "ID,Vollständiger Name,Bewertung,Zuletzt geändert (Bewertung)\n"
        "Teilnehmer/in 81,Ada Lovelace,,-\nTeilnehmer/in 82,Alan Turing,,-\n"
    )
    records = [record("Alan Turing_82_assignsubmission_file_/a.ipynb", 20)]
    upload = gradebook.fill(records, roster(tmp_path, text, column="Bewertung", id_column="ID"))
    assert upload.platform == "Moodle"
    assert table(upload)[1] == ["Teilnehmer/in 82", "Alan Turing", "20", "-"]


def test_lost_zeros_are_pointed_out_not_made_up_for(tmp_path):
    sheet = "number,name\n123,Ada\n"
    upload = gradebook.fill([record("00123.ipynb")], roster(tmp_path, sheet, id_column="number"))
    assert upload.filled == 0
    assert (
        "the id 00123 is not in the list of students. 123 is: were zeros lost?"
        in (upload.left_out[0])
    )


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
