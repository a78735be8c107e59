"""Objects that can be changed in place, and how each kind of them is written, made and filled.

`save` writes an object's state, `blank` makes an object of that kind, `fill` gives it the state. A
change made on one side reaches the other as a `fill` of the copy there, so that `model`, its
parameters and whoever holds them stay the same objects.
"""

from __future__ import annotations

import builtins
import collections
import contextlib
import dataclasses
import importlib
import math
import random
import sys
from functools import cache
from typing import ClassVar

import numpy as np
import torch
from torch import nn

from autograder.boundary.wire import (
    ARRAY_DTYPE,
    DTYPES,
    CannotCross,
    Decoder,
    Encoder,
    WireError,
    array_dtype,
    expect,
    ordered,
    shape_of,
    torch_dtype,
)


class Kind:
    """One kind of object. Subclasses register themselves under their `tag`."""

    tag: str
    cls: type

    def __init_subclass__(cls):
        if cls.tag in KINDS:
            raise TypeError(f"two kinds are called {cls.tag!r}")
        KINDS[cls.tag] = cls()

    def matches(self, thing) -> bool:
        """Whether `thing` is of this kind."""
        return isinstance(thing, self.cls)

    def save(self, thing, encoder: Encoder):
        """The state of `thing` in JSON."""
        raise NotImplementedError

    def blank(self, payload, decoder: Decoder):
        """An object of this kind, to be filled."""
        return self.cls()

    def fill(self, thing, payload, decoder: Decoder) -> None:
        """Give `thing` the state in `payload`."""
        raise NotImplementedError


KINDS: dict[str, Kind] = {}


def kind_of(thing) -> Kind | None:
    """The kind of `thing`, or None if it is an object that does not cross as data."""
    return next((kind for kind in KINDS.values() if kind.matches(thing)), None)


# ------------------------------------------------------------------ containers


class ListKind(Kind):
    tag, cls = "list", list

    def save(self, thing, encoder):
        return [encoder.value(item) for item in list.__iter__(thing)]

    def fill(self, thing, payload, decoder):
        thing[:] = decoder.values(payload)


class DequeKind(Kind):
    tag, cls = "deque", collections.deque

    def save(self, thing, encoder):
        return [thing.maxlen, [encoder.value(item) for item in thing]]

    def blank(self, payload, decoder):
        return collections.deque(maxlen=expect(payload, list, 2)[0])

    def fill(self, thing, payload, decoder):
        thing.clear()
        thing.extend(decoder.values(payload[1]))


class DictKind(Kind):
    tag, cls = "dict", dict
    classes: ClassVar = {
        c.__name__: c for c in (dict, collections.OrderedDict, collections.Counter)
    }

    def save(self, thing, encoder):
        name = next(n for n in ("OrderedDict", "Counter", "dict") if self._is(thing, n))
        items = [[encoder.value(key), encoder.value(item)] for key, item in dict.items(thing)]
        return [name, items]

    def blank(self, payload, decoder):
        return self.classes[expect(payload, list, 2)[0]]()

    def fill(self, thing, payload, decoder):
        items = [decoder.values(expect(pair, list, 2)) for pair in expect(payload[1], list)]
        thing.clear()
        thing.update(items if type(thing) is not collections.Counter else dict(items))

    def _is(self, thing, name):
        return isinstance(thing, self.classes[name])


class SetKind(Kind):
    tag, cls = "set", set

    def save(self, thing, encoder):
        return [encoder.value(item) for item in ordered(thing)]

    def fill(self, thing, payload, decoder):
        items = decoder.values(payload)
        thing.clear()
        thing.update(items)


class BytearrayKind(Kind):
    tag, cls = "bytearray", bytearray

    def save(self, thing, encoder):
        return encoder.blob(thing)

    def fill(self, thing, payload, decoder):
        thing[:] = decoder.blob(payload)


# ------------------------------------------------------------------ tensors and arrays


class TensorKind(Kind):
    """Dense CPU tensors of every dtype but the quantized ones, with gradients and memory order."""

    tag, cls = "tensor", torch.Tensor

    def matches(self, thing):
        return isinstance(thing, torch.Tensor) and thing.layout is torch.strided

    def save(self, thing, encoder):
        if str(thing.dtype).removeprefix("torch.") not in DTYPES:
            raise CannotCross(f"a tensor of dtype {thing.dtype} cannot cross")
        if thing.is_meta:
            raise CannotCross("a tensor on the meta device has no values that could cross")
        encoder.room_for(thing.numel() * thing.element_size())
        order = _memory_order(thing)
        grad = thing.grad if thing.is_leaf else None
        return {
            "dtype": str(thing.dtype).removeprefix("torch."),
            "shape": list(thing.shape),
            "order": order,
            "data": encoder.blob(_tensor_bytes(thing, order)),
            "requires_grad": thing.requires_grad,
            "parameter": isinstance(thing, nn.Parameter),
            "grad": None if grad is None else encoder.value(grad),
            "graph": None if encoder.dry else encoder.side.graph_of(thing),
        }

    def blank(self, payload, decoder):
        values = _read_tensor(payload, decoder)
        values.requires_grad_(expect(payload["requires_grad"], bool))
        if expect(payload["parameter"], bool):
            return nn.Parameter(values, requires_grad=values.requires_grad)
        graph = payload["graph"]
        return values if graph is None else decoder.side.attach(values, *expect(graph, list, 2))

    def fill(self, thing, payload, decoder):
        values = _read_tensor(payload, decoder)
        with torch.no_grad():
            _overwrite(thing, values)
        if thing.is_leaf:
            thing.requires_grad_(expect(payload["requires_grad"], bool))
            grad = None if payload["grad"] is None else decoder.value(payload["grad"])
            _set_grad(thing, grad)


def _set_grad(thing, grad) -> None:
    if thing.grad is not None and grad is not None and thing.grad.shape == grad.shape:
        thing.grad.copy_(grad)
    else:
        thing.grad = grad


def _memory_order(tensor: torch.Tensor) -> list[int] | None:
    """The dimensions from slowest to fastest, if the tensor is dense and not in C order."""
    if tensor.is_contiguous():
        return None
    order = sorted(range(tensor.dim()), key=lambda d: (-tensor.stride(d), d))
    return order if tensor.permute(order).is_contiguous() else None


def _tensor_bytes(tensor: torch.Tensor, order: list[int] | None) -> bytes:
    plain = tensor.detach().as_subclass(torch.Tensor).cpu().resolve_conj().resolve_neg()
    dense = (plain if order is None else plain.permute(order)).contiguous().reshape(-1)
    if dense.stride() != (1,):  # one element, expanded: torch calls it contiguous all the same
        dense = torch.empty(dense.shape, dtype=dense.dtype).copy_(dense)
    return dense.view(torch.uint8).numpy().tobytes()


def _read_tensor(payload, decoder) -> torch.Tensor:
    """The tensor's values; its claimed shape and dtype must agree with the bytes that came."""
    dtype = torch_dtype(expect(payload, dict)["dtype"])
    shape = shape_of(payload["shape"])
    raw = decoder.blob(payload["data"])
    if math.prod(shape) * dtype.itemsize != len(raw):
        raise WireError(f"{len(raw)} bytes cannot be a tensor of shape {shape} and {dtype}")
    order = payload["order"]
    if order is not None and sorted(expect(order, list)) != list(range(len(shape))):
        raise WireError("not an order of dimensions")
    laid_out = shape if order is None else [shape[d] for d in order]
    flat = torch.frombuffer(bytearray(raw), dtype=dtype) if raw else torch.empty(0, dtype=dtype)
    values = flat.reshape(laid_out)
    return values if order is None else values.permute([order.index(d) for d in range(len(order))])


def _overwrite(thing: torch.Tensor, values: torch.Tensor) -> None:
    if thing.shape == values.shape and thing.dtype == values.dtype:
        if thing.data_ptr() != values.data_ptr():
            thing.copy_(values)
    else:
        thing.data = values  # the other side gave it another shape through `.data`


class SparseKind(Kind):
    """Sparse tensors, as the dense tensors that they consist of."""

    tag, cls = "sparse", torch.Tensor
    parts: ClassVar = {
        "torch.sparse_coo": ("indices", "values"),
        "torch.sparse_csr": ("crow_indices", "col_indices", "values"),
        "torch.sparse_csc": ("ccol_indices", "row_indices", "values"),
    }

    def matches(self, thing):
        return isinstance(thing, torch.Tensor) and str(thing.layout) in self.parts

    def save(self, thing, encoder):
        thing = thing.detach()
        thing = thing.coalesce() if thing.layout is torch.sparse_coo else thing
        parts = [encoder.value(getattr(thing, part)()) for part in self.parts[str(thing.layout)]]
        return [str(thing.layout), list(thing.shape), parts]

    def blank(self, payload, decoder):
        layout, shape, parts = expect(payload, list, 3)
        make = {
            "torch.sparse_coo": torch.sparse_coo_tensor,
            "torch.sparse_csr": torch.sparse_csr_tensor,
            "torch.sparse_csc": torch.sparse_csc_tensor,
        }[layout]
        made = make(*decoder.values(parts), shape_of(shape), check_invariants=True)
        return made.coalesce() if made.layout is torch.sparse_coo else made

    def fill(self, thing, payload, decoder):
        """A sparse tensor is not changed in place from the other side."""


class ArrayKind(Kind):
    tag, cls = "array", np.ndarray

    def save(self, thing, encoder):
        thing = np.asarray(thing)
        if not ARRAY_DTYPE.fullmatch(thing.dtype.str):
            raise CannotCross(f"an array of dtype {thing.dtype} cannot cross")
        encoder.room_for(thing.nbytes)
        return [thing.dtype.str, list(thing.shape), encoder.blob(thing.tobytes())]

    def blank(self, payload, decoder):
        return self._read(payload, decoder)

    def fill(self, thing, payload, decoder):
        thing[...] = self._read(payload, decoder)

    def _read(self, payload, decoder):
        name, shape, place = expect(payload, list, 3)
        dtype, raw = array_dtype(name), decoder.blob(place)
        if math.prod(shape_of(shape)) * dtype.itemsize != len(raw):
            raise WireError(f"{len(raw)} bytes cannot be an array of shape {shape} and {dtype}")
        return np.frombuffer(bytearray(raw), dtype=dtype).reshape(shape)


# ------------------------------------------------------------------ random generators


class TorchGeneratorKind(Kind):
    tag, cls = "torch-generator", torch.Generator

    def save(self, thing, encoder):
        if thing.device.type != "cpu":
            raise CannotCross(f"a generator on {thing.device} cannot cross")
        return encoder.blob(thing.get_state().numpy().tobytes())

    def fill(self, thing, payload, decoder):
        thing.set_state(torch.frombuffer(bytearray(decoder.blob(payload)), dtype=torch.uint8))


class NumpyGeneratorKind(Kind):
    tag, cls = "numpy-generator", np.random.Generator
    known: ClassVar = {
        name: getattr(np.random, name) for name in ("PCG64", "PCG64DXSM", "MT19937", "SFC64")
    }

    def save(self, thing, encoder):
        state = thing.bit_generator.state
        if state["bit_generator"] not in self.known:
            raise CannotCross(f"a NumPy generator of type {state['bit_generator']} cannot cross")
        return [state["bit_generator"], encoder.value(state)]

    def blank(self, payload, decoder):
        return np.random.Generator(self.known[expect(payload, list, 2)[0]](0))

    def fill(self, thing, payload, decoder):
        state = expect(decoder.value(payload[1]), dict)
        _check_position(state.get("state", {}))
        thing.bit_generator.state = state


def _check_position(state: dict) -> None:
    """NumPy reads the Mersenne twister's array at this index without a look."""
    position = state.get("pos", 0) if isinstance(state, dict) else 0
    if type(position) is not int or not 0 <= position <= 624:
        raise WireError(f"no position in a generator's state: {position!r}")


class NumpyRandomStateKind(Kind):
    tag, cls = "numpy-random-state", np.random.RandomState

    def save(self, thing, encoder):
        return encoder.value(thing.get_state(legacy=False))

    def fill(self, thing, payload, decoder):
        state = expect(decoder.value(payload), dict)
        _check_position(state.get("state", {}))
        thing.set_state(state)


class RandomKind(Kind):
    tag, cls = "random", random.Random

    def save(self, thing, encoder):
        version, words, spare = thing.getstate()
        return [version, encoder.blob(np.array(words, dtype="<u4").tobytes()), spare]

    def fill(self, thing, payload, decoder):
        version, place, spare = expect(payload, list, 3)
        words = np.frombuffer(decoder.blob(place), dtype="<u4").tolist()
        thing.setstate((version, tuple(words), spare))


# ------------------------------------------------------------------ records and modules


class RecordKind(Kind):
    """Instances of the course package's dataclasses, such as `efficientai.profiling.Latency`."""

    tag = "record"

    def matches(self, thing):
        return (
            dataclasses.is_dataclass(thing)
            and not isinstance(thing, type)
            and _record_class(_qualified(type(thing))) is type(thing)
        )

    def save(self, thing, encoder):
        fields = [field.name for field in dataclasses.fields(thing)]
        values = {name: encoder.value(getattr(thing, name)) for name in fields}
        return [_qualified(type(thing)), values]

    def blank(self, payload, decoder):
        cls = _record_class(expect(payload, list, 2)[0])
        if cls is None:
            raise WireError(f"no record is called {payload[0]!r}")
        return object.__new__(cls)

    def fill(self, thing, payload, decoder):
        values = expect(payload[1], dict)
        if list(values) != [field.name for field in dataclasses.fields(thing)]:
            raise WireError(f"not the fields of {payload[0]}")
        for name, value in values.items():
            object.__setattr__(thing, name, decoder.value(value))


def _qualified(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"


def _record_class(name) -> type | None:
    """A dataclass of the course package, if its module is loaded here."""
    module, _, cls = expect(name, str).rpartition(".")
    if module.partition(".")[0] != "efficientai":
        return None
    found = vars(sys.modules[module]).get(cls) if module in sys.modules else None
    return found if isinstance(found, type) and dataclasses.is_dataclass(found) else None


MODULE_STATE = frozenset(vars(nn.Module())) - {"training"}
WEAK_ATTRIBUTES = {"_flat_weights", "_flat_weight_refs"}  # recurrent layers make them anew


class ModuleKind(Kind):
    """Networks: the tree of their layers, with every parameter, buffer and setting.

    A layer whose class both sides know is made anew from this data. Any other keeps its handle:
    its parameters cross, and a call of it goes over to where its code is.
    """

    tag, cls = "module", nn.Module

    def save(self, thing, encoder):
        name, handle = self._identity(thing, encoder)
        return {
            "class": name,
            "handle": handle,
            "training": bool(thing.training),
            "settings": self._settings(thing, encoder, strict=handle is None),
            "parameters": _save_all(thing._parameters, encoder),
            "buffers": _save_all(thing._buffers, encoder),
            "volatile": sorted(thing._non_persistent_buffers_set),
            "children": _save_all(thing._modules, encoder),
        }

    def blank(self, payload, decoder):
        if expect(payload, dict)["handle"] is not None:
            return decoder.side.module_of(payload["handle"], expect(payload["class"], str))
        cls = known_modules().get(expect(payload["class"], str))
        if cls is None:
            raise WireError(f"no module is called {payload['class'][:80]!r}")
        thing = cls.__new__(cls)
        nn.Module.__init__(thing)
        return thing

    def fill(self, thing, payload, decoder):
        thing.training = expect(payload["training"], bool)
        for name, value in expect(payload["settings"], dict).items():
            thing.__dict__[_setting(thing, name)] = decoder.value(value)
        _fill_all(thing._parameters, payload["parameters"], nn.Parameter, decoder)
        _fill_all(thing._buffers, payload["buffers"], torch.Tensor, decoder)
        _fill_all(thing._modules, payload["children"], nn.Module, decoder)
        volatile = {expect(name, str) for name in payload["volatile"]}
        thing.__dict__["_non_persistent_buffers_set"] = volatile
        if isinstance(thing, nn.RNNBase):
            thing._init_flat_weights()

    def _identity(self, thing, encoder):
        """The class's name, and a handle if the other side cannot make one from data."""
        handle = encoder.side.module_handle(thing)
        if handle is not None:
            return type(thing).__name__, handle
        why = why_not_plain(thing) or self._opaque_setting(thing, encoder)
        if why is None:
            return _qualified(type(thing)), None
        return type(thing).__name__, encoder.side.export_module(thing, why)

    def _opaque_setting(self, thing, encoder) -> str | None:
        trial = Encoder(encoder.side, dry=True)
        try:
            self._settings(thing, trial, strict=True)
        except CannotCross as error:
            return str(error)
        return None

    def _settings(self, thing, encoder, strict: bool) -> dict:
        names = [n for n in vars(thing) if n not in MODULE_STATE | WEAK_ATTRIBUTES | {"training"}]
        saved = {}
        for name in names:
            try:
                _setting(thing, name)
                saved[name] = self._setting_value(vars(thing)[name], encoder)
            except (CannotCross, WireError):
                if strict:
                    raise
        return saved

    def _setting_value(self, value, encoder):
        if isinstance(value, nn.Module | torch.Tensor) or not _is_setting(value):
            raise CannotCross(f"a {type(value).__name__} that a module keeps in an attribute")
        return encoder.value(value)


def _is_setting(value) -> bool:
    """Whether an attribute is plain data, small and without objects inside."""
    if isinstance(value, list | tuple | set | frozenset):
        return all(_is_setting(item) for item in value)
    if isinstance(value, dict):
        return all(_is_setting(item) for pair in value.items() for item in pair)
    scalars = bool | int | float | complex | str | bytes | torch.dtype | torch.device | None
    return isinstance(value, scalars) or by_name(value) is not None


def _save_all(things: dict, encoder) -> dict:
    return {name: None if t is None else encoder.value(t) for name, t in things.items()}


def _fill_all(things: dict, payload, cls: type, decoder) -> None:
    made = {name: decoder.value(value) for name, value in expect(payload, dict).items()}
    for name, value in made.items():
        if "." in name or not (value is None or isinstance(value, cls)):
            raise WireError(f"{name!r} is not a {cls.__name__}")
    things.clear()
    things.update(made)


def _setting(module: nn.Module, name) -> str:
    """`name`, if setting it cannot hide a method of the module or its inner state."""
    hidden = name in MODULE_STATE or callable(getattr(type(module), name, None))
    if not expect(name, str).isidentifier() or name.startswith("__") or hidden:
        raise WireError(f"not a setting of a module: {name!r}")
    return name


def why_not_plain(module: nn.Module) -> str | None:
    """Why `module` cannot be made anew from data alone; None if it can."""
    if known_modules().get(_qualified(type(module))) is not type(module):
        return f"its class {type(module).__name__} is known on one side only"
    hooks = [name for name in vars(nn.Module()) if "hooks" in name and vars(module).get(name)]
    if hooks:
        return f"it has {hooks[0].strip('_').replace('_', ' ')}"
    return "its forward was replaced" if "forward" in vars(module) else None


@cache
def known_modules() -> dict[str, type[nn.Module]]:
    """The module classes that both sides have: torch's layers and the course's architectures.

    A worker lacks the latter while they are what an exercise asks for.
    """
    found = list(vars(nn).values())
    with contextlib.suppress(ImportError):
        found += vars(importlib.import_module("efficientai.architectures")).values()
    return {
        _qualified(cls): cls
        for cls in found
        if isinstance(cls, type) and issubclass(cls, nn.Module) and cls is not nn.Module
    }


def by_name(thing) -> str | None:
    """The name under which both sides find this class or function; None if they do not."""
    try:
        return _names_by_id().get(id(thing))
    except TypeError:
        return None


@cache
def names() -> dict[str, object]:
    """What crosses by name, in both directions: layers, plain types, pure functions, errors."""
    plain = (bool, int, float, complex, str, bytes, list, tuple, dict, set)
    errors = [e for e in vars(builtins).values() if isinstance(e, type)]
    errors = [e for e in errors if issubclass(e, Exception)]
    functional = {n: f for n, f in vars(nn.functional).items() if callable(f) and n[0] != "_"}
    operators = {n: f for n, f in vars(torch).items() if isinstance(f, type(torch.relu))}
    operators.pop("from_file")  # the one of them that touches the disk
    classes = [nn.Module, nn.Parameter, torch.Tensor, np.ndarray, *plain, *errors]
    return {
        **{f"math.{name}": f for name, f in vars(math).items() if callable(f)},
        **{f"torch.{name}": f for name, f in operators.items()},
        **{f"torch.nn.functional.{name}": f for name, f in functional.items()},
        **{_qualified(cls): cls for cls in classes},
        **known_modules(),
    }


@cache
def _names_by_id() -> dict[int, str]:
    return {id(thing): name for name, thing in names().items()}
