"""Drawings checked by what is in them."""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from efficientai import plotting


@pytest.fixture(autouse=True)
def _clean():
    with matplotlib.rc_context():
        yield
    plt.close("all")


def luminance(colour):
    """Relative luminance of WCAG 2."""
    rgb = np.array(matplotlib.colors.to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(a, b):
    bright, dark = sorted([luminance(a), luminance(b)], reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("page", ["#ffffff", "#121212"])
def test_every_colour_reads_on_both_pages(page):
    """WCAG 1.4.11 asks graphics for 3:1."""
    plotting.use_style()
    cycle = plt.rcParams["axes.prop_cycle"].by_key()["color"]
    for colour in [*cycle, plt.rcParams["text.color"], plotting.GREY]:
        assert contrast(colour, page) >= 3, colour
    assert plt.rcParams["figure.facecolor"] == plt.rcParams["savefig.facecolor"] == "none"


def test_figures_are_the_same_bytes_every_time(tmp_path):
    plotting.use_style()
    for name in "ab":
        figure, ax = plt.subplots()
        plotting.band(ax, [0, 1], [[0, 1], [1, 2]], label="runs")
        figure.savefig(tmp_path / f"{name}.svg", metadata={"Date": None})
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_network_has_an_edge_for_every_kept_weight():
    masks = {"a": torch.tensor([[1, 0], [0, 0], [1, 1]]), "b": torch.tensor([[1, 0, 0]])}
    ax = plotting.draw_network(masks)
    edges, *columns = ax.collections
    assert len(edges.get_segments()) == 3 + 1
    assert [len(c.get_offsets()) for c in columns] == [2, 3, 1]
    filled = [(c.get_facecolors()[:, 3] > 0).tolist() for c in columns]
    # node 2 of the middle has edges in but none out; node 1 has none at all
    assert filled == [[True, True], [True, False, False], [True]]


def test_edges_join_the_right_nodes():
    ax = plotting.draw_network([torch.tensor([[0, 0, 1], [0, 0, 0]])])
    edges, inputs, outputs = ax.collections
    (segment,) = edges.get_segments()
    assert segment.tolist() == [inputs.get_offsets()[2].tolist(), outputs.get_offsets()[0].tolist()]


def test_bad_shapes_are_said():
    with pytest.raises(ValueError, match="3 outputs cannot feed one of 2 inputs"):
        plotting.draw_network([torch.ones(3, 4), torch.ones(1, 2)])
    with pytest.raises(ValueError, match=r"\[\(3,\)\]"):
        plotting.draw_network([torch.ones(3)])
    with pytest.raises(ValueError, match=r"shape \(runs, 2\), got \(1, 3\)"):
        plotting.band(plt.subplots()[1], [0, 1], [[1, 2, 3]], label="")
