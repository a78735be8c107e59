"""A conversation between two processes that may each ask the other, one inside the other.

A test calls a student's function; that function calls back what the test handed over; and so on.
Both sides run this same code; what they answer to is in their `operations`.
"""

from __future__ import annotations

from collections.abc import Callable

from autograder.boundary import faults
from autograder.boundary.ambient import Ambient
from autograder.boundary.channel import Channel, Lost
from autograder.boundary.shared import Shared
from autograder.boundary.wire import Decoder, Encoder, WireError, dumps, expect, loads


class Peer:
    """One side of the conversation; `worker.Worker` and `standins.Trusted` build on it.

    They say how objects that are no data are named: `refer`, `resolve`, `graph_of`, `attach`,
    `module_handle`, `module_of`, `export_module` (see `wire` and `kinds`).
    """

    parity: int
    answered_with: type[BaseException] = Exception  # what an operation may raise as its answer

    def __init__(self, channel: Channel):
        self._channel = channel
        self.shared = Shared(self, self.parity)
        self._ambient = Ambient()
        self.operations: dict[str, Callable] = {}
        self.depth = 0  # of questions being answered here

    def ask(self, operation: str, *args, **kwargs):
        """Have the other side do something and return what it answers.

        Raises:
            CannotCross: if an argument has no form on the wire.
            RemoteError: what was raised over there.
            Lost: if no answer comes.
        """
        self._send(*self._write({"ask": operation}, args, kwargs))
        while True:
            body, values = self._receive()
            if "ask" not in body:
                return self._answer(body, values)
            self._serve(body, values)

    def _answer(self, body, values):
        if body.get("error") is not None:
            raise faults.load(body["error"])
        return values[0]

    def _serve(self, body, values) -> None:
        """Answer one question of the other side."""
        self.depth += 1
        try:
            result, error = self._perform(body, values), None
        except Lost:
            raise
        except self.answered_with as raised:
            result, error = None, faults.save(raised)
        finally:
            self.depth -= 1
        del values
        self._reply(result, error)

    def _perform(self, body, values):
        operation = self.operations.get(body["ask"])
        if operation is None:
            raise WireError(f"no operation is called {str(body['ask'])[:80]!r}")
        args, kwargs = values
        return operation(*args, **kwargs)

    def _reply(self, result, error) -> None:
        try:
            message = self._write({"answer": True, "error": error}, result)
        except Exception as refused:  # what was to be written may be a student's own class
            message = self._write({"answer": True, "error": faults.save(refused)}, None)
        self._send(*message)

    def _write(self, body: dict, *values) -> tuple[dict, Encoder]:
        """A message, ready to be sent."""
        encoder = Encoder(self)
        body["changes"] = self.shared.changes(encoder)
        body["values"] = [encoder.value(value) for value in values]
        body["ambient"] = self._ambient.save(encoder)
        return body, encoder

    def _send(self, body: dict, encoder: Encoder) -> None:
        self.shared.add_sent(encoder.fresh)
        self._channel.send(dumps(self._finish(body)), encoder.blobs, self._seconds())

    def _receive(self) -> tuple[dict, list]:
        try:
            text, blobs = self._channel.receive(self._seconds())
            body = expect(loads(text), dict)
            decoder = Decoder(self, blobs)
            self.shared.apply(body["changes"], decoder)
            values = decoder.values(body["values"])
            self._ambient.fill(body["ambient"], decoder)
        except Exception as error:  # whatever it was, no honest peer wrote it
            raise Lost("garbled") from error
        self.shared.add_received(decoder.fresh)
        self._received(body)
        self.shared.mark()
        return body, values

    def _finish(self, body: dict) -> dict:
        """What a side adds to a message at the last moment."""
        return body

    def _received(self, body: dict) -> None:
        """What a side makes of what the other added."""

    def _seconds(self) -> float | None:
        """How long to wait for the other side."""
        return None
