"""Masks against counting, OBD against torch's own Hessian, schedules against the paper."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.autograd.functional import hessian
from torch.func import functional_call
from torch.nn import functional as F

from efficientai import pruning
from efficientai.architectures import lenet_300_100, small_cnn
from efficientai.training import seed_everything

SHAPES = st.lists(st.integers(1, 6), min_size=1, max_size=4).map(tuple)
SPARSITIES = st.floats(0, 1)


def values(shape, seed=0):
    """Few distinct numbers, so that ties are frequent."""
    return torch.randint(-3, 4, shape, generator=torch.Generator().manual_seed(seed)).float()


# ---------------------------------------------------------------- masks


@given(SHAPES, SPARSITIES, st.integers(0, 99))
def test_magnitude_mask_prunes_exactly_the_smallest(shape, sparsity, seed):
    weight = values(shape, seed)
    before = weight.clone()
    mask = pruning.magnitude_mask(weight, sparsity)
    assert torch.equal(weight, before)
    assert mask.dtype == torch.bool and mask.shape == weight.shape
    assert (~mask).sum() == round(sparsity * weight.numel())
    if mask.any() and not mask.all():
        assert weight[~mask].abs().max() <= weight[mask].abs().min()


def test_truth_values_are_ranked_too():
    mask = pruning.mask_from_saliency(torch.tensor([True, False, True, False]), 0.75)
    assert mask.tolist() == [False, False, True, False]


@given(SHAPES, SPARSITIES)
def test_of_equals_the_earlier_one_goes(shape, sparsity):
    mask = pruning.magnitude_mask(torch.ones(shape), sparsity).flatten()
    assert torch.equal(mask, mask.sort().values)  # all False in front of all True


@given(SHAPES, SPARSITIES, SPARSITIES, st.integers(0, 99))
def test_higher_sparsity_keeps_a_subset(shape, a, b, seed):
    low, high = sorted([a, b])
    weight = values(shape, seed)
    wide, narrow = pruning.magnitude_mask(weight, low), pruning.magnitude_mask(weight, high)
    assert not (narrow & ~wide).any()


def test_magnitude_mask_by_hand():
    """|w| = 3 1 2 2 1 0; four of six go: 0, both 1s, and the first of the two 2s."""
    weight = torch.tensor([[-3.0, 1, 2], [-2, -1, 0]])
    expected = torch.tensor([[True, False, False], [True, False, False]])
    assert torch.equal(pruning.magnitude_mask(weight, 4 / 6), expected)


@given(st.integers(0, 99), SPARSITIES)
def test_global_masks_share_one_threshold(seed, sparsity):
    weights = {
        "a": values((3, 4), seed),
        "b": values((5,), seed + 1),
        "c": values((2, 2), seed + 2),
    }
    masks = pruning.global_magnitude_masks(weights, sparsity)
    assert {n: m.shape for n, m in masks.items()} == {n: w.shape for n, w in weights.items()}
    flat = torch.cat([w.flatten() for w in weights.values()])
    joined = torch.cat([m.flatten() for m in masks.values()])
    assert torch.equal(joined, pruning.magnitude_mask(flat, sparsity))


@given(st.integers(0, 99), st.integers(0, 4), st.integers(1, 3))
def test_nm_keeps_n_of_every_m_inputs(seed, n, groups):
    weight = values((3, 4 * groups, 2), seed)  # as a convolution's: groups run along dimension 1
    mask = pruning.nm_mask(weight, n, 4)
    for out in range(3):
        for tap in range(2):
            for g in range(groups):
                group = slice(4 * g, 4 * g + 4)
                expected = pruning.magnitude_mask(weight[out, group, tap], (4 - n) / 4)
                assert torch.equal(mask[out, group, tap], expected)


def test_random_mask_follows_its_generator():
    masks = [
        pruning.random_mask(torch.ones(50, 2), 0.37, torch.Generator().manual_seed(seed))
        for seed in (0, 0, 1)
    ]
    assert [int((~m).sum()) for m in masks] == [37] * 3
    assert torch.equal(masks[0], masks[1]) and not torch.equal(masks[0], masks[2])


@pytest.mark.parametrize("sparsity", [-0.1, 1.5, float("nan")])
def test_sparsity_outside_of_0_to_1_is_refused(sparsity):
    with pytest.raises(ValueError, match=rf"\[0, 1\], got {sparsity}"):
        pruning.magnitude_mask(torch.ones(3), sparsity)


def test_weights_that_cannot_be_ranked_are_refused():
    with pytest.raises(ValueError, match="1 of 3 values are NaN or infinite"):
        pruning.magnitude_mask(torch.tensor([1.0, float("nan"), 2.0]), 0.5)
    with pytest.raises(ValueError, match="1 of 4 values"):
        pruning.nm_mask(torch.tensor([[1.0, float("inf"), 2.0, 0.0]]))


@pytest.mark.parametrize(
    ("shape", "n", "m", "message"),
    [
        ((2, 6), 2, 4, r"\(2, 6\) is not a multiple of m=4"),
        ((8,), 2, 4, r"\(8,\)"),
        ((2, 8), 5, 4, "n=5, m=4"),
        ((2, 8), -1, 4, "n=-1"),
    ],
)
def test_nm_refuses_what_does_not_fit(shape, n, m, message):
    with pytest.raises(ValueError, match=message):
        pruning.nm_mask(torch.ones(shape), n, m)


def test_nothing_to_prune_is_said():
    with pytest.raises(ValueError, match="mapping is empty"):
        pruning.global_magnitude_masks({}, 0.5)
    with pytest.raises(ValueError, match="ReLU has no linear or convolution layer"):
        pruning.prunable_weights(nn.ReLU())


# ---------------------------------------------------------------- Optimal Brain Damage


def tiny_network():
    seed_everything(0)
    conv = nn.Conv2d(1, 2, 3)
    return nn.Sequential(conv, nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(2, 3))


def test_gauss_newton_diagonal_is_the_true_one_for_a_relu_network():
    """torch differentiates the loss twice; logits are piecewise linear in each single weight."""
    model = tiny_network()
    x, y = torch.rand(6, 1, 4, 4), torch.tensor([0, 1, 2, 0, 1, 2])
    ours = pruning.hessian_diagonal(model, x, y, chunk=4)
    for name, weight in pruning.prunable_weights(model).items():

        def loss(w, name=name):
            return F.cross_entropy(functional_call(model, {name: w}, (x,)), y)

        n = weight.numel()
        diagonal = hessian(loss, weight.clone()).reshape(n, n).diagonal()
        torch.testing.assert_close(ours[name].flatten(), diagonal, rtol=1e-4, atol=1e-6)


def test_gauss_newton_is_the_mean_squared_gradient_of_drawn_labels():
    """An independent identity: E[g g^T] over labels drawn from p is the same matrix."""
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 3))
    x = torch.rand(5, 3)
    expected = {n: torch.zeros_like(w) for n, w in pruning.prunable_weights(model).items()}
    for sample in x:
        for label, p in enumerate(model(sample).softmax(0).tolist()):
            loss = F.cross_entropy(model(sample), torch.tensor(label))
            gradients = torch.autograd.grad(loss, [model[0].weight, model[2].weight])
            for name, gradient in zip(expected, gradients, strict=True):
                expected[name] += p * gradient.square() / len(x)
    ours = pruning.hessian_diagonal(model, x)
    for name in expected:
        torch.testing.assert_close(ours[name], expected[name])
        assert (ours[name] >= 0).all()


def test_saliency_predicts_the_rise_of_the_loss():
    """At a trained minimum deleting one weight costs h w²/2 to second order; take a small one."""
    model = nn.Linear(2, 2, bias=False).double()
    x = torch.randn(200, 2, dtype=torch.double, generator=torch.Generator().manual_seed(0))
    y = (x[:, 0] + 0.1 * x[:, 1] > 0).long()
    y[::3] = 1 - y[::3]  # some labels are wrong, so that the minimum is finite
    optimiser = torch.optim.LBFGS(model.parameters(), max_iter=100, tolerance_grad=1e-12)

    def closure():
        optimiser.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        return loss

    optimiser.step(closure)
    before = closure().item()
    saliency = pruning.obd_saliency(model.weight, pruning.hessian_diagonal(model, x, y)["weight"])
    index = (0, 1)
    with torch.no_grad():
        model.weight[index] = 0
    assert closure().item() - before == pytest.approx(saliency[index].item(), rel=0.05)


def test_hessian_leaves_the_model_alone():
    model = small_cnn().train()
    state = {k: v.clone() for k, v in model.state_dict().items()}
    pruning.hessian_diagonal(model, torch.rand(2, 1, 8, 8))
    assert model.training and all(p.grad is None for p in model.parameters())
    assert all(torch.equal(state[k], v) for k, v in model.state_dict().items())


def test_bad_input_to_obd():
    with pytest.raises(ValueError, match=r"\(2, 2\) and \(2,\)"):
        pruning.obd_saliency(torch.ones(2, 2), torch.ones(2))
    with pytest.raises(ValueError, match="got 0 and no"):
        pruning.hessian_diagonal(nn.Linear(2, 2), torch.zeros(0, 2))
    with pytest.raises(ValueError, match="got 2 and 3"):
        pruning.hessian_diagonal(nn.Linear(2, 2), torch.zeros(2, 2), torch.zeros(3))
    broken = nn.Linear(2, 2)
    broken.weight.data[0, 1] = float("nan")
    with pytest.raises(ValueError, match="1 of 4 values are NaN"):
        pruning.hessian_diagonal(broken, torch.zeros(2, 2))


# ---------------------------------------------------------------- whole models


def test_masks_of_a_model_and_its_sparsity():
    model = lenet_300_100()
    weights = pruning.prunable_weights(model)
    assert list(weights) == ["1.weight", "3.weight", "5.weight"]
    biases = model[1].bias.clone()
    pruning.apply_masks(model, pruning.global_magnitude_masks(weights, 0.9))
    total = 64 * 300 + 300 * 100 + 100 * 10
    assert pruning.sparsity_of(model) == round(0.9 * total) / total
    assert torch.equal(model[1].bias, biases)
    pruning.apply_masks(model, pruning.global_magnitude_masks(weights, 0.9))  # idempotent
    assert pruning.sparsity_of(model) == round(0.9 * total) / total


def test_prunable_weights_leave_out_norms():
    assert list(pruning.prunable_weights(small_cnn())) == [
        "0.weight", "3.weight", "7.weight", "12.weight",
    ]  # fmt: skip


def test_bad_masks_change_nothing():
    model = nn.Linear(3, 2)
    before = model.weight.clone()
    good = torch.zeros(2, 3, dtype=torch.bool)
    with pytest.raises(ValueError, match="no parameter 'w'"):
        pruning.apply_masks(model, {"weight": good, "w": good})
    with pytest.raises(ValueError, match=r"'weight' has shape \(3, 2\), not \(2, 3\)"):
        pruning.apply_masks(model, {"weight": good.T})
    assert torch.equal(model.weight, before)


def test_cubic_schedule_by_hand():
    """Half way 1 - 1/8 = 7/8 of the way is done; outside of it the ends hold."""
    assert pruning.cubic_sparsity(50, 0, 100, 0.8) == pytest.approx(0.7)
    assert pruning.cubic_sparsity(60, 20, 100, 1.0, initial=0.2) == pytest.approx(0.9)
    assert pruning.cubic_sparsity(0, 20, 100, 1.0, initial=0.2) == pytest.approx(0.2)
    assert pruning.cubic_sparsity(500, 20, 100, 0.9, initial=0.2) == 0.9


@given(SPARSITIES, SPARSITIES, st.integers(-5, 30))
def test_schedule_moves_from_initial_to_final(a, b, step):
    initial, final = sorted([a, b])
    now, later = (pruning.cubic_sparsity(s, 0, 20, final, initial) for s in (step, step + 1))
    assert initial - 1e-12 <= now <= later + 1e-12 and later <= final + 1e-12


def test_schedule_refuses_nonsense():
    with pytest.raises(ValueError, match="begin=5, end=5"):
        pruning.cubic_sparsity(5, 5, 5, 0.5)
    with pytest.raises(ValueError, match=r"got 1\.5"):
        pruning.cubic_sparsity(5, 0, 9, 1.5)


def test_sensitivity_scan_prunes_one_layer_at_a_time():
    model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 2))
    before = {k: v.clone() for k, v in model.state_dict().items()}

    def zeros(m):
        return [int((m[i].weight == 0).sum()) for i in (0, 1)]

    scan = pruning.sensitivity_scan(model, zeros, iter([0.5, 1.0]))
    assert scan == {"0.weight": [[8, 0], [16, 0]], "1.weight": [[0, 4], [0, 8]]}
    assert all(torch.equal(before[k], v) for k, v in model.state_dict().items())


def test_sensitivity_scan_restores_after_an_error():
    model = nn.Linear(4, 4)
    before = model.weight.clone()
    with pytest.raises(ZeroDivisionError):
        pruning.sensitivity_scan(model, lambda m: 1 / 0, [0.5])
    assert torch.equal(model.weight, before)


# ---------------------------------------------------------------- sparse storage


@pytest.mark.filterwarnings("ignore:Sparse CSR tensor support is in beta")
@given(st.integers(1, 6), st.integers(1, 6), SPARSITIES)
def test_sparse_bytes_are_those_of_a_real_csr_tensor(rows, columns, sparsity):
    weight = torch.arange(1.0, rows * columns + 1).reshape(rows, columns)
    weight = weight * pruning.magnitude_mask(weight, sparsity)
    csr = weight.to_sparse_csr()
    parts = csr.values(), csr.col_indices().int(), csr.crow_indices().int()
    assert pruning.sparse_bytes(weight) == sum(part.nbytes for part in parts)


@pytest.mark.parametrize("bias", [True, False])
def test_sparse_linear_equals_the_dense_one(bias):
    linear = nn.Linear(30, 20, bias=bias)
    pruning.apply_masks(linear, {"weight": pruning.magnitude_mask(linear.weight, 0.9)})
    x = torch.rand(7, 30)
    torch.testing.assert_close(pruning.SparseLinear(linear)(x), linear(x))


def test_sparse_linear_refuses_a_convolution():
    with pytest.raises(TypeError, match="not Conv2d"):
        pruning.SparseLinear(nn.Conv2d(1, 1, 1))


# ---------------------------------------------------------------- channels


def test_channel_saliency_is_the_l1_norm_of_a_filter():
    conv = nn.Conv2d(2, 3, 3)
    expected = torch.stack([conv.weight[c].abs().sum() for c in range(3)]).detach()
    torch.testing.assert_close(pruning.channel_saliency(conv), expected)
    up = nn.ConvTranspose2d(4, 6, 3, groups=2)  # output channel 4 is number 1 of the second group
    expected = up.weight[2:, 1].abs().sum().detach()
    torch.testing.assert_close(pruning.channel_saliency(up)[4], expected)
    with pytest.raises(TypeError, match="not BatchNorm2d"):
        pruning.channel_saliency(nn.BatchNorm2d(3))
