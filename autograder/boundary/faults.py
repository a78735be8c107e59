"""Exceptions as data: their type by name, their text, and what stands for them over here."""

from __future__ import annotations

import builtins
from functools import cache

from autograder.boundary.wire import WireError, expect

BUILTIN = {
    name: cls
    for name, cls in vars(builtins).items()
    if isinstance(cls, type) and issubclass(cls, Exception) and not name.endswith("Group")
}
TEXT_CHARS = 2000


class RemoteError(Exception):
    """An exception that was raised across the boundary. `except ValueError` catches a ValueError.

    Attributes:
        remote_type: the name of its class over there.
    """

    remote_type = "Exception"


def save(error: BaseException) -> dict:
    """An exception as data."""
    names = [cls.__name__ for cls in type(error).__mro__]
    return {"names": names[:20], "text": text_of(error)[:TEXT_CHARS]}


def load(data) -> RemoteError:
    """The exception that stands for one across the boundary.

    Raises:
        WireError: if `data` is none.
    """
    names = expect(expect(data, dict).get("names"), list)
    if not names or not all(isinstance(n, str) and n.isidentifier() for n in names):
        raise WireError("not an exception")
    base = next((BUILTIN[name] for name in names if name in BUILTIN), RuntimeError)
    return _class(names[0][:80], base)(expect(data.get("text"), str)[:TEXT_CHARS])


def text_of(error: BaseException) -> str:
    """What the exception says; a student's own `__str__` may fail."""
    try:
        if isinstance(error, KeyError) and len(error.args) == 1:
            return repr(error.args[0])
        return str(error)
    except Exception:
        return f"a {type(error).__name__} that cannot be shown"


@cache
def _class(name: str, base: type[Exception]) -> type[RemoteError]:
    """A class that `except` clauses for `base` catch, however `base` likes to be constructed."""
    body = {
        "remote_type": name,
        "__init__": lambda self, text: Exception.__init__(self, text),
        "__str__": lambda self: self.args[0],
    }
    return type(name, (RemoteError, base), body)
