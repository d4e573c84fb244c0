"""The plain functions of the contract of a check cell (ARCHITECTURE.md), as a learner's own kernel has them.

Each carries `__judge__ = "NAME"`: in the judge, another process, the autograder's own takes its place.
"""

from __future__ import annotations

import builtins
import itertools
import os
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from prodml.errors import NotPlain, SettingError
from prodml.lab.workspace import course_variant, find_workspace

if TYPE_CHECKING:
    import numpy as np

F = TypeVar("F", bound=Callable[..., Any])
VISIBLE_SEED = 20130101
PLAIN_MODULES = {"builtins", "datetime", "numpy", "pandas", "pathlib", "pyarrow", "zoneinfo"}  # arrive in the judge


def judged(function: F) -> F:
    """Mark a function of the contract, so that the judge puts its own in its place."""
    function.__judge__ = function.__name__  # type: ignore[attr-defined]
    return function


@judged
def rng() -> np.random.Generator:
    """A new random generator, seeded alike everywhere: for the visible part of a check."""
    import numpy as np

    return np.random.default_rng(VISIBLE_SEED)


@judged
def hidden_rng() -> np.random.Generator:
    """A new random generator for the hidden part of a check.

    When grading, the judge draws its seed anew for each submission. Here it is `PRODML_HIDDEN_SEED`, or 0.

    Raises:
        SettingError: the variable is no whole number.
    """
    import numpy as np

    return np.random.default_rng(_whole_number("PRODML_HIDDEN_SEED", os.environ.get("PRODML_HIDDEN_SEED", "0")))


@judged
def variant() -> int:
    """The variant of this lab: `PRODML_VARIANT`, else what the workspace's course.json says, else 0.

    Raises:
        SettingError: the variable or the file holds no whole number.
    """
    chosen = os.environ.get("PRODML_VARIANT")
    if chosen:
        return _whole_number("PRODML_VARIANT", chosen)
    workspace = find_workspace()
    return course_variant(workspace) if workspace else 0


@judged
def value(x: Any, kind: type) -> Any:
    """`x` as a plain value of type `kind`, by the judge's rules.

    A NumPy scalar counts as its Python type, a tensor as its NumPy value, a namedtuple as a tuple, and an int may
    stand for a float; a bool is no int, a member of an Enum no number. Objects of other classes, even of one derived
    from `kind`, are not plain: the judge never gets to see them.

    Args:
        kind: `float`, `int`, `str`, `list`, `dict`, `np.ndarray`, …

    Raises:
        NotPlain: an AssertionError that says what came instead.
    """
    import numpy as np

    if _is_tensor(x):
        x = x.numpy()
    if isinstance(x, np.generic) and kind is not type(x):
        x = x.item()
    if type(x) is int and kind is float:
        return float(x)
    if type(x) is not kind and not (isinstance(x, kind) and _is_plain(x)):
        wanted = "NumPy array" if kind is np.ndarray else kind.__name__
        raise NotPlain(f"expected a value of type {wanted}, but yours is of type {type(x).__name__}", fix="")
    return x


@judged
def take(dataset: Iterable[Any], n: int) -> list[Any]:
    """The first `n` elements of a tf.data.Dataset or any iterable, fewer if it ends, with NumPy leaves."""
    return [_numpy(x) for x in itertools.islice(iter(dataset), int(n))]


class Stream:
    """A dataset held open: each `take` goes on where the last one stopped."""

    def __init__(self, dataset: Iterable[Any]) -> None:
        self._elements: Iterator[Any] = iter(dataset)

    def take(self, n: int) -> list[Any]:
        """The next `n` elements, fewer at the end, with NumPy leaves."""
        return [_numpy(x) for x in itertools.islice(self._elements, int(n))]

    def close(self) -> None:
        """Let the dataset go."""
        self._elements = iter(())


@judged
def stream(dataset: Iterable[Any]) -> Stream:
    """The dataset, held open; `close()` ends it."""
    return Stream(dataset)


@judged
def raised(call: Callable[[], Any]) -> str | None:
    """The name of the builtin exception type that `call()` ended with, such as `"ValueError"`, or None.

    For a class of the learner's own it is the nearest builtin one above it.
    """
    try:
        call()
    except (NotPlain, KeyboardInterrupt):
        raise
    except BaseException as error:  # the judge sees sys.exit() of a learner's code as an exception like any other
        names: list[str] = [c.__name__ for c in type(error).__mro__ if getattr(builtins, c.__name__, None) is c]
        return names[0]
    return None


def _is_plain(x: Any) -> bool:
    """Whether `x`, of a class below the one that was asked for, would reach the judge as a value."""
    import numpy as np

    if isinstance(x, tuple) and hasattr(type(x), "_fields"):
        return True
    return not isinstance(x, bool | np.ndarray) and type(x).__module__.split(".")[0] in PLAIN_MODULES


def _is_tensor(x: Any) -> bool:
    return all(hasattr(type(x), name) for name in ("numpy", "dtype", "shape"))


def _numpy(x: Any) -> Any:
    """`x` with NumPy values in place of tensors; tuples, lists and dicts keep their shape."""
    if isinstance(x, tuple) and hasattr(x, "_fields"):
        return tuple(_numpy(v) for v in x)
    if isinstance(x, (tuple, list)):
        return type(x)(_numpy(v) for v in x)
    if isinstance(x, dict):
        return {k: _numpy(v) for k, v in x.items()}
    return x.numpy() if _is_tensor(x) else x


def _whole_number(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise SettingError(f"{name} is {text!r}.", f"Set {name} to a whole number, or unset it.") from None
