"""Gradescope's zip, run as Gradescope runs it: the same scores, a sentence for everybody, no leak.

The folder that stands for ``/autograder`` is made as Gradescope makes it: the zip in ``source``, a
copy of ``run_autograder`` beside it, the student's files in ``submission``.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from pathlib import Path

import nbformat
import pytest

from autograder import notebooks
from autograder.boundary.limits import MIB, Limits
from autograder.build import EPOCH
from autograder.course import ROOT, Course, CourseError
from autograder.grade import grade_class
from autograder.gradescope import Settings, pack
from autograder.gradescope import __main__ as container
from autograder.master import is_answer
from autograder.sample import sample

TOPIC, SEED = "deployment", "instructors-own-seed"
KINDS = ("several mistakes", "syntax error", "no notebook")
# every key that Gradescope documents for results.json, and for one of its tests
KEYS = {
    "score", "execution_time", "output", "output_format", "test_output_format", "test_name_format",
    "visibility", "stdout_visibility", "extra_data", "tests", "leaderboard",
}  # fmt: skip
TEST_KEYS = {
    "score", "max_score", "status", "name", "name_format", "number", "output", "output_format",
    "tags", "visibility", "extra_data",
}  # fmt: skip
FORMATS = {"text", "html", "simple_format", "md", "ansi"}
VISIBILITIES = {"hidden", "after_due_date", "after_published", "visible"}


@pytest.fixture(scope="module")
def archive() -> Path:
    """The zip of a quick topic."""
    return pack.pack(Course(), Settings(TOPIC, SEED))


@pytest.fixture
def root(archive):
    """A folder as ``/autograder``, which other users can reach as they can there."""
    folder = Path(tempfile.mkdtemp(prefix="autograder-"))
    folder.chmod(0o755)
    for name in ("source", "submission", "results"):
        (folder / name).mkdir()
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(folder / "source")
    subprocess.run(["chmod", "-R", "go-rwx", folder / "source"], check=True)  # as setup.sh does
    shutil.copy(folder / "source" / "run_autograder", folder)
    (folder / "run_autograder").chmod(0o755)
    (folder / "submission_metadata.json").write_text('{"users": [{"email": "ada@example.org"}]}')
    (folder / "home").mkdir()
    (folder / "home" / "venv").symlink_to(sys.prefix)
    yield folder
    shutil.rmtree(folder)


def run(root: Path, *prefix: str) -> dict:
    """Run what Gradescope runs; the content of ``results.json``, which has only documented keys."""
    environment = {
        "PATH": os.environ["PATH"],
        "AUTOGRADER_ROOT": str(root),
        "AUTOGRADER_HOME": str(root / "home"),
        "SECRET_OF_THE_HARNESS": "token",
    }
    done = subprocess.run(
        [*prefix, str(root / "run_autograder")],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    results = json.loads((root / "results" / "results.json").read_text())
    assert set(results) <= KEYS and ("score" in results or results["tests"])
    assert results["stdout_visibility"] == "hidden"
    assert results.get("visibility", "visible") in VISIBILITIES
    for test in results.get("tests", ()):
        assert set(test) <= TEST_KEYS and test["status"] in ("passed", "failed")
        assert 0 <= test["score"] <= test["max_score"]
    assert {v for k, v in results.items() if k.endswith("_format")} <= FORMATS
    return {**results, "stdout": done.stdout, "stderr": done.stderr}


def hand_in(root: Path, *files: Path) -> None:
    """Put a student's files where Gradescope puts them, in place of what is there."""
    shutil.rmtree(root / "submission")
    (root / "submission").mkdir()
    for file in files:
        shutil.copy(file, root / "submission")


def scores(results: dict) -> dict[str, float]:
    return {test["name"]: test["score"] for test in results["tests"]}


def test_the_sample_class_gets_the_same_scores_as_from_grade(root, tmp_path):
    people = sample(Course(), TOPIC, tmp_path / "class", seed="gradescope")
    chosen = {kind: next(p.file for p in people if p.kind == kind) for kind in KINDS}
    (tmp_path / "in").mkdir()
    for kind, file in chosen.items():
        shutil.copy(tmp_path / "class" / file, tmp_path / "in" / f"{kind}.ipynb")
    records = {
        record["file"].removesuffix(".ipynb"): record
        for record in grade_class(TOPIC, tmp_path / "in", tmp_path / "grades", SEED)
    }
    for kind in KINDS:
        hand_in(root, tmp_path / "in" / f"{kind}.ipynb")
        results, record = run(root), records[kind]
        assert scores(results) == {q["name"]: q["score"] for q in record["questions"]}, kind
        assert sum(test["max_score"] for test in results["tests"]) == record["possible"]
        assert results["output"] == record["note"]
    assert 0 < records["several mistakes"]["score"] < records["several mistakes"]["possible"]
    assert "is no notebook. Hand in the .ipynb file" in results["output"]  # the last one


def test_of_several_files_the_exercise_is_graded(root, tmp_path):
    right = tmp_path / "answers (2).ipynb"
    shutil.copy(Course().bundle(TOPIC) / "solution.ipynb", right)
    (tmp_path / "notes.ipynb").write_text(nbformat.writes(nbformat.v4.new_notebook()))
    hand_in(root, right, tmp_path / "notes.ipynb")
    results = run(root)
    assert all(test["status"] == "passed" for test in results["tests"])
    assert "Several files were handed in: answers (2).ipynb was graded" in results["output"]


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["essay.pdf"], "essay.pdf holds no notebook. Hand in the .ipynb file."),
        (["essay.pdf", "a.png"], "submission holds no notebook. Hand in the .ipynb file."),
        ([], "submission holds no notebook. Hand in the .ipynb file."),
    ],
)
def test_what_is_no_notebook_is_named(tmp_path, names, sentence):
    (tmp_path / "submission").mkdir()
    for name in names:
        (tmp_path / "submission" / name).write_bytes(b"%PDF-1.7 my answers")
    with pytest.raises(notebooks.Unreadable, match=re.escape(sentence)):
        notebooks.read(container.handed_in(tmp_path / "submission"), notebooks.Notebook(()))


SPY = """
def weight_bytes(model, bits):
    import os
    from pathlib import Path

    def look(path, do):
        try:
            return f"{path}: READ {do(path)!r:.200}"
        except OSError as error:
            return f"{path}: {error.strerror}"

    root = Path(%r)
    told = [look(root / name, Path.read_text) for name in (
        "source/bundle/tests/q1.py", "source/settings.json", "source/setup.sh",
        "results/results.json", "submission/spy.ipynb",
    )]
    told += [look(root / name, os.listdir) for name in ("source", "submission", "results")]
    for process in Path("/proc").glob("[0-9]*"):
        for name in ("environ", "mem", "fd"):
            found = look(process / name, Path.read_bytes if name == "environ" else os.listdir)
            told += [found] if any(s in found for s in ("autograder", "token", "seed")) else []
    secrets = {"SECRET_OF_THE_HARNESS", "EFFICIENTAI_SEED"} & set(os.environ)
    told += ["ENVIRONMENT"] if secrets else []
    raise ValueError("\\n".join([f"user {os.stat('/proc/self').st_uid}", *told]))
"""


@pytest.fixture
def dropped(root):
    """Root in a container without CAP_SYS_ADMIN, as on Gradescope: no mounts, no namespaces.

    Python and its libraries are put where every user can read them, as ``setup.sh`` does.
    """
    if os.geteuid() or not shutil.which("setpriv") or not shutil.which("unshare"):
        pytest.skip("only root can play a container's root: run as root, with util-linux")
    base, packages = root / "home" / "base", root / "home" / "packages"
    base.mkdir(), packages.mkdir()
    (root / "home" / "venv").unlink()
    library = root / "home" / "venv" / "lib" / f"python{sysconfig.get_python_version()}"
    lines = [
        "set -e",
        f"mount --bind {sys.base_prefix} {base}",
        f"mount --bind {sysconfig.get_path('purelib')} {packages}",
        f"[ -d {library} ] || {base}/bin/python3 -m venv --without-pip {root}/home/venv",
        f"echo {packages} >{library}/site-packages/packages.pth",
        'exec setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin "$@"',
    ]
    (root / "inside").write_text("\n".join(lines))
    return ("unshare", "--mount", "bash", str(root / "inside"))


def test_without_namespaces_the_tests_stay_unreadable(root, dropped, tmp_path):
    spy = nbformat.read(Course().bundle(TOPIC) / "solution.ipynb", as_version=4)
    next(cell for cell in spy.cells if is_answer(cell)).source = SPY % str(root)
    nbformat.write(spy, tmp_path / "spy.ipynb")
    hand_in(root, tmp_path / "spy.ipynb")
    results = run(root, *dropped)
    assert "MISSING: namespaces (" in results["stdout"], results["stderr"]
    first, *others = results["tests"]
    assert "Permission denied" in first["output"] and "READ" not in first["output"]
    assert "ENVIRONMENT" not in first["output"]
    assert re.search(r"user [1-9]\d{4}\b", first["output"])  # neither root nor anybody's
    assert first["score"] == 0 and all(test["status"] == "passed" for test in others)


def test_where_nothing_hides_the_tests_nothing_is_graded(tmp_path, monkeypatch):
    class Bare:
        """An engine whose workers run as this very user and see every file."""

        layers = {"namespaces": "no", "file system": "needs namespaces", "limits": ""}  # noqa: RUF012

        def __init__(self, *_):
            pass

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def grade(self, _):
            raise AssertionError("graded in spite of it")

    monkeypatch.setattr(container, "Engine", Bare)
    with pytest.raises(CourseError, match="can neither hide the tests nor"):
        container.grade(Settings(TOPIC), tmp_path)


def test_results_are_there_whatever_ends_the_grading(root):
    """A broken image, a crash of the engine, a kill: the student reads a sentence."""
    (root / "source" / "bundle" / "tests" / "q1.py").write_text("no Python(")
    broken = run(root)
    assert broken["score"] == 0 and "Nothing was graded." in broken["output"]
    (root / "source" / "autograder" / "batch.py").write_text("import os; os.kill(os.getpid(), 9)")
    assert "could not start" in run(root)["output"]
    text = "import os\nclass Engine:\n    def __init__(*_): os.kill(os.getpid(), 9)\n"
    text += "Submission = announce = None\n"
    (root / "source" / "autograder" / "batch.py").write_text(text)
    assert "Grading did not finish" in run(root)["output"]
    (root / "home" / "venv").unlink()
    assert "could not start" in run(root)["output"]


def test_a_notebook_ends_before_gradescope_ends_the_container():
    for minutes in (2, 10, 40):
        limits = container.limits_of(minutes, 8 << 30)
        left = 60 * minutes - limits.total_seconds
        assert left >= container.LAST_SECONDS + 10, "no time to start and to write the results"
        assert limits.total_seconds <= Limits().total_seconds
    assert container.limits_of(10, 1536 * MIB).memory_bytes <= 1536 * MIB - container.ENGINE_BYTES
    assert container.limits_of(10, 64 << 30).memory_bytes == Limits().memory_bytes


@pytest.mark.parametrize(
    ("name", "text", "limit"),
    [
        ("memory.max", f"{1536 * MIB}\n", 1536 * MIB),
        ("memory.max", "max\n", None),
        ("memory/memory.limit_in_bytes", f"{768 * MIB}\n", 768 * MIB),
        ("memory/memory.limit_in_bytes", "9223372036854771712\n", None),  # version 1's "no limit"
        ("other", "1\n", None),
    ],
)
def test_memory_of_the_container(tmp_path, name, text, limit):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(text)
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert container.container_bytes(tmp_path) == (limit or machine)


def test_when_students_see_what():
    question = {"name": "q1", "score": 1, "possible": 2, "cases": [
        {"passed": True, "message": ""},
        {"passed": False, "message": "Your mask keeps 12."},
        {"passed": False, "message": "Your mask keeps 12."},
    ]}  # fmt: skip
    shown = container.shown({"note": "", "questions": [question]}, "after_due_date")
    assert shown["visibility"] == "after_due_date"
    assert shown["tests"][0]["output"] == "1 of 3 checks passed.\n- Your mask keeps 12."


def test_the_zip_is_small_pinned_and_always_the_same(archive, tmp_path):
    first = archive.read_bytes()
    archive.unlink()
    assert pack.pack(Course(), Settings(TOPIC, SEED)).read_bytes() == first
    assert len(first) < 2_000_000
    with zipfile.ZipFile(archive) as packed:
        names = set(packed.namelist())
        assert packed.read("constraints.txt") == (ROOT / "requirements.lock").read_bytes()
        wanted = packed.read("requirements.txt").decode().split()
        assert {info.date_time for info in packed.infolist()} == {EPOCH}
        modes = {n: packed.getinfo(n).external_attr >> 16 for n in ("setup.sh", "run_autograder")}
        for script in modes:
            (tmp_path / script).write_bytes(packed.read(script))
            subprocess.run(["bash", "-n", tmp_path / script], check=True)
    assert {"setup.sh", "run_autograder"} <= names  # at the root, or Gradescope does not find them
    assert set(modes.values()) == {0o755}
    assert not [n for n in names if "solution" in n or "signatures" in n or "/checks/" in n]
    pinned = set(re.findall(r"^([\w-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE))
    asked = {re.match(r"[\w-]+", line)[0] for line in wanted}
    assert asked <= pinned and not asked & {"jupyter-book", "nbgrader", "torchvision"}
    ours = {f"efficientai/{path.name}" for path in Course().package()}
    assert {n for n in names if n.startswith("efficientai/")} == ours


def test_setup_installs_from_the_pins_without_naming_a_host():
    text = (ROOT / "autograder" / "gradescope" / "setup.sh").read_text()
    assert '-r "$source/requirements.txt" -c "$source/constraints.txt"' in text
    assert "--torch-backend cpu" in text
    assert re.search(r"uv==\d+\.\d+\.\d+$", text, re.MULTILINE)
    assert not re.search(r"https?://", text)
