"""Grade an nbgrader course tree, or look at one notebook's visible checks."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

from autograder.course.faults import naming_database
from autograder.course.gradebook import open_gradebook, save_assignment
from autograder.course.tree import handed_in, private_folder, read_secret, read_sources
from autograder.marking.marker import Marker
from autograder.results import SubmissionResult
from autograder.runs.one import Task, require_sandbox
from autograder.runs.records import Records
from autograder.runs.writer import Writer
from autograder.sandbox.fences import Sandbox, read_fences
from autograder.source.beside import find_beside
from autograder.source.read_assignment import read_assignment

OnResult = Callable[[SubmissionResult, int, int], None]


def grade_course(
    course: Path,
    assignment: str,
    *,
    student: str | None = None,
    trust_submissions: bool = False,
    readable: tuple[str, ...] = (),
    workers: int | None = None,
    force: bool = False,
    on_result: OnResult | None = None,
    on_wait: Callable[[str], None] | None = None,
) -> list[SubmissionResult]:
    """Grade every submission of an assignment into the course's gradebook.

    What an earlier run has judged, also one that was killed, is not judged again, as long as neither the submission
    nor anything that judges it has changed. This process alone writes into the course; workers judge.

    Args:
        course: folder with source/ and submitted/.
        student: grade this one only.
        trust_submissions: judge without a sandbox where there can be none.
        readable: paths that submissions may read, besides Python and its packages.
        workers: processes that judge side by side; as many as there are cores, if not given.
        force: judge unchanged submissions too.
        on_result: called after each notebook with its result, how many are done, and how many there are.
        on_wait: called with a sentence when somebody else is writing to the gradebook.

    Returns:
        A result for each student and notebook, by student's name.

    Raises:
        CourseError: the course, its source or its reference solution is not as it must be; another run grades the
            course; or there is no sandbox here, and `trust_submissions` was not given.
    """
    require_sandbox(trust_submissions)
    sources, beside = read_sources(course, assignment), find_beside(course / "source" / assignment)
    handed = handed_in(course, assignment, sources, student)
    fences = read_fences(course)
    read = {file: read_assignment(assignment, source, file) for file, source in sources.items()}
    results: list[SubmissionResult] = []
    with private_folder(course) as private, open_gradebook(course, on_wait) as gradebook:
        secret = read_secret(private).hex()
        for file, source in sources.items():
            save_assignment(gradebook, read[file], source)
            task = Task(read[file].to_json(), secret, fences, beside, readable, trust_submissions)
            with naming_database(private / "records.db"), Records(private, assignment, file) as records:
                writer = Writer(course, private, source, read[file], task, gradebook, records)
                with contextlib.closing(writer.grade(handed, workers or _cores(), force)) as outcomes:
                    for result in outcomes:
                        results.append(result)
                        if on_result:
                            on_result(result, len(results), len(handed) * len(sources))
    return sorted(results, key=lambda r: r.student)


def check_notebook(
    name: str, assignment: bytes, submission: bytes, *, variant: int = 0, sandbox: Sandbox | None = None
) -> SubmissionResult:
    """Judge a notebook's visible checks alone.

    Args:
        assignment: the lab's learner notebook as it was built.
        submission: the notebook as it stands now.
    """
    with Marker(read_assignment(name, assignment), secret=b"", variant=variant, sandbox=sandbox) as marker:
        return marker.mark("you", submission, hidden=False)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
