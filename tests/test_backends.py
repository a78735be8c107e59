"""oneDNN's int8 kernels against the integer specification, step by step."""

import pytest
import torch
from torch import nn

from efficientai import backends
from efficientai import quantization as qz
from efficientai.architectures import lenet_300_100, small_cnn, small_resnet
from efficientai.data import digits
from efficientai.training import accuracy, fit, seed_everything


def random(*shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    ("layer", "x"),
    [
        (nn.Linear(20, 6), random(5, 20)),
        (nn.Linear(20, 6, bias=False), random(1, 20)),
        (nn.Conv2d(4, 6, 3, padding=1), random(2, 4, 8, 8)),
        (nn.Conv2d(4, 8, 3, stride=2, groups=2, dilation=2, padding=2), random(2, 4, 8, 8)),
    ],
)
@pytest.mark.parametrize("relu", [False, True])
def test_layer_is_within_one_step_of_the_specification(layer, x, relu):
    x_q = qz.affine_qparams(*qz.minmax_range(x))
    out = layer(x).detach()
    out_q = qz.affine_qparams(*qz.minmax_range(out.relu() if relu else out))
    integers = qz.quantize(x, x_q)
    expected = qz.IntegerLayer(layer, x_q, out_q)(integers)
    ours = backends.Int8Layer(layer, x_q, out_q)(integers.to(torch.uint8))
    assert ours.dtype == torch.uint8
    difference = (ours.int() - expected).abs()
    assert difference.max() <= 1 and (difference == 0).float().mean() > 0.95


def test_float_output_is_that_of_the_rounded_layer():
    layer, x = nn.Linear(20, 6), random(5, 20)
    q = qz.affine_qparams(*qz.minmax_range(x))
    ours = backends.Int8Layer(layer, q)(qz.quantize(x, q).to(torch.uint8))
    torch.testing.assert_close(ours, qz.FakeQuantized(layer, 8, q)(x), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("make", [lenet_300_100, small_cnn])
def test_whole_model_keeps_its_accuracy(make):
    split = digits()
    seed_everything(0)
    model = make()
    fit(model, split.train_x, split.train_y, epochs=4, lr=3e-3)
    model.eval()
    state = {k: v.clone() for k, v in model.state_dict().items()}
    int8 = backends.int8_model(model, split.train_x[:256])
    x, y = split.test_x, split.test_y
    assert accuracy(int8, x, y) >= accuracy(model, x, y) - 0.01
    assert [type(m).__name__ for m in int8].count("Int8Layer") == (
        3 if make is lenet_300_100 else 4
    )
    assert all(torch.equal(state[k], v) for k, v in model.state_dict().items())


def test_inputs_beyond_the_range_saturate():
    q = qz.affine_qparams(-1.0, 1.0)
    x = torch.tensor([-9.0, -1.0, 0.0, 1.0, 9.0])
    assert torch.equal(backends.Int8Input(q)(x).int(), qz.quantize(x, q))


@pytest.mark.parametrize(
    "pool", [nn.MaxPool2d(2), nn.MaxPool2d(3, 2, 1), nn.MaxPool2d((2, 3), stride=(1, 2))]
)
def test_pooling_of_bytes_is_that_of_floats(pool):
    x = torch.randint(0, 256, (2, 3, 20, 21), generator=torch.Generator().manual_seed(0))
    ours = backends.Int8MaxPool(pool)(x.to(torch.uint8))
    assert torch.equal(ours.float(), pool(x.float()))


def test_what_has_no_int8_form_is_named():
    x, q = torch.rand(4, 1, 8, 8), qz.affine_qparams(0.0, 1.0)
    with pytest.raises(ValueError, match="no int8 form for BasicBlock"):
        backends.int8_model(small_resnet(), x)
    with pytest.raises(ValueError, match="no int8 form for ReLU"):
        backends.int8_model(nn.Sequential(nn.Flatten(), nn.ReLU(), nn.Linear(64, 2)), x)
    with pytest.raises(ValueError, match="no linear or convolution"):
        backends.int8_model(nn.Sequential(nn.Flatten()), x)
    with pytest.raises(ValueError, match=r"must end with .* not Flatten"):
        backends.int8_model(nn.Sequential(nn.Conv2d(1, 1, 3), nn.Flatten()), x)
    with pytest.raises(TypeError, match="not ReLU"):
        backends.Int8Layer(nn.ReLU(), q)
    with pytest.raises(ValueError, match="'circular'"):
        backends.Int8Layer(nn.Conv2d(1, 1, 3, padding=1, padding_mode="circular"), q)
    with pytest.raises(ValueError, match=r"not -127…127"):
        backends.Int8Layer(nn.Linear(2, 2), qz.symmetric_qparams(1.0))
