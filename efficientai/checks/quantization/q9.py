# Made from solutions/quantization.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q9"
points = None


@test_case(name='the gaps of the example', points=0.5, hidden=False)
def test_q9_the_gaps_of_the_example(gap_symbols):
    import torch

    symbols = gap_symbols(torch.tensor([0, 5.0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 7]), 2)
    assert isinstance(symbols, list), f"`gap_symbols` returned a {type(symbols).__name__}; a list was expected."
    assert symbols == [1, 2, 3, 3, 1], (
        f"For the example your symbols are {symbols}; expected [1, 2, 3, 3, 1]: a gap of 7 is 3 + 3 + 1."
    )


@test_case(name='the bytes of the example', points=0.5, hidden=False)
def test_q9_the_bytes_of_the_example(layer_bytes):
    import torch
    from efficientai.checking import expect_number

    weight = torch.tensor([0, 5.0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 7])
    found = expect_number(layer_bytes(weight, 2, lambda counts: {symbol: 2 for symbol in counts}), "layer_bytes")
    assert found == 6, (
        f"With 2 bits for every symbol the example takes 5 * 2 + 3 * 2 + 2 * 16 = 48 bits, 6 bytes; you say {found:g}."
    )
