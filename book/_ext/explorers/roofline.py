"""The roofline explorer: the machines of the catalogue, and layers of the course's networks."""

from collections.abc import Iterator
from math import isfinite
from pathlib import Path

import matplotlib.pyplot as plt
import torch
from torch import nn

from efficientai import architectures, plotting, profiling
from efficientai.deployment import DEVICES
from efficientai.hardware import TPU_V1, Roofline, arithmetic_intensity
from efficientai.macs import FLOPS_PER_MAC

PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16, "int8": torch.int8}
LAYERS = (  # where they are met, the network, the shape of one sample
    ("This chapter", nn.Linear(4096, 4096), (4096,)),
    ("This chapter", nn.Conv2d(64, 64, 3, padding=1), (64, 56, 56)),
    ("This chapter", nn.Conv2d(64, 64, 3, padding=1, groups=64), (64, 56, 56)),
    ("LeNet-300-100", architectures.lenet_300_100(), (1, 8, 8)),
    ("LeNet-5", architectures.lenet_5(), (1, 32, 32)),
    ("Small CNN", architectures.small_cnn(), (1, 8, 8)),
    ("Keyword spotter", architectures.keyword_spotter(), (1, 49, 10)),
)
X = (2**-4, 2**14)  # operations per byte, of the picture that stands still


def data(networks=None) -> dict:
    """Machines, layers, and the bytes of a number."""
    return {
        "machines": machines(),
        "layers": [layer for part in LAYERS for layer in layers(*part)],
        "bytes": {name: dtype.itemsize for name, dtype in PRECISIONS.items()},
        "flopsPerMac": FLOPS_PER_MAC,
    }


def machines() -> list[dict]:
    """The catalogue's devices with a known bandwidth, and the first TPU."""
    rooflines = {name: (d.roofline, d.precision) for name, d in DEVICES.items()}
    rooflines["TPU v1"] = TPU_V1, "int8"
    return [
        {"name": name, "precision": precision, "peak": roof.peak_flops, "bandwidth": roof.bandwidth}
        for name, (roof, precision) in rooflines.items()
        if isfinite(roof.bandwidth)
    ]


def layers(group: str, model: nn.Module, shape: tuple[int, ...]) -> Iterator[dict]:
    """For each kind of layer: its name, and what one sample makes it compute and move.

    weights, activations: numbers, the latter read and written for every sample.
    """
    sample, known = torch.zeros(1, *shape), set()
    macs = {m.name: m.macs for m in profiling.profile(model.eval(), sample).modules}
    for name, (layer, read, written) in moved(model, sample).items():
        label = describe(layer, read)
        if label not in known:
            known.add(label)
            yield {
                "group": group,
                "name": label,
                "macs": macs[name],
                "weights": layer.weight.numel(),
                "activations": read.numel() + written.numel(),
            }


def moved(model: nn.Module, sample: torch.Tensor) -> dict[str, tuple]:
    """The layers that multiply, by name, with the tensors that they read and write."""
    seen = {}
    for name, layer in model.named_modules():
        if isinstance(layer, nn.Linear | nn.Conv2d):

            def note(layer, inputs, output, name=name):
                seen[name] = layer, inputs[0], output

            layer.register_forward_hook(note)
    model(sample)
    return seen


def describe(layer: nn.Module, read: torch.Tensor) -> str:
    """A layer in words: what it is, and its sizes."""
    if isinstance(layer, nn.Linear):
        return f"linear, {layer.in_features} → {layer.out_features}"
    kernel, size = ("×".join(map(str, pair)) for pair in (layer.kernel_size, read.shape[-2:]))
    if layer.groups > 1:
        return f"depthwise {kernel}, {layer.in_channels} channels of {size}"
    return f"convolution {kernel}, {layer.in_channels} → {layer.out_channels}, {size}"


# ---------------------------------------------------------------- the picture that stands still


BATCHES = (1, 256)


def intensity(layer: dict, batch: int, bytes_each: int) -> float:
    """Operations per byte of a layer on a batch."""
    numbers = layer["weights"] + batch * layer["activations"]
    return arithmetic_intensity(batch * layer["macs"], bytes_each * numbers)


def marked(data: dict, machine: dict) -> list[float]:
    """Intensity of the first layer at each batch, in the precision of a machine's peak."""
    each = data["bytes"][machine["precision"]]
    return [intensity(data["layers"][0], batch, each) for batch in BATCHES]


def draw(data: dict, path: Path) -> None:
    """The roof of every machine on one pair of axes, and where the first layer stands under it."""
    with plt.style.context(plotting.STYLE):
        figure, ax = plt.subplots(figsize=(8, 4.8))
        for number, machine in enumerate(data["machines"]):
            style = {"color": f"C{number % 6}", "ls": "-" if number < 6 else "--"}
            _roof(ax, machine, marked(data, machine), style)
        for batch, face in zip(BATCHES, ("none", plotting.GREY), strict=True):
            ax.plot([], [], "o", mfc=face, color=plotting.GREY, ms=7, label=f"batch {batch}")
        ax.set(xscale="log", yscale="log", xlabel="operations per byte", ylabel="operations/s")
        ax.set_xlim(X[0], 100 * X[1])  # room for names
        ax.legend(loc="lower right")
        figure.savefig(path, metadata={"Date": None})
        plt.close(figure)


def _roof(ax, machine: dict, intensities: list[float], style: dict) -> None:
    colour = style["color"]
    roof = Roofline(machine["peak"], machine["bandwidth"])
    x = [X[0], roof.ridge, X[1]]
    ax.plot(x, [roof.attainable(i) for i in x], **style)
    for i, face in zip(intensities, ("none", colour), strict=True):
        ax.plot(i, roof.attainable(i), "o", mfc=face, color=colour, ms=7)
    ax.annotate(
        machine["name"], (X[1], roof.peak_flops), (5, 0), textcoords="offset points",
        color=colour, va="center", fontsize=9,
    )  # fmt: skip


def alt(data: dict) -> str:
    """What the picture shows."""
    names = ", ".join(machine["name"] for machine in data["machines"])
    return (
        f"Rooflines on logarithmic axes: {names}. Each rises with the operations per byte up to "
        "its ridge and is level from there on. A hollow circle on each marks the large linear "
        "layer with one sample, a full one the same layer with a batch of 256."
    )


def caption(data: dict) -> str:
    """What can be read off the picture, counted."""
    ridges = [machine["peak"] / machine["bandwidth"] for machine in data["machines"]]
    points = [marked(data, machine) for machine in data["machines"]]
    waiting = [
        sum(x < ridge for x, ridge in zip(column, ridges, strict=True))
        for column in zip(*points, strict=True)
    ]
    few, many = waiting
    return (
        f"The roofs of {len(ridges)} machines, for numbers of the width that each is built for. "
        f"The large layer of this chapter ({data['layers'][0]['name']}) waits for the memory of "
        f"{few} of them with one sample, and of {many} with a batch of {BATCHES[1]}."
    )
