"""`python -m book.pdf`: print the finished site as one book, `_build/html/efficient-ai.pdf`.

All pages of the table of contents are put into one document, which Chromium prints: links between
pages become links inside the PDF. The page numbers of its contents and its outline follow from
where the sections came to stand.
"""

import argparse
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from html import escape
from pathlib import Path
from posixpath import join, normpath

import yaml
from bs4 import BeautifulSoup, Tag
from pypdf import PdfReader, PdfWriter
from pypdf.generic import Fit

from book._ext.printed import TARGET, offer

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "_build" / "html"
LONG_CODE = 40  # lines: longer pieces may be broken over two pages
LEGIBLE = """share => {
  for (const image of document.querySelectorAll("figure img")) {
    image.style.maxHeight = `max(88mm, min(150mm, ${share * image.naturalHeight}px))`;
  }
}"""  # Tall figures get the height that their letters need.
SHARE = 0.72  # of the size that a figure was drawn for; the widest ones fill the page with it
ON_PAPER = "The page on the web lets you try this picture out."
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
NO_BROWSER = (
    "The PDF is printed by Chromium, and none was found. Get one from your system's packages "
    "(on Debian: apt install chromium) or with `python -m playwright install chromium`."
)
# What belongs to a screen and not to paper.
SCREEN_ONLY = (
    "a.headerlink, button, [popover], script, details.hide, .actions, .hero, .page-actions, "
    ".toctree-wrapper"
)
DOCUMENT = """<!DOCTYPE html>
<html lang="en" data-theme="light" class="printed-book"><head><meta charset="utf-8">
<title>{title}</title>{styles}
<script>window.MathJax = {{ options: {{ processHtmlClass: "math" }} }};</script>
<script src="_static/vendor/mathjax/tex-chtml.js"></script></head>
<body><main>{cover}{contents}{pages}</main></body></html>"""
FOOTER = """<style>#footer {{ padding: 0 }}</style><div style="font: 8px sans-serif; color: #566164;
width: 100%; padding: 0 20mm 6mm; display: flex; justify-content: space-between">
<span>{title}</span><span class="pageNumber"></span></div>"""
PAPER = {
    "format": "A4",
    "margin": {"top": "19mm", "bottom": "21mm", "left": "20mm", "right": "20mm"},
    "print_background": True,
    "display_header_footer": True,
    "header_template": "<span></span>",
}


BARE = {"display_header_footer": False, "print_background": False}
# The numbers into the contents, and everything else out of sight.
FILL_IN = """numbers => {
  document.querySelectorAll(".printed-page").forEach(page => { page.style.display = "none"; });
  document.querySelector("main").style.visibility = "hidden";
  for (const entry of document.querySelectorAll(".book-contents .page")) {
    entry.textContent = numbers[entry.dataset.of];
    entry.style.visibility = "visible";
  }
}"""


class NoBrowser(Exception):
    """There is nothing to print with."""


@dataclass
class Page:
    """One page of the site: where it lies, the part of the book it stands in, its article."""

    name: str  # book/pruning
    part: str
    article: Tag
    styles: list[str]

    def headings(self) -> list[tuple[int, str, str]]:
        """The page's title and its sections, as they are numbered: level, text, anchor."""
        found = self.article.select("h1, h2")
        return [(int(h.name[1]), h.get_text().strip(), h.find_parent(id=True)["id"]) for h in found]


# ---------------------------------------------------------------- what is printed, in which order


def contents(toc: Path = ROOT / "_toc.yml") -> list[tuple[str, str]]:
    """All pages of the table of contents but the start page, each with its part's caption."""
    parts = yaml.safe_load(toc.read_text(encoding="utf-8"))["parts"]
    return [(name, p["caption"]) for p in parts for e in p["chapters"] for name in _names(e, toc)]


def _names(entry: dict, toc: Path) -> list[str]:
    if "glob" in entry:
        found = toc.parent.glob(entry["glob"] + ".md")
        return sorted(path.relative_to(toc.parent).with_suffix("").as_posix() for path in found)
    below = [name for child in entry.get("sections", []) for name in _names(child, toc)]
    return [entry["file"], *below]


def read(site: Path, name: str, part: str) -> Page:
    """The printable part of a page, its links and anchors made unique in the whole book."""
    soup = BeautifulSoup((site / f"{name}.html").read_text(encoding="utf-8"), "html.parser")
    styles = [
        normpath(join(name, "..", link["href"])) for link in soup.select("link[rel=stylesheet]")
    ]
    article = soup.find("article")
    _for_paper(article)
    for useless in article.select(SCREEN_ONLY):
        useless.decompose()
    for still in article.select("noscript"):
        still.unwrap()  # the picture for those without scripts is the one for paper
    _localise(article, name)
    return Page(name, part, article.extract(), styles)


def _for_paper(article: Tag) -> None:
    """Say what holds on paper; mark what must stay together, and code that no page can hold."""
    for note in article.select(".explorer-note"):
        note.string = ON_PAPER
    for notebook in article.select(".exercise .actions a[download]"):
        notebook.parent.attrs = {}
        notebook.parent.string = (
            f"The notebook is {notebook['href'].lstrip('./')} in the repository."
        )
    for box in article.select(".quiz + .exercise"):  # alone it would begin an empty page
        box.find_previous_sibling(class_="quiz").select(".quiz-question")[-1].append(box)
    for code in article.select("div[class*=highlight-]"):
        if code.get_text().count("\n") > LONG_CODE:
            code["class"] = [*code["class"], "long-code"]


def anchor(name: str, place: str = "") -> str:
    """The id that a place on a page has in the printed book."""
    return f"{name.replace('/', '-')}--{place}" if place else name.replace("/", "-")


def _localise(article: Tag, name: str) -> None:
    for tag in article.select("[id]"):
        tag["id"] = anchor(name, tag["id"])
    for tag in article.select("[src]"):
        tag["src"] = normpath(join(name, "..", tag["src"]))
    for tag in article.select("[href]"):
        tag["href"] = _link(tag["href"], name)


def _link(address: str, name: str) -> str:
    """A link as it is in the book: to an anchor, or to the world; relative files have no place."""
    if re.match(r"\w+:", address):
        return address
    path, _, place = address.partition("#")
    target = normpath(join(name, "..", path)).removesuffix(".html") if path else name
    return f"#{anchor(target, place)}" if place else f"#{anchor(target)}"


# ---------------------------------------------------------------- the one document


def document(pages: list[Page], title: str, facts: dict[str, str]) -> str:
    """The whole book as one page of HTML."""
    styles = [*dict.fromkeys(style for page in pages for style in page.styles)]
    return DOCUMENT.format(
        title=escape(title),
        styles="".join(f'<link rel="stylesheet" href="{style}">' for style in styles),
        cover=_cover(title, facts),
        contents=_table_of_contents(pages),
        pages="".join(map(_chapter, pages)),
    )


def _cover(title: str, facts: dict[str, str]) -> str:
    lines = "".join(f"<p>{escape(text)}</p>" for text in facts.values())
    logo = '<img src="_static/logo.svg" alt="" width="84" height="105">'
    return (
        f'<section class="cover">{logo}<p class="cover-title">{escape(title)}</p>{lines}</section>'
    )


def _table_of_contents(pages: list[Page]) -> str:
    rows, part = [], None
    for page in pages:
        if page.part != part:
            part = page.part
            rows.append(f'<p class="part">{escape(part)}</p>')
        rows += [_entry(*heading) for heading in page.headings()]
    return f'<nav class="book-contents"><h1>Contents</h1>{"".join(rows)}</nav>'


def _entry(level: int, text: str, place: str) -> str:
    return (
        f'<p class="entry level-{level}"><a href="#{place}">{escape(text)}</a>'
        f'<span class="page" data-of="{place}"></span></p>'
    )


def _chapter(page: Page) -> str:
    page.article["class"] = ["bd-article", "printed-page"]
    return str(page.article)


def facts(config: dict, root: Path = ROOT) -> dict[str, str]:
    """What the cover says under the title."""
    cited = yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))
    git = ["git", "-C", str(root), "log", "-1", "--format=%cs, revision %h"]
    run = subprocess.run(git, capture_output=True, text=True)
    return {
        "claim": "Neural networks that fit: smaller, faster, and measured to be so.",
        "authors": ", ".join(author["name"] for author in cited["authors"]),
        "edition": run.stdout.strip() or f"version {cited['version']}",
        "address": config["repository"]["url"],
        "licence": "Text and figures CC BY 4.0, code MIT.",
    }


# ---------------------------------------------------------------- printing


def find_browser(playwright) -> str:
    """Where Chromium is, the system's or Playwright's; `NoBrowser` says how to get one."""
    own = playwright.chromium.executable_path
    found = next(filter(None, map(shutil.which, BROWSERS)), own if Path(own).exists() else None)
    if found is None:
        raise NoBrowser(NO_BROWSER)
    return found


def print_book(source: Path, target: Path, title: str) -> None:
    """Print a document, and its contents once more with nothing but the page numbers."""
    from playwright.sync_api import sync_playwright

    numbers = target.with_suffix(".numbers.pdf")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_browser(playwright), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        page.set_default_timeout(300_000)
        page.goto(source.as_uri(), wait_until="load")
        page.evaluate("MathJax.startup.promise")
        page.evaluate(LEGIBLE, SHARE)
        page.pdf(**PAPER, path=target, footer_template=FOOTER.format(title=escape(title)))
        page.evaluate(FILL_IN, page_numbers(PdfReader(target)))
        page.pdf(**{**PAPER, **BARE}, path=numbers)
        browser.close()
    _stamp(target, numbers)
    numbers.unlink()


def page_numbers(book: PdfReader) -> dict[str, int]:
    """The page, counted from one, that each named place of a PDF is on."""
    places = book.named_destinations.items()
    return {name.lstrip("/"): book.get_destination_page_number(place) + 1 for name, place in places}


def _stamp(target: Path, numbers: Path) -> None:
    writer = PdfWriter(clone_from=target)
    for page, overlay in zip(writer.pages, PdfReader(numbers).pages, strict=False):
        page.merge_page(overlay)
    writer.write(target)


def finish(target: Path, headings: list[tuple[int, str, str]], title: str, authors: str) -> int:
    """Write title, authors and the outline into the PDF; the number of its pages."""
    places = PdfReader(target).named_destinations
    numbers = page_numbers(PdfReader(target))
    writer, above = PdfWriter(clone_from=target), None
    for level, text, place in headings:
        top = Fit.xyz(left=0, top=float(places[f"/{place}"].top))
        parent = above if level > 1 else None
        item = writer.add_outline_item(
            title=text, page_number=numbers[place] - 1, parent=parent, fit=top, is_open=False
        )
        above = item if level == 1 else above
    writer.add_metadata({"/Title": title, "/Author": authors})
    writer.page_mode = "/UseOutlines"
    writer.write(target)
    return len(writer.pages)


def make(site: Path, target: Path) -> int:
    """Make the PDF of a finished site; the number of its pages."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    title, about = config["title"], facts(config)
    pages = [read(site, name, part) for name, part in contents()]
    source = site / "whole-book.html"  # beside what it refers to, for as long as it is printed
    try:
        source.write_text(document(pages, title, about), encoding="utf-8")
        print_book(source, target, title)
    finally:
        source.unlink(missing_ok=True)
    headings = [heading for page in pages for heading in page.headings()]
    return finish(target, headings, title, about["authors"])


def main(arguments: list[str] | None = None) -> int:
    """Command line; 0 when the PDF stands."""
    parser = argparse.ArgumentParser(prog="python -m book.pdf", description=__doc__)
    parser.add_argument("--site", type=Path, default=SITE)
    parser.add_argument("--out", type=Path, help=f"the file (default: {TARGET} in the site)")
    options = parser.parse_args(arguments)
    if not (options.site / "index.html").exists():
        print(
            f"There is no finished site in {options.site}. Run `make book` first.", file=sys.stderr
        )
        return 1
    target = options.out or options.site / TARGET
    try:
        count = make(options.site, target)
    except NoBrowser as error:
        print(error, file=sys.stderr)
        return 1
    offer(options.site)
    print(f"{target}: {count} pages, {target.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
