"""Deep Compression on digits: real bytes of a file, accuracy lost, CPU seconds, on held-out seeds.

    python benchmarks/deep_compression.py [--seeds 100 101 ...]

The settings were chosen on other seeds and then frozen. A seed decides the split, the initial
weights and the order of the batches. LeNet is compressed under its own dense self as a teacher,
whose softened answers are the targets. The CNN also sees copies of the images moved by one pixel
while it is compressed, with the true classes: its dense self has learnt without such copies and
would misread them. The dense size is that of the float32 state dict.
The file is written, read back and checked bit by bit before it is measured.
"""

from __future__ import annotations

import argparse
import copy
import tempfile
import time
from pathlib import Path

import torch
from torch import Tensor, nn

from efficientai.architectures import lenet_300_100, small_cnn
from efficientai.compression import CompressedModel, deep_compress
from efficientai.data import Split, digits
from efficientai.distillation import soften
from efficientai.evaluation import bootstrap_interval
from efficientai.profiling import machine, weight_bytes
from efficientai.quantization import fold_batch_norm
from efficientai.training import accuracy, fit, seed_everything

TEMPERATURE = 4


def moved(split: Split, dense: nn.Module) -> tuple[Tensor, Tensor]:
    """Images (N, 1, H, W) and their copies moved by one pixel each way, black behind: (5 N, …)."""
    height, width = split.train_x.shape[2:]
    framed = nn.functional.pad(split.train_x, (1, 1, 1, 1))
    starts = [(1, 1), (0, 1), (2, 1), (1, 0), (1, 2)]
    x = torch.cat([framed[..., r : r + height, c : c + width] for r, c in starts])
    return x.contiguous(memory_format=torch.channels_last), split.train_y.repeat(len(starts))


@torch.no_grad()
def taught(split: Split, dense: nn.Module) -> tuple[Tensor, Tensor]:
    """Images and what the dense network says of them."""
    return split.train_x, soften(dense(split.train_x), TEMPERATURE)


FROZEN = {
    "LeNet-300-100": (lenet_300_100, taught,
                      {"sparsity": 0.923, "bits": 4, "epochs": 60, "lr": 2e-3}),
    "small CNN": (small_cnn, moved,
                  {"sparsity": 0.941, "bits": 4, "epochs": 18, "lr": 4e-3, "batch_size": 128}),
}  # fmt: skip


def restored(compressed: CompressedModel, like: nn.Module) -> nn.Module:
    """The model as it comes back from a file on disk; raises if a bit has changed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.bin"
        compressed.save(path)
        assert path.stat().st_size == compressed.nbytes
        again = CompressedModel.load(path, like)
    model = copy.deepcopy(like)
    model.load_state_dict(again.state_dict())
    assert CompressedModel.of(model).data == compressed.data
    return model


def one_run(make, lessons, settings: dict, seed: int) -> tuple[float, float, float, float]:
    """Times smaller, accuracy before and after, CPU seconds of the compression."""
    split = digits(seed)
    seed_everything(seed)
    model = make()
    fit(model, split.train_x, split.train_y, epochs=40, lr=3e-3, seed=seed, decay=True)
    dense, before = weight_bytes(model), accuracy(model, split.test_x, split.test_y)
    start = time.process_time()
    folded = fold_batch_norm(model).to(memory_format=torch.channels_last)  # a fourth quicker
    compressed = deep_compress(folded, *lessons(split, folded), seed=seed, **settings)
    seconds = time.process_time() - start
    after = accuracy(restored(compressed, folded), split.test_x, split.test_y)
    return dense / compressed.nbytes, before, after, seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", nargs="*", type=int, default=list(range(100, 110)))
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(machine())
    for name, (make, lessons, settings) in FROZEN.items():
        runs = []
        for seed in options.seeds:
            runs.append(one_run(make, lessons, settings, seed))
            smaller, before, after, seconds = runs[-1]
            line = f"{smaller:.1f}x, {before:.2%} to {after:.2%}, {seconds:.0f} s"
            print(f"  {name}, seed {seed}: {line}", flush=True)
        smaller, before, after, seconds = zip(*runs, strict=True)
        lost = bootstrap_interval([100 * (b - a) for b, a in zip(before, after, strict=True)])
        print(
            f"{name}: {min(smaller):.1f}–{max(smaller):.1f} times smaller, "
            f"{lost.estimate:.2f} points lost (95 % {lost.low:.2f} to {lost.high:.2f}), "
            f"at most {max(seconds):.0f} s of CPU"
        )


if __name__ == "__main__":
    main()
