# Made from solutions/architectures.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q7"
points = None


@test_case(name='one path by hand', points=0.5, hidden=False)
def test_q7_one_path_by_hand(split_transform_merge):
    import torch
    from efficientai.checking import expect_tensor

    # One channel, d = 1, a 3x3 filter that is 1 in the middle: the path computes 3 * relu(2 * relu(x)).
    middle = torch.zeros(1, 1, 3, 3)
    middle[0, 0, 1, 1] = 2.0
    path = (torch.ones(1, 1, 1, 1), middle, torch.full((1, 1, 1, 1), 3.0))
    x = torch.tensor([[[[1.0, -1.0], [0.0, 2.0]]]])
    for count in (1, 2):
        found = expect_tensor(split_transform_merge(x.clone(), [path] * count), "split_transform_merge", (1, 1, 2, 2))
        expected = x + count * 6 * x.relu()
        assert torch.allclose(found, expected), (
            f"For x = [[1, -1], [0, 2]] and {count} path(s) that make 6 * relu(x) of it, the answer is "
            f"{expected.flatten().tolist()}; yours is {found.flatten().tolist()}."
        )
