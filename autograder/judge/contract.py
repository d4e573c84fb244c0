"""What a check cell finds in the judge under the names of the contract (ARCHITECTURE.md)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograder.judge.credit import Credit
from autograder.judge.desk import Desk
from autograder.judge.errors import NotPlain
from autograder.judge.handles import Stream
from autograder.judge.messages import TOUCHED
from autograder.judge.remote import Link
from autograder.judge.values.plain_values import raised, value


@dataclass
class Contract:
    """The functions of one judgement.

    Args:
        link: the learner's process.
        desk: the supervisor.
        exercise: name that `check` must be called with; None in a plain nbgrader course.
        hidden_seed: seed of `hidden_rng`, or None in the visible pass.
        credit: what `with check(name) as given` binds.
    """

    link: Link
    desk: Desk
    exercise: str | None
    hidden_seed: int | None
    credit: Credit
    ended: int = field(default=0)
    touched: str = TOUCHED

    def functions(self) -> dict[str, Callable[..., Any]]:
        """Name in the contract → function of the judge's."""
        return {
            "check": self.check,
            "hidden_rng": self.hidden_rng,
            "value": value,
            "take": self.take,
            "stream": self.stream,
            "raised": raised,
            "written": self.desk.written,
        }

    @contextlib.contextmanager
    def check(self, name: str, *, changes: bool = False, touched: str = TOUCHED) -> Iterator[Credit]:
        """Holds what belongs to one exercise, and gives all points unless it is told otherwise.

        Args:
            changes: the learner's code may change, in place, what the check passes to it.
            touched: what is said where it may not, and does.
        """
        if name != self.exercise:
            raise ValueError(f"check({name!r}) stands in the cell of {self.exercise!r}")
        self.link.may_change, self.touched = changes, touched
        yield self.credit
        self.ended += 1

    def hidden_rng(self) -> np.random.Generator:
        """A generator that nobody can know beforehand."""
        if self.hidden_seed is None:
            raise RuntimeError("hidden_rng() belongs to the hidden part of a check")
        return np.random.default_rng(self.hidden_seed)

    def examiner(self, function: Any) -> Callable[..., Any]:
        """The examiner `function` of the setup, run elsewhere."""
        return lambda *args, **kwargs: self.desk.examine(function, args, kwargs)

    def take(self, dataset: Any, n: int) -> list[Any]:
        """The first `n` elements, drained where the learner lives."""
        elements = self.link.ask("take", dataset, int(n), seconds=self.link.limits.check_seconds)
        if type(elements) is not list:
            raise NotPlain("your dataset did not give elements")
        return elements

    def stream(self, dataset: Any) -> Stream:
        """The dataset, held open in the learner's process."""
        number = self.link.ask("open", dataset)
        if type(number) is not int:
            raise NotPlain("your dataset could not be opened")
        return Stream(self.link, number)
