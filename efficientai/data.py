"""Data sets of the course: embedded digits, and larger sets through the same loader."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor


class Split(NamedTuple):
    """Training and test samples: images float32 (N, C, H, W) in [0, 1], labels int64 (N,)."""

    train_x: Tensor
    train_y: Tensor
    test_x: Tensor
    test_y: Tensor


def digits(seed: int = 0, test_size: int = 450) -> Split:
    """Handwritten digits of scikit-learn (Alpaydin & Kaynak 1998), 8×8 pixels, ten classes.

    Of 1797 images `test_size` are the test set, drawn per class with `seed`. No network is needed.

    >>> split = digits()
    >>> split.train_x.shape, split.test_x.shape
    (torch.Size([1347, 1, 8, 8]), torch.Size([450, 1, 8, 8]))
    """
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    images, labels = load_digits(return_X_y=True)
    train_x, test_x, train_y, test_y = train_test_split(
        images, labels, test_size=test_size, stratify=labels, random_state=seed
    )
    return Split(_images(train_x), torch.tensor(train_y), _images(test_x), torch.tensor(test_y))


def _images(rows: np.ndarray) -> Tensor:
    """Rows of 64 numbers in 0…16 as images in [0, 1]."""
    return torch.tensor(rows / 16, dtype=torch.float32).reshape(-1, 1, 8, 8)  # (N, 64) → (N,1,8,8)


FRAMES, BANDS = 49, 10  # one second in windows of 40 ms every 20 ms; ten frequency bands


def keywords(seed: int = 0, classes: int = 10, samples: int = 60, noise: float = 0.15) -> Split:
    """Synthetic spoken keywords as spectrograms (N, 1, 49, 10): no recording, no real speech.

    A word is two resonances that move through the bands. Every sample is spoken anew: faster or
    slower, earlier or later, higher or lower, louder or softer, in noise. The words themselves are
    the same for every seed. Of `samples` of each class a quarter is the test set. Raises ValueError
    for fewer than 2 classes or 4 samples, or negative noise.

    >>> split = keywords(samples=8)
    >>> split.train_x.shape, split.test_x.shape
    (torch.Size([60, 1, 49, 10]), torch.Size([20, 1, 49, 10]))
    """
    if classes < 2 or samples < 4 or not noise >= 0:
        got = f"{classes}, {samples} and {noise}"
        raise ValueError(f"need classes >= 2, samples >= 4 and noise >= 0, got {got}")
    words = torch.rand(classes, 2, 5, generator=torch.Generator().manual_seed(12))
    generator = torch.Generator().manual_seed(seed)
    x = torch.stack([_spoken(word, samples, noise, generator) for word in words])
    y = torch.arange(classes)[:, None].expand(classes, samples)
    test = samples // 4
    order = torch.randperm(classes * (samples - test), generator=generator)
    train_x, train_y = x[:, test:].flatten(0, 1)[order], y[:, test:].flatten()[order]
    return Split(train_x, train_y, x[:, :test].flatten(0, 1), y[:, :test].flatten())


def _spoken(word: Tensor, samples: int, noise: float, generator: torch.Generator) -> Tensor:
    """Utterances (samples, 1, frames, bands) of a word (resonances, points), values in [0, 1]."""

    def vary(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(samples, 1, generator=generator)

    length, start = vary(0.5, 0.8), vary(0.05, 0.2)  # of the second
    time = (torch.linspace(0, 1, FRAMES) - start) / length  # (samples, frames), 0…1 in the word
    position = (time.clamp(0, 1) * (word.shape[1] - 1)).clamp(max=word.shape[1] - 1.001)
    left, share = position.long(), position.frac()
    track = word[:, left] * (1 - share) + word[:, left + 1] * share  # (resonances, samples, frames)
    centre = track * (BANDS - 1) + vary(-0.7, 0.7)
    distance = torch.arange(BANDS) - centre[..., None]  # (resonances, samples, frames, bands)
    voiced = ((time >= 0) & (time <= 1)).float() * vary(0.6, 1.0)
    energy = (-distance.square()).exp().amax(0) * voiced[..., None]
    energy += noise * torch.randn(energy.shape, generator=generator)
    return energy.clamp(0, 1).unsqueeze(1)


def load(name: str = "digits", root: str | Path = "data", *, download: bool = False) -> Split:
    """Data set `name`: "digits", "keywords" (synthetic), "fashion_mnist" or "cifar10".

    The first two need no files; the last two, torchvision's, are read from the folder `root`. With
    `download=True` torchvision fetches them there once. Raises ValueError for another name, and
    RuntimeError if the files are not there.

    >>> load("digits").train_y.dtype
    torch.int64
    """
    embedded = {"digits": digits, "keywords": keywords}
    if name in embedded:
        return embedded[name]()
    if name not in _TORCHVISION:
        known = ", ".join([*embedded, *_TORCHVISION])
        raise ValueError(f"unknown data set {name!r}; choose one of: {known}")
    return _torchvision(_TORCHVISION[name], root, download)


_TORCHVISION = {"fashion_mnist": "FashionMNIST", "cifar10": "CIFAR10"}


def _torchvision(name: str, root: str | Path, download: bool) -> Split:
    from torchvision import datasets

    parts = [getattr(datasets, name)(root, train, download=download) for train in (True, False)]
    (train_x, train_y), (test_x, test_y) = map(_tensors, parts)
    return Split(train_x, train_y, test_x, test_y)


def _tensors(dataset) -> tuple[Tensor, Tensor]:
    """Images and labels of a torchvision data set, which stores bytes (N, H, W[, C])."""
    images = torch.as_tensor(dataset.data).float() / 255
    images = images.unsqueeze(1) if images.ndim == 3 else images.movedim(-1, 1)  # → (N, C, H, W)
    return images.contiguous(), torch.as_tensor(dataset.targets)
