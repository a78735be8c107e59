# Made from solutions/hardware.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q3"
points = None


@test_case(name='the example', points=0.5, hidden=False)
def test_q3_the_example(systolic_step):
    import torch
    from efficientai.checking import expect_tensor

    weights = torch.tensor([[3.0, 4.0], [5.0, 6.0]])
    inputs, sums = torch.zeros(2, 2), torch.zeros(2, 2)
    for entering, expected_inputs, expected_sums in (
        ([1.0, 2.0], [[1.0, 0.0], [2.0, 0.0]], [[3.0, 0.0], [10.0, 0.0]]),
        ([7.0, 0.0], [[7.0, 1.0], [0.0, 2.0]], [[21.0, 4.0], [3.0, 12.0]]),
    ):
        before = inputs.clone(), sums.clone()
        found = systolic_step(weights, inputs, sums, torch.tensor(entering))
        assert isinstance(found, tuple) and len(found) == 2, f"`systolic_step` must return a tuple (inputs, sums), yours returned {type(found).__name__}."
        assert torch.equal(inputs, before[0]) and torch.equal(sums, before[1]), "`systolic_step` changed a tensor that it was given; make new tensors."
        inputs, sums = (expect_tensor(part, "systolic_step", (2, 2)) for part in found)
        swapped = inputs.tolist() == expected_sums and sums.tolist() == expected_inputs
        assert not swapped, "Your two tensors are right and in the wrong order: return (inputs, sums)."
        assert inputs.tolist() == expected_inputs, (
            f"When {entering} enter, the cells of the example hold the inputs {expected_inputs}; yours hold {inputs.tolist()}. Inputs move to the right."
        )
        assert sums.tolist() == expected_sums, (
            f"When {entering} enter, the cells of the example hold the sums {expected_sums}; yours hold {sums.tolist()}. "
            "Each cell multiplies the input that it has just taken over, and adds what the cell above held before this tick."
        )


@test_case(name='a product comes out', points=0.5, hidden=False)
def test_q3_a_product_comes_out(systolic_step):
    import torch
    from efficientai.checking import expect_tensor

    x = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [1.0, 0.0, 2.0], [0.0, 3.0, 1.0], [2.0, 2.0, 1.0]])
    w = torch.tensor([[1.0, 0.0], [2.0, 1.0], [0.0, 3.0]])
    inputs, sums, result = torch.zeros(3, 2), torch.zeros(3, 2), torch.zeros(5, 2)
    for tick in range(5 + 3 + 2 - 2):
        entering = torch.tensor([x[tick - row, row].item() if 0 <= tick - row < 5 else 0.0 for row in range(3)])
        found = systolic_step(w, inputs, sums, entering)
        assert isinstance(found, tuple) and len(found) == 2, f"`systolic_step` must return a tuple (inputs, sums), yours returned {type(found).__name__}."
        inputs, sums = (expect_tensor(part, "systolic_step", (3, 2)) for part in found)
        for column in range(2):
            sample = tick - column - 2
            if 0 <= sample < 5:
                result[sample, column] = sums[-1, column]
    assert torch.equal(result, x @ w), (
        f"A 5 × 3 matrix fed into an array of 3 × 2 cells must leave it as {(x @ w).tolist()}; with your tick it leaves as {result.tolist()}."
    )
