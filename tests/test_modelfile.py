"""Model files: counts against torch, arithmetic against plain Python, every kind of bad input."""

import random
import struct

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from efficientai import modelfile, profiling
from efficientai.modelfile import CONV, LINEAR, Layer, ModelFileError, export, read
from efficientai.quantization import FakeQuantized, fold_batch_norm, weight_qparams
from efficientai.training import seed_everything


def network(seed=0):
    seed_everything(seed)
    model = nn.Sequential(
        *(nn.Conv2d(1, 6, (3, 4), (2, 1), (1, 0), bias=False), nn.BatchNorm2d(6), nn.ReLU()),
        *(nn.Conv2d(6, 6, (3, 1), padding=(1, 0), groups=6), nn.ReLU(), nn.Dropout(0.5)),
        nn.MaxPool2d((2, 1)),
        nn.Sequential(nn.Conv2d(6, 5, 1), nn.BatchNorm2d(5), nn.ReLU()),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(5, 3)),
    )
    with torch.no_grad():
        model.train()(inputs(64))  # gives the norms something to fold
    return model.eval()


def inputs(count=32, seed=1):
    return torch.rand(count, 1, 12, 9, generator=torch.Generator().manual_seed(seed))


# ---------------------------------------------------------------- what a file is


@pytest.mark.parametrize("bits", [8, 5, 3])
def test_macs_and_shapes_are_torchs_and_the_bytes_are_the_files(bits):
    model, x = network(), inputs()
    data = export(model, x, bits)
    found = read(data)
    assert found.macs == profiling.count_macs(fold_batch_norm(model), x[:1])
    assert found.flash_bytes == len(data) and found.outputs == 3
    assert found.shapes[1] == tuple(model[:3](x)[0].shape)
    # by hand: 1x12x9, 6x6x6, 6x6x6, 6x3x6, 5x3x6, 5, 3; the peak is at the depthwise layer
    assert [len(s) for s in found.shapes] == [3] * 7
    assert found.peak_ram_bytes == 216 + 216


def test_the_integers_compute_what_the_floats_do():
    model, x = network(), inputs(200)
    expected, scores = model(x), read(export(model, x))(x)
    assert scores.shape == (200, 3) and scores.min() >= 0 and scores.max() <= 255
    assert torch.equal(scores, scores.round())
    step = (expected.max().clamp(min=0) - expected.min().clamp(max=0)) / 255
    centred = scores - scores.mean(0)
    error = (centred * step - (expected - expected.mean(0))).abs().max()
    assert error < 8 * step


def test_one_layer_is_the_arithmetic_of_the_docstring():
    generator = torch.Generator().manual_seed(3)
    weight = torch.randint(-127, 128, (4, 6), generator=generator).to(torch.int8)
    bias = torch.randint(-5000, 5000, (4,), generator=generator)
    multiplier, shift = torch.tensor([40000, 33000, 65535, 32768]), torch.tensor([24, 22, 25, 23])
    layer = Layer(LINEAR, weight, bias, multiplier, shift, zero_out=17)
    model = read(modelfile.write((6, 1, 1), 1 / 255, 9, [layer]))
    x = torch.randint(0, 256, (50, 6), generator=generator)
    scores = model(((x - 9) / 255).float()[..., None, None])
    for row, found in zip(x.tolist(), scores.tolist(), strict=True):
        for o in range(4):
            total = sum(w * (v - 9) for w, v in zip(weight[o].tolist(), row, strict=True))
            product = (total + int(bias[o])) * int(multiplier[o])
            value = (product + (1 << (int(shift[o]) - 1))) >> int(shift[o])
            assert found[o] == min(max(value + 17, 0), 255)


def test_padding_is_the_real_zero():
    conv = nn.Conv2d(1, 1, 3, padding=1, bias=False)
    nn.init.ones_(conv.weight)
    x = torch.rand(8, 1, 5, 5) * 2 - 1  # the zero point is about 128
    model = read(export(nn.Sequential(conv), x))
    step = model(x)[:, 12].double()  # the middle has no padding, the corner has five
    corner = model(x)[:, 0].double()
    expected = conv(x).flatten(1).detach()
    slope = (expected[:, 12].std() / step.std()).item()
    assert torch.allclose(
        (corner - step) * slope, (expected[:, 0] - expected[:, 12]).double(), atol=4 * slope
    )


def test_zeros_are_stored_for_one_bit():
    layer = nn.Linear(80, 10, bias=False)
    dense = export(nn.Sequential(layer), torch.rand(9, 80, 1, 1), 8)
    with torch.no_grad():
        layer.weight[:, 8:] = 0  # 80 of 800 stay
    sparse = export(nn.Sequential(layer), torch.rand(9, 80, 1, 1), 8)
    left = int((read(sparse).layers[0].weight != 0).sum())
    assert len(dense) - len(sparse) == 800 - (100 + left)  # a byte each, against a bit each
    assert (read(sparse).layers[0].weight == 0).sum() >= 720


def test_trained_rounding_is_the_rounding_of_the_file():
    model, x = nn.Sequential(*modelfile._flat(network(2))), inputs()
    fake = nn.Sequential(
        *(FakeQuantized(m, 3) if isinstance(m, nn.Conv2d | nn.Linear) else m for m in model)
    )
    data = export(fake, x)
    assert {layer.bits for layer in read(data).layers if layer.weight is not None} == {3}
    first = read(data).layers[0].weight
    folded = fold_batch_norm(nn.Sequential(*model[:3]))[0].weight
    assert torch.equal(
        first.double(), (folded / weight_qparams(folded, 3).along(folded)[0]).round().double()
    )
    assert model[0].weight.requires_grad and isinstance(model[1], nn.BatchNorm2d)


def test_text_and_back():
    data = export(network(), inputs(), 4)
    text = modelfile.to_text(data)
    assert modelfile.from_text("\n  " + text.replace("\n", "\n    ") + "\n") == data
    with pytest.raises(ModelFileError, match="no model file"):
        modelfile.from_text("not § base 64")


# ---------------------------------------------------------------- bad input


def test_every_file_that_was_cut_off_is_refused():
    data = export(network(), inputs(), 4)
    for length in range(len(data)):
        with pytest.raises(ModelFileError):
            read(data[:length])
    with pytest.raises(ModelFileError, match="1 bytes follow"):
        read(data + b"\0")


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 10**6))
def test_a_damaged_file_is_refused_or_is_some_network(seed):
    """Never another exception, never more work than the limits allow."""
    draw, data = random.Random(seed), bytearray(export(network(), inputs(4), 4))
    for _ in range(draw.randint(1, 4)):
        data[draw.randrange(len(data))] = draw.randrange(256)
    try:
        model = read(bytes(data))
    except ModelFileError as error:
        assert len(str(error)) > 10
    else:
        assert model.macs <= modelfile.MOST_MACS
        if model.input_shape == (1, 12, 9) and model.macs < 10**6:
            assert model(inputs(2)).shape == (2, model.outputs)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_noise_is_no_model_file(noise):
    for data in (
        noise,
        b"EAI1" + noise,
        b"EAI1" + struct.pack("<3BfBB", 1, 9, 9, 0.01, 0, 2) + noise,
    ):
        try:
            read(data)
        except ModelFileError:
            continue


def head(layers=1, shape=(1, 9, 9), scale=0.01):
    return struct.pack("<4s3BfBB", b"EAI1", *shape, scale, 0, layers)


HUGE = (  # 255·255·255 inputs, each with nine weights
    head(shape=(255, 255, 255))
    + struct.pack("<BBHB", 2, 8, 9, 0)
    + 9 * struct.pack("<HBi", 1, 9, 0)
)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("text", "bytes, not str"),
        (None, "bytes, not NoneType"),
        (b"PK" + bytes(60), "head"),
        (head(0), "head"),
        (head(scale=float("nan")), "head"),
        (head(scale=float("inf")), "head"),
        (head(shape=(0, 9, 9)), "head"),
        (head() + b"\x07", "kind 7"),
        (head() + struct.pack("<5B", 4, 2, 0, 1, 1), "1 or more"),
        (head() + struct.pack("<5B", 4, 20, 1, 1, 1), "does not fit"),
        (head() + struct.pack("<BBHB", 2, 9, 1, 0), "2 to 8 bits"),
        (head() + struct.pack("<BBHB", 2, 8, 0, 0), "2 to 8 bits"),
        (head() + struct.pack("<BBH6BHB", 1, 8, 3, 1, 1, 1, 1, 0, 0, 2, 0), "no layer"),
        (head() + struct.pack("<BBHBHBi", 2, 8, 1, 0, 1, 0, 0) + bytes(81), "shift"),
        (head() + struct.pack("<BBHBHBi", 2, 8, 1, 0, 1, 60, 0) + bytes(81), "shift"),
        (bytes(2 << 20), "more than"),
        (HUGE, "too many"),
    ],
)  # fmt: skip
def test_bad_files_say_what_is_wrong(data, says):
    with pytest.raises(ModelFileError, match=says):
        read(data)


def test_a_network_that_is_too_large_is_refused_before_its_weights_matter():
    """255 inputs of 255x255 through 9 channels of 1x1: 149 million MACs out of 2.3 kB."""
    layer = struct.pack("<BBH6BHB", 1, 130, 9, 1, 1, 1, 1, 0, 0, 1, 0)
    data = head(shape=(255, 255, 255)) + layer + 9 * struct.pack("<HBi", 1, 9, 0) + bytes(2295)
    with pytest.raises(ModelFileError, match="too large"):
        read(data[: len(head()) + len(layer) + 63 + -(-2295 // 8)])


@pytest.mark.parametrize(
    ("model", "says"),
    [
        (nn.Sequential(nn.Conv2d(1, 2, 3), nn.Sigmoid()), "no integer form"),
        (nn.Sequential(nn.Conv2d(1, 2, 3, dilation=2)), "no such layer"),
        (nn.Sequential(nn.Conv2d(1, 2, 3, padding_mode="circular", padding=1)), "no such layer"),
        (nn.Sequential(nn.Conv2d(1, 2, 3, padding="same")), "in numbers"),
        (nn.Sequential(nn.AdaptiveAvgPool2d(2)), "no such layer"),
        (nn.Sequential(nn.MaxPool2d(2, padding=1)), "no such layer"),
        (nn.Sequential(nn.ReLU()), "no integer form"),
        (nn.Sequential(nn.BatchNorm2d(1), nn.Conv2d(1, 2, 3)), "no integer form"),
        (nn.Sequential(), "no layers"),
    ],
)
def test_networks_without_an_integer_form_are_refused(model, says):
    with pytest.raises(ModelFileError, match=says):
        export(model, inputs(2))


@pytest.mark.parametrize("bits", [1, 9, [8], [8, 8, 8, 1], 2.5])
def test_impossible_widths_are_refused(bits):
    with pytest.raises((ModelFileError, TypeError)):
        export(network(), inputs(2), bits)


def test_other_inputs_are_refused():
    model = read(export(network(), inputs(2)))
    with pytest.raises(ValueError, match=r"need inputs \(N, \*\(1, 12, 9\)\)"):
        model(torch.zeros(2, 1, 9, 12))


def test_a_dead_channel_and_a_dead_network_are_written():
    model = network()
    with torch.no_grad():
        model[0].weight[2] = 0
        model[3].weight.zero_()
    assert read(export(model, inputs()))(inputs()).shape == (32, 3)
    conv = Layer(CONV, torch.ones(1, 1, 1, 1, dtype=torch.int8), *torch.tensor([[0], [1], [1]]))
    assert read(modelfile.write((1, 2, 2), 0.1, 0, [conv])).macs == 4
