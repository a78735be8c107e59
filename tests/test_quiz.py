"""The quizzes: what an author may write, what all chapters ask, and how a reader answers."""

import re
import sys
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "book" / "_ext")]

launch = pytest.importorskip("launch")
questions = pytest.importorskip("questions")

TOPICS = sorted(path.stem for path in (ROOT / "exercises").glob("*.ipynb"))
QUIZ = re.compile(r"^````\{quiz\}\n(.*?)^````$", re.M | re.S)

GOOD = """1. How many bytes do 1000 weights of 4 bits take?
   A file has nothing else.
   - [ ] 4,000
     % = 1000 * 4
     > One weight
     > in 32 bits.
   - [x] {glue:text}`half` and no more
     % = 1000 * 4 / 8
     % = half < 501
     > Two share a byte.
   - [ ] 250
     > Two bits.
"""


# ---------------------------------------------------------------- what an author writes


def test_a_quiz_is_read():
    (question,) = questions.read(GOOD)
    assert question.text.text == (
        "How many bytes do 1000 weights of 4 bits take?\nA file has nothing else."
    )
    assert [choice.right for choice in question.choices] == [False, True, False]
    assert question.choices[0].reason.text == "One weight\nin 32 bits."
    assert question.choices[2].text.line == 11
    questions.verify([question], {"half": "500"})


@pytest.mark.parametrize(
    "old, new, line, message",
    [
        ("   - [ ] 250\n     > Two bits.\n", "", 1, "2 choices"),
        ("- [x]", "- [ ]", 1, "0 right choices"),
        ("- [ ] 250", "- [x] 250", 1, "2 right choices"),
        ("     > Two bits.\n", "", 11, "no reason .* for '250'"),
        ("     > Two share a byte.\n", "     >\n", 7, "no reason"),
        ("- [ ] 250", "- [] 250", 11, "a choice begins with"),
        ("- [ ] 250", "* 250", 11, "a choice begins with"),
        ("1. How", "How", 1, "a question begins with"),
        ("take?", "take? Choose all.", 1, "'choose all' with 1 right"),
        (GOOD, "", 1, "without a question"),
    ],
)
def test_a_quiz_that_breaks_the_rules_is_refused_with_its_line(old, new, line, message):
    assert old in GOOD
    with pytest.raises(questions.QuizError, match=message) as caught:
        questions.read(GOOD.replace(old, new))
    assert caught.value.line == line


def test_several_may_be_right_where_the_question_says_so():
    text = GOOD.replace("take?", "take? Choose all.").replace("- [ ] 250", "- [x] 250")
    (question,) = questions.read(text)
    assert question.several
    with pytest.raises(questions.QuizError, match="3 right choices of 3"):
        questions.read(text.replace("- [ ]", "- [x]"))


@pytest.mark.parametrize(
    "old, new, line, message",
    [
        ("1000 * 4\n", "1001 * 4\n", 4, "4004.0, and '4,000'"),
        ("4 / 8", "4 / 16", 8, "250.0, and"),  # another choice says so, and not this one
        ("half < 501", "half > 501", 9, "does not hold: half > 501"),
        ("half < 501", "haif < 501", 9, "NameError"),
        ("half < 501", "half <", 9, "SyntaxError"),
        ("half < 501", "'500'.split()", 9, "TypeError"),
    ],
)
def test_a_choice_that_is_not_true_is_refused(old, new, line, message):
    assert old in GOOD
    with pytest.raises(questions.QuizError, match=message) as caught:
        questions.verify(questions.read(GOOD.replace(old, new)), {"half": "500"})
    assert caught.value.line == line


def test_a_new_measurement_that_turns_an_answer_is_noticed():
    with pytest.raises(questions.QuizError, match=r"1000 \* 4 / 8 is 500.0"):
        questions.verify(questions.read(GOOD), {"half": "480"})


def test_checks_know_the_package():
    part = questions.Part(1, ["deployment.battery_life(0.675, 0.001)"])
    assert questions.compute(part, {}) == pytest.approx(675)  # 0.675 Wh at 1 mW


def test_a_launched_notebook_gets_plain_markdown():
    text = launch.plain_markdown(
        f"Read.\n\n````{{quiz}}\n{GOOD}````\n", launch.Inserts(numbers={"half": "500"})
    )
    assert text.startswith("Read.\n\n**1.** How many bytes")
    shown, fold = text.split("<details>")
    assert "- B: 500 and no more" in shown and "byte." not in shown and "%" not in text
    assert "- B is right. Two share a byte." in fold and "- C is wrong. Two bits." in fold
    assert fold.rstrip().endswith("</details>") and "[x]" not in text


# ---------------------------------------------------------------- what the chapters ask


def quiz_of(topic: str) -> list:
    """The questions of a chapter."""
    (text,) = QUIZ.findall((ROOT / "book" / f"{topic}.md").read_text(encoding="utf-8"))
    return questions.read(text)


@pytest.fixture(scope="module")
def quizzes() -> dict[str, list]:
    """The questions of all chapters."""
    return {topic: quiz_of(topic) for topic in TOPICS}


def single(quizzes) -> list:
    """All questions with one right choice."""
    return [q for quiz in quizzes.values() for q in quiz if not q.several]


def test_every_chapter_asks_before_its_exercise(quizzes):
    for topic, quiz in quizzes.items():
        assert 5 <= len(quiz) <= 7, topic
        text = (ROOT / "book" / f"{topic}.md").read_text(encoding="utf-8")
        places = [text.index(mark) for mark in (":class: answers", "{quiz}", "```{exercise}")]
        assert places == sorted(places), topic


def test_every_answer_is_true(quizzes):
    """The chapters' numbers, where they have been executed; the build checks them in any case."""
    checked = 0
    for topic, quiz in quizzes.items():
        kept = ROOT / "_build" / "chapters" / "book" / f"{topic}.ipynb"
        if kept.exists():
            questions.verify(quiz, launch.glued(nbformat.read(kept, as_version=4)))
        checked += sum(bool(choice.checks) for q in quiz for choice in q.choices if choice.right)
    assert checked > sum(map(len, quizzes.values())) / 2, "too few answers are computed"


def test_the_right_choice_is_not_known_by_its_place(quizzes):
    places = [[c.right for c in q.choices].index(True) for q in single(quizzes)]
    for place in range(4):
        assert 0.15 < places.count(place) / len(places) < 0.35, (place, places)
    for topic, quiz in quizzes.items():
        own = [[c.right for c in q.choices].index(True) for q in quiz if not q.several]
        assert max(map(own.count, own)) <= len(own) / 2, topic


@pytest.mark.parametrize("extreme", [max, min])
def test_the_right_choice_is_not_known_by_its_length(quizzes, extreme):
    """One of four choices is the longest; the right one may be so about as often as chance."""
    asked = single(quizzes)
    hits = [extreme(q.choices, key=lambda c: len(c.text.text)).right for q in asked]
    assert sum(hits) / len(hits) < 0.33


def test_reasons_are_short_and_no_two_alike(quizzes):
    reasons = [c.reason.text for quiz in quizzes.values() for q in quiz for c in q.choices]
    assert not [reason for reason in reasons if len(reason.split()) > 45]
    assert len(set(reasons)) == len(reasons)


def test_quotation_marks_are_set_as_in_the_chapter(site):
    page = BeautifulSoup((site / "book/distillation.html").read_text("utf-8"), "html.parser")
    (quiz,) = page.select(".quiz")
    for code in quiz.select("code, .math"):
        code.decompose()
    text = quiz.get_text()
    for part in ("a student’s images", "the teacher’s first choices", "The teacher’s half"):
        assert part in text  # a question, a choice, a reason
    assert "'" not in text and '"' not in text


# ---------------------------------------------------------------- how a reader answers


@pytest.fixture
def quiz(server, page):
    """The page of a chapter, at its quiz."""
    return open_quiz(page, server.address + "book/deployment.html")


def open_quiz(page, address: str):
    """A page with a quiz, as soon as its script has run."""
    page.route("**/mathjax/**", lambda route: route.abort())  # formulas take their time
    page.goto(address, wait_until="domcontentloaded")
    page.wait_for_selector(".quiz-score", state="attached")
    return page


def choose(page, number: int, *places: int) -> None:
    """Choose by what a reader clicks on: the text of a choice."""
    for place in places:
        page.locator(".quiz-question").nth(number).locator("label").nth(place).click()


def check(page, number: int) -> None:
    """Press the question's button."""
    page.locator(".quiz-question").nth(number).get_by_role("button").click()


def reasons(page, number: int) -> list[str]:
    """The letters of the reasons that are shown."""
    shown = page.locator(".quiz-question").nth(number).locator(".quiz-reasons > li:visible")
    return [text.split(". ")[0] for text in shown.all_inner_texts()]


def rights(topic: str, number: int) -> list[int]:
    """The places of the right choices, from the source."""
    return [i for i, c in enumerate(quiz_of(topic)[number].choices) if c.right]


def test_a_wrong_choice_is_explained_and_may_be_changed(quiz):
    (right,) = rights("deployment", 0)
    wrong = (right + 1) % 4
    choose(quiz, 0, wrong)
    assert reasons(quiz, 0) == []  # choosing tells nothing yet
    check(quiz, 0)
    assert reasons(quiz, 0) == [f"{'ABCD'[wrong]} is wrong"]
    assert quiz.inner_text(".quiz-score") == "0 of 7 right, 0 at the first try."
    choose(quiz, 0, right)
    assert reasons(quiz, 0) == []
    check(quiz, 0)
    assert reasons(quiz, 0) == [f"{'ABCD'[right]} is right"]
    assert quiz.inner_text(".quiz-score") == "1 of 7 right, 0 at the first try."
    check(quiz, 0)  # now it asks why not the others
    assert [text[0] for text in reasons(quiz, 0)] == list("ABCD")


def test_the_first_try_counts_and_several_are_judged_together(quiz):
    (right,) = rights("deployment", 1)
    choose(quiz, 1, right)
    check(quiz, 1)
    assert quiz.inner_text(".quiz-score") == "1 of 7 right, 1 at the first try."
    first, second = rights("deployment", 5)
    note = quiz.locator(".quiz-question").nth(5).locator(".quiz-note")
    check(quiz, 5)
    assert note.inner_text() == "Choose first."
    wrong = next(i for i in range(4) if i not in (first, second))
    choose(quiz, 5, first, wrong)
    check(quiz, 5)
    assert note.inner_text() == "Not yet: 1 wrong, 1 missing."
    choose(quiz, 5, wrong, second)
    check(quiz, 5)
    assert note.inner_text() == "All of them, and no other."
    assert quiz.inner_text(".quiz-score") == "2 of 7 right, 1 at the first try."


def test_the_keyboard_is_enough(quiz):
    (right,) = rights("deployment", 0)
    quiz.locator(".quiz-question input").first.focus()
    quiz.keyboard.press("Space")
    for _ in range(right + 1):
        quiz.keyboard.press("ArrowDown")
    quiz.keyboard.press("ArrowUp")
    assert reasons(quiz, 0) == []  # walking through the choices gives nothing away
    quiz.keyboard.press("Enter")
    assert reasons(quiz, 0) == [f"{'ABCD'[right]} is right"]
    quiz.keyboard.press("Tab")
    assert quiz.evaluate("document.activeElement.textContent") == "Why not the others?"
    quiz.keyboard.press("Enter")
    assert len(reasons(quiz, 0)) == 4
    assert quiz.evaluate("document.activeElement.checked") is True  # the focus is not lost


def test_a_reader_who_hears_the_page_is_told(quiz):
    group = quiz.locator(".quiz").get_by_role("group").first
    assert group.get_by_role("radio").count() == 4
    assert "300\N{NO-BREAK SPACE}KB of weights" in group.locator("legend").inner_text()
    live = quiz.locator(".quiz-question").nth(0).locator(".quiz-reasons")
    assert live.evaluate("e => e.closest('[aria-live=polite]') !== null")
    assert quiz.locator(".quiz-score").get_attribute("role") == "status"


def test_an_answered_quiz_is_accessible_and_fits(server, page):
    page.set_viewport_size({"width": 360, "height": 800})
    open_quiz(page, server.address + "book/capstone.html")
    for number in range(7):
        choose(page, number, number % 3)
        check(page, number)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.evaluate((ROOT / "tests" / "assets" / "axe.min.js").read_text(encoding="utf-8"))
    for theme, options in {"light": "", "dark": ", {runOnly: ['color-contrast']}"}.items():
        page.emulate_media(color_scheme=theme)
        found = page.evaluate(f"axe.run('.quiz'{options})")["violations"]
        assert not found, [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in found]


def test_without_scripts_the_answers_are_in_a_fold(server, browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(server.address + "book/deployment.html", wait_until="domcontentloaded")
    assert page.locator(".quiz input").count() == page.locator(".quiz button").count() == 0
    assert page.locator(".quiz-choices > li").count() == 28
    fold = page.locator(".quiz details").first
    right = fold.locator(".quiz-right")
    assert not right.is_visible()
    fold.locator("summary").click()
    assert right.inner_text().startswith(f"{'ABCD'[rights('deployment', 0)[0]]} is right.")
    context.close()


def test_on_paper_every_reason_stands_and_nothing_asks_to_be_pressed(quiz):
    quiz.emulate_media(media="print")
    assert [text[0] for text in reasons(quiz, 0)] == list("ABCD")
    assert not quiz.locator(".quiz button").first.is_visible()


def test_only_pages_with_a_quiz_load_it(site):
    loaded = {p.stem for p in site.rglob("*.html") if "quiz.js" in p.read_text(encoding="utf-8")}
    assert loaded == set(TOPICS)


def test_launched_chapters_ask_too(site):
    for topic in TOPICS:
        path = site / "_sources" / "book" / f"{topic}.ipynb"
        text = "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)
        assert text.count("<details><summary>Answer and reasons") == len(quiz_of(topic))
        assert "% =" not in text and "- [x]" not in text
