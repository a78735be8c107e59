"""Every exercise runs in an environment like Colab's, from an install of this repository alone.

Colab has its own torch, numpy and Jupyter, a shell class of its own, and no repository on disk.
Here they are this environment's libraries, linked one by one into a folder without the course
package. The first cell's own ``%pip install ... git+https://...`` runs; git takes the address for
a local clone of this working tree, and pip gets no network, so it must be content with what is
there.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import nbformat
import pytest

from autograder.course import ROOT, Course
from autograder.master import read_master

COURSE = Course()
SHELL = """\
from IPython.core.interactiveshell import InteractiveShell


class Shell(InteractiveShell):
    pass
"""


def environment(home: Path) -> tuple[Path, dict[str, str]]:
    """A Python like Colab's in `home`, and the variables that it runs with."""
    libraries = home / "dist-packages"
    libraries.mkdir()
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if "efficientai" not in entry.name and entry.suffix != ".pth":
            (libraries / entry.name).symlink_to(entry)
    (home / "google" / "colab").mkdir(parents=True)
    (home / "google" / "colab" / "__init__.py").touch()
    (home / "google" / "colab" / "_shell.py").write_text(SHELL)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home / "venv"], check=True)
    (packages,) = (home / "venv").glob("lib/python*/site-packages")
    (packages / "colab.pth").write_text(f"{home}\n{libraries}\n")
    return home / "venv" / "bin" / "python", {
        "PATH": os.environ["PATH"],
        "HOME": str(home / "content"),
        "OMP_NUM_THREADS": "1",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "PIP_NO_INDEX": "1",
        "PIP_NO_CACHE_DIR": "1",
        "PIP_NO_BUILD_ISOLATION": "false",  # pip reads it so: no, do not isolate
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.file://{repository(home / 'clone')}.insteadOf",
        "GIT_CONFIG_VALUE_0": COURSE.repository(),
    }


def repository(folder: Path) -> Path:
    """This working tree's package as a git repository, committed or not."""
    leave = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "efficientai", folder / "efficientai", ignore=leave)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    git = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "as it is now"]):
        subprocess.run([*git, *command], check=True)
    return folder


def jobs(folder: Path) -> list[dict]:
    """The students' notebooks as they get them, and the same with the solutions in."""
    found = []
    for topic in COURSE.topics():
        solved = folder / f"{topic}.ipynb"
        nbformat.write(read_master(COURSE, topic).solution, solved)
        blank = folder / f"{topic}-blank.ipynb"
        shutil.copy(COURSE.exercise(topic), blank)
        found += [{"topic": topic, "solved": False, "path": str(blank)}]
        found += [{"topic": topic, "solved": True, "path": str(solved)}]
    return found


@pytest.fixture(scope="module")
def session(tmp_path_factory) -> list[dict]:
    """What happened, event by event."""
    home = tmp_path_factory.mktemp("colab")
    (home / "content").mkdir()
    python, variables = environment(home)
    (home / "jobs.json").write_text(json.dumps(jobs(home / "content")))
    shutil.copy(Path(__file__).with_name("colab_session.py"), home)
    done = subprocess.run(
        [python, home / "colab_session.py", home / "jobs.json"],
        cwd=home / "content",
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_first_cell_installs_the_course_and_leaves_torch_alone(session):
    before, after, *_ = session
    assert not before["found"], "the course package was there before: this proves nothing"
    assert after["error"] == ""
    assert after["package"].endswith("venv/lib/{}/site-packages/efficientai/__init__.py".format(
        Path(sysconfig.get_path("stdlib")).name))  # fmt: skip
    assert after["versions"] == before["versions"]
    assert "google.colab" in after["shell"]  # by this otter knows where it is
    assert not [path for path in after["files"] if Path(path).is_relative_to(ROOT)]


def notebook(session: list[dict], topic: str, solved: bool) -> dict:
    (found,) = [e for e in session[2:] if (e["topic"], e["solved"]) == (topic, solved)]
    line = f'install -q "efficientai @ git+{COURSE.repository()}"'
    assert found["installs"] == [line], "not the install that was tried"
    assert set(found["checks"]) == {q.name for q in read_master(COURSE, topic).questions}
    return found


@pytest.mark.parametrize("topic", COURSE.topics())
def test_a_blank_exercise_runs_and_says_what_is_missing(session, topic):
    ran = notebook(session, topic, solved=False)
    assert ran["errors"] == {}
    for question, (passed, summary) in ran["checks"].items():
        assert not passed and summary.startswith(f"{question}: 0 of "), summary
        assert "\n  - " in summary and "Traceback" not in summary


@pytest.mark.parametrize("topic", COURSE.topics())
def test_the_solution_passes_every_public_check(session, topic):
    ran = notebook(session, topic, solved=True)
    assert ran["errors"] == {}
    assert [summary for passed, summary in ran["checks"].values() if not passed] == []
