"""What every public name of the package promises its reader: a docstring with an example."""

import ast
from pathlib import Path

import pytest

import efficientai

MODULES = sorted(Path(efficientai.__file__).parent.glob("[!_]*.py"))


def undocumented(source: str) -> list[str]:
    """Public functions and classes without an example, and public methods without a docstring."""
    found = []
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name[0] != "_":
            if ">>>" not in (ast.get_docstring(node) or ""):
                found.append(node.name)
            inner = node.body if isinstance(node, ast.ClassDef) else []
            methods = [m for m in inner if isinstance(m, ast.FunctionDef)]
            found += [
                f"{node.name}.{method.name}"
                for method in methods
                if method.name[0] != "_"
                and method.name not in ("forward", "backward")  # torch's, told of by the class
                and not ast.get_docstring(method)
            ]
    return found


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_every_public_name_has_a_docstring_with_an_example(module):
    """The examples themselves are run as doctests."""
    assert not undocumented(module.read_text())


def test_what_is_missing_is_found():
    source = """
def told():
    '''Why.

    >>> told()
    '''

def silent():
    '''Why.'''
    def inside(): ...

class Told:
    '''>>> Told()'''
    def method(self): ...
    def _own(self): ...
    def forward(self): ...
"""
    assert undocumented(source) == ["silent", "Told.method"]
