# Made from solutions/capstone.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q3"
points = None


@test_case(name='whole speakers', points=0.5, hidden=False)
def test_q3_whole_speakers(held_out):
    import torch
    from efficientai.checking import expect_tensor

    speaker = torch.tensor([4, 4, 9, 9, 9, 4, 2, 2, 7, 7, 7, 7])
    test = expect_tensor(held_out(speaker.clone(), 0.5, seed=3), "held_out", (12,), torch.bool)
    inside, outside = set(speaker[test].tolist()), set(speaker[~test].tolist())
    assert not inside & outside, f"Speaker {min(inside & outside)} is on both sides. Split the speakers, not the recordings."
    assert len(inside) == 2, f"Half of 4 speakers are 2; you hold out {len(inside)}."


@test_case(name='the seed decides', points=0.5, hidden=False)
def test_q3_the_seed_decides(held_out):
    import torch
    from efficientai.checking import expect_tensor

    speaker = torch.arange(8).repeat(3)
    answers = [expect_tensor(held_out(speaker.clone(), 0.25, seed=s), "held_out", (24,), torch.bool) for s in (0, 0, 1, 2, 3, 4)]
    assert torch.equal(answers[0], answers[1]), "The same arguments gave two different answers: use a generator of your own with the seed."
    assert len({tuple(a.tolist()) for a in answers}) > 2, "Five seeds hold out the same people: the seed must decide."
    assert all(int(a.sum()) == 6 for a in answers), (
        f"A quarter of 8 speakers with 3 recordings each are 6 recordings; you hold out {[int(a.sum()) for a in answers]}."
    )
