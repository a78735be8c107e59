# Made from solutions/architectures.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q10"
points = None


@test_case(name='within the budget', points=0.5, hidden=False)
def test_q10_within_the_budget(small_network):
    import torch
    from efficientai.checking import expect_tensor
    from efficientai.profiling import count_macs, count_params
    from torch import nn

    torch.manual_seed(0)
    model = small_network()
    assert isinstance(model, nn.Module), "`small_network` must return an nn.Module made of torch's own layers."
    expect_tensor(model(torch.zeros(2, 1, 8, 8)), "small_network()", (2, 10))
    macs, params = count_macs(model, torch.zeros(1, 1, 8, 8)), count_params(model)
    assert macs <= 30_000, f"Your network takes {macs:,} MACs for an image; at most 30,000 are allowed."
    assert params <= 2_500, f"Your network has {params:,} parameters; at most 2,500 are allowed."
    linear = sum(count_params(m) for m in model.modules() if isinstance(m, nn.Linear))
    assert linear <= 400, f"{linear:,} parameters are in linear layers; at most 400 are allowed. Let convolutions do the work."
    wide = [m for m in model.modules() if isinstance(m, nn.Conv2d) and max(m.kernel_size) > 3]
    assert not wide, f"{wide} is wider than 3 × 3: over a small map that is a linear layer by another name."


@test_case(name='reads digits', points=1, hidden=False)
def test_q10_reads_digits(small_network):
    import torch
    from efficientai.checking import expect_tensor
    from efficientai.data import digits
    from efficientai.profiling import count_macs, count_params
    from efficientai.training import accuracy, fit
    from torch import nn

    data = digits(0, test_size=901)
    torch.manual_seed(0)
    model = small_network()
    assert isinstance(model, nn.Module), "`small_network` must return an nn.Module made of torch's own layers."
    expect_tensor(model(torch.zeros(2, 1, 8, 8)), "small_network()", (2, 10))
    macs, params = count_macs(model, torch.zeros(1, 1, 8, 8)), count_params(model)
    linear = sum(count_params(m) for m in model.modules() if isinstance(m, nn.Linear))
    wide = [m for m in model.modules() if isinstance(m, nn.Conv2d) and max(m.kernel_size) > 3]
    assert macs <= 30_000 and params <= 2_500 and linear <= 400 and not wide, (
        f"{macs:,} MACs, {params:,} parameters, {linear:,} of them in linear layers, or a wide kernel: beyond the budget, nothing is trained."
    )
    fit(model, data.train_x, data.train_y, epochs=10, lr=1e-2, batch_size=32, seed=0, decay=True)
    found = accuracy(model, data.test_x, data.test_y)
    assert found >= 0.9, f"After 10 epochs your network reads {found:.1%} of the test images; 90 % are needed."
