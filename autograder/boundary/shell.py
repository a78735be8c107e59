"""The notebook's home in the worker: an IPython shell without a kernel, a network or a keyboard.

What works on a student's machine but has no meaning here (`%pip`, a Drive mount, `input()`, a
widget) answers quietly instead of ending the notebook.
"""

from __future__ import annotations

import builtins
import io
import re
import sys

INSTALLER = re.compile(r"\s*(python3?\s+-m\s+)?(uv\s+)?(pip3?|conda|mamba|apt(-get)?)\s")
OFFLINE = "Nothing is installed while a notebook is graded."
QUIET_MAGICS = ("pip", "conda", "mamba", "uv", "matplotlib", "pylab", "gui", "debug", "pdb")
COLAB_MAGICS = ("tensorflow_version", "shell", "bigquery", "data_table")


class Nowhere(io.TextIOBase):
    """A standard stream for a program that may print as much as it likes."""

    encoding = "utf-8"

    def writable(self):
        return True

    def write(self, text):
        return len(text)


class Shell:
    """One IPython shell per process; a fork inherits it ready made.

    Args:
        ask: sends the question of `grader.check` to the tester.
    """

    def __init__(self, ask):
        self._shell = interactive_shell()
        self.namespace = self._shell.user_ns
        sys.stdout = sys.stderr = Nowhere()
        builtins.input = _no_keyboard
        connect_grader(ask)

    def run(self, source: str) -> BaseException | None:
        """Run one cell as Jupyter would; the exception that ended it, or None."""
        result = self._shell.run_cell(source, store_history=False, silent=False)
        return result.error_before_exec or result.error_in_exec


def interactive_shell():
    """The process's shell, made on the first call."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.cache_size = 0
    shell = InteractiveShell.instance(config=config)
    shell.display_pub.publish = lambda *args, **kwargs: None
    shell.showtraceback = shell.showsyntaxerror = shell._showtraceback = _silent
    shell.system = shell.system_raw = shell.system_piped = _system
    shell.getoutput = lambda command, **_: [] if INSTALLER.match(command) else _output(command)
    shell.displayhook.write_output_prompt = lambda: None
    for name in (*QUIET_MAGICS, *COLAB_MAGICS):
        shell.register_magic_function(_silent, "line", name)
    shell.kernel = _NoKernel()
    return shell


class _NoKernel:
    """What `get_ipython().kernel` is here: something that does nothing, whatever it is asked."""

    def __getattr__(self, name):
        return _silent


def _silent(*args, **kwargs) -> None:
    """Errors are reported as data, not printed."""


def _system(command: str) -> None:
    """What `!command` does: inside the jail there is little that it could do."""
    print(OFFLINE if INSTALLER.match(command) else "\n".join(_output(command)))


def _output(command: str) -> list[str]:
    import subprocess

    done = subprocess.run(
        command, shell=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=60
    )
    return done.stdout[:100_000].decode("utf-8", "replace").splitlines()


def _no_keyboard(prompt=""):
    raise EOFError("input() has no keyboard while a notebook is graded")


def connect_grader(ask) -> None:
    """Make `grader.check("q1")` a question to the tester, wherever the grader came from."""
    import otter  # the stub

    import efficientai

    otter._ask = ask
    efficientai.grader = lambda *args, **kwargs: otter.Notebook()
