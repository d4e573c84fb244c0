"""A learner's attempts: what stands in `submitted/`, and each that was kept in `attempts/`.

A folder there is named as in the inbound folder of nbgrader's exchange, `STUDENT+ASSIGNMENT+TIME` or
`STUDENT+ASSIGNMENT+TIME+anything`, and holds what a folder in `submitted/` holds.
"""

from __future__ import annotations

import datetime as dt
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from autograder.course.submitted import TIMESTAMP, HandedIn, find_submitted, read_time
from autograder.files import write_whole

T = TypeVar("T")
FOLDER = "attempts"
MOST = 100  # of one learner's that are looked at: the newest


def attempts_of(course: Path, assignment: str, expected: tuple[str, ...], setting: str) -> dict[str, list[HandedIn]]:
    """Student → attempts among which one counts, the earliest first.

    Args:
        expected: names of the assignment's notebook files.
        setting: `last`: what stands in `submitted/` is what counts. `best`: one of all.
    """
    found = {each.student: [each] for each in find_submitted(course, assignment, expected)}
    if setting == "best":
        for attempt in _kept(course, assignment, expected):
            others = found.setdefault(attempt.student, [])
            if attempt.time not in [other.time for other in others]:  # else it stands in submitted/ too
                others.append(attempt)
    return {student: _newest(found[student]) for student in sorted(found)}


def best(scored: Sequence[tuple[T, tuple[float, bool]]]) -> T:
    """What has the highest score; of several one that could be read, and of these the first."""
    return max(scored, key=lambda pair: pair[1])[0]


def keep_attempt(course: Path, student: str, assignment: str, files: Mapping[str, bytes], moment: str) -> Path:
    """Keep an attempt, whole or not at all.

    Args:
        files: name → content.
        moment: as in nbgrader's timestamp.txt.
    """
    folder = course / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    writing = Path(tempfile.mkdtemp(dir=folder, prefix=".writing-"))
    try:
        for name, content in {**files, TIMESTAMP: moment.encode()}.items():
            write_whole(writing / name, content)
        writing.chmod(0o755)
        return writing.rename(folder / f"{student}+{assignment}+{moment}")
    except BaseException:
        shutil.rmtree(writing, ignore_errors=True)
        raise


def _kept(course: Path, assignment: str, expected: tuple[str, ...]) -> Iterator[HandedIn]:
    pattern = re.compile(rf"(?P<student>[^.].*)\+{re.escape(assignment)}\+(?P<time>[^+]+)(\+[^+]*)?")
    for path in sorted((course / FOLDER).glob("*")):
        match = pattern.fullmatch(path.name)
        time = read_time(match["time"]) if match else None
        if match and time and path.is_dir():
            yield HandedIn(match["student"], path, expected, time)


def _newest(attempts: list[HandedIn]) -> list[HandedIn]:
    """At most so many, the earliest first; one without a time is the one in `submitted/`, and counts as the last."""
    return sorted(attempts, key=lambda a: (a.time is None, a.time or dt.datetime.min))[-MOST:]
