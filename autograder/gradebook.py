"""Put a class's scores into the table that a learning platform imports.

The platform's own export is the list of students: Canvas's gradebook, Moodle's grading worksheet,
or any spreadsheet with a column of ids. A submission belongs to the student whose id stands in its
file name. Whoever cannot be told apart for certain is named and left out, never guessed.

What they read: Canvas (`lib/gradebook_importer.rb` of canvas-lms) begins with the student's
columns, the last of them `Section`, then has one column an assignment; a row "Points Possible" and
one about posting are its own, and so are the columns of totals. Its headings are never translated.
Moodle (`mod/assign/feedback/offline/importgradeslib.php`) needs `Identifier` ("Participant 42"),
`Grade` and `Last modified (grade)`, separated by commas, all in the language of whoever imports.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from autograder import results
from autograder.course import CourseError
from autograder.senders import sender

CANVAS_COLUMNS = (
    "Student", "LastName", "FirstName", "ID", "SIS User ID", "SIS Login ID", "Integration ID",
    "Root Account", "Section",
)  # fmt: skip
CANVAS_TOTALS = re.compile(r"(Current|Final) (Score|Points|Grade)|Override (Score|Grade|Status)")
MODIFIED = "Last modified (grade)"  # Moodle's
EXCUSED = "EX"  # what Canvas writes instead of a score
FORMULA = re.compile(r"\s*[=@]|[\t\r]|\s*[+-].*[(|!]", re.DOTALL)  # "-" and +49 123 are none
NUMBERED = re.compile(r"(\D+\s)(\d+)\s*")  # "Participant 81", in any language


@dataclass
class Upload:
    """A table ready to be imported, and what did not get into it.

    Attributes:
        platform: ``"Canvas"``, ``"Moodle"`` or ``"spreadsheet"``.
        text: the CSV.
        filled: how many students have a score in it.
        left_out: a sentence for each submission that has none there.
    """

    platform: str
    text: str
    filled: int
    left_out: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Roster:
    """A platform's list of students.

    Attributes:
        platform: its name.
        head: the columns.
        rows: one dict a student.
        id_of: a row's student id.
        column: where the score goes.
        highest: the most points that the platform gives; None if it does not say.
        banner: rows that are no students and go back as they came.
        read_back: columns whose text the platform takes over.
    """

    platform: str
    head: list[str]
    rows: list[dict[str, str]]
    id_of: Callable[[dict[str, str]], str]
    column: str
    highest: float | None = None
    banner: list[dict[str, str]] = field(default_factory=list)
    read_back: frozenset[str] = frozenset()


def fill(records: list[dict], roster: Roster) -> Upload:
    """Put the score of every student who is known for certain into the roster's column."""
    scores, left_out = _by_id(records)
    people: dict[str, list[dict]] = {}
    for row in roster.rows:
        people.setdefault(roster.id_of(row), []).append(row)
    rows = []
    for student, record in scores.items():
        found = people.get(student, [])
        why = _why_nowhere(student, found, people, roster)
        if why:
            left_out.append(f"{record['file']}: {why}")
        else:
            rows.append({**found[0], roster.column: _points(record, roster.highest)})
    text = _csv(roster, [*roster.banner, *rows])
    return Upload(roster.platform, text, len(rows), left_out)


def _why_nowhere(student: str, found: list[dict], people: dict, roster: Roster) -> str:
    """Why no row of the list may get this student's score, or an empty string."""
    if len(found) > 1:
        return f"the id {student} is twice in the list of students."
    if not found:
        near = sorted(name for name in people if name.lstrip("0") == student.lstrip("0"))
        hint = f" {near[0]} is: were zeros lost?" if near else ""
        return f"the id {student} is not in the list of students.{hint}"
    excused = roster.platform == "Canvas" and found[0][roster.column].strip().upper() == EXCUSED
    return "the student is excused in Canvas." if excused else ""


def _by_id(records: list[dict]) -> tuple[dict[str, dict], list[str]]:
    """Records by the student's id, and why the others have none."""
    groups: dict[str | None, list[dict]] = {}
    for record in records:
        groups.setdefault(sender(record["file"]).id, []).append(record)
    reasons = [
        (record, _why_left_out(record, student, len(group)))
        for student, group in groups.items()
        for record in group
    ]
    scores = {sender(record["file"]).id: record for record, why in reasons if not why}
    return scores, [f"{record['file']}: {why}" for record, why in reasons if why]


def _why_left_out(record: dict, student: str | None, of_this_id: int) -> str:
    if record["status"] == "unreadable":
        return f"could not be read. {record['note']}"
    if student is None:
        return "the file name holds no id."
    return "another submission has the same id." if of_this_id > 1 else ""


def _points(record: dict, highest: float | None) -> str:
    """The score, on the platform's scale where that is another one."""
    score, possible = record["score"], record["possible"]
    if highest is None or highest == possible:
        return f"{results.number(score)}"
    return f"{results.number(round(score / possible * highest, 2))}"


def _csv(roster: Roster, rows: list[dict[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, roster.head, extrasaction="ignore", lineterminator="\r\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _cell(name, row[name], roster) for name in roster.head})
    return text.getvalue()


def _cell(name: str, text: str, roster: Roster) -> str:
    """A cell as it came, but for what a spreadsheet would run: names are the students' own words.

    What the platform reads back, such as a teacher's comment, is left alone.
    """
    risky = name not in roster.read_back and FORMULA.match(text)
    return f"'{text}" if risky else text


def _number(text: str) -> float | None:
    text = text.strip().replace(",", ".")
    return float(text) if re.fullmatch(r"\d+(\.\d+)?", text) else None


# ---------------------------------------------------------------- the lists of students


def read_roster(path: Path, topic: str, *, column: str | None, id_column: str | None) -> Roster:
    """The list of students in a CSV file; the platform is known by its columns.

    Args:
        path: the platform's export.
        topic: the assignment is the column that speaks of it, if `column` is None.
        column: where the scores go; the column's whole heading.
        id_column: for a spreadsheet that is neither Canvas's nor Moodle's: where the ids stand.

    Raises:
        CourseError: with a sentence, if that cannot be told from the file.
    """
    head, rows = _read(path)
    if id_column is not None:
        return _spreadsheet(path, head, rows, topic, column, id_column)
    if {"ID", "Section"} <= set(head) and ("Student" in head or "LastName" in head):
        return _canvas(path, head, rows, topic, column)
    if {"Identifier", "Grade"} <= set(head):
        return _moodle(path, head, rows)
    raise CourseError(
        f"{path} is neither Canvas's gradebook (columns Student, ID, Section) nor Moodle's grading "
        f"worksheet (Identifier, Grade); it has {_listed(head)}. For another spreadsheet say with "
        "--id which column holds the students' ids."
    )


def _read(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """The heading and the rows of a table, whatever separates its columns."""
    text = _text(path)
    separator = max(",;\t", key=lambda mark: _agreement(text, mark))
    reader = csv.reader(io.StringIO(text), delimiter=separator)
    head = next(reader, [])
    rows = [
        dict(zip(head, _fitting(path, reader, head, row), strict=True)) for row in reader if row
    ]
    twice = [name for name, count in Counter(head).items() if count > 1 and name]
    if twice:
        raise CourseError(f"{path} has two columns {twice[0]!r}: rename or remove one of them.")
    if not rows:
        raise CourseError(f"{path} holds no students.")
    return head, rows


def _agreement(text: str, separator: str) -> tuple[int, int]:
    """How many rows are as wide as the heading, if that is one; and how wide it is."""
    widths = [len(row) for row in csv.reader(io.StringIO(text), delimiter=separator)]
    width = widths[0] if widths else 0
    return (widths.count(width) if width > 1 else 0), width


def _fitting(path: Path, reader, head: list[str], row: list[str]) -> list[str]:
    """A row as long as the heading."""
    if any(cell.strip() for cell in row[len(head) :]):
        raise CourseError(
            f"{path}, line {reader.line_num}: {len(row)} cells under {len(head)} headings. "
            "Is a name with a comma in it without quotes?"
        )
    return [*row, *[""] * len(head)][: len(head)]


def _text(path: Path) -> str:
    """A file's text in UTF-8 or, as Excel's "Unicode text", in UTF-16."""
    try:
        content = path.read_bytes()
        wide = content[:2] in (b"\xff\xfe", b"\xfe\xff")
        text = content.decode("utf-16" if wide else "utf-8-sig")
    except OSError as error:
        raise CourseError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise CourseError(
            f"{path} cannot be read as UTF-8 text: {error}. In a spreadsheet, save it as "
            "“CSV UTF-8”."
        ) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _canvas(
    path: Path, head: list[str], rows: list[dict], topic: str, column: str | None
) -> Roster:
    own = [name for name in head if name in CANVAS_COLUMNS]
    banner = [row for row in rows if not row["ID"].strip()]
    people = [row for row in rows if row["ID"].strip()]
    points = next((row for row in banner if "Points Possible" in row[head[0]]), {})
    open_columns = [
        name
        for name in head
        if name not in own
        and not CANVAS_TOTALS.search(name)
        and "read only" not in points.get(name, "")
    ]
    column = _chosen(path, open_columns, topic, column)
    highest = _number(points.get(column, ""))
    head = [*own, column]
    return Roster("Canvas", head, people, lambda row: row["ID"].strip(), column, highest, banner)


def _moodle(path: Path, head: list[str], rows: list[dict]) -> Roster:
    if MODIFIED not in head:
        raise CourseError(f"{path} lacks the column {MODIFIED!r}, without which Moodle refuses it.")
    people = [row for row in rows if row.get("Grade can be changed", "Yes") != "No"]
    most = next((name for name in head if name.lower() == "maximum grade"), "")  # Moodle wrote both
    highest = {row.get(most, "") for row in rows}
    return Roster(
        "Moodle",
        head,
        people,
        _number_of("Identifier"),
        "Grade",
        _number(highest.pop()) if len(highest) == 1 else None,
        read_back=frozenset(head[head.index(MODIFIED) :]),  # the teachers' comments follow it
    )


def _number_of(column: str) -> Callable[[dict[str, str]], str]:
    return lambda row: re.sub(r".*?(\d+)\s*$", r"\1", row[column])


def _spreadsheet(
    path: Path, head: list[str], rows: list[dict], topic: str, column: str | None, id_column: str
) -> Roster:
    if id_column not in head:
        raise CourseError(f"{path} has no column {id_column!r}; it has {_listed(head)}.")
    column = column or topic
    wider = head if column in head else [*head, column]
    people = [{column: "", **row} for row in rows]
    found = [NUMBERED.fullmatch(row[id_column]) for row in rows]
    if all(found) and len({match[1] for match in found}) == 1:  # Moodle's, in another language
        return Roster("Moodle", wider, people, _number_of(id_column), column)
    return Roster(
        "spreadsheet",
        wider,
        people,
        lambda row: row[id_column].strip(),
        column,
        read_back=frozenset({id_column}),
    )


def _chosen(path: Path, columns: list[str], topic: str, column: str | None) -> str:
    """The one assignment that is meant."""
    wanted = column or topic
    exact = [name for name in columns if name == wanted]
    found = exact or [name for name in columns if not column and topic in name.lower()]
    if len(found) != 1:
        many = "more than one column speaks" if found else "no column speaks"
        raise CourseError(
            f"In {path}, {many} of {wanted!r}: say with --column which one is meant, of "
            f"{_listed(columns)}."
        )
    return found[0]


def _listed(names: list[str]) -> str:
    return ", ".join(repr(name) for name in names) or "no columns"
