"""Figures that can be enlarged: each of them, by keyboard, with and without scripts."""

import re

import pytest
from bs4 import BeautifulSoup
from website import pages, violations

UPRIGHT, LYING = {"width": 360, "height": 740}, {"width": 740, "height": 360}


def test_every_figure_has_its_button_and_the_picture_that_it_shows(site):
    pictures = [f for f in figures(site) if f.select_one("figure > img")]
    assert len(pictures) > 60
    for figure in pictures:
        number = figure.select_one(".caption-number").get_text().strip()
        button = figure.select_one("button.enlarge")
        assert button["aria-label"] == f"Enlarge {number}"
        shown = figure.find(id=button["popovertarget"])
        assert shown.has_attr("popover") and shown["aria-label"] == number
        assert [i["src"] for i in shown.select("img")] == [figure.select_one("figure > img")["src"]]


def test_no_button_lies_over_the_controls_of_an_explorer(server, page):
    page.goto(server.address + "book/hardware.html")
    page.wait_for_selector("figure.live")
    page.get_by_label("Batch").click()  # fails if something else receives it
    assert not page.locator("figure.live .enlarge").is_visible()


def figures(site):
    """Every figure of the pages, read alone; those on slides fill the window already."""
    names = [name for name in pages(site) if not name.startswith("slides/")]
    texts = [(site / name).read_text(encoding="utf-8") for name in names]
    found = [part for text in texts for part in re.findall(r"<figure\b.*?</figure>", text, re.S)]
    return [BeautifulSoup(part, "html.parser") for part in found]


@pytest.mark.parametrize("scripts", [True, False])
def test_a_phone_shows_a_figure_at_full_size(server, browser, scripts):
    context = browser.new_context(viewport=UPRIGHT, java_script_enabled=scripts)
    page = context.new_page()
    page.goto(server.address + "book/introduction.html")
    large, button = page.locator(".enlarged").first, page.locator("button.enlarge").first
    assert not large.is_visible()
    button.press("Enter")
    assert large.bounding_box() == {"x": 0, "y": 0, **UPRIGHT}
    picture = large.locator("img")
    drawn = picture.evaluate("e => e.naturalWidth")
    assert picture.bounding_box()["width"] >= drawn > UPRIGHT["width"]  # its letters do not shrink
    page.keyboard.press("Tab")  # onto the picture, which then scrolls
    page.keyboard.press("ArrowRight")
    while not large.locator(".plate").evaluate("e => e.scrollLeft"):
        page.wait_for_timeout(50)
    assert not (scripts and violations(page))
    page.set_viewport_size(LYING)
    box = picture.bounding_box()  # all of it at once
    assert box["x"] >= 0 and box["x"] + box["width"] <= LYING["width"]
    assert box["y"] >= 0 and box["y"] + box["height"] <= LYING["height"]
    page.keyboard.press("Escape")
    large.wait_for(state="hidden")
    assert button.evaluate("e => e === document.activeElement")
    context.close()
