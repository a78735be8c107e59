"""A process that has imported everything once and forks a fresh copy of itself on demand.

There are two: one forks workers, inside the jail; one forks testers, outside. Run as
``python -m autograder.boundary.warm ROLE FD``; `Warm` is the handle on it.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
ROLES = {"worker": "autograder.boundary.guard", "tester": "autograder.boundary.tester"}
ROOT = Path(__file__).resolve().parents[2]
REQUEST_BYTES = 60_000


class Warm:
    """A running warm process.

    Args:
        role: ``"worker"`` or ``"tester"``.
        setup: what its module's ``prepare`` takes, as data.
        environment: its whole environment, apart from what keeps libraries to one thread.

    Attributes:
        hello: what its ``prepare`` returned.
    """

    def __init__(self, role: str, setup: dict, environment: dict[str, str]):
        self._end, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, "-m", __name__, role, str(theirs.fileno())]
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**environment, **dict.fromkeys(ONE_THREAD, "1"), "PYTHONHASHSEED": "0"},
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the batch, which ends its processes itself
        )
        theirs.close()
        self._end.send(json.dumps(setup).encode())
        self.hello = None

    def wait(self):
        """Wait until it is warm and return what its ``prepare`` returned.

        Raises:
            RuntimeError: if it ended instead.
        """
        answer = self._end.recv(REQUEST_BYTES)
        if not answer:
            raise RuntimeError("a process of the grading engine could not start (see above)")
        self.hello = json.loads(answer)
        return self.hello

    def fork(self, request: dict, files: list[int]) -> None:
        """Have it fork a process that takes over `files` and serves `request`.

        Raises:
            OSError: if it is gone.
        """
        socket.send_fds(self._end, [json.dumps(request).encode()], files)

    def close(self) -> None:
        """End it; what it forked ends when its own files close."""
        self._end.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(2)
        self._process.kill()
        self._process.wait()


def main(role: str, descriptor: int) -> None:
    """Be a warm process."""
    end = socket.socket(fileno=descriptor)
    setup = json.loads(end.recv(REQUEST_BYTES))
    sys.path.remove(str(ROOT)) if role == "worker" else None
    module = importlib.import_module(ROLES[role])
    hello = module.prepare(setup)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    end.send(json.dumps(hello).encode())
    while True:
        request, files, _, _ = socket.recv_fds(end, REQUEST_BYTES, 8)
        if not request:
            return
        _fork(module.serve, json.loads(request), files, end)
        for file in files:
            os.close(file)


def _fork(serve, request: dict, files: list[int], end: socket.socket) -> None:
    with contextlib.suppress(OSError):  # no room for another process: its files close, and tell
        if os.fork() == 0:
            code = 1
            try:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                end.close()
                serve(request, files)
                code = 0
            finally:
                os._exit(code)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
