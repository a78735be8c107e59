"""The trusted side: stand-ins that a test uses as if they were the student's own objects.

A call, an attribute, an item, a length, an iteration goes over and brings data back. What would
send *your* value over and believe the answer does not: `==`, `<`, `+`, `in`, the truth of an
object. A test that compares must compare data.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable

import torch
from torch import nn

from autograder.boundary.channel import Channel
from autograder.boundary.kinds import by_name, names
from autograder.boundary.limits import Limits
from autograder.boundary.peer import Peer
from autograder.boundary.wire import CannotCross, WireError, expect

OPERATORS = (
    "add sub mul matmul truediv floordiv mod pow lshift rshift and or xor neg pos abs invert "
    "lt le gt ge contains call getitem setitem len iter next enter exit module"
)
GRACE_SECONDS = 5
METHODS = {f"__{name}__" for name in OPERATORS.split()}


class Trusted(Peer):
    """The tester's side of the conversation with one worker.

    Args:
        channel: leads to the worker.
        limits: how long to wait for it.
    """

    parity = 0

    def __init__(self, channel: Channel, limits: Limits):
        super().__init__(channel)
        self._limits = limits
        self._deadline = time.monotonic() + limits.total_seconds
        self._wait = limits.call_seconds
        self._standins: dict[int, object] = {}
        self._lent: list[Callable] = []
        self.operations["call-lent"] = lambda number, *a, **k: self._lent[number](*a, **k)

    def refer(self, thing):
        """A name for something that is no data."""
        if isinstance(thing, Remote) and thing._peer is self:
            return ["handle", handle_of(thing)]
        name = by_name(thing)
        if name is not None:
            return ["name", name]
        if inspect.isroutine(thing) or (callable(thing) and not isinstance(thing, type)):
            return ["lent", self._lend(thing), getattr(thing, "__name__", "a function")]
        what = repr(thing)[:60] if isinstance(thing, type) else f"{thing!r:.60}"
        raise CannotCross(
            f"{what} of type {type(thing).__name__} cannot cross to the student's code: "
            "hand over data, torch layers, or functions"
        )

    def resolve(self, tag, parts):
        """The stand-in or the object that a name means."""
        if tag == "handle":
            number, facts = expect(parts, list, 2)
            return self._standin(expect(number, int), expect(facts, dict))
        if tag == "name" and expect(parts, list, 1)[0] in names():
            return names()[parts[0]]
        if tag == "lent" and 0 <= expect(parts[0], int) < len(self._lent):
            return self._lent[parts[0]]
        raise WireError(f"no value has the tag {tag[:40]!r}")

    def graph_of(self, tensor):
        """Graphs do not go down: the worker gets a leaf."""
        return None

    def attach(self, tensor, graph, numbers):
        """Let gradients flow back through what the worker computed, to the inputs it names."""
        inputs = [self.shared.object_of(expect(number, int)) for number in expect(numbers, list)]
        if not all(isinstance(t, torch.Tensor) and t.requires_grad for t in inputs):
            raise WireError("a graph that depends on what needs no gradient")
        return Across.apply(self, expect(graph, int), numbers, tensor.detach(), *inputs)

    def module_handle(self, module):
        """The handle of a student's module; None for one that was made here."""
        return handle_of(module) if isinstance(module, RemoteModule) else None

    def module_of(self, handle, name):
        """The stand-in for a student's module."""
        number = expect(handle, int)
        if not isinstance(self._standins.get(number), RemoteModule):
            self._standins[number] = RemoteModule(self, number, name)
        return self._standins[number]

    def export_module(self, module, why: str):
        """A test's module that the worker could not make anew."""
        raise CannotCross(f"the module {type(module).__name__} cannot cross: {why}")

    def _lend(self, function: Callable) -> int:
        if function not in self._lent:
            self._lent.append(function)
        return self._lent.index(function)

    def _standin(self, number: int, facts: dict):
        if number not in self._standins:
            cls = KINDS_OF_STANDIN.get(facts.get("kind"), Remote)
            self._standins[number] = cls(self, number, facts)
        return self._standins[number]

    def _received(self, body):
        alive = body.get("alive")
        if alive is not None:
            self.shared.keep({expect(number, int) for number in expect(alive, list)})

    def ask(self, operation, *args, **kwargs):
        """Have the worker do something and return what it answers."""
        cell = operation == "run-cell"
        self._wait = self._limits.cell_seconds if cell else self._limits.call_seconds
        return super().ask(operation, *args, **kwargs)

    def _seconds(self):
        """The worker stops itself in time; this is for one that does not."""
        left = self._deadline - time.monotonic()
        return max(min(left, self._wait * self._limits.patience + GRACE_SECONDS), 0.001)


class Across(torch.autograd.Function):
    """The edge of the autograd graph at which it continues in the worker."""

    @staticmethod
    def forward(ctx, peer, graph, numbers, value, *inputs):
        ctx.peer, ctx.graph, ctx.numbers = peer, graph, numbers
        return value.clone()

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, grad):
        found = ctx.peer.ask("backward", ctx.graph, ctx.numbers, grad)
        return None, None, None, None, *found


def handle_of(standin) -> int:
    """The number under which the worker knows what this stand-in stands for."""
    return standin._handle


class Remote:
    """Stands for an object of the student's."""

    def __init__(self, peer: Trusted, handle: int, facts: dict):
        set_here = super().__setattr__
        set_here("_peer", peer)
        set_here("_handle", handle)
        set_here("_facts", facts)
        for name in ("__name__", "__qualname__", "__doc__"):
            set_here(name, facts[name] if isinstance(facts.get(name), str) else None)

    def _ask(self, operation, *args):
        return self._peer.ask(operation, self, *args)

    def __getattr__(self, name):
        if name.startswith("__") and name not in METHODS:
            raise AttributeError(f"{self!r} has no {name}")
        return self._ask("getattr", name)

    def __setattr__(self, name, value):
        self._ask("setattr", name, value)

    def __getitem__(self, key):
        return self._ask("getitem", key)

    def __setitem__(self, key, value):
        self._ask("setitem", key, value)

    def __len__(self):
        return self._ask("len")

    def __iter__(self):
        return self._ask("iter")

    def __enter__(self):
        return self._ask("enter")

    def __exit__(self, kind, error, trace):
        return self._ask("exit")

    def __deepcopy__(self, memo):
        return self._ask("deepcopy")

    def __repr__(self):
        name = self._facts.get("type", "object")
        return f"<the student's {str(name)[:60]}>"

    def __eq__(self, other):
        if other is self:
            return True
        raise TypeError(f"{self!r} is no data and cannot be compared")

    def __ne__(self, other):
        return not self == other

    def __bool__(self):
        raise TypeError(f"{self!r} is no data: it is neither true nor false")

    def __contains__(self, item):
        raise TypeError(f"{self!r} is no data: what it contains must be asked by a method")

    __hash__ = object.__hash__


class RemoteCallable(Remote):
    """Stands for a function, a method or another callable object."""

    def __call__(self, *args, **kwargs):
        return self._peer.ask("call", self, *args, **kwargs)

    @property
    def __signature__(self):
        return inspect.Signature([_parameter(text) for text in self._facts.get("parameters", [])])


class RemoteClass(RemoteCallable):
    """Stands for a class; its instances are recognised by `isinstance`."""

    def __instancecheck__(self, thing):
        return self._ask("isinstance", thing) is True

    def __subclasscheck__(self, thing):
        return self._ask("issubclass", thing) is True


class RemoteIterator(Remote):
    """Stands for a generator or another iterator."""

    def __iter__(self):
        return self

    def __next__(self):
        more, value = self._ask("next")
        if more is not True:
            raise StopIteration
        return value


def _parameter(text) -> inspect.Parameter:
    kind, name, optional = expect(text, list, 3)
    default = inspect.Parameter.empty if optional is False else None
    return inspect.Parameter(expect(name, str), getattr(inspect.Parameter, kind), default=default)


KINDS_OF_STANDIN = {
    "callable": RemoteCallable,
    "class": RemoteClass,
    "iterator": RemoteIterator,
}


class RemoteModule(nn.Module):
    """Stands for a network whose class the student wrote.

    Its layers, parameters and buffers are here, as data; a call goes over, with their present
    state, and gradients flow back to them.
    """

    def __init__(self, peer: Trusted, handle: int, name: str):
        super().__init__()
        object.__setattr__(self, "_remote", (peer, handle, name))

    @property
    def _peer(self):
        return self._remote[0]

    @property
    def _handle(self):
        return self._remote[1]

    def forward(self, *args, **kwargs):
        return self._peer.ask("call", self, *args, **kwargs)

    def __getattr__(self, name):
        try:
            return super().__getattr__(name)
        except AttributeError:
            if name.startswith("_"):
                raise
            return self._peer.ask("getattr", self, name)

    def __deepcopy__(self, memo):
        return self._peer.ask("deepcopy", self)

    def _get_name(self):
        return self._remote[2]


class Environment:
    """The student's names, as otter asks for them.

    Attributes:
        missing: the names that were asked for and are not there.
    """

    def __init__(self, peer: Trusted):
        self._peer = peer
        self.missing: set[str] = set()

    def get(self, name, default=None):
        """The student's value or a stand-in for it; `default` if nothing has that name."""
        found, value = self._peer.ask("lookup", name)
        if found is not True:
            self.missing.add(name)
        return value if found is True else default

    def __contains__(self, name):
        return self._peer.ask("lookup", name)[0] is True

    def __getitem__(self, name):
        found, value = self._peer.ask("lookup", name)
        if found is not True:
            raise KeyError(name)
        return value
