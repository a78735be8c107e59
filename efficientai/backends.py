"""The 8-bit and 16-bit paths that are really faster on a CPU, one function each.

`int8_model` hands a network to ONNX Runtime, with unsigned 8-bit activations and signed 8-bit
weights; `fp32_model` hands it over as it is, which is the fair comparison. What a layer of bytes
computes is specified by `quantization.IntegerLayer`; ONNX Runtime rescales in floats, so that a
byte may differ from the specification by one step. On processors with VNNI or AMX instructions it
is several times as fast as float32; elsewhere it is correct and not fast. `bf16_model` halves the
bytes of the weights, which is what counts where memory sets the pace; `numerics.FORMATS["bf16"]`
is the reference.

Source: ONNX's operators QuantizeLinear and DequantizeLinear, opset 17; Jacob et al. 2018.
Needs the packages onnx and onnxruntime: `pip install efficientai[chapters]`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import onnx
import onnxruntime
import torch
from onnx import helper, numpy_helper
from torch import Tensor, nn

from efficientai.quantization import (
    QParams,
    affine_qparams,
    fold_batch_norm,
    minmax_range,
    quantize,
    weight_qparams,
)
from efficientai.training import mode

# ---------------------------------------------------------------- the processor

INSTRUCTIONS = {  # as Linux names them, for x86 and Arm
    "INT8": {"avx512_vnni", "avx_vnni", "amx_int8", "asimddp"},
    "BF16": {"avx512_bf16", "amx_bf16", "bf16"},
    "FP16": {"avx512_fp16", "amx_fp16", "fphp"},
    "FP8": set(),
}


def instructions() -> dict[str, bool]:
    """Which formats this processor multiplies and adds up by itself; all False if not on Linux.

    >>> list(instructions())
    ['INT8', 'BF16', 'FP16', 'FP8']
    """
    path = Path("/proc/cpuinfo")
    words = set(path.read_text().split()) if path.exists() else set()
    return {name: bool(words & flags) for name, flags in INSTRUCTIONS.items()}


# ---------------------------------------------------------------- bfloat16


class Bf16Model(nn.Module):
    """A copy of a network whose weights and arithmetic are bfloat16; takes and returns float32.

    >>> Bf16Model(nn.Linear(4, 2)).model.weight.dtype
    torch.bfloat16
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = copy.deepcopy(model).bfloat16()

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x.bfloat16()).float()


def bf16_model(model: nn.Module) -> Bf16Model:
    """The network in bfloat16: half the bytes of float32, the same range, 8 bits of precision.

    >>> bf16_model(nn.Linear(4, 2))(torch.rand(3, 4)).dtype
    torch.float32
    """
    return Bf16Model(model).eval()


# ---------------------------------------------------------------- ONNX Runtime


class OnnxModel(nn.Module):
    """A network in ONNX Runtime; takes and returns float32, and has no gradients.

    file: the ONNX file as bytes, ready to be deployed. Uses as many threads as torch did when it
    was made.

    >>> model, x = nn.Sequential(nn.Linear(4, 2)), torch.rand(3, 4)
    >>> file = int8_model(model, x).file
    >>> OnnxModel(file)(x).shape
    torch.Size([3, 2])
    """

    def __init__(self, file: bytes) -> None:
        super().__init__()
        self.file = file
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        if not instructions()["INT8"]:  # the quick kernel's 16-bit sums could overflow
            options.add_session_config_entry("session.x64quantprecision", "1")
        self.session = onnxruntime.InferenceSession(file, options, ["CPUExecutionProvider"])

    def forward(self, x: Tensor) -> Tensor:
        return torch.from_numpy(self.session.run(None, {"input": x.detach().numpy()})[0])

    def __reduce__(self) -> tuple:  # a session can be neither copied nor pickled, its file can
        return OnnxModel, (self.file,)


KEEPS_BYTES = (nn.MaxPool2d, nn.Flatten)  # choose or rearrange bytes, whatever these stand for


def int8_model(model: nn.Sequential, inputs: Tensor) -> OnnxModel:
    """A Sequential of linear and convolution layers, batch norms, ReLU, max pooling and flatten,
    as one that computes in bytes between its first and its last layer.

    inputs: examples (N, ...) for the ranges (min-max). Batch norms are folded. Raises ValueError
    for a kind of module, padding or pooling that has no form here.

    >>> from efficientai.architectures import lenet_300_100
    >>> model, x = lenet_300_100().eval(), torch.rand(64, 1, 8, 8)
    >>> bool((int8_model(model, x)(x) - model(x)).abs().max() < 0.02)
    True
    """
    return _handed_over(model, inputs, lambda x: affine_qparams(*minmax_range(x)))


def fp32_model(model: nn.Sequential, inputs: Tensor) -> OnnxModel:
    """The same network in the same engine, in float32: what is gained without fewer bits.

    inputs: examples (N, ...), for the shape alone. Otherwise as `int8_model`.

    >>> from efficientai.architectures import lenet_300_100
    >>> model, x = lenet_300_100().eval(), torch.rand(64, 1, 8, 8)
    >>> torch.allclose(fp32_model(model, x)(x), model(x), atol=1e-5)
    True
    """
    return _handed_over(model, inputs, lambda x: None)


@torch.no_grad()
def _handed_over(
    model: nn.Sequential, x: Tensor, qparams: Callable[[Tensor], QParams | None]
) -> OnnxModel:
    """The network as a graph; `qparams` says how a result is rounded to bytes, if at all."""
    stages = _stages(fold_batch_norm(model))
    q, last, in_shape = qparams(x), _last_layer(stages), x.shape[1:]
    graph = _Graph()
    name = graph.rounded("input", q)
    for index, (module, relu) in enumerate(stages):
        with mode(module, training=False):
            x = module(x).relu() if relu else module(x)
        name = graph.stage(module, relu, name, q)
        if index != last:
            q = q if isinstance(module, KEEPS_BYTES) else qparams(x)
            name = graph.rounded(name, q)
    return OnnxModel(graph.file(name, in_shape, x.shape[1:])).eval()


def _stages(model: nn.Sequential) -> list[tuple[nn.Module, bool]]:
    """Leaves of the Sequential, each with whether a ReLU follows it."""
    stages: list[tuple[nn.Module, bool]] = []
    for module in model.modules():
        if isinstance(module, nn.Sequential | nn.Identity | nn.Dropout):
            continue
        if isinstance(module, nn.ReLU) and stages and not isinstance(stages[-1][0], KEEPS_BYTES):
            stages[-1] = (stages[-1][0], True)
        elif isinstance(module, (nn.Linear, nn.Conv2d, *KEEPS_BYTES)):
            stages.append((module, False))
        else:
            raise ValueError(f"no ONNX form for {type(module).__name__} at this place")
    return stages


def _last_layer(stages: list[tuple[nn.Module, bool]]) -> int:
    layers = [i for i, (module, _) in enumerate(stages) if not isinstance(module, KEEPS_BYTES)]
    if not layers:
        raise ValueError("the model has no linear or convolution layer to quantize")
    if layers[-1] != len(stages) - 1:
        kind = type(stages[-1][0]).__name__
        raise ValueError(f"the model must end with a linear or convolution layer, not {kind}")
    return layers[-1]


class _Graph:
    """An ONNX graph under construction; its values are known by name."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def node(self, operator: str, *inputs: str, **attributes: object) -> str:
        """Add an operator; the name of its result."""
        name = f"{operator}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [name], **attributes))
        return name

    def constant(self, value: Tensor) -> str:
        """Add a tensor; its name."""
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(value.detach().contiguous().numpy(), name))
        return name

    def rounded(self, name: str, q: QParams | None) -> str:
        """Floats rounded to what bytes can stand for. Between two such pairs, ONNX Runtime
        replaces the operator on floats by its kernel for bytes."""
        if q is None:
            return name
        given = self.constant(q.scale), self.constant(q.zero_point.to(torch.uint8))
        return self.node("DequantizeLinear", self.node("QuantizeLinear", name, *given), *given)

    def integers(self, value: Tensor, dtype: torch.dtype, q: QParams) -> str:
        """Parameters of a layer as integers, one scale an output."""
        scale, zero = self.constant(q.scale), self.constant(q.zero_point.to(dtype))
        stored = self.constant(quantize(value.detach(), q).to(dtype))
        return self.node("DequantizeLinear", stored, scale, zero, axis=0)

    def parameters(self, layer: nn.Linear | nn.Conv2d, x_q: QParams | None) -> list[str]:
        """Weight and bias: as floats, or as integers for an input rounded by x_q."""
        given = [layer.weight] if layer.bias is None else [layer.weight, layer.bias]
        if x_q is None:
            return [self.constant(value) for value in given]
        w_q = weight_qparams(layer.weight)  # a bias counts in units of the products
        b_q = w_q._replace(scale=w_q.scale * x_q.scale, low=-(2**31), high=2**31 - 1)
        how = (torch.int8, w_q), (torch.int32, b_q)
        return [self.integers(value, *form) for value, form in zip(given, how, strict=False)]

    def stage(self, module: nn.Module, relu: bool, x: str, x_q: QParams | None) -> str:
        """Add a layer, or pooling, or flatten."""
        if isinstance(module, nn.Flatten):
            return self.node("Flatten", x, axis=_flatten_axis(module))
        if isinstance(module, nn.MaxPool2d):
            return self.node("MaxPool", x, **_pooling(module))
        linear = isinstance(module, nn.Linear)
        operator, how = ("Gemm", {"transB": 1}) if linear else ("Conv", _geometry(module))
        name = self.node(operator, x, *self.parameters(module, x_q), **how)
        return self.node("Relu", name) if relu else name

    def file(self, result: str, in_shape: torch.Size, out_shape: torch.Size) -> bytes:
        """The finished file; the batch may have any size."""
        ends = [
            helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["batch", *shape])
            for name, shape in (("input", in_shape), (result, out_shape))
        ]
        graph = helper.make_graph(self.nodes, "model", ends[:1], ends[1:], self.constants)
        opset = [helper.make_opsetid("", 17)]
        model = helper.make_model(graph, opset_imports=opset, ir_version=8)
        onnx.checker.check_model(model, full_check=True)
        return model.SerializeToString()


def _flatten_axis(module: nn.Flatten) -> int:
    if (module.start_dim, module.end_dim) != (1, -1):
        raise ValueError(f"no ONNX form for {module}: flatten all but the batch")
    return 1


def _pooling(pool: nn.MaxPool2d) -> dict[str, object]:
    if pool.return_indices:
        raise ValueError(f"no ONNX form for {pool} with return_indices")
    return {
        "kernel_shape": _pair(pool.kernel_size),
        "strides": _pair(pool.stride),
        "pads": _pair(pool.padding) * 2,
        "dilations": _pair(pool.dilation),
        "ceil_mode": int(pool.ceil_mode),
    }


def _geometry(layer: nn.Conv2d) -> dict[str, object]:
    if layer.padding_mode != "zeros" or isinstance(layer.padding, str):
        padding = f"{layer.padding!r}, {layer.padding_mode!r}"
        raise ValueError(f"padding must be numbers of zeros, not {padding}")
    return {
        "strides": list(layer.stride),
        "pads": list(layer.padding) * 2,
        "dilations": list(layer.dilation),
        "group": layer.groups,
    }


def _pair(value: int | tuple[int, int]) -> list[int]:
    return [value, value] if isinstance(value, int) else list(value)
