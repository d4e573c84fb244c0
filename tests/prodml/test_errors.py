"""Do prodml's errors say problem and fix, also after a journey between processes?"""

from __future__ import annotations

import pickle

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
    """Does the tree at the top of errors.py name every error?"""
    assert [kind.__name__ for kind in KINDS if kind.__name__ not in (errors.__doc__ or "")] == []
