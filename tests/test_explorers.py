"""The explorers of the site: a real browser drives them, and `efficientai` says what is right.

The arithmetic of each is compared in bulk (`computed` calls one of its functions with many
arguments at once); a few tests then move the controls and read what the page says.
"""

import json
from math import isfinite

import pytest
import torch
from torch import nn
from website import watch

from efficientai.deployment import DEVICES
from efficientai.hardware import TPU_V1, Roofline, arithmetic_intensity
from efficientai.profiling import count_macs

PAGES = {
    "roofline": "book/hardware.html",
    "pareto": "book/evaluation.html",
    "deployment": "book/deployment.html",
}
EVERY = pytest.mark.parametrize("name", PAGES)


@pytest.fixture
def explore(page, server):
    """Opens the page of an explorer, on which nothing may go wrong until the test ends."""
    noise = watch(page, server.address)

    def open_page(name: str):
        page.goto(server.address + PAGES[name])
        page.wait_for_selector(f"figure.live [data-explorer={name}]")
        return page

    yield open_page
    assert not noise, "\n".join(noise)


def computed(page, name: str, function: str, calls: list[list]) -> list:
    """What a function of an explorer returns for each list of arguments."""
    script = f"calls => calls.map(c => explorers.known.{name}.{function}(...c))"
    return page.evaluate(script, calls)


def known(page, name: str) -> dict:
    """The data that were put into the page for an explorer."""
    return json.loads(page.inner_html(f"[data-explorer={name}] > script"))


# ---------------------------------------------------------------- what all of them promise


@EVERY
def test_without_scripts_the_picture_stands(server, browser, name):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(server.address + PAGES[name])
    figure = page.locator(f"figure:has([data-explorer={name}])")
    assert figure.locator(".explorer-still").is_visible()
    assert not figure.locator(".explorer-live").is_visible()
    assert len(figure.locator(".explorer-still").get_attribute("alt")) > 40
    assert "scripts" in figure.inner_text()
    context.close()


@EVERY
def test_in_print_the_picture_stands(explore, name):
    page = explore(name)
    figure = page.locator(f"figure:has([data-explorer={name}])")
    shown = [figure.locator(f".explorer-{part}") for part in ("live", "still")]
    assert [part.is_visible() for part in shown] == [True, False]
    page.emulate_media(media="print")
    assert [part.is_visible() for part in shown] == [False, True]


@EVERY
def test_it_runs_from_a_file(site, page, name):
    noise = watch(page, "file://")
    page.goto((site / PAGES[name]).as_uri())
    page.wait_for_selector(f"figure.live [data-explorer={name}]")
    assert not noise, "\n".join(noise)


@EVERY
def test_every_control_has_a_name_and_is_reached_by_keyboard(explore, name):
    page = explore(name)
    box = f"[data-explorer={name}]"
    page.locator(box).evaluate("box => { box.tabIndex = -1; box.focus(); }")
    reached = set()
    for _ in range(page.locator(f"{box} :is(input, select, button, summary)").count() + 1):
        page.keyboard.press("Tab")
        if page.evaluate(f"!!document.activeElement.closest('{box}')"):
            reached.add(page.evaluate(NAME_OF_FOCUS))
    expected = page.eval_on_selector_all(f"{box} :is(input, select):enabled", NAMES)
    assert "" not in reached and set(expected) <= reached


NAMES = "all => all.filter(e => e.tabIndex >= 0).map(e => e.labels[0]?.textContent.trim() ?? '')"
NAME_OF_FOCUS = """(() => {
  const element = document.activeElement;
  return element.labels?.[0]?.textContent.trim() || element.ariaLabel || element.textContent.trim();
})()"""


# ---------------------------------------------------------------- roofline


def machines() -> dict[str, Roofline]:
    """What the explorer must offer."""
    found = {name: device.roofline for name, device in DEVICES.items()}
    return {n: r for n, r in found.items() if isfinite(r.bandwidth)} | {"TPU v1": TPU_V1}


def test_roofline_offers_every_machine_with_its_numbers(explore):
    page = explore("roofline")
    offered = known(page, "roofline")["machines"]
    assert {m["name"]: Roofline(m["peak"], m["bandwidth"]) for m in offered} == machines()


def test_roofline_layers_are_what_torch_says(explore):
    offered = {layer["name"]: layer for layer in known(explore("roofline"), "roofline")["layers"]}
    for layer, shape in (
        (nn.Linear(4096, 4096), (1, 4096)),
        (nn.Conv2d(64, 64, 3, padding=1), (1, 64, 56, 56)),
        (nn.Conv2d(64, 64, 3, padding=1, groups=64), (1, 64, 56, 56)),
    ):
        x = torch.zeros(shape)
        expected = {
            "macs": count_macs(layer, x),
            "weights": layer.weight.numel(),
            "activations": x.numel() + layer(x).numel(),
        }
        assert expected in [{key: one[key] for key in expected} for one in offered.values()]
    # keyword spotter, by hand: 64 channels of 25 × 5, a 3 × 3 kernel on each
    assert offered["depthwise 3×3, 64 channels of 25×5"]["macs"] == 64 * 25 * 5 * 9


def test_roofline_computes_what_the_package_computes(explore):
    page = explore("roofline")
    data = known(page, "roofline")
    intensities = [2 ** (i / 3) for i in range(-18, 49)]
    for machine in data["machines"]:
        roof = machines()[machine["name"]]
        assert computed(page, "roofline", "ridge", [[machine]]) == [roof.ridge]
        rates = computed(page, "roofline", "attainable", [[machine, i] for i in intensities])
        assert rates == [roof.attainable(i) for i in intensities]


def test_roofline_takes_batches_and_widths_as_the_package_does(explore):
    page = explore("roofline")
    data = known(page, "roofline")
    cases = [
        (layer, batch, width)
        for layer in data["layers"]
        for batch in (1, 7, 256)
        for width in data["bytes"].values()
    ]
    works = computed(page, "roofline", "work", [list(case) for case in cases])
    found = computed(page, "roofline", "intensityOf", [[work, 2] for work in works])
    machine = data["machines"][-1]
    times = computed(page, "roofline", "seconds", [[machine, work, 2] for work in works])
    for (layer, batch, width), intensity, seconds in zip(cases, found, times, strict=True):
        size = width * (layer["weights"] + batch * layer["activations"])
        assert intensity == arithmetic_intensity(batch * layer["macs"], size)
        assert seconds == TPU_V1.seconds(batch * layer["macs"], size)
