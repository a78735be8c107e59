"""What builds the book: which chapters run again, what a failing cell says, what Colab gets."""

import asyncio
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "book" / "_ext")]

from book import execute, fingerprint  # noqa: E402

front = pytest.importorskip("front")
growing = pytest.importorskip("growing")
launch = pytest.importorskip("launch")
reference = pytest.importorskip("reference")
rerun = pytest.importorskip("rerun")
offline = pytest.importorskip("offline")
works = pytest.importorskip("works")
pareto, fronts = pytest.importorskip("pareto"), pytest.importorskip("fronts")

CHAPTER = """---
file_format: mystnb
kernelspec: {name: python3, display_name: Python 3}
---

# A chapter

```{code-cell}
fine = 1
```

```{code-cell}
%s
```
"""


@pytest.fixture
def package(tmp_path):
    """A package of four modules: a imports b, c stands alone."""
    folder = tmp_path / "efficientai"
    folder.mkdir()
    for name, text in {"__init__": "", "a": "from pkg import b", "b": "", "c": ""}.items():
        (folder / f"{name}.py").write_text(text)
    return folder


@pytest.fixture
def make_chapter(tmp_path, monkeypatch):
    """Write a chapter whose second cell is given, in a repository of its own."""
    monkeypatch.setattr(execute, "ROOT", tmp_path)

    def make(code: str):
        path = tmp_path / "chapter.md"
        path.write_text(CHAPTER % code)
        return execute._read(path)

    return make


# ---------------------------------------------------------------- what runs again


def test_sources_follow_imports_and_nothing_else(package):
    found = {
        path.stem for path in fingerprint.package_sources("from efficientai import a", package)
    }
    assert found == {"__init__", "a", "b"}


@pytest.mark.parametrize("name", [".a.py.swp", ".#a.py", "~a.py", "#a.py#", "a.py~"])
def test_what_an_editor_leaves_is_no_source(package, name):
    before = fingerprint.package_sources("from efficientai import a", package)
    (package / name).write_text("half a line")
    assert fingerprint.package_sources("from efficientai import a", package) == before


@pytest.mark.parametrize("name, reruns", [("a", True), ("b", True), ("c", False)])
def test_a_changed_module_runs_only_the_chapters_that_use_it(package, make_chapter, name, reruns):
    chapter = make_chapter("from efficientai import a")
    before = execute.digest(chapter, package)
    (package / f"{name}.py").write_text("changed = True")
    assert (execute.digest(chapter, package) != before) is reruns


@pytest.mark.parametrize("name, reruns", [("a.js", True), ("c.js", False)])
def test_a_changed_data_file_runs_only_the_chapters_whose_modules_name_it(
    package, make_chapter, name, reruns
):
    for file in ("a.js", "c.js"):
        (package / file).write_text("first")
    (package / "b.py").write_text("SCRIPT = 'a.js'")  # which a imports
    chapter = make_chapter("from efficientai import a")
    before = execute.digest(chapter, package)
    (package / name).write_text("second")
    assert (execute.digest(chapter, package) != before) is reruns


def test_changed_cells_run_again_and_changed_prose_does_not(package, make_chapter):
    before = execute.digest(make_chapter("x = 1"), package)
    assert execute.digest(make_chapter("x = 2"), package) != before
    chapter = make_chapter("x = 1")
    chapter.path.write_text(chapter.path.read_text().replace("# A chapter", "# Another title"))
    assert execute.digest(execute._read(chapter.path), package) == before


def test_table_of_contents_is_read_to_its_leaves():
    toc = {"root": "index", "parts": [{"chapters": [{"file": "a", "sections": [{"file": "b"}]}]}]}
    assert execute._files(toc) == ["a", "b"]


# ---------------------------------------------------------------- running


def run(chapter) -> None:
    """Execute one chapter."""
    asyncio.run(execute.execute(chapter, asyncio.Semaphore(1)))


def test_an_executed_chapter_is_kept_and_is_current(make_chapter, package):
    chapter = make_chapter("import os; print(fine + 41, os.environ['OMP_NUM_THREADS'])")
    run(chapter)
    kept = nbformat.read(chapter.executed, as_version=4)
    assert [c.outputs[0].text for c in kept.cells if c.get("outputs")] == ["42 1\n"]
    assert execute.is_current(execute._read(chapter.path))


def test_after_a_new_caption_jupyter_book_finds_the_outputs(make_chapter, package):
    chapter = make_chapter("print(fine)")
    run(chapter)
    text = chapter.path.read_text()
    tagged = text.replace("print(fine)", ":tags: [hide-input]\nprint(fine)")
    assert tagged != text
    chapter.path.write_text(tagged)
    renewed = execute._read(chapter.path)
    assert execute.is_current(renewed)
    execute.hand_over(renewed)
    cache = execute.get_cache(execute.ROOT / "_build" / ".jupyter_cache")
    found = cache.match_cache_notebook(execute._read(chapter.path).notebook)
    handed = cache.get_cache_bundle(found.pk).nb
    assert handed.metadata["language_info"]["name"] == "python"  # colours come from it
    assert [c.outputs[0].text for c in handed.cells if c.get("outputs")] == ["1\n"]


@pytest.mark.parametrize(
    "code, reason",
    [
        ("1 / 0", "ZeroDivisionError"),
        ("import warnings; warnings.warn('old way')", "UserWarning"),  # a warning is an error
    ],
)
def test_a_failing_cell_is_named(make_chapter, package, code, reason):
    with pytest.raises(execute.ChapterError) as caught:
        run(make_chapter(code))
    # The second code block of CHAPTER opens in line 12; its code begins one line further.
    assert "chapter.md, line 13: code cell 2 failed" in str(caught.value)
    assert code in str(caught.value) and reason in str(caught.value)


# ---------------------------------------------------------------- what Colab gets


@pytest.mark.parametrize(
    "myst, markdown",
    [
        ("{term}`sparsity` and {doc}`a guide <guides/student>`", "sparsity and a guide"),
        ("{math}`x^2`", "$x^2$"),
        ("{cite}`han2015learning`", "(Han et al. 2015)"),
        ("{glue:text}`share` %", "49 %"),
        ("{func}`~efficientai.pruning.nm_mask`", "`efficientai.pruning.nm_mask`"),
        ("(label)=\n# Title", "# Title"),
        ("```{math}\n:label: eq\nx\n```\n", "$$\nx\n$$\n"),
        (":::{caution}\nMind it.\n:::\n", "> **Caution**\n>\n> Mind it.\n"),
        ("```python\nx = 1\n```\n", "```python\nx = 1\n```\n"),
    ],
)
def test_myst_becomes_plain_markdown(myst, markdown):
    works = {"han2015learning": "Han et al. 2015"}
    inserts = launch.Inserts(numbers={"share": "49"}, works=works)
    assert launch.plain_markdown(myst, inserts) == markdown


def test_works_are_named_by_their_authors():
    works = launch.works(("book/references.bib",))
    # three authors, two, four: as the entries stand in the file
    assert works["lecun1989optimal"] == "LeCun et al. 1989"
    assert works["frankle2019lottery"] == "Frankle and Carbin 2019"
    assert works["blalock2020what"] == "Blalock et al. 2020"
    assert works["mlcommons2022tiny"] == "MLCommons 2022"  # an institution, in braces in the file


def test_exercise_box_becomes_a_link():
    inserts = launch.Inserts(links={"exercise": "https://example.org/x"})
    text = launch.plain_markdown("```{exercise} pruning\nNine questions.\n```\n", inserts)
    assert "[Open the exercise](https://example.org/x)" in text and "{" not in text


# ---------------------------------------------------------------- pages


def test_start_page_moves_up_with_its_links():
    page = '<html data-content_root="../"><a href="../x.html#a">1</a><img src="i.svg"><a href="#b">'
    moved = front.from_root(page)
    assert moved == (
        '<html data-content_root="./"><a href="x.html#a">1</a><img src="book/i.svg"><a href="#b">'
    )


def test_links_to_other_hosts_stay():
    assert front.from_root('<a href="https://example.org/a">') == '<a href="https://example.org/a">'


def test_math_is_loaded_only_where_a_formula_stands():
    script = '<script defer src="../_static/vendor/mathjax/tex-chtml.js"></script>'
    assert offline.lean(script) == ""
    formula = script + '<span class="math notranslate">x</span>'
    assert offline.lean(formula) == formula


@pytest.mark.parametrize(
    "tag",
    [
        '<script defer src="_static/scripts/fontawesome.js?digest=1"></script>',
        '<script src="_static/vendor/fontawesome/6.5.2/js/all.min.js?digest=1"></script>',
        '<link rel="preload" as="script" href="_static/scripts/fontawesome.js?digest=1" />',
        '<link rel="preload" href="_static/vendor/fontawesome/6.5.2/fa-brands-400.woff2" />',
    ],
)
def test_icons_are_fetched_once_by_any_theme(tag):
    kept = '<link href="_static/vendor/fontawesome/6.5.2/css/all.min.css?digest=1" />'
    assert offline.lean(f"{tag}{kept}") == kept


def test_docstrings_keep_their_examples_and_gain_code():
    lines = ["The `mask` of 2 * 3.", "", ">>> a * b", "`6`", "", "More `x`."]
    expected = ["The ``mask`` of 2 \\* 3.", "", ">>> a * b", "`6`", "", "More ``x``."]
    assert reference._plain(lines) == expected


def test_a_star_in_a_docstring_is_a_star_unless_two_stress_a_word():
    assert reference._plain(["(*kernel, *rest) *is* 2*3*4"]) == [
        "(\\*kernel, \\*rest) *is* 2\\*3\\*4"
    ]


def test_arguments_in_a_docstring_become_code():
    lines = ["x, mask: bool (n,). The x: `y_s`, at most y_s.", ">>> y_s"]
    expected = ["``x``, ``mask``: bool (n,). The x: ``y_s``, at most ``y_s``.", ">>> y_s"]
    assert reference._plain(lines, ["x", "mask", "y_s"]) == expected


@pytest.mark.parametrize(
    ("code", "target"),
    [
        ("nm_mask", "efficientai.pruning.nm_mask"),  # of the same module
        ("training.fit()", "efficientai.training.fit"),
        ("efficientai.energy", "efficientai.energy"),
        ("hardware.Roofline.ridge", "efficientai.hardware.Roofline.ridge"),
        ("sparsity_of", None),  # an argument here, whatever else has that name
        ("magnitude_mask", None),  # itself
        ("torch.save", None),
    ],
)
def test_a_name_in_a_docstring_leads_to_its_entry(code, target):
    link = f":py:obj:`{code} <{target}>`" if target else f"``{code}``"
    assert reference._link("efficientai.pruning.magnitude_mask", ["sparsity_of"], code) == link


def test_a_modules_table_has_whole_sentences_and_what_it_passes_on():
    from efficientai import backends, evaluation

    rows = reference.contents(backends)
    summary = rows[rows.index("   * - :py:obj:`~efficientai.backends.int8_model`") + 1]
    assert summary.endswith("last layer.")  # its second line
    names = [row.split("~")[1] for row in reference.contents(evaluation) if "~" in row]
    assert names.index("efficientai.evaluation.carbon_kg`") < names.index(
        "efficientai.profiling.latency`"
    )


def test_bibliography_has_institutions_among_the_people():
    from pybtex.database import parse_string

    entries = parse_string(
        "@misc{a, author={Zhu, Michael}, title={A}, year=2017}"
        "@misc{b, author={{NVIDIA}}, title={B}, year=2022}"
        "@misc{c, author={Ba, Lei}, title={C}, year=2014}",
        "bibtex",
    ).entries.values()
    assert [entry.key for entry in works.ByName().sort(entries)] == ["c", "b", "a"]


def test_growing_table_shows_the_common_network_once():
    def score(network, size):
        costs = {"accuracy": 0.5, "macs": 8, "time": 1.0, "microjoules": 2.0}
        return {"network": network, "bytes": size, **costs}

    rows = {
        "book/index": [],
        "book/first": [score("dense", 100), score("small", 50)],
        "book/second": [score("dense", 100), score("int8", 25)],
    }
    table = growing._table(growing.each_once(rows), "book/second")
    texts = [row.astext().split("\n\n") for row in table.findall(growing.nodes.row)]
    assert [text[0] for text in texts[1:]] == ["First", "dense", "small", "Second", "int8"]
    assert texts[2] == ["dense", "50.0 %", "100", "8", "1.00", "2.0"]
    own = [row.astext()[:4] for row in table.findall(growing.nodes.row) if "own" in row["classes"]]
    assert own == ["int8"]


def test_growing_table_reads_what_a_scorecard_shows(tmp_path):
    from types import SimpleNamespace

    import torch

    from efficientai import evaluation

    net = torch.nn.Linear(4, 2)
    card = evaluation.scorecard({"dense": net}, torch.ones(3, 4), torch.zeros(3).long())
    output = nbformat.v4.new_output("execute_result", card._repr_mimebundle_())
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(outputs=[output])])
    env = SimpleNamespace(srcdir=tmp_path)
    path = growing.executed(tmp_path, "book/x")
    path.parent.mkdir(parents=True)
    nbformat.write(notebook, path)
    assert growing.scores(env, "book/x") == [card[0]._asdict()]
    assert growing.scores(env, "book/none") == []


SCORES = {  # cost is the same in all measures but time
    "dense": (0.9, 10, 1.0),
    "small": (0.8, 5, 0.5),
    "worse": (0.7, 6, 0.4),
    "hopeless": (0.6, 12, 2.0),
}


def table_of(scores):
    """Rows as a scorecard's, by name."""
    costs = ("bytes", "macs", "microjoules")
    return {
        name: {"network": name, "accuracy": accuracy, "time": time, **dict.fromkeys(costs, cost)}
        for name, (accuracy, cost, time) in scores.items()
    }


def test_pareto_figure_names_the_front_and_its_caption_counts(tmp_path):
    networks = table_of(SCORES)
    best = {cost: fronts.front(networks, cost) for cost in fronts.COSTS}
    # by time the worse one is the fastest; by the others "small" costs less and knows more
    assert best["bytes"] == ["small", "dense"] and best["time"] == ["worse", "small", "dense"]
    text = pareto.caption(networks, best)
    assert "All 4 networks" in text and "2, 2, 3 and 2" in text
    assert "2 on all four (dense, small), and 1 on none" in text
    fronts.draw(networks, best, tmp_path / "front.svg")
    assert "<svg" in (tmp_path / "front.svg").read_text()


def test_a_page_does_not_depend_on_a_notebook_that_is_not_there(tmp_path):
    # Sphinx reads a page anew in every build if a file that it depends on is missing
    from types import SimpleNamespace

    noted = []
    env = SimpleNamespace(srcdir=tmp_path, note_dependency=noted.append)
    rerun.depend_on(env, "book/index")
    assert not noted
    path = rerun.executed(tmp_path, "book/pruning")
    path.parent.mkdir(parents=True)
    path.touch()
    rerun.depend_on(env, "book/pruning")
    assert noted == [str(path)]


def test_pareto_figure_takes_every_network_of_the_table_once(tmp_path):
    from types import SimpleNamespace

    dense, other = table_of(SCORES)["dense"], {**table_of(SCORES)["dense"], "bytes": 99}
    site = {name: SimpleNamespace(child_files=list) for name in ("a", "b")}
    site = {**site, "index": SimpleNamespace(child_files=lambda: ["a", "b"])}
    tree = type("Site", (dict,), {"root": SimpleNamespace(docname="index")})(site)
    noted = []
    env = SimpleNamespace(srcdir=tmp_path, external_site_map=tree, note_dependency=noted.append)
    for name, rows in {"a": [dense], "b": [dense, other]}.items():
        path = growing.executed(tmp_path, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        output = nbformat.v4.new_output("execute_result", {growing.MIME: rows})
        nbformat.write(
            nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(outputs=[output])]), path
        )
    assert pareto.collect(env) == {"dense": dense, "dense (2)": other}
    assert len(noted) == 2


def test_a_figure_of_all_chapters_is_named_in_a_launched_notebook():
    text = launch.plain_markdown("One.\n\n```{pareto-front}\n```\n")
    assert text.startswith("One.\n\n*(This figure") and "{" not in text
