"""Costs of models against hand arithmetic and torchvision's counts; models come back untouched."""

import copy

import pytest
import torch
import torchvision
from torch import nn

from efficientai import energy, profiling
from efficientai.architectures import small_cnn, small_resnet
from efficientai.profiling import (
    LiveMemory,
    compare_latency,
    count_macs,
    count_params,
    latency,
    peak_activation_bytes,
    profile,
    serialized_bytes,
    weight_bytes,
)

IMAGE = torch.zeros(1, 1, 8, 8)


def tied():
    """Two layers that share one weight of 4·4 numbers; each has 4 biases."""
    model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))
    model[1].weight = model[0].weight
    return model


class Rude(nn.Module):
    """Leaves traces wherever a forward pass can: attributes, lists, buffers, random state."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 4)
        self.norm = nn.BatchNorm1d(4)
        self.drop = nn.Dropout(0.5)
        self.register_buffer("calls", torch.zeros(()))
        self.history, self.last = [], None

    def forward(self, x):
        self.calls += 1
        self.last = self.drop(self.norm(self.linear(x))) + torch.rand(4)
        self.history.append(self.last)
        self.linear.extra = 1
        return self.last


# ---------------------------------------------------------------- what is stored


def test_shared_parameter_counts_once():
    assert count_params(tied()) == 16 + 4 + 4
    assert weight_bytes(tied()) == 4 * 24
    assert sum(line.params for line in profile(tied(), torch.zeros(1, 4)).modules) == 24


def test_weight_bytes_include_buffers():
    """Batch norm of 3: weight, bias, mean, variance of 3 floats and one int64 counter."""
    assert weight_bytes(nn.BatchNorm2d(3)) == 4 * 3 * 4 + 8


def test_pruned_model_is_stored_as_large_as_before():
    model = nn.Linear(100, 100)
    before = serialized_bytes(model)
    nn.init.zeros_(model.weight)
    assert serialized_bytes(model) == before > 4 * 10_100


@pytest.mark.filterwarnings("ignore:Sparse CSR tensor support is in beta")
def test_csr_weight_is_counted_with_its_indices():
    """torch's CSR has 64-bit indices: 4 values of 4 bytes, 4 columns and 5 row pointers of 8."""
    model = nn.Module()
    model.register_buffer("weight", torch.eye(4).to_sparse_csr())
    assert weight_bytes(model) == 16 + 32 + 40


# ---------------------------------------------------------------- torchvision


@pytest.mark.parametrize(
    "name", ["alexnet", "resnet18", "mobilenet_v2", "shufflenet_v2_x0_5", "vit_b_32", "swin_t"]
)
def test_counts_equal_the_published_ones(name):
    """torchvision's `_ops` are billions of MACs, in spite of their name, with three decimals."""
    weights = torchvision.models.get_model_weights(name).DEFAULT
    with torch.device("meta"):
        model = torchvision.models.get_model(name)
    assert count_params(model) == weights.meta["num_params"]
    size = weights.transforms().crop_size[0]
    macs = count_macs(model, torch.empty(1, 3, size, size, device="meta"))
    assert round(macs / 1e9, 3) == weights.meta["_ops"]


# ---------------------------------------------------------------- peak activations


def peak(model, *shape):
    return peak_activation_bytes(model, torch.zeros(shape))


def test_one_image_of_a_data_set_is_one_image():
    model, images = nn.Linear(4, 8), torch.zeros(1000, 4)
    assert peak_activation_bytes(model, images[:1]) == 4 * (4 + 8)
    assert peak_activation_bytes(model, images[:2].narrow(0, 1, 1)) == 4 * (4 + 8)


def test_peak_of_a_chain():
    """The input (4) stays with the caller; ReLU holds its input and output: 4 + 8 + 8 floats."""
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    assert peak(model, 1, 4) == 4 * (4 + 8 + 8)


def test_in_place_and_views_cost_nothing():
    """Linear makes 8; the ReLU in place and the two views add nothing; then 2: 4 + 8 + 2."""
    model = nn.Sequential(
        nn.Linear(4, 8), nn.ReLU(inplace=True), nn.Unflatten(1, (2, 4)), nn.Flatten(),
        nn.Linear(8, 2),
    )  # fmt: skip
    assert peak(model, 1, 4) == 4 * (4 + 8 + 2)


def test_residual_is_held_across_the_branch():
    """x (64) lives through the branch: at its ReLU 64 + 64 + 64, and in front of it the same."""

    class Residual(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Linear(64, 64), nn.Linear(64, 64)

        def forward(self, x):
            y = x * 2  # not the caller's own tensor, so that it is the model that holds it
            return y + self.b(torch.relu_(self.a(y)))

    # input 64; y 64; a(y) 64; b(...) 64 while a(y) is alive, as its argument: 256 floats.
    # then a(y) is gone, and the sum needs y, b(...) and itself beside the input: 256 again.
    assert peak(Residual(), 1, 64) == 4 * 256


def test_buffers_are_no_activations():
    """First block of small_cnn at batch 1: input 64, conv 16·64, and batch norm 16·64 with them."""
    assert peak(small_cnn()[:2], 1, 1, 8, 8) == 4 * (64 + 2 * 16 * 64)


def test_peak_grows_with_the_batch():
    assert peak(small_resnet(), 8, 1, 8, 8) == 8 * peak(small_resnet(), 1, 1, 8, 8)


def test_live_memory_forgets_released_tensors():
    with LiveMemory() as memory:
        a = torch.ones(100)
        del a
        b = torch.ones(10)
    assert (memory.live_bytes, memory.peak_bytes) == (b.nbytes, 400)


# ---------------------------------------------------------------- untouched


@pytest.mark.parametrize("look", [count_macs, peak_activation_bytes, profile])
@pytest.mark.parametrize("training", [True, False])
def test_model_comes_back_as_it_was(look, training):
    model = Rude().train(training)
    model.drop.eval()  # modes may differ inside a model
    model(torch.rand(2, 4)).sum().backward()
    del model.linear.extra
    hook = model.linear.register_forward_hook(lambda *_: None)
    state = copy.deepcopy(model.state_dict())
    attributes = [dict(vars(m)) for m in model.modules()]
    modes = [m.training for m in model.modules()]
    gradients = [p.grad.clone() for p in model.parameters()]
    history, last, rng = list(model.history), model.last, torch.get_rng_state()

    look(model, torch.rand(2, 4, generator=torch.Generator()))

    assert torch.equal(rng, torch.get_rng_state())
    assert [m.training for m in model.modules()] == modes
    assert [dict(vars(m)) for m in model.modules()] == attributes
    assert model.last is last and all(a is b for a, b in zip(model.history, history, strict=True))
    assert not hasattr(model.linear, "extra")
    assert list(model.linear._forward_hooks) == [hook.id]
    for name, value in model.state_dict().items():
        assert torch.equal(value, state[name]), name
    for parameter, before in zip(model.parameters(), gradients, strict=True):
        assert torch.equal(parameter.grad, before)
        assert parameter.requires_grad and parameter.device.type == "cpu"


@pytest.mark.parametrize("look", [count_macs, peak_activation_bytes, profile])
def test_model_comes_back_as_it_was_after_an_error(look):
    model = Rude().train()
    with pytest.raises(ValueError, match=r"Rude does not run on inputs of shape \[\(2, 5\)\]"):
        look(model, torch.rand(2, 5))
    assert model.training and model.norm.training and model.history == []
    assert torch.backends.mkldnn.is_available() == torch._C._get_mkldnn_enabled()
    assert torch.backends.mha.get_fastpath_enabled()
    assert not torch.nn.modules.module._global_forward_hooks


def test_input_is_left_alone():
    x = torch.rand(2, 4)
    before = x.clone()
    peak_activation_bytes(nn.Sequential(nn.Linear(4, 4), nn.ReLU()), x)
    assert torch.equal(x, before) and not x.is_inference()


# ---------------------------------------------------------------- profile


def test_totals_are_the_sums_of_the_columns_and_the_other_functions():
    model = small_resnet()
    costs = profile(model, IMAGE)
    assert costs.params == count_params(model)
    assert costs.weight_bytes == weight_bytes(model)
    assert costs.macs == count_macs(model, IMAGE)
    assert costs.peak_activation_bytes == peak_activation_bytes(model, IMAGE)
    assert costs.unsupported == {}


def test_lines_of_a_profile():
    """conv: 8·8·16 · 1·9 MACs; the classifier 256·10."""
    lines = {line.name: line for line in profile(small_cnn(), IMAGE).modules}
    assert lines["0"].macs == 64 * 16 * 9 and lines["0"].output_shape == (1, 16, 8, 8)
    assert lines["12"].macs == 2560 and lines["12"].kind == "Linear"
    assert lines["1"].macs == 0 and lines["1"].params == 32


def test_product_outside_of_any_layer_belongs_to_the_module_that_does_it():
    attention = nn.MultiheadAttention(8, 2)
    lines = {line.name: line for line in profile(attention, *[torch.zeros(6, 1, 8)] * 3).modules}
    assert lines[""].macs == 4 * 6 * 64 + 2 * 36 * 8
    assert sum(line.params for line in lines.values()) == count_params(attention)


def test_energy_by_hand():
    """Linear 4→8: 32 MACs of 4.6 pJ, 160 bytes from DRAM at 162.5, 32 bytes twice at 12.5 pJ."""
    costs = profile(nn.Linear(4, 8), torch.zeros(1, 4))
    assert costs.energy_mj() == pytest.approx((32 * 4.6 + 160 * 162.5 + 64 * 12.5) * 1e-9)
    assert costs.energy_mj("int8") < costs.energy_mj("fp16") < costs.energy_mj()
    with pytest.raises(ValueError, match="'int4'"):
        costs.energy_mj("int4")
    with pytest.raises(ValueError, match="'2MB'"):
        energy.access_pj(8, "2MB")


def test_module_that_runs_twice_writes_its_output_twice():
    layer = nn.Linear(4, 4)
    (line,) = profile(nn.Sequential(layer, layer), torch.zeros(1, 4)).modules
    assert (line.macs, line.output_bytes, line.params) == (32, 32, 20)


# ---------------------------------------------------------------- latency


def test_latency_runs_warmup_and_repeats_without_gradients():
    grads = []
    result = latency(lambda: grads.append(torch.is_grad_enabled()), warmup=3, repeats=10)
    assert grads == [False] * 13 and result.repeats == 10


def test_a_gpu_in_use_is_waited_for_before_and_after_every_call(monkeypatch):
    """Its kernels run on by themselves: without waiting, a time is that of asking for them."""
    seen = []
    for name, value in {"is_available": True, "is_initialized": True}.items():
        monkeypatch.setattr(torch.cuda, name, lambda value=value: value)
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: seen.append("wait"))
    latency(lambda: seen.append("call"), warmup=1, repeats=2)
    assert seen == ["wait", "call", "wait"] * 3


def test_candidates_take_turns_and_the_order_rotates():
    calls = []
    compare_latency({n: lambda n=n: calls.append(n) for n in "abc"}, warmup=0, repeats=3)
    assert "".join(calls) == "abc" + "bca" + "cab"


def test_percentiles_of_given_times(monkeypatch):
    """Times 1…11 ms: the median is 6, a tenth of the way from 1 to 11 is 2, nine tenths is 10."""
    times = iter(range(1, 12))
    monkeypatch.setattr(profiling, "_time_once", lambda fn, args: float(next(times)))
    result = latency(print, warmup=0, repeats=11)
    assert result == profiling.Latency(6.0, 2.0, 10.0, 11)
    assert str(result) == "6 ms (2–10, 11 repeats)"


@pytest.mark.parametrize("bad", [{"repeats": 0}, {"warmup": -1}])
def test_latency_refuses_bad_protocols(bad):
    with pytest.raises(ValueError, match=r"repeats=|warmup="):
        latency(print, **bad)
    with pytest.raises(ValueError, match="0 candidates"):
        compare_latency({})


def test_empty_model_costs_nothing():
    costs = profile(nn.Sequential(), torch.zeros(1, 4))
    assert (costs.params, costs.macs, costs.weight_bytes) == (0, 0, 0)
