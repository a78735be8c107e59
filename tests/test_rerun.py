"""A build after the first: it reads again what changed, and cures no page twice."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "book" / "_ext")]

rerun = pytest.importorskip("rerun")
accessible = pytest.importorskip("accessible")
application = pytest.importorskip("sphinx.application")


@pytest.fixture
def read(tmp_path, monkeypatch):
    """A function that builds a book of one page and returns the pages that were read for it."""
    extensions = tmp_path / "extensions"
    extensions.mkdir()
    (tmp_path / "index.rst").write_text("A page\n======\n")
    monkeypatch.setattr(rerun, "__file__", str(extensions / "rerun.py"))

    def build() -> list[str]:
        pages = []
        app = application.Sphinx(
            tmp_path, None, tmp_path / "out", tmp_path / "trees", "dummy", status=None,
            confoverrides={"extensions": ["rerun"], "exclude_patterns": ["out", "trees"]},
        )  # fmt: skip
        app.connect("source-read", lambda app, name, source: pages.append(name))
        app.build()
        return pages

    build.extensions = extensions
    return build


def test_pages_are_read_again_when_an_extension_changed(read):
    (read.extensions / "quiz.py").write_text("one = 1")
    assert read() == ["index"]
    assert read() == []
    (read.extensions / "quiz.py").write_text("one = 2")
    assert read() == ["index"]
    assert read() == []


def test_a_page_is_cured_once(tmp_path):
    page = tmp_path / "page.html"
    page.write_text("\n".join(accessible.CURES))
    app = SimpleNamespace(builder=SimpleNamespace(format="html"), outdir=tmp_path)
    accessible.cure(app, None)
    cured = page.read_text()
    accessible.cure(app, None)
    assert page.read_text() == cured == "\n".join(accessible.CURES.values())
