"""Does a check in the learner's kernel notice an argument that was changed in place, as the judge does?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.judge import messages
from prodml.lab import untouched
from prodml.lab.records import read

Cell = Callable[[str], None]
BEFORE = """
import dataclasses, numpy as np, pandas as pd
@dataclasses.dataclass(frozen=True)
class Spec:
    rate: float
    names: list
"""
CHANGES = {
    "a list": ("x.append(1)", "[0]"),
    "a list in a list": ("x[0].append(1)", "[[0]]"),
    "a dict": ("x['b'] = 1", "{'a': 0}"),
    "a set": ("x.add(1)", "{0}"),
    "an array": ("x *= 2", "np.ones(3)"),
    "an array of objects": ("x[0] = 'b'", "np.array(['a', None], dtype=object)"),
    "a table": ("x['late'] = 1", "pd.DataFrame({'a': [1.0]})"),
    "a column": ("x.iloc[0] = np.nan", "pd.Series([1.0, 2.0])"),
    "a frozen dataclass": ("object.__setattr__(x, 'rate', 2.0)", "Spec(1.0, [])"),
    "a list in a dataclass": ("x.names.append('b')", "Spec(1.0, [])"),
}


def test_the_judge_says_the_same() -> None:
    assert untouched.TOUCHED == messages.TOUCHED


@pytest.mark.parametrize("kind", CHANGES)
def test_a_change_in_place_fails_the_check(
    lab: Path, cell: Cell, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    change, value = CHANGES[kind]
    cell(f"{BEFORE}\ndef psi(x):\n    {change}\n    return 0")
    with pytest.raises(AssertionError, match="changes an argument in place"):
        cell(f"with check('psi'):\n    assert psi({value}) == 0")
    assert capsys.readouterr().out.splitlines()[:2] == ["✗ psi: not yet", f"  {untouched.TOUCHED}"]
    assert [r.kind for r in read(lab)] == ["failed"]
    cell(f"with check('psi', changes=True):\n    assert psi({value}) == 0")
    assert [r.kind for r in read(lab)] == ["failed", "passed"]


@pytest.mark.parametrize(
    "body",
    [
        "x = x + [1]",
        "x = list(x); x.append(1)",
        "rng.random()",
        "kept['n'] = kept.get('n', 0) + 1",
        "sorted(x); len(x)",
    ],
)
def test_what_is_no_change_of_an_argument_passes(lab: Path, cell: Cell, body: str) -> None:
    """A copy, a generator that is drawn from, and what the function keeps for itself?"""
    cell(f"import numpy as np\nkept = {{}}\ndef psi(x, rng):\n    {body}\n    return 0")
    cell("with check('psi'):\n    assert psi([0], np.random.default_rng(0)) == 0")
    assert [r.kind for r in read(lab)] == ["passed"]


def test_looking_at_a_table_is_no_change(lab: Path, cell: Cell) -> None:
    """pandas caches and consolidates; that is its own affair."""
    cell(
        f"{BEFORE}\ndef psi(x):\n    x.values, x.T, x.groupby('a').sum(numeric_only=True), x.describe()\n    x['b'].mean()\n    return 0"
    )
    cell(
        "t = pd.DataFrame({'a': [1, 2]})\nt['b'] = 1.5\nt['c'] = ['x', None]\nt['d'] = pd.to_datetime(['2013-01-01', None], utc=True)\nwith check('psi'):\n    assert psi(t) == 0"
    )
    assert [r.kind for r in read(lab)] == ["passed"]


def test_the_checks_own_words_are_said(lab: Path, cell: Cell, capsys: pytest.CaptureFixture[str]) -> None:
    cell("def psi(x):\n    x.clear()\n    return 0")
    with pytest.raises(AssertionError, match="Begin with a copy"):
        cell("with check('psi', touched='Begin with a copy.'):\n    assert psi([1]) == 1, 'Never read.'")
    assert "  Begin with a copy." in capsys.readouterr().out


def test_a_helper_and_a_nested_call_are_not_asked(lab: Path, cell: Cell) -> None:
    """Only what the check itself passes must stay: a function may change what its own helper is given."""
    cell("def fill(x):\n    x.append(1)\n    return x\ndef psi(n):\n    return len(fill([n]))")
    cell("with check('psi'):\n    assert psi(3) == 2")
    assert [r.kind for r in read(lab)] == ["passed"]


def test_the_profiler_of_before_is_there_again(lab: Path, cell: Cell) -> None:
    cell("import sys\nseen = []\ndef mine(*event): seen.append(event)\nsys.setprofile(mine)")
    cell("def psi(): return 0")
    cell("with check('psi'):\n    assert psi() == 0")
    cell("found = sys.getprofile()\nsys.setprofile(None)\nassert found is mine")


def test_threads_that_the_check_starts_are_watched_too(lab: Path, cell: Cell) -> None:
    cell("from concurrent.futures import ThreadPoolExecutor\ndef psi(x):\n    x.append(1)\n    return 0")
    run = "with ThreadPoolExecutor(2) as pool:\n        assert list(pool.map(lambda x: psi(x), [[], []])) == [0, 0]"
    with pytest.raises(AssertionError, match="changes an argument in place"):
        cell(f"with check('psi'):\n    {run}")
