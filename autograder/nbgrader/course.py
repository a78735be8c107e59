"""Write the folder that nbgrader works in, or renew its notebooks and tests.

What an instructor edits is written once and never again: the configuration, the list of students.
What comes from the masters is renewed, but not under the feet of students who have handed in.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

import nbformat
from nbformat import NotebookNode

from autograder import results
from autograder.build import all_tests
from autograder.course import ROOT, Course, CourseError
from autograder.master import Master, read_master
from autograder.nbgrader.source import annotate

BUNDLES = "bundles"  # beside source/: the tests, out of every notebook
CONFIG = "nbgrader_config.py"
EXCHANGE = "/usr/local/share/nbgrader/exchange"  # nbgrader's own default
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
TEXTS = Path(__file__).parent / "texts"
FILLED = (CONFIG, "README.md")


@dataclass(frozen=True)
class Settings:
    """What the configuration of a new course says; None stands for what is usual.

    Attributes:
        name: nbgrader's course id.
        exchange: the folder through which notebooks go out and come in.
        seed: of the hidden cases; drawn by lot if it is not given.
    """

    name: str | None = None
    exchange: str | None = None
    seed: str | None = None


@dataclass
class Written:
    """What became of the topics."""

    written: list[Master] = field(default_factory=list)
    unchanged: list[Master] = field(default_factory=list)


def write(
    course: Course, topics: list[str], out: Path, settings: Settings, *, renew: bool = False
) -> Written:
    """Write nbgrader's course for `topics` into `out`; a folder that holds one is renewed.

    Args:
        renew: change a topic even if somebody has handed it in.

    Raises:
        CourseError: before anything is written, for an unknown topic, a folder with other files,
            a setting that cannot be, or a topic that has submissions and would change.
    """
    _require_place(out, settings)
    report = Written()
    files = {}
    for master in (read_master(course, topic) for topic in topics):
        files[master.topic] = _files(master)
        current = _is_current(_present(out, master.topic), master.topic, files[master.topic])
        (report.unchanged if current else report.written).append(master)
    if not renew:
        for master in report.written:
            _require_unused(out, master.topic, files[master.topic])
    _make_private(out, out / "source", out / BUNDLES)
    for name, text in _papers(course, topics, settings).items():
        if not (out / name).exists():
            results.write(out / name, text)
    for master in report.written:
        _write_topic(out, master.topic, files[master.topic])
    return report


# ---------------------------------------------------------------- what is refused


def _require_place(out: Path, settings: Settings) -> None:
    name = settings.name
    if name is not None and not NAME.fullmatch(name):
        raise CourseError(f"{name!r} is no course id: use letters, digits, dots, `-` and `_`.")
    if out.exists() and not out.is_dir():
        raise CourseError(f"{out} is a file: give a folder.")
    entries = sorted(path.name for path in out.iterdir()) if out.is_dir() else []
    if not entries:
        return
    if CONFIG not in entries:
        raise CourseError(f"{out} holds other files, such as {entries[0]!r}: give an empty folder.")
    if "autograder.nbgrader" not in (out / CONFIG).read_text(encoding="utf-8"):
        raise CourseError(f"{out} holds another nbgrader course: give an empty folder.")
    if settings != Settings():
        raise CourseError(f"{out} is configured already: change what you want in {out / CONFIG}.")


def _require_unused(out: Path, topic: str, files: dict[str, str]) -> None:
    """A topic that students have handed in, or whose notebook was edited here, stays as it is."""
    remedy = "Nothing was written. Leave the topic out, or say --renew to have it replaced."
    for work in sorted(out.glob(f"submitted/*/*/{topic}.ipynb"))[:1]:
        where = work.relative_to(out)
        raise CourseError(f"{topic} would change, but {where} is handed in already. {remedy}")
    present, (notebook, written) = _present(out, topic), _source(topic)
    if present.get(notebook) not in (None, present.get(written), files[notebook]):
        raise CourseError(f"{topic} would change, but {notebook} was edited here. {remedy}")


# ---------------------------------------------------------------- what is written


def _files(master: Master) -> dict[str, str]:
    """The topic's files by their path in the course's folder."""
    topic = master.topic
    release, source = (_text(annotate(n, master)) for n in (master.release, master.solution))
    files = {f"{BUNDLES}/{topic}/tests/{n}": text for n, text in all_tests(master).items()}
    files[f"{BUNDLES}/{topic}/release.ipynb"] = release
    return files | dict.fromkeys(_source(topic), source)


def _source(topic: str) -> tuple[str, str]:
    """The notebook that an instructor may edit, and how it was written."""
    return f"source/{topic}/{topic}.ipynb", f"{BUNDLES}/{topic}/source.ipynb"


def _text(notebook: NotebookNode) -> str:
    return nbformat.writes(notebook) + "\n"


def _present(out: Path, topic: str) -> dict[str, str]:
    """What of the topic's is there."""
    paths = [*out.glob(f"{BUNDLES}/{topic}/**/*.*"), *out.glob(f"source/{topic}/{topic}.ipynb")]
    kept = [path for path in paths if path.suffix in (".py", ".ipynb")]
    return {p.relative_to(out).as_posix(): p.read_text(encoding="utf-8") for p in kept}


def _is_current(present: dict[str, str], topic: str, files: dict[str, str]) -> bool:
    """Whether all is as it would be written; an instructor may have edited the notebook since."""
    notebook, _ = _source(topic)
    return notebook in present and {**present, notebook: files[notebook]} == files


def _write_topic(out: Path, topic: str, files: dict[str, str]) -> None:
    for name in _present(out, topic).keys() - files.keys():
        (out / name).unlink()
    for name, text in files.items():
        results.write(out / name, text)


def _make_private(*folders: Path) -> None:
    """Make the folders that are missing; nobody but their owner can look into them."""
    for folder in folders:
        if not folder.exists():
            folder.mkdir(mode=0o700, parents=True)


def _papers(course: Course, topics: list[str], settings: Settings) -> dict[str, str]:
    """What is the instructor's own from the first day on."""
    words = {
        "tools": repr(str(ROOT)),
        "clone": repr(str(course.root)),
        "name": repr(settings.name or "efficient-ai"),
        "exchange": repr(settings.exchange or EXCHANGE),
        "seed": repr(settings.seed or secrets.token_hex(8)),
        "topic": topics[0],
    }
    texts = {name: (TEXTS / f"{name}.txt").read_text(encoding="utf-8") for name in FILLED}
    filled = {name: Template(text).substitute(words) for name, text in texts.items()}
    return {**filled, "students.csv": "id,first_name,last_name,email\n"}
