"""Fronts by definition, bootstrap by theory, energy by hand."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from efficientai import evaluation as ev

POINTS = st.dictionaries(
    st.integers(0, 20), st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=12
)


@given(POINTS)
def test_front_is_what_the_definition_says(points):
    def beaten(name):
        cost, quality = points[name]
        return any(
            c <= cost and q >= quality and (c < cost or q > quality) for c, q in points.values()
        )

    front = ev.pareto_front(points)
    assert set(front) == {name for name in points if not beaten(name)}
    costs = [points[name][0] for name in front]
    assert costs == sorted(costs)


def test_choice_follows_the_limits():
    models = {
        "a": {"accuracy": 0.99, "ms": 9.0, "kb": 900},
        "b": {"accuracy": 0.97, "ms": 2.0, "kb": 500},
        "c": {"accuracy": 0.90, "ms": 1.0, "kb": 10},
    }
    assert ev.choose(models, {}, "accuracy") == "a"
    assert ev.choose(models, {"ms": 2.0}, "accuracy") == "b"  # a limit may be met exactly
    assert ev.choose(models, {"ms": 2.0, "kb": 400}, "accuracy") == "c"
    assert ev.choose(models, {"kb": 1}, "accuracy") is None


def test_slices_and_the_mean_that_hides_them():
    labels = torch.zeros(100, dtype=torch.long)
    groups = (torch.arange(100) >= 90).long()
    predictions = groups  # all of the small group is wrong
    slices = ev.slice_accuracy(predictions, labels, groups)
    assert slices == {0: 1.0, 1: 0.0}
    assert ev.worst_slice(slices) == (1, 0.0, 1.0)
    assert (predictions == labels).double().mean() == 0.9


def test_bootstrap_width_is_that_of_theory():
    """Mean of n normal values: 95 % within ± 1.96 sigma / sqrt(n)."""
    values = np.random.default_rng(0).normal(5, 2, 400)
    estimate, low, high = ev.bootstrap_interval(values, resamples=4000)
    assert estimate == values.mean() and low < estimate < high
    assert high - low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.06)


def test_bootstrap_covers_as_often_as_it_says():
    random = np.random.default_rng(1)
    hits = 0
    for seed in range(200):
        _, low, high = ev.bootstrap_interval(
            random.normal(0, 1, 60), confidence=0.8, resamples=300, seed=seed
        )
        hits += low <= 0 <= high
    assert 0.72 < hits / 200 < 0.88  # three standard errors around 0.8


def test_pairs_see_what_independent_runs_hide():
    """Seeds spread results by 10, the method adds 1: only the paired interval leaves out 0."""
    random = np.random.default_rng(0)
    plain = random.normal(90, 10, 20)
    better = plain + 1 + random.normal(0, 0.2, 20)
    paired = ev.paired_difference(plain, better)
    assert paired.low > 0.8 and paired.high < 1.2
    assert ev.bootstrap_interval(better).low < plain.mean()


def test_same_seed_same_interval_and_other_statistics():
    values = [1.0, 5.0, 2.0, 8.0]
    assert ev.bootstrap_interval(values) == ev.bootstrap_interval(values)
    assert ev.bootstrap_interval(values, np.median).estimate == 3.5


def test_energy_and_carbon_by_hand():
    """1 GMAC, a million samples, ten epochs: 3·2·10^16 FLOPs; at 10 GFLOP/J 6 MJ = 5/3 kWh."""
    energy = ev.training_energy_kwh(1e9, 1e6, 10, flops_per_joule=1e10, overhead=1.2)
    assert energy == pytest.approx(1.2 * 6e6 / 3.6e6)
    assert ev.carbon_kg(energy, 500) == pytest.approx(energy / 2)


def test_t_interval_is_that_of_the_tables():
    """t(0.975; 4) = 2.776 and t(0.95; 4) = 2.132; these five have mean 3 and deviation 2."""
    wide = ev.t_interval([6, 1, 4, 2, 2])
    narrow = ev.t_interval([6, 1, 4, 2, 2], confidence=0.9)
    error = 2 / 5**0.5
    assert wide == pytest.approx((3, 3 - 2.776 * error, 3 + 2.776 * error), abs=1e-3)
    assert narrow == pytest.approx((3, 3 - 2.132 * error, 3 + 2.132 * error), abs=1e-3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ev.pareto_front({"a": (1, float("nan"))}), "'a' has a NaN"),
        (lambda: ev.choose({"a": {"ms": 1}}, {"kb": 2}, "ms"), r"'a' has no \['kb'\]"),
        (lambda: ev.slice_accuracy(*[torch.zeros(2)] * 2, torch.zeros(3)), r"\(3,\)"),
        (lambda: ev.worst_slice({}), "empty"),
        (lambda: ev.bootstrap_interval([]), r"got \[\]"),
        (lambda: ev.bootstrap_interval([float("nan")]), "nan"),
        (lambda: ev.bootstrap_interval([1.0], confidence=95), "got 95"),
        (lambda: ev.t_interval([1.0]), r"got \[1\.0\]"),
        (lambda: ev.t_interval([1.0, float("nan")]), "nan"),
        (lambda: ev.t_interval([[1.0, 2.0]]), r"got \[\[1\.0, 2\.0\]\]"),
        (lambda: ev.t_interval([1.0, 2.0], confidence=1), "got 1"),
        (lambda: ev.paired_difference([1], [1, 2]), "got 1 and 2"),
        (lambda: ev.training_energy_kwh(1, 1, 1, 0), "got 0 and"),
        (lambda: ev.carbon_kg(-1, 1), "got -1 and 1"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# ---------------------------------------------------------------- the course's table


def test_scorecard_measures_each_network_and_says_what_replaced_a_measure():
    dense, small = torch.nn.Linear(64, 10), torch.nn.Sequential(torch.nn.Linear(64, 10))
    x, y = torch.randn(20, 64), torch.randint(10, (20,))
    card = ev.scorecard(
        {"dense": dense, "small": small}, x, y, stored_bytes={"small": 100}, macs={"small": 320}
    )
    hits = (dense(x).argmax(1) == y).double().mean().item()
    assert [score.network for score in card] == ["dense", "small"]
    assert card[0].accuracy == hits and card[0].macs == 640 and card[0].time == 1
    assert card[1].bytes == 100 and card[1].macs == 320 and card[1].time > 0
    # 45 nm: 640 MACs of 4.6 pJ, every byte from DRAM at 162.5 pJ, activations twice at 12.5 pJ
    activations = ev.peak_activation_bytes(dense, x[:1])
    expected = 640 * 4.6 + card[0].bytes * 162.5 + 2 * activations * 12.5
    assert card[0].microjoules == pytest.approx(expected / 1e6)


def test_scorecard_at_lower_precision_costs_less_energy():
    net, x, y = torch.nn.Linear(64, 10), torch.randn(20, 64), torch.randint(10, (20,))
    card = ev.scorecard({"fp32": net, "int8": net}, x, y, precision={"int8": "int8"})
    # the arithmetic alone differs: 3.7 + 0.9 against 0.2 + 0.1 pJ
    saved = card[0].microjoules - card[1].microjoules
    assert saved == pytest.approx(640 * (4.6 - 0.3) / 1e6)


def test_scorecard_refuses_a_name_that_is_no_network():
    net, x = torch.nn.Linear(4, 2), torch.randn(3, 4)
    with pytest.raises(ValueError, match="no network is called 'other'"):
        ev.scorecard({"dense": net}, x, torch.zeros(3).long(), macs={"other": 1})


def test_scorecard_leaves_the_mode_of_a_model_alone():
    net, x = torch.nn.Sequential(torch.nn.Linear(4, 2), torch.nn.Dropout()), torch.randn(3, 4)
    net.train()
    ev.scorecard({"dense": net}, x, torch.zeros(3).long())
    assert net.training and net[1].training
