# Made from solutions/capstone.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q2"
points = None


@test_case(name='the example', points=0.5, hidden=False)
def test_q2_the_example(add_noise):
    import torch
    from efficientai.checking import expect_tensor

    found = expect_tensor(add_noise(torch.tensor([1.0, -1.0]), torch.tensor([3.0, 3.0]), 20.0), "add_noise", (2,))
    assert torch.allclose(found, torch.tensor([1.1, -0.9])), (
        f"For the example you return {found.tolist()}; expected [1.1, -0.9]: 20 dB are a factor of 100 in power and of 10 in the samples."
    )


@test_case(name='louder noise than signal', points=0.5, hidden=False)
def test_q2_louder_noise_than_signal(add_noise):
    import torch
    from efficientai.checking import expect_tensor

    signal, noise = torch.tensor([0.0, 0.2, 0.0, -0.2]), torch.tensor([1.0, -1.0, 1.0, 1.0])
    sum_ = expect_tensor(add_noise(signal.clone(), noise.clone(), -10.0), "add_noise", (4,))
    added = (sum_ - signal) / noise
    assert torch.allclose(added, added[:1].expand(4), atol=1e-5), "The signal must stay as it is, and the noise be multiplied by one factor."
    assert abs(added[0].item() - 0.2**0.5) < 1e-4, (
        f"The signal has the power 0.02. At -10 dB the noise has ten times as much, 0.2, and this noise of power 1 the factor 0.447; yours is {added[0].item():.3f}."
    )
