"""The public checks of an exercise, answered in the words of its topic.

``grader = efficientai.grader("pruning")`` gives an `otter.Notebook` whose test files travel with
this package, so that one notebook works in Jupyter, in Colab and in a clone. In otter's own grading
runs it steps aside: otter then brings its tests and its way of reporting them. In a kernel that
nbgrader started it speaks nbgrader's language.
"""

from __future__ import annotations

import contextlib
import dis
import html
import inspect
import linecache
import os
import re
import sys
import traceback
from pathlib import Path
from typing import Any

import otter
from otter.test_files import ExceptionTestFile, TestCaseResult

from efficientai import DEVICE_VARIABLE

CHECKS = Path(__file__).parent / "checks"
CHECKING = str(Path(__file__).with_name("checking.py"))
EMPTY_BODY = (["LOAD_CONST", "RETURN_VALUE"], ["RETURN_CONST"])
SILENT_OPS = {"RESUME", "NOP", "CACHE"}
NBGRADER = "NBGRADER_EXECUTION"  # "validate" or "autograde" in nbgrader's own kernels


def grader(topic: str) -> Grader:
    """The checks of one exercise; call ``grader.check("q1")`` below each answer.

    From here on the notebook trains on the CPU, even beside a GPU, since that is where it is graded
    (unless the environment says otherwise: `training.training_device`).

    Raises ValueError for a topic without an exercise, and lists those there are.

    >>> grader("pruning").topic
    'pruning'
    """
    topics = sorted(path.name for path in CHECKS.glob("[a-z]*/"))
    if topic not in topics:
        listed = ", ".join(topics) or "none yet"
        raise ValueError(f"No exercise is called {topic!r}. The exercises are: {listed}.")
    os.environ.setdefault(DEVICE_VARIABLE, "cpu")
    return Grader(topic, CHECKS / topic)


class Grader(otter.Notebook):
    """An `otter.Notebook` that reads one topic's checks and leaves nothing behind on disk.

    >>> Grader("pruning", CHECKS / "pruning").topic
    'pruning'
    """

    def __init__(self, topic: str, checks: Path):
        self.topic, self.checks = topic, checks
        super().__init__(tests_dir=str(checks))

    def check(
        self, question: str, global_env: dict[str, Any] | None = None
    ) -> ExceptionTestFile | None:
        """Run the public checks of `question` on the names of the notebook that asks.

        Raises ValueError for a question that the exercise does not have. In nbgrader's validation
        raises AssertionError if a check does not hold; in nbgrader's own autograding, which has no
        hidden tests, RuntimeError.
        """
        names = sys._getframe(1).f_globals if global_env is None else global_env
        if type(self)._grading_mode:
            return super().check(question, names)
        result = Check.from_file(str(self._path(question)))
        if NBGRADER in os.environ:
            return _validate(result, names)
        result.run(names)
        return result

    def _path(self, question: str) -> Path:
        path = self.checks / f"{question}.py"
        if not path.is_file():
            known = sorted((p.stem for p in self.checks.glob("q*.py")), key=lambda q: int(q[1:]))
            raise ValueError(
                f"No question of {self.topic} is called {question!r}. "
                f"The questions are: {', '.join(known)}."
            )
        return path

    def _log_event(self, *args: Any, **kwargs: Any) -> None:
        """Keep no log: otter would pickle every result into the student's folder."""

    def _resolve_nb_path(self, nb_path: str | None, fail_silently: bool = False) -> str | None:
        """Look for the notebook only when something needs it: the tests never do."""
        return nb_path if fail_silently else super()._resolve_nb_path(nb_path)


def _validate(result: Check, names: dict[str, Any]) -> None:
    """Tell nbgrader: to it only an exception is a failure, and whatever stands on stderr is one."""
    if os.environ[NBGRADER] != "validate":
        raise RuntimeError(
            "nbgrader gives no points in a kernel of its own. Autograde in the folder that "
            "`python -m autograder nbgrader` wrote, with the configuration there."
        )
    with contextlib.redirect_stderr(sys.stdout):
        result.run(names)
    if not result.passed_all:
        raise AssertionError(result.summary())


class Check(ExceptionTestFile):
    """The result of one question's checks: what failed, never how it was tested.

    >>> check = Check.from_file(str(CHECKS / "pruning" / "q1.py"))
    >>> check.run({})  # the names of a notebook in which nothing has been written yet
    >>> check.summary().splitlines()[0].startswith("q1: 0 of")
    True
    """

    def run(self, global_environment: dict[str, Any]) -> None:
        """Run every case on these names and keep what each has to say."""
        self.test_case_results = []
        for case in self.test_cases:
            says = _obstacle(self.name, case.body, global_environment)
            says = says or _outcome(case, global_environment, self.path)
            self.test_case_results.append(TestCaseResult(case, says, passed=not says))

    @property
    def failures(self) -> list[str]:
        """What the failed cases say, each sentence once."""
        says = (result.message for result in self.test_case_results if not result.passed)
        return list(dict.fromkeys(says))

    def summary(self, public_only: bool = False) -> str:
        """The result as plain text."""
        return "\n".join([self._headline(), *(f"  - {message}" for message in self.failures)])

    def _headline(self) -> str:
        passed, total = sum(r.passed for r in self.test_case_results), len(self.test_cases)
        if passed == total:
            return f"{self.name}: all checks passed."
        return f"{self.name}: {passed} of {total} checks passed."

    def _repr_html_(self) -> str:
        colour, sign = ("#2e8b57", "✓") if self.passed_all else ("#c2553f", "✗")
        items = "".join(f"<li style='margin:.3em 0'>{_html(text)}</li>" for text in self.failures)
        return (
            f"<div style='border-left:4px solid {colour};padding:.4em .9em;margin:.4em 0'>"
            f"<strong><span style='color:{colour}'>{sign}</span> {_html(self._headline())}</strong>"
            f"<ul style='margin:.3em 0 0'>{items}</ul></div>"
        )


def _obstacle(question: str, case: Any, names: dict[str, Any]) -> str:
    """Why `case` cannot run on these names, or an empty string."""
    for name in inspect.signature(case.test_func).parameters:
        reason = _why_not(names.get(name), name)
        if reason:
            return f"{question}: `{name}` {reason}"
    return ""


def _why_not(value: Any, name: str) -> str:
    module = getattr(value, "__module__", None) or ""
    if value is None:
        return "is not defined yet: run its cell first."
    if value is Ellipsis or _is_empty(value):
        return "is still empty: write your code where it says `...`, and run the cell."
    if module.split(".")[0] == "efficientai":
        return (
            f"comes from `{module}`. Write your own: the grader's copy of the package "
            "does not have it."
        )
    return ""


def _is_empty(value: Any) -> bool:
    """Whether this is a function whose body is still ``...``."""
    if not inspect.isfunction(value):
        return False
    steps = [s for s in dis.get_instructions(value) if s.opname not in SILENT_OPS]
    return [s.opname for s in steps] in EMPTY_BODY and steps[0].argval is None


def _outcome(case: Any, names: dict[str, Any], path: str) -> str:
    """Run one case; an empty string if it passes, else the sentence that says what is wrong."""
    try:
        case.body.call_func(names)
    except AssertionError as error:
        frames = list(traceback.walk_tb(error.__traceback__))
        if frames[-1][0].f_code.co_filename in (path, CHECKING):
            return str(error) or f"The check “{case.name}” does not hold."
        return _raised(error, names)
    except Exception as error:
        return _raised(error, names)
    return ""


def _raised(error: Exception, names: dict[str, Any]) -> str:
    """An exception told with the line of the student's own code that it came from."""
    what = "".join(traceback.format_exception_only(type(error), error)).strip()
    hint = " A `...` is still to be replaced." if "ellipsis" in what else ""
    own = [f for f in traceback.walk_tb(error.__traceback__) if f[0].f_globals is names]
    if not own:
        return f"Your answer could not be used: {what}.{hint}"
    frame, number = own[-1]
    code = frame.f_code
    line = linecache.getline(code.co_filename, number).strip()
    where = "your code" if code.co_name.startswith("<") else f"your `{code.co_name}`"
    return f"{what}, in {where}, line {number} of its cell{f': `{line}`' if line else ''}.{hint}"


def _html(text: str) -> str:
    """Escape, then show what stands between backticks as code and keep line breaks."""
    escaped = re.sub(r"`([^`\n]+)`", r"<code>\1</code>", html.escape(text))
    return escaped.replace("\n", "<br>")
