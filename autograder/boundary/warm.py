"""A process that has imported everything once and forks a fresh copy of itself on demand.

Three of them make an engine. The `library` imports torch and forks the other two: one forks
workers, inside the jail; one forks testers, outside. `Warm` is the handle on one of them.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import shutil
import socket
import subprocess
import sys
import traceback
from pathlib import Path

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
# The second is `efficientai.DEVICE_VARIABLE`. It must not be imported here: these processes are to
# find the course's package where they are told, without the module that a student writes.
NO_GPU = {"CUDA_VISIBLE_DEVICES": "", "EFFICIENTAI_DEVICE": "cpu"}
REPEATABLE = ONE_THREAD | NO_GPU  # the same verdict on every machine
ROLES = {
    "library": "autograder.boundary.library",
    "worker": "autograder.boundary.guard",
    "tester": "autograder.boundary.tester",
}
ROOT = Path(__file__).resolve().parents[2]
REQUEST_BYTES = 60_000


class Warm:
    """A running warm process.

    Args:
        role: one of `ROLES`.
        setup: what its module's ``prepare`` takes, as data; under ``remove`` a folder that goes
            with it, for the library.
        environment: its whole environment for the library; what is added to it for the others.
        library: the warm process to fork it from; None for the library itself.

    Attributes:
        hello: what its ``prepare`` returned.
    """

    def __init__(
        self, role: str, setup: dict, environment: dict[str, str], library: Warm | None = None
    ):
        self._end, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._process = None
        with theirs:
            if library is None:
                self._process = _start(theirs, environment)
            else:
                library.fork({"environment": environment}, [theirs.fileno()])
        self._end.send(json.dumps({**setup, "role": role}).encode())
        self.hello: dict = {}

    def wait(self) -> dict:
        """Wait until it is warm and return what its ``prepare`` returned.

        Raises:
            RuntimeError: if it ended instead.
        """
        answer = self._end.recv(REQUEST_BYTES)
        if not answer:
            raise RuntimeError("a process of the grading engine could not start (see above)")
        self.hello = json.loads(answer)
        return self.hello

    def alive(self) -> bool:
        """Whether it can still fork."""
        poller = select.poll()
        poller.register(self._end, select.POLLRDHUP)
        return not poller.poll(0)

    def fork(self, request: dict, files: list[int]) -> None:
        """Have it fork a process that takes over `files` and serves `request`.

        Raises:
            OSError: if it is gone.
        """
        socket.send_fds(self._end, [json.dumps(request).encode()], files)

    def close(self) -> None:
        """End it; what it forked ends when its own files close."""
        self._end.close()
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(5)
            self._process.kill()
            self._process.wait()


def _start(end: socket.socket, environment: dict[str, str]) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", __name__, str(end.fileno())],
        cwd=ROOT,
        env={**environment, **REPEATABLE, "PYTHONHASHSEED": "0"},
        pass_fds=[end.fileno()],
        stdin=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is for the batch, which ends its processes itself
    )


def live(end: socket.socket) -> None:
    """Be a warm process until nobody can ask any more."""
    setup = json.loads(end.recv(REQUEST_BYTES))
    try:
        with contextlib.suppress(BrokenPipeError):  # whoever started it is gone already
            _answer(setup, end)
    finally:
        if "remove" in setup:  # whoever made it may have been killed
            shutil.rmtree(setup["remove"], ignore_errors=True)


def _answer(setup: dict, end: socket.socket) -> None:
    """Warm up, say hello, and fork for every request."""
    module = importlib.import_module(ROLES[setup["role"]])
    hello = module.prepare(setup)
    gc.collect()
    gc.freeze()  # a collection in a fork would touch, and so copy, every object there is
    end.send(json.dumps(hello).encode())
    while True:
        request, files, _, _ = socket.recv_fds(end, REQUEST_BYTES, 8)
        if not request:
            break
        _fork(module.serve, json.loads(request), files, end)
        for file in files:
            os.close(file)
        _bury(os.WNOHANG)
    _bury(0)


def _fork(serve, request: dict, files: list[int], end: socket.socket) -> None:
    with contextlib.suppress(OSError):  # no room for another process: its files close, and tell
        if os.fork() == 0:
            code = 1
            try:
                end.close()
                serve(request, files)
                code = 0
            except Exception:
                traceback.print_exc()  # ours, not a student's: whoever grades should see it
            finally:
                os._exit(code)


def _bury(options: int) -> None:
    """Take leave of the forks that have ended, so that their CPU time is counted as ours."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, options)[0]:
            pass


if __name__ == "__main__":
    live(socket.socket(fileno=int(sys.argv[1])))
    os._exit(0)  # what it imported has last words (triton's leaked functions) that help nobody
