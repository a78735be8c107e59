"""Hardware for inference: rooflines, systolic arrays, memory traffic, spikes and analog products.

Sources: Williams, Waterman & Patterson 2009 (roofline); Kung 1982 and Jouppi et al. 2017 (systolic
arrays, TPU v1); Hong & Kung 1981 (traffic of tiles); Amdahl 1967; Gerstner et al. 2014 (neurons);
Shen et al. 2017 (photonic products). Energy per operation and access: `efficientai.energy`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from efficientai.energy import access_pj, inference_mj, mac_pj
from efficientai.macs import FLOPS_PER_MAC
from efficientai.profiling import latency

__all__ = [
    "TPU_V1",
    "Frame",
    "Roofline",
    "SystolicArray",
    "access_pj",
    "amdahl_speedup",
    "analog_matmul",
    "arithmetic_intensity",
    "best_tile",
    "inference_mj",
    "lif_step",
    "mac_pj",
    "measure_roofline",
    "spiking_macs",
    "tiled_traffic",
]  # fmt: skip


# ---------------------------------------------------------------- roofline


@dataclass(frozen=True)
class Roofline:
    """A machine as two numbers: peak FLOP/s and memory bytes/s.

    Raises ValueError unless both are positive.

    >>> machine = Roofline(peak_flops=100.0, bandwidth=10.0)
    >>> machine.ridge, machine.attainable(4.0), machine.attainable(50.0)
    (10.0, 40.0, 100.0)
    """

    peak_flops: float
    bandwidth: float

    def __post_init__(self) -> None:
        if not (self.peak_flops > 0 and self.bandwidth > 0):
            values = f"{self.peak_flops} and {self.bandwidth}"
            raise ValueError(f"peak FLOP/s and bandwidth must be positive, got {values}")

    @property
    def ridge(self) -> float:
        """FLOPs per byte from which on arithmetic, not memory, is the limit."""
        return self.peak_flops / self.bandwidth

    def attainable(self, intensity: float) -> float:
        """Most FLOP/s at an arithmetic intensity in FLOPs per byte."""
        return min(self.peak_flops, intensity * self.bandwidth)

    def seconds(self, macs: float, size_bytes: float) -> float:
        """Least time for so many MACs that move so many bytes."""
        return max(FLOPS_PER_MAC * macs / self.peak_flops, size_bytes / self.bandwidth)


# 65,536 8-bit MACs at 700 MHz and 34 GB/s of weight memory (Jouppi et al. 2017, section 2, table 2)
TPU_V1 = Roofline(peak_flops=FLOPS_PER_MAC * 65_536 * 700e6, bandwidth=34e9)


def arithmetic_intensity(macs: float, size_bytes: float) -> float:
    """FLOPs done for every byte moved. Raises ValueError unless size_bytes > 0.

    >>> arithmetic_intensity(macs=64 * 64, size_bytes=4 * (64 * 64 + 128))  # matrix times vector
    0.48484848484848486
    """
    if not size_bytes > 0:
        raise ValueError(f"size_bytes must be positive, got {size_bytes}")
    return FLOPS_PER_MAC * macs / size_bytes


def measure_roofline(size: int = 1024, megabytes: int = 64, repeats: int = 10) -> Roofline:
    """This machine's roofline as torch reaches it: a square product, and a copy between arrays.

    A copy reads and writes every byte. Best of the repeats' deciles, with torch's current threads.

    >>> measure_roofline(size=64, megabytes=1, repeats=2).ridge > 0
    True
    """
    a, b = torch.rand(size, size), torch.rand(size, size)
    source, target = (torch.zeros(megabytes * 2**20 // 4) for _ in range(2))
    product = latency(torch.mm, a, b, warmup=2, repeats=repeats).p10_ms / 1000
    copy = latency(target.copy_, source, warmup=2, repeats=repeats).p10_ms / 1000
    return Roofline(FLOPS_PER_MAC * size**3 / product, 2 * source.nbytes / copy)


# ---------------------------------------------------------------- systolic array


class Frame(NamedTuple):
    """One cycle of a systolic array: what every cell reads and passes on, all (rows, columns).

    >>> Frame(inputs=torch.zeros(2, 3), sums=torch.zeros(2, 3), busy=torch.ones(2, 3)).busy.sum()
    tensor(6.)
    """

    inputs: Tensor
    sums: Tensor
    busy: Tensor


@dataclass(frozen=True)
class SystolicArray:
    """A weight-stationary array of rows × columns multiply-accumulate cells.

    Each cell keeps one weight. Inputs enter from the left, row r delayed by r cycles, and move one
    cell to the right each cycle; partial sums move one cell down. Row r holds input feature r,
    column c output feature c.

    >>> array = SystolicArray(4, 4)
    >>> x, w = torch.rand(10, 4), torch.rand(4, 4)
    >>> y, cycles = array.matmul(x, w)
    >>> torch.allclose(y, x @ w), cycles == array.cycles(10, 4, 4)
    (True, True)
    """

    rows: int
    columns: int

    def __post_init__(self) -> None:
        if self.rows < 1 or self.columns < 1:
            raise ValueError(f"need at least one cell, got {self.rows} × {self.columns}")

    def cycles(self, m: int, k: int, n: int) -> int:
        """Cycles of an (m, k) @ (k, n) product, in closed form.

        For each tile of the weights: `rows` cycles to load it, m + rows + columns - 2 until the
        last sum has left. Loading does not overlap with computing.
        """
        tiles = -(-k // self.rows) * -(-n // self.columns)
        return tiles * (self.rows + m + self.rows + self.columns - 2)

    def utilisation(self, m: int, k: int, n: int) -> float:
        """Share of the cells' cycles that do a useful MAC, in [0, 1]."""
        return m * k * n / (self.cycles(m, k, n) * self.rows * self.columns)

    def matmul(self, x: Tensor, w: Tensor) -> tuple[Tensor, int]:
        """x @ w for (m, k) and (k, n), simulated cycle by cycle; and the cycles it took."""
        if x.ndim != 2 or w.ndim != 2 or x.shape[1] != w.shape[0]:
            raise ValueError(f"cannot multiply shapes {tuple(x.shape)} and {tuple(w.shape)}")
        result, cycles = x.new_zeros(len(x), w.shape[1]), 0
        for k in range(0, w.shape[0], self.rows):
            for n in range(0, w.shape[1], self.columns):
                tile = w[k : k + self.rows, n : n + self.columns]
                part, spent = self._tile(x[:, k : k + self.rows], tile)
                result[:, n : n + self.columns] += part
                cycles += spent
        return result, cycles

    def _tile(self, x: Tensor, tile: Tensor) -> tuple[Tensor, int]:
        """One tile of weights: collect what leaves at the bottom."""
        result, cycles = x.new_zeros(len(x), self.columns), self.rows  # loading, a row a cycle
        for step, frame in enumerate(self.frames(x, tile)):
            for column in range(self.columns):
                row = step - column - (self.rows - 1)  # of x, whose sum is at the bottom now
                if 0 <= row < len(x):
                    result[row, column] = frame.sums[-1, column]
            cycles += 1
        return result[:, : tile.shape[1]], cycles

    def frames(self, x: Tensor, tile: Tensor) -> Iterator[Frame]:
        """The states of the cells, cycle by cycle, for x (m, k) and a weight tile (k, n)."""
        weights = x.new_zeros(self.rows, self.columns)
        weights[: tile.shape[0], : tile.shape[1]] = tile
        inputs, sums = torch.zeros_like(weights), torch.zeros_like(weights)
        for step in range(len(x) + self.rows + self.columns - 2):
            entering = [self._entering(x, step - row, row) for row in range(self.rows)]
            inputs = torch.cat([x.new_tensor(entering)[:, None], inputs[:, :-1]], dim=1)
            above = torch.cat([torch.zeros_like(sums[:1]), sums[:-1]])
            sums = above + weights * inputs
            age = step - torch.arange(self.rows)[:, None] - torch.arange(self.columns)
            yield Frame(inputs, sums, (age >= 0) & (age < len(x)))

    @staticmethod
    def _entering(x: Tensor, sample: int, feature: int) -> float:
        inside = 0 <= sample < x.shape[0] and feature < x.shape[1]
        return x[sample, feature].item() if inside else 0.0


# ---------------------------------------------------------------- memory traffic


def tiled_traffic(m: int, k: int, n: int, tile_m: int, tile_n: int) -> int:
    """Numbers moved to and from DRAM by an (m, k) @ (k, n) product in tiles of the result.

    A tile of tile_m × tile_n sums stays on the chip while columns of the left and rows of the
    right factor stream by: the left is read once for each column of tiles, the right once for each
    row of tiles, the result written once. Raises ValueError for a size below 1.

    >>> tiled_traffic(64, 64, 64, 64, 64), tiled_traffic(64, 64, 64, 1, 1)
    (12288, 528384)
    """
    if min(m, k, n, tile_m, tile_n) < 1:
        raise ValueError(f"sizes must be at least 1, got {(m, k, n, tile_m, tile_n)}")
    return m * k * -(-n // tile_n) + k * n * -(-m // tile_m) + m * n


def best_tile(m: int, k: int, n: int, buffer: int) -> tuple[int, int]:
    """The tile (tile_m, tile_n) of least traffic whose sums and streams fit `buffer` numbers.

    The chip holds the tile, one column of tile_m and one row of tile_n numbers. Of equals the
    smallest. Raises ValueError if not even a 1 × 1 tile fits.

    >>> best_tile(64, 64, 64, buffer=80)
    (8, 8)
    """
    if buffer < 3:
        raise ValueError(f"a 1 × 1 tile and its inputs need room for 3 numbers, got {buffer}")
    tallest = min(m, (buffer - 1) // 2)
    tiles = [(a, min(n, (buffer - a) // (a + 1))) for a in range(1, tallest + 1)]
    return min(
        ((a, b) for a, b in tiles if b >= 1),
        key=lambda tile: (tiled_traffic(m, k, n, *tile), tile[0] * tile[1]),
    )


def amdahl_speedup(fraction: float, speedup: float) -> float:
    """Speed-up of the whole when a fraction of the time runs `speedup` times faster.

    What the accelerator does not support falls back to the CPU and becomes the limit.

    >>> round(amdahl_speedup(0.95, 100.0), 2)
    16.81
    """
    if not 0 <= fraction <= 1 or not speedup > 0:
        raise ValueError(f"need a fraction in [0, 1] and speedup > 0, got {fraction}, {speedup}")
    return 1 / ((1 - fraction) + fraction / speedup)


# ---------------------------------------------------------------- other physics


def lif_step(
    voltage: Tensor, current: Tensor, *, leak: float = 0.9, threshold: float = 1.0
) -> tuple[Tensor, Tensor]:
    """One time step of leaky integrate-and-fire neurons: new voltages, and spikes (bool).

    v <- leak v + current; a neuron at or above the threshold spikes and loses the threshold.

    >>> lif_step(torch.tensor([0.5, 1.0]), torch.tensor([0.1, 0.3]))
    (tensor([0.5500, 0.2000]), tensor([False,  True]))
    """
    if not 0 <= leak <= 1 or not threshold > 0:
        raise ValueError(f"need leak in [0, 1] and threshold > 0, got {leak} and {threshold}")
    voltage = leak * voltage + current
    spikes = voltage >= threshold
    return voltage - threshold * spikes, spikes


def spiking_macs(spikes: Tensor, outputs: int) -> int:
    """Additions of an event-driven layer: `outputs` for every spike. spikes: bool (..., inputs).

    A dense layer does one MAC for every input, spike or not.

    >>> spiking_macs(torch.tensor([True, False, False, True]), outputs=10)
    20
    """
    return int(spikes.sum()) * outputs


def analog_matmul(
    x: Tensor, w: Tensor, *, bits: int, noise: float, generator: torch.Generator
) -> Tensor:
    """x @ w as an analog (photonic) core does it: coarse inputs and weights, noisy sums.

    Both factors pass converters of `bits` bits over their own symmetric range; each sum gets
    Gaussian noise of standard deviation `noise` times the largest magnitude of the exact result.
    Shapes (..., k) and (k, n). Raises ValueError unless 2 <= bits <= 16 and noise >= 0.

    >>> x, w = torch.ones(2, 3), torch.ones(3, 4)
    >>> analog_matmul(x, w, bits=8, noise=0.0, generator=torch.Generator())[0]
    tensor([3., 3., 3., 3.])
    """
    if not 2 <= bits <= 16 or not noise >= 0:
        raise ValueError(f"need bits in 2…16 and noise >= 0, got {bits} and {noise}")
    y = _converted(x, bits) @ _converted(w, bits)  # (..., k) @ (k, n) → (..., n)
    disturbance = torch.randn(y.shape, generator=generator)
    return y + noise * (x @ w).abs().max() * disturbance


def _converted(x: Tensor, bits: int) -> Tensor:
    """Nearest of the 2**bits - 1 evenly spaced levels over [-max, max]."""
    step = x.abs().max() / (2 ** (bits - 1) - 1)
    return (x / step).round() * step if step > 0 else x
