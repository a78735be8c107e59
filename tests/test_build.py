"""The build: right files, the same bytes every time, and a sentence for every slip in a master."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import nbformat
import pytest
from otter.test_files import ExceptionTestFile

from autograder import build
from autograder.course import Course, CourseError

FIXTURE = Path(__file__).parent / "course"


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """A fresh copy of the two-question course."""
    shutil.copytree(FIXTURE, tmp_path / "course")
    return Course(tmp_path / "course")


def edit(course: Course, old: str, new: str) -> None:
    """Replace `old`, which must be there, in the master."""
    path = course.master("shrink")
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def refusal(course: Course) -> str:
    with pytest.raises(CourseError) as caught:
        build.build(course, "shrink")
    return str(caught.value)


def tree(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def test_what_an_editor_leaves_is_not_the_package(course):
    (course.root / "efficientai").mkdir()
    (course.root / "efficientai" / "shrink.py").touch()
    before = course.package()
    assert [path.name for path in before] == ["shrink.py"]
    for name in (".DS_Store", ".a.py.swp", "~a.py", "#a.py#", "a.py~"):
        (course.root / "efficientai" / name).write_text("half a line")
    assert course.package() == before


def test_writes_exercise_checks_and_bundle(course):
    build.build(course, "shrink")
    made = set(tree(course.root)) - set(tree(FIXTURE))
    assert made == {
        "exercises/shrink.ipynb",
        "efficientai/checks/shrink/q1.py",
        "efficientai/checks/shrink/q2.py",
        *(
            f"_build/autograder/shrink/{name}"
            for name in (
                "tests/q1.py",
                "tests/q2.py",
                "release.ipynb",
                "solution.ipynb",
                "autograder.zip",
            )
        ),
    }


def test_same_bytes_again_and_elsewhere(course, tmp_path):
    build.build(course, "shrink")
    first = tree(course.root)
    build.build(course, "shrink")
    assert tree(course.root) == first
    elsewhere = Course(tmp_path / "elsewhere")
    shutil.copytree(FIXTURE, elsewhere.root)
    build.build(elsewhere, "shrink")
    assert tree(elsewhere.root) == first


def test_unchanged_files_are_not_touched(course):
    build.build(course, "shrink")
    stamps = {path: path.stat().st_mtime_ns for path in course.root.rglob("*") if path.is_file()}
    build.build(course, "shrink")
    assert {path: path.stat().st_mtime_ns for path in stamps} == stamps


def test_student_notebook_is_stripped_and_clean(course):
    build.build(course, "shrink")
    notebook = nbformat.read(course.exercise("shrink"), as_version=4)
    nbformat.validate(notebook)
    assert set(notebook.metadata) == {"kernelspec", "language_info", "otter"}
    assert all(not cell.get("outputs") for cell in notebook.cells)
    sources = {cell.id: cell.source for cell in notebook.cells}
    assert sources["q1-answer-1"].endswith('came."""\n    ...')
    assert "    zeros = ...\n    return zeros" in sources["q2-answer-1"]
    assert sources["q1-check"] == 'grader.check("q1")'
    assert "SOLUTION" not in course.exercise("shrink").read_text()
    locked = [c.id for c in notebook.cells if c.metadata.get("editable") is False]
    assert locked == ["code-1", "q1-text-1", "q1-check", "q2-text-1", "q2-check"]


def test_solution_notebook_runs_as_python(course):
    build.build(course, "shrink")
    notebook = nbformat.read(course.bundle("shrink") / "solution.ipynb", as_version=4)
    namespace: dict = {}
    for cell in notebook.cells:
        if "-answer-" in cell.id:
            exec(cell.source, namespace)
    assert namespace["keep_largest"]([-3, 1, 2], 2) == [-3, 2]
    assert namespace["sparsity"]([0, 1]) == 0.5


def test_public_checks_hold_no_hidden_case(course):
    build.build(course, "shrink")
    public = ExceptionTestFile.from_file(str(course.checks("shrink") / "q1.py"))
    full = ExceptionTestFile.from_file(str(course.bundle("shrink") / "tests" / "q1.py"))
    # The fixture's q1: one public point, two hidden ones. otter would have made the public file
    # worth the whole question if the points stood there.
    assert [(c.name, c.hidden, c.points) for c in public.test_cases] == [
        ("magnitude counts", False, 1)
    ]
    assert [(c.name, c.hidden, c.points) for c in full.test_cases] == [
        ("magnitude counts", False, 1),
        ("fresh values", True, 2),
    ]


def test_tests_keep_comments(course):
    build.build(course, "shrink")
    text = (course.checks("shrink") / "q1.py").read_text()
    assert "# Both entries are larger than 1 in magnitude" in text


def test_zip_holds_tests_package_and_environment(course):
    build.build(course, "shrink")
    with zipfile.ZipFile(course.bundle("shrink") / "autograder.zip") as archive:
        names = set(archive.namelist())
        environment = archive.read("environment.yml").decode()
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        full = (course.bundle("shrink") / "tests" / "q1.py").read_bytes()
        assert archive.read("tests/q1.py") == full
    assert {"run_autograder", "setup.sh", "files/efficientai/checks/shrink/q1.py"} <= names
    assert "torch" in environment
    assert environment.count("otter-grader") == 1


def test_build_removes_what_the_master_no_longer_has(course):
    build.build(course, "shrink")
    left = course.checks("shrink") / "q9.py"
    left.write_text("left over")
    assert build.stale(course, "shrink") == [left]
    build.build(course, "shrink")
    assert not left.exists()


def test_stale_compares_content(course):
    build.build(course, "shrink")
    assert build.stale(course, "shrink") == []
    exercise = course.exercise("shrink")
    notebook = json.loads(exercise.read_text())
    notebook["cells"][0]["source"].append("\nedited by hand")
    exercise.write_text(json.dumps(notebook))
    check = course.checks("shrink") / "q2.py"
    check.unlink()
    assert build.stale(course, "shrink") == [check, exercise]


def test_orphans_have_no_master(course):
    build.build(course, "shrink")
    assert build.orphans(course) == []
    course.master("shrink").rename(course.master("grow"))
    assert build.orphans(course) == [course.checks("shrink"), course.exercise("shrink")]


def test_changed_tests_drop_the_signatures(course):
    build.build(course, "shrink")
    signatures = course.bundle("shrink") / "signatures.json"
    signatures.write_text("{}")
    build.build(course, "shrink")
    assert signatures.exists()
    edit(course, "points: 2", "points: 4")
    build.build(course, "shrink")
    assert not signatures.exists()


def test_unknown_topic_lists_the_known(course):
    with pytest.raises(CourseError, match=r"No topic is called .shrnk.\. Did you mean .shrink."):
        build.build(course, "shrnk")


def test_unwritable_folder(course):
    (course.root / "exercises").write_text("a file in the way")
    assert refusal(course).startswith("Cannot write ")


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("hidden: true", "hidden: false", "q1 has no hidden test"),
        ("points: 1\n", "points: 1\nhidden: true\n", "q1 has no public test"),
        (
            "test_q1_fresh_values",
            "test_q1_magnitude_counts",
            "q1 has two tests called 'magnitude counts'; otter would drop one of them",
        ),
        ("name: q2", "name: q1", "two questions are called q1"),
        ("name: q2", "name: second", "a question is called 'second'"),
        ("name: q1\n", "name: q1\npoints: 3\n", "give points to each test case"),
        ("points: 2\n", "", "has None points"),
        ("points: 2\n", "points: 0\n", "has 0 points"),
        ("    # BEGIN SOLUTION\n", "", "END SOLUTION without BEGIN SOLUTION"),
        ("# BEGIN SOLUTION\n    by", "# BEGIN SOLUTION NO PROMPT\n    by", "no `...` to fill in"),
        ("init_cell: false", "init_cell: true", "must say `init_cell: false`"),
        ("ok_format: false", "ok_format: true", "tests: {files: true, ok_format: false}"),
        ("(keep_largest):\n", "(keep_largest, other=1):\n", "may only have plain parameters"),
        ("(keep_largest):\n", "(env):\n", "and not `env`"),
        ("def test_q1_m", "def check_q1_m", "a name that begins with `test_`"),
        ('grader("shrink")', 'grader("other")', 'must say `grader = efficientai.grader("shrink")`'),
        ("```{raw-cell}\n# END TESTS\n```\n", "", "end question cell with an un-ended child"),
        ("points: 2\n", "points: 2\nfailure_message: wrong\n", "into the messages of its asserts"),
    ],
)
def test_slips_get_a_sentence(course, old, new, sentence):
    edit(course, old, new)
    message = refusal(course)
    assert message.startswith("solutions/shrink.md: ")
    assert sentence in message
    assert not course.exercise("shrink").exists()


def test_repository_address_comes_from_the_book(course):
    edit(course, "install -q efficientai", 'install -q "efficientai @ git+{{ repository }}"')
    assert "_config.yml must say `repository: url:`" in refusal(course)
    (course.root / "_config.yml").write_text("repository:\n  url: https://example.org/course\n")
    build.build(course, "shrink")
    assert (
        '\\"efficientai @ git+https://example.org/course\\"'
        in course.exercise("shrink").read_text()
    )


def test_question_without_solution_cell(course):
    text = course.master("shrink").read_text()
    begin = text.index("```{raw-cell}\n# BEGIN SOLUTION")
    end = text.index("```{raw-cell}\n# BEGIN TESTS")
    course.master("shrink").write_text(text[:begin] + text[end:])
    assert "q1 has no solution cell" in refusal(course)


def test_master_without_questions(course):
    text = course.master("shrink").read_text()
    course.master("shrink").write_text(text[: text.index("```{raw-cell}\n# BEGIN QUESTION")])
    assert "there is no question" in refusal(course)
