"""Is a solution changed in one place at a time, everywhere that decides what it does, and nowhere else?"""

from __future__ import annotations

import pytest

from autograder.proving.mutate import mutants_of


def mutated(source: str) -> set[str]:
    return {m.diff.rpartition("+ ")[2] for m in mutants_of(source)}


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("y = a < b", {"y = a <= b", "y = a > b"}),
        ("y = (a) == (b)", {"y = (a) != (b)"}),
        ("y = a not in b", {"y = a in b"}),
        ("y = a + b", {"y = a - b"}),
        ("y = a // 3", {"y = a / 3", "y = a // 4", "y = a // 2"}),
        ("y = a and b", {"y = ((a) or (b))", "y = ((b))", "y = ((a))"}),
        ("y = not a", {"y = (a)"}),
        ("y = a if b else c", {"y = (a)", "y = (c)"}),
        ("y = True", {"y = False"}),
        ("y = 0", {"y = 1"}),
        ("y = 0.5", {"y = 1.0", "y = 0.25"}),
        ("y = 'left'", {"y = 'right'"}),
        ("y = x.max(axis=0)", {"y = x.min(axis=0)", "y = x.max(axis=1)", "y = x.max()"}),
        ("y = f(a, b)", {"y = f(b, a)"}),
        ("y = max(a, b)", {"y = min(a, b)"}),
        ("y = [v for v in x if v]", {"y = [v for v in x if True]"}),
        ("y = a, b", {"y = b, a"}),
        ("def f(x=1):\n    return x", {"def f(x=2):", "def f(x=0):"}),
        ("raise ValueError('a message')", {"raise RuntimeError('a message')"}),
        ("try:\n    f()\nexcept Exception:\n    x = 1", {"pass", "x = 2", "x = 0", "except ZeroDivisionError:"}),
        ("x += 1", {"x -= 1", "x += 2", "x += 0"}),
    ],
)  # fmt: skip
def test_each_kind_of_place_is_changed(source: str, wanted: set[str]) -> None:
    assert mutated(source) == wanted


def test_what_decides_nothing_is_left_alone() -> None:
    source = 'def f(x: int = None) -> "str":\n    """One."""\n    raise ValueError(f"{x} is 3 too many", 4)\n'
    assert mutated(source) == {"pass", 'raise RuntimeError(f"{x} is 3 too many", 4)'}


def test_a_statement_is_dropped_unless_nothing_runs_without_it() -> None:
    source = "def f(x):\n    y = x\n    y = y.copy()\n    y.sort()\n    if y:\n        y.pop()\n    return y\n"
    assert [m.line for m in mutants_of(source) if m.operator == "statement"] == [3, 4, 5, 6]


def test_a_mutant_knows_its_line_and_both_texts() -> None:
    (one,) = [m for m in mutants_of("é = 'ü'\nx = a - é\n") if m.operator == "arithmetic"]
    assert (one.line, one.diff, one.source) == (2, "- x = a - é\n+ x = a + é", "é = 'ü'\nx = a + é\n")


def test_no_mutant_comes_twice() -> None:
    found = mutants_of("x = f(1, 1)\ny = a <= b <= 2\n")
    assert len({m.source for m in found}) == len(found) > 5
