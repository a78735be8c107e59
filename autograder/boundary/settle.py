"""Bring a warm process into the one state from which all its forks begin."""

from __future__ import annotations

import random
import warnings


def settle() -> None:
    """One thread, all seeds at zero, torch's lazy parts awake, no warnings."""
    import numpy
    import torch

    warnings.simplefilter("ignore")
    if torch.get_num_threads() != 1:  # a pool of two would hang in every fork
        torch.set_num_threads(1)
    one = torch.ones(2, 2, requires_grad=True)
    torch.autograd.grad(one.matmul(one), [one], torch.ones(2, 2), allow_unused=True)
    for seed in (random.seed, numpy.random.seed, torch.manual_seed):
        seed(0)
