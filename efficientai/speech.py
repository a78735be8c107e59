"""Synthetic speech: a source, a filter, many speakers. No recording, no real voice.

A word is a chain of sounds; each sound has three resonances of the vocal tract (formants), a share
of voice and a share of noise. A glottal pulse train and noise pass through a cascade of digital
resonators that follow the formants (Klatt 1980). A speaker has a tract length, which scales all
formants, a pitch, a rate, a breathiness, a microphone and an accent. From the sound to the input of
a network it is one short function, `log_mel`.

Sources: Klatt 1980 (resonators, cascade); Rosenberg 1971 (glottal pulse); Peterson & Barney 1952
(formants of vowels). The durations and the consonants are plausible, not measured.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

RATE = 8000  # samples a second; a recording is one second long
BLOCK = 40  # samples for which the resonators stand still: 5 ms
WINDOW, HOP = 320, 160  # 40 ms every 20 ms
FRAMES, BANDS = 49, 10  # what that makes of a second
RANGE_DB = 70  # levels from -70 dB to 0 dB of full scale become 0…1


class Sound(NamedTuple):
    """Formants in Hz (of a man), levels of voice and noise, centre and width of the noise in Hz.

    >>> Sound(formants=(730, 1090, 2440), voice=1.0).noise
    0.0
    """

    formants: tuple[float, float, float]
    voice: float
    noise: float = 0.0
    centre: float = 2500
    width: float = 1000


SOUNDS = {
    "silence": Sound((500, 1500, 2500), 0, 0),
    "iy": Sound((270, 2290, 3010), 1.0),  # vowels: men's means of Peterson & Barney, table II
    "ih": Sound((390, 1990, 2550), 1.0),
    "eh": Sound((530, 1840, 2480), 1.0),
    "aa": Sound((730, 1090, 2440), 1.0),
    "ao": Sound((570, 840, 2410), 1.0),
    "ah": Sound((640, 1190, 2390), 1.0),
    "uh": Sound((440, 1020, 2240), 1.0),
    "uw": Sound((300, 870, 2240), 1.0),
    "n": Sound((280, 1500, 2500), 0.35),
    "l": Sound((360, 1100, 2600), 0.6),
    "r": Sound((400, 1150, 1500), 0.6),
    "y": Sound((260, 2200, 3000), 0.6),
    "s": Sound((320, 1400, 2600), 0, 0.30, 3700, 900),
    "f": Sound((340, 1100, 2100), 0, 0.10, 2800, 3000),
    "t": Sound((400, 1700, 2600), 0, 0.35, 3300, 1500),
    "p": Sound((400, 900, 2300), 0, 0.18, 900, 1200),
    "d": Sound((300, 1700, 2600), 0.25, 0.15, 3000, 1500),
    "g": Sound((300, 1900, 2300), 0.25, 0.15, 1800, 900),
}
NAMES = tuple(SOUNDS)

WORDS = {  # sounds with their shares of the word's length
    "yes": (("y", 1), ("eh", 3), ("s", 3)),
    "no": (("n", 2), ("ao", 2), ("uh", 2), ("uw", 1)),
    "up": (("ah", 3), ("silence", 1.5), ("p", 0.8)),
    "down": (("d", 0.7), ("aa", 2.5), ("uh", 1.5), ("n", 2)),
    "left": (("l", 1.5), ("eh", 2.5), ("f", 1.5), ("silence", 0.8), ("t", 0.8)),
    "right": (("r", 1.5), ("aa", 2), ("ih", 1.5), ("silence", 1), ("t", 0.8)),
    "on": (("ao", 3.5), ("n", 2.5)),
    "off": (("ao", 3.5), ("f", 2.5)),
    "stop": (("s", 2), ("silence", 0.7), ("t", 0.5), ("aa", 2.5), ("silence", 1), ("p", 0.6)),
    "go": (("g", 0.8), ("ao", 2), ("uh", 2), ("uw", 1)),
}


# ---------------------------------------------------------------- speakers


class Speaker(NamedTuple):
    """Who speaks. accent: (sounds, 3), factors on the formants of each sound.

    >>> draw_speaker(np.random.default_rng(0)).accent.shape[1]
    3
    """

    tract: float  # 1 is a man's; formants are multiplied by it
    pitch_hz: float
    rate: float
    breath: float
    tilt_db: float  # of the microphone and the voice, an octave
    accent: np.ndarray


def draw_speaker(random: np.random.Generator) -> Speaker:
    """A speaker between a large man and a child.

    >>> 0.85 < draw_speaker(np.random.default_rng(0)).tract < 1.35
    True
    """
    tract = random.uniform(0.9, 1.3)
    accent = np.exp(random.normal(0, (0.09, 0.08, 0.04), (len(SOUNDS), 3)))
    return Speaker(
        tract=tract,
        pitch_hz=115 * tract**3.3 * np.exp(random.normal(0, 0.12)),
        rate=random.uniform(0.8, 1.25),
        breath=random.uniform(0.0, 0.25),
        tilt_db=random.uniform(-4, 4),
        accent=accent,
    )


# ---------------------------------------------------------------- tracks: what the mouth does


def _tracks(word: str, speaker: Speaker, random: np.random.Generator) -> np.ndarray:
    """What changes over a second, every 5 ms: (blocks, 7).

    Columns: three formants in Hz, voice, noise, centre and width of the noise in Hz.
    """
    blocks = RATE // BLOCK
    length = min(0.8, random.uniform(0.48, 0.62) / speaker.rate) * blocks
    sounds, shares = zip(*WORDS[word], strict=True)
    lengths = np.array(shares) * np.exp(random.normal(0, 0.15, len(shares)))
    ends = np.cumsum(lengths) / lengths.sum() * length
    start = random.uniform(0.06 * blocks, blocks - length - 0.06 * blocks)
    targets = np.array([_target(name, speaker, random) for name in sounds])  # (sounds, 7)
    place = np.arange(blocks) - start
    which = np.searchsorted(ends, place, side="right").clip(0, len(sounds) - 1)
    track = targets[which]
    track[(place < 0) | (place >= length), 3:5] = 0
    track[:, :3] = _smooth(track[:, :3], 13)  # the tongue takes some 60 ms
    track[:, 3:5] = _smooth(track[:, 3:5], 5)
    return track


def _target(name: str, speaker: Speaker, random: np.random.Generator) -> np.ndarray:
    sound = SOUNDS[name]
    accent = speaker.accent[NAMES.index(name)] * np.exp(random.normal(0, 0.03, 3))
    formants = np.array(sound.formants) * accent * speaker.tract
    noise = sound.noise * np.exp(random.normal(0, 0.25))
    centre = min(sound.centre * speaker.tract**0.5, 3900)
    return np.array([*formants, sound.voice, noise, centre, sound.width])


def _smooth(track: np.ndarray, width: int) -> np.ndarray:
    """Each column averaged with a Hann window of `width` blocks; the ends are held."""
    window = np.hanning(width + 2)[1:-1]
    padded = np.pad(track, ((width // 2, width // 2), (0, 0)), mode="edge")
    columns = [np.convolve(c, window / window.sum(), mode="valid") for c in padded.T]
    return np.stack(columns, axis=1)


# ---------------------------------------------------------------- source and filter


def _pitch(speaker: Speaker, random: np.random.Generator) -> np.ndarray:
    """Fundamental frequency in Hz for every sample (RATE,): falling, with a slow wander."""
    time = np.linspace(0, 1, RATE)
    fall, bend = random.uniform(0.05, 0.3), random.normal(0, 0.06)
    wander = 0.01 * np.cumsum(random.normal(0, 1, 100)) / 3
    slow = np.interp(time, np.linspace(0, 1, 100), wander)
    return speaker.pitch_hz * np.exp(-fall * (time - 0.5) + bend * np.sin(4 * time) + slow)


def _glottal(pitch_hz: np.ndarray) -> np.ndarray:
    """Derivative of Rosenberg's pulse train with this pitch; both (N, RATE)."""
    phase = np.cumsum(pitch_hz / RATE, axis=-1) % 1
    return _period()[(phase * 4096).astype(np.int32)]


def _period() -> np.ndarray:
    """One period of the derivative of Rosenberg's pulse in 4096 steps: slow rise, quick fall."""
    phase = np.arange(4096) / 4096
    opening, closing = 0.4, 0.16  # shares of the period
    rise = np.sin(np.pi * phase / opening) * (np.pi / 2 / opening)
    fall = -np.sin(np.pi / 2 * (phase - opening) / closing) * (np.pi / 2 / closing)
    pulse = np.where(phase < opening, rise, np.where(phase < opening + closing, fall, 0))
    return (pulse / 8).astype(np.float32)


def _resonate(source: np.ndarray, hz: np.ndarray, width: np.ndarray) -> np.ndarray:
    """A cascade of second-order resonators that change every block (Klatt 1980, equation 1).

    source: (N, RATE). hz, width: (N, blocks, K), centre and bandwidth of the K resonators. Stage k
    works on what stage k-1 gave a sample before, so that all stages of all N step together.
    """
    c = -np.exp(-2 * np.pi * width / RATE)
    b = 2 * np.exp(-np.pi * width / RATE) * np.cos(2 * np.pi * hz / RATE)
    a, b, c = (v.transpose(1, 2, 0).astype(np.float32).copy() for v in (1 - b - c, b, c))
    samples = np.ascontiguousarray(source.T, np.float32)
    out = np.empty_like(samples)
    x, now, before = (np.zeros(a.shape[1:], np.float32) for _ in range(3))  # (K, N)
    for t in range(len(samples)):
        k = t // BLOCK
        x[1:], x[0] = now[:-1], samples[t]
        before *= c[k]
        before += a[k] * x
        before += b[k] * now
        now, before = before, now
        out[t] = now[-1]
    return out.T


def synthesize(
    words: list[str], speakers: list[Speaker], random: np.random.Generator
) -> np.ndarray:
    """One second of clean sound for each word by the speaker beside it: float32 (N, 8000).

    Scaled to a root mean square of 0.1 (-20 dB of full scale), give or take 4 dB.

    >>> random = np.random.default_rng(0)
    >>> synthesize(["yes", "no"], [draw_speaker(random)] * 2, random).shape
    (2, 8000)
    """
    tracks = np.stack([_tracks(w, s, random) for w, s in zip(words, speakers, strict=True)])
    pitch = np.stack([_pitch(s, random) for s in speakers])  # (N, RATE)
    breath = np.array([s.breath for s in speakers], np.float32)[:, None]
    voice, noise = (
        np.repeat(tracks[..., i].astype(np.float32), BLOCK, axis=1) for i in (3, 4)
    )  # (N, RATE)
    hiss = random.standard_normal(pitch.shape, np.float32)
    voiced = voice * (_glottal(pitch) + 0.1 * breath * hiss)
    high = np.array([3500 * s.tract for s in speakers])[:, None, None]
    formants = np.concatenate([tracks[..., :3], np.broadcast_to(high, tracks[..., :1].shape)], -1)
    formants = formants.clip(150, 3850)
    widths = 40 + 0.05 * formants
    noisy = noise * random.standard_normal(pitch.shape, np.float32)
    sound = _resonate(voiced, formants, widths)
    sound = sound + _resonate(noisy, tracks[..., 5:6], tracks[..., 6:7])
    sound = _tilt(sound, np.array([s.tilt_db for s in speakers]))
    loud = np.sqrt((sound**2).mean(1, keepdims=True))
    gain = 0.1 * 10 ** (random.uniform(-4, 4, (len(words), 1)) / 20)
    return (sound / loud * gain).astype(np.float32)


def _spectrum_times(signal: np.ndarray, shape: np.ndarray) -> np.ndarray:
    return np.fft.irfft(np.fft.rfft(signal) * shape, n=signal.shape[-1])


def _octaves(samples: int) -> np.ndarray:
    """Octaves above 500 Hz of every bin of a real Fourier transform."""
    hz = np.fft.rfftfreq(samples, 1 / RATE)
    return np.log2(np.maximum(hz, 50) / 500)


def _tilt(signal: np.ndarray, db: np.ndarray) -> np.ndarray:
    """Raise or lower high frequencies by `db` (N,) an octave."""
    return _spectrum_times(signal, 10 ** (db[:, None] * _octaves(signal.shape[-1]) / 20))


# ---------------------------------------------------------------- noise


def add_noise(signal: np.ndarray, snr_db: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The signals (N, samples) in a room: noise so many decibels below each, (N,).

    The noise is coloured: its spectrum falls by 0 to 6 dB an octave. Power is that of the whole
    second.

    >>> quiet = add_noise(np.ones((1, 800)), np.array([40.0]), np.random.default_rng(0))
    >>> float(((quiet - 1) ** 2).mean()).__round__(6)  # 40 dB below a power of 1
    0.0001
    """
    noise = _tilt(
        random.standard_normal(signal.shape, np.float32), random.uniform(-6, 0, len(signal))
    )
    power = (signal**2).mean(1) / (noise**2).mean(1) / 10 ** (snr_db / 10)
    return (signal + np.sqrt(power)[:, None] * noise).astype(np.float32)


# ---------------------------------------------------------------- features


def mel(hz: np.ndarray | float) -> np.ndarray:
    """Pitch as the ear spaces it; 1000 Hz are 1000 mel.

    >>> round(float(mel(1000.0)))
    1000
    """
    return 2595 * np.log10(1 + np.asarray(hz) / 700)


def mel_filters(bands: int = BANDS, low_hz: float = 80, high_hz: float = 4000) -> np.ndarray:
    """Triangles of equal width in mel over the bins of a window: float (bands, WINDOW//2 + 1).

    >>> mel_filters().shape
    (10, 161)
    """
    corners = np.linspace(mel(low_hz), mel(high_hz), bands + 2)
    bins = mel(np.fft.rfftfreq(WINDOW, 1 / RATE))
    rise = (bins - corners[:-2, None]) / (corners[1:-1] - corners[:-2])[:, None]
    fall = (corners[2:, None] - bins) / (corners[2:] - corners[1:-1])[:, None]
    return np.minimum(rise, fall).clip(0)


def log_mel(signal: np.ndarray) -> Tensor:
    """Spectrograms of one-second signals (N, 8000): float32 (N, 1, 49, 10) in [0, 1].

    Hann windows of 40 ms every 20 ms, power in ten bands that are equally wide in mel, in decibels.
    -70 dB of full scale and less are 0, 0 dB is 1.

    >>> log_mel(np.zeros((1, 8000))).shape
    torch.Size([1, 1, 49, 10])
    """
    window = np.hanning(WINDOW)
    frames = np.lib.stride_tricks.sliding_window_view(signal, WINDOW, axis=1)[:, ::HOP]
    power = np.abs(np.fft.rfft(frames * window)) ** 2 / window.sum() ** 2  # (N, frames, bins)
    db = 10 * np.log10(power @ mel_filters().T + 1e-12)  # (N, frames, bands)
    return torch.tensor((1 + db / RANGE_DB).clip(0, 1), dtype=torch.float32).unsqueeze(1)


# ---------------------------------------------------------------- recordings


class Recordings(NamedTuple):
    """Spectrograms float32 (N, 1, 49, 10); words, speakers: int64 (N,); SNR in dB: float32 (N,).

    >>> record(seed=0, speakers=1, takes=1, words=2).x.shape
    torch.Size([2, 1, 49, 10])
    """

    x: Tensor
    y: Tensor
    speaker: Tensor
    snr_db: Tensor


def record(
    seed: int,
    speakers: int,
    takes: int,
    *,
    words: int = 10,
    snr_db: tuple[float, float] = (0.0, 20.0),
    session: int = 0,
) -> Recordings:
    """Every speaker says each of the first `words` words `takes` times, in noise.

    The seed decides who the speakers are. Another `session` records the same people on another day.
    The signal-to-noise ratio of each recording is drawn evenly from `snr_db`. In order of speakers,
    then words, then takes. Raises ValueError for counts below 1, more than 10 words, or a ratio
    range that is upside down.

    >>> record(seed=0, speakers=2, takes=1).x.shape
    torch.Size([20, 1, 49, 10])
    """
    low, high = snr_db
    if min(speakers, takes) < 1 or not 1 <= words <= len(WORDS) or not low <= high:
        raise ValueError(
            f"need speakers and takes >= 1, 1 to {len(WORDS)} words and low <= high; "
            f"got {speakers}, {takes}, {words} and {snr_db}"
        )
    people = [draw_speaker(np.random.default_rng([seed, i])) for i in range(speakers)]
    random = np.random.default_rng([seed, session, speakers, takes])
    who = np.repeat(np.arange(speakers), words * takes)
    what = np.tile(np.repeat(np.arange(words), takes), speakers)
    names = list(WORDS)
    parts = []
    for rows in np.array_split(np.arange(len(who)), -(-len(who) // 250)):
        sound = synthesize([names[w] for w in what[rows]], [people[s] for s in who[rows]], random)
        ratio = random.uniform(low, high, len(rows))
        parts.append((log_mel(add_noise(sound, ratio, random)), torch.tensor(ratio).float()))
    x, ratio = (torch.cat(part) for part in zip(*parts, strict=True))
    return Recordings(x, torch.tensor(what), torch.tensor(who), ratio)
