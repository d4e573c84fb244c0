"""How each test of a plain course is judged: found with the source's own solution and the blank release.

From outside, where that can tell them apart: a judge's process concludes from values that crossed. Else in place, as
nbgrader does it: the test runs in the submission's own process, which can forge what it says.
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Mapping
from typing import Any

from autograder.judge.judging import Verdict
from autograder.judge.supervisor import Ran
from autograder.marking.asking import Asking
from autograder.marking.intake import Submission
from autograder.source.assignment import Assignment, Check

OUTSIDE, IN_PLACE, NOT = "outside", "in place", "not"
DECIDING = ("judged", "counts", "weak", "shown_first")  # the fields of How that a mark depends on
SEEDS = range(5)
NOTHING_LEFT = "the blank release passes it, too"
VARIES = "the solution passes it at some times only"


@dataclasses.dataclass(frozen=True)
class How:
    """How a test is judged.

    Attributes:
        judged: OUTSIDE, IN_PLACE, or NOT, where the source's own solution does not pass it.
        why: why it is not judged from outside; or what the solution fails with.
        counts: how often each assert site must be reached.
        weak: the counts prove little: there are none, or they depend on chance.
        shown_first: its visible part alone holds for the solution, so that it can be tried first.
        solution, blank: which part of the points the solution and the blank release get.
        seconds: that it took with the solution.
    """

    judged: str
    why: str = ""
    counts: tuple[int, ...] = ()
    weak: bool = False
    shown_first: bool = True
    solution: float = 1.0
    blank: float = 0.0
    seconds: float = 0.0

    def to_json(self, check: Check) -> dict[str, Any]:
        """As an assignment's `counts` hold it."""
        return {"digest": check.digest, **dataclasses.asdict(self)}

    @classmethod
    def recorded(cls, assignment: Assignment, check: Check) -> How | None:
        """What was found before, for exactly this text."""
        found: Mapping[str, Any] = assignment.counts.get(check.grade_id, {})
        if found.get("digest") != check.digest or "judged" not in found:
            return None
        fields = {f.name: found[f.name] for f in dataclasses.fields(cls)}
        return cls(**fields | {"counts": tuple(fields["counts"])})


def find_how(asking: Asking) -> dict[str, How]:
    """Grade id → how the test is judged. The solution runs once, and twice more where a test is judged in place."""
    assignment = asking.assignment
    solution = Submission({g: cell.source for g, cell in assignment.exercises.items()})
    blank = Submission({g: cell.blank for g, cell in assignment.exercises.items()})
    found: dict[str, How] = {}
    with asking.attempt(solution, math.inf, at_the_end=False) as attempt:
        for g, check in assignment.checks.items():
            started = time.monotonic()
            shown = not check.has_hidden or _fraction(asking.verdict(attempt, check, check.visible_python, None)) > 0
            verdicts = [asking.verdict(attempt, check, check.python, seed) for seed in SEEDS]
            seconds = round((time.monotonic() - started) / (len(SEEDS) + check.has_hidden), 3)
            found[g] = dataclasses.replace(_from_outside(check, verdicts), shown_first=shown, seconds=seconds)
    outside = [g for g, how in found.items() if how.judged == OUTSIDE]
    if outside:
        with asking.attempt(blank, math.inf, at_the_end=False) as attempt:
            for g in outside:
                check = assignment.checks[g]
                part = _fraction(asking.verdict(attempt, check, check.python, 0))
                found[g] = dataclasses.replace(found[g], blank=part)
                if part >= found[g].solution:
                    found[g] = dataclasses.replace(found[g], judged=IN_PLACE, why=NOTHING_LEFT)
    rest = [g for g, how in found.items() if how.judged != OUTSIDE]
    return found | _in_place(asking, {g: found[g] for g in rest}, solution, blank) if rest else found


def part_of(check: Check, ran: Ran) -> float:
    """Which part of the points a test gives that ran in place: nbgrader's rules."""
    if ran.raised is not None:
        return 0.0
    return 1.0 if ran.points is None else min(max(ran.points / check.points, 0.0), 1.0) if check.points else 0.0


def _fraction(verdict: Verdict | str) -> float:
    return verdict.fraction if isinstance(verdict, Verdict) and verdict.outcome == "ran" else 0.0


def _from_outside(check: Check, verdicts: list[Verdict | str]) -> How:
    if not check.python:
        return How(IN_PLACE, "it is no Python that a judge could run")
    parts = [_fraction(v) for v in verdicts]
    if not all(parts):
        failed = next(v for v, part in zip(verdicts, parts, strict=True) if not part)
        said = failed if isinstance(failed, str) else failed.message or f"the solution gets {failed.fraction:.0%}"
        return How(IN_PLACE, said if not any(parts) else f"{VARIES}: {said}")
    if len(set(parts)) > 1:
        return How(IN_PLACE, VARIES)
    by_site = list(zip(*[v.counts for v in verdicts if isinstance(v, Verdict)], strict=True))
    weak = not by_site or any(len(set(times)) > 1 for times in by_site)
    return How(OUTSIDE, "", tuple(map(_least, by_site)), weak, solution=parts[0])


def _in_place(asking: Asking, found: dict[str, How], solution: Submission, blank: Submission) -> dict[str, How]:
    """The same tests, after one run of the solution's visible parts, one of the whole, and one of the blank release."""
    checks = asking.assignment.checks
    whole = {g: check.source for g, check in checks.items()}
    shown = _run(asking, solution, {g: check.visible for g, check in checks.items()}, found)
    ran, of_blank = _run(asking, solution, whole, found), _run(asking, blank, whole, found)
    said = {}
    for g, how in found.items():
        outcome, check = ran[g], checks[g]
        part = part_of(check, outcome) if isinstance(outcome, Ran) else 0.0
        if part:
            first, theirs = shown[g], of_blank[g]
            passes = isinstance(first, Ran) and part_of(check, first) > 0
            left = part_of(check, theirs) if isinstance(theirs, Ran) else 0.0
            said[g] = dataclasses.replace(how, judged=IN_PLACE, solution=part, blank=left, shown_first=passes)
        else:
            why = outcome if isinstance(outcome, str) else outcome.described or "its last expression gave 0 points"
            said[g] = dataclasses.replace(how, judged=NOT, why=why, solution=0.0)
    return said


def _run(asking: Asking, submission: Submission, tests: dict[str, str], wanted: dict[str, How]) -> dict[str, Ran | str]:
    with asking.attempt(submission, math.inf, at_the_end=False, tests=tests) as attempt:
        return {g: asking.run_test(attempt, check) for g, check in asking.assignment.checks.items() if g in wanted}


def _least(times: tuple[int, ...]) -> int:
    """How often a site of a plain check must run: it may draw, and hold an assertion that is there to fail."""
    return times[0] if len(set(times)) == 1 else min(1, *times)
