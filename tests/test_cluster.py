"""A real scheduler and two workers on this machine; one of them is killed in the middle."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import engine_room
import pytest
import small_topic
from engine_room import AMPLE, LIMITS, SEED
from small_topic import BLANKS

from autograder import cluster
from autograder.course import ROOT, Course, CourseError
from autograder.grade import grade_class

ANSWERS = ({}, BLANKS, {"q1": "def magnitude_mask(weight, sparsity):\n    return weight > 0"})
DASK = [sys.executable, "-W", "ignore", "-m", "dask"]


@contextmanager
def dask(*arguments: str, folder: Path = ROOT, **more: str) -> Iterator[subprocess.Popen]:
    """`python -m dask` in a folder, which is where it finds the course, or does not."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    environment = {**os.environ, "OMP_NUM_THREADS": "1", **more}
    environment.pop("PYTHONPATH", None)
    process = subprocess.Popen([*DASK, *arguments], cwd=folder, env=environment, **quiet)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def scheduler_in(folder: Path, file: Path) -> Iterator[str]:
    """A scheduler that was started in `folder`: where it listens."""
    options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-jupyter"]
    with dask("scheduler", *options, "--scheduler-file", str(file), folder=folder) as scheduler:
        while not file.exists():
            assert scheduler.poll() is None, "the scheduler ended"
            time.sleep(0.1)
        yield json.loads(file.read_text())["address"]


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    """Where a scheduler listens."""
    with scheduler_in(ROOT, tmp_path_factory.mktemp("dask") / "scheduler.json") as where:
        yield where


def worker(address: str, **more: str):
    return dask("worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard", **more)


def wait_for_workers(address: str, count: int) -> None:
    from distributed import Client

    with Client(address, set_as_default=False) as client:
        client.wait_for_workers(count, timeout=60)


def write_class(folder: Path, count: int = 12) -> Path:
    folder.mkdir()
    for number in range(count):
        small_topic.write(folder / f"s{number:02}.ipynb", ANSWERS[number % len(ANSWERS)])
    (folder / "empty.ipynb").write_text("")
    (folder / "linked.ipynb").symlink_to("/etc/hostname")
    return folder


def run(folder: Path, out: Path, scheduler: str | None = None) -> list[dict]:
    options = {"limits": AMPLE, "bundle": engine_room.bundle(), "scheduler": scheduler}
    return grade_class("pruning", folder, out, SEED, **options)


def contents(folder: Path) -> dict[str, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_a_worker_that_dies_costs_no_submission(address, tmp_path, monkeypatch):
    """Exactly one result each, and the same bytes as on this machine alone."""
    folder = write_class(tmp_path / "in")
    run(folder, tmp_path / "here")
    own = {"TMPDIR": str(tmp_path / "tmp")}
    (tmp_path / "tmp").mkdir()
    with worker(address, **own) as doomed, worker(address, **own):
        wait_for_workers(address, 2)
        real, seen = cluster.run, []

        def run_and_kill(*args):
            for pair in real(*args):
                seen.append(pair[0].file)
                if len(seen) == 3:
                    doomed.send_signal(signal.SIGKILL)
                yield pair

        monkeypatch.setattr(cluster, "run", run_and_kill)
        records = run(folder, tmp_path / "there", address)
        assert doomed.wait(10) == -signal.SIGKILL
    assert sorted(seen) == sorted(path.name for path in folder.iterdir())
    assert len(records) == len(seen)
    assert contents(tmp_path / "there") == contents(tmp_path / "here")
    started = time.monotonic()
    while left := [path.name for path in (tmp_path / "tmp").iterdir() if path.name[:4] != "dask"]:
        assert time.monotonic() - started < 30, f"{left} were left behind by killed workers"
        time.sleep(0.1)


def test_a_cluster_that_cannot_grade_says_so(address, tmp_path, monkeypatch):
    folder = write_class(tmp_path / "in", 1)
    with pytest.raises(CourseError, match=r"has no workers: start one first"):
        run(folder, tmp_path / "out", address)
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 1)
    with pytest.raises(CourseError, match=r"There is no Dask scheduler at tcp://127.0.0.1:1"):
        run(folder, tmp_path / "out", "tcp://127.0.0.1:1")


def test_a_worker_with_another_package_refuses(tmp_path):
    order = cluster.place(Course(), "pruning", engine_room.bundle(), SEED, LIMITS, False)
    with pytest.raises(CourseError, match="another version of the course"):
        cluster.grade(replace(order, package="other"), "a.ipynb", b"")


def test_what_is_packed_comes_out_as_it_was(tmp_path):
    folder = tmp_path / "Ada Lovelace"
    folder.mkdir()
    (folder / "work.ipynb").write_text("{}")
    (folder / "link").symlink_to("/etc/hostname")
    out = cluster.unpack(cluster.pack(folder), tmp_path / "out")
    assert (out / "work.ipynb").read_text() == "{}"
    assert os.readlink(out / "link") == "/etc/hostname"


def test_a_scheduler_outside_of_the_clone_is_refused(tmp_path):
    folder = write_class(tmp_path / "class", 1)
    with scheduler_in(tmp_path, tmp_path / "scheduler.json") as where, worker(where):
        wait_for_workers(where, 1)
        with pytest.raises(CourseError, match=r"the scheduler cannot import the course\. Start"):
            run(folder, tmp_path / "out", where)
