"""Deep Compression: prune, share weights, Huffman-code, into one small file that loads bit-exactly.

Source: Han, Mao & Dally 2016, "Deep Compression: Compressing Deep Neural Networks with Pruning,
Trained Quantization and Huffman Coding"; Guo, Yao & Chen 2016, "Dynamic Network Surgery for
Efficient DNNs" and Lin et al. 2020, "Dynamic Model Pruning with Feedback", for weights that return;
Huffman 1952; canonical codes after Schwartz & Kallick 1964.
"""

from __future__ import annotations

import copy
import heapq
import math
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call

from efficientai import pruning
from efficientai.quantization import kmeans_codebook
from efficientai.training import fit

# ---------------------------------------------------------------- Huffman

LENGTH_BITS = 4  # a code length is stored in four bits, so that no code may be longer than 15


def huffman_lengths(counts: Mapping[int, int]) -> dict[int, int]:
    """Length in bits of each symbol's code in an optimal prefix code.

    counts: symbol → how often it occurs, all > 0. A lone symbol gets one bit. If a code would be
    longer than 15 bits, the counts are flattened until none is. Raises ValueError for a count < 1.

    >>> huffman_lengths({0: 5, 1: 2, 2: 1})
    {0: 1, 1: 2, 2: 2}
    """
    if any(count < 1 for count in counts.values()):
        raise ValueError(f"every count must be at least 1, got {min(counts.values())}")
    lengths = _tree_depths(counts)
    if max(lengths.values(), default=0) >= 2**LENGTH_BITS:
        return huffman_lengths({symbol: count // 2 + 1 for symbol, count in counts.items()})
    return lengths


def _tree_depths(counts: Mapping[int, int]) -> dict[int, int]:
    """Depth of every leaf after joining the two rarest trees until one is left."""
    if len(counts) == 1:
        return dict.fromkeys(counts, 1)
    depths = dict.fromkeys(counts, 0)
    heap = [(count, symbol, [symbol]) for symbol, count in counts.items()]
    heapq.heapify(heap)
    while len(heap) > 1:
        (a, first, left), (b, _, right) = heapq.heappop(heap), heapq.heappop(heap)
        for symbol in left + right:
            depths[symbol] += 1
        heapq.heappush(heap, (a + b, first, left + right))
    return depths


def canonical_codes(lengths: Mapping[int, int]) -> dict[int, str]:
    """The one code that all agree on, from lengths alone: symbol → string of 0 and 1.

    Short codes first, then by symbol, counting upwards.

    >>> canonical_codes({0: 2, 1: 1, 2: 2})
    {1: '0', 0: '10', 2: '11'}
    """
    codes, value, before = {}, 0, 0
    for length, symbol in sorted((length, symbol) for symbol, length in lengths.items()):
        value <<= length - before
        codes[symbol], value, before = format(value, f"0{length}b"), value + 1, length
    return codes


def huffman_code(symbols: Iterable[int]) -> dict[int, str]:
    """Canonical Huffman code of a sequence: symbol → string of 0 and 1.

    >>> huffman_code([7, 7, 7, 3, 3, 5])
    {7: '0', 3: '10', 5: '11'}
    """
    return canonical_codes(huffman_lengths(Counter(symbols)))


# ---------------------------------------------------------------- bits


class BitWriter:
    """Collects bits, most significant first.

    >>> bits = BitWriter()
    >>> bits.number(5, width=3)
    >>> bits.number(1, width=6)
    >>> bits.to_bytes().hex()  # 101 000001 and seven zeros to fill the byte
    'a080'
    """

    def __init__(self) -> None:
        self._parts: list[str] = []

    def number(self, value: int, width: int) -> None:
        """An unsigned number in `width` bits. Raises ValueError if it does not fit."""
        if not 0 <= value < 2**width:
            raise ValueError(f"{value} does not fit {width} bits")
        self._parts.append(format(value, f"0{width}b"))

    def coded(self, symbols: Sequence[int], alphabet: int) -> None:
        """Symbols in 0…alphabet-1 with their own Huffman code, behind the lengths of the code."""
        lengths = huffman_lengths(Counter(symbols))
        for symbol in range(alphabet):
            self.number(lengths.get(symbol, 0), LENGTH_BITS)
        codes = canonical_codes(lengths)
        self._parts.extend(codes[symbol] for symbol in symbols)

    def to_bytes(self) -> bytes:
        """All bits, filled up with zeros to a whole byte."""
        bits = "".join(self._parts)
        size = -(-len(bits) // 8)
        return int(bits.ljust(8 * size, "0") or "0", 2).to_bytes(size, "big")


class BitReader:
    """Reads what a `BitWriter` wrote. Raises ValueError at the end of the bits.

    >>> BitReader(bytes.fromhex("a080")).number(3)
    5
    """

    def __init__(self, data: bytes) -> None:
        self._bits, self._at = "".join(format(byte, "08b") for byte in data), 0

    def _take(self, width: int) -> str:
        if self._at + width > len(self._bits):
            raise ValueError(f"the data ends at bit {len(self._bits)}; it is cut short or damaged")
        self._at += width
        return self._bits[self._at - width : self._at]

    def number(self, width: int) -> int:
        """An unsigned number of `width` bits."""
        return int(self._take(width) or "0", 2)

    def coded(self, count: int, alphabet: int) -> list[int]:
        """`count` symbols, behind the lengths of their code."""
        lengths = {symbol: self.number(LENGTH_BITS) for symbol in range(alphabet)}
        codes = canonical_codes({symbol: n for symbol, n in lengths.items() if n})
        symbols = {code: symbol for symbol, code in codes.items()}
        return [self._symbol(symbols) for _ in range(count)]

    def _symbol(self, symbols: dict[str, int]) -> int:
        code = self._take(1)
        while code not in symbols:
            code += self._take(1)
        return symbols[code]


# ---------------------------------------------------------------- positions of the weights kept


def relative_indices(positions: Sequence[int], index_bits: int) -> list[int]:
    """Zeros in front of every kept weight, as symbols of `index_bits` bits.

    The highest symbol stands for that many zeros with no weight behind them, so that a wide gap
    takes several symbols (Han et al. 2016, figure 2, with a weight of zero as the filler).

    >>> relative_indices([1, 4, 12], index_bits=2)  # 1 | 2 | 3 + 3 + 1
    [1, 2, 3, 3, 1]
    """
    filler, symbols, expected = 2**index_bits - 1, [], 0
    for position in positions:
        skipped, rest = divmod(position - expected, filler)
        symbols += [filler] * skipped + [rest]
        expected = position + 1
    return symbols


def absolute_positions(symbols: Sequence[int], index_bits: int) -> list[int]:
    """Inverse of `relative_indices`.

    >>> absolute_positions([1, 2, 3, 3, 1], index_bits=2)
    [1, 4, 12]
    """
    filler, positions, at = 2**index_bits - 1, [], 0
    for symbol in symbols:
        at += symbol
        if symbol != filler:
            positions.append(at)
            at += 1
    return positions


# ---------------------------------------------------------------- one tensor

COUNT_BITS, WIDTH_BITS, SIZE_BITS = 32, 4, 9
INDEX_BITS = range(3, 9)  # the smallest result of these is taken


def write_sparse(bits: BitWriter, values: np.ndarray) -> None:
    """A float16 array of few distinct values and many zeros: codebook, positions, indices.

    >>> bits = BitWriter()
    >>> write_sparse(bits, np.array([0.0, 0.5, 0.0, 0.5]))
    >>> read_sparse(BitReader(bits.to_bytes()), 4)
    array([0. , 0.5, 0. , 0.5], dtype=float16)
    """
    flat = values.astype(np.float16).ravel()
    positions = flat.nonzero()[0].tolist()
    codebook, indices = np.unique(flat[positions], return_inverse=True)
    if len(codebook) >= 2**SIZE_BITS:
        raise ValueError(f"a codebook holds at most {2**SIZE_BITS - 1} values, got {len(codebook)}")
    width = min(INDEX_BITS, key=lambda width: _position_bits(positions, width))
    symbols = relative_indices(positions, width)
    bits.number(width, WIDTH_BITS)
    bits.number(len(symbols), COUNT_BITS)
    bits.coded(symbols, 2**width)
    bits.number(len(codebook), SIZE_BITS)
    for half in codebook.view(np.uint16).tolist():
        bits.number(half, 16)
    bits.coded(indices.tolist(), len(codebook))


def _position_bits(positions: Sequence[int], width: int) -> int:
    """Bits that the positions take with symbols of this width, the code's table included."""
    counts = Counter(relative_indices(positions, width))
    lengths = huffman_lengths(counts)
    return LENGTH_BITS * 2**width + sum(counts[s] * length for s, length in lengths.items())


def read_sparse(bits: BitReader, size: int) -> np.ndarray:
    """Inverse of `write_sparse`: float16 (size,).

    >>> bits = BitWriter()
    >>> write_sparse(bits, np.array([0.0, 0.5]))
    >>> read_sparse(BitReader(bits.to_bytes()), 1)
    Traceback (most recent call last):
    ValueError: position 1 in a tensor of 1; the data is damaged
    """
    width = bits.number(WIDTH_BITS)
    count = bits.number(COUNT_BITS)
    positions = absolute_positions(bits.coded(count, 2**width), width)
    entries = bits.number(SIZE_BITS)
    codebook = np.array([bits.number(16) for _ in range(entries)], dtype=np.uint16)
    flat = np.zeros(size, dtype=np.float16)
    if positions and positions[-1] >= size:
        raise ValueError(f"position {positions[-1]} in a tensor of {size}; the data is damaged")
    flat[positions] = codebook.view(np.float16)[bits.coded(len(positions), entries)]
    return flat


def write_fixed_point(bits: BitWriter, values: Tensor) -> None:
    """A float tensor as 8-bit multiples of one power of two (for biases).

    The power is the smallest that keeps all multiples within -127…127. What has been through this
    once is represented exactly. Raises ValueError if a value is not finite.

    >>> bits = BitWriter()
    >>> write_fixed_point(bits, torch.tensor([1.0, -0.5]))
    >>> len(bits.to_bytes())  # the power, then a byte each
    3
    """
    largest = values.abs().max().item()
    if not math.isfinite(largest):
        raise ValueError(f"cannot store a tensor whose largest magnitude is {largest}")
    exponent = max(math.ceil(math.log2(largest / 127)), -128) if largest else -128
    bits.number(exponent + 128, 8)
    for value in (values.flatten().double() / 2.0**exponent).round().int().tolist():
        bits.number(value + 128, 8)


def read_fixed_point(bits: BitReader, size: int) -> Tensor:
    """Inverse of `write_fixed_point`: float32 (size,).

    >>> bits = BitWriter()
    >>> write_fixed_point(bits, torch.tensor([1.0, -0.5]))
    >>> read_fixed_point(BitReader(bits.to_bytes()), 2)
    tensor([ 1.0000, -0.5000])
    """
    unit = 2.0 ** (bits.number(8) - 128)
    return torch.tensor([(bits.number(8) - 128) * unit for _ in range(size)])


def write_raw(bits: BitWriter, values: Tensor) -> None:
    """A tensor as it is, byte by byte (for norms, counters and whatever else there is).

    >>> bits = BitWriter()
    >>> write_raw(bits, torch.tensor([1.0]))
    >>> bits.to_bytes().hex()  # little-endian
    '0000803f'
    """
    for byte in values.contiguous().flatten().view(torch.uint8).tolist():
        bits.number(byte, 8)


def read_raw(bits: BitReader, size: int, dtype: torch.dtype) -> Tensor:
    """Inverse of `write_raw`.

    >>> read_raw(BitReader(bytes.fromhex("0000803f")), 1, torch.float32)
    tensor([1.])
    """
    raw = [bits.number(8) for _ in range(size * dtype.itemsize)]
    return torch.tensor(raw, dtype=torch.uint8).view(dtype)


# ---------------------------------------------------------------- the file


class CompressedModel:
    """A model's state as the bytes of a file: `nbytes`, `state_dict()`, `save`, `load`.

    The bytes hold the tensors in the order of the state dict. Names and shapes are the model's, so
    that reading asks for a model like the one that was written; a checksum of both stands first.

    >>> model = nn.Linear(4, 2)
    >>> compressed = CompressedModel.of(share_weights(model, bits=2).model)
    >>> compressed.nbytes < 60  # of which two biases take 3 and the checksum 4
    True
    >>> restored = nn.Linear(4, 2)
    >>> _ = restored.load_state_dict(compressed.state_dict())
    >>> CompressedModel.of(restored).data == compressed.data
    True
    """

    def __init__(self, data: bytes, like: nn.Module) -> None:
        self.data, self._like = data, _layout(like)
        if data[:4] != _checksum(self._like):
            raise ValueError(
                f"the data was not written for a {type(like).__name__} of these shapes"
            )

    @classmethod
    def of(cls, model: nn.Module) -> CompressedModel:
        """Encode a model whose weights have few distinct values.

        Weights are rounded to float16, biases to 8-bit fixed point, unless they are already; all
        else is stored as it is.
        Raises ValueError if a weight has more than 511 distinct values.
        """
        bits, layout = BitWriter(), _layout(model)
        state = model.state_dict()
        for name, (kind, _, _) in layout.items():
            if kind == "weight":
                write_sparse(bits, state[name].numpy())
            elif kind == "bias":
                write_fixed_point(bits, state[name])
            else:
                write_raw(bits, state[name])
        return cls(_checksum(layout) + bits.to_bytes(), model)

    @property
    def nbytes(self) -> int:
        """Bytes of the file."""
        return len(self.data)

    def state_dict(self) -> dict[str, Tensor]:
        """The tensors, decoded; what `load_state_dict` of the model takes."""
        bits = BitReader(self.data[4:])
        return {name: _read(bits, *about) for name, about in self._like.items()}

    def save(self, path: str | Path) -> None:
        """Write the file."""
        Path(path).write_bytes(self.data)

    @classmethod
    def load(cls, path: str | Path, like: nn.Module) -> CompressedModel:
        """Read a file that was saved from a model like this one."""
        return cls(Path(path).read_bytes(), like)


Layout = dict[str, tuple[str, tuple[int, ...], torch.dtype]]


def _layout(model: nn.Module) -> Layout:
    """For every tensor of the state dict how it is stored, its shape and dtype."""
    weights = set(pruning.prunable_weights(model))
    biases = {name.removesuffix("weight") + "bias" for name in weights}
    return {
        name: (
            "weight" if name in weights else "bias" if name in biases else "raw",
            tuple(tensor.shape),
            tensor.dtype,
        )
        for name, tensor in model.state_dict().items()
    }


def _checksum(layout: Layout) -> bytes:
    return zlib.crc32(repr(list(layout.items())).encode()).to_bytes(4, "big")


def _read(bits: BitReader, kind: str, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
    size = torch.Size(shape).numel()
    if kind == "weight":
        return torch.from_numpy(read_sparse(bits, size)).to(dtype).reshape(shape)
    values = read_fixed_point(bits, size) if kind == "bias" else read_raw(bits, size, dtype)
    return values.to(dtype).reshape(shape)


# ---------------------------------------------------------------- the pipeline


class PrunedWeights(nn.Module):
    """A model that computes with a part of its weights, while the others go on learning unused.

    A weight that is left out has the gradient that it would have in the sparse network, so that it
    can grow until it is worth its place again (Guo et al. 2016; Lin et al. 2020, algorithm 1).
    `masks` says which weights count (parameter name → bool); a weight without a mask counts.

    >>> pruned = PrunedWeights(nn.Linear(2, 1, bias=False))
    >>> pruned.masks = {"weight": torch.tensor([[True, False]])}
    >>> pruned(torch.ones(1, 2)).sum().backward()
    >>> pruned.weights()["weight"][0, 1].item(), pruned.model.weight.grad
    (0.0, tensor([[1., 1.]]))
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model, self.masks = model, {}

    def weights(self) -> dict[str, Tensor]:
        """The weights with zeros where the masks are False, and a gradient everywhere."""
        dense = {name: self.model.get_parameter(name) for name in self.masks}
        return {name: w + (w * self.masks[name] - w).detach() for name, w in dense.items()}

    def forward(self, x: Tensor) -> Tensor:
        return functional_call(self.model, self.weights(), (x,))


def prune_gradually(
    model: nn.Module, x: Tensor, y: Tensor, *, sparsity: float, epochs: int,
    lr: float = 1e-3, batch_size: int = 64, seed: int = 0,
) -> None:  # fmt: skip
    """Train in place while the smallest weights of all layers go, by the cubic schedule.

    The final sparsity is reached after half of the steps. For another quarter a weight may still
    change places with one that went (see `PrunedWeights`); the rest heals.

    >>> model = nn.Linear(4, 2)
    >>> x = torch.rand(64, 4)
    >>> prune_gradually(model, x, x.argmax(1) // 2, sparsity=0.5, epochs=4)
    >>> pruning.sparsity_of(model)
    0.5
    """
    steps = epochs * -(-len(x) // batch_size)
    end = max(steps // 2, 1)
    pruned = PrunedWeights(model)

    def choose(step: int) -> None:
        if step < max(steps * 3 // 4, 1):
            now = pruning.cubic_sparsity(step + 1, 0, end, sparsity)
            pruned.masks = pruning.global_magnitude_masks(pruning.prunable_weights(model), now)
        if step == steps - 1:
            pruning.apply_masks(model, pruned.masks)

    fit(
        pruned, x, y, epochs=epochs, lr=lr, batch_size=batch_size, seed=seed, decay=True,
        after_step=choose,
    )  # fmt: skip


class SharedWeights(nn.Module):
    """A model whose weights are looked up in codebooks that are trained; zeros stay zero.

    `model` is the network with the shared values in it, up to date after `write_back`.

    >>> shared = SharedWeights(nn.Linear(4, 3), bits=1)
    >>> shared.model.weight.unique().numel()
    2
    """

    def __init__(self, model: nn.Module, bits: int) -> None:
        super().__init__()
        self.model = copy.deepcopy(model)
        self.names = list(pruning.prunable_weights(self.model))
        shared = [_shared(self.model.get_parameter(name).detach(), bits) for name in self.names]
        self.codebooks = nn.ParameterList([codebook for codebook, _ in shared])
        self.indices = [indices for _, indices in shared]
        for name in self.names:
            self.model.get_parameter(name).requires_grad_(False)
        self.write_back()

    def weights(self) -> dict[str, Tensor]:
        """The weights, looked up. Index 0 is a pruned weight; the gradient of an entry is the sum
        over the weights that share it."""
        return {
            # the gradient of `take` is quicker than that of an index in brackets
            name: torch.cat([codebook.new_zeros(1), codebook]).take(indices.to(codebook.device))
            for name, codebook, indices in zip(
                self.names, self.codebooks, self.indices, strict=True
            )
        }

    def forward(self, x: Tensor) -> Tensor:
        return functional_call(self.model, self.weights(), (x,))

    @torch.no_grad()
    def write_back(self) -> None:
        """Put the shared values, rounded to float16, into the model."""
        for name, weight in self.weights().items():
            self.model.get_parameter(name).copy_(weight.half())


def _shared(weight: Tensor, bits: int) -> tuple[Tensor, Tensor]:
    """Codebook of the non-zero weights, and indices into it, where 0 stands for zero."""
    kept = weight != 0
    indices = torch.zeros_like(weight, dtype=torch.long)  # in the weight's memory format, too
    if not kept.any():
        return torch.zeros(0), indices
    codebook, chosen = kmeans_codebook(weight[kept], bits)
    indices[kept] = chosen + 1
    return codebook, indices


class MovingWeights(SharedWeights):
    """Shared weights that may change clusters while the codebooks are trained.

    Each weight keeps a value of its own and is looked up as the entry nearest to it. Both learn:
    the entry from all weights that share it, the value as if nothing had been rounded (the
    straight-through estimator of Bengio et al. 2013). Few bits lose less so.

    >>> moving = MovingWeights(nn.Linear(4, 3), bits=1)
    >>> with torch.no_grad():
    ...     _ = moving.values[0].fill_(9.0)
    >>> _ = moving(torch.zeros(1, 4))
    >>> moving.weights()["weight"].unique().numel()  # all of them went to the larger entry
    1
    """

    def __init__(self, model: nn.Module, bits: int) -> None:
        super().__init__(model, bits)
        own = [model.get_parameter(name).detach().clone() for name in self.names]
        self.values = nn.ParameterList(own)

    def forward(self, x: Tensor) -> Tensor:
        self._look_again()
        free = {  # numbers as they are looked up, with a gradient for the values behind them
            name: (value - value.detach()) * (indices > 0) + shared
            for (name, shared), value, indices in zip(
                self.weights().items(), self.values, self.indices, strict=True
            )
        }
        return functional_call(self.model, free, (x,))

    @torch.no_grad()
    def _look_again(self) -> None:
        """Each weight takes the nearest entry; what is pruned stays pruned."""
        for at, (codebook, value) in enumerate(zip(self.codebooks, self.values, strict=True)):
            indices = self.indices[at].to(value.device)
            kept = indices > 0
            if kept.any():
                indices[kept] = (value[kept][:, None] - codebook).abs().argmin(1) + 1
            self.indices[at] = indices


def share_weights(model: nn.Module, bits: int) -> SharedWeights:
    """Cluster the non-zero weights of each layer to `2**bits` shared values; the model is copied.

    >>> shared = share_weights(nn.Linear(20, 10), bits=2)
    >>> len(shared.model.weight.unique())
    4
    """
    return SharedWeights(model, bits)


def deep_compress(
    model: nn.Module, x: Tensor, y: Tensor, *, sparsity: float = 0.95, bits: int = 4,
    epochs: int = 100, lr: float = 1e-3, batch_size: int = 64, seed: int = 0,
) -> CompressedModel:  # fmt: skip
    """All three stages on a copy of a trained model: prune, share and train the shares, code.

    x: (N, ...) inputs. y: (N,) classes, or (N, classes) probabilities, such as the softened answers
    of the model itself, which keep it close to what it was. The codebooks, with weights that may
    still change clusters, have less to learn: half of the `epochs` and a quarter of `lr`. Fold
    batch norms first (`quantization.fold_batch_norm`): a norm's numbers are stored uncompressed.

    >>> x = torch.rand(64, 4)
    >>> model = nn.Linear(4, 2)
    >>> compressed = deep_compress(model, x, x.argmax(1) // 2, sparsity=0.5, bits=2, epochs=1)
    >>> _ = model.load_state_dict(compressed.state_dict())
    >>> pruning.sparsity_of(model)
    0.5
    """
    model = copy.deepcopy(model)
    schedule = {"batch_size": batch_size, "seed": seed}
    prune_gradually(model, x, y, sparsity=sparsity, epochs=epochs, lr=lr, **schedule)
    shared = MovingWeights(model, bits)
    fit(shared, x, y, epochs=-(-epochs // 2), lr=lr / 4, decay=True, **schedule)
    shared.write_back()
    return CompressedModel.of(shared.model)
