"""The explorers' pages for tests: opened once, driven, and asked what their functions return."""

import json

import pytest
from website import watch

PAGES = {
    "bits": "book/numerics.html",
    "deployment": "book/deployment.html",
    "pareto": "book/evaluation.html",
    "roofline": "book/hardware.html",
}


@pytest.fixture(scope="module")
def opened() -> dict:
    """Pages of explorers that are open already, each with what went wrong on it."""
    return {}


@pytest.fixture
def explore(browser, server, opened):
    """Opens the page of an explorer, anew or as the last test left it; nothing may go wrong."""

    def show(name: str, fresh: bool = False):
        if name not in opened:
            page = without_formulas(browser.new_page(viewport={"width": 1280, "height": 900}))
            opened[name] = page, watch(page, server.address)
        page, _ = opened[name]
        if fresh or page.url != server.address + PAGES[name]:
            page.goto(server.address + PAGES[name], wait_until="domcontentloaded")
            page.wait_for_selector(f"figure.live [data-explorer={name}]")
        return page

    yield show
    noise = [line for _, wrong in opened.values() for line in wrong]
    for _, wrong in opened.values():
        wrong.clear()
    assert not noise, "\n".join(noise)


def without_formulas(page):
    """The same page; its formulas, which no explorer has, would take longer than all the rest."""
    page.route("**/mathjax/**", lambda route: route.fulfill(body=""))
    return page


def computed(page, name: str, function: str, calls: list[tuple]) -> list:
    """What a function of an explorer returns for each tuple of arguments."""
    script = f"calls => calls.map(c => explorers.known.{name}.{function}(...c))"
    return page.evaluate(script, [list(call) for call in calls])


def known(page, name: str) -> dict:
    """The data that were put into the page for an explorer."""
    return json.loads(page.inner_html(f"[data-explorer={name}] > script"))
