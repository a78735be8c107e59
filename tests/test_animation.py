"""The moving picture of a systolic array, checked against the simulation that it is made from."""

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


def test_a_reader_without_scripts_sees_one_moment(page):
    drawn = page.split("<script>")[0]
    assert drawn.count('class="cell') == 6 and drawn.count("busy") > 2
    assert "Cycle 4 of 7" in drawn and 'class="controls" hidden' in drawn
    assert "aria-label" in drawn and "prefers-reduced-motion" in drawn
    assert "@" not in re.sub(r"@media", "", page)


def test_it_asks_no_other_host_for_anything(page):
    assert "http" not in page


def test_weights_that_do_not_fill_the_array_are_refused():
    with pytest.raises(ValueError, match=r"\(3, 2\), got \(2, 2\)"):
        animation.systolic(SystolicArray(3, 2), X, W[:2])
