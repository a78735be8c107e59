"""The same grading on a Dask cluster: a scheduler hands out submissions, each worker has an engine.

A task carries the submission's bytes, and the tests with it, so the machines share no disk. They
share the course package: a worker whose package differs refuses. A worker that dies costs nothing
but time, since the scheduler hands its submissions to another one; grading again gives the same
record. What comes back is our own tester's record; nothing of a student's is unpickled.
"""

from __future__ import annotations

import atexit
import hashlib
import io
import tarfile
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from autograder.batch import Engine, Submission, new_folder
from autograder.boundary.limits import Limits
from autograder.course import Course, CourseError

CONNECT_SECONDS = 20
_starting = threading.Lock()


@dataclass(frozen=True)
class Order:
    """What a worker needs to know before the first submission.

    Attributes:
        topic: whose exercise it is.
        bundle: the folder with the tests, packed.
        package: digest of the course package.
        seed: the instructor's.
        limits: for each submission.
        strict: refuse where a layer of the jail is missing.
    """

    topic: str
    bundle: bytes
    package: str
    seed: str
    limits: Limits
    strict: bool


def place(
    course: Course, topic: str, bundle: Path, seed: str, limits: Limits, strict: bool
) -> Order:
    """The order for grading with this course's package and this bundle."""
    return Order(topic, pack(bundle), package_digest(course), seed, limits, strict)


def run(
    address: str, order: Order, submissions: list[Submission]
) -> Iterator[tuple[Submission, dict]]:
    """Grade on the cluster whose scheduler is at `address`; yield each submission as it is done.

    Raises:
        CourseError: if there is no scheduler, or a worker refuses.
    """
    from distributed import Client, as_completed

    try:
        client = Client(address, timeout=CONNECT_SECONDS)
    except (OSError, ValueError) as error:
        raise CourseError(f"There is no Dask scheduler at {address}: {error}") from error
    with client:
        if not client.scheduler_info()["workers"]:
            raise CourseError(f"The scheduler at {address} has no workers: start one first.")
        _require_course(client)
        waiting = {
            client.submit(grade, order, one.file, pack(one.path), pure=False): one
            for one in submissions
        }
        for future in as_completed(waiting):
            yield waiting.pop(future), future.result()
            future.release()


def _require_course(client) -> None:
    """Refuse a cluster that cannot import what grades; it is not installed, it lies in the clone.

    What it is asked with must be known to it, so the question is a builtin's.
    """
    question = "__import__('importlib.util').util.find_spec('autograder') is not None"
    answers = {"the scheduler": client.run_on_scheduler(eval, question)}
    answers |= client.run(eval, question)
    lacking = [name for name, has in answers.items() if not has]
    if lacking:
        raise CourseError(
            f"{' and '.join(lacking)} cannot import the course. Start the scheduler and the "
            "workers in a clone of the repository, with `python -m dask`."
        )


def grade(order: Order, file: str, packed: bytes) -> dict:
    """The record of one submission; this is what a worker runs."""
    engine = _engine_for(order)
    with tempfile.TemporaryDirectory(prefix="submission-", dir=engine.scratch) as folder:
        return engine.grade(Submission(file, unpack(packed, Path(folder))))


def _engine_for(order: Order) -> Engine:
    with _starting:  # a worker with several threads starts it once
        return _start(order)


@cache
def _start(order: Order) -> Engine:
    course = Course()
    if package_digest(course) != order.package:
        raise CourseError(f"{course.root} on a worker is another version of the course than here.")
    folder, package = new_folder(), course.root / "efficientai"
    private = folder / "bundle"  # goes with the engine, however that ends
    private.mkdir(mode=0o700)
    bundle = unpack(order.bundle, private)
    engine = Engine(order.topic, bundle, package, order.seed, order.limits, folder)
    atexit.register(engine.close)
    missing = [name for name, why in engine.layers.items() if why]
    if order.strict and missing:
        engine.close()
        raise CourseError(f"--strict: a worker's jail lacks {', '.join(missing)}.")
    return engine


def package_digest(course: Course) -> str:
    """A fingerprint of the course package."""
    digest = hashlib.sha256()
    for path in course.package():
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def pack(path: Path) -> bytes:
    """A file or a folder as bytes; links stay links."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=1) as archive:
        archive.add(path, arcname=path.name)
    return packed.getvalue()


def unpack(packed: bytes, folder: Path) -> Path:
    """Write what `pack` packed into an empty folder; the path of the file or folder."""
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        name = archive.next().name
        archive.extractall(folder, filter="tar")  # `pack` wrote it; links are made, not followed
    return folder / name
