"""What a check holds of a learner's process: handles of objects that stay there, and open streams."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from autograder.judge.errors import NotPlain

REFUSED = (
    "bool len iter contains eq ne lt le gt ge int float complex index round enter exit next setitem delitem array",
    "add radd sub rsub mul rmul truediv rtruediv floordiv rfloordiv mod rmod pow rpow matmul rmatmul",
    "and rand or ror xor rxor neg pos abs invert",
)
COMPARES = ("equals", "eq", "identical")  # what tables and arrays are asked, and answer with a bool
DATA = ("numpy", "pandas", "pyarrow")


class Asks(Protocol):
    """The judge's end of the conversation (remote.py)."""

    def ask(self, op: str, *args: Any, seconds: float | None = None) -> Any: ...


class Handle:
    """One of the learner's own objects, which stays where it is. Nothing that it says of itself decides a test."""

    __slots__ = ("_kind", "_link", "_number")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, link: Asks, number: int, kind: str) -> None:
        object.__setattr__(self, "_link", link)
        object.__setattr__(self, "_number", number)
        object.__setattr__(self, "_kind", kind)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._link.ask("call", self, list(args), kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found = self._link.ask("attribute", self, name)
        return _asked_of_data(self, found) if name in COMPARES and type(found) is Handle else found

    def __setattr__(self, name: str, value: Any) -> None:
        self._link.ask("set_attribute", self, name, value)

    def __getitem__(self, key: Any) -> Any:
        return self._link.ask("item", self, key)

    def __repr__(self) -> str:
        return f"<your {object.__getattribute__(self, '_kind')}>"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)


def _asked_of_data(owner: Handle, method: Handle) -> Callable[..., Any]:
    """`method`, which compares: whether the learner's object equals a table or an array is not for it to say."""

    def call(*args: Any, **kwargs: Any) -> Any:
        if any(type(x).__module__.partition(".")[0] in DATA for x in (*args, *kwargs.values())):
            _refuse(owner)
        return method(*args, **kwargs)

    return call


def _refuse(self: Handle, *args: Any) -> Any:
    kind = object.__getattribute__(self, "_kind")
    raise NotPlain(f"your answer is an object of type {kind}, where a plain value is needed")


for _name in " ".join(REFUSED).split():
    setattr(Handle, f"__{_name}__", _refuse)


class Stream:
    """A dataset held open in the learner's process; elements come by value."""

    def __init__(self, link: Asks, number: int) -> None:
        self._link, self._number = link, number

    def take(self, n: int) -> list[Any]:
        """The next `n` elements, fewer at the end."""
        elements = self._link.ask("next", self._number, int(n))
        if type(elements) is not list:
            raise NotPlain("your dataset did not give elements")
        return elements

    def close(self) -> None:
        """Let the dataset go."""
        self._link.ask("close", self._number)
