"""The directive `quiz`: questions that are answered on the page, with the reason for each choice.

How one is written stands in questions.py. The page shows the choices and, in a fold, the answers;
where scripts run, `quiz.js` makes a form of them.
"""

import json
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from kept import kept
from launch import glued, read_notebook
from questions import LETTERS, Choice, Part, Question, QuizError, read, verify
from rerun import executed
from sphinx.util.docutils import SphinxDirective


class element(nodes.General, nodes.Element):
    """An HTML element, by `tag` and `html` attributes; other builders see what is in it."""


class phrase(nodes.TextElement, element):
    """An HTML element that holds text, in which quotation marks are set as in a paragraph."""


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
        field += _phrase("legend", nodes.strong("", f"{number}. "), *legend.children)
        field += more
        field += html_element("ol", *map(self._choice, question.choices), classes=["quiz-choices"])
        field += self._answers(question)
        html = {"autocomplete": "off", "data-kind": "several" if question.several else "one"}
        return html_element("form", field, html=html, classes=["quiz-question"])

    def _choice(self, choice: Choice) -> element:
        return html_element("li", _phrase("span", *self._inline(choice.text)))

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
        return _phrase("li", letter, *content, html=html, classes=[f"quiz-{verdict}"])

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


def html_element(
    tag: str, *children: nodes.Node, html: dict | None = None, classes=(), ids=()
) -> element:
    """An element with its attributes and what is in it."""
    return element("", *children, tag=tag, html=html or {}, classes=list(classes), ids=list(ids))


def _phrase(tag: str, *children: nodes.Node, html: dict | None = None, classes=()) -> phrase:
    return phrase("", "", *children, tag=tag, html=html or {}, classes=list(classes))


def visit(translator, node: element) -> None:
    """Open the HTML element."""
    translator.body.append(translator.starttag(node, node["tag"], "", **node["html"]))


def depart(translator, node: element) -> None:
    """Close it."""
    translator.body.append(f"</{node['tag']}>")


def skip(translator, node: element) -> None:
    """Other builders take the content alone."""


def load(app, pagename, templatename, context, doctree) -> None:
    """Give a page with a quiz its script and its style."""
    if doctree and any(node["tag"] == "form" for node in doctree.findall(element)):
        app.add_js_file("quiz.js", loading_method="defer")
        app.add_css_file("quiz.css")


def setup(app):
    """Register with Sphinx."""
    others = dict.fromkeys(("latex", "text", "man", "texinfo"), (skip, skip))
    for node in (element, phrase):
        app.add_node(node, html=(visit, depart), **others)
    app.add_directive("quiz", Quiz)
    app.connect("html-page-context", load)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
