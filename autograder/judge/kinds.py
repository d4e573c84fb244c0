"""The kinds of plain values: how each becomes the parts of a node and comes back (see codec.py)."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from autograder.judge import arrays, tables
from autograder.judge.errors import CodecError

Node = Callable[[Any], Any]
INT64 = range(-(2**63), 2**64)


class Reader(tables.Reader, Protocol):
    """A decoder, as the kinds see it."""


@dataclasses.dataclass(frozen=True)
class Immutable:
    """A kind whose values never change: a node is `[tag, *parts]`."""

    tag: str
    write: Callable[[Any, Node], list[Any]]
    read: Callable[[list[Any], Reader], Any]


@dataclasses.dataclass(frozen=True)
class Mutable:
    """A kind whose values can change in place: a node is `[tag, number, *parts]`.

    `read` makes the object; `fill`, where there is one, adds members afterwards, because a list may hold
    itself; `overwrite` makes `old` equal to `new` in place.
    """

    tag: str
    write: Callable[[Any, Node], list[Any]]
    read: Callable[[list[Any], Reader], Any]
    overwrite: Callable[[Any, Any], None]
    fill: Callable[[Any, list[Any], Reader], None] | None = None


def key(value: Any) -> Any:
    """A dict key or set member; an integer whose hash can be chosen at will is refused."""
    if type(value) is int and value not in INT64:
        raise CodecError("an integer too large for a key")
    return value


def _fill_dict(x: dict[Any, Any], parts: list[Any], reader: Reader) -> None:
    for k, v in parts[0]:
        x[key(reader.value(k))] = reader.value(v)


def _overwrite_list(old: list[Any], new: list[Any]) -> None:
    old[:] = new


def _overwrite_mapping(old: Any, new: Any) -> None:
    old.clear()
    old.update(new)


def _overwrite_array(old: np.ndarray[Any, Any], new: np.ndarray[Any, Any]) -> None:
    if old.shape == new.shape and old.dtype == new.dtype and old.flags.writeable:
        old[...] = new


def _overwrite_generator(old: np.random.Generator, new: np.random.Generator) -> None:
    old.bit_generator.state = new.bit_generator.state


def _overwrite_table(old: Any, new: Any) -> None:
    old._update_inplace(new)  # pandas has no public call that replaces rows, columns and index at once


def _datetime(x: dt.datetime, node: Node) -> list[Any]:
    if x.tzinfo not in (None, dt.UTC):
        raise CodecError("a datetime in a zone other than UTC has no plain value")
    return [x.isoformat()]


IMMUTABLE: dict[type, Immutable] = {
    complex: Immutable("c", lambda x, n: [x.real, x.imag], lambda p, r: complex(*p)),
    tuple: Immutable("t", lambda x, n: [[n(v) for v in x]], lambda p, r: tuple(r.values(p[0]))),
    frozenset: Immutable("fs", lambda x, n: [[n(v) for v in x]], lambda p, r: frozenset(map(key, r.values(p[0])))),
    slice: Immutable("sl", lambda x, n: [[n(x.start), n(x.stop), n(x.step)]], lambda p, r: slice(*r.values(p[0]))),
    range: Immutable("ra", lambda x, n: [[n(x.start), n(x.stop), n(x.step)]], lambda p, r: range(*r.values(p[0]))),
    dt.datetime: Immutable("dt", _datetime, lambda p, r: dt.datetime.fromisoformat(p[0])),
    dt.date: Immutable("da", lambda x, n: [x.isoformat()], lambda p, r: dt.date.fromisoformat(p[0])),
    dt.timedelta: Immutable("td", lambda x, n: [x.days, x.seconds, x.microseconds], lambda p, r: dt.timedelta(*p)),
}
NUMPY_SCALAR = Immutable(
    "n",
    lambda x, n: [x.dtype.str, x.tobytes()],
    lambda p, r: np.frombuffer(p[1], dtype=arrays.read_dtype(p[0]))[0],
)
BIG_INT = Immutable("i", lambda x, n: [hex(x)], lambda p, r: arrays.read_int(p[0]))
TIMESTAMP = Immutable("ts", lambda x, n: tables.timestamp_node(x)[1:], lambda p, r: tables.read_timestamp(p))
TENSOR = Immutable("tf", arrays.array_contents, lambda p, r: arrays.read_array(p, r.values))
INDEX = Immutable("ix", lambda x, n: [tables.index_node(x, n)], lambda p, r: tables.read_index(p[0], r))

ARRAY = Mutable("a", arrays.array_contents, lambda p, r: arrays.read_array(p, r.values), _overwrite_array)
GENERATOR = Mutable(
    "g",
    lambda x, n: arrays.generator_contents(x),
    lambda p, r: arrays.read_generator(p),
    _overwrite_generator,
)
FRAME = Mutable("df", tables.frame_contents, tables.read_frame, _overwrite_table)
SERIES = Mutable("se", tables.series_contents, tables.read_series, _overwrite_table)
MUTABLE: dict[type, Mutable] = {
    list: Mutable(
        "l",
        lambda x, n: [[n(v) for v in x]],
        lambda p, r: [],
        _overwrite_list,
        lambda x, p, r: x.extend(r.values(p[0])),
    ),
    dict: Mutable(
        "d",
        lambda x, n: [[[n(k), n(v)] for k, v in x.items()]],
        lambda p, r: {},
        _overwrite_mapping,
        _fill_dict,
    ),
    set: Mutable("s", lambda x, n: [[n(v) for v in x]], lambda p, r: set(map(key, r.values(p[0]))), _overwrite_mapping),
    np.random.Generator: GENERATOR,
}

READ_IMMUTABLE = {k.tag: k for k in (*IMMUTABLE.values(), NUMPY_SCALAR, BIG_INT, TENSOR, TIMESTAMP, INDEX)}
READ_MUTABLE = {k.tag: k for k in (*MUTABLE.values(), ARRAY, FRAME, SERIES)}


def immutable_kind(x: Any) -> Immutable | None:
    """The immutable kind of `x`, or None."""
    if type(x) is int:
        return BIG_INT
    if isinstance(x, np.generic) and x.dtype.kind in arrays.ARRAY_KINDS:
        return NUMPY_SCALAR
    if tables.is_pandas(x, "Timestamp"):
        return TIMESTAMP
    if tables.is_pandas(x, "Index", "RangeIndex", "MultiIndex", "CategoricalIndex", "DatetimeIndex", "TimedeltaIndex"):
        return INDEX
    return IMMUTABLE.get(type(x))


def mutable_kind(x: Any) -> Mutable | None:
    """The mutable kind of `x`, or None."""
    if type(x) is np.ndarray and x.dtype.kind in arrays.ARRAY_KINDS + "O":
        return ARRAY
    if tables.is_pandas(x, "DataFrame"):
        return FRAME
    return SERIES if tables.is_pandas(x, "Series") else MUTABLE.get(type(x))
