# Made from solutions/architectures.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q5"
points = None


@test_case(name='shape and parameters', points=0.5, hidden=False)
def test_q5_shape_and_parameters(Fire):
    import torch
    from efficientai.checking import expect_tensor

    fire = Fire(16, 4, 8, 8)
    expect_tensor(fire(torch.zeros(2, 16, 6, 6)), "Fire(16, 4, 8, 8)", (2, 16, 6, 6))
    params = sum(p.numel() for p in fire.parameters())
    assert params == 404, (
        f"`Fire(16, 4, 8, 8)` has 404 parameters; yours has {params}. All three convolutions have a bias, and the 3 x 3 sees the squeezed channels."
    )


@test_case(name='squeezes then expands', points=0.5, hidden=False)
def test_q5_squeezes_then_expands(Fire):
    import torch
    from efficientai.checking import expect_tensor
    from torch.nn import functional as F

    torch.manual_seed(0)
    fire = Fire(6, 2, 3, 5)
    state = dict(fire.state_dict())
    for name in ("squeeze", "expand1x1", "expand3x3"):
        assert f"{name}.weight" in state, f"The module has no convolution called `{name}`; it has {sorted(state)}."
        expected = {"squeeze": (2, 6, 1, 1), "expand1x1": (3, 2, 1, 1), "expand3x3": (5, 2, 3, 3)}[name]
        found = tuple(state[f"{name}.weight"].shape)
        assert found == expected, f"In `Fire(6, 2, 3, 5)` the weight of `{name}` has the shape {expected}; yours has {found}."
    x = 9 * torch.linspace(-2, 2, 6 * 16).sin().view(1, 6, 4, 4)  # both signs after the squeeze, whatever the bias
    with torch.no_grad():
        small = F.conv2d(x, state["squeeze.weight"], state["squeeze.bias"]).relu()
        left = F.conv2d(small, state["expand1x1.weight"], state["expand1x1.bias"])
        right = F.conv2d(small, state["expand3x3.weight"], state["expand3x3.bias"], padding=1)
        expected = torch.cat([left, right], dim=1).relu()
        mine = expect_tensor(fire(x), "Fire(6, 2, 3, 5)", (1, 8, 4, 4))
    assert torch.allclose(mine, expected, atol=1e-4), (
        "Your module does not compute squeeze, ReLU, both expansions, concatenation (1 x 1 first), ReLU: the results differ by up to "
        f"{(mine - expected).abs().max():.3g}."
    )
