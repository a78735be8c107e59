"""Grading on Gradescope with this engine: `pack` makes the zip, ``__main__`` runs in the container.

The zip has a copy of the engine, one topic's tests and pins of what grading needs. In the container
``setup.sh`` installs that once, and ``run_autograder`` grades one submission.
"""

from __future__ import annotations

from dataclasses import dataclass

VISIBILITIES = ("visible", "after_due_date", "after_published", "hidden")


@dataclass(frozen=True)
class Settings:
    """What an instructor decides when the zip is made.

    Attributes:
        topic: such as ``"pruning"``.
        seed: of the hidden cases.
        minutes: the time limit that the assignment has on Gradescope.
        show: when students see their results, in Gradescope's words: one of `VISIBILITIES`.
    """

    topic: str
    seed: str = "0"
    minutes: int = 10
    show: str = "visible"
