"""Numbers on the page: beside their unit, with a minus sign, and untouched in code."""

import sys

import pytest
from bs4 import BeautifulSoup
from website import ROOT

sys.path[:0] = [str(ROOT / "book" / "_ext")]

typography = pytest.importorskip("typography")

NO_BREAK, MINUS = "\N{NO-BREAK SPACE}", "\N{MINUS SIGN}"


@pytest.mark.parametrize(
    "text, set_text",
    [
        ("half of 97.6 % in 2 ms", f"half of 97.6{NO_BREAK}% in 2{NO_BREAK}ms"),
        (" % of it", f"{NO_BREAK}% of it"),  # behind a number that the code wrote
        ("6\n% more", f"6{NO_BREAK}% more"),  # a line's end of the source
        ("8 × 8 pixels", f"8{NO_BREAK}×{NO_BREAK}8 pixels"),
        ("1.0 ± 0.6", f"1.0{NO_BREAK}±{NO_BREAK}0.6"),
        (" ± ", f"{NO_BREAK}±{NO_BREAK}"),  # between two such numbers
        ("at T = 8 or\nT =\n1", f"at T{NO_BREAK}={NO_BREAK}8 or\nT{NO_BREAK}={NO_BREAK}1"),
        (" = 0.5 with", f"{NO_BREAK}={NO_BREAK}0.5 with"),  # behind a letter in italics
        ("225 mAh at 3 V in 45 nm", f"225{NO_BREAK}mAh at 3{NO_BREAK}V in 45{NO_BREAK}nm"),
        ("2 Vectors, 5 meals, x == 2", "2 Vectors, 5 meals, x == 2"),
        ("2 Bytes, 3 sides, the % sign", "2 Bytes, 3 sides, the % sign"),
    ],
)
def test_a_number_is_not_parted_from_its_unit(text, set_text):
    assert typography.bind(text) == set_text


@pytest.mark.parametrize(
    "text, set_text",
    [
        ("-0.9", f"{MINUS}0.9"),
        ("-2.2 to +0.4", f"{MINUS}2.2 to +0.4"),
        ("1e-05, 8-bit and x-3", "1e-05, 8-bit and x-3"),
    ],
)
def test_a_minus_is_no_hyphen(text, set_text):
    assert typography.minus(text) == set_text


def test_the_site_s_numbers_are_set_and_its_code_is_not(site):
    page = (site / "book" / "evaluation.html").read_text(encoding="utf-8")
    article = BeautifulSoup(page, "html.parser").article
    numbers = [span.get_text() for span in article.select(".pasted-text")]
    assert any(number.startswith(MINUS) for number in numbers)
    assert not [number for number in numbers if number.startswith("-")]
    prose = [p.get_text() for p in article.select("section > p, figcaption p")]
    assert any(f"{NO_BREAK}%" in text for text in prose)
    assert not [text for text in prose for part in (" %", "\n%") if part in text]
    code = "".join(pre.get_text() for pre in article.select("pre"))
    assert NO_BREAK not in code and MINUS not in code and " % " in code


@pytest.mark.parametrize("topic", ["architectures", "distillation", "quantization"])
def test_no_line_begins_with_the_comma_behind_a_formula_or_code(site, topic):
    page = (site / "book" / f"{topic}.html").read_text(encoding="utf-8")
    pieces = BeautifulSoup(page, "html.parser").article.select("span.math, p code")
    assert len(pieces) > 10
    behind = [str(piece.next_sibling or "")[:1] for piece in pieces if not kept(piece)]
    before = [str(piece.previous_sibling or "")[-1:] for piece in pieces if not kept(piece)]
    assert not set(behind) & set(",.;:!?)") and "(" not in before
    assert any(map(kept, pieces))


def kept(piece):
    return "together" in piece.parent.get("class", [])


def test_on_a_phone_no_line_begins_with_what_belongs_to_the_line_above(site, server, page):
    page.set_viewport_size({"width": 360, "height": 800})
    begun = []
    for path in sorted((site / "book").glob("*.html")):
        page.goto(f"{server.address}book/{path.name}")
        page.wait_for_function("!document.querySelector('.math:not(:has(mjx-container))')")
        begun += page.evaluate(TORN)
    assert not begun


# Texts whose first mark stands below the formula, code or stressed word that it belongs to.
TORN = """() => [...document.querySelectorAll("article :is(p, li, td, figcaption) *")]
  .filter(e => e.checkVisibility() && !e.closest("pre, mjx-container"))
  .filter(e => e.nextSibling && /^[\\u00a0,.;:!?)\\]]/.test(e.nextSibling.data || ""))
  .filter(e => {
    const mark = new Range();
    mark.setStart(e.nextSibling, 0);
    mark.setEnd(e.nextSibling, 1);
    return mark.getBoundingClientRect().top > [...e.getClientRects()].at(-1).bottom - 3;
  })
  .map(e => e.textContent.trim() + e.nextSibling.data.slice(0, 20))"""
