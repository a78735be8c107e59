"""The fast int8 and bfloat16 paths against their references, step by step."""

import copy

import onnx
import pytest
import torch
from torch import nn

from efficientai import backends
from efficientai import quantization as qz
from efficientai.architectures import lenet_300_100, small_cnn, small_resnet
from efficientai.data import digits
from efficientai.numerics import FORMATS, round_to
from efficientai.training import accuracy, fit, seed_everything


def random(*shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


LAYERS = [
    (nn.Linear(20, 6), random(5, 20)),
    (nn.Linear(20, 6, bias=False), random(1, 20)),
    (nn.Conv2d(4, 6, 3, padding=1), random(2, 4, 8, 8)),
    (nn.Conv2d(4, 8, 3, stride=2, groups=2, dilation=2, padding=2), random(2, 4, 8, 8)),
    (nn.Conv2d(4, 5, (1, 3), stride=(2, 1), padding=(0, 1), bias=False), random(2, 4, 8, 9)),
]


def within_one_step(ours, expected):
    difference = (ours.int() - expected).abs()
    return difference.max() <= 1 and (difference == 0).float().mean() > 0.95


@pytest.mark.parametrize(("layer", "x"), LAYERS)
@pytest.mark.parametrize("relu", [False, True])
def test_layer_is_within_one_step_of_the_specification(layer, x, relu):
    """A layer that passes its input on shows the bytes: its weights are 127 steps of 1/127."""
    out = layer(x).detach()
    count = out[0].numel()
    shown = nn.Linear(count, count, bias=False)
    nn.init.eye_(shown.weight)
    layers = [layer, *([nn.ReLU()] * relu), nn.Flatten(), shown]
    x_q = qz.affine_qparams(*qz.minmax_range(x))
    out_q = qz.affine_qparams(*qz.minmax_range(out.relu() if relu else out))
    reals = backends.int8_model(nn.Sequential(*layers), x)(x).reshape(out.shape)
    expected = qz.IntegerLayer(layer, x_q, out_q)(qz.quantize(x, x_q))
    assert within_one_step(qz.quantize(reals, out_q), expected)
    torch.testing.assert_close(reals, qz.dequantize(qz.quantize(reals, out_q), out_q))


@pytest.mark.parametrize(("layer", "x"), LAYERS)
def test_torchs_own_kernels_are_within_one_step_of_the_specification(layer, x):
    onednn, w_q = torch.ops.onednn, qz.weight_qparams(layer.weight)
    x_q, out_q = (qz.affine_qparams(*qz.minmax_range(v)) for v in (x, layer(x).detach()))
    integers, weight = qz.quantize(x, x_q), qz.quantize(layer.weight.detach(), w_q).char()
    x_how, out_how = ((q.scale.item(), q.zero_point.item()) for q in (x_q, out_q))
    bias = None if layer.bias is None else layer.bias.detach()
    end = (*out_how, torch.uint8, "none", [], "")
    if isinstance(layer, nn.Linear):
        kernel, how, packed = onednn.qlinear_pointwise, (), onednn.qlinear_prepack(weight, None)
    else:
        how = list(layer.stride), list(layer.padding), list(layer.dilation), layer.groups
        packed = onednn.qconv_prepack(weight, w_q.scale, *x_how, *how, None)
        kernel = onednn.qconv_pointwise
    x_bytes = integers.to(torch.uint8)
    theirs = kernel(x_bytes, *x_how, packed, w_q.scale, w_q.zero_point, bias, *how, *end)
    assert within_one_step(theirs, qz.IntegerLayer(layer, x_q, out_q)(integers))


@pytest.mark.parametrize(("layer", "x"), LAYERS)
def test_float_output_is_that_of_the_rounded_layer(layer, x):
    expected = qz.FakeQuantized(layer, 8, qz.affine_qparams(*qz.minmax_range(x)))(x)
    ours = backends.int8_model(nn.Sequential(layer), x)(x)
    torch.testing.assert_close(ours, expected, rtol=1e-4, atol=1e-4)
    ours = backends.int8_model(nn.Sequential(layer, nn.ReLU()), x)(x)
    torch.testing.assert_close(ours, expected.relu(), rtol=1e-4, atol=1e-4)


@pytest.fixture(scope="module", params=[lenet_300_100, small_cnn])
def trained(request):
    """A network that knows the digits, and the digits."""
    split = digits()
    seed_everything(0)
    model = request.param()
    fit(model, split.train_x, split.train_y, epochs=4, lr=3e-3)
    return model.eval(), split


def test_whole_model_keeps_its_accuracy(trained):
    model, split = trained
    state = {k: v.clone() for k, v in model.state_dict().items()}
    int8 = backends.int8_model(model, split.train_x[:256])
    x, y = split.test_x, split.test_y
    assert accuracy(int8, x, y) >= accuracy(model, x, y) - 0.01
    assert all(torch.equal(state[k], v) for k, v in model.state_dict().items())


def test_file_holds_the_weights_as_bytes(trained):
    model, split = trained
    int8 = backends.int8_model(model, split.train_x[:256])
    stored = onnx.load_from_string(int8.file).graph.initializer
    weights = [t for t in stored if t.data_type == onnx.TensorProto.INT8 and len(t.dims) > 1]
    layers = [m for m in model.modules() if isinstance(m, nn.Linear | nn.Conv2d)]
    assert [tuple(t.dims) for t in weights] == [tuple(m.weight.shape) for m in layers]
    assert len(int8.file) < sum(4 * p.numel() for p in model.parameters()) / 2


def test_copy_and_saved_file_compute_the_same(trained):
    model, split = trained
    int8 = backends.int8_model(model, split.train_x[:256])
    expected = int8(split.test_x)
    assert torch.equal(copy.deepcopy(int8)(split.test_x), expected)
    assert torch.equal(backends.OnnxModel(int8.file)(split.test_x), expected)


def test_inputs_beyond_the_range_saturate():
    layer = nn.Linear(1, 1)
    int8 = backends.int8_model(nn.Sequential(layer), torch.tensor([[0.0], [1.0]]))
    far, edge = int8(torch.tensor([[-9.0], [9.0]])), int8(torch.tensor([[0.0], [1.0]]))
    assert torch.equal(far, edge)


def test_fp32_in_the_engine_computes_what_the_model_does(trained):
    model, split = trained
    engine = backends.fp32_model(model, split.train_x[:1])
    torch.testing.assert_close(engine(split.test_x), model(split.test_x), rtol=1e-3, atol=1e-4)
    assert len(engine.file) > sum(4 * p.numel() for p in model.parameters())


@pytest.mark.parametrize(
    "pool",
    [
        nn.MaxPool2d(2),
        nn.MaxPool2d(3, 2, 1),
        nn.MaxPool2d((2, 3), stride=(1, 2)),
        nn.MaxPool2d(3, 2, dilation=2, ceil_mode=True),
    ],
)
def test_pooling_of_bytes_is_that_of_floats(pool):
    x = random(2, 3, 20, 21)
    flat = nn.Sequential(pool, nn.Flatten())
    last = nn.Linear(flat(x).shape[1], 4)
    q = qz.affine_qparams(*qz.minmax_range(x))
    expected = qz.FakeQuantized(last, 8, q)(flat(qz.fake_quantize(x, q)))
    ours = backends.int8_model(nn.Sequential(pool, nn.Flatten(), last), x)(x)
    torch.testing.assert_close(ours, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([small_resnet()], "no ONNX form for BasicBlock"),
        ([nn.Flatten(), nn.ReLU(), nn.Linear(64, 2)], "no ONNX form for ReLU"),
        ([nn.Flatten(2), nn.Linear(64, 2)], r"no ONNX form for Flatten\(start_dim=2"),
        ([nn.Flatten()], "no linear or convolution"),
        ([nn.Conv2d(1, 1, 3), nn.Flatten()], r"must end with .* not Flatten"),
        ([nn.Conv2d(1, 1, 3, padding=1, padding_mode="circular")], "'circular'"),
        ([nn.Conv2d(1, 1, 3, padding="same")], "'same'"),
    ],
)
def test_what_has_no_onnx_form_is_named(layers, message):
    with pytest.raises(ValueError, match=message):
        backends.int8_model(nn.Sequential(*layers), torch.rand(4, 1, 8, 8))


def test_bf16_model_multiplies_rounded_numbers():
    """With weights and inputs of few bits every product is exact, and only the result rounds."""
    layer, x = nn.Linear(2, 3, bias=False), torch.tensor([[1.00390625, 3.0]])  # 1 + 2^-8: a tie
    layer.weight.data = torch.tensor([[1.0, 0.0], [0.0, 1.0], [256.0, 1.0]])
    exact = round_to(x, FORMATS["bf16"]) @ layer.weight.double().T
    ours = backends.bf16_model(layer)(x)
    assert torch.equal(ours.double(), round_to(exact, FORMATS["bf16"]))
    assert layer.weight.dtype == torch.float32 and ours.dtype == torch.float32
