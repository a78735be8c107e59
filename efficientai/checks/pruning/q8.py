# Made from solutions/pruning.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q8"
points = None


@test_case(name='names and lengths', points=0.5, hidden=False)
def test_q8_names_and_lengths(sensitivity_scan):
    import torch
    from efficientai.checking import expect_dict, expect_number
    from torch import nn

    torch.manual_seed(8)
    model = nn.Sequential(nn.Linear(6, 12), nn.BatchNorm1d(12), nn.ReLU(), nn.Linear(12, 3)).eval()
    x = torch.randn(90, 6)
    with torch.no_grad():
        y = model(x).argmax(1)
    scan = expect_dict(sensitivity_scan(model, x, y, [0.0, 0.5, 1.0]), "sensitivity_scan", ["0.weight", "3.weight"])
    for name, accuracies in scan.items():
        assert isinstance(accuracies, list), f"{name!r} has a {type(accuracies).__name__}; a list was expected."
        assert len(accuracies) == 3, f"{name!r} has {len(accuracies)} accuracies for 3 sparsities."
        first = expect_number(accuracies[0], "sensitivity_scan")
        assert first == 1.0, (
            f"Labelled by the model itself and with nothing pruned, the accuracy is 1.0; {name!r} has {first:.3f}. "
            "Accuracies are shares, and each scan starts from the unpruned model."
        )
    # Without its last weight the model always says the class of the largest bias.
    constant = (y == model[3].bias.argmax()).float().mean().item()
    last = expect_number(scan["3.weight"][2], "sensitivity_scan")
    assert abs(last - constant) < 1e-6, (
        f"With '3.weight' pruned to 1.0, the model says the same class for every input, which is right for {constant:.3f} "
        f"of them; you say {last:.3f}."
    )
