"""Number formats, bit by bit: any binary floating-point format, small integers, one and two bits.

A float of a format with e exponent and m mantissa bits is (-1)^s * 1.f * 2^(E - bias), with gradual
underflow below E = 1. Computed in float64, exactly, for every format up to float64 itself.

Sources: IEEE 754-2019; Micikevicius et al. 2018 (loss scaling) and 2022 (FP8); Kalamkar et al. 2019
(bfloat16); Gupta et al. 2015 (stochastic rounding); Rastegari et al. 2016 (binary, XNOR); Li & Liu
2016 (ternary).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = [
    "FORMATS", "FloatFormat", "LossScaler", "binarize", "decode", "encode", "fields", "pack",
    "pack_int4", "pack_signs", "round_stochastically", "round_to", "ternarize", "unpack",
    "unpack_int4", "xnor_dot",
]  # fmt: skip


# ---------------------------------------------------------------- formats


@dataclass(frozen=True)
class FloatFormat:
    """A binary floating-point format: 1 sign bit, exponent bits, mantissa bits.

    specials: "ieee", the highest exponent is infinity and NaN; "fn", all bits set is NaN and there
    is no infinity (FP8 E4M3); "fnuz", the sign of zero alone is NaN, and there is one zero.
    Raises ValueError unless there are 2 to 11 exponent and 1 to 52 mantissa bits.

    >>> FloatFormat(5, 10).largest, FloatFormat(5, 10).epsilon
    (65504.0, 0.0009765625)
    """

    exponent_bits: int
    mantissa_bits: int
    specials: str = "ieee"

    def __post_init__(self) -> None:
        if not 2 <= self.exponent_bits <= 11 or not 1 <= self.mantissa_bits <= 52:
            widths = f"{self.exponent_bits} exponent and {self.mantissa_bits} mantissa bits"
            raise ValueError(f"need 2…11 exponent and 1…52 mantissa bits, got {widths}")
        if self.specials not in ("ieee", "fn", "fnuz"):
            raise ValueError(f"specials must be 'ieee', 'fn' or 'fnuz', got {self.specials!r}")
        if self.specials != "ieee" and self.exponent_bits == 11:  # values are kept in float64
            raise ValueError(f"11 exponent bits are for 'ieee' alone, got {self.specials!r}")

    @property
    def bits(self) -> int:
        """Bits in all, the sign included."""
        return 1 + self.exponent_bits + self.mantissa_bits

    @property
    def bias(self) -> int:
        """What is subtracted from the stored exponent."""
        return 2 ** (self.exponent_bits - 1) - (self.specials != "fnuz")

    @property
    def epsilon(self) -> float:
        """Distance from 1 to the next number above."""
        return 2.0**-self.mantissa_bits

    @property
    def smallest_normal(self) -> float:
        """Smallest positive number with a full mantissa."""
        return 2.0 ** (1 - self.bias)

    @property
    def smallest(self) -> float:
        """Smallest positive number."""
        return self.smallest_normal * self.epsilon

    @property
    def largest(self) -> float:
        """Largest finite number."""
        top = 2**self.exponent_bits - 1 - (self.specials == "ieee")
        last_mantissa = 2 - self.epsilon * (2 if self.specials == "fn" else 1)
        return last_mantissa * 2.0 ** (top - self.bias)


FORMATS = {
    "fp64": FloatFormat(11, 52),
    "fp32": FloatFormat(8, 23),
    "tf32": FloatFormat(8, 10),  # as the tensor cores see it; it takes 32 bits in memory
    "bf16": FloatFormat(8, 7),
    "fp16": FloatFormat(5, 10),
    "fp8_e5m2": FloatFormat(5, 2),
    "fp8_e4m3": FloatFormat(4, 3, "fn"),
    "fp8_e5m2fnuz": FloatFormat(5, 2, "fnuz"),
    "fp8_e4m3fnuz": FloatFormat(4, 3, "fnuz"),
}


# ---------------------------------------------------------------- rounding


def round_to(x: Tensor, form: FloatFormat) -> Tensor:
    """Nearest number of the format, halves to the even mantissa: float64 of the same shape.

    Beyond the largest number the result is infinity, or NaN in a format without infinity (the
    "non-saturating" mode of FP8; torch takes the other one for E4M3 and gives 448).

    >>> round_to(torch.tensor([1.001, 70000.0, 1e-9]), FORMATS["fp16"])
    tensor([1.0010,    inf, 0.0000], dtype=torch.float64)
    """
    x = x.double()
    quantum = _quantum(x, form)
    return _limit(torch.where(torch.isfinite(x), (x / quantum).round() * quantum, x), form)


def round_stochastically(x: Tensor, form: FloatFormat, generator: torch.Generator) -> Tensor:
    """One of the two neighbours in the format, at random, so that the mean is x (float64).

    The nearer neighbour is the likelier (Gupta et al. 2015, section 3).

    >>> x = torch.full((10_000,), 1 + 2**-9)  # bfloat16 has nothing between 1 and 1 + 2^-7
    >>> y = round_stochastically(x, FORMATS["bf16"], torch.Generator().manual_seed(0))
    >>> sorted(set(y.tolist())), round((y.mean().item() - 1) * 2**9, 1)
    ([1.0, 1.0078125], 1.0)
    """
    x = x.double()
    quantum = _quantum(x, form)
    chance = torch.rand(x.shape, dtype=torch.float64, generator=generator, device=generator.device)
    rounded = (x / quantum + chance.to(x.device)).floor() * quantum
    return _limit(torch.where(torch.isfinite(x), rounded, x), form)


def _quantum(x: Tensor, form: FloatFormat) -> Tensor:
    """Distance between neighbours of the format around x."""
    _, exponent = torch.frexp(torch.where(torch.isfinite(x), x, torch.ones_like(x)))
    leading = (exponent - 1).clamp(min=1 - form.bias)  # x = 1.f * 2^leading, or less
    return torch.exp2((leading - form.mantissa_bits).double())


def _limit(x: Tensor, form: FloatFormat) -> Tensor:
    """What is too large becomes infinity or NaN; a format with one zero has no negative one."""
    if form.specials == "ieee":
        return torch.where(x.abs() > form.largest, x.sign() * torch.inf, x)
    x = torch.where(x.abs() > form.largest, torch.full_like(x, torch.nan), x)
    return x + 0.0 if form.specials == "fnuz" else x  # -0.0 + 0.0 = 0.0


# ---------------------------------------------------------------- bits


def encode(x: Tensor, form: FloatFormat) -> Tensor:
    """Bit patterns of x, rounded to the format: int64, sign bit highest.

    NaN becomes the format's quiet NaN, whatever its sign and payload.

    >>> [format(b, "016b") for b in encode(torch.tensor([1.5, -2.0]), FORMATS["fp16"]).tolist()]
    ['0011111000000000', '1100000000000000']
    """
    x = round_to(x, form)
    finite = torch.where(torch.isfinite(x), x, torch.zeros_like(x)).abs()
    _, exponent = torch.frexp(finite)
    normal = finite >= form.smallest_normal
    stored = torch.where(normal, exponent - 1 + form.bias, 0).long()
    mantissa = (finite / _quantum(finite, form)).long() - (normal.long() << form.mantissa_bits)
    magnitude = (stored << form.mantissa_bits) | mantissa
    magnitude = torch.where(torch.isinf(x), _top(form), magnitude)
    coded = magnitude | (torch.signbit(x).long() << (form.bits - 1))
    return torch.where(torch.isnan(x), _nan(form), coded)


def _top(form: FloatFormat) -> int:
    """All exponent bits set: infinity in IEEE formats."""
    return (2**form.exponent_bits - 1) << form.mantissa_bits


def _nan(form: FloatFormat) -> int:
    if form.specials == "fnuz":
        return 1 << (form.bits - 1)
    return _top(form) | (2**form.mantissa_bits - 1 if form.specials == "fn" else _quiet(form))


def _quiet(form: FloatFormat) -> int:
    """The highest mantissa bit, which marks a quiet NaN."""
    return 1 << (form.mantissa_bits - 1)


def fields(bits: Tensor, form: FloatFormat) -> tuple[Tensor, Tensor, Tensor]:
    """Sign, stored exponent and mantissa of bit patterns: three int64 tensors.

    >>> fields(torch.tensor(0b0_01111_1000000000), FORMATS["fp16"])
    (tensor(0), tensor(15), tensor(512))
    """
    bits = bits.long()
    sign = (bits >> (form.bits - 1)) & 1
    exponent = (bits >> form.mantissa_bits) & (2**form.exponent_bits - 1)
    return sign, exponent, bits & (2**form.mantissa_bits - 1)


def decode(bits: Tensor, form: FloatFormat) -> Tensor:
    """Numbers that bit patterns stand for: float64.

    >>> decode(torch.tensor([0b0_01111_1000000000, 0b1_11111_0000000000]), FORMATS["fp16"])
    tensor([1.5000,   -inf], dtype=torch.float64)
    """
    sign, exponent, mantissa = fields(bits, form)
    whole = mantissa + ((exponent > 0).long() << form.mantissa_bits)  # the hidden one
    power = (exponent.clamp(min=1) - form.bias - form.mantissa_bits).double()
    value = whole.double() * torch.exp2(power) * (1 - 2 * sign)
    return _with_specials(value, sign, exponent, mantissa, form)


def _with_specials(
    value: Tensor, sign: Tensor, exponent: Tensor, mantissa: Tensor, form: FloatFormat
) -> Tensor:
    top = exponent == 2**form.exponent_bits - 1
    if form.specials == "fnuz":
        nan = (sign == 1) & (exponent == 0) & (mantissa == 0)
    elif form.specials == "fn":
        nan = top & (mantissa == 2**form.mantissa_bits - 1)
    else:
        nan = top & (mantissa > 0)
        value = torch.where(top, (1 - 2 * sign) * torch.inf, value)
    return torch.where(nan, torch.nan, value)


# ---------------------------------------------------------------- small integers


def pack(integers: Tensor, bits: int, signed: bool = True) -> Tensor:
    """Integers as uint8 with no bit between them, lowest bits first: ceil(numel * bits / 8) bytes.

    bits: 1…16. Raises ValueError if a value does not fit or is not whole.

    >>> pack(torch.tensor([1, -2, 3]), bits=4)  # 1 | 14 << 4, then 3
    tensor([225,   3], dtype=torch.uint8)
    """
    low, flat = _lowest(bits, signed), integers.flatten().long()
    if integers.is_floating_point() and not torch.equal(flat.to(integers), integers.flatten()):
        raise ValueError(f"only whole numbers can be packed, got {integers}")
    if flat.numel() and not (low <= flat.min() and flat.max() < low + 2**bits):
        limits = f"{low}…{low + 2**bits - 1}"
        raise ValueError(f"{bits} bits hold {limits}, got {flat.min().item()}…{flat.max().item()}")
    stream = (flat[:, None] >> _places(bits, flat)) & 1  # (numel, bits); two's complement
    stream = F.pad(stream.flatten(), (0, -stream.numel() % 8)).reshape(-1, 8)  # (bytes, 8)
    return (stream << _places(8, flat)).sum(dim=1).to(torch.uint8)


def unpack(packed: Tensor, bits: int, shape: tuple[int, ...], signed: bool = True) -> Tensor:
    """Inverse of `pack`: int32 of the given shape.

    >>> unpack(torch.tensor([225, 3], dtype=torch.uint8), 4, (3,))
    tensor([ 1, -2,  3], dtype=torch.int32)
    """
    low, count = _lowest(bits, signed), torch.Size(shape).numel()
    if packed.numel() != -(-count * bits // 8):
        raise ValueError(f"{count} numbers of {bits} bits do not fit {packed.numel()} bytes")
    stream = (packed.long()[:, None] >> _places(8, packed)) & 1  # (bytes, 8)
    digits = stream.flatten()[: count * bits].reshape(count, bits)
    values = (digits << _places(bits, packed)).sum(dim=1)
    if signed:
        values += 2 * low * digits[:, -1]  # two's complement: the highest bit counts negatively
    return values.int().reshape(shape)


def _lowest(bits: int, signed: bool) -> int:
    """The lowest number of so many bits."""
    if not isinstance(bits, int) or not 1 <= bits <= 16:
        raise ValueError(f"bits must be a whole number in 1…16, got {bits!r}")
    return -(2 ** (bits - 1)) if signed else 0


def _places(count: int, like: Tensor) -> Tensor:
    """0, 1, … count - 1, on the device of a tensor."""
    return torch.arange(count, device=like.device)


def pack_int4(integers: Tensor) -> Tensor:
    """Two 4-bit integers (-8…7) in a byte, the first in the low half: uint8 (ceil(n / 2),).

    Raises ValueError if a value does not fit.

    >>> pack_int4(torch.tensor([1, -1, 7]))
    tensor([241,   7], dtype=torch.uint8)
    """
    return pack(integers, bits=4)


def unpack_int4(packed: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Inverse of `pack_int4`: int32 of the given shape.

    >>> unpack_int4(torch.tensor([241, 7], dtype=torch.uint8), (3,))
    tensor([ 1, -1,  7], dtype=torch.int32)
    """
    return unpack(packed, 4, shape)


# ---------------------------------------------------------------- one and two bits


def binarize(weight: Tensor) -> tuple[Tensor, Tensor]:
    """Signs (+1 or -1, 0 counts as +1) and the scale that fits best: the mean magnitude.

    Rastegari et al. 2016 (XNOR-Net), equation 6; one scale an output (outputs,).

    >>> binarize(torch.tensor([[0.5, -1.5]]))
    (tensor([[ 1., -1.]]), tensor([1.]))
    """
    signs = torch.where(weight >= 0, 1.0, -1.0)
    return signs, _outputs(weight).abs().mean(dim=1)


def ternarize(weight: Tensor) -> tuple[Tensor, Tensor]:
    """Values of -1, 0, +1 and the scale, an output, that together have the least squared error.

    For a threshold that keeps the k largest magnitudes the best scale is their mean and the error
    falls by (sum of them)^2 / k; all k are tried. (Li & Liu 2016 approximate the threshold.)

    >>> ternarize(torch.tensor([[4.0, -6.0, 0.5, 0.0]]))
    (tensor([[ 1., -1.,  0.,  0.]]), tensor([5.]))
    """
    rows = _outputs(weight)
    ordered, order = rows.abs().sort(dim=1, descending=True, stable=True)
    places = _places(rows.shape[1], rows)
    sums = ordered.cumsum(dim=1)
    kept = (sums.square() / (places + 1)).argmax(dim=1, keepdim=True)  # (outputs, 1), as an index
    keeps = torch.zeros_like(rows, dtype=torch.bool).scatter(1, order, places <= kept)
    values = torch.where(keeps, rows.sign(), torch.zeros_like(rows))
    scale = (sums.gather(1, kept) / (kept + 1)).squeeze(1)
    return values.reshape(weight.shape), scale


def _outputs(weight: Tensor) -> Tensor:
    """The weights of each output in a row: (outputs, ...) → (outputs, rest)."""
    if weight.numel() == 0:
        raise ValueError(f"no weights: the tensor has shape {tuple(weight.shape)}")
    return weight.detach().flatten(1)


def pack_signs(x: Tensor) -> Tensor:
    """Signs along the last dimension as bits (1 for >= 0): (..., n) → uint8 (..., ceil(n / 8)).

    The bits that fill the last byte are 0.

    >>> pack_signs(torch.tensor([1.0, -1.0, -1.0, 1.0]))
    tensor([9], dtype=torch.uint8)
    """
    signs = F.pad((x >= 0).long(), (0, -x.shape[-1] % 8)).unflatten(-1, (-1, 8))  # (..., bytes, 8)
    return (signs << _places(8, signs)).sum(-1).to(torch.uint8)


def xnor_dot(a: Tensor, b: Tensor, n: int) -> Tensor:
    """Dot product of two vectors of n signs, packed: int64 (...).

    Equal signs add 1 and unequal ones -1: n - 2 popcount(a xor b), which is XNOR and popcount.

    >>> a, b = torch.tensor([1.0, -1.0, 1.0]), torch.tensor([1.0, 1.0, 1.0])
    >>> xnor_dot(pack_signs(a), pack_signs(b), 3)
    tensor(1)
    """
    if a.shape[-1] != b.shape[-1] or a.shape[-1] != -(-n // 8):
        sizes = f"{a.shape[-1]} and {b.shape[-1]}"
        raise ValueError(f"{n} signs take {-(-n // 8)} bytes, got {sizes}")
    return n - 2 * _POPCOUNT.to(a.device)[(a ^ b).long()].sum(-1)


_POPCOUNT = torch.tensor([byte.bit_count() for byte in range(256)])


# ---------------------------------------------------------------- mixed-precision training


class LossScaler:
    """Keeps small gradients above the underflow of FP16 (Micikevicius et al. 2018, section 3.2).

    Multiply the loss by `scale`, call `unscale` on the gradients, and step only if it says that
    all are finite. After an overflow the scale is halved; after `patience` good steps doubled.

    >>> scaler, weight = LossScaler(scale=4.0), torch.zeros(2, requires_grad=True)
    >>> (weight.sum() * scaler.scale).backward()
    >>> scaler.unscale([weight]), weight.grad
    (True, tensor([1., 1.]))
    """

    def __init__(self, scale: float = 2.0**16, patience: int = 2000) -> None:
        if scale <= 0 or patience < 1:
            raise ValueError(f"need scale > 0 and patience >= 1, got {scale} and {patience}")
        self.scale, self.patience, self._good = scale, patience, 0

    @torch.no_grad()
    def unscale(self, parameters: Iterable[Tensor]) -> bool:
        """Divide the gradients by the scale, in place; adapt the scale; say if all are finite."""
        gradients = [p.grad for p in parameters if p.grad is not None]
        finite = all(bool(torch.isfinite(g).all()) for g in gradients)
        for gradient in gradients:
            gradient.div_(self.scale)
        self._adapt(finite)
        return finite

    def _adapt(self, finite: bool) -> None:
        self._good = self._good + 1 if finite else 0
        if not finite:
            self.scale /= 2
        elif self._good == self.patience:
            self.scale, self._good = self.scale * 2, 0
