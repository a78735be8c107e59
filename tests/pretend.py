"""A pretend accelerator: tensors that say they are on `cuda:0`, and refuse to meet the others.

The numbers stay in ordinary memory and the ordinary operators compute them, so that training there
must give, bit by bit, what it gives on the CPU. What is pretended is the *place*. Each storage is
on the CPU or away. An operator that gets tensors of both places raises, as CUDA does, except where
CUDA allows it: a copy, an index on the CPU, a number (0 dimensions) on the CPU.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

AWAY, HOME = torch.device("cuda:0"), torch.device("cpu")
INDEXED = {"aten::index", "aten::index_put_", "aten::index_put", "aten::_index_put_impl_"}
HOST_ONLY = {Tensor.numpy, Tensor.__array__}  # what CUDA tensors refuse
MOVES = {Tensor.to, Tensor.cpu, Tensor.cuda}


class MixedDevices(RuntimeError):
    """Two tensors of one operator are in different places."""


class Places:
    """Which storages are away; they are kept, so that no new one gets the address of an old one."""

    def __init__(self) -> None:
        self._away: dict[int, torch.UntypedStorage] = {}

    def of(self, tensor: Tensor) -> torch.device:
        """Where a tensor says it is."""
        sparse = tensor.layout != torch.strided
        return HOME if sparse or tensor.untyped_storage()._cdata not in self._away else AWAY

    def put(self, result: object, device: torch.device) -> object:
        """Say of all tensors in a result that they are there."""
        for tensor in tree_leaves(result):
            if isinstance(tensor, Tensor) and tensor.layout == torch.strided:
                storage = tensor.untyped_storage()
                self._away.pop(storage._cdata, None)
                if device == AWAY:
                    self._away[storage._cdata] = storage
        return result


class Operators(TorchDispatchMode):
    """Runs each operator if its tensors are in one place; what it returns is there, too."""

    def __init__(self, places: Places) -> None:
        super().__init__()
        self.places, self.count = places, 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        """Check, run, and place the result."""
        kwargs = kwargs or {}
        if func._schema.name == "aten::copy_":  # between any two places
            return func(*args, **kwargs)
        here = self._common(func, args, kwargs)
        self.count += here == AWAY
        return self.places.put(func(*args, **kwargs), here)

    def _common(self, func, args, kwargs) -> torch.device:
        """The place of all tensors; raises `MixedDevices` if there are two."""
        if func._schema.name in INDEXED and self.places.of(args[0]) == AWAY:
            args = (args[0], *args[2:])  # its indices may be on the CPU
        tensors = [t for t in tree_leaves((args, kwargs)) if isinstance(t, Tensor)]
        found = {self.places.of(t) for t in tensors if not self._is_number(func, t, args)}
        if len(found) > 1:
            shapes = ", ".join(f"{tuple(t.shape)} on {self.places.of(t)}" for t in tensors)
            raise MixedDevices(f"{func}: expected all tensors to be on the same device: {shapes}")
        return found.pop() if found else HOME

    def _is_number(self, func, tensor: Tensor, args) -> bool:
        """A number on the CPU may meet pointwise operators' tensors anywhere, but not take them."""
        meets = torch.Tag.pointwise in func.tags or func._schema.name in INDEXED
        written = func._schema.is_mutable and tensor is args[0]
        return meets and not written and tensor.dim() == 0 and self.places.of(tensor) == HOME


class Names(TorchFunctionMode):
    """Answers what Python asks about places: `.device`, `.to(...)`, `device=...`."""

    def __init__(self, places: Places) -> None:
        super().__init__()
        self.places = places

    def __torch_function__(self, func, types, args=(), kwargs=None):
        """Take the place out of the arguments, run on the CPU, and place the result."""
        kwargs = dict(kwargs or {})
        if func == Tensor.device.__get__:
            return self.places.of(args[0])
        if func == Tensor.is_cuda.__get__:
            return self.places.of(args[0]) == AWAY
        if func in HOST_ONLY and self.places.of(args[0]) == AWAY:
            raise TypeError("can't convert cuda:0 device type tensor to numpy. Use Tensor.cpu()")
        if func in MOVES:
            return self._move(func, *args, **kwargs)
        if kwargs.get("device") is None or torch.device(kwargs["device"]).type != "cuda":
            return func(*args, **kwargs)
        if kwargs.get("generator") is not None:
            raise MixedDevices("expected a cuda generator, found one on the CPU")
        return self.places.put(func(*args, **kwargs | {"device": HOME}), AWAY)

    def _move(self, func, tensor: Tensor, *args, **kwargs) -> Tensor:
        """`tensor.to(device, dtype or another tensor)`, `.cpu()` and `.cuda()`."""
        target = self._target(func, tensor, [*args, *kwargs.values()])
        args, kwargs = tree_map(_at_home, (args, kwargs))
        moved = tensor if func == Tensor.cuda else func(tensor, *args, **kwargs)
        if target.type == "meta":
            return moved
        if target != self.places.of(tensor) and _same_memory(tensor, moved):
            moved = moved.clone()
        return self.places.put(moved, target)

    def _target(self, func, tensor: Tensor, wanted: list) -> torch.device:
        if func in (Tensor.cuda, Tensor.cpu):
            return AWAY if func == Tensor.cuda else HOME
        named = [self.places.of(w) if isinstance(w, Tensor) else w for w in wanted]
        named = [torch.device(n) for n in named if isinstance(n, str | torch.device)]
        device = named[0] if named else self.places.of(tensor)
        return AWAY if device.type == "cuda" else device


def _at_home(argument: object) -> object:
    """A device that is not there becomes the CPU."""
    named = isinstance(argument, str | torch.device)
    return HOME if named and torch.device(argument).type == "cuda" else argument


def _same_memory(a: Tensor, b: Tensor) -> bool:
    return a.untyped_storage()._cdata == b.untyped_storage()._cdata


@contextmanager
def pretend_accelerator():
    """Inside, `cuda` can be named; yields the operators, whose `count` tells how many ran there."""
    places = Places()
    operators = Operators(places)
    with ExitStack() as modes:
        modes.enter_context(operators)
        modes.enter_context(Names(places))
        yield operators
