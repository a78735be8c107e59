"""Small networks of the course, each trainable in seconds on 8×8 digits.

Blocks are modules that keep torchvision's conventions (no convolution bias in front of a norm),
so that their counts can be compared. Everything is freshly initialised; call
`efficientai.training.seed_everything` first for weights that can be reproduced.

Sources: LeCun et al. 1998 (LeNet); He et al. 2016 (ResNet); Xie et al. 2017 (ResNeXt); Hu et al.
2018 (squeeze and excitation); Iandola et al. 2016 (SqueezeNet); Howard et al. 2017 and 2019,
Sandler et al. 2018 (MobileNet V1, V3, V2); Zhang et al. 2017, "Hello Edge" (keyword spotting).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn


def lenet_300_100(inputs: int = 64, classes: int = 10) -> nn.Sequential:
    """Fully connected network with 300 and 100 hidden units (LeCun et al. 1998, section III.C).

    Takes float (N, ...) with `inputs` numbers a sample, returns logits (N, classes).

    >>> sum(p.numel() for p in lenet_300_100(784).parameters())  # 784·300+300 + 300·100+100 + 1010
    266610
    """
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(inputs, 300),
        nn.ReLU(),
        nn.Linear(300, 100),
        nn.ReLU(),
        nn.Linear(100, classes),
    )


def conv_bn_relu(
    inputs: int, outputs: int, kernel: int = 3, stride: int = 1, groups: int = 1
) -> nn.Sequential:
    """Convolution without bias, batch norm, ReLU; an odd kernel keeps the size at stride 1.

    >>> import torch
    >>> conv_bn_relu(1, 4, stride=2)(torch.zeros(2, 1, 8, 8)).shape
    torch.Size([2, 4, 4, 4])
    """
    convolution = nn.Conv2d(
        inputs, outputs, kernel, stride, padding=kernel // 2, groups=groups, bias=False
    )
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU())


def small_cnn(classes: int = 10) -> nn.Sequential:
    """Three convolutions with batch norm and a linear classifier, for float (N, 1, 8, 8).

    >>> import torch
    >>> small_cnn()(torch.zeros(2, 1, 8, 8)).shape
    torch.Size([2, 10])
    """
    return nn.Sequential(
        *conv_bn_relu(1, 16),
        *conv_bn_relu(16, 32),
        nn.MaxPool2d(2),
        *conv_bn_relu(32, 64),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(64 * 2 * 2, classes),
    )


class BasicBlock(nn.Module):
    """Two 3×3 convolutions whose result is added to the input (He et al. 2016, figure 2).

    Where the shape changes, a 1×1 convolution brings the input to the new shape (option B).

    >>> import torch
    >>> BasicBlock(4, 8, stride=2)(torch.zeros(1, 4, 8, 8)).shape
    torch.Size([1, 8, 4, 4])
    """

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU()
        self.shortcut = nn.Sequential()
        if stride != 1 or inputs != outputs:
            projection = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
            self.shortcut = nn.Sequential(projection, nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu(self.bn1(self.conv1(x)))
        return self.relu(self.bn2(self.conv2(y)) + self.shortcut(x))


def small_resnet(classes: int = 10, width: int = 16) -> nn.Sequential:
    """Residual network of three basic blocks for float (N, 1, H, W): widths w, 2w, 4w.

    >>> import torch
    >>> small_resnet()(torch.zeros(2, 1, 8, 8)).shape
    torch.Size([2, 10])
    """
    return nn.Sequential(
        conv_bn_relu(1, width),
        BasicBlock(width, width),
        BasicBlock(width, 2 * width, stride=2),
        BasicBlock(2 * width, 4 * width, stride=2),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(4 * width, classes),
    )


def lenet_5(classes: int = 10) -> nn.Sequential:
    """LeNet-5 for float (N, 1, 32, 32), with ReLU, max pooling and full connections to C3.

    >>> sum(p.numel() for p in lenet_5().parameters())  # 156 + 2416 + 48120 + 10164 + 850
    61706
    """
    return nn.Sequential(
        *(nn.Conv2d(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()),
        *(nn.Linear(16 * 5 * 5, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU()),
        nn.Linear(84, classes),
    )


# ---------------------------------------------------------------- blocks


class SqueezeExcite(nn.Module):
    """Scales every channel by a gate that sees the mean of all channels (Hu et al. 2018, figure 3).

    >>> SqueezeExcite(8, reduction=4)(torch.rand(2, 8, 5, 5)).shape
    torch.Size([2, 8, 5, 5])
    """

    def __init__(
        self, channels: int, reduction: int = 4, gate: Callable[[], nn.Module] = nn.Sigmoid
    ) -> None:
        super().__init__()
        if reduction < 1 or channels < reduction:
            raise ValueError(f"cannot reduce {channels} channels {reduction} times")
        self.squeeze = nn.Conv2d(channels, channels // reduction, 1)
        self.excite = nn.Conv2d(channels // reduction, channels, 1)
        self.relu, self.gate = nn.ReLU(), gate()

    def forward(self, x: Tensor) -> Tensor:
        mean = x.mean((2, 3), keepdim=True)  # (N, C, 1, 1)
        return x * self.gate(self.excite(self.relu(self.squeeze(mean))))


class DepthwiseSeparable(nn.Sequential):
    """A filter for each channel, then a 1×1 mixture of them (MobileNetV1, figure 3).

    Instead of inputs·outputs·9 MACs a position it takes inputs·9 + inputs·outputs.

    >>> DepthwiseSeparable(4, 8, stride=2)(torch.rand(1, 4, 6, 6)).shape
    torch.Size([1, 8, 3, 3])
    """

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__(
            conv_bn_relu(inputs, inputs, 3, stride, groups=inputs),
            conv_bn_relu(inputs, outputs, 1),
        )


class InvertedResidual(nn.Module):
    """Expand by 1×1, filter each channel, project to few channels without activation.

    MobileNetV2, figure 3; the input is added where the shape allows. With `squeeze=True` and
    `activation=nn.Hardswish` it is the block of MobileNetV3.

    >>> InvertedResidual(4, 4)(torch.rand(1, 4, 6, 6)).shape
    torch.Size([1, 4, 6, 6])
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        stride: int = 1,
        expand: int = 6,
        squeeze: bool = False,
        activation: Callable[[], nn.Module] = nn.ReLU6,
        linear: bool = True,
    ) -> None:
        super().__init__()
        hidden = inputs * expand
        expansion = [*_conv_bn(inputs, hidden, 1), activation()] if expand != 1 else []
        self.layers = nn.Sequential(
            *expansion,
            *_conv_bn(hidden, hidden, 3, stride, groups=hidden),
            activation(),
            *([SqueezeExcite(hidden, gate=nn.Hardsigmoid)] if squeeze else []),
            *_conv_bn(hidden, outputs, 1),
            *([] if linear else [activation()]),  # what the paper's ablation puts here
        )
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x) if self.residual else self.layers(x)


def _conv_bn(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> list:
    return list(conv_bn_relu(inputs, outputs, kernel, stride, groups)[:2])


class Fire(nn.Module):
    """Squeeze to few channels by 1×1, expand by 1×1 and 3×3 side by side (SqueezeNet, figure 1).

    The paper has no batch norm; `norm=True` adds one behind each of the two steps.

    >>> Fire(16, squeeze=4, expand=8)(torch.rand(1, 16, 6, 6)).shape
    torch.Size([1, 16, 6, 6])
    """

    def __init__(self, inputs: int, squeeze: int, expand: int, norm: bool = False) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(inputs, squeeze, 1)
        self.expand1x1 = nn.Conv2d(squeeze, expand, 1)
        self.expand3x3 = nn.Conv2d(squeeze, expand, 3, padding=1)
        self.squeeze_norm = nn.BatchNorm2d(squeeze) if norm else nn.Identity()
        self.expand_norm = nn.BatchNorm2d(2 * expand) if norm else nn.Identity()
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.squeeze_norm(self.squeeze(x)))
        both = torch.cat([self.expand1x1(x), self.expand3x3(x)], dim=1)  # (N, 2·expand, H, W)
        return self.relu(self.expand_norm(both))


class Bottleneck(nn.Module):
    """1×1 down, 3×3 in groups, 1×1 up, added to the input (He et al. 2016, figure 5).

    With groups > 1 it is ResNeXt's block, with squeeze=True that of SE-ResNet.

    >>> Bottleneck(8, 16, width=8, groups=4, stride=2)(torch.rand(1, 8, 6, 6)).shape
    torch.Size([1, 16, 3, 3])
    """

    def __init__(
        self, inputs: int, outputs: int, width: int, stride: int = 1, groups: int = 1,
        squeeze: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        self.layers = nn.Sequential(
            *conv_bn_relu(inputs, width, 1),
            *conv_bn_relu(width, width, 3, stride, groups),
            *_conv_bn(width, outputs, 1),
            *([SqueezeExcite(outputs)] if squeeze else []),
        )
        self.shortcut = nn.Sequential()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(*_conv_bn(inputs, outputs, 1, stride))
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.layers(x) + self.shortcut(x))


# ---------------------------------------------------------------- networks of one kind of block


def _mobilenet_v1(inputs: int, outputs: int, stride: int) -> nn.Module:
    return DepthwiseSeparable(inputs, outputs, stride)


def _mobilenet_v2(inputs: int, outputs: int, stride: int) -> nn.Module:
    return InvertedResidual(inputs, outputs, stride, expand=4)


def _mobilenet_v3(inputs: int, outputs: int, stride: int) -> nn.Module:
    return InvertedResidual(
        inputs, outputs, stride, expand=4, squeeze=True, activation=nn.Hardswish
    )


def _squeezenet(inputs: int, outputs: int, stride: int, norm: bool = False) -> nn.Module:
    fire = Fire(inputs, squeeze=outputs // 4, expand=outputs // 2, norm=norm)
    return nn.Sequential(nn.MaxPool2d(2), fire) if stride == 2 else fire


def _squeezenet_bn(inputs: int, outputs: int, stride: int) -> nn.Module:
    return _squeezenet(inputs, outputs, stride, norm=True)


def _resnet(inputs: int, outputs: int, stride: int) -> nn.Module:
    return BasicBlock(inputs, outputs, stride)


def _resnet_se(inputs: int, outputs: int, stride: int) -> nn.Module:
    return Bottleneck(inputs, outputs, outputs // 2, stride, squeeze=True)


def _resnext(inputs: int, outputs: int, stride: int) -> nn.Module:
    return Bottleneck(inputs, outputs, outputs // 2, stride, groups=4)


def _plain(inputs: int, outputs: int, stride: int) -> nn.Module:
    return conv_bn_relu(inputs, outputs, 3, stride)


BLOCKS: dict[str, Callable[[int, int, int], nn.Module]] = {
    "plain": _plain,
    "mobilenet_v1": _mobilenet_v1,
    "mobilenet_v2": _mobilenet_v2,
    "mobilenet_v3": _mobilenet_v3,
    "squeezenet": _squeezenet,
    "squeezenet_bn": _squeezenet_bn,
    "resnet": _resnet,
    "resnet_se": _resnet_se,
    "resnext": _resnext,
}


def small_net(
    block: str | Callable[[int, int, int], nn.Module],
    classes: int = 10,
    width: float = 1.0,
    strides: tuple[int, int, int] = (1, 2, 2),
) -> nn.Sequential:
    """A stem of 16 channels, blocks of 16, 32 and 64, mean and classifier; for (N, 1, H, W).

    block: a name of `BLOCKS`, or a function of inputs, outputs and stride that makes a block.
    `width` multiplies all channels (MobileNetV1, section 3.3), rounded to a multiple of 8. Late
    strides keep the maps large (SqueezeNet, section 3.1). Raises ValueError for another name or a
    width <= 0.

    >>> small_net("mobilenet_v2", width=0.5)(torch.rand(2, 1, 8, 8)).shape
    torch.Size([2, 10])
    """
    if isinstance(block, str) and block not in BLOCKS:
        raise ValueError(f"unknown block {block!r}; choose one of: {', '.join(BLOCKS)}")
    if not width > 0:
        raise ValueError(f"width must be positive, got {width}")
    scaled = [max(8, 8 * round(channels * width / 8)) for channels in (16, 16, 32, 64)]
    pairs = zip(scaled, scaled[1:], strides, strict=False)
    make = BLOCKS[block] if isinstance(block, str) else block
    blocks = [make(inputs, outputs, stride) for inputs, outputs, stride in pairs]
    head = nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(scaled[-1], classes)
    return nn.Sequential(conv_bn_relu(1, scaled[0]), *blocks, *head)


def keyword_spotter(classes: int = 12, channels: int = 64, blocks: int = 4) -> nn.Sequential:
    """Depthwise-separable network DS-CNN-S for spectrograms (N, 1, 49, 10) (Zhang et al. 2017).

    49 frames of 10 coefficients; a first convolution of 10×4 with stride 2, then blocks.

    >>> keyword_spotter()(torch.rand(1, 1, 49, 10)).shape
    torch.Size([1, 12])
    """
    first = nn.Conv2d(1, channels, (10, 4), 2, padding=(5, 1), bias=False)
    return nn.Sequential(
        *(first, nn.BatchNorm2d(channels), nn.ReLU()),
        *(DepthwiseSeparable(channels, channels) for _ in range(blocks)),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes)),
    )
