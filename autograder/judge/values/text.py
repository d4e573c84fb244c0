"""Integers of any size, and text that is no UTF-8, as parts of nodes (see codec.py)."""

from __future__ import annotations

import re
from typing import Any

from autograder.judge.errors import CodecError

SURROGATE = re.compile("[\ud800-\udfff]")  # half a character: Python's text may hold it, UTF-8 may not
MAX_DIGITS = 4000


def read_int(text: str) -> int:
    """A large integer, written in hexadecimal: that costs linear time in both directions."""
    if len(text) > MAX_DIGITS:
        raise CodecError("an integer with too many digits")
    return int(text, 16)


def is_utf8(text: str) -> bool:
    """Whether `text` can be sent as it is."""
    return text.isascii() or SURROGATE.search(text) is None


def odd_text(text: str) -> list[Any]:
    return [text.encode("utf-8", "surrogatepass")]


def read_odd_text(contents: list[Any]) -> str:
    return str(contents[0], "utf-8", "surrogatepass")


def printable(text: str) -> str:
    """`text` with an escape for what is no UTF-8: words for people, which must arrive."""
    return text.encode("utf-8", "backslashreplace").decode()
