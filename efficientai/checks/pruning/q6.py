# Made from solutions/pruning.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q6"
points = None


@test_case(name='shapes', points=0.5, hidden=False)
def test_q6_shapes(remove_channels):
    import torch
    from torch import nn

    torch.manual_seed(6)
    conv, norm, linear = nn.Conv2d(1, 3, 3, padding=1), nn.BatchNorm2d(3), nn.Linear(12, 5)
    answer = remove_channels(conv, norm, linear, torch.tensor([0, 2]))
    assert answer is not None, "`remove_channels` returned None. Is a `return` missing?"
    assert isinstance(answer, tuple) and len(answer) == 3, (
        "`remove_channels` must return three modules: the convolution, the batch norm and what follows."
    )
    shapes = [{name: tuple(value.shape) for name, value in part.state_dict().items()} for part in answer]
    assert shapes[0] == {"weight": (2, 1, 3, 3), "bias": (2,)}, (
        f"With channels 0 and 2 of 3 kept, the convolution has {shapes[0]}; "
        "expected weight (2, 1, 3, 3) and bias (2,)."
    )
    for vector in ("weight", "bias", "running_mean", "running_var"):
        assert shapes[1].get(vector) == (2,), (
            f"The batch norm's {vector} has shape {shapes[1].get(vector)}; it must lose the same channel and have (2,)."
        )
    assert shapes[2]["weight"] == (5, 8), (
        f"The linear layer has {shapes[2]['weight']}; 2 channels of 4 pixels give it 8 columns: (5, 8)."
    )


@test_case(name='same function', points=0.5, hidden=False)
def test_q6_same_function(remove_channels):
    import torch
    from torch import nn

    torch.manual_seed(60)
    conv, norm, following = nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.Conv2d(4, 3, 1)
    norm.running_mean.uniform_(-1, 1)
    norm.running_var.uniform_(0.5, 2)
    norm.eval()
    keep, x = torch.tensor([1, 3]), torch.randn(2, 2, 6, 6)
    with torch.no_grad():
        hidden = torch.relu(norm(conv(x)))
        hidden[:, [0, 2]] = 0
        expected = following(hidden)
        answer = remove_channels(conv, norm, following, keep)
        assert isinstance(answer, tuple) and len(answer) == 3, "`remove_channels` must return three modules."
        new_conv, new_norm, new_following = answer
        found = new_following(torch.relu(new_norm(new_conv(x))))
    assert found.shape == expected.shape, (
        f"The smaller piece gives an output of shape {tuple(found.shape)}; expected {tuple(expected.shape)}."
    )
    assert torch.allclose(found, expected, atol=1e-5), (
        "The smaller piece computes something else than the old one with its channels 0 and 2 set to zero. "
        "Do all three layers keep the *same* channels, in weights, biases and running statistics, "
        "and does the batch norm keep its mode?"
    )
