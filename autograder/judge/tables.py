"""pandas tables, columns and indexes as parts of nodes (see codec.py), imported only when a table arrives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from autograder.judge.arrays import array_contents, read_array
from autograder.judge.errors import CodecError

Node = Callable[[Any], Any]
EXTENSIONS = (
    *("boolean", "string", "str", "Float32", "Float64"),
    *(f"{sign}Int{bits}" for sign in ("", "U") for bits in (8, 16, 32, 64)),
)


class Reader(Protocol):
    """What this module needs of a decoder."""

    def value(self, node: Any) -> Any: ...
    def values(self, nodes: Any) -> list[Any]: ...


def is_pandas(x: Any, *names: str) -> bool:
    """Whether `x` is one of pandas' own types (not a subclass), without importing pandas."""
    kind = type(x)
    return kind.__name__ in names and kind.__module__.partition(".")[0] == "pandas"


def frame_contents(x: Any, node: Node) -> list[Any]:
    columns = [_values_node(x.iloc[:, i].array, node) for i in range(x.shape[1])]
    return [index_node(x.columns, node), columns, index_node(x.index, node)]


def read_frame(contents: list[Any], decoder: Reader) -> Any:
    import pandas as pd

    names, columns, index = contents
    rows = read_index(index, decoder)
    arrays = {i: pd.Series(_read_values(c, decoder), index=rows) for i, c in enumerate(columns)}
    frame = pd.DataFrame(arrays, index=rows)
    frame.columns = read_index(names, decoder)
    return frame


def series_contents(x: Any, node: Node) -> list[Any]:
    return [_values_node(x.array, node), index_node(x.index, node), node(x.name)]


def read_series(contents: list[Any], decoder: Reader) -> Any:
    import pandas as pd

    values, index, name = contents
    return pd.Series(_read_values(values, decoder), index=read_index(index, decoder), name=decoder.value(name))


def index_node(index: Any, node: Node) -> list[Any]:
    if is_pandas(index, "RangeIndex"):
        return ["range", int(index.start), int(index.stop), int(index.step), node(index.name)]
    if is_pandas(index, "MultiIndex"):
        levels = [_values_node(index.get_level_values(i).array, node) for i in range(index.nlevels)]
        return ["multi", levels, [node(n) for n in index.names]]
    return ["index", _values_node(index.array, node), node(index.name)]


def read_index(parts: Any, decoder: Reader) -> Any:
    import pandas as pd

    tag, *rest = parts
    if tag == "range":
        start, stop, step = (int(v) for v in rest[:3])
        return pd.RangeIndex(start, stop, step, name=decoder.value(rest[3]))
    if tag == "multi":
        levels = [_read_values(v, decoder) for v in rest[0]]
        return pd.MultiIndex.from_arrays(levels, names=decoder.values(rest[1]))
    return pd.Index(_read_values(rest[0], decoder), name=decoder.value(rest[1]))


def timestamp_node(x: Any) -> list[Any]:
    moment = x.asm8
    return ["ts", int(moment.astype("int64")), np.datetime_data(moment.dtype)[0], str(x.tz) if x.tz else None]


def read_timestamp(parts: list[Any]) -> Any:
    import pandas as pd

    value, unit, zone = parts
    stamp = pd.Timestamp(np.datetime64(int(value), unit))
    return stamp.tz_localize("UTC").tz_convert(zone) if zone else stamp


def _values_node(values: Any, node: Node) -> list[Any]:
    """A column or index: a NumPy array, or one of pandas' own arrays by its name and parts."""
    if isinstance(values, np.ndarray):
        return ["np", *array_contents(values, node)]
    if is_pandas(values, "Categorical"):
        categories = _values_node(values.categories.array, node)
        return ["category", *array_contents(values.codes, node), categories, bool(values.ordered)]
    if is_pandas(values, "NumpyExtensionArray"):
        return ["np", *array_contents(values.to_numpy(), node)]
    if is_pandas(values, "DatetimeArray", "TimedeltaArray"):
        letter = "M" if is_pandas(values, "DatetimeArray") else "m"
        zone = getattr(values.dtype, "tz", None)
        plain = values.asi8.view(f"{letter}8[{values.unit}]")
        return ["time", *array_contents(plain, node), None if zone is None else str(zone)]
    name = str(values.dtype)
    if name in EXTENSIONS:
        rows = zip(values.tolist(), values.isna().tolist(), strict=True)
        return ["ext", name, [node(None if missing else v) for v, missing in rows]]
    raise CodecError(f"a pandas column of type {name} has no plain value")


def _read_values(parts: Any, decoder: Reader) -> Any:
    import pandas as pd

    tag, *rest = parts
    if tag == "np":
        return read_array(rest, decoder.values)
    if tag == "category":
        categories = pd.Index(_read_values(rest[3], decoder))
        return pd.Categorical.from_codes(
            read_array(rest[:3], decoder.values), categories=categories, ordered=bool(rest[4])
        )
    if tag == "time":
        array = read_array(rest[:3], decoder.values)
        index: Any = pd.DatetimeIndex(array) if array.dtype.kind == "M" else pd.TimedeltaIndex(array)
        return (index.tz_localize("UTC").tz_convert(rest[3]) if rest[3] else index).array
    if tag == "ext" and rest[0] in EXTENSIONS:
        return pd.array(decoder.values(rest[1]), dtype=rest[0])
    raise CodecError("an unknown kind of column")
