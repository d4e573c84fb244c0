"""What every kind of value sees of the codec (codec.py), and the codec's caps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from autograder.judge.errors import CodecError

MAX_DEPTH = 60
MAX_ITEMS = 2_000_000  # members of one message, at any depth
MAX_LENGTH = 1 << 26  # of what names a length without sending that many bytes, such as a range
MAX_SAME_HASH = 64  # keys of one dict or set: more are made to collide
INT64 = range(-(2**63), 2**64)

Node = Callable[[Any], Any]  # value → node


class Reader(Protocol):
    """A decoder, as the kinds see it."""

    @property
    def known(self) -> Callable[[str, str], type | None]: ...
    def value(self, node: Any) -> Any: ...
    def values(self, nodes: Any) -> list[Any]: ...
    def count(self, items: int) -> None: ...


def length(n: Any) -> int:
    """`n` as a length that needs no bytes.

    Raises:
        CodecError: it is none, or too large.
    """
    if type(n) is not int or not 0 <= n <= MAX_LENGTH:
        raise CodecError("a value of a malformed or too large length")
    return n


class Keys:
    """Takes the keys of one dict or set; refuses those whose hashes were made to collide: they cost quadratic time."""

    def __init__(self) -> None:
        self._seen: dict[int, int] = {}

    def __call__(self, key: Any) -> Any:
        if type(key) is int and key not in INT64:
            raise CodecError("an integer too large for a key")
        code = hash(key)
        seen = self._seen[code] = self._seen.get(code, 0) + 1
        if seen > MAX_SAME_HASH:
            raise CodecError("keys whose hashes collide")
        return key
