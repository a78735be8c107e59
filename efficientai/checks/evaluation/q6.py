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
                f"In the example with {batch} image(s), layer {name!r} takes {expected} MACs; yours says {found:g}. "
                "Each number of the output is a sum of products: 9 for this convolution, 16 for this linear layer."
            )


@test_case(name='networks of the course', points=0.5, hidden=False)
def test_q6_networks_of_the_course(macs_by_layer):
    import torch
    from efficientai.architectures import keyword_spotter, lenet_300_100, small_resnet
    from efficientai.checking import expect_number

    cases = {  # the same counts as ptflops gives for convolutions and linear layers
        "lenet_300_100": (lenet_300_100(), (1, 1, 8, 8), 50_200),
        "small_resnet": (small_resnet(), (1, 1, 8, 8), 763_520),
        "keyword_spotter": (keyword_spotter(), (1, 1, 49, 10), 2_656_768),
    }
    for name, (model, shape, expected) in cases.items():
        macs = macs_by_layer(model, torch.zeros(shape))
        assert isinstance(macs, dict), f"`macs_by_layer` must return a dict, yours returned an object of type {type(macs).__name__}."
        total = sum(expect_number(value, "macs_by_layer") for value in macs.values())
        assert total == expected, (
            f"For {name} all layers together take {expected:,} MACs; yours say {total:,.0f}, in {len(macs)} layers. "
            "Are layers inside of other modules counted, and grouped convolutions with their own number of products?"
        )


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
