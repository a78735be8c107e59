"""How fast a class is graded: this engine, ``otter run`` and ``nbgrader autograde``, side by side.

One sample class of a light three-question assignment, the same cores for all, in one run:

    python benchmarks/grading.py [--students 100] [--peers 6] [--jobs N] [--heavy TOPIC]

The engine grades all students, its start-up included; the peers grade the first few of the same
notebooks. CPU seconds are those of all processes that a grader started. What a submission's cells
and tests take by themselves, in one process with nothing around them, is measured beside it: for
the light assignment, and for the solution of a heavy topic. Absolute numbers belong to the machine
that is printed with them; the ratios are the result.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import json
import os
import platform
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import nbformat
import psutil
from IPython.core.interactiveshell import InteractiveShell
from otter.test_files import ExceptionTestFile

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import small_topic  # noqa: E402

from autograder import batch  # noqa: E402
from autograder.boundary.limits import Limits  # noqa: E402
from autograder.course import Course  # noqa: E402
from autograder.grade import grade_class  # noqa: E402

QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
VARIANTS = (
    {},
    small_topic.BLANKS,
    {"q1": "def magnitude_mask(weight, sparsity):\n    return weight.abs() > 1"},
    {"q3": "def clipped_square(x):\n    return x * x"},
)


@dataclass(frozen=True)
class Pace:
    """What grading so many took."""

    students: int
    seconds: float
    cpu_seconds: float

    @property
    def per_minute(self) -> float:
        """Submissions a minute on the clock."""
        return 60 * self.students / self.seconds

    @property
    def cpu_each(self) -> float:
        """CPU seconds a submission."""
        return self.cpu_seconds / self.students


def main() -> None:
    """Print the table."""
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        bundle = small_topic.write_bundle(base / "bundle")
        names = write_class(base / "class", options.students)
        print(f"{platform.processor() or platform.machine()}, {options.jobs} at a time\n")
        engine = measure(lambda: ours(base, bundle, options.jobs, "all"), len(names))
        few = names[: options.peers]
        for name, grade in {"otter run": otter, "nbgrader autograde": nbgrader}.items():
            peer = measure(lambda g=grade: g(base, bundle, few, options.jobs), len(few))
            show(name, peer, engine)
        show("this engine, start-up included", engine, engine)
        scaling(base, bundle)
        light = alone(base / "class" / names[0].name, bundle / "tests")
        overhead("the light assignment", margin(base / "class", base, "pruning", bundle), light)
        heavy(base, options.heavy)
        memory(base, bundle, options.memory)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--students", type=int, default=100)
    parser.add_argument("--peers", type=int, default=6)
    parser.add_argument("--jobs", type=int, default=batch.default_jobs())
    parser.add_argument("--heavy", default="distillation", help="topic that takes the longest")
    parser.add_argument("--memory", type=int, default=1000, help="submissions to watch memory over")
    return parser.parse_args()


def write_class(folder: Path, students: int) -> list[Path]:
    """Right, blank and wrong submissions in turn."""
    folder.mkdir()
    return [
        small_topic.write(folder / f"s{number:04}.ipynb", VARIANTS[number % len(VARIANTS)])
        for number in range(students)
    ]


def measure(grade: Callable[[], object], students: int) -> Pace:
    """Clock and CPU time of one run and all its processes."""
    start, before = time.perf_counter(), _cpu_seconds()
    grade()
    return Pace(students, time.perf_counter() - start, _cpu_seconds() - before)


def _cpu_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def show(name: str, pace: Pace, engine: Pace) -> None:
    """One line of the table."""
    print(
        f"{name:34} {pace.per_minute:8.1f} a minute   {pace.cpu_each:6.2f} CPU s each   "
        f"the engine is {engine.per_minute / pace.per_minute:6.1f} times as fast"
    )


def ours(base: Path, bundle: Path, jobs: int, name: str) -> list[dict]:
    """The whole class by this engine, into a fresh folder."""
    return grade_class("pruning", base / "class", base / f"out-{name}", jobs=jobs, bundle=bundle)


def otter(base: Path, bundle: Path, notebooks: list[Path], jobs: int) -> None:
    """``otter run``, one process a submission, `jobs` at a time."""
    archive = base / "autograder.zip"
    flags = ["--no-config", "--no-environment", "--no-requirements"]
    command = [sys.executable, "-m", "otter"]
    tests = ["-t", str(bundle / "tests"), "-o", str(archive)]
    subprocess.run([*command, "generate", *flags, *tests], check=True, cwd=base, **QUIET)

    def grade(path: Path) -> None:
        out = base / "otter" / path.stem
        out.mkdir(parents=True)
        flags = ["-a", str(archive), "-o", str(out)]
        subprocess.run([*command, "run", *flags, str(path)], check=True, **QUIET)

    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(grade, notebooks))


def nbgrader(base: Path, bundle: Path, notebooks: list[Path], jobs: int) -> None:
    """``nbgrader autograde`` on the whole class: `jobs` processes, each with its share."""
    shares = [share for share in (notebooks[n::jobs] for n in range(jobs)) if share]
    with ThreadPoolExecutor(jobs) as pool:
        list(
            pool.map(
                lambda n: _nbgrader(base / f"course-{n}", bundle, shares[n]), range(len(shares))
            )
        )


def _nbgrader(course: Path, bundle: Path, notebooks: list[Path]) -> None:
    _write_nbgrader(course / "source" / "ps", small_topic.notebook(), bundle)
    for path in notebooks:
        document = json.loads(path.read_text())
        _write_nbgrader(course / "submitted" / path.stem / "ps", document, bundle)
    for verb in ("generate_assignment", "autograde"):
        command = [sys.executable, "-m", "nbgrader", verb, "ps"]
        subprocess.run(command, check=True, cwd=course, env=_with_tools(), **QUIET)
    graded = list(course.glob("autograded/*/ps/ps.ipynb"))
    if len(graded) != len(notebooks):
        raise RuntimeError(f"nbgrader graded {len(graded)} of {len(notebooks)} notebooks")


def _with_tools() -> dict[str, str]:
    """The environment with this Python's programs on the path: nbgrader starts alembic."""
    return {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


def _write_nbgrader(folder: Path, document: dict, bundle: Path) -> None:
    """The same notebook with each check replaced by a graded cell with the same tests."""
    for cell in document["cells"]:
        found = re.fullmatch(r'grader\.check\("(\w+)"\)', cell["source"])
        if found:
            cell["source"] = _plain_tests((bundle / "tests" / f"{found.group(1)}.py").read_text())
            cell["metadata"] = {"nbgrader": _graded(found.group(1))}
    folder.mkdir(parents=True)
    (folder / "ps.ipynb").write_text(json.dumps(document))


def _plain_tests(text: str) -> str:
    functions = re.sub(r"(?m)^(from otter.*|OK_FORMAT.*|points.*|name.*|@test_case.*)\n", "", text)
    calls = re.findall(r"(?m)^def (\w+)\((\w+)\)", text)
    return functions + "".join(f"\n{name}({argument})" for name, argument in calls)


def _graded(name: str) -> dict:
    return {
        "grade": True, "grade_id": name, "locked": True, "points": 1, "schema_version": 3,
        "solution": False, "task": False, "cell_type": "code",
    }  # fmt: skip


def scaling(base: Path, bundle: Path) -> None:
    """One core against two, start-up left out, in interleaved rounds."""
    if batch.default_jobs() < 2:
        print("one core only: no scaling to measure")
        return
    rates = {
        jobs: statistics.median(_marginal(base, bundle, jobs) for _ in range(3)) for jobs in (1, 2)
    }
    print(f"\nfrom one core to two: {rates[1] / rates[2]:.2f} times as fast, start-up left out")


def _marginal(base: Path, bundle: Path, jobs: int) -> float:
    """Seconds a submission, by one engine that is already warm."""
    engine = batch.Engine("pruning", bundle, ROOT / "efficientai", "0", Limits())
    paths = sorted((base / "class").iterdir())[:40]
    submissions = [batch.Submission(path.name, path) for path in paths]
    with engine:
        start = time.perf_counter()
        list(batch.run(engine.grade, submissions, jobs))
        return (time.perf_counter() - start) / len(paths)


def margin(submissions: Path, base: Path, topic: str, bundle: Path) -> float:
    """CPU seconds of one submission more: twice the class, the difference."""
    names = sorted(submissions.iterdir())
    used = []
    for share in (names[: len(names) // 2], names):
        folder = Path(tempfile.mkdtemp(dir=base))
        for path in share:
            shutil.copy(path, folder)
        run = functools.partial(grade_class, topic, folder, folder / "out", jobs=1, bundle=bundle)
        used.append(measure(run, len(share)))
    half, full = used
    return (full.cpu_seconds - half.cpu_seconds) / (full.students - half.students)


def heavy(base: Path, topic: str) -> None:
    """The same for the solution of a topic that trains."""
    bundle = Course().bundle(topic)
    if not bundle.exists():
        print(f"{topic} is not built: python -m autograder build {topic}")
        return
    folder = base / "heavy"
    folder.mkdir()
    for number in range(4):
        shutil.copy(bundle / "solution.ipynb", folder / f"s{number}.ipynb")
    own = alone(bundle / "solution.ipynb", bundle / "tests")
    overhead(topic, margin(folder, base, topic, bundle), own)


def overhead(what: str, each: float, own: float) -> None:
    """One line: a submission's CPU, and how much of it the engine adds."""
    print(
        f"one submission more of {what}: {each:.3f} CPU s, its cells and tests alone {own:.3f} "
        f"({own / each:.0%}), the engine adds {each - own:.3f}"
    )


def alone(notebook: Path, tests: Path) -> float:
    """CPU seconds of a notebook's cells and tests in one process, imports left out."""
    command = [sys.executable, __file__, "--alone", str(notebook), str(tests)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    return float(done.stdout.split()[-1])


def run_alone(notebook: Path, tests: Path) -> float:
    """What `alone` reports: the second of two runs, since the first imports."""
    for _ in range(2):
        start, shell = time.process_time(), InteractiveShell()
        for cell in nbformat.read(notebook, as_version=4).cells:
            if cell.cell_type == "code" and not cell.id.endswith("-check"):
                shell.run_cell(cell.source)
        for path in sorted(tests.glob("*.py")):
            ExceptionTestFile.from_file(str(path)).run(shell.user_ns)
    return time.process_time() - start


def memory(base: Path, bundle: Path, count: int) -> None:
    """Memory of the engine's own processes after the first tenth and after all of `count`."""
    engine = batch.Engine("pruning", bundle, ROOT / "efficientai", "0", Limits())
    paths = sorted((base / "class").iterdir())
    some = [batch.Submission(paths[n % len(paths)].name, paths[n % len(paths)]) for n in range(100)]
    used = []
    with engine:
        for _ in range(0, count, len(some)):
            list(batch.run(engine.grade, some, batch.default_jobs()))
            used.append(_megabytes())
    print(f"memory after {len(some)} submissions {used[0]:.0f} MB, after {count} {used[-1]:.0f} MB")


def _megabytes() -> float:
    """What this process and all that descend from it hold; shared pages are counted once."""
    me = psutil.Process()
    held = 0
    for process in (me, *me.children(recursive=True)):
        with contextlib.suppress(psutil.Error):
            held += process.memory_full_info().pss
    return held / 2**20


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    if sys.argv[1:2] == ["--alone"]:
        print(run_alone(Path(sys.argv[2]), Path(sys.argv[3])))
    else:
        main()
