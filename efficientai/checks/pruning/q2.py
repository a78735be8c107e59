# Made from solutions/pruning.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q2"
points = None


@test_case(name='the example', points=0.5, hidden=False)
def test_q2_the_example(global_magnitude_masks):
    import torch
    from efficientai.checking import expect_dict, expect_tensor

    weights = {"a": torch.tensor([0.1, -0.2]), "b": torch.tensor([3.0, -4.0])}
    masks = expect_dict(global_magnitude_masks(weights, 0.5), "global_magnitude_masks", ["a", "b"])
    found = {name: expect_tensor(masks[name], "global_magnitude_masks", (2,), torch.bool).tolist() for name in "ab"}
    assert found == {"a": [False, False], "b": [True, True]}, (
        f"For the example your masks are {found}; layer a must lose both weights and layer b none."
    )


@test_case(name='sparsity of the whole', points=0.5, hidden=False)
def test_q2_sparsity_of_the_whole(global_magnitude_masks):
    import torch
    from efficientai.checking import expect_dict, expect_tensor

    weights = {"first": torch.linspace(-1, 1, 60).view(6, 10), "second": torch.linspace(0, 5, 40).view(40)}
    masks = expect_dict(global_magnitude_masks(weights, 0.7), "global_magnitude_masks", list(weights))
    kept = 0
    for name, weight in weights.items():
        kept += int(expect_tensor(masks[name], "global_magnitude_masks", tuple(weight.shape), torch.bool).sum())
    assert kept == 30, (
        f"Your masks keep {kept} of 100 weights together; sparsity 0.7 must keep 30."
    )
