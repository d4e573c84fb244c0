"""A release goes into a course as a whole: prepared beside it, and from one rename on the one that counts.

Who is killed before that rename leaves the old release; who is killed after it leaves a new one, which the next
command that opens the course's private folder puts where it belongs.
"""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

from autograder.course.releases import keep_release
from autograder.files import write_whole

PREPARED, DECIDED = "release-prepared", "release-decided"  # in the grader's private folder


def prepare(private: Path) -> Path:
    """An empty folder for a release's `source/` and `release/`."""
    folder = private / PREPARED
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def decide(course: Path, private: Path) -> None:
    """Let what was prepared be the release."""
    (private / PREPARED).rename(private / DECIDED)
    finish_release(course, private)


def finish_release(course: Path, private: Path) -> None:
    """Put a release that was decided into its place, if there is one. It may be done any number of times."""
    decided = private / DECIDED
    if decided.is_dir():
        for folder in (decided / "source").iterdir():
            _put_source(folder, course / "source" / folder.name, private)
            _put_release(decided / "release" / folder.name, course / "release" / folder.name)
        decided.rename(private / PREPARED)  # whole until here: it says what belongs into release/
    shutil.rmtree(private / PREPARED, ignore_errors=True)


def _put_source(new: Path, place: Path, private: Path) -> None:
    """The notebook only: what else stands there is the teacher's."""
    name = f"{new.name}.ipynb"
    place.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError, ValueError, AttributeError):  # there is none, or it is no notebook
        keep_release(private, new.name, (place / name).read_bytes())
    write_whole(place / name, (new / name).read_bytes())


def _put_release(new: Path, place: Path) -> None:
    files = {path.relative_to(new) for path in new.rglob("*") if path.is_file()}
    for file in sorted(files):
        (place / file).parent.mkdir(parents=True, exist_ok=True)
        write_whole(place / file, (new / file).read_bytes())
    for path in sorted(place.rglob("*")):
        if path.is_file() and path.relative_to(place) not in files:
            path.unlink()
