"""Deployment sums by hand; the catalogue against the derivations its sources give."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from efficientai import deployment as dp
from efficientai.deployment import DEVICES, GB, KB, MB, Workload

SMALL = Workload(macs=5e6, weight_bytes=100 * KB, activation_bytes=50 * KB)
LARGE = Workload(macs=4e9, weight_bytes=100 * MB, activation_bytes=20 * MB)
SECONDS = st.floats(0.001, 10)


def test_catalogue_is_complete_and_ordered_by_orders_of_magnitude():
    for name, device in DEVICES.items():
        assert device.name == name and len(device.source) > 20
        assert device.kind in ("cloud", "edge", "tiny")
    cloud, tiny = DEVICES["server GPU"], DEVICES["Cortex-M4"]
    assert cloud.memory_bytes / tiny.memory_bytes > 1e5
    assert cloud.peak_ops / tiny.peak_ops > 1e6
    assert cloud.power_w / tiny.power_w > 1e4


def test_peaks_follow_from_clocks():
    """Cortex-M: 2 MACs a cycle, 2 operations a MAC. Raspberry Pi: 4 cores, 8 operations."""
    assert DEVICES["Cortex-M4"].peak_ops == 64e6 * 2 * 2
    assert DEVICES["Cortex-M7"].peak_ops == 280e6 * 2 * 2
    assert DEVICES["single-board computer"].peak_ops == 4 * 1.8e9 * 8
    # powers: 3.3 mA at 3 V; 2721.8 uJ an inference, 59.78 inferences a second
    assert DEVICES["Cortex-M4"].power_w == pytest.approx(3.3e-3 * 3)
    assert DEVICES["Cortex-M7"].power_w == pytest.approx(2721.781e-6 * 59.782, rel=0.01)


def test_what_no_source_gives_is_marked():
    assumed = {name: device.assumed for name, device in DEVICES.items() if device.assumed}
    assert assumed == {
        "server GPU": ("storage_bytes",),
        "phone": ("power_w",),
        "edge GPU": ("storage_bytes",),
        "single-board computer": ("storage_bytes",),
        "edge accelerator": ("bandwidth",),
    }


def test_weights_lie_in_flash_on_a_microcontroller_and_in_memory_elsewhere():
    tiny, board = DEVICES["Cortex-M4"], DEVICES["single-board computer"]
    assert dp.fits(Workload(1, 1 * MB, 256 * KB), tiny)  # both exactly full
    assert dp.fits(Workload(1, 1 * MB + 1, 256 * KB), tiny) == (False, True)
    assert dp.fits(Workload(1, 1 * MB, 256 * KB + 1), tiny) == (True, False)
    assert not dp.fits(Workload(1, 3 * GB, 1 * GB), board)  # 4 GiB in 4 GB
    assert dp.fits(Workload(1, 3e9, 1e9), board)


def test_time_is_arithmetic_or_traffic_whichever_is_longer():
    device = DEVICES["Cortex-M4"]
    assert dp.compute_seconds(Workload(128e6, 0, 0), device) == 1  # 256e6 operations a second
    assert dp.compute_seconds(Workload(1, 128e6, 64e6), device) == 1  # 256e6 bytes a second
    assert dp.compute_seconds(Workload(128e6, 0, 0), device, efficiency=0.25) == 4
    assert dp.energy_per_inference_j(Workload(128e6, 0, 0), device) == device.power_w


def test_end_to_end_by_hand():
    """1 MB up and 1 KB down at 8 Mbit/s take 1.001 s; 50 ms round trip; 20 ms compute."""
    total = dp.end_to_end_latency(0.02, 1e6, 8e6, 0.05, 1e3)
    assert total == pytest.approx(0.02 + 0.05 + 1.001)
    assert dp.end_to_end_latency(0.02) == 0.02


@given(SECONDS, SECONDS, st.floats(1, 1e7), SECONDS)
def test_at_break_even_both_ways_take_as_long(local, remote, payload, round_trip):
    bandwidth = dp.break_even_bandwidth(local, remote, payload, round_trip)
    if bandwidth == float("inf"):
        assert local <= remote + round_trip
    else:
        away = dp.end_to_end_latency(remote, payload, bandwidth, round_trip)
        assert away == pytest.approx(local, rel=1e-6)


def test_radio_energy_by_hand():
    """32,000 bytes at 1 Mbit/s take 0.256 s; at 19.2 mW that is 4.9152 mJ."""
    assert dp.transmit_energy_j(32_000, 0.0192, 1e6) == pytest.approx(4.9152e-3)
    assert dp.transmit_energy_j(0, 0.0192, 1e6) == 0


def test_duty_cycle_and_battery_by_hand():
    """10 mW for 0.1 s a second and 2 µW asleep: 1.0018 mW; a 225 mAh, 3 V cell: 673.8 hours."""
    power = dp.average_power_w(10e-3, 2e-6, 0.1, 1.0)
    assert power == pytest.approx(1.0018e-3)
    assert dp.battery_life(0.225 * 3, power) == pytest.approx(673.8, abs=0.1)


def test_cheapest_grows_with_the_demands():
    assert dp.cheapest(SMALL, 0.1).name == "Cortex-M4"
    assert dp.cheapest(SMALL, 0.02).name == "Cortex-M7"
    assert dp.cheapest(LARGE, 1.0).name == "single-board computer"
    assert dp.cheapest(LARGE, 0.01).name == "edge GPU"
    assert dp.cheapest(LARGE, 0.01, power_limit_w=10).name == "phone"
    assert dp.cheapest(LARGE, 0.01, power_limit_w=3) is None
    assert dp.cheapest(Workload(1, 20e9, 1e9), 1.0).name == "server GPU"
    assert dp.cheapest(SMALL, 0.1, devices=[]) is None


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: dp.compute_seconds(SMALL, DEVICES["Cortex-M4"], 1.5), r"got 1\.5"),
        (lambda: dp.end_to_end_latency(1, 1, 0), r"\(1, 1, 0, 0, 0\)"),
        (lambda: dp.end_to_end_latency(-1), r"got \(-1"),
        (lambda: dp.transmit_energy_j(1, 1, 0), r"\(1, 1, 0\)"),
        (lambda: dp.transmit_energy_j(-1, 1, 1), r"\(-1, 1, 1\)"),
        (lambda: dp.average_power_w(1, 0, 2, 1), "got 2 and 1"),
        (lambda: dp.battery_life(1, 0), "got 0 and 1"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
