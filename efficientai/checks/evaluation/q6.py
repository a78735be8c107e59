# Made from solutions/evaluation.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q6"
points = None


@test_case(name='the example', points=0.5, hidden=False)
def test_q6_the_example(macs_by_layer):
    import torch
    from efficientai.checking import expect_dict, expect_number
    from torch import nn

    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16, 10))
    for batch in (1, 5):
        macs = expect_dict(macs_by_layer(model, torch.zeros(batch, 1, 4, 4)), "macs_by_layer", ["0", "3"])
        for name, expected in {"0": 144 * batch, "3": 160 * batch}.items():
            found = expect_number(macs[name], "macs_by_layer")
            assert found == expected, (
                f"In the example with a batch of {batch}, layer {name!r} takes {expected} MACs; yours says {found:g}. "
                "Each number of the output is a sum of products: 9 for this convolution, 16 for this linear layer."
            )


@test_case(name='networks of the course', points=0.5, hidden=False)
def test_q6_networks_of_the_course(macs_by_layer):
    import torch
    from efficientai.architectures import keyword_spotter, lenet_300_100, small_resnet
    from efficientai.checking import expect_number

    resnet = {"0.0": 9216, "1.conv1": 147456, "1.conv2": 147456, "2.conv1": 73728, "2.conv2": 147456, "2.shortcut.0": 8192}
    resnet |= {"3.conv1": 73728, "3.conv2": 147456, "3.shortcut.0": 8192, "6": 640}
    spotter = {"0": 320000, "9": 768} | {f"{i}.0.0": 72000 for i in range(3, 7)} | {f"{i}.1.0": 512000 for i in range(3, 7)}
    cases = {  # from efficientai.architectures import lenet_300_100, small_resnet, keyword_spotter
        "lenet_300_100()": (lenet_300_100(), (1, 1, 8, 8), {"1": 19200, "3": 30000, "5": 1000}),
        "small_resnet()": (small_resnet(), (1, 1, 8, 8), resnet),
        "keyword_spotter()": (keyword_spotter(), (1, 1, 49, 10), spotter),
    }
    for name, (model, shape, expected) in cases.items():
        macs = macs_by_layer(model, torch.zeros(shape))
        assert isinstance(macs, dict), f"`macs_by_layer` must return a dict, yours returned an object of type {type(macs).__name__}."
        layers = dict(model.named_modules())
        for layer, count in expected.items():
            assert layer in macs, (
                f"In `{name}` of efficientai.architectures, on an input of {shape}, the layer {layer!r} is missing from your dict: {layers[layer]}. "
                "Look at layers inside of other modules, too."
            )
            found = expect_number(macs[layer], "macs_by_layer")
            assert found == count, (
                f"In `{name}` of efficientai.architectures, on an input of {shape}, the layer {layer!r}, {layers[layer]}, takes {count:,} MACs; "
                f"yours says {found:,.0f}."
            )
        extra = [layer for layer in macs if layer not in expected]
        assert not extra, f"In `{name}` the name {extra[0]!r} is no convolution and no linear layer, and yet in your dict."


@test_case(name='model comes back', points=0.5, hidden=False)
def test_q6_model_comes_back(macs_by_layer):
    import torch
    from efficientai.architectures import small_cnn

    model = small_cnn().train()
    model[1].eval()  # a single module in another mode
    modes = [module.training for module in model.modules()]
    before = {name: value.clone() for name, value in model.state_dict().items()}
    macs = macs_by_layer(model, torch.ones(2, 1, 8, 8))
    assert isinstance(macs, dict), f"`macs_by_layer` must return a dict, yours returned an object of type {type(macs).__name__}."
    assert [module.training for module in model.modules()] == modes, (
        "A model with one module in evaluation mode and the others in training mode came back in other modes. Remember each module's own `training`."
    )
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name]), (
            f"`{name}` has changed: in training mode a batch norm updates its statistics. Run the model in evaluation mode."
        )
    left = [name for name, module in model.named_modules() if len(module._forward_hooks) > 0]
    assert not left, f"Your hooks are still in the modules {left}. Remove them when you are done."


@test_case(name='layer that runs twice', points=0.5, hidden=False)
def test_q6_layer_that_runs_twice(macs_by_layer):
    import torch
    from efficientai.checking import expect_dict, expect_number
    from torch import nn

    units = 7
    shared = nn.Linear(units, units)
    model = nn.Sequential(nn.Linear(3, units), shared, nn.ReLU(), shared)
    macs = expect_dict(macs_by_layer(model, torch.zeros(1, 3)), "macs_by_layer", ["0", "1"])
    found = expect_number(macs["1"], "macs_by_layer")
    assert found == 2 * units**2, (
        f"A layer from {units} to {units} that runs twice takes {2 * units**2} MACs; yours says {found:g}."
    )
