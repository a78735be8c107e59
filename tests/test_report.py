"""The class report: figures that can be checked by hand, and a page that a browser shows well."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from records import case, question, record, simple
from test_feedback import HOSTILE, MIXED, Page, hostile_record
from website import violations

from autograder import feedback, report
from autograder.course import Course, CourseError
from autograder.items import analyse
from autograder.recognise import EMPTY, findings, recognise

CLASS = [
    simple("Ada", True, True, True),
    simple("Bo", True, True, False),
    simple("Cy", True, False, False),
    simple("Di", True, False, True),
]


def test_difficulty_and_discrimination():
    # q1: all right, so nothing varies. q2: scores 1 1 0 0 against the rest 2 1 1 2: the mean of
    # the products of deviations is (.5*.5 + .5*-.5 + -.5*-.5 + -.5*.5) / 4 = 0, so r = 0.
    # q3: 1 0 0 1 against the rest 2 2 1 1: again 0.
    first, second, third = analyse(CLASS)
    assert (first.difficulty, first.full, first.discrimination) == (1, 1, None)
    assert (second.difficulty, second.full) == (0.5, 0.5)
    assert second.discrimination == pytest.approx(0)
    assert third.discrimination == pytest.approx(0)


def test_discrimination_leaves_the_question_itself_out():
    # q1 and q2 agree for everybody: each correlates perfectly with the other.
    same = [simple("a", True, True), simple("b", False, False), simple("c", True, True)]
    assert [item.discrimination for item in analyse(same)] == [pytest.approx(1)] * 2
    # They disagree for everybody. A correlation with the total that contains the question would
    # be undefined here, for every total is 1.
    opposite = [simple("a", True, False), simple("b", False, True), simple("c", True, False)]
    assert [item.discrimination for item in analyse(opposite)] == [pytest.approx(-1)] * 2


def test_too_few_and_unreadable_submissions_say_nothing():
    assert analyse([]) == []
    two = [simple("a", True, True), simple("b", False, False)]
    assert analyse(two)[0].discrimination is None
    unreadable = simple("c", False, False, status="unreadable")
    assert analyse([*two, unreadable])[0].difficulty == 0.5


def test_records_of_another_build_count_where_they_have_the_question():
    mixed = [simple("a", True, True), simple("b", True), simple("c", False, False)]
    assert [item.difficulty for item in analyse(mixed)] == [pytest.approx(2 / 3), 0.5]


def test_the_check_that_most_fail():
    answers = [
        record("a", question("q1", case("x", True), case("y", False))),
        record("b", question("q1", case("x", False), case("y", False))),
        record("c", question("q1", case("x", True), case("y", True))),
    ]
    (item,) = analyse(answers)
    assert (item.hardest, item.hardest_failed) == ("y", pytest.approx(2 / 3))


SIGNATURES = {
    "blank": {"q1": [{"case": c, "message": "`f` returned None."} for c in ("x", "y")]},
    "questions": {
        "q1": [
            {"mistake": "Signed.", "failing": [{"case": "y", "message": "It keeps 3 of 9."}]},
            {"mistake": "Short.", "failing": [{"case": "y", "message": "It keeps 4 of 9."}]},
            {"mistake": "Other.", "failing": [{"case": "y", "message": "It is no tensor."}]},
        ]
    },
}


def wrong(message: str) -> dict:
    return question("q1", case("x", True), case("y", False, message))


@pytest.mark.parametrize(
    ("answer", "mistake"),
    [
        (wrong("It keeps 3 of 9."), "Signed."),
        (wrong("It keeps 4 of 9."), "Short."),
        (wrong("It keeps 7 of 8."), "Signed. Or: Short."),  # another seed: the numbers differ
        (wrong("It is no tensor."), "Other."),
        (wrong("TypeError: no"), ""),
        (question("q1", case("x", False, "It keeps 3 of 9."), case("y", True)), ""),
        (
            question("q1", case("x", False, "`f` returned None."), case("y", False, "z")),
            EMPTY,
        ),
        (question("q7", case("y", False, "It keeps 3 of 9.")), ""),
    ],
)
def test_mistakes_are_recognised_by_how_they_fail(answer, mistake):
    assert recognise(answer, SIGNATURES) == mistake


def test_commonest_mistakes_come_first():
    answers = [wrong("It is no tensor."), *[wrong("It keeps 3 of 9.")] * 2, wrong("New.")]
    records = [record(str(number), answer) for number, answer in enumerate(answers)]
    found = [(f.mistake, f.fails, f.count) for f in findings(records, SIGNATURES)]
    assert found == [("Signed.", "y", 2), ("", "y", 1), ("Other.", "y", 1)]
    assert findings(records, {})[0].example == "It is no tensor."


def test_histogram_bins():
    # Shares 0, 0.1, 0.8 (0.7 + 0.1 is 0.7999999999999999 in floats), 0.95 and 1.
    scores = [(0, 10), (1, 10), (0.7 + 0.1, 1), (9.5, 10), (10, 10)]
    records = [{"score": score, "possible": possible} for score, possible in scores]
    assert report._bins(records) == [1, 1, 0, 0, 0, 0, 0, 0, 1, 2]


def test_the_page_tells_the_class():
    lost = simple("Eve", False, False, False, status="unreadable", note="It is a PDF.")
    zero = simple("Flo", False, False, False)
    page = Page(report.render([*CLASS, lost, zero], "shrink", {}))
    # Graded scores 3 2 1 2 0: median 2, mean 8/5; one has all; two need a look.
    assert "Half of the class has 2 of 3 points or more" in page.text
    for tile in ("6 submissions", "1.6 mean score", "1 with all points", "2 need a look"):
        assert tile in page.text
    assert "Eve unreadable It is a PDF." in page.text
    assert "Flo graded No point at all: blank, or another notebook?" in page.text
    assert "python -m autograder verify shrink" in page.text
    links = [attributes["href"] for tag, attributes in page.tags if tag == "a"]
    assert "feedback/ada.html" in links


def test_a_class_of_which_nothing_could_be_graded():
    lost = simple("Eve", False, status="unreadable", note="It is a PDF.")
    page = Page(report.render([lost], "shrink", {}))
    assert "Nothing could be graded" in page.text
    assert "Questions" not in page.text
    assert Page(report.render([], "shrink", {})).text


def test_known_mistakes_are_named():
    records = [record("a", wrong("It keeps 3 of 9.")), record("b", wrong("Strange."))]
    page = Page(report.render(records, "shrink", SIGNATURES))
    assert "q1 Signed. 1" in page.text
    assert "q1 y Strange. 1" in page.text


@pytest.fixture
def graded(tmp_path) -> Path:
    grades = tmp_path / "grades"
    (grades / "results").mkdir(parents=True)
    for one in CLASS:
        (grades / "results" / f"{one['id']}.json").write_text(json.dumps(one))
    return grades


def test_pages_are_written_from_records_alone(graded, tmp_path):
    course = Course(tmp_path)
    assert report.write_pages(course, graded) == 4
    pages = {p.relative_to(graded).as_posix(): p.read_bytes() for p in graded.rglob("*.html")}
    assert set(pages) == {
        "report.html",
        *(f"feedback/{name}.html" for name in ["ada", "bo", "cy", "di"]),
    }
    report.write_pages(course, graded)
    assert {
        p.relative_to(graded).as_posix(): p.read_bytes() for p in graded.rglob("*.html")
    } == pages


def test_signatures_of_the_bundle_are_used(graded, tmp_path):
    bundle = Course(tmp_path).bundle("shrink")
    bundle.mkdir(parents=True)
    says = {
        "mistake": "Forgets it.",
        "failing": [{"case": "a check", "message": "It fails a check."}],
    }
    (bundle / "signatures.json").write_text(json.dumps({"questions": {"q2": [says]}}))
    report.write_pages(Course(tmp_path), graded)
    assert "Forgets it." in (graded / "report.html").read_text()


def test_refusals(graded, tmp_path):
    with pytest.raises(CourseError, match=r"holds no records\. Grade a class first"):
        report.write_pages(Course(tmp_path), tmp_path / "nowhere")
    (graded / "results" / "bo.json").write_text('{"half": ')
    with pytest.raises(CourseError, match=r"bo\.json is damaged: remove it and grade again"):
        report.write_pages(Course(tmp_path), graded)
    (graded / "results" / "bo.json").unlink()
    (graded / "feedback").write_text("in the way")
    with pytest.raises(CourseError, match=r"^Cannot write "):
        report.write_pages(Course(tmp_path), graded)


def pages() -> dict[str, str]:
    """Pages with everything that may be on them, hostile and long words included."""
    long = simple("x" * 90, True, False, False, note="An unbroken word: " + "y" * 200)
    rest = [simple(f"Student {n}", n % 2 == 0, n % 3 == 0, True) for n in range(12)]
    lost = simple("Eve", False, False, False, status="unreadable", note="It is a PDF.")
    return {
        "report": report.render([*rest, long, lost, hostile_record()], "shrink", SIGNATURES),
        "feedback": feedback.render(MIXED),
        "hostile": feedback.render(hostile_record()),
        "long": feedback.render(long),
    }


@pytest.mark.parametrize("name", ["report", "feedback", "hostile", "long"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_in_a_browser(browser, tmp_path, name, scheme):
    path = tmp_path / "page.html"
    path.write_text(pages()[name], encoding="utf-8")
    context = browser.new_context(color_scheme=scheme, bypass_csp=True)  # axe is a script
    try:
        page = context.new_page()
        asked, said = [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
        for width in (360, 1200):
            page.set_viewport_size({"width": width, "height": 800})
            page.goto(path.as_uri())
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert set(asked) == {path.as_uri()}
        assert said == []
        assert violations(page) == []
    finally:
        context.close()


def test_hostile_names_stay_words_in_the_report():
    page = Page(report.render([hostile_record()], HOSTILE, {}))
    assert not {tag for tag, _ in page.tags} & {"script", "img"}
    links = [attributes["href"] for tag, attributes in page.tags if tag == "a"]
    assert all(link.startswith("feedback/") and "<" not in link for link in links)
