"""Who handed a file in, as far as a learning platform wrote it into the file's name."""

from __future__ import annotations

import re
from typing import NamedTuple

CANVAS = re.compile(r"(?P<name>[^_]+)_(?:LATE_)?(?P<id>\d+)_\d+_")  # user, then submission
MOODLE = re.compile(r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_")
ENDINGS = re.compile(r"(\.(ipynb|txt|json|py|zip))+$")


class Sender(NamedTuple):
    """A student.

    Attributes:
        name: for people to read.
        id: the platform's; None if there is none, or if the student's own words look like a
            second one.
    """

    name: str
    id: str | None


def sender(file: str) -> Sender:
    """The student who handed in `file`: its path below the folder of all submissions.

    >>> sender("lovelaceada_LATE_4711_815_pruning.ipynb")
    Sender(name='lovelaceada', id='4711')
    >>> sender("Ada Lovelace_81_assignsubmission_file_/pruning.ipynb")
    Sender(name='Ada Lovelace', id='81')
    >>> sender("s1234567.ipynb"), sender("my work.ipynb")
    (Sender(name='s1234567', id='s1234567'), Sender(name='my work', id=None))
    """
    first = file.split("/")[0]
    if moodle := MOODLE.match(first):
        sure = len(re.findall(r"(?=_\d+_assignsubmission_)", first)) == 1
        return Sender(moodle["name"], moodle["id"] if sure else None)
    if canvas := CANVAS.match(first):
        return Sender(canvas["name"], canvas["id"])
    plain = ENDINGS.sub("", first)
    return Sender(plain, plain if re.fullmatch(r"[\w.@-]+", plain) else None)
