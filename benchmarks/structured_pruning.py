"""ResNet-18 with half of its channels: MACs, parameters and measured latency, side by side.

    python benchmarks/structured_pruning.py [--batch 1] [--repeats 20]

The dense and the halved network run in turns; 90 % unstructured zeros run beside them, to show
that zeros alone gain nothing.
"""

from __future__ import annotations

import argparse
import copy
import time

import torch
import torchvision
from torch import Tensor, nn

from efficientai.profiling import compare_latency, count_macs, count_params, machine
from efficientai.pruning import (
    apply_masks,
    channel_saliency,
    global_magnitude_masks,
    prunable_weights,
    remove_channels,
)

STREAMS = ("conv1", "layer2.0.conv2", "layer3.0.conv2", "layer4.0.conv2")


def halved(model: nn.Module, image: Tensor) -> nn.Module:
    """The model with half the channels of every convolution, the largest by L1 norm kept."""
    inner = [n for n, _ in model.named_modules() if n.startswith("layer") and n.endswith("conv1")]
    for layer in (*STREAMS, *inner):
        saliency = channel_saliency(model.get_submodule(layer))
        keep = torch.zeros(len(saliency), dtype=torch.bool)
        keep[saliency.topk(len(saliency) // 2).indices] = True
        model = remove_channels(model, layer, keep, image)
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=20)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    dense = torchvision.models.resnet18().eval()
    image = torch.rand(options.batch, 3, 224, 224)
    start = time.process_time()
    small = halved(dense, image[:1])
    seconds = time.process_time() - start
    zeros = copy.deepcopy(dense)
    apply_masks(zeros, global_magnitude_masks(prunable_weights(zeros), 0.9))
    times = compare_latency(
        {"dense": dense, "90 % zeros": zeros, "half the channels": small}, image,
        warmup=3, repeats=options.repeats,
    )  # fmt: skip
    print(f"{machine()}, batch {options.batch}; removal took {seconds:.1f} s of CPU")
    for name, model in (("dense", dense), ("90 % zeros", zeros), ("half the channels", small)):
        print(
            f"{name:18} {count_params(model) / 1e6:5.2f} M parameters  "
            f"{count_macs(model, image[:1]) / 1e9:5.2f} GMACs  {times[name]}  "
            f"{times['dense'].median_ms / times[name].median_ms:.2f} times as fast "
            f"(calmest tenth {times['dense'].p10_ms / times[name].p10_ms:.2f})"
        )


if __name__ == "__main__":
    main()
