"""Training several small networks of one architecture at once, say one for each seed.

A small network spends most of its time on the calls and little on their arithmetic. Stacked,
several networks share every call.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap
from torch.nn import functional as F

from efficientai.training import training_device


def fit_stacked(
    models: Sequence[nn.Module],
    x: Tensor,
    y: Tensor,
    *,
    epochs: int = 10,
    lr: float = 1e-3,
    batch_size: int = 64,
    decay: bool = False,
    device: torch.device | str | None = None,
) -> None:
    """Do what `training.fit` does, with cross-entropy, to S models at once, in place.

    models: S networks that differ in nothing but their numbers. x: float (S, N, ...), y: int64
    (S, N): model s learns from x[s] and y[s], in the batches that `fit` takes with `seed=s`, and
    becomes what `fit` would make of it, up to rounding. `device` is where to train, by default
    `training_device()`. Raises ValueError for other shapes; torch's RuntimeError for models that
    differ.

    >>> models = [nn.Linear(2, 2), nn.Linear(2, 2)]
    >>> x = torch.randn(2, 64, 2)
    >>> fit_stacked(models, x, (x[..., 0] > 0).long(), epochs=5, lr=0.1)
    """
    _check(models, x, y)
    device = device or training_device()
    parameters, buffers = (_moved(part, device) for part in stack_module_state(list(models)))
    one = copy.deepcopy(models[0]).to("meta").train()  # its form; the numbers come with each call

    def loss(parameters: dict, buffers: dict, x: Tensor, y: Tensor) -> Tensor:
        return F.cross_entropy(functional_call(one, (parameters, buffers), (x,)), y)

    losses = vmap(loss, randomness="different")
    optimiser = torch.optim.Adam(parameters.values(), lr=lr, fused=True)
    batches = list(_batches(*y.shape, epochs, batch_size))
    x, y, each = x.to(device), y.to(device), torch.arange(len(models))[:, None]
    for step, rows in enumerate(batches):  # (S, batch)
        if decay:
            optimiser.param_groups[0]["lr"] = lr * (1 - step / len(batches))
        optimiser.zero_grad()
        losses(parameters, buffers, x[each, rows], y[each, rows]).sum().backward()
        optimiser.step()
    _unstack(parameters | buffers, models)


def _check(models: Sequence[nn.Module], x: Tensor, y: Tensor) -> None:
    if not len(models) == len(x) == len(y) or x.shape[:2] != y.shape or not y.numel():
        got = f"{len(models)} models, x {tuple(x.shape)} and y {tuple(y.shape)}"
        raise ValueError(f"need S models, x (S, N, ...) and y (S, N) with N >= 1, got {got}")


def _moved(tensors: dict[str, Tensor], device: torch.device | str) -> dict[str, Tensor]:
    """The same on the device, and still leaves where there is a gradient to collect."""
    return {
        name: t.detach().to(device).requires_grad_(t.requires_grad) for name, t in tensors.items()
    }


def _batches(models: int, samples: int, epochs: int, size: int) -> Iterator[Tensor]:
    """Rows of each step, int64 (S, at most `size`): model s has the order of `fit` with seed s."""
    shuffles = [torch.Generator().manual_seed(seed) for seed in range(models)]
    for _ in range(epochs):
        orders = [torch.randperm(samples, generator=shuffle) for shuffle in shuffles]
        yield from torch.stack(orders).split(size, dim=1)


@torch.no_grad()
def _unstack(stacked: dict[str, Tensor], models: Sequence[nn.Module]) -> None:
    """Give every model its own slice of the parameters and buffers."""
    for index, model in enumerate(models):
        for name, tensor in (*model.named_parameters(), *model.named_buffers()):
            tensor.copy_(stacked[name][index])
