"""A real hub with the shipped configuration, in a real browser: a student's way and a teacher's.

Screenshots of the main steps are left in `_build/screenshots/hub-*.jpg`.
"""

import re
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs, urlencode, urlsplit

import hub_room as room
import nbformat
import pytest
import yaml
from nbgrader.api import Gradebook
from traitlets.config.loader import PyFileConfigLoader

pytest.importorskip("jupyterhub", reason="the hub's tests need jupyterhub: `make install`")
expect = pytest.importorskip("playwright.sync_api").expect

ROOT = room.ROOT
sys.path.insert(0, str(ROOT / "book" / "_ext"))
repository = pytest.importorskip("repository")
SHOTS = ROOT / "_build" / "screenshots"
TOPIC = "deployment"
STUDENT, OTHER, TEACHER = "ada", "ben", "grace"
SERVICE = f"/services/{room.COURSE}"


# ---------------------------------------------------------------- the hub and its people


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    """A hub with a course of one topic, two students and an instructor."""
    if room.proxy() is None:
        pytest.skip(
            "no configurable-http-proxy found; get one with "
            "`npm install --prefix _build/node configurable-http-proxy`"
        )
    folder = tmp_path_factory.mktemp("hub")
    write_course(folder)
    running, environment = room.prepare(folder, [STUDENT, OTHER], [TEACHER])
    running.start(environment)
    yield running
    running.stop()


def write_course(folder: Path) -> None:
    """Write nbgrader's course, as the guide says."""
    exchange = folder / "exchange"
    exchange.mkdir()
    exchange.chmod(0o1777)
    options = ["--out", str(folder / "course"), "--exchange", str(exchange), "--seed", "a seed"]
    command = [sys.executable, "-m", "autograder", "nbgrader", TOPIC, *options]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)


@pytest.fixture(scope="module")
def log_in(hub, browser):
    """A function that logs somebody in and gives their tab."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    opened = []

    def log_in(name: str, then: str = "/hub/home"):
        context = browser.new_context(viewport={"width": 1600, "height": 1000})
        opened.append(context)
        page = context.new_page()
        page.set_default_timeout(room.PATIENCE_S * 1000)
        page.goto(f"{hub.address}/hub/login?next={then}")
        page.fill("#username_input", name)
        page.fill("#password_input", room.PASSWORD)
        page.click("#login_submit")
        return page

    expect.set_options(timeout=room.PATIENCE_S * 1000)
    yield log_in
    for context in opened:
        context.close()


@pytest.fixture(scope="module")
def formgrader(log_in):
    """Formgrader in a frame of the instructors' JupyterLab, found from the hub's home page."""
    page = log_in(TEACHER)
    page.get_by_text("Services").click()
    page.get_by_role("link", name=room.COURSE).click()
    frame = page.frame_locator("iframe").first
    expect(frame.get_by_role("link", name=TOPIC, exact=True)).to_be_visible()
    return page, frame


@pytest.fixture(scope="module")
def released(formgrader):
    """The assignment after the instructor has made the students' version and released it."""
    page, frame = formgrader
    frame.locator("td.assign a").click()
    confirm(frame, "Successfully created the student version")
    frame.locator("td.release a").click()
    confirm(frame, "Successfully released")
    shoot(page, "1-released")


@pytest.fixture(scope="module")
def student(log_in):
    """A student's tab, in which JupyterLab is open."""
    page = log_in(STUDENT, "/hub/spawn")
    expect(menu(page)).to_be_visible()
    return page


@pytest.fixture(scope="module")
def submitted(hub, student, released):
    """The student's tab after the assignment was fetched, solved in part and handed in."""
    open_menu(student, "Assignment List")
    assignments = student.locator("#nbgrader-assignment-list")
    assignments.get_by_role("button", name="Fetch").click()
    submit = assignments.get_by_role("button", name="Submit")
    expect(submit).to_be_visible()
    shoot(student, "2-fetched")
    solve(student, hub.home(STUDENT) / TOPIC / f"{TOPIC}.ipynb")
    open_menu(student, "Assignment List")
    submit.click()
    expect(assignments.locator("#submitted_assignments_list")).to_contain_text(TOPIC)
    shoot(student, "4-submitted")
    return student


@pytest.fixture(scope="module")
def graded(formgrader, submitted):
    """Formgrader after the submission was collected and graded."""
    page, frame = formgrader
    frame.locator("td.collect a").click()
    confirm(frame, "Successfully collected")
    frame.locator("td.num-submissions a").click()
    frame.locator("td.autograde a").click()
    confirm(frame, "Successfully autograded")
    shoot(page, "5-graded")
    return frame


def confirm(frame, text: str) -> None:
    """Wait for formgrader's message and put it away."""
    expect(frame.locator(".modal-dialog", has_text=text)).to_be_visible()
    frame.get_by_role("button", name="OK").click()
    expect(frame.locator(".modal-dialog")).to_have_count(0)


def menu(page):
    """nbgrader's menu in JupyterLab; it is there when everything has loaded."""
    return page.locator(".lm-MenuBar-item", has_text="Nbgrader")


def open_menu(page, entry: str) -> None:
    """Choose an entry of nbgrader's menu."""
    menu(page).click()
    page.locator(".lm-Menu-item", has_text=entry).click()


def shoot(page, name: str) -> None:
    """Leave a picture."""
    page.screenshot(path=SHOTS / f"hub-{name}.jpg", type="jpeg", quality=80)


# ---------------------------------------------------------------- what the student writes

# Counts the parameters and forgets the running statistics of batch norms. The example's half
# point is earned; the other half and the point of the hidden check, both with a norm, are not.
ANSWER = """def weight_bytes(model, bits):
    return -(-sum(p.numel() for p in model.parameters()) * bits // 8)"""
EARNED, POSSIBLE = 0.5, 21
REMARK = "See my picture."
PICTURE = "<img src='none' onerror='window.top.broken = true'>"


def solve(page, notebook: Path) -> None:
    """Answer the first question in JupyterLab, check it, save."""
    path = notebook.relative_to(notebook.parents[1]).as_posix()
    page.goto(page.url.split("/lab")[0] + f"/lab/tree/{path}")
    expect(menu(page)).to_be_visible()
    run(page, code_cell(page, "efficientai.grader"))
    answer = code_cell(page, "def weight_bytes")
    answer.locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(ANSWER)
    run(page, answer)
    check = code_cell(page, 'grader.check("q1")')
    run(page, check)
    expect(check.locator(".jp-OutputArea")).to_contain_text("nn.BatchNorm2d(10)")
    shoot(page, "3-checked")
    page.keyboard.press("Control+S")
    wait_until(lambda: "p.numel()" in notebook.read_text(encoding="utf-8"))
    add_remark(notebook)


def code_cell(page, text: str):
    """The first code cell that contains a text."""
    return page.locator(".jp-CodeCell:visible", has_text=text).first


def run(page, cell) -> None:
    """Run a cell and wait until it has run; a key pressed before the kernel is there is lost."""
    expect(page.locator("#jp-main-statusbar")).to_contain_text("Idle")
    cell.locator(".jp-InputPrompt").click()
    page.keyboard.press("Control+Enter")
    expect(cell.locator(".jp-InputPrompt")).to_have_text(re.compile(r"\[\d+\]:"))


def add_remark(notebook: Path) -> None:
    """Add text that runs a script where it is shown as it stands."""
    read = nbformat.read(notebook, as_version=4)
    read.cells.append(nbformat.v4.new_markdown_cell(f"{REMARK} {PICTURE}"))
    nbformat.write(read, notebook)


def wait_until(condition) -> None:
    """Wait for something on the disk."""
    deadline = time.monotonic() + room.PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


# ---------------------------------------------------------------- tests


def test_instructor_collects_and_grades_in_jupyterlab(hub, graded):
    expect(graded.locator("td.score")).to_have_text(f"{EARNED} / {POSSIBLE}")
    with Gradebook(f"sqlite:///{hub.folder / 'course' / 'gradebook.db'}") as gradebook:
        submission = gradebook.find_submission(TOPIC, STUDENT)
        assert (submission.score, submission.max_score) == (EARNED, POSSIBLE)


def test_formgrader_shows_a_students_text_without_its_scripts(hub, graded, formgrader):
    page, _ = formgrader
    api = f"{hub.address}{SERVICE}/formgrader/api/submitted_notebooks/{TOPIC}/{TOPIC}"
    found = page.request.get(api).json()
    page.goto(f"{hub.address}{SERVICE}/formgrader/submissions/{found[0]['id']}/")
    expect(page.get_by_text(REMARK)).to_be_visible()
    shoot(page, "6-submission")
    assert page.evaluate("window.broken") is None


def test_student_has_no_instructors_tools(student):
    menu(student).click()
    entries = student.locator(".lm-Menu .lm-Menu-itemLabel").all_inner_texts()
    student.keyboard.press("Escape")
    assert [entry for entry in entries if entry] == ["Assignment List"]
    assert not student.get_by_text("Create Assignment").count()


def test_student_is_kept_out_of_formgrader(hub, student):
    assert status(student, f"{hub.address}{SERVICE}/formgrader") == 403
    assert status(student, f"{hub.address}{SERVICE}/api/contents/gradebook.db") == 403
    assert status(student, f"{hub.address}/user/{STUDENT}/formgrader") == 404
    assert status(student, f"{hub.address}/user/{OTHER}/lab") in (403, 404)
    student.request.get(f"{hub.address}/hub/home")
    assert room.COURSE not in student.request.get(f"{hub.address}/hub/home").text()


def status(page, address: str) -> int:
    """The status of an address for whoever is logged in in this tab."""
    return page.request.get(address).status


def test_student_gets_no_hidden_check_and_no_solution(hub, submitted):
    received = [p for p in hub.home(STUDENT).rglob("*") if p.is_file() and ".cache" not in p.parts]
    text = "\n".join(p.read_text(encoding="utf-8", errors="replace") for p in received)
    assert "def weight_bytes" in text
    master = (ROOT / "solutions" / f"{TOPIC}.md").read_text(encoding="utf-8")
    secrets = re.findall(r"^    # BEGIN SOLUTION\n(.*?)    # END SOLUTION", master, re.S | re.M)
    lines = {line.strip() for block in secrets for line in block.splitlines()}
    long = {line for line in lines if len(line) > 45}
    assert len(long) > 5
    assert not [line for line in long if line in text]
    assert "_other_networks" in master and "_other_networks" not in text


def test_the_files_of_students_and_course_are_out_of_reach(hub, submitted):
    contents = f"{hub.address}/user/{STUDENT}/api/contents"
    assert status(submitted, contents) == 200
    for path in ("../../course", "%2e%2e/%2e%2e/course", str(hub.folder / "course")):
        assert status(submitted, f"{contents}/{path}") in (403, 404)
    assert (hub.folder / "course").stat().st_mode & 0o077 == 0
    inbound = hub.folder / "exchange" / room.COURSE / "inbound"
    assert inbound.stat().st_mode & 0o004 == 0, "students can list what others handed in"


def test_who_is_in_no_table_stays_outside(hub, log_in):
    page = log_in("mallory")
    expect(page.get_by_text("Invalid username or password")).to_be_visible()


def test_button_of_the_site_brings_the_exercise(hub, submitted, tmp_path):
    button = urlsplit(address_on_hub(hub))
    question = {key: values[0] for key, values in parse_qs(button.query).items()}
    name = question["repo"].rsplit("/", 1)[1]
    path = question["urlpath"].removeprefix(f"lab/tree/{name}/")
    assert (ROOT / path).is_file()
    question["repo"] = str(published(tmp_path / name, path, question["branch"]))
    submitted.goto(button._replace(query=urlencode(question)).geturl())
    expect(menu(submitted)).to_be_visible()
    expect(code_cell(submitted, "efficientai.grader")).to_be_visible()
    shoot(submitted, "7-pulled")
    assert (hub.home(STUDENT) / name / path).read_bytes() == (ROOT / path).read_bytes()


def address_on_hub(hub) -> str:
    """What the site's button for JupyterHub opens, for this hub."""
    written = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    repository_of = {f"repository_{key}": value for key, value in written["repository"].items()}
    options = {**repository_of, "launch_buttons": {"jupyterhub_url": hub.address}}
    config = SimpleNamespace(html_theme_options=options)
    return repository.exercise_launches(config, TOPIC)["JupyterHub"]


def published(folder: Path, path: str, branch: str) -> Path:
    """A bare repository with one file of this one, as the published branch has it."""
    git = ["git", "-c", "user.name=site", "-c", "user.email=site@example.org"]
    work = folder.with_name("work")
    (work / path).parent.mkdir(parents=True)
    (work / path).write_bytes((ROOT / path).read_bytes())
    for command in (["init", "-q", "-b", branch], ["add", "-A"], ["commit", "-q", "-m", "site"]):
        subprocess.run([*git, *command], cwd=work, check=True)
    subprocess.run([*git, "clone", "-q", "--bare", work, folder], check=True)
    return folder


def test_open_course_folder_stops_the_hub(tmp_path, monkeypatch):
    (tmp_path / "course").mkdir(mode=0o755)
    room.table(tmp_path / "course" / "students.csv", [STUDENT])
    room.table(tmp_path / "instructors.csv", [TEACHER])
    monkeypatch.setenv("HUB_ROOT", str(tmp_path))
    shipped = PyFileConfigLoader(str(room.DEPLOY / "jupyterhub_config.py"))
    with pytest.raises(SystemExit, match="chmod 700"):
        shipped.load_config()
    (tmp_path / "course").chmod(0o700)
    assert shipped.load_config().Authenticator.allowed_users == {STUDENT, TEACHER}
