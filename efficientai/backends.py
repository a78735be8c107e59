"""The int8 path that is really faster on a CPU: oneDNN's kernels, through torch's own operators.

`quantization.IntegerLayer` says what such a layer computes; here a compiled kernel does it, with
unsigned 8-bit activations and signed 8-bit weights. On processors with VNNI or AMX instructions
it is several times as fast as float32; elsewhere it is correct and not fast. oneDNN rescales in
floats, so that a result may differ from the specification by one step.
"""

from __future__ import annotations

import functools

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from efficientai.quantization import (
    QParams,
    affine_qparams,
    fold_batch_norm,
    minmax_range,
    quantize,
    weight_qparams,
)
from efficientai.training import mode

onednn = torch.ops.onednn


class Int8Input(nn.Module):
    """Floats to unsigned bytes.

    >>> Int8Input(affine_qparams(0.0, 255.0))(torch.tensor([0.4, 7.0, 300.0]))
    tensor([  0,   7, 255], dtype=torch.uint8)
    """

    def __init__(self, q: QParams) -> None:
        super().__init__()
        self.scale, self.zero_point = q.scale.item(), q.zero_point.item()

    def forward(self, x: Tensor) -> Tensor:
        x = (x / self.scale).round_().add_(self.zero_point).clamp_(0, 255).to(torch.uint8)
        return x.contiguous(memory_format=torch.channels_last) if x.ndim == 4 else x


class Int8Layer(nn.Module):
    """A linear or 2-d convolution layer on bytes, by oneDNN.

    Takes uint8 in the range x_q, returns uint8 in the range out_q, or float32 if out_q is None.
    A ReLU behind the layer costs nothing: out_q starts at 0 then, and the bytes are limited to it.
    Raises TypeError for another layer, and ValueError for padding other than zeros or ranges that
    are not unsigned 8-bit.

    >>> q = affine_qparams(0.0, 1.0)
    >>> layer = Int8Layer(nn.Linear(16, 4), q)
    >>> layer(quantize(torch.rand(2, 16), q).to(torch.uint8)).dtype
    torch.float32
    """

    def __init__(
        self, layer: nn.Linear | nn.Conv2d, x_q: QParams, out_q: QParams | None = None
    ) -> None:
        super().__init__()
        _check(layer, x_q, out_q)
        w_q = weight_qparams(layer.weight)
        weight = quantize(layer.weight.detach(), w_q).to(torch.int8)
        x_scale, x_zero = x_q.scale.item(), x_q.zero_point.item()
        self.geometry: tuple = ()
        if isinstance(layer, nn.Conv2d):
            padding = list(layer.padding)
            self.geometry = (list(layer.stride), padding, list(layer.dilation), layer.groups)
            packed = onednn.qconv_prepack(weight, w_q.scale, x_scale, x_zero, *self.geometry, None)
        else:
            packed = onednn.qlinear_prepack(weight, None)
        bias = None if layer.bias is None else layer.bias.detach()
        self.before = (x_scale, x_zero, packed, w_q.scale, w_q.zero_point, bias)
        self.after = (1.0, 0, torch.float32)
        if out_q is not None:
            self.after = (out_q.scale.item(), out_q.zero_point.item(), torch.uint8)

    def forward(self, x: Tensor) -> Tensor:
        if self.geometry:
            return onednn.qconv_pointwise(
                x, *self.before, *self.geometry, *self.after, "none", [], ""
            )
        return onednn.qlinear_pointwise(x, *self.before, *self.after, "none", [], "")


def _check(layer: nn.Module, x_q: QParams, out_q: QParams | None) -> None:
    if not isinstance(layer, nn.Linear | nn.Conv2d):
        raise TypeError(f"need a Linear or Conv2d layer, not {type(layer).__name__}")
    if isinstance(layer, nn.Conv2d) and (
        layer.padding_mode != "zeros" or isinstance(layer.padding, str)
    ):
        padding = f"{layer.padding!r}, {layer.padding_mode!r}"
        raise ValueError(f"padding must be numbers of zeros, not {padding}")
    for q in (x_q, out_q):
        if q is not None and (q.low, q.high, q.axis) != (0, 255, None):
            raise ValueError(f"activations must be in 0…255 per tensor, not {q.low}…{q.high}")


class Int8MaxPool(nn.Module):
    """Max pooling of bytes, as a running maximum of shifted views.

    torch's own kernel takes images of bytes up to 15×15 only, for it counts positions in bytes.
    Padding holds 0, the lowest byte.

    >>> Int8MaxPool(nn.MaxPool2d(2))(torch.arange(16, dtype=torch.uint8).reshape(1, 1, 4, 4))
    tensor([[[[ 5,  7],
              [13, 15]]]], dtype=torch.uint8)
    """

    def __init__(self, pool: nn.MaxPool2d) -> None:
        super().__init__()
        kernel, stride, padding = (
            (value, value) if isinstance(value, int) else tuple(value)
            for value in (pool.kernel_size, pool.stride, pool.padding)
        )
        if pool.dilation not in (1, (1, 1)) or pool.ceil_mode:
            raise ValueError(f"no int8 form for {pool}: no dilation, no ceil_mode")
        self.kernel, self.stride, self.padding = kernel, stride, padding

    def forward(self, x: Tensor) -> Tensor:
        if any(self.padding):
            rows, columns = self.padding
            x = F.pad(x, (columns, columns, rows, rows))
        (kh, kw), (sh, sw) = self.kernel, self.stride
        height, width = (x.shape[2] - kh) // sh + 1, (x.shape[3] - kw) // sw + 1
        shifted = [
            x[:, :, i : i + sh * (height - 1) + 1 : sh, j : j + sw * (width - 1) + 1 : sw]
            for i in range(kh)
            for j in range(kw)
        ]
        return functools.reduce(torch.maximum, shifted)


KEEPS_BYTES = (nn.MaxPool2d, nn.Flatten)  # choose or rearrange bytes, whatever these stand for


@torch.no_grad()
def int8_model(model: nn.Sequential, inputs: Tensor) -> nn.Sequential:
    """A Sequential of linear and convolution layers, batch norms, ReLU, max pooling and flatten,
    as one that computes in bytes between its first and its last layer.

    inputs: examples (N, ...) for the ranges (min-max). Batch norms are folded. Takes and returns
    float32. Raises ValueError for another kind of module.

    >>> from efficientai.architectures import lenet_300_100
    >>> model, x = lenet_300_100().eval(), torch.rand(64, 1, 8, 8)
    >>> bool((int8_model(model, x)(x) - model(x)).abs().max() < 0.02)
    True
    """
    stages = _stages(fold_batch_norm(model))
    q = affine_qparams(*minmax_range(inputs))
    result, x, last = [Int8Input(q)], inputs, _last_layer(stages)
    for index, (module, relu) in enumerate(stages):
        with mode(module, training=False):
            x = module(x).relu() if relu else module(x)
        if isinstance(module, KEEPS_BYTES):
            result.append(Int8MaxPool(module) if isinstance(module, nn.MaxPool2d) else module)
            continue
        out_q = None if index == last else affine_qparams(*minmax_range(x))
        result.append(Int8Layer(module, q, out_q))
        q = out_q
    return nn.Sequential(*result, *([nn.ReLU()] if stages[last][1] else [])).eval()


def _stages(model: nn.Sequential) -> list[tuple[nn.Module, bool]]:
    """Leaves of the Sequential, each with whether a ReLU follows it."""
    stages: list[tuple[nn.Module, bool]] = []
    for module in model.modules():
        if isinstance(module, nn.Sequential | nn.Identity | nn.Dropout):
            continue
        if isinstance(module, nn.ReLU) and stages and not isinstance(stages[-1][0], KEEPS_BYTES):
            stages[-1] = (stages[-1][0], True)
        elif isinstance(module, (nn.Linear, nn.Conv2d, *KEEPS_BYTES)):
            stages.append((module, False))
        else:
            raise ValueError(f"no int8 form for {type(module).__name__} at this place")
    return stages


def _last_layer(stages: list[tuple[nn.Module, bool]]) -> int:
    layers = [i for i, (module, _) in enumerate(stages) if not isinstance(module, KEEPS_BYTES)]
    if not layers:
        raise ValueError("the model has no linear or convolution layer to quantize")
    if layers[-1] != len(stages) - 1:
        kind = type(stages[-1][0]).__name__
        raise ValueError(f"the model must end with a linear or convolution layer, not {kind}")
    return layers[-1]
