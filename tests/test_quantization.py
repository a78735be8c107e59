"""Quantization against torch's own kernels, integers against their written specification."""

import copy
from fractions import Fraction
from math import floor

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from efficientai import numerics, profiling
from efficientai import quantization as qz
from efficientai.architectures import small_cnn
from efficientai.data import digits
from efficientai.training import accuracy, fit, seed_everything

BITS = st.integers(2, 8)
REALS = st.floats(-1000, 1000, width=32)


def random(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


# ---------------------------------------------------------------- there and back


@given(REALS, REALS, BITS, st.booleans())
def test_affine_range_is_covered_and_zero_is_exact(a, b, bits, signed):
    low, high = sorted([a, b])
    q = qz.affine_qparams(low, high, bits, signed=signed)
    ends = qz.dequantize(qz.quantize(torch.tensor([low, 0.0, high]), q), q)
    assert ends[1] == 0
    # the zero point is rounded, so that an end may be cut by half a step
    tolerance = q.scale.item() * 0.5001 + 1e-5
    assert abs(ends[0] - low) <= tolerance and abs(ends[2] - high) <= tolerance


@given(BITS, st.booleans())
def test_every_integer_comes_back(bits, signed):
    """quantize(dequantize(n)) = n for all integers of the range."""
    q = qz.affine_qparams(-1.7, 2.9, bits, signed=signed)
    integers = torch.arange(q.low, q.high + 1)
    assert torch.equal(qz.quantize(qz.dequantize(integers, q), q).long(), integers)


@given(st.integers(0, 99), BITS)
def test_error_is_at_most_half_a_step(seed, bits):
    x = random(50, seed=seed)
    q = qz.symmetric_qparams(x.abs().max(), bits)
    error = (qz.dequantize(qz.quantize(x, q), q) - x).abs().max()
    assert error <= q.scale / 2 * (1 + 1e-5)


@given(st.integers(0, 99))
def test_agrees_with_torch_per_tensor_and_per_channel(seed):
    """torch multiplies by 1/scale where we divide: at most one step apart, and rarely."""
    x = random(40, 6, seed=seed)
    q = qz.affine_qparams(-1.0, 1.5)
    theirs = torch.fake_quantize_per_tensor_affine(x, q.scale, q.zero_point, q.low, q.high)
    ours = qz.fake_quantize(x, q)
    assert ((ours - theirs) / q.scale).abs().max() <= 1.001
    assert (ours != theirs).float().mean() < 0.01
    q = qz.weight_qparams(x.T.contiguous())
    theirs = torch.fake_quantize_per_channel_affine(
        x.T.contiguous(), q.scale, q.zero_point, 0, q.low, q.high
    )
    ours = qz.fake_quantize(x.T.contiguous(), q)
    assert (ours != theirs).float().mean() < 0.01


def test_gradient_is_that_of_torch():
    x = torch.linspace(-2, 2, 41).requires_grad_()
    q = qz.affine_qparams(-1.0, 1.0)
    qz.fake_quantize(x, q).sum().backward()
    ours, x.grad = x.grad, None
    torch.fake_quantize_per_tensor_affine(x, q.scale, q.zero_point, q.low, q.high).sum().backward()
    assert torch.equal(ours, x.grad) and 0 < ours.sum() < 41


def test_halves_go_to_the_even_neighbour():
    q = qz.symmetric_qparams(127.0)
    x = torch.tensor([0.5, 1.5, 2.5, -0.5, -1.5])
    assert qz.quantize(x, q).tolist() == [0, 2, 2, 0, -2]


def test_saturation_by_hand():
    """2 bits over [-1, 2]: scale 1, zero point 1, integers 0…3."""
    q = qz.affine_qparams(-1.0, 2.0, bits=2)
    assert (q.scale.item(), q.zero_point.item(), q.low, q.high) == (1.0, 1, 0, 3)
    assert qz.quantize(torch.tensor([-9.0, -1, 0, 1, 2, 9e30]), q).tolist() == [0, 0, 1, 2, 3, 3]


def test_all_zero_tensor_survives():
    for q in (qz.symmetric_qparams(0.0), qz.affine_qparams(0.0, 0.0)):
        assert qz.fake_quantize(torch.zeros(3), q).tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: qz.integer_range(0), r"2…16, got 0"),
        (lambda: qz.integer_range(4.0), r"got 4\.0"),
        (lambda: qz.affine_qparams(2.0, 1.0), "low <= high"),
        (lambda: qz.affine_qparams(float("nan"), 1.0), "finite bounds"),
        (lambda: qz.symmetric_qparams(-1.0), "finite and >= 0"),
        (lambda: qz.quantize(torch.tensor([float("nan")]), qz.symmetric_qparams(1.0)), "1 of 1"),
        (lambda: qz.minmax_range(torch.zeros(0, 3)), r"shape \(0, 3\)"),
        (lambda: qz.percentile_range(torch.ones(3), 20), "got 20"),
        (lambda: qz.quantize_model(nn.ReLU()), "ReLU has no"),
        (lambda: qz.calibrate(nn.ReLU(), torch.rand(2, 2)), "ReLU has no"),
        (lambda: qz.mse_range(torch.rand(3), steps=0), "steps=0"),
        (lambda: qz.requantizer(torch.tensor(0.0)), "must be positive"),
        (lambda: qz.requantizer(torch.tensor(float("inf"))), "finite, got inf"),
        (lambda: qz.pack(torch.tensor([8]), 4), r"4 bits hold -8…7, got 8…8"),
        (lambda: qz.pack(torch.tensor([1]), 17), "got 17"),
        (lambda: qz.pack(torch.tensor([1]), 0), "got 0"),
        (lambda: qz.pack(torch.tensor([1.5]), 4), r"whole numbers.*1\.5"),
        (lambda: qz.unpack(torch.zeros(1, dtype=torch.uint8), 0, (3,)), "got 0"),
        (lambda: qz.unpack(torch.zeros(1, dtype=torch.uint8), 4, (3,)), "3 numbers of 4 bits"),
        (lambda: qz.kmeans_codebook(torch.tensor([float("inf")]), 2), "cannot cluster"),
        (lambda: qz.kmeans_codebook(torch.ones(2), 0), "got 0"),
        (lambda: qz.kmeans_codebook(torch.ones(2), 2.5), r"got 2\.5"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# ---------------------------------------------------------------- calibration


def test_ranges_per_channel_are_those_of_each_channel():
    x = random(3, 4, 5)
    for range_of in (qz.minmax_range, qz.percentile_range, qz.mse_range):
        low, high = range_of(x, axis=1)
        for channel in range(4):
            alone = range_of(x[:, channel])
            torch.testing.assert_close((low[channel], high[channel]), alone)


def test_percentile_equals_torch_quantile():
    x = random(1001)
    low, high = qz.percentile_range(x, 99)
    torch.testing.assert_close(low, x.quantile(0.01))
    torch.testing.assert_close(high, x.quantile(0.99))


def test_mse_range_beats_minmax_on_outliers_and_brute_force_finds_none_better():
    x = torch.cat([random(2000), torch.tensor([25.0, -25.0])])

    def error(bounds):
        return (qz.fake_quantize(x, qz.affine_qparams(*bounds, 4)) - x).square().mean().item()

    best = error(qz.mse_range(x, 4))
    assert best < 0.6 * error(qz.minmax_range(x))
    low, high = qz.minmax_range(x)
    assert best == min(error((low * s / 100, high * s / 100)) for s in range(1, 101))


# ---------------------------------------------------------------- integer arithmetic


@given(st.floats(2**-27, 1000, width=32), st.integers(-(2**31), 2**31 - 1))
def test_requantize_is_rational_arithmetic(factor, accumulator):
    """The specification, in exact fractions: floor(a m / 2^s + 1/2)."""
    r = qz.requantizer(torch.tensor(factor))
    multiplier, shift = r.multiplier.item(), r.shift.item()
    assert 2**30 <= multiplier < 2**31
    assert abs(multiplier * 2.0**-shift / torch.tensor(factor).item() - 1) <= 2**-31
    if shift > 62 or (shift < 0 and accumulator.bit_length() + 31 - shift > 62):
        return
    exact = floor(Fraction(accumulator * multiplier, 1) / Fraction(2) ** shift + Fraction(1, 2))
    assert qz.requantize(torch.tensor(accumulator), r).item() == exact


@given(st.integers(0, 99), st.booleans())
@settings(max_examples=20)
def test_integer_linear_follows_its_specification(seed, biased):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randint(0, 256, (3, 7), generator=generator)
    w = torch.randint(-127, 128, (4, 7), generator=generator)
    b = torch.randint(-1000, 1000, (4,), generator=generator) if biased else None
    x_q, out_q = qz.affine_qparams(-1.0, 2.0), qz.affine_qparams(-3.0, 3.0)
    r = qz.requantizer(torch.rand(4, generator=generator) / 100 + 1e-4)
    ours = qz.integer_linear(x, w, b, r, x_q, out_q)
    for n in range(3):
        for o in range(4):
            total = sum((x[n, i].item() - x_q.zero_point.item()) * w[o, i].item() for i in range(7))
            total += b[o].item() if biased else 0
            scaled = Fraction(total * r.multiplier[o].item()) / 2 ** r.shift[o].item()
            expected = floor(scaled + Fraction(1, 2)) + out_q.zero_point.item()
            assert ours[n, o] == min(max(expected, 0), 255)


@pytest.mark.parametrize(
    ("layer", "x"),
    [
        (nn.Linear(20, 6), random(5, 20)),
        (nn.Linear(20, 6, bias=False), random(5, 20)),
        (nn.Conv2d(4, 6, 3, padding=1), random(2, 4, 8, 8)),
        (nn.Conv2d(4, 8, 3, stride=2, groups=2, dilation=2, padding=2), random(2, 4, 8, 8)),
        (nn.Conv2d(4, 4, 3, groups=4, bias=False), random(2, 4, 8, 8)),
    ],
)
def test_integer_layer_is_within_one_step_of_the_float_one(layer, x):
    """The float layer on the same rounded weights and inputs, rounded once at the end."""
    x_q = qz.affine_qparams(*qz.minmax_range(x))
    fake = qz.FakeQuantized(layer, 8, x_q)
    out_q = qz.affine_qparams(*qz.minmax_range(fake(x).detach()))
    integers = qz.IntegerLayer(layer, x_q, out_q)(qz.quantize(x, x_q))
    expected = qz.quantize(fake(x).detach(), out_q)
    assert (integers - expected).abs().max() <= 1
    assert (integers == expected).float().mean() > 0.98


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize("kind", ["linear", "conv2d"])
def test_agrees_with_torch_quantized_kernels_within_one_step(kind):
    """Weights of 7 bits, so that no kernel can overflow its 16-bit sums of two products."""
    layer = nn.Linear(20, 6) if kind == "linear" else nn.Conv2d(4, 6, 3, stride=2, padding=1)
    x = random(5, 20) if kind == "linear" else random(2, 4, 8, 8)
    x_q = qz.affine_qparams(*qz.minmax_range(x))
    out_q = qz.affine_qparams(*qz.minmax_range(layer(x).detach()))
    w_q = qz.weight_qparams(layer.weight, 7)
    theirs_w = torch.quantize_per_channel(
        layer.weight.detach(), w_q.scale, w_q.zero_point, 0, torch.qint8
    )
    theirs_x = torch.quantize_per_tensor(x, x_q.scale, x_q.zero_point, torch.quint8)
    ops, bias = torch.ops.quantized, layer.bias.detach()
    if kind == "linear":
        packed = ops.linear_prepack(theirs_w, bias)
        theirs = ops.linear(theirs_x, packed, out_q.scale.item(), out_q.zero_point.item())
    else:
        packed = ops.conv2d_prepack(theirs_w, bias, [2, 2], [1, 1], [1, 1], 1)
        theirs = ops.conv2d(theirs_x, packed, out_q.scale.item(), out_q.zero_point.item())
    ours = qz.IntegerLayer(layer, x_q, out_q, bits=7)(qz.quantize(x, x_q))
    difference = (theirs.int_repr().int() - ours).abs()
    assert difference.max() <= 1 and (difference == 0).float().mean() > 0.95


@st.composite
def odd_layers(draw):
    """A linear or convolution layer whose weights seldom fill whole bytes, and an input."""
    inputs, outputs, biased = draw(st.integers(1, 7)), draw(st.integers(1, 7)), draw(st.booleans())
    if draw(st.booleans()):
        return nn.Linear(inputs, outputs, bias=biased), random(3, inputs)
    kernel = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    groups = draw(st.sampled_from([1, inputs]))
    conv = nn.Conv2d(inputs, outputs * groups, kernel, groups=groups, padding=1, bias=biased)
    return conv, random(2, inputs, 4, 5)


@given(odd_layers(), BITS)
@settings(max_examples=60, deadline=None)
def test_packed_layer_computes_with_the_integers_it_was_given(pair, bits):
    """The same bytes and bits as from integers that were never packed."""
    layer, x = pair
    x_q, out_q = qz.affine_qparams(-2.0, 2.0), qz.affine_qparams(-3.0, 3.0)
    ours, w_q = qz.IntegerLayer(layer, x_q, out_q, bits), qz.weight_qparams(layer.weight, bits)
    integers, unit = qz.quantize(layer.weight.detach(), w_q), x_q.scale * w_q.scale
    assert torch.equal(ours.weight, integers)
    bias = None if layer.bias is None else (layer.bias.detach() / unit).round().int()
    function = qz.integer_linear if isinstance(layer, nn.Linear) else qz.integer_conv2d
    how = {} if isinstance(layer, nn.Linear) else {"padding": layer.padding, "groups": layer.groups}
    r, x = qz.requantizer(unit / out_q.scale), qz.quantize(x, x_q)
    assert torch.equal(ours(x), function(x, integers, bias, r, x_q, out_q, **how))
    # ceil(n bits / 8) bytes; int32 bias and multiplier and int16 shift an output; then of input
    # and output a float32 scale and an int32 zero point
    weights, outputs = layer.weight.numel(), len(layer.weight)
    rest = outputs * (4 + 2 + (4 if layer.bias is not None else 0)) + 2 * (4 + 4)
    assert profiling.weight_bytes(ours) == -(-weights * bits // 8) + rest
    assert ours.packed.dtype == torch.uint8 and not list(ours.parameters())


@pytest.mark.parametrize("bits", range(2, 9))
def test_the_file_of_an_integer_layer_is_small_and_all_of_it(bits, tmp_path):
    """What is counted as its file must be enough to compute with, in a layer of other numbers."""
    torch.manual_seed(3)
    ranges = [
        [qz.affine_qparams(-a, b) for a, b in two] for two in (((1, 1), (2, 2)), ((1, 3),) * 2)
    ]
    layer, other = (qz.IntegerLayer(nn.Linear(301, 33), *two, bits) for two in ranges)
    x = qz.quantize(random(7, 301), ranges[0][0])
    assert not torch.equal(layer(x), other(x))
    path = tmp_path / "archive.pt"  # its name is in the file; this is the one in a buffer
    torch.save(layer.state_dict(), path)
    numbers = -(-301 * 33 * bits // 8) + 33 * 10 + 16
    names = 6 * 512  # at most, of the file's format for each of six tensors
    size = path.stat().st_size
    assert size == profiling.serialized_bytes(layer) and numbers < size < numbers + names
    other.load_state_dict(torch.load(path))
    assert torch.equal(layer(x), other(x)) and layer.x_q == other.x_q and layer.out_q == other.out_q
    assert torch.equal(copy.deepcopy(other)(x), layer(x))
    with pytest.raises(RuntimeError, match="size mismatch for packed"):
        qz.IntegerLayer(nn.Linear(301, 33), *ranges[0], bits + 1).load_state_dict(
            layer.state_dict()
        )


def test_what_is_made_lies_where_the_input_does():
    """A new tensor without a device would be one without numbers here, and refuse to be mixed."""
    x, q = random(6, 9), qz.affine_qparams(-1.0, 1.0)
    layer, given = qz.IntegerLayer(nn.Linear(9, 2), q, q, 3), qz.quantize(x, q)
    with torch.device("meta"):
        made = [
            *qz.kmeans_codebook(x, 2),
            qz.unpack(qz.pack(given, 9), 9, given.shape),
            *qz.ternarize(x),
            numerics.xnor_dot(numerics.pack_signs(x), numerics.pack_signs(-x), 9),
            layer(given),
        ]
    assert not any(tensor.is_meta for tensor in made)


def test_an_integer_layer_is_whole_on_another_device():
    """Every tensor moves along; a tensor without numbers shows it on any machine."""
    q = qz.affine_qparams(-1.0, 1.0)
    for layer, x in (nn.Linear(5, 3), random(2, 5)), (nn.Conv2d(2, 3, 2), random(1, 2, 4, 4)):
        moved = qz.IntegerLayer(layer, q, q, bits=3).to("meta")
        y = moved(x.int().to("meta"))
        assert y.is_meta and y.shape == layer(x).shape and moved.x_q.scale.is_meta


def test_what_an_integer_layer_cannot_take_is_quoted():
    q, layer = qz.affine_qparams(0.0, 1.0), nn.Linear(2, 2)
    two = qz.affine_qparams(torch.zeros(2), torch.ones(2), axis=1)
    with pytest.raises(TypeError, match=r"got torch\.float32"):
        qz.IntegerLayer(layer, q, q)(torch.rand(1, 2))
    with pytest.raises(ValueError, match=r"got \(\) and \(2,\)"):
        qz.IntegerLayer(layer, q, two)
    for bits in (0, 1, 17, 4.0):
        with pytest.raises(ValueError, match=f"got {bits}"):
            qz.IntegerLayer(layer, q, q, bits)
    nn.init.constant_(layer.bias, float("nan"))
    with pytest.raises(ValueError, match="2 of 2 values are not finite"):
        qz.IntegerLayer(layer, q, q)
    nn.init.constant_(layer.weight, float("nan"))
    with pytest.raises(ValueError, match=r"got tensor.*nan"):
        qz.IntegerLayer(layer, q, q)


def test_relu_is_free_when_the_output_range_starts_at_zero():
    layer, x = nn.Linear(20, 6), random(5, 20)
    x_q = qz.affine_qparams(*qz.minmax_range(x))
    out = torch.relu(layer(x)).detach()
    out_q = qz.affine_qparams(*qz.minmax_range(out))
    ours = qz.dequantize(qz.IntegerLayer(layer, x_q, out_q)(qz.quantize(x, x_q)), out_q)
    assert (ours >= 0).all() and (ours - out).abs().max() < 0.05


def test_what_has_no_integer_form_is_refused():
    q = qz.affine_qparams(0.0, 1.0)
    with pytest.raises(TypeError, match="not ReLU"):
        qz.IntegerLayer(nn.ReLU(), q, q)
    with pytest.raises(ValueError, match="'circular'"):
        qz.IntegerLayer(nn.Conv2d(1, 1, 3, padding=1, padding_mode="circular"), q, q)


# ---------------------------------------------------------------- packing


@given(st.integers(1, 16), st.booleans(), st.integers(0, 40), st.integers(0, 99))
def test_pack_round_trip_and_size(bits, signed, count, seed):
    low = -(2 ** (bits - 1)) if signed else 0
    generator = torch.Generator().manual_seed(seed)
    values = torch.randint(low, low + 2**bits, (count,), generator=generator)
    packed = qz.pack(values, bits, signed)
    assert packed.dtype == torch.uint8 and len(packed) == -(-count * bits // 8)
    assert torch.equal(qz.unpack(packed, bits, (count,), signed).long(), values)
    number = int.from_bytes(bytes(packed.tolist()), "little")  # the stream as one whole number
    assert number == sum((v % 2**bits) << (i * bits) for i, v in enumerate(values.tolist()))


# ---------------------------------------------------------------- models


@pytest.fixture(scope="module")
def trained():
    seed_everything(0)
    split = digits()
    model = small_cnn()
    fit(model, split.train_x, split.train_y, epochs=3, lr=3e-3)
    return model.eval(), split


def test_eight_bits_change_little_and_two_bits_much_until_trained(trained):
    model, split = trained
    before = {k: v.clone() for k, v in model.state_dict().items()}
    full = accuracy(model, split.test_x, split.test_y)
    ranges = qz.calibrate(model, split.train_x[:256])
    eight = qz.quantize_model(model, weight_bits=8, inputs=ranges)
    assert accuracy(eight, split.test_x, split.test_y) > full - 0.01
    two = qz.quantize_model(model, weight_bits=2)
    rough = accuracy(two, split.test_x, split.test_y)
    fit(two, split.train_x, split.train_y, epochs=1, lr=1e-3)
    assert accuracy(two, split.test_x, split.test_y) > rough
    distinct = [
        len(qz.fake_quantize(w, qz.weight_qparams(w, 2))[0].unique()) for w in [two[0].layer.weight]
    ]
    assert max(distinct) <= 3
    assert all(torch.equal(before[k], v) for k, v in model.state_dict().items())


def test_calibration_sees_the_inputs_of_every_layer(trained):
    model, split = trained
    ranges = qz.calibrate(model, split.train_x[:64])
    assert list(ranges) == ["0", "3", "7", "12"]
    assert ranges["0"].zero_point == 0  # images start at 0
    assert ranges["0"].scale == pytest.approx(1 / 255)
    assert not model[0]._forward_pre_hooks


def test_folding_keeps_the_function(trained):
    model, split = trained
    folded = qz.fold_batch_norm(model)
    assert not any(isinstance(m, nn.BatchNorm2d) for m in folded.modules())
    torch.testing.assert_close(folded(split.test_x), model(split.test_x), rtol=1e-3, atol=1e-3)


# ---------------------------------------------------------------- sharing, one and two bits


@given(st.integers(0, 99), st.integers(1, 4))
def test_kmeans_is_a_fixed_point_with_nearest_entries(seed, bits):
    values = random(60, seed=seed)
    codebook, indices = qz.kmeans_codebook(values, bits, iterations=1000)
    distances = (values[:, None] - codebook).abs()
    chosen = distances.gather(1, indices[:, None]).squeeze(1)
    assert torch.all(chosen <= distances.amin(1) + 1e-6)
    for k, entry in enumerate(codebook):
        torch.testing.assert_close(values[indices == k].mean(), entry)


def test_kmeans_with_room_for_all_values_is_exact():
    values = torch.tensor([[3.0, -1.0], [3.0, 8.0]])
    codebook, indices = qz.kmeans_codebook(values, 8)
    assert torch.equal(codebook[indices], values) and len(codebook) == 3


def test_codebook_gradient_is_autograd():
    codebook = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    indices = torch.tensor([[0, 2, 0], [1, 1, 0]])
    upstream = random(2, 3)
    (codebook[indices] * upstream).sum().backward()
    torch.testing.assert_close(qz.codebook_gradient(upstream, indices, 3), codebook.grad)


@given(st.integers(0, 99))
@settings(max_examples=25)
def test_ternary_is_optimal(seed):
    """Brute force over all 3^6 sign patterns; the best scale of each is a projection."""
    weight = random(1, 6, seed=seed)
    values, scale = qz.ternarize(weight)
    patterns = torch.cartesian_prod(*[torch.tensor([-1.0, 0, 1])] * 6)[:, :]
    patterns = patterns[patterns.abs().sum(1) > 0]
    scales = (patterns @ weight[0]) / patterns.square().sum(1)
    errors = (weight - scales[:, None] * patterns).square().sum(1)
    ours = (weight - scale[:, None] * values).square().sum()
    assert ours <= errors.min() + 1e-5


def test_binary_scale_is_the_projection():
    weight = random(3, 8)
    signs, scale = qz.binarize(weight)
    torch.testing.assert_close(scale, (signs * weight).sum(1) / 8)
    assert qz.binarize(torch.zeros(1, 2))[0].tolist() == [[1, 1]]
