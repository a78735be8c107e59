"""The zip that an instructor uploads as a Gradescope assignment's autograder."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from autograder.build import ensure_bundle, package_requirements, write, zipped
from autograder.course import ROOT, Course, CourseError
from autograder.gradescope import Settings

SCRIPTS = ("setup.sh", "run_autograder")
ENGINE = (  # none that builds, proves or reports
    "__init__", "batch", "course", "notebooks", "results", "senders",
    "gradescope/__init__", "gradescope/__main__",
)  # fmt: skip
PINS = "requirements.lock"


def pack(course: Course, settings: Settings) -> Path:
    """Write ``gradescope.zip`` into the topic's bundle and return its path.

    The same course and settings give the same bytes.

    Raises:
        CourseError: for a master with a slip, or a folder that cannot be written.
    """
    bundle = ensure_bundle(course, settings.topic)
    path = bundle / "gradescope.zip"
    try:
        write(path, zipped(_entries(course, bundle, settings), executable=SCRIPTS))
    except OSError as error:
        raise CourseError(f"Cannot write {error.filename}: {error.strerror}.") from error
    return path


def _entries(course: Course, bundle: Path, settings: Settings) -> dict[str, bytes]:
    here = Path(__file__).parent
    tests = [*bundle.glob("tests/*.py"), bundle / "release.ipynb"]
    return {
        **{name: (here / name).read_bytes() for name in SCRIPTS},
        "settings.json": (json.dumps(asdict(settings), indent=1) + "\n").encode(),
        "requirements.txt": "".join(f"{line}\n" for line in package_requirements()).encode(),
        "constraints.txt": (ROOT / PINS).read_bytes(),
        **_relative(_engine_files(), ROOT),
        **_relative(course.package(), course.root),
        **{f"bundle/{name}": text for name, text in _relative(tests, bundle).items()},
    }


def _engine_files() -> list[Path]:
    engine = ROOT / "autograder"
    return [*(engine / f"{name}.py" for name in ENGINE), *(engine / "boundary").rglob("*.py")]


def _relative(paths: list[Path], base: Path) -> dict[str, bytes]:
    return {path.relative_to(base).as_posix(): path.read_bytes() for path in paths}
