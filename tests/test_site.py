"""The published site, in a real browser: built, served under a sub-path, every page opened.

Screenshots at two widths in two themes are left in `_build/screenshots/` to be looked at.
"""

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import nbformat
import pytest
from website import ROOT, violations, watch

SHOTS = ROOT / "_build" / "screenshots"
THEMES, WIDTHS = ("light", "dark"), (1280, 360)
FIRST_VISIT_BYTES = 500_000
COLAB = re.compile(r"https://colab\.research\.google\.com/github/([^/]+/[^/]+)/blob/([^/]+)/(.+)")


# ---------------------------------------------------------------- every page


def pages(site: Path) -> list[str]:
    """The address of every page, relative to the start."""
    found = (path.relative_to(site) for path in site.rglob("*.html"))
    return sorted(path.as_posix() for path in found if path.parts[0] != "_static")


def open_page(page, address: str) -> None:
    """Load a page and let its formulas be set."""
    page.goto(address, wait_until="load")
    page.evaluate("window.MathJax?.startup?.promise")


def shoot(page, name: str, theme: str, width: int) -> None:
    """Leave a picture of the open page."""
    path = SHOTS / f"{name.removesuffix('.html').replace('/', '-')}-{theme}-{width}.jpg"
    page.screenshot(path=path, full_page=True, type="jpeg", quality=80, animations="disabled")


@pytest.mark.parametrize("theme", THEMES)
def test_every_page_is_quiet_accessible_and_fits(site, server, browser, theme):
    SHOTS.mkdir(exist_ok=True)
    context = browser.new_context(color_scheme=theme, reduced_motion="reduce")
    wrong = []
    for name in pages(site):
        page = context.new_page()
        noise = watch(page, server.address)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            if width == WIDTHS[0]:
                open_page(page, server.address + name)
                noise += violations(page, None if theme == "light" else ["color-contrast"])
            overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            noise += [f"{overflow} px too wide at {width}"] if overflow > 0 else []
            shoot(page, name, theme, width)
        wrong += [f"{name} ({theme}): {line}" for line in noise]
        page.close()
    context.close()
    assert not wrong, "\n".join(wrong)


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


class Links(HTMLParser):
    """Collects the addresses that a page refers to, and the anchors that it offers."""

    def __init__(self, text: str):
        super().__init__()
        self.addresses: list[str] = []
        self.anchors: set[str] = {"", "top"}
        self.feed(text)

    def handle_starttag(self, tag, attributes) -> None:
        """Note one tag."""
        given = dict(attributes)
        self.addresses += [given[key] for key in ("href", "src", "action") if given.get(key)]
        self.anchors |= {given[key] for key in ("id", "name") if given.get(key)}


@pytest.fixture(scope="session")
def links(site) -> dict[str, Links]:
    """The links of every page."""
    return {name: Links((site / name).read_text(encoding="utf-8")) for name in pages(site)}


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


def test_launch_links_open_what_is_deployed(site, links):
    opened = {m.groups() for p in links.values() for a in p.addresses if (m := COLAB.match(a))}
    places = {"gh-pages": site, "main": ROOT}
    missing = [where for where in opened if not (places[where[1]] / where[2]).is_file()]
    assert {branch for _, branch, _ in opened} == {"gh-pages", "main"}
    assert len({owner for owner, _, _ in opened}) == 1
    assert not missing


def test_every_chapter_and_exercise_can_be_launched(site, links):
    for chapter in chapters():
        addresses = links[f"book/{chapter}.html"].addresses
        assert any(a.endswith(f"/blob/gh-pages/_sources/book/{chapter}.ipynb") for a in addresses)
        assert any(a.endswith(f"/blob/main/exercises/{chapter}.ipynb") for a in addresses)
        assert f"../exercises/{chapter}.ipynb" in addresses


def chapters() -> list[str]:
    """The topics whose exercises exist."""
    return sorted(path.stem for path in (ROOT / "exercises").glob("*.ipynb"))


def test_launched_chapters_run_from_the_top(site, tmp_path):
    for chapter in chapters():
        notebook = nbformat.read(site / "_sources" / "book" / f"{chapter}.ipynb", as_version=4)
        nbformat.validate(notebook)
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        assert "google.colab" in code[0].source and "git+https://" in code[0].source
        assert all(cell.outputs == [] for cell in code)
        prose = "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")
        left = re.findall(r"^(?:`{3,}|:{3,})\{.*|\{[a-z:-]+\}`[^`]*`|\(\?\)", prose, re.M)
        assert not left, f"directives and roles that Jupyter does not know: {left}"
        assert not undefined("\n".join(cell.source for cell in code[1:]), tmp_path)


def undefined(code: str, folder: Path) -> str:
    """Names that the code uses and nobody defines, as ruff reports them."""
    (folder / "chapter.py").write_text(code, encoding="utf-8")
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "F821"]
    run = subprocess.run(
        [*command, "--quiet", "chapter.py"], cwd=folder, capture_output=True, text=True
    )
    return run.stdout


# ---------------------------------------------------------------- nothing hidden leaks


def test_no_solution_is_published(site):
    published = "\n".join(
        path.read_text(encoding="utf-8")
        for path in site.rglob("*")
        if path.suffix in {".html", ".ipynb", ".js", ".md", ".txt"} and "vendor" not in path.parts
    )
    secrets = [line for topic in chapters() for line in secret_lines(topic)]
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


@pytest.mark.parametrize(
    "word, expected", [("saliency", "glossary"), ("magnitude_mask", "pruning")]
)
def test_search_finds(server, page, word, expected):
    page.goto(f"{server.address}search.html?q={word}")
    page.wait_for_selector("#search-results li a")
    targets = page.eval_on_selector_all("#search-results li a", "all => all.map(a => a.href)")
    assert any(expected in target for target in targets)


def test_first_visit_of_a_plain_page_is_light(server, page):
    before = server.sent
    page.goto(server.address, wait_until="networkidle")
    assert 0 < server.sent - before < FIRST_VISIT_BYTES


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


def test_keyboard_reaches_content_and_doors(server, page):
    page.goto(server.address, wait_until="networkidle")
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent.trim().slice(0, 40)"))
    assert reached[0] == "Skip to main content"
    assert {"Open the exercise", "Grade a class", "Read the introduction"} <= set(reached)


def test_every_module_has_a_reference_page(links):
    modules = {p.stem for p in (ROOT / "efficientai").glob("*.py") if not p.stem.startswith("_")}
    missing = [m for m in modules if f"book/reference/efficientai.{m}.html" not in links]
    assert not missing, f"write book/reference/efficientai.<module>.md for {missing}"
