"""Machines against their closed forms, published figures and a walk through every step."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from efficientai import hardware as hw
from efficientai.hardware import Roofline, SystolicArray

SIZES = st.integers(1, 7)


def integers(*shape, seed=0):
    return torch.randint(-4, 5, shape, generator=torch.Generator().manual_seed(seed)).float()


# ---------------------------------------------------------------- roofline


@given(st.floats(0.01, 1000))
def test_roof_is_the_lower_of_two_lines(intensity):
    roof = Roofline(200.0, 25.0)
    limit = intensity * 25 if intensity < roof.ridge else 200
    assert roof.attainable(intensity) == pytest.approx(limit)
    macs, size = intensity * 10 / 2, 10.0
    assert roof.seconds(macs, size) == pytest.approx(2 * macs / roof.attainable(intensity))


def test_tpu_has_the_published_peak_and_ridge():
    """Jouppi et al. 2017: 92 TeraOps/s, and a ridge at 1350 MACs per byte of weights."""
    assert hw.TPU_V1.peak_flops == pytest.approx(92e12, rel=0.005)
    assert hw.TPU_V1.ridge / 2 == pytest.approx(1350, rel=0.005)


def test_intensity_of_a_product_by_hand():
    """128³ MACs, three matrices of 128² floats: 2·128³ / (3·4·128²) = 128/6."""
    assert hw.arithmetic_intensity(128**3, 3 * 4 * 128**2) == pytest.approx(128 / 6)


# ---------------------------------------------------------------- systolic array


@given(SIZES, SIZES, SIZES, SIZES, SIZES)
@settings(max_examples=40)
def test_simulation_computes_the_product_in_the_closed_forms_cycles(rows, columns, m, k, n):
    array = SystolicArray(rows, columns)
    x, w = integers(m, k), integers(k, n, seed=1)
    y, cycles = array.matmul(x, w)
    assert torch.equal(y, x @ w)
    assert cycles == array.cycles(m, k, n)
    assert 0 < array.utilisation(m, k, n) <= 1


def test_every_cell_is_busy_once_a_sample():
    array, x, w = SystolicArray(3, 4), integers(5, 3), integers(3, 4)
    frames = list(array.frames(x, w))
    assert len(frames) == 5 + 3 + 4 - 2
    assert (sum(frame.busy.int() for frame in frames) == 5).all()
    # the first cell starts at once, the one in the corner last
    assert frames[0].busy.sum() == 1 and frames[0].busy[0, 0]
    assert frames[-1].busy.sum() == 1 and frames[-1].busy[-1, -1]


def test_wave_by_hand():
    """2×2: x = (1, 2) enters row 0 at cycle 0 and row 1 at cycle 1; sums are 1·3, then + 2·5."""
    first, second, third = SystolicArray(2, 2).frames(
        torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 4.0], [5.0, 6.0]])
    )
    assert first.sums.tolist() == [[3, 0], [0, 0]]
    assert second.sums.tolist() == [[0, 4], [13, 0]] and second.inputs.tolist() == [[0, 1], [2, 0]]
    assert third.sums[1].tolist() == [0, 4 + 12]


def test_utilisation_grows_with_the_batch_towards_one():
    array = SystolicArray(8, 8)
    shares = [array.utilisation(m, 8, 8) for m in (1, 10, 1000, 100_000)]
    assert shares == sorted(shares) and shares[0] == 1 / 23 and shares[-1] > 0.999


# ---------------------------------------------------------------- memory traffic


class Counted:
    """A matrix in DRAM that counts what is read from it."""

    def __init__(self, values):
        self.values, self.reads = values, 0

    def __getitem__(self, index):
        part = self.values[index]
        self.reads += part.numel()
        return part


@given(SIZES, SIZES, SIZES, SIZES, SIZES)
@settings(max_examples=40)
def test_traffic_is_what_a_tiled_product_really_moves(m, k, n, tile_m, tile_n):
    left, right = Counted(integers(m, k)), Counted(integers(k, n, seed=1))
    result, written = torch.zeros(m, n), 0
    for i in range(0, m, tile_m):
        for j in range(0, n, tile_n):
            tile = sum(
                torch.outer(left[i : i + tile_m, step], right[step, j : j + tile_n])
                for step in range(k)
            )
            result[i : i + tile_m, j : j + tile_n] = tile
            written += tile.numel()
    assert torch.equal(result, left.values @ right.values)
    assert hw.tiled_traffic(m, k, n, tile_m, tile_n) == left.reads + right.reads + written


@given(SIZES, SIZES, SIZES, st.integers(3, 70))
@settings(max_examples=40)
def test_best_tile_is_the_best_of_all_that_fit(m, k, n, buffer):
    fitting = [(a, b) for a in range(1, m + 1) for b in range(1, n + 1) if a * b + a + b <= buffer]
    tile = hw.best_tile(m, k, n, buffer)
    assert tile in fitting
    assert hw.tiled_traffic(m, k, n, *tile) == min(hw.tiled_traffic(m, k, n, *t) for t in fitting)


def test_amdahl():
    assert hw.amdahl_speedup(1.0, 70.0) == pytest.approx(70)
    assert hw.amdahl_speedup(0.0, 70.0) == 1
    assert hw.amdahl_speedup(0.9, 1e12) == pytest.approx(10)  # the tenth that is left


# ---------------------------------------------------------------- other physics


def test_constant_current_makes_a_regular_train():
    """No leak, 0.3 a step, threshold 1: after 4, 7, 10 steps (1.2, 1.1, 1.0 with what is left)."""
    voltage, spikes = torch.zeros(1, dtype=torch.float64), []
    for step in range(1, 13):
        voltage, fired = hw.lif_step(voltage, torch.tensor([0.3]).double() + 1e-9, leak=1.0)
        spikes += [step] * bool(fired)
    assert spikes == [4, 7, 10]


def test_weak_current_never_fires():
    """With leak 0.9 the voltage tends to current / 0.1, which stays below 1 for 0.09."""
    voltage = torch.zeros(1)
    for _ in range(200):
        voltage, fired = hw.lif_step(voltage, torch.tensor([0.09]))
        assert not fired
    assert voltage.item() == pytest.approx(0.9, abs=1e-3)


def test_analog_product_loses_by_bits_and_by_noise():
    x, w = integers(50, 16) / 4, torch.rand(16, 8, generator=torch.Generator().manual_seed(0))
    exact = x @ w

    def error(bits, noise):
        y = hw.analog_matmul(
            x, w, bits=bits, noise=noise, generator=torch.Generator().manual_seed(0)
        )
        return (y - exact).square().mean().sqrt().item()

    assert error(16, 0.0) < 1e-3 < error(8, 0.0) < error(4, 0.0) < error(2, 0.0)
    # the noise of the sums has the standard deviation that was asked for
    assert error(16, 0.05) == pytest.approx(0.05 * exact.abs().max().item(), rel=0.1)
    assert hw.analog_matmul(x * 0, w, bits=4, noise=0.1, generator=torch.Generator()).eq(0).all()


def test_measured_roofline_is_positive():
    roof = hw.measure_roofline(size=32, megabytes=1, repeats=2)
    assert roof.peak_flops > 0 and roof.bandwidth > 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Roofline(0, 1), "got 0 and 1"),
        (lambda: hw.arithmetic_intensity(1, 0), "positive, got 0"),
        (lambda: SystolicArray(0, 3), "got 0 × 3"),
        (lambda: SystolicArray(2, 2).matmul(torch.ones(2, 3), torch.ones(2, 3)), r"\(2, 3\)"),
        (lambda: hw.tiled_traffic(1, 2, 3, 0, 1), r"\(1, 2, 3, 0, 1\)"),
        (lambda: hw.best_tile(4, 4, 4, 2), "got 2"),
        (lambda: hw.amdahl_speedup(1.5, 2), r"got 1\.5"),
        (lambda: hw.lif_step(torch.ones(1), torch.ones(1), leak=2), "got 2 and"),
        (
            lambda: hw.analog_matmul(
                torch.ones(1, 1), torch.ones(1, 1), bits=1, noise=0, generator=torch.Generator()
            ),
            "got 1 and 0",
        ),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
