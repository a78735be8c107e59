# Made from solutions/pruning.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q1"
points = None


@test_case(name='the example', points=0.25, hidden=False)
def test_q1_the_example(magnitude_mask):
    import torch
    from efficientai.checking import expect_tensor

    weight = torch.tensor([[0.5, -0.1], [0.2, -3.0]])
    mask = expect_tensor(magnitude_mask(weight, 0.5), "magnitude_mask", (2, 2), torch.bool)
    assert mask.tolist() == [[True, False], [False, True]], (
        f"For the example your mask is {mask.tolist()}; expected [[True, False], [False, True]]: "
        "True keeps a weight and False prunes it; what counts is the absolute value, so -3.0 is large."
    )


@test_case(name='number of pruned weights', points=0.25, hidden=False)
def test_q1_number_of_pruned_weights(magnitude_mask):
    import torch
    from efficientai.checking import expect_tensor

    weight = torch.linspace(-1, 1, 100).view(10, 10)
    for sparsity, keeps in ((0.9, 10), (0.25, 75), (0.0, 100), (1.0, 0)):
        mask = expect_tensor(magnitude_mask(weight, sparsity), "magnitude_mask", (10, 10), torch.bool)
        kept = int(mask.sum())
        assert kept == keeps, (
            f"Your mask keeps {kept} of 100 weights; sparsity {sparsity} must keep {keeps}."
        )
