"""Are the recorded outputs what the two versions of NumPy give, and inputs those of the flights?"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from prodml.data import flights, numpy_versions

FOLDER = Path(__file__).resolve().parents[2] / "datasets" / "numpy_versions"


@pytest.fixture(scope="module")
def record():
    spec = importlib.util.spec_from_file_location("record", FOLDER / "record.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.record


def test_installed_version_gives_its_column(record):
    """Does this environment's NumPy, run now, give to the bit what is recorded for NumPy 2?"""
    assert np.__version__.startswith("2.")
    table = numpy_versions()
    now = np.array(record(table[["hour", "minute", "wind_speed"]].to_numpy(dtype=float)))
    assert np.array_equal(now[:, 0], table["seconds_2.4.6"])
    assert np.array_equal(now[:, 1], table["wind_2.4.6"])


def test_older_version_is_exact():
    """Are NumPy 1.26.4's seconds those of Python's integers, and its wind that of float64?"""
    table = numpy_versions()
    whole = [int(h) * 3600 + int(m) * 60 for h, m in zip(table["hour"], table["minute"], strict=True)]
    assert table["seconds_1.26.4"].tolist() == whole
    assert np.array_equal(table["wind_1.26.4"], table["wind_speed"].astype(np.float64) * 0.44704)


def test_as_the_card_says():
    """Do 76 % of the seconds differ by 65,536, and 99 % of the winds in the eighth digit?"""
    table = numpy_versions()
    seconds = (table["seconds_1.26.4"] - table["seconds_2.4.6"]).to_numpy()
    assert set(seconds[seconds != 0]) == {65_536}
    assert round(float((seconds != 0).mean()), 2) == 0.76
    wind, other = table["wind_1.26.4"], table["wind_2.4.6"]
    assert round(float((wind != other).mean()), 2) == 0.99
    assert ((wind - other).abs() <= 1e-7 * wind).all()


def test_inputs_are_flights():
    """Is the input every 58th flight of July with known wind?"""
    july = flights(7, ["hour", "minute", "wind_speed"]).dropna().iloc[::58]
    assert np.array_equal(numpy_versions()[list(july)].to_numpy(), july.to_numpy())
