"""Objects that both sides hold a copy of, under one number, and what changed in them.

The rule: mark on receive, compare on send. Whoever is about to send a message adds the new state of
every shared object that is no longer as it was when the last message came in. Objects stay shared
for as long as the worker still holds its copy, so a change that a student's object makes in a later
call arrives too.
"""

from __future__ import annotations

import weakref

from autograder.boundary.kinds import KINDS, kind_of
from autograder.boundary.wire import CannotCross, Decoder, Encoder, WireError, dumps, expect


class Shared:
    """The table of shared objects on one side.

    Args:
        side: names handles and graphs, for the encoder.
        parity: 0 for numbers of objects that the tester sent first, 1 for the worker's.
    """

    def __init__(self, side, parity: int):
        self._side = side
        self._parity = parity
        self._next = {0: 0, 1: 1}
        self._objects: dict[int, object] = {}
        self._numbers: dict[int, int] = {}
        self._marks: dict[int, object] = {}

    def number_of(self, thing) -> int | None:
        """The number of `thing`, if both sides have it."""
        return self._numbers.get(id(thing))

    def object_of(self, number: int):
        """The object with this number.

        Raises:
            WireError: if there is none.
        """
        if number not in self._objects:
            raise WireError(f"no shared object {number}")
        return self._objects[number]

    def all(self) -> dict[int, object]:
        """Number and object of everything that is shared now."""
        return dict(self._objects)

    def add_sent(self, things: list) -> None:
        """Number what this side sent for the first time."""
        self._add(things, self._parity)

    def add_received(self, things: list) -> None:
        """Number what the other side sent for the first time."""
        self._add(things, 1 - self._parity)

    def _add(self, things, parity) -> None:
        for thing in things:
            number = self._next[parity]
            self._next[parity] += 2
            if id(thing) not in self._numbers:
                self._objects[number] = thing
                self._numbers[id(thing)] = number

    def keep(self, numbers: set[int]) -> None:
        """Forget every object but these."""
        self._objects = {n: t for n, t in self._objects.items() if n in numbers}
        self._numbers = {id(thing): number for number, thing in self._objects.items()}
        self._marks = {n: m for n, m in self._marks.items() if n in numbers}

    def mark(self) -> None:
        """Remember the state of everything: both sides agree on it now."""
        self._marks = {number: self._state(thing) for number, thing in self._objects.items()}

    def changes(self, encoder: Encoder) -> list:
        """What changed since `mark`, written with `encoder`."""
        changed = [
            (number, thing)
            for number, thing in self._objects.items()
            if number in self._marks and self._state(thing) != self._marks[number]
        ]
        return [[number, *self._saved(thing, encoder)] for number, thing in changed]

    def apply(self, changes: list, decoder: Decoder) -> None:
        """Make the changes that the other side sent.

        Raises:
            WireError: for an object that is not shared, or a state that does not fit it.
        """
        for change in expect(changes, list):
            number, tag, payload = expect(change, list, 3)
            thing, kind = self.object_of(expect(number, int)), KINDS.get(tag)
            if kind is None or kind_of(thing) is not kind:
                raise WireError(f"object {number} is no {tag}")
            try:
                kind.fill(thing, payload, decoder)
            except (TypeError, ValueError, RuntimeError, LookupError, AttributeError) as error:
                raise WireError(f"{tag}: {error}") from error

    def loosen(self) -> list[int]:
        """Let go of all objects; share on only those that something else here still holds."""
        references = {number: _weak(thing) for number, thing in self._objects.items()}
        self._objects.clear()
        self._numbers.clear()
        alive = {number: ref() for number, ref in references.items() if ref and ref() is not None}
        self._objects = alive
        self._numbers = {id(thing): number for number, thing in alive.items()}
        return list(alive)

    def _saved(self, thing, encoder: Encoder) -> list:
        kind = kind_of(thing)
        return [kind.tag, kind.save(thing, encoder)]

    def _state(self, thing):
        encoder = Encoder(self._side, dry=True)
        try:
            text = dumps(self._saved(thing, encoder))
        except CannotCross as error:
            return str(error)
        return hash(text), tuple(hash(blob) for blob in encoder.blobs)


def _weak(thing):
    """A weak reference, or None for lists and the like: they are shared for one call only."""
    try:
        return weakref.ref(thing)
    except TypeError:
        return None
