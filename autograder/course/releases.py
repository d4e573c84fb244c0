"""The releases of a lab: its current source, and those of earlier ones, by which older submissions are graded."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.course.settings import Settings
from autograder.errors import CourseError
from autograder.files import write_whole
from autograder.source.assignment import Assignment
from autograder.source.read_assignment import read_assignment

FOLDER = "releases"  # in the grader's private folder
NAME = re.compile(r"[0-9a-f]{12}")  # of a release, which becomes a file's
AS_ITS_OWN = "Graded as release {named} says, from which it was made; the current one is {current}."
AS_CURRENT = "The notebook is of release {named}, which {why}. It was graded as the current one, {current}, says."


@dataclass(frozen=True)
class Source:
    """A source notebook; `release` is empty where no release made it."""

    release: str
    content: bytes
    assignment: Assignment


@dataclass(frozen=True)
class Releases:
    """The sources of one notebook.

    Attributes:
        older: release → its source, of those that may still be graded by it.
        others: release → why it may not be.
    """

    current: Source
    older: Mapping[str, Source]
    others: Mapping[str, str]

    def of(self, named: str) -> tuple[Source, str]:
        """The source by which a submission is graded, and what to say about it.

        Args:
            named: the release that the submission names. It chooses among ours and decides nothing else.
        """
        current = self.current.release
        if not named or not current or named == current:
            return self.current, ""
        if named in self.older:
            return self.older[named], AS_ITS_OWN.format(named=named, current=current)
        why = self.others.get(named, "this course does not have")
        return self.current, AS_CURRENT.format(named=named, why=why, current=current)


def read_releases(private: Path, name: str, file: str, content: bytes, settings: Settings) -> Releases:
    """The releases of an assignment's notebook.

    Args:
        content: its current source.

    Raises:
        CourseError: the current source, or an earlier one that may still be graded by, is not as it must be.
    """
    current = Source(release_of(content), content, read_assignment(name, content, file))
    older, others = {}, {}
    for release, path in kept_releases(private, name):
        if release == current.release:
            continue
        if settings.all_withdrawn or release in settings.withdrawn:
            others[release] = "was withdrawn"
            continue
        old = Source(release, path.read_bytes(), _read(name, path, file))
        if set(old.assignment.points) != set(current.assignment.points):
            others[release] = "has other exercises"
        else:
            older[release] = dataclasses.replace(old, assignment=_worth(old.assignment, current.assignment.points))
    return Releases(current, older, others)


def release_of(notebook: bytes) -> str:
    """The release that a source or learner notebook of ours names; empty if none.

    Raises:
        ValueError: it is no JSON.
    """
    found = json.loads(notebook)
    metadata = found.get("metadata", {}) if isinstance(found, dict) else {}
    release = metadata.get("lab", {}).get("release", "")
    return release if isinstance(release, str) and NAME.fullmatch(release) else ""


def keep_release(private: Path, name: str, content: bytes) -> None:
    """Keep the source of a release, for submissions that will be made from it; another source is not kept."""
    if release := release_of(content):
        path = private / FOLDER / name / f"{release}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)


def kept_releases(private: Path, name: str) -> Iterator[tuple[str, Path]]:
    """Release and source of each that was kept."""
    for path in sorted((private / FOLDER / name).glob("*.ipynb")):
        if NAME.fullmatch(path.stem):
            yield path.stem, path


def _read(name: str, path: Path, file: str) -> Assignment:
    try:
        return read_assignment(name, path.read_bytes(), file)
    except CourseError as error:
        fix = "mend it, or delete it: its submissions are then graded as the current release says"
        raise CourseError(f"{path}: {error.problem}", fix) from None


def _worth(assignment: Assignment, points: Mapping[str, float]) -> Assignment:
    """The assignment with these points: the gradebook knows one number for each exercise."""
    checks = {g: dataclasses.replace(c, points=points[g]) for g, c in assignment.checks.items()}
    by_hand = {g: dataclasses.replace(c, points=points[g]) for g, c in assignment.by_hand.items()}
    return dataclasses.replace(assignment, checks=checks, by_hand=by_hand)
