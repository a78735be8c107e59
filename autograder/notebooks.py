"""Read whatever a student handed in, and put back the cells that students must not edit.

A submission is a file or a folder: a notebook of any age and encoding, a script, a zip with one of
them inside. What cannot be read raises `Unreadable` with a sentence for the student.
"""

from __future__ import annotations

import io
import json
import os
import re
import stat
import zipfile
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path, PurePosixPath

FILE_BYTES = 256 << 20  # of one notebook, unpacked
PACKED_FILES = 2000  # entries of a zip or of a folder that are looked at
NOTEBOOK_SUFFIXES = (".ipynb", ".json", ".txt", ".ipynb.txt")
CONFLICT = re.compile(r"^<{7}.*?\n(.*?)^={7}.*?\n.*?^>{7}.*?(?:\n|\Z)", re.MULTILINE | re.DOTALL)
CHECK = re.compile(r"\w+\.check\(\s*['\"](\w+)['\"]\s*\)\s*;?")
SCRIPT_CELL = re.compile(r"^# (?:%%.*|In\[[\d ]*\]:.*|<codecell>)$", re.MULTILINE)
BINARY = {b"%PDF": "a PDF", b"\x89PNG": "an image", b"\xff\xd8": "an image", b"\xd0\xcf": "Office"}


class Unreadable(Exception):
    """There is no notebook in it; the text says what there is and what to do."""


@dataclass(frozen=True)
class Cell:
    """One code cell."""

    source: str
    id: str = ""
    locked: bool = False


@dataclass(frozen=True)
class Notebook:
    """The code cells of a submission, and what had to be done to read them."""

    cells: tuple[Cell, ...]
    notes: tuple[str, ...] = field(default=())


def read(path: Path, release: Notebook) -> Notebook:
    """The notebook in `path`, with the cells that students must not edit as in `release`.

    Raises:
        Unreadable: if there is none.
    """
    candidates = {name: content for name, content in _files(path).items() if _may_be(name)}
    if not candidates:
        raise Unreadable(f"{path.name} holds no notebook. Hand in the .ipynb file.")
    notebooks, problems = {}, []
    for name, content in candidates.items():
        try:
            notebooks[name] = parse(name, content)
        except Unreadable as problem:
            problems.append(problem)
    if not notebooks:
        raise problems[0]
    return restore(_choose(notebooks, release), release)


def parse(name: str, content: bytes) -> Notebook:
    """The notebook in one file's `content`; `name` is only for messages and its suffix.

    Raises:
        Unreadable: if it is none.
    """
    if len(content) > FILE_BYTES:
        raise Unreadable(f"{name} has {len(content) >> 20} MB; {FILE_BYTES >> 20} MB can be read.")
    for start, kind in BINARY.items():
        if content.startswith(start):
            raise Unreadable(f"{name} is {kind} file. Hand in the .ipynb file.")
    text, notes = _decode(content)
    if not text.strip():
        raise Unreadable(f"{name} is empty. Save the notebook and hand it in again.")
    if name.endswith(".py"):
        return Notebook(tuple(_script_cells(text)), (*notes, "Read from a Python script"))
    document, more = _load_json(name, text)
    return Notebook(tuple(_cells_of(name, document)), (*notes, *more))


def restore(notebook: Notebook, release: Notebook) -> Notebook:
    """`notebook` with every locked cell of the release as it was; nothing of the student's is lost.

    A locked cell that was edited runs as released, after the student's version of it. One that was
    deleted comes back if others need it; a question whose check is gone is checked at the end.
    """
    cells = list(notebook.cells)
    for cell in reversed([cell for cell in release.cells if cell.locked]):
        place = _place_of(cell, cells)
        if place is not None:
            edited = cells[place].source.strip() != cell.source.strip()
            cells[place : place + 1] = [cells[place], cell] if edited else [cell]
        elif not CHECK.search(cell.source):
            cells.insert(0, cell)
    return replace(notebook, cells=tuple(cells))


def _place_of(locked: Cell, cells: list[Cell]) -> int | None:
    """Where a locked cell is now: by its text, else by its id, else by what it does."""
    tests = (
        lambda cell: cell.source.strip() == locked.source.strip(),
        lambda cell: bool(cell.id) and cell.id == locked.id and not CHECK.search(locked.source),
        lambda cell: _purpose(cell) is not None and _purpose(cell) == _purpose(locked),
    )
    for test in tests:
        for place, cell in enumerate(cells):
            if test(cell):
                return place
    return None


def _purpose(cell: Cell) -> str | None:
    """``check q1`` for a cell that does nothing else, ``grader`` for one that makes the grader."""
    found = CHECK.fullmatch(re.sub(r"(?m)^\s*#.*$", "", cell.source).strip())
    if found:
        return f"check {found.group(1)}"
    return "grader" if re.search(r"efficientai\.grader\(|otter\.Notebook\(", cell.source) else None


# ------------------------------------------------------------------ files


def _files(path: Path) -> dict[str, bytes]:
    """Name and content of every file in a submission, zips opened."""
    mode = os.lstat(path).st_mode
    if stat.S_ISLNK(mode):
        raise Unreadable(f"{path.name} is a link to another file, not a file.")
    if stat.S_ISDIR(mode):
        return _folder(path)
    if not stat.S_ISREG(mode):
        raise Unreadable(f"{path.name} is no ordinary file.")
    content = _content(path)
    return _opened(path.name, content)


def _folder(path: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for folder, folders, names in os.walk(path):
        folders.sort()
        for name in sorted(names)[:PACKED_FILES]:
            file = Path(folder, name)
            if file.is_symlink() or not file.is_file() or not _may_be(name, zips=True):
                continue
            inside = _opened(file.relative_to(path).as_posix(), _content(file))
            found.update(inside)
    return found


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(FILE_BYTES + 1)
    except OSError as error:
        raise Unreadable(f"{path.name} cannot be read: {error.strerror}.") from error


def _opened(name: str, content: bytes) -> dict[str, bytes]:
    """A zip's entries, or the file itself."""
    if not content.startswith(b"PK\x03\x04") and not name.endswith(".zip"):
        return {name: content}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = [i for i in archive.infolist() if not i.is_dir() and _may_be(i.filename)]
            return {i.filename: _unpack(archive, i) for i in entries[:PACKED_FILES]}
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError) as error:
        raise Unreadable(f"{name} is a zip that cannot be opened: {error}.") from error


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    with archive.open(entry) as file:
        return file.read(FILE_BYTES + 1)  # what a zip says about sizes is not believed


def _may_be(name: str, zips: bool = False) -> bool:
    """Whether a file could be a notebook, judged by its name."""
    path = PurePosixPath(name)
    hidden = any(part.startswith((".", "__MACOSX", "._")) for part in path.parts)
    suffixes = (*NOTEBOOK_SUFFIXES, ".py", ".zip") if zips else (*NOTEBOOK_SUFFIXES, ".py")
    known = path.name.lower().endswith(suffixes) or not path.suffix
    return known and not hidden and path.name != "__init__.py"


def _choose(notebooks: dict[str, Notebook], release: Notebook) -> Notebook:
    """The one of several that has most in common with the release; notebooks before scripts."""
    if len(notebooks) == 1:
        return next(iter(notebooks.values()))
    known = {cell.id for cell in release.cells} | {_purpose(cell) for cell in release.cells}
    known -= {"", None}

    def rank(name: str) -> tuple:
        cells = notebooks[name].cells
        common = len({c.id for c in cells} & known) + len({_purpose(c) for c in cells} & known)
        return (name.endswith(".py"), -common, name)

    best = min(notebooks, key=rank)
    others = ", ".join(sorted(name for name in notebooks if name != best)[:5])
    note = f"Several files were handed in: {best} was graded, not {others}"
    return replace(notebooks[best], notes=(*notebooks[best].notes, note))


# ------------------------------------------------------------------ text


def _decode(content: bytes) -> tuple[str, tuple[str, ...]]:
    """Text in the encoding that it seems to have, with ordinary line ends."""
    wide = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    if not wide and b"\0" in content[:4]:
        encoding, note = "utf-16-be" if content[:1] == b"\0" else "utf-16-le", "UTF-16"
    elif wide:
        encoding, note = "utf-16", "UTF-16"
    else:
        encoding, note = "utf-8-sig", ""
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text, note = content.decode("latin-1"), "Latin-1"
    notes = (f"The file is in {note}, not UTF-8",) if note else ()
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", ""), notes


def _load_json(name: str, text: str) -> tuple[dict, tuple[str, ...]]:
    notes = ()
    if CONFLICT.search(text) and not _is_json(text):
        text, notes = CONFLICT.sub(r"\1", text), ("Merge conflicts: the first side was graded",)
    try:
        document = json.loads(text)
    except RecursionError:
        raise Unreadable(f"{name} is nested too deep to be a notebook.") from None
    except ValueError as error:
        raise Unreadable(_not_json(name, text, error)) from error
    if not isinstance(document, dict):
        raise Unreadable(f"{name} is JSON, but no notebook. Hand in the .ipynb file.")
    return document, notes


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _not_json(name: str, text: str, error: ValueError) -> str:
    start = text.lstrip()[:200].lower()
    if start.startswith(("<!doctype", "<html")):
        return f"{name} is a web page. Download the notebook as .ipynb and hand that in."
    where = f" in line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
    if not start.startswith("{"):
        return f"{name} is no notebook. Hand in the .ipynb file as Jupyter or Colab saves it."
    return (
        f"{name} is damaged: its JSON breaks{where}. Open it in Jupyter, or download it again, "
        "and hand in the file that opens."
    )


def _cells_of(name: str, document: dict) -> list[Cell]:
    """The code cells of a notebook of any version, taking what is there."""
    cells = document.get("cells")
    if cells is None and isinstance(document.get("worksheets"), list):  # nbformat 3
        sheets = [sheet for sheet in document["worksheets"] if isinstance(sheet, dict)]
        cells = [cell for sheet in sheets for cell in sheet.get("cells") or []]
    if not isinstance(cells, list):
        raise Unreadable(f"{name} is JSON without cells. Hand in the .ipynb file.")
    return [_cell(cell) for cell in cells if isinstance(cell, dict) and _is_code(cell)]


def _is_code(cell: dict) -> bool:
    return cell.get("cell_type") == "code" and "otter_ignore" not in (_metadata(cell, "tags") or [])


def _cell(cell: dict) -> Cell:
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list):
        source = "".join(str(line) for line in source)
    identity = cell.get("id") if isinstance(cell.get("id"), str) else ""
    return Cell(str(source), identity, locked=_metadata(cell, "editable") is False)


def _metadata(cell: dict, key: str):
    metadata = cell.get("metadata")
    return metadata.get(key) if isinstance(metadata, dict) else None


def _script_cells(text: str) -> list[Cell]:
    """A script's cells, if it was exported from a notebook; else all of it as one."""
    marks = [match.start() for match in SCRIPT_CELL.finditer(text)]
    edges = [0, *marks, len(text)]
    pieces = [text[start:end].strip() for start, end in pairwise(edges)]
    return [Cell(p) for p in pieces if p and not re.match(r"# %%.*\[(markdown|raw)\]", p)]
