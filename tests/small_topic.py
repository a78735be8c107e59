"""A tiny topic to grade: a bundle with three questions, and the submissions of a small class.

The questions stand for what exercises do: a function of tensors, a class, a gradient. Whoever
grades it says ``topic="pruning"``, so that the workers do without `efficientai.pruning`.
"""

from __future__ import annotations

import json
from pathlib import Path

HEAD = "from otter.test_files import test_case\n\nOK_FORMAT = False\npoints = None\n"
Q1 = (
    HEAD
    + """
name = "q1"


@test_case(name="the example", points=1, hidden=False)
def test_example(magnitude_mask):
    import torch

    mask = magnitude_mask(torch.tensor([0.1, -3.0, 2.0, 0.2]), 0.5)
    assert isinstance(mask, torch.Tensor), "`magnitude_mask` must return a tensor."
    assert mask.tolist() == [False, True, True, False], f"Your mask is {mask.tolist()}."


@test_case(name="other numbers", points=2, hidden=True)
def test_other(magnitude_mask):
    import torch
    from efficientai.checking import case_generator

    weight = torch.randn(5, 8, generator=case_generator("q1"))
    before = weight.clone()
    mask = magnitude_mask(weight, 0.25)
    assert torch.equal(weight, before), "The weight was changed."
    smallest = before.abs().flatten().argsort()[:10]
    expected = torch.ones(40, dtype=torch.bool)
    expected[smallest] = False
    assert torch.equal(mask, expected.view(5, 8)), "Not the 10 smallest of 40 were pruned."


@test_case(name="refuses", points=1, hidden=True)
def test_refuses(magnitude_mask):
    import torch

    try:
        magnitude_mask(torch.ones(4), 1.5)
    except ValueError:
        return
    raise AssertionError("A sparsity of 1.5 must raise ValueError.")
"""
)
Q2 = (
    HEAD
    + """
name = "q2"


@test_case(name="counts", points=1, hidden=False)
def test_counts(Counter):
    counter = Counter(start=2)
    counter.add(3)
    assert counter.total == 5, f"2 and 3 make 5, your counter says {counter.total}."


@test_case(name="is apart", points=1, hidden=True)
def test_apart(Counter):
    one, two = Counter(start=0), Counter(start=10)
    for _ in range(4):
        one.add(1)
    assert (one.total, two.total) == (4, 10), "Counters must not share their total."
"""
)
Q3 = (
    HEAD
    + """
name = "q3"


@test_case(name="value", points=1, hidden=False)
def test_value(clipped_square):
    import torch

    assert clipped_square(torch.tensor([1.0, 3.0])).tolist() == [1.0, 4.0]


@test_case(name="gradient", points=2, hidden=True)
def test_gradient(clipped_square):
    import torch

    x = torch.tensor([0.5, 0.75, 3.0], requires_grad=True)
    clipped_square(2 * x).sum().backward()
    # (2x)^2 up to 4: the derivative is 8x as long as 2x < 2, then 0
    assert x.grad.tolist() == [4.0, 6.0, 0.0], f"The gradient is {x.grad.tolist()}."
"""
)
SETUP = 'import torch\n\nimport efficientai\n\ngrader = efficientai.grader("pruning")'
BLANKS = {
    "q1": "def magnitude_mask(weight, sparsity):\n    ...",
    "q2": "class Counter:\n    ...",
    "q3": "def clipped_square(x):\n    ...",
}
RIGHT = {
    "q1": """\
def magnitude_mask(weight, sparsity):
    if not 0 <= sparsity <= 1:
        raise ValueError(f"no sparsity: {sparsity}")
    mask = torch.ones(weight.numel(), dtype=torch.bool)
    mask[weight.abs().flatten().argsort()[: round(sparsity * weight.numel())]] = False
    return mask.view(weight.shape)""",
    "q2": """\
class Counter:
    def __init__(self, start):
        self.total = start

    def add(self, number):
        self.total += number""",
    "q3": "def clipped_square(x):\n    return (x * x).clamp(max=4)",
}
POSSIBLE = 9


def notebook(answers: dict[str, str] | None = None, *more: str, checks: bool = True) -> dict:
    """A submission: the right answers but for `answers`, and `more` cells after the first."""
    sources = {**RIGHT, **(answers or {})}
    cells = [_cell("code-1", SETUP, locked=True)]
    cells += [_cell(f"more-{number}", source) for number, source in enumerate(more)]
    for name, source in sources.items():
        cells.append(_cell(f"{name}-answer-1", source))
        if checks:
            cells.append(_cell(f"{name}-check", f'grader.check("{name}")', locked=True))
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def _cell(identity: str, source: str, locked: bool = False) -> dict:
    metadata = {"deletable": False, "editable": False} if locked else {}
    kind = {"cell_type": "code", "execution_count": None, "outputs": []}
    return {**kind, "id": identity, "metadata": metadata, "source": source}


def write_bundle(folder: Path) -> Path:
    """The bundle in `folder`."""
    (folder / "tests").mkdir(parents=True)
    for name, text in {"q1": Q1, "q2": Q2, "q3": Q3}.items():
        (folder / "tests" / f"{name}.py").write_text(text)
    (folder / "release.ipynb").write_text(json.dumps(notebook(BLANKS)))
    return folder


def write(path: Path, answers: dict[str, str] | None = None, *more: str, **options) -> Path:
    """One submission as a file."""
    path.write_text(json.dumps(notebook(answers, *more, **options)))
    return path
