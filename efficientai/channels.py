"""Which channels of a network belong together, and how its layers shrink when some of them go.

The network is traced with torch.fx. Every channel of every tensor gets an id that travels along
the graph: batch norm and ReLU pass it on, an addition ties two ids into one, a flatten repeats it.
What has to be cut in a layer is then read off the ids of its inputs and outputs.
`pruning.remove_channels` is the function to call.
"""

from __future__ import annotations

import copy
import io
from collections.abc import Iterable
from contextlib import redirect_stderr
from math import prod
from typing import NamedTuple

import torch
from torch import Tensor, fx, nn
from torch.fx.passes.shape_prop import ShapeProp
from torch.nn.modules.batchnorm import _NormBase
from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd
from torch.nn.modules.dropout import _DropoutNd
from torch.nn.modules.pooling import (
    _AdaptiveAvgPoolNd,
    _AdaptiveMaxPoolNd,
    _AvgPoolNd,
    _MaxPoolNd,
)

LAYERS = (nn.Linear, _ConvNd)
PER_CHANNEL = (_NormBase, nn.PReLU)  # own one number a channel (batch norm, instance norm)

# Operators that treat every channel alike and apart from the others, as modules and by name.
SAME_CHANNELS = (
    *(nn.Identity, nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.ELU, nn.GELU, nn.SiLU, nn.Mish),
    *(nn.Hardtanh, nn.Hardswish, nn.Hardsigmoid, nn.Sigmoid, nn.Tanh, nn.Softplus, nn.Upsample),
    *(_DropoutNd, _MaxPoolNd, _AvgPoolNd, _AdaptiveAvgPoolNd, _AdaptiveMaxPoolNd),
)
SAME_CHANNELS_NAMES = """
relu relu_ relu6 leaky_relu elu gelu silu mish hardtanh hardswish hardsigmoid sigmoid tanh softplus
clamp neg abs max_pool1d max_pool2d avg_pool1d avg_pool2d adaptive_avg_pool1d adaptive_avg_pool2d
adaptive_max_pool2d interpolate dropout dropout2d contiguous clone detach float
"""
SAME_CHANNELS_BY_NAME = frozenset(SAME_CHANNELS_NAMES.split())
ELEMENTWISE_NAMES = "add iadd add_ sub isub sub_ mul imul mul_ truediv div maximum minimum"
ELEMENTWISE = frozenset(ELEMENTWISE_NAMES.split())
RESHAPES = frozenset({"flatten", "view", "reshape", "squeeze", "unsqueeze"})
NO_TENSOR = frozenset(["size", "dim", "getattr"])  # ask for a shape, which has no channels


class Value(NamedTuple):
    """The channel ids of a tensor along its channel dimension.

    >>> Value(ids=[0, 1, 2], dim=1, shape=(1, 3, 8, 8)).shape[1]
    3
    """

    ids: list[int]
    dim: int
    shape: tuple[int, ...]


class ChannelGraph:
    """Channel ids of a network: which layer reads and writes which, and which are tied.

    Raises ValueError if the model cannot be traced or does not take the example inputs.

    >>> model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(8, 3))
    >>> graph = ChannelGraph(model, torch.zeros(1, 1, 4, 4))
    >>> graph.inputs["2"] == [c for c in graph.outputs["0"] for _ in range(4)]
    True
    """

    def __init__(self, model: nn.Module, *example_inputs: Tensor) -> None:
        self.outputs: dict[str, list[int]] = {}  # layer → ids that it writes
        self.inputs: dict[str, list[int]] = {}  # layer → ids that it reads, where known
        self.per_channel: dict[str, list[int]] = {}  # norm → ids that it scales
        self.groups: dict[str, int] = {}
        self._parent: list[int] = []  # union-find: tied ids have the same root
        self._frozen: dict[int, str] = {}  # id → the operator that forbids its removal
        self._values: dict[fx.Node, Value] = {}
        self._model, graph = _trace(model, example_inputs)
        for node in graph.nodes:
            self._visit(node)

    # ---- ids

    def _fresh(self, count: int) -> list[int]:
        first = len(self._parent)
        self._parent.extend(range(first, first + count))
        return list(range(first, first + count))

    def _root(self, channel: int) -> int:
        while self._parent[channel] != channel:
            channel = self._parent[channel]
        return channel

    def _tie(self, left: Iterable[int], right: Iterable[int]) -> None:
        for a, b in zip(left, right, strict=True):
            self._parent[self._root(a)] = self._root(b)

    def _freeze(self, node: fx.Node, reason: str) -> None:
        for source in node.all_input_nodes:
            if source in self._values:
                self._frozen.update(dict.fromkeys(self._values[source].ids, reason))

    # ---- one node of the graph

    def _visit(self, node: fx.Node) -> None:
        if node.op == "output":
            self._freeze(node, "the model's output")
        elif node.op == "placeholder":
            self._visit_input(node)
        elif node.op == "call_module":
            self._visit_module(node, self._model.get_submodule(node.target))
        elif node.op != "get_attr":
            self._visit_operator(node)

    def _visit_input(self, node: fx.Node) -> None:
        shape = _shape(node)
        if shape is not None and len(shape) > 1:
            ids = self._fresh(shape[1])
            self._values[node] = Value(ids, 1, shape)
            self._frozen.update(dict.fromkeys(ids, f"the model's input {node.name!r}"))

    def _visit_module(self, node: fx.Node, module: nn.Module) -> None:
        value = self._values.get(node.args[0]) if node.args else None
        if isinstance(module, LAYERS):
            self._visit_layer(node, module, value)
        elif isinstance(module, nn.Flatten):
            self._reshape(node)
        elif isinstance(module, PER_CHANNEL) and value is not None:
            known = self.per_channel.setdefault(node.target, value.ids)
            if len(known) == len(value.ids):  # not for one PReLU number shared by all channels
                self._tie(known, value.ids)
            self._pass_on(node, value)
        elif isinstance(module, SAME_CHANNELS) and value is not None:
            self._pass_on(node, value)
        else:
            self._freeze(node, f"{node.target!r} ({type(module).__name__})")

    def _visit_layer(self, node: fx.Node, module: nn.Module, value: Value | None) -> None:
        name, shape = node.target, _shape(node)
        dim = len(shape) - 1 if isinstance(module, nn.Linear) else 1
        if value is not None and value.dim != dim:
            self._freeze(node, f"{name!r}, which mixes another dimension")
            value = None
        if value is not None:
            self._tie(self.inputs.setdefault(name, value.ids), value.ids)
        if name not in self.outputs:  # a layer that is called twice keeps its ids
            self.outputs[name] = self._fresh(shape[dim])
            self.groups[name] = getattr(module, "groups", 1)
        self._values[node] = Value(self.outputs[name], dim, shape)

    def _visit_operator(self, node: fx.Node) -> None:
        name = node.target if isinstance(node.target, str) else node.target.__name__
        value = next((self._values[n] for n in node.all_input_nodes if n in self._values), None)
        if name in NO_TENSOR or value is None:
            return
        if name in ELEMENTWISE:
            self._elementwise(node, name)
        elif name in SAME_CHANNELS_BY_NAME or (name == "mean" and _spares_channels(node, value)):
            self._pass_on(node, value)
        elif name in RESHAPES:
            self._reshape(node)
        elif name in ("cat", "concat"):
            self._concatenate(node)
        else:
            self._freeze(node, f"the operator {name!r}")

    def _pass_on(self, node: fx.Node, value: Value) -> None:
        self._values[node] = value._replace(shape=_shape(node))

    def _elementwise(self, node: fx.Node, name: str) -> None:
        """Tie the channels of tensors that are combined number by number, with broadcasting."""
        sources = [n for n in node.all_input_nodes if _shape(n) is not None]
        known = [self._values[n] for n in sources if n in self._values]
        widest = max(known, key=lambda value: len(value.ids))
        position = widest.dim - len(widest.shape)  # counted from the right, as broadcasting does
        for source in sources:
            shape, value = _shape(source), self._values.get(source)
            if len(shape) < -position or shape[position] == 1:
                continue  # the same number for all channels
            if value is None or value.dim - len(shape) != position:
                return self._freeze(node, f"the operator {name!r} with a tensor of fixed channels")
            self._tie(value.ids, widest.ids)
        shape = _shape(node)
        self._values[node] = Value(widest.ids, len(shape) + position, shape)
        return None

    def _reshape(self, node: fx.Node) -> None:
        """A reshape that keeps (N, C) apart, or folds all that follows C into it."""
        value, shape = self._values.get(node.args[0]), _shape(node)
        if value is None:
            return
        inner = prod(value.shape[2:])
        if value.dim == 1 and shape[:2] == value.shape[:2]:
            self._values[node] = Value(value.ids, 1, shape)
        elif value.dim == 1 and shape == (value.shape[0], value.shape[1] * inner):
            self._values[node] = Value([c for c in value.ids for _ in range(inner)], 1, shape)
        else:
            self._freeze(node, f"the reshape {node.name!r} from {value.shape} to {shape}")

    def _concatenate(self, node: fx.Node) -> None:
        values = [self._values.get(source) for source in node.all_input_nodes]
        dim = node.kwargs.get("dim", node.args[1] if len(node.args) > 1 else 0)
        shape = _shape(node)
        if any(value is None or value.dim != dim % len(shape) for value in values):
            return self._freeze(node, f"the concatenation {node.name!r}")
        by_node = dict(zip(node.all_input_nodes, values, strict=True))
        ids = [channel for source in node.args[0] for channel in by_node[source].ids]
        self._values[node] = Value(ids, dim % len(shape), shape)
        return None

    # ---- removal

    def close(self, channels: Iterable[int]) -> set[int]:
        """Roots of all ids that go when these go: the tied ones, and the groups left empty.

        Raises ValueError if one of them is frozen, a layer is left empty, or groups are unequal.
        """
        removed = {self._root(channel) for channel in channels}
        before = -1
        while before != len(removed):
            before = len(removed)
            for name in self.outputs:
                removed |= self._emptied_groups(name, removed)
        for channel, reason in self._frozen.items():
            if self._root(channel) in removed:
                raise ValueError(f"cannot remove channels that reach {reason}")
        for name in self.outputs:
            self._check_remaining(name, removed)
        return removed

    def kept(self, ids: list[int], removed: set[int], groups: int = 1) -> list[list[int]]:
        """Positions of the ids that stay, counted within each of the equal groups."""
        stays = [self._root(channel) not in removed for channel in ids]
        size = len(ids) // groups
        return [[i for i in range(size) if stays[g * size + i]] for g in range(groups)]

    def _sides(self, name: str, removed: set[int]) -> tuple[list[list[int]], list[list[int]]]:
        """Kept outputs and inputs of a layer, by group; all inputs where they are unknown."""
        groups = self.groups[name]
        module = self._model.get_submodule(name)
        width = module.in_features if isinstance(module, nn.Linear) else module.in_channels
        outputs = self.kept(self.outputs[name], removed, groups)
        if name not in self.inputs:
            return outputs, [list(range(width // groups))] * groups
        return outputs, self.kept(self.inputs[name], removed, groups)

    def _emptied_groups(self, name: str, removed: set[int]) -> set[int]:
        """In a grouped convolution a group without inputs loses its outputs, and vice versa."""
        groups, more = self.groups[name], set()
        if groups == 1 or name not in self.inputs:
            return more
        sides = zip(*self._sides(name, removed), strict=True)
        for group, (outputs, inputs) in enumerate(sides):
            if not outputs or not inputs:
                for ids in (self.outputs[name], self.inputs[name]):
                    size = len(ids) // groups
                    more |= {self._root(c) for c in ids[group * size : (group + 1) * size]}
        return more

    def _check_remaining(self, name: str, removed: set[int]) -> None:
        for side in self._sides(name, removed):
            counts = {len(group) for group in side if group}
            if not counts:
                raise ValueError(f"nothing would be left of layer {name!r}")
            if len(counts) > 1:
                left = [len(group) for group in side]
                raise ValueError(
                    f"the {self.groups[name]} groups of {name!r} would keep {left} channels; "
                    "remove as many from each group, or whole groups"
                )

    def shrink(self, model: nn.Module, removed: set[int]) -> None:
        """Cut the removed channels out of every layer and norm of the model, in place."""
        for name in self.outputs:
            _shrink_layer(model.get_submodule(name), *self._sides(name, removed))
        for name, ids in self.per_channel.items():
            (kept,) = self.kept(ids, removed)
            _shrink_per_channel(model.get_submodule(name), kept, len(ids))


def _trace(model: nn.Module, example_inputs: tuple[Tensor, ...]) -> tuple[nn.Module, fx.Graph]:
    """A copy of the model in evaluation mode and its graph, annotated with shapes."""
    traced = copy.deepcopy(model).eval()
    try:
        module = fx.symbolic_trace(traced)
    except Exception as error:  # whatever the model's own code raises on a symbolic input
        kind = type(model).__name__
        raise ValueError(
            f"cannot trace {kind}; its forward must not branch on data: {error}"
        ) from error
    try:
        with torch.no_grad(), redirect_stderr(io.StringIO()):  # torch prints what it raises
            ShapeProp(module).propagate(*example_inputs)
    except Exception as error:
        shapes = [tuple(x.shape) for x in example_inputs]
        raise ValueError(
            f"the model does not take example inputs of shape {shapes}: {error}"
        ) from error
    return traced, module.graph


def _shape(node: fx.Node) -> tuple[int, ...] | None:
    """Shape of the tensor that a node makes; None for anything else."""
    return tuple(shape) if (shape := getattr(node.meta.get("tensor_meta"), "shape", None)) else None


def _spares_channels(node: fx.Node, value: Value) -> bool:
    """Whether a mean runs over dimensions after the channels only."""
    dims = node.kwargs.get("dim", node.args[1] if len(node.args) > 1 else None)
    dims = [dims] if isinstance(dims, int) else dims
    return dims is not None and all(dim % len(value.shape) > value.dim for dim in dims)


def _shrink_layer(layer: nn.Module, outputs: list[list[int]], inputs: list[list[int]]) -> None:
    """Keep these outputs and inputs of each group; groups without any disappear."""
    transposed, groups = isinstance(layer, _ConvTransposeNd), len(outputs)
    weight = layer.weight.unflatten(0, (groups, -1))  # (groups, out/g, in/g, ...)
    weight = weight.transpose(1, 2) if transposed else weight
    alive = [g for g in range(groups) if outputs[g]]
    weight = torch.stack([weight[g][outputs[g]][:, inputs[g]] for g in alive])
    size = layer.weight.shape[1] if transposed else layer.weight.shape[0] // groups
    rows = [g * size + row for g in alive for row in outputs[g]]
    _replace(layer, "weight", (weight.transpose(1, 2) if transposed else weight).flatten(0, 1))
    if layer.bias is not None:
        _replace(layer, "bias", layer.bias[rows])
    counts = len(rows), len(alive) * len(inputs[alive[0]])
    if isinstance(layer, nn.Linear):
        layer.out_features, layer.in_features = counts
    else:
        layer.out_channels, layer.in_channels = counts
        layer.groups = len(alive)


def _shrink_per_channel(norm: nn.Module, kept: list[int], channels: int) -> None:
    for name in ("weight", "bias", "running_mean", "running_var"):
        values = getattr(norm, name, None)
        if values is not None and len(values) == channels:
            _replace(norm, name, values[kept])
    if isinstance(norm, _NormBase):
        norm.num_features = len(kept)
    elif norm.num_parameters > 1:
        norm.num_parameters = len(kept)


def _replace(module: nn.Module, name: str, values: Tensor) -> None:
    """Put new values in the place of a parameter or buffer, as the same kind of thing."""
    values = values.detach().clone()
    if isinstance(old := getattr(module, name), nn.Parameter):
        values = nn.Parameter(values, requires_grad=old.requires_grad)
    setattr(module, name, values)
