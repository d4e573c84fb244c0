"""A course's folders: the source, what was handed in, and what the grader keeps for itself."""

from __future__ import annotations

import contextlib
import fcntl
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path

from autograder.course.attempts import attempts_of
from autograder.course.staging import finish_release
from autograder.course.submitted import HandedIn
from autograder.errors import CourseError
from autograder.files import write_whole
from autograder.source.read_assignment import is_graded

PRIVATE = ".judge"  # secret, records and lock, readable by their owner only
SECRET_BYTES = 32


def read_sources(course: Path, assignment: str) -> dict[str, bytes]:
    """Name without `.ipynb` → content of the assignment's notebooks, without those that only explain.

    Raises:
        CourseError: there is none.
    """
    folder = course / "source" / assignment
    found = {path.stem: path.read_bytes() for path in sorted(folder.glob("*.ipynb")) if path.is_file()}
    graded = {name: notebook for name, notebook in found.items() if len(found) == 1 or is_graded(notebook)}
    if not graded:
        known = sorted(p.name for p in (course / "source").glob("*") if p.is_dir())
        problem = f"{folder} holds no graded notebook; assignments here: {', '.join(known) or 'none'}"
        raise CourseError(problem, "release the lab first")
    return graded


def handed_in(
    course: Path, assignment: str, notebooks: Iterable[str], student: str | None = None, attempts: str = "last"
) -> dict[str, list[HandedIn]]:
    """Student → what was handed in, by name; that of one student only, if one is named.

    Args:
        attempts: which of several attempts will count (course.toml).

    Raises:
        CourseError: nobody has handed in anything.
    """
    expected = tuple(f"{notebook}.ipynb" for notebook in notebooks)
    every = attempts_of(course, assignment, expected, attempts)
    found = {who: handed for who, handed in every.items() if student in (None, who)}
    if student is not None and not found:
        return {student: [HandedIn(student, course / "submitted" / student / assignment, expected)]}
    if not found:
        raise CourseError(f"{course / 'submitted'} holds no submission of {assignment}", "collect submissions first")
    return found


@contextlib.contextmanager
def private_folder(course: Path) -> Iterator[Path]:
    """The grader's own folder in a course, held for one run at a time; a release that was cut short is finished.

    Raises:
        CourseError: another run holds it.
    """
    folder = course / PRIVATE
    folder.mkdir(mode=0o700, exist_ok=True)
    with (folder / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CourseError(f"another run grades {course} just now", "wait until it has ended") from None
        finish_release(course, folder)
        yield folder


def read_secret(folder: Path) -> bytes:
    """The course's secret, from which hidden inputs are drawn; made once, readable by its owner only.

    Raises:
        CourseError: it is shorter than it was made.
    """
    path = folder / "secret"
    if not path.exists():
        write_whole(path, secrets.token_bytes(SECRET_BYTES), private=True)
    secret = path.read_bytes()
    if len(secret) < SECRET_BYTES:
        fix = "put a copy from before in its place; or move it away: a new one is drawn, and all is judged again"
        raise CourseError(f"{path} is cut short: hidden inputs could be guessed", fix)
    return secret
