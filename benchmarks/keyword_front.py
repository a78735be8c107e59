"""Train the capstone's reference front: ``python -m benchmarks.keyword_front``.

Networks for a quarter, a third and half of the budget. The teacher answers to all given recordings
and to changed copies of them; each network learns these answers, first with floats, then with
rounded weights. Prints what each one is on 120 speakers whom no training and no choice has seen,
and writes the model files as text. About a minute a network on one core.
"""

from __future__ import annotations

import argparse
import copy
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from benchmarks.keyword_routes import soft
from efficientai import modelfile, spotting
from efficientai.quantization import FakeQuantized
from efficientai.training import seed_everything

COPIES, BATCH = 12, 128
FLOAT_STEPS, ROUNDED_STEPS = 2500, 1500


DESIGNS = {  # channels of `spotting.temporal_net`, bits of each layer's weights
    "quarter": ((8, 10, 12), (4, 3, 3, 4)),
    "third": ((10, 13, 15), (4, 4, 3, 4)),
    "half": ((12, 16, 20), (4, 4, 4, 4)),
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


def lesson(x: Tensor, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Changed copies of all recordings, and the teacher's answers to them."""
    generator, teacher = torch.Generator().manual_seed(seed), spotting.teacher()
    copies = torch.cat([x, *(changed(x, generator) for _ in range(COPIES - 1))])
    with torch.no_grad():
        return copies, torch.cat([teacher(part) for part in copies.split(500)])


def distil(model: nn.Module, x: Tensor, answers: Tensor, steps: int, lr: float) -> None:
    """So many steps towards the teacher's answers, in place."""
    optimiser = torch.optim.Adam(model.parameters(), lr=lr, fused=True)
    generator = torch.Generator().manual_seed(0)
    model.train()
    for step in range(steps):
        optimiser.param_groups[0]["lr"] = lr * (1 - step / steps)
        rows = torch.randint(0, len(x), (BATCH,), generator=generator)
        optimiser.zero_grad()
        soft(model(x[rows]), answers[rows]).backward()
        optimiser.step()
    model.eval()


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
    task, people = spotting.task(), spotting.unheard(1)
    x, answers = lesson(torch.cat([task.labelled.x, task.unlabelled]))
    options.out.mkdir(parents=True, exist_ok=True)
    for name in options.designs:
        channels, bits = DESIGNS[name]
        seed_everything(0)
        model = spotting.temporal_net(channels)
        distil(model, x, answers, FLOAT_STEPS, 1e-2)
        model = rounded(model, bits)
        distil(model, x, answers, ROUNDED_STEPS, 4e-3)
        file = modelfile.export(model, task.labelled.x)
        print(name, spotting.measure(file, people.x, people.y), flush=True)
        (options.out / f"{name}.txt").write_text(modelfile.to_text(file) + "\n")


if __name__ == "__main__":
    main()
