"""`python -m book.hero`: draw the network on the start page, with what was really measured.

A small classifier of handwritten digits is trained, pruned by magnitude to each sparsity of the
slider and fine-tuned. The picture shows its edges; the numbers beside it are those accuracies,
means of several seeds. The result is committed, since it changes only when this file does.
"""

import json
from pathlib import Path

import torch
from torch import nn

from efficientai.data import digits
from efficientai.pruning import apply_masks, global_magnitude_masks, prunable_weights
from efficientai.training import accuracy, fit

LEVELS = (0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95)
SEEDS = (0, 1, 2, 3, 4)
COLUMNS = (16, 20, 10)  # pixels of a 4×4 image, hidden units, digits
TOTAL = 16 * 20 + 20 * 10
WIDTH, HEIGHT, SHOWN = 460, 360, 70
TARGET = Path(__file__).parent / "_parts" / "hero.html"


def small(x: torch.Tensor) -> torch.Tensor:
    """Average 8×8 images (n, 1, 8, 8) to 4×4 and flatten them: (n, 16)."""
    return nn.functional.avg_pool2d(x, 2).flatten(1)


def network() -> nn.Module:
    """The network of the picture, untrained."""
    inputs, hidden, outputs = COLUMNS
    return nn.Sequential(nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, outputs))


def trained(seed: int, split) -> nn.Module:
    """A dense network, trained."""
    torch.manual_seed(seed)
    model = network()
    fit(model, small(split.train_x), split.train_y, epochs=60, lr=1e-2, batch_size=64, seed=seed)
    return model


def measure(seed: int) -> tuple[nn.Module, list[float]]:
    """The dense model of a seed, and its accuracy in % after pruning to each level."""
    split = digits()
    dense = trained(seed, split)
    results = []
    for level in LEVELS:
        model = network()
        model.load_state_dict(dense.state_dict())
        masks = global_magnitude_masks(prunable_weights(model), level / 100)
        apply_masks(model, masks)
        fit(
            model, small(split.train_x), split.train_y,
            epochs=60, lr=5e-3, batch_size=64, seed=seed, masks=masks,
        )  # fmt: skip
        results.append(100 * accuracy(model, small(split.test_x), split.test_y))
    return dense, results


def death(model: nn.Module) -> dict[str, torch.Tensor]:
    """For each weight, the first level at which it is pruned (101: never)."""
    weights = prunable_weights(model)
    first = {name: torch.full(w.shape, 101) for name, w in weights.items()}
    for level in reversed(LEVELS):
        for name, mask in global_magnitude_masks(weights, level / 100).items():
            first[name][~mask] = level
    return first


def place(column: int, index: int) -> tuple[float, float]:
    """Centre of a node."""
    count = COLUMNS[column]
    x = 24 + column * (WIDTH - 48) / (len(COLUMNS) - 1)
    gap = (HEIGHT - 24) / max(COLUMNS) * (max(COLUMNS) / count) ** 0.75
    return x, HEIGHT / 2 + (index - (count - 1) / 2) * gap


def edges(model: nn.Module) -> str:
    """The edges as one path for each level at which some are pruned."""
    paths: dict[int, list[str]] = {}
    for column, layer in enumerate(death(model).values()):
        for target, row in enumerate(layer.tolist()):
            for source, level in enumerate(row):
                (x0, y0), (x1, y1) = place(column, source), place(column + 1, target)
                paths.setdefault(level, []).append(f"M{x0:.0f} {y0:.1f}L{x1:.0f} {y1:.1f}")
    draw = '<path class="edge{}" data-dies="{}" d="{}"/>'
    return "\n".join(
        draw.format(" gone" if level <= SHOWN else "", level, "".join(d))
        for level, d in sorted(paths.items())
    )


def nodes() -> str:
    """The nodes as circles."""
    spots = [(c, place(c, i)) for c, count in enumerate(COLUMNS) for i in range(count)]
    return "\n".join(
        f'<circle class="c{c}" cx="{x:.0f}" cy="{y:.1f}" r="5"/>' for c, (x, y) in spots
    )


PAGE = """<!-- Made by `python -m book.hero`; edit that. -->
<figure class="hero-figure" data-levels='{levels}'>
<svg viewBox="0 0 {width} {height}" role="img" aria-label="A neural network: 16 pixels, 20 hidden \
units, 10 digits. Most of its {total} connections are pruned away.">
{edges}
{nodes}
</svg>
<div class="hero-control">
<label for="hero-sparsity">Prune the network</label>
<input id="hero-sparsity" type="range" min="0" max="{last}" step="1" value="{shown}">
</div>
<figcaption aria-live="polite"><strong>{kept} of {total}</strong> weights kept,
<strong>{accuracy:.1f} %</strong> of unseen digits right. Dense: {dense:.1f} %.</figcaption>
</figure>
<script defer src="../_static/hero.js"></script>
"""


def page() -> str:
    """The whole fragment of the start page."""
    runs = [measure(seed) for seed in SEEDS]
    means = [sum(run[1][i] for run in runs) / len(runs) for i in range(len(LEVELS))]
    total = TOTAL
    kept = [total - round(level / 100 * total) for level in LEVELS]
    rows = [
        {"level": level, "kept": k, "accuracy": round(mean, 1)}
        for level, k, mean in zip(LEVELS, kept, means, strict=True)
    ]
    at = LEVELS.index(SHOWN)
    return PAGE.format(
        levels=json.dumps(rows), width=WIDTH, height=HEIGHT, edges=edges(runs[0][0]),
        nodes=nodes(), last=len(LEVELS) - 1, shown=at, kept=kept[at], total=total,
        accuracy=means[at], dense=means[0],
    )  # fmt: skip


if __name__ == "__main__":
    torch.set_num_threads(1)
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(page(), encoding="utf-8")
    print(f"wrote {TARGET}")
