"""Grade an nbgrader course tree, or check one notebook without a course."""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from autograder.course.gradebook import open_gradebook
from autograder.course.gradebook_cells import save_assignment
from autograder.course.late import LatePenalties, due_date, extensions
from autograder.course.releases import read_releases
from autograder.course.settings import read_settings
from autograder.course.tree import handed_in, private_folder, read_secret, read_sources
from autograder.marking.how import How
from autograder.marking.marker import Marker
from autograder.results import SubmissionResult
from autograder.runs.course_run import CourseRun
from autograder.runs.dry_run import how_tests_fare, with_how
from autograder.runs.notebook_run import GradeEach, NotebookRun
from autograder.runs.one import Task, require_sandbox
from autograder.runs.records import Records
from autograder.runs.writer import Writer
from autograder.sandbox.fences import Sandbox, read_fences
from autograder.source.assignment import Assignment
from autograder.source.beside import find_beside
from autograder.source.read_assignment import read_assignment

OnResult = Callable[[SubmissionResult, int, int], None]
OnSource = Callable[[Assignment, dict[str, How]], object]


def grade_course(
    course: Path,
    assignment: str,
    *,
    student: str | None = None,
    trust_submissions: bool = False,
    readable: tuple[str, ...] = (),
    workers: int | None = None,
    force: bool = False,
    scheduler: str | None = None,
    insecure_scheduler: bool = False,
    on_source: OnSource | None = None,
    on_result: OnResult | None = None,
    on_wait: Callable[[str], None] | None = None,
) -> list[SubmissionResult]:
    """Grade every submission of an assignment into the course's gradebook.

    What an earlier run has judged, also one that was killed, is not judged again, exercise by exercise, as long as
    neither the submission nor anything that judges it has changed. This process alone writes into the course;
    workers judge.

    Args:
        course: folder with source/ and submitted/.
        student: grade this one only.
        trust_submissions: judge without a sandbox where there can be none.
        readable: paths that submissions may read, besides Python and its packages.
        workers: processes that judge side by side; as many as there are cores, if not given.
        force: judge unchanged submissions too.
        scheduler: of a Dask cluster that judges: `tls://HOST:PORT`, or `local` for one of `workers` processes here.
        insecure_scheduler: take `tcp://HOST:PORT`, too, which is not encrypted.
        on_source: called before anybody is graded, for each notebook of a course that is not of our labs, with how its
            tests are judged (see marking/how.py).
        on_result: called after each notebook of each attempt with its result, how many are done, and how many there
            are; where a student's last one is done, with the result that counts.
        on_wait: called with a sentence when somebody else is writing to the gradebook.

    Returns:
        A result for each student and notebook, by student's name: of the attempt that counts.

    Raises:
        CourseError: the course, its source, its settings or its reference solution is not as it must be; another
            run grades the course; there is no sandbox where submissions are judged, and `trust_submissions` was not
            given; or there is no cluster, or one that would judge otherwise than this machine.
    """
    if scheduler is None:
        require_sandbox(trust_submissions)  # elsewhere each worker tries its own
    else:
        from autograder.runs.connecting import check_address  # Dask takes a second to import

        check_address(scheduler, insecure=insecure_scheduler)
    fences, settings = read_fences(course), read_settings(course)
    late = LatePenalties(course)
    results: list[SubmissionResult] = []
    with (
        private_folder(course) as private,
        open_gradebook(course, on_wait) as gradebook,
        Records(private, assignment) as records,
        _elsewhere(scheduler, workers or _cores(), private, insecure_scheduler) as elsewhere,
    ):
        sources, beside = read_sources(course, assignment), find_beside(course / "source" / assignment)
        handed = handed_in(course, assignment, sources, student, settings.attempts)
        task = Task({}, read_secret(private).hex(), fences, beside, readable, trust_submissions)
        runs = []
        for file, source in sources.items():
            releases = read_releases(private, assignment, file, source, settings)
            releases = with_how(private, releases, task, force=force)
            if on_source and releases.current.assignment.is_plain:
                on_source(releases.current.assignment, how_tests_fare(releases, task, None))
            save_assignment(gradebook, releases.current.assignment, source)
            runs.append(NotebookRun(releases, task, records, private, force, elsewhere))
        writer = Writer(course, assignment, gradebook, records, late)
        due, longer = due_date(gradebook, assignment), extensions(gradebook, assignment)
        run = CourseRun(handed, writer, late, due, longer)
        with contextlib.closing(run.grade(runs, workers or _cores())) as outcomes:
            for done, (judged, counting) in enumerate(outcomes, 1):
                results += counting
                if on_result:
                    on_result(counting[-1] if counting else judged.result, done, run.total * len(runs))
        penalties = late.assign(gradebook, assignment)
    results = [replace(r, late_penalty=penalties.get((r.student, r.notebook), 0.0)) for r in results]
    return sorted(results, key=lambda r: (r.student, r.notebook))


def dry_run(
    course: Path, assignment: str, *, readable: tuple[str, ...] = (), force: bool = False
) -> list[tuple[Assignment, dict[str, How]]]:
    """How the tests of an assignment's notebooks are judged, and what the source's own solution and the blank release
    get; nobody is graded.

    Args:
        course, readable, force: see `grade_course`.

    Raises:
        CourseError: the course, its source or its settings are not as they must be, or another run grades the course.
        GraderFault: the processes of a judgement do not start or end without a verdict.
    """
    fences, settings, found = read_fences(course), read_settings(course), []
    with private_folder(course) as private:
        sources, beside = read_sources(course, assignment), find_beside(course / "source" / assignment)
        task = Task({}, read_secret(private).hex(), fences, beside, readable)
        for file, source in sources.items():
            releases = with_how(private, read_releases(private, assignment, file, source, settings), task, force=force)
            blank = course / "release" / assignment / f"{file}.ipynb"
            tests = how_tests_fare(releases, task, blank.read_bytes() if blank.is_file() else None)
            found.append((releases.current.assignment, tests))
    return found


def check_notebook(
    name: str,
    assignment: bytes,
    submission: bytes,
    *,
    variant: int = 0,
    sandbox: Sandbox | None = None,
    draw: bytes | None = None,
) -> SubmissionResult:
    """Judge a notebook's visible checks; with `draw` the hidden ones too.

    Args:
        assignment: the lab's learner notebook as it was built; with `draw` its source, which has the hidden tests.
        submission: the notebook as it stands now.
        draw: decides alone which hidden inputs there are.
    """
    with Marker(read_assignment(name, assignment), secret=b"", variant=variant, sandbox=sandbox) as marker:
        return marker.mark("you", submission, hidden=draw is not None, draw=draw)


@contextlib.contextmanager
def _elsewhere(scheduler: str | None, workers: int, private: Path, insecure: bool) -> Iterator[GradeEach | None]:
    """A cluster's `grade_each`; None where this machine judges itself."""
    if scheduler is None:
        yield None
        return
    from autograder.runs import cluster, connecting

    with connecting.connected(scheduler, workers, private, insecure=insecure) as client:
        yield functools.partial(cluster.grade_each, client)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
