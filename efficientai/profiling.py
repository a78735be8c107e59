"""What a model costs: parameters, MACs, bytes, peak activations, latency.

All counts are for inference: evaluation mode, no gradients. A model comes back exactly as it
was: its modes, buffers, gradients, hooks and attributes, and torch's random state.
"""

from __future__ import annotations

import io
import platform
import statistics
import time
import warnings
import weakref
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.modules.module import (
    register_module_forward_hook,
    register_module_forward_pre_hook,
)
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map_only

from efficientai import energy
from efficientai.macs import MacCounter

# ---------------------------------------------------------------- what is stored


def count_params(model: nn.Module) -> int:
    """Numbers in all parameters, trainable or not; a shared parameter counts once.

    >>> count_params(nn.Linear(4, 3))  # 4·3 weights and 3 biases
    15
    """
    return sum(parameter.numel() for parameter in model.parameters())


def weight_bytes(model: nn.Module) -> int:
    """Bytes of all parameters and buffers as they lie in memory; a shared one counts once.

    >>> weight_bytes(nn.Linear(4, 3)), weight_bytes(nn.Linear(4, 3).half())
    (60, 30)
    """
    return sum(_nbytes(tensor) for tensor in [*model.parameters(), *model.buffers()])


def _nbytes(tensor: Tensor) -> int:
    """Bytes of a tensor; of a compressed sparse one, of its values and both of its indices."""
    if tensor.layout == torch.sparse_csr:
        parts = tensor.values(), tensor.col_indices(), tensor.crow_indices()
        return sum(part.nbytes for part in parts)
    return tensor.numel() * tensor.element_size()


def serialized_bytes(model: nn.Module) -> int:
    """Bytes of the file that `torch.save(model.state_dict())` writes.

    >>> serialized_bytes(nn.Linear(4, 3)) > weight_bytes(nn.Linear(4, 3))
    True
    """
    file = io.BytesIO()
    torch.save(model.state_dict(), file)
    return file.tell()


# ---------------------------------------------------------------- running a model, untouched


@contextmanager
def untouched(model: nn.Module) -> Iterator[None]:
    """Inside, the model is in evaluation mode and records no gradients; after, it is as before.

    Restored are every module's attributes, its containers included, and the random state of the
    CPU and of the model's GPUs. Buffers are kept safe by `stand_ins`.

    >>> model = nn.Dropout().train()
    >>> with untouched(model):
    ...     print(model.training)
    False
    >>> model.training
    True
    """
    before = [(vars(module), _copied(vars(module))) for module in model.modules()]
    gpus = {p.device for p in model.parameters() if p.is_cuda}
    with torch.random.fork_rng(gpus), torch.inference_mode(False), torch.no_grad():
        try:
            model.eval()
            yield
        finally:
            for attributes, saved in before:
                _restore(attributes, saved)


def _copied(attributes: dict) -> dict[str, tuple[object, object]]:
    """Each attribute with a shallow copy of it, if it is a container."""
    return {
        name: (value, type(value)(value) if type(value) in (dict, list) else None)
        for name, value in attributes.items()
    }


def _restore(attributes: dict, saved: dict[str, tuple[object, object]]) -> None:
    attributes.clear()
    for name, (value, content) in saved.items():
        attributes[name] = value
        if type(value) is dict:
            value.clear()
            value.update(content)
        elif type(value) is list:
            value[:] = content


def stand_ins(model: nn.Module, device: str | None = None) -> dict[str, Tensor]:
    """Tensors to run the model with in the place of its own, so that it cannot write to those.

    Copies of the buffers; with device="meta" all parameters and buffers, with shapes alone.

    >>> list(stand_ins(nn.BatchNorm1d(3)))
    ['running_mean', 'running_var', 'num_batches_tracked']
    """
    buffers = dict(model.named_buffers())
    if device == "meta":
        everything = {**dict(model.named_parameters()), **buffers}
        return {name: _as_meta(tensor) for name, tensor in everything.items()}
    return {name: buffer.clone() for name, buffer in buffers.items()}


def _as_meta(tensor: Tensor) -> Tensor:
    if tensor.layout != torch.strided:
        raise NotImplementedError("a sparse tensor without numbers has no count of non-zeros")
    return torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device="meta")


def _explain(model: nn.Module, inputs: tuple, error: Exception) -> ValueError:
    shapes = [tuple(x.shape) for x in tree_leaves(inputs) if isinstance(x, Tensor)]
    return ValueError(f"{type(model).__name__} does not run on inputs of shape {shapes}: {error}")


# ---------------------------------------------------------------- MACs


def count_macs(model: nn.Module, *inputs: object) -> int:
    """Multiply-accumulates of one forward pass, by the convention of `efficientai.macs`.

    inputs: what the model takes, the batch included. Shapes alone are pushed through the model;
    if its code needs numbers, it runs for real. Warns (UserWarning) and names the operators that
    the counter does not know; raises ValueError if the model does not run on the inputs.

    >>> count_macs(nn.Conv2d(3, 8, 3, padding=1), torch.zeros(1, 3, 10, 10))  # 10·10·8 · 3·3·3
    21600
    """
    return _count(model, inputs).macs.total()


def _count(model: nn.Module, inputs: tuple) -> Scopes:
    scopes = None
    try:
        scopes = _counted_run(model, inputs, "meta")
    except Exception:  # the model's own code may raise anything on a tensor without numbers
        try:
            scopes = _counted_run(model, inputs, None)
        except Exception as error:
            raise _explain(model, inputs, error) from error
    if scopes.unknown:
        names = ", ".join(f"{name} ({calls}x)" for name, calls in sorted(scopes.unknown.items()))
        warnings.warn(f"operators without a MAC formula were not counted: {names}", stacklevel=3)
    return scopes


def _counted_run(model: nn.Module, inputs: tuple, device: str | None) -> Scopes:
    scopes, tensors = Scopes(model), stand_ins(model, device)
    if device == "meta":
        inputs = tree_map_only(Tensor, _as_meta, inputs)
    with untouched(model), _spelled_out(), scopes.following(), scopes:
        functional_call(model, tensors, inputs)
    return scopes


@contextmanager
def _spelled_out() -> Iterator[None]:
    """Switch off the fused kernels that would hide matrix products from the counter."""
    switches = (
        (torch.backends.mha.get_fastpath_enabled, torch.backends.mha.set_fastpath_enabled),
        (torch._C._get_mkldnn_enabled, torch._C._set_mkldnn_enabled),
        (torch._C._get_cudnn_enabled, torch._C._set_cudnn_enabled),
    )
    before = [get() for get, _ in switches]
    try:
        for _, switch in switches:
            switch(False)
        yield
    finally:
        for (_, switch), was_on in zip(switches, before, strict=True):
            switch(was_on)


class Scopes(MacCounter):
    """A MAC counter that knows in which module of the model it is, and what each one returned.

    Global hooks tell it, so that no module gets a hook of its own.

    >>> model = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2))
    >>> scopes = Scopes(model)
    >>> with scopes.following(), scopes:
    ...     _ = model(torch.zeros(1, 4))
    >>> scopes.macs
    Counter({'0': 12, '1': 6})
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__(where=lambda: self._stack[-1])
        self._names = {id(module): name for name, module in model.named_modules()}
        self._stack = [""]
        self.shapes: dict[str, tuple[int, ...]] = {}  # of the last call
        self.output_bytes: Counter[str] = Counter()

    @contextmanager
    def following(self) -> Iterator[None]:
        """Inside, the counter is told which module runs."""
        hooks = [
            register_module_forward_pre_hook(self._enter_module),
            register_module_forward_hook(self._leave_module),
        ]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    def _enter_module(self, module: nn.Module, _inputs: object) -> None:
        self._stack.append(self._names.get(id(module), self._stack[-1]))

    def _leave_module(self, module: nn.Module, _inputs: object, output: object) -> None:
        name = self._stack.pop()
        tensors = [x for x in tree_leaves(output) if isinstance(x, Tensor)]
        self.output_bytes[name] += sum(map(_nbytes, tensors))
        if tensors:
            self.shapes[name] = tuple(tensors[0].shape)


# ---------------------------------------------------------------- peak activations


def peak_activation_bytes(model: nn.Module, *inputs: object) -> int:
    """Most bytes of tensors that are alive at once in a forward pass; weights are not included.

    The inputs count, for the caller holds them; of a view only what it shows. The model runs once
    for real, and every tensor is followed from its making to its release; views and in-place
    results cost nothing. The workspace that a kernel takes for itself is extra. Raises ValueError
    if the model does not run.

    >>> model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    >>> peak_activation_bytes(model, torch.zeros(1, 4))  # 4 inputs, 8 before and 8 after ReLU
    80
    """
    buffers, inputs = stand_ins(model), tree_map_only(Tensor, _compact, inputs)
    memory = LiveMemory(ignore=[*model.parameters(), *buffers.values()])
    memory.watch(inputs)
    with untouched(model):
        try:
            with memory:
                functional_call(model, buffers, inputs)
        except Exception as error:
            raise _explain(model, inputs, error) from error
    return memory.peak_bytes


def _compact(tensor: Tensor) -> Tensor:
    """The same numbers without the rest of the data set that they may be a view of."""
    strided = tensor.layout == torch.strided
    return tensor.detach().clone() if strided and tensor._is_view() else tensor


class LiveMemory(TorchDispatchMode):
    """Follows the bytes of all tensors made inside it; `peak_bytes` is the most alive at once.

    >>> with LiveMemory() as memory:
    ...     x = torch.zeros(10).exp()
    >>> memory.live_bytes, memory.peak_bytes
    (40, 80)
    """

    def __init__(self, ignore: object = ()) -> None:
        super().__init__()
        self.live_bytes = self.peak_bytes = 0
        self._sizes = {_storage(tensor)._cdata: 0 for tensor in tree_leaves(ignore)}

    def watch(self, tensors: object) -> None:
        """Count the storages of all tensors in a nested structure that are not known yet."""
        for tensor in tree_leaves(tensors):
            if isinstance(tensor, Tensor) and tensor.layout == torch.strided:
                self._add(_storage(tensor))
        self.peak_bytes = max(self.peak_bytes, self.live_bytes)

    def _add(self, storage: torch.UntypedStorage) -> None:
        if storage._cdata in self._sizes:
            return
        self._sizes[storage._cdata] = storage.nbytes()
        self.live_bytes += storage.nbytes()
        weakref.finalize(storage, self._release, storage._cdata)

    def _release(self, key: int) -> None:
        self.live_bytes -= self._sizes.pop(key)

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        """Run one operator, and watch what it returns while its inputs are still alive."""
        output = func(*args, **(kwargs or {}))
        self.watch(output)
        return output


def _storage(tensor: Tensor) -> torch.UntypedStorage:
    return tensor.untyped_storage()


# ---------------------------------------------------------------- latency


class Latency(NamedTuple):
    """Wall-clock milliseconds of one call: median, 10th and 90th percentile of the repeats.

    >>> print(Latency(median_ms=1.5, p10_ms=1.25, p90_ms=2.0, repeats=50))
    1.5 ms (1.25–2, 50 repeats)
    """

    median_ms: float
    p10_ms: float
    p90_ms: float
    repeats: int

    def __str__(self) -> str:
        spread = f"{self.p10_ms:.3g}–{self.p90_ms:.3g}"
        return f"{self.median_ms:.3g} ms ({spread}, {self.repeats} repeats)"


def latency(
    fn: Callable[..., object], *args: object, warmup: int = 5, repeats: int = 50
) -> Latency:
    """Time `fn(*args)` without gradients: `warmup` unmeasured calls, then `repeats` measured ones.

    A GPU in use is synchronised around every call. A model is timed as it is: call `.eval()` first.
    Raises ValueError for less than one repeat.

    >>> latency(sum, [1, 2, 3], repeats=7).repeats
    7
    """
    return compare_latency({"fn": fn}, *args, warmup=warmup, repeats=repeats)["fn"]


def compare_latency(
    candidates: Mapping[str, Callable[..., object]],
    *args: object,
    warmup: int = 5,
    repeats: int = 50,
) -> dict[str, Latency]:
    """Time several functions on the same arguments, in turns, so that a ratio of them is fair.

    In each of `repeats` rounds every candidate runs once; the order rotates. What slows the machine
    down for a while then slows them all.

    >>> list(compare_latency({"sum": sum, "max": max}, [1, 2, 3], repeats=3))
    ['sum', 'max']
    """
    if repeats < 1 or warmup < 0 or not candidates:
        raise ValueError(
            f"need a candidate, repeats >= 1 and warmup >= 0; got {len(candidates)} candidates, "
            f"repeats={repeats}, warmup={warmup}"
        )
    names = list(candidates)
    times: dict[str, list[float]] = {name: [] for name in names}
    with torch.inference_mode():
        for turn in range(-warmup, repeats):
            shift = turn % len(names)
            for name in names[shift:] + names[:shift]:
                elapsed = _time_once(candidates[name], args)
                if turn >= 0:
                    times[name].append(elapsed)
    return {name: _summary(values) for name, values in times.items()}


def _time_once(fn: Callable[..., object], args: tuple) -> float:
    """Milliseconds of one call."""
    _synchronise()
    start = time.perf_counter()
    fn(*args)
    _synchronise()
    return 1000 * (time.perf_counter() - start)


def _synchronise() -> None:
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        torch.cuda.synchronize()


def _summary(times_ms: list[float]) -> Latency:
    if len(times_ms) == 1:
        return Latency(times_ms[0], times_ms[0], times_ms[0], 1)
    deciles = statistics.quantiles(times_ms, n=10, method="inclusive")
    return Latency(statistics.median(times_ms), deciles[0], deciles[-1], len(times_ms))


def machine() -> str:
    """The machine in one line, to print beside a measured time.

    >>> "torch" in machine()
    True
    """
    gpu = f", {torch.cuda.get_device_name()}" if torch.cuda.is_available() else ""
    threads = torch.get_num_threads()
    return f"{_processor()}, {threads} thread{'s' * (threads > 1)}{gpu}, torch {torch.__version__}"


def _processor() -> str:
    try:
        with open("/proc/cpuinfo") as lines:
            names = [line.split(":", 1)[1] for line in lines if line.startswith("model name")]
        return names[0].strip()
    except (OSError, IndexError):
        return platform.processor() or platform.machine()


# ---------------------------------------------------------------- everything, module by module


class ModuleCost(NamedTuple):
    """One line of a profile: what a module itself costs, without the modules inside it.

    >>> profile(nn.Linear(4, 3), torch.zeros(1, 4)).modules[0].output_shape
    (1, 3)
    """

    name: str
    kind: str
    output_shape: tuple[int, ...] | None
    output_bytes: int
    params: int
    weight_bytes: int
    macs: int


@dataclass(frozen=True)
class Profile:
    """What one forward pass costs: a line a module, and totals that are their sums.

    Printing it shows the table.

    >>> costs = profile(nn.Linear(4, 3), torch.zeros(1, 4))
    >>> costs.params, costs.weight_bytes, costs.macs, costs.unsupported
    (15, 60, 12, {})
    """

    modules: tuple[ModuleCost, ...]
    peak_activation_bytes: int
    unsupported: dict[str, int]  # operators that were not counted, and how often they ran

    @property
    def params(self) -> int:
        """Numbers in all parameters."""
        return sum(module.params for module in self.modules)

    @property
    def weight_bytes(self) -> int:
        """Bytes of all parameters and buffers."""
        return sum(module.weight_bytes for module in self.modules)

    @property
    def macs(self) -> int:
        """Multiply-accumulates of the forward pass."""
        return sum(module.macs for module in self.modules)

    def energy_mj(self, precision: str = "fp32") -> float:
        """Estimated millijoules of the forward pass, by `efficientai.energy.inference_mj`.

        Weights and activations count with the bytes that they have in the model.
        """
        activations = sum(module.output_bytes for module in self.modules)
        return energy.inference_mj(self.macs, self.weight_bytes, activations, precision)

    def __str__(self) -> str:
        head = ("module", "kind", "output", "parameters", "bytes", "MACs")
        lines = [head, *(_cells(module) for module in self.modules)]
        lines.append(("total", "", "", *map(_number, (self.params, self.weight_bytes, self.macs))))
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        table = "\n".join(_line(cells, widths) for cells in lines)
        return f"{table}\npeak activations: {_number(self.peak_activation_bytes)} bytes"


def _cells(module: ModuleCost) -> tuple[str, ...]:
    shape = "×".join(map(str, module.output_shape)) if module.output_shape else "–"
    numbers = map(_number, (module.params, module.weight_bytes, module.macs))
    return module.name or "(model)", module.kind, shape, *numbers


def _number(value: int) -> str:
    return f"{value:,}"


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    left = [cell.ljust(width) for cell, width in zip(cells[:3], widths, strict=False)]
    right = [cell.rjust(width) for cell, width in zip(cells[3:], widths[3:], strict=True)]
    return "  ".join([*left, *right]).rstrip()


def profile(model: nn.Module, *inputs: object) -> Profile:
    """Cost of one forward pass, module by module. Warns and raises as `count_macs` does.

    >>> costs = profile(nn.Sequential(nn.Linear(4, 8), nn.ReLU()), torch.zeros(1, 4))
    >>> print(costs)
    module  kind    output  parameters  bytes  MACs
    0       Linear  1×8             40    160    32
    1       ReLU    1×8              0      0     0
    total                           40    160    32
    peak activations: 80 bytes
    """
    scopes = _count(model, inputs)
    lines = _module_costs(model, scopes)
    return Profile(tuple(lines), peak_activation_bytes(model, *inputs), dict(scopes.unknown))


def _module_costs(model: nn.Module, scopes: Scopes) -> Iterator[ModuleCost]:
    """A line for each module that is a leaf, owns a tensor or multiplies something itself."""
    seen: set[int] = set()
    for name, module in model.named_modules():
        parameters = _first_seen(module.parameters(recurse=False), seen)
        buffers = _first_seen(module.buffers(recurse=False), seen)
        if any(module.children()) and not parameters + buffers and not scopes.macs[name]:
            continue
        yield ModuleCost(
            name=name,
            kind=type(module).__name__,
            output_shape=scopes.shapes.get(name),
            output_bytes=scopes.output_bytes[name],
            params=sum(p.numel() for p in parameters),
            weight_bytes=sum(map(_nbytes, parameters + buffers)),
            macs=scopes.macs[name],
        )


def _first_seen(tensors: Iterator[Tensor], seen: set[int]) -> list[Tensor]:
    """The tensors that no earlier line has counted."""
    new = [tensor for tensor in tensors if id(tensor) not in seen]
    seen.update(map(id, new))
    return new
