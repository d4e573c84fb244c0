"""`labs release` and `labs grade`: for instructors."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.files import write_whole
from labs_cli.authoring import find_source
from labs_cli.errors import NotFound, Refused
from labs_cli.grading_progress import grading_progress
from labs_cli.names import match
from labs_cli.screen import count, note, points, say, table

if TYPE_CHECKING:
    from autograder.results import SubmissionResult

ALL = "all"
COLUMNS = ("student", "status", "exercise", ">points", ">of", "message")


def release(wanted: Sequence[str], course: Path) -> int:
    """Write labs into a course's tree; return the exit code."""
    from autograder.course.faults import naming_files
    from autograder.course.release import release_lab

    if course.exists() and not course.is_dir():
        raise Refused(f"{course} is not a folder", "name the course's folder, or one that is not there yet")
    for lab in [find_source(each) for each in wanted]:
        with naming_files(course):
            released = release_lab(lab, course)
        say(f"Released: {released}")
        submitted = course / "submitted" / "ID" / lab.name / f"{lab.name}.ipynb"
        say(f"Give that file to your students. Their work belongs in {submitted}.")
    return 0


@dataclass(frozen=True)
class GradeOptions:
    """What `labs grade` was told; see `labs grade --help`."""

    student: str | None = None
    trust: bool = False
    workers: int | None = None
    force: bool = False


def grade(wanted: Sequence[str], course: Path, options: GradeOptions, *, json_file: Path | None) -> int:
    """Grade assignments; return the exit code: 3 if there was a fault of ours, else 0.

    Args:
        wanted: names; `all` stands for every assignment that has a source.
    """
    from autograder.results import Status
    from autograder.sandbox.trial import try_sandbox
    from labs_cli.doctor_sandbox import SLOWER

    if not course.is_dir():
        raise NotFound(
            f"the course {course} does not exist", "check --course; `labs release LAB --course DIR` makes one"
        )
    if json_file is not None and not json_file.absolute().parent.is_dir():
        raise NotFound(f"the folder of {json_file} does not exist", "make it, or name another file with --json")
    there = sorted(p.name for p in (course / "source").glob("*") if p.is_dir())
    assignments = list(dict.fromkeys(n for each in wanted for n in _matching(each, there)))
    if try_sandbox().bubblewrap:
        note(SLOWER)
    results: list[SubmissionResult] = []
    for assignment in assignments:
        new = _grade_one(assignment, course, options)
        results += new
        if json_file is not None:  # after each, so that a fault of the next one loses none
            write_whole(json_file, (json.dumps([r.to_json() for r in results], indent=2) + "\n").encode())
        _show(assignment, new)
    say(f"Gradebook: {course / 'gradebook.db'}")
    if any(r.status is Status.GRADER_ERROR for r in results):
        note("A grader_error is our fault: nobody lost points by it. Mend what it names, and grade again.")
        return 3
    return 0


def _matching(wanted: str, there: list[str]) -> list[str]:
    return there if wanted == ALL and there else [match(wanted, there, "assignment")]


def _grade_one(assignment: str, course: Path, options: GradeOptions) -> list[SubmissionResult]:
    from autograder.course.faults import naming_files
    from autograder.grade import grade_course
    from labs_cli.places import readable

    with naming_files(course), grading_progress(assignment) as on_result:
        return grade_course(
            course,
            assignment,
            student=options.student,
            trust_submissions=options.trust,
            readable=readable(),
            workers=options.workers,
            force=options.force,
            on_result=on_result,
            on_wait=note,
        )


def _show(assignment: str, results: list[SubmissionResult]) -> None:
    table(COLUMNS, [row for result in results for row in _rows(result)])
    counts = ", ".join(f"{n} {state}" for state, n in Counter(str(r.status) for r in results).items())
    unchanged = sum(r.unchanged for r in results)
    kept = f" {unchanged} unchanged since they were judged (--force judges them again)." if unchanged else ""
    say(f"\n{count(len(results), 'submission')} of {assignment}: {counts}.{kept}")


def _rows(result: SubmissionResult) -> Iterator[tuple[object, ...]]:
    whole = (points(result.score), points(result.max_score), result.message)
    scope = "all" if result.notebook in ("", result.assignment) else result.notebook
    yield (result.student, result.status, f"({scope})", *whole)
    for e in result.exercises:
        yield (result.student, "", e.name, points(e.score), points(e.max_score), e.message)
