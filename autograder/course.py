"""Where the course keeps its files, and the one kind of error that a user is meant to read."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
OWN = re.compile(r"\w.*[^~]$")


class CourseError(Exception):
    """A mistake that a person can mend; its text says what is wrong and what to do."""


@dataclass(frozen=True)
class Course:
    """The folders of one copy of the course, by topic.

    Args:
        root: the folder that holds ``solutions/``, ``exercises/`` and ``efficientai/``.
    """

    root: Path = ROOT

    def topics(self) -> list[str]:
        """The topics that have a master, in alphabetical order."""
        return sorted(path.stem for path in (self.root / "solutions").glob("*.md"))

    def require(self, topic: str) -> str:
        """Return `topic` if it has a master.

        Raises:
            CourseError: if not; it lists the topics there are, the nearest first.
        """
        known = self.topics()
        if topic in known:
            return topic
        near = difflib.get_close_matches(topic, known, n=1)
        guess = f" Did you mean {near[0]!r}?" if near else ""
        listed = ", ".join(known) or f"none: {self.root / 'solutions'} holds no master"
        raise CourseError(f"No topic is called {topic!r}.{guess} Topics: {listed}.")

    def master(self, topic: str) -> Path:
        """The author's source: prompts, solutions, public and hidden tests."""
        return self.root / "solutions" / f"{topic}.md"

    def mistakes(self, topic: str) -> Path:
        """The plausible wrong answers to the topic's questions."""
        return self.root / "solutions" / "mistakes" / f"{topic}.py"

    def exercise(self, topic: str) -> Path:
        """The student's notebook, generated and committed."""
        return self.root / "exercises" / f"{topic}.ipynb"

    def checks(self, topic: str) -> Path:
        """The folder of public tests, generated, committed and shipped with the package."""
        return self.root / "efficientai" / "checks" / topic

    def package(self) -> list[Path]:
        """The files that the course package consists of: modules and data.

        What an editor or the system leaves beside them (`.DS_Store`, `#a.py#`, `a.py~`) is none.
        """
        folder = self.root / "efficientai"
        return sorted(path for path in folder.glob("*") if path.is_file() and OWN.match(path.name))

    def repository(self) -> str:
        """The address of the owner's repository, from ``_config.yml``; students install from it.

        Raises:
            CourseError: if ``_config.yml`` has no ``repository: url``.
        """
        path = self.root / "_config.yml"
        config = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else {}
        url = (config.get("repository") or {}).get("url")
        if not url:
            raise CourseError(
                f"{path.name} must say `repository: url:`, where students install from."
            )
        return url

    def bundle(self, topic: str) -> Path:
        """The instructor's folder: all tests, the solution, `autograder.zip`. Never committed."""
        return self.root / "_build" / "autograder" / topic
