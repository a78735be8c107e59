"""What pages compute while they are read is computed once, as their chapters are executed once.

The explorers' numbers and pictures, the fronts of the course's table and the checks of the quizzes
need torch and matplotlib, whose import alone takes seconds. A result is kept in `_build/kept/`
beside the fingerprint of all that it was made from, and made again when that changed.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from book.fingerprint import fingerprint, named, package_sources

IMPORT = r"^ *(?:from|import) (\w+)"
T = TypeVar("T")


def kept(
    env, name: str, compute: Callable[[], T], made_from: Sequence[str], picture: Path | None = None
) -> T:
    """What `compute` returns, or returned when all was as it is now.

    Args:
        name: of the result, as a file's.
        compute: its result must be one that JSON holds.
        made_from: code and data. What the code imports from this folder and names of the package
            counts too; the page that is read is read again when one of these files changes.
        picture: a file that `compute` writes besides.
    """
    path = Path(env.srcdir) / "_build" / "kept" / f"{name}.json"
    sources = _sources("\n".join(made_from), Path(env.srcdir))
    for source in sources:
        env.note_dependency(str(source))
    now = fingerprint(made_from, sources)
    if all(file.exists() for file in (path, picture or path)):
        before = json.loads(path.read_text(encoding="utf-8"))
        if before["made_from"] == now:
            return before["result"]
    result = compute()
    _write({"made_from": now, "result": result}, path)
    return result


def _sources(text: str, root: Path) -> list[Path]:
    """The files that some code uses, directly or through others."""
    beside = {path.stem: path for path in (root / "book" / "_ext").glob("*.py")}
    ours = [beside[name] for name in sorted(named(text, beside, IMPORT))]
    code = "\n".join([text, *(path.read_text(encoding="utf-8") for path in ours)])
    return ours + package_sources(code, root / "efficientai")


def _write(value: dict, path: Path) -> None:
    """Write a whole file or none, so that a build that is stopped leaves nothing to stumble on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    partial.replace(path)
