"""Quantization: real numbers stored as small integers, and arithmetic with those integers.

A real number x is stored as q = round(x / scale) + zero_point, limited to the range of the
integers, and read as scale * (q - zero_point). Rounding is to the nearest, halves to even.

Sources: Jacob et al. 2018 (integer-only inference); Nagel et al. 2021, "A White Paper on Neural
Network Quantization" (calibration, QAT); Bengio et al. 2013 (straight-through estimator). Packed
storage and one and two bits are in `efficientai.numerics`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from efficientai.numerics import binarize as binarize  # at home there, used here
from efficientai.numerics import pack as pack
from efficientai.numerics import ternarize as ternarize
from efficientai.numerics import unpack as unpack
from efficientai.training import mode

# ---------------------------------------------------------------- parameters of a quantizer


class QParams(NamedTuple):
    """How reals and integers correspond.

    scale: float, () per tensor or (channels,). zero_point: int32 of the same shape, the integer
    that stands for 0. low, high: the range of the integers. axis: the channel dimension, or None.

    >>> affine_qparams(-1.0, 2.0, bits=2)
    QParams(scale=tensor(1.), zero_point=tensor(1, dtype=torch.int32), low=0, high=3, axis=None)
    """

    scale: Tensor
    zero_point: Tensor
    low: int
    high: int
    axis: int | None = None

    def along(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Scale and zero point where x is, in a shape that broadcasts with it."""
        scale, zero_point = self.scale.to(x.device), self.zero_point.to(x.device)
        if self.axis is None:
            return scale, zero_point
        shape = [1] * x.ndim
        shape[self.axis] = -1
        return scale.reshape(shape), zero_point.reshape(shape)


def integer_range(bits: int, signed: bool = True, narrow: bool = False) -> tuple[int, int]:
    """Lowest and highest integer of `bits` bits; `narrow` leaves out the lowest one.

    Raises ValueError unless bits is in 2…16 (1 is `binarize`).

    >>> integer_range(8), integer_range(8, signed=False), integer_range(8, narrow=True)
    ((-128, 127), (0, 255), (-127, 127))
    """
    if not isinstance(bits, int) or not 2 <= bits <= 16:
        raise ValueError(f"bits must be a whole number in 2…16, got {bits!r}")
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    return low + narrow, high


def affine_qparams(
    low: Tensor | float, high: Tensor | float, bits: int = 8, *, signed: bool = False,
    axis: int | None = None,
) -> QParams:  # fmt: skip
    """Parameters that spread the integers over the reals in [low, high], widened to contain 0.

    low, high: numbers, or tensors (channels,) with `axis`. Zero is represented exactly, for it is
    what padding and ReLU produce (Jacob et al. 2018, section 2.1). Raises ValueError if low > high
    or if a bound is not finite.

    >>> affine_qparams(-1.0, 3.0, bits=2)[:2]
    (tensor(1.3333), tensor(1, dtype=torch.int32))
    """
    low, high = (torch.as_tensor(v, dtype=torch.float32) for v in (low, high))
    if not (torch.isfinite(low).all() and torch.isfinite(high).all() and (low <= high).all()):
        raise ValueError(f"need finite bounds with low <= high, got {low} and {high}")
    q_low, q_high = integer_range(bits, signed)
    low, high = low.clamp(max=0), high.clamp(min=0)
    scale = _positive((high - low) / (q_high - q_low))
    zero_point = (q_low - low / scale).round().clamp(q_low, q_high).int()
    return QParams(scale, zero_point, q_low, q_high, axis)


def symmetric_qparams(
    largest: Tensor | float, bits: int = 8, *, axis: int | None = None
) -> QParams:
    """Parameters for reals in [-largest, largest] with zero point 0 and the range without its end.

    Used for weights: with zero point 0 the integer product needs no correction. Raises ValueError
    if `largest` is negative or not finite.

    >>> symmetric_qparams(2.54).scale
    tensor(0.0200)
    """
    largest = torch.as_tensor(largest, dtype=torch.float32)
    if not (torch.isfinite(largest) & (largest >= 0)).all():
        raise ValueError(f"the largest magnitude must be finite and >= 0, got {largest}")
    q_low, q_high = integer_range(bits, narrow=True)
    scale = _positive(largest / q_high)
    return QParams(scale, torch.zeros_like(scale, dtype=torch.int32), q_low, q_high, axis)


def _positive(scale: Tensor) -> Tensor:
    """A scale that can be divided by: all zeros are represented by any, so take 1."""
    return torch.where(scale < torch.finfo(torch.float32).tiny, torch.ones_like(scale), scale)


# ---------------------------------------------------------------- there and back


def quantize(x: Tensor, q: QParams) -> Tensor:
    """Integers that stand for x: int32 of the same shape, in [q.low, q.high].

    Raises ValueError if x is not finite.

    >>> quantize(torch.tensor([-1.0, 0.5, 1.5, 99.0]), symmetric_qparams(127.0))
    tensor([-1,  0,  2, 99], dtype=torch.int32)
    """
    if not torch.isfinite(x).all():
        raise ValueError(f"{int((~torch.isfinite(x)).sum())} of {x.numel()} values are not finite")
    scale, zero_point = q.along(x)
    rounded = (x / scale).round().clamp(-(2.0**30), 2.0**30)  # fits int32 with any zero point
    return (rounded.int() + zero_point).clamp(q.low, q.high)


def dequantize(integers: Tensor, q: QParams) -> Tensor:
    """Reals that the integers stand for: float32 of the same shape.

    >>> dequantize(torch.tensor([0, 3]), affine_qparams(-1.0, 2.0, bits=2))
    tensor([-1.,  2.])
    """
    scale, zero_point = q.along(integers)
    return scale * (integers - zero_point)


class _StraightThrough(torch.autograd.Function):
    """Rounding forward; backward the gradient passes where nothing was cut off."""

    @staticmethod
    def forward(ctx, x: Tensor, q: QParams) -> Tensor:
        scale, zero_point = q.along(x)
        unlimited = (x / scale).round() + zero_point
        ctx.save_for_backward((unlimited >= q.low) & (unlimited <= q.high))
        return scale * (unlimited.clamp(q.low, q.high) - zero_point)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None]:
        (inside,) = ctx.saved_tensors
        return gradient * inside, None


def fake_quantize(x: Tensor, q: QParams) -> Tensor:
    """quantize and dequantize in one step, with a straight-through gradient (Bengio et al. 2013).

    The gradient is 1 where x is inside of the range and 0 where it is cut off.

    >>> x = torch.tensor([0.4, 300.0], requires_grad=True)
    >>> fake_quantize(x, symmetric_qparams(127.0)).sum().backward()
    >>> x.grad
    tensor([1., 0.])
    """
    return _StraightThrough.apply(x, q)


# ---------------------------------------------------------------- calibration


def minmax_range(x: Tensor, axis: int | None = None) -> tuple[Tensor, Tensor]:
    """Smallest and largest value, of the tensor () or of each channel (channels,).

    >>> minmax_range(torch.tensor([[1.0, 2.0], [-3.0, 4.0]]), axis=0)
    (tensor([ 1., -3.]), tensor([2., 4.]))
    """
    rows = _rows(x, axis)
    return rows.amin(-1), rows.amax(-1)


def percentile_range(
    x: Tensor, percent: float = 99.9, axis: int | None = None
) -> tuple[Tensor, Tensor]:
    """Range that leaves out the outermost values on both sides; `percent` of each side is kept.

    Raises ValueError unless percent is in (50, 100].

    >>> percentile_range(torch.arange(101.0), 90)
    (tensor(10.), tensor(90.))
    """
    if not 50 < percent <= 100:
        raise ValueError(f"percent must be in (50, 100], got {percent}")
    rows, share = _rows(x, axis), percent / 100
    return _quantile(rows, 1 - share), _quantile(rows, share)


def mse_range(
    x: Tensor, bits: int = 8, *, axis: int | None = None, steps: int = 100
) -> tuple[Tensor, Tensor]:
    """Range, out of `steps` shrunken copies of the min-max range, with least squared error.

    The error is that of `affine_qparams` with that range: rounding plus cutting off.

    >>> x = torch.cat([torch.linspace(0, 1, 1000), torch.tensor([10.0])])
    >>> mse_range(x, bits=2)[1] < 10
    tensor(True)
    """
    if steps < 1:
        raise ValueError(f"need at least one range to try, got steps={steps}")
    low, high = minmax_range(x, axis)
    best, result = torch.full_like(low, torch.inf), (low, high)
    for step in range(1, steps + 1):
        candidate = low * step / steps, high * step / steps
        squared = (fake_quantize(x, affine_qparams(*candidate, bits, axis=axis)) - x).square()
        error = _rows(squared, axis).mean(-1)
        better = error < best
        best = torch.where(better, error, best)
        result = tuple(torch.where(better, c, r) for c, r in zip(candidate, result, strict=True))
    return result


def _rows(x: Tensor, axis: int | None) -> Tensor:
    """All values in one row (numel,), or one row a channel (channels, rest)."""
    if x.numel() == 0:
        raise ValueError(f"no values to calibrate on: the tensor has shape {tuple(x.shape)}")
    x = x.detach()
    return x.flatten() if axis is None else x.movedim(axis, 0).flatten(1)


def _quantile(rows: Tensor, share: float) -> Tensor:
    """Linearly interpolated quantile of the last dimension, without torch.quantile's size limit."""
    ordered = rows.sort(dim=-1).values
    position = share * (rows.shape[-1] - 1)
    below = min(int(position + 1e-9), rows.shape[-1] - 1)
    above = min(below + 1, rows.shape[-1] - 1)
    return torch.lerp(ordered[..., below], ordered[..., above], max(position - below, 0.0))


def weight_qparams(weight: Tensor, bits: int = 8, *, per_channel: bool = True) -> QParams:
    """Symmetric parameters of a layer's weight (outputs, ...): one scale an output, or one in all.

    >>> weight_qparams(torch.tensor([[1.27, 0.0], [0.0, -2.54]])).scale
    tensor([0.0100, 0.0200])
    """
    axis = 0 if per_channel else None
    return symmetric_qparams(_rows(weight, axis).abs().amax(-1), bits, axis=axis)


# ---------------------------------------------------------------- integer-only layers


class Requantizer(NamedTuple):
    """A positive real factor as integers: `multiplier * 2**-shift`, `2**30 <= multiplier < 2**31`.

    multiplier, shift: int64, () or (outputs,).

    >>> r = Requantizer(torch.tensor(3 * 2**29), torch.tensor(31))  # 3/4
    >>> requantize(torch.tensor(100), r)
    tensor(75)
    """

    multiplier: Tensor
    shift: Tensor


def requantizer(factor: Tensor) -> Requantizer:
    """The nearest 31-bit multiplier and shift for factors > 0 (Jacob et al. 2018, equation 6).

    Raises ValueError for any other factor.

    >>> requantizer(torch.tensor(0.5))
    Requantizer(multiplier=tensor(1073741824), shift=tensor(31))
    """
    if not ((factor > 0) & torch.isfinite(factor)).all():
        raise ValueError(f"factors must be positive and finite, got {factor}")
    mantissa, exponent = torch.frexp(factor.double())  # factor = mantissa 2^exponent, in [1/2, 1)
    multiplier, shift = (mantissa * 2**31).round().long(), 31 - exponent.long()
    carried = multiplier == 2**31  # rounded up to the next power of two
    return Requantizer(torch.where(carried, 2**30, multiplier), shift - carried.long())


def requantize(accumulator: Tensor, r: Requantizer) -> Tensor:
    """`round(accumulator * multiplier * 2**-shift)` in integers alone; halves are rounded up.

    accumulator: int32. Returns int64 (the caller limits it). The product has at most 62 bits.

    >>> requantize(torch.tensor([3, -3, 100]), requantizer(torch.tensor(0.5)))
    tensor([ 2, -1, 50])
    """
    shift = r.shift.clamp(max=62)  # beyond, all is 0
    product = accumulator.long() * r.multiplier
    half = torch.where(shift > 0, 1 << (shift - 1).clamp(min=0), torch.zeros_like(shift))
    return torch.where(shift >= 0, (product + half) >> shift.clamp(min=0), product << -shift)


def integer_linear(
    x: Tensor, weight: Tensor, bias: Tensor | None, r: Requantizer, x_q: QParams, out_q: QParams
) -> Tensor:
    """A linear layer in integer arithmetic: int32 (N, inputs) → int32 (N, outputs).

    With symmetric weights (zero point 0) the specification is, bit by bit,
    clamp(requantize(W (x - zero_x) + bias) + zero_out). bias: int32 (outputs,), in units of
    scale_x * scale_w.

    >>> q = symmetric_qparams(127.0)
    >>> r = requantizer(torch.tensor(1.0))
    >>> integer_linear(torch.tensor([[2, 3]]), torch.tensor([[4, 5]]), None, r, q, q)
    tensor([[23]], dtype=torch.int32)
    """
    accumulator = _centred(x, x_q) @ weight.double().T  # (N, in) @ (in, out) → (N, out)
    return _finish(accumulator, bias, r, out_q)


def integer_conv2d(
    x: Tensor, weight: Tensor, bias: Tensor | None, r: Requantizer, x_q: QParams, out_q: QParams,
    **geometry: object,
) -> Tensor:  # fmt: skip
    """A convolution in integer arithmetic: int32 (N, C, H, W) → int32 (N, outputs, H', W').

    As `integer_linear`; padding holds real zeros. `geometry`: stride, padding, dilation, groups.

    >>> q = symmetric_qparams(127.0)
    >>> x, w = torch.ones(1, 1, 3, 3).int(), torch.ones(1, 1, 3, 3).int()
    >>> integer_conv2d(x, w, None, requantizer(torch.tensor(1.0)), q, q)
    tensor([[[[9]]]], dtype=torch.int32)
    """
    accumulator = F.conv2d(_centred(x, x_q), weight.double(), **geometry).movedim(1, -1)
    return _finish(accumulator, bias, r, out_q).movedim(-1, 1)


def _centred(x: Tensor, x_q: QParams) -> Tensor:
    """Integers minus their zero point. torch has no integer convolution, and no integer product on
    a GPU; in float64 sums of integers below 2^53 are exact."""
    if x.is_floating_point():
        raise TypeError(f"need integers, got {x.dtype}: `quantize` them first")
    return x.double() - x_q.zero_point


def _finish(accumulator: Tensor, bias: Tensor | None, r: Requantizer, out_q: QParams) -> Tensor:
    """Bias, rescaling, zero point and limits; channels last."""
    accumulator = accumulator.long()
    if bias is not None:
        accumulator = accumulator + bias.long()
    return (requantize(accumulator, r) + out_q.zero_point).clamp(out_q.low, out_q.high).int()


class IntegerLayer(nn.Module):
    """A linear or 2-d convolution layer of integers, made from a float layer and two ranges.

    Takes and returns int32 activations in the ranges x_q and out_q, one scale each. Its state dict
    is what a device has to store: the weights as `pack` packs them, ceil(weights * bits / 8) bytes;
    an int32 bias, an int32 multiplier and an int16 shift for each output; the scales (float32) and
    zero points (int32) of input and output. `weight` unpacks the weights, in every pass: clear, not
    quick. A ReLU after the layer is part of it when out_q starts at 0: the clamp does it.

    Raises TypeError for another layer; ValueError unless bits is in 2…16, for padding that is not
    zeros, for parameters that are not finite, for ranges with a scale for each channel.

    >>> layer = nn.Linear(3, 1)
    >>> x_q = out_q = affine_qparams(-1.0, 1.0)
    >>> small = IntegerLayer(layer, x_q, out_q, bits=2)
    >>> small(quantize(torch.rand(5, 3), x_q)).shape, small.weight.shape, small.packed.shape
    (torch.Size([5, 1]), torch.Size([1, 3]), torch.Size([1]))
    """

    def __init__(
        self, layer: nn.Linear | nn.Conv2d, x_q: QParams, out_q: QParams, bits: int = 8
    ) -> None:
        super().__init__()
        _refuse_without_integer_form(layer, x_q, out_q)
        weight_q = weight_qparams(layer.weight, bits)
        unit = x_q.scale * weight_q.scale  # of one step of the accumulator, a channel
        factor = requantizer(unit / out_q.scale)
        self.bits, self.shape = bits, tuple(layer.weight.shape)
        self.limits = (x_q.low, x_q.high), (out_q.low, out_q.high)
        self.register_buffer("packed", pack(quantize(layer.weight.detach(), weight_q), bits))
        self.register_buffer("bias", _integer_bias(layer.bias, unit))
        self.register_buffer("multiplier", factor.multiplier.int())  # below 2**31
        self.register_buffer("shift", factor.shift.short())
        self.register_buffer("scales", torch.stack([x_q.scale, out_q.scale]))
        self.register_buffer("zero_points", torch.stack([x_q.zero_point, out_q.zero_point]))
        names = ("stride", "padding", "dilation", "groups") if isinstance(layer, nn.Conv2d) else ()
        self.geometry = {name: getattr(layer, name) for name in names}

    @property
    def weight(self) -> Tensor:
        """The weights as int32, in the shape of the float layer's."""
        return unpack(self.packed, self.bits, self.shape)

    @property
    def x_q(self) -> QParams:
        """Range of the input."""
        return QParams(self.scales[0], self.zero_points[0], *self.limits[0])

    @property
    def out_q(self) -> QParams:
        """Range of the output."""
        return QParams(self.scales[1], self.zero_points[1], *self.limits[1])

    def forward(self, x: Tensor) -> Tensor:
        function = integer_conv2d if self.geometry else integer_linear
        factor = Requantizer(self.multiplier.long(), self.shift.long())
        return function(x, self.weight, self.bias, factor, self.x_q, self.out_q, **self.geometry)


def _refuse_without_integer_form(layer: nn.Module, x_q: QParams, out_q: QParams) -> None:
    if not isinstance(layer, nn.Linear | nn.Conv2d):
        raise TypeError(f"need a Linear or Conv2d layer, not {type(layer).__name__}")
    if isinstance(layer, nn.Conv2d) and layer.padding_mode != "zeros":
        raise ValueError(f"only zero padding has an integer form, not {layer.padding_mode!r}")
    if x_q.scale.ndim or out_q.scale.ndim:
        shapes = f"{tuple(x_q.scale.shape)} and {tuple(out_q.scale.shape)}"
        raise ValueError(f"activations take one scale a tensor, shape (), got {shapes}")


def _integer_bias(bias: Tensor | None, unit: Tensor) -> Tensor | None:
    """Biases as int32, in units (outputs,) of the accumulator."""
    if bias is None:
        return None
    zero = torch.zeros_like(unit, dtype=torch.int32)
    return quantize(bias.detach(), QParams(unit, zero, -(2**31), 2**31 - 1, axis=0))


# ---------------------------------------------------------------- whole models


class FakeQuantized(nn.Module):
    """A layer whose weight, and input if its range is known, are rounded on the way in.

    It computes what the quantized layer would, in floats; the weight stays trainable (QAT).

    >>> layer = FakeQuantized(nn.Linear(4, 2), weight_bits=2)
    >>> layer(torch.rand(3, 4)).shape
    torch.Size([3, 2])
    """

    def __init__(
        self, layer: nn.Linear | nn.Conv2d, weight_bits: int = 8, input_q: QParams | None = None,
        per_channel: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        integer_range(weight_bits)
        self.layer, self.weight_bits, self.input_q = layer, weight_bits, input_q
        self.per_channel = per_channel

    def forward(self, x: Tensor) -> Tensor:
        if self.input_q is not None:
            x = fake_quantize(x, self.input_q)
        weight = self.layer.weight
        q = weight_qparams(weight, self.weight_bits, per_channel=self.per_channel)
        rounded = {"weight": fake_quantize(weight, q)}
        return torch.func.functional_call(self.layer, rounded, (x,))


def fold_batch_norm(model: nn.Module) -> nn.Module:
    """A copy with every batch norm that follows a convolution in a Sequential folded into it.

    In evaluation mode the two compute the same: w' = w g / s, b' = (b - mean) g / s + beta with
    s = sqrt(var + eps) (Jacob et al. 2018, section 3.2).

    >>> model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2)).eval()
    >>> x = torch.rand(1, 1, 4, 4)
    >>> torch.allclose(fold_batch_norm(model)(x), model(x), atol=1e-5)
    True
    """
    model = copy.deepcopy(model)
    for sequence in [m for m in model.modules() if isinstance(m, nn.Sequential)]:
        for index in range(len(sequence) - 1):
            conv, norm = sequence[index], sequence[index + 1]
            if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                sequence[index], sequence[index + 1] = _folded(conv, norm), nn.Identity()
    return model


def _folded(conv: nn.Conv2d, norm: nn.BatchNorm2d) -> nn.Conv2d:
    conv.eval()
    return torch.nn.utils.fusion.fuse_conv_bn_eval(conv, norm.eval())


RangeOf = Callable[[Tensor], tuple[Tensor, Tensor]]


@torch.no_grad()
def calibrate(
    model: nn.Module, inputs: Tensor, bits: int = 8, range_of: RangeOf = minmax_range
) -> dict[str, QParams]:
    """Affine parameters of the input of each linear and convolution layer, from example inputs.

    range_of: `minmax_range`, `percentile_range`, `mse_range` or any (values) → (low, high). Raises
    ValueError for a model without such layers, and for values that are not finite.

    >>> list(calibrate(nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2)), torch.rand(8, 2)))
    ['0', '1']
    """
    seen: dict[str, list[Tensor]] = {}
    hooks = [
        module.register_forward_pre_hook(
            lambda _, args, name=name: seen.setdefault(name, []).append(args[0])
        )
        for name, module in _layers(model).items()
    ]
    try:
        with mode(model, training=False):
            model(inputs)
    finally:
        for hook in hooks:
            hook.remove()
    return {
        name: affine_qparams(*range_of(torch.cat([x.flatten() for x in xs])), bits)
        for name, xs in seen.items()
    }


def quantize_model(
    model: nn.Module, *, weight_bits: int = 8, inputs: dict[str, QParams] | None = None,
    per_channel: bool = True,
) -> nn.Module:  # fmt: skip
    """A copy whose linear and convolution layers round their weights, and inputs where given.

    After calibration this is post-training quantization; trained further, it is
    quantization-aware training. `inputs`: what `calibrate` returned, or None for weights alone.
    The weights stay floats, so that they can be trained: `IntegerLayer` and `modelfile.export`
    store them in `weight_bits` bits. Raises ValueError for a model without such layers.

    >>> quantize_model(nn.Sequential(nn.Linear(2, 2)), weight_bits=4)[0].weight_bits
    4
    """
    model = copy.deepcopy(model)
    wrapped = {
        name: FakeQuantized(layer, weight_bits, (inputs or {}).get(name), per_channel)
        for name, layer in _layers(model).items()
    }
    if "" in wrapped:
        return wrapped[""]
    for name, layer in wrapped.items():
        model.set_submodule(name, layer)
    return model


def _layers(model: nn.Module) -> dict[str, nn.Module]:
    layers = {n: m for n, m in model.named_modules() if isinstance(m, nn.Linear | nn.Conv2d)}
    if not layers:
        raise ValueError(f"{type(model).__name__} has no linear or convolution layer to quantize")
    return layers


# ---------------------------------------------------------------- weight sharing


def kmeans_codebook(values: Tensor, bits: int, iterations: int = 100) -> tuple[Tensor, Tensor]:
    """At most `2**bits` shared values and, for each number, the index of the one nearest to it.

    Lloyd's algorithm in one dimension, from centroids spread evenly over the range, which keeps
    the rare large weights (Han et al. 2016, section 3.1). Returns the codebook, float (k,)
    ascending, and indices, int64 in the shape of `values`. Clusters that end empty are left out.
    Raises ValueError unless bits is in 1…8, and for values that are missing or not finite.

    >>> kmeans_codebook(torch.tensor([0.0, 1.0, 9.0, 10.0]), bits=1)
    (tensor([0.5000, 9.5000]), tensor([0, 0, 1, 1]))
    """
    if not isinstance(bits, int) or not 1 <= bits <= 8:
        raise ValueError(f"bits must be a whole number in 1…8, got {bits!r}")
    low, high = minmax_range(values)  # refuses an empty tensor
    if not torch.isfinite(high - low):
        raise ValueError(f"cannot cluster values between {low} and {high}")
    flat = values.detach().flatten()
    codebook = torch.linspace(low, high, 2**bits, device=flat.device)
    for _ in range(iterations):
        indices = _nearest(flat, codebook)
        sizes = indices.bincount(minlength=len(codebook))
        means = _sums(flat, indices, len(codebook)) / sizes.clamp(min=1)
        updated = torch.where(sizes > 0, means, codebook)
        if torch.equal(updated, codebook):
            break
        codebook = updated
    used, indices = _nearest(flat, codebook).unique(return_inverse=True)
    return codebook[used], indices.reshape(values.shape)


def codebook_gradient(gradient: Tensor, indices: Tensor, size: int) -> Tensor:
    """Gradient of the shared values: the sum over all weights that share one (size,).

    Han et al. 2016, equation 3.

    >>> codebook_gradient(torch.tensor([1.0, 2.0, 4.0]), torch.tensor([0, 1, 0]), 2)
    tensor([5., 2.])
    """
    return _sums(gradient.flatten(), indices.flatten(), size)


def _nearest(values: Tensor, codebook: Tensor) -> Tensor:
    """Index of the nearest entry of an ascending codebook; half way, the lower one."""
    return torch.bucketize(values, (codebook[1:] + codebook[:-1]) / 2)


def _sums(values: Tensor, indices: Tensor, size: int) -> Tensor:
    """Sums of the values that share an index, added up in float64."""
    return values.double().new_zeros(size).index_add_(0, indices, values.double()).to(values.dtype)
