"""Collect what lies in the exchange, where students may have put anything.

A student owns the folder that `nbgrader submit` makes, and may change it or make others beside it.
nbgrader's own collecting opens links with the grader's rights, takes a folder for whomever its name
says, and stops for the whole class at one that it does not expect.
"""

from __future__ import annotations

import datetime
import errno
import mimetypes
import os
import pwd
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path

from nbgrader.exchange.default import ExchangeCollect

from autograder.nbgrader.course import BUNDLES
from autograder.results import printable

NOBODY = {"username": "", "filename": "", "timestamp": datetime.datetime.min}
MOST_FILES, DEEPEST = 1000, 8
HANDING_IN = datetime.timedelta(minutes=15)  # from a submission's time stamp to its last file
PAGES = ("html", "xml")  # ends of the types of files in which a browser runs scripts
STAMP, SECRET = "timestamp.txt", "submission_secret.txt"


class Collect(ExchangeCollect):
    """Takes ordinary files, each from the student who owns it, and names what it leaves out.

    With ``c.ExchangeCollect.check_owner = False`` a folder is the work of whomever its name says.
    """

    def init_src(self) -> None:
        """Find the submissions."""
        super().init_src()
        self.src_records = [record for record in self.src_records if record["username"]]

    def _path_to_record(self, path: str) -> dict:
        try:
            record = super()._path_to_record(path)
            self._require_owner(path, record["username"])
        except Exception as error:  # its name may be anything
            self._leave_out(path, error)
            return NOBODY
        return record

    def _require_owner(self, path: str, student: str) -> None:
        about = os.lstat(path)
        if not stat.S_ISDIR(about.st_mode):
            raise ValueError("it is no folder")
        if self.check_owner and about.st_uid not in (os.geteuid(), _account(student)):
            raise ValueError(f"it does not belong to {student}, whose work it claims to be")

    def do_copy(self, src: str, dest: str, log: object = None) -> None:
        """Copy one submission's files into the new folder `dest`."""
        folder = Path(dest)
        folder.mkdir(parents=True)
        changed = self._copy_files(src, folder)
        stamp = Path(src).name.rsplit("+", 3)[2]
        (folder / STAMP).write_text(stamp, encoding="utf-8")
        _keep_secret(folder / SECRET)
        self._name_notebook(folder)
        handed_in = self._path_to_record(src)["timestamp"]
        if changed - handed_in > HANDING_IN:
            self.log.warning("%s says %s, but was changed at %s UTC", src, stamp, changed)
        if self.coursedir.groupshared:
            self.set_perms(dest, fileperms=0o660, dirperms=0o2770)

    def _copy_files(self, src: str, folder: Path) -> datetime.datetime:
        """Copy; when the last of the files was changed."""
        left, changed = 1000 * self.coursedir.max_dir_size, 0.0
        for name, place in _found(src):
            target = folder / name
            try:
                content, when = _content(target.name, place, self._most(left))
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
            except (OSError, ValueError) as error:
                self._leave_out(os.path.join(src, name), error)
            else:
                left, changed = left - len(content), max(changed, when)
        return datetime.datetime.fromtimestamp(changed, datetime.timezone.utc).replace(tzinfo=None)

    def _most(self, left: int) -> int:
        return min(left, 1000 * self.coursedir.max_file_size)

    def _name_notebook(self, folder: Path) -> None:
        """The assignment's notebook is there: under its own name again, or an empty file."""
        topic = self.coursedir.assignment_id
        wanted = folder / f"{topic}.ipynb"
        if wanted.exists() or not Path(self.coursedir.root, BUNDLES, topic).is_dir():
            return
        found = sorted(folder.glob("*.ipynb"), key=lambda path: path.stat().st_size)
        if not found:
            wanted.touch()
            return
        self.log.warning("%s was handed in as %s", wanted, printable(found[-1].name))
        found[-1].rename(wanted)

    def _leave_out(self, path: str, why: Exception) -> None:
        reason = why.strerror if isinstance(why, OSError) and why.strerror else why
        self.log.warning("%s is left out: %s", printable(path), printable(str(reason)))


def _account(name: str) -> int | None:
    """The number of an account of this machine."""
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError:
        return None


def _found(src: str) -> Iterator[tuple[str, int]]:
    """Path and open folder of each file, notebooks first; links to folders are not followed."""
    count = 0
    for folder, folders, names, place in os.fwalk(src, follow_symlinks=False):
        here = Path(folder).relative_to(src)
        folders[:] = sorted(n for n in folders if not _is_a_files_name(n))
        if len(here.parts) >= DEEPEST:
            folders.clear()
        for name in sorted(names, key=lambda name: (not name.endswith(".ipynb"), name)):
            count += 1
            if count > MOST_FILES:
                return
            yield str(here / name), place


def _is_a_files_name(name: str) -> bool:
    """Whether a folder has a name under which nbgrader looks for a file, or Jupyter its copies."""
    return name.endswith(".ipynb") or name in (STAMP, SECRET, ".ipynb_checkpoints")


def _content(name: str, place: int, most: int) -> tuple[bytes, float]:
    """A file of the open folder `place`, and when it was last changed.

    Raises:
        ValueError: with what it is, if it must not be taken.
        OSError: if it cannot be read.
    """
    kind, _ = mimetypes.guess_type(name)
    if kind and kind.endswith(PAGES):
        raise ValueError("formgrader would run what is in it")
    try:
        file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=place)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise ValueError("it is a link") from error
        raise
    with open(file, "rb") as opened:
        about = os.fstat(file)
        if not stat.S_ISREG(about.st_mode) or about.st_nlink > 1:
            raise ValueError("it is no ordinary file")
        content = opened.read(most + 1)
    if len(content) > most:
        raise ValueError("it is too large")
    return content, about.st_ctime


def _keep_secret(path: Path) -> None:
    """What names a student's feedback in the exchange; without one, feedback stops for all."""
    try:
        kept = path.read_text(encoding="ascii")
    except (OSError, ValueError):
        kept = ""
    if not kept.isalnum():
        path.write_text(secrets.token_hex(64), encoding="ascii")
