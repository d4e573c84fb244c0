"""Does no change of a solution pass its check unexplained, and are the stored verdicts of the lab as it stands?"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from autograder.authoring.answers import read_answers
from autograder.authoring.source import read_source
from autograder.proving.survivors import exercise_keys, judge_mutants, read_stored
from labs_cli.places import sandbox


def test_each_mutant_was_judged_as_the_lab_stands_and_none_survived(lab_dir: Path) -> None:
    stored = read_stored(lab_dir)
    wanted = exercise_keys(read_source(lab_dir), read_answers(lab_dir))
    assert {v.exercise: v.key for v in stored} == wanted, f"run `labs verify {lab_dir.name[:2]} --mutants`"
    assert not [f"{v.exercise}: lab.py:{s.line}: {s.diff}" for v in stored for s in v.survived]
    assert all(v.mutants == v.killed + v.same for v in stored)
    assert sum(v.mutants for v in stored) > 0


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_judged_anew_no_mutant_survives(lab_dir: Path, tmp_path: Path) -> None:
    copy = tmp_path / lab_dir.name
    shutil.copytree(lab_dir, copy)
    found = judge_mutants(copy, force=True, sandbox=sandbox())
    assert found == read_stored(lab_dir)
