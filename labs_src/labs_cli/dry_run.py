"""What the source's own solution and the blank release get: a table for the teacher, before anybody is graded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from labs_cli.screen import count, note, points, say, table

if TYPE_CHECKING:
    from autograder.marking.how import How
    from autograder.source.assignment import Assignment

COLUMNS = ("notebook", "test", ">points", "judged", ">solution", ">blank", ">seconds", "remark")
FAILED = (
    "error: the reference solution itself does not pass {tests}: nobody is given points by that.\n"
    "fix: mend the test or the solution, and release again"
)
LEFT = "{tests} give points to the blank release, too."
PART = "The solution gets a part of the points of {tests}."
IN_PLACE = (
    "Judged in place: {tests}. These tests run in the submission's own process, as with nbgrader; a submission could "
    "forge what they give (docs/threat-model.md), and nothing else."
)
WEAK = "no assertion there counts, or one runs by chance: weak proof"


def dry_run(names: Sequence[str], course: Path, *, force: bool) -> int:
    """Judge solution and blank release; return the exit code: 1 where one of them gets what it should not."""
    from autograder.course.faults import naming_files
    from autograder.grade import dry_run
    from labs_cli.places import readable

    fine = True
    for name in names:
        with naming_files(course):
            found = dry_run(course, name, readable=readable(), force=force)
        for assignment, tests in found:
            fine &= show_tests(assignment, tests, every=True)
    return 0 if fine else 1


def show_tests(assignment: Assignment, tests: Mapping[str, How], *, every: bool = False) -> bool:
    """Print how the tests fare, and say what is odd; return whether solution and blank release get what they should.

    Args:
        every: also where nothing is odd.
    """
    odd = any(how.judged != "outside" or how.blank or how.solution < 1 or how.weak for how in tests.values())
    if every or odd:
        table(COLUMNS, list(_rows(assignment, tests)))
        say()
    said = {
        FAILED: _named(tests, lambda how: how.judged == "not"),
        LEFT: _named(tests, lambda how: how.blank > 0),
        PART: _named(tests, lambda how: how.judged != "not" and how.solution < 1),
        IN_PLACE: _named(tests, lambda how: how.judged == "in place"),
    }
    for text, named in said.items():
        if named:
            note(text.format(tests=named))
    if every and not odd:
        found = f"{count(len(tests), 'test')} of {assignment.notebook}"
        say(f"{found}: the solution gets all points, the blank release none.")
    return not said[FAILED] and not said[LEFT]


def _named(tests: Mapping[str, How], choose: Callable[[How], bool]) -> str:
    return ", ".join(g for g, how in tests.items() if choose(how))


def _rows(assignment: Assignment, tests: Mapping[str, How]) -> Iterator[tuple[object, ...]]:
    for g, how in tests.items():
        highest = assignment.checks[g].points
        remark = how.why or (WEAK if how.weak else "")
        gets = (points(highest * how.solution), points(highest * how.blank))
        yield (assignment.notebook, g, points(highest), how.judged, *gets, f"{how.seconds:.2f}", remark)
