"""Moving pictures, checked against the simulation and the recorded moments they are made from."""

import json
import re

import pytest
import torch

from efficientai import animation
from efficientai.hardware import SystolicArray

X = torch.tensor([[2.0, 0, 1], [1, 2, 0], [3, 1, 2], [0, 2, 1]])
W = torch.tensor([[1.0, -2], [0, 1], [2, -1]])


@pytest.fixture
def page():
    return animation.systolic(SystolicArray(3, 2), X, W).html


@pytest.fixture
def data(page):
    return json.loads(re.search(r"const d = (\{.*\});", page)[1])


def test_finished_sums_are_the_product(data):
    """The last value of each falling sum is what leaves the array."""
    result = torch.zeros(4, 2)
    for sample, column, values in data["sums"]:
        result[sample, column] = values[-1]
    assert torch.equal(result, X @ W)


def test_busy_cells_and_cycles_are_the_simulations(data):
    frames = list(SystolicArray(3, 2).frames(X, W))
    assert data["busy"] == [frame.busy.flatten().int().tolist() for frame in frames]
    assert len(data["busy"]) == 4 + 3 + 2 - 2


def test_inputs_stand_where_the_simulation_has_them(data):
    """Tick t shows input (i, r) in column t - i - r; there the frame must hold its value."""
    for tick, frame in enumerate(SystolicArray(3, 2).frames(X, W)):
        for sample, row, value in data["inputs"]:
            column = tick - sample - row
            if 0 <= column < 2:
                assert frame.inputs[row, column] == value


def busy_in(cycle):
    return int(list(SystolicArray(3, 2).frames(X, W))[cycle].busy.sum())


def test_a_reader_without_scripts_sees_one_moment(page):
    drawn = page.split("<script>")[0]
    assert drawn.count('class="cell') == 6 and drawn.count("busy") > 2
    assert f"Cycle 4 of 7: {busy_in(3)} of 6 cells work." in drawn
    assert 'class="controls" hidden' in drawn
    assert "aria-label" in drawn and "prefers-reduced-motion" in drawn
    assert "@" not in re.sub(r"@media", "", page)


def test_it_asks_no_other_host_for_anything(page):
    assert "http" not in page


def test_weights_that_do_not_fill_the_array_are_refused():
    with pytest.raises(ValueError, match=r"\(3, 2\), got \(2, 2\)"):
        animation.systolic(SystolicArray(3, 2), X, W[:2])


# ---------------------------------------------------------------- gradual pruning

FIRST = [  # two units that see 2 × 2 pixels
    [[0.5, -0.2, 0.1, 0.3], [0.4, 0.6, -0.1, 0.3]],
    [[0.6, 0.0, 0.0, 0.3], [0.5, 0.6, 0.0, 0.3]],  # 0.1, -0.1 and -0.2 are cut
    [[0.7, 0.0, 0.0, 0.0], [0.5, 0.6, 0.0, 0.4]],  # and 0.3; its twin has grown
    [[0.7, 0.0, 0.0, 0.0], [0.1, 0.6, 0.0, 0.4]],  # nothing more; 0.5 falls to 0.1
]
ACCURACIES = (0.9, 0.7, 0.5, 0.8)
FILM = [
    animation.Moment(10 * i, {"a": torch.tensor(rows), "b": torch.tensor([[0.9], [-0.8]])}, share)
    for i, (rows, share) in enumerate(zip(FIRST, ACCURACIES, strict=True))
]


@pytest.fixture
def film():
    return animation.gradual_pruning(FILM, {"one shot": [0.1, 0.2, 0.3, 0.4]}).html


@pytest.fixture
def moments(film):
    return json.loads(re.search(r"const d = (\{.*\});", film)[1])


def test_a_square_has_the_area_of_what_is_left_behind_its_pixel(moments):
    """Counted by hand from the columns of FIRST: 2, 1 or 0 of two weights."""
    shares = [[1, 1, 1, 1], [1, 0.5, 0, 1], [1, 0.5, 0, 0.5], [1, 0.5, 0, 0.5]]
    found = [[scale**2 for scale in scales] for scales in moments["pixels"]]
    assert torch.allclose(torch.tensor(found), torch.tensor(shares), atol=1e-3)


def test_bars_count_the_weights_that_are_left(moments):
    """The height is log(1 + n); a full bar stands for the most weights in any bar."""
    reach = 0.9  # the largest weight; 41 bars of 0.0439
    counts = []
    for moment in FILM:
        left = torch.cat([w.flatten() for w in moment.weights.values()])
        bars = ((left[left != 0] + reach) / (2 * reach / 41)).floor().clamp(max=40).long()
        counts.append(torch.bincount(bars, minlength=41))
    counts = torch.stack(counts)
    heights = torch.log(1 + counts) / torch.log(1 + counts.max())
    assert torch.allclose(torch.tensor(moments["bars"]), heights.float(), atol=1e-3)
    assert counts.sum(1).tolist() == [10, 7, 6, 6]


def test_the_cut_is_the_smallest_weight_that_survived_it(moments):
    """Right after a cut the smallest left; a weight that shrinks later does not move it."""
    assert animation.cuts(FILM) == pytest.approx([0.0, 0.3, 0.4, 0.4])
    assert [0.9 * cut for cut in moments["cut"]] == pytest.approx([0.0, 0.3, 0.4, 0.4], abs=1e-3)


def test_what_is_said_was_measured(moments):
    assert moments["said"] == [
        "Step 0 of 30: nothing is cut yet. Test accuracy 90.0 %; one shot: 10.0 %.",
        "Step 10 of 30: 30.0 % of 10 weights are gone, all below 0.30. Test accuracy 70.0 %; "
        "one shot: 20.0 %.",
        "Step 20 of 30: 40.0 % of 10 weights are gone, all below 0.40. Test accuracy 50.0 %; "
        "one shot: 30.0 %.",
        "Step 30 of 30: no more cuts, 6 weights train on. Test accuracy 80.0 %; one shot: 40.0 %.",
    ]


def test_curves_are_the_accuracies_and_the_weights_left(moments):
    """On an axis of 84 units, 0 at 340 and 1 at 256."""
    shares = [[(340 - y) / 84 for y in ys] for ys in moments["y"]]
    expected = [ACCURACIES, [0.1, 0.2, 0.3, 0.4], [1.0, 0.7, 0.6, 0.6]]
    assert torch.allclose(torch.tensor(shares), torch.tensor(expected), atol=1e-3)
    assert moments["x"] == pytest.approx([30, 30 + 296 / 3, 30 + 2 * 296 / 3, 326], abs=0.1)


def test_the_film_stands_still_at_the_last_cut(film, moments):
    drawn = film.split("<script>")[0]
    assert moments["said"][2] in drawn and 'value="2"' in drawn
    assert [float(s) for s in re.findall(r"scale\(([\d.]+)\)", drawn)] == moments["pixels"][2]
    assert drawn.count('class="past') == 3 and "@" not in re.sub(r"@media", "", film)
    assert "http" not in film


@pytest.mark.parametrize(
    "film, others, message",
    [
        (FILM[:1], {}, "two moments at least, got 1"),
        ([FILM[0]._replace(weights={"a": torch.ones(2, 3)})] * 2, {}, "square image, got 3 inputs"),
        (FILM, {"one shot": [0.5]}, "'one shot' has 1 accuracies for 4 moments"),
    ],
)
def test_films_that_cannot_be_drawn_are_refused(film, others, message):
    with pytest.raises(ValueError, match=message):
        animation.gradual_pruning(film, others)
