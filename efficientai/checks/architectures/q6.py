# Made from solutions/architectures.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q6"
points = None


@test_case(name='shape and parameters', points=0.5, hidden=False)
def test_q6_shape_and_parameters(SqueezeExcite):
    import torch
    from efficientai.checking import expect_tensor

    block = SqueezeExcite(16)
    state = dict(block.state_dict())
    for name, shape in (("squeeze.weight", (4, 16)), ("excite.weight", (16, 4))):
        assert name in state, f"The module has no {name!r}; it has {sorted(state)}."
        assert tuple(state[name].shape) == shape, f"{name!r} has the shape {tuple(state[name].shape)}; expected {shape}."
    params = sum(p.numel() for p in block.parameters())
    assert params == 148, f"`SqueezeExcite(16)` has 148 parameters; yours has {params}."
    expect_tensor(block(torch.rand(2, 16, 3, 5)), "SqueezeExcite(16)", (2, 16, 3, 5))


@test_case(name='one gate for a channel', points=0.5, hidden=False)
def test_q6_one_gate_for_a_channel(SqueezeExcite):
    import torch
    from efficientai.checking import expect_tensor

    block = SqueezeExcite(8)
    x = torch.linspace(0.5, 2, 2 * 8 * 9).view(2, 8, 3, 3)
    with torch.no_grad():
        ratio = expect_tensor(block(x), "SqueezeExcite(8)", (2, 8, 3, 3)) / x
    spread = (ratio.amax((2, 3)) - ratio.amin((2, 3))).max().item()
    assert spread < 1e-5, f"All pixels of a channel are scaled by the same gate; in yours the factors differ by {spread:.3g}."
    assert bool((ratio > 0).all() and (ratio < 1).all()), (
        f"A sigmoid gate lies between 0 and 1; your factors go from {ratio.min():.3g} to {ratio.max():.3g}."
    )
