"""Digits as promised; larger sets through a stand-in for the files that a download would bring."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from efficientai.data import digits, keywords, load
from efficientai.spotting import temporal_net
from efficientai.training import accuracy, fit, seed_everything


def test_digits_are_all_there_once():
    images, _ = load_digits(return_X_y=True)
    split = digits()
    ours = torch.cat([split.train_x, split.test_x]).flatten(1)
    theirs = torch.tensor(images, dtype=torch.float32) / 16
    assert torch.equal(torch.unique(ours, dim=0), torch.unique(theirs, dim=0))
    assert len(ours) == len(theirs)


def test_digits_have_the_promised_types():
    split = digits()
    for x, y in ((split.train_x, split.train_y), (split.test_x, split.test_y)):
        assert x.dtype == torch.float32 and x.min() == 0 and x.max() == 1
        assert y.dtype == torch.int64 and len(x) == len(y)
        shares = y.bincount() / len(y)
        assert shares.min() > 0.09 and shares.max() < 0.11  # every class in both parts


def test_seed_decides_the_split():
    first, again, other = digits(1), digits(1), digits(2)
    assert torch.equal(first.test_x, again.test_x)
    assert not torch.equal(first.test_y, other.test_y)


def test_keywords_are_repeatable_balanced_and_new_for_every_seed():
    a, b, c = (keywords(seed, samples=8, speakers=8) for seed in (1, 1, 2))
    assert torch.equal(a.train_x, b.train_x) and not torch.equal(a.test_x, c.test_x)
    assert a.train_y.bincount().tolist() == [6] * 10 and a.test_y.bincount().tolist() == [2] * 10
    assert a.train_x.min() >= 0 and a.train_x.max() <= 1 and a.train_x.dtype == torch.float32
    rows = torch.cat([a.train_x, a.test_x]).flatten(1)
    assert len(rows.unique(dim=0)) == len(rows)
    with pytest.raises(ValueError, match="got 1, 20 and 60"):
        keywords(classes=1)
    with pytest.raises(ValueError, match="got 10, 7 and 60"):
        keywords(speakers=7)


def test_no_speaker_of_the_keywords_is_on_both_sides():
    split = load("keywords")
    assert set(split.train_speaker.tolist()) == set(range(5, 20))
    assert set(split.test_speaker.tolist()) == set(range(5))
    assert len(split.train_x) == 450 and split.test_y.bincount().tolist() == [15] * 10
    assert not torch.equal(split.train_y, split.train_y.sort().values)


def test_keywords_can_be_spotted_and_are_no_child_s_play():
    """A small network recognises nearly all; the nearest mean, which cannot shift, does not."""
    split = keywords(samples=120, speakers=40)
    means = torch.stack([split.train_x[split.train_y == c].mean(0) for c in range(10)]).flatten(1)
    nearest = torch.cdist(split.test_x.flatten(1), means).argmin(1)
    seed_everything(0)
    model = temporal_net((16, 24, 32))
    fit(model, split.train_x, split.train_y, epochs=20, lr=1e-2, decay=True)
    spotted = accuracy(model, split.test_x, split.test_y)
    assert spotted > 0.85
    assert (nearest == split.test_y).double().mean() < spotted - 0.2


@pytest.mark.parametrize(
    ("name", "theirs", "stored", "shape"),
    [
        ("fashion_mnist", "FashionMNIST", torch.zeros(6, 28, 28, dtype=torch.uint8), (1, 28, 28)),
        ("cifar10", "CIFAR10", np.zeros((6, 32, 32, 3), dtype=np.uint8), (3, 32, 32)),
    ],
)
def test_torchvision_sets_come_in_the_same_form(monkeypatch, tmp_path, name, theirs, stored, shape):
    class Stored:
        def __init__(self, root, train, download):
            assert (root, download) == (tmp_path, False)
            self.data = stored[:4] if train else stored[4:]
            self.data[:, 0, 1] = 255  # row 0, column 1
            self.targets = list(range(len(self.data)))

    monkeypatch.setattr(f"torchvision.datasets.{theirs}", Stored)
    split = load(name, tmp_path)
    assert split.train_x.shape == (4, *shape) and split.test_x.shape == (2, *shape)
    assert (split.train_x[:, :, 0, 1] == 1).all() and split.train_x.sum() == 4 * shape[0]
    assert split.test_y.tolist() == [0, 1] and split.test_y.dtype == torch.int64


def test_missing_files_and_unknown_names_are_said(tmp_path):
    with pytest.raises(RuntimeError, match="not found"):
        load("cifar10", tmp_path)
    with pytest.raises(
        ValueError, match="'mnist'; choose one of: digits, keywords, fashion_mnist, cifar10"
    ):
        load("mnist")
