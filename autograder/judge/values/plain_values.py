"""`value` and `raised`: a learner's answer as what a check may rely on (ARCHITECTURE.md)."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any

import numpy as np

from autograder.judge.errors import LearnerError, NotPlain
from autograder.judge.handles import Handle

PLAIN_NAMES: dict[type, str] = {np.ndarray: "NumPy array"}


def value(x: Any, kind: type) -> Any:
    """`x` as a plain value of type `kind`; NumPy scalars count as their Python type, a bool or a member of an Enum does
    not count as a number or text.

    Raises:
        NotPlain: `x` is something else.
    """
    if isinstance(x, np.generic) and kind is not type(x):
        x = x.item()
    if type(x) is int and kind is float:
        return float(x)
    other = type(x) is Handle or (type(x) is bool and kind is not bool)
    if other or not isinstance(x, kind) or (isinstance(x, Enum) and not issubclass(kind, Enum)):
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
