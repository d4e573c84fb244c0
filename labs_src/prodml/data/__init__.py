"""The curriculum's data: flights that left New York in 2013, handwritten digits, outputs of two NumPys.

Every function reads a file below datasets/, verifies its checksum once per process, and gives the same rows
in the same order each time. datasets/NAME/card.md describes columns, units, sources and known problems.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from prodml.data import parquet
from prodml.data.checksums import verified
from prodml.errors import SelectionError
from prodml.paths import datasets_dir

if TYPE_CHECKING:
    import pandas as pd

MONTHS = 12
SIDE = 28  # pixels


def flights(months: int | tuple[int, int] | None = None, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Flights that left New York in 2013, each with the weather of its hour and its plane.

    336,776 rows and 36 columns in all, in the order of their scheduled departure. Missing values stay
    missing: 9,430 flights have no `arr_delay` (cancelled or diverted), 1,556 have no weather. Columns of
    text are categories; a category may have no row in the months asked for.

    Args:
        months: 1 to 12, or (first, last) with both included; None for the whole year.
        columns: names, in the order wanted; None for all.

    Returns:
        One row per flight, with a RangeIndex.

    Raises:
        SelectionError: there is no such month or column.
        DatasetError: the file is missing or damaged.
    """
    groups = _month_groups(months)
    path = verified(_file("flights", "flights"))
    _check_columns(columns, path)
    return parquet.frame(parquet.read(path, columns, groups))


def weather() -> pd.DataFrame:
    """Hourly weather at the three airports: 26,115 rows, keys `origin` and `time_hour` (UTC)."""
    return _side_table("weather")


def planes() -> pd.DataFrame:
    """Planes of the FAA's registry: 3,322 rows, key `tailnum`."""
    return _side_table("planes")


def airports() -> pd.DataFrame:
    """Airports: 1,458 rows, key `faa`; `lat` and `lon` in degrees, `alt` in feet."""
    return _side_table("airports")


def airlines() -> pd.DataFrame:
    """Names of the 16 carriers, key `carrier`."""
    return _side_table("airlines")


def numpy_versions() -> pd.DataFrame:
    """The same feature code under two versions of NumPy: 506 flights with `hour`, `minute` and `wind_speed`.

    Beside them what each version gave: `seconds_1.26.4` and `seconds_2.4.6` (since midnight), `wind_1.26.4` and
    `wind_2.4.6` (metres per second). datasets/numpy_versions/record.py is the code.
    """
    return parquet.frame(parquet.read(verified(_file("numpy_versions", "numpy_versions"))))


def digits() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """5,000 handwritten digits of MNIST, 500 of each, sorted by label: shuffle before you split.

    Returns:
        Images (5000 x 28 x 28, uint8: 0 is paper, 255 is ink) and labels (5000, int64: 0 to 9).

    Raises:
        DatasetError: the file is missing or damaged.
    """
    table = parquet.read(verified(_file("digits", "digits")))
    pixels = b"".join(table["pixels"].to_pylist())
    images = np.frombuffer(pixels, np.uint8).reshape(-1, SIDE, SIDE).copy()  # the copy can be written to
    return images, table["label"].to_numpy().astype(np.int64)


def _side_table(name: str) -> pd.DataFrame:
    return parquet.frame(parquet.read(verified(_file("flights", name))))


def _file(dataset: str, table: str) -> Path:
    return datasets_dir() / dataset / f"{table}.parquet"


def _month_groups(months: Any) -> Sequence[int] | None:
    """Row groups of these months: the file has one per month, January first."""
    if months is None:
        return None
    wanted = f"months={months!r} is neither a month nor a pair of months in order."
    fix = f"Use a number from 1 to {MONTHS}, or (first, last) with both included, such as (1, 3), or None."
    try:
        first, last = (operator.index(m) for m in (months if isinstance(months, tuple) else (months, months)))
    except (TypeError, ValueError):
        raise SelectionError(wanted, fix) from None
    if isinstance(months, bool) or not 1 <= first <= last <= MONTHS:
        raise SelectionError(wanted, fix)
    return range(first - 1, last)


def _check_columns(columns: Any, path: Path) -> None:
    if columns is None:
        return
    known = parquet.column_names(path)
    fix = f"Allowed are: {', '.join(known)}."
    if isinstance(columns, str):
        raise SelectionError(f"columns={columns!r} is a text, not a list of names.", fix)
    names = list(columns)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise SelectionError(f"{path.stem} has no column {', '.join(map(repr, unknown))}.", fix)
    if not names:
        raise SelectionError("columns is empty.", fix)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SelectionError(f"columns names {', '.join(map(repr, twice))} more than once.", fix)
