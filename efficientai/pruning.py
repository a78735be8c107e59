"""Pruning: which weights can go, and how to take them away.

In every mask True keeps a weight and False prunes it. Exactly `round(sparsity * numel)` weights
are pruned; among equals the earlier one in row-major order goes first.

Sources: LeCun, Denker & Solla 1989 (Optimal Brain Damage); Han et al. 2015 (magnitude);
Zhu & Gupta 2017 (gradual schedule); Mishra et al. 2021 (2:4); Li et al. 2017 (channels).
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Iterable, Mapping

import torch
from torch import Tensor, nn
from torch.func import functional_call, jacrev, vmap
from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd

from efficientai.channels import ChannelGraph
from efficientai.training import mode

# ---------------------------------------------------------------- single weights


def mask_from_saliency(saliency: Tensor, sparsity: float) -> Tensor:
    """Bool mask of the same shape that prunes the share `sparsity` of smallest saliency.

    Raises ValueError for a sparsity outside [0, 1] and for saliencies that are not finite.

    >>> mask_from_saliency(torch.tensor([3.0, 1.0, 2.0, 1.0]), 0.5)
    tensor([ True, False,  True, False])
    """
    _check_sparsity(sparsity)
    _check_finite(saliency)
    pruned = round(sparsity * saliency.numel())
    if not pruned:
        return torch.ones_like(saliency, dtype=torch.bool)
    flat = saliency.flatten() + 0  # numbers: truth values have no k-th smallest
    threshold = flat.kthvalue(pruned).values  # five times as fast as sorting all
    mask = flat > threshold
    equal = (flat == threshold).nonzero().flatten()
    mask[equal[pruned - int((flat < threshold).sum()) :]] = True  # the earlier ones go
    return mask.reshape(saliency.shape)


def magnitude_mask(weight: Tensor, sparsity: float) -> Tensor:
    """Bool mask that prunes the weights of smallest magnitude (Han et al. 2015).

    >>> magnitude_mask(torch.tensor([[0.5, -0.1], [-2.0, 0.3]]), 0.5)
    tensor([[ True, False],
            [ True, False]])
    """
    return mask_from_saliency(weight.detach().abs(), sparsity)


def random_mask(weight: Tensor, sparsity: float, generator: torch.Generator) -> Tensor:
    """Bool mask that prunes weights at random: the baseline that every saliency must beat.

    >>> random_mask(torch.ones(10), 0.3, torch.Generator().manual_seed(0)).sum()
    tensor(7)
    """
    order = torch.randperm(weight.numel(), generator=generator, device=generator.device)
    return mask_from_saliency(order.reshape(weight.shape).to(weight.device), sparsity)


def global_magnitude_masks(weights: Mapping[str, Tensor], sparsity: float) -> dict[str, Tensor]:
    """One bool mask a tensor, with a single threshold across all of them.

    Ties are broken in the order of the mapping, then row-major. Raises ValueError if it is empty.

    >>> weights = {"a": torch.tensor([1.0, 2.0]), "b": torch.tensor([9.0])}
    >>> masks = global_magnitude_masks(weights, 0.6)
    >>> masks["a"], masks["b"]
    (tensor([False, False]), tensor([True]))
    """
    if not weights:
        raise ValueError("no weights to prune: the mapping is empty")
    flat = torch.cat([weight.detach().abs().flatten() for weight in weights.values()])
    parts = mask_from_saliency(flat, sparsity).split([w.numel() for w in weights.values()])
    return {
        name: part.reshape(weight.shape)
        for (name, weight), part in zip(weights.items(), parts, strict=True)
    }


def nm_mask(weight: Tensor, n: int = 2, m: int = 4) -> Tensor:
    """Bool mask that keeps the n largest of every m neighbours along dimension 1, the inputs.

    weight: (outputs, inputs, ...). With 2:4, sparse tensor cores skip the zeros (Mishra et al.
    2021). Raises ValueError if m does not divide the inputs, or n is not in 0…m.

    >>> nm_mask(torch.tensor([[1.0, -4.0, 3.0, 2.0]]))
    tensor([[False,  True,  True, False]])
    """
    if not 0 <= n <= m or m < 1:
        raise ValueError(f"need 0 <= n <= m and m >= 1, got n={n}, m={m}")
    if weight.ndim < 2 or weight.shape[1] % m:
        shape = tuple(weight.shape)
        raise ValueError(f"dimension 1 of a weight of shape {shape} is not a multiple of m={m}")
    _check_finite(weight)
    groups = weight.detach().abs().movedim(1, -1).unflatten(-1, (-1, m))  # (out, ..., in/m, m)
    ranks = groups.argsort(dim=-1, stable=True).argsort(dim=-1)  # 0 = smallest of its group
    return (ranks >= m - n).flatten(-2).movedim(-1, 1)  # (out, in, ...)


def _check_sparsity(sparsity: float) -> None:
    if not 0 <= sparsity <= 1:  # also False for NaN
        raise ValueError(f"sparsity must be in [0, 1], got {sparsity}")


def _check_finite(values: Tensor) -> None:
    if not torch.isfinite(values).all():
        bad = int((~torch.isfinite(values)).sum())
        raise ValueError(f"{bad} of {values.numel()} values are NaN or infinite; cannot rank them")


# ---------------------------------------------------------------- Optimal Brain Damage


def hessian_diagonal(
    model: nn.Module, inputs: Tensor, targets: Tensor | None = None, chunk: int = 64
) -> dict[str, Tensor]:
    """Diagonal Gauss-Newton Hessian of the mean cross-entropy, for every prunable weight.

    For logits z with softmax p and Jacobian J, one sample contributes the diagonal of
    J^T (diag(p) - p p^T) J, that is sum_c p_c J_c^2 - (sum_c p_c J_c)^2. Like the
    Levenberg-Marquardt form of LeCun et al. 1989 it is never negative. For networks with ReLU or
    max pooling it *is* the diagonal of the full Hessian, because the logits are piecewise linear
    in each single weight. The labels do not enter: `targets` (N,) is only checked for its length.

    inputs: float (N, ...). The model must return logits (N, classes); evaluation mode is used.
    Returns float tensors in the shapes and under the names of `prunable_weights`. Raises ValueError
    for no samples, another number of labels, or weights that are not finite.

    >>> model = nn.Linear(1, 2, bias=False)
    >>> _ = nn.init.zeros_(model.weight)  # then p = 1/2 and h = x^2 (1/2 - 1/4)
    >>> hessian_diagonal(model, torch.tensor([[2.0]]))["weight"]
    tensor([[1.],
            [1.]])
    """
    if len(inputs) == 0 or (targets is not None and len(targets) != len(inputs)):
        labels = "no" if targets is None else len(targets)
        raise ValueError(f"need samples and as many labels, got {len(inputs)} and {labels}")
    weights = prunable_weights(model)
    for weight in weights.values():
        _check_finite(weight)
    total = {name: torch.zeros_like(weight) for name, weight in weights.items()}
    with mode(model, training=False):
        for part in inputs.split(chunk):
            curvature = vmap(_sample_curvature(model, weights))(part)
            for name, values in curvature.items():
                total[name] += values.sum(dim=0)
    return {name: values / len(inputs) for name, values in total.items()}


def _sample_curvature(
    model: nn.Module, weights: dict[str, Tensor]
) -> Callable[[Tensor], dict[str, Tensor]]:
    """The function x → Gauss-Newton diagonal of one sample, per weight."""

    def logits(changed: dict[str, Tensor], x: Tensor) -> Tensor:
        return functional_call(model, changed, (x.unsqueeze(0),)).squeeze(0)  # (classes,)

    def curvature(x: Tensor) -> dict[str, Tensor]:
        p = logits(weights, x).softmax(dim=0)
        jacobian = jacrev(logits)(weights, x)  # name → (classes, *weight.shape)
        return {name: _variance(p, j) for name, j in jacobian.items()}

    return curvature


def _variance(p: Tensor, values: Tensor) -> Tensor:
    """Variance over dimension 0 of `values` under the probabilities p."""
    mean = torch.tensordot(p, values, dims=1)
    centred = values - mean  # the centred form cannot round below zero
    return torch.tensordot(p, centred.square(), dims=1)


def obd_saliency(weight: Tensor, hessian_diagonal: Tensor) -> Tensor:
    """Estimated rise of the loss when a weight becomes zero: h w^2 / 2 (LeCun et al. 1989, eq. 5).

    Raises ValueError if the shapes differ.

    >>> obd_saliency(torch.tensor([2.0, -1.0]), torch.tensor([0.5, 4.0]))
    tensor([1., 2.])
    """
    if weight.shape != hessian_diagonal.shape:
        shapes = f"{tuple(weight.shape)} and {tuple(hessian_diagonal.shape)}"
        raise ValueError(f"weight and Hessian diagonal must have the same shape, got {shapes}")
    return hessian_diagonal * weight.detach().square() / 2


# ---------------------------------------------------------------- whole models


def prunable_weights(model: nn.Module) -> dict[str, Tensor]:
    """Weights of all linear and convolution layers by parameter name; no biases, no norms.

    The tensors are detached but share memory with the model. Raises ValueError if there are none.

    >>> list(prunable_weights(nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))))
    ['0.weight']
    """
    weights = {
        f"{name}.weight" if name else "weight": module.weight.detach()
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear | _ConvNd)
    }
    if not weights:
        raise ValueError(f"{type(model).__name__} has no linear or convolution layer to prune")
    return weights


def apply_masks(model: nn.Module, masks: Mapping[str, Tensor]) -> None:
    """Set the weights to zero, in place, where their mask is False.

    Raises ValueError for an unknown name or another shape, before anything has changed.

    >>> model = nn.Linear(2, 1)
    >>> apply_masks(model, {"weight": torch.tensor([[True, False]])})
    >>> sparsity_of(model)
    0.5
    """
    parameters = dict(model.named_parameters())
    for name, mask in masks.items():
        if name not in parameters:
            raise ValueError(f"no parameter {name!r} in the model; it has {sorted(parameters)}")
        if parameters[name].shape != mask.shape:
            shape = tuple(parameters[name].shape)
            raise ValueError(f"mask of {name!r} has shape {tuple(mask.shape)}, not {shape}")
    with torch.no_grad():
        for name, mask in masks.items():
            pruned = ~mask.bool().to(parameters[name].device)
            parameters[name].masked_fill_(pruned, 0)  # unlike a product, clears NaN too


def sparsity_of(model: nn.Module) -> float:
    """Share of exact zeros among all prunable weights, in [0, 1].

    >>> model = nn.Linear(4, 1)
    >>> _ = nn.init.zeros_(model.weight)
    >>> sparsity_of(model)
    1.0
    """
    weights = prunable_weights(model).values()
    return sum(int((w == 0).sum()) for w in weights) / sum(w.numel() for w in weights)


def cubic_sparsity(step: int, begin: int, end: int, final: float, initial: float = 0.0) -> float:
    """Sparsity of a gradual schedule at `step`: fast at first, slow near the end.

    final + (initial - final) (1 - (step - begin) / (end - begin))^3 between begin and end
    (Zhu & Gupta 2017, eq. 1), constant outside. Raises ValueError unless begin < end.

    >>> [round(cubic_sparsity(step, 0, 10, 0.8), 4) for step in (-5, 0, 5, 10, 15)]
    [0.0, 0.0, 0.7, 0.8, 0.8]
    """
    if begin >= end:
        raise ValueError(f"the schedule must end after it begins, got begin={begin}, end={end}")
    _check_sparsity(initial)
    _check_sparsity(final)
    remaining = 1 - min(max((step - begin) / (end - begin), 0.0), 1.0)
    return final + (initial - final) * remaining**3


def sensitivity_scan(
    model: nn.Module, evaluate: Callable[[nn.Module], float], sparsities: Iterable[float]
) -> dict[str, list[float]]:
    """What `evaluate(model)` says when one layer alone is pruned by magnitude, for each layer.

    Returns {weight name: one value a sparsity}. The weights come back bit by bit.

    >>> scan = sensitivity_scan(nn.Linear(4, 2), sparsity_of, [0.0, 0.25, 1.0])
    >>> scan
    {'weight': [0.0, 0.25, 1.0]}
    """
    sparsities = list(sparsities)
    return {
        name: [_pruned_value(model, evaluate, name, weight, s) for s in sparsities]
        for name, weight in prunable_weights(model).items()
    }


def _pruned_value(
    model: nn.Module, evaluate: Callable, name: str, weight: Tensor, sparsity: float
) -> float:
    before = weight.clone()
    try:
        apply_masks(model, {name: magnitude_mask(weight, sparsity)})
        return evaluate(model)
    finally:
        weight.copy_(before)


# ---------------------------------------------------------------- sparse storage


def sparse_bytes(weight: Tensor, index_bytes: int = 4) -> int:
    """Bytes of a weight in compressed sparse rows: values, column indices and row pointers.

    weight: (outputs, ...), flattened to a matrix. An index takes `index_bytes`.

    >>> sparse_bytes(torch.eye(4))  # 4 values of 4 bytes, 4 columns, 5 row pointers
    52
    """
    kept = int((weight != 0).sum())
    return kept * (weight.element_size() + index_bytes) + (len(weight) + 1) * index_bytes


class SparseLinear(nn.Module):
    """A linear layer that stores and multiplies its non-zero weights only (CSR).

    Takes float (N, inputs), returns (N, outputs). Raises TypeError for another kind of layer.

    >>> linear = nn.Linear(3, 2)
    >>> x = torch.rand(5, 3)
    >>> torch.allclose(SparseLinear(linear)(x), linear(x), atol=1e-6)
    True
    """

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        if not isinstance(linear, nn.Linear):
            raise TypeError(f"need a Linear layer, not {type(linear).__name__}")
        with warnings.catch_warnings():  # torch says once a process that CSR is in beta
            warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta")
            self.register_buffer("weight", _narrow_csr(linear.weight.detach()))
        bias = torch.zeros(linear.out_features) if linear.bias is None else linear.bias.detach()
        self.register_buffer("bias", bias.to(linear.weight).clone())

    def forward(self, x: Tensor) -> Tensor:
        return (self.weight @ x.T).T + self.bias  # (out, in) @ (in, N) → (N, out)


def _narrow_csr(weight: Tensor) -> Tensor:
    """CSR with 4-byte indices; torch's own take 8, in storage twice as long as they need."""
    csr = weight.to_sparse_csr()
    rows, columns = csr.crow_indices().int().clone(), csr.col_indices().int().clone()
    return torch.sparse_csr_tensor(rows, columns, csr.values(), csr.shape, check_invariants=True)


# ---------------------------------------------------------------- structured: whole channels


def channel_saliency(layer: nn.Module) -> Tensor:
    """L1 norm of the weights of each output channel of a linear or convolution layer: (outputs,).

    Li et al. 2017. Raises TypeError for another kind of layer.

    >>> layer = nn.Linear(2, 2)
    >>> _ = layer.weight.data.copy_(torch.tensor([[1.0, -2.0], [0.0, 0.5]]))
    >>> channel_saliency(layer)
    tensor([3.0000, 0.5000])
    """
    if not isinstance(layer, nn.Linear | _ConvNd):
        raise TypeError(f"channels of a linear or convolution layer, not {type(layer).__name__}")
    weight = layer.weight.detach().abs()
    if isinstance(layer, _ConvTransposeNd):  # (in, out/groups, ...) → (out, in/groups, ...)
        weight = weight.unflatten(0, (layer.groups, -1)).transpose(1, 2).flatten(0, 1)
    return weight.flatten(1).sum(dim=1)


def remove_channels(
    model: nn.Module, layer: str, keep: Tensor, *example_inputs: Tensor
) -> nn.Module:
    """A smaller copy of the model without the output channels of `layer` where `keep` is False.

    layer: name of a linear or convolution module, as in `model.named_modules()`.
    keep: bool (output channels,). example_inputs: what the model takes; used for shapes.

    Everything that touches the channels shrinks with them: batch norm, the inputs of the layers
    that follow (also behind a flatten), depthwise and grouped convolutions. Channels that are
    added together in a residual connection go together, in all their layers. The result computes
    what the original computes when it ignores those channels.

    Raises ValueError if the channels reach an operator where removing them would change more than
    that (the model's output, a layer norm, a reshape across channels), and says which.

    >>> model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    >>> remove_channels(model, "0", torch.tensor([True, False, True]), torch.rand(1, 2))
    Sequential(
      (0): Linear(in_features=2, out_features=2, bias=True)
      (1): ReLU()
      (2): Linear(in_features=2, out_features=1, bias=True)
    )
    """
    graph = ChannelGraph(model, *example_inputs)
    if layer not in graph.outputs:
        known = ", ".join(graph.outputs)
        raise ValueError(f"{layer!r} is no linear or convolution layer; choose one of: {known}")
    outputs = graph.outputs[layer]
    if keep.dtype != torch.bool or keep.shape != (len(outputs),):
        got = f"{keep.dtype} {tuple(keep.shape)}"
        raise ValueError(f"keep must be bool with shape ({len(outputs)},) for {layer!r}, got {got}")
    removed = graph.close(c for c, kept in zip(outputs, keep.tolist(), strict=True) if not kept)
    smaller = copy.deepcopy(model)
    graph.shrink(smaller, removed)
    _check_runs(smaller, example_inputs)
    return smaller


@torch.no_grad()
def _check_runs(model: nn.Module, inputs: tuple[Tensor, ...]) -> None:
    """Catch what a graph cannot show: a number of channels written into the model's own code."""
    try:
        copy.deepcopy(model).eval()(*inputs)
    except RuntimeError as error:
        raise ValueError(f"the model's code relies on its number of channels: {error}") from error
