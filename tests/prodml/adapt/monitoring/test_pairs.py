"""Do the functions that were written twice differ where their fault says, and is every row inside its space?"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st

from prodml.adapt.monitoring.pairs import (
    codes,
    crash,
    filled,
    halves,
    kilometres,
    speed,
    spread,
    steps,
    strategy_of,
    total,
    weekday,
)


def test_spread_is_pandas_against_numpy():
    """Does training divide as pandas does, and serving as NumPy does, also for a single value?"""
    for delays in ([3], [1, 2], [5, -7, 100, 4]):
        row = {"delays": delays}
        assert spread().train(row) == pytest.approx(pd.Series(delays, dtype=float).std(), nan_ok=True)
        assert spread().serve(row) == pytest.approx(np.std(delays))


def test_halves_is_numpy_against_half_up():
    """Does training round halves as NumPy does, and serving up?"""
    for n in range(-9, 10):
        assert halves().train({"half_minutes": n}) == np.round(n / 2)
    assert [halves().serve({"half_minutes": n}) for n in (1, 5, -1, -3)] == [1, 3, 0, -1]


def test_steps_is_floor_against_truncation():
    """Does training round down as pandas' // does, and serving towards zero?"""
    for delay in range(-12, 13):
        row = {"dep_delay": delay}
        assert steps(5).train(row) == (pd.Series([delay]) // 5 * 5).iloc[0]
        assert steps(5).serve(row) == np.trunc(delay / 5) * 5


def test_weekday_differs_in_the_last_hours():
    """Does a day in UTC differ in the last `offset` hours, and in these only?"""
    pair = weekday(4)
    rows = [{"weekday": 6, "hour": hour} for hour in range(24)]
    assert [row["hour"] for row in rows if pair.train(row) != pair.serve(row)] == [20, 21, 22, 23]
    assert pair.serve(rows[-1]) == 0


def test_codes_filled_and_speed():
    """Do the other pairs differ on the row that shows their fault?"""
    pair = codes(["AA", "UA"], ["UA", "AA"])
    assert (pair.train({"carrier": "AA"}), pair.serve({"carrier": "AA"})) == (0, 1)
    assert codes(["AA", "UA"], ["AA", "UA"]).fault is None
    pair = filled(1017.0, 0.0)
    assert (pair.train({"pressure": None}), pair.serve({"pressure": None}), pair.serve({"pressure": 990.0})) == (
        1017,
        0,
        990,
    )
    assert math.isnan(speed().train({"distance": 100, "air_time": 0}))
    with pytest.raises(ZeroDivisionError):
        speed().serve({"distance": 100, "air_time": 0})


def test_kilometres_are_nearly_right():
    """Are the two further apart than rounding, and nearer than the defaults of a library?"""
    pair = kilometres()
    apart = 1 - pair.serve({"distance": 1000}) / pair.train({"distance": 1000})
    assert 1e-6 < apart < 1e-5


TOTALS = {"as it is": total(), "large": total(unit=1e9 / 7), "near 0": total(-3, 3)}


@pytest.mark.parametrize("name", TOTALS)
@settings(max_examples=100, database=None, derandomize=True, deadline=None)
@given(data=st.data())
def test_total_differs_by_rounding_alone(name, data):
    """Are the two sums equal up to rounding on every row?"""
    pair = TOTALS[name]
    row = data.draw(strategy_of(pair.space))
    assert pair.train(row) == pytest.approx(pair.serve(row), rel=1e-9, abs=1e-9, nan_ok=True)


def test_large_totals_and_those_near_zero_need_both_tolerances():
    """Is there a row on which a tolerance that is only absolute, or only relative, sees a difference?"""
    repeatable = settings(max_examples=200, database=None, derandomize=True)
    for name, alone in (("large", {"rtol": 0, "atol": 1e-9}), ("near 0", {"rtol": 1e-9, "atol": 0})):
        pair = TOTALS[name]
        find(
            strategy_of(pair.space),
            lambda row, pair=pair, alone=alone: (
                bool(row["delays"]) and not np.isclose(pair.train(row), pair.serve(row), **alone)
            ),
            settings=repeatable,
        )


def test_no_care_on_either_side():
    """Do both functions of `crash` raise on a time of 0, and agree elsewhere?"""
    for function in (crash().train, crash().serve):
        assert function({"distance": 100, "air_time": 10}) == 10
        with pytest.raises(ZeroDivisionError):
            function({"distance": 100, "air_time": 0})


@settings(max_examples=100, database=None, derandomize=True, deadline=None)
@given(
    strategy_of(
        {
            "a": ("int", -3, 5),
            "b": ("maybe", ("float", 0.0, 1.0)),
            "c": ("choice", ["x", "y"]),
            "d": ("list", 0, 9, 1, 4),
        }
    )
)
def test_rows_lie_in_their_space(row):
    """Is every field of a drawn row what its space allows?"""
    assert -3 <= row["a"] <= 5
    assert row["b"] is None or 0 <= row["b"] <= 1
    assert row["c"] in ("x", "y")
    assert 1 <= len(row["d"]) <= 4
    assert set(row["d"]) <= set(range(10))


def test_unknown_kind():
    """Is a kind that does not exist named, with those that do?"""
    with pytest.raises(ValueError, match="no kind is called 'date'"):
        strategy_of({"a": ("date",)})
