"""Networks that are trained at once become what they become one by one."""

import copy

import pytest
import torch
from torch import nn

from efficientai.stacked import fit_stacked
from efficientai.training import fit, seed_everything

RECIPE = {"epochs": 3, "batch_size": 8, "lr": 0.01}


def network(seed: int) -> nn.Sequential:
    """A small network with running statistics and a counter among its buffers."""
    seed_everything(seed)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(16, 3)
    )


@pytest.fixture(scope="module")
def samples() -> tuple[torch.Tensor, torch.Tensor]:
    """Three sets of 20 images, so that the last batch of an epoch is a short one."""
    generator = torch.Generator().manual_seed(5)
    x = torch.rand(3, 20, 1, 4, 4, generator=generator)
    return x, torch.randint(0, 3, (3, 20), generator=generator)


@pytest.mark.parametrize("decay", [False, True])
def test_each_network_becomes_what_fit_makes_of_it(samples, decay):
    x, y = samples
    together = [network(seed).eval() for seed in range(3)]
    alone = copy.deepcopy(together)
    fit_stacked(together, x, y, decay=decay, device="cpu", **RECIPE)
    for seed, model in enumerate(alone):
        fit(model, x[seed], y[seed], decay=decay, seed=seed, device="cpu", **RECIPE)
        found = together[seed].state_dict()
        for name, tensor in model.state_dict().items():
            torch.testing.assert_close(found[name], tensor, rtol=1e-3, atol=1e-4, msg=name)


def test_a_model_keeps_its_tensors_and_its_mode(samples):
    models = [network(seed).eval() for seed in range(3)]
    before = [parameter for model in models for parameter in model.parameters()]
    fit_stacked(models, *samples, device="cpu", **RECIPE)
    after = [parameter for model in models for parameter in model.parameters()]
    assert all(a is b for a, b in zip(after, before, strict=True))
    assert not any(module.training for model in models for module in model.modules())


def test_dropout_differs_between_the_networks():
    """Alike in everything but their dropout, two networks part."""
    seed_everything(0)
    model = nn.Sequential(nn.Linear(4, 32), nn.Dropout(), nn.Linear(32, 3))
    models = [model, copy.deepcopy(model)]
    x, y = torch.ones(2, 8, 4), torch.zeros(2, 8, dtype=torch.long)
    fit_stacked(models, x, y, epochs=1, batch_size=8, lr=0.1, device="cpu")
    assert not torch.equal(models[0][0].weight, models[1][0].weight)


@pytest.mark.parametrize("shape", [(2, 20), (3, 19), (3, 0)])
def test_other_shapes_are_refused(samples, shape):
    models = [network(seed) for seed in range(3)]
    with pytest.raises(ValueError, match="got 3 models"):
        fit_stacked(models, samples[0], torch.zeros(shape, dtype=torch.long))
