"""Train the capstone's teacher and write its weights: ``python -m benchmarks.keyword_teacher``.

DS-CNN-S on 300 speakers who are in no other set. A few minutes on one core. The weights are kept
as half-precision numbers in ``efficientai/keyword_teacher.npz``, which holds no code.
"""

from __future__ import annotations

import numpy as np
import torch

from efficientai.architectures import keyword_spotter
from efficientai.speech import record
from efficientai.spotting import SEEDS, TEACHER
from efficientai.training import accuracy, fit, seed_everything

SPEAKERS, TAKES, EPOCHS = 300, 2, 12


def main() -> None:
    """Train, store, and say how well it does on speakers that it has not heard."""
    torch.set_num_threads(1)
    data = record(SEEDS["teacher"], SPEAKERS, TAKES)
    seed_everything(0)
    model = keyword_spotter(classes=10)
    fit(model, data.x, data.y, epochs=EPOCHS, lr=4e-3, batch_size=64, decay=True)
    state = {n: v.half() if v.is_floating_point() else v for n, v in model.state_dict().items()}
    np.savez_compressed(TEACHER, **{name: value.numpy() for name, value in state.items()})
    fresh = record(SEEDS["validation"], speakers=20, takes=3)
    found = accuracy(model, fresh.x, fresh.y)
    print(f"{found:.3f} on 20 new speakers, {TEACHER.stat().st_size} bytes")


if __name__ == "__main__":
    main()
