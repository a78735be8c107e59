"""Knowledge distillation: a small student learns from what a large teacher says.

Sources: Hinton, Vinyals & Dean 2015, "Distilling the Knowledge in a Neural Network"; Romero et al.
2015, "FitNets: Hints for Thin Deep Nets".
"""

from __future__ import annotations

import torch  # noqa: F401 - the examples use it
from torch import Tensor, nn
from torch.nn import functional as F

from efficientai.training import fit, predict


def soften(logits: Tensor, temperature: float) -> Tensor:
    """Class probabilities softmax(logits / temperature) along the last dimension.

    The higher the temperature, the more the small probabilities show. Raises ValueError unless
    temperature > 0.

    >>> soften(torch.tensor([0.0, 2.0]), temperature=1.0)
    tensor([0.1192, 0.8808])
    >>> soften(torch.tensor([0.0, 2.0]), temperature=4.0)
    tensor([0.3775, 0.6225])
    """
    _check_temperature(temperature)
    return (logits / temperature).softmax(dim=-1)


def _check_temperature(temperature: float) -> None:
    if not temperature > 0:
        raise ValueError(f"temperature must be positive, got {temperature}")


def distillation_loss(
    student_logits: Tensor,
    teacher_logits: Tensor,
    labels: Tensor | None = None,
    *,
    temperature: float = 4.0,
    alpha: float = 0.5,
) -> Tensor:
    """alpha T^2 KL(teacher || student) at temperature T, plus (1 - alpha) cross-entropy at 1.

    logits: (N, classes). labels: int64 (N,), or None for unlabelled inputs: then the first term
    alone, with weight 1. Means over the batch. T^2 keeps the gradients of the soft term in scale
    when T changes (Hinton et al. 2015, section 2). No gradient flows to the teacher. Raises
    ValueError for unequal shapes, alpha outside of [0, 1] or temperature <= 0.

    >>> same = torch.tensor([[1.0, 2.0, 3.0]])
    >>> distillation_loss(same, same).item()
    0.0
    """
    _check_temperature(temperature)
    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha must be in [0, 1], got {alpha}")
    if student_logits.shape != teacher_logits.shape:
        shapes = f"{tuple(student_logits.shape)} and {tuple(teacher_logits.shape)}"
        raise ValueError(f"student and teacher logits must have one shape, got {shapes}")
    student = (student_logits / temperature).log_softmax(dim=-1)
    teacher = (teacher_logits.detach() / temperature).log_softmax(dim=-1)
    soft = temperature**2 * F.kl_div(student, teacher, reduction="batchmean", log_target=True)
    if labels is None:
        return soft
    return alpha * soft + (1 - alpha) * F.cross_entropy(student_logits, labels)


def hint_loss(
    student_features: Tensor, teacher_features: Tensor, projection: nn.Module | None = None
) -> Tensor:
    """Half the mean squared distance of the student's features to the teacher's.

    `projection` brings the student's features to the teacher's shape and is trained with the
    student (Romero et al. 2015, equation 3). Raises ValueError if the shapes differ after it.

    >>> hint_loss(torch.zeros(2, 3), torch.ones(2, 3))
    tensor(0.5000)
    """
    if projection is not None:
        student_features = projection(student_features)
    if student_features.shape != teacher_features.shape:
        shapes = f"{tuple(student_features.shape)} and {tuple(teacher_features.shape)}"
        raise ValueError(f"features differ in shape, {shapes}: give a projection")
    return F.mse_loss(student_features, teacher_features.detach()) / 2


def distill(
    student: nn.Module,
    teacher: nn.Module,
    x: Tensor,
    y: Tensor | None = None,
    *,
    temperature: float = 4.0,
    alpha: float = 0.5,
    epochs: int = 10,
    lr: float = 1e-3,
    batch_size: int = 64,
    seed: int = 0,
) -> list[float]:
    """Train the student in place on the teacher's answers to x, and on labels y where given.

    The teacher answers once, in evaluation mode, before training. Returns the mean loss of every
    epoch, as `training.fit` does.

    >>> teacher = nn.Linear(4, 3)
    >>> losses = distill(nn.Linear(4, 3), teacher, torch.randn(64, 4), epochs=20, lr=0.1)
    >>> losses[-1] < 0.1 * losses[0]
    True
    """
    answers = predict(teacher, x)

    def loss(logits: Tensor, targets: tuple[Tensor, ...]) -> Tensor:
        return distillation_loss(logits, *targets, temperature=temperature, alpha=alpha)

    targets = (answers,) if y is None else (answers, y)
    return fit(
        student, x, targets, loss=loss, epochs=epochs, lr=lr, batch_size=batch_size, seed=seed
    )
