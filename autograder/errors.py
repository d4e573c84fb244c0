"""What can go wrong in the autograder, by whose fault it is.

AutograderError           a problem and its fix
├── AuthorErrors          an author's: one or more AuthorError, each with file and line
│   └── AuthorError
├── CourseError           an instructor's: a course tree, a source or a command that is not as it must be
└── GraderFault           ours: nobody loses points for it
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


class AutograderError(Exception):
    """Base of this package's errors.

    Attributes:
        problem: what is wrong, and where.
        fix: what to do about it.
    """

    def __init__(self, problem: str, fix: str) -> None:
        super().__init__(f"{problem}\n  fix: {fix}" if fix else problem)
        self.problem, self.fix = problem, fix


class AuthorError(AutograderError):
    """Raised when a lab's source breaks a rule."""

    def __init__(self, path: Path, line: int, problem: str, fix: str) -> None:
        super().__init__(f"{path}:{line}: {problem}", fix)
        self.path, self.line = path, line


class AuthorErrors(AutograderError):
    """Raised with every mistake that was found in a lab at once."""

    def __init__(self, errors: Sequence[AuthorError]) -> None:
        super().__init__("\n".join(map(str, errors)), "")
        self.errors = tuple(errors)


class CourseError(AutograderError):
    """Raised when a course, or what was asked of it, is not as it must be."""


class GraderFault(AutograderError):
    """Raised when judging failed by our own fault."""
