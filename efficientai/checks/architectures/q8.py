# Made from solutions/architectures.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q8"
points = None


@test_case(name='shapes of the example', points=0.5, hidden=False)
def test_q8_shapes_of_the_example(grouped_block):
    import torch
    from torch import nn

    generator = torch.Generator().manual_seed(8)
    shapes = (2, 16, 1, 1), (2, 2, 3, 3), (16, 2, 1, 1)
    block = grouped_block([tuple(torch.randn(s, generator=generator) for s in shapes) for _ in range(4)])
    assert isinstance(block, nn.Module), "`grouped_block` must return an nn.Sequential."
    convs = [m for m in block.modules() if type(m).__name__ == "Conv2d"]
    found = [tuple(c.weight.shape) for c in convs]
    expected = [(8, 16, 1, 1), (8, 2, 3, 3), (16, 8, 1, 1)]
    assert found == expected, f"The weights of the example must have the shapes {expected}; yours have {found}."
    assert [c.groups for c in convs] == [1, 4, 1], (
        f"The middle convolution has one group per path, four here; your groups are {[c.groups for c in convs]}."
    )
    assert all(c.bias is None for c in convs), "No convolution has a bias here."


@test_case(name='two paths by hand', points=0.5, hidden=False)
def test_q8_two_paths_by_hand(grouped_block):
    import torch
    from efficientai.checking import expect_tensor
    from torch import nn

    # Paths on one channel with d = 1: a * relu(b * relu(c * x)) for each.
    def path(c, b, a):
        middle = torch.zeros(1, 1, 3, 3)
        middle[0, 0, 1, 1] = b
        return torch.full((1, 1, 1, 1), c), middle, torch.full((1, 1, 1, 1), a)

    block = grouped_block([path(1.0, 2.0, 3.0), path(-1.0, 1.0, 10.0)])
    assert isinstance(block, nn.Module), "`grouped_block` must return an nn.Sequential."
    x = torch.tensor([[[[1.0, -2.0]]]])
    with torch.no_grad():
        found = expect_tensor(block(x), "grouped_block", (1, 1, 1, 2)).flatten()
    assert torch.allclose(found, torch.tensor([6.0, 20.0])), (
        "The paths 3 * relu(2 * relu(x)) and 10 * relu(relu(-x)) make [6, 20] of x = [1, -2] together; your block makes "
        f"{found.tolist()}."
    )
