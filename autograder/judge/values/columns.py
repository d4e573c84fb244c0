"""What a column or an index of pandas holds, as parts of nodes (see tables.py)."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.judge.errors import CodecError
from autograder.judge.values import arrow
from autograder.judge.values.arrays import array_contents, read_array
from autograder.judge.values.moments import read_zone, zone_node
from autograder.judge.values.nodes import Node, Reader

NULLABLE = ("boolean", "Float32", "Float64", *(f"{sign}Int{bits}" for sign in ("", "U") for bits in (8, 16, 32, 64)))


def column_node(values: Any, node: Node) -> list[Any]:
    """`[kind, …]` of a NumPy array or one of pandas' own arrays.

    Raises:
        CodecError: another kind of array.
    """
    match type(values).__name__:
        case "ndarray":
            return ["np", *array_contents(values, node)]
        case "NumpyExtensionArray":
            return ["np", *array_contents(values.to_numpy(), node)]
        case "Categorical":
            categories = column_node(values.categories.array, node)
            return ["category", *array_contents(values.codes, node), categories, bool(values.ordered)]
        case "DatetimeArray":
            return ["time", *_ticks(values, "M", node), zone_node(values.tz)]
        case "TimedeltaArray":
            return ["time", *_ticks(values, "m", node), None]
        case "PeriodArray":
            return ["period", *array_contents(values.asi8, node), values.freqstr]
        case "IntervalArray":
            return ["interval", *(column_node(v.array, node) for v in (values.left, values.right)), values.closed]
        case "ArrowExtensionArray":
            return ["arrow", arrow.contents(values.__arrow_array__())]
        case "StringArray" | "StringArrayNumpySemantics" | "ArrowStringArray" | "ArrowStringArrayNumpySemantics":
            missing_is_nan = isinstance(values.dtype.na_value, float)
            return ["text", values.dtype.storage, missing_is_nan, _or_none(values, node)]
    name = str(values.dtype)
    if name in NULLABLE:
        return ["nullable", name, _or_none(values, node)]
    raise CodecError(f"a pandas column of type {name} has no plain value")


def read_column(parts: Any, reader: Reader) -> Any:
    """The array that `column_node` describes."""
    import pandas as pd

    periods: Any = pd.PeriodIndex
    tag, *rest = parts
    match tag:
        case "np":
            return read_array(rest, reader.values)
        case "category":
            codes, categories = read_array(rest[:3], reader.values), pd.Index(read_column(rest[3], reader))
            return pd.Categorical.from_codes(codes, categories=categories, ordered=bool(rest[4]))
        case "time":
            return _times(read_array(rest[:3], reader.values), read_zone(rest[3]))
        case "period":
            ordinals = read_array(rest[:3], reader.values)
            return periods.from_ordinals(ordinals, freq=rest[3]).array
        case "interval":
            left, right = (read_column(p, reader) for p in rest[:2])
            return pd.arrays.IntervalArray.from_arrays(left, right, closed=rest[2])
        case "arrow":
            return pd.arrays.ArrowExtensionArray(arrow.read(rest[0], reader))
        case "text":
            storage, missing_is_nan, nodes = rest
            dtype = pd.StringDtype(storage, na_value=np.nan if missing_is_nan else pd.NA)
            return pd.array(reader.values(nodes), dtype=dtype)
        case "nullable" if rest[0] in NULLABLE:
            return pd.array(reader.values(rest[1]), dtype=rest[0])
    raise CodecError("an unknown kind of column")


def _ticks(values: Any, letter: str, node: Node) -> list[Any]:
    return array_contents(values.asi8.view(f"{letter}8[{values.unit}]"), node)


def _times(array: Any, zone: Any) -> Any:
    import pandas as pd

    index: Any = pd.DatetimeIndex(array) if array.dtype.kind == "M" else pd.TimedeltaIndex(array)
    return (index.tz_localize("UTC").tz_convert(zone) if zone else index).array


def _or_none(values: Any, node: Node) -> list[Any]:
    rows = zip(values.tolist(), values.isna().tolist(), strict=True)
    return [node(None if missing else v) for v, missing in rows]
