"""nbgrader's own commands, each in a fork of one process that has imported nbgrader.

A fork has its own working folder and environment, as a person at a terminal has; starting Python
anew for each of some thirty commands would take minutes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from autograder.course import ROOT

SERVE = """
import json, os, sys, warnings
warnings.simplefilter("ignore")
import nbgrader.apps, nbgrader.converters
from nbgrader.apps.nbgraderapp import main
for line in sys.stdin:
    step = json.loads(line)
    child = os.fork()
    if not child:
        os.chdir(step["cwd"])
        log = os.open(step["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(log, 1)
        os.dup2(log, 2)
        sys.argv = ["nbgrader", *step["arguments"]]
        sys.exit(main())
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


def surroundings(home: Path) -> dict[str, str]:
    """An environment in which nothing of this machine's Jupyter is read or written."""
    home.mkdir(exist_ok=True)
    places = {name: str(home / name) for name in ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR")}
    own = {f"JUPYTER_{name}": place for name, place in places.items()}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # it calls `alembic`
    return {
        **{name: value for name, value in os.environ.items() if name != "EFFICIENTAI_SEED"},
        **own,
        "HOME": str(home),
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTER_NO_CONFIG": "",
        "OMP_NUM_THREADS": "1",
        "PATH": path,
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "ignore",
    }


class Nbgrader:
    """A warm nbgrader. Use it as a context.

    Args:
        home: a folder for what Jupyter writes.
    """

    def __init__(self, home: Path):
        self.environment = surroundings(home)
        self._log = home / "log"
        self._warm = subprocess.Popen(
            [sys.executable, "-c", SERVE],
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self, folder: Path, *arguments: str) -> str:
        """Run one command in `folder`, require that it succeeds, and return what it said."""
        status, said = self.attempt(folder, *arguments)
        assert status == 0, said
        return said

    def attempt(self, folder: Path, *arguments: str) -> tuple[int, str]:
        """Run one command; its exit status and what it said."""
        step = {"cwd": str(folder), "log": str(self._log), "arguments": arguments}
        self._warm.stdin.write(json.dumps(step) + "\n")
        self._warm.stdin.flush()
        status = int(self._warm.stdout.readline())
        return status, self._log.read_text(encoding="utf-8", errors="replace")

    def __enter__(self) -> Nbgrader:
        return self

    def __exit__(self, *exception: object) -> None:
        self._warm.stdin.close()
        self._warm.wait()
        self._warm.stdout.close()
