"""Int8 through oneDNN against float32 eager, one thread: latency side by side, and the bytes.

    python benchmarks/int8.py [--repeats 50]

An MLP and a CNN of ordinary size, at batch 1 and 32. Without VNNI or AMX instructions int8 is not
expected to gain; the benchmark says which the processor has.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch import nn

from efficientai.architectures import conv_bn_relu
from efficientai.backends import int8_model
from efficientai.profiling import compare_latency, machine
from efficientai.quantization import fold_batch_norm


def mlp() -> nn.Sequential:
    """784-1024-1024-10."""
    pairs = (784, 1024), (1024, 1024)
    hidden = [module for a, b in pairs for module in (nn.Linear(a, b), nn.ReLU())]
    return nn.Sequential(*hidden, nn.Linear(1024, 10))


def cnn() -> nn.Sequential:
    """Three convolutions of 32, 64 and 128 channels on 32×32 images."""
    return nn.Sequential(
        *(*conv_bn_relu(3, 32), *conv_bn_relu(32, 64), nn.MaxPool2d(2)),
        *(*conv_bn_relu(64, 128), nn.MaxPool2d(2), nn.Flatten()),
        nn.Linear(128 * 8 * 8, 10),
    )


def instructions() -> str:
    """The int8 instruction sets of this processor, as Linux names them."""
    try:
        flags = Path("/proc/cpuinfo").read_text().split()
    except OSError:
        return "unknown"
    found = sorted({f for f in flags if "vnni" in f or f == "amx_int8"})
    return ", ".join(found) or "none: int8 is not expected to gain"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=50)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    print(f"{machine()}; int8 instructions: {instructions()}")
    for name, make, shape in (("MLP", mlp, (784,)), ("CNN", cnn, (3, 32, 32))):
        model = make().eval()
        int8, folded = int8_model(model, torch.rand(64, *shape)), fold_batch_norm(model)
        for batch in (1, 32):
            times = compare_latency(
                {"float32": model, "float32, folded": folded, "int8": int8},
                torch.rand(batch, *shape),
                warmup=10,
                repeats=options.repeats,
            )
            for who, result in times.items():
                median = times["float32"].median_ms / result.median_ms
                calm = times["float32"].p10_ms / result.p10_ms  # where the machine was quiet
                print(
                    f"{name}, batch {batch:2}, {who:16} {result}  "
                    f"{median:.2f} times as fast (calmest tenth {calm:.2f})"
                )


if __name__ == "__main__":
    main()
