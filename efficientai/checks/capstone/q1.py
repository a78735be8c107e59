# Made from solutions/capstone.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q1"
points = None


@test_case(name='frames and silence', points=0.5, hidden=False)
def test_q1_frames_and_silence(spectrogram):
    import torch
    from efficientai.checking import expect_tensor

    for samples, window, hop, frames in ((9, 4, 2, 3), (40, 8, 8, 5), (8, 8, 3, 1), (31, 6, 5, 6)):
        levels = spectrogram(torch.zeros(samples), torch.ones(2, window // 2 + 1), window, hop)
        levels = expect_tensor(levels, "spectrogram", (frames, 2))
        assert torch.equal(levels, torch.zeros(frames, 2)), (
            f"Silence has -120 dB by this formula, which is below -70 dB: the level is 0 everywhere; yours goes from {levels.min():.3f} to {levels.max():.3f}."
        )


@test_case(name='a tone', points=0.5, hidden=False)
def test_q1_a_tone(spectrogram):
    import math
    import torch
    from efficientai.checking import expect_tensor

    time = torch.arange(400.0)
    tone = 0.1 * torch.cos(2 * math.pi * 10 / 80 * time)  # bin 10 of a window of 80
    filters = torch.zeros(3, 41)
    filters[0, 8:13], filters[1, 10], filters[2, 30:] = 1, 1, 1
    levels = expect_tensor(spectrogram(tone, filters, 80, 40), "spectrogram", (9, 3))
    assert torch.isfinite(levels).all(), "A level of yours is not a finite number."
    shape = torch.hann_window(80, periodic=False)
    middle = 1 + 20 * math.log10(0.05) / 70  # amplitude 0.1: half of it at the positive frequency
    found = levels[:, 1].mean().item()
    assert abs(found - middle) < 2e-3, (
        f"A tone of amplitude 0.1 at the middle of a bin has the power 0.05^2, -26.0 dB and the level {middle:.3f}; yours is {found:.3f}. "
        "Check the window, the division by the square of its sum, and 10 log10 of the power."
    )
    assert (levels[:, 0] > levels[:, 1]).all() and levels[:, 2].max() < 0.1, (
        "The band with the tone's neighbouring bins must be a little higher than the single bin, the band far away nearly 0; yours have the levels "
        f"{levels[0].tolist()}. A band adds up powers, not decibels."
    )
