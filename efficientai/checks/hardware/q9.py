# Made from solutions/hardware.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q9"
points = None


@test_case(name='the example', points=0.75, hidden=False)
def test_q9_the_example(spiking_layer):
    import torch
    from efficientai.checking import expect_number, expect_tensor

    spikes = torch.tensor([[True], [True], [True], [False], [True]])
    for leak, expected in ((1.0, [False, True, True, False, True]), (0.5, [False, True, False, False, False])):
        found = spiking_layer(spikes, torch.tensor([[0.75]]), leak, 1.0)
        assert isinstance(found, tuple) and len(found) == 2, f"`spiking_layer` must return a tuple (fired, additions), yours returned {type(found).__name__}."
        fired = expect_tensor(found[0], "spiking_layer", (5, 1), torch.bool)
        assert fired[:, 0].tolist() == expected, (
            f"With leak {leak} the neuron of the example fires {expected}, yours {fired[:, 0].tolist()}. "
            "Leak first, then add, then compare; a voltage exactly at the threshold fires, and what is above the threshold stays."
        )
        additions = expect_number(found[1], "spiking_layer")
        assert additions == 4, f"The input fires four times and there is one neuron: 4 additions. Yours counts {additions:g}."


@test_case(name='two inputs three neurons', points=0.75, hidden=False)
def test_q9_two_inputs_three_neurons(spiking_layer):
    import torch
    from efficientai.checking import expect_number, expect_tensor

    # voltages of the middle neuron: 2.0 fires and leaves 1.0; 0.5; 0.25 + 2.5 = 2.75 fires
    weight = torch.tensor([[0.25, 0.25], [2.0, 0.5], [-1.0, 1.0]])
    spikes = torch.tensor([[True, False], [False, False], [True, True]])
    expected = [[False, True, False], [False, False, False], [False, True, False]]
    found = spiking_layer(spikes, weight, 0.5, 1.0)
    assert isinstance(found, tuple) and len(found) == 2, f"`spiking_layer` must return a tuple (fired, additions), yours returned {type(found).__name__}."
    fired = expect_tensor(found[0], "spiking_layer", (3, 3), torch.bool)
    assert fired.tolist() == expected, (
        f"With weights {weight.tolist()}, leak 0.5, threshold 1 and the spikes {spikes.tolist()} the layer fires {expected}, yours {fired.tolist()}."
    )
    additions = expect_number(found[1], "spiking_layer")
    assert additions == 9, f"Three input spikes and three neurons make 9 additions; yours counts {additions:g}. Only inputs that fire cost anything."
