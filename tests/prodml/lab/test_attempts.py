"""Is the same answer known again, and a changed one taken for another?"""

from __future__ import annotations

import pytest

from prodml.lab.attempts import digest, digest_of

FIRST = "def psi(x):\n    return x"


def _digest(*history: object) -> str:
    return digest({"In": ["", *history]}, ["psi", "psi_categories"])


def test_the_cell_that_bound_it_last_counts() -> None:
    assert _digest(FIRST) != ""
    assert _digest(FIRST, "psi(3)", "other = psi") == _digest(FIRST)
    assert _digest(FIRST, "psi = max") == _digest("psi = max") != _digest(FIRST)
    assert _digest(FIRST, "def psi_categories(x): return x") != _digest(FIRST)


def test_comments_and_layout_do_not() -> None:
    assert _digest("# mine\ndef psi(x):\n\n    return x  # as it is\n") == _digest(FIRST)


def test_what_is_no_cell_is_skipped() -> None:
    assert _digest(FIRST, "def psi(:", None, 3) == _digest(FIRST)
    assert _digest("x = 1") == ""
    assert digest({}, ["psi"]) == digest({"In": "overwritten"}, ["psi"]) == ""


def test_a_cells_own_digest_is_that_of_the_history() -> None:
    assert digest_of(FIRST) == _digest(FIRST)
    with pytest.raises(SyntaxError):
        digest_of("def psi(:")
