"""A training loop, an accuracy and a seed: what every chapter needs and no more."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F


def seed_everything(seed: int) -> None:
    """Seed Python, numpy and torch (all devices).

    >>> seed_everything(0)
    >>> first = torch.rand(2)
    >>> seed_everything(0)
    >>> torch.equal(first, torch.rand(2))
    True
    """
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


@contextmanager
def mode(model: nn.Module, training: bool) -> Iterator[None]:
    """Put the model in training or evaluation mode; each module's own mode comes back after.

    >>> model = nn.Dropout()
    >>> with mode(model, training=False):
    ...     model.training
    False
    >>> model.training
    True
    """
    before = [(module, module.training) for module in model.modules()]
    model.train(training)
    try:
        yield
    finally:
        for module, was_training in before:
            module.training = was_training


def fit(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    *,
    epochs: int = 10,
    lr: float = 1e-3,
    batch_size: int = 64,
    seed: int = 0,
    masks: dict[str, Tensor] | None = None,
    after_step: Callable[[int], object] | None = None,
    loss: Callable[[Tensor, Tensor], Tensor] = F.cross_entropy,
    decay: bool = False,
) -> list[float]:
    """Minimise the loss with Adam, in place; return the mean loss of every epoch.

    x: float (N, ...). y: int64 (N,), or whatever `loss(model(x), y)` takes. `seed` orders the
    batches.
    `masks` (parameter name → bool, True keeps) are applied again after every optimiser step, so
    that what was pruned stays pruned. `after_step(step)` is called after each step, counted from 0.
    With `decay` the learning rate falls in a straight line towards 0.
    Raises ValueError for empty or unequal x and y, and for a mask that fits no parameter.

    >>> seed_everything(0)
    >>> x = torch.randn(64, 2)
    >>> losses = fit(nn.Linear(2, 2), x, (x[:, 0] > 0).long(), epochs=5, lr=0.1)
    >>> losses[-1] < losses[0]
    True
    """
    _check_samples(x, y)
    masked = _masked_parameters(model, masks or {})
    optimiser = torch.optim.Adam(model.parameters(), lr=lr, fused=True)  # half the time of a step
    steps = epochs * -(-len(x) // batch_size)
    shuffle = torch.Generator().manual_seed(seed)
    losses, step = [], 0
    with mode(model, training=True), torch.enable_grad():
        for _ in range(epochs):
            total = 0.0
            for batch in torch.randperm(len(x), generator=shuffle).split(batch_size):
                if decay:
                    optimiser.param_groups[0]["lr"] = lr * (1 - step / steps)
                total += _step(model, optimiser, loss, x[batch], y[batch]) * len(batch)
                _apply(masked)
                if after_step is not None:
                    after_step(step)
                step += 1
            losses.append(total / len(x))
    return losses


def _step(
    model: nn.Module, optimiser: torch.optim.Optimizer, loss: Callable, x: Tensor, y: Tensor
) -> float:
    """One optimiser step; returns the mean loss of the batch before it."""
    optimiser.zero_grad()
    value = loss(model(x), y)
    value.backward()
    optimiser.step()
    return value.item()


def _masked_parameters(model: nn.Module, masks: dict[str, Tensor]) -> list[tuple[Tensor, Tensor]]:
    parameters = dict(model.named_parameters())
    for name, mask in masks.items():
        if name not in parameters:
            raise ValueError(f"no parameter {name!r} in the model; it has {sorted(parameters)}")
        if mask.shape != parameters[name].shape:
            shape = tuple(parameters[name].shape)
            raise ValueError(f"mask of {name!r} has shape {tuple(mask.shape)}, not {shape}")
    return [(parameters[name], mask) for name, mask in masks.items()]


@torch.no_grad()
def _apply(masked: list[tuple[Tensor, Tensor]]) -> None:
    for parameter, mask in masked:
        parameter.mul_(mask)


@torch.no_grad()
def accuracy(model: nn.Module, x: Tensor, y: Tensor, batch_size: int = 1024) -> float:
    """Share of the samples x (N, ...) whose largest logit is at the label y (N,), in [0, 1].

    The model is evaluated in evaluation mode and comes back in its own.

    >>> accuracy(nn.Identity(), torch.eye(4), torch.tensor([0, 1, 2, 0]))
    0.75
    """
    _check_samples(x, y)
    with mode(model, training=False):
        hits = [
            (model(part).argmax(dim=1) == labels).sum().item()
            for part, labels in zip(x.split(batch_size), y.split(batch_size), strict=True)
        ]
    return sum(hits) / len(x)


def _check_samples(x: Tensor, y: Tensor) -> None:
    if len(x) != len(y) or len(x) == 0:
        got = f"{len(x)} samples and {len(y)} labels"
        raise ValueError(f"need at least one sample and as many labels, got {got}")
