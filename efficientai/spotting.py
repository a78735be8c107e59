"""The keyword spotter of the capstone: its recordings, its teacher, its budget, its score.

A model is measured by its model file (`efficientai.modelfile`) alone. The score asks the same files
at every budget from the full one down to a quarter of it.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from efficientai.architectures import keyword_spotter
from efficientai.modelfile import read
from efficientai.speech import WORDS, Recordings, record

TEACHER = Path(__file__).with_name("keyword_teacher.npz")
ROUTES = Path(__file__).with_name("keyword_routes.csv")
ROUTE_COLUMNS = ("route", "seed", "flash_bytes", "ram_bytes", "macs", "accuracy", "known_speakers")
SEEDS = {"teacher": 1000, "labelled": 1, "unlabelled": 2, "validation": 3, "unheard": 4}
FLOOR = 0.8  # accuracy from which on the score counts
HALVINGS = 2  # the score asks down to a quarter of the budget
MOST_FILES = 4


# ---------------------------------------------------------------- what is given


class Task(NamedTuple):
    """Recordings of three groups of people; nobody is in two of them.

    labelled: 12 speakers, 480 recordings. unlabelled: 60 speakers, 1200 recordings x (N, 1, 49, 10)
    whose words nobody wrote down. validation: 20 speakers, 600 recordings, to choose by.

    >>> Task._fields
    ('labelled', 'unlabelled', 'validation')
    """

    labelled: Recordings
    unlabelled: Tensor
    validation: Recordings


@cache
def task() -> Task:
    """The recordings of the task, always the same ones; made in some seconds.

    >>> task().labelled.x.shape
    torch.Size([480, 1, 49, 10])
    """
    return Task(
        record(SEEDS["labelled"], speakers=12, takes=4),
        record(SEEDS["unlabelled"], speakers=60, takes=2).x,
        validation(),
    )


@cache
def validation() -> Recordings:
    """The task's recordings of 20 speakers to choose by, alone.

    >>> validation() is task().validation
    True
    """
    return record(SEEDS["validation"], speakers=20, takes=3)


@lru_cache(maxsize=2)
def unheard(seed: int, speakers: int = 120) -> Recordings:
    """Recordings of people who are in no other set: each says each word once.

    Many speakers with few recordings tell more about people than few speakers with many.

    >>> unheard(seed=0, speakers=1).y.tolist()
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    """
    return record(seed + 10_000, speakers=speakers, takes=1)


def teacher() -> nn.Sequential:
    """DS-CNN-S (Zhang et al. 2017) from (N, 1, 49, 10) to ten logits; it has heard 300 others.

    The weights come with the package as half-precision numbers; `benchmarks/keyword_teacher.py`
    made them.

    >>> sum(p.numel() for p in teacher().parameters())
    23050
    """
    model = keyword_spotter(classes=len(WORDS))
    with np.load(TEACHER, allow_pickle=False) as stored:
        state = {name: torch.tensor(stored[name]) for name in stored.files}
    model.load_state_dict({n: v.float() if v.is_floating_point() else v for n, v in state.items()})
    return model.eval()


# ---------------------------------------------------------------- a place to start


def time_convolution(
    inputs: int, outputs: int, length: int, *, stride: int = 1, bands: int = 1, groups: int = 1
) -> list[nn.Module]:
    """Convolution over `length` frames and all `bands`, batch norm, ReLU: layers for a Sequential.

    The first layer takes all ten bands at once, (N, 1, 49, 10) to (N, outputs, frames, 1); from
    there on the bands are channels, as in Choi et al. 2019.

    >>> layers = nn.Sequential(*time_convolution(1, 4, 3, stride=2, bands=10))
    >>> layers(torch.rand(1, 1, 49, 10)).shape
    torch.Size([1, 4, 25, 1])
    """
    convolution = nn.Conv2d(
        inputs, outputs, (length, bands), (stride, 1), (length // 2, 0), groups=groups, bias=False
    )
    return [convolution, nn.BatchNorm2d(outputs), nn.ReLU()]


def temporal_net(channels: tuple[int, int, int] = (12, 16, 20)) -> nn.Sequential:
    """Three convolutions in time, a mean and a classifier; float (N, 1, 49, 10) to 10 logits.

    >>> temporal_net()(torch.zeros(2, 1, 49, 10)).shape
    torch.Size([2, 10])
    """
    a, b, c = channels
    return nn.Sequential(
        *time_convolution(1, a, 5, stride=2, bands=10),
        *time_convolution(a, b, 5, stride=2),
        *time_convolution(b, c, 5),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(c, len(WORDS))),
    )


# ---------------------------------------------------------------- what is asked


class Budget(NamedTuple):
    """Bytes of flash, bytes of RAM for activations, MACs of one inference.

    >>> BUDGET
    Budget(flash_bytes=4096, ram_bytes=3072, macs=96000)
    """

    flash_bytes: int
    ram_bytes: int
    macs: int


BUDGET = Budget(flash_bytes=4096, ram_bytes=3072, macs=96_000)


class Measured(NamedTuple):
    """What was measured of a model file: bytes, bytes of RAM, MACs, accuracy in [0, 1].

    >>> Measured(flash_bytes=2048, ram_bytes=3072, macs=48_000, accuracy=0.9).fullest
    1.0
    """

    flash_bytes: int
    ram_bytes: int
    macs: int
    accuracy: float

    @property
    def fullest(self) -> float:
        """The fullest of the three gauges, 1 where a budget is just met, above 1 beyond it."""
        used = (self.flash_bytes, self.ram_bytes, self.macs)
        return max(a / b for a, b in zip(used, BUDGET, strict=True))


def measure(data: bytes, x: Tensor, y: Tensor) -> Measured:
    """Bytes, RAM, MACs and accuracy of a model file, each computed from the file alone.

    x: float (N, 1, 49, 10), y: int64 (N,). Raises ModelFileError (a ValueError) for bytes that are
    no model file, or a network with other inputs or outputs than the task's.

    >>> from efficientai.modelfile import export
    >>> model, x = nn.Sequential(nn.Linear(490, 10)), torch.rand(8, 1, 49, 10)
    >>> measure(export(model, x), x, torch.zeros(8)).macs
    4900
    """
    model = read(data)
    if model.input_shape != tuple(x.shape[1:]) or model.outputs != len(WORDS):
        raise ValueError(
            f"the network takes {model.input_shape} and returns {model.outputs} numbers; the task "
            f"needs {tuple(x.shape[1:])} and {len(WORDS)}"
        )
    if model.macs > 20 * BUDGET.macs:
        raise ValueError(f"{model.macs:,} MACs are more than twenty times the budget")
    if model.peak_ram_bytes > 20 * BUDGET.ram_bytes:
        raise ValueError(f"{model.peak_ram_bytes:,} bytes of RAM are twenty times the budget")
    hits = (model(x).argmax(1) == y).double().mean().item()
    return Measured(model.flash_bytes, model.peak_ram_bytes, model.macs, hits)


def front_score(models: Sequence[Measured]) -> float:
    """0…100: accuracy above 80 %, averaged over all budgets from the full one to a quarter.

    A budget that was halved h times asks for the best of the models whose fullest gauge is at most
    `2**-h`. With A(h) for its accuracy, the score is 100 times the mean over h from 0 to 2 of
    max(0, A(h) - 0.8) / 0.2. A model above the full budget does not count.

    >>> front_score([Measured(2048, 512, 1000, 0.9)])  # half of the flash, so half of the h
    25.0
    """
    at, area = 0.0, 0.0
    steps = sorted(models, key=lambda m: -m.fullest)
    reach = [min(HALVINGS, -math.log2(m.fullest)) for m in steps]
    for i, end in enumerate(reach):
        best = max(m.accuracy for m in steps[i:])
        if end > at:
            area += (end - at) * max(0.0, best - FLOOR) / (1 - FLOOR)
            at = end
    return 100 * area / HALVINGS


# ---------------------------------------------------------------- what the chapter draws


def routes() -> list[dict[str, str | int | float]]:
    """One row a route and seed, as `benchmarks/keyword_routes.py` measured them.

    route, seed, flash_bytes, ram_bytes, macs, accuracy on 24 unheard speakers, accuracy on other
    recordings of the known ones.

    >>> sorted(routes()[0])
    ['accuracy', 'flash_bytes', 'known_speakers', 'macs', 'ram_bytes', 'route', 'seed']
    """
    with ROUTES.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    whole = ("seed", "flash_bytes", "ram_bytes", "macs")
    shares = ("accuracy", "known_speakers")
    return [
        {"route": row["route"]}
        | {n: int(row[n]) for n in whole}
        | {n: float(row[n]) for n in shares}
        for row in rows
    ]
