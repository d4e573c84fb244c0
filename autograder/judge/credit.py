"""Partial credit: the part of its points that a check gives, said by the check's own code and nobody else's."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import numpy as np

from autograder.judge.values.plain_values import value

NO_NUMBER = "The check found no number of points for your answer."


@dataclass
class Credit:
    """What `with check(name) as given` binds: all points, unless the check says less.

    Attributes:
        fraction: between 0 and 1: the least that was said.
        reason: the words that came with it.
        lines: of the check cell that were running then, the outermost first.
    """

    filename: str
    fraction: float = 1.0
    reason: str = ""
    lines: list[int] = field(default_factory=list)

    def credit(self, fraction: Any, reason: str) -> None:
        """Give at most this part of the points, and say why.

        Args:
            fraction: a number; below 0 it counts as 0, above 1 as 1, and what is not finite as 0.

        Raises:
            NotPlain: it is an object of the learner's.
        """
        self._keep(value(fraction, float), str(reason), list(_lines(sys._getframe(1), self.filename)))

    def points(self, last: Any, highest: float) -> None:
        """Take the value of a plain course's last expression, as nbgrader does: a number is points, all else is shown.

        Args:
            highest: the points of the cell.
        """
        if isinstance(last, (int, float, np.number)) and not isinstance(last, (bool, complex, np.complexfloating)):
            self._keep(value(last, float) / highest, "", [])

    def _keep(self, fraction: float, reason: str, lines: list[int]) -> None:
        if not math.isfinite(fraction):
            fraction, reason, lines = 0.0, NO_NUMBER, []
        fraction = min(max(fraction, 0.0), 1.0)
        if fraction < self.fraction:
            self.fraction, self.reason, self.lines = fraction, reason, lines


def _lines(frame: FrameType | None, filename: str) -> Iterator[int]:
    """The lines of that file which lead to `frame`, the outermost first."""
    if frame is not None:
        yield from _lines(frame.f_back, filename)
        if frame.f_code.co_filename == filename:
            yield frame.f_lineno
