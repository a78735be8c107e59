"""Counting multiply-accumulates: one small formula for each operator that multiplies and sums.

**Convention.** One MAC is one multiplication and one addition: 1 MAC = 2 FLOPs (`FLOPS_PER_MAC`).
Counted are matrix products and convolutions in every form, attention included; a position in the
padding, and one behind a causal mask, counts like any other. Biases, activations, norms, pooling
and other element-wise work are not counted. An operator that is on neither list is *reported*.

The counter sits below the modules, at torch's own operators (aten), so that functional calls,
einsum, recurrent layers and fused attention count like their spelled-out forms.

A `formula` gives the MACs of an operator from its output and its arguments. To count without
computing, shapes are enough: for the commonest operators a `rule` gives the shape of the output.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

FLOPS_PER_MAC = 2

aten = torch.ops.aten
Formula = Callable[..., int]
FORMULAS: dict[object, Formula] = {}  # operator → MACs from its arguments and its output


def formula(*operators: str) -> Callable[[Formula], Formula]:
    """Register a function (output, *arguments) → MACs for operators of `torch.ops.aten`.

    Names that this torch does not know are skipped. Raises ValueError for a second registration.

    >>> formula("mm")(lambda output, a, b: 0)
    Traceback (most recent call last):
    ...
    ValueError: the operator 'mm' has a formula already
    """
    return _register(FORMULAS, "formula", operators)


def _register(table: dict, what: str, operators: tuple[str, ...]) -> Callable:
    def register(function: Callable) -> Callable:
        for name in operators:
            operator = getattr(aten, name, None)
            if operator in table:
                raise ValueError(f"the operator {name!r} has a {what} already")
            if operator is not None:
                table[operator] = function
        return function

    return register


def _stored(matrix: Tensor) -> int:
    """Numbers that take part in a product: all of a dense matrix, the non-zeros of a sparse one."""
    return matrix.numel() if matrix.layout == torch.strided else matrix._nnz()


@formula("mm", "bmm", "_int_mm", "_scaled_mm")
def product(output: Tensor, a: Tensor, b: Tensor, *_) -> int:
    """(..., m, k) @ (..., k, n): every number of a meets n numbers of b.

    >>> product(None, torch.ones(2, 3), torch.ones(3, 4))
    24
    """
    if b.layout != torch.strided:  # dense @ sparse: every stored number of b meets m of a
        return _stored(b) * a.shape[-2]
    return _stored(a) * b.shape[-1]


@formula("addmm", "addmm_", "baddbmm", "baddbmm_", "addbmm", "_addmm_activation", "_sparse_addmm")
def product_and_sum(output: Tensor, _bias: Tensor, a: Tensor, b: Tensor, *_) -> int:
    """bias + a @ b, where the bias is free.

    >>> product_and_sum(None, torch.ones(4), torch.ones(2, 3), torch.ones(3, 4))
    24
    """
    return product(output, a, b)


@formula("mv")
def matrix_vector(output: Tensor, a: Tensor, x: Tensor) -> int:
    """(m, k) @ (k,): every number of the matrix once.

    >>> matrix_vector(None, torch.ones(2, 3), torch.ones(3))
    6
    """
    return _stored(a)


@formula("addmv", "addmv_")
def matrix_vector_and_sum(output: Tensor, _bias: Tensor, a: Tensor, x: Tensor, *_) -> int:
    """bias + a @ x.

    >>> matrix_vector_and_sum(None, torch.ones(2), torch.ones(2, 3), torch.ones(3))
    6
    """
    return _stored(a)


@formula("dot", "vdot")
def inner(output: Tensor, a: Tensor, b: Tensor) -> int:
    """(k,) · (k,).

    >>> inner(None, torch.ones(3), torch.ones(3))
    3
    """
    return a.numel()


@formula("convolution", "_convolution", "convolution_overrideable")
def convolution(
    output: Tensor, x: Tensor, weight: Tensor, _bias, _stride, _padding, _dilation, transposed, *_
) -> int:
    """Each output (transposed: each input) meets one filter of in/groups × kernel numbers.

    weight: (out, in/groups, *kernel), transposed (in, out/groups, *kernel).

    >>> y, x, w = torch.ones(1, 8, 8, 8), torch.ones(1, 3, 10, 10), torch.ones(8, 3, 3, 3)
    >>> convolution(y, x, w, None, 1, 0, 1, False)  # 8·8·8 outputs · 3·3·3
    13824
    """
    return (x if transposed else output).numel() * weight[0].numel()


@formula(
    "_scaled_dot_product_flash_attention",
    "_scaled_dot_product_flash_attention_for_cpu",
    "_scaled_dot_product_efficient_attention",
    "_scaled_dot_product_cudnn_attention",
    "_scaled_dot_product_fused_attention_overrideable",
)
def attention(output, query: Tensor, key: Tensor, value: Tensor, *_) -> int:
    """softmax(q k^T) v: q k^T costs queries · keys · E and the rest queries · keys · E_v.

    query (batch, heads, queries, E), key (batch, heads, keys, E), value (batch, heads, keys, E_v).

    >>> q, kv = torch.ones(1, 2, 5, 4), torch.ones(1, 2, 6, 4)
    >>> attention(None, q, kv, kv)  # 2 heads · 5·6 pairs · (4 + 4)
    480
    """
    pairs = query.shape[:-1].numel() * key.shape[-2]  # batch · heads · queries · keys
    return pairs * (query.shape[-1] + value.shape[-1])


@formula("_trilinear")
def trilinear(output: Tensor, x1: Tensor, weight: Tensor, x2: Tensor, *_) -> int:
    """Bilinear layer, W x2 and then x1 · (W x2) for each output.

    x1 (N, in1), weight (out, in1, in2), x2 (N, in2).

    >>> trilinear(None, torch.ones(2, 3), torch.ones(5, 3, 4), torch.ones(2, 4))  # 2 (5·3·4 + 5·3)
    150
    """
    return x1.shape[0] * (weight.numel() + weight.shape[0] * weight.shape[1])


# Operators that are known and cost no MAC, beside those that torch tags as pointwise or as views.
FREE_NAMES = """
native_batch_norm _native_batch_norm_legit _native_batch_norm_legit_no_training batch_norm
_batch_norm_no_update _batch_norm_with_update cudnn_batch_norm native_layer_norm layer_norm
native_group_norm group_norm _fused_rms_norm _weight_norm_interface norm linalg_vector_norm
_softmax _log_softmax _safe_softmax logsumexp log_sigmoid_forward glu prelu _prelu_kernel
rrelu_with_noise rrelu_with_noise_ hardswish hardswish_ hardsigmoid hardsigmoid_ celu_ mish_ silu_
elu_ leaky_relu_ gelu_ threshold_
_thnn_fused_lstm_cell _thnn_fused_gru_cell addr addr_
sum nansum mean prod amax amin aminmax max min argmax argmin var std var_mean any all
cumsum topk sort

max_pool2d max_pool2d_with_indices max_pool3d_with_indices max_unpool2d avg_pool1d avg_pool2d
avg_pool3d adaptive_avg_pool1d adaptive_avg_pool2d _adaptive_avg_pool2d _adaptive_avg_pool3d
adaptive_max_pool2d adaptive_max_pool3d upsample_nearest1d upsample_nearest2d upsample_nearest3d
_upsample_nearest_exact2d upsample_linear1d upsample_bilinear2d _upsample_bilinear2d_aa
upsample_bicubic2d _upsample_bicubic2d_aa upsample_trilinear3d im2col col2im pixel_shuffle
pixel_unshuffle channel_shuffle native_channel_shuffle

cat stack index index_put index_put_ _unsafe_index gather scatter scatter_ scatter_add scatter_add_
index_select index_add index_add_ index_copy embedding _embedding_bag _embedding_bag_forward_only
masked_select masked_scatter
nonzero take one_hot constant_pad_nd reflection_pad1d reflection_pad2d replication_pad1d
replication_pad2d roll flip repeat repeat_interleave copy_ _copy_from clone _to_copy contiguous
tril triu tril_ triu_ unsafe_split unsafe_split_with_sizes split_with_sizes_copy _unsafe_view
_reshape_copy select_scatter slice_scatter diagonal_scatter resize_ set_ _to_sparse _to_sparse_csr
_to_dense _pack_padded_sequence _pad_packed_sequence native_dropout bernoulli_ bucketize
searchsorted histc

empty empty_like empty_strided new_empty new_empty_strided new_zeros new_ones new_full zeros
zeros_like ones ones_like full full_like arange linspace scalar_tensor eye rand rand_like randn
randn_like randint randperm zero_ fill_ normal_ uniform_ lift lift_fresh lift_fresh_copy
_local_scalar_dense equal is_same_size is_pinned _pin_memory record_stream sym_size sym_numel
sym_stride sym_storage_offset _assert_async _assert_tensor_metadata
"""
FREE = frozenset(FREE_NAMES.split())
FREE_TAGS = {torch.Tag.pointwise, torch.Tag.inplace_view}


def kind(operator: torch._ops.OpOverload) -> str:
    """What an operator is to the counter: "formula", "composite", "free" or "unknown".

    >>> kind(aten.addmm.default), kind(aten.relu.default), kind(aten._fft_r2c.default)
    ('formula', 'free', 'unknown')
    """
    packet = operator.overloadpacket
    if packet in FORMULAS:
        return "formula"
    if operator.namespace == "aten" and packet.__name__ in FREE:
        return "free"
    if operator.is_view or operator.namespace == "prim" or FREE_TAGS & {*operator.tags}:
        return "free"
    composite = torch._C.DispatchKey.CompositeImplicitAutograd
    return "composite" if operator.has_kernel_for_dispatch_key(composite) else "unknown"


# On tensors without numbers some operators are slow, because torch derives their shape in Python.
# The shape is all that a count has to know, so the commonest have a short rule here. A rule returns
# None for anything out of the ordinary; torch itself then does it, or says what is wrong.

SAME_SHAPE_NAMES = """
relu relu_ hardtanh hardtanh_ hardswish hardswish_ hardsigmoid hardsigmoid_ silu silu_ gelu sigmoid
sigmoid_ tanh _softmax leaky_relu leaky_relu_ elu
"""
Rule = Callable[..., object]
RULES: dict[object, Rule] = {}  # operator → its output on meta tensors, from its arguments


def rule(*operators: str) -> Callable[[Rule], Rule]:
    """Register a function (*arguments) → output, without numbers, as `formula` does.

    >>> rule("relu")(lambda x: x)
    Traceback (most recent call last):
    ...
    ValueError: the operator 'relu' has a rule already
    """
    return _register(RULES, "rule", operators)


def _empty(shape: Iterable[int], like: Tensor) -> Tensor:
    """A meta tensor; `torch.empty_like` would take the slow way."""
    return torch.empty(tuple(shape), dtype=like.dtype, device="meta")


@rule(*(name for name in SAME_SHAPE_NAMES.split() if not name.endswith("_")))
def same_shape(x: Tensor, *_) -> Tensor:
    """Element by element.

    >>> same_shape(torch.ones(2, 3, device="meta")).shape
    torch.Size([2, 3])
    """
    return _empty(x.shape, x)


@rule(*(name for name in SAME_SHAPE_NAMES.split() if name.endswith("_")))
def in_place(x: Tensor, *_) -> Tensor:
    """The argument itself.

    >>> x = torch.ones(2, 3, device="meta")
    >>> in_place(x) is x
    True
    """
    return x


@rule("add", "mul", "sub", "div")
def pairs(a: Tensor, b: object, *_) -> Tensor | None:
    """Two tensors of one kind of floats, one of which may be repeated, or a tensor and a number.

    >>> pairs(torch.ones(2, 3, device="meta"), torch.ones(3, device="meta")).shape
    torch.Size([2, 3])
    """
    if not a.dtype.is_floating_point:
        return None
    if not isinstance(b, Tensor):
        return _empty(a.shape, a)
    shape = a.shape if a.shape == b.shape else torch.broadcast_shapes(a.shape, b.shape)
    return _empty(shape, a) if a.dtype == b.dtype and b.is_meta else None


@rule("mean")
def averaged(x: Tensor, dims: list[int] | None = None, keepdim: bool = False, *_) -> Tensor | None:
    """Sizes along `dims` become 1 or go.

    >>> averaged(torch.ones(2, 3, 4, device="meta"), [1], keepdim=True).shape
    torch.Size([2, 1, 4])
    """
    if not dims or not x.dtype.is_floating_point or max(dims) >= x.ndim or min(dims) < -x.ndim:
        return None
    gone = {d % x.ndim for d in dims}
    if len(gone) < len(dims):
        return None
    sides = [(1 if d in gone else n) for d, n in enumerate(x.shape) if keepdim or d not in gone]
    return _empty(sides, x)


@rule("native_batch_norm", "_native_batch_norm_legit_no_training", "cudnn_batch_norm")
def batch_norm(x: Tensor, *_) -> tuple[Tensor, Tensor, Tensor]:
    """The other two results are empty in evaluation mode.

    >>> batch_norm(torch.ones(2, 3, 4, device="meta"))[0].shape
    torch.Size([2, 3, 4])
    """
    return _empty(x.shape, x), _empty((0,), x), _empty((0,), x)


@rule("native_layer_norm")
def layer_norm(x: Tensor, normalised: list[int], *_) -> tuple[Tensor, Tensor, Tensor]:
    """With a mean and a deviation for each normalised group.

    >>> [part.shape for part in layer_norm(torch.ones(2, 3, device="meta"), [3])]
    [torch.Size([2, 3]), torch.Size([2, 1]), torch.Size([2, 1])]
    """
    groups = x.shape[: x.ndim - len(normalised)] + (1,) * len(normalised)
    return _empty(x.shape, x), _empty(groups, x), _empty(groups, x)


@rule("addmm")
def affine(bias: Tensor, a: Tensor, b: Tensor, *_) -> Tensor | None:
    """(m, k) @ (k, n).

    >>> a, b = torch.ones(2, 3, device="meta"), torch.ones(3, 4, device="meta")
    >>> affine(torch.ones(4, device="meta"), a, b).shape
    torch.Size([2, 4])
    """
    fits = a.shape[1] == b.shape[0] and bias.shape == b.shape[1:]
    return _empty((a.shape[0], b.shape[1]), a) if fits else None


@rule("convolution")
def convolved(
    x: Tensor, weight: Tensor, bias, stride, padding, dilation, transposed, _more, groups
) -> Tensor | None:
    """An ordinary convolution: on each side as many places as the filter has.

    >>> x, w = torch.ones(1, 3, 10, 10, device="meta"), torch.ones(8, 3, 3, 3, device="meta")
    >>> convolved(x, w, None, [2, 2], [1, 1], [1, 1], False, [0, 0], 1).shape
    torch.Size([1, 8, 5, 5])
    """
    if transposed or x.ndim != weight.ndim or len(stride) != x.ndim - 2:
        return None
    sides = zip(x.shape[2:], weight.shape[2:], stride, padding, dilation, strict=True)
    places = [(n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, s, p, d in sides]
    fits = x.shape[1] == weight.shape[1] * groups and x.dtype == weight.dtype
    fits = fits and min(places) > 0 and (bias is None or bias.shape == weight.shape[:1])
    return _empty((x.shape[0], weight.shape[0], *places), x) if fits else None


@rule("cat")
def joined(parts: list[Tensor], dim: int = 0) -> Tensor | None:
    """The sizes along `dim` add up; all else is the same.

    >>> joined([torch.ones(2, 3, device="meta"), torch.ones(2, 4, device="meta")], dim=1).shape
    torch.Size([2, 7])
    """
    first, dim = parts[0], dim % max(parts[0].ndim, 1)
    others = {(p.ndim, p.shape[:dim], p.shape[dim + 1 :], p.dtype, p.is_meta) for p in parts}
    if len(others) > 1 or first.ndim == 0:
        return None
    size = sum(p.shape[dim] for p in parts)
    return _empty((*first.shape[:dim], size, *first.shape[dim + 1 :]), first)


def shape_only(operator: torch._ops.OpOverload, args: tuple) -> object:
    """Output of an operator on meta tensors by its rule; None if there is no rule.

    >>> shape_only(aten.relu.default, (torch.empty(2, 3, device="meta"),)).shape
    torch.Size([2, 3])
    """
    known = RULES.get(operator.overloadpacket)
    first = args[0] if known else None
    first = first[0] if isinstance(first, (list, tuple)) and first else first
    return known(*args) if getattr(first, "is_meta", False) else None


class MacCounter(TorchDispatchMode):
    """Counts the MACs of everything that runs inside it, by the place `where()` names.

    Attributes: `macs`, a Counter place → MACs; `unknown`, a Counter operator name → calls.

    >>> with MacCounter() as counter:
    ...     _ = torch.ones(2, 3) @ torch.ones(3, 4)
    >>> counter.macs.total()
    24
    """

    def __init__(self, where: Callable[[], str] = str) -> None:
        super().__init__()
        self.where = where
        self.macs: Counter[str] = Counter()
        self.unknown: Counter[str] = Counter()
        self._kinds: dict[object, str] = {}

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        """Run one operator, and count it."""
        if (what := self._kinds.get(func)) is None:
            what = self._kinds[func] = kind(func)
        if what == "composite":
            with self:
                return func.decompose(*args, **(kwargs or {}))
        if (output := shape_only(func, args)) is None:
            output = func(*args, **(kwargs or {}))
        if what == "formula":
            self.macs[self.where()] += FORMULAS[func.overloadpacket](output, *args)
        elif what == "unknown":
            self.unknown[str(func)] += 1
        return output
