"""The training loop: repeatable, honest about modes, and pruned stays pruned."""

import random

import numpy as np
import pytest
import torch
from torch import nn

from efficientai.training import accuracy, fit, mode, seed_everything

X = torch.randn(40, 3, generator=torch.Generator().manual_seed(0))
Y = (X[:, 0] > 0).long()


def network():
    seed_everything(0)
    return nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 2))


def test_learns_and_repeats():
    models = network(), network()
    losses = [fit(model, X, Y, epochs=20, lr=0.01, batch_size=10) for model in models]
    assert losses[0] == losses[1] and len(losses[0]) == 20
    assert losses[0][-1] < 0.2 < losses[0][0]
    assert accuracy(models[0], X, Y) > 0.95


def test_seed_orders_the_batches():
    a, b = (fit(network(), X, Y, epochs=2, batch_size=10, seed=seed) for seed in (0, 1))
    assert a != b


def test_loss_is_the_mean_over_all_samples():
    """lr = 0 and no norm: every epoch's loss is that of the whole set, whatever the batches."""
    model = nn.Linear(3, 2)
    whole = nn.functional.cross_entropy(model(X), Y).item()
    assert fit(model, X, Y, epochs=2, lr=0.0, batch_size=7) == pytest.approx([whole, whole])


def test_masked_weights_stay_zero_at_every_step():
    model, seen = network(), []
    mask = torch.rand(8, 3) > 0.5
    fit(
        model, X, Y, epochs=2, batch_size=10, masks={"0.weight": mask},
        after_step=lambda step: seen.append((step, bool(model[0].weight[~mask].any()))),
    )  # fmt: skip
    assert seen == [(step, False) for step in range(8)]
    assert model[0].weight[mask].all() and model[3].weight.all()


def test_modes_come_back():
    model = network().eval()
    model[1].train()
    fit(model, X, Y, epochs=1)
    accuracy(model, X, Y)
    assert [m.training for m in model.modules()] == [False, False, True, False, False]
    with pytest.raises(KeyError), mode(model, training=True):
        raise KeyError
    assert not model.training and model[1].training


def test_accuracy_uses_evaluation_mode_and_all_batches():
    model = nn.Sequential(nn.Dropout(1.0), nn.Identity())  # in training all logits would be 0
    logits = torch.eye(2).repeat(5, 1)
    labels = torch.tensor([0, 1] * 4 + [1, 1])
    assert accuracy(model, logits, labels, batch_size=3) == 0.9
    assert model.training


def test_seed_everything_seeds_all_three():
    draws = []
    for _ in range(2):
        seed_everything(3)
        draws.append((random.random(), np.random.rand(), torch.rand(()).item()))
    assert draws[0] == draws[1]


def test_bad_input():
    with pytest.raises(ValueError, match="got 40 samples and 39 labels"):
        fit(network(), X, Y[1:])
    with pytest.raises(ValueError, match="got 0 samples"):
        accuracy(network(), X[:0], Y[:0])
    with pytest.raises(ValueError, match="no parameter 'weight'"):
        fit(network(), X, Y, masks={"weight": torch.ones(1)})
    with pytest.raises(ValueError, match=r"\(3, 8\), not \(8, 3\)"):
        fit(network(), X, Y, masks={"0.weight": torch.ones(3, 8)})
