"""Int8 and bfloat16 against float32 eager, one thread: latency side by side.

    python benchmarks/int8.py [--repeats 50]

An MLP and a CNN of ordinary size, at batch 1 and 32; the engine is ONNX Runtime. A format without
instructions of its own is not expected to gain; the benchmark says which the processor has.

The models take turns. With one call a turn each finds its weights and its code pushed out of the
caches by the others; with ten in a row, as a service calls its one model, it does not. Both are
shown. What bounds the MLP at batch 1 is memory: each weight is fetched for one multiplication, so
that a quarter of the bytes is at best a quarter of the time. On a Xeon of 2.5 GHz, whose second
cache holds neither form, the weights came at 15 GB/s as floats and at 12 GB/s as bytes, and a call
of the engine costs some 30 µs besides: 2.5 to 2.8 times as fast, 3.7 to 4.2 times at batch 32,
where each weight serves 32 multiplications. Bound inputs and outputs, named outputs, no memory
arena, fewer graph optimisations and no spinning made no difference beyond the spread; weights that
are not packed beforehand are five times as slow at batch 1.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

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


def in_a_row(model: nn.Module, calls: int) -> Callable[[torch.Tensor], None]:
    """A function that calls the model so many times."""

    def run(x: torch.Tensor) -> None:
        for _ in range(calls):
            model(x)

    return run


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
        for batch, calls in ((1, 1), (1, 10), (32, 1)):
            x = torch.rand(batch, *shape)
            turns = {who: in_a_row(form, calls) for who, form in forms.items()}
            times = compare_latency(turns, x, warmup=10, repeats=options.repeats)
            for who, result in times.items():
                median = times["float32"].median_ms / result.median_ms
                calm = times["float32"].p10_ms / result.p10_ms  # where the machine was quiet
                print(
                    f"{name}, batch {batch:2}, {calls:2} in a row, {who:16} {result}  "
                    f"{median:.2f} times as fast (calmest tenth {calm:.2f})"
                )


if __name__ == "__main__":
    main()
