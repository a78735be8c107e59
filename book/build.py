"""`python -m book.build`: execute what changed, then build the site into `_build/html`."""

import argparse
import subprocess
import sys
from pathlib import Path

from book.execute import ROOT, ChapterError, execute_book

STRICT = ("-W", "-n", "--keep-going")


def build_site() -> int:
    """Run Jupyter Book with every warning an error; its exit status."""
    tool = Path(sys.executable).parent / "jupyter-book"
    return subprocess.run([tool, "build", ROOT, *STRICT], cwd=ROOT).returncode


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
    return build_site()


if __name__ == "__main__":
    sys.exit(main())
