"""Which modules to import ahead of the forks, judged by what an exercise speaks of.

A fork that imports one of them itself pays for it again, submission by submission; an engine that
imports all of them pays for what a light exercise never needs.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable
from pathlib import Path

LIBRARY = {
    r"optim|\bfit\b|training": "torch._dynamo",  # behind every optimizer: seconds
    r"torchvision": "torchvision",
}
BOTH_SIDES = {  # the worker imports its reduced course package, the tester the whole one
    r"digits|sklearn": "sklearn.datasets",
    r"digits|sklearn|train_test_split": "sklearn.model_selection",
    r"plt|pyplot|plotting": "matplotlib.pyplot",
    r"efficientai\.data": "efficientai.data",
    r"efficientai\.training": "efficientai.training",
    r"nn\.utils": "torch.nn.utils.prune",
}


def spoken(bundle: Path) -> str:
    """Everything that the notebook and the tests of a bundle say."""
    paths = sorted([*bundle.glob("tests/*.py"), bundle / "release.ipynb"])
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


def modules(table: dict[str, str], text: str) -> list[str]:
    """The modules in `table` whose pattern occurs in `text`."""
    return [module for pattern, module in table.items() if re.search(pattern, text)]


def load(names: Iterable[str]) -> None:
    """Import modules that were asked for by name."""
    for name in names:
        importlib.import_module(name)
