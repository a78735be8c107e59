"""The directive `quiz`: questions that are answered on the page, with the reason for each choice.

How one is written stands in questions.py. The page shows the choices and, in a fold, the answers;
where scripts run, `quiz.js` makes a form of them.
"""

import json
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from elements import element, html_element, html_phrase
from kept import kept
from launch import glued, read_notebook
from questions import LETTERS, Choice, Part, Question, QuizError, read, verify
from rerun import executed
from sphinx.util.docutils import SphinxDirective


class Quiz(SphinxDirective):
    """Set the questions; a quiz that breaks the rules, or is not true, is an error."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Read, verify, and build a form for each question."""
        try:
            questions = read("\n".join(self.content))
            self._verify(questions)
            forms = [self._question(number, q) for number, q in enumerate(questions, start=1)]
        except QuizError as error:
            line = self.lineno + self.content_offset + error.line
            raise self.error(f"quiz, line {line}: {error}") from error
        return [html_element("div", *forms, classes=["quiz"])]

    def _verify(self, questions: list[Question]) -> None:
        """Verify once what is asked, with the numbers that the chapter's code put into the text."""
        path = executed(self.env.srcdir, self.env.docname)
        numbers = glued(read_notebook(path)) if path.exists() else {}
        made_from = ["import questions", *self.content, json.dumps(numbers)]
        name = f"quiz-{Path(self.env.docname).name}"
        kept(self.env, name, lambda: verify(questions, numbers), made_from)

    def _question(self, number: int, question: Question) -> element:
        legend, *more = self._parse(question.text)
        field = html_element("fieldset")
        field += html_phrase("legend", nodes.strong("", f"{number}. "), *legend.children)
        field += more
        field += html_element("ol", *map(self._choice, question.choices), classes=["quiz-choices"])
        field += self._answers(question)
        html = {"autocomplete": "off", "data-kind": "several" if question.several else "one"}
        return html_element("form", field, html=html, classes=["quiz-question"])

    def _choice(self, choice: Choice) -> element:
        return html_element("li", html_phrase("span", *self._inline(choice.text)))

    def _answers(self, question: Question) -> element:
        items = [self._reason(place, c) for place, c in enumerate(question.choices, start=1)]
        summary = html_element("summary", nodes.Text("Answer and reasons"))
        reasons = html_element("ol", *items, classes=["quiz-reasons"])
        return html_element("details", summary, reasons, classes=["quiz-answers"])

    def _reason(self, place: int, choice: Choice) -> element:
        verdict = "right" if choice.right else "wrong"
        content = self._inline(choice.reason)
        letter = nodes.strong("", f"{LETTERS[place - 1]} is {verdict}. ")
        # its own number, so that it keeps its letter when its neighbours are hidden
        html = {"value": str(place)}
        return html_phrase("li", letter, *content, html=html, classes=[f"quiz-{verdict}"])

    def _parse(self, part: Part) -> list[nodes.Node]:
        """The nodes of some Markdown, which begins with a paragraph."""
        box, lines = nodes.container(), part.text.splitlines()
        self.state.nested_parse(StringList(lines), self.content_offset + part.line - 1, box)
        if not box.children or not isinstance(box[0], nodes.paragraph):
            raise QuizError(part.line, f"begin with a sentence: {lines[0]!r}")
        return box.children

    def _inline(self, part: Part) -> list[nodes.Node]:
        """The content of the one paragraph that a choice or a reason consists of."""
        paragraph, *more = self._parse(part)
        if more:
            raise QuizError(part.line, "a choice and a reason are one paragraph each")
        return paragraph.children


def load(app, pagename, templatename, context, doctree) -> None:
    """Give a page with a quiz its script and its style."""
    if doctree and any(node["tag"] == "form" for node in doctree.findall(element)):
        app.add_js_file("quiz.js", loading_method="defer")
        app.add_css_file("quiz.css")


def setup(app):
    """Register with Sphinx."""
    app.add_directive("quiz", Quiz)
    app.connect("html-page-context", load)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
