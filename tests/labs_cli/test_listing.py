"""Do the tables show which labs there are and how far the learner is?"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from prodml.lab import records

Labs = Callable[..., Any]
AddLab = Callable[..., Path]


@pytest.fixture
def record(workspace: Path) -> Callable[..., None]:
    def add(lab: str, kind: str, name: str) -> None:
        records.append(records.Record("2026-07-01T10:00:00+00:00", lab, kind, name))

    return add


def test_list_in_json_has_its_documented_keys(labs: Labs, add_lab: AddLab) -> None:
    add_lab("02_drift")
    ran = labs("list", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert json.loads(ran.out) == [
        {
            "number": 2,
            "slug": "02_drift",
            "title": "Drift",
            "minutes": 30,
            "core_minutes": 30,
            "exercises": 1,
            "core_exercises": 1,
            "core_passed": 0,
            "fully_checked": 0,
            "points": 5.0,
            "your_points": 0.0,
        }
    ]


def test_points_are_yours_once_the_visible_checks_passed(
    labs: Labs, add_lab: AddLab, record: Callable[..., None]
) -> None:
    add_lab("02_drift")
    add_lab("11_other")
    record("02_drift", "failed", "one")
    assert json.loads(labs("list", "--json").out)[0]["your_points"] == 0
    record("02_drift", "passed", "one")
    record("02_drift", "passed", "no exercise of the lab")
    assert [lab["your_points"] for lab in json.loads(labs("list", "--json").out)] == [5, 0]
    record("02_drift", "failed", "one")
    assert json.loads(labs("list", "--json").out)[0]["your_points"] == 0


def test_the_table_promises_no_more_than_it_knows(labs: Labs, add_lab: AddLab) -> None:
    add_lab("02_drift")
    out = labs("list").out
    assert out.splitlines()[0].split() == ["number", "slug", "title", "minutes", "exercises", "core", "points", "yours"]
    assert out.splitlines()[1].split() == ["02", "02_drift", "Drift", "30", "1", "0", "of", "1", "5", "0"]
    assert "hidden ones decide" in out


def test_core_and_deeper_are_told_apart(labs: Labs, add_lab: AddLab, record: Callable[..., None]) -> None:
    built = add_lab("02_drift", minutes=130, core_minutes=65, core=["one"])
    content = json.loads(built.read_text())
    nbgrader = {"grade": True, "grade_id": "check_more", "points": 2.0, "solution": False, "locked": True}
    content["cells"].append({"cell_type": "code", "id": "b", "source": "pass", "metadata": {"nbgrader": nbgrader}})
    built.write_text(json.dumps(content))
    record("02_drift", "passed", "more")
    assert labs("list").out.splitlines()[1].split()[3:] == ["65", "(130)", "1", "+", "1", "0", "of", "1", "5", "2"]
    record("02_drift", "passed", "one")
    said = labs("progress").out
    assert [line.split()[1:3] for line in said.splitlines()[1:3]] == [["one", "core"], ["more", "deeper"]]
    assert "Exercises that pass: 1 of 1 in the core, 2 of 2 in all. Fully checked: 0." in said


def test_listing_makes_no_workspace(labs: Labs, add_lab: AddLab, workspace: Path) -> None:
    add_lab("02_drift")
    labs("list")
    assert "labs start" in labs("progress").out
    assert not workspace.exists()


def test_progress_shows_the_labs_that_were_begun(labs: Labs, add_lab: AddLab, record: Callable[..., None]) -> None:
    add_lab("02_drift")
    add_lab("11_other")
    record("02_drift", "predicted", "guess")
    record("02_drift", "predicted", "guess")
    assert "not tried" in labs("progress").out
    record("02_drift", "failed", "one")
    assert "not yet" in labs("progress").out
    record("02_drift", "passed", "one")
    ran = labs("progress")
    row = ran.out.splitlines()[1]
    assert row.split()[:6] == ["02_drift", "one", "core", "5", "5", "2"]
    assert row.endswith("visible checks passed")
    assert "11_other" not in ran.out
    assert "5 of 5 points in 1 lab, 1 prediction made." in ran.out


def test_damaged_lines_are_counted_and_left_out(
    labs: Labs, add_lab: AddLab, workspace: Path, record: Callable[..., None]
) -> None:
    add_lab("02_drift")
    record("02_drift", "passed", "one")
    with (workspace / ".prodml" / "progress.jsonl").open("a") as file:
        file.write("{half a li\n")
    ran = labs("progress")
    assert ran.code == 0
    assert "1 damaged line" in ran.err
    assert "5 of 5 points" in ran.out
