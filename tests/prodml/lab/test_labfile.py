"""Is what a built notebook says of its lab read, and a missing one tolerated?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from prodml.lab.labfile import Lab, read_lab


def test_title_points_and_hints_come_from_the_notebook(lab: Path) -> None:
    found = read_lab("02_small")
    assert (found.number, found.title) == ("02", "A small lab")
    assert found.points == {"psi": 4, "rule": 2}
    assert len(found.hints["psi"]) == 3


def test_without_a_core_all_exercises_are(lab: Path) -> None:
    found = read_lab("02_small")
    assert (found.core, found.core_minutes, found.minutes) == (("psi", "rule"), 5, 5)


def test_the_core_and_its_minutes_come_from_the_notebook(lab: Path) -> None:
    path = lab.parent / "notebooks" / "02_small" / "02_small.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["metadata"]["lab"] |= {"core": ["gone", "rule"], "core_minutes": 3}
    path.write_text(json.dumps(notebook), encoding="utf-8")
    found = read_lab("02_small")
    assert (found.core, found.core_minutes, found.minutes) == (("rule",), 3, 5)


def test_a_missing_notebook_is_no_error(lab: Path) -> None:
    assert read_lab("99_missing") == Lab("99_missing", title="99_missing")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"cells": 3}', '{"metadata": {"lab": 3}, "cells": []}'])
def test_a_damaged_notebook_is_no_error(lab: Path, text: str) -> None:
    (lab.parent / "notebooks" / "02_small" / "02_small.ipynb").write_text(text, encoding="utf-8")
    assert read_lab("02_small") == Lab("02_small", title="02_small")


def test_a_missing_folder_is_no_error(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRODML_NOTEBOOKS", "/nowhere")
    assert read_lab("02_small").hints == {}


def test_no_lab_has_no_name(lab: Path) -> None:
    assert read_lab("") == Lab("")
