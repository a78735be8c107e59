# Made from solutions/distillation.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q2"
points = None


@test_case(name='the example', points=0.5, hidden=False)
def test_q2_the_example(entropy_bits):
    import torch
    from efficientai.checking import expect_tensor

    p = torch.tensor([[1.0, 0, 0, 0], [0.5, 0.5, 0, 0], [0.25, 0.25, 0.25, 0.25]])
    found = expect_tensor(entropy_bits(p), "entropy_bits", (3,), torch.float32)
    assert not bool(torch.isnan(found).any()), (
        f"For the example you return {found.tolist()}: log2(0) is minus infinity, and 0 times that is not a number."
    )
    assert torch.allclose(found, torch.tensor([0.0, 1.0, 2.0]), atol=1e-4), (
        f"For the example you return {[round(v, 3) for v in found.tolist()]}; expected [0, 1, 2] bits."
    )
