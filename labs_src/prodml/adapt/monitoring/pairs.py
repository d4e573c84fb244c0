"""Functions that were written twice: what training computes, what a service computes, and which rows can occur.

A space says which rows can occur, as plain values: field → ("int", low, high), ("float", low, high),
("choice", [values]), ("list", low, high, shortest, longest) for lists of ints, or ("maybe", space of the field), which
may be None as well.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Space = Mapping[str, tuple[Any, ...]]
Row = Mapping[str, Any]
Computes = Callable[[Row], float]


@dataclass(frozen=True)
class Pair:
    """Attributes:
    train, serve: row → number (NaN: none).
    space: the rows that can occur.
    fault: what differs, in words; None if the two agree.
    """

    train: Computes
    serve: Computes
    space: Space
    fault: str | None


def strategy_of(space: Space) -> Any:
    """A hypothesis strategy that draws rows of a space.

    Raises:
        ValueError: a field's kind is none of those named above.
    """
    from hypothesis import strategies as st

    def field(kind: str, *rest: Any) -> Any:
        if kind == "int":
            return st.integers(*rest)
        if kind == "float":
            return st.floats(*rest, allow_nan=False)
        if kind == "choice":
            return st.sampled_from(rest[0])
        if kind == "list":
            low, high, shortest, longest = rest
            return st.lists(st.integers(low, high), min_size=shortest, max_size=longest)
        if kind == "maybe":
            return st.none() | field(*rest[0])
        raise ValueError(f"strategy_of: no kind is called {kind!r}; there are int, float, choice, list, maybe")

    return st.fixed_dictionaries({name: field(*spec) for name, spec in space.items()})


def steps(step: int) -> Pair:
    """Down to the next multiple of `step`, against cutting towards zero: they part where a flight leaves early."""
    return Pair(
        lambda row: math.floor(row["dep_delay"] / step) * step,
        lambda row: int(row["dep_delay"] / step) * step,
        {"dep_delay": ("int", -60, 600)},
        "rounds towards zero",
    )


def spread() -> Pair:
    """The standard deviation of the last delays, divided by n - 1 (pandas) or by n (NumPy)."""
    return Pair(
        lambda row: statistics.stdev(row["delays"]) if len(row["delays"]) > 1 else math.nan,
        lambda row: statistics.pstdev(row["delays"]),
        {"delays": ("list", -20, 200, 1, 10)},
        "divides by n",
    )


def halves() -> Pair:
    """Half a minute to the even neighbour (Python, NumPy), or up (much of SQL and JavaScript)."""
    return Pair(
        lambda row: round(row["half_minutes"] / 2),
        lambda row: math.floor(row["half_minutes"] / 2 + 0.5),
        {"half_minutes": ("int", -60, 300)},
        "rounds halves up",
    )


def kilometres() -> Pair:
    """Miles in kilometres, exactly, and with a constant that somebody shortened: 2.5e-6 of the value apart."""
    return Pair(
        lambda row: row["distance"] * 1.609344,
        lambda row: row["distance"] * 1.60934,
        {"distance": ("int", 17, 4983)},
        "shortens a constant",
    )


def weekday(offset: int) -> Pair:
    """The day of the week in New York, against that in UTC, `offset` hours ahead."""
    return Pair(
        lambda row: row["weekday"],
        lambda row: (row["weekday"] + (row["hour"] + offset) // 24) % 7,
        {"weekday": ("int", 0, 6), "hour": ("int", 0, 23)},
        "takes the day in UTC",
    )


def codes(trained: list[str], served: list[str]) -> Pair:
    """The number of a category in two orders of the same names."""
    return Pair(
        lambda row: trained.index(row["carrier"]),
        lambda row: served.index(row["carrier"]),
        {"carrier": ("choice", sorted(trained))},
        None if trained == served else "numbers categories in another order",
    )


def filled(trained: float, served: float) -> Pair:
    """What stands for a missing value."""
    return Pair(
        lambda row: trained if row["pressure"] is None else row["pressure"],
        lambda row: served if row["pressure"] is None else row["pressure"],
        {"pressure": ("maybe", ("float", 980.0, 1040.0))},
        None if trained == served else "fills missing values with another number",
    )


def speed() -> Pair:
    """Miles per minute: nothing (NaN) for a time of 0, or a crash."""
    return Pair(
        lambda row: row["distance"] / row["air_time"] if row["air_time"] else math.nan,
        lambda row: row["distance"] / row["air_time"],
        {"distance": ("int", 17, 4983), "air_time": ("int", 0, 15)},
        "crashes on zero",
    )


def crash() -> Pair:
    """Miles per minute, and no care on either side: both crash on a time of 0, so they agree."""
    return Pair(speed().serve, lambda row: row["distance"] / row["air_time"], speed().space, None)


def total(low: int = -20, high: int = 200, unit: float = 1.0, shortest: int = 0) -> Pair:
    """A mean of tenths, added up from either end: equal but for rounding. An empty list gives NaN on both sides.

    Args:
        low, high: of the numbers. unit: they are multiplied by it; a large one makes rounding large, too.
        shortest: length of the shortest list.
    """

    def mean(numbers: list[int]) -> float:
        return sum(x / 10 * unit for x in numbers) / len(numbers) if numbers else math.nan

    return Pair(
        lambda row: mean(row["delays"]),
        lambda row: mean(row["delays"][::-1]),
        {"delays": ("list", low, high, shortest, 10)},
        None,
    )
