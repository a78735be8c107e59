"""The chapters' slide decks, in a real browser: complete, quiet, and inside their frame."""

import re

import pytest
from bs4 import BeautifulSoup
from website import ROOT, Links, violations, watch

DECKS = sorted(path.stem for path in (ROOT / "exercises").glob("*.ipynb"))
EXTRA = ["conclusion", "introduction"]  # pages with code that are no topics
FEWEST, MOST = 15, 40
SMALLEST = 0.6  # the scale of the fullest slide's text
LEGIBLE = 0.8  # the scale of the largest figure: what is drawn smaller cannot be read from afar
RAW = re.compile(r"\{[a-z:]+\}`|\]\{\.(?:key|ask|show)|^:{3,}|\(\?\)", re.M)
# Every slide in turn: what stands out of its frame, how small its text and its figure became.
SHAPES = """() => [...document.querySelectorAll(".slides > section")].map((slide, number) => {
  Reveal.slide(number);
  const frame = slide.getBoundingClientRect();
  const outside = [...slide.querySelectorAll("h1, h2, li, img, svg, pre, table, figcaption, p")]
    .filter(part => !part.closest(".notes") && part.getClientRects().length)
    .filter(part => {
      const box = part.getBoundingClientRect();
      return Math.max(box.bottom - frame.bottom, box.right - frame.right, frame.top - box.top) > 1;
    });
  const figure = slide.querySelector("figure > img, figure > div svg");
  const box = figure?.getBoundingClientRect();
  const drawn = figure && (figure.viewBox?.baseVal
    ?? {width: figure.naturalWidth, height: figure.naturalHeight});
  return {name: slide.id,
          drawn: figure ? Math.min(box.width / drawn.width, box.height / drawn.height) : 1,
          scale: +slide.style.getPropertyValue("--scale"),
          over: slide.scrollHeight - slide.clientHeight,
          wide: slide.scrollWidth - slide.clientWidth,
          outside: outside.map(part => part.tagName + " " + part.textContent.slice(0, 40)),
          unseen: Reveal.getCurrentSlide() !== slide};
})"""


@pytest.fixture(scope="module")
def decks(site) -> dict[str, BeautifulSoup]:
    """Every deck as it is in the site."""
    return {path.stem: soup(path) for path in (site / "slides").glob("*.html")}


@pytest.fixture(scope="module")
def articles(site) -> dict[str, BeautifulSoup]:
    """The pages that the decks are made from."""
    return {name: soup(site / "book" / f"{name}.html").article for name in DECKS + EXTRA}


def soup(path) -> BeautifulSoup:
    """A page of the site, read."""
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def words(node) -> str:
    """Text without spaces, so that markup between words does not matter."""
    return re.sub(r"\s+", "", node.get_text())


def open_deck(page, address: str, topic: str):
    """Load a deck and wait until it can be shown."""
    page.goto(f"{address}slides/{topic}.html")
    page.wait_for_selector("html.ready")


@pytest.fixture
def screen(browser):
    """A tab of a projector's shape."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    yield context.new_page()
    context.close()


def test_every_chapter_has_a_deck_of_a_lecture_s_length_and_links_to_it(site, decks):
    assert sorted(decks) == sorted(DECKS + EXTRA)
    counts = {topic: len(decks[topic].select(".slides > section")) for topic in DECKS}
    assert not {t: n for t, n in counts.items() if not FEWEST <= n <= MOST}
    for topic in decks:
        links = Links((site / "book" / f"{topic}.html").read_text("utf-8")).addresses
        assert f"../slides/{topic}.html" in links


def test_a_deck_holds_the_chapter_s_figures_and_their_texts(articles, decks):
    for topic, deck in decks.items():
        article = articles[topic]
        for image in article.select("figure img"):
            shown = deck.select_one(f'img[src="{image["src"]}"]')
            assert shown and shown["alt"] == image["alt"], f"{topic}: {image['src']}"
            slide = words(shown.find_parent("section"))
            caption = image.find_parent("figure").select_one(".caption-text")
            for sentence in re.split(r"(?<=[.?!])\s+", caption.get_text()):
                assert re.sub(r"\s+", "", sentence) in slide, f"{topic}: {sentence}"


def test_no_prose_of_a_chapter_is_lost(articles, decks):
    for topic, deck in decks.items():
        notes = "".join(map(words, deck.select(".notes"))) + "".join(
            map(words, deck.select(".exercise"))
        )
        article = articles[topic]
        prose = article.select("section > p, section > ul > li > p, .admonition li > p")
        missing = [
            p.get_text()[:80] for p in prose if words(p) not in notes and not p.find_parent("table")
        ]
        assert len(prose) > 15 and not missing, f"{topic}: {missing}"


def test_nothing_of_the_source_s_markup_is_left(decks):
    left = {topic: RAW.findall(deck.get_text()) for topic, deck in decks.items()}
    assert not {topic: found for topic, found in left.items() if found}


def test_bullets_end_as_sentences_and_titles_announce_nothing(decks):
    for topic, deck in decks.items():
        for item in deck.select(".slides > section > ul > li"):
            formulas = [
                f for f in (item, item.find_next_sibling("li")) if f and f.select("div.math")
            ]
            assert formulas or re.search(r"[.?!][”)]?$", words(item)), f"{topic}: {item.get_text()}"
        titles = [title.get_text() for title in deck.select("h2")]
        assert not [title for title in titles if title[-1] in ":;,"], topic


def test_a_long_table_takes_several_slides_and_loses_no_row(articles, decks):
    slides = decks["numerics"].select("section[id^=the-table-measured-table]")
    whole = articles["numerics"].select_one("#the-table-measured table")
    assert len(slides) > 1 and all(len(words(slide.table)) < 1200 for slide in slides)
    rows = [words(row) for slide in slides for row in slide.select("tbody tr")]
    assert rows == [words(row) for row in whole.select("tbody tr")]
    assert {words(slide.thead) for slide in slides} == {words(whole.thead)}


def test_a_slide_says_where_it_stands_and_not_twice(decks):
    for topic, deck in decks.items():
        for slide in deck.select(".slides > section:has(> h2)"):
            kicker = slide.select_one(".kicker")
            place, title = kicker and kicker.get_text(), slide.h2.get_text()
            assert place or words(deck.h1).startswith(words(slide.h2)), f"{topic}: {title}"
            assert not (place and place.endswith(title)), f"{topic}: {title}"


def test_a_prediction_is_followed_by_an_answer(decks):
    asked = 0
    for topic, deck in decks.items():
        slides = deck.select(".slides > section")
        questions = [n for n, slide in enumerate(slides) if "question" in slide["class"]]
        asked += len(questions)
        for n in questions:
            assert any(slide.select_one(".notes") for slide in slides[n - 1 : n + 2]), topic
            assert "exercise" not in slides[n + 1]["class"]
    assert asked >= 2 * len(DECKS)


@pytest.mark.parametrize("topic", DECKS + EXTRA)
def test_every_slide_fits_its_frame_and_is_quiet(server, screen, topic):
    noise = watch(screen, server.address)
    open_deck(screen, server.address, topic)
    wrong = [
        shape
        for shape in screen.evaluate(SHAPES)
        if shape["over"] > 0
        or shape["wide"] > 0
        or shape["outside"]
        or shape["unseen"]
        or shape["scale"] < SMALLEST
        or shape["drawn"] < LEGIBLE
    ]
    assert not wrong and not noise


def test_decks_fit_a_telephone(server, browser):
    context = browser.new_context(viewport={"width": 360, "height": 740})
    page = context.new_page()
    open_deck(page, server.address, "deployment")
    shapes = page.evaluate(SHAPES)
    printed = "#three-places-to-run-code .printed pre"
    assert page.locator(printed).evaluate("e => getComputedStyle(e).whiteSpace") == "pre"
    open_deck(page, server.address, "pruning")
    shapes += page.evaluate(SHAPES)
    seen = page.evaluate("getComputedStyle(document.querySelector('.present')).fontSize")
    zoom = page.evaluate("Reveal.getScale()")
    context.close()
    assert not [s for s in shapes if s["over"] > 0 or s["wide"] > 0 or s["outside"]]
    assert float(seen.removesuffix("px")) * zoom > 12


@pytest.mark.parametrize("topic", DECKS + EXTRA)
def test_slides_of_every_kind_are_accessible(server, browser, topic):
    found = []
    for theme, rules in (("light", None), ("dark", ["color-contrast"])):
        context = browser.new_context(color_scheme=theme, viewport={"width": 1280, "height": 720})
        page = context.new_page()
        open_deck(page, server.address, topic)
        assert page.evaluate("document.documentElement.dataset.theme") == theme
        found += violations(page, rules)  # the frame, with the title
        for kind, number in first_of_each_kind(page).items():
            page.evaluate("n => Reveal.slide(n)", number)
            found += [f"{kind} ({theme}): {line}" for line in violations(page, rules, ".present")]
        context.close()
    assert not found


def first_of_each_kind(page) -> dict[str, int]:
    """The numbers of the slides that stand for all those of their make."""
    makes = page.evaluate(
        """[...document.querySelectorAll(".slides > section")].map(slide =>
        slide.classList[0] + (slide.querySelector("pre") ? " with code" : "")
        + (slide.classList.contains("statement") ? " alone" : ""))"""
    )
    return {make: n for n, make in reversed(list(enumerate(makes)))}


def test_keys_go_on_and_back_and_change_the_theme(server, screen):
    open_deck(screen, server.address, "pruning")
    at = "Reveal.getState().indexh"
    positions = []
    for key in ("ArrowRight", "Space", "ArrowLeft", "End", "Home"):
        screen.keyboard.press(key)
        positions.append(screen.evaluate(at))
    last = screen.evaluate("Reveal.getTotalSlides()") - 1
    assert positions == [1, 2, 1, last, 0]
    screen.keyboard.press("d")
    assert screen.evaluate("document.documentElement.dataset.theme") == "dark"
    screen.keyboard.press("Escape")
    assert screen.evaluate("Reveal.isOverview()")


def test_a_slide_has_an_address_and_notes_hold_formulas(server, screen):
    open_deck(screen, server.address, "pruning")
    screen.evaluate("location.hash = '#/fig-3-2'")
    screen.wait_for_selector("#fig-3-2.present")
    assert screen.inner_text(".slide-number").split() != []
    assert "\\(" not in screen.evaluate(
        "document.querySelector('#what-the-loss-says .notes').textContent"
    )
    assert screen.locator("#what-the-loss-says .notes math").count() > 3


def test_a_deck_works_from_a_file(site, screen):
    address = (site / "slides" / "pruning.html").as_uri()
    noise = watch(screen, site.as_uri())
    screen.goto(address)
    screen.wait_for_selector("html.ready")
    screen.wait_for_function("[...document.images].every(i => i.complete && i.naturalWidth)")
    assert screen.locator("mjx-container").count() > 0 and not noise
