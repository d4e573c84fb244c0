"""Does every kind of test and cell that nbgrader's courses have give the points that nbgrader gives?"""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from corpus import Kind, all_kinds

from autograder.authoring.notebooks import to_text
from autograder.marking.how import IN_PLACE, NOT, OUTSIDE, How
from autograder.marking.marker import Marker
from autograder.results import SubmissionResult
from autograder.sandbox.fences import Sandbox, read_fences
from autograder.sandbox.trial import try_sandbox
from autograder.source.read_assignment import read_assignment


@dataclass
class Judged:
    kind: Kind
    how: dict[str, How]
    results: dict[str, SubmissionResult]


@pytest.fixture(scope="module", params=all_kinds(), ids=lambda kind: kind.name)
def judged(request: pytest.FixtureRequest) -> Judged:
    """A kind with what became of its students."""
    kind: Kind = request.param
    trial = try_sandbox()
    assert trial.usable, trial.why
    assignment = read_assignment(kind.name, to_text(kind.source).encode())
    blank = {g: cell.blank for g, cell in assignment.exercises.items()}
    kind.students["blank"] = blank
    with Marker(assignment, secret=b"kinds", sandbox=Sandbox(read_fences(), (), trial.bubblewrap)) as marker:
        how = marker.how()
        results = {s: marker.mark(s, to_text(kind.handed_in(s)).encode()) for s in kind.students}
    return Judged(kind, how, results)


def test_each_student_gets_the_points(judged: Judged) -> None:
    said = {s: {e.name: (e.score, e.message) for e in r.exercises} for s, r in judged.results.items()}
    assert {s: r.score for s, r in judged.results.items()} == {s: judged.kind.points(s) for s in said}, said


def test_each_test_is_judged_as_it_can_be(judged: Judged) -> None:
    found = {g: (how.judged, how.why) for g, how in judged.how.items()}
    outside, refused = judged.kind.tests("From outside"), judged.kind.tests("Not judged")
    wanted = {g: OUTSIDE if g in outside else NOT if g in refused else IN_PLACE for g in found}
    assert {g: judged_as for g, (judged_as, _) in found.items()} == wanted, found
    assert all(bool(why) == (judged_as != OUTSIDE) for judged_as, why in found.values())
