"""The published site, in a real browser: built, served under a sub-path, every page opened.

Screenshots at two widths in two themes are left in `_build/screenshots/` to be looked at.
"""

import ast
import json
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import nbformat
import pytest
from website import ROOT, pages, violations, watch

SHOTS = ROOT / "_build" / "screenshots"
THEMES, WIDTHS = ("light", "dark"), (1280, 360)
TALLEST = 12_000  # pixels of a picture; a chapter has three times as many
ZOOMED = 640  # a window of 1280 pixels at 200 %
FIRST_VISIT_BYTES = {"plain": 500_000, "chapter": 1_000_000}


# ---------------------------------------------------------------- every page


@dataclass
class Visit:
    """What a reader's first visit of a page brought: complaints, and bytes over the wire."""

    complaints: list[str]
    sent: int


def open_page(page, address: str) -> None:
    """Load a page; let its formulas be set and their fonts arrive."""
    page.goto(address, wait_until="load")
    page.evaluate("window.MathJax?.startup?.promise")
    page.evaluate("document.fonts.ready.then(() => true)")


def shoot(page, name: str, theme: str, width: int) -> None:
    """Leave a picture of the open page."""
    path = SHOTS / f"{name.removesuffix('.html').replace('/', '-')}-{theme}-{width}.jpg"
    height = min(page.evaluate("document.documentElement.scrollHeight"), TALLEST)
    clip = {"x": 0, "y": 0, "width": width, "height": height}
    page.screenshot(path=path, full_page=True, clip=clip, type="jpeg", animations="disabled")


@pytest.fixture(scope="module", params=THEMES)
def visits(request, site, server, browser) -> dict[str, Visit]:
    """Every page, visited in one theme by a browser that has seen none of them."""
    SHOTS.mkdir(exist_ok=True)
    names = [name for name in pages(site) if not name.startswith("slides/")]  # test_slides.py
    return {name: visit(browser, server, name, request.param) for name in names}


def visit(browser, server, name: str, theme: str) -> Visit:
    """Open a page, let axe look at it, and leave its pictures."""
    context = browser.new_context(color_scheme=theme, reduced_motion="reduce")
    page, before = context.new_page(), server.sent
    page.set_viewport_size({"width": WIDTHS[0], "height": 900})
    complaints = watch(page, server.address)
    open_page(page, server.address + name)
    sent = server.sent - before
    complaints += violations(page, None if theme == "light" else ["color-contrast"])
    for width in (*WIDTHS, ZOOMED):
        page.set_viewport_size({"width": width, "height": 900})
        overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        complaints += [f"{overflow} px too wide at {width}"] if overflow > 0 else []
        if width in WIDTHS:
            shoot(page, name, theme, width)
    context.close()
    return Visit([f"{name} ({theme}): {line}" for line in complaints], sent)


def test_every_page_is_quiet_accessible_and_fits(visits):
    complaints = [line for visit in visits.values() for line in visit.complaints]
    assert not complaints, "\n".join(complaints)


def test_first_visits_are_light(site, visits):
    heaviest = sorted(((visit.sent, name) for name, visit in visits.items()), reverse=True)
    print(
        *(f"{sent / 1000:6.0f} KB  {kind(site, name)}  {name}" for sent, name in heaviest), sep="\n"
    )
    over = [(n, sent) for sent, n in heaviest if sent > FIRST_VISIT_BYTES[kind(site, n)]]
    assert not over, over


def kind(site: Path, name: str) -> str:
    """Whether a page is plain, or has formulas or plots as a chapter has."""
    text = (site / name).read_text(encoding="utf-8")
    return "chapter" if "vendor/mathjax" in text or "_images/" in text else "plain"


@pytest.mark.parametrize("name", ["index", "book/pruning", "book/guides/instructor"])
def test_pages_of_a_phone_are_accessible(server, page, name):
    page.set_viewport_size({"width": 360, "height": 800})
    open_page(page, f"{server.address}{name}.html")
    assert not violations(page)
    buttons = "all => all.map(e => e.getBoundingClientRect().right <= innerWidth)"
    assert all(page.eval_on_selector_all(".bd-header-article :is(button, a, summary)", buttons))


def test_theme_follows_the_reader_and_the_switch(server, page):
    page.emulate_media(color_scheme="dark")
    page.goto(server.address)
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    page.locator(".theme-switch-button").first.click()  # system settings → light
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    assert page.evaluate(ground) != dark


def test_every_picture_says_what_it_shows(site):
    silent = []
    for name in pages(site):
        text = (site / name).read_text(encoding="utf-8")
        main = text[text.find("<article") : text.rfind("</article>")]
        silent += [(name, tag) for tag in re.findall(r"<img\b[^>]*>", main) if not alt(tag)]
    assert not silent, silent


def alt(tag: str) -> str:
    """The alternative text of an image; a file name is none."""
    found = re.search(r'alt="([^"]*)"', tag)
    text = found[1] if found else ""
    return "" if text.startswith(("_images", "../")) or text.endswith(".svg") else text


# ---------------------------------------------------------------- links


def test_internal_links_resolve(site, links):
    broken = []
    for name, page in links.items():
        for address in page.addresses:
            target, anchor = urldefrag(unquote(urljoin(name, address)))
            if urlsplit(address).scheme or address.startswith("//"):
                continue
            target = target.split("?")[0]
            if not (site / target).is_file():
                broken.append(f"{name}: {address}")
            elif target in links and unquote(anchor) not in links[target].anchors:
                broken.append(f"{name}: {address} (no such anchor)")
    assert not broken, "\n".join(broken)


def test_pages_name_no_other_host_to_load_from(links):
    loaded = {(name, a) for name, page in links.items() for a in page.loaded}
    assert not {(n, a) for n, a in loaded if urlsplit(a).scheme or a.startswith("//")}


def test_pages_work_without_a_server(site, browser):
    context = browser.new_context()
    page = context.new_page()
    noise = watch(page, "file://")
    open_page(page, (site / "index.html").as_uri())
    page.click(".chapter-card a >> nth=2")
    page.wait_for_selector("mjx-container")
    assert page.inner_text(".bd-article h1").startswith("3.")
    assert not noise, noise
    page.goto(
        (site / "search.html").as_uri() + "?q=saliency"
    )  # without excerpts, which are fetched
    page.wait_for_selector("#search-results li a")
    context.close()


# ---------------------------------------------------------------- nothing hidden leaks


def test_no_solution_is_published(site):
    published = "\n".join(
        path.read_text(encoding="utf-8")
        for path in site.rglob("*")
        if path.suffix in {".html", ".ipynb", ".js", ".md", ".txt"} and "vendor" not in path.parts
    )
    topics = sorted(path.stem for path in (ROOT / "exercises").glob("*.ipynb"))
    secrets = [line for topic in topics for line in secret_lines(topic)]
    assert len(secrets) > 20, "the masters hold more hidden lines than this; is their format new?"
    assert not [line for line in secrets if line in published]


def secret_lines(topic: str) -> list[str]:
    """Long lines of a master's code that stand in no file that students get."""
    master = (ROOT / "solutions" / f"{topic}.md").read_text(encoding="utf-8")
    cells = re.findall(r"^```\{code-cell\}[^\n]*\n(.*?)^```", master, re.M | re.S)
    lines = {line.strip() for cell in cells for line in cell.splitlines() if len(line.strip()) > 45}
    public = [ROOT / "book" / f"{topic}.md", *(ROOT / "efficientai").rglob("*.py")]
    known = "\n".join(path.read_text(encoding="utf-8") for path in public)
    exercise = nbformat.read(ROOT / "exercises" / f"{topic}.ipynb", as_version=4)
    known += "\n".join(cell.source for cell in exercise.cells)
    return sorted(line for line in lines if line not in known)


# ---------------------------------------------------------------- reading it


FIND = """words => words.map(word => Search._performSearch(...Search._parseQuery(word))
  .map(result => result[0]))"""


def found(page, words: list[str]) -> list[set[str]]:
    """The pages that the site's search names for each of the words."""
    page.wait_for_function("typeof Search === 'object' && Search.hasIndex()")
    return [set(pages) for pages in page.evaluate(FIND, words)]


def test_search_finds_every_public_name(server, page):
    page.goto(f"{server.address}search.html")
    names = [(m.stem, n) for m in (ROOT / "efficientai").glob("[a-z]*.py") for n in public(m)]
    assert len(names) > 200
    results = found(page, [name for _, name in names])
    missing = [
        f"{module}.{name}"
        for (module, name), pages in zip(names, results, strict=True)
        if f"book/reference/efficientai.{module}" not in pages
    ]
    assert not missing


def public(path: Path) -> list[str]:
    """The functions and classes that a module offers."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    defined = [n.name for n in body if isinstance(n, ast.FunctionDef | ast.ClassDef)]
    return [name for name in defined if not name.startswith("_")]


def test_search_finds_every_page_by_its_title(site, server, page):
    page.goto(f"{server.address}search.html")
    titles = {
        n: title(site / n)
        for n in pages(site)
        if (site / "_sources" / n).with_suffix(".md").exists()
    }
    results = found(page, list(titles.values()))
    missing = [n for n, pages in zip(titles, results, strict=True) if n[:-5] not in pages]
    assert len(titles) > 40 and not missing


def title(path: Path) -> str:
    """The words of a page's heading."""
    article = path.read_text(encoding="utf-8").partition("<article")[2]
    heading = re.search(r"<h1>(.*?)<a class=\"headerlink", article, re.S)[1]
    text = re.sub(r'<span class="section-number">.*?</span>|<[^>]+>', "", heading)
    return re.sub(r"[^\w. ]", " ", text)


@pytest.mark.parametrize("theme", THEMES)
def test_search_by_keyboard_leads_to_a_page(server, page, theme):
    page.emulate_media(color_scheme=theme)
    page.goto(server.address)
    page.keyboard.press("Control+k")
    page.keyboard.type("saliency")
    page.keyboard.press("Enter")
    page.wait_for_selector("#search-results li a")
    page.wait_for_load_state("networkidle")  # the excerpts below the titles
    assert not violations(page)
    shoot(page, "search-results", theme, WIDTHS[0])
    excerpts = page.locator("#search-results p.context").all_inner_texts()
    assert any(re.search("saliency:? A score that", text) for text in excerpts)  # the glossary
    cut = re.compile(r"^\.\.\.|Open in Colab|\\\(")  # in the middle of a word, or what is no prose
    assert not [text for text in excerpts if cut.search(text)]
    page.focus("#search-results li a")
    page.keyboard.press("Enter")
    page.wait_for_url("**/book/**")
    assert "saliency" in page.inner_text("article")


def test_search_that_finds_nothing_says_what_to_try(server, page):
    page.goto(f"{server.address}search.html?q=zzqxv")
    page.wait_for_selector("#search-results >> text=try fewer of them")


def test_what_is_copied_from_a_transcript_is_the_command(server, page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{server.address}book/guides/instructor.html", wait_until="networkidle")
    page.locator(".highlight-console button.copybtn").first.click(force=True)  # seen on hovering
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.strip() == "python -m autograder sample pruning --out submissions/"


def test_formulas_are_set_by_the_site_itself(server, page):
    page.goto(server.address + "book/pruning.html", wait_until="networkidle")
    page.wait_for_selector("mjx-container")
    assert "\\(" not in page.inner_text("article")


def test_start_page_slider_prunes_what_was_measured(server, page):
    page.goto(server.address, wait_until="networkidle")
    levels = json.loads(page.get_attribute(".hero-figure", "data-levels"))
    slider = page.locator("#hero-sparsity")
    for index in (0, len(levels) - 1):
        slider.fill(str(index))
        text = page.inner_text(".hero-figure figcaption")
        assert f"{levels[index]['kept']} of {levels[0]['kept']}" in text
        assert f"{levels[index]['accuracy']:.1f} %" in text
    gone = sum(d.count("M") for d in attributes(page, ".edge.gone", "d"))
    assert gone == levels[0]["kept"] - levels[-1]["kept"]


def attributes(page, selector: str, name: str) -> list[str]:
    """One attribute of all elements that match."""
    return page.eval_on_selector_all(selector, f"all => all.map(e => e.getAttribute('{name}'))")


MARK_STOPS = """() => [...document.querySelectorAll("a[href], button, input, summary, select, pre")]
  .filter(e => e.checkVisibility({visibilityProperty: true}) && !e.disabled && e.tabIndex >= 0)
  .filter((e, n, all) => e.type !== "radio" || all.find(o => o.name === e.name) === e)
  .map((e, n) => e.dataset.stop = n).length"""
STOP = """() => {
  const e = document.activeElement;
  const ring = [e, ...(e.labels ?? [])].map(part => getComputedStyle(part))
    .some(style => parseFloat(style.outlineWidth) > 0 && style.outlineStyle !== "none");
  return {stop: e.dataset.stop ?? null, ring, text: e.textContent.trim().slice(0, 40)};
}"""


@pytest.mark.parametrize("name", ["index", "book/pruning", "book/guides/instructor"])
def test_keyboard_reaches_everything_and_shows_where_it_is(server, page, name):
    open_page(page, f"{server.address}{name}.html")
    count = page.evaluate(MARK_STOPS)
    reached = []
    while len(reached) < 3 * count:
        page.keyboard.press("Tab")
        reached.append(page.evaluate(STOP))
        if reached[-1]["text"] == reached[0]["text"] and len(reached) > 1:
            break
    assert reached[0]["text"] == "Skip to main content"
    stops = {int(r["stop"]) for r in reached if r["stop"] is not None}
    missed = [page.locator(f"[data-stop='{n}']").inner_text() for n in set(range(count)) - stops]
    assert count > 20 and not missed, missed
    assert not [r for r in reached if not r["ring"] and r["stop"]]


def test_skip_link_leads_into_the_text(server, page):
    page.goto(server.address + "book/pruning.html")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


def test_keyboard_opens_the_code_and_the_other_places(server, page):
    page.goto(server.address + "book/pruning.html")
    for selector in ("details.hide > summary", "details.places > summary"):
        page.locator(selector).first.focus()
        page.keyboard.press("Enter")
        assert page.locator(selector).first.evaluate("e => e.parentElement.open")
    assert page.locator(".places a").first.is_visible()


def test_print_shows_the_text_alone(server, page):
    page.goto(server.address + "book/pruning.html")
    page.emulate_media(media="print")
    for selector in (".bd-sidebar-primary", ".bd-sidebar-secondary", ".page-actions"):
        assert not page.locator(selector).first.is_visible(), selector
    assert page.locator("h1:visible").count() == 1  # the theme's own, for paper


def test_every_module_has_a_reference_page(links):
    modules = {p.stem for p in (ROOT / "efficientai").glob("*.py") if not p.stem.startswith("_")}
    missing = [m for m in modules if f"book/reference/efficientai.{m}.html" not in links]
    assert not missing, f"write book/reference/efficientai.<module>.md for {missing}"
