"""The untrusted side: runs a notebook's cells and answers calls, in a process that is locked in.

A student's code shares this process and can change all of it. Nothing here is a secret, nothing
that it sends is believed, and nothing here protects anybody: that is the jail's work and the
decoder's.
"""

from __future__ import annotations

import copy
import inspect
import signal
import sys
from contextlib import contextmanager

import torch

from autograder.boundary import faults
from autograder.boundary.kinds import by_name, names
from autograder.boundary.limits import Limits
from autograder.boundary.peer import Peer
from autograder.boundary.shell import Shell
from autograder.boundary.wire import WireError


class TimeUp(BaseException):
    """Raised inside a cell or a call that has used up its time; `except Exception` misses it."""


class Worker(Peer):
    """The worker's side of the conversation."""

    parity = 1
    answered_with = BaseException  # a student's sys.exit() ends nothing

    def __init__(self, channel, limits: Limits):
        super().__init__(channel)
        self._limits = limits
        self._exports: dict[int, object] = {}
        self._export_ids: dict[int, int] = {}
        self._graphs: dict[int, torch.Tensor] = {}
        self.shell = Shell(self.ask)
        self.operations = {
            "run-cell": self._run_cell,
            "lookup": self._lookup,
            "call": self._timed(lambda thing, *a, **k: thing(*a, **k)),
            "getattr": self._timed(getattr),
            "setattr": self._timed(setattr),
            "getitem": self._timed(lambda thing, key: thing[key]),
            "setitem": self._timed(lambda thing, key, value: thing.__setitem__(key, value)),
            "len": self._timed(len),
            "iter": self._timed(iter),
            "next": self._timed(self._next),
            "enter": self._timed(lambda thing: thing.__enter__()),
            "exit": self._timed(lambda thing: thing.__exit__(None, None, None)),
            "deepcopy": self._timed(copy.deepcopy),
            "isinstance": self._timed(lambda cls, thing: isinstance(thing, cls)),
            "issubclass": self._timed(lambda cls, thing: issubclass(thing, cls)),
            "backward": self._timed(self._backward),
        }

    def serve(self) -> None:
        """Answer questions until the other side hangs up."""
        while True:
            body, values = self._receive()
            self._serve(body, values)
            del values

    def refer(self, thing):
        """A name for something that is no data."""
        if isinstance(thing, Lent):
            return ["lent", thing.number]
        name = by_name(thing)
        return ["name", name] if name else ["handle", self._export(thing), _facts(thing)]

    def resolve(self, tag, parts):
        """What a name means here."""
        if tag == "handle":
            return self._exports[parts[0]]
        if tag == "name":
            return names()[parts[0]]
        if tag == "lent":
            return Lent(self, *parts)
        raise WireError(f"no value has the tag {tag!r}")

    def graph_of(self, tensor):
        """For a tensor with a history: a number, and the shared tensors that it depends on."""
        if not tensor.requires_grad or tensor.is_leaf:
            return None
        numbers = {self.shared.number_of(leaf) for leaf in _leaves(tensor)} - {None}
        self._graphs[len(self._graphs)] = tensor
        return [len(self._graphs) - 1, sorted(numbers)]

    def attach(self, tensor, graph, numbers):
        """Graphs do not come down."""
        raise WireError("a graph from the trusted side")

    def module_handle(self, module):
        """The handle of a module that was exported before."""
        return self._export_ids.get(id(module))

    def module_of(self, handle, name):
        """A module that was exported before."""
        return self._exports[handle]

    def export_module(self, module, why):
        """A handle for a module that the other side cannot make anew."""
        return self._export(module)

    def _export(self, thing) -> int:
        number = self._export_ids.setdefault(id(thing), len(self._exports))
        self._exports[number] = thing  # kept for good: an id must not be used twice
        return number

    def _run_cell(self, source: str) -> dict | None:
        """Run one cell; what stopped it, as data, or None."""
        with self._clock(self._limits.cell_seconds):
            error = self.shell.run(source)
            if isinstance(error, TimeUp):
                raise error
        return None if error is None else faults.save(error)

    def _lookup(self, name: str) -> tuple[bool, object]:
        names_here = self.shell.namespace
        return (True, names_here[name]) if name in names_here else (False, None)

    def _next(self, iterator):
        for value in iterator:
            return True, value
        return False, None

    def _backward(self, graph: int, numbers: list[int], grad):
        inputs = [self.shared.object_of(number) for number in numbers]
        return tuple(
            torch.autograd.grad(
                self._graphs[graph], inputs, grad, retain_graph=True, allow_unused=True
            )
        )

    def _timed(self, operation):
        def timed(*args, **kwargs):
            with self._clock(self._limits.call_seconds):
                return operation(*args, **kwargs)

        return timed

    @contextmanager
    def _clock(self, seconds: float):
        """Stop what runs inside after so many CPU seconds, or much longer on the clock."""
        before = _set_timers(seconds, seconds * self._limits.patience)
        try:
            yield
        except TimeUp:
            raise TimeoutError(f"stopped after {seconds:g} seconds") from None
        finally:
            _set_timers(*before)

    def ask(self, operation, *args, **kwargs):
        """Have the tester do something; its time is not the student's."""
        before = _set_timers(0, 0)
        try:
            return super().ask(operation, *args, **kwargs)
        finally:
            _set_timers(*before)

    def _write(self, body, *values):
        with self._clock(self._limits.call_seconds):  # it may run a student's code
            return super()._write(body, *values)

    def _finish(self, body):
        if self.depth == 0 and "answer" in body:
            body["alive"] = self.shared.loosen()
        return body


class Lent:
    """A function of the test's, called back where it lives."""

    def __init__(self, worker: Worker, number: int, name: str):
        self._worker, self.number, self.__name__ = worker, number, name

    def __call__(self, *args, **kwargs):
        return self._worker.ask("call-lent", self.number, *args, **kwargs)


def _leaves(tensor: torch.Tensor) -> list[torch.Tensor]:
    """The leaves of the autograd graph under a tensor."""
    seen, waiting, leaves = set(), [tensor.grad_fn], []
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        leaves += [node.variable] if hasattr(node, "variable") else []
        waiting += [inner for inner, _ in node.next_functions]
    return leaves


def _set_timers(cpu: float, clock: float) -> tuple[float, float]:
    """Start both timers, and say what was left on them."""
    left_cpu, _ = signal.setitimer(signal.ITIMER_PROF, cpu, 1 if cpu else 0)
    left_clock, _ = signal.setitimer(signal.ITIMER_REAL, clock, 1 if clock else 0)
    return left_cpu, left_clock


def _time_up(signum, frame):
    raise TimeUp


def _facts(thing) -> dict:
    """What a stand-in shows without asking again."""
    facts = {"type": type(thing).__name__, "kind": _kind(thing)}
    for name in ("__name__", "__qualname__", "__doc__"):
        if isinstance(getattr(thing, name, None), str):
            facts[name] = getattr(thing, name)[:2000]
    if facts["kind"] == "callable":
        facts["parameters"] = _parameters(thing)
    return facts


def _kind(thing) -> str:
    if isinstance(thing, type):
        return "class"
    if callable(thing):
        return "callable"
    return "iterator" if hasattr(thing, "__next__") else "object"


def _parameters(thing) -> list:
    try:
        parameters = inspect.signature(thing).parameters.values()
    except (TypeError, ValueError):
        return []
    return [[p.kind.name, p.name, p.default is not inspect.Parameter.empty] for p in parameters]


def serve(channel, limits: Limits) -> None:
    """Be the worker at the other end of `channel`."""
    for number in (signal.SIGPROF, signal.SIGALRM):
        signal.signal(number, _time_up)
    sys.setrecursionlimit(3000)
    worker = Worker(channel, limits)
    worker.serve()
