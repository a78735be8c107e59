# Made from solutions/distillation.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q9"
points = None


@test_case(name='twenty images', points=1, hidden=False)
def test_q9_twenty_images(distill):
    import copy
    import torch
    from efficientai.architectures import lenet_300_100
    from efficientai.checking import expect_state_dict, once
    from efficientai.data import digits
    from efficientai.training import accuracy, fit
    from torch import nn

    def trained(seed, data):
        torch.manual_seed(seed)
        teacher = lenet_300_100()
        fit(teacher, data.train_x, data.train_y, epochs=20, lr=1e-3, batch_size=64, seed=seed)
        return teacher

    def plain_accuracy(student, seed, data, rows):
        x, y = data.train_x[rows], data.train_y[rows]
        fit(student, x, y, epochs=300, lr=1e-2, batch_size=64, seed=seed)
        return accuracy(student, data.test_x, data.test_y)

    plain, distilled = [], []
    for seed in (0, 1, 2):
        data = digits(seed, test_size=900)
        teacher = once(f"distillation q9, teacher {seed}", lambda: trained(seed, data))
        torch.manual_seed(seed)
        student = nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
        rows = torch.cat([(data.train_y == digit).nonzero()[:2, 0] for digit in range(10)])
        x, y = data.train_x[rows], data.train_y[rows]
        taught = copy.deepcopy(teacher.state_dict())
        answer = distill(teacher, copy.deepcopy(student), x.clone(), y.clone())
        state = expect_state_dict(answer, "distill", student)
        unchanged = all(torch.equal(teacher.state_dict()[name], value) for name, value in taught.items())
        assert unchanged, "`distill` changed the teacher."
        key = f"distillation q9, plain student {seed}"
        plain.append(once(key, lambda: plain_accuracy(copy.deepcopy(student), seed, data, rows)))
        student.load_state_dict(state)
        distilled.append(accuracy(student, data.test_x, data.test_y))
    before, after = 100 * sum(plain) / len(plain), 100 * sum(distilled) / len(distilled)
    assert after >= before + 7, (
        f"Over {len(plain)} seeds plain students recognise {before:.1f} % of the test images and yours "
        f"{after:.1f} %, a gain of {after - before:.1f} points; at least 7 are asked for. "
        "The teacher's softened answers hold what the labels do not say; if you use them already, look at the temperature and at the number of steps."
    )


@test_case(name='a digit never shown', points=1, hidden=False)
def test_q9_a_digit_never_shown(distill):
    import copy
    import torch
    from efficientai.architectures import lenet_300_100
    from efficientai.checking import expect_state_dict, once
    from efficientai.data import digits
    from efficientai.training import fit
    from torch import nn

    def trained(seed, data):
        torch.manual_seed(seed)
        teacher = lenet_300_100()
        fit(teacher, data.train_x, data.train_y, epochs=20, lr=1e-3, batch_size=64, seed=seed)
        return teacher

    found = {}
    for seed, unseen in ((0, 3), (1, 8)):
        data = digits(seed, test_size=900)
        teacher = once(f"distillation q9, teacher {seed}", lambda: trained(seed, data))
        torch.manual_seed(seed)
        student = nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
        rows = data.train_y != unseen
        answer = distill(teacher, copy.deepcopy(student), data.train_x[rows], data.train_y[rows])
        student.load_state_dict(expect_state_dict(answer, "distill", student))
        with torch.no_grad():
            says = student(data.test_x[data.test_y == unseen]).argmax(1)
        found[unseen] = 100 * (says == unseen).float().mean().item()
    mean = sum(found.values()) / len(found)
    assert mean >= 50, (
        "Of the digit that was left out of their images your students recognise "
        + ", ".join(f"{share:.0f} % (a {unseen})" for unseen, share in found.items())
        + f": {mean:.0f} % on average, and at least 50 % are asked for. Labels cannot teach a digit that is "
        "never shown; the teacher's answers to the other digits can."
    )
