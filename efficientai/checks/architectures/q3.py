# Made from solutions/architectures.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q3"
points = None


@test_case(name='shape and parameters', points=0.5, hidden=False)
def test_q3_shape_and_parameters(depthwise_separable):
    import torch
    from efficientai.checking import expect_tensor
    from torch import nn

    block = depthwise_separable(16, 32, stride=2)
    assert isinstance(block, nn.Module), "`depthwise_separable` must return an nn.Sequential."
    expect_tensor(block(torch.zeros(2, 16, 8, 8)), "depthwise_separable(16, 32, stride=2)", (2, 32, 4, 4))
    params = sum(p.numel() for p in block.parameters())
    assert params == 752, (
        f"From 16 to 32 channels the block has 752 parameters; yours has {params}. Is the first convolution depthwise, "
        "and are both without bias?"
    )


@test_case(name='macs', points=0.5, hidden=False)
def test_q3_macs(depthwise_separable):
    import torch
    from efficientai.profiling import count_macs
    from torch import nn

    block = depthwise_separable(16, 32, stride=2)
    assert isinstance(block, nn.Module), "`depthwise_separable` must return an nn.Sequential."
    macs = count_macs(block, torch.zeros(1, 16, 8, 8))
    assert macs == 10_496, (
        f"The block of the example takes 10,496 MACs; yours takes {macs:,}. If only the MACs are wrong: which of the two "
        "convolutions has the stride?"
    )
