"""Train the capstone's reference front: ``python -m benchmarks.keyword_front``.

Networks for a quarter, a third and six tenths of the budget, each distilled for 1000 steps on
recordings that are changed a little every time (the teacher answers anew to each change), then for
as many steps with rounded weights. Prints what each one is on 120 speakers whom no training and no
choice has seen, and writes the model files as text. Some minutes a network on one core.
"""

from __future__ import annotations

import argparse
import copy
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from benchmarks.keyword_routes import narrow, soft
from efficientai import modelfile, spotting
from efficientai.quantization import FakeQuantized
from efficientai.training import seed_everything

STEPS, BATCH = 1000, 96


def tail(channels: int) -> list[nn.Module]:
    """Mean over time, then the classifier."""
    return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 10)]


def quarter() -> nn.Sequential:
    """For a quarter of the budget."""
    step = spotting.time_convolution
    return nn.Sequential(
        *step(1, 10, 7, stride=4, bands=10),
        *step(10, 10, 3),
        *step(10, 10, 5, groups=10),
        *step(10, 16, 1),
        *tail(16),
    )


def separable() -> nn.Sequential:
    """Two convolutions in time, then two depthwise-separable ones."""
    step = spotting.time_convolution
    return nn.Sequential(
        *step(1, 14, 5, stride=2, bands=10),
        *step(14, 16, 3, stride=2),
        *step(16, 16, 7, groups=16),
        *step(16, 24, 1),
        *step(24, 24, 5, groups=24),
        *step(24, 24, 1),
        *tail(24),
    )


DESIGNS = {
    "quarter": (quarter, (3, 3, 4, 3, 3)),
    "third": (narrow, (4, 4, 4, 4, 4)),
    "half": (separable, (4,) * 7),
}


def changed(x: Tensor, generator: torch.Generator) -> Tensor:
    """Recordings a little earlier or later, with other formants, louder or softer."""
    n = len(x)
    shift = torch.randint(-4, 5, (n, 1), generator=generator)
    frames = (torch.arange(49) - shift).clamp(0, 48)  # (n, 49)
    x = x.gather(2, frames[:, None, :, None].expand(-1, 1, -1, 10))
    higher = torch.rand(n, 1, generator=generator) - 0.5  # of a band
    position = (torch.arange(10) + higher).clamp(0, 8.999)  # (n, 10)
    below, share = position.long()[:, None, None], position.frac()[:, None, None]
    below = below.expand(-1, 1, 49, -1)
    x = x.gather(3, below) * (1 - share) + x.gather(3, below + 1) * share
    louder = 0.06 * (2 * torch.rand(n, 1, 1, 1, generator=generator) - 1)
    return (x + louder).clamp(0, 1)


def distil(
    model: nn.Module, teacher: nn.Module, x: Tensor, lr: float, generator: torch.Generator
) -> nn.Module:
    """STEPS steps towards the teacher's answers to changed recordings."""
    optimiser = torch.optim.Adam(model.parameters(), lr=lr, fused=True)
    model.train()
    for step in range(STEPS):
        optimiser.param_groups[0]["lr"] = lr * (1 - step / STEPS)
        batch = changed(x[torch.randint(0, len(x), (BATCH,), generator=generator)], generator)
        with torch.no_grad():
            answers = teacher(batch)
        loss = soft(model(batch), answers)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return model.eval()


def rounded(model: nn.Sequential, bits: Sequence[int]) -> nn.Sequential:
    """A copy that trains with so many bits for each layer's weights."""
    width = iter(bits)
    return nn.Sequential(
        *(
            FakeQuantized(layer, next(width)) if isinstance(layer, nn.Conv2d | nn.Linear) else layer
            for layer in copy.deepcopy(model)
        )
    )


def main() -> None:
    """Train every design, say what it is, keep the text."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("_build/front"))
    parser.add_argument("--designs", nargs="*", default=list(DESIGNS))
    options = parser.parse_args()
    torch.set_num_threads(1)
    task, teacher, people = spotting.task(), spotting.teacher(), spotting.unheard(1)
    x = torch.cat([task.labelled.x, task.unlabelled])
    options.out.mkdir(parents=True, exist_ok=True)
    for name in options.designs:
        build, bits = DESIGNS[name]
        seed_everything(0)
        generator = torch.Generator().manual_seed(0)
        model = distil(build(), teacher, x, 1e-2, generator)
        model = distil(rounded(model, bits), teacher, x, 4e-3, generator)
        file = modelfile.export(model, task.labelled.x)
        print(name, spotting.measure(file, people.x, people.y), flush=True)
        (options.out / f"{name}.txt").write_text(modelfile.to_text(file) + "\n")


if __name__ == "__main__":
    main()
