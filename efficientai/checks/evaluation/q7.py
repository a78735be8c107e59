# Made from solutions/evaluation.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q7"
points = None


@test_case(name='the examples', points=0.5, hidden=False)
def test_q7_the_examples(peak_bytes):
    from efficientai.checking import expect_number

    chain = [("a", ["x"]), ("y", ["a"])]
    found = expect_number(peak_bytes(chain, {"x": 4, "a": 10, "y": 2}), "peak_bytes")
    assert found == 14, f"For the chain the steps need 14 and 12 bytes: the peak is 14, yours is {found:g}."
    block = [("a", ["x"]), ("b", ["a"]), ("y", ["b", "x"])]
    found = expect_number(peak_bytes(block, {"x": 4, "a": 10, "b": 4, "y": 4}), "peak_bytes")
    assert found == 18, (
        f"For the block with a skip connection the steps need 14, 18 and 12 bytes: the peak is 18, yours is {found:g}. x is still needed in the last step."
    )


@test_case(name='each rule alone', points=0.5, hidden=False)
def test_q7_each_rule_alone(peak_bytes):
    from efficientai.checking import expect_number

    cases = {
        "input and output of a single step": ([("y", ["x"])], {"x": 3, "y": 5}, 8),
        "two inputs, the second waits": ([("a", ["x"]), ("y", ["a", "z"])], {"x": 1, "z": 100, "a": 2, "y": 3}, 105),
        "a large input that is read once": ([("a", ["x"]), ("b", ["a"]), ("y", ["b"])], {"x": 50, "a": 1, "b": 60, "y": 1}, 61),
        "a result that stays": ([("a", ["x"]), ("r", ["a"]), ("y", ["a"])], {"x": 1, "a": 2, "r": 30, "y": 4}, 36),
        "a step that names a tensor twice": ([("a", ["x"]), ("y", ["a", "a"])], {"x": 1, "a": 10, "y": 3}, 13),
        "a tensor that is read in two steps": ([("a", ["x"]), ("b", ["a"]), ("c", ["b"]), ("y", ["a", "c"])], dict(x=1, a=9, b=5, c=5, y=1), 19),
    }
    for name, (steps, sizes, expected) in cases.items():
        found = expect_number(peak_bytes(list(steps), dict(sizes)), "peak_bytes")
        assert found == expected, f"Case '{name}': {steps} with {sizes} has a peak of {expected} bytes, yours is {found:g}."
