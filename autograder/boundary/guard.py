"""Starts a worker in its jail, watches it from outside, and ends it with all that it started.

The guard is forked from the warm process before any student's code runs, and sits outside the
worker's process namespace. It ends the worker as soon as its lifeline closes, whoever closed it: a
grading run that is killed leaves nothing behind.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import sys
from pathlib import Path

from autograder.boundary import jail, linux, preload, worker
from autograder.boundary.channel import Channel, Lost
from autograder.boundary.kinds import names
from autograder.boundary.limits import Limits
from autograder.boundary.settle import settle
from autograder.boundary.shell import interactive_shell

ROOT = Path(__file__).resolve().parents[2]
TICK_SECONDS = 0.2


def prepare(setup: dict) -> dict:
    """Enter the jail, import what notebooks import, and report which layers stand."""
    sys.path[:] = [folder for folder in sys.path if Path(folder) != ROOT]
    try:
        layers = jail.enter_view(setup["course"], setup["staging"])
    except jail.Refused as refusal:
        return {"refusal": str(refusal)}
    preload.load(setup["preload"])
    names()
    interactive_shell()
    settle()
    trial = _trial(Limits(**setup["limits"]), layers)
    return {"layers": {**layers, **trial, **{name: layers[name] for name in layers.missing}}}


def _trial(limits: Limits, view: jail.Layers) -> dict:
    """Put a worker's layers up once, in a process that ends at once, and hear which stand."""
    ours, theirs = socket.socketpair()
    if os.fork() == 0:
        layers = jail.Layers()
        home = jail.isolate(limits, layers, 0, not view["file system"])
        if os.fork() == 0:
            jail.lock_in(limits, layers, 0, home)
            theirs.send(json.dumps(layers).encode())
        else:
            os.wait()
            jail.clean_up(home)
        os._exit(0)
    theirs.close()
    os.wait()
    return json.loads(ours.recv(60_000))


def serve(request: dict, files: list[int]) -> None:
    """Start one worker and watch over it until it or its lifeline ends.

    Args:
        request: ``limits``, the layers that are known to be ``missing``, and the number of the
            ``slot`` among workers of the same time.
        files: the worker's end of the channel, and the lifeline.
    """
    limits = Limits(**request["limits"])
    channel, lifeline = files
    layers = jail.Layers()
    linux.prctl(linux.PR_SET_CHILD_SUBREAPER, 1)
    home = jail.isolate(limits, layers, request["slot"], "file system" not in request["missing"])
    child = os.fork()
    if child == 0:
        _be_worker(limits, layers, channel, home, request)
    os.close(channel)
    ending = _watch(child, lifeline, limits)
    _end_all(child)
    jail.clean_up(home)
    with contextlib.suppress(OSError):
        os.write(lifeline, json.dumps({"ending": ending}).encode())


def _be_worker(
    limits: Limits, layers: jail.Layers, channel: int, home: Path, request: dict
) -> None:
    null = os.open("/dev/null", os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    os.dup2(channel, 3)
    os.closerange(4, 65536)
    os.setsid()
    jail.lock_in(limits, layers, request["slot"], home)
    if set(layers.missing) - set(request["missing"]):
        os._exit(70)  # a wall that stood in the trial is missing now: run nothing
    with contextlib.suppress(Lost):
        worker.serve(Channel(socket.socket(fileno=3)), limits)
    os._exit(0)


def _watch(child: int, lifeline: int, limits: Limits) -> str:
    """Wait; say in a word what ended the worker: `told`, `memory`, `exit` or `signal`."""
    poller = select.poll()
    poller.register(lifeline, select.POLLIN)
    with contextlib.suppress(OSError, AttributeError):
        poller.register(os.pidfd_open(child), select.POLLIN)
    own = _resident(child)
    while True:
        ready = dict(poller.poll(TICK_SECONDS * 1000))
        if lifeline in ready:
            return "told"
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return "exit" if os.WIFEXITED(status) else "signal"
        if sum(max(0, _resident(p) - own) for p in _family(child)) > limits.memory_bytes:
            return "memory"


def _family(child: int) -> list[int]:
    """The processes of the worker's namespace, or its descendants where it has none."""
    if _namespace(child) in ("", _namespace(os.getpid())):
        return _descendants(child)
    processes = [int(path.name) for path in Path("/proc").glob("[0-9]*")]
    return [process for process in processes if _namespace(process) == _namespace(child)]


def _descendants(process: int) -> list[int]:
    return [process, *(p for child in _children(process) for p in _descendants(child))]


def _namespace(process: int) -> str:
    with contextlib.suppress(OSError):
        return os.readlink(f"/proc/{process}/ns/pid")
    return ""


def _resident(process: int) -> int:
    with contextlib.suppress(OSError, IndexError):
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * 4096
    return 0


def _end_all(child: int) -> None:
    """Kill the worker and every process that it left, which are this process's children now."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    while True:
        for orphan in _children(os.getpid()):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(orphan, signal.SIGKILL)
        try:
            os.wait()
        except ChildProcessError:
            return


def _children(process: int) -> list[int]:
    with contextlib.suppress(OSError):
        return [
            int(p) for p in Path(f"/proc/{process}/task/{process}/children").read_text().split()
        ]
    return []
