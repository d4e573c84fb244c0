"""Does a plain course's own way to test work on a learner's objects, be it by exception, by a test library or by points?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from autograder.authoring.notebooks import to_text
from autograder.errors import CourseError
from autograder.judge.asserts import SITE, count_sites, rewrite
from autograder.judge.errors import LearnerError, NotPlain
from autograder.judge.limits import Limits
from autograder.judge.plain import Awaited, PlainRewriter
from autograder.marking.marker import Marker
from autograder.results import SubmissionResult
from autograder.source.read_assignment import read_assignment

SETUP = (
    "import unittest\nimport numpy as np\nimport pandas as pd\nimport pytest\n\nclass TooSmall(ValueError):\n    pass"
)
SOLUTION = """\
def square(x):
    ### BEGIN SOLUTION
    if np.any(np.asarray(x) < 0):
        raise TooSmall(f"{x} is negative")
    return x * x
    ### END SOLUTION

class Table:
    def rows(self):
        ### BEGIN SOLUTION
        return pd.DataFrame({"n": [1, 2]})
        ### END SOLUTION

    def next(self):
        ### BEGIN SOLUTION
        raise StopIteration
        ### END SOLUTION

    def equals(self, other):
        ### BEGIN SOLUTION
        return type(other) is Table
        ### END SOLUTION
"""
TESTS = {  # a cell each, of 2 points
    "try": "try:\n    square(-1)\nexcept ValueError:\n    pass\nelse:\n    raise AssertionError('did not raise')",
    "try own": "try:\n    square(-1)\n    assert False, 'did not raise'\nexcept (KeyError, TooSmall) as error:\n    assert 'negative' in str(error)",
    "pytest": "with pytest.raises(ValueError, match='negative') as caught:\n    square(-1)\nassert 'negative' in str(caught.value)",
    "pytest own": "with pytest.raises(TooSmall):\n    square(-1)",
    "pytest stop": "with pytest.raises(StopIteration):\n    Table().next()",
    "pytest call": "pytest.raises(ValueError, square, -1)",
    "unittest": "t = unittest.TestCase()\nt.assertEqual(square(3), 9)\nt.assertTrue(square(1) == 1)\nt.assertIsInstance(square(2), int)",
    "unittest raises": "t = unittest.TestCase()\nwith t.assertRaises(ValueError):\n    square(-1)\nt.assertRaises(ValueError, square, -2)\nt.assertRaisesRegex(ValueError, 'neg', square, -2)",
    "numpy": "np.testing.assert_allclose(square(np.array([1.0, 3.0])), [1, 9])\nnp.testing.assert_equal(square(3), 9)\nnp.testing.assert_raises(ValueError, square, -1)",
    "pandas": "pd.testing.assert_frame_equal(Table().rows(), pd.DataFrame({'n': [1, 2]}))",
    "points": "points = 0\nif square(2) == 4:\n    points += 0.5\n### BEGIN HIDDEN TESTS\nif square(3) == 9:\n    points += 1.5\n### END HIDDEN TESTS\npoints",
    "points caught": "points = 0.0\nfor x in (2, 3, 4, 5):\n    try:\n        assert square(x) == x * x\n        points += 0.5\n    except AssertionError:\n        pass\npoints",
    "hidden first": "### BEGIN HIDDEN TESTS\nlimit = 9\n### END HIDDEN TESTS\nassert square(3) == limit",
    "random": "import random\nfor x in range(random.randint(2, 9)):\n    assert square(x) == x * x",
    "noisy": "import sys, warnings\nprint('testing')\nprint('testing', file=sys.stderr)\nwarnings.warn('testing')\nassert square(2) == 4\nprint('done')",
    "pandas equals": "assert Table().rows().equals(pd.DataFrame({'n': [1, 2]}))",
    "pandas eq": "assert Table().rows().eq(pd.DataFrame({'n': [1, 2]})).all(axis=None)",
    "own equals": "assert Table().equals(Table()) and not Table().equals(3)",
    "shown": "assert square(2) == 4\nsquare(5) == 25",
}  # fmt: skip
GOOD = SOLUTION.replace("    ### BEGIN SOLUTION\n", "").replace("    ### END SOLUTION\n", "")


def cell(source: str, grade_id: str | None = None, points: float | None = None) -> NotebookNode:
    if grade_id is None:
        return new_code_cell(source)
    meta: dict[str, Any] = {
        "grade_id": grade_id,
        "solution": points is None,
        "grade": points is not None,
        "locked": points is not None,
    }
    meta |= {"schema_version": 3, "task": False} | ({"points": points} if points is not None else {})
    return new_code_cell(source, metadata={"nbgrader": meta})


def course(tests: dict[str, str], answer: str = SOLUTION) -> bytes:
    cells = [cell(SETUP), cell(answer, "answer"), *(cell(t, name.replace(" ", "_"), 2) for name, t in tests.items())]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return to_text(new_notebook(cells=cells, metadata={"kernelspec": kernel})).encode()


Marked = dict[str, tuple[float, str]]


@pytest.fixture(scope="module")
def judge() -> Iterator[Callable[[str], SubmissionResult]]:
    """The result of an answer."""
    limits = Limits(cell_seconds=10, call_seconds=5, check_seconds=20)
    with Marker(read_assignment("plain", course(TESTS)), secret=b"x", limits=limits) as marker:
        yield lambda answer: marker.mark("ada", course(TESTS, answer))


@pytest.fixture(scope="module")
def mark(judge: Callable[[str], SubmissionResult]) -> Callable[[str], Marked]:
    """Name of a test → points and message, for an answer."""

    def mark(answer: str) -> Marked:
        result = judge(answer)
        assert result.exercises, result.message
        return {e.name.replace("_", " "): (e.score, e.message) for e in result.exercises}

    return mark


def scores(marked: Marked) -> dict[str, float]:
    return {name: score for name, (score, _) in marked.items()}


def test_a_right_answer_gets_all_of_each(mark: Callable[[str], Marked]) -> None:
    found = mark(GOOD)
    assert scores(found) == dict.fromkeys(TESTS, 2), found


def test_points_without_an_assertion_that_counts_are_weak_proof(judge: Callable[[str], SubmissionResult]) -> None:
    """Only where there are points; a test that asserts as often each time proves them."""
    assert {e.name for e in judge(GOOD).exercises if e.weak} == {"try", "points", "random"}
    assert not any(e.weak for e in judge("def square(x):\n    raise OSError\nTable = None").exercises)


def test_a_right_answer_that_prints_and_warns_gets_all_of_each(mark: Callable[[str], Marked]) -> None:
    noise = (
        "    import sys, warnings\n    print('hi')\n    print('oh', file=sys.stderr)\n    warnings.warn('careful')\n"
    )
    found = mark(GOOD.replace("def square(x):\n", "def square(x):\n" + noise))
    assert scores(found) == dict.fromkeys(TESTS, 2), found


def test_an_own_class_of_the_awaited_kind_is_an_exception_of_it(mark: Callable[[str], Marked]) -> None:
    found = mark("class Mine(ValueError): pass\n" + GOOD.replace("raise TooSmall", "raise Mine"))
    lost = {name for name, score in scores(found).items() if score == 0}
    assert lost == {"try own", "pytest own"}


def test_the_untouched_stub_gets_nothing(mark: Callable[[str], Marked]) -> None:
    stub = "def square(x):\n    raise NotImplementedError\nclass Table:\n    def rows(self):\n        raise NotImplementedError\n    equals = next = rows"
    found = mark(stub)
    assert scores(found) == dict.fromkeys(TESTS, 0), found
    assert found["numpy"][1] == "Not done yet: the exercise still raises NotImplementedError."


def test_without_the_exception_what_awaits_it_fails(mark: Callable[[str], Marked]) -> None:
    found = mark(GOOD.replace("raise TooSmall", "str"))
    awaiting = {"try", "try own", "pytest", "pytest own", "pytest call", "unittest raises", "numpy"}
    assert scores(found) == {name: 0 if name in awaiting else 2 for name in TESTS}
    assert found["try"][1] == "did not raise"
    assert "DID NOT RAISE" in found["pytest"][1]
    assert "ValueError not raised" in found["unittest raises"][1]


def test_another_exception_than_the_awaited_one_fails(mark: Callable[[str], Marked]) -> None:
    found = mark(GOOD.replace("raise TooSmall", "raise OSError"))
    assert {name for name, score in scores(found).items() if score == 0} == {
        "try", "try own", "pytest", "pytest own", "pytest call", "unittest raises", "numpy",
    }  # fmt: skip


def test_a_part_gets_its_points(mark: Callable[[str], Marked]) -> None:
    found = mark(GOOD.replace("return x * x", "return 4"))
    assert (found["points"], found["points caught"]) == ((0.5, "25% of the points."), (0.5, "25% of the points."))


LIARS = """\
class Liar:
    __class__ = int
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __bool__(self): return True
    def __float__(self): return 2.0
    def __repr__(self): return '2.0'
    def __add__(self, other): return self
    __radd__ = __mul__ = __rmul__ = __add__
    def __array__(self, *a, **k): return np.array([1.0, 9.0])
    def equals(self, other): return True
    def eq(self, other): return self
    def all(self, **k): return True
    def __getattr__(self, name): return self
    def __call__(self, *a, **k): return self
"""


def test_a_liar_gets_nothing(mark: Callable[[str], Marked]) -> None:
    lies = "def square(x):\n    return Liar()\nclass Table:\n    def rows(self): return Liar()\n    def equals(self, other): return Liar()\n    def next(self): return Liar()"
    found = mark(LIARS + lies)
    assert scores(found) == dict.fromkeys(TESTS, 0), found


def test_raising_everything_gets_only_what_awaits_that(mark: Callable[[str], Marked]) -> None:
    for raised in ("AssertionError", "StopIteration", "SystemExit", "KeyboardInterrupt", "GeneratorExit"):
        found = mark(
            f"def square(x):\n    raise {raised}('2.0')\nclass Table:\n    def rows(self, *args): raise {raised}\n    equals = rows\n    def next(self): raise OSError"
        )
        assert scores(found) == dict.fromkeys(TESTS, 0), (raised, found)


def test_a_test_that_gives_the_reference_a_part_is_refused() -> None:
    with (
        Marker(read_assignment("plain", course({"half": "assert square(1) == 1\n1"})), secret=b"x") as marker,
        pytest.raises(CourseError, match="gets 50%"),
    ):
        marker.counts(marker.assignment.checks["half"])


@pytest.mark.parametrize(("last", "fraction"), [("5", 1), ("0", 0), ("-1", 0), ("np.float64(1.5)", 0.75), ("float('nan')", 0), ("np.int64(1)", 0.5), ("True", 1), ("'0'", 1), ("None", 1)])  # fmt: skip
def test_the_last_value_is_points_where_it_is_a_number(last: str, fraction: float) -> None:
    import numpy as np

    from autograder.judge.credit import Credit
    from autograder.judge.plain import LAST

    given = Credit("<check>")
    code, sites = rewrite(last, "<check>", PlainRewriter)
    exec(code, {SITE: sites, "np": np, LAST: lambda x: given.points(x, 2.0)})
    assert given.fraction == fraction


def test_an_answer_that_cannot_be_used_is_no_exception_that_was_awaited() -> None:
    with pytest.raises(NotPlain), Awaited(lambda: TypeError):
        raise NotPlain("your answer is an object")
    with pytest.raises(TypeError), Awaited(lambda: (OSError, (TypeError,))):
        raise LearnerError("TypeError", "their words")


def test_sites_are_found_in_every_way_to_test() -> None:
    lines = [
        s.line
        for s in count_sites(
            "\n".join(
                [
                    "assert x",
                    "t.assertEqual(1, 1)",
                    "with raises(E):",
                    "    f()",
                    "assert_equal(f(), 1)",
                    "raises(E, f)",
                    "print(1)",
                ]
            ),
            PlainRewriter,
        )
    ]
    assert lines == [1, 2, 3, 5, 6]
