"""Chapters and exercises open elsewhere: in Colab, a JupyterHub, Binder and a dev container."""

import ast
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import nbformat
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from website import ROOT

sys.path[:0] = [str(ROOT / "book" / "_ext")]

from book import execute  # noqa: E402

repository = pytest.importorskip("repository")

try:
    import tomllib
except ImportError:  # Python 3.10
    import tomli as tomllib

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
COLAB = re.compile(r"https://colab\.research\.google\.com/github/([^/]+/[^/]+)/blob/([^/]+)/(.+)")
CHAPTERS = sorted(chapter.path.stem for chapter in execute.chapters())
EXERCISES = sorted(path.stem for path in (ROOT / "exercises").glob("*.ipynb"))


# ---------------------------------------------------------------- the buttons


def test_colab_links_open_what_is_deployed(site, links):
    opened = {m.groups() for p in links.values() for a in p.addresses if (m := COLAB.match(a))}
    places = {"gh-pages": site, "main": ROOT}
    missing = [where for where in opened if not (places[where[1]] / where[2]).is_file()]
    assert {branch for _, branch, _ in opened} == {"gh-pages", "main"}
    assert len({owner for owner, _, _ in opened}) == 1
    assert not missing


def test_every_chapter_and_exercise_can_be_launched(site, links):
    assert {"introduction", "conclusion"} < set(CHAPTERS) and len(EXERCISES) == 9
    for chapter in CHAPTERS:
        path = f"_sources/book/{chapter}.ipynb"
        check_doors(site, links[f"book/{chapter}.html"].addresses, path, f"gh-pages/{path}")
    for topic in EXERCISES:
        path = f"exercises/{topic}.ipynb"
        check_doors(site, links[f"book/{topic}.html"].addresses, path, f"main/{path}")


def check_doors(site: Path, addresses: list[str], path: str, in_colab: str) -> None:
    """A page leads to a notebook in Colab, in Binder, and as a file of the site."""
    assert any(a.endswith(f"/blob/{in_colab}") for a in addresses)
    assert path in [pulled(a)[1] for a in addresses if "mybinder.org" in a]
    assert f"../{path}" in addresses
    assert (site / path).is_file()


def pulled(address: str) -> tuple[str, str]:
    """The branch that an nbgitpuller link fetches, and the file in it that is opened."""
    query = parse_qs(urlsplit(address).query)
    if "repo" not in query:  # Binder's own query holds the hub's
        query = parse_qs(urlsplit(query["urlpath"][0]).query)
    folder = query["repo"][0].rpartition("/")[2]
    [path] = query["urlpath"]
    assert path.startswith(f"lab/tree/{folder}/"), path
    return query["branch"][0], path.removeprefix(f"lab/tree/{folder}/")


def config(**services: str):
    """Sphinx's configuration with launch services."""
    options = {
        "repository_url": "https://github.com/anna/course",
        "repository_branch": "main",
        "launch_buttons": {"notebook_interface": "jupyterlab", **services},
    }
    return SimpleNamespace(html_theme_options=options)


def test_a_hub_comes_first_where_there_is_one():
    colab = {"colab_url": "https://colab.research.google.com"}
    hub = {"jupyterhub_url": "https://hub.example.edu/"}
    assert list(repository.exercise_launches(config(**colab), "pruning")) == ["Colab"]
    found = repository.exercise_launches(config(**colab, **hub), "pruning")
    assert list(found) == ["JupyterHub", "Colab"]
    address = repository.first(found)
    assert address.startswith("https://hub.example.edu/hub/user-redirect/git-pull?")
    assert pulled(address) == ("gh-pages", "exercises/pruning.ipynb")
    assert parse_qs(urlsplit(address).query)["repo"] == ["https://github.com/anna/course"]


def test_binder_builds_the_repository_and_fetches_the_site():
    found = repository.chapter_launches(
        config(binderhub_url="https://mybinder.org"), "book/pruning"
    )
    assert found["Binder"].startswith(
        "https://mybinder.org/v2/gh/anna/course/main?urlpath=git-pull%3F"
    )
    assert pulled(found["Binder"]) == ("gh-pages", "_sources/book/pruning.ipynb")


# ---------------------------------------------------------------- the notebooks


@pytest.fixture(params=CHAPTERS)
def notebook(request, site) -> nbformat.NotebookNode:
    """A chapter as it is launched."""
    return nbformat.read(site / "_sources" / "book" / f"{request.param}.ipynb", as_version=4)


def test_launched_chapters_run_from_the_top(notebook, tmp_path):
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert "google.colab" in code[0].source and "git+https://" in code[0].source
    assert all(cell.outputs == [] for cell in code)
    prose = "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")
    left = re.findall(r"^(?:`{3,}|:{3,})\{.*|\{[a-z:-]+\}`[^`]*`|\(\?\)", prose, re.M)
    assert not left, f"directives and roles that Jupyter does not know: {left}"
    assert not undefined("\n".join(cell.source for cell in code[1:]), tmp_path)


def undefined(code: str, folder: Path) -> str:
    """Names that the code uses and nobody defines, as ruff reports them."""
    (folder / "chapter.py").write_text(code, encoding="utf-8")
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "F821"]
    run = subprocess.run(
        [*command, "--quiet", "chapter.py"], cwd=folder, capture_output=True, text=True
    )
    return run.stdout


def test_launched_chapters_import_what_their_first_cell_installs(notebook):
    install, *cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    assert "efficientai[chapters] @ git+" in install
    requirements = PROJECT["dependencies"] + PROJECT["optional-dependencies"]["chapters"]
    installed = {canonicalize_name(Requirement(r).name) for r in requirements} | {"efficientai"}
    distributions = importlib.metadata.packages_distributions()
    for module in imported("\n".join(cells)) - sys.stdlib_module_names:
        names = {canonicalize_name(name) for name in distributions.get(module, [module])}
        assert names & installed, f"{module} is imported and not installed"


def imported(code: str) -> set[str]:
    """The top-level names of all that a piece of code imports."""
    found = list(ast.walk(ast.parse(code)))
    plain = [a.name for n in found if isinstance(n, ast.Import) for a in n.names]
    return {n.split(".")[0] for n in plain} | {
        n.module.split(".")[0] for n in found if isinstance(n, ast.ImportFrom)
    }


# ---------------------------------------------------------------- Binder and the dev container


def test_binder_has_the_torch_that_the_package_asks_for():
    environment = yaml.safe_load((ROOT / "binder" / "environment.yml").read_text(encoding="utf-8"))
    versioned = [d for d in environment["dependencies"] if not d.startswith("python=")]
    wanted = {r.name: r for r in map(Requirement, versioned)}
    package = {r.name: r for r in map(Requirement, PROJECT["dependencies"])}
    extra = {r.name: r for r in map(Requirement, PROJECT["optional-dependencies"]["chapters"])}
    assert environment["channels"] == ["conda-forge"]  # the one that has all of these
    assert wanted["pytorch-cpu"].specifier == package["torch"].specifier
    assert wanted["torchvision"].specifier == extra["torchvision"].specifier
    assert {"pip", "nbgitpuller"} < set(wanted)


def test_binder_and_the_container_run_a_python_that_the_course_knows():
    text = (ROOT / "binder" / "environment.yml").read_text(encoding="utf-8")
    [binder] = re.findall(r"^ *- python=(\d+\.\d+)$", text, re.M)  # as repo2docker reads it
    [container] = re.findall(r"^python:(\d+\.\d+)-bookworm$", container_file()["image"])
    tested = (ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8")
    for version in (binder, container):
        assert f'"{version}"' in tested
        assert SpecifierSet(PROJECT["requires-python"]).contains(version)


def container_file() -> dict:
    """The dev container's file; its comments have lines of their own."""
    text = (ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8")
    return json.loads(re.sub(r"^\s*//.*$", "", text, flags=re.M))


def test_binder_s_last_step_installs_the_package_with_all_that_chapters_import():
    script = ROOT / "binder" / "postBuild"
    assert os.access(script, os.X_OK)  # repo2docker runs it
    subprocess.run(["bash", "-n", script], check=True)
    assert re.findall(r'pip install .*"\.\[(\w+)\]"', script.read_text(encoding="utf-8")) == [
        "chapters"
    ]


def test_the_container_installs_and_serves_by_the_makefile():
    container, makefile = container_file(), (ROOT / "Makefile").read_text(encoding="utf-8")
    verb, target = container["postCreateCommand"].split()
    assert verb == "make" and re.search(rf"^{target}:", makefile, re.M)
    [port] = re.findall(r"http\.server (\d+)", makefile)
    assert container["forwardPorts"] == [int(port)] and list(container["portsAttributes"]) == [port]
    [mount] = container["mounts"]
    assert "target=${containerWorkspaceFolder}/.venv," in mount


# ---------------------------------------------------------------- publishing


def test_the_published_branch_keeps_its_history(tmp_path):
    remote, html = tmp_path / "remote.git", tmp_path / "_build" / "html"
    html.mkdir(parents=True)
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    git("init", "-q", "--bare", remote)
    for text in ("one", "one", "two"):  # the second publishes nothing
        (html / "index.html").write_text(text)
        subprocess.run(["sh", tmp_path / ".ci" / "publish", remote], check=True)
        shutil.rmtree(html / ".git")
    commits = git("-C", remote, "rev-list", "gh-pages").split()
    contents = [git("-C", remote, "show", f"{commit}:index.html") for commit in commits]
    assert contents == ["two", "one"]
    assert ".nojekyll" in git("-C", remote, "ls-tree", "--name-only", "gh-pages")


def git(*arguments) -> str:
    """What git answers."""
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True).stdout


def test_workflows_keep_the_executed_chapters():
    kept = execute.chapters()[0].executed.relative_to(ROOT).parents[1].as_posix()
    for name in ("site.yml", "test.yml"):
        workflow = yaml.safe_load((ROOT / ".github" / "workflows" / name).read_text())
        steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
        [cache] = [
            step["with"] for step in steps if step.get("uses", "").startswith("actions/cache")
        ]
        assert cache["path"] == kept
