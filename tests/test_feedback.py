"""The student's page: what was wrong in words, whatever those words contain."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from records import case, question, record, simple

from autograder.feedback import render
from autograder.pages import clean, dot, percent


class Page(HTMLParser):
    """What a page consists of: its tags, and its text with single spaces."""

    def __init__(self, html: str):
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.words: list[str] = []
        self.feed(html)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.words.append(data)


MIXED = record(
    "Ada Lovelace",
    question("q1", case("the example", True), case("ties", True, hidden=True)),
    question(
        "q2",
        case("the example", True, points=0.5),
        case("ties", False, "Your `mask` keeps 12.\nIt must keep 10.", hidden=True, points=1.5),
    ),
)


def test_it_says_what_was_wrong():
    page = Page(render(MIXED))
    assert "Ada Lovelace" in page.text
    # 2 points of q1 and half a point of the two of q2
    assert "2.5 of 4 points. 1 of 2 questions are all right." in page.text
    assert "Question 2 0.5 of 2" in page.text
    assert "Your mask keeps 12. It must keep 10." in page.text
    html = render(MIXED)
    assert "<code>mask</code> keeps 12.<br>It must" in html
    assert html.count('<span class="tag">hidden</span>') == 2


def test_all_right_and_nothing_right():
    assert "Everything is right." in render(simple("Ada", True, True))
    assert "None of the 2 questions is all right yet." in render(simple("Ada", False, False))


def test_one_reason_for_all_cases_is_said_once():
    says = "There is no `f` in the notebook."
    page = render(record("Ada", question("q1", case("a", False, says), case("b", False, says))))
    assert page.count("in the notebook.") == 1
    assert "All 2 checks of this question say so." in page


def test_an_unreadable_file_gets_its_sentence_and_no_list_of_failures():
    note = "ada.ipynb is a PDF. Hand in the notebook."
    html = render(simple("Ada", False, status="unreadable", note=note))
    assert "This file could not be read as a notebook." in html
    assert note in html
    assert "Question 1" not in html
    assert "all right yet" not in html


def test_a_partly_graded_notebook_says_so():
    html = render(simple("Ada", True, False, status="partial", note="A cell did not end."))
    assert "Only a part of the notebook could be graded." in html
    assert "A cell did not end." in html
    assert "Question 2" in html


HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'`<b>`</style>&lt;{{ 7*7 }}"


def hostile_record() -> dict:
    says = case(HOSTILE, False, HOSTILE)
    return record(HOSTILE, question(HOSTILE, says, case("b", True)), note=HOSTILE, status="partial")


def test_nothing_of_a_student_becomes_markup():
    page = Page(render(hostile_record()))
    names = {tag for tag, _ in page.tags}
    assert not names & {"script", "img", "b-"} and not any("onerror" in a for _, a in page.tags)
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
    assert "<script>alert(1)</script>" in page.text  # as words
    assert "{{ 7*7 }}" in page.text


def test_characters_that_cannot_be_shown_are_dropped():
    html = render(simple("A\x00d\x1ba\u202e\udcff", True))
    assert "<bdi>Ada\N{REPLACEMENT CHARACTER}</bdi>" in html
    html.encode("utf-8")
    assert clean(["a\tb\nc", 3, None]) == ["a\tb\nc", 3, None]


def test_the_page_is_complete_in_itself():
    html = render(MIXED)
    page = Page(html)
    assert not re.search(r"(src|href)=", html)
    assert "url(" not in html
    metas = [attributes for tag, attributes in page.tags if tag == "meta"]
    (policy,) = (m["content"] for m in metas if m.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in policy
    assert "script" not in policy
    assert {"name": "color-scheme", "content": "light dark"} in metas


def test_same_record_same_page():
    assert render(MIXED) == render(MIXED)


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "0"), (0.001, "1"), (0.364, "36"), (0.999, "99"), (1, "100")],
)
def test_percent_keeps_nothing_and_all_for_nothing_and_all(share, text):
    assert percent(share) == f"{text}\N{NO-BREAK SPACE}%"


def test_dots():
    # a little: below 1/3; half: below 2/3; most: the rest below 1
    assert "".join(map(dot, (0, 0.1, 0.34, 0.5, 0.67, 0.99, 1))) == "○◔◑◑◕◕●"
