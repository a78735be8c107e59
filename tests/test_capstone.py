"""The capstone's parts against independent ways to the same answers."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from efficientai import capstone, modelfile, speech
from efficientai.distillation import distillation_loss


def test_spectrogram_is_the_one_that_made_the_recordings():
    import numpy as np

    random = np.random.default_rng(0)
    sound = speech.synthesize(["stop"], [speech.draw_speaker(random)], random)
    filters = torch.tensor(speech.mel_filters())
    ours = capstone.spectrogram(torch.tensor(sound[0]).double(), filters, speech.WINDOW, speech.HOP)
    assert torch.allclose(ours.float(), speech.log_mel(sound)[0, 0], atol=1e-5)
    with pytest.raises(ValueError, match="19 samples"):
        capstone.spectrogram(torch.zeros(19), filters, 320, 160)


@given(st.floats(-20, 40))
def test_noise_is_as_far_below_as_asked(snr_db):
    generator = torch.Generator().manual_seed(0)
    signal, noise = torch.randn(2, 500, generator=generator, dtype=torch.float64)
    added = capstone.add_noise(signal, noise, snr_db) - signal
    ratio = 10 * math.log10(signal.square().mean() / added.square().mean())
    assert ratio == pytest.approx(snr_db, abs=1e-6)


def test_silence_has_no_ratio():
    for pair in ((torch.zeros(3), torch.ones(3)), (torch.ones(3), torch.zeros(3))):
        with pytest.raises(ValueError, match="silence"):
            capstone.add_noise(*pair, 10.0)


@given(
    st.lists(st.integers(-9, 9), min_size=2, max_size=40), st.floats(0.01, 0.99), st.integers(0, 9)
)
def test_held_out_people_are_whole(speakers, share, seed):
    speaker = torch.tensor(speakers)
    people = len(speaker.unique())
    if people < 2:
        with pytest.raises(ValueError, match="two speakers"):
            capstone.held_out(speaker, share, seed)
        return
    test = capstone.held_out(speaker, share, seed)
    inside, outside = set(speaker[test].tolist()), set(speaker[~test].tolist())
    assert not inside & outside and inside and outside
    assert len(inside) == min(max(1, round(share * people)), people - 1)


def test_mac_budget_at_its_limits():
    assert capstone.mac_budget(0.1, 8760, 20e-6, 0.01, 1, 1e8) == 0  # 11 µW, base 20
    assert capstone.mac_budget(1000, 10, 0, 0.01, 4, 1e6) == 250_000  # the next run is due


def test_chain_costs_are_those_of_the_model_file():
    model = nn.Sequential(
        *(nn.Conv2d(1, 8, (5, 10), (2, 1), (2, 0)), nn.ReLU()),
        *(nn.Conv2d(8, 8, (3, 1), padding=(1, 0), groups=8), nn.ReLU()),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10)),
    )
    plain = {"kind": "conv", "outputs": 8, "stride": (1, 1), "groups": 1}
    layers = [
        plain | {"kernel": (5, 10), "padding": (2, 0), "stride": (2, 1)},
        plain | {"kernel": (3, 1), "padding": (1, 0), "groups": 8},
        {"kind": "mean"},
        {"kind": "linear", "outputs": 10},
    ]  # fmt: skip
    found = modelfile.read(modelfile.export(model, torch.rand(4, 1, 49, 10)))
    costs = capstone.chain_costs(layers, (1, 49, 10))
    assert costs == {"macs": found.macs, "ram_bytes": found.peak_ram_bytes}
    with pytest.raises(ValueError, match="'pool'"):
        capstone.chain_costs([{"kind": "pool"}], (1, 2, 2))


def test_transfer_loss_is_distillation_where_all_is_known():
    generator = torch.Generator().manual_seed(0)
    student, teacher = torch.randn(2, 7, 5, generator=generator)
    labels = torch.randint(0, 5, (7,), generator=generator)
    ours = capstone.transfer_loss(student, teacher, labels, 3.0, 0.6)
    theirs = distillation_loss(student, teacher, labels, temperature=3.0, alpha=0.6)
    assert torch.allclose(ours, theirs)
    nobody = torch.full((7,), -1)
    alone = capstone.transfer_loss(student, teacher, nobody, 3.0, 0.6)
    assert torch.allclose(alone, 0.6 * distillation_loss(student, teacher, temperature=3.0))


@given(st.lists(st.integers(-127, 127), min_size=1, max_size=60))
def test_cheapest_form_is_what_the_file_does(values):
    weights = torch.tensor(values)
    form, bits, size = capstone.cheapest_form(weights)
    stored, sparse = modelfile._weights(weights, bits)
    assert len(stored) == size and sparse == (form == "sparse")
    assert max(map(abs, values)) <= 2 ** (bits - 1) - 1
    assert bits == 2 or max(map(abs, values)) > 2 ** (bits - 2) - 1
    with pytest.raises(ValueError, match="128"):
        capstone.cheapest_form(torch.tensor([128]))


def test_the_interval_counts_people():
    hits = torch.tensor([1, 1, 1, 0, 1, 1, 1, 0, 0]).bool()
    speaker = torch.tensor([7, 7, 2, 2, 5, 5, 5, 5, 5])
    mean, half = capstone.speaker_interval(hits, speaker)
    # 1.0, 0.5, 0.6: s = sqrt((0.09 + 0.04 + 0.01) / 2), t with 2 degrees of freedom is 4.3027
    assert mean == pytest.approx(0.7)
    assert half == pytest.approx(4.302653 * math.sqrt(0.07) / math.sqrt(3), rel=1e-5)
    with pytest.raises(ValueError, match="one speaker"):
        capstone.speaker_interval(hits[:2], speaker[:2])
