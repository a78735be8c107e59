"""How much a submission may use. One place for every number."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """Limits on one submission and its worker.

    Seconds of a cell or a call are CPU seconds, so that a busy machine changes no verdict; what
    sleeps instead of working is stopped after `patience` times as many seconds on the clock.
    """

    cell_seconds: float = 120
    call_seconds: float = 60
    total_seconds: float = 900  # CPU of one process, and on the clock for the whole submission
    patience: float = 3
    memory_bytes: int = 3072 * MIB  # all processes of a worker together
    processes: int = 64
    file_bytes: int = 64 * MIB
    disk_bytes: int = 128 * MIB  # each private folder
    open_files: int = 256
    tester_bytes: int = 6144 * MIB

    @property
    def clock_seconds(self) -> float:
        """After so long on the clock, a submission is over."""
        return self.total_seconds


TEXT_BYTES = 32 * MIB  # of one message's JSON
BLOB_BYTES = 512 * MIB  # of one message's tensors
DEPTH = 64  # of nested containers
