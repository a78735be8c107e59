"""Codes against theory and by hand; files that come back bit by bit."""

import copy
from itertools import pairwise, product
from math import log2

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from efficientai import compression as dc
from efficientai.architectures import lenet_300_100, small_cnn
from efficientai.data import digits
from efficientai.profiling import serialized_bytes
from efficientai.pruning import apply_masks, global_magnitude_masks, prunable_weights, sparsity_of
from efficientai.training import accuracy, fit, seed_everything

COUNTS = st.dictionaries(st.integers(0, 40), st.integers(1, 500), min_size=2, max_size=20)


# ---------------------------------------------------------------- Huffman


@given(COUNTS)
def test_huffman_is_a_complete_prefix_code_within_one_bit_of_the_entropy(counts):
    """Kraft's sum is 1, and entropy <= mean length < entropy + 1 (Shannon's coding theorem)."""
    lengths = dc.huffman_lengths(counts)
    assert sum(2.0**-n for n in lengths.values()) == 1
    total = sum(counts.values())
    entropy = -sum(c / total * log2(c / total) for c in counts.values())
    mean = sum(counts[s] * n for s, n in lengths.items()) / total
    assert entropy - 1e-9 <= mean < entropy + 1


@given(st.dictionaries(st.integers(0, 9), st.integers(1, 30), min_size=2, max_size=5))
@settings(max_examples=30)
def test_no_other_prefix_code_is_shorter(counts):
    """Brute force over all lengths up to 4 that Kraft's inequality allows."""
    symbols = list(counts)
    best = min(
        sum(counts[s] * n for s, n in zip(symbols, lengths, strict=True))
        for lengths in product(range(1, 5), repeat=len(symbols))
        if sum(2.0**-n for n in lengths) <= 1
    )
    ours = dc.huffman_lengths(counts)
    assert sum(counts[s] * n for s, n in ours.items()) == best


@given(COUNTS)
def test_codes_are_prefix_free_and_canonical(counts):
    codes = dc.canonical_codes(dc.huffman_lengths(counts))
    ordered = sorted(codes.values())
    assert not any(b.startswith(a) for a, b in pairwise(ordered))
    by_rank = sorted(codes, key=lambda s: (len(codes[s]), s))
    assert [codes[s] for s in by_rank] == ordered


def test_codes_never_exceed_what_the_table_can_hold():
    """Fibonacci counts make the deepest tree: 30 symbols would take 29 bits."""
    counts, a, b = {}, 1, 1
    for symbol in range(30):
        counts[symbol], a, b = a, b, a + b
    lengths = dc.huffman_lengths(counts)
    assert max(lengths.values()) <= 15 and sum(2.0**-n for n in lengths.values()) == 1


def test_huffman_by_hand():
    """5+4 merge last: A 12 is alone at depth 1; (B 5, C 4) and D 2, E 1 below it."""
    assert dc.huffman_code("A" * 12 + "B" * 5 + "C" * 4 + "D" * 2 + "E") == {
        "A": "0", "B": "10", "C": "110", "D": "1110", "E": "1111",
    }  # fmt: skip
    assert dc.huffman_lengths({4: 9}) == {4: 1} and dc.huffman_lengths({}) == {}
    with pytest.raises(ValueError, match="got 0"):
        dc.huffman_lengths({1: 0, 2: 3})


@given(st.lists(st.integers(0, 7)), st.integers(8, 12))
def test_coded_symbols_come_back(symbols, alphabet):
    bits = dc.BitWriter()
    bits.coded(symbols, alphabet)
    bits.number(5, 3)
    reader = dc.BitReader(bits.to_bytes())
    assert reader.coded(len(symbols), alphabet) == symbols and reader.number(3) == 5


def test_coded_size_is_the_sum_of_the_code_lengths():
    symbols = [0] * 12 + [1] * 5 + [2] * 4 + [3] * 2 + [4]
    bits = dc.BitWriter()
    bits.coded(symbols, 5)
    total = 5 * 4 + 12 * 1 + 5 * 2 + 4 * 3 + 3 * 4  # the table, then the codes
    assert len(bits.to_bytes()) == -(-total // 8)


# ---------------------------------------------------------------- positions


@given(st.sets(st.integers(0, 3000)), st.integers(1, 8))
def test_relative_indices_come_back(positions, bits):
    ordered = sorted(positions)
    symbols = dc.relative_indices(ordered, bits)
    assert all(0 <= s < 2**bits for s in symbols)
    assert dc.absolute_positions(symbols, bits) == ordered


def test_the_papers_own_example():
    """Han et al. figure 2: weights at 1, 4 and 15, three bits, one filler zero at 12."""
    # gaps before the weights are 1, 2, 10; our filler stands for 7 zeros: 10 = 7 + 3
    assert dc.relative_indices([1, 4, 15], 3) == [1, 2, 7, 3]


# ---------------------------------------------------------------- tensors


@given(st.integers(0, 99), st.floats(0, 1), st.integers(1, 5))
def test_sparse_tensor_comes_back_bit_by_bit(seed, sparsity, bits):
    random = np.random.default_rng(seed)
    values = random.normal(size=2**bits).astype(np.float16)[random.integers(0, 2**bits, (9, 11))]
    values[random.random(values.shape) < sparsity] = 0
    writer = dc.BitWriter()
    dc.write_sparse(writer, values)
    assert np.array_equal(dc.read_sparse(dc.BitReader(writer.to_bytes()), 99), values.ravel())


@given(st.lists(st.floats(-50, 50, width=32), min_size=1, max_size=30))
def test_biases_take_a_byte_and_come_back_within_a_step(values):
    values = torch.tensor(values)
    data, again = through_fixed_point(values)
    assert len(data) == 1 + len(values)
    unit = 2.0 ** (data[0] - 128)
    assert (again - values).abs().max() <= unit / 2 and values.abs().max() <= 127 * unit
    assert values.abs().max() > 63 * unit or data[0] == 0  # no smaller power would do
    assert through_fixed_point(again)[0] == data


def through_fixed_point(values):
    writer = dc.BitWriter()
    dc.write_fixed_point(writer, values)
    data = writer.to_bytes()
    return data, dc.read_fixed_point(dc.BitReader(data), len(values))


@pytest.mark.parametrize("dtype", [torch.float32, torch.int64, torch.float16])
def test_raw_tensor_comes_back(dtype):
    values = torch.tensor([[1.5, -2.0], [1e4, 0.0]]).to(dtype)
    writer = dc.BitWriter()
    dc.write_raw(writer, values)
    again = dc.read_raw(dc.BitReader(writer.to_bytes()), 4, dtype)
    assert torch.equal(again, values.flatten())


# ---------------------------------------------------------------- models


def shared(model, sparsity=0.9, bits=4):
    seed_everything(0)
    apply_masks(model, global_magnitude_masks(prunable_weights(model), sparsity))
    return dc.share_weights(model, bits)


@pytest.mark.parametrize("model", [lenet_300_100(), small_cnn()])
def test_file_is_as_small_as_claimed_and_comes_back(model, tmp_path):
    result = shared(model).model
    compressed = dc.CompressedModel.of(result)
    compressed.save(tmp_path / "model.bin")
    assert (tmp_path / "model.bin").stat().st_size == compressed.nbytes
    assert compressed.nbytes < serialized_bytes(model) / 15
    again = dc.CompressedModel.load(tmp_path / "model.bin", like=model)
    restored = copy.deepcopy(model)
    restored.load_state_dict(again.state_dict())
    for name, weight in prunable_weights(result).items():
        assert torch.equal(restored.get_parameter(name), weight), name
    # biases are rounded by writing; from then on nothing changes any more
    assert dc.CompressedModel.of(restored).data == compressed.data
    state = restored.state_dict()
    assert all(torch.equal(state[k], v) for k, v in again.state_dict().items())


def test_shared_weights_are_few_and_zeros_stay():
    model = lenet_300_100()
    result = shared(model, bits=3)
    for name, weight in prunable_weights(result.model).items():
        before = prunable_weights(model)[name]
        assert torch.equal(weight == 0, before == 0)
        assert len(weight[weight != 0].unique()) <= 8
    fit(result, torch.rand(64, 1, 8, 8), torch.arange(64) % 10, epochs=1)
    result.write_back()
    assert sparsity_of(result.model) == sparsity_of(model)


def test_an_entrys_gradient_is_the_sum_over_its_weights():
    seed_everything(0)
    result, x = shared(nn.Linear(6, 4), sparsity=0.25, bits=2), torch.rand(5, 6)
    entries = result.codebooks[0].detach()
    entries.copy_(entries.half())  # as in the model after its rounding
    result(x).square().sum().backward()
    dense = copy.deepcopy(result.model).requires_grad_(True)
    dense(x).square().sum().backward()
    expected = torch.stack([dense.weight.grad[dense.weight == entry].sum() for entry in entries])
    torch.testing.assert_close(result.codebooks[0].grad, expected)


def test_weights_that_may_move_take_the_nearest_entry_and_learn_for_themselves():
    """Oracle: the dense network with the nearest entries in it, and its gradient."""
    model, x = nn.Linear(6, 4), torch.rand(5, 6)
    shared(model, sparsity=0.25)
    moving = dc.MovingWeights(model, bits=2)
    with torch.no_grad():
        moving.values[0].copy_(torch.randn(4, 6))  # as after some steps: far from where they began
        moving.codebooks[0].copy_(torch.tensor([0.5, -1.0, 1.0, -0.5]))  # nor in order any more
    moving(x).square().sum().backward()
    entries = torch.tensor([-1.0, -0.5, 0.5, 1.0])
    nearest = entries[torch.bucketize(moving.values[0].detach(), torch.tensor([-0.75, 0.0, 0.75]))]
    expected = copy.deepcopy(model)
    expected.weight = nn.Parameter(nearest * (model.weight != 0))
    expected(x).square().sum().backward()
    torch.testing.assert_close(moving.weights()["weight"], expected.weight)
    kept = model.weight != 0
    torch.testing.assert_close(moving.values[0].grad, expected.weight.grad * kept)
    sums = [expected.weight.grad[(nearest == e) & kept].sum() for e in moving.codebooks[0]]
    torch.testing.assert_close(moving.codebooks[0].grad, torch.stack(sums))


def test_gradual_pruning_ends_at_the_sparsity_asked_for():
    model = lenet_300_100()
    x, y = torch.rand(128, 1, 8, 8), torch.arange(128) % 10
    dc.prune_gradually(model, x, y, sparsity=0.9, epochs=4)
    total = sum(weight.numel() for weight in prunable_weights(model).values())
    assert sparsity_of(model) == round(0.9 * total) / total


def test_a_weight_left_out_has_the_gradient_of_the_sparse_network():
    model, x = nn.Linear(6, 4), torch.rand(5, 6)
    pruned = dc.PrunedWeights(model)
    pruned.masks = {"weight": torch.rand(4, 6) > 0.5}
    sparse = copy.deepcopy(model)
    with torch.no_grad():
        sparse.weight *= pruned.masks["weight"]
    assert torch.equal(pruned(x), sparse(x))
    pruned(x).square().sum().backward()
    sparse(x).square().sum().backward()
    torch.testing.assert_close(model.weight.grad, sparse.weight.grad)


def test_a_weight_that_went_too_early_comes_back():
    """Only the second input tells the classes, and its weights start as the smallest.

    Both are gone after four of the twelve steps; Adam moves a weight by about 0.1 a step.
    """
    model = nn.Linear(2, 2, bias=False)
    with torch.no_grad():
        model.weight.copy_(torch.tensor([[0.5, 0.01], [-0.5, -0.01]]))
    x = torch.linspace(-1, 1, 64)[:, None] * torch.tensor([0.0, 1.0])
    dc.prune_gradually(model, x, (x[:, 1] < 0).long(), sparsity=0.5, epochs=12, lr=0.1)
    assert (model.weight != 0).tolist() == [[False, True], [False, True]]


def test_pipeline_on_digits():
    split = digits()
    seed_everything(0)
    model = lenet_300_100()
    fit(model, split.train_x, split.train_y, epochs=10)
    state = {k: v.clone() for k, v in model.state_dict().items()}
    compressed = dc.deep_compress(model, split.train_x, split.train_y, epochs=6, lr=3e-3)
    assert all(torch.equal(state[k], v) for k, v in model.state_dict().items())
    before = accuracy(model, split.test_x, split.test_y)
    restored = copy.deepcopy(model)
    restored.load_state_dict(compressed.state_dict())
    assert accuracy(restored, split.test_x, split.test_y) > before - 0.05
    assert compressed.nbytes * 40 < serialized_bytes(model)


def test_damaged_and_foreign_files_are_refused():
    model = shared(nn.Sequential(nn.Linear(30, 20), nn.Linear(20, 5))).model
    compressed = dc.CompressedModel.of(model)
    with pytest.raises(ValueError, match="not written for a Linear"):
        dc.CompressedModel(compressed.data, nn.Linear(30, 20))
    with pytest.raises(ValueError, match="the data ends at bit"):
        dc.CompressedModel(compressed.data[:-20], model).state_dict()
    with pytest.raises(ValueError, match="at most 511 values"):
        dc.CompressedModel.of(nn.Linear(100, 100))
    with pytest.raises(ValueError, match="largest magnitude is nan"):
        through_fixed_point(torch.tensor([float("nan"), 1.0]))
    with pytest.raises(ValueError, match="8 does not fit 3 bits"):
        dc.BitWriter().number(8, 3)
