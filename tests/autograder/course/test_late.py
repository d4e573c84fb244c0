"""Are late penalties those of stock `nbgrader autograde` on the same course?"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook
from sample_courses import NAME, plain_course, student_id

from autograder.grade import grade_course

PLUGIN = """
from nbgrader.plugins import BasePlugin

class ByStudent(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        hours = total_seconds_late / 3600
        return {"student-00001": hours, "student-00002": 100, "student-00004": -5, "student-00005": None,
                "student-00007": score - hours / 8}[student_id]
"""
CONFIG = """
from by_student import ByStudent
c.AssignLatePenalties.plugin_class = ByStudent
c.Autograde.autograde_preprocessors = [
    # Without Execute: all answers here are right, which nbgrader takes a cell without an error for.
    "nbgrader.preprocessors.SaveAutoGrades", "nbgrader.preprocessors.AssignLatePenalties",
]
"""
DUE = "2026-03-01 13:00 Europe/Berlin"  # 12:00 in UTC
HANDED_IN = {
    1: "2026-03-01 12:30:00 UTC",
    2: "2026-03-02 12:00:00 UTC",
    4: "2026-03-01 12:30:00 UTC",
    5: "2026-03-01 12:30:00 UTC",
    7: "2026-03-01 14:00:00 UTC",  # with an extension of one hour
    8: "2026-03-01 13:00:00 UTC",  # with an extension of one hour
    10: "2026-03-01 13:00:00.000000 Europe/Berlin",
    11: "",
}


def gradebook_of(course: Path) -> Gradebook:
    return Gradebook(f"sqlite:///{course / 'gradebook.db'}")


def prepare(course: Path) -> None:
    with gradebook_of(course) as gradebook:
        gradebook.update_or_create_assignment(NAME, duedate=DUE)
        for number in (7, 8):
            gradebook.update_or_create_student(student_id(number))
            with gradebook.db.no_autoflush:  # SQLAlchemy warns of nbgrader's order
                gradebook.update_or_create_submission(NAME, student_id(number))
            gradebook.grant_extension(NAME, student_id(number), hours=1)


def found(course: Path) -> dict[str, tuple[Any, ...]]:
    with gradebook_of(course) as gradebook:
        return {
            s.student_id: (s.score, s.total_seconds_late, s.notebooks[0].late_submission_penalty, s.extension)
            for s in gradebook.assignment_submissions(NAME)
        }


def test_the_same_as_stock_nbgrader(tmp_path: Path, tools: dict[str, Callable[..., Any]], judged: list[Any]) -> None:
    stock = plain_course(tmp_path / "stock", 12)
    for number in range(12):
        folder = stock / "submitted" / student_id(number)
        if number not in HANDED_IN:
            shutil.rmtree(folder)
        elif HANDED_IN[number]:
            (folder / NAME / "timestamp.txt").write_text(HANDED_IN[number])
    (stock / "by_student.py").write_text(PLUGIN)
    with (stock / "nbgrader_config.py").open("a") as config:
        config.write(CONFIG)
    tools["run"](stock, "nbgrader", "generate_assignment", NAME)
    prepare(stock)
    ours = Path(shutil.copytree(stock, tmp_path / "ours"))
    tools["run"](stock, "nbgrader", "autograde", NAME)
    results = grade_course(ours, NAME)
    assert len(judged) == len(HANDED_IN)
    assert found(ours) == found(stock)
    penalties = {s: penalty for s, (_, _, penalty, _) in found(ours).items()}
    assert penalties == {
        student_id(1): 0.5, student_id(2): 2, student_id(4): 0, student_id(5): None, student_id(7): 2 - 1 / 8,
        student_id(8): None, student_id(10): None, student_id(11): None,
    }  # fmt: skip
    assert {r.student: r.late_penalty for r in results} == {s: penalty or 0 for s, penalty in penalties.items()}
    assert found(ours)[student_id(8)][3] == timedelta(hours=1)
