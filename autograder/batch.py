"""Grade many submissions at once on this machine: two warm processes, and a pair of forks for each.

The engine keeps nothing of a submission in this process but its record.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass
from pathlib import Path

from autograder import results
from autograder.boundary import preload
from autograder.boundary.limits import Limits
from autograder.boundary.view import course_package
from autograder.boundary.warm import Warm
from autograder.course import CourseError
from autograder.senders import sender

SEED_VARIABLE = "EFFICIENTAI_SEED"
GRACE_SECONDS = 30
TOLD_BYTES = 64 << 20
ATTEMPTS = 2  # for a submission that the engine itself failed on


@dataclass(frozen=True)
class Submission:
    """One file or folder that a student handed in.

    Attributes:
        file: its path inside the class's folder, with slashes.
        path: where it is.
    """

    file: str
    path: Path

    @property
    def id(self) -> str:
        """The name of its record."""
        return results.safe_id(self.file)


def new_folder() -> Path:
    """A folder for an engine."""
    return Path(tempfile.mkdtemp(prefix="autograder-"))


class Engine:
    """The warm processes for one topic. Use it as a context.

    Args:
        topic: whose module the workers do without.
        bundle: folder with ``tests/`` and ``release.ipynb``.
        package: folder of the course package.
        seed: the instructor's; it never reaches a worker.
        limits: for each submission.
        folder: where it keeps its files, which goes when it ends; None for a new one.

    Attributes:
        questions: the bundle's questions with their cases.
        scratch: a folder that is private to the trusted side.
        layers: the walls around a worker; an empty text where one stands, else why it does not.
    """

    def __init__(
        self, topic: str, bundle: Path, package: Path, seed: str, limits: Limits,
        folder: Path | None = None,
    ):  # fmt: skip
        self.topic, self.limits = topic, limits
        self._folder = folder or new_folder()
        self.scratch = self._folder / "tmp"
        self._lock = threading.Lock()
        self._slots = set(range(1000))
        self._warm: dict[str, Warm] = {}
        self._library: Warm | None = None
        try:
            self._start(bundle, package, seed)
        except BaseException:
            self.close()
            raise

    def _start(self, bundle: Path, package: Path, seed: str) -> None:
        course, staging = self._folder / "course", self._folder / "root"
        for folder in (course, staging, self.scratch):
            folder.mkdir()
        self._folder.chmod(0o755)
        self.scratch.chmod(0o700)  # a worker without a file system of its own stays out
        course_package(package, self.topic, course)
        text = preload.spoken(bundle)
        clean = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "MPLBACKEND": "agg", "HOME": "/tmp"}
        places = {"MPLCONFIGDIR": "/tmp", "IPYTHONDIR": "/tmp"}
        jailed = {"course": str(course), "staging": str(staging), "limits": asdict(self.limits)}
        trusted = {SEED_VARIABLE: seed, **dict.fromkeys(("HOME", "TMPDIR"), str(self.scratch))}
        first = {"preload": preload.modules(preload.LIBRARY, text), "remove": str(self._folder)}
        ahead = {"preload": preload.modules(preload.BOTH_SIDES, text)}
        self._library = Warm("library", first, {**clean, **places})
        self._recipes = {
            "worker": ({**jailed, **ahead}, {}),
            "tester": ({"bundle": str(bundle), **ahead}, trusted),
        }
        self._library.wait()
        for role in self._recipes:
            self._ignite(role)
        for role in self._recipes:
            self._wait(role)
        self.layers: dict[str, str] = self._warm["worker"].hello["layers"]
        self.questions: dict[str, list[dict]] = self._warm["tester"].hello["questions"]

    def _ignite(self, role: str) -> None:
        self._warm[role] = Warm(role, *self._recipes[role], self._library)

    def _wait(self, role: str) -> None:
        hello = self._warm[role].wait()
        if "refusal" in hello:
            raise CourseError(hello["refusal"])

    def _fork(self, role: str, request: dict, files: list[int]) -> None:
        """Have a warm process fork; one that has died is started again first."""
        with self._lock:
            if not self._warm[role].alive():
                self._warm[role].close()
                self._ignite(role)
                self._wait(role)
        try:
            self._warm[role].fork(request, files)
        except OSError:
            self._warm[role].close()  # it is dying: make sure of it
            raise

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *exception) -> None:
        self.close()

    def close(self) -> None:
        """End every process of the engine and remove its folder."""
        for warm in self._warm.values():
            warm.close()
        if self._library is not None:
            self._library.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def grade(self, submission: Submission) -> dict:
        """The record of one submission, without its fingerprint."""
        for _ in range(ATTEMPTS):
            with contextlib.suppress(ConnectionError):  # a warm process died: the next revives it
                record = self._attempt(submission)
                if record is not None:
                    break
        else:
            record = self._compose({}, "engine")
        return {
            "id": submission.id,
            "file": submission.file,
            "student": sender(submission.file).name,
            "topic": self.topic,
            **record,
        }

    def _attempt(self, submission: Submission) -> dict | None:
        request = {"path": str(submission.path), "limits": asdict(self.limits)}
        with self._pair() as (report, lifeline, fork):
            fork(request)
            told = _listen(report, self.limits.clock_seconds + GRACE_SECONDS)
            lost = next((line["lost"] for line in told if "lost" in line), None)
            ending = _ending(lifeline) if lost else "told"
        record = next((line["record"] for line in told if "record" in line), None)
        if record is None and not told:
            return None
        found = {name: cases for line in told for name, cases in line.get("found", {}).items()}
        if record is None:
            return self._compose(found, "tester")
        if lost and ending == "memory":
            record["note"] = record["note"].replace(results.LOST[lost], results.LOST["memory"])
            record["output"] = record["note"]
        return record

    def _compose(self, found: dict, lost: str) -> dict:
        """Have a fresh tester put the record together from what a dead one had found."""
        ours, theirs = socket.socketpair()
        with ours, theirs:
            self._fork("tester", {"lost": lost, "limits": asdict(self.limits)}, [theirs.fileno()])
            theirs.close()
            ours.sendall(json.dumps(found).encode())  # too long for a request, perhaps
            ours.shutdown(socket.SHUT_WR)
            return _listen(ours, GRACE_SECONDS)[-1]["record"]

    @contextlib.contextmanager
    def _pair(self) -> Iterator[tuple]:
        """A worker and a tester that are connected to each other, to be ended afterwards."""
        sockets = [end for _ in range(3) for end in socket.socketpair()]
        report, tell, lifeline, held, asking, answering = sockets
        with self._lock:
            slot = min(self._slots)
            self._slots.remove(slot)

        def fork(request: dict) -> None:
            missing = [name for name, why in self.layers.items() if why]
            guarded = {"limits": request["limits"], "missing": missing, "slot": slot}
            self._fork("worker", guarded, [answering.fileno(), held.fileno()])
            self._fork("tester", request, [tell.fileno(), asking.fileno()])
            for end in (tell, held, asking, answering):
                end.close()

        try:
            yield report, lifeline, fork
        finally:
            for end in sockets:
                end.close()
            with self._lock:
                self._slots.add(slot)


def _listen(report: socket.socket, seconds: float) -> list[dict]:
    """Every whole line that a tester told until it ended or the time was up."""
    deadline, told = time.monotonic() + seconds, bytearray()
    with contextlib.suppress(TimeoutError, ConnectionError):
        while len(told) < TOLD_BYTES:
            report.settimeout(max(deadline - time.monotonic(), 0.001))
            piece = report.recv(1 << 16)
            if not piece:
                break
            told += piece
    return [json.loads(line) for line in bytes(told).split(b"\n")[:-1]]


def _ending(lifeline: socket.socket) -> str:
    """What the guard says ended its worker."""
    with contextlib.suppress(OSError, ValueError):
        lifeline.shutdown(socket.SHUT_WR)
        lifeline.settimeout(GRACE_SECONDS)
        return json.loads(lifeline.recv(4096))["ending"]
    return "told"


def announce(layers: dict[str, str], jobs: int) -> str:
    """The first line of a run: what stands between a student's code and this machine."""
    standing = [name for name, why in layers.items() if not why]
    missing = [f"{name} ({why})" for name, why in layers.items() if why]
    line = f"Each submission runs in a process of its own, {jobs} at a time, behind: "
    line += ", ".join(standing) + "."
    return line + (f" MISSING: {'; '.join(missing)}." if missing else "")


def run(
    grade: Callable[[Submission], dict], submissions: Iterable[Submission], jobs: int
) -> Iterator[tuple[Submission, dict]]:
    """Grade `submissions`, `jobs` at a time, and yield each with its record as it is done."""
    waiting = iter(submissions)
    pool = ThreadPoolExecutor(jobs)
    running: dict[Future, Submission] = {}
    try:
        while True:
            for submission in waiting:
                running[pool.submit(grade, submission)] = submission
                if len(running) > jobs:
                    break
            if not running:
                return
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                yield running.pop(future), future.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def default_jobs() -> int:
    """The number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
