"""What the checks of the exercises share: seeds for fresh cases, and first questions to an answer.

A check asks in this order: did the function return anything, is it a tensor, of the right shape and
dtype? Only then does it look at values. Each `expect_*` raises `AssertionError` with a sentence for
the student; everything else in a check is a plain ``assert`` with a message of its own.
"""

from __future__ import annotations

import copy
import hashlib
import math
import os
from collections.abc import Callable
from numbers import Real
from typing import TypeVar

import torch
from torch import Tensor, nn

Made = TypeVar("Made")

SEED_VARIABLE = "EFFICIENTAI_SEED"


def case_seed(label: str) -> int:
    """Seed for the hidden cases of the question `label`, drawn from the instructor's seed.

    The instructor's seed is the text in the environment variable ``EFFICIENTAI_SEED`` ("0" where
    it is not set). An answer that was written for one seed fails under another. The result is at
    least 0 and below `2**32`.

    >>> case_seed("q1") == case_seed("q1"), case_seed("q1") == case_seed("q2")
    (True, False)
    """
    text = f"{os.environ.get(SEED_VARIABLE, '0')}/{label}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


def case_generator(label: str) -> torch.Generator:
    """A CPU generator seeded with `case_seed(label)`.

    >>> torch.rand(3, generator=case_generator("q1")).shape
    torch.Size([3])
    """
    return torch.Generator().manual_seed(case_seed(label))


def once(key: str, make: Callable[[], Made]) -> Made:
    """What `make()` returns, made once a process for each key; every caller gets a copy of its own.

    For what a check needs, what is dear to make, and what no answer has a part in: a trained
    teacher, the accuracy of a plain student. `key` says all that it depends on, the question and
    the seed; the random state that `make` leaves behind is not part of it.

    >>> numbers = once("an example, seed 0", lambda: [1, 2])
    >>> numbers.append(3)
    >>> once("an example, seed 0", lambda: [4])
    [1, 2]
    """
    if key not in _made:
        _made[key] = make()
    return copy.deepcopy(_made[key])


_made: dict[str, object] = {}


def expect_tensor(
    value: object, name: str, shape: tuple[int, ...] | None = None, dtype: torch.dtype | None = None
) -> Tensor:
    """Return `value` if it is a tensor of this `shape` and `dtype`; `name` says whose answer it is.

    >>> expect_tensor(None, "magnitude_mask")
    Traceback (most recent call last):
    AssertionError: `magnitude_mask` returned None. Is a `return` missing?
    """
    assert value is not None, f"`{name}` returned None. Is a `return` missing?"
    assert isinstance(value, Tensor), (
        f"`{name}` returned {_kind(value)}; a torch.Tensor was expected."
    )
    if shape is not None:
        assert tuple(value.shape) == tuple(shape), (
            f"`{name}` returned a tensor of shape {tuple(value.shape)}; expected {tuple(shape)}."
        )
    if dtype is not None:
        assert value.dtype == dtype, (
            f"`{name}` returned a tensor of dtype {value.dtype}; expected {dtype}."
        )
    return value


def expect_number(value: object, name: str) -> float:
    """Return `value` as a float if it is a finite number or a tensor with one element.

    >>> expect_number(torch.tensor(0.5), "cubic_sparsity")
    0.5
    """
    assert value is not None, f"`{name}` returned None. Is a `return` missing?"
    if isinstance(value, Tensor) and value.numel() == 1:
        value = value.item()
    assert isinstance(value, Real) and not isinstance(value, bool), (
        f"`{name}` returned {_kind(value)}; a number was expected."
    )
    assert math.isfinite(value), f"`{name}` returned {float(value)}; a finite number was expected."
    return float(value)


def expect_dict(value: object, name: str, keys: list[str]) -> dict:
    """Return `value` if it is a dict with exactly these `keys`, in any order.

    >>> expect_dict({"a": 1}, "sensitivity_scan", ["a", "b"])
    Traceback (most recent call last):
    AssertionError: `sensitivity_scan` returned a dict without the key 'b'.
    """
    assert value is not None, f"`{name}` returned None. Is a `return` missing?"
    assert isinstance(value, dict), f"`{name}` returned {_kind(value)}; a dict was expected."
    for key in keys:
        assert key in value, f"`{name}` returned a dict without the key {key!r}."
    for key in value:
        assert key in keys, f"`{name}` returned a dict with a key too many: {key!r}."
    return value


def expect_state_dict(value: object, name: str, like: nn.Module) -> dict[str, Tensor]:
    """Return the state dict of the model `value` if its names and shapes are those of `like`.

    >>> expect_state_dict([1.0], "compress", nn.Linear(2, 1))
    Traceback (most recent call last):
    AssertionError: `compress` returned an object of type list; a model was expected.
    """
    assert value is not None, f"`{name}` returned None. Is a `return` missing?"
    assert hasattr(value, "state_dict"), f"`{name}` returned {_kind(value)}; a model was expected."
    state, expected = dict(value.state_dict()), like.state_dict()
    masked = [key for key in state if key.endswith(("_orig", "_mask"))]
    assert not masked, (
        f"The state_dict has {masked[0]!r}: `prune.remove(layer, 'weight')` makes a mask permanent."
    )
    assert state.keys() == expected.keys(), (
        f"The state_dict has the names {sorted(state)}; expected {sorted(expected)}."
    )
    for key, tensor in state.items():
        expect_tensor(tensor, f"{name}(...).state_dict()[{key!r}]", tuple(expected[key].shape))
    return state


def _kind(value: object) -> str:
    return f"an object of type {type(value).__name__}"
