"""What a check cell finds in the judge under the names of the contract (ARCHITECTURE.md)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograder.judge.desk import Desk
from autograder.judge.errors import LearnerError, NotPlain
from autograder.judge.handles import Handle, Stream
from autograder.judge.remote import Link

PLAIN_NAMES: dict[type, str] = {np.ndarray: "NumPy array"}


@dataclass
class Contract:
    """The functions of one judgement.

    Args:
        link: the learner's process.
        desk: the supervisor.
        exercise: name that `check` must be called with; None in a plain nbgrader course.
        hidden_seed: seed of `hidden_rng`, or None in the visible pass.
    """

    link: Link
    desk: Desk
    exercise: str | None
    hidden_seed: int | None
    ended: int = field(default=0)

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
    def check(self, name: str) -> Iterator[None]:
        """Holds what belongs to one exercise; an exception leaves it."""
        if name != self.exercise:
            raise ValueError(f"check({name!r}) stands in the cell of {self.exercise!r}")
        yield
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


def value(x: Any, kind: type) -> Any:
    """`x` as a plain value of type `kind`; NumPy scalars count as their Python type, and a bool is no int.

    Raises:
        NotPlain: `x` is something else.
    """
    if isinstance(x, np.generic) and kind is not type(x):
        x = x.item()
    if type(x) is int and kind is float:
        return float(x)
    if type(x) is Handle or not isinstance(x, kind) or (type(x) is bool and kind is not bool):
        wanted = PLAIN_NAMES.get(kind, kind.__name__)
        raise NotPlain(f"expected a value of type {wanted}, but yours is of type {_kind_name(x)}")
    return x


def raised(call: Callable[[], Any]) -> str | None:
    """Name of the builtin exception type that `call()` ended with, or None."""
    try:
        call()
    except NotPlain:
        raise
    except LearnerError as error:
        return error.kind
    return None


def _kind_name(x: Any) -> str:
    return repr(x)[6:-1] if type(x) is Handle else type(x).__name__
