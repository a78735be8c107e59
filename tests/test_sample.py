"""The sample class: every kind of work, the same bytes every time."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import nbformat
import pytest

from autograder.course import Course, CourseError
from autograder.mistakes import read_mistakes
from autograder.sample import CLASS, sample

COURSE = Course(Path(__file__).parent / "course")


def tree(root: Path) -> dict[str, str]:
    return {str(p.relative_to(root)): p.read_text() for p in root.rglob("*") if p.is_file()}


def cells(path: Path) -> dict[str, str]:
    """The code of a submission by cell id; it must be a valid notebook."""
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    return {cell.id: cell.source for cell in notebook.cells if cell.cell_type == "code"}


@pytest.fixture(scope="module")
def dozen(tmp_path_factory):
    """The default class, by kind of work; of two of a kind the later one."""
    out = tmp_path_factory.mktemp("class")
    people = sample(COURSE, "shrink", out)
    return out, people, {person.kind: out / person.file for person in people}


def test_a_dozen_of_every_kind(dozen):
    out, people, _ = dozen
    assert [person.kind for person in people] == list(CLASS)
    assert len(CLASS) == 12
    assert sorted(tree(out)) == sorted(person.file for person in people)
    assert len({person.name for person in people}) == 12


def test_the_right_one_is_the_solution(dozen):
    names: dict = {}
    for source in [cells(dozen[2]["right"])[name] for name in ("q1-answer-1", "q2-answer-1")]:
        exec(source, names)
    assert names["keep_largest"]([-3, 1, 2], 2) == [-3, 2]
    assert names["sparsity"]([0, 1]) == 0.5


def test_the_wrong_ones_hold_known_mistakes(dozen):
    known = [mistake.source for mistake in read_mistakes(COURSE, "shrink")]
    right = cells(dozen[2]["right"])
    # The fixture has two questions: a tenth of them is at least one, 0.7 of them rounds to one.
    for kind in ("one mistake", "several mistakes", "many mistakes"):
        answers = cells(dozen[2][kind])
        wrong = [source for name, source in answers.items() if source != right[name]]
        assert len(wrong) == 1
        assert wrong[0] in known


def test_the_blank_and_the_half_done(dozen):
    blank, half = cells(dozen[2]["blank"]), cells(dozen[2]["half done"])
    assert blank["q1-answer-1"].endswith("...")
    assert half["q1-answer-1"] == cells(dozen[2]["right"])["q1-answer-1"]
    assert half["q2-answer-1"] == blank["q2-answer-1"]


def test_the_broken_ones_are_broken(dozen):
    by_kind = dozen[2]
    with pytest.raises(SyntaxError):
        for source in list(cells(by_kind["syntax error"]).values())[1:]:  # the first has a magic
            compile(source, "<cell>", "exec")
    assert any("import torhc" in source for source in cells(by_kind["exception"]).values())
    with pytest.raises(json.JSONDecodeError):
        json.loads(by_kind["no notebook"].read_text())


def test_same_class_again_and_another_with_another_seed(dozen, tmp_path):
    sample(COURSE, "shrink", tmp_path / "again")
    sample(COURSE, "shrink", tmp_path / "again")  # into its own files
    assert tree(tmp_path / "again") == tree(dozen[0])
    sample(COURSE, "shrink", tmp_path / "other", seed="1")
    assert tree(tmp_path / "other") != tree(dozen[0])


def test_names_as_learning_platforms_write_them(dozen):
    files = [person.file for person in dozen[1]]
    assert any("_assignsubmission_file_/" in file for file in files)
    assert any("_LATE_" in file for file in files)
    assert all(file.endswith(".ipynb") for file in files)


def test_a_large_class_has_a_file_for_everyone(tmp_path):
    people = sample(COURSE, "shrink", tmp_path, students=700)
    assert len({person.file for person in people}) == 700
    assert sum(person.kind == "blank" for person in people) == 58  # 700 = 58 dozens and 4


def test_an_endless_loop_only_if_asked(dozen, tmp_path):
    assert not any("while True" in text for text in tree(dozen[0]).values())
    people = sample(COURSE, "shrink", tmp_path, students=2, loops=True)
    assert people[-1].kind == "endless loop"
    assert sum("while True" in text for text in tree(tmp_path).values()) == 1


def test_refusals(tmp_path):
    with pytest.raises(CourseError, match="A class of 0 students"):
        sample(COURSE, "shrink", tmp_path, students=0)
    with pytest.raises(CourseError, match="No topic is called 'grow'"):
        sample(COURSE, "grow", tmp_path)
    (tmp_path / "thesis.docx").write_text("precious")
    with pytest.raises(CourseError, match=r"holds other files, such as 'thesis\.docx'"):
        sample(COURSE, "shrink", tmp_path)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CourseError, match=r"^Cannot write .*file"):
        sample(COURSE, "shrink", tmp_path / "file")
    assert (tmp_path / "thesis.docx").read_text() == "precious"


def test_it_writes_nothing_into_the_course(tmp_path):
    shutil.copytree(COURSE.root, tmp_path / "course")
    before = tree(tmp_path / "course")
    sample(Course(tmp_path / "course"), "shrink", tmp_path / "class", students=3)
    assert tree(tmp_path / "course") == before
