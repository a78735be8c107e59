"""Distillation against written-out sums and autograd."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from efficientai import distillation as kd


def logits(seed, shape=(5, 4)):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def test_soft_probabilities_by_hand():
    """Logits 0 and T ln 3: odds of 1 to 3."""
    for t in (0.5, 1.0, 8.0):
        p = kd.soften(torch.tensor([0.0, t * math.log(3)]), t)
        torch.testing.assert_close(p, torch.tensor([0.25, 0.75]))


def test_loss_is_the_written_out_sum():
    s, t, y, temperature, alpha = logits(0), logits(1), torch.tensor([0, 1, 2, 3, 0]), 3.0, 0.3
    p, q = kd.soften(t, temperature), kd.soften(s, temperature)
    kl = sum((p[n] * (p[n] / q[n]).log()).sum() for n in range(5)) / 5
    hard = sum(-s[n].log_softmax(0)[y[n]] for n in range(5)) / 5
    ours = kd.distillation_loss(s, t, y, temperature=temperature, alpha=alpha)
    torch.testing.assert_close(ours, alpha * 9 * kl + (1 - alpha) * hard)
    torch.testing.assert_close(kd.distillation_loss(s, t, temperature=temperature), 9 * kl)


def test_ends_of_alpha():
    s, t, y = logits(0), logits(1), torch.tensor([0, 1, 2, 3, 0])
    torch.testing.assert_close(kd.distillation_loss(s, t, y, alpha=0), F.cross_entropy(s, y))
    torch.testing.assert_close(kd.distillation_loss(s, t, y, alpha=1), kd.distillation_loss(s, t))


def test_gradient_tends_to_matching_logits_at_high_temperature():
    """Hinton et al. 2015, equation 4: for zero-mean logits dC/dz = (z - v) / N; T² cancels."""
    s, t = logits(0), logits(1)
    s = (s - s.mean(1, keepdim=True)).requires_grad_()
    t = (t - t.mean(1, keepdim=True)).requires_grad_()
    kd.distillation_loss(s, t, temperature=1000.0).backward()
    torch.testing.assert_close(s.grad, (s - t).detach() / 4 / 5, rtol=1e-2, atol=1e-4)
    assert t.grad is None


def test_hint_trains_student_and_projection():
    student, teacher = logits(0, (5, 3)).requires_grad_(), logits(1, (5, 6)).requires_grad_()
    projection = nn.Linear(3, 6)
    loss = kd.hint_loss(student, teacher, projection)
    torch.testing.assert_close(loss, ((projection(student) - teacher) ** 2).mean() / 2)
    loss.backward()
    assert student.grad.any() and projection.weight.grad.any() and teacher.grad is None


def test_distill_asks_the_teacher_in_evaluation_mode_and_leaves_it_alone():
    teacher = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Dropout(0.9)).train()
    state = {k: v.clone() for k, v in teacher.state_dict().items()}
    x = logits(0, (40, 4))
    expected = kd.distillation_loss(torch.zeros(40, 3), teacher.eval()(x)).item()
    teacher.train()
    student = nn.Linear(4, 3)
    for p in student.parameters():
        nn.init.zeros_(p)
    assert kd.distill(student, teacher, x, epochs=1, lr=0.0) == pytest.approx([expected])
    assert teacher.training
    assert all(torch.equal(state[k], v) for k, v in teacher.state_dict().items())


def test_labels_reach_the_right_samples():
    """With alpha = 0 only the labels teach, whatever the order of the batches."""
    x = logits(0, (64, 4))
    y, student = x.argmax(1), nn.Linear(4, 4)
    kd.distill(student, nn.Linear(4, 4), x, y, alpha=0.0, epochs=60, lr=0.1, batch_size=10)
    assert (student(x).argmax(1) == y).float().mean() > 0.95


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: kd.soften(logits(0), 0), "positive, got 0"),
        (lambda: kd.distillation_loss(logits(0), logits(1), temperature=-1.0), r"got -1\.0"),
        (lambda: kd.distillation_loss(logits(0), logits(1), alpha=1.5), r"\[0, 1\], got 1\.5"),
        (lambda: kd.distillation_loss(logits(0), logits(1)[:2]), r"\(5, 4\) and \(2, 4\)"),
        (lambda: kd.hint_loss(torch.zeros(2, 3), torch.zeros(2, 4)), "give a projection"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
