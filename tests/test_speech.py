"""Synthetic speech: filters against closed forms, noise against its definition."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import lfilter

from efficientai import speech
from efficientai.speech import RATE, WORDS, add_noise, draw_speaker, log_mel, record, synthesize


def speaker(seed=0, **changes):
    return draw_speaker(np.random.default_rng(seed))._replace(**changes)


def test_a_resonator_that_stands_still_is_scipys_filter():
    """Two stages in cascade, the second a sample later: y[n] = a x[n] + b y[n-1] + c y[n-2]."""
    source = np.random.default_rng(0).standard_normal((1, RATE))
    hz, width = np.full((1, 200, 2), [[700.0, 1800.0]]), np.full((1, 200, 2), [[60.0, 90.0]])
    ours = speech._resonate(source, hz, width)[0]
    expected = source[0]
    for f, w in ((700, 60), (1800, 90)):
        c = -np.exp(-2 * np.pi * w / RATE)
        b = 2 * np.exp(-np.pi * w / RATE) * np.cos(2 * np.pi * f / RATE)
        expected = lfilter([1 - b - c], [1, -b, -c], expected)
    np.testing.assert_allclose(ours[1:], expected[:-1], atol=2e-3 * np.abs(expected).max())


def test_a_resonator_rings_at_its_frequency_and_passes_zero_hertz_unchanged():
    for f in (300, 1000, 2900):
        click = np.zeros((1, RATE))
        click[0, 0] = 1
        ring = speech._resonate(click, np.full((1, 200, 1), f), np.full((1, 200, 1), 50.0))[0]
        spectrum = np.abs(np.fft.rfft(ring))
        assert abs(int(spectrum.argmax()) - f) <= 2  # one bin is one hertz
        assert spectrum[0] == pytest.approx(1, rel=1e-3)  # a/(1-b-c) = 1


def test_the_glottal_pulse_has_the_pitch_and_no_mean():
    wave = speech._glottal(np.full((1, RATE), 125.0))[0]
    spectrum = np.abs(np.fft.rfft(wave))
    assert int(spectrum[1:].argmax()) + 1 == 125
    assert spectrum[60] < 1e-2 * spectrum[125] and spectrum[250] > 0.2 * spectrum[125]
    assert abs(wave.mean()) < 0.02 * np.abs(wave).max()  # the flow starts and ends at 0


def test_formants_move_with_the_tract_and_pitch_does_not_move_them():
    """The long-term spectrum of the vowel of "on" has its peaks higher for a shorter tract."""

    def centre(**changes):
        random = np.random.default_rng(1)
        people = [speaker(tilt_db=0.0, breath=0.0, **changes)] * 8
        sound = synthesize(["on"] * 8, people, random)
        power = (np.abs(np.fft.rfft(sound)) ** 2).mean(0)
        hz = np.arange(len(power))
        low = (hz > 300) & (hz < 3000)
        return (hz * power)[low].sum() / power[low].sum()

    low, high = centre(tract=0.95, pitch_hz=120), centre(tract=1.25, pitch_hz=120)
    assert high > 1.1 * low
    assert centre(tract=0.95, pitch_hz=140) == pytest.approx(low, rel=0.12)


def test_sounds_are_one_second_of_limited_level():
    random = np.random.default_rng(2)
    sound = synthesize(list(WORDS), [speaker(3)] * 10, random)
    assert sound.shape == (10, RATE) and sound.dtype == np.float32 and np.isfinite(sound).all()
    level = 20 * np.log10(np.sqrt((sound**2).mean(1)))
    assert (level > -24.1).all() and (level < -15.9).all()  # -20 dB, give or take 4


@settings(max_examples=15, deadline=None)
@given(st.floats(-10, 40), st.integers(0, 99))
def test_noise_has_the_power_that_is_asked_for(snr_db, seed):
    random = np.random.default_rng(seed)
    signal = random.standard_normal((2, RATE)).astype(np.float32) * 0.1
    noisy = add_noise(signal, np.array([snr_db, snr_db]), random)
    added = (noisy - signal).astype(np.float64)
    ratio = 10 * np.log10((signal.astype(np.float64) ** 2).mean(1) / (added**2).mean(1))
    np.testing.assert_allclose(ratio, snr_db, atol=0.05)


def test_mel_filters_cover_the_range_without_gaps():
    filters = speech.mel_filters()
    assert filters.min() == 0 and filters.max() <= 1
    assert (filters.argmax(1)[1:] > filters.argmax(1)[:-1]).all()
    inner = slice(filters[0].argmax() + 1, filters[-1].argmax())
    np.testing.assert_allclose(filters[:, inner].sum(0), 1, atol=1e-9)  # triangles add up to 1


def test_log_mel_reads_a_tone_where_it_is():
    """Amplitude 0.1 in the middle of a bin: half of it at the positive frequency, -26 dB."""
    tone = 0.1 * np.cos(2 * np.pi * 1000 * np.arange(RATE) / RATE)[None]
    picture = log_mel(tone)[0, 0]
    filters = speech.mel_filters()
    weights = filters[:, 39:42] @ np.array([0.25, 1, 0.25])  # a Hann window's main lobe, squared
    expected = 1 + (10 * np.log10(0.05**2 * weights.max())) / speech.RANGE_DB
    assert int(picture.mean(0).argmax()) == int(weights.argmax())
    assert picture.amax().item() == pytest.approx(expected, abs=0.01)


def test_recordings_are_repeatable_balanced_and_ordered():
    a, b = record(5, 3, 2), record(5, 3, 2)
    assert torch.equal(a.x, b.x) and torch.equal(a.snr_db, b.snr_db)
    assert a.x.shape == (60, 1, 49, 10) and a.x.min() >= 0 and a.x.max() <= 1
    assert a.speaker.bincount().tolist() == [20] * 3 and a.y.bincount().tolist() == [6] * 10
    assert a.snr_db.min() >= 0 and a.snr_db.max() <= 20
    assert len(a.x.flatten(1).unique(dim=0)) == 60


def test_a_session_is_new_and_a_seed_is_other_people():
    first, second = record(5, 2, 2), record(5, 2, 2, session=1)
    assert not torch.equal(first.x, second.x) and torch.equal(first.speaker, second.speaker)
    people = [draw_speaker(np.random.default_rng([seed, i])) for seed in (5, 6) for i in (0, 1)]
    assert len({person.pitch_hz for person in people}) == 4
    assert all(0.9 <= person.tract <= 1.3 for person in people)


@pytest.mark.parametrize(
    "wrong",
    [{"speakers": 0}, {"takes": 0}, {"words": 11}, {"words": 0}, {"snr_db": (5.0, 0.0)}],
)
def test_impossible_recordings_are_refused(wrong):
    with pytest.raises(ValueError, match="need speakers and takes"):
        record(**({"seed": 0, "speakers": 1, "takes": 1} | wrong))
