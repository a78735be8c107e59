"""The parts of the capstone, as references: from sound to a budget, a loss, bytes and an interval.

The design itself is open; `efficientai.spotting` holds its task and its score.

Sources: Davis & Mermelstein 1980 (mel bands); Hinton et al. 2015 (distillation); Han et al. 2016
(sparse storage).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from scipy import stats
from torch import Tensor
from torch.nn import functional as F


def spectrogram(signal: Tensor, filters: Tensor, window: int, hop: int) -> Tensor:
    """Levels of a sound in bands, (frames, bands) in [0, 1]: -70 dB is 0, 0 dB is 1.

    signal: float (samples,). filters: float (bands, window//2 + 1). Hann windows every `hop`
    samples; what is left over at the end is dropped. Raises ValueError for less than one window.

    >>> spectrogram(torch.zeros(100), torch.ones(3, 21), window=40, hop=20).shape
    torch.Size([4, 3])
    """
    if len(signal) < window:
        raise ValueError(f"{len(signal)} samples are less than one window of {window}")
    shape = torch.hann_window(window, periodic=False, dtype=signal.dtype)
    frames = signal.unfold(0, window, hop) * shape  # (frames, window)
    power = torch.fft.rfft(frames).abs().square() / shape.sum().square()
    db = 10 * torch.log10(power @ filters.T + 1e-12)
    return (1 + db / 70).clamp(0, 1)


def add_noise(signal: Tensor, noise: Tensor, snr_db: float) -> Tensor:
    """The signal with the noise so many decibels below it; both float (samples,).

    Power is the mean square over the samples. Raises ValueError for silence on either side.

    >>> add_noise(torch.tensor([1.0, -1.0]), torch.tensor([3.0, 3.0]), snr_db=20.0)
    tensor([ 1.1000, -0.9000])
    """
    ours, theirs = signal.square().mean(), noise.square().mean()
    if ours == 0 or theirs == 0:
        raise ValueError("silence has no ratio to anything")
    return signal + noise * (ours / theirs / 10 ** (snr_db / 10)).sqrt()


def held_out(speaker: Tensor, share: float, seed: int) -> Tensor:
    """Which recordings are for testing, bool (N,): all of some speakers, none of the others.

    speaker: int64 (N,). round(share * speakers) of them, at least one and never all, drawn with the
    seed. Raises ValueError for fewer than two speakers or a share outside of (0, 1).

    >>> held_out(torch.tensor([4, 4, 9, 9]), 0.5, seed=0).sum()
    tensor(2)
    """
    people = speaker.unique()
    if len(people) < 2 or not 0 < share < 1:
        raise ValueError(f"need two speakers and a share in (0, 1), got {len(people)}, {share}")
    count = min(max(1, round(share * len(people))), len(people) - 1)
    order = torch.randperm(len(people), generator=torch.Generator().manual_seed(seed))
    return torch.isin(speaker, people[order[:count]])


def mac_budget(
    battery_wh: float, life_hours: float, base_w: float, active_w: float,
    per_second: float, macs_per_second: float,
) -> int:  # fmt: skip
    """MACs that one inference may have, so that the battery lasts and the next one can begin.

    base_w is drawn all the time, active_w on top of it while the network runs. 0 if the battery
    does not even last for the base.

    >>> mac_budget(0.5, 5000, base_w=50e-6, active_w=0.01, per_second=5, macs_per_second=1e8)
    100000
    """
    busy = (battery_wh / life_hours - base_w) / active_w
    seconds = min(max(busy, 0.0), 1.0) / per_second
    return math.floor(seconds * macs_per_second * (1 + 1e-12))


def chain_costs(
    layers: Sequence[Mapping[str, object]], shape: tuple[int, int, int]
) -> dict[str, int]:
    """MACs and peak bytes of 8-bit activations of a chain of layers on an input (C, H, W).

    layers: {"kind": "conv", "outputs", "kernel", "stride", "padding", "groups"}, {"kind": "mean"}
    or {"kind": "linear", "outputs"}. At the peak a layer's input and output are both there.

    >>> chain_costs([{"kind": "mean"}, {"kind": "linear", "outputs": 4}], (2, 5, 5))
    {'macs': 8, 'ram_bytes': 52}
    """
    macs = peak = 0
    for layer in layers:
        after, own = _layer_costs(layer, shape)
        macs, peak = macs + own, max(peak, math.prod(shape) + math.prod(after))
        shape = after
    return {"macs": macs, "ram_bytes": peak}


def _layer_costs(layer: Mapping, shape: tuple[int, int, int]) -> tuple[tuple[int, int, int], int]:
    if layer["kind"] == "mean":
        return (shape[0], 1, 1), 0
    if layer["kind"] == "linear":
        return (layer["outputs"], 1, 1), layer["outputs"] * math.prod(shape)
    if layer["kind"] != "conv":
        raise ValueError(f"unknown kind of layer: {layer['kind']!r}")
    height, width = (
        (n + 2 * p - k) // s + 1
        for n, p, k, s in zip(
            shape[1:], layer["padding"], layer["kernel"], layer["stride"], strict=True
        )
    )
    after = layer["outputs"], height, width
    return after, math.prod(after) * shape[0] // layer["groups"] * math.prod(layer["kernel"])


def transfer_loss(
    student: Tensor, teacher: Tensor, labels: Tensor, temperature: float = 2.0, alpha: float = 0.9
) -> Tensor:
    """alpha T^2 KL(teacher || student) over all, plus (1 - alpha) cross-entropy over the labelled.

    student, teacher: logits (N, classes). labels: int64 (N,), -1 where nobody knows the word. Each
    term is a mean over the recordings it has; without a label the second one is 0.

    >>> z = torch.tensor([[1.0, 2.0]])
    >>> transfer_loss(z, z, torch.tensor([-1])).item()
    0.0
    """
    q, p = (v.div(temperature).log_softmax(1) for v in (student, teacher.detach()))
    soft = temperature**2 * F.kl_div(q, p, reduction="batchmean", log_target=True)
    known = labels >= 0
    hard = F.cross_entropy(student[known], labels[known]) if known.any() else 0.0
    return alpha * soft + (1 - alpha) * hard


def cheapest_form(integers: Tensor) -> tuple[str, int, int]:
    """How to store a layer's integers: ("dense" or "sparse", bits of a weight, bytes in all).

    bits: the fewest, from 2 on, whose symmetric range -(2^(b-1) - 1)…2^(b-1) - 1 holds them. Dense:
    b bits each. Sparse: a bit for each weight, filled up to bytes, then b bits for each that is not
    0, filled up again. Dense if equal. Raises ValueError for more than 8 bits.

    >>> cheapest_form(torch.tensor([0, 0, 0, 0, 0, 0, 0, 3]))
    ('sparse', 3, 2)
    """
    largest = int(integers.abs().max())
    bits = max(2, largest.bit_length() + 1)
    if bits > 8:
        raise ValueError(f"{largest} does not fit 8 bits with a symmetric range")
    count, kept = integers.numel(), int((integers != 0).sum())
    dense, sparse = -(-count * bits // 8), -(-count // 8) + -(-kept * bits // 8)
    return ("sparse", bits, sparse) if sparse < dense else ("dense", bits, dense)


def speaker_interval(hits: Tensor, speaker: Tensor) -> tuple[float, float]:
    """Mean over speakers of their accuracies, and half of its 95 % t interval.

    hits: bool (N,). speaker: int64 (N,). The speakers are the sample: recordings of one of them
    are not independent. Raises ValueError for fewer than two.

    >>> speaker_interval(torch.tensor([1, 1, 0, 0]).bool(), torch.tensor([0, 0, 1, 1]))[0]
    0.5
    """
    people = speaker.unique()
    if len(people) < 2:
        raise ValueError("one speaker says nothing about others")
    each = torch.stack([hits[speaker == p].double().mean() for p in people])
    quantile = stats.t.ppf(0.975, len(people) - 1)
    return each.mean().item(), quantile * each.std().item() / math.sqrt(len(people))
