"""What proves that a check ran to its end: how often each of its assert sites holds for the reference."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from autograder.errors import CourseError
from autograder.judge.asserts import count_sites
from autograder.judge.judging import Verdict
from autograder.source.assignment import Assignment, Check

REFERENCE_SEEDS = range(5)
Judge = Callable[[Check, int], Verdict | str]  # a check's verdict with a seed, or a message where there is none


class Proof:
    """The counts of the checks of one of our labs: recorded at release, else found when they are asked for.

    Args:
        reference: opens the reference solution, to be judged.
    """

    def __init__(self, assignment: Assignment, reference: Callable[[], AbstractContextManager[Judge]]) -> None:
        self._assignment, self._reference = assignment, reference
        self._counts: dict[str, list[int]] = {}

    def holds(self, check: Check, verdict: Verdict) -> bool:
        """Whether every assert site ran as often as for the reference.

        Raises:
            CourseError: see `counts`.
        """
        return verdict.counts == self.counts(check)

    def counts(self, check: Check) -> list[int]:
        """How often each assert site holds for the reference.

        Raises:
            CourseError: the reference fails its own check, or its counts depend on the draw.
        """
        recorded = self._assignment.counts.get(check.grade_id, {})
        if recorded.get("digest") == check.digest:
            return list(recorded["counts"])  # type: ignore[call-overload, no-any-return]
        if check.grade_id not in self._counts:
            self._counts[check.grade_id] = self._of_reference(check)
        return self._counts[check.grade_id]

    def _of_reference(self, check: Check) -> list[int]:
        where = f"{self._assignment.name}, check of {check.exercise}"
        with self._reference() as judge:
            counts = [_counts(where, seed, judge(check, seed)) for seed in REFERENCE_SEEDS]
        by_site = list(zip(*counts, strict=True))
        for site, times in zip(count_sites(check.source), by_site, strict=True):
            if len(set(times)) > 1:
                problem = f"{where}, line {site.line}: the assert ran {sorted(set(times))} times, by the seed"
                raise CourseError(problem, "loop over the inputs, not over the answer")
        if not counts[0] or min(counts[0]) == 0:
            raise CourseError(f"{where}: an assert never ran", "every assert must run at least once")
        return counts[0]


def _counts(where: str, seed: int, verdict: Verdict | str) -> list[int]:
    """The counts of one run of the reference, which must get all points."""
    if isinstance(verdict, str) or verdict.outcome != "ran":
        said = verdict if isinstance(verdict, str) else verdict.message
        problem = f"{where}: the reference solution fails with seed {seed}: {said}"
    elif verdict.fraction < 1:
        problem = f"{where}: the reference solution gets {verdict.fraction:.0%} of the points with seed {seed}"
    else:
        return verdict.counts
    raise CourseError(problem, "mend the check or the solution, and release again")
