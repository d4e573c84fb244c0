"""The process that judges are forks of: it has run an assignment's setup, and has never seen a submission."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from autograder.errors import GraderFault
from autograder.judge.limits import Limits
from autograder.judge.parents import WarmParents
from autograder.judge.supervisor import Process
from autograder.judge.wire import WireError
from autograder.marking.intake import Step
from autograder.source.assignment import Assignment


class BaseProcess:
    """Started when it is needed, and once more after `end`.

    Args:
        first: cells before the setup's.
    """

    def __init__(self, warm: WarmParents, assignment: Assignment, first: Sequence[Step], limits: Limits) -> None:
        self._warm, self._limits, self._name, self._lenient = warm, limits, assignment.name, assignment.is_plain
        setup = {g: cell.python for g, cell in assignment.setup.items()} | assignment.imports
        self._cells = [*first, *(_step(g, setup) for g in assignment.order if g in setup or g in assignment.checks)]
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
                error = base.ask(
                    {"op": "setup", "cells": self._cells, "lenient": self._lenient}, self._limits.setup_seconds
                )["error"]
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


def _step(grade_id: str, setup: Mapping[str, str]) -> Step:
    return Step("setup", grade_id, setup[grade_id]) if grade_id in setup else Step("test", grade_id, "")
