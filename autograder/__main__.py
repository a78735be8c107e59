"""The command line: ``python -m autograder`` lists its commands."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from autograder.course import ROOT, Course, CourseError
from autograder.gradescope import VISIBILITIES, Settings

# Each command imports what it needs when it runs: `--help` answers at once, and a package that is
# not installed gets a sentence instead of a traceback.

SEED_VARIABLE = "EFFICIENTAI_SEED"  # the instructor's; `efficientai.checking` reads it too
BREACH, MISUSE, STOPPED = 1, 2, 130  # exit statuses


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status: 0 done, 1 something to mend, 2 a bad request."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.run is None:
        parser.print_help()
        return 0
    try:
        return options.run(options)
    except CourseError as error:
        return _refuse(str(error))
    except ModuleNotFoundError as error:
        return _refuse(
            f"The package {error.name!r} is not installed. Run `make install`, "
            "or `python -m pip install -r requirements.txt`."
        )
    except OSError as error:
        return _refuse(f"{error.strerror or error}: {error.filename or 'no file named'}.")
    except KeyboardInterrupt as stop:
        _refuse(str(stop) or "Stopped. What was finished is kept.")
        return STOPPED


def _refuse(sentence: str) -> int:
    print(f"autograder: {sentence}", file=sys.stderr)
    return MISUSE


def build(options: argparse.Namespace) -> int:
    """Write exercises, public checks and bundles; with ``--check`` say what is stale instead."""
    from autograder import build

    course = options.course
    if options.check:
        return _check(course, _topics(options))
    if options.gradescope:
        return _pack(options)
    for topic in _topics(options):
        master = build.build(course, topic)
        print(f"{topic}: {len(master.questions)} questions, {master.points:g} points, built")
    return 0


def _pack(options: argparse.Namespace) -> int:
    from autograder.gradescope.pack import pack

    for topic in _topics(options):
        settings = Settings(topic, options.seed, options.minutes, options.show)
        path = pack(options.course, settings)
        where = path.relative_to(options.course.root)
        print(f"{topic}: {path.stat().st_size / 1e6:.1f} MB in {where}")
    return 0


def _check(course: Course, topics: list[str]) -> int:
    from autograder import build

    stale = [path for topic in topics for path in build.stale(course, topic)]
    for path in stale:
        print(f"{path.relative_to(course.root)} is stale: run `python -m autograder build`.")
    orphans = build.orphans(course)
    for path in orphans:
        print(f"{path.relative_to(course.root)} has no master: remove it.")
    if not stale and not orphans:
        print(f"{', '.join(topics)}: everything is fresh")
    return BREACH if stale or orphans else 0


def verify(options: argparse.Namespace) -> int:
    """Prove each topic's exercise and print what was found."""
    from autograder.verify import verify

    proofs = []
    for topic in _topics(options):
        with Progress() as progress:
            proofs.append(verify(options.course, topic, progress))
        print(proofs[-1].table())
    return 0 if all(proof.holds for proof in proofs) else BREACH


def sample(options: argparse.Namespace) -> int:
    """Write a class of submissions to try grading on."""
    from autograder.sample import sample

    people = sample(
        options.course, options.topic, options.out, options.students, options.seed, options.loops
    )
    print(f"{options.topic}: {len(people)} sample submissions in {options.out}")
    return 0


def grade(options: argparse.Namespace) -> int:
    """Grade a folder of submissions."""
    from autograder.grade import grade_class

    options.course.require(options.topic)
    records = grade_class(
        options.topic,
        options.submissions,
        options.out,
        options.seed,
        options.jobs,
        options.strict,
        scheduler=options.scheduler,
        course=options.course,
    )
    if all(record["status"] == "unreadable" for record in records):
        folder = options.submissions
        raise CourseError(f"{folder} holds no notebook that can be read: is it the right folder?")
    counts = Counter(record["status"] for record in records)
    told = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
    print(f"{options.topic}: {len(records)} submissions: {told}")
    print(f"Grades: {options.out / 'grades.csv'}")
    print(f"Report: {options.out / 'report.html'}, with each student's feedback beside it")
    return 0


def report(options: argparse.Namespace) -> int:
    """Make the pages of a graded class again from its records."""
    from autograder.report import write_pages

    count = write_pages(options.course, options.grades)
    print(f"{options.grades / 'report.html'} and {count} pages of feedback are written")
    return 0


def export(options: argparse.Namespace) -> int:
    """Put the scores of a graded class into a platform's own table."""
    from autograder import gradebook, results
    from autograder.report import read_results

    records = read_results(options.grades)
    topic = records[0]["topic"]
    roster = gradebook.read_roster(
        options.roster, topic, column=options.column, id_column=options.id
    )
    upload = gradebook.fill(records, roster)
    results.write(options.out, upload.text)
    print(f"{upload.platform}: {upload.filled} of {len(records)} scores are in {options.out}")
    for sentence in upload.left_out:
        print(f"  left out: {results.printable(sentence)}")
    return 0


def nbgrader(options: argparse.Namespace) -> int:
    """Write the course in nbgrader's form, or renew what came from the masters."""
    from autograder.nbgrader import course

    settings = course.Settings(options.course_id, options.exchange, options.seed)
    done = course.write(
        options.course, _topics(options), options.out, settings, renew=options.renew
    )
    for master in done.written:
        print(f"{master.topic}: {len(master.questions)} questions, {master.points:g} points")
    print(f"{options.out}: {len(done.written)} written, {len(done.unchanged)} as they were")
    print(f"How to go on: {options.out / 'README.md'}")
    return 0


def _topics(options: argparse.Namespace) -> list[str]:
    """The topics asked for, or all of them."""
    topics = options.topics or options.course.topics()
    if not topics:
        raise CourseError(f"{options.course.root / 'solutions'} holds no master.")
    return [options.course.require(topic) for topic in topics]


class Progress:
    """One line on the terminal that tells how far it is; elsewhere a line now and then."""

    PAUSE = 5.0  # seconds between lines where they cannot be overwritten

    def __init__(self) -> None:
        self.live = sys.stderr.isatty()
        self.told = time.monotonic()

    def __call__(self, text: str) -> None:
        if self.live:
            print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
        elif time.monotonic() - self.told >= self.PAUSE:
            print(text, file=sys.stderr, flush=True)
            self.told = time.monotonic()

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self.live:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m autograder",
        description="Build the course's exercises, prove them, and grade a class.",
        epilog="Each command explains itself: python -m autograder grade --help",
    )
    parser.add_argument(
        "--course",
        type=lambda text: Course(Path(text).resolve()),
        default=Course(ROOT),
        metavar="DIR",
        help="another copy of the course than this one",
    )
    parser.set_defaults(run=None)
    commands = parser.add_subparsers(title="commands", metavar="command")
    _add_build(commands)
    _add_verify(commands)
    _add_sample(commands)
    _add_grade(commands)
    _add_report(commands)
    _add_export(commands)
    _add_nbgrader(commands)
    return parser


def _command(
    commands: argparse._SubParsersAction, run: Callable, text: str
) -> argparse.ArgumentParser:
    command = commands.add_parser(run.__name__, help=text, description=text)
    command.set_defaults(run=run)
    return command


def _add_build(commands: argparse._SubParsersAction) -> None:
    command = _command(commands, build, "make exercises, checks and bundles from their masters")
    command.add_argument("topics", nargs="*", metavar="topic", help="default: every topic")
    command.add_argument("--check", action="store_true", help="write nothing, say what is stale")
    pack = command.add_argument_group("for Gradescope")
    pack.add_argument(
        "--gradescope", action="store_true", help="pack each topic's gradescope.zip, and no more"
    )
    _add_seed(pack)
    pack.add_argument(
        "--minutes", type=_minutes, default=10, metavar="N", help="its time limit; default: 10"
    )
    pack.add_argument(
        "--show", choices=VISIBILITIES, default="visible", help="when students see their results"
    )


def _add_verify(commands: argparse._SubParsersAction) -> None:
    command = _command(commands, verify, "prove that an exercise grades fairly and leaks nothing")
    command.add_argument("topics", nargs="*", metavar="topic", help="default: every topic")


def _add_sample(commands: argparse._SubParsersAction) -> None:
    command = _command(commands, sample, "write a class of submissions to try grading on")
    command.add_argument("topic")
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="an empty folder")
    command.add_argument("--students", type=_count, default=12, metavar="N", help="default: 12")
    command.add_argument("--seed", default="0", help="another seed, another class; default: 0")
    command.add_argument("--loops", action="store_true", help="add a notebook that never ends")


def _add_grade(commands: argparse._SubParsersAction) -> None:
    command = _command(commands, grade, "grade a folder of submissions")
    command.add_argument("topic")
    command.add_argument("submissions", type=Path, help="a folder, or a zip as an LMS gives it")
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="for the grades")
    _add_seed(command)
    command.add_argument(
        "--jobs", type=_count, default=0, metavar="N", help="at a time; default: one for each core"
    )
    command.add_argument(
        "--strict", action="store_true", help="refuse if a layer of the jail is missing"
    )
    command.add_argument(
        "--scheduler", metavar="ADDRESS", help="a Dask cluster to grade on, as tcp://host:8786"
    )


def _add_seed(command: argparse._ActionsContainer) -> None:
    seed = os.environ.get(SEED_VARIABLE, "0")
    command.add_argument(
        "--seed", default=seed, help=f"of the hidden cases; default: {SEED_VARIABLE}, or 0"
    )


def _add_report(commands: argparse._SubParsersAction) -> None:
    command = _command(commands, report, "make the pages of a graded class again")
    command.add_argument("grades", type=Path, help="the folder that `grade --out` wrote")


def _add_export(commands: argparse._SubParsersAction) -> None:
    command = _command(commands, export, "put the scores into Canvas's, Moodle's or another table")
    command.add_argument("grades", type=Path, help="the folder that `grade --out` wrote")
    command.add_argument("roster", type=Path, help="Canvas's gradebook, Moodle's worksheet, a CSV")
    command.add_argument("--out", type=Path, required=True, metavar="CSV", help="to be imported")
    command.add_argument(
        "--column", help="where the scores go; default: the one named after the topic"
    )
    command.add_argument("--id", help="the column of ids, in a table of your own")


def _add_nbgrader(commands: argparse._SubParsersAction) -> None:
    command = _command(commands, nbgrader, "write the course as a folder that nbgrader works in")
    command.add_argument("topics", nargs="*", metavar="topic", help="default: every topic")
    command.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="empty, or such a course to renew"
    )
    command.add_argument("--course-id", metavar="NAME", help="nbgrader's; default: efficient-ai")
    command.add_argument("--exchange", metavar="DIR", help="nbgrader's; default: its own")
    command.add_argument("--seed", help="of the hidden cases; default: drawn by lot")
    command.add_argument(
        "--renew", action="store_true", help="change even what students have handed in"
    )


def _minutes(text: str) -> int:
    if not text.isdecimal() or not 2 <= int(text) <= 40:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 2 to 40, Gradescope's most")
    return int(text)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 on")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
