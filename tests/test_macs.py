"""MACs of awkward models. Every expected number is derived by hand, beside it."""

from itertools import product

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from efficientai.macs import FLOPS_PER_MAC, RULES, MacCounter, formula, shape_only
from efficientai.profiling import count_macs


class Call(nn.Module):
    """A model made of one function, with parts to register."""

    def __init__(self, function, **parts):
        super().__init__()
        self.function = function
        for name, part in parts.items():
            setattr(self, name, nn.Parameter(part) if isinstance(part, torch.Tensor) else part)

    def forward(self, *inputs):
        return self.function(self, *inputs)


def zeros(*shape):
    return torch.zeros(shape)


def attention(need_weights):
    return Call(
        lambda m, x: m.mha(x, x, x, need_weights=need_weights)[0],
        mha=nn.MultiheadAttention(8, 2, batch_first=True),
    )


def encoder_layer():
    return nn.TransformerEncoderLayer(8, 2, dim_feedforward=16, batch_first=True)


def loop_on_data(m, x):
    """One product a row whose first number is above zero: shapes alone cannot tell."""
    for row in x:
        if row[0].item() > 0:
            x = F.linear(x, m.weight)
    return x


def sdpa(m, q, k, v):
    return F.scaled_dot_product_attention(q, k, v)


CASES = {
    # linear: outputs × inputs for each row
    "linear": (nn.Linear(4, 3), [zeros(5, 4)], 5 * 4 * 3),
    "linear on sequences": (nn.Linear(4, 3), [zeros(2, 5, 4)], 2 * 5 * 4 * 3),
    "linear, one vector": (nn.Linear(4, 3, bias=False), [zeros(4)], 4 * 3),
    "functional linear": (Call(lambda m, x: F.linear(x, m.w), w=zeros(3, 4)), [zeros(5, 4)], 60),
    "bfloat16": (nn.Linear(4, 3).bfloat16(), [zeros(5, 4).bfloat16()], 60),
    # convolution: output positions × outputs × inputs/groups × kernel
    "conv": (nn.Conv2d(3, 8, 3), [zeros(1, 3, 10, 10)], 8 * 8 * 8 * 3 * 9),
    "conv unbatched": (nn.Conv2d(3, 8, 3), [zeros(3, 10, 10)], 8 * 8 * 8 * 3 * 9),
    "conv stride": (nn.Conv2d(3, 8, 3, 2, 1), [zeros(2, 3, 10, 10)], 2 * 5 * 5 * 8 * 3 * 9),
    "conv same, even kernel": (
        nn.Conv2d(3, 8, 4, padding="same"),
        [zeros(1, 3, 10, 10)],
        10 * 10 * 8 * 3 * 16,
    ),
    "conv circular": (
        nn.Conv2d(3, 8, 3, padding=1, padding_mode="circular"),
        [zeros(1, 3, 10, 10)],
        10 * 10 * 8 * 3 * 9,
    ),
    "conv dilated": (nn.Conv2d(3, 8, 3, dilation=2), [zeros(1, 3, 10, 10)], 6 * 6 * 8 * 3 * 9),
    "conv grouped": (nn.Conv2d(4, 8, 3, groups=2), [zeros(1, 4, 10, 10)], 8 * 8 * 8 * 2 * 9),
    "conv depthwise": (nn.Conv2d(4, 4, 3, groups=4), [zeros(1, 4, 10, 10)], 8 * 8 * 4 * 9),
    "conv 1d": (nn.Conv1d(4, 6, 5), [zeros(1, 4, 20)], 16 * 6 * 4 * 5),
    "conv 3d": (nn.Conv3d(2, 4, 3), [zeros(1, 2, 5, 5, 5)], 27 * 4 * 2 * 27),
    "functional conv": (
        Call(lambda m, x: F.conv2d(x, m.w), w=zeros(8, 3, 3, 3)),
        [zeros(1, 3, 10, 10)],
        8 * 8 * 8 * 3 * 9,
    ),
    "unfold and product": (
        Call(lambda m, x: m.w @ F.unfold(x, 3), w=zeros(8, 27)),
        [zeros(1, 3, 10, 10)],
        8 * 8 * 8 * 27,  # the same convolution as a matrix product
    ),
    # transposed: input positions × inputs × outputs/groups × kernel
    "transposed": (nn.ConvTranspose2d(4, 6, 3, 2), [zeros(1, 4, 5, 5)], 25 * 4 * 6 * 9),
    "transposed grouped": (
        nn.ConvTranspose2d(4, 6, 3, 2, groups=2),
        [zeros(1, 4, 5, 5)],
        25 * 4 * 3 * 9,
    ),
    # products
    "matmul": (Call(lambda m, a, b: a @ b), [zeros(2, 3, 4, 5), zeros(5, 6)], 2 * 3 * 4 * 5 * 6),
    "bmm": (Call(lambda m, a, b: torch.bmm(a, b)), [zeros(2, 3, 4), zeros(2, 4, 5)], 120),
    "matrix-vector": (Call(lambda m, a, b: a @ b), [zeros(3, 4), zeros(4)], 12),
    "dot": (Call(lambda m, a, b: a @ b), [zeros(7), zeros(7)], 7),
    "outer": (Call(lambda m, a, b: torch.ger(a, b)), [zeros(3), zeros(4)], 0),  # no sum
    "addmv": (
        Call(lambda m, c, a, b: torch.addmv(c, a, b)),
        [zeros(3), zeros(3, 4), zeros(4)],
        12,
    ),
    "baddbmm": (
        Call(lambda m, c, a, b: torch.baddbmm(c, a, b)),
        [zeros(2, 3, 5), zeros(2, 3, 4), zeros(2, 4, 5)],
        120,
    ),
    "tensordot": (
        Call(lambda m, a, b: torch.tensordot(a, b, dims=2)),
        [zeros(2, 3, 4), zeros(3, 4, 5)],
        2 * 12 * 5,
    ),
    "einsum attention scores": (
        Call(lambda m, q, k: torch.einsum("bqhd,bkhd->bhqk", q, k)),
        [zeros(2, 5, 3, 4), zeros(2, 6, 3, 4)],
        2 * 3 * 5 * 6 * 4,
    ),
    "chain": (
        Call(lambda m, a, b, c: torch.linalg.multi_dot([a, b, c])),
        [zeros(10, 2), zeros(2, 10), zeros(10, 2)],
        2 * 10 * 2 + 10 * 2 * 2,  # (b c) first, then a (b c): the cheap order
    ),
    "bilinear": (
        nn.Bilinear(3, 4, 5),
        [zeros(2, 3), zeros(2, 4)],
        2 * (5 * 3 * 4 + 5 * 3),  # W x2 for each output, then x1 · (W x2)
    ),
    "sparse": (
        Call(lambda m, x: m.w.to_sparse() @ x, w=torch.eye(6)),
        [zeros(6, 5)],
        6 * 5,  # six stored numbers, each meets five columns
    ),
    "sparse, functional": (
        Call(lambda m, x: torch.sparse.mm(m.w.to_sparse(), x), w=torch.eye(6)),
        [zeros(6, 5)],
        6 * 5,
    ),
    # recurrent: steps × batch × gates·H × (I + H)
    "rnn": (nn.RNN(3, 5), [zeros(7, 2, 3)], 7 * 2 * 5 * (3 + 5)),
    "lstm": (nn.LSTM(3, 5), [zeros(7, 2, 3)], 7 * 2 * 20 * (3 + 5)),
    "lstm cell": (nn.LSTMCell(3, 5), [zeros(2, 3)], 2 * 20 * (3 + 5)),
    "gru, two layers, both ways": (
        nn.GRU(3, 5, num_layers=2, bidirectional=True),
        [zeros(7, 2, 3)],
        7 * 2 * 2 * 15 * ((3 + 5) + (10 + 5)),  # the second layer reads 2·5 numbers
    ),
    "lstm with projection": (
        nn.LSTM(3, 5, proj_size=2),
        [zeros(7, 2, 3)],
        7 * 2 * (20 * (3 + 2) + 5 * 2),  # the state has 2 numbers; 5 → 2 each step
    ),
    # attention: 4 projections of L·E·E, scores and mixture of L·L·E each
    "attention, weights": (attention(True), [zeros(2, 6, 8)], 2 * (4 * 6 * 64 + 2 * 36 * 8)),
    "attention, fused": (attention(False), [zeros(2, 6, 8)], 2 * (4 * 6 * 64 + 2 * 36 * 8)),
    "encoder layer": (
        encoder_layer(),
        [zeros(2, 6, 8)],
        2 * (4 * 6 * 64 + 2 * 36 * 8 + 2 * 6 * 8 * 16),
    ),
    "sdpa": (
        Call(sdpa),
        [zeros(2, 3, 5, 4), zeros(2, 3, 6, 4), zeros(2, 3, 6, 4)],
        2 * 3 * 5 * 6 * (4 + 4),
    ),
    # the way the code is written does not matter
    "called twice": (Call(lambda m, x: m.f(m.f(x)), f=nn.Linear(4, 4)), [zeros(5, 4)], 2 * 80),
    "needs numbers": (
        Call(loop_on_data, weight=zeros(4, 4)),
        [torch.tensor([[1.0, 0, 0, 0], [-1, 0, 0, 0], [1, 0, 0, 0]])],
        2 * 3 * 16,  # two rows start above zero; the list of rows is the first x's
    ),
    "makes its own tensors": (
        Call(lambda m, x: x @ torch.ones(4, 3)),
        [zeros(5, 4)],
        60,
    ),
    "dict in, tuple out": (
        Call(lambda m, batch: (m.f(batch["x"]), batch["y"]), f=nn.Linear(4, 3)),
        [{"x": zeros(5, 4), "y": zeros(1)}],
        60,
    ),
    "embedding": (nn.Embedding(10, 4), [torch.zeros(3, dtype=torch.long)], 0),
    "embedding bag": (nn.EmbeddingBag(10, 4), [torch.zeros(2, 3, dtype=torch.long)], 0),
    "norms and pooling": (
        nn.Sequential(nn.BatchNorm2d(2), nn.GroupNorm(1, 2), nn.MaxPool2d(2), nn.Softmax(1)),
        [zeros(1, 2, 4, 4)],
        0,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_macs_equal_hand_derived_count(name):
    model, inputs, expected = CASES[name]
    assert count_macs(model, *inputs) == expected


@pytest.mark.parametrize("name", ["lstm", "attention, weights", "encoder layer", "conv"])
@pytest.mark.parametrize("grad", [torch.enable_grad, torch.no_grad, torch.inference_mode])
def test_macs_do_not_depend_on_grad_mode_or_training(name, grad):
    """The mode chooses torch's kernels: fused ones would hide their products."""
    model, inputs, expected = CASES[name]
    for training in (True, False):
        model.train(training)
        with grad():
            assert count_macs(model, *inputs) == expected
    assert not torch.nn.modules.module._global_forward_hooks


@pytest.mark.parametrize("name", ["lstm", "attention, fused", "encoder layer", "sdpa", "conv"])
def test_real_run_counts_the_same_as_shapes_alone(name):
    """A model that asks for a number goes the other way: the same count must come out."""
    model, inputs, expected = CASES[name]

    def peek(m, *xs):
        xs[0].sum().item()  # impossible without numbers
        return m.inner(*xs)

    for grad in (torch.no_grad, torch.inference_mode):
        with grad():
            given = [x.clone() for x in inputs]  # in inference mode: inference tensors
            assert count_macs(Call(peek, inner=model), *given) == expected
    assert not torch.nn.modules.module._global_forward_hooks


def test_causal_and_grouped_query_attention():
    """A mask changes nothing; 4 query heads share 2 key heads: 4·5·5·(3+3)."""

    def causal(m, q, k, v):
        return F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)

    assert count_macs(Call(causal), zeros(1, 4, 5, 3), zeros(1, 2, 5, 3), zeros(1, 2, 5, 3)) == 600


def test_unknown_operator_is_reported_by_name():
    with pytest.warns(UserWarning, match=r"not counted: aten\._fft_r2c"):
        assert count_macs(Call(lambda m, x: torch.fft.rfft(x)), zeros(8)) == 0


def test_unknown_operator_of_another_library_is_reported():
    library = torch.library.Library("efficientai_test", "DEF")
    library.define("twice(Tensor x) -> Tensor")
    library.impl("twice", lambda x: 2 * x, "CPU")
    with pytest.warns(UserWarning, match=r"efficientai_test\.twice"):
        count_macs(Call(lambda m, x: torch.ops.efficientai_test.twice(x)), zeros(8))


@pytest.mark.parametrize("name", nn.modules.activation.__all__)
def test_activations_are_known_to_be_free(name):
    """In place or not: an element-wise operator must not be reported as unknown."""
    if name in ("MultiheadAttention", "Threshold"):
        return
    needs = {"dim": 1} if name in ("Softmax", "Softmin", "LogSoftmax") else {}
    for options in (needs, {"inplace": True}):
        try:
            model = getattr(nn, name)(**options)
        except TypeError:  # has no such option
            continue
        shape = (2, 3, 4, 4) if name == "Softmax2d" else (2, 4)
        assert count_macs(model, torch.ones(shape)) == 0


def test_second_formula_for_an_operator_raises():
    with pytest.raises(ValueError, match="'addmm' has a formula already"):
        formula("addmm")(lambda output, *args: 0)


def test_counter_alone_counts_what_runs_inside():
    with MacCounter() as counter:
        zeros(2, 3) @ zeros(3, 4)
    zeros(2, 3) @ zeros(3, 4)
    assert counter.macs.total() == 24
    assert FLOPS_PER_MAC == 2


# ---------------------------------------------------------------- shapes without numbers


def agrees(operator, *arguments):
    """Whether a rule says what torch's own kernel for tensors without numbers says, or nothing.

    Where torch refuses, the rule must be silent, so that the user hears torch's reason.
    """
    ours = shape_only(operator, arguments)
    try:
        theirs = operator(*arguments)
    except (RuntimeError, ValueError, IndexError):
        return ours is None
    return ours is None or looks(ours) == looks(theirs)


def looks(output):
    outputs = output if isinstance(output, tuple) else (output,)
    return [(x.shape, x.dtype, x.device) for x in outputs if x.numel()]


def meta(*shape, dtype=torch.float32):
    return torch.empty(shape, dtype=dtype, device="meta")


sizes = st.integers(1, 5)
dtypes = st.sampled_from([torch.float32, torch.float64, torch.int64])


@given(st.data(), st.integers(1, 3), sizes, sizes, st.integers(1, 3))
def test_shape_of_a_convolution(data, sides, inputs, outputs, groups):
    def each(low, high):
        return data.draw(st.lists(st.integers(low, high), min_size=sides, max_size=sides))

    x = meta(2, inputs * groups, *each(4, 12))
    channels, kernel = (outputs * groups, inputs), each(1, 4)
    how = each(1, 3), each(0, 2), each(1, 3), False, [0] * sides, groups
    bias = data.draw(st.sampled_from([None, meta(channels[0])]))
    conv = torch.ops.aten.convolution.default
    assert agrees(conv, x, meta(*channels, *kernel), bias, *how)
    # what torch does otherwise, or refuses
    assert agrees(conv, x, meta(*channels[::-1], *kernel), None, *how[:3], True, *how[4:])
    assert agrees(conv, x, meta(channels[0], inputs + 1, *kernel), None, *how)
    assert agrees(conv, x, meta(*channels, *kernel), meta(channels[0] + 1), *how)


@given(st.lists(sizes, max_size=3), st.lists(dtypes, min_size=1, max_size=4), st.data())
def test_shape_of_tensors_joined(shape, kinds, data):
    dim = data.draw(st.integers(-len(shape), max(len(shape) - 1, 0)))
    grown = [list(shape) for _ in kinds]
    for own in grown[1:]:
        if own:
            own[data.draw(st.sampled_from([dim, 0]))] += 1  # elsewhere than `dim`: torch refuses
    tensors = [meta(*own, dtype=dtype) for own, dtype in zip(grown, kinds, strict=True)]
    assert agrees(torch.ops.aten.cat.default, tensors, dim)


@given(st.lists(sizes, min_size=1, max_size=4), st.data(), dtypes, dtypes)
def test_shape_of_a_pair(shape, data, first, second):
    def some():
        return [data.draw(st.sampled_from([n, 1])) for n in shape[data.draw(st.integers(0, 2)) :]]

    for name in ("add", "mul", "sub", "div"):
        operator = getattr(torch.ops.aten, name).Tensor
        assert agrees(operator, meta(*some(), dtype=first), meta(*some(), dtype=second))
        assert agrees(getattr(torch.ops.aten, name).Scalar, meta(*some(), dtype=first), 2)


@given(st.lists(sizes, min_size=1, max_size=4), st.data(), st.booleans(), dtypes)
def test_shape_of_a_mean(shape, data, keepdim, dtype):
    dims = data.draw(st.lists(st.integers(-len(shape) - 1, len(shape)), max_size=3))
    assert agrees(torch.ops.aten.mean.dim, meta(*shape, dtype=dtype), dims, keepdim)


def test_shape_of_an_affine_map_and_of_norms():
    aten = torch.ops.aten
    for m, k, k2, n, n2 in product((1, 3), (2, 4), (2, 4), (3,), (1, 3, 5)):
        assert agrees(aten.addmm.default, meta(n2), meta(m, k), meta(k2, n))
    x = meta(2, 3, 4, 4)
    assert agrees(aten.native_layer_norm.default, x, [4, 4], meta(4, 4), meta(4, 4), 1e-5)


@pytest.mark.parametrize("name", sorted(str(packet).split(".")[-1] for packet in RULES))
def test_ordinary_arguments_have_a_rule(name):
    """Else the rules would be right by saying nothing, and slow."""
    x, c, m = meta(2, 3, 4, 4), meta(3), meta(4, 4)
    how = [1, 1], [0, 0], [1, 1], False, [0, 0], 1
    special = {
        "convolution": (x, meta(5, 3, 2, 2), None, *how),
        "cat": ([x, x], 1),
        "addmm": (meta(4), m, m),
        "mean": (x, [2, 3]),
        "native_layer_norm": (x, [4], meta(4), meta(4), 1e-5),
    }
    norms = {n: (x, c, c, c, c) for n in (str(packet) for packet in RULES) if "batch_norm" in n}
    pairs = dict.fromkeys(("add", "mul", "sub", "div"), (x, x))
    arguments = {**special, **norms, **pairs}.get(name, (x,))
    operator = getattr(torch.ops.aten, name)
    overload = getattr(operator, operator.overloads()[0])
    assert shape_only(overload, arguments) is not None
