"""Is it said rightly whose line a check ended at?"""

from __future__ import annotations

import linecache
import sys
from typing import Any

import pytest

from prodml.lab.faults import Fault, explain

LEARNERS = """
import json
def right(x): return x
def wrong(x):
    return json.loads(x)
def stub(x): raise NotImplementedError
def strict(x):
    assert x > 0, "mine"
def later(call):
    return call()
class Odd(Exception):
    def __str__(self): raise ValueError
def odd(x): raise Odd
def wrapped(text): raise ValueError(text)
"""


def _fault(check: str) -> Fault:
    names: dict[str, Any] = {"sys": sys}
    for file, source in (("<learner's>", LEARNERS), ("<check's>", check)):
        linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    exec(compile(LEARNERS, "<learner's>", "exec"), names)
    source = "frame = sys._getframe()\n" + check
    linecache.cache["<check's>"] = (len(source), None, source.splitlines(keepends=True), "<check's>")
    try:
        exec(compile(source, "<check's>", "exec"), names)
    except Exception as error:
        return explain(error, names["frame"])
    raise AssertionError("the check passed")


def test_an_assertion_shows_its_condition_without_its_message() -> None:
    fault = _fault("assert (right(1)\n    == 2), f'yours {right(1)}'")
    assert fault == Fault("assertion", "yours 1", 2, "assert right(1)\n    == 2")


def test_an_assertion_needs_no_message() -> None:
    assert _fault("assert right(0)").message == "This assertion does not hold."


def test_an_assertion_in_a_function_of_the_check_is_the_checks() -> None:
    assert _fault("def f():\n    assert False, 'inside'\nf()") == Fault("assertion", "inside", 3, "assert False")


def test_so_is_one_in_a_function_that_the_learner_calls_back() -> None:
    fault = _fault("def f(): assert False, 'called back'\nlater(f)")
    assert (fault.kind, fault.message, fault.where, fault.tried) == ("assertion", "called back", (), ())


def test_an_exception_of_the_learners_code_names_its_line() -> None:
    fault = _fault("assert wrong('{') == 1")
    assert (fault.kind, fault.line) == ("raised", 2)
    assert fault.message.startswith("Your code raised JSONDecodeError: Expecting")
    assert fault.where == ("wrong, line 5: return json.loads(x)",)
    assert (fault.tried, fault.slip) == (("wrong('{')",), False)


def test_the_learners_own_assertion_is_no_assertion_of_the_check() -> None:
    fault = _fault("assert strict(-1)")
    assert (fault.kind, fault.message) == ("raised", "Your code raised AssertionError: mine")


def test_a_stub_is_not_done() -> None:
    assert _fault("assert stub(1)").kind == "not done"


def test_a_name_of_a_cell_that_has_not_run() -> None:
    fault = _fault("assert psi(1)")
    assert (fault.kind, fault.message) == ("not defined", "`psi` is not defined. Run the exercise's cell first.")


def test_an_answer_that_the_check_cannot_use() -> None:
    fault = _fault("got = right(None)\nassert got + 1 == 2")
    assert (fault.kind, fault.line, fault.source) == ("unusable", 3, "assert got + 1 == 2")
    assert fault.message.startswith("The check could not use your answer: TypeError: unsupported operand")


def test_tensorflows_wrapping_is_taken_off_and_its_lines_are_kept() -> None:
    frames = '    File "<learner\'s>", line 5, in features  *\n        mean = x.mean()\n    File "/ops.py", line 9, in f\n        …\n'
    text = f"in user code:\n\n{frames}\n    ValueError: no axis 1\n"
    fault = _fault(f"assert wrapped({text!r})")
    assert fault.message == "Your code raised ValueError: no axis 1"
    assert fault.where == (
        "wrapped, line 14: def wrapped(text): raise ValueError(text)",
        "features, line 5: mean = x.mean()",
    )


def test_an_exception_that_cannot_be_read() -> None:
    assert _fault("odd(1)").message == "Your code raised Odd"


def test_a_cell_that_is_no_python_shows_its_line() -> None:
    names: dict[str, Any] = {"sys": sys}
    source = "frame = sys._getframe()\nassert 1 == 2, 'x'\n%matplotlib inline\n"
    linecache.cache["<magic>"] = (len(source), None, source.splitlines(keepends=True), "<magic>")
    code = compile(source.replace("%matplotlib inline", ""), "<magic>", "exec")
    with pytest.raises(AssertionError) as caught:
        exec(code, names)
    assert explain(caught.value, names["frame"]).source == "assert 1 == 2, 'x'"
