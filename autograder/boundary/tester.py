"""The trusted process that grades one submission: otter's test files, with stand-ins as arguments.

It is forked from a warm process that has otter and the tests loaded, and it is limited too, because
what a student returns may be too much for whoever looks at it. It tells its findings question by
question, so that what was found is kept if it has to be ended.
"""

from __future__ import annotations

import json
import os
import re
import resource
import socket
import sys
import traceback
from pathlib import Path

from autograder import notebooks, results
from autograder.boundary import faults, jail, linux, preload
from autograder.boundary.channel import Channel, Lost
from autograder.boundary.faults import RemoteError, text_of
from autograder.boundary.limits import Limits
from autograder.boundary.settle import settle
from autograder.boundary.standins import Environment, Trusted

CELL_FILE = re.compile(r" \(<[^>]*>, (line \d+)\)")  # IPython's name for a cell says nothing

bundle: Bundle | None = None


class Bundle:
    """The tests of one topic and the notebook that students got.

    Args:
        folder: holds ``tests/q*.py`` and ``release.ipynb``.
    """

    def __init__(self, folder: Path):
        from otter.test_files.exception_test import ExceptionTestFile

        paths = sorted(folder.glob("tests/*.py"), key=lambda path: (len(path.stem), path.stem))
        self.tests = {path.stem: ExceptionTestFile.from_file(str(path)) for path in paths}
        for path, test in zip(paths, self.tests.values(), strict=True):
            test.path = path.name  # what a record says must not depend on where the bundle lies
        content = (folder / "release.ipynb").read_bytes()
        self.release = notebooks.parse("release.ipynb", content)

    def cases(self, name: str) -> list[dict]:
        """Name, points and kind of each case of a question."""
        return [
            {"name": case.name, "hidden": case.hidden, "points": case.points}
            for case in self.tests[name].test_cases
        ]


def prepare(setup: dict) -> dict:
    """Load everything once; the questions with their cases."""
    # an optional part of jsonschema that takes three seconds to build a grammar nobody needs here
    sys.modules.setdefault("rfc3987_syntax", None)
    import otter.run

    import efficientai.checking

    assert efficientai and otter
    preload.load(setup["preload"])
    settle()
    global bundle
    try:
        bundle = Bundle(Path(setup["bundle"]))
    except Exception as error:
        return {"refusal": f"The tests in {setup['bundle']} cannot be loaded: {error!r}."}
    return {"questions": {name: bundle.cases(name) for name in bundle.tests}}


def serve(request: dict, files: list[int]) -> None:
    """Grade one submission, or put a record together from what an earlier tester found.

    Args:
        request: ``limits`` and the ``path`` of the submission; or why a tester was ``lost``, whose
            findings come where this one tells.
        files: where to tell, and the tester's end of the channel.
    """
    linux.prctl(linux.PR_SET_PDEATHSIG, 9)
    limits = Limits(**request["limits"])
    _limit(limits)
    tell = Telling(files[0])
    if "lost" in request:
        with open(os.dup(files[0]), encoding="utf-8") as earlier:
            found = json.load(earlier)
        tell(record=compose(found, "partial", [results.LOST[request["lost"]]]))
        return
    try:
        notebook = notebooks.read(Path(request["path"]), bundle.release)
    except notebooks.Unreadable as problem:
        tell(record=compose({}, "unreadable", [str(problem)]))
        return
    channel = Channel(socket.socket(fileno=files[1]))
    Examination(notebook, Trusted(channel, limits), tell).run()


class Telling:
    """Lines of JSON to the batch."""

    def __init__(self, descriptor: int):
        self._file = os.fdopen(descriptor, "w", buffering=1)

    def __call__(self, **what) -> None:
        self._file.write(json.dumps(what) + "\n")


def _limit(limits: Limits) -> None:
    """Memory and time; a margin over what the submission may take, for what tests do themselves."""
    memory = jail.address_space() + limits.tester_bytes
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    seconds = int(limits.total_seconds) + 60
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class Examination:
    """One notebook: run its cells, run the tests where it asks for them, then all that are left.

    Like otter: the last check of a question counts, and one that the notebook never asks for is
    made at the end.
    """

    def __init__(self, notebook: notebooks.Notebook, peer: Trusted, tell: Telling):
        self._notebook, self._peer, self._tell = notebook, peer, tell
        self._found: dict[str, list[dict]] = {}
        self._stopped: list[str] = []
        peer.operations["check"] = self._check

    def run(self) -> None:
        """Grade, and tell the record."""
        status, notes = "graded", list(self._notebook.notes)
        try:
            self._run_cells()
            for name in bundle.tests:
                if name not in self._found:
                    self._check(name)
        except Lost as lost:
            status = "partial"
            notes.append(results.LOST[lost.reason])
            self._tell(lost=lost.reason)
        except Exception:
            traceback.print_exc()  # for the instructor: no answer of a worker should come this far
            status = "partial"
            notes.append(results.LOST["tester"])
        self._tell(record=compose(self._found, status, [*notes, *self._errors()]))

    def _run_cells(self) -> None:
        for number, cell in enumerate(self._notebook.cells, start=1):
            try:
                error = self._peer.ask("run-cell", cell.source)
            except RemoteError as raised:
                error = faults.save(raised)
            if not isinstance(error, dict | None):
                raise Lost("garbled")
            if error is not None:
                self._stopped.append(f"code cell {number}: {_one_line(error)}")

    def _errors(self) -> list[str]:
        if not self._stopped:
            return []
        count = len(self._stopped)
        many = "1 code cell" if count == 1 else f"{count} code cells"
        return [f"{many} stopped with an error ({self._stopped[0]})"]

    def _check(self, name: str) -> None:
        """Run a question's cases against the notebook as it is now."""
        test = bundle.tests.get(name)
        if test is None:
            raise FileNotFoundError(f"Test {name} does not exist")
        environment = Environment(self._peer)
        self._found[name] = [_run_case(test, case, environment) for case in test.test_cases]
        self._tell(found={name: self._found[name]})


def _run_case(test, case, environment: Environment) -> dict:
    environment.missing.clear()
    try:
        case.body.call_func(environment)
    except Exception as error:
        told = "❌ Test case failed\n" + test._generate_error_message(error)
        message = _explain(error, sorted(environment.missing))
        return {"passed": False, "message": message, "told": results.plain(told)}
    return {"passed": True, "message": "", "told": "✅ Test case passed"}


def _explain(error: Exception, missing: list[str]) -> str:
    """What a student reads: the assertion's own words, or what their code raised."""
    if isinstance(error, AssertionError) and not isinstance(error, RemoteError):
        return text_of(error) or "A check of this question failed."
    if missing:
        return f"There is no `{missing[0]}` in the notebook: is its cell missing, or did it stop?"
    name = error.remote_type if isinstance(error, RemoteError) else type(error).__name__
    return f"{name}: {text_of(error)}"


def _one_line(error: dict) -> str:
    raised = faults.load(error)
    first, *_ = CELL_FILE.sub(r" (\1)", str(raised)).splitlines() or [""]
    return f"{raised.remote_type}: {first}"[:300]


def compose(found: dict[str, list[dict]], status: str, notes: list[str]) -> dict:
    """The record of a submission, with otter's own view of it for Gradescope."""
    from otter.run import AutograderConfig
    from otter.test_files import GradingResults
    from otter.test_files.abstract_test import TestCaseResult

    unreached = {"passed": False, "message": "Not reached.", "told": "Not reached."}
    questions = []
    for name, test in bundle.tests.items():
        outcomes = found.get(name) or [unreached] * len(test.test_cases)
        test.test_case_results = [
            TestCaseResult(test_case=case, message=outcome["told"], passed=outcome["passed"])
            for case, outcome in zip(test.test_cases, outcomes, strict=True)
        ]
        pairs = zip(bundle.cases(name), outcomes, strict=True)
        cases = [{**c, "passed": o["passed"], "message": o["message"]} for c, o in pairs]
        questions.append(results.question(name, cases, test.score))
    note = results.note_of(notes)
    graded = GradingResults(list(bundle.tests.values()))
    graded.set_output(note)
    return {
        "status": status,
        "note": note,
        "score": results.number(sum(test.score for test in bundle.tests.values())),
        "possible": results.number(sum(test.possible for test in bundle.tests.values())),
        "questions": questions,
        **graded.to_gradescope_dict(AutograderConfig()),
    }
