"""Routes to a keyword spotter that fits, measured over seeds.

    python -m benchmarks.keyword_routes [--seeds 10]

Every route ends in a model file; what is written down is measured from the file, on 24 speakers
whom no training has heard, and on other recordings of the 12 labelled ones. All routes take the
same number of optimiser steps, 1620 of 64 recordings. Writes ``efficientai/keyword_routes.csv``,
which the chapter draws. About ten seconds a network on one core.
"""

from __future__ import annotations

import argparse
import copy
import csv
from collections.abc import Callable

import torch
from torch import Tensor, nn

from efficientai import modelfile, pruning, spotting
from efficientai.distillation import distillation_loss
from efficientai.quantization import quantize_model
from efficientai.speech import record
from efficientai.training import fit, seed_everything

STEPS = 810  # of one phase; there are two


def wide() -> nn.Sequential:
    """Three convolutions in time: 48,480 MACs."""
    return spotting.temporal_net((12, 16, 20))


def narrow() -> nn.Sequential:
    """The same idea with a stride of 4 and a depthwise-separable end: 18,334 MACs."""
    step = spotting.time_convolution
    return nn.Sequential(
        *step(1, 12, 5, stride=4, bands=10),
        *step(12, 14, 3),
        *step(14, 14, 5, groups=14),
        *step(14, 16, 1),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 10)),
    )


def soft(logits: Tensor, answers: Tensor) -> Tensor:
    """Distance to the teacher's answers, at temperature 2."""
    return distillation_loss(logits, answers, temperature=2.0)


def phase(model: nn.Module, data: tuple, seed: int, lr: float, **options: object) -> None:
    """STEPS steps on (inputs, targets, loss)."""
    x, targets, loss = data
    epochs = round(STEPS / -(-len(x) // 64))
    fit(model, x, targets, epochs=epochs, lr=lr, decay=True, seed=seed, loss=loss, **options)


def pruned(model: nn.Sequential, share: float) -> tuple[nn.Sequential, dict[str, Tensor]]:
    """A copy without this share of its weights, smallest first, and the masks."""
    smaller = copy.deepcopy(model)
    masks = pruning.global_magnitude_masks(pruning.prunable_weights(smaller), share)
    pruning.apply_masks(smaller, masks)
    return smaller, masks


def sources() -> dict[str, tuple]:
    """Inputs, targets and loss: 12 speakers' labels, the teacher, or labels that nobody has."""
    task, cross_entropy = spotting.task(), nn.functional.cross_entropy
    everyone = torch.cat([task.labelled.x, task.unlabelled])
    with torch.no_grad():
        answers = spotting.teacher()(everyone)
    secret = record(spotting.SEEDS["unlabelled"], speakers=60, takes=2).y
    return {
        "labels": (task.labelled.x, task.labelled.y, cross_entropy),
        "teacher": (everyone, answers, soft),
        "guesses": (everyone, answers.argmax(1), cross_entropy),
        "all labels": (everyone, torch.cat([task.labelled.y, secret]), cross_entropy),
    }


def routes(data: dict[str, tuple], seed: int) -> dict[str, bytes]:
    """Every route's model file for one seed."""
    x = data["labels"][0]
    files = {}

    def first(build: Callable, source: str) -> nn.Sequential:
        seed_everything(seed)
        model = build()
        phase(model, data[source], seed, 1e-2)
        return model

    def second(model: nn.Module, source: str, **options: object) -> nn.Module:
        phase(model, data[source], seed + 100, 3e-3, **options)
        return model

    for source, short in (
        ("labels", "labels"), ("guesses", "teacher's guesses"), ("all labels", "all labels"),
    ):  # fmt: skip
        files[f"wide, {short}, 8 bit"] = modelfile.export(second(first(wide, source), source), x)
    base = first(wide, "teacher")
    done = second(copy.deepcopy(base), "teacher")
    files["wide, teacher, 8 bit"] = modelfile.export(done, x)
    files["wide, teacher, 4 bit after"] = modelfile.export(done, x, 4)
    files["wide, teacher, 4 bit trained"] = modelfile.export(
        second(quantize_model(base, weight_bits=4), "teacher"), x
    )
    smaller, masks = pruned(base, 0.6)
    inner = {f"{n.rsplit('.', 1)[0]}.layer.weight": m for n, m in masks.items()}
    thin = second(quantize_model(smaller, weight_bits=4), "teacher", masks=inner)
    files["wide, teacher, 60 % pruned, 4 bit trained"] = modelfile.export(thin, x)
    for source in ("labels", "teacher"):
        base = first(narrow, source)
        kept = second(copy.deepcopy(base), source)
        files[f"narrow, {source}, 8 bit"] = modelfile.export(kept, x)
        files[f"narrow, {source}, 3 bit trained"] = modelfile.export(
            second(quantize_model(base, weight_bits=3), source), x
        )
    return files


def main() -> None:
    """Train, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=10)
    seeds = parser.parse_args().seeds
    torch.set_num_threads(1)
    out = record(spotting.SEEDS["unheard"], speakers=24, takes=5)
    same = record(spotting.SEEDS["labelled"], speakers=12, takes=10, session=1)
    data, rows = sources(), []
    for seed in range(seeds):
        for name, file in routes(data, seed).items():
            new, known = (
                spotting.measure(file, out.x, out.y),
                spotting.measure(file, same.x, same.y),
            )
            rows.append((name, seed, *new[:3], f"{new.accuracy:.4f}", f"{known.accuracy:.4f}"))
            print(*rows[-1], sep=", ", flush=True)
    with open(spotting.ROUTES, "w", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows([spotting.ROUTE_COLUMNS, *rows])


if __name__ == "__main__":
    main()
