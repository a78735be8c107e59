"""Turn a master into what students open, what their checks read, and what an instructor needs.

The same master gives the same bytes, whoever builds it and whenever.
"""

from __future__ import annotations

import io
import os
import re
import tempfile
import zipfile
from collections.abc import Collection
from importlib.metadata import requires
from pathlib import Path

import nbformat
import otter.generate

from autograder.course import Course, CourseError
from autograder.master import Case, Master, Question, read_master

EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time a zip can tell
TEST_FILE = """\
# Made from solutions/{topic}.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "{question}"
points = None
{rest}"""
TEST_CASE = """

@test_case(name={name!r}, points={points!r}, hidden={hidden!r})
{source}
"""


def build(course: Course, topic: str) -> Master:
    """Write the exercise, the public checks and the instructor's bundle of `topic`.

    Raises:
        CourseError: for an unknown topic, a master with a slip, or a folder that cannot be written.
    """
    master = read_master(course, topic)
    try:
        _write_folder(course.exercise(topic).parent, _exercise(master))
        _write_folder(course.checks(topic), _tests(master, hidden=False), owned="*.py")
        _write_bundle(course, master)
    except OSError as error:
        raise CourseError(f"Cannot write {error.filename}: {error.strerror}.") from error
    return master


def stale(course: Course, topic: str) -> list[Path]:
    """The committed files of `topic` whose content differs from a fresh build, or has no source."""
    master = read_master(course, topic)
    fresh = {course.exercise(topic).parent / n: t for n, t in _exercise(master).items()}
    fresh |= {course.checks(topic) / n: t for n, t in _tests(master, hidden=False).items()}
    differing = [path for path, text in fresh.items() if _read(path) != text]
    orphans = [path for path in course.checks(topic).glob("*.py") if path not in fresh]
    return sorted(differing + orphans)


def orphans(course: Course) -> list[Path]:
    """Exercises and folders of checks that no master stands for."""
    made = [*course.exercise("x").parent.glob("*.ipynb"), *course.checks("x").parent.glob("*/")]
    topics = course.topics()
    return sorted(p for p in made if p.stem not in topics and not p.name.startswith((".", "_")))


def ensure_bundle(course: Course, topic: str) -> Path:
    """Build the bundle of `topic` afresh and return its folder."""
    master = read_master(course, topic)
    try:
        _write_bundle(course, master)
    except OSError as error:
        raise CourseError(f"Cannot write {error.filename}: {error.strerror}.") from error
    return course.bundle(topic)


def _exercise(master: Master) -> dict[str, str]:
    return {f"{master.topic}.ipynb": nbformat.writes(master.release) + "\n"}


def _tests(master: Master, *, hidden: bool) -> dict[str, str]:
    """The test files by name: public cases alone, or with the hidden ones."""
    return {
        f"{question.name}.py": _test_file(master.topic, question, hidden)
        for question in master.questions
    }


def _test_file(topic: str, question: Question, hidden: bool) -> str:
    cases = [_test_case(case) for case in question.cases if hidden or not case.hidden]
    rest = "all_or_nothing = True\n" if question.all_or_nothing else ""
    return TEST_FILE.format(topic=topic, question=question.name, rest=rest + "".join(cases))


def _test_case(case: Case) -> str:
    return TEST_CASE.format(
        name=case.name, points=case.points, hidden=case.hidden, source=case.source.rstrip()
    )


def all_tests(master: Master) -> dict[str, str]:
    """The test files by name, hidden cases included: for instructors alone."""
    return _tests(master, hidden=True)


def _write_bundle(course: Course, master: Master) -> None:
    folder = course.bundle(master.topic)
    tests = all_tests(master)
    if _write_folder(folder / "tests", tests, owned="*.py"):
        (folder / "signatures.json").unlink(missing_ok=True)  # they speak of other tests
    notebooks = {"release.ipynb": master.release, "solution.ipynb": master.solution}
    _write_folder(folder, {name: nbformat.writes(nb) + "\n" for name, nb in notebooks.items()})
    write(folder / "autograder.zip", _autograder_zip(course, tests))


def _write_folder(folder: Path, files: dict[str, str], owned: str | None = None) -> bool:
    """Write `files`, remove others that match `owned`; whether anything changed."""
    folder.mkdir(parents=True, exist_ok=True)
    extra = [path for path in folder.glob(owned) if path.name not in files] if owned else []
    for path in extra:
        path.unlink()
    written = [write(folder / name, text.encode()) for name, text in files.items()]
    return bool(extra) or any(written)


def write(path: Path, content: bytes) -> bool:
    """Write unless the file says so already, so that nothing downstream looks newer.

    Returns:
        Whether it was written.

    Raises:
        OSError: if the file cannot be written.
    """
    if path.is_file() and path.read_bytes() == content:
        return False
    partial = path.with_name(f".{path.name}.partial")
    partial.write_bytes(content)
    os.replace(partial, path)
    return True


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


def _autograder_zip(course: Course, tests: dict[str, str]) -> bytes:
    """What ``otter run -a`` and Gradescope take: otter's own zip, with the course package in it."""
    entries = _otter_zip_entries(tests)
    checks = (course.root / "efficientai").glob("checks/*/*.py")
    for path in [*course.package(), *checks]:
        entries[f"files/{path.relative_to(course.root).as_posix()}"] = path.read_bytes()
    return zipped(entries)


def _otter_zip_entries(tests: dict[str, str]) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        _write_folder(base / "tests", tests)
        (base / "requirements.txt").write_text("\n".join(_requirements()))
        otter.generate.main(
            tests_dir=str(base / "tests"),
            output_path=str(base / "autograder.zip"),
            requirements=str(base / "requirements.txt"),
            lang="python",
            no_config=True,
            no_environment=True,
        )
        with zipfile.ZipFile(base / "autograder.zip") as archive:
            return {name: archive.read(name) for name in archive.namelist()}


def _requirements() -> list[str]:
    """What the course package needs besides otter, which brings its own line."""
    return [line for line in package_requirements() if not re.match(r"otter-grader\b", line)]


def package_requirements() -> list[str]:
    """What the course package needs, as ranges."""
    return sorted(line for line in requires("efficientai") or [] if "extra ==" not in line)


def zipped(entries: dict[str, bytes], executable: Collection[str] = ()) -> bytes:
    """A zip of `entries` that depends on nothing else; those that are `executable` say so."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:  # stored: compressors differ between machines
        for name in sorted(entries):
            info = zipfile.ZipInfo(name, date_time=EPOCH)
            info.external_attr = (0o755 if name in executable else 0o644) << 16
            archive.writestr(info, entries[name])
    return buffer.getvalue()
