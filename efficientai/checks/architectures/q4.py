# Made from solutions/architectures.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q4"
points = None


@test_case(name='layers of the example', points=0.5, hidden=False)
def test_q4_layers_of_the_example(InvertedResidual):
    block = InvertedResidual(8, 8)
    layers = getattr(block, "layers", None)
    assert layers is not None, "The block has no attribute `layers`."
    params = sum(p.numel() for p in layers.parameters())
    assert params == 1408, f"`InvertedResidual(8, 8)` has 1408 parameters; yours has {params}."
    leaves = [m for m in layers.modules() if not list(m.children())]
    found = [type(m).__name__ for m in leaves]
    expected = ["Conv2d", "BatchNorm2d", "ReLU6"] * 2 + ["Conv2d", "BatchNorm2d"]
    assert found == expected, (
        f"The layers must be {expected}; yours are {found}. The bottleneck at the end is linear."
    )


@test_case(name='adds the input', points=0.5, hidden=False)
def test_q4_adds_the_input(InvertedResidual):
    import torch
    from efficientai.checking import expect_tensor

    block = InvertedResidual(8, 8)
    assert getattr(block, "layers", None) is not None, "The block has no attribute `layers`."
    block.eval()
    x = torch.linspace(-3, 3, 2 * 8 * 25).view(2, 8, 5, 5)
    with torch.no_grad():
        mine = expect_tensor(block(x), "InvertedResidual(8, 8)", (2, 8, 5, 5))
        inside = block.layers.eval()(x)
    assert torch.allclose(mine, x + inside, atol=1e-5), (
        "With stride 1 and as many outputs as inputs the block returns x + layers(x), without an activation behind the sum; yours does not."
    )
