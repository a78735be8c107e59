"""The proof of an exercise: it holds for a fair one and names every way of being unfair."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import nbformat
import pytest

from autograder import build, leaks, verify
from autograder.course import Course, CourseError
from autograder.master import read_master
from autograder.mistakes import Mistake, own_names, plant, read_mistakes

FIXTURE = Path(__file__).parent / "course"


def copy_course(root: Path) -> Course:
    shutil.copytree(FIXTURE, root)
    return Course(root)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@pytest.fixture(scope="module")
def fair(tmp_path_factory):
    """A fair course, built and proved once, with what the proof said on its way."""
    course = copy_course(tmp_path_factory.mktemp("fair") / "course")
    build.build(course, "shrink")
    said: list[str] = []
    return course, verify.verify(course, "shrink", said.append, least_questions=2), said


@pytest.fixture(scope="module")
def unfair(tmp_path_factory):
    """A course with every kind of unfairness at once, proved once."""
    course = copy_course(tmp_path_factory.mktemp("unfair") / "course")
    master, mistakes = course.master("shrink"), course.mistakes("shrink")
    # q2's answer calls q1's, so that a mistake in q1 costs points on q2.
    edit(
        master,
        "zeros = sum(value == 0 for value in values)",
        "zeros = len(values) - sum(v != 0 for v in keep_largest(values, len(values) - 1))",
    )
    edit(master, "assert kept == [-3, 2], f", "assert kept == [-3, 2], 'Wrong.' or f")
    edit(
        master,
        "    assert share == 0.5, f",
        "    assert share is not None\n    assert share == 0.5, f",
    )
    edit(mistakes, "return [-3, 2]", "return sorted(values, key=abs)[-count:]")
    edit(mistakes, 'OWN_NAMES = {"keep_largest", "sparsity"}', 'OWN_NAMES = {"keep_largest"}')
    text = mistakes.read_text()
    mistakes.write_text(text[: text.rindex("\n\n@mistake")] + "\n")
    return course, verify.verify(course, "shrink")


def test_a_fair_exercise_is_proved(fair):
    _, proof, _ = fair
    assert proof.breaches == []
    assert proof.holds
    # The fixture: q1 has 1 + 2 points, q2 has 1 + 1; two mistakes each.
    rows = [(r.question, r.points, r.solution, r.blank, r.mistakes, r.rejected) for r in proof.rows]
    assert rows == [("q1", 3, 3, 0, 2, 2), ("q2", 2, 2, 0, 2, 2)]
    assert "shrink: proved in" in proof.table()


def test_progress_is_told(fair):
    said = fair[2]
    assert said.count("shrink: cell 3 of 3 has run") == 2  # the blank notebook and the solution
    assert said[-1] == "shrink: mistake 4 of 4 tried"


def test_signatures_say_how_each_mistake_fails(fair):
    course, _, _ = fair
    signatures = json.loads((course.bundle("shrink") / "signatures.json").read_text())
    assert (signatures["topic"], signatures["seed"]) == ("shrink", "0")
    signed, copied = signatures["questions"]["q1"]
    assert signed["mistake"].startswith("Sorts by value")
    # sorted by value, the last two of [-3, 1, 2] are 1 and 2
    assert signed["failing"][0] == {
        "case": "magnitude counts",
        "message": "The two largest magnitudes of [-3, 1, 2] are [-3, 2], not [1, 2].",
    }
    assert [failing["case"] for failing in copied["failing"]] == ["fresh values"]


@pytest.mark.parametrize(
    "sentence",
    [
        "2 questions are too few: an exercise has 7 or more.",
        "q2 has 1 known mistakes; write at least 2.",
        "q1: the mistake “Sorts by value, so that large negative entries are thrown away.” costs "
        "points on q2 too: make the answers of q2 independent.",
        "q1: to the mistake “Sorts by value, so that large negative entries are thrown away.” "
        "“magnitude counts” says 'Wrong.': make it a sentence.",
        "q2: in “half of four” an assert has no message: add a sentence.",
        "q2 asks for `sparsity`, which efficientai.shrink does not have: add it there, or to "
        "OWN_NAMES in solutions/mistakes/shrink.py.",
        "exercises/shrink.ipynb is stale: run `python -m autograder build shrink`.",
    ],
)
def test_an_unfair_exercise_is_told(unfair, sentence):
    _, proof = unfair
    assert not proof.holds
    assert sentence in proof.breaches
    assert sentence in proof.table()


def trial(**failing: str) -> dict:
    """What a trial saw on q1 and q2, each worth one point; `failing` says what a case answers."""
    questions = {}
    for name in ("q1", "q2"):
        passed = name not in failing
        says = {"message": failing.get(name, ""), "spoken": True, "said": not passed}
        cases = [{"name": "a case", "hidden": True, "points": 1, "passed": passed} | says]
        questions[name] = {"score": int(passed), "possible": 1, "cases": cases}
    return {"kind": "trial", "seed": "1", "questions": questions}


MISTAKE = Mistake("q1", "Believes it.", "keep_largest", "def keep_largest(v, c): ...")


def evidence(**seen) -> verify._Evidence:
    master = read_master(Course(FIXTURE), "shrink")
    return verify._Evidence(master, [MISTAKE], {"keep_largest", "sparsity"}, **seen)


def test_a_solution_that_fails_with_some_seed():
    seen = evidence(solution=[trial(), trial(q2="It is 3.")])
    assert [*verify._solution_breaches(seen)] == [
        "q2: the solution fails “a case” with seed 1: It is 3."
    ]


def test_a_blank_notebook_that_earns():
    seen = evidence(blank=trial(q1="No."))
    (breach,) = verify._blank_breaches(seen)
    assert breach.startswith("q2: the blank notebook passes “a case”")


def test_a_mistake_that_costs_nothing():
    (breach,) = verify._mistake_breaches(MISTAKE, trial())
    assert breach.startswith("q1: the mistake “Believes it.” costs nothing")


def test_a_test_that_trips_over_an_answer():
    seen = trial(q1="AttributeError: no `sum`")
    seen["questions"]["q1"]["cases"][0] |= {"spoken": False, "said": False}
    (breach,) = verify._message_breaches(evidence(swaps=[seen]))
    assert "answers AttributeError: no `sum`: assert what you need before you use it" in breach


@pytest.mark.parametrize(
    "text", ["Sparsity 0.9 must keep 10 of 100 weights.", "Is it `a`, or 3 b?"]
)
def test_sentences(text):
    assert verify.SENTENCE.fullmatch(text)


@pytest.mark.parametrize("text", ["Wrong.", "expected 10 but got 12", "", "No no no."])
def test_no_sentences(text):
    assert not verify.SENTENCE.fullmatch(text)


def test_a_solution_that_crashes(tmp_path):
    course = copy_course(tmp_path / "course")
    edit(course.master("shrink"), "    by_magnitude =", "    raise_this\n    by_magnitude =")
    edit(course.master("shrink"), "That is all.\n", "```{code-cell}\nkeep_largest([1], 1)\n```\n")
    with pytest.raises(CourseError, match=r"cell code-2 ends with NameError: name 'raise_this'"):
        verify.verify(course, "shrink")


def test_a_run_that_takes_too_long(tmp_path, monkeypatch):
    course = copy_course(tmp_path / "course")
    monkeypatch.setattr(verify, "TIME_LIMIT", 0.01)
    with pytest.raises(CourseError, match=r"took longer than 0\.01 s, or crashed"):
        verify.verify(course, "shrink")


@pytest.fixture
def built(tmp_path) -> Course:
    course = copy_course(tmp_path / "course")
    build.build(course, "shrink")
    return course


def found(course: Course) -> list[str]:
    return leaks.leaks(course, read_master(course, "shrink"))


def test_no_leak_in_a_clean_build(built):
    assert found(built) == []


def test_solution_lines_in_a_hint_leak(built):
    path = built.exercise("shrink")
    notebook = nbformat.read(path, as_version=4)
    solution = nbformat.read(built.bundle("shrink") / "solution.ipynb", as_version=4)
    answer = next(cell.source for cell in solution.cells if cell.id == "q1-answer-1")
    body = "\n".join(answer.split("\n")[2:])  # without signature and docstring
    notebook.cells[0].source += f"\n\nSomeone wrote:\n\n{body}"
    nbformat.write(notebook, path)
    assert found(built) == ["exercises/shrink.ipynb holds the solution of q1."]


def test_a_renamed_copy_of_a_solution_leaks(built):
    (built.root / "efficientai" / "shrink.py").write_text(
        "def f(data: list, k: int) -> list:\n"
        '    """Other words, other names, another layout."""\n'
        "    order = sorted(range(len(data)), key=lambda i: abs(data[i]))\n"
        "    top = order[\n"
        "        len(data) - k :\n"
        "    ]\n"
        "    return [data[i] for i in sorted(top)]\n"
    )
    assert found(built) == ["efficientai/shrink.py holds the solution of q1."]


def test_a_hidden_test_in_the_checks_leaks(built):
    hidden = (built.bundle("shrink") / "tests" / "q2.py").read_text()
    (built.checks("shrink") / "q2.py").write_text(hidden)
    assert found(built) == [
        "efficientai/checks/shrink/q2.py holds the hidden test “fresh values” of q2."
    ]


def test_mistakes_are_read_in_order():
    mistakes = read_mistakes(Course(FIXTURE), "shrink")
    assert [(m.question, m.name) for m in mistakes] == [
        ("q1", "keep_largest"),
        ("q1", "keep_largest"),
        ("q2", "sparsity"),
        ("q2", "sparsity"),
    ]
    assert mistakes[1].source == "def keep_largest(values, count):\n    return [-3, 2]"
    assert own_names(Course(FIXTURE), "shrink") == {"keep_largest", "sparsity"}


def test_planting_replaces_one_definition():
    cells = ["import math\n\n@cache\ndef keep_largest(v, c):\n    return 1\n\nx = 1", "y = 2"]
    assert plant(cells, MISTAKE) == [
        "import math\n\ndef keep_largest(v, c): ...\n\nx = 1",
        "y = 2",
    ]
    with pytest.raises(CourseError, match="which the solution does not define"):
        plant(["y = 2"], MISTAKE)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("def f(): ...", "line 1: `f` needs exactly one decorator"),
        ("@other('q1', 'x')\ndef f(): ...", "`f` needs exactly one decorator"),
        ("@mistake('q1')\ndef f(): ...", "`f` needs exactly one decorator"),
        ("def f(:", "solutions/mistakes/shrink.py, line 1: "),
    ],
)
def test_slips_in_the_mistakes_get_a_sentence(tmp_path, text, sentence):
    course = copy_course(tmp_path / "course")
    course.mistakes("shrink").write_text(text)
    with pytest.raises(CourseError) as caught:
        read_mistakes(course, "shrink")
    assert sentence in str(caught.value)


def test_missing_mistakes_and_missing_question(tmp_path):
    course = copy_course(tmp_path / "course")
    edit(course.mistakes("shrink"), '@mistake("q2"', '@mistake("q5"')
    with pytest.raises(CourseError, match="is for q5, which does not exist"):
        verify.verify(course, "shrink")
    course.mistakes("shrink").unlink()
    with pytest.raises(CourseError, match=r"solutions/mistakes/shrink\.py is missing"):
        verify.verify(course, "shrink")
