"""Grade a class: ``python -m autograder grade pruning submissions/ --out grades/``.

Whatever happens to a submission, it gets its row. Whatever happens to the run, the same command
goes on where it stopped, and the result is the same.
"""

from __future__ import annotations

import errno
import hashlib
import importlib
import json
import os
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

from autograder import batch, cluster, results
from autograder.batch import Engine, Submission, announce
from autograder.boundary.limits import Limits
from autograder.course import Course, CourseError

VERSION = b"1"  # part of every fingerprint: raise it when the same submission may score differently


class Interrupted(KeyboardInterrupt):
    """Ctrl-C; what is finished is kept. The text says how to go on."""


def grade_class(
    topic: str,
    submissions: Path,
    out: Path,
    seed: str = "0",
    jobs: int = 0,
    strict: bool = False,
    *,
    scheduler: str | None = None,
    limits: Limits | None = None,
    course: Course | None = None,
    bundle: Path | None = None,
) -> list[dict]:
    """Grade every submission and write grades, records, feedback and a report into `out`.

    Args:
        topic: such as ``"pruning"``.
        submissions: a folder with one file or folder a student, or a zip of such a folder.
        out: a folder; submissions that are finished in it are not graded again.
        seed: the instructor's, for the hidden cases.
        jobs: submissions at a time; 0 takes one for each core.
        strict: refuse to grade if a layer of the jail is missing.
        scheduler: address of a Dask cluster that grades instead of this machine.
        limits: for each submission.
        course: where the course is; this one if None.
        bundle: folder with the tests; the topic's own if None.

    Returns:
        One record a submission, in the order of `grades.csv`.

    Raises:
        CourseError: with a sentence, if nothing can be graded or nothing can be written.
        Interrupted: on Ctrl-C.
    """
    course, limits = course or Course(), limits or Limits()
    bundle = bundle or _bundle(course, topic)
    with ExitStack() as stack:
        found = discover(_unpacked(Path(submissions), stack))
        run = ClassRun(topic, Path(out), course, bundle, seed, limits)
        finished, waiting = run.sort_out(found)
        if waiting:
            _say(f"{len(finished)} of {len(found)} are graded already." if finished else "")
            if scheduler:
                graded = _on_cluster(scheduler, run, waiting, strict)
            else:
                graded = _here(run, waiting, jobs or batch.default_jobs(), strict, stack)
            run.try_to_write()
            finished |= run.keep(graded, len(waiting))
        return run.finish([finished[submission.file] for submission in found])


def _here(
    run: ClassRun, waiting: list[Submission], jobs: int, strict: bool, stack: ExitStack
) -> Iterator[tuple[Submission, dict]]:
    engine = Engine(run.topic, run.bundle, run.course.root / "efficientai", run.seed, run.limits)
    stack.enter_context(engine)
    _stand_behind(engine.layers, jobs, strict)
    return batch.run(engine.grade, waiting, jobs)


def _on_cluster(
    scheduler: str, run: ClassRun, waiting: list[Submission], strict: bool
) -> Iterator[tuple[Submission, dict]]:
    order = cluster.place(run.course, run.topic, run.bundle, run.seed, run.limits, strict)
    _say(f"The cluster of {scheduler} grades.")
    return cluster.run(scheduler, order, waiting)


class ClassRun:
    """One class and the folder that its results go into."""

    def __init__(
        self, topic: str, out: Path, course: Course, bundle: Path, seed: str, limits: Limits
    ):
        self.topic, self.out, self.course, self.bundle = topic, out, course, bundle
        self.seed, self.limits = seed, limits
        tests = sorted([*bundle.glob("tests/*.py"), bundle / "release.ipynb"])
        context = [VERSION, topic.encode(), seed.encode(), json.dumps(asdict(limits)).encode()]
        self._context = [*context, *(path.read_bytes() for path in [*tests, *course.package()])]
        self._prints: dict[str, str] = {}

    def try_to_write(self) -> None:
        """Find out before anything is graded that the results could not be kept."""
        trial = self.out / "results" / ".trial"
        try:
            results.write(trial, "")
            trial.unlink()
        except OSError as error:
            raise CourseError(
                f"Cannot write into {self.out}: {error.strerror}. {_remedy(error)}. "
                "Nothing was graded."
            ) from error

    def sort_out(self, found: list[Submission]) -> tuple[dict[str, dict], list[Submission]]:
        """The records that are there already, by file, and the submissions that have none."""
        finished, waiting = {}, []
        for submission in found:
            self._prints[submission.file] = self._fingerprint(submission)
            record = results.load(self._record_path(submission))
            if record and record["fingerprint"] == self._prints[submission.file]:
                finished[submission.file] = record
            else:
                waiting.append(submission)
        return finished, waiting

    def keep(self, graded: Iterator[tuple[Submission, dict]], count: int) -> dict[str, dict]:
        """Take each record as soon as it is there, and keep it."""
        done: dict[str, dict] = {}
        progress = Progress(count)
        try:
            for submission, record in graded:
                record["fingerprint"] = self._prints[submission.file]
                self._keep(record)
                done[submission.file] = record
                progress(len(done))
        except KeyboardInterrupt:
            progress.end()
            raise Interrupted(
                f"Stopped. {len(done)} of {count} were graded and are kept in {self.out}; "
                "the same command goes on with the rest."
            ) from None
        progress.end()
        return done

    def finish(self, records: list[dict]) -> list[dict]:
        """Write the table and the report; return the records."""
        questions = [question["name"] for question in records[0]["questions"]] if records else []
        self._write(self.out / "grades.csv", results.to_csv(records, questions))
        for record in records:
            if not self._feedback_path(record).exists():
                self._write(self._feedback_path(record), _render("feedback", record))
        report = _render("report", records, self.topic, self._signatures())
        self._write(self.out / "report.html", report)
        return records

    def _keep(self, record: dict) -> None:
        """The record comes last: once it is there, the submission is finished."""
        self._write(self._feedback_path(record), _render("feedback", record))
        self._write(self.out / "results" / f"{record['id']}.json", results.to_json(record))

    def _record_path(self, submission: Submission) -> Path:
        return self.out / "results" / f"{submission.id}.json"

    def _feedback_path(self, record: dict) -> Path:
        return self.out / "feedback" / f"{record['id']}.html"

    def _signatures(self) -> dict:
        path = self.bundle / "signatures.json"
        return json.loads(path.read_text()) if path.exists() else {}

    def _fingerprint(self, submission: Submission) -> str:
        name = submission.file.encode("utf-8", "surrogateescape")
        return results.fingerprint([*self._context, name, _digest(submission.path)])

    def _write(self, path: Path, text: str) -> None:
        try:
            results.write(path, text)
        except OSError as error:
            raise CourseError(_cannot_write(path, self.out, error)) from error


def _render(module: str, *args) -> str:
    return importlib.import_module(f"autograder.{module}").render(*args)


def _cannot_write(path: Path, out: Path, error: OSError) -> str:
    return (
        f"Cannot write {path}: {error.strerror}. {_remedy(error)}; what was graded so far is kept "
        f"in {out}, and the same command goes on with the rest."
    )


def _remedy(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "Make room"
    return "Make the folder writable or give another one with --out"


def discover(folder: Path) -> list[Submission]:
    """The submissions in a folder: each file and each folder in it that is not hidden.

    Raises:
        CourseError: if there is no such folder, or nothing in it.
    """
    if not folder.is_dir():
        raise CourseError(f"{folder} is no folder. Give the folder that holds the submissions.")
    names = sorted(entry.name for entry in os.scandir(folder))
    names = [name for name in names if not name.startswith((".", "__MACOSX"))]
    if not names:
        raise CourseError(f"{folder} is empty: there is nothing to grade.")
    return [Submission(name, folder / name) for name in names]


def _unpacked(submissions: Path, stack: ExitStack) -> Path:
    """A zip of a whole class, as learning platforms give it, as a folder."""
    if not (submissions.is_file() and submissions.suffix == ".zip"):
        return submissions
    folder = stack.enter_context(tempfile.TemporaryDirectory())
    try:
        with zipfile.ZipFile(submissions) as archive:
            archive.extractall(folder)
    except (zipfile.BadZipFile, OSError) as error:
        raise CourseError(f"{submissions} cannot be unpacked: {error}.") from error
    inside = [path for path in Path(folder).iterdir() if not path.name.startswith("__MACOSX")]
    single = (
        len(inside) == 1 and inside[0].is_dir() and any(p.is_dir() for p in inside[0].iterdir())
    )
    return inside[0] if single else Path(folder)


def _bundle(course: Course, topic: str) -> Path:
    from autograder.build import ensure_bundle

    return ensure_bundle(course, topic)


def _digest(path: Path) -> bytes:
    """A digest of a file, or of every file in a folder."""
    digest = hashlib.sha256()
    if path.is_symlink():
        return b"link"
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    for file in files:
        digest.update(str(file.relative_to(path)).encode("utf-8", "surrogateescape") + b"\0")
        digest.update(_file_digest(file))
    return digest.digest()


def _file_digest(file: Path) -> bytes:
    digest = hashlib.sha256()
    try:
        with file.open("rb") as content:
            while piece := content.read(1 << 20):
                digest.update(piece)
    except OSError as error:  # the row will say it
        return str(error.errno).encode()
    return digest.digest()


def _stand_behind(layers: dict[str, str], jobs: int, strict: bool) -> None:
    """Say what stands around a worker; refuse if that is not enough."""
    line = announce(layers, jobs)
    _say(line)
    if strict and any(layers.values()):
        raise CourseError(f"--strict: {line} Nothing was graded.")


class Progress:
    """One line on standard error with the rate and the time left."""

    def __init__(self, total: int):
        self._total, self._start, self._shown = total, time.monotonic(), 0.0
        self._live = sys.stderr.isatty()

    def __call__(self, done: int) -> None:
        now = time.monotonic()
        if not (self._live or done == self._total or now - self._shown > 10):
            return
        self._shown = now
        seconds = max(now - self._start, 1e-3)
        rate, left = 60 * done / seconds, seconds * (self._total - done) / done
        text = f"{done} of {self._total} graded, {rate:.0f} a minute, {_clock(left)} left"
        print(
            f"\r{text:<70}" if self._live else text, end="" if self._live else "\n", file=sys.stderr
        )

    def end(self) -> None:
        """Leave the line."""
        if self._live:
            print(file=sys.stderr)


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


def _say(text: str) -> None:
    if text:
        print(text, file=sys.stderr)
