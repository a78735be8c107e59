# Made from solutions/deployment.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q1"
points = None


@test_case(name='the example', points=0.5, hidden=False)
def test_q1_the_example(weight_bytes):
    from efficientai.checking import expect_number
    from torch import nn

    for bits, expected in ((32, 16), (8, 4), (4, 2), (3, 2)):
        found = expect_number(weight_bytes(nn.Linear(3, 1), bits), "weight_bytes")
        assert found == expected, (
            f"nn.Linear(3, 1) has 4 numbers; with {bits} bits each they take {expected} bytes, yours says {found:g}. "
            "A byte has 8 bits, and a byte that is begun counts."
        )


@test_case(name='batch norm', points=0.5, hidden=False)
def test_q1_batch_norm(weight_bytes):
    from efficientai.checking import expect_number
    from torch import nn

    found = expect_number(weight_bytes(nn.BatchNorm2d(10), 8), "weight_bytes")
    assert found == 40, (
        f"nn.BatchNorm2d(10) needs a scale, a shift, a mean and a variance for each of its 10 channels: 40 numbers, "
        f"40 bytes with 8 bits. Yours says {found:g}; integer buffers do not count."
    )
