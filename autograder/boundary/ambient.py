"""State that belongs to a process and that a plain notebook shares with its tests: seeds and modes.

`torch.manual_seed(0); answer(x)` must draw the same numbers whether `answer` lives here or across
the boundary. So the random states and modes travel with each message in which they differ from
what the other side has.
"""

from __future__ import annotations

import random

import numpy as np
import torch

from autograder.boundary.wire import Decoder, Encoder, WireError, expect


class Ambient:
    """This process's random states, and which of them the other side knows."""

    def __init__(self):
        self._known: dict[str, object] = {}

    def save(self, encoder: Encoder) -> dict:
        """What the other side does not know yet."""
        states = {name: read() for name, (read, _) in STATES.items()}
        news = {n: state for n, state in states.items() if state != self._known.get(n)}
        self._known = states
        return {name: _save(state, encoder) for name, state in news.items()}

    def fill(self, news, decoder: Decoder) -> None:
        """Take over what the other side sent.

        Raises:
            WireError: for a state that no generator has.
        """
        try:
            for name, saved in expect(news, dict).items():
                STATES[name][1](_load(saved, decoder))
        except (KeyError, TypeError, ValueError, RuntimeError, OverflowError) as error:
            raise WireError(f"ambient: {error}") from error
        self._known = {name: read() for name, (read, _) in STATES.items()}


def _save(state, encoder: Encoder):
    return encoder.blob(state) if isinstance(state, bytes) else encoder.value(state)


def _load(saved, decoder: Decoder):
    raw = isinstance(saved, list) and saved and type(saved[0]) is int
    return bytes(decoder.blob(saved)) if raw else decoder.value(saved)


def _torch() -> bytes:
    return torch.get_rng_state().numpy().tobytes()


def _set_torch(state) -> None:
    torch.set_rng_state(torch.frombuffer(bytearray(expect(state, bytes)), dtype=torch.uint8))


def _numpy() -> tuple:
    name, words, position, has_spare, spare = np.random.get_state()
    return (name, words.tobytes(), int(position), int(has_spare), float(spare))


def _set_numpy(state) -> None:
    name, words, position, has_spare, spare = expect(state, tuple, 5)
    if not 0 <= expect(position, int) <= 624:  # NumPy does not look before it reads there
        raise WireError(f"no position in a generator's state: {position}")
    np.random.set_state((name, np.frombuffer(words, dtype=np.uint32), position, has_spare, spare))


def _python() -> tuple:
    version, words, spare = random.getstate()
    return (version, np.array(words, dtype="<u4").tobytes(), spare)


def _set_python(state) -> None:
    version, words, spare = expect(state, tuple, 3)
    random.setstate((version, tuple(np.frombuffer(words, dtype="<u4").tolist()), spare))


STATES = {
    "torch": (_torch, _set_torch),
    "numpy": (_numpy, _set_numpy),
    "python": (_python, _set_python),
    "grad": (torch.is_grad_enabled, lambda on: torch.set_grad_enabled(expect(on, bool))),
    "dtype": (torch.get_default_dtype, torch.set_default_dtype),
}
