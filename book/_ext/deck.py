"""A chapter's finished page, read as slides.

The page itself is the source: its numbers, citations and figures are resolved there. Figures,
tables, formulas and the boxes at both ends become slides by themselves. Of the prose, a chapter
marks what goes on a slide, and how:

    [Zeros in a dense matrix save nothing.]{.key}      one bullet
    [How many weights can go?]{.ask}                   a slide of its own, before the answer
    [The mask takes three lines:]{.show}               the title of the code, table or list below

All other prose goes into the speaker notes, so that nothing is lost.
"""

import copy
import re
from dataclasses import dataclass, field
from itertools import pairwise
from posixpath import join, normpath

from bs4 import BeautifulSoup, Tag

BULLETS = 4  # on a slide
MARKS = ".key, .ask, .show"
PAGE_ONLY = "a.headerlink, button, [popover], noscript, .explorer-live, .quiz"  # for a reader
CODE_LINES = 16  # of longer cells only what they print is shown
TABLE = 1200  # characters of a table that can still be read; longer ones take several slides
SENTENCE_END = re.compile(r"[.?!]”?(?:</\w+>)*(?=\s+[A-Z0-9(“<])")
LABEL = 4  # words: fewer are no sentence
SHORT, LONG = 45, 130  # characters: too few to stand for a point, too many for a title
NUMBER = re.compile(r"(\d+(?:\.\d+)*)")
LAST = r"((?:</\w+>)*)$"  # the end of some inline HTML, where tags may be open


@dataclass
class Slide:
    """One slide: HTML of its parts; `kind` is the class that the stylesheet knows."""

    kind: str
    title: str
    kicker: str = ""
    items: list[str] = field(default_factory=list)
    body: str = ""
    notes: list[str] = field(default_factory=list)
    name: str = ""  # its address within the deck


def first_bullet(html: str) -> tuple[str, str]:
    """The first sentence of some inline HTML, and the rest.

    >>> first_bullet("Nine in ten can go. The <em>tenth</em> cannot.")
    ('Nine in ten can go.', 'The <em>tenth</em> cannot.')
    """
    for end in SENTENCE_END.finditer(html):
        head = html[: end.end()]
        if head.count("<") == 2 * head.count("</"):  # no tag is open
            return head, html[end.end() :].strip()
    return html, ""


def opening(html: str) -> tuple[str, str]:
    """As many sentences as it takes to say something, and the rest.

    >>> opening("Prune. Train again. Both take a minute on a laptop, and no more. Then stop.")
    ('Prune. Train again. Both take a minute on a laptop, and no more.', 'Then stop.')
    """
    said, rest = first_bullet(html)
    while rest and _length(said) < SHORT:
        more, left = first_bullet(rest)
        if _length(said) + _length(more) > LONG and not _announces(said):
            break
        said, rest = f"{said} {more}", left
    return said, rest


def _length(html: str) -> int:
    return len(_text(html))


def _announces(html: str) -> bool:
    """Whether it says nothing without what follows: a question, or a label of a few words."""
    return _text(html).endswith("?") or len(_text(html).split()) < LABEL


def _text(html: str) -> str:
    return re.sub(r"<[^>]*>", "", html)


def read(page: str, address: str) -> list[Slide]:
    """The slides of a page; `address` is where it lies in the site (`book/pruning.html`)."""
    article = BeautifulSoup(page, "html.parser").find("article")
    _relocate(article, address)
    chapter = article.find("section", recursive=False)
    reader = _Reader()
    reader.section(chapter)
    reader.close()
    reader.name_slides()
    return reader.slides


def _relocate(article: Tag, address: str) -> None:
    """Let links work from `slides/`; drop what only the page needs."""
    for useless in article.select(PAGE_ONLY):
        if not useless.find_parent(class_="text_html"):
            useless.decompose()
    for tag in article.select("[href], [src]"):
        key = "href" if tag.has_attr("href") else "src"
        if "://" not in tag[key]:
            tag[key] = _from_slides(tag[key], address)


def _from_slides(link: str, address: str) -> str:
    path, _, anchor = link.partition("#")
    target = normpath(join(address, "..", path)) if path else address
    return f"../{target}" + (f"#{anchor}" if anchor else "")


class _Reader:
    """Walks through a chapter once and turns its blocks into slides, in order."""

    def __init__(self):
        self.slides: list[Slide] = []
        self.chapter = self.above = self.heading = self.anchor = ""
        self.anchors: list[str] = []  # of each slide, the section that it stands in
        self.list: Slide | None = None  # takes the next bullet
        self.shown = ""  # title of the next block
        self.waiting: list[str] = []  # prose without a slide yet

    def section(self, section: Tag) -> None:
        """Read a section and those inside it."""
        self.anchor = section["id"]
        for child in section.find_all(True, recursive=False):
            self.block(child)

    def block(self, block: Tag) -> None:
        """Read one block by what it is."""
        classes = set(block.get("class", []))
        if block.name == "section":
            self.section(block)
        elif block.name in ("h1", "h2", "h3"):
            self.begin(block)
        elif classes & {"objectives", "answers", "exercise"}:
            self.box(block, next(iter(classes & {"objectives", "answers", "exercise"})))
        elif block.name == "figure" or block.select_one("figure"):
            self.figure(block)
        elif "cell" in classes:
            self.code(block)
        elif block.name == "table" or block.select_one("table"):
            self.table(block)
        elif block.name == "div" and "math" in classes:
            self.formula(block)
        else:
            self.prose(block)

    def begin(self, heading: Tag) -> None:
        """A new section: no bullet may join those of the last one."""
        self.list, self.shown = None, ""
        number = heading.find(class_="section-number")
        label = number.extract().get_text().strip().rstrip(".") if number else ""
        title = heading.decode_contents().strip()
        if heading.name == "h1":
            self.add(Slide("title", title, f"Chapter {label}" if label else ""))
            self.chapter = self.above = self.heading = title.split(":")[0]
            return
        if heading.name == "h2":
            self.above = f"{label} {title}".strip()
        self.heading = title

    def add(self, slide: Slide) -> Slide:
        """Append a slide, with the prose that waited for one."""
        slide.notes, self.waiting = self.waiting + slide.notes, []
        slide.kicker = slide.kicker or self.place(slide.title)
        self.slides.append(slide)
        self.anchors.append(self.anchor)
        return slide

    def place(self, title: str) -> str:
        """Where in the chapter a slide stands, in words that its title does not repeat."""
        places = (self.above, self.chapter)
        return next((place for place in places if not place.endswith(title)), "")

    def title(self) -> str:
        """What the next block is titled: the sentence that announces it, else its section."""
        title, self.shown = self.shown or self.heading, ""
        return re.sub("[:.]" + LAST, r"\1", title[:1].upper() + title[1:])

    def box(self, box: Tag, kind: str) -> None:
        """The boxes at both ends: their points are bullets, the whole text goes into the notes."""
        self.list = None
        title = box.find(class_="admonition-title").extract().decode_contents()
        html = box.decode_contents()
        notes = [] if kind == "exercise" else [html]
        slide = self.add(Slide(kind, title, self.chapter, notes=notes))
        slide.body = html if kind == "exercise" else ""
        points = [point.decode_contents() for point in box.select("li > p")]
        slide.items = [opening(p)[0] for p in points] if kind == "answers" else points

    def figure(self, block: Tag) -> None:
        """A figure: the finding is the title, the rest of the caption stands below."""
        figure = block if block.name == "figure" else block.select_one("figure")
        caption = figure.find("figcaption").extract()
        number = caption.find(class_="caption-number")
        label = f"<b>{number.extract().get_text().strip()}</b> " if number else ""
        finding, rest = _finding(caption.find(class_="caption-text"))
        drawing = "".join(map(str, figure.find_all(True, recursive=False)))
        body = f"<figure>{drawing}<figcaption>{label}{rest}</figcaption></figure>"
        self.list, self.shown = None, ""
        self.add(Slide("figure", finding, body=body))

    def code(self, cell: Tag) -> None:
        """Code that was announced, with what it prints; other cells are for the reader."""
        if not self.shown:
            return
        self.list = None
        source, printed = cell.select_one(".cell_input"), cell.select_one(".cell_output")
        if printed and source.get_text().strip().count("\n") >= CODE_LINES:
            source = None
        parts = {"source": source, "printed": printed}
        body = "".join(
            f'<div class="{name}">{part.decode_contents()}</div>'
            for name, part in parts.items()
            if part
        )
        self.add(Slide("code", self.title(), body=body))

    def table(self, block: Tag) -> None:
        """A table; of the course's growing one, the rows of this chapter."""
        table = block if block.name == "table" else block.select_one("table")
        self.list = None
        title = self.title()
        if "growing" in table.get("class", []):
            _own_rows(table)
        if caption := table.find("caption"):
            title = caption.extract().find(class_="caption-text").decode_contents()
        parts = _parts(table)
        for number, part in enumerate(parts, 1):
            count = f" ({number} of {len(parts)})" if len(parts) > 1 else ""
            self.add(Slide("table", title + count, body=part))

    def formula(self, block: Tag) -> None:
        """A formula joins the bullets around it."""
        slide = self.list or self.begin_list()
        slide.items.append(str(block))

    def prose(self, block: Tag) -> None:
        """Its marks become slides, its text notes."""
        text = str(block)
        marks = block.select(MARKS)
        if block.name in ("ul", "ol") and self.shown:
            self.announced(block)
        elif not marks:
            self.note(text)
        for mark in marks:
            self.mark(mark)
            if text and mark.get("class") != ["show"]:
                self.slides[-1].notes.append(text)
                text = ""
        if text and marks:
            self.waiting.append(text)

    def announced(self, block: Tag) -> None:
        """A list that was announced has a slide of its own, with how each item begins."""
        points = [_bullet(opening(item.decode_contents())[0]) for item in block.select("li > p")]
        self.add(Slide("list", self.title(), items=points, notes=[str(block)]))
        self.list = None

    def note(self, text: str) -> None:
        """Prose without a mark belongs to the slide before it, at a section's start to the next."""
        here = self.slides and self.anchors[-1] == self.anchor
        (self.slides[-1].notes if here else self.waiting).append(text)

    def mark(self, mark: Tag) -> None:
        """Turn one marked sentence into what its mark says."""
        html = mark.decode_contents()
        if "show" in mark.get("class", []):
            self.shown, self.list = html, None
        elif "ask" in mark.get("class", []):
            self.list = None
            self.add(Slide("question", html[0].upper() + html[1:]))
        else:
            (self.list or self.begin_list()).items.append(_bullet(html))
            self.list = None if len(self.slides[-1].items) >= BULLETS else self.list

    def begin_list(self) -> Slide:
        """A slide that the bullets of this section go to."""
        self.list = self.add(Slide("list", self.heading))
        return self.list

    def close(self) -> None:
        """End what announced a formula that is not on its slide."""
        for slide in self.slides:
            slide.items = [_ended(*pair) for pair in pairwise([*slide.items, ""])]

    def name_slides(self) -> None:
        """Give each slide an address: a figure its number, the others that of their section."""
        taken: set[str] = set()
        for slide, anchor in zip(self.slides, self.anchors, strict=True):
            number = NUMBER.search(slide.body.partition("<figcaption>")[2][:20])
            base = f"fig-{number[1].replace('.', '-')}" if number else slide.kind
            base = anchor if slide.kind in ("list", "title") else base
            base = f"{anchor}-{base}" if base in ("question", "code", "table", "figure") else base
            count = 1
            while (name := base + f"-{count}" * (count > 1)) in taken:
                count += 1
            slide.name = name
            taken.add(name)


def _finding(caption: Tag) -> tuple[str, str]:
    """What a caption says is seen (the marked sentence, else its opening), and the rest."""
    mark = caption.select_one(".key")
    if mark is None:
        return opening(caption.decode_contents())
    finding = mark.extract().decode_contents()
    return finding, caption.decode_contents().strip()


def _own_rows(table: Tag) -> None:
    """Keep the growing table's first network, which all start from, and this chapter's own."""
    rows = table.select("tbody tr")
    for row in [rows[0], *rows[2:]]:
        if "own" not in row.get("class", []):
            row.decompose()


def _parts(table: Tag) -> list[str]:
    """The table, or as many of about equal length as it takes to read it, each with the head."""
    rows = table.select("tbody tr")
    size = -(-len(rows) // -(-len(table.get_text()) // TABLE))
    parts = []
    for first in range(0, len(rows), size):
        part = copy.copy(table)
        for number, row in enumerate(part.select("tbody tr")):
            if not first <= number < first + size:
                row.decompose()
        parts.append(str(part))
    return parts


def _bullet(html: str) -> str:
    """Part of a sentence as a bullet: a capital first, a full stop where the sentence went on."""
    return re.sub("[,;]" + LAST, r".\1", html[0].upper() + html[1:])


def _ended(item: str, following: str) -> str:
    """A bullet without the colon, if no formula follows it."""
    return item if 'class="math' in following[:20] else re.sub(":" + LAST, r".\1", item)
