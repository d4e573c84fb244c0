"""pandas tables, columns and indexes as parts of nodes (see codec.py), imported only when a table arrives."""

from __future__ import annotations

from typing import Any

from autograder.judge.errors import CodecError
from autograder.judge.values.columns import column_node, read_column
from autograder.judge.values.moments import read_zone, zone_node
from autograder.judge.values.nodes import Node, Reader, length

SCALARS = ("Timestamp", "Timedelta", "NaTType", "NAType", "Period", "Interval")
INDEXES = (
    *("Index", "RangeIndex", "MultiIndex", "CategoricalIndex"),
    *("DatetimeIndex", "TimedeltaIndex", "PeriodIndex", "IntervalIndex"),
)
UNITS = ("s", "ms", "us", "ns")


def is_pandas(x: Any, *names: str) -> bool:
    """Whether `x` is one of pandas' own types (not a subclass), without importing pandas."""
    kind = type(x)
    return kind.__name__ in names and kind.__module__.partition(".")[0] == "pandas"


def frame_contents(x: Any, node: Node) -> list[Any]:
    columns = [column_node(column.array, node) for _, column in x.items()]
    return [index_node(x.columns, node), columns, index_node(x.index, node)]


def read_frame(contents: list[Any], reader: Reader) -> Any:
    import pandas as pd

    names, columns, index = contents
    rows = read_index(index, reader)
    reader.count(len(columns))
    frame = pd.DataFrame({i: _values(c, rows, reader) for i, c in enumerate(columns)}, index=rows)
    frame.columns = read_index(names, reader)
    return frame


def series_contents(x: Any, node: Node) -> list[Any]:
    return [column_node(x.array, node), index_node(x.index, node), node(x.name)]


def read_series(contents: list[Any], reader: Reader) -> Any:
    import pandas as pd

    values, index, name = contents
    rows = read_index(index, reader)
    return pd.Series(_values(values, rows, reader), index=rows, name=reader.value(name))


def overwrite_table(old: Any, new: Any) -> None:
    old._update_inplace(new)  # pandas has no public call that replaces rows, columns and index at once


def index_node(index: Any, node: Node) -> list[Any]:
    if is_pandas(index, "RangeIndex"):
        return ["range", int(index.start), int(index.stop), int(index.step), node(index.name)]
    if is_pandas(index, "MultiIndex"):
        levels = [column_node(index.get_level_values(i).array, node) for i in range(index.nlevels)]
        return ["multi", levels, [node(n) for n in index.names]]
    return ["index", column_node(index.array, node), node(index.name)]


def read_index(parts: Any, reader: Reader) -> Any:
    import pandas as pd

    tag, *rest = parts
    if tag == "range":
        bounds = range(*(int(v) for v in rest[:3]))
        length(max(0, -((bounds.start - bounds.stop) // bounds.step)))
        return pd.RangeIndex(bounds, name=reader.value(rest[3]))
    if tag == "multi":
        reader.count(len(rest[0]))
        levels = [read_column(v, reader) for v in rest[0]]
        return pd.MultiIndex.from_arrays(levels, names=reader.values(rest[1]))
    return pd.Index(read_column(rest[0], reader), name=reader.value(rest[1]))


def scalar_contents(x: Any, node: Node) -> list[Any]:
    """`[name, …]` of a moment, a span or a missing value of pandas' own."""
    name = type(x).__name__
    if name == "Timestamp":
        return [name, x.unit, int(x.asm8.astype("int64")), zone_node(x.tz)]
    if name == "Timedelta":
        return [name, x.unit, int(x.asm8.astype("int64"))]
    if name == "Period":
        return [name, x.freqstr, x.ordinal]
    return [name, node(x.left), node(x.right), x.closed] if name == "Interval" else [name]


def read_scalar(parts: list[Any], reader: Reader) -> Any:
    import pandas as pd

    name, *rest = parts
    if name in ("NaTType", "NAType"):
        return pd.NaT if name == "NaTType" else pd.NA
    if name == "Period":
        return pd.Period(ordinal=int(rest[1]), freq=rest[0])
    if name == "Interval":
        left, right = reader.values(rest[:2])
        return pd.Interval(left, right, closed=rest[2])
    if name not in SCALARS or rest[0] not in UNITS:
        raise CodecError("an unknown kind of moment")
    unit, count = rest[:2]
    if name == "Timedelta":
        return pd.Timedelta(int(count), unit=unit).as_unit(unit)
    stamp, zone = pd.Timestamp(int(count), unit=unit).as_unit(unit), read_zone(rest[2])
    return stamp.tz_localize("UTC").tz_convert(zone) if zone else stamp


def _values(node: Any, rows: Any, reader: Reader) -> Any:
    """What a column holds, of as many rows as there are: pandas would repeat a single value."""
    values = read_column(node, reader)
    if values.ndim != 1 or len(values) != len(rows):
        raise CodecError("a column that does not fit the table's rows")
    return values
