"""Figures that can be enlarged: each of them, by keyboard, with and without scripts."""

import pytest
from bs4 import BeautifulSoup
from website import pages, violations

UPRIGHT, LYING = {"width": 360, "height": 740}, {"width": 740, "height": 360}


def test_every_figure_has_its_button_and_the_picture_that_it_shows(site):
    found = 0
    for name in pages(site):
        if name.startswith("slides/"):  # they fill the window already
            continue
        soup = BeautifulSoup((site / name).read_text(encoding="utf-8"), "html.parser")
        for image in soup.select("article figure > img"):
            figure, found = image.parent, found + 1
            number = figure.select_one(".caption-number").get_text().strip()
            button = figure.select_one("button.enlarge")
            assert button["aria-label"] == f"Enlarge {number}", f"{name}: {number}"
            shown = figure.find(id=button["popovertarget"])
            assert shown.has_attr("popover") and shown["aria-label"] == number
            assert [i["src"] for i in shown.select("img")] == [image["src"]]
        assert not soup.select(".explorer .enlarge"), f"{name}: it would lie over the controls"
    assert found > 60


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
    page.wait_for_function("document.querySelector('.plate').scrollLeft > 0")
    assert not (scripts and violations(page))
    page.set_viewport_size(LYING)
    box = picture.bounding_box()  # all of it at once
    assert box["x"] >= 0 and box["x"] + box["width"] <= LYING["width"]
    assert box["y"] >= 0 and box["y"] + box["height"] <= LYING["height"]
    page.keyboard.press("Escape")
    assert not large.is_visible() and button.evaluate("e => e === document.activeElement")
    context.close()
