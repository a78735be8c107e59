"""Runs notebooks as Colab does: its shell, its libraries, no repository. Not a test itself.

``python colab_session.py JOBS`` reads a list of notebooks and tells on standard output, one JSON
object a line, what the environment was before and after the first install, then what each notebook
did, cell by cell. Everything is run in a fork of one process that has imported torch once.
"""

from __future__ import annotations

import json
import os
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from IPython.core.interactiveshell import InteractiveShell

OURS = "efficientai"
PINNED = ("torch", "numpy", "otter-grader")


def main(jobs: list[dict]) -> None:
    """Install once as the first notebook says; then run every notebook in a fork."""
    from google.colab._shell import Shell  # a stand-in; notebooks look for it in sys.modules

    shell = Shell.instance()
    shell.history_manager.enabled = False
    tell(event="before", found=find_spec(OURS) is not None, versions=versions())
    _, error, _ = run(shell, code_cells(jobs[0]["path"])[0])
    tell(event="installed", error=error, versions=versions(), shell=str(shell), **places())
    import otter  # noqa: F401
    import torch

    torch.set_num_threads(1)
    for job in jobs:
        sys.stdout.flush()
        if os.fork() == 0:
            tell(event="notebook", **job, **run_notebook(shell, job["path"]))
            os._exit(0)
        os.wait()


def tell(**what) -> None:
    """One line for whoever listens; cells print to another descriptor."""
    os.write(TOLD, json.dumps(what).encode() + b"\n")


def versions() -> dict[str, str]:
    return {name: version(name) for name in PINNED}


def places() -> dict:
    """Where the course package is, and every place that modules came from."""
    files = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
    found = find_spec(OURS)
    return {"package": found and found.origin, "files": sorted({*sys.path, *filter(None, files)})}


def code_cells(path: str) -> list[dict]:
    cells = json.loads(Path(path).read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


def run(shell: InteractiveShell, cell: dict) -> tuple[object, str, str]:
    """A cell's value, what it raised, and its id."""
    result = shell.run_cell("".join(cell["source"]))
    raised = result.error_before_exec or result.error_in_exec
    return result.result, f"{type(raised).__name__}: {raised}" if raised else "", cell["id"]


def run_notebook(shell: InteractiveShell, path: str) -> dict:
    """Every cell from top to bottom; what was installed, what stopped, what each check said."""
    shell.reset(new_session=False)
    installs: list[str] = []
    shell.register_magic_function(installs.append, "line", "pip")  # it was done for real already
    ran = [run(shell, cell) for cell in code_cells(path)]
    checks = {
        name.removesuffix("-check"): [value.passed_all, value.summary()]
        for value, error, name in ran
        if name.endswith("-check") and not error
    }
    errors = {name: error for _, error, name in ran if error}
    return {"installs": installs, "errors": errors, "checks": checks}


if __name__ == "__main__":
    TOLD = os.dup(1)
    os.dup2(2, 1)  # what cells print
    main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
