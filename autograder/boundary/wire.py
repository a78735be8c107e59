"""What crosses the boundary: data, written as JSON beside raw bytes. Nothing here can execute.

A value is JSON itself if it is None, a bool, a number or a string; everything else is a list that
begins with a tag. Immutable values are written where they stand. Objects that can be changed in
place (`kinds`) are numbered, so that both sides know which copies belong together.
"""

from __future__ import annotations

import json
import re
from collections import namedtuple
from keyword import iskeyword

import numpy as np
import torch

from autograder.boundary.limits import BLOB_BYTES, DEPTH

SMALL_INT = 1 << 62
INT_BITS = 400_000
MANY = 100_000  # containers and objects in one message
DTYPE_NAME = re.compile(
    r"torch\.(bool|u?int(8|16|32|64)|bfloat16|float(16|32|64)|float8_\w+|complex(32|64|128))"
)
DTYPES = {
    str(dtype).removeprefix("torch."): dtype
    for dtype in vars(torch).values()
    if isinstance(dtype, torch.dtype) and DTYPE_NAME.fullmatch(str(dtype))
}
ARRAY_DTYPE = re.compile(r"[<>|=]?[biufcSU?][0-9]{0,6}")


class CannotCross(TypeError):
    """A value that has no form on the wire; the text names it for the author of the test."""


class WireError(ValueError):
    """A message that no honest peer would send."""


class Encoder:
    """Writes one message.

    Args:
        side: says how handles, shared objects and autograd graphs are named (see `peer.Side`).
        dry: whether the message is only to be looked at, not sent.
    """

    def __init__(self, side, dry: bool = False):
        self.side, self.dry = side, dry
        self.blobs: list[bytes] = []
        self.blob_bytes = 0
        self.fresh: list[object] = []  # objects written here for the first time, in order
        self._numbers: dict[int, int] = {}
        self._depth = self._values = 0

    def value(self, value):
        """`value` in JSON.

        Raises:
            CannotCross: naming what has no form on the wire.
        """
        if value is None or type(value) in (bool, str, float):
            return value
        if type(value) is int:
            return value if -SMALL_INT < value < SMALL_INT else _large(value)
        self._values += 1
        if self._depth >= DEPTH:
            raise CannotCross(f"a value nested deeper than {DEPTH} levels cannot cross")
        if self._values > MANY:
            raise CannotCross(f"a value of more than {MANY} parts cannot cross")
        self._depth += 1
        try:
            return self._immutable(value) or self._mutable(value)
        finally:
            self._depth -= 1

    def blob(self, data) -> list[int]:
        """Put raw bytes beside the JSON and return where they lie."""
        data = bytes(data)
        self.room_for(len(data))
        start = self.blob_bytes
        self.blobs.append(data)
        self.blob_bytes += len(data)
        return [start, len(data)]

    def room_for(self, size: int) -> None:
        """Refuse before a copy is made of what is too large to send."""
        if self.blob_bytes + size > BLOB_BYTES:
            raise CannotCross(f"a value of {size} bytes is too large; {BLOB_BYTES} bytes can cross")

    def _immutable(self, value):
        for cls, write in WRITERS:
            if isinstance(value, cls):
                return write(value, self)
        if isinstance(value, int | float | str) and not isinstance(value, np.generic):
            return self._plain(value)
        return None

    def _plain(self, value):
        """A subclass of a built-in scalar crosses as that scalar, without what it overrides."""
        for cls in (int, float, str):
            if isinstance(value, cls):
                copy = {int: int.__int__, float: float.__float__, str: str.__str__}[cls](value)
                return ["as", self.value(copy)]

    def _mutable(self, value):
        from autograder.boundary.kinds import kind_of

        value = _without_overrides(value)
        shared = self.side.shared.number_of(value)
        if shared is not None:
            return ["shared", shared]
        if id(value) in self._numbers:
            return ["again", self._numbers[id(value)]]
        kind = kind_of(value)
        if kind is None:
            return self.side.refer(value)
        self._numbers[id(value)] = len(self.fresh)
        self.fresh.append(value)
        return ["new", kind.tag, kind.save(value, self)]


def _large(number: int) -> list:
    if number.bit_length() > INT_BITS:
        raise CannotCross(f"a number of {number.bit_length()} bits cannot cross")
    return ["int", hex(number)]


def _without_overrides(value):
    """A tensor of a subclass as a plain tensor: what the subclass overrides does not cross."""
    if isinstance(value, torch.Tensor) and type(value) not in (torch.Tensor, torch.nn.Parameter):
        with torch._C.DisableTorchFunctionSubclass():
            return value.as_subclass(torch.Tensor)
    return value


class Decoder:
    """Reads one message that may have been written by an enemy.

    Raises:
        WireError: from every method, for anything that an `Encoder` would not have written.
    """

    def __init__(self, side, blobs: memoryview):
        self.side, self.blobs = side, blobs
        self.fresh: list[object] = []
        self._depth = 0

    def value(self, data):
        """The value that `data` stands for."""
        if data is None or isinstance(data, bool | int | float | str):
            return data
        if self._depth >= 2 * DEPTH:
            raise WireError("nested too deep")
        if not (isinstance(data, list) and data and isinstance(data[0], str)):
            raise WireError(f"not a value: {str(data)[:80]}")
        self._depth += 1
        try:
            return self._tagged(data[0], data[1:])
        finally:
            self._depth -= 1

    def values(self, data) -> list:
        """Several values."""
        return [self.value(item) for item in expect(data, list)]

    def blob(self, place) -> memoryview:
        """The raw bytes at `place`."""
        start, size = (expect(number, int) for number in expect(place, list, 2))
        if start < 0 or size < 0 or start + size > len(self.blobs):
            raise WireError("bytes that are not there")
        return self.blobs[start : start + size]

    def _tagged(self, tag: str, parts: list):
        if tag == "new":
            return self._new(*expect(parts, list, 2))
        if tag == "again":
            return _item(self.fresh, parts[0] if parts else None)
        if tag == "shared":
            return self.side.shared.object_of(expect(parts[0] if parts else None, int))
        try:
            return READERS[tag](self, *parts) if tag in READERS else self.side.resolve(tag, parts)
        except (TypeError, ValueError, LookupError, OverflowError, RuntimeError) as error:
            raise WireError(f"{tag}: {error}") from error

    def _new(self, tag, payload):
        from autograder.boundary.kinds import KINDS

        kind = KINDS.get(expect(tag, str))
        if kind is None:
            raise WireError(f"no kind is called {tag!r}")
        place = len(self.fresh)
        self.fresh.append(None)  # numbered as it was written: before its parts
        try:
            thing = self.fresh[place] = kind.blank(payload, self)
            kind.fill(thing, payload, self)
        except (TypeError, ValueError, RuntimeError, LookupError, AttributeError) as error:
            raise WireError(f"{tag}: {error}") from error
        return thing


def expect(value, cls: type, length: int | None = None):
    """`value`, if it is exactly of this type (and length).

    Raises:
        WireError: if it is not.
    """
    if type(value) is not cls or (length is not None and len(value) != length):
        raise WireError(f"expected {cls.__name__}, got {str(value)[:80]}")
    return value


def dumps(body) -> bytes:
    """A message's JSON as bytes."""
    return json.dumps(body, separators=(",", ":")).encode("ascii")


def loads(text: bytes):
    """The JSON of a message.

    Raises:
        WireError: if it is none, or nested too deep for the parser.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise WireError(f"not JSON: {error}") from error


def _item(items: list, index):
    if 0 <= expect(index, int) < len(items):
        return items[index]
    raise WireError(f"there is no object {index}")


# ------------------------------------------------------------------ immutable values


def _write_tuple(value, encoder):
    items = [encoder.value(item) for item in tuple.__iter__(value)]
    fields = getattr(type(value), "_fields", None)
    if isinstance(fields, tuple) and len(fields) == len(items):
        return ["named", type(value).__name__, [str(field) for field in fields], items]
    return ["tuple", items]


def _write_array_scalar(value, encoder):
    if not ARRAY_DTYPE.fullmatch(value.dtype.str):
        raise CannotCross(f"a NumPy value of dtype {value.dtype} cannot cross")
    return ["scalar", value.dtype.str, encoder.blob(value.tobytes())]


def _write_steps(tag):
    return lambda v, e: [tag, *(e.value(part) for part in (v.start, v.stop, v.step))]


WRITERS = (
    (np.generic, _write_array_scalar),
    (torch.Size, lambda v, e: ["size", list(v)]),
    (tuple, _write_tuple),
    (bytes, lambda v, e: ["bytes", e.blob(v)]),
    (complex, lambda v, e: ["complex", v.real, v.imag]),
    (frozenset, lambda v, e: ["frozenset", [e.value(x) for x in ordered(v)]]),
    (slice, _write_steps("slice")),
    (range, _write_steps("range")),
    (torch.dtype, lambda v, e: ["dtype", str(v).removeprefix("torch.")]),
    (torch.device, lambda v, e: ["device", str(v)]),
    (np.dtype, lambda v, e: ["npdtype", v.str]),
    (type(...), lambda v, e: ["ellipsis"]),
)


def ordered(items) -> list:
    """The items of a set in an order that does not depend on hashes, if they can be sorted."""
    try:
        return sorted(items)
    except TypeError:
        return sorted(items, key=repr)


def _read_named(decoder, name, fields, items):
    for word in [name, *expect(fields, list)]:
        if not expect(word, str).isidentifier() or iskeyword(word):
            raise WireError(f"not a field: {word!r}")
    return namedtuple(name, fields)(*decoder.values(items))


def _read_scalar(decoder, dtype, place):
    raw = decoder.blob(place)
    return np.frombuffer(bytearray(raw), dtype=array_dtype(dtype))[0]


def array_dtype(name) -> np.dtype:
    """The NumPy dtype `name`, if it holds plain data (no objects, no structures)."""
    if not ARRAY_DTYPE.fullmatch(expect(name, str)):
        raise WireError(f"not a dtype of plain data: {name[:40]!r}")
    return np.dtype(name)


def torch_dtype(name) -> torch.dtype:
    """The torch dtype `name`."""
    if expect(name, str) not in DTYPES:
        raise WireError(f"not a dtype: {name[:40]!r}")
    return DTYPES[name]


def shape_of(sizes) -> list[int]:
    """`sizes`, if a tensor can have them."""
    if len(expect(sizes, list)) > DEPTH or any(type(n) is not int or n < 0 for n in sizes):
        raise WireError("not a shape")
    return sizes


def _read_big(_, digits):
    if not re.fullmatch(r"-?0x[0-9a-f]{1,100100}", expect(digits, str)):
        raise WireError("not a number")
    return int(digits, 16)


def _read_device(_, name):
    if not re.fullmatch(r"(cpu|meta|cuda)(:\d{1,3})?", expect(name, str)):
        raise WireError(f"not a device: {name[:40]!r}")
    return torch.device(name)


READERS = {
    "int": _read_big,
    "as": lambda d, value: d.value(value),
    "scalar": _read_scalar,
    "size": lambda d, sizes: torch.Size(shape_of(sizes)),
    "named": _read_named,
    "tuple": lambda d, items: tuple(d.values(items)),
    "bytes": lambda d, place: bytes(d.blob(place)),
    "complex": lambda d, real, imag: complex(float(real), float(imag)),
    "frozenset": lambda d, items: frozenset(d.values(items)),
    "slice": lambda d, *parts: slice(*expect(d.values(list(parts)), list, 3)),
    "range": lambda d, *parts: range(*expect(d.values(list(parts)), list, 3)),
    "dtype": lambda d, name: torch_dtype(name),
    "device": _read_device,
    "npdtype": lambda d, name: array_dtype(name),
    "ellipsis": lambda d: ...,
}
