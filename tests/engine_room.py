"""One engine for all tests of grading: its warm processes are started once and shared."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path

import small_topic

from autograder.batch import SEED_VARIABLE, Engine, Submission
from autograder.boundary.channel import Channel
from autograder.boundary.limits import MIB, Limits
from autograder.boundary.standins import Environment, Trusted
from autograder.course import ROOT, Course

LIMITS = Limits(
    cell_seconds=2,
    call_seconds=2,
    total_seconds=12,
    patience=1.5,
    memory_bytes=768 * MIB,
    file_bytes=16 * MIB,
    disk_bytes=32 * MIB,
)
AMPLE = replace(LIMITS, cell_seconds=20, call_seconds=15, total_seconds=60)
SEED = "instructors-own-seed"


@cache
def course() -> Course:
    """A snapshot of the course package, so that nobody changes it while the tests run."""
    folder = Path(tempfile.mkdtemp(prefix="engine-room-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    shutil.copytree(ROOT / "efficientai", folder / "efficientai")
    return Course(folder)


@cache
def bundle() -> Path:
    """The small topic's bundle."""
    return small_topic.write_bundle(course().root / "bundle")


@cache
def engine() -> Engine:
    """The shared engine for the small topic."""
    made = Engine("pruning", bundle(), ROOT / "efficientai", SEED, LIMITS)
    atexit.register(made.close)
    return made


def warm_processes() -> list[int]:
    """The processes that fork workers and testers: the library's children, in that order."""
    parent = engine()._library._process.pid
    found = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [int(child) for child in found if ") Z " not in Path(f"/proc/{child}/stat").read_text()]


def grade(path: Path) -> dict:
    """The record of one submission."""
    return engine().grade(Submission(path.name, path))


def scores(record: dict) -> list[float]:
    """The scores of q1, q2 and q3."""
    return [question["score"] for question in record["questions"]]


@contextlib.contextmanager
def talk(code: str = "", limits: Limits = LIMITS) -> Iterator[Environment]:
    """A student's names after `code` ran in a worker; this process is the trusted side."""
    ours, theirs = socket.socketpair()
    lifeline, held = socket.socketpair()
    with ours, lifeline:
        missing = [name for name, why in engine().layers.items() if why]
        request = {"limits": asdict(limits), "missing": missing, "slot": 900}
        engine()._fork("worker", request, [theirs.fileno(), held.fileno()])
        theirs.close(), held.close()
        peer = Trusted(Channel(ours), limits)
        error = peer.ask("run-cell", "import torch\nfrom torch import nn\n" + code)
        assert error is None, error
        environment = Environment(peer)
        environment.peer = peer
        yield environment


def otter_run(path: Path, archive: Path, out: Path) -> dict[str, float]:
    """The score of each question by ``otter run``."""
    out.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "otter", "run", "-a", str(archive), "-o", str(out), str(path)]
    environment = {**os.environ, SEED_VARIABLE: SEED, "OMP_NUM_THREADS": "1"}
    settings = {"env": environment, "cwd": out.parent, "capture_output": True}
    if subprocess.run(command, **settings).returncode:  # its kernel may miss a busy machine's start
        subprocess.run(command, check=True, **settings)
    tests = json.loads((out / "results.json").read_text())["tests"]
    return {test["name"]: test["score"] for test in tests if "score" in test}
