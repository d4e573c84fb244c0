"""The process that judges are forks of: it has run an assignment's setup, and has never seen a submission."""

from __future__ import annotations

from collections.abc import Sequence

from autograder.errors import GraderFault
from autograder.judge.limits import Limits
from autograder.judge.parents import WarmParents
from autograder.judge.supervisor import Process
from autograder.judge.wire import WireError
from autograder.source.assignment import Assignment


class BaseProcess:
    """Started when it is needed, and once more after `end`.

    Args:
        first: cells before the setup's, as (kind, name, source).
    """

    def __init__(
        self, warm: WarmParents, assignment: Assignment, first: Sequence[tuple[str, str, str]], limits: Limits
    ) -> None:
        self._warm, self._limits, self._name = warm, limits, assignment.name
        self._cells = [[name, source] for _, name, source in first]
        self._cells += [[c.grade_id, c.python] for c in assignment.setup.values()]
        self._process: Process | None = None

    @property
    def runs(self) -> bool:
        """Whether there is one."""
        return self._process is not None

    def process(self, env: dict[str, str]) -> Process:
        """The process.

        Args:
            env: variables for one that has to be started.

        Raises:
            GraderFault: the setup failed, or did not end.
        """
        if self._process is None:
            base = self._process = self._warm.fork("base", env)
            try:
                error = base.ask({"op": "setup", "cells": self._cells}, self._limits.setup_seconds)["error"]
            except WireError as gone:
                self.end()
                raise GraderFault(f"the setup of {self._name} did not end", "run it by hand") from gone
            if error:
                self.end()
                raise GraderFault(f"{self._name}: {error}", "mend the setup cell, and release again")
        return self._process

    def end(self) -> None:
        """Whatever ended a judge may have ended its base: the next submission gets a new one."""
        if self._process is not None:
            self._process.end()
            self._process = None
