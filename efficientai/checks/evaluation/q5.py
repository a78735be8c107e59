# Made from solutions/evaluation.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q5"
points = None


@test_case(name='the example', points=0.5, hidden=False)
def test_q5_the_example(worst_group):
    import torch
    from efficientai.checking import expect_number

    labels = torch.tensor([3, 1, 4, 1, 5, 9, 2, 6, 5, 3])
    predictions = labels.clone()
    predictions[9] = 8
    answer = worst_group(predictions, labels, torch.tensor([0] * 8 + [7, 7]))
    assert answer is not None, "`worst_group` returned None. Is a `return` missing?"
    assert isinstance(answer, (tuple, list)) and len(answer) == 3, "`worst_group` must return (group, accuracy, gap)."
    for name, found, expected in zip(("group", "accuracy", "gap"), answer, (7, 0.5, 0.5)):
        found = expect_number(found, "worst_group")
        assert abs(found - expected) < 1e-6, (
            f"For the example the {name} is {expected}, yours is {found:.4g}. Group 0 has 8 of 8 right, group 7 one of 2."
        )


@test_case(name='number of the group', points=0.5, hidden=False)
def test_q5_number_of_the_group(worst_group):
    import torch
    from efficientai.checking import expect_number

    labels, groups = torch.zeros(6, dtype=torch.int64), torch.tensor([40, -3, 40, -3, 12, 12])
    predictions = torch.tensor([0, 1, 0, 0, 1, 0])  # 40: both right, -3 and 12: one of two
    answer = worst_group(predictions, labels, groups)
    assert isinstance(answer, (tuple, list)) and len(answer) == 3, "`worst_group` must return (group, accuracy, gap)."
    empty = [str(value) for value in answer if str(value) in ("nan", "tensor(nan)", "tensor(nan, dtype=torch.float64)")]
    assert not empty, "With the groups 40, -3 and 12 your answer contains nan. Do you average over a group that has no sample?"
    group, accuracy, gap = (expect_number(value, "worst_group") for value in answer)
    assert abs(accuracy - 0.5) < 1e-6 and abs(gap - 0.5) < 1e-6, (
        f"Groups 40, -3 and 12 have 2, 1 and 1 of 2 right: accuracy 0.5, gap 0.5; yours are {accuracy:.3g} and {gap:.3g}."
    )
    assert group == -3, (
        f"Groups -3 and 12 are equally bad; the smaller number is -3, yours is {group:g}. The answer is the group's number, not its place in a list."
    )
