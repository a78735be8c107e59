"""What a page computes while it is read: once, until something that it is made from changes."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "book" / "_ext")]

kept = pytest.importorskip("kept")

CODE = "import drawing\nfrom efficientai import a"
ROOMS = {
    "book/_ext/drawing.py": "from lines import stroke",
    "book/_ext/lines.py": "",
    "book/_ext/slides.py": "",  # that nothing here imports, though a word of the data names it
    "efficientai/__init__.py": "",
    "efficientai/a.py": "import b",
    "efficientai/b.py": "",
    "efficientai/c.py": "",
}


class Book:
    """A repository, and a result that counts how often it is computed."""

    def __init__(self, root: Path):
        self.root, self.noted, self.computed = root, [], 0
        self.env = SimpleNamespace(srcdir=str(root), note_dependency=self.noted.append)
        for name, text in ROOMS.items():
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        """Write a file of the repository."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def ask(self, data: str = "slides: 3") -> list[int]:
        """The result, kept or computed."""
        return kept.kept(self.env, "sum", self._compute, [CODE, data], self.root / "sum.svg")

    def _compute(self) -> list[int]:
        self.computed += 1
        self.write("sum.svg", "<svg/>")
        return [self.computed]


@pytest.fixture
def book(tmp_path):
    """A book whose result has been computed once."""
    made = Book(tmp_path)
    assert made.ask() == [1]
    return made


def test_what_has_not_changed_is_not_computed_again(book):
    book.write("efficientai/a.py", ROOMS["efficientai/a.py"])  # newer, and the same
    assert book.ask() == [1]


@pytest.mark.parametrize("name", ["book/_ext/lines.py", "efficientai/a.py", "efficientai/b.py"])
def test_a_changed_source_computes_anew_and_reads_the_page_again(book, name):
    assert str(book.root / name) in book.noted
    book.write(name, "changed = True")
    assert book.ask() == [2] and book.ask() == [2]


@pytest.mark.parametrize("name", ["book/_ext/slides.py", "efficientai/c.py"])
def test_other_sources_do_not(book, name):
    assert str(book.root / name) not in book.noted
    book.write(name, "changed = True")
    assert book.ask() == [1]


def test_changed_data_and_a_lost_picture_compute_anew(book):
    assert book.ask("slides: 4") == [2]
    (book.root / "sum.svg").unlink()
    assert book.ask("slides: 4") == [3]


def test_what_fails_is_not_kept(book):
    book.write("efficientai/a.py", "changed = True")
    with pytest.raises(ZeroDivisionError):
        kept.kept(book.env, "sum", lambda: 1 / 0, [CODE, "slides: 3"])
    assert book.ask() == [2]
