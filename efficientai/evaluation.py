"""Comparing models beyond accuracy: trade-offs, slices of the data, uncertainty, carbon.

Sources: Efron 1979 (bootstrap); Sagawa et al. 2020 (worst group); Strubell et al. 2019 and Lacoste
et al. 2019 (carbon).
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
from scipy.special import stdtrit
from torch import Tensor, nn

from efficientai.energy import inference_mj
from efficientai.macs import FLOPS_PER_MAC, MacCounter
from efficientai.profiling import (
    compare_latency,
    count_macs,
    latency,
    peak_activation_bytes,
    serialized_bytes,
)
from efficientai.training import accuracy, mode

__all__ = [
    "FLOPS_PER_MAC", "Interval", "MacCounter", "Score", "Scorecard", "bootstrap_interval",
    "carbon_kg", "choose", "compare_latency", "count_macs", "latency", "paired_difference",
    "pareto_front", "peak_activation_bytes", "scorecard", "slice_accuracy", "t_interval",
    "training_energy_kwh", "worst_slice",
]  # fmt: skip

Key = TypeVar("Key", bound=Hashable)


# ---------------------------------------------------------------- trade-offs


def pareto_front(points: Mapping[Key, tuple[float, float]]) -> list[Key]:
    """Names of the models that no other beats: (cost, quality), less cost and more quality win.

    A model is beaten by one that is no worse in both and better in one; of equals all stay. In
    order of rising cost. Raises ValueError if a number is NaN.

    >>> pareto_front({"a": (1, 0.9), "b": (2, 0.8), "c": (3, 0.95)})
    ['a', 'c']
    """
    for name, point in points.items():
        if any(math.isnan(value) for value in point):
            raise ValueError(f"{name!r} has a NaN: {point}")
    front, best, best_cost = [], -math.inf, math.nan
    for name, (cost, quality) in sorted(points.items(), key=lambda p: (p[1][0], -p[1][1])):
        if quality > best or (quality == best and cost == best_cost):
            front.append(name)
            best, best_cost = quality, cost
    return front


def choose(
    models: Mapping[Key, Mapping[str, float]], limits: Mapping[str, float], maximise: str
) -> Key | None:
    """The model with the highest `maximise` of those within all limits; None if there is none.

    models: name → {measure: value}. limits: measure → highest value allowed. Of equals the first.
    Raises ValueError if a model lacks a measure.

    >>> models = {"big": {"accuracy": 0.99, "ms": 9.0}, "small": {"accuracy": 0.97, "ms": 2.0}}
    >>> choose(models, {"ms": 5.0}, maximise="accuracy")
    'small'
    """
    for name, measures in models.items():
        if missing := {*limits, maximise} - measures.keys():
            raise ValueError(f"{name!r} has no {sorted(missing)}; it has {sorted(measures)}")
    fitting = [n for n, m in models.items() if all(m[k] <= v for k, v in limits.items())]
    return max(fitting, key=lambda name: models[name][maximise], default=None)


# ---------------------------------------------------------------- slices


def slice_accuracy(predictions: Tensor, labels: Tensor, groups: Tensor) -> dict[int, float]:
    """Accuracy within each group: group → share of hits. All int (N,).

    >>> import torch
    >>> hits = torch.tensor([1, 1, 0]), torch.tensor([1, 1, 1])
    >>> slice_accuracy(*hits, groups=torch.tensor([0, 0, 7]))
    {0: 1.0, 7: 0.0}
    """
    if not (predictions.shape == labels.shape == groups.shape) or len(labels) == 0:
        shapes = [tuple(x.shape) for x in (predictions, labels, groups)]
        raise ValueError(f"need three equal shapes (N,) with N >= 1, got {shapes}")
    hits = (predictions == labels).double()
    return {int(g): hits[groups == g].mean().item() for g in groups.unique()}


def worst_slice(accuracies: Mapping[Key, float]) -> tuple[Key, float, float]:
    """The group of lowest accuracy, that accuracy, and the gap to the best group.

    >>> worst_slice({"day": 0.75, "night": 0.5})
    ('night', 0.5, 0.25)
    """
    if not accuracies:
        raise ValueError("no groups to compare: the mapping is empty")
    worst = min(accuracies, key=accuracies.__getitem__)
    return worst, accuracies[worst], max(accuracies.values()) - accuracies[worst]


# ---------------------------------------------------------------- the course's table


class Score(NamedTuple):
    """One network in the course's table.

    Accuracy in [0, 1]; bytes as stored; MACs and microjoules (45 nm, see `energy`) of one input;
    time of one input as a multiple of the first network's in the same run.

    >>> Score("dense", 0.97, bytes=200_000, macs=50_000, time=1.0, microjoules=4.5).accuracy
    0.97
    """

    network: str
    accuracy: float
    bytes: int
    macs: int
    time: float
    microjoules: float


class Scorecard(tuple[Score, ...]):
    """Rows of the course's table. A notebook shows them as text; the book collects them as data.

    >>> print(Scorecard([Score("dense", 0.97, 200_000, 50_000, 1.0, 4.5)]))
    network                   accuracy     bytes        MACs    time        µJ
    dense                        0.970   200,000      50,000    1.00       4.5
    """

    MIME = "application/vnd.efficient-ai.scores+json"
    HEAD = f"{'network':24}{'accuracy':>10}{'bytes':>10}{'MACs':>12}{'time':>8}{'µJ':>10}"

    def __repr__(self) -> str:
        lines = [
            f"{s.network:24}{s.accuracy:10.3f}{s.bytes:10,}{s.macs:12,}{s.time:8.2f}"
            f"{s.microjoules:10.1f}"
            for s in self
        ]
        return "\n".join([self.HEAD, *lines])

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, object]:
        return {"text/plain": repr(self), self.MIME: [score._asdict() for score in self]}


def scorecard(
    models: Mapping[str, nn.Module],
    x: Tensor,
    y: Tensor,
    *,
    stored_bytes: Mapping[str, int] | None = None,
    precision: Mapping[str, str] | None = None,
    macs: Mapping[str, int] | None = None,
) -> Scorecard:
    """Accuracy, bytes, MACs, time and energy of several networks on one data set.

    models: name → network; the first one is the measure of the others' time. x: (N, ...) inputs.
    y: (N,) classes. For single names, `stored_bytes` replaces the size of the serialised state
    dict, `precision` (see `energy.mac_pj`) the default "fp32", `macs` what cannot be counted.
    Raises ValueError for a name that is not among the models.

    >>> import torch
    >>> net, x = nn.Linear(4, 2), torch.randn(3, 4)
    >>> scorecard({"dense": net}, x, torch.zeros(3, dtype=torch.long))[0].macs
    8
    """
    stored_bytes, precision, macs = stored_bytes or {}, precision or {}, macs or {}
    for name in {*stored_bytes, *precision, *macs} - set(models):
        raise ValueError(f"no network is called {name!r}; there are {list(models)}")
    one, rows = x[:1], []
    times = _relative_times(models, one)
    for name, model in models.items():
        size = stored_bytes.get(name) or serialized_bytes(model)
        count = macs.get(name) or count_macs(model, one)
        energy = inference_mj(
            count, size, peak_activation_bytes(model, one), precision.get(name, "fp32")
        )
        rows.append(Score(name, accuracy(model, x, y), size, count, times[name], 1000 * energy))
    return Scorecard(rows)


def _relative_times(models: Mapping[str, nn.Module], one: Tensor) -> dict[str, float]:
    """Time of one input as a multiple of the first model's, all measured in turns."""
    with contextlib.ExitStack() as modes:
        for model in models.values():
            modes.enter_context(mode(model, training=False))
        times = compare_latency(models, one)
    base = next(iter(times.values())).median_ms
    return {name: time.median_ms / base for name, time in times.items()}


# ---------------------------------------------------------------- uncertainty


class Interval(NamedTuple):
    """An estimate with the interval that covers it.

    >>> Interval(0.9, low=0.85, high=0.94).low
    0.85
    """

    estimate: float
    low: float
    high: float


def bootstrap_interval(
    values: Sequence[float],
    statistic: Callable[..., np.ndarray] = np.mean,
    *,
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> Interval:
    """Percentile bootstrap of a statistic (Efron 1979).

    `statistic` takes an array and `axis`, as numpy's functions do. Raises ValueError for no values,
    a NaN, or a confidence outside of (0, 1).

    >>> bootstrap_interval([1.0] * 10)
    Interval(estimate=1.0, low=1.0, high=1.0)
    """
    data = np.asarray(values, dtype=float)
    if data.ndim != 1 or not data.size or np.isnan(data).any():
        raise ValueError(f"need one row of numbers without NaN, got {values!r:.100}")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be in (0, 1), got {confidence}")
    rows = np.random.default_rng(seed).integers(0, data.size, (resamples, data.size))
    tail = (1 - confidence) / 2
    low, high = np.quantile(statistic(data[rows], axis=1), [tail, 1 - tail])
    return Interval(float(statistic(data, axis=0)), float(low), float(high))


def t_interval(values: Sequence[float], *, confidence: float = 0.95) -> Interval:
    """Mean and its interval by Student's t (1908): for a few runs, where a bootstrap is too sure.

    The runs are taken to be independent and roughly normal. Raises ValueError for fewer than two
    values, a NaN, or a confidence outside of (0, 1).

    >>> [round(bound, 2) for bound in t_interval([1.0, 2.0, 3.0])]  # 2 ± 4.30 · 1 / √3
    [2.0, -0.48, 4.48]
    """
    data = np.asarray(values, dtype=float)
    if data.ndim != 1 or data.size < 2 or np.isnan(data).any():
        raise ValueError(f"need a row of two numbers or more without NaN, got {values!r:.100}")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be in (0, 1), got {confidence}")
    mean, error = data.mean(), data.std(ddof=1) / math.sqrt(data.size)
    half = stdtrit(data.size - 1, (1 + confidence) / 2) * error
    return Interval(float(mean), float(mean - half), float(mean + half))


def paired_difference(
    first: Sequence[float], second: Sequence[float], **options: object
) -> Interval:
    """Bootstrap interval of the mean of second - first, for runs that share their seeds.

    An interval that leaves out 0 speaks for a difference. `options` as for `bootstrap_interval`.

    >>> paired_difference([1, 2, 3], [2, 3, 4]).estimate
    1.0
    """
    if len(first) != len(second):
        raise ValueError(f"pairs need equally many runs, got {len(first)} and {len(second)}")
    return bootstrap_interval(np.asarray(second, float) - np.asarray(first, float), **options)


# ---------------------------------------------------------------- energy and carbon

JOULES_PER_KWH = 3.6e6


def training_energy_kwh(
    macs_per_sample: float, samples: float, epochs: float, flops_per_joule: float,
    overhead: float = 1.0,
) -> float:  # fmt: skip
    """Electricity of a training run: 3 forward passes' work a sample, for backward costs two.

    flops_per_joule: what the machine achieves, not its peak. overhead: the data centre's PUE,
    total power over computing power.

    >>> training_energy_kwh(1e9, 1e6, 10, flops_per_joule=1e10)
    1.6666666666666667
    """
    if not flops_per_joule > 0 or not overhead >= 1:
        values = f"{flops_per_joule} and {overhead}"
        raise ValueError(f"need flops_per_joule > 0 and overhead >= 1, got {values}")
    flops = 3 * FLOPS_PER_MAC * macs_per_sample * samples * epochs
    return overhead * flops / flops_per_joule / JOULES_PER_KWH


def carbon_kg(energy_kwh: float, grams_per_kwh: float) -> float:
    """Kilograms of CO₂-equivalent of electricity with a carbon intensity in g CO₂e / kWh.

    >>> carbon_kg(100.0, grams_per_kwh=400.0)
    40.0
    """
    if energy_kwh < 0 or grams_per_kwh < 0:
        values = f"{energy_kwh} and {grams_per_kwh}"
        raise ValueError(f"energy and intensity cannot be negative, got {values}")
    return energy_kwh * grams_per_kwh / 1000
