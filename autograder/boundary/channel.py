"""Frames over a socket: JSON and raw bytes, with limits that hold before anything is read."""

from __future__ import annotations

import socket
import struct
import time

from autograder.boundary.limits import BLOB_BYTES, TEXT_BYTES

HEADER = struct.Struct("!4sIQ")
MAGIC = b"EAI1"


class Lost(BaseException):
    """The other side is gone or cannot be talked to. No test can catch it by accident.

    Attributes:
        reason: one word, `ended`, `late` or `garbled`.
    """

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


class Channel:
    """One end of the socket between two processes."""

    def __init__(self, end: socket.socket):
        self._end = end

    def send(self, text: bytes, blobs: list[bytes], seconds: float | None = None) -> None:
        """Send one frame.

        Raises:
            Lost: if the other side is gone, or does not read for `seconds`.
        """
        header = HEADER.pack(MAGIC, len(text), sum(len(blob) for blob in blobs))
        try:
            self._end.settimeout(seconds)
            self._end.sendall(header + text)
            for blob in blobs:
                self._end.sendall(blob)
        except TimeoutError:
            raise Lost("late") from None
        except OSError:
            raise Lost("ended") from None

    def receive(self, seconds: float | None = None) -> tuple[bytes, memoryview]:
        """The text and the bytes of the next frame.

        Raises:
            Lost: if the other side is gone, is silent for `seconds`, or sends no frame.
        """
        deadline = None if seconds is None else time.monotonic() + seconds
        magic, text, blob = HEADER.unpack(self._read(HEADER.size, deadline))
        if magic != MAGIC or text > TEXT_BYTES or blob > BLOB_BYTES:
            raise Lost("garbled")
        return bytes(self._read(text, deadline)), self._read(blob, deadline)

    def close(self) -> None:
        """Hang up."""
        self._end.close()

    def _read(self, size: int, deadline: float | None) -> memoryview:
        buffer = bytearray()
        while len(buffer) < size:
            buffer += self._piece(min(size - len(buffer), 1 << 20), deadline)
        return memoryview(buffer)

    def _piece(self, size: int, deadline: float | None) -> bytes:
        left = None if deadline is None else deadline - time.monotonic()
        if left is not None and left <= 0:
            raise Lost("late")
        try:
            self._end.settimeout(left)
            piece = self._end.recv(size)
        except TimeoutError:
            raise Lost("late") from None
        except OSError:
            raise Lost("ended") from None
        if not piece:
            raise Lost("ended")
        return piece
