"""Are records of a learner's work kept, whatever else writes or dies?"""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from prodml.lab import records
from prodml.lab.records import Record, append, new, read, read_counted, records_path, standing

A, B = Record("t1", "02_small", "passed", "psi"), Record("t2", "02_small", "predicted", "p", {"50 flights": 3.5})
WRITER = """
import sys
from prodml.lab.records import append, new
for i in range(500):
    append(new("02_small", "failed", sys.argv[1], {"message": f"{i} " + "x" * 3000}))
"""


def test_they_come_back_in_order(lab: Path) -> None:
    append(A)
    append(B)
    assert read(lab) == [A, B]


def test_without_a_workspace_they_live_in_memory(no_workspace: Path) -> None:
    append(A)
    assert read(None) == [A]
    assert list(no_workspace.iterdir()) == []


def test_a_workspace_that_is_named_is_taken(no_workspace: Path, tmp_path: Path) -> None:
    append(A, tmp_path / "mine")
    assert read(tmp_path / "mine") == [A]
    assert read(None) == []


def test_a_full_check_is_no_attempt() -> None:
    checked = Record("t3", "02_small", "checked", "psi", {"score": 0.0, "points": 4.0})
    assert standing([A, checked], "02_small")["psi"].passed
    assert standing([checked], "02_small") == {}


def test_the_folder_is_made_where_a_variable_names_the_workspace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRODML_WORKSPACE", str(tmp_path / "new"))
    append(A)
    assert read(tmp_path / "new") == [A]


def test_a_workspace_without_records_has_none(tmp_path: Path) -> None:
    assert read_counted(tmp_path) == ([], 0)


def test_two_processes_lose_nothing(lab: Path) -> None:
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, name]) for name in "ab"]
    assert [w.wait() for w in writers] == [0, 0]
    found, damaged = read_counted(lab)
    assert damaged == 0
    for name in "ab":
        of_one = [int(r.detail["message"].split()[0]) for r in found if r.name == name]
        assert of_one == list(range(500))


def test_a_torn_last_line_costs_nothing_but_itself(lab: Path) -> None:
    append(A)
    whole = records_path(lab).read_bytes()
    records_path(lab).write_bytes(whole + whole[: len(whole) // 2])
    assert read_counted(lab) == ([A], 1)
    append(B)
    assert read_counted(lab) == ([A, B], 1)


def test_a_last_line_that_lacks_only_its_end_counts(lab: Path) -> None:
    append(A)
    records_path(lab).write_bytes(records_path(lab).read_bytes().rstrip(b"\n"))
    append(B)
    assert read_counted(lab) == ([A, B], 0)


DAMAGED = [
    b"{",
    b"3",
    b"\xff\xfe",
    b'{"time": "t"}',
    b'{"time": 1, "lab": "l", "kind": "passed", "name": "n"}',
    b'{"time": "t", "lab": "l", "kind": "won", "name": "n"}',
    b'{"time": "t", "lab": "l", "kind": "passed", "name": "n", "detail": 3}',
    b'{"time": "t", "lab": "l", "kind": "passed", "name": "n", "grade": 3}',
]


@pytest.mark.parametrize("line", DAMAGED)
def test_a_damaged_line_is_skipped_and_counted(lab: Path, line: bytes) -> None:
    append(A)
    with records_path(lab).open("ab") as file:
        file.write(line + b"\n")
    append(B)
    assert read_counted(lab) == ([A, B], 1)


def test_a_half_written_line_is_an_error(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records.os, "write", lambda file, data: 3)
    with pytest.raises(OSError, match="is the disk full"):
        append(A)


def test_odd_characters_survive(lab: Path) -> None:
    odd = new("02_small", "failed", "psi", {"message": "line\nbreak \u2028 \udcff é"})
    append(odd)
    assert read_counted(lab) == ([odd], 0)


def test_a_record_takes_its_time_from_the_clock() -> None:
    record = new("02_small", "passed", "psi", {}, clock=lambda: datetime(2013, 1, 1, 12, 30, 15, 999, tzinfo=UTC))
    assert record == Record("2013-01-01T12:30:15+00:00", "02_small", "passed", "psi", {})


def _attempts(*kinds: str) -> list[Record]:
    return [Record(f"t{i}", "02_small", kind, "psi") for i, kind in enumerate(kinds)]


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        (["failed"], records.Standing(False, 1, 1, "t0")),
        (["failed", "passed"], records.Standing(True, 2, 1, "t1")),
        (["passed", "failed"], records.Standing(False, 2, 1, "t1")),
    ],
)
def test_the_latest_attempt_decides(kinds: list[str], expected: records.Standing) -> None:
    assert standing(_attempts(*kinds), "02_small") == {"psi": expected}


def test_predictions_and_other_labs_are_no_attempts() -> None:
    assert standing([B, Record("t", "03_other", "passed", "psi")], "02_small") == {}
