"""Execute the book's chapters side by side, each one only when something it depends on changed.

Jupyter Book would run them one after the other, and would not notice that the package behind a
chapter changed. So the chapters are executed here, `jobs` at a time, one thread each; the result
is kept in `_build/chapters/` under a digest of all that it depends on and is handed to Jupyter
Book through its own cache, where it finds every chapter executed already.
"""

import asyncio
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

import nbformat
import yaml
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from jupyter_cache.cache.main import JupyterCacheBase
from myst_nb.core.read import is_myst_markdown_notebook, read_myst_markdown_notebook
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from book.fingerprint import fingerprint, package_sources

ROOT = Path(__file__).resolve().parents[1]
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
STRICT = """import warnings
warnings.simplefilter("error")
warnings.simplefilter("ignore", PendingDeprecationWarning)  # the kernel's own, at shutdown
warnings.filterwarnings("ignore", module="asyncio|tornado|ipykernel|zmq")  # and at its start
"""
KERNEL_ARGUMENTS = [
    f"--IPKernelApp.exec_lines={STRICT}",
    "--IPKernelApp.log_level=40",  # its warning about unencrypted local sockets is noise here
]


class ChapterError(Exception):
    """A chapter's cell failed; the message names chapter, line and cell."""


@dataclass
class Chapter:
    """One executable page: its source file and the notebook that the source describes."""

    path: Path
    notebook: nbformat.NotebookNode

    @property
    def name(self) -> str:
        """The path inside the repository, as people say it: `book/pruning.md`."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def executed(self) -> Path:
        """Where the executed notebook is kept."""
        return ROOT / "_build" / "chapters" / self.path.relative_to(ROOT).with_suffix(".ipynb")


def chapters(toc: Path = ROOT / "_toc.yml") -> list[Chapter]:
    """All pages of the table of contents that hold code to execute, in its order."""
    paths = [toc.parent / f"{name}.md" for name in _files(yaml.safe_load(toc.read_text()))]
    return [_read(p) for p in paths if p.exists() and is_myst_markdown_notebook(p.read_text())]


def _files(entry) -> list[str]:
    """The value of every `file` key in a table of contents, depth first."""
    if isinstance(entry, list):
        return [name for item in entry for name in _files(item)]
    if isinstance(entry, dict):
        own = [entry["file"]] if "file" in entry else []
        return own + [name for value in entry.values() for name in _files(value)]
    return []


def _read(path: Path) -> Chapter:
    """Read a chapter exactly as Jupyter Book reads it, so that its cache recognises the cells."""
    notebook = read_myst_markdown_notebook(path.read_text(), add_source_map=True, path=str(path))
    return Chapter(path, notebook)


def digest(chapter: Chapter, package: Path = ROOT / "efficientai") -> str:
    """Fingerprint of all that a chapter's outputs depend on: cells, package sources, versions."""
    cells = "\n".join(c.source for c in chapter.notebook.cells if c.cell_type == "code")
    kernel = str(chapter.notebook.metadata.get("kernelspec"))
    return fingerprint([cells, kernel], package_sources(cells, package))


def is_current(chapter: Chapter) -> bool:
    """Whether the kept result was made from exactly what is there now."""
    if not chapter.executed.exists():
        return False
    kept = json.loads(chapter.executed.read_text(encoding="utf-8"))
    return kept["metadata"].get("digest") == digest(chapter)


async def execute(chapter: Chapter, slots: asyncio.Semaphore) -> None:
    """Run one chapter in a fresh kernel and keep the result; `ChapterError` if a cell fails."""
    async with slots:
        print(f"  {chapter.name}: running", flush=True)
        started, at = time.monotonic(), {"cell": 0}
        client = NotebookClient(
            chapter.notebook,
            timeout=600,  # seconds a cell; only one that hangs takes that long
            resources={"metadata": {"path": str(chapter.path.parent)}},
            extra_arguments=KERNEL_ARGUMENTS,
            record_timing=False,  # times in the cells would hide them from Jupyter Book's cache
            on_cell_execute=lambda cell, cell_index: at.update(cell=cell_index),
        )
        try:
            await client.async_execute(env={**os.environ, **ONE_THREAD})
        except Exception as error:
            raise ChapterError(_describe(chapter, at["cell"], error)) from error
        _keep(chapter, time.monotonic() - started)


def _describe(chapter: Chapter, index: int, error: Exception) -> str:
    """Say which cell of which chapter failed, where it stands in the source, and why."""
    notebook = chapter.notebook
    number = sum(cell.cell_type == "code" for cell in notebook.cells[: index + 1])
    line = notebook.metadata["source_map"][index] + 1
    head = f"{chapter.name}, line {line}: code cell {number} failed."
    if isinstance(error, CellExecutionError):
        return f"{head}\n{error.traceback}"  # shows the cell, too
    return f"{head}\n\n{notebook.cells[index].source}\n\n{type(error).__name__}: {error}"


def _keep(chapter: Chapter, seconds: float) -> None:
    """Write the executed notebook atomically, with the fingerprint of what it was made from."""
    chapter.notebook.metadata["digest"] = digest(chapter)
    chapter.notebook.metadata["seconds"] = round(seconds, 1)
    chapter.executed.parent.mkdir(parents=True, exist_ok=True)
    partial = chapter.executed.with_suffix(".partial")
    nbformat.write(chapter.notebook, partial)
    partial.replace(chapter.executed)
    print(f"  {chapter.name}: done in {seconds:.0f} s", flush=True)


def hand_over(chapter: Chapter) -> None:
    """Put a kept result into the cache from which Jupyter Book reads, unless it is there."""
    cache, made_from = get_cache(ROOT / "_build" / ".jupyter_cache"), digest(chapter)
    if _handed_over(cache, chapter) == made_from:
        return
    kept = nbformat.read(chapter.executed, as_version=4)
    data = {"execution_seconds": kept.metadata["seconds"], "digest": made_from}
    bundle = CacheBundleIn(with_outputs(chapter.notebook, kept), str(chapter.path), data=data)
    cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)


def _handed_over(cache: JupyterCacheBase, chapter: Chapter) -> str | None:
    """The digest of the result in the cache that Jupyter Book would find for the chapter."""
    try:
        return cache.match_cache_notebook(chapter.notebook).data.get("digest")
    except KeyError:
        return None


def with_outputs(
    notebook: nbformat.NotebookNode, kept: nbformat.NotebookNode
) -> nbformat.NotebookNode:
    """`notebook` as it is now, with the outputs that the same code cells had in `kept`.

    Captions and tags may have changed since; Jupyter Book compares them, and would execute again.
    """
    results = [cell for cell in kept.cells if cell.cell_type == "code"]
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell, result in zip(cells, results, strict=True):
        cell.outputs, cell.execution_count = result.outputs, result.execution_count
    notebook.metadata.setdefault("language_info", kept.metadata["language_info"])  # the kernel's
    return notebook


async def _execute_all(stale: list[Chapter], jobs: int) -> list[BaseException | None]:
    slots = asyncio.Semaphore(jobs)
    return await asyncio.gather(*(execute(c, slots) for c in stale), return_exceptions=True)


def execute_book(jobs: int | None = None) -> None:
    """Bring every chapter's result up to date, `jobs` at a time (default: one per core).

    All chapters are tried; one `ChapterError` at the end tells every failure.
    """
    book = chapters()
    stale = [chapter for chapter in book if not is_current(chapter)]
    print(f"Chapters: {len(book) - len(stale)} unchanged, {len(stale)} to execute.", flush=True)
    outcomes = asyncio.run(_execute_all(stale, jobs or os.cpu_count() or 1))
    failures = [str(outcome) for outcome in outcomes if outcome is not None]
    if failures:
        raise ChapterError("\n\n".join(failures))
    for chapter in book:
        hand_over(chapter)
