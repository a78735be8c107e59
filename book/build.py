"""`python -m book.build`: execute what changed, then build the site into `_build/html`."""

import argparse
import sys

from jupyter_book.cli.main import main as jupyter_book

from book.execute import ROOT, ChapterError, execute_book

STRICT = ("-W", "-n", "--keep-going")


def build_site() -> None:
    """Run Jupyter Book with every warning an error; `SystemExit` if there is one.

    In this process: both sides import the same libraries, which takes seconds.
    """
    jupyter_book(["build", str(ROOT), *STRICT], prog_name="jupyter-book", standalone_mode=False)


def main(arguments: list[str] | None = None) -> int:
    """Command line; 0 when the site stands."""
    parser = argparse.ArgumentParser(prog="python -m book.build", description=__doc__)
    parser.add_argument("--jobs", type=int, help="chapters executed at a time (default: cores)")
    options = parser.parse_args(arguments)
    try:
        execute_book(options.jobs)
    except ChapterError as error:
        print(f"\nThe book was not built.\n\n{error}", file=sys.stderr)
        return 1
    build_site()
    return 0


if __name__ == "__main__":
    sys.exit(main())
