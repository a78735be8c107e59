# Made from solutions/pruning.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q9"
points = None


@test_case(name='ninety percent within a point', points=2, hidden=False)
def test_q9_ninety_percent_within_a_point(compress):
    import copy
    import torch
    from efficientai.architectures import lenet_300_100
    from efficientai.checking import expect_state_dict
    from efficientai.data import digits
    from efficientai.training import accuracy, fit

    data = digits(0, test_size=900)
    torch.manual_seed(0)
    dense = lenet_300_100()
    fit(dense, data.train_x, data.train_y, epochs=20, lr=1e-3, batch_size=64, seed=0)
    given = copy.deepcopy(dense)
    state = expect_state_dict(compress(given, data.train_x, data.train_y), "compress", dense)
    names = [name for name, value in dense.named_parameters() if value.dim() == 2]
    zeros = sum(int((state[name] == 0).sum()) for name in names)
    total = sum(state[name].numel() for name in names)
    assert zeros >= 0.9 * total, (
        f"{zeros} of {total} weights are zero; at least {-(-9 * total // 10)} are needed. "
        "Did fine-tuning bring pruned weights back?"
    )
    sparse = lenet_300_100()
    sparse.load_state_dict(state)
    loss = accuracy(dense, data.test_x, data.test_y) - accuracy(sparse, data.test_x, data.test_y)
    assert loss <= 0.01, (
        f"With {zeros / total:.1%} of its weights at zero your network lost {100 * loss:.1f} points of accuracy on test "
        "images; at most 1 is allowed."
    )
    assert all(torch.equal(given.state_dict()[name], value) for name, value in dense.state_dict().items()), (
        "`compress` changed the model that it was given. Work on a copy."
    )
