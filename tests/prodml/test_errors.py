"""Do prodml's errors say problem and fix, also after a journey between processes?"""

from __future__ import annotations

import ast
import pickle
from pathlib import Path

import pytest

from prodml import errors

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.ProdmlError)]


@pytest.mark.parametrize("kind", KINDS)
def test_problem_and_fix(kind):
    """Does every error show both, keep both as fields, and survive pickling?"""
    error = pickle.loads(pickle.dumps(kind("It is broken.", "Mend it.")))
    assert type(error) is kind
    assert (error.problem, error.fix) == ("It is broken.", "Mend it.")
    assert str(error) == "It is broken.\nMend it."


def test_tree_is_documented():
    """Does the tree at the top of errors.py name every error of the package, in whatever module it stands?"""
    files = sorted(Path(errors.__file__).parent.rglob("*.py"))
    classes = [
        node for file in files for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.ClassDef)
    ]
    ours = {"ProdmlError"}
    while more := {c.name for c in classes for base in c.bases if ast.unparse(base).split(".")[-1] in ours} - ours:
        ours |= more
    assert len(ours) > len(KINDS)
    assert [name for name in sorted(ours) if name not in errors.__doc__.replace(",", " ").split()] == []
