"""Where a model runs: cloud, edge or a microcontroller, and what that decides.

Sources: Barroso, Hölzle & Ranganathan 2019; Li et al. 2020; Warden & Situnayake 2019; Schizas et
al. 2022. The figures of each device carry their own source.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from efficientai.hardware import Roofline
from efficientai.macs import FLOPS_PER_MAC

KB, MB, GB = 1024, 1024**2, 1024**3
FIBRE_KM_PER_S = 200_000  # light in glass with a refractive index of 1.5


# ---------------------------------------------------------------- devices


@dataclass(frozen=True)
class Device:
    """A machine that can run a model.

    kind: "cloud", "edge" or "tiny". memory_bytes: RAM for activations; except on "tiny" devices,
    which read the weights from flash in place, weights lie there too. storage_bytes: flash or disk
    for the weights. peak_ops: operations/s, two for a MAC, at `precision`. bandwidth: bytes/s of
    the memory. power_w: when busy. price_usd: rounded, to compare orders of magnitude. source:
    where the figures were read. assumed: names of the figures that no source gives.

    >>> DEVICES["Cortex-M4"].kind
    'tiny'
    """

    name: str
    kind: str
    memory_bytes: float
    storage_bytes: float
    precision: str
    peak_ops: float
    bandwidth: float
    power_w: float
    price_usd: float
    source: str
    assumed: tuple[str, ...] = ()

    @property
    def roofline(self) -> Roofline:
        """Peak and bandwidth as a roofline."""
        return Roofline(self.peak_ops, self.bandwidth)


DEVICES = {
    device.name: device
    for device in (
        Device(
            *("server GPU", "cloud", 80e9, 1e12, "bf16", 989.4e12, 3.35e12, 700, 30_000),
            source="NVIDIA H100 SXM5, its architecture paper: dense BF16, HBM3, maximum power; "
            "list price of the Hugging Face hardware catalogue",
            assumed=("storage_bytes",),
        ),
        Device(
            *("phone", "edge", 12e9, 128e9, "int8", 15e12, 44e9, 4, 1_000),
            source="Samsung Galaxy S20 5G: memory, storage and price as sold (Notebookcheck 2020); "
            "its Snapdragon 865 has 15 TOPS, all units together, and 44 GB/s (AnandTech 2019); "
            "'several watts' for a phone (Warden & Situnayake 2019, chapter 16), taken as 4",
            assumed=("power_w",),
        ),
        Device(
            *("edge GPU", "edge", 8e9, 64e9, "int8", 33e12, 102e9, 25, 249),
            source="NVIDIA Jetson Orin Nano Super, announcement of December 2024: 67 TOPS sparse "
            "are 33 dense; mode of 25 W",
            assumed=("storage_bytes",),
        ),
        Device(
            *("single-board computer", "edge", 4e9, 32e9, "fp32", 57.6e9, 4.47e9, 7.2, 55),
            source="Raspberry Pi 4B 4 GB: 4 Cortex-A72 of 1.8 GHz and 7.2 W in LINPACK (Geerling "
            "2023); 8 FP32 operations a cycle (Ogasawara 2015, measured); memory is filled at "
            "4.47 GB/s (sbc-bench, measured); price at launch",
            assumed=("storage_bytes",),
        ),
        Device(
            *("edge accelerator", "edge", 8 * MB, 8 * MB, "int8", 4e12, math.inf, 2, 75),
            source="Coral USB Accelerator: data sheet (4 TOPS, 2 W without the host); 8 MB of SRAM "
            "for weights and activations, whose bandwidth nobody states and which is taken for no "
            "limit; price of 2019 (Kavalerov)",
            assumed=("bandwidth",),
        ),
        Device(
            *("Cortex-M7", "tiny", 1.19 * MB, 2 * MB, "int8", 1.12e9, 2.24e9, 0.163, 15),
            source="STM32H7A3: 280 MHz, 1.19 MB of RAM, 2 MB of flash, 163 mW while it spots "
            "keywords (MLPerf Tiny 1.0); two MACs (SMLAD) and 8 bytes (AXI) a cycle; price of one",
        ),
        Device(
            *("Cortex-M4", "tiny", 256 * KB, 1 * MB, "int8", 256e6, 256e6, 0.0099, 10),
            source="nRF52840: product specification (64 MHz, 256 KB of RAM, 1 MB of flash, 3.3 mA "
            "at 3 V while it computes); two MACs (SMLAD) and 4 bytes a cycle; price of a board",
        ),
    )
}


# ---------------------------------------------------------------- does it fit, how long, how much


class Workload(NamedTuple):
    """What one inference needs: MACs, bytes of weights, bytes of peak activations.

    >>> Workload(macs=1e6, weight_bytes=50e3, activation_bytes=8e3).macs
    1000000.0
    """

    macs: float
    weight_bytes: float
    activation_bytes: float


class Fit(NamedTuple):
    """Whether the weights fit the storage and what must be in RAM fits the RAM.

    >>> bool(Fit(storage=True, memory=False))
    False
    """

    storage: bool
    memory: bool

    def __bool__(self) -> bool:
        return self.storage and self.memory


def fits(work: Workload, device: Device) -> Fit:
    """Whether a model fits a device; true only if both parts are.

    >>> fits(Workload(1e6, 500 * KB, 300 * KB), DEVICES["Cortex-M4"])
    Fit(storage=True, memory=False)
    >>> bool(fits(Workload(1e6, 500 * KB, 300 * KB), DEVICES["Cortex-M7"]))
    True
    """
    in_memory = work.activation_bytes + (0 if device.kind == "tiny" else work.weight_bytes)
    return Fit(work.weight_bytes <= device.storage_bytes, in_memory <= device.memory_bytes)


def compute_seconds(work: Workload, device: Device, efficiency: float = 1.0) -> float:
    """Least time of one inference by the device's roofline, divided by the efficiency reached.

    Every weight is read once and every activation written and read. efficiency: the share of the
    roofline that software reaches, in (0, 1].

    >>> compute_seconds(Workload(128e6, 1e3, 1e3), DEVICES["Cortex-M4"])
    1.0
    """
    if not 0 < efficiency <= 1:
        raise ValueError(f"efficiency must be in (0, 1], got {efficiency}")
    moved = work.weight_bytes + 2 * work.activation_bytes
    return device.roofline.seconds(work.macs, moved) / efficiency


def end_to_end_latency(
    compute_s: float, payload_bytes: float = 0, bandwidth_bps: float = float("inf"),
    round_trip_s: float = 0, result_bytes: float = 0,
) -> float:  # fmt: skip
    """Seconds from the input to the answer: upload, network, compute, download.

    bandwidth_bps: *bits* a second, both ways. With the defaults, the local case.

    >>> end_to_end_latency(0.01, payload_bytes=125_000, bandwidth_bps=10e6, round_trip_s=0.04)
    0.15000000000000002
    """
    if not bandwidth_bps > 0 or min(compute_s, payload_bytes, round_trip_s, result_bytes) < 0:
        values = (compute_s, payload_bytes, bandwidth_bps, round_trip_s, result_bytes)
        raise ValueError(f"need bandwidth > 0 and nothing negative, got {values}")
    return compute_s + round_trip_s + 8 * (payload_bytes + result_bytes) / bandwidth_bps


def round_trip_s(distance_km: float, delay_s: float = 0) -> float:
    """Seconds to a server and back: light in glass fibre, and what radio and routers add.

    Raises ValueError for a negative number.

    >>> round_trip_s(1000, delay_s=0.04)
    0.05
    """
    if min(distance_km, delay_s) < 0:
        raise ValueError(f"nothing may be negative, got {distance_km} km and {delay_s} s")
    return 2 * distance_km / FIBRE_KM_PER_S + delay_s


def break_even_bandwidth(
    local_s: float, remote_s: float, payload_bytes: float, round_trip_s: float
) -> float:
    """Bits a second from which on sending the payload away is as fast as computing here.

    Infinity if no bandwidth is enough: the round trip alone takes too long.

    >>> break_even_bandwidth(local_s=0.15, remote_s=0.01, payload_bytes=125_000, round_trip_s=0.04)
    10000000.000000002
    """
    left = local_s - remote_s - round_trip_s
    return 8 * payload_bytes / left if left > 0 else float("inf")


# ---------------------------------------------------------------- energy


def energy_per_inference_j(work: Workload, device: Device, efficiency: float = 1.0) -> float:
    """Joules of one inference: busy power times compute time.

    >>> energy_per_inference_j(Workload(128e6, 1e3, 1e3), DEVICES["Cortex-M4"])
    0.0099
    """
    return device.power_w * compute_seconds(work, device, efficiency)


def transmit_energy_j(payload_bytes: float, power_w: float, bandwidth_bps: float) -> float:
    """Joules to send bytes with a radio that draws power_w at bandwidth_bps *bits* a second.

    Headers, acknowledgements and the setting up of a connection come on top.

    >>> transmit_energy_j(125, power_w=0.02, bandwidth_bps=1e6)  # 1000 bits take 1 ms
    2e-05
    """
    if not bandwidth_bps > 0 or min(payload_bytes, power_w) < 0:
        values = (payload_bytes, power_w, bandwidth_bps)
        raise ValueError(f"need bandwidth > 0 and nothing negative, got {values}")
    return power_w * 8 * payload_bytes / bandwidth_bps


def average_power_w(active_w: float, sleep_w: float, active_s: float, period_s: float) -> float:
    """Mean power of a device that wakes for active_s in every period_s and sleeps the rest.

    Raises ValueError unless 0 <= active_s <= period_s and period_s > 0.

    >>> average_power_w(active_w=0.01, sleep_w=0.0, active_s=1, period_s=10)
    0.001
    """
    if not 0 <= active_s <= period_s or not period_s > 0:
        raise ValueError(f"need 0 <= active_s <= period_s, got {active_s} and {period_s}")
    duty = active_s / period_s
    return duty * active_w + (1 - duty) * sleep_w


def battery_life(battery_wh: float, power_w: float) -> float:
    """Hours that a battery lasts at a mean power. Raises ValueError unless power_w > 0.

    >>> battery_life(battery_wh=0.675, power_w=0.001)  # a coin cell, 225 mAh at 3 V
    675.0
    """
    if not power_w > 0 or battery_wh < 0:
        raise ValueError(f"need power > 0 and battery >= 0, got {power_w} and {battery_wh}")
    return battery_wh / power_w


# ---------------------------------------------------------------- choice


def cheapest(
    work: Workload, deadline_s: float, *, power_limit_w: float = float("inf"),
    efficiency: float = 1.0, devices: Iterable[Device] = DEVICES.values(),
) -> Device | None:  # fmt: skip
    """The cheapest device that holds the model, meets the deadline and stays within the power.

    None if there is none.

    >>> cheapest(Workload(5e6, 100 * KB, 50 * KB), deadline_s=0.1).name
    'Cortex-M4'
    """
    feasible = [
        device
        for device in devices
        if fits(work, device)
        and compute_seconds(work, device, efficiency) <= deadline_s
        and device.power_w <= power_limit_w
    ]
    return min(feasible, key=lambda device: device.price_usd, default=None)


def peak_macs(device: Device) -> float:
    """Multiply-accumulates a second at the device's peak.

    >>> peak_macs(DEVICES["Cortex-M4"])
    128000000.0
    """
    return device.peak_ops / FLOPS_PER_MAC
