"""Int8 and bfloat16 against float32 eager, one thread: latency side by side.

    python benchmarks/int8.py [--repeats 50]

An MLP and a CNN of ordinary size, at batch 1 and 32; the engine is ONNX Runtime. A format without
instructions of its own is not expected to gain; the benchmark says which the processor has.
"""

from __future__ import annotations

import argparse

import torch
from torch import nn

from efficientai.architectures import conv_bn_relu
from efficientai.backends import bf16_model, fp32_model, instructions, int8_model
from efficientai.profiling import compare_latency, machine


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=50)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    has = ", ".join(name for name, there in instructions().items() if there)
    print(f"{machine()}; instructions for {has or 'none of the formats'}")
    for name, make, shape in (("MLP", mlp, (784,)), ("CNN", cnn, (3, 32, 32))):
        model = make().eval()
        forms = {
            "float32": model,
            "float32, engine": fp32_model(model, torch.rand(1, *shape)),
            "bfloat16": bf16_model(model),
            "int8, engine": int8_model(model, torch.rand(64, *shape)),
        }
        for batch in (1, 32):
            x = torch.rand(batch, *shape)
            times = compare_latency(forms, x, warmup=10, repeats=options.repeats)
            for who, result in times.items():
                median = times["float32"].median_ms / result.median_ms
                calm = times["float32"].p10_ms / result.p10_ms  # where the machine was quiet
                print(
                    f"{name}, batch {batch:2}, {who:16} {result}  "
                    f"{median:.2f} times as fast (calmest tenth {calm:.2f})"
                )


if __name__ == "__main__":
    main()
