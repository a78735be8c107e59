"""What a result was made from, as one digest: while that stays the same, the result is kept."""

import hashlib
import re
import sys
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path

from autograder.course import Course

LIBRARIES = ("torch", "numpy", "scikit-learn", "matplotlib")


def fingerprint(texts: Iterable[str], sources: Iterable[Path]) -> str:
    """Digest of texts, of the files' contents, and of Python's and the libraries' versions."""
    parts = [*texts, sys.version, *map(version, LIBRARIES)]
    contents = [path.read_bytes() for path in sources]
    return hashlib.sha256(b"\0".join(["\0".join(parts).encode(), *contents])).hexdigest()


def package_sources(code: str, package: Path) -> list[Path]:
    """Files of the package that `code` may use: modules and data files named in it, transitively.

    A module counts as used when its name stands anywhere as a word, a data file when its name with
    the ending does. That is sometimes one too many, which costs an execution; it is never one too
    few, which would show a stale number.
    """
    files = Course(package.parent).package()
    modules = {path.stem: path for path in files if path.suffix == ".py"}
    used = named(f"{code}\n{modules['__init__'].read_text()}", modules) | {"__init__"}
    text = "\n".join([code, *(modules[name].read_text() for name in used)])
    data = [path for path in files if path.suffix != ".py" and path.name in text]
    return sorted([modules[name] for name in used] + data)


def named(text: str, modules: Mapping[str, Path], word: str = r"\w+") -> set[str]:
    """The modules whose names are words of a text, and those that they name in turn.

    word: what is taken for a word; its group, if it has one.
    """
    used: set[str] = set()
    while found := set(re.findall(word, text, re.M)) & modules.keys() - used:
        used |= found
        text = "\n".join(modules[name].read_text(encoding="utf-8") for name in found)
    return used
