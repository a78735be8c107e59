"""The capstone's task: its teacher, what is measured, and the score against its integral."""

import math
import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from efficientai import modelfile, spotting
from efficientai.spotting import BUDGET, Measured, front_score
from efficientai.training import accuracy, seed_everything


def model_of(fullest, accuracy):
    return Measured(int(fullest * BUDGET.flash_bytes), 1, 1, accuracy)


def test_the_teacher_knows_new_speakers_and_does_not_fit():
    people, teacher = spotting.unheard(3, speakers=30), spotting.teacher()
    assert accuracy(teacher, people.x, people.y) > 0.95
    file = modelfile.export(teacher, people.x[:50])
    found = modelfile.read(file)
    assert len(file) > 5 * BUDGET.flash_bytes and found.peak_ram_bytes > 5 * BUDGET.ram_bytes
    assert found.macs > 20 * BUDGET.macs
    with pytest.raises(ValueError, match="more than twenty times"):
        spotting.measure(file, people.x, people.y)


def test_nobody_is_in_two_groups():
    """Speakers are drawn from (seed, number): other seeds are other people."""
    assert len(set(spotting.SEEDS.values())) == len(spotting.SEEDS)
    assert max(spotting.SEEDS.values()) < 10_000  # where `unheard` begins


def test_measure_counts_the_file_and_refuses_other_tasks():
    seed_everything(0)
    people = spotting.unheard(4, speakers=4)
    file = modelfile.export(spotting.temporal_net(), people.x)
    found = spotting.measure(file, people.x, people.y)
    assert found[:3] == (len(file), 790, 48_480)  # 490 in, 12·25 out
    said = modelfile.read(file)(people.x).argmax(1)
    assert found.accuracy == pytest.approx((said == people.y).double().mean().item())
    other = modelfile.export(torch.nn.Sequential(torch.nn.Linear(490, 9)), people.x)
    with pytest.raises(ValueError, match="returns 9 numbers"):
        spotting.measure(other, people.x, people.y)


def test_a_file_that_would_take_much_memory_is_not_run():
    """One multiplication for each of 65,000 outputs is within the MACs, and not within the RAM."""
    wide = torch.nn.Sequential(
        torch.nn.Conv2d(1, 132, 1), torch.nn.AdaptiveAvgPool2d(1), torch.nn.Linear(132, 10)
    )
    x, y = torch.rand(4, 1, 49, 10), torch.zeros(4, dtype=torch.long)
    with pytest.raises(ValueError, match="65,170 bytes of RAM"):
        spotting.measure(modelfile.export(wide, x), x, y)


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0.05, 1.5), st.floats(0, 1)), max_size=4))
def test_the_score_is_the_integral(points):
    models = [model_of(*point) for point in points]
    grid = (np.arange(4000) + 0.5) / 2000  # the midpoints of [0, 2]
    best = np.zeros(4000)
    for m in models:
        fits = m.fullest <= 2.0**-grid if m.fullest <= 1 else np.zeros(4000, bool)
        best = np.maximum(best, np.where(fits, max(0, m.accuracy - 0.8) / 0.2, 0))
    assert front_score(models) == pytest.approx(100 * best.mean(), abs=0.2)


def test_the_score_grows_along_the_front():
    one = [model_of(0.5, 0.9)]
    assert front_score(one) == pytest.approx(25, abs=0.05)
    assert front_score([*one, model_of(0.5, 0.85)]) == front_score(one)  # beaten: no change
    assert front_score([model_of(0.4, 0.9)]) > front_score(one)
    assert front_score([model_of(0.5, 0.95)]) > front_score(one)
    assert front_score([*one, model_of(0.25, 0.85)]) > front_score(one)
    assert front_score([]) == 0 and front_score([model_of(1.01, 1.0)]) == 0
    assert front_score([model_of(0.1, 1.0)]) == pytest.approx(100)


def test_the_fullest_gauge_is_the_one_that_counts():
    assert Measured(4096, 0, 0, 1.0).fullest == 1
    assert Measured(0, 3072 // 2, 96_000, 1.0).fullest == 1
    assert Measured(0, 3072, 192_000, 1.0).fullest == 2


def test_routes_have_ten_seeds_each():
    rows = spotting.routes()
    names = {row["route"] for row in rows}
    assert len(rows) == 10 * len(names) and {row["seed"] for row in rows} == set(range(10))
    assert all(0.1 < row["accuracy"] < 1 and row["flash_bytes"] > 500 for row in rows)


def test_the_budget_is_what_a_year_on_a_coin_cell_allows():
    from efficientai.capstone import mac_budget
    from efficientai.deployment import DEVICES

    chip = DEVICES["Cortex-M4"]
    macs = mac_budget(0.675, 8760, 20e-6, chip.power_w, 3, 0.4 * chip.peak_ops / 2)
    # 77.05 µW - 20 µW = 57.05 µW of 9.9 mW; a third of 0.5763 % of 51.2 million
    assert math.isclose(macs, 98_357, rel_tol=1e-4)
    assert 0.95 * macs < BUDGET.macs <= macs


def test_the_weights_hold_no_code():
    with np.load(spotting.TEACHER, allow_pickle=False) as stored:
        assert all(stored[name].dtype.kind in "fi" for name in stored.files)
    assert re.fullmatch(r'[\w,%"\'. \n]+', spotting.ROUTES.read_text())
