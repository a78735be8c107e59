"""One file, one network of integers: what a microcontroller would keep in flash.

A model file is data and nothing else: a list of layers with integer weights. Whoever reads it
rebuilds the network and knows its bytes, its MACs and its peak of activations exactly, without
running anybody's code. `export` makes a file from a trained `nn.Sequential`, `read` makes a network
of integers from a file.

All numbers are little-endian. The file begins with ``EAI1``, the input's channels, height and width
(a byte each), the scale of the input (float32), its zero point and the number of layers (a byte
each). A layer is one of

====  =======================================================================================
kind  bytes after the kind
====  =======================================================================================
1     convolution: bits | 128 if sparse, outputs (2), kernel h w, stride h w, padding h w, groups
      (2), zero point of the output, then for each output multiplier (2), shift (1) and bias (4),
      then the weights
2     linear, on the flattened input: bits | 128 if sparse, outputs (2), zero point of the output,
      then as above
3     mean over all positions
4     maximum: kernel h w, stride h w
====  =======================================================================================

Dense weights take `bits` bits each, packed without gaps, two's complement, lowest bits first.
Sparse ones take one bit each that says whether the weight is not 0, then `bits` bits for each that
is not. Both parts are filled up to whole bytes. Activations are integers in 0…255 (a byte). The
whole arithmetic (Jacob et al. 2018) is

`y = clamp((((sum of w (x - zero_in) + bias) * multiplier + 2**(shift-1)) >> shift) + zero_out)`.

A ReLU is a `zero_out` of 0.
"""

from __future__ import annotations

import base64
import copy
import math
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from efficientai.numerics import pack, unpack
from efficientai.quantization import (
    FakeQuantized,
    QParams,
    affine_qparams,
    dequantize,
    fold_batch_norm,
    quantize,
    weight_qparams,
)

MAGIC = b"EAI1"
CONV, LINEAR, MEAN, MAX = 1, 2, 3, 4
SPARSE = 128
MOST_BYTES = 1 << 20  # of a file, and of one layer's output
MOST_MACS = 50_000_000  # of one input


class ModelFileError(ValueError):
    """The bytes are no model file, or the model cannot become one; says why.

    >>> read(b"no model file at all")
    Traceback (most recent call last):
    efficientai.modelfile.ModelFileError: the head is not that of a model file
    """


# ---------------------------------------------------------------- layers


@dataclass(frozen=True)
class Layer:
    """One layer of integers.

    weight: int8 (outputs, inputs/groups, h, w) or (outputs, inputs), None for pooling. bias: int32,
    multiplier, shift: int64, all (outputs,). kernel, stride, padding: (h, w).

    >>> Layer(MAX, kernel=(2, 2), stride=(2, 2)).output_shape((3, 8, 8))
    (3, 4, 4)
    """

    kind: int
    weight: Tensor | None = None
    bias: Tensor | None = None
    multiplier: Tensor | None = None
    shift: Tensor | None = None
    zero_out: int = 0
    bits: int = 8
    kernel: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)
    groups: int = 1

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Shape (C, H, W) after the layer; raises ModelFileError if the input does not fit."""
        channels, *size = shape
        if self.kind == MEAN:
            return channels, 1, 1
        if self.kind == LINEAR:
            return len(self.weight), 1, 1
        pads = self.padding if self.kind == CONV else (0, 0)
        out = [
            (n + 2 * p - k) // s + 1
            for n, p, k, s in zip(size, pads, self.kernel, self.stride, strict=True)
        ]
        if min(out) < 1:
            raise ModelFileError(f"a kernel of {self.kernel} does not fit an input of {shape}")
        return (channels if self.kind == MAX else len(self.weight)), *out

    def macs(self, shape: tuple[int, ...]) -> int:
        """Multiply-accumulates on an input of shape (C, H, W); padding and zeros count."""
        if self.weight is None:
            return 0
        _, height, width = self.output_shape(shape)
        return height * width * self.weight.numel()

    def __call__(self, x: Tensor, zero_in: int) -> Tensor:
        """Integers (N, C, H, W) in 0…255, as float64, to integers of the same kind."""
        if self.kind == MEAN:
            count = x.shape[2] * x.shape[3]
            return torch.div(x.sum((2, 3), keepdim=True) + count // 2, count, rounding_mode="floor")
        if self.kind == MAX:
            return F.max_pool2d(x, self.kernel, self.stride)
        x, weight = x - zero_in, self.weight.double()  # sums of integers below 2^53 are exact
        if self.kind == LINEAR:
            total = (x.flatten(1) @ weight.T)[..., None, None]  # (N, outputs, 1, 1)
        else:
            total = F.conv2d(x, weight, None, self.stride, self.padding, 1, self.groups)
        bias, multiplier, shift = (
            v.long()[:, None, None] for v in (self.bias, self.multiplier, self.shift)
        )
        product = (total.long() + bias) * multiplier
        scaled = (product + (1 << (shift - 1))) >> shift
        return (scaled + self.zero_out).clamp(0, 255).double()


@dataclass(frozen=True)
class IntegerModel:
    """A network of integers as read from a file. Call it with float inputs (N, C, H, W).

    >>> file = export(nn.Sequential(nn.Linear(4, 2)), torch.rand(8, 1, 2, 2))
    >>> model = read(file)
    >>> model.macs, model.outputs, model(torch.rand(3, 1, 2, 2)).shape
    (8, 2, torch.Size([3, 2]))
    """

    input_shape: tuple[int, int, int]
    scale: float
    zero_point: int
    layers: tuple[Layer, ...]
    flash_bytes: int
    shapes: tuple[tuple[int, ...], ...] = field(repr=False, default=())

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one input."""
        pairs = zip(self.layers, self.shapes[:-1], strict=True)
        return sum(layer.macs(shape) for layer, shape in pairs)

    @property
    def peak_ram_bytes(self) -> int:
        """Most bytes of activations at once, a layer's input and output, a byte a number."""
        sizes = [math.prod(shape) for shape in self.shapes]
        return max(a + b for a, b in pairwise(sizes))

    @property
    def outputs(self) -> int:
        """Numbers that come out for one input."""
        return math.prod(self.shapes[-1])

    def __call__(self, x: Tensor) -> Tensor:
        """Scores (N, outputs), integers in 0…255 as float32; the largest is the answer."""
        if tuple(x.shape[1:]) != self.input_shape:
            raise ValueError(f"need inputs (N, *{self.input_shape}), got {tuple(x.shape)}")
        parts = [self._run(part) for part in x.split(200)]
        return torch.cat(parts).flatten(1).float()

    def _run(self, x: Tensor) -> Tensor:
        x = (x.double() / self.scale).round().add(self.zero_point).clamp(0, 255)
        zero = self.zero_point
        for layer in self.layers:
            x = layer(x, zero)
            zero = zero if layer.weight is None else layer.zero_out
        return x

    def __str__(self) -> str:
        kinds = {CONV: "conv", LINEAR: "linear", MEAN: "mean", MAX: "max"}
        head = f"{'layer':14}{'bits':>5}{'zeros':>7}{'output':>12}{'MACs':>9}{'RAM':>7}"
        lines = [head]
        for layer, before, after in zip(self.layers, self.shapes, self.shapes[1:], strict=False):
            name = kinds[layer.kind]
            if layer.kind in (CONV, MAX):
                name += f" {layer.kernel[0]}x{layer.kernel[1]}" + f" /{layer.groups}" * (
                    layer.groups > 1
                )
            bits = zeros = ""
            if layer.weight is not None:
                bits, zeros = layer.bits, f"{(layer.weight == 0).double().mean():.0%}"
            shape = "x".join(map(str, after))
            ram = math.prod(before) + math.prod(after)
            lines.append(
                f"{name:14}{bits:>5}{zeros:>7}{shape:>12}{layer.macs(before):>9,}{ram:>7,}"
            )
        total = (
            f"{self.flash_bytes:,} bytes, {self.peak_ram_bytes:,} bytes of RAM, {self.macs:,} MACs"
        )
        return "\n".join([*lines, total])


# ---------------------------------------------------------------- bits


def _packed(integers: Tensor, bits: int, signed: bool = True) -> bytes:
    return bytes(pack(integers, bits, signed).tolist())


def _unpacked(reader: _Reader, count: int, bits: int, signed: bool = True) -> Tensor:
    data = torch.tensor(list(reader.take(-(-count * bits // 8))), dtype=torch.uint8)
    return unpack(data, bits, (count,), signed)


def _weights(weight: Tensor, bits: int) -> tuple[bytes, bool]:
    """The shorter of the two forms, and whether it is the sparse one."""
    flat = weight.flatten()
    kept = flat != 0
    dense = _packed(flat, bits)
    sparse = _packed(kept.int(), 1, signed=False) + _packed(flat[kept], bits)
    return (sparse, True) if len(sparse) < len(dense) else (dense, False)


# ---------------------------------------------------------------- writing


def write(
    input_shape: tuple[int, int, int], scale: float, zero_point: int, layers: Sequence[Layer]
) -> bytes:
    """The bytes of a model file, checked by reading it back.

    Raises ModelFileError for what the format cannot hold.

    >>> read(write((1, 4, 4), 0.5, 0, [Layer(MEAN)])).peak_ram_bytes  # 16 numbers in, one out
    17
    """
    try:
        head = struct.pack("<4s3BfBB", MAGIC, *input_shape, scale, zero_point, len(layers))
        data = head + b"".join(map(_layer_bytes, layers))
    except (struct.error, OverflowError, ValueError) as error:
        raise ModelFileError(f"the format cannot hold this model: {error}") from error
    read(data)
    return data


def _layer_bytes(layer: Layer) -> bytes:
    if layer.kind == MEAN:
        return struct.pack("<B", MEAN)
    if layer.kind == MAX:
        return struct.pack("<5B", MAX, *layer.kernel, *layer.stride)
    weights, sparse = _weights(layer.weight, layer.bits)
    head = struct.pack("<BBH", layer.kind, layer.bits | SPARSE * sparse, len(layer.weight))
    if layer.kind == CONV:
        head += struct.pack("<6BH", *layer.kernel, *layer.stride, *layer.padding, layer.groups)
    rows = zip(layer.multiplier.tolist(), layer.shift.tolist(), layer.bias.tolist(), strict=True)
    channels = b"".join(struct.pack("<HBi", *row) for row in rows)
    return head + struct.pack("<B", layer.zero_out) + channels + weights


def to_text(data: bytes) -> str:
    """A model file as lines of text that can be pasted into a notebook (base 64).

    >>> to_text(b"EAI1")
    'RUFJMQ=='
    """
    text = base64.b64encode(data).decode()
    return "\n".join(text[i : i + 100] for i in range(0, len(text), 100))


def from_text(text: str) -> bytes:
    """The model file that `to_text` wrote; spaces and line ends do not matter.

    >>> from_text("RUFJ MQ==")
    b'EAI1'
    """
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except ValueError as error:
        raise ModelFileError(f"this text is no model file: {error}") from error


# ---------------------------------------------------------------- reading


class _Reader:
    """Takes numbers off a file's bytes."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, count: int) -> bytes:
        if self.at + count > len(self.data):
            raise ModelFileError(f"the file ends after {len(self.data)} bytes, in a layer's middle")
        self.at += count
        return self.data[self.at - count : self.at]

    def numbers(self, form: str) -> tuple:
        return struct.unpack("<" + form, self.take(struct.calcsize("<" + form)))


def read(data: bytes) -> IntegerModel:
    """The network in a model file. Nothing of the file is executed.

    Raises ModelFileError, with a sentence, for anything that is not a complete model file, that
    is larger than 1 MiB, or whose network needs more than 50 million MACs or layers of more than
    1 MiB.

    >>> [layer.kind == MEAN for layer in read(write((1, 4, 4), 0.5, 0, [Layer(MEAN)])).layers]
    [True]
    """
    if not isinstance(data, bytes | bytearray):
        raise ModelFileError(f"a model file is bytes, not {type(data).__name__}")
    if len(data) > MOST_BYTES:
        raise ModelFileError(f"{len(data)} bytes are more than {MOST_BYTES}")
    reader = _Reader(bytes(data))
    magic, *shape, scale, zero_point, count = reader.numbers("4s3BfBB")
    if magic != MAGIC or 0 in shape or not 0 < scale < math.inf or not count:
        raise ModelFileError("the head is not that of a model file")
    layers, shapes, macs = [], [tuple(shape)], 0
    for _ in range(count):
        layer = _read_layer(reader, shapes[-1])
        macs += layer.macs(shapes[-1])
        shapes.append(layer.output_shape(shapes[-1]))
        if macs > MOST_MACS or math.prod(shapes[-1]) > MOST_BYTES:
            raise ModelFileError("the network is too large to be run here")
        layers.append(layer)
    if reader.at != len(data):
        raise ModelFileError(f"{len(data) - reader.at} bytes follow after the last layer")
    return IntegerModel(tuple(shape), scale, zero_point, tuple(layers), len(data), tuple(shapes))


def _read_layer(reader: _Reader, shape: tuple[int, ...]) -> Layer:
    (kind,) = reader.numbers("B")
    if kind == MEAN:
        return Layer(MEAN)
    if kind == MAX:
        *kernel, down, across = reader.numbers("4B")
        if 0 in (*kernel, down, across):
            raise ModelFileError("kernel and stride are 1 or more")
        return Layer(MAX, kernel=tuple(kernel), stride=(down, across))
    if kind not in (CONV, LINEAR):
        raise ModelFileError(f"there is no layer of kind {kind}")
    return _read_weighted(reader, kind, shape)


def _read_weighted(reader: _Reader, kind: int, shape: tuple[int, ...]) -> Layer:
    form, outputs = reader.numbers("BH")
    bits, sparse, geometry = form & ~SPARSE, bool(form & SPARSE), {}
    if not 2 <= bits <= 8 or not outputs:
        raise ModelFileError(f"weights have 2 to 8 bits and outputs are 1 or more, not {bits}")
    size = (outputs, math.prod(shape))
    if kind == CONV:
        *six, groups = reader.numbers("6BH")
        kernel, stride, padding = (tuple(six[i : i + 2]) for i in (0, 2, 4))
        if 0 in (*kernel, *stride, groups) or shape[0] % groups or outputs % groups:
            raise ModelFileError(f"{shape[0]} inputs, {outputs} outputs, {groups} groups: no layer")
        geometry = {"kernel": kernel, "stride": stride, "padding": padding, "groups": groups}
        size = (outputs, shape[0] // groups, *kernel)
    (zero_out,) = reader.numbers("B")
    rows = [reader.numbers("HBi") for _ in range(outputs)]
    multiplier, shift, bias = (torch.tensor(column) for column in zip(*rows, strict=True))
    if not 1 <= int(shift.min()) <= int(shift.max()) <= 46:
        raise ModelFileError("a shift is 1 to 46")
    weight = _read_weights(reader, math.prod(size), bits, sparse)
    return Layer(
        kind,
        weight.to(torch.int8).reshape(size),
        bias,
        multiplier,
        shift,
        zero_out,
        bits,
        **geometry,
    )


def _read_weights(reader: _Reader, count: int, bits: int, sparse: bool) -> Tensor:
    if count > 8 * MOST_BYTES:
        raise ModelFileError(f"{count} weights in one layer are too many")
    if not sparse:
        return _unpacked(reader, count, bits)
    kept = _unpacked(reader, count, 1, signed=False).bool()
    values = torch.zeros(count, dtype=torch.int32)
    values[kept] = _unpacked(reader, int(kept.sum()), bits)
    return values


# ---------------------------------------------------------------- from a trained network


def export(
    model: nn.Sequential,
    x: Tensor,
    bits: int | Sequence[int] = 8,
    *,
    weight_parameters: Callable[[Tensor, int], QParams] = weight_qparams,
) -> bytes:
    """A model file of a trained network of convolutions, linear layers and pooling.

    x: float (N, C, H, W), some hundred inputs, on which the ranges of the activations are found.
    bits: of the weights, one number or one for each convolution and linear layer in order; a layer
    inside a `quantization.FakeQuantized` brings its own. weight_parameters: symmetric scales of a
    layer's weights (outputs, ...), one an output; take the ones that the network was trained with.

    Batch norms are folded into the convolution in front of them, a ReLU becomes the range of the
    layer in front of it, dropout is left out. Zeros stay zeros. The model stays as it is. Raises
    ModelFileError for a layer that has no integer form.

    >>> model, x = nn.Sequential(nn.Linear(100, 10)), torch.rand(8, 1, 10, 10)
    >>> len(export(model, x, bits=8)) - len(export(model, x, bits=4))  # half a byte a weight
    500
    """
    with torch.no_grad():
        layers, own = _flat(copy.deepcopy(model).eval()), []
        for i, layer in enumerate(layers):
            if isinstance(layer, FakeQuantized):
                layers[i] = layer.layer
            if isinstance(layers[i], nn.Conv2d | nn.Linear):
                own.append(layer.weight_bits if isinstance(layer, FakeQuantized) else None)
        every = [bits] * len(own) if isinstance(bits, int) else list(bits)
        if len(every) != len(own):
            raise ModelFileError(f"{len(every)} widths for {len(own)} layers with weights")
        every = [mine or general for mine, general in zip(own, every, strict=True)]
        steps = _steps(_flat(fold_batch_norm(nn.Sequential(*layers))))
        return _written(steps, x, every, weight_parameters)


def _written(
    steps: list[tuple[nn.Module, bool]], x: Tensor, bits: list[int], parameters: Callable
) -> bytes:
    """Go through the layers with the inputs, and turn each into integers."""
    shape, first = tuple(x.shape[1:]), _range(x)
    x_q, layers = first, []
    for layer, relu in steps:
        if isinstance(layer, nn.Conv2d | nn.Linear):
            weight_q = _checked(layer, bits.pop(0), parameters)
            layer.weight.copy_(dequantize(quantize(layer.weight, weight_q), weight_q))
            y = layer(x if isinstance(layer, nn.Conv2d) else x.flatten(1))
            x = y.relu() if relu else y
            out_q = _range(x)
            layers.append(_integers(layer, x_q, out_q, weight_q))
            x_q = out_q
        else:
            x = layer(x)
            layers.append(_pooling(layer))
    return write(shape, first.scale.item(), int(first.zero_point), layers)


def _checked(layer: nn.Module, bits: int, parameters: Callable) -> QParams:
    if not isinstance(bits, int) or not 2 <= bits <= 8:
        raise ModelFileError(f"weights have 2 to 8 bits, not {bits!r}")
    return parameters(layer.weight, bits)


def _range(x: Tensor) -> QParams:
    return affine_qparams(x.min(), x.max())


def _flat(model: nn.Module) -> list[nn.Module]:
    """The layers in order, without what does nothing after training."""
    if isinstance(model, nn.Sequential):
        return [layer for part in model for layer in _flat(part)]
    return [] if isinstance(model, nn.Identity | nn.Dropout | nn.Flatten) else [model]


def _steps(layers: list[nn.Module]) -> list[tuple[nn.Module, bool]]:
    """The layers, each with whether a ReLU follows."""
    steps: list[tuple[nn.Module, bool]] = []
    for layer in layers:
        before, relu = steps[-1] if steps else (None, False)
        if isinstance(layer, nn.ReLU) and isinstance(before, nn.Conv2d | nn.Linear) and not relu:
            steps[-1] = (before, True)
        elif isinstance(layer, nn.Conv2d | nn.Linear | nn.AdaptiveAvgPool2d | nn.MaxPool2d):
            _refuse_odd(layer)
            steps.append((layer, False))
        else:
            raise ModelFileError(f"no integer form for {layer} after {before}")
    if not steps:
        raise ModelFileError("the network has no layers")
    return steps


def _refuse_odd(layer: nn.Module) -> None:
    """Refuse what the format has no bytes for."""
    odd = {
        nn.Conv2d: lambda m: m.dilation != (1, 1) or m.padding_mode != "zeros",
        nn.AdaptiveAvgPool2d: lambda m: m.output_size not in (1, (1, 1)),
        nn.MaxPool2d: lambda m: m.padding != 0 or m.dilation != 1 or m.ceil_mode,
    }
    if any(isinstance(layer, kind) and bad(layer) for kind, bad in odd.items()):
        raise ModelFileError(f"the format has no such layer: {layer}")


def _integers(
    layer: nn.Conv2d | nn.Linear, x_q: QParams, out_q: QParams, weight_q: QParams
) -> Layer:
    """The layer with integer weights, its factors as 16-bit multipliers."""
    weight = quantize(layer.weight, weight_q).to(torch.int8)
    bits = int(weight_q.high).bit_length() + 1
    unit = x_q.scale * weight_q.scale.double()  # of the accumulator, (outputs,)
    bias = torch.zeros(len(weight)) if layer.bias is None else layer.bias
    multiplier, shift = _multiplier(unit / out_q.scale)
    geometry = {}
    if isinstance(layer, nn.Conv2d):
        padding = layer.padding
        if isinstance(padding, str):
            raise ModelFileError(f"give the padding in numbers, not {padding!r}")
        geometry = {
            "kernel": layer.kernel_size,
            "stride": layer.stride,
            "padding": padding,
            "groups": layer.groups,
        }
    return Layer(
        CONV if geometry else LINEAR, weight, (bias / unit).round().clamp(-(2.0**31), 2.0**31 - 1)
        .long(), multiplier, shift, int(out_q.zero_point), bits, **geometry,
    )  # fmt: skip


def _multiplier(factor: Tensor) -> tuple[Tensor, Tensor]:
    """Integers (m, s) with factor = m 2^-s, m in [2^15, 2^16) and s in 1…46."""
    mantissa, exponent = torch.frexp(factor.double())
    multiplier, shift = (mantissa * 2**16).round().long(), 16 - exponent.long()
    carried = multiplier == 2**16
    multiplier, shift = torch.where(carried, 2**15, multiplier), shift - carried.long()
    too_small = shift > 46  # the output is always its zero point
    return torch.where(too_small, 0, multiplier), shift.clamp(1, 46)


def _pooling(layer: nn.Module) -> Layer:
    if isinstance(layer, nn.AdaptiveAvgPool2d):
        return Layer(MEAN)
    kernel, stride = (
        (v, v) if isinstance(v, int) else tuple(v) for v in (layer.kernel_size, layer.stride)
    )
    return Layer(MAX, kernel=kernel, stride=stride)
