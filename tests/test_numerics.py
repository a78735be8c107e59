"""Every value of torch's own 8- and 16-bit formats, bit by bit; the rest by properties."""

import struct

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from efficientai import numerics as nu
from efficientai.numerics import FORMATS, FloatFormat

THEIRS = {
    "fp16": torch.float16,
    "bf16": torch.bfloat16,
    "fp8_e5m2": torch.float8_e5m2,
    "fp8_e4m3": torch.float8_e4m3fn,
    "fp8_e5m2fnuz": torch.float8_e5m2fnuz,
    "fp8_e4m3fnuz": torch.float8_e4m3fnuz,
}


def all_patterns(name):
    """Every bit pattern, as int64, and what torch says it is, as float64."""
    form, dtype = FORMATS[name], THEIRS[name]
    patterns = torch.arange(2**form.bits)
    stored = patterns.to(torch.uint8 if form.bits == 8 else torch.uint16)
    return patterns, stored.view(dtype).to(torch.float32).double()


def same(a, b):
    """Equal numbers, the sign of zero included, and NaN where NaN is."""
    both = torch.isnan(a) & torch.isnan(b)
    return bool((both | ((a == b) & (torch.signbit(a) == torch.signbit(b)))).all())


@pytest.mark.parametrize("name", THEIRS)
def test_every_bit_pattern_decodes_as_in_torch(name):
    patterns, values = all_patterns(name)
    assert same(nu.decode(patterns, FORMATS[name]), values)


@pytest.mark.parametrize("name", THEIRS)
def test_every_value_encodes_to_its_own_bits(name):
    patterns, values = all_patterns(name)
    numbers = ~torch.isnan(values)
    assert torch.equal(nu.encode(values[numbers], FORMATS[name]), patterns[numbers])
    assert torch.isnan(nu.decode(nu.encode(values[~numbers], FORMATS[name]), FORMATS[name])).all()


@pytest.mark.parametrize("name", THEIRS)
def test_rounding_is_that_of_torch_at_every_value_and_every_tie(name):
    """All values, all midpoints between neighbours, and the float32 numbers beside those."""
    _, values = all_patterns(name)
    ordered = values[torch.isfinite(values)].unique()
    middle = ((ordered[1:] + ordered[:-1]) / 2).float()  # exact: one bit more than the format
    beside = [torch.nextafter(middle, torch.full_like(middle, end)) for end in (-1e38, 1e38)]
    beyond = torch.tensor([1.0, 1.03, 1.07, 1.2, 2.0, 1e6]).double() * FORMATS[name].largest
    x = torch.cat([ordered.float(), middle, *beside, beyond.float(), -beyond.float()])
    x = torch.cat([x, torch.tensor([0.0, -0.0, float("inf"), float("-inf"), float("nan")])])
    theirs = x.to(THEIRS[name]).float().double()
    if name == "fp8_e4m3":  # newer torch saturates where the format's other mode gives NaN
        beyond = nu.round_to(x, FORMATS[name]).isnan() & (theirs.abs() == 448)
        assert (x[beyond].abs() > 464).all()  # the midpoint of 448 and 480 is even at 448
        theirs[beyond] = torch.nan
    assert same(nu.round_to(x, FORMATS[name]), theirs)


@pytest.mark.parametrize("name", THEIRS)
def test_properties_are_those_of_torch_finfo(name):
    form, info = FORMATS[name], torch.finfo(THEIRS[name])
    assert (form.largest, form.smallest_normal) == (info.max, info.smallest_normal)
    eps = 2.0**-2 if name == "fp8_e5m2fnuz" else info.eps  # two bits; torch before 2.15 says 1/8
    assert (form.epsilon, form.bits) == (eps, info.bits)
    assert form.smallest == info.smallest_normal * eps


@given(st.floats(width=32))
def test_fp32_is_the_machines_own(x):
    (bits,) = struct.unpack("<I", struct.pack("<f", x))
    if x == x:
        assert nu.encode(torch.tensor(x), FORMATS["fp32"]).item() == bits
    assert same(nu.decode(torch.tensor(bits), FORMATS["fp32"]), torch.tensor(x).double())


@given(st.floats())
def test_fp64_is_the_machines_own(x):
    (bits,) = struct.unpack("<q", struct.pack("<d", x))
    value = torch.tensor(x, dtype=torch.float64)
    if x == x:
        assert nu.encode(value, FORMATS["fp64"]).item() == bits
    assert same(nu.decode(torch.tensor(bits), FORMATS["fp64"]), value)


@given(st.floats(allow_nan=False))
def test_float64_rounds_to_fp32_as_the_machine_does(x):
    value = torch.tensor(x, dtype=torch.float64)
    assert same(nu.round_to(value, FORMATS["fp32"]), value.float().double())


@given(st.floats(width=32), st.integers(2, 8), st.integers(1, 23))
def test_rounding_is_idempotent_and_odd(x, e, m):
    form, x = FloatFormat(e, m), torch.tensor(x)
    once = nu.round_to(x, form)
    assert same(nu.round_to(once, form), once)
    assert same(nu.round_to(-x, form), -once)
    assert same(nu.decode(nu.encode(x, form), form), once)


def test_tf32_keeps_ten_bits_over_the_range_of_fp32():
    x = torch.tensor([1 + 2**-10, 1 + 2**-11, 1 + 3 * 2**-11, 3e38])
    assert nu.round_to(x, FORMATS["tf32"])[:3].tolist() == [1 + 2**-10, 1.0, 1 + 2**-9]
    assert torch.isfinite(nu.round_to(x, FORMATS["tf32"])).all()


@given(st.floats(-1000, 1000), st.integers(0, 99))
def test_stochastic_rounding_takes_a_neighbour_and_keeps_what_fits(x, seed):
    form, generator = FORMATS["fp8_e5m2"], torch.Generator().manual_seed(seed)
    value = torch.tensor([x], dtype=torch.float64)
    y = nu.round_stochastically(value, form, generator)
    assert same(nu.round_to(y, form), y)  # a number of the format
    nearest = nu.round_to(value, form)
    assert (y - value).abs() <= 2.0**-2 * max(abs(x), form.smallest_normal)
    assert torch.equal(nu.round_stochastically(nearest, form, generator), nearest)


def test_stochastic_rounding_is_right_on_average():
    """1000 steps of 2^-10 on a bfloat16 sum stick at 1 when rounded to nearest; at random not."""
    form, generator = FORMATS["bf16"], torch.Generator().manual_seed(0)
    nearest, fair = torch.ones(200, dtype=torch.float64), torch.ones(200, dtype=torch.float64)
    for _ in range(1000):
        nearest = nu.round_to(nearest + 2**-10, form)
        fair = nu.round_stochastically(fair + 2**-10, form, generator)
    assert (nearest == 1).all()
    assert fair.mean().item() == pytest.approx(1 + 1000 * 2**-10, abs=0.02)


@pytest.mark.parametrize(
    ("e", "m", "s"), [(1, 3, "ieee"), (12, 3, "ieee"), (4, 0, "fn"), (4, 53, "fn")]
)
def test_impossible_formats_are_refused(e, m, s):
    with pytest.raises(ValueError, match=f"got {e} exponent and {m} mantissa"):
        FloatFormat(e, m, s)
    with pytest.raises(ValueError, match="'none'"):
        FloatFormat(4, 3, "none")
    with pytest.raises(ValueError, match="11 exponent bits are for 'ieee' alone, got 'fn'"):
        FloatFormat(11, 10, "fn")  # its numbers beyond float64 could not be told


@given(st.lists(st.integers(-8, 7)))
def test_int4_round_trip(values):
    packed = nu.pack_int4(torch.tensor(values))
    assert packed.nbytes == -(-len(values) // 2)
    assert nu.unpack_int4(packed, (len(values),)).tolist() == values


@given(st.integers(1, 70), st.integers(0, 99))
def test_xnor_dot_is_the_float_dot_product(n, seed):
    signs = torch.randint(0, 2, (2, 3, n), generator=torch.Generator().manual_seed(seed)) * 2.0 - 1
    a, b = signs
    ours = nu.xnor_dot(nu.pack_signs(a), nu.pack_signs(b), n)
    assert torch.equal(ours, (a * b).sum(-1).long())


def test_xnor_refuses_unequal_lengths():
    a = nu.pack_signs(torch.ones(16))
    with pytest.raises(ValueError, match="17 signs take 3 bytes, got 2 and 2"):
        nu.xnor_dot(a, a, 17)


def half_gradient(scale):
    """Gradient of 1e-8 * w through FP16, where it lies below the smallest number, 6e-8."""
    weight = nn.Parameter(torch.ones(1))
    loss = weight * 1e-8
    loss.backward(torch.tensor([scale]))
    weight.grad = weight.grad.half().float()
    return weight


def test_loss_scaling_saves_a_gradient_that_would_vanish():
    assert half_gradient(1.0).grad == 0
    scaler, weight = nu.LossScaler(scale=1024.0), half_gradient(1024.0)
    assert scaler.unscale([weight]) and weight.grad.item() == pytest.approx(1e-8, rel=1e-2)


def test_scale_falls_after_an_overflow_and_grows_after_patience():
    scaler, weight = nu.LossScaler(scale=8.0, patience=2), nn.Parameter(torch.ones(1))
    for gradient, fine, scale in [
        (float("inf"), False, 4),
        (1, True, 4),
        (1, True, 8),
        (1, True, 8),
    ]:
        weight.grad = torch.tensor([float(gradient)])
        assert scaler.unscale([weight]) is fine and scaler.scale == scale
    with pytest.raises(ValueError, match="got 0 and 5"):
        nu.LossScaler(0, 5)
