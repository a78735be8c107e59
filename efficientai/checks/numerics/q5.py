# Made from solutions/numerics.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q5"
points = None


@test_case(name='the example', points=0.5, hidden=False)
def test_q5_the_example(round_stochastically):
    import torch
    from efficientai.checking import expect_tensor

    for value, lower, share in ((1.3, 1.0, 0.6), (-1.3, -1.5, 0.4)):
        x = torch.full((20_000,), value)
        y = round_stochastically(x, 0.5, torch.Generator().manual_seed(1))
        y = expect_tensor(y, "round_stochastically", (20_000,), torch.float32)
        others = [v for v in y.unique().tolist() if v not in (lower, lower + 0.5)]
        assert not others, f"The neighbours of {value} are {lower} and {lower + 0.5}; you return {others[:3]} as well."
        found = (y > lower).float().mean().item()
        assert abs(found - share) < 0.02, (
            f"{value} must become {lower + 0.5} in {100 * share:.0f} % of all cases; with you it is {100 * found:.1f} % of 20,000. Each element needs "
            "a random number of its own, and the lower neighbour of a negative number is further from zero."
        )


@test_case(name='where chance comes from', points=0.5, hidden=False)
def test_q5_where_chance_comes_from(round_stochastically):
    import torch
    from efficientai.checking import expect_tensor

    x = torch.linspace(-3, 3, 500)
    first, second = torch.Generator().manual_seed(5), torch.Generator().manual_seed(5)
    a = expect_tensor(round_stochastically(x.clone(), 1.0, first), "round_stochastically", (500,), torch.float32)
    b = expect_tensor(round_stochastically(x.clone(), 1.0, second), "round_stochastically", (500,), torch.float32)
    assert torch.equal(a, b), (
        "Two generators with the same seed led to different results: draw from the generator that is given."
    )
    c = expect_tensor(round_stochastically(x.clone(), 1.0, first), "round_stochastically", (500,), torch.float32)
    assert not torch.equal(a, c), (
        "A second call with the same generator led to the same result: do not seed it again."
    )
