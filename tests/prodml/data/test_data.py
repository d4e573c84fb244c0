"""Does prodml.data give exactly the rows and columns asked for, and refuse what it cannot vouch for?"""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from prodml import data
from prodml.data import checksums
from prodml.errors import DatasetError, SelectionError
from prodml.paths import datasets_dir


@pytest.fixture(scope="module")
def year():
    return data.flights()


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A copy of datasets/digits that a test may destroy, in use instead of the real one."""
    shutil.copytree(datasets_dir() / "digits", tmp_path / "digits")
    monkeypatch.setenv("PRODML_DATASETS", str(tmp_path))
    return tmp_path / "digits"


def flip_a_byte(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("months", [1, 12, (1, 3), (11, 12), (6, 6), np.int64(7)])
def test_months(year, months):
    """Are these the rows of the year's table, with the same categories and a fresh RangeIndex?"""
    first, last = months if isinstance(months, tuple) else (months, months)
    expected = year[year["month"].between(first, last)].reset_index(drop=True)
    got = data.flights(months=months)
    assert isinstance(got.index, pd.RangeIndex)
    pd.testing.assert_frame_equal(got, expected)


def test_columns_in_the_order_asked(year):
    """Are the columns those asked for, in that order, also for some months only?"""
    names = ["visib", "carrier", "month", "dep_delay"]
    pd.testing.assert_frame_equal(data.flights(columns=names), year[names])
    expected = year.loc[year["month"] == 2, names].reset_index(drop=True)
    pd.testing.assert_frame_equal(data.flights(2, tuple(names)), expected)


@pytest.mark.parametrize("months", [0, 13, -1, (3, 1), (1, 13), (1, 2, 3), (), "May", 1.5, True, [1, 2]])
def test_bad_months(months):
    """Does a month that is none give an error with the allowed values?"""
    with pytest.raises(SelectionError, match="number from 1 to 12") as caught:
        data.flights(months=months)
    assert repr(months) in caught.value.problem


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        (["temp", "tmp"], "flights has no column 'tmp'"),
        ("temp", "a text, not a list"),
        ([], "empty"),
        (["temp", "hour", "temp"], "'temp' more than once"),
    ],
)
def test_bad_columns(columns, problem):
    """Does a wrong column give an error with the allowed names?"""
    with pytest.raises(SelectionError, match=problem) as caught:
        data.flights(columns=columns)
    assert "arr_delay" in caught.value.fix


def test_tables_belong_to_the_caller(year):
    """Can every column be written to, without changing what the next caller gets?"""
    first = data.flights(months=1)
    before = first.copy(deep=True)
    for name in first.columns:
        first.loc[0, name] = first[name].dropna().iloc[-1]
        assert first[name].iloc[0] == before[name].dropna().iloc[-1], name
    images, labels = data.digits()
    images[0], labels[0] = 7, 7
    pd.testing.assert_frame_equal(data.flights(months=1), before)
    assert (data.digits()[0][0] != 7).any()
    assert data.digits()[1][0] == 0


@pytest.mark.parametrize(
    ("table", "rows", "key"),
    [
        (data.weather, 26_115, ["origin", "time_hour"]),
        (data.planes, 3_322, ["tailnum"]),
        (data.airports, 1_458, ["faa"]),
        (data.airlines, 16, ["carrier"]),
    ],
)
def test_side_tables(table, rows, key):
    """Are the side tables whole, and is their key a key?"""
    got = table()
    assert len(got) == rows
    assert isinstance(got.index, pd.RangeIndex)
    assert not got.duplicated(key).any()
    assert got[key].notna().all(axis=None)


def test_damaged_file(copy):
    """Is one flipped bit found, and the file named?"""
    flip_a_byte(copy / "digits.parquet")
    with pytest.raises(DatasetError, match="is damaged") as caught:
        data.digits()
    assert str(copy / "digits.parquet") in caught.value.problem


def test_damaged_after_it_was_read(copy):
    """Is damage found that a file suffers after this process has verified it?"""
    data.digits()
    flip_a_byte(copy / "digits.parquet")
    with pytest.raises(DatasetError, match="is damaged"):
        data.digits()


@pytest.mark.parametrize("lost", ["digits.parquet", "SHA256"])
def test_missing_file_and_the_command_that_mends_it(copy, lost):
    """Does the error name what is missing, and does its command bring the data back?"""
    (copy / lost).unlink()
    with pytest.raises(DatasetError, match=lost) as caught:
        data.digits()
    _, _, command = caught.value.fix.partition("Rebuild it with: ")
    subprocess.run(shlex.split(command), check=True, capture_output=True)
    assert len(data.digits()[1]) == 5_000


def test_file_without_a_checksum(copy):
    """Is a file that SHA256 does not name refused?"""
    (copy / "SHA256").write_text("0" * 64 + "  other.parquet\n")
    with pytest.raises(DatasetError, match=r"names no checksum for digits\.parquet"):
        data.digits()


def test_nothing_to_rebuild_with(copy):
    """Is another way out named when build.py is gone too?"""
    shutil.rmtree(copy)
    with pytest.raises(DatasetError, match=r"git checkout -- datasets/digits"):
        data.digits()


def test_verified_once(copy, monkeypatch):
    """Is a file's checksum computed once, however often it is loaded?"""
    computed = []
    real = checksums.checksum
    monkeypatch.setattr(checksums, "checksum", lambda path: computed.append(path.name) or real(path))
    for _ in range(3):
        data.digits()
    assert computed == ["digits.parquet"]


FORK = """
import os
from prodml.data import digits, flights
import pandas, pyarrow.parquet
threads = len(os.listdir("/proc/self/task"))
rows = len(flights()), len(digits()[1])
assert len(os.listdir("/proc/self/task")) == threads, "loading started a thread"
child = os.fork()
if child == 0:
    os._exit(0 if (len(flights()), len(digits()[1])) == rows else 1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
"""


def test_load_then_fork_then_load():
    """Does loading start no thread, so that a fork of the process can load too? (The judge forks after setup.)"""
    done = subprocess.run([sys.executable, "-c", FORK], capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
