"""Small networks of the course, each trainable in seconds on 8×8 digits.

Every function returns a freshly initialised `torch.nn.Module`; call
`efficientai.training.seed_everything` first for weights that can be reproduced.
"""

from __future__ import annotations

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
