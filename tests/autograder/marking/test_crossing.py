"""Do values cross between the two processes of a real judgement, in both directions and as themselves?"""

from __future__ import annotations

from typing import Any

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from autograder.authoring.notebooks import to_text
from autograder.judge.limits import Limits
from autograder.marking.marker import Marker
from autograder.source.read_assignment import read_assignment

SETUP = """\
import collections, dataclasses, datetime as dt, enum, http, pathlib, zoneinfo
import numpy as np, pandas as pd, pyarrow as pa

Point = collections.namedtuple("Point", "x y")

class Colour(enum.Enum):
    RED = 1

@dataclasses.dataclass
class Box:
    content: list
"""
SOLUTION = """\
def same(x):
    ### BEGIN SOLUTION
    return x
    ### END SOLUTION

def fill(box, rng):
    ### BEGIN SOLUTION
    box.content.append(rng.random())
    ### END SOLUTION

def make(name):
    ### BEGIN SOLUTION
    Own = collections.namedtuple("Own", "count x")
    Mood = enum.Enum("Mood", "GOOD BAD")
    State = dataclasses.make_dataclass("State", ["n"])
    return {"point": Point(1, 2), "colour": Colour.RED, "box": Box([1]), "own": Own(3, [4]), "mood": Mood.GOOD, "state": State(5), "text": "a"}[name]
    ### END SOLUTION
"""
TESTS = {
    "classes": "assert same(Colour.RED) is Colour.RED\nassert same(http.HTTPStatus.OK) is http.HTTPStatus.OK\np = same(Point(1, [2]))\nassert type(p) is Point and p == (1, [2])\nassert same(Box([1])) == Box([1])",
    "made": "assert make('colour') is Colour.RED\nassert type(make('point')) is Point and make('point').y == 2\nassert make('box') == Box([1])",
    "own": "own = make('own')\nassert own == (3, [4]) and own.count == 3 and same(own) == own\nassert make('state').n == 5 and make('mood').name == 'GOOD'",
    "in place": "box, rng = Box([]), np.random.default_rng(3)\nfill(box, rng)\nfill(box, rng)\ntwin = np.random.default_rng(3)\nassert box.content == [twin.random(), twin.random()]\nassert rng.random() == twin.random()",
    "values": "for x in (pathlib.Path('a'), dt.time(3), dt.datetime(2013, 1, 1, tzinfo=zoneinfo.ZoneInfo('Europe/Berlin')), np.datetime64('2013'), pd.NaT, pd.Period('2013-01', 'M')):\n    y = same(x)\n    assert type(y) is type(x) and (y == x or x is y)",
    "tables": "t = pa.table({'n': [1, None], 's': ['a', 'b']})\nassert same(t).equals(t)\nf = pd.DataFrame({'c': pd.Categorical(['b', None], categories=['b', 'a'], ordered=True), 'n': pd.array([1, None], dtype='Int64')})\npd.testing.assert_frame_equal(same(f), f)",
    "text": "text = make('text')\nassert text == 'a', f'yours is {text}'",
}  # fmt: skip


def course(answer: str) -> bytes:
    def cell(source: str, **meta: Any) -> Any:
        return new_code_cell(source, metadata={"nbgrader": {"schema_version": 3, "task": False, **meta}})

    solution = cell(answer, grade_id="answer", solution=True, grade=False, locked=False)
    tests = [
        cell(t, grade_id=n.replace(" ", "_"), solution=False, grade=True, locked=True, points=1)
        for n, t in TESTS.items()
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nb = new_notebook(cells=[new_code_cell(SETUP), solution, *tests], metadata={"kernelspec": kernel})
    return to_text(nb).encode()


@pytest.fixture(scope="module")
def marker() -> Any:
    with Marker(read_assignment("crossing", course(SOLUTION)), secret=b"x", limits=Limits(call_seconds=10)) as marker:
        yield marker


def test_values_cross_as_themselves(marker: Marker) -> None:
    result = marker.mark("ada", course(SOLUTION))
    assert {e.name.replace("_", " "): e.score for e in result.exercises} == dict.fromkeys(TESTS, 1), result


def test_text_that_is_half_a_character_is_shown_escaped(marker: Marker) -> None:
    result = marker.mark("ada", course(SOLUTION.replace('"text": "a"', r'"text": "\ud800"')))
    assert {e.name: e.message for e in result.exercises}["text"] == r"yours is \ud800"
    assert result.score == len(TESTS) - 1
