"""The published site for tests: built, served under a sub-path, opened in a real browser.

Its fixtures are known to all tests through conftest.py.
"""

import fcntl
import functools
import gzip
import http.server
import re
import subprocess
import sys
import threading
from html.parser import HTMLParser
from pathlib import Path

import pytest

from book.pdf import NoBrowser, find_browser

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "_build" / "html"
AXE = (ROOT / "tests" / "assets" / "axe.min.js").read_text(encoding="utf-8")
PREFIX = "/efficient-ai/"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SOURCES = ("_config.yml", "_toc.yml", "book", "efficientai", "exercises")


@pytest.fixture(scope="session")
def site() -> Path:
    """The finished site; built here if a source is newer. One process builds, others wait."""
    SITE.parent.mkdir(exist_ok=True)
    with open(SITE.parent / "site.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_fresh():
            command = [sys.executable, "-m", "book.build"]
            run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
            assert run.returncode == 0, complaints(run.stdout + run.stderr)
            (SITE / ".built").touch()
    return SITE


def complaints(log: str) -> str:
    """The lines of a build's output that say what is wrong, else its end."""
    wrong = [line for line in log.splitlines() if re.search("WARNING|ERROR|rror:|failed", line)]
    return "\n".join(wrong) or log[-3000:]


def is_fresh() -> bool:
    """Whether the site was built after the last change of anything that it is made from."""
    stamp = SITE / ".built"
    return stamp.exists() and stamp.stat().st_mtime >= max(map(changed, SOURCES))


def changed(name: str) -> float:
    """When a source, or anything in it, changed last."""
    path = ROOT / name
    files = (
        [path] if path.is_file() else [p for p in path.rglob("*") if "__pycache__" not in p.parts]
    )
    return max(p.stat().st_mtime for p in files if p.is_file())


@functools.cache
def compressed(path: Path, version: int) -> tuple[bytes, bool]:
    """What is sent of a file, and whether it is packed."""
    packed = path.suffix not in {".woff2", ".woff", ".png"}
    return (gzip.compress(path.read_bytes(), 6) if packed else path.read_bytes()), packed


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves the site below PREFIX, compressed as any ordinary host does."""

    def translate_path(self, path: str) -> str:
        """Map an address below PREFIX to a file; anything else does not exist."""
        inside = path.startswith(PREFIX)
        return super().translate_path("/" + path[len(PREFIX) :] if inside else "/no-such-file")

    def do_GET(self) -> None:
        """Answer with gzip, except for fonts, which are compressed already."""
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() else path
        if not path.is_file():
            return self.send_error(404)
        body, packed = compressed(path, path.stat().st_mtime_ns)
        self.send_response(200)
        self.send_header("Cache-Control", "max-age=600")
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Length", str(len(body)))
        if packed:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(body)
        self.server.sent += len(body)

    def log_message(self, *arguments) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def server(site):
    """A local server; `.address` is the start page and `.sent` counts the bytes of all answers."""
    handler = functools.partial(Handler, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        running.sent, running.daemon_threads = 0, True
        running.address = f"http://127.0.0.1:{running.server_port}{PREFIX}"
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture(scope="module")  # it holds an event loop, which would be in other modules' way
def browser():
    """Chromium, from the system or from Playwright."""
    with pytest.importorskip("playwright.sync_api").sync_playwright() as playwright:
        try:
            found = find_browser(playwright)
        except NoBrowser as error:
            pytest.skip(str(error))
        chromium = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser):
    """A fresh tab without history."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


# ---------------------------------------------------------------- its pages, read as text


def pages(site: Path) -> list[str]:
    """The address of every page, relative to the start."""
    found = (path.relative_to(site) for path in site.rglob("*.html"))
    return sorted(path.as_posix() for path in found if path.parts[0] != "_static")


class Links(HTMLParser):
    """Collects the addresses that a page refers to, and the anchors that it offers."""

    def __init__(self, text: str):
        super().__init__()
        self.addresses: list[str] = []
        self.loaded: list[str] = []  # those that a browser asks for by itself
        self.anchors: set[str] = {"", "top"}
        self.feed(text)

    def handle_starttag(self, tag, attributes) -> None:
        """Note one tag."""
        given = dict(attributes)
        found = [given[key] for key in ("href", "src", "action") if given.get(key)]
        self.addresses += found
        self.loaded += found if tag not in ("a", "form") else []
        self.anchors |= {given[key] for key in ("id", "name") if given.get(key)}


@pytest.fixture(scope="session")
def links(site) -> dict[str, Links]:
    """The links of every page."""
    return {name: Links((site / name).read_text(encoding="utf-8")) for name in pages(site)}


# ---------------------------------------------------------------- an open page


def watch(page, address: str) -> list[str]:
    """Collect what a page must not do: errors on the console, requests to other hosts."""
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(f"script error: {error}"))
    page.on(
        "console",
        lambda line: wrong.append(f"console: {line.text}") if line.type == "error" else None,
    )
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith((address, "data:"))
            else wrong.append(f"request to {request.url}")
        ),
    )
    return wrong


def violations(page, rules: list[str] | None = None, part: str | None = None) -> list[str]:
    """What axe finds on the page that is open, or in one part, with all its rules or with some."""
    page.evaluate(AXE)
    options = {"resultTypes": ["violations"], **({"runOnly": rules} if rules else {})}
    run = "([part, options]) => axe.run(part || document, options)"
    found = page.evaluate(run, [part, options])["violations"]
    return [f"axe {v['id']}: {v['help']}: {v['nodes'][0]['html'][:200]}" for v in found]
