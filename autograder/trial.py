"""Run a notebook once and try answers in its namespace. A process of its own: ``-m`` runs one job.

The job comes as JSON on standard input; what happens goes as one JSON object a line to the file
descriptor that the job names. `autograder.verify` alone starts this, with code that it trusts.
"""

from __future__ import annotations

import importlib
import json
import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import nbformat
import numpy
import torch
from IPython.core.interactiveshell import InteractiveShell
from otter.test_files import ExceptionTestFile, TestCaseResult

from efficientai import checking, grading

ANSWER_LIMIT = 60  # seconds for all cases of one question: an answer that loops is only wrong


def main() -> None:
    """Do the job that standard input describes: each of its runs in a fork of its own."""
    job = json.load(sys.stdin)
    grading.CHECKS = Path(job["checks"])  # those of this course, built or not yet
    for run in job["runs"]:
        child = os.fork()  # torch is imported, nothing has run yet
        if not child:
            _emit(job["events"], work(job | run))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if status:
            raise SystemExit(os.waitstatus_to_exitcode(status))


def _emit(descriptor: int, events: Iterator[dict]) -> None:
    for event in events:
        os.write(descriptor, json.dumps(event).encode() + b"\n")


def work(run: dict) -> Iterator[dict]:
    """The events of a run: cells run, then the answers as they stand, then every swap."""
    shell = InteractiveShell.instance()
    yield from _run_cells(shell, run["notebook"], run["tolerant"])
    names = shell.user_ns
    tests = sorted(Path(run["tests"]).glob("q*.py"), key=lambda path: int(path.stem[1:]))
    yield {"kind": "reference", "names": _reference_names(run["topic"])}
    for seed in run["seeds"]:
        os.environ[checking.SEED_VARIABLE] = seed
        yield _trial(tests, names, seed=seed)
    os.environ[checking.SEED_VARIABLE] = run["seeds"][0]
    for index, swap in enumerate(run["swaps"]):
        yield _swapped(tests, names, swap) | {"swap": index}


def _run_cells(shell: InteractiveShell, path: str, tolerant: bool) -> Iterator[dict]:
    notebook = nbformat.read(path, as_version=4)
    cells = [c for c in notebook.cells if c.cell_type == "code" and not c.id.endswith("-check")]
    for number, cell in enumerate(cells, 1):
        result = shell.run_cell(cell.source)
        error = result.error_before_exec or result.error_in_exec
        if error is not None and not tolerant:
            says = f"{type(error).__name__}: {error}"
            yield {"kind": "crash", "cell": cell.id, "error": says}
            os._exit(0)  # the one who asked stops here
        yield {"kind": "cell", "number": number, "of": len(cells)}


def _reference_names(topic: str) -> list[str]:
    try:
        return dir(importlib.import_module(f"efficientai.{topic}"))
    except ModuleNotFoundError:
        return []


def _swapped(tests: list[Path], names: dict[str, Any], swap: dict) -> dict:
    """Try one wrong definition on its own question and on those whose answers call it."""
    before = dict(names)
    try:
        exec(compile(swap["source"], f"<mistake in {swap['question']}>", "exec"), names)
        files = [path for path in tests if swap["name"] in _reached(path, names)]
        return _trial(files, names)
    finally:
        names.clear()
        names.update(before)


def _reached(path: Path, names: dict[str, Any]) -> set[str]:
    """The notebook's names that a question's tests can reach, through the code of its answers."""
    cases = ExceptionTestFile.from_file(str(path)).test_cases
    waiting = [name for case in cases for name in case.body._get_func_params()]
    reached: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += [used for used in _used(names.get(name)) if used in names]
    return reached


def _used(value: Any) -> set[str]:
    if isinstance(value, type):
        return {name for member in vars(value).values() for name in _used(member)}
    return _code_names(value.__code__) if isinstance(value, FunctionType) else set()


def _code_names(code: CodeType) -> set[str]:
    inner = (constant for constant in code.co_consts if isinstance(constant, CodeType))
    return set(code.co_names).union(*map(_code_names, inner))


def _trial(files: list[Path], names: dict[str, Any], **about: str) -> dict:
    started = time.perf_counter()
    questions = {path.stem: _question(path, names) for path in files}
    seconds = round(time.perf_counter() - started, 2)
    return {"kind": "trial", "questions": questions, "seconds": seconds, **about}


def _question(path: Path, names: dict[str, Any]) -> dict:
    """Score and cases of one question for the answers in `names`."""
    random.seed(0)
    numpy.random.seed(0)
    torch.manual_seed(0)
    file = ExceptionTestFile.from_file(str(path))
    with _time_limit(ANSWER_LIMIT):
        cases = [_case(case, names, file.path) for case in file.test_cases]
    file.test_case_results = [
        TestCaseResult(case, None, result["passed"])
        for case, result in zip(file.test_cases, cases, strict=True)
    ]
    return {"score": file.score, "possible": file.possible, "cases": cases}


def _case(case: Any, names: dict[str, Any], path: str) -> dict:
    result = {"name": case.name, "hidden": case.hidden, "points": case.points}
    try:
        case.body.call_func(names)
    except (Exception, SystemExit) as error:
        return result | {"passed": False} | _failure(error, names, path)
    return result | {"passed": True, "message": "", "spoken": True}


def _failure(error: BaseException, names: dict[str, Any], path: str) -> dict:
    """What a failed case says, and whether it speaks: by an assert, or from the answer's code."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    said = isinstance(error, AssertionError) and (
        frames[-1].f_code.co_filename in (path, checking.__file__)
    )
    from_answer = any(frame.f_globals is names for frame in frames)
    message = str(error) if said else f"{type(error).__name__}: {error}"
    return {"message": message, "spoken": said or from_answer, "said": said}


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    def interrupt(*_: object) -> None:
        raise TimeoutError(f"no answer within {seconds} s")

    previous = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


if __name__ == "__main__":
    main()
