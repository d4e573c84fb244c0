"""Does an exported table hold what nbgrader's does, and no cell that a spreadsheet would run or move?"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from nbgrader.plugins import CsvExportPlugin

from autograder.course.export import CsvExport, text

FORMULAS = ["=1+1", "+1", "-1", "@sum", "\t=1", "\r=1", "=HYPERLINK(\"http://canary.invalid\",\"x\")", "=cmd|' /C calc'!A0",
            "  =1", "|calc", "＝1+1", "\n=1"]  # fmt: skip


@pytest.fixture
def gradebook(tmp_path: Path) -> Iterator[Gradebook]:
    """Two assignments, one with a late and one with no submission."""
    with Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}") as gradebook:
        for name in ("ps1", "ps2"):
            gradebook.add_assignment(name, duedate="2026-03-01 12:00:00")
            gradebook.add_notebook("first", name)
            gradebook.add_grade_cell("test", "first", name, max_score=3, cell_type="code")
        for student in ("ada", "bob"):
            gradebook.add_student(student, first_name=student.title(), last_name="L", email=f"{student}@uni.edu")
        with gradebook.db.no_autoflush:
            gradebook.add_submission("ps1", "ada", timestamp="2026-03-02 12:00:00")
        gradebook.find_grade("test", "first", "ps1", "ada").manual_score = 2.5
        gradebook.find_submission_notebook("first", "ps1", "ada").late_submission_penalty = 0.5
        gradebook.db.commit()
        yield gradebook


def rows(path: Path) -> list[list[str]]:
    with path.open(newline="") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize("options", [{}, {"student": ["ada"]}, {"assignment": ["ps2"]}])
def test_honest_rows_are_those_of_nbgrader(gradebook: Gradebook, tmp_path: Path, options: dict[str, list[str]]) -> None:
    for name, exporter in {"ours": CsvExport, "theirs": CsvExportPlugin}.items():
        exporter(to=str(tmp_path / name), **options).export(gradebook)
    assert rows(tmp_path / "ours") == rows(tmp_path / "theirs")


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_name_begins_a_formula_or_moves_the_scores(gradebook: Gradebook, tmp_path: Path, formula: str) -> None:
    gradebook.add_student(f"{formula},9,9", first_name=formula, last_name='a,"b\nc', email=formula)
    CsvExport(to=str(tmp_path / "ours")).export(gradebook)
    table = rows(tmp_path / "ours")
    assert {len(row) for row in table} == {11}
    cells = [cell for row in table[1:] for cell in row if cell]
    assert not [c for c in cells if c.lstrip()[0] in "=+-@|＝" or c[0] in "\t\r\n"]
    assert text(formula).removeprefix("'").strip() in cells or text(formula) in cells


def test_numbers_stay_numbers() -> None:
    assert text(None) == ""
    assert text("ada-b+c@d=e") == "ada-b+c@d=e"
