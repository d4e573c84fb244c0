"""What a course decides for `labs grade`: `course.toml` in its folder, if there is one."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.errors import CourseError

FILE = "course.toml"
ATTEMPTS = ("last", "best")
EARLIER = "earlier"  # withdraws every release but the current one
GUIDE = "docs/instructor.md says what can stand there"


@dataclass(frozen=True)
class Settings:
    """A course's decisions.

    Attributes:
        attempts: which attempt counts, `last` or `best`.
        withdrawn: releases whose submissions are graded as the current one says.
        all_withdrawn: so are those of every earlier release.
    """

    attempts: str = "last"
    withdrawn: frozenset[str] = frozenset()
    all_withdrawn: bool = False


def read_settings(course: Path) -> Settings:
    """The course's settings; what it does not say is as ever.

    Raises:
        CourseError: the file is no TOML, names something unknown, or a value is not what it must be.
    """
    path = course / FILE
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Settings()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CourseError(f"{path} is no TOML: {error}", GUIDE) from None
    if unknown := sorted(set(found) - {"attempts", "withdrawn"}):
        raise CourseError(f"{path} has no setting {', '.join(unknown)}; known: attempts, withdrawn", GUIDE)
    attempts, withdrawn = found.get("attempts", "last"), found.get("withdrawn", [])
    if attempts not in ATTEMPTS:
        raise CourseError(f"{path}: attempts is {attempts!r}, but must be one of {', '.join(ATTEMPTS)}", GUIDE)
    if withdrawn != EARLIER and not _are_texts(withdrawn):
        raise CourseError(f"{path}: withdrawn must be a list of releases, or {EARLIER!r}", GUIDE)
    every = withdrawn == EARLIER
    return Settings(attempts, frozenset(() if every else withdrawn), every)


def _are_texts(x: Any) -> bool:
    return isinstance(x, list) and all(isinstance(text, str) for text in x)
