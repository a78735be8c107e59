"""Removal of channels, against an oracle that knows nothing of graphs: the original, with zeros.

The same channels are set to zero in the original right where they are made, after the norm and the
activation. A smaller network that computes the same has cut everywhere and cut nothing else.
"""

import pytest
import torch
import torchvision
from torch import nn
from torch.nn import functional as F

from efficientai.architectures import lenet_300_100, small_cnn, small_resnet
from efficientai.profiling import count_macs, count_params
from efficientai.pruning import remove_channels
from efficientai.training import seed_everything


class Zeroed:
    """Inside, the channels of the named modules' outputs are zero where `keep` is False."""

    def __init__(self, model, keep, names):
        self.layers, self.keep = [model.get_submodule(name) for name in names], keep

    def __enter__(self):
        self.hooks = [layer.register_forward_hook(self.zero) for layer in self.layers]

    def zero(self, _module, _inputs, output):
        keep = self.keep.view(1, -1, *[1] * (output.ndim - 2))
        return output * keep

    def __exit__(self, *_):
        for hook in self.hooks:
            hook.remove()


def shaken(model):
    """Norms with statistics and affine parameters that are not the initial 0 and 1."""
    seed_everything(0)
    for module in model.modules():
        if isinstance(module, nn.modules.batchnorm._NormBase) and module.affine:
            for values in (module.weight, module.bias):
                nn.init.uniform_(values, 0.5, 1.5)
            if module.running_mean is not None:
                module.running_mean.uniform_(-1, 1)
                module.running_var.uniform_(0.5, 1.5)
    return model.eval()


def some(channels, seed=0):
    """A mask that drops about a third, never all."""
    keep = torch.rand(channels, generator=torch.Generator().manual_seed(seed)) > 0.35
    keep[0] = True
    assert not keep.all()
    return keep


def check(model, layer, keep, zeroed, *inputs):
    """The smaller copy computes what the original does with zeros; return the copy."""
    state = {k: v.clone() for k, v in model.state_dict().items()}
    smaller = remove_channels(model, layer, keep, *inputs)
    with torch.no_grad(), Zeroed(model, keep, zeroed):
        expected = model(*inputs)
    with torch.no_grad():
        torch.testing.assert_close(smaller(*inputs), expected, rtol=1e-4, atol=1e-5)
    assert all(torch.equal(state[k], v) for k, v in model.state_dict().items())
    assert count_params(smaller) < count_params(model)
    assert count_macs(smaller, *inputs) < count_macs(model, *inputs)
    return smaller


def image(channels=1, size=8, batch=2):
    return torch.rand(batch, channels, size, size, generator=torch.Generator().manual_seed(1))


def test_linear_layers():
    smaller = check(shaken(lenet_300_100()), "1", some(300), ["2"], image())
    kept = int(some(300).sum())
    assert smaller[1].weight.shape == (kept, 64) and smaller[3].weight.shape == (100, kept)
    assert (smaller[1].out_features, smaller[3].in_features) == (kept, kept)


@pytest.mark.parametrize(("layer", "after", "channels"), [("0", "2", 16), ("3", "5", 32)])
def test_convolution_with_batch_norm(layer, after, channels):
    smaller = check(shaken(small_cnn()), layer, some(channels), [after], image())
    kept = int(some(channels).sum())
    assert smaller[int(layer) + 1].num_features == kept
    assert smaller.get_submodule(layer).out_channels == kept


def test_through_a_flatten():
    smaller = check(shaken(small_cnn()), "7", some(64), ["9"], image())
    assert smaller[12].in_features == 4 * int(some(64).sum())  # 2×2 positions a channel


def test_inside_a_residual_block():
    check(shaken(small_resnet()), "1.conv1", some(16), ["1.bn1"], image())


@pytest.mark.parametrize("layer", ["0.0", "1.conv2"])
def test_residual_stream_goes_together(layer):
    """The stem and the second convolution of the first block write to the same channels."""
    smaller = check(shaken(small_resnet()), layer, some(16), ["0.2", "1.bn2"], image())
    kept = int(some(16).sum())
    assert smaller[0][0].out_channels == smaller[1].conv2.out_channels == kept
    assert smaller[1].conv1.in_channels == smaller[2].shortcut[0].in_channels == kept


def test_projection_shortcut():
    check(shaken(small_resnet()), "2.shortcut.0", some(32), ["2.bn2", "2.shortcut.1"], image())


def separable():
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(),
        nn.Conv2d(8, 8, 3, padding=1, groups=8, bias=False), nn.BatchNorm2d(8), nn.ReLU6(),
        nn.Conv2d(8, 4, 1),
    )  # fmt: skip


@pytest.mark.parametrize("layer", ["0", "3"])
def test_depthwise_follows_what_feeds_it_and_the_other_way(layer):
    smaller = check(shaken(separable()), layer, some(8), ["2", "5"], image())
    kept = int(some(8).sum())
    assert smaller[3].groups == smaller[3].in_channels == smaller[0].out_channels == kept


def grouped(groups=2):
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(),
        nn.Conv2d(8, 12, 3, groups=groups), nn.ReLU(), nn.Conv2d(12, 3, 1),
    )  # fmt: skip


def test_as_many_inputs_from_every_group():
    keep = torch.tensor([True, False, True, True, True, True, True, False])
    smaller = check(shaken(grouped()), "0", keep, ["1"], image())
    assert smaller[2].groups == 2 and smaller[2].weight.shape == (12, 3, 3, 3)


def test_as_many_outputs_from_every_group():
    keep = torch.tensor([True, False, True, True, True, False] * 2)
    smaller = check(shaken(grouped()), "2", keep, ["3"], image())
    assert smaller[2].weight.shape == (8, 4, 3, 3)


def test_whole_group_goes_with_its_outputs():
    """Without its four inputs the first group is constant: its six outputs go as well."""
    keep = torch.tensor([False] * 4 + [True] * 4)
    model = shaken(grouped())
    smaller = remove_channels(model, "0", keep, image())
    assert smaller[2].groups == 1 and smaller[2].weight.shape == (6, 4, 3, 3)
    with torch.no_grad():
        features = model[3](model[2](model[1](model[0](image()))))
        features[:, :6] = 0
        torch.testing.assert_close(smaller(image()), model[4](features))


def test_unequal_groups_are_refused():
    keep = torch.tensor([False] + [True] * 7)
    with pytest.raises(ValueError, match=r"2 groups of '2' would keep \[3, 4\] channels"):
        remove_channels(grouped(), "0", keep, image())


class Functional(nn.Module):
    """Everything by function: concatenation, mean, reshape, gates, a layer that is called twice."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Conv2d(1, 6, 3, padding=1), nn.Conv2d(1, 4, 3, padding=1)
        self.twice = nn.Conv2d(10, 10, 1)
        self.squeeze, self.expand = nn.Conv2d(10, 3, 1), nn.Conv2d(3, 10, 1)
        self.prelu, self.norm = nn.PReLU(10), nn.InstanceNorm2d(10, affine=True)
        self.head = nn.Linear(40, 5)

    def forward(self, x):
        y = torch.cat([F.relu(self.a(x)), F.relu(self.b(x))], dim=1)
        y = self.prelu(self.twice(self.twice(y)))
        gate = torch.sigmoid(self.expand(F.relu(self.squeeze(y.mean((2, 3), keepdim=True)))))
        y = self.norm(y * gate)
        y = F.adaptive_avg_pool2d(y, 2) * 2 + 0
        return self.head(y.reshape(y.shape[0], -1))


def test_one_branch_of_a_concatenation():
    """`a` is tied, through the layer that is called twice, to what that layer writes."""
    model = shaken(Functional())
    keep = torch.tensor([True, False, True, True, True, False])
    smaller = remove_channels(model, "a", keep, image())
    assert smaller.a.out_channels == 4 and smaller.twice.weight.shape == (8, 8, 1, 1)
    assert smaller.prelu.num_parameters == smaller.norm.num_features == 8
    assert smaller.head.in_features == 32 and smaller.squeeze.in_channels == 8
    keep = torch.cat([keep, torch.ones(4, dtype=torch.bool)])
    with torch.no_grad(), Zeroed(model, keep, ["twice", "prelu", "norm"]):
        original_a = model.a.weight.clone(), model.a.bias.clone()
        model.a.weight[~keep[:6]], model.a.bias[~keep[:6]] = 0, 0
        expected = model(image())
    model.a.weight.data, model.a.bias.data = original_a
    with torch.no_grad():
        torch.testing.assert_close(smaller(image()), expected, rtol=1e-4, atol=1e-5)


def test_transposed_convolution():
    model = nn.Sequential(
        nn.ConvTranspose2d(1, 6, 3), nn.ReLU(), nn.ConvTranspose2d(6, 4, 3, groups=2), nn.ReLU(),
        nn.Conv2d(4, 2, 1),
    )  # fmt: skip
    keep = torch.tensor([True, False, True, True, True, False])
    smaller = check(shaken(model), "0", keep, ["1"], image())
    assert smaller[2].weight.shape == (4, 2, 3, 3)
    check(model, "2", torch.tensor([True, False, False, True]), ["3"], image())


@pytest.mark.parametrize(
    ("name", "layer", "zeroed"),
    [
        ("resnet18", "layer2.0.conv1", ["layer2.0.bn1"]),
        ("mobilenet_v2", "features.2.conv.0.0", ["features.2.conv.0.2", "features.2.conv.1.2"]),
        ("squeezenet1_1", "features.3.squeeze", ["features.3.squeeze_activation"]),
        ("densenet121", "features.denseblock1.denselayer1.conv1", None),
    ],
)
def test_networks_of_others(name, layer, zeroed):
    torch.manual_seed(0)
    model = shaken(torchvision.models.get_model(name))
    keep = some(model.get_submodule(layer).out_channels)
    zeroed = zeroed or ["features.denseblock1.denselayer1.relu2"]
    check(model, layer, keep, zeroed, image(3, 64))


def test_two_removals_in_a_row_and_training_goes_on():
    model = small_cnn()
    for layer, channels in (("0", 16), ("3", 32), ("7", 64)):
        model = remove_channels(model, layer, some(channels), image())
    model.train()
    model(image()).sum().backward()
    assert all(p.grad is not None for p in model.parameters())


# ---------------------------------------------------------------- what cannot be done


def test_refusals_name_the_reason(capsys):
    model = small_cnn()
    with pytest.raises(ValueError, match="reach the model's output"):
        remove_channels(model, "12", some(10), image())
    with pytest.raises(ValueError, match="'1' is no linear or convolution layer; choose one of: 0"):
        remove_channels(model, "1", some(16), image())
    with pytest.raises(ValueError, match=r"shape \(16,\) for '0', got torch\.bool \(15,\)"):
        remove_channels(model, "0", some(15), image())
    with pytest.raises(ValueError, match=r"got torch\.float32"):
        remove_channels(model, "0", torch.ones(16), image())
    with pytest.raises(ValueError, match="nothing would be left of layer '0'"):
        remove_channels(model, "0", torch.zeros(16, dtype=torch.bool), image())
    with pytest.raises(ValueError, match=r"inputs of shape \[\(2, 3, 8, 8\)\]"):
        remove_channels(model, "0", some(16), image(3))
    assert not capsys.readouterr().err  # torch's tracer would print a traceback of its own


@pytest.mark.parametrize(
    ("between", "reason"),
    [
        (nn.GroupNorm(2, 8), "GroupNorm"),  # its statistics run across channels
        (nn.Softmax(dim=1), "Softmax"),
        (nn.PixelShuffle(2), "PixelShuffle"),
        (nn.Flatten(0, 1), "reshape"),
    ],
)
def test_operators_that_mix_channels_are_refused(between, reason):
    model = nn.Sequential(nn.Conv2d(1, 8, 3), between)
    with pytest.raises(ValueError, match=f"cannot remove channels that reach .*{reason}"):
        remove_channels(model, "0", some(8), image())


def test_number_of_channels_in_the_code_is_caught():
    class Fixed(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.head = nn.Conv2d(1, 8, 3), nn.Linear(288, 2)

        def forward(self, x):
            return self.head(self.conv(x).reshape(-1, 288))

    with pytest.raises(ValueError, match="relies on its number of channels"):
        remove_channels(Fixed(), "conv", some(8), image())


def test_model_that_branches_on_data_is_refused():
    class Branch(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(1, 8, 3)

        def forward(self, x):
            return self.conv(x) if x.sum() > 0 else x

    with pytest.raises(ValueError, match="cannot trace Branch"):
        remove_channels(Branch(), "conv", some(8), image())


def test_trained_mode_and_statistics_of_the_original_stay():
    model = small_cnn().train()
    mean = model[1].running_mean.clone()
    smaller = remove_channels(model, "0", some(16), image())
    assert model.training and smaller.training
    assert torch.equal(model[1].running_mean, mean) and model[1].num_batches_tracked == 0
    assert smaller[1].num_batches_tracked == 0
