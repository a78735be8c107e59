"""Data sets of the course: embedded digits, and larger sets through the same loader."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from efficientai.speech import WORDS, record


class Split(NamedTuple):
    """Training and test samples: images float32 (N, C, H, W) in [0, 1], labels int64 (N,).

    >>> digits().train_x.shape, digits().test_y.shape
    (torch.Size([1347, 1, 8, 8]), torch.Size([450]))
    """

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


class Keywords(NamedTuple):
    """A `Split` of spoken words that also says who speaks: int64 (N,) speakers on both sides.

    >>> spoken = keywords(samples=8, speakers=4)
    >>> spoken.train_speaker.shape == spoken.train_y.shape
    True
    """

    train_x: Tensor
    train_y: Tensor
    test_x: Tensor
    test_y: Tensor
    train_speaker: Tensor
    test_speaker: Tensor


def keywords(
    seed: int = 0,
    classes: int = 10,
    samples: int = 60,
    speakers: int = 20,
    snr_db: tuple[float, float] = (0.0, 20.0),
) -> Keywords:
    """Synthetic spoken words as spectrograms (N, 1, 49, 10) in [0, 1]: nobody's real voice.

    yes, no, up, down, left, right, on, off, stop, go, in this order, made by `efficientai.speech`:
    a pulse train and noise through moving formants, by speakers of different size, pitch, rate and
    accent, in coloured noise between `snr_db[0]` and `snr_db[1]` decibels below the voice. Of the
    speakers a quarter is the test set, with all their recordings; nobody is on both sides.
    `samples` is the number of recordings of each word, shared out among the speakers. Raises
    ValueError for fewer than 2 or more than 10 classes, fewer than 4 speakers, or samples that the
    speakers cannot share evenly.

    >>> split = keywords(samples=8, speakers=4)
    >>> split.train_x.shape, split.test_x.shape
    (torch.Size([60, 1, 49, 10]), torch.Size([20, 1, 49, 10]))
    """
    if not 2 <= classes <= len(WORDS) or speakers < 4 or samples < 1 or samples % speakers:
        got = f"{classes}, {speakers} and {samples}"
        raise ValueError(
            f"need 2 to {len(WORDS)} classes, 4 speakers or more, and a multiple of their number "
            f"as samples; got {got}"
        )
    every = record(seed, speakers, samples // speakers, words=classes, snr_db=snr_db)
    test = every.speaker < speakers // 4
    order = torch.randperm(int((~test).sum()), generator=torch.Generator().manual_seed(seed))
    train = (~test).nonzero().flatten()[order]
    return Keywords(
        every.x[train], every.y[train], every.x[test], every.y[test],
        every.speaker[train], every.speaker[test],
    )  # fmt: skip


def load(
    name: str = "digits", root: str | Path = "data", *, download: bool = False
) -> Split | Keywords:
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
