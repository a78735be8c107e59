"""The walls around a worker, in layers. A layer that the host forbids is named, never silent.

`enter_view` is done once, in the warm process: namespaces of its own, and a file system in which
nothing but Python and its libraries exists. `isolate` and `lock_in` are done for every worker:
fresh namespaces and private folders, then no privileges, no way back, and limits.
"""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import sys
import tempfile
from pathlib import Path

from autograder.boundary import linux, seccomp
from autograder.boundary.limits import Limits
from autograder.boundary.view import ETC, PACKAGE, visible_folders

UNPRIVILEGED = 64646  # a user that owns nothing
INSIDE = 1000  # what the worker takes itself for
NAMESPACES = {
    "mount": linux.CLONE_NEWNS,
    "process": linux.CLONE_NEWPID,
    "network": linux.CLONE_NEWNET,
    "ipc": linux.CLONE_NEWIPC,
}
DEVICES = ("null", "zero", "full", "random", "urandom")
COURSE = "/course"
SCRATCH = "/scratch"  # not /tmp: a clone of the course, with its libraries, may lie there
PRIVATE = (SCRATCH, "/dev/shm")
HOMES = ("HOME", "TMPDIR", "MPLCONFIGDIR", "IPYTHONDIR")


class Refused(Exception):
    """Nothing can be graded safely here; the text says why and what to do."""


class Layers(dict):
    """Layer by name: an empty text if it stands, else why it does not."""

    def attempt(self, name: str, step, *args) -> bool:
        """Put one layer up; whether it stands."""
        try:
            step(*args)
            self[name] = ""
        except (OSError, ValueError, KeyError, AttributeError) as error:
            self[name] = str(error)
        return not self[name]

    @property
    def missing(self) -> list[str]:
        """The names of the layers that do not stand."""
        return [name for name, why in self.items() if why]


# ------------------------------------------------------------------ once: the warm process


def enter_view(course: str, staging: str) -> Layers:
    """Leave this machine's files and processes behind, in a child process that goes on from here.

    Args:
        course: folder of the packages that the worker finds first.
        staging: an empty folder to build the new root in.

    Returns:
        The layers in the child. The calling process waits for the child and ends with it.

    Raises:
        Refused: if a student's code could only run as root.
    """
    layers = Layers()
    if not layers.attempt("namespaces", _leave_namespaces):
        layers["file system"] = "needs namespaces"
        if os.geteuid() == 0:
            _require_readable_python()
        sys.path.insert(0, course)
        return layers
    _continue_in_child()
    if layers.attempt("file system", _build_root, course, staging):
        os.environ.update(dict.fromkeys(HOMES, SCRATCH))
        tempfile.tempdir = None  # asked for before: look again
        sys.path.insert(0, COURSE)
    else:
        sys.path.insert(0, course)
    if os.getuid() == 0 and _is_real_root():
        layers.attempt("unprivileged user", _become, UNPRIVILEGED)
        linux.prctl(linux.PR_SET_PDEATHSIG, 9)  # a change of user takes it back
    return layers


def _is_real_root() -> bool:
    """Whether user 0 here is the machine's own root."""
    return Path("/proc/self/uid_map").read_text().split() == ["0", "0", "4294967295"]


def _leave_namespaces() -> None:
    flags = sum(NAMESPACES.values()) | linux.CLONE_NEWUTS
    if os.geteuid() == 0:
        linux.unshare(flags)
    else:
        _new_user(flags, os.geteuid())
    linux.mount("none", "/", "", linux.MS_REC | linux.MS_PRIVATE)


def _new_user(flags: int, inside: int) -> None:
    """Namespaces with a user namespace around them, in which this user is `inside`."""
    user, group = os.geteuid(), os.getegid()
    linux.unshare(flags | linux.CLONE_NEWUSER)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{inside} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{inside} {group} 1")


def _continue_in_child() -> None:
    """A process namespace begins with the next child: go on there, and wait here for its end."""
    child = os.fork()
    if child == 0:
        linux.prctl(linux.PR_SET_PDEATHSIG, 9)
        return
    os.closerange(3, 4096)
    _, status = os.waitpid(child, 0)
    os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


def _build_root(course: str, staging: str) -> None:
    """A new root with this Python, the system's libraries and the course package, read-only."""
    root = Path(staging)
    linux.mount("tmpfs", staging, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, "mode=755,size=4m")
    for folder in visible_folders():
        _show(folder, root)
    for name in ETC:
        _show(f"/etc/{name}", root)
    for name in DEVICES:
        _show(f"/dev/{name}", root)
    _bind(course, root / COURSE[1:])
    _hide_installed_package(root)
    for folder in (*PRIVATE, "/proc", "/.old"):
        (root / folder[1:]).mkdir(parents=True, exist_ok=True)
    if not (root / "tmp").exists():
        (root / "tmp").symlink_to(SCRATCH)
    _write_accounts(root)
    with contextlib.suppress(OSError):  # forbidden in most containers; nothing here needs it
        linux.mount("proc", str(root / "proc"), "proc", 14)
    for folder in PRIVATE:
        linux.mount("tmpfs", str(root / folder[1:]), "tmpfs", 6, "mode=1777,size=64m")
    linux.pivot_root(staging, str(root / ".old"))
    os.chdir("/")
    linux.unmount("/.old")
    linux.mount("none", "/", "", linux.MS_REMOUNT | linux.MS_BIND | linux.MS_RDONLY | 6)


def _show(path: str, root: Path) -> None:
    """Let `path` be seen in the new root, at the same place, read-only."""
    source, target = Path(path), root / path[1:]
    if not source.exists() or target.exists():
        return
    if source.is_symlink() and source.parent == Path("/"):  # /bin -> usr/bin
        target.symlink_to(os.readlink(source))
    else:
        _bind(str(source.resolve()), target)


def _bind(source: str, target: Path) -> None:
    if os.path.isdir(source):
        target.mkdir(parents=True, exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    linux.mount(source, str(target), "", linux.MS_BIND | linux.MS_REC)
    kept = os.statvfs(target).f_flag & (linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC)
    flags = linux.MS_REMOUNT | linux.MS_BIND | linux.MS_RDONLY | linux.MS_NOSUID | kept
    linux.mount("none", str(target), "", flags)


def _hide_installed_package(root: Path) -> None:
    """An ordinary install of the course package lies among the libraries: cover it."""
    for folder in sys.path:
        found = root / folder.lstrip("/") / PACKAGE
        if folder and found.is_dir():
            linux.mount("tmpfs", str(found), "tmpfs", linux.MS_RDONLY, "size=4k")


def _write_accounts(root: Path) -> None:
    (root / "etc").mkdir(exist_ok=True)
    (root / "etc/passwd").write_text(f"student:x:{INSIDE}:{INSIDE}::{SCRATCH}/home:/bin/sh\n")
    (root / "etc/group").write_text(f"student:x:{INSIDE}:\n")


def _become(user: int) -> None:
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    linux.prctl(linux.PR_SET_DUMPABLE, 1)  # or its own /proc entries belong to root


# ------------------------------------------------------------------ for every worker


def isolate(limits: Limits, layers: Layers, slot: int, view: bool) -> Path:
    """Fresh namespaces for the next child of this process, and a folder of its own to work in.

    Args:
        limits: sizes of its folders.
        layers: gets the layers.
        slot: its number among workers of the same time.
        view: whether the view stands. Without it no namespaces either: in those that root makes,
            a worker would still be root to the machine's files, which it sees.
    """
    flags = sum(NAMESPACES.values()) | linux.CLONE_NEWUTS
    if not view:
        layers["namespaces"] = "need a file system of their own"
    elif layers.attempt("namespaces", _new_user, flags, INSIDE):
        layers.attempt("private folders", _mount_private, limits)
        return Path(SCRATCH) / "home"
    layers["private folders"] = "need namespaces"
    home = Path(tempfile.mkdtemp(prefix="worker-"))
    if os.geteuid() == 0:
        os.chown(home, UNPRIVILEGED + slot, UNPRIVILEGED + slot)
    return home


def clean_up(home: Path) -> None:
    """Remove what a worker without a file system of its own left behind."""
    if home.name.startswith("worker-"):
        shutil.rmtree(home, ignore_errors=True)


def _mount_private(limits: Limits) -> None:
    linux.mount("none", "/", "", linux.MS_REC | linux.MS_PRIVATE)
    for folder in PRIVATE:
        options = f"mode=700,size={limits.disk_bytes},nr_inodes=4096"
        linux.mount("tmpfs", folder, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, options)


def lock_in(limits: Limits, layers: Layers, slot: int, home: Path) -> None:
    """In the worker itself: its own /proc, limits, no privileges and no way to regain them."""
    if not layers["namespaces"]:
        with contextlib.suppress(OSError):  # forbidden in most containers; nothing here needs it
            linux.mount("proc", "/proc", "proc", 14)
    home.mkdir(exist_ok=True)
    os.chdir(home)
    if os.geteuid() == 0:
        layers.attempt("unprivileged user", _become, UNPRIVILEGED + slot)
    layers.attempt("limits", set_limits, limits)
    layers.attempt("no capabilities", linux.drop_capabilities)
    layers.attempt("no new privileges", linux.prctl, linux.PR_SET_NO_NEW_PRIVS, 1)
    layers.attempt("system calls", seccomp.install)


def _require_readable_python() -> None:
    """Without namespaces, root's workers become users of their own, who must find the libraries."""
    base = Path(sys.base_prefix)
    if not all(folder.stat().st_mode & 0o005 == 0o005 for folder in [base, *base.parents]):
        raise Refused(
            f"Without namespaces a student's code cannot run as root, and no other user can read "
            f"Python in {base}. Grade as an ordinary user, or with a Python that all can read."
        )


def set_limits(limits: Limits) -> None:
    """Limits of the kernel's on this process and what it starts."""
    seconds = int(limits.total_seconds)
    values = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_FSIZE: limits.file_bytes,
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_NPROC: limits.processes + _others_of_this_user(),
        resource.RLIMIT_AS: address_space() + limits.memory_bytes,
    }
    for kind, value in values.items():
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))


def address_space() -> int:
    """Bytes of address space that this process has now; torch alone maps gigabytes."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def _others_of_this_user() -> int:
    """Processes that count against the same limit: none in a user namespace since Linux 5.14."""
    release = tuple(int(part) for part in os.uname().release.split(".")[:2])
    fresh = Path("/proc/self/uid_map").read_text().split()[:1] == [str(INSIDE)]
    if fresh and release >= (5, 14):
        return 0
    return sum(int(_field(p, "Threads")) for p in Path("/proc").glob("[0-9]*") if _mine(p))


def _mine(process: Path) -> bool:
    with contextlib.suppress(OSError):
        return process.stat().st_uid == os.getuid()
    return False


def _field(process: Path, name: str) -> str:
    with contextlib.suppress(OSError):
        for line in (process / "status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return line.split()[1]
    return "0"
