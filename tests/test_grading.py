"""The grader in a student's notebook: clear sentences, in every place a notebook may run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import IPython
import nbformat
import otter
import pytest
from IPython.core.interactiveshell import InteractiveShell
from otter.test_files import ExceptionTestFile

from autograder import build
from autograder.course import ROOT, Course
from efficientai import DEVICE_VARIABLE, grading

FIXTURE = Path(__file__).parent / "course"
RIGHT = """
def keep_largest(values, count):
    least = sorted(map(abs, values))[-count]
    return [value for value in values if abs(value) >= least]
"""


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Course:
    root = tmp_path_factory.mktemp("grading") / "course"
    shutil.copytree(FIXTURE, root)
    build.build(Course(root), "shrink")
    return Course(root)


@pytest.fixture
def grader(course, monkeypatch, tmp_path):
    """A grader over the fixture's checks, as a notebook in an empty folder would make it."""
    monkeypatch.setattr(grading, "CHECKS", course.checks("shrink").parent)
    monkeypatch.chdir(tmp_path)
    return grading.grader("shrink")


def answers(source: str) -> dict:
    """The names of a notebook whose only cell is `source`."""
    names: dict = {}
    exec(compile(source, "<cell>", "exec"), names)
    return names


def says(grader, source: str, question: str = "q1") -> str:
    result = grader.check(question, answers(source))
    assert not result.passed_all
    return result.summary()


@pytest.mark.parametrize(("given", "then"), [(None, "cpu"), ("cuda", "cuda")])
def test_exercises_train_where_they_are_graded(course, monkeypatch, given, then):
    monkeypatch.setattr(grading, "CHECKS", course.checks("shrink").parent)
    monkeypatch.setenv(DEVICE_VARIABLE, given or "")
    if given is None:
        monkeypatch.delenv(DEVICE_VARIABLE)
    grading.grader("shrink")
    assert os.environ[DEVICE_VARIABLE] == then


def test_right_answer_passes(grader):
    result = grader.check("q1", answers(RIGHT))
    assert isinstance(result, ExceptionTestFile)
    assert result.passed_all
    assert result.summary() == "q1: all checks passed."
    assert "✓" in result._repr_html_()


def test_wrong_answer_is_told_in_the_topics_words(grader):
    text = says(grader, "def keep_largest(values, count): return values")
    assert text == (
        "q1: 0 of 1 checks passed.\n"
        "  - The two largest magnitudes of [-3, 1, 2] are [-3, 2], not [-3, 1, 2]."
    )
    assert "assert" not in text


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("", "q1: `keep_largest` is not defined yet: run its cell first."),
        ("keep_largest = ...", "q1: `keep_largest` is still empty"),
        ('def keep_largest(v, c):\n    """Doc."""\n    ...', "q1: `keep_largest` is still empty"),
        ("def keep_largest(v, c):\n    ...", "q1: `keep_largest` is still empty"),
        (
            "def keep_largest(v, c):\n    x = ...\n    return x + 1",
            "A `...` is still to be replaced.",
        ),
        (
            "def keep_largest(v, c):\n    return v / 0",
            "TypeError: unsupported operand type(s) for /: 'list' and 'int', "
            "in your `keep_largest`, line 2 of its cell",
        ),
        ("def keep_largest(v, c):\n    assert False, 'mine'", "AssertionError: mine, in your"),
        (
            "keep_largest = lambda v: v",
            "Your answer could not be used: TypeError: <lambda>() takes",
        ),
        (
            "from efficientai.checking import case_seed as keep_largest",
            "q1: `keep_largest` comes from `efficientai.checking`. Write your own",
        ),
    ],
)
def test_obstacles_get_a_sentence(grader, source, sentence):
    assert sentence in says(grader, source)


def test_a_function_that_calls_others_is_not_empty(grader):
    source = RIGHT.replace("keep_largest", "mine") + "\ndef keep_largest(v, c): return mine(v, c)"
    assert grader.check("q1", answers(source)).passed_all


def test_messages_are_escaped(grader):
    source = "def keep_largest(v, c): return '<script>alert(1)</script> `x`'"
    page = grader.check("q1", answers(source))._repr_html_()
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "<code>x</code>" in page


def test_names_come_from_the_notebook_that_asks(grader):
    names = answers(RIGHT) | {"grader": grader}
    exec("result = grader.check('q1')", names)
    assert names["result"].passed_all


def test_unknown_question_and_topic(grader):
    with pytest.raises(ValueError, match=r"called 'q7'\. The questions are: q1, q2\."):
        grader.check("q7")
    with pytest.raises(ValueError, match=r"called 'shrinking'\. The exercises are: shrink\."):
        grading.grader("shrinking")
    with pytest.raises(ValueError, match="No exercise is called ''"):
        grading.grader("")


def test_leaves_nothing_in_the_folder_and_reads_no_notebook(grader, tmp_path):
    (tmp_path / "broken.ipynb").write_text("<<<<<<< not json")
    again = grading.grader("shrink")  # otter alone would try to read that notebook
    again.check("q1", answers(RIGHT))
    assert [path.name for path in tmp_path.iterdir()] == ["broken.ipynb"]


def test_in_colab(course, monkeypatch, tmp_path):
    """otter knows Colab by the shell's name and refuses what does not work there."""

    class ColabShell(InteractiveShell):
        def __str__(self) -> str:
            return "<google.colab._shell.Shell object>"

    monkeypatch.setattr(grading, "CHECKS", course.checks("shrink").parent)
    shell = ColabShell.__new__(ColabShell)
    monkeypatch.setattr(IPython.core.getipython, "get_ipython", lambda: shell)
    monkeypatch.setattr("otter.check.utils.get_ipython", lambda: shell)
    monkeypatch.chdir(tmp_path)
    grader = grading.grader("shrink")
    assert grader.interpreter.name == "COLAB"
    assert grader.check("q1", answers(RIGHT)).passed_all


def test_grading_mode_is_otters_own(course, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(grading, "CHECKS", course.checks("shrink").parent)
    monkeypatch.setattr(otter.Notebook, "_grading_mode", True)
    monkeypatch.setattr(
        otter.Notebook, "_tests_dir_override", str(course.bundle("shrink") / "tests")
    )
    result = grading.grader("shrink").check("q1", answers(RIGHT))
    assert type(result) is ExceptionTestFile
    assert [r.test_case.hidden for r in result.test_case_results] == [False, True]


def solved_notebook(course: Course, folder: Path) -> Path:
    """The solved notebook in `folder`, whose first cell points the package at the fixture."""
    notebook = nbformat.read(course.bundle("shrink") / "solution.ipynb", as_version=4)
    lines = [
        "import pathlib, efficientai.grading",
        f"efficientai.grading.CHECKS = pathlib.Path({str(course.checks('shrink').parent)!r})",
    ]
    notebook.cells.insert(0, nbformat.v4.new_code_cell("\n".join(lines)))
    path = folder / "shrink.ipynb"
    nbformat.write(notebook, path)
    return path


def run(command: list[str], folder: Path) -> str:
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_in_a_jupyter_kernel(course, tmp_path):
    solved_notebook(course, tmp_path)
    run(["nbconvert", "--to", "notebook", "--execute", "--inplace", "shrink.ipynb"], tmp_path)
    notebook = nbformat.read(tmp_path / "shrink.ipynb", as_version=4)
    shown = {cell.id: cell.outputs for cell in notebook.cells if cell.id.endswith("-check")}
    assert shown["q1-check"][0].data["text/plain"] == "q1: all checks passed."
    assert "✓" in shown["q2-check"][0].data["text/html"]
    assert [path.name for path in tmp_path.iterdir()] == ["shrink.ipynb"]


def test_under_otter_run(course, tmp_path):
    solved_notebook(course, tmp_path)
    shutil.copy(course.bundle("shrink") / "autograder.zip", tmp_path)
    run(["otter", "run", "-a", "autograder.zip", "shrink.ipynb"], tmp_path)
    tests = json.loads((tmp_path / "results.json").read_text())["tests"]
    scores = {test["name"]: (test["score"], test["max_score"]) for test in tests if "score" in test}
    assert scores == {"q1": (3, 3), "q2": (2, 2)}


FIRST_CELL = """
import json, sys, types
from IPython.core.interactiveshell import InteractiveShell

exercise, colab = sys.argv[1], sys.argv[2] == "colab"

class Shell(InteractiveShell):
    def __str__(self):
        return "<google.colab._shell.Shell>" if colab else super().__str__()

if colab:
    sys.modules["google.colab"] = types.ModuleType("google.colab")
shell, installed = Shell.instance(), []
shell.register_magic_function(lambda line: installed.append(line), "line", "pip")
cells = json.load(open(exercise))["cells"]
first = next(cell for cell in cells if cell["cell_type"] == "code")
shell.run_cell("".join(first["source"])).raise_error()
shell.run_cell("result = grader.check('q1')").raise_error()
grader = shell.user_ns["grader"]
print(json.dumps([installed, str(grader.interpreter), shell.user_ns["result"].summary()]))
"""


@pytest.mark.parametrize("place", ["colab", "elsewhere"])
@pytest.mark.parametrize("exercise", sorted(ROOT.glob("exercises/*.ipynb")), ids=lambda p: p.stem)
def test_the_first_cell_of_an_exercise(exercise, place, tmp_path):
    """Unchanged in both places: it installs in Colab alone, and then the checks are there."""
    done = subprocess.run(
        [sys.executable, "-c", FIRST_CELL, exercise, place],
        cwd=tmp_path,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    installed, interpreter, said = json.loads(done.stdout.splitlines()[-1])
    assert "is not defined yet: run its cell first." in said
    if place == "colab":
        (line,) = installed
        assert line == f'install -q "efficientai @ git+{Course().repository()}"'
        assert "COLAB" in interpreter
    else:
        assert installed == [] and interpreter == "None"
    assert list(tmp_path.iterdir()) == []
