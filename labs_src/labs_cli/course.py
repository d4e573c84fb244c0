"""`labs release` and `labs grade`: for instructors."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
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
WEAK = (
    "Weak proof: {checks}. In the reference's run no assertion there counted, or one ran by chance, so that little "
    "shows that these points were earned. An `assert` that runs as often each time proves more."
)
EARLIER = (
    "What was made from an earlier release ({releases}) is graded as that one says. "
    'If this one is to decide for them too, because it mends a check: write withdrawn = "earlier" into {settings}.'
)
COLUMNS = ("student", "status", "exercise", ">points", ">of", "message")

INSECURE = (
    "WARNING: {scheduler} is not encrypted. Whoever is on that network can read hidden tests, solutions and "
    "submissions, change grades, and run code on the scheduler, its workers and this machine."
)


def release(wanted: Sequence[str], course: Path) -> int:
    """Write labs into a course's tree; return the exit code."""
    from autograder.course.faults import naming_files
    from autograder.course.release import earlier_releases, release_lab
    from labs_cli.dry_run import show_tests

    if course.exists() and not course.is_dir():
        raise Refused(f"{course} is not a folder", "name the course's folder, or one that is not there yet")
    for lab in [find_source(each) for each in wanted]:
        with naming_files(course):
            released = release_lab(lab, course, on_source=show_tests)
        say(f"Released: {released}")
        submitted = course / "submitted" / "ID" / lab.name / f"{lab.name}.ipynb"
        say(f"Give that file to your students. Their work belongs in {submitted}.")
        if earlier := earlier_releases(course, lab.name):
            say(EARLIER.format(releases=", ".join(earlier), settings=course / "course.toml"))
    return 0


def extend(wanted: str, course: Path, student: str, *, days: float, hours: float) -> int:
    """Give a student more time; return the exit code."""
    from autograder.course.gradebook import extend, open_gradebook
    from autograder.course.students import ALLOWED, is_student_id

    if not is_student_id(student):
        raise Refused(f"a student's id cannot be {student!r}", f"allowed are {ALLOWED}")
    assignment = match(wanted, _assignments(course), "assignment")
    with open_gradebook(course, note) as gradebook:
        due = extend(gradebook, assignment, student, timedelta(days=days, hours=hours))
    when = f"is due at {due:%Y-%m-%d %H:%M:%S} UTC" if due else "has no due date yet"
    say(f"{assignment} of {student} {when}.")
    return 0


@dataclass(frozen=True)
class GradeOptions:
    """What `labs grade` was told; see `labs grade --help`."""

    student: str | None = None
    trust: bool = False
    workers: int | None = None
    force: bool = False
    scheduler: str | None = None
    insecure: bool = False
    dry_run: bool = False


def grade(wanted: Sequence[str], course: Path, options: GradeOptions, *, json_file: Path | None) -> int:
    """Grade assignments; return the exit code: 3 if there was a fault of ours, else 0.

    Args:
        wanted: names; `all` stands for every assignment that has a source and that somebody has handed in.
    """
    from autograder.sandbox.trial import begin_trial, try_sandbox
    from labs_cli.dry_run import dry_run

    if options.scheduler is None:
        begin_trial()  # while nbgrader is imported
    import autograder.grade  # noqa: F401
    from autograder.results import Status
    from labs_cli.doctor_sandbox import SLOWER

    there = _assignments(course)
    if json_file is not None and not json_file.absolute().parent.is_dir():
        raise NotFound(f"the folder of {json_file} does not exist", "make it, or name another file with --json")
    if options.dry_run:
        named = [there if each == ALL else [match(each, there, "assignment")] for each in wanted]
        return dry_run(list(dict.fromkeys(name for names in named for name in names)), course, force=options.force)
    found = [_handed_in(course, there) if each == ALL else [match(each, there, "assignment")] for each in wanted]
    if options.scheduler is None and try_sandbox().bubblewrap:
        note(SLOWER)
    if options.insecure and options.scheduler and options.scheduler.startswith("tcp://"):
        note(INSECURE.format(scheduler=options.scheduler))
    results: list[SubmissionResult] = []
    for assignment in dict.fromkeys(name for names in found for name in names):
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


def _assignments(course: Path) -> list[str]:
    """Names of the assignments that have a source."""
    if not course.is_dir():
        raise NotFound(
            f"the course {course} does not exist", "check --course; `labs release LAB --course DIR` makes one"
        )
    return sorted(p.name for p in (course / "source").glob("*") if p.is_dir())


def _handed_in(course: Path, assignments: list[str]) -> list[str]:
    """Those that somebody has handed in; of the others it is said that they are left out."""
    from autograder.course.attempts import attempts_of
    from autograder.course.settings import read_settings

    setting = read_settings(course).attempts
    tries = {name: attempts_of(course, name, (), setting).values() for name in assignments}
    found = [name for name in assignments if any(each.folder.is_dir() for some in tries[name] for each in some)]
    if not found:
        raise NotFound(f"nobody has handed in anything of {course}", "collect submissions first")
    if left := [name for name in assignments if name not in found]:
        note(f"Nobody has handed in {', '.join(left)}: left out.")
    return found


def _grade_one(assignment: str, course: Path, options: GradeOptions) -> list[SubmissionResult]:
    from autograder.course.faults import naming_files
    from autograder.grade import grade_course
    from labs_cli.dry_run import show_tests
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
            scheduler=options.scheduler,
            insecure_scheduler=options.insecure,
            on_source=show_tests,
            on_result=on_result,
            on_wait=note,
        )


def _show(assignment: str, results: list[SubmissionResult]) -> None:
    table(COLUMNS, [row for result in results for row in _rows(result)])
    counts = ", ".join(f"{n} {state}" for state, n in Counter(str(r.status) for r in results).items())
    unchanged = sum(r.unchanged for r in results)
    kept = f" {unchanged} unchanged since they were judged (--force judges them again)." if unchanged else ""
    say(f"\n{count(len(results), 'submission')} of {assignment}: {counts}.{kept}")
    if weak := sorted({e.name for r in results for e in r.exercises if e.weak}):
        note(WEAK.format(checks=", ".join(weak)))


def _rows(result: SubmissionResult) -> Iterator[tuple[object, ...]]:
    late = f"Late: {points(result.late_penalty)} points are taken off. " if result.late_penalty else ""
    whole = (points(result.score), points(result.max_score), late + result.message)
    scope = "all" if result.notebook in ("", result.assignment) else result.notebook
    yield (result.student, result.status, f"({scope})", *whole)
    for e in result.exercises:
        yield (result.student, "", e.name, points(e.score), points(e.max_score), e.message)
