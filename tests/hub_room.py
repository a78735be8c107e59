"""A real hub on this machine, with the configuration of `deploy/jupyterhub`, for its tests.

What differs from a hub that somebody uses: everybody logs in with one password, all servers run
as the account that runs the tests, ports are free ones, and all files lie in one folder.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy" / "jupyterhub"
COURSE, PASSWORD = "efficient-ai", "one-password-for-all"
PATIENCE_S = 180

OVERRIDE = """
load_subconfig({config!r})
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.password = {password!r}
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = {homes!r}
c.JupyterHub.hub_port = {hub_port}
c.JupyterHub.cleanup_servers = True
c.ConfigurableHTTPProxy.command = [{proxy!r}]
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{proxy_port}"
service = c.JupyterHub.services[0]
service["environment"].update({private!r})
if {root!r}:  # a container of continuous integration has no other account
    c.Spawner.args = ["--allow-root"]
    service["command"].append("--allow-root")
"""


def proxy() -> str | None:
    """The command configurable-http-proxy, from the path or from `_build/node`."""
    places = [os.environ.get("PATH", ""), str(ROOT / "_build" / "node" / "node_modules" / ".bin")]
    return shutil.which("configurable-http-proxy", path=os.pathsep.join(places))


def free_ports(count: int) -> list[int]:
    """Ports of this machine that nobody listens on."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


@dataclass
class Hub:
    """A hub, running or not; `folder` is its HUB_ROOT and `address` where browsers find it."""

    folder: Path
    address: str
    process: subprocess.Popen | None = None

    @property
    def log(self) -> Path:
        """What the hub and all its servers said."""
        return self.folder / "hub.log"

    def home(self, name: str) -> Path:
        """Somebody's home folder."""
        return self.folder / "homes" / name

    def start(self, environment: dict[str, str]) -> None:
        """Start it and wait until it answers."""
        command = [sys.executable, "-m", "jupyterhub", "-f", str(self.folder / "override.py")]
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                command,
                env=environment,
                cwd=self.folder / "state",
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + PATIENCE_S
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(self.log.read_text(encoding="utf-8")[-3000:])
            time.sleep(0.1)

    def _answers(self) -> bool:
        """Whether the hub and the instructors' server behind it are there."""
        try:
            urllib.request.urlopen(f"{self.address}/services/{COURSE}/api", timeout=5).close()
        except (urllib.error.URLError, OSError):
            return False
        return True

    def stop(self) -> None:
        """End the hub, which ends its servers, and make sure of it."""
        running = self.process.poll() is None
        family = psutil.Process(self.process.pid).children(recursive=True) if running else []
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for one in family:  # each in a session of its own, out of reach of a signal to the group
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()


def prepare(folder: Path, students: list[str], instructors: list[str]) -> tuple[Hub, dict]:
    """Lay out a hub's folder around `course/` and `exchange/`; the hub, and what to start it in."""
    public, hub_port, proxy_port, grader_port = free_ports(4)
    for name in ("state", "homes"):
        (folder / name).mkdir()
    table(folder / "course" / "students.csv", students)
    table(folder / "instructors.csv", instructors)
    _students_environment(folder / "students")
    private = {f"JUPYTER_{name}_DIR": str(folder / "grader" / name) for name in ("CONFIG", "DATA")}
    override = OVERRIDE.format(
        config=str(DEPLOY / "jupyterhub_config.py"),
        password=PASSWORD,
        homes=str(folder / "homes" / "{username}"),
        proxy=proxy(),
        private=private,
        hub_port=hub_port,
        proxy_port=proxy_port,
        root=os.geteuid() == 0,
    )
    (folder / "override.py").write_text(override, encoding="utf-8")
    options = {
        "HUB_ROOT": str(folder),
        "HUB_STUDENTS": str(folder / "students"),
        "HUB_GRADER": getpass.getuser(),
        "HUB_GRADER_PORT": str(grader_port),
        "HUB_BIND": f"http://127.0.0.1:{public}",
        "PYTHONPATH": str(ROOT),
    }
    return Hub(folder, options["HUB_BIND"]), {**os.environ, **options}


def table(path: Path, people: list[str]) -> None:
    """Write a table of people."""
    rows = [f"{name},,,\n" for name in people]
    path.write_text("id,first_name,last_name,email\n" + "".join(rows), encoding="utf-8")


def _students_environment(folder: Path) -> None:
    """What a deployment has in /opt/efficientai; its Python is the one that runs the tests."""
    (folder / "bin").mkdir(parents=True)
    python = folder / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    shutil.copytree(DEPLOY / "student", folder / "settings")
