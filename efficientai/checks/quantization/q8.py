# Made from solutions/quantization.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q8"
points = None


@test_case(name='the example', points=0.5, hidden=False)
def test_q8_the_example(huffman_lengths):
    from efficientai.checking import expect_dict

    lengths = expect_dict(huffman_lengths({7: 50, 8: 20, 9: 18, 5: 12}), "huffman_lengths", [7, 8, 9, 5])
    assert lengths == {7: 1, 8: 2, 9: 3, 5: 3}, (
        f"For the example your lengths are {lengths}; expected {{7: 1, 8: 2, 9: 3, 5: 3}}. Every joining adds one bit to all symbols inside."
    )


@test_case(name='equal counts', points=0.5, hidden=False)
def test_q8_equal_counts(huffman_lengths):
    from efficientai.checking import expect_dict

    lengths = expect_dict(huffman_lengths({s: 3 for s in range(8)}), "huffman_lengths", list(range(8)))
    assert set(lengths.values()) == {3}, (
        f"Eight equally frequent symbols need three bits each; your lengths are {lengths}."
    )
