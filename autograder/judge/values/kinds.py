"""The kinds of plain values: how each becomes the parts of a node and comes back (see codec.py)."""

from __future__ import annotations

import dataclasses
import datetime as dt
import pathlib
from collections.abc import Callable
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from autograder.judge.errors import CodecError
from autograder.judge.values import arrays, arrow, classes, generators, moments, tables, text
from autograder.judge.values.nodes import Keys, Node, Reader, length

PATHS: dict[str, type[pathlib.PurePath]] = {
    cls.__name__: cls for cls in (pathlib.PurePosixPath, pathlib.PureWindowsPath, type(pathlib.Path()))
}


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


def _members(x: Any, node: Node) -> list[Any]:
    return [[node(v) for v in x]]


def _bounds(x: Any, node: Node) -> list[Any]:
    return [[node(x.start), node(x.stop), node(x.step)]]


def _keys(parts: list[Any], reader: Reader) -> list[Any]:
    return [*map(Keys(), reader.values(parts[0]))]


def _range(parts: list[Any], reader: Reader) -> range:
    x = range(*reader.values(parts[0]))
    length(max(0, -((x.start - x.stop) // x.step)))  # len() fails where a range is longest
    return x


def _path(parts: list[Any], reader: Reader) -> pathlib.PurePath:
    name, spelled = parts[0], reader.value(parts[1])
    if name not in PATHS or not isinstance(spelled, str):
        raise CodecError("a malformed path")
    return PATHS[name](spelled)


def _fill_list(x: list[Any], parts: list[Any], reader: Reader) -> None:
    x.extend(reader.values(parts[0]))


def _fill_dict(x: dict[Any, Any], parts: list[Any], reader: Reader) -> None:
    keys = Keys()
    reader.count(2 * len(parts[0]))
    for k, v in parts[0]:
        x[keys(reader.value(k))] = reader.value(v)


def _overwrite_list(old: list[Any], new: list[Any]) -> None:
    old[:] = new


def _overwrite_mapping(old: Any, new: Any) -> None:
    old.clear()
    old.update(new)


IMMUTABLE: dict[type, Immutable] = {
    complex: Immutable("c", lambda x, n: [x.real, x.imag], lambda p, r: complex(*p)),
    tuple: Immutable("t", _members, lambda p, r: tuple(r.values(p[0]))),
    frozenset: Immutable("fs", _members, lambda p, r: frozenset(_keys(p, r))),
    slice: Immutable("sl", _bounds, lambda p, r: slice(*r.values(p[0]))),
    range: Immutable("ra", _bounds, _range),
    dt.datetime: Immutable("dt", lambda x, n: moments.moment_node(x), lambda p, r: moments.read_datetime(p)),
    dt.date: Immutable("da", lambda x, n: [x.isoformat()], lambda p, r: dt.date.fromisoformat(p[0])),
    dt.time: Immutable("ti", lambda x, n: moments.moment_node(x), lambda p, r: moments.read_time(p)),
    dt.timedelta: Immutable("td", lambda x, n: moments.delta_node(x), lambda p, r: dt.timedelta(*p)),
}
ZONE = Immutable("tz", lambda x, n: [moments.zone_node(x)], lambda p, r: moments.read_zone(p[0]))
PATH = Immutable("pa", lambda x, n: [type(x).__name__, n(str(x))], _path)
IMMUTABLE |= {dt.timezone: ZONE, ZoneInfo: ZONE} | dict.fromkeys(PATHS.values(), PATH)

NUMPY_SCALAR = Immutable("n", lambda x, n: [x.dtype.str, x.tobytes()], lambda p, r: arrays.read_scalar(*p))
BIG_INT = Immutable("i", lambda x, n: [hex(x)], lambda p, r: text.read_int(p[0]))
ODD_TEXT = Immutable("su", lambda x, n: text.odd_text(x), lambda p, r: text.read_odd_text(p))
NAMEDTUPLE = Immutable("nt", classes.namedtuple_node, classes.read_namedtuple)
MEMBER = Immutable("en", lambda x, n: classes.member_node(x), classes.read_member)
IMMUTABLE |= {int: BIG_INT, str: ODD_TEXT}
PANDAS_SCALAR = Immutable("ps", tables.scalar_contents, tables.read_scalar)
TENSOR = Immutable("tf", arrays.array_contents, lambda p, r: arrays.read_array(p, r.values))
INDEX = Immutable("ix", lambda x, n: [tables.index_node(x, n)], lambda p, r: tables.read_index(p[0], r))
ARROW = Immutable("ar", lambda x, n: arrow.contents(x), arrow.read)

ARRAY = Mutable("a", arrays.array_contents, lambda p, r: arrays.read_array(p, r.values), arrays.overwrite_array)
GENERATOR = Mutable(
    "g",
    lambda x, n: generators.generator_contents(x),
    lambda p, r: generators.read_generator(p),
    generators.overwrite_generator,
)
FRAME = Mutable("df", tables.frame_contents, tables.read_frame, tables.overwrite_table)
SERIES = Mutable("se", tables.series_contents, tables.read_series, tables.overwrite_table)
DATACLASS = Mutable(
    "dc", classes.fields_of, classes.blank_dataclass, classes.overwrite_dataclass, classes.fill_dataclass
)
MUTABLE: dict[type, Mutable] = {
    list: Mutable("l", _members, lambda p, r: [], _overwrite_list, _fill_list),
    dict: Mutable(
        "d", lambda x, n: [[[n(k), n(v)] for k, v in x.items()]], lambda p, r: {}, _overwrite_mapping, _fill_dict
    ),
    set: Mutable("s", _members, lambda p, r: set(_keys(p, r)), _overwrite_mapping),
    np.random.Generator: GENERATOR,
}

OTHER_IMMUTABLE = (NUMPY_SCALAR, NAMEDTUPLE, MEMBER, PANDAS_SCALAR, TENSOR, INDEX, ARROW)
READ_IMMUTABLE = {k.tag: k for k in (*IMMUTABLE.values(), *OTHER_IMMUTABLE)}
READ_MUTABLE = {k.tag: k for k in (*MUTABLE.values(), ARRAY, FRAME, SERIES, DATACLASS)}


def immutable_kind(x: Any) -> Immutable | None:
    """The immutable kind of `x`, or None."""
    if type(x) in IMMUTABLE:
        return IMMUTABLE[type(x)]
    if isinstance(x, np.generic) and x.dtype.kind in arrays.ARRAY_KINDS:
        return NUMPY_SCALAR
    if classes.is_namedtuple(x):
        return NAMEDTUPLE
    if isinstance(x, Enum):
        return MEMBER if x.name in type(x).__members__ else None  # no name: several flags at once
    if tables.is_pandas(x, *tables.SCALARS):
        return PANDAS_SCALAR
    if tables.is_pandas(x, *tables.INDEXES):
        return INDEX
    return ARROW if arrow.is_arrow(x) else None


def mutable_kind(x: Any) -> Mutable | None:
    """The mutable kind of `x`, or None."""
    if type(x) is np.ndarray and x.dtype.kind in arrays.ARRAY_KINDS + "O":
        return ARRAY
    if tables.is_pandas(x, "DataFrame"):
        return FRAME
    if tables.is_pandas(x, "Series"):
        return SERIES
    return DATACLASS if classes.is_dataclass(x) else MUTABLE.get(type(x))
