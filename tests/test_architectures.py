"""Blocks against torchvision's own, by counts and, with copied weights, number by number."""

import pytest
import torch
from torch import nn
from torchvision.models import mobilenetv2, resnet, squeezenet
from torchvision.ops import SqueezeExcitation

from efficientai import architectures as ar
from efficientai.data import digits
from efficientai.profiling import count_macs, count_params
from efficientai.training import accuracy, fit, seed_everything

X = torch.rand(2, 16, 8, 8, generator=torch.Generator().manual_seed(0))


def copied(ours, theirs):
    """Give our block the parameters and statistics of theirs, in order."""
    mine, other = list(ours.state_dict()), list(theirs.state_dict().values())
    assert len(mine) == len(other)
    ours.load_state_dict(dict(zip(mine, other, strict=True)))
    return ours.eval(), theirs.eval()


def inverted(inputs, outputs, stride, expand):
    return mobilenetv2.InvertedResidual(inputs, outputs, stride, expand)


def torchvision_bottleneck(groups):
    """Width 8·groups inside, 64 outside, with a projection."""
    down = nn.Sequential(resnet.conv1x1(16, 64, 2), nn.BatchNorm2d(64))
    return resnet.Bottleneck(16, 16, 2, down, groups=groups, base_width=32 // groups * 4)


PAIRS = {
    "basic": (ar.BasicBlock(16, 16), resnet.BasicBlock(16, 16)),
    "bottleneck": (
        ar.Bottleneck(16, 64, 32, 2),
        resnet.Bottleneck(
            16, 16, 2, nn.Sequential(resnet.conv1x1(16, 64, 2), nn.BatchNorm2d(64)), base_width=128
        ),
    ),
    "resnext": (
        ar.Bottleneck(16, 64, 32, 2, groups=8),
        resnet.Bottleneck(
            16, 16, 2, nn.Sequential(resnet.conv1x1(16, 64, 2), nn.BatchNorm2d(64)),
            groups=8, base_width=16,
        ),
    ),
    "inverted residual": (ar.InvertedResidual(16, 16), inverted(16, 16, 1, 6)),
    "inverted, stride": (ar.InvertedResidual(16, 24, 2, expand=4), inverted(16, 24, 2, 4)),
    "inverted, no expansion": (ar.InvertedResidual(16, 8, expand=1), inverted(16, 8, 1, 1)),
    "fire": (ar.Fire(16, 4, 8), squeezenet.Fire(16, 4, 8, 8)),
    "squeeze-excite": (ar.SqueezeExcite(16, 4), SqueezeExcitation(16, 4)),
}  # fmt: skip


@pytest.mark.parametrize("name", PAIRS)
def test_blocks_compute_what_torchvisions_do(name):
    ours, theirs = PAIRS[name]
    assert count_params(ours) == count_params(theirs)
    assert count_macs(ours, X) == count_macs(theirs, X)
    ours, theirs = copied(ours, theirs)
    torch.testing.assert_close(ours(X), theirs(X))


def test_depthwise_separable_by_hand():
    """16→32 on 8×8: 64·16·9 + 64·16·32 MACs; plain 64·16·32·9; the ratio is 1/32 + 1/9."""
    separable = count_macs(ar.DepthwiseSeparable(16, 32), X[:1])
    plain = count_macs(ar.conv_bn_relu(16, 32), X[:1])
    assert separable == 64 * 16 * 9 + 64 * 16 * 32 and plain == 64 * 16 * 32 * 9
    assert separable / plain == pytest.approx(1 / 32 + 1 / 9)


def test_grouped_equals_split_transform_merge():
    """Xie et al. 2017, figure 3: paths with own filters, stacked, are one grouped convolution."""
    grouped = nn.Conv2d(16, 16, 3, padding=1, groups=4, bias=False)
    paths = []
    for g in range(4):
        path = nn.Conv2d(4, 4, 3, padding=1, bias=False)
        path.weight.data = grouped.weight.data[4 * g : 4 * g + 4]
        paths.append(path(X[:, 4 * g : 4 * g + 4]))
    torch.testing.assert_close(grouped(X), torch.cat(paths, dim=1))


def test_lenets_by_hand():
    """300-100: 64·300 + 300·100 + 100·10 weights and MACs, 410 biases."""
    assert count_params(ar.lenet_300_100()) == 50_200 + 410
    assert count_macs(ar.lenet_300_100(), torch.zeros(1, 1, 8, 8)) == 50_200
    # LeNet-5: 28²·6·25, 10²·16·150, 400·120, 120·84, 84·10
    macs = 784 * 150 + 100 * 16 * 150 + 48_000 + 10_080 + 840
    assert count_macs(ar.lenet_5(), torch.zeros(1, 1, 32, 32)) == macs == 416_520


def test_keyword_spotter_has_the_papers_operations():
    """Hello Edge, table 5: DS-CNN-S takes 5.4 million operations, 2.7 million MACs.

    125 positions: the first layer 125·64·40, four blocks of 125·(64·9 + 64·64), then 64·12.
    """
    macs = count_macs(ar.keyword_spotter(), torch.zeros(1, 1, 49, 10))
    assert macs == 125 * 64 * 40 + 4 * 125 * (576 + 4096) + 768
    assert round(2 * macs / 1e6, 1) == 5.3 and 2 * macs / 5.4e6 == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("block", ar.BLOCKS)
def test_every_small_network_learns_digits_in_seconds(block):
    split = digits()
    seed_everything(0)
    model = ar.small_net(block)
    epochs = 20 if block == "squeezenet" else 6  # it has no norms
    fit(model, split.train_x[:400], split.train_y[:400], epochs=epochs, lr=4e-3, batch_size=32)
    assert accuracy(model, split.test_x, split.test_y) > 0.6
    assert count_macs(model, split.test_x[:1]) < 2e6


def test_width_and_strides():
    def macs(**options):
        return count_macs(ar.small_net("plain", **options), torch.zeros(1, 1, 8, 8))

    assert macs(width=0.5) < macs() / 3 < macs(width=2.0) / 10
    assert macs(strides=(2, 2, 1)) < macs(strides=(1, 2, 2))  # early against late downsampling
    with pytest.raises(ValueError, match="unknown block 'vgg'; choose one of: plain"):
        ar.small_net("vgg")
    with pytest.raises(ValueError, match="got 0"):
        ar.small_net("plain", width=0)
    with pytest.raises(ValueError, match="2 channels 4 times"):
        ar.SqueezeExcite(2)


def test_fire_with_norm_is_the_fire_module_but_for_its_norms():
    """In evaluation mode a fresh norm divides by sqrt(1 + 1e-5) and changes nothing else."""
    bare, normed = ar.Fire(16, 4, 8), ar.Fire(16, 4, 8, norm=True).eval()
    normed.load_state_dict(bare.state_dict(), strict=False)
    torch.testing.assert_close(normed(X), bare(X), atol=1e-4, rtol=1e-4)
    assert count_params(normed) == count_params(bare) + 2 * 4 + 2 * 16
    normed.expand_norm.bias.data.fill_(1.0)
    assert not torch.allclose(normed(X), bare(X), atol=1e-2)


def test_a_block_may_be_a_function():
    def macs(block):
        return count_macs(ar.small_net(block), torch.zeros(1, 1, 8, 8))

    assert macs(ar.DepthwiseSeparable) == macs("mobilenet_v1")
    assert macs(ar.conv_bn_relu) != macs("mobilenet_v1")


@pytest.mark.parametrize("model", [ar.small_cnn(), ar.small_resnet()])
def test_first_networks_take_digits(model):
    assert model(torch.rand(3, 1, 8, 8)).shape == (3, 10)
