"""The process that imports torch, once for both sides, and forks the two warm processes.

It knows nothing of the course, the tests or the seed: whatever it has in memory, a student's code
will have too.
"""

from __future__ import annotations

import os
import socket

from autograder.boundary import linux, preload, warm
from autograder.boundary.settle import settle


def prepare(setup: dict) -> dict:
    """Import what both sides need."""
    import autograder.boundary.guard
    import autograder.boundary.tester

    assert autograder
    preload.load(setup["preload"])
    settle()
    return {}


def serve(request: dict, files: list[int]) -> None:
    """Become a warm process that is asked through `files`, with some more environment."""
    linux.prctl(linux.PR_SET_PDEATHSIG, 9)
    os.environ.update(request["environment"])
    warm.live(socket.socket(fileno=files[0]))
