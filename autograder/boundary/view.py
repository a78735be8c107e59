"""What a worker can see: Python, the libraries, a reduced course package. Nothing of the course's.

The copy of `efficientai` lacks the module that the exercise asks for, its relatives, and every
module that imports one of them; in their place stand modules that say so.
"""

from __future__ import annotations

import ast
import shutil
import sys
from pathlib import Path

STUBS = Path(__file__).parent / "stubs"
PACKAGE = "efficientai"
# Modules that answer a question of a topic although its own module only hands them on.
RELATIVES = {"evaluation": ("macs", "profiling")}
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
ETC = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "fonts", "alternatives")
ABSENT = '''"""Absent while this exercise is graded."""
raise ImportError(
    "{module} is not here while you are graded: {why}. Write your answer with torch."
)
'''


def course_package(source: Path, topic: str, target: Path) -> None:
    """Write the packages that a worker finds first: the reduced course package and the stubs.

    Args:
        source: the real package's folder.
        topic: the module to leave out, with its relatives and all that depend on them.
        target: an existing folder.
    """
    shutil.copytree(STUBS, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    ignored = shutil.ignore_patterns("__pycache__", "checks", ".*")
    shutil.copytree(source, target / PACKAGE, ignore=ignored)
    shutil.rmtree(target / PACKAGE / topic, ignore_errors=True)
    asked = [topic, *RELATIVES.get(topic, ())]
    for name in set().union(*(dependents(source, each) for each in asked)) - {*asked}:
        text = _absent(name, "it needs what the exercise asks you for")
        (target / PACKAGE / f"{name}.py").write_text(text)
    for name in asked:
        text = _absent(name, "the exercise asks you for it")
        (target / PACKAGE / f"{name}.py").write_text(text)
    for path in [target, *target.rglob("*")]:  # whatever the originals allowed
        path.chmod(0o755 if path.is_dir() else 0o644)


def _absent(name: str, why: str) -> str:
    return ABSENT.format(module=f"{PACKAGE}.{name}", why=why)


def dependents(source: Path, topic: str) -> set[str]:
    """The modules in `source` that import `topic`, directly or through others."""
    imports = {path.stem: _imported(path) for path in source.glob("*.py")}
    found, grown = set(), {topic}
    while grown:
        grown = {name for name, needs in imports.items() if needs & grown} - found - {topic}
        found |= grown
    return found - {"__init__"}


def _imported(path: Path) -> set[str]:
    """The modules of the course package that a file imports anywhere."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = f"{PACKAGE}." * bool(node.level) + (node.module or "")
            names |= {f"{base.rstrip('.')}.{alias.name}" for alias in node.names} | {base}
    return {name.split(".")[1] for name in names if name.startswith(f"{PACKAGE}.")}


def visible_folders() -> list[str]:
    """The folders of this Python and of the system's libraries, none inside another."""
    prefixes = [sys.prefix, sys.base_prefix, str(Path(sys.executable).resolve().parent.parent)]
    found = [folder for folder in dict.fromkeys([*SYSTEM, *prefixes]) if Path(folder).exists()]
    return [f for f in found if not any(_inside(f, other) for other in found if other != f)]


def _inside(folder: str, other: str) -> bool:
    return Path(other) in Path(folder).parents and not Path(other).is_symlink()
