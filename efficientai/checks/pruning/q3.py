# Made from solutions/pruning.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q3"
points = None


@test_case(name='the example', points=0.5, hidden=False)
def test_q3_the_example(nm_mask):
    import torch
    from efficientai.checking import expect_tensor

    weight = torch.tensor([[1, -9, 2, 8, 0.1, 0.2, -0.4, 0.3]])
    mask = expect_tensor(nm_mask(weight), "nm_mask", (1, 8), torch.bool)
    expected = [[False, True, False, True, False, False, True, True]]
    assert mask.tolist() == expected, (
        f"For the example your mask is {mask.int().tolist()}; expected [[0, 1, 0, 1, 0, 0, 1, 1]]: "
        "each group of four keeps its own two largest, by absolute value."
    )


@test_case(name='two of every four', points=0.5, hidden=False)
def test_q3_two_of_every_four(nm_mask):
    import torch
    from efficientai.checking import expect_tensor

    weight = torch.linspace(-1, 1, 48).view(4, 12)
    mask = expect_tensor(nm_mask(weight), "nm_mask", (4, 12), torch.bool)
    counts = mask.view(4, 3, 4).sum(-1)
    assert bool((counts == 2).all()), (
        f"Every group of four inputs must keep 2 weights; yours keep between {int(counts.min())} and "
        f"{int(counts.max())}. Groups run along a row."
    )
