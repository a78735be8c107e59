"""A training loop, an accuracy and a seed: what every chapter needs and no more.

Training uses a GPU where torch finds one; everything else stays on the device where the model is.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from operator import itemgetter

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from efficientai import DEVICE_VARIABLE


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


# ---------------------------------------------------------------- where to train


def training_device() -> torch.device:
    """The device to train on: the GPU that torch finds (CUDA or ROCm), otherwise the CPU.

    The environment variable EFFICIENTAI_DEVICE decides instead where it is set: "cpu" leaves a
    shared GPU to others, "mps" or "xpu" tries an accelerator for which nobody has checked the book.
    """
    named = os.environ.get(DEVICE_VARIABLE)
    return torch.device(named or ("cuda" if torch.cuda.is_available() else "cpu"))


@contextmanager
def placed(model: nn.Module, device: torch.device | str) -> Iterator[None]:
    """Keep the model's parameters and buffers on the device, and bring them home afterwards.

    They stay the same tensors throughout, so that optimisers, hooks and masks made before hold on;
    afterwards they use their old memory again, so that views of it show the new numbers. Gradients
    do not travel.

    >>> model = nn.Linear(2, 2)
    >>> with placed(model, "cpu"):
    ...     model.weight.device
    device(type='cpu')
    """
    away = torch.device(device)
    tensors = [t for t in (*model.parameters(), *model.buffers()) if t.device != away]
    homes = [(tensor, tensor.data) for tensor in tensors]
    try:
        for tensor, home in homes:
            _put(tensor, home.to(away))
        yield
    finally:
        for tensor, home in homes:
            _put(tensor, home.copy_(tensor.data))
        if homes:
            model.to(homes[0][1].device)  # buffers that training replaced by new tensors


def _put(tensor: Tensor, data: Tensor) -> None:
    tensor.grad = None  # it would have to be where the tensor is
    tensor.data = data


def _device_of(model: nn.Module) -> torch.device | None:
    """Where the model is; None if it holds no tensors."""
    first = next((t for t in (*model.parameters(), *model.buffers())), None)
    return None if first is None else first.device


def _device_for(model: nn.Module) -> torch.device:
    """Where to train this model: a model that its owner has put on an accelerator stays there."""
    here = _device_of(model)
    return training_device() if here is None or here.type == "cpu" else here


# ---------------------------------------------------------------- training

Targets = Tensor | tuple[Tensor, ...]


def fit(
    model: nn.Module,
    x: Tensor,
    y: Targets,
    *,
    epochs: int = 10,
    lr: float = 1e-3,
    batch_size: int = 64,
    seed: int = 0,
    masks: dict[str, Tensor] | None = None,
    after_step: Callable[[int], object] | None = None,
    loss: Callable[[Tensor, Tensor], Tensor] = F.cross_entropy,
    decay: bool = False,
    device: torch.device | str | None = None,
) -> list[float]:
    """Minimise the loss with Adam, in place; return the mean loss of every epoch.

    x: float (N, ...). y: int64 (N,), or whatever `loss(model(x), y)` takes, a tuple of tensors
    (N, ...) included. `seed` orders the batches, the same on all devices.
    The model trains on `device`, by default `training_device()`, and comes back to where it was;
    `loss` and `after_step` meet it there, so a loss gets all that it needs from the model and y.
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
    device = _device_for(model) if device is None else device
    x, y = x.to(device), _each(y, lambda part: part.to(device))
    optimiser = torch.optim.Adam(model.parameters(), lr=lr, fused=True)  # half the time of a step
    steps = epochs * -(-len(x) // batch_size)
    shuffle = torch.Generator().manual_seed(seed)
    losses, step = [], 0
    with placed(model, device), mode(model, training=True), torch.enable_grad():
        for _ in range(epochs):
            total = 0.0
            for batch in torch.randperm(len(x), generator=shuffle).split(batch_size):
                if decay:
                    optimiser.param_groups[0]["lr"] = lr * (1 - step / steps)
                rows = batch.to(device)
                targets = _each(y, itemgetter(rows))
                total += _step(model, optimiser, loss, x[rows], targets) * len(batch)
                _apply(masked)
                if after_step is not None:
                    after_step(step)
                step += 1
            losses.append(total / len(x))
    return losses


def _each(targets: Targets, change: Callable[[Tensor], Tensor]) -> Targets:
    """The change made to the one tensor, or to every tensor of the tuple."""
    return tuple(map(change, targets)) if isinstance(targets, tuple) else change(targets)


def _step(
    model: nn.Module, optimiser: torch.optim.Optimizer, loss: Callable, x: Tensor, y: Targets
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
    for parameter, mask in masked:  # anew each time: the caller may have changed the mask
        parameter.mul_(mask.to(parameter.device))


# ---------------------------------------------------------------- asking a model


@torch.no_grad()
def predict(model: nn.Module, x: Tensor, batch_size: int = 1024) -> Tensor:
    """What the model answers to x (N, ...) in evaluation mode: (N, ...), on the device of x.

    The model computes where it is.

    >>> predict(nn.Dropout(), torch.ones(2))
    tensor([1., 1.])
    """
    device = _device_of(model) or x.device
    with mode(model, training=False):
        return torch.cat([model(part.to(device)).to(x.device) for part in x.split(batch_size)])


def accuracy(model: nn.Module, x: Tensor, y: Tensor, batch_size: int = 1024) -> float:
    """Share of the samples x (N, ...) whose largest logit is at the label y (N,), in [0, 1].

    The model is evaluated in evaluation mode and comes back in its own.

    >>> accuracy(nn.Identity(), torch.eye(4), torch.tensor([0, 1, 2, 0]))
    0.75
    """
    _check_samples(x, y)
    return (predict(model, x, batch_size).argmax(dim=1) == y).sum().item() / len(x)


def _check_samples(x: Tensor, y: Targets) -> None:
    counts = {len(part) for part in (y if isinstance(y, tuple) else (y,))}
    if counts != {len(x)} or len(x) == 0:
        got = f"{len(x)} samples and {' and '.join(map(str, sorted(counts)))} labels"
        raise ValueError(f"need at least one sample and as many labels, got {got}")
