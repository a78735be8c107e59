# Made from solutions/deployment.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q2"
points = None


@test_case(name='the example', points=0.5, hidden=False)
def test_q2_the_example(peak_activation_bytes):
    import torch
    from efficientai.checking import expect_number
    from torch import nn

    model = nn.Sequential(nn.Linear(4, 10), nn.Flatten(), nn.Linear(10, 2)).eval()
    for size, expected in ((1, 14), (4, 56)):
        found = expect_number(peak_activation_bytes(model, torch.zeros(1, 4), size), "peak_activation_bytes")
        assert found == expected, (
            f"For the example at {size} byte(s) a value the peak is {expected} bytes, the first layer's 4 inputs and 10 outputs; "
            f"yours says {found:g}."
        )


@test_case(name='flatten needs no copy', points=0.5, hidden=False)
def test_q2_flatten_needs_no_copy(peak_activation_bytes):
    import torch
    from efficientai.checking import expect_number
    from torch import nn

    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 10)).eval()
    found = expect_number(peak_activation_bytes(model, torch.zeros(1, 1, 8, 8), 1), "peak_activation_bytes")
    assert found == 74, (
        f"Flatten, then a linear layer from 64 to 10: the peak is 64 + 10 = 74 values, yours says {found:g}. Flatten copies nothing."
    )
