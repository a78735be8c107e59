"""The book as a PDF: complete, in order, navigable, and nothing cut off."""

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from bs4 import BeautifulSoup
from pypdf import PdfReader
from website import ROOT

from book import pdf
from book._ext import printed

A4 = (596.5, 843.5)  # points; the browser rounds up
MEGABYTES = 8

# What stands out of its box or of the paper, in the document that is printed.
CUT = """() => [...document.querySelectorAll("pre, table, img, svg, mjx-container")]
  .filter(part => part.getBoundingClientRect().right > innerWidth + 1
    || (part.tagName === "PRE" && part.scrollWidth > part.clientWidth + 1))
  .map(part => part.tagName + " " + part.textContent.trim().slice(0, 60))"""


# Figures whose letters are less than six tenths of the size that they were drawn in.
SMALL = """() => [...document.querySelectorAll("figure img")]
  .map(image => [image.height / image.naturalHeight, image.alt.slice(0, 60)])
  .filter(([scale]) => scale < 0.6)"""


@pytest.fixture(scope="module")
def book(site, browser, tmp_path_factory):  # the browser skips where there is none
    """The printed book, read back; printed by the command, as `make pdf` does."""
    target = tmp_path_factory.mktemp("pdf") / "book.pdf"
    command = [sys.executable, "-m", "book.pdf", "--site", site, "--out", target]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return PdfReader(target)


@pytest.fixture(scope="module")
def pages(site) -> list[pdf.Page]:
    """What is printed."""
    return [pdf.read(site, name, part) for name, part in pdf.contents()]


@pytest.fixture(scope="module")
def texts(book) -> list[str]:
    """The letters and digits of every page; quotation marks and spaces differ from the site's."""
    return [re.sub(r"[\Wʼ]+", "", page.extract_text()) for page in book.pages]


def outline(items, level: int = 1):
    """The outline as a flat list of levels and items."""
    for item in items:
        if isinstance(item, list):
            yield from outline(item, level + 1)
        else:
            yield level, item


def test_contents_follow_the_table_of_contents():
    names = [name for name, _ in pdf.contents()]
    toc = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    written = re.findall(r"file: (book/[\w/]+)", toc)
    assert [name for name in names if name in written] == written
    modules = {p.stem for p in (ROOT / "book" / "reference").glob("efficientai.*.md")}
    assert modules <= {name.split("/")[-1] for name in names} and len(modules) > 10


def test_outline_has_every_page_and_section_in_order(book, pages, texts):
    found = [(level, item.title) for level, item in outline(book.outline)]
    assert found == [(level, text) for page in pages for level, text, _ in page.headings()]
    for _, item in outline(book.outline):
        title = re.sub(r"[\Wʼ]+", "", item.title)
        assert title in texts[book.get_destination_page_number(item)], item.title


def test_contents_say_the_right_page(book, texts):
    first = book.get_destination_page_number(book.outline[0])
    front = "".join(texts[1:first])
    numbers = {n for p in book.pages[1:first] for n in re.findall(r"\d+", p.extract_text())}
    for level, item in outline(book.outline):
        if level == 1:
            assert re.sub(r"[\Wʼ]+", "", item.title) in front
            assert str(book.get_destination_page_number(item) + 1) in numbers, item.title
    assert texts[10].endswith("11"), "page numbers count from the cover"


def test_all_text_of_all_pages_can_be_found(pages, texts):
    whole = "".join(texts)
    missing = []
    for page in pages:
        prose = page.article.select("section > p, li > p, .cell_input pre")
        plain = [p for p in prose if not p.select_one(".math, sup, sub, img")]
        for block in plain:
            piece = re.sub(r"[\Wʼ]+", "", block.get_text())[:50]
            missing += [] if piece in whole else [f"{page.name}: {piece}"]
    assert not missing, missing[:10]


def squeezed(node) -> str:
    """The letters and digits of a node, as in `texts`."""
    return re.sub(r"[\Wʼ]+", "", node.get_text())


def test_a_paragraph_and_a_definition_stay_on_one_page(pages, texts):
    torn = []
    for page in pages:
        plain = [
            p
            for p in page.article.select("section > p")
            if not p.select(".math, sup, sub, [hidden]")
        ]
        whole = [squeezed(p) for p in plain]
        defined = [
            dt for dt in page.article.select("dl.glossary > dt") if dt.find_next_sibling("dd")
        ]
        whole += [squeezed(dt) + squeezed(dt.find_next_sibling("dd"))[:20] for dt in defined]
        torn += [text[:60] for text in whole if not any(text in other for other in texts)]
    assert not torn, torn


def test_paper_is_told_what_holds_on_paper(pages, texts):
    whole = "".join(texts)
    explorers = [page for page in pages if page.article.select("figure.explorer")]
    assert len(explorers) == 4 and whole.count(re.sub(r"\W+", "", pdf.ON_PAPER)) == 4
    assert "scriptsswitchedon" not in whole
    topics = [path.stem for path in (ROOT / "exercises").glob("*.ipynb")]
    assert not [t for t in topics if f"Thenotebookisexercises{t}ipynbintherepository" not in whole]
    assert not [text for text in texts if text.startswith("Nowyou")], "alone on a page"


def test_no_page_is_wider_than_a4_and_fonts_travel_along(book):
    assert all(float(p.mediabox[2]) <= A4[0] and float(p.mediabox[3]) <= A4[1] for p in book.pages)
    for page in book.pages:
        for font in page.get("/Resources", {}).get("/Font", {}).values():
            assert is_embedded(font.get_object()), font.get_object().get("/BaseFont")


def is_embedded(font) -> bool:
    """Whether the shapes of a font's letters are in the file."""
    if font["/Subtype"] == "/Type3":
        return "/CharProcs" in font  # its letters are drawings
    inner = font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font
    return any(k.startswith("/FontFile") for k in inner["/FontDescriptor"].get_object())


def test_links_lead_inside_the_book(book):
    places = set(book.named_destinations)
    inside, outside = 0, []
    for page in book.pages:
        for note in page.get("/Annots", []):
            note = note.get_object()
            if "/Dest" in note:
                assert str(note["/Dest"]) in places
                inside += 1
            elif "/A" in note:
                outside.append(str(note["/A"].get("/URI", "")))
    assert inside > 300
    assert not [address for address in outside if not address.startswith(("http", "mailto"))]


def test_no_heading_is_alone_at_the_foot_of_a_page(book):
    lone = []
    for level, item in outline(book.outline):
        left = float(item.top) - 21 / 25.4 * 72  # the paper's lower margin
        lone += [item.title] if left < (60 if level == 1 else 40) else []
    assert not lone


def test_nothing_is_cut_off_at_the_right(site, browser, pages, tmp_path):
    source = site / "whole-book-test.html"
    source.write_text(pdf.document(pages, "Efficient AI", {"claim": "x"}), encoding="utf-8")
    page = browser.new_page(viewport={"width": 642, "height": 900})  # 170 mm, as on the paper
    try:
        page.emulate_media(media="print")
        page.goto(source.as_uri(), wait_until="load")
        page.evaluate("MathJax.startup.promise")
        page.evaluate(pdf.LEGIBLE, pdf.SHARE)
        cut, small = page.evaluate(CUT), page.evaluate(SMALL)
    finally:
        source.unlink()
        page.close()
    assert not cut, cut
    assert not small, small


def test_it_is_small_and_says_what_it_is(book):
    assert book.stream.seek(0, 2) < MEGABYTES * 1e6
    assert book.metadata.title == "Efficient AI" and "authors" in book.metadata.author
    assert "Efficient AI" in book.pages[0].extract_text()
    assert len(book.pages) > 100


def test_without_a_browser_it_says_how_to_get_one(site, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(pdf, "BROWSERS", ())
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    monkeypatch.setattr(pdf, "contents", lambda: [("book/glossary", "Reference")])
    arguments = ["--site", str(site), "--out", str(tmp_path / "x.pdf")]
    with ThreadPoolExecutor(1) as thread:  # this one has an event loop, of the other tests' browser
        assert thread.submit(pdf.main, arguments).result() == 1
    assert "playwright install chromium" in capsys.readouterr().err
    assert not (site / "whole-book.html").exists()


def test_a_page_links_the_pdf_only_where_there_is_one(tmp_path):
    place = '<p>Glossary <span class="printed" hidden>The PDF</span></p>'
    page = tmp_path / "book" / "index.html"
    page.parent.mkdir()
    page.write_text(place, encoding="utf-8")
    printed.offer(tmp_path)
    assert page.read_text(encoding="utf-8") == place
    (tmp_path / printed.TARGET).write_bytes(b"%PDF")
    printed.offer(tmp_path)
    link = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser").select_one(".printed a")
    assert link["href"] == "../efficient-ai.pdf" and link.get_text() == "The PDF"
