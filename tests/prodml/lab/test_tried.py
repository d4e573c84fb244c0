"""Is the case named that the check was trying?"""

from __future__ import annotations

import linecache
from typing import Any

import numpy as np
import pandas as pd

from prodml.lab.tried import tried

LEARNERS = "def fail(*args): raise ValueError\ndef later(call): return call()\ndef right(x): return x"


class Odd:
    """Cannot be shown."""

    def __repr__(self) -> str:
        raise ValueError


def _tried(check: str, **given: Any) -> tuple[str, ...]:
    names: dict[str, Any] = {"np": np, **given}
    exec(compile(LEARNERS, "<learner's>", "exec"), names)
    linecache.cache["<tried>"] = (len(check), None, check.splitlines(keepends=True), "<tried>")
    try:
        exec(compile(check.replace("%time", ""), "<tried>", "exec"), names)
    except ValueError as error:
        return tried(error, "<tried>")
    raise AssertionError("nothing was raised")


def test_the_call_and_not_the_whole_statement() -> None:
    assert _tried("assert right(1) == 1 and abs(fail('é', 2)) < 1e-9, 'no'") == ("fail('é', 2)",)


def test_a_call_over_several_lines_is_one() -> None:
    assert _tried("got = fail(\n    1,\n    2,\n)") == ("fail( 1, 2, )",)


def test_the_variables_of_all_loops_around_it_and_no_others() -> None:
    check = "for n in (1,):\n    for a, (b, _) in [(2, (3, 4))]:\n        fail(n)\nfor z in (): pass"
    assert _tried(check, z=1) == ("fail(n)", "n = 1", "a = 2", "b = 3")
    assert _tried("for n in (1,): pass\nfail(n)") == ("fail(n)",)


def test_the_variables_of_a_comprehension() -> None:
    assert _tried("for n in (1,):\n    all(fail(x) for x in (2,) for y in (3,))") == (
        "fail(x)",
        "n = 1",
        "x = 2",
        "y = 3",
    )
    assert _tried("for x in (1,): pass\nassert fail() == [x for x in ()]") == ("fail()",)


def test_loops_around_a_call_of_a_function_of_the_check() -> None:
    assert _tried("def f(x):\n    fail(x)\nfor n in (7,):\n    f(n)") == ("fail(x)", "n = 7")


def test_a_call_that_the_learner_calls_back() -> None:
    assert _tried("later(lambda: fail(1))") == ("fail(1)",)


def test_long_values_are_cut_and_tables_are_shapes() -> None:
    loop = "for x in xs:\n    fail(x)"
    assert _tried(loop, xs=["a" * 100]) == ("fail(x)", f"x = '{'a' * 58}…")
    assert _tried(loop, xs=[np.zeros((3, 2))]) == ("fail(x)", "x = ndarray of shape (3, 2)")
    assert _tried(loop, xs=[pd.Series([1])]) == ("fail(x)", "x = Series of shape (1,)")
    assert _tried(loop, xs=[np.float64(1)]) == ("fail(x)", "x = 1.0" if np.__version__ < "2" else "x = np.float64(1.0)")
    assert _tried(loop, xs=[Odd()]) == ("fail(x)", "x = <Odd>")


def test_a_long_call_is_cut() -> None:
    (call,) = _tried(f"fail('{'a' * 300}')")
    assert len(call) == 200


def test_a_cell_that_is_no_python_names_nothing() -> None:
    assert _tried("%time\nfail(1)") == ()
