# Made from solutions/capstone.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q8"
points = None


@test_case(name='the example', points=0.5, hidden=False)
def test_q8_the_example(speaker_interval):
    import torch
    from efficientai.checking import expect_number

    hits = torch.tensor([1, 1, 1, 0, 1, 1, 1, 0, 0]).bool()
    speaker = torch.tensor([7, 7, 2, 2, 5, 5, 5, 5, 5])
    answer = speaker_interval(hits, speaker)
    assert isinstance(answer, tuple) and len(answer) == 2, "`speaker_interval` must return two things: the mean and half of the interval."
    mean, half = (expect_number(value, "speaker_interval") for value in answer)
    assert abs(mean - 0.7) < 1e-6, f"The speakers of the example have 1.0, 0.5 and 0.6: their mean is 0.7; yours is {mean:.4f}. Each speaker counts the same."
    assert abs(half - 0.6572) < 2e-3, f"For the example half of the interval is 0.657; yours is {half:.4f}."


@test_case(name='equal speakers', points=0.5, hidden=False)
def test_q8_equal_speakers(speaker_interval):
    import torch
    from efficientai.checking import expect_number

    hits = torch.tensor([True, False, True, True]).repeat(6)
    answer = speaker_interval(hits, torch.arange(6).repeat_interleave(4))
    assert isinstance(answer, tuple) and len(answer) == 2, "`speaker_interval` must return two things: the mean and half of the interval."
    mean, half = (expect_number(value, "speaker_interval") for value in answer)
    assert abs(mean - 0.75) < 1e-6 and abs(half) < 1e-6, (
        f"Six speakers who all have 0.75 give 0.75 with an interval of length 0: nothing differs between people; you return {mean:.3f} and {half:.3f}."
    )
