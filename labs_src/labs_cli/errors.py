"""What can go wrong on the command line, outside of the two packages below it.

CliError             a problem and its fix
├── NotFound         a lab, a copy, a course or a source that is not there
├── BadNotebook      a notebook that cannot be read
├── ServerEnded      JupyterLab that ended without being asked to
└── Refused          what the command will not do
"""

from __future__ import annotations


class CliError(Exception):
    """Base of this package's errors.

    Attributes:
        problem: what is wrong, and where.
        fix: what to do about it.
    """

    def __init__(self, problem: str, fix: str) -> None:
        super().__init__(problem, fix)
        self.problem, self.fix = problem, fix


class NotFound(CliError):
    """Raised when a lab, a learner's copy, a course or the sources are not there."""


class BadNotebook(CliError):
    """Raised when a notebook's file cannot be read as one."""


class ServerEnded(CliError):
    """Raised when JupyterLab does not start, or ends by itself and not well."""


class Refused(CliError):
    """Raised when a command will not do what was asked."""
