"""`labs submit`: hand a notebook in, to a course's tree or as one file."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

from autograder.course.attempts import keep_attempt
from autograder.course.students import ALLOWED, is_student_id
from autograder.files import write_whole
from labs_cli import places
from labs_cli.checking import Work, find_work, judge, show
from labs_cli.errors import BadNotebook, NotFound, Refused
from labs_cli.screen import note, say, say_error

HAND_IN = "hand-in"  # folder in the workspace
TIMESTAMP = "%Y-%m-%d %H:%M:%S.%f %Z"  # nbgrader's


def submit(wanted: str, *, notebook: Path | None, course: Path | None, student: str | None) -> int:
    """Show the visible checks, then hand in exactly the bytes that were judged; return the exit code.

    What fails is handed in too: hidden checks decide, and half an answer may be worth points.

    Raises:
        Refused: the student's id cannot be a folder's name.
        NotFound, BadNotebook: there is no such lab, copy or course, or the file is no notebook of the lab.
    """
    if student is not None and not is_student_id(student):
        raise Refused(f"a student's id cannot be {student!r}", f"allowed are {ALLOWED}")
    work = find_work(wanted, notebook)
    target = _in_course(course, student, work.lab.slug) if course and student else _hand_in(work.lab.slug)
    _show_checks(work)
    replaced = target.exists()
    target.parent.mkdir(parents=True, exist_ok=True)
    moment = datetime.now(UTC).strftime(TIMESTAMP)
    if course and student:
        _keep_attempt(course, student, work, moment)
    write_whole(target, work.file.data)
    if course:
        # Second, so that a stamp never claims a time at which this notebook was not yet there.
        write_whole(target.with_name("timestamp.txt"), moment.encode())
    _say_where(target, work.file.data, replaced, handed_in=course is not None, moment=moment)
    return 0


def _in_course(course: Path, student: str, slug: str) -> Path:
    """Where nbgrader and `labs grade` look for it."""
    known = {p.name for kind in ("source", "release") for p in (course / kind).glob("*") if p.is_dir()}
    if slug not in known:
        problem = f"{course} has no assignment {slug}; assignments there: {', '.join(sorted(known)) or 'none'}"
        raise NotFound(problem, "check --course; the instructor adds a lab with `labs release LAB --course DIR`")
    folder = course / "submitted" / student / slug
    for part in (folder.parent.parent, folder.parent, folder):
        if part.is_symlink() or (part.exists() and not part.is_dir()):
            raise Refused(f"{part} is not a folder of its own", "ask the instructor to remove it")
    return folder / f"{slug}.ipynb"


def _keep_attempt(course: Path, student: str, work: Work, moment: str) -> None:
    """Keep this attempt beside the others. First, so that what is handed in is there in any case."""
    slug = work.lab.slug
    try:
        keep_attempt(course, student, slug, {f"{slug}.ipynb": work.file.data}, moment)
    except PermissionError as error:
        note(f"{error.filename} cannot be written: this attempt is handed in, but not kept once you hand in another.")


def _hand_in(slug: str) -> Path:
    return places.workspace() / HAND_IN / f"{slug}.ipynb"


def _show_checks(work: Work) -> None:
    """The table of visible checks. A fault of the judge's stops nobody from handing in."""
    from autograder.errors import AutograderError
    from autograder.results import Status

    try:
        result = judge(work)
    except AutograderError as error:
        say_error(error.problem, error.fix)
        note("The visible checks could not be run here; the notebook is handed in all the same.")
        return
    if result.status is Status.REJECTED:
        raise BadNotebook(f"{work.file.path}: {result.message}", "nothing was handed in; mend the notebook first")
    show(result, work)


def _say_where(target: Path, data: bytes, replaced: bool, *, handed_in: bool, moment: str) -> None:
    say()
    if handed_in:
        say(f"Submitted: {target}")
        say(f"Time:      {moment}")
    else:
        say(f"Hand in this file: {target}")
    say(f"SHA-256:   {hashlib.sha256(data).hexdigest()}")
    if replaced:
        say("It replaced what you had handed in before." if handed_in else "It replaced the file made before.")
