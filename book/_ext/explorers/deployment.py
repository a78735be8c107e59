"""The deployment explorer: networks, machines and links, to ask where an answer comes first."""

from math import isfinite
from pathlib import Path

import matplotlib.pyplot as plt
import torch
import torchvision

from efficientai import architectures, deployment, plotting, profiling
from efficientai.deployment import DEVICES, FIBRE_KM_PER_S, Device, Workload
from efficientai.macs import FLOPS_PER_MAC

PHOTO = torchvision.models
NETWORKS = {  # what makes it, the shape of one input, bytes of one input that is sent
    "LeNet-300-100": (architectures.lenet_300_100, (1, 8, 8), 64),
    "small CNN": (architectures.small_cnn, (1, 8, 8), 64),
    "keyword spotter": (architectures.keyword_spotter, (1, 49, 10), 2 * 16_000),
    "MobileNetV2": (lambda: PHOTO.mobilenet_v2(weights=None), (3, 224, 224), 3 * 224 * 224),
    "ResNet-50": (lambda: PHOTO.resnet50(weights=None), (3, 224, 224), 3 * 224 * 224),
}
LINKS = {"4G": 7.9e6, "5G": 15.6e6, "Wi-Fi": 19.0e6}  # upload in bit/s, sources in the chapter
START = {  # the chapter's first case: together 50 ms of round trip
    "network": "keyword spotter",
    "device": "Cortex-M4",
    "link": "4G",
    "bits": 8,
    "distance_km": 500,
    "delay_s": 0.045,
}
SERVER, EFFICIENCY, CELL_WH = "server GPU", 0.2, 0.225 * 3


def data(networks=None) -> dict:
    """All that the sums need."""
    return {
        "networks": [workload(name, *parts) for name, parts in NETWORKS.items()],
        "devices": [machine(device) for device in DEVICES.values()],
        "links": [{"name": name, "bps": bps} for name, bps in LINKS.items()],
        "bits": [8, 32],
        "server": SERVER,
        "efficiency": EFFICIENCY,
        "cellWh": CELL_WH,
        "fibreKmPerS": FIBRE_KM_PER_S,
        "flopsPerMac": FLOPS_PER_MAC,
        "start": START,
    }


def workload(name: str, make, shape: tuple[int, ...], payload: int) -> dict:
    """A network in numbers; weights and activations are counted, not their bytes."""
    with torch.device("meta"):  # shapes without numbers
        model, x = make().eval(), torch.zeros(1, *shape)
    return {
        "name": name,
        "macs": profiling.count_macs(model, x),
        "weights": profiling.weight_bytes(model) // 4,
        "activations": profiling.peak_activation_bytes(model, x) // 4,
        "payload": payload,
    }


def machine(device: Device) -> dict:
    """A device in numbers; a bandwidth that is no limit becomes null."""
    return {
        "name": device.name,
        "kind": device.kind,
        "peak": device.peak_ops,
        "bandwidth": device.bandwidth if isfinite(device.bandwidth) else None,
        "memory": device.memory_bytes,
        "storage": device.storage_bytes,
        "powerW": device.power_w,
    }


# ---------------------------------------------------------------- the picture that stands still


PAYLOADS, REACH = (10, 1e7), [10 ** (4.3 * i / 200) for i in range(201)]  # bytes, km


def spare_s(data: dict) -> float:
    """Seconds that sending and light may take for the cloud to answer as soon as the device."""
    network = next(n for n in data["networks"] if n["name"] == START["network"])
    work = Workload(network["macs"], network["weights"], network["activations"])  # a byte a number
    local, remote = (
        deployment.compute_seconds(work, DEVICES[name], EFFICIENCY)
        for name in (START["device"], SERVER)
    )
    return local - remote - START["delay_s"]


def reach_km(data: dict, bps: float, payload: float) -> float:
    """How far away the server may be."""
    return (spare_s(data) - 8 * payload / bps) * FIBRE_KM_PER_S / 2


def border(data: dict, bps: float) -> list[tuple[float, float]]:
    """Payloads and distances with which both answer at once."""
    points = [((spare_s(data) - deployment.round_trip_s(km)) * bps / 8, km) for km in REACH]
    return [(payload, km) for payload, km in points if payload >= PAYLOADS[0]]


def draw(data: dict, path: Path) -> None:
    """The border between here and there over payload and distance, one line a link."""
    with plt.style.context(plotting.STYLE):
        figure, ax = plt.subplots(figsize=(8, 4.4))
        for number, (name, bps) in enumerate(LINKS.items()):
            line = [*border(data, bps), (PAYLOADS[0], reach_km(data, bps, PAYLOADS[0]))]
            ax.plot(*zip(*line, strict=True), color=f"C{number}", label=f"over {name}")
        sent = NETWORKS[START["network"]][2]
        ax.plot(sent, START["distance_km"], "o", color="C1", ms=9)
        ax.annotate("a second of speech", (sent, START["distance_km"]), (-9, -4),
                    textcoords="offset points", ha="right", color="C1")  # fmt: skip
        ax.text(15, 1.5, "the cloud answers first")
        ax.text(PAYLOADS[1] / 1.5, 1.5, "the device answers first", ha="right")
        ax.set(xscale="log", yscale="log", ylim=(REACH[0], REACH[-1]), xlim=PAYLOADS)
        ax.set(xlabel="payload (bytes)", ylabel="distance of the server (km)")
        ax.legend(loc="upper right", title=f"{START['device']}, {START['network']}")
        figure.savefig(path, metadata={"Date": None})
        plt.close(figure)


def alt(data: dict) -> str:
    """What the picture shows."""
    return (
        "Distance of the server against payload, both logarithmic, with a border for each of "
        f"{', '.join(LINKS)}. Each is level for small payloads and falls steeply at some tens of "
        "thousands of bytes: below it the cloud answers first, above it the device."
    )


def caption(data: dict) -> str:
    """How far the cloud may be for the first case, computed."""
    payload = NETWORKS[START["network"]][2]
    limits = [f"{reach_km(data, bps, payload):,.0f} km over {name}" for name, bps in LINKS.items()]
    return (
        f"Here or there? For a second of speech the cloud answers before the {START['device']} "
        f"as long as its server is nearer than {', '.join(limits[:-1])} and {limits[-1]}. Besides "
        f"light in glass, {1000 * START['delay_s']:.0f} ms of delay are taken for radio and "
        f"routers. All machines reach {100 * EFFICIENCY:.0f} % of their roofline."
    )
