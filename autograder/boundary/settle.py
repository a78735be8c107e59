"""Bring a warm process into the one state from which all its forks begin."""

from __future__ import annotations

import random
import warnings


def settle() -> None:
    """One thread, all seeds at zero, torch's lazy parts awake, no warnings."""
    import numpy
    import torch

    warnings.simplefilter("ignore")
    torch.set_num_threads(1)  # a pool of two would hang in every fork
    torch.set_num_interop_threads(1)
    _wake_torch()
    for seed in (random.seed, numpy.random.seed, torch.manual_seed):
        seed(0)


def _wake_torch() -> None:
    """Do once what makes torch import more of itself; a fork would do it again each time."""
    import torch
    import torch.autograd.functional
    import torch.fx
    from torch import nn

    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(2, 2))
    x, y = torch.ones(4, 1, 3, 3), torch.zeros(4, dtype=torch.long)
    for optimizer in (torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW):
        step = optimizer(model.parameters(), lr=0.1)
        nn.functional.cross_entropy(model(x), y).backward()
        step.step()
        step.zero_grad()
    leaf = torch.ones(2, requires_grad=True)
    torch.autograd.grad(leaf * leaf, [leaf], torch.ones(2), allow_unused=True)
    torch.autograd.functional.hessian(lambda z: (z**3).sum(), torch.ones(2))
    torch.fx.symbolic_trace(model)
    str(model(x)), repr(leaf)
