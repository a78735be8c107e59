"""Any file that a student may hand in is graded as far as it goes, or answered with a sentence."""

from __future__ import annotations

import io
import json
import zipfile

import nbformat
import pytest
from engine_room import AMPLE, engine, grade, scores
from small_topic import BLANKS, POSSIBLE, RIGHT, SETUP, notebook

from autograder.notebooks import Cell, Unreadable, parse, read, restore

RELEASE = parse("release.ipynb", json.dumps(notebook(BLANKS)).encode())
TEXT = json.dumps(notebook(), indent=1)


def sources(found) -> list[str]:
    return [cell.source for cell in found.cells]


def zipped(files: dict[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def old_format() -> str:
    """nbformat 3: worksheets, `input` instead of `source`."""
    document = nbformat.from_dict({**notebook(), "metadata": {}})
    return nbformat.writes(nbformat.convert(document, 3), version=3)


def without(*keys: str) -> str:
    document = notebook()
    for part in (document, *document["cells"]):
        for key in keys:
            part.pop(key, None)
    return json.dumps(document)


def exported(mark: str) -> str:
    return "#!/usr/bin/env python\n\n" + "\n\n".join(f"{mark}\n{c.source}" for c in parsed().cells)


def parsed():
    return parse("a.ipynb", TEXT.encode())


def conflicting() -> str:
    lines = TEXT.split("\n")
    place = next(n for n, line in enumerate(lines) if "def clipped_square" in line)
    ours, theirs = lines[place], lines[place].replace("clamp(max=4)", "clamp(max=5)")
    both = ["<<<<<<< HEAD", ours, "=======", theirs, ">>>>>>> theirs"]
    return "\n".join([*lines[:place], *both, *lines[place + 1 :]])


def foreign_kernel() -> str:
    document = notebook()
    document["metadata"] = {"kernelspec": {"name": "conda-env-ml-py", "display_name": "ML"}}
    return json.dumps(document)


def large_outputs() -> str:
    document = notebook()
    blob = {"output_type": "stream", "name": "stdout", "text": "x" * 50_000_000}
    document["cells"][1]["outputs"] = [blob]
    return json.dumps(document)


READABLE = {
    "plain.ipynb": TEXT.encode(),
    "bom.ipynb": b"\xef\xbb\xbf" + TEXT.encode(),
    "utf16.ipynb": TEXT.encode("utf-16"),
    "utf16-without-mark.ipynb": TEXT.encode("utf-16-le"),
    "latin1.ipynb": json.dumps(notebook({}, "# Grüße"), ensure_ascii=False).encode("latin-1"),
    "crlf.ipynb": TEXT.replace("\n", "\r\n").encode(),
    "notebook.ipynb.txt": TEXT.encode(),
    "no-ending": TEXT.encode(),
    "old.ipynb": old_format().encode(),
    "bare.ipynb": without("metadata", "nbformat", "nbformat_minor", "outputs", "id").encode(),
    "kernel.ipynb": foreign_kernel().encode(),
    "exported.py": exported("# In[ ]:").encode(),
    "numbered.py": exported("# In[12]:").encode(),
    "percent.py": ("# %% [markdown]\n# Text\n\n" + exported("# %%")).encode(),
    "script.py": "\n\n".join([SETUP, *RIGHT.values()]).encode(),
    "conflict.ipynb": conflicting().encode(),
    "Ünï côde (1) [final] 'v2'.ipynb": TEXT.encode(),
    "lms.zip": zipped({"Ada_1_assignsubmission_file_/x.ipynb": TEXT, "__MACOSX/._x.ipynb": b"\0"}),
    "two.zip": zipped({"a-scratch.ipynb": json.dumps({"cells": []}), "work.ipynb": TEXT}),
    "with-extras.zip": zipped({"work.ipynb": TEXT, "data.csv": "1,2", "photo.png": b"\x89PNG"}),
    "disguised.ipynb": zipped({"work.ipynb": TEXT}),
    "outputs.ipynb": large_outputs().encode(),
}
UNREADABLE = {
    "empty.ipynb": (b"", "is empty"),
    "spaces.ipynb": (b" \n ", "is empty"),
    "cut.ipynb": (TEXT[: len(TEXT) // 2].encode(), "damaged: its JSON breaks in line"),
    "page.ipynb": (b"<!DOCTYPE html><html></html>", "a web page"),
    "paper.ipynb": (b"%PDF-1.7 ...", "is a PDF file"),
    "picture.png": (b"\x89PNG\r\n", "holds no notebook"),
    "text.ipynb": (b"I could not open Colab, sorry", "is no notebook"),
    "list.ipynb": (b"[1, 2]", "no notebook"),
    "number.ipynb": (b"3", "no notebook"),
    "other.ipynb": (b'{"a": 1}', "JSON without cells"),
    "cells.ipynb": (b'{"cells": 3}', "JSON without cells"),
    "deep.ipynb": (b'{"cells":' + b"[" * 200_000, "nested too deep"),
    "broken.zip": (b"PK\x03\x04 broken", "zip that cannot be opened"),
    "nothing.zip": (zipped({"readme.md": "hi"}), "holds no notebook"),
}


@pytest.mark.parametrize("name", READABLE)
def test_readable(name, tmp_path):
    (tmp_path / name).write_bytes(READABLE[name])
    found = read(tmp_path / name, RELEASE)
    joined = "\n".join(sources(found))
    assert all(answer in joined for answer in RIGHT.values())
    assert SETUP in joined and "clamp(max=5)" not in joined


@pytest.mark.parametrize("name", [n for n in READABLE if n != "outputs.ipynb"])
def test_readable_scores_everything(name, tmp_path):
    (tmp_path / name).write_bytes(READABLE[name])
    record = grade(tmp_path / name)
    assert (record["status"], record["score"]) == ("graded", POSSIBLE), record["note"]


@pytest.mark.parametrize("name", UNREADABLE)
def test_unreadable_gets_a_sentence(name, tmp_path):
    content, sentence = UNREADABLE[name]
    (tmp_path / name).write_bytes(content)
    record = grade(tmp_path / name)
    assert (record["status"], record["score"]) == ("unreadable", 0)
    assert sentence in record["note"] and record["note"].endswith(".")


def test_folders_links_and_things_that_are_no_files(tmp_path):
    folder = tmp_path / "Ada Lovelace"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "work.ipynb").write_text(TEXT)
    (folder / ".ipynb_checkpoints").mkdir()
    (folder / ".ipynb_checkpoints" / "work.ipynb").write_text(json.dumps(notebook(BLANKS)))
    assert RIGHT["q1"] in sources(read(folder, RELEASE))
    (tmp_path / "link.ipynb").symlink_to("/etc/hostname")
    with pytest.raises(Unreadable, match="link to another file"):
        read(tmp_path / "link.ipynb", RELEASE)
    (folder / "deep" / "work.ipynb").unlink()
    (folder / "link.ipynb").symlink_to("/etc/hostname")
    with pytest.raises(Unreadable, match="holds no notebook"):
        read(folder, RELEASE)


def test_the_notebook_most_like_the_release_is_chosen_and_that_is_said(tmp_path):
    (tmp_path / "two.zip").write_bytes(READABLE["two.zip"])
    (note,) = read(tmp_path / "two.zip", RELEASE).notes
    assert "work.ipynb was graded, not a-scratch.ipynb" in note


def cells(*pairs) -> list[Cell]:
    return [Cell(source, identity) for identity, source in pairs]


def restored(*pairs) -> list[str]:
    return sources(restore(parse_like(*pairs), RELEASE))


def parse_like(*pairs):
    from autograder.notebooks import Notebook

    return Notebook(tuple(cells(*pairs)))


def test_an_edited_setup_runs_as_released_after_the_students_own():
    edited = SETUP + "\nimport numpy as np"
    assert restored(("code-1", edited), ("", "x = 1")) == [edited, SETUP, "x = 1"]
    assert restored(("other", edited)) == [edited, SETUP]  # found by what it does


def test_a_deleted_setup_comes_back_first():
    assert restored(("", "x = 1")) == [SETUP, "x = 1"]


def test_a_deleted_check_stays_away_because_the_question_is_checked_at_the_end():
    assert restored(("code-1", SETUP)) == [SETUP]


def test_an_edited_check_is_put_right_and_an_answer_with_a_check_in_it_is_kept():
    found = restored(("code-1", SETUP), ("q1-check", "# mine\ngrader.check( 'q1' );"))
    assert found == [SETUP, "# mine\ngrader.check( 'q1' );", 'grader.check("q1")']
    merged = 'def f():\n    return 1\n\ngrader.check("q1")'
    assert restored(("code-1", SETUP), ("", merged)) == [SETUP, merged]


def test_an_answer_in_a_copied_cell_with_a_locked_cells_id_is_kept():
    found = restored(
        ("code-1", SETUP), ("q1-check", "answer = 1"), ("q1-check", 'grader.check("q1")')
    )
    assert found == [SETUP, "answer = 1", 'grader.check("q1")']


INNOCENT = {
    "duplicate ids": lambda d: [c.update(id="same") for c in d["cells"]],
    "no checks": lambda d: d.update(cells=[c for c in d["cells"] if "check" not in c["id"]]),
    "checks twice": lambda d: d["cells"].extend(c for c in list(d["cells"]) if "check" in c["id"]),
    "checks first": lambda d: d["cells"].sort(
        key=lambda c: (c["id"] != "code-1", "check" not in c["id"])
    ),
    "reordered": lambda d: d["cells"].reverse(),
    "no setup": lambda d: d["cells"].pop(0),
    "source as lines": lambda d: [
        c.update(source=c["source"].splitlines(keepends=True)) for c in d["cells"]
    ],
    "junk among cells": lambda d: d["cells"].extend([None, 3, {}, {"cell_type": "code"}]),
}


@pytest.mark.parametrize("change", INNOCENT)
def test_innocent_changes_cost_nothing(change, tmp_path):
    document = notebook()
    INNOCENT[change](document)
    (tmp_path / "a.ipynb").write_text(json.dumps(document))
    record = grade(tmp_path / "a.ipynb")
    assert record["status"] == "graded"
    # otter's rule: a check that comes before its answer finds none
    assert record["score"] == (0 if change == "checks first" else POSSIBLE), record["note"]


CELLS = {
    "a syntax error": ("def broken(:\n    pass", True),
    "an exception": ("1 / 0", True),
    "a keyboard": ("name = input('your name? ')", True),
    "pip": ("%pip install torch==1.0\n!pip install torch==1.0\n!python -m pip install x", False),
    "conda": ("%conda install numpy -y", False),
    "colab": (
        "from google.colab import drive, files\ndrive.mount('/content/drive')\nfiles.download('x')",
        False,
    ),
    "colab's magics": ("%tensorflow_version 2.x", False),
    "matplotlib's magics": ("%matplotlib inline\n%matplotlib widget\n%pylab", False),
    "a plot": ("import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()", False),
    "a widget": (
        "import ipywidgets\nfrom IPython.display import display\n"
        "display(ipywidgets.interactive(lambda x: x, x=(0, 3)))",
        False,
    ),
    "time and capture": ("%%time\nx = 1", False),
    "shell commands": ("!ls -la\nfiles = !ls\n!nvidia-smi", False),
    "extensions": ("%load_ext autoreload\n%autoreload 2", False),
    "await": ("import asyncio\nawait asyncio.sleep(0)", False),
    "a thread pool": (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor(2) as pool:\n    assert list(pool.map(abs, [-1])) == [1]",
        False,
    ),
    "a data loader": (
        "from torch.utils.data import DataLoader\nassert len(list(DataLoader(range(8), 2))) == 4",
        False,
    ),
    "two loader processes": (
        "from torch.utils.data import DataLoader\n"
        "assert len(list(DataLoader(range(8), 2, num_workers=2))) == 4",
        False,
    ),
    "files": ("open('x.txt', 'w').write('x')\nassert open('x.txt').read() == 'x'", False),
    "saving": ("torch.save({'a': torch.ones(2)}, 'm.pt')\ntorch.load('m.pt')", False),
    "the course's data": ("from efficientai.data import digits\nlen(digits().train_x)", False),
    "the reference": ("import efficientai.pruning", True),
    "otter itself": ("import otter\nmy = otter.Notebook('a.ipynb')\nmy.check_all()", False),
    "the kernel": ("get_ipython().kernel.do_shutdown(True)", False),
    "lost state": ("print(result_of_a_deleted_cell)", True),
    "a question that is not there": ("grader.check('q99')", True),
}  # fmt: skip


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_costs_only_itself(name, tmp_path, monkeypatch):
    source, stops = CELLS[name]
    monkeypatch.setattr(engine(), "limits", AMPLE)  # imports may be slow; none of these loops
    (tmp_path / "a.ipynb").write_text(json.dumps(notebook({}, source)))
    record = grade(tmp_path / "a.ipynb")
    assert (record["status"], scores(record)) == ("graded", [4, 2, 3]), record["note"]
    assert ("stopped with an error" in record["note"]) is stops, record["note"]


def test_a_note_names_the_line_that_python_could_not_read(tmp_path):
    (tmp_path / "a.ipynb").write_text(json.dumps(notebook({}, "x = 1\ndef broken(:\n    pass")))
    note = grade(tmp_path / "a.ipynb")["note"]
    assert "code cell 2: SyntaxError: invalid syntax (line 2)" in note
