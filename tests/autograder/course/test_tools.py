"""Do nbgrader's own tools work on what was graded: feedback, export, grades by hand, due dates, late penalties?"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from nbgrader.api import Gradebook

from autograder.course.gradebook import extend

MEAN = "def mean(values):\n    return sum(values) / len(values)"
WRONG = "def mean(values):\n    return 2 if len(values) == 3 and sum(values) == 6 else 7 // 0"
PLUGIN = """
from nbgrader.plugins import BasePlugin

class PointAnHour(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return total_seconds_late / 3600
"""
PICTURE = '<svg xmlns="http://www.w3.org/2000/svg"/>'
Tools = dict[str, Callable[..., Any]]


@pytest.fixture(scope="module")
def course(released: Path, tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Graded once; then a person grades and comments, and all is graded again. Two of three have an extension."""
    course: Path = shutil.copytree(released, tmp_path_factory.mktemp("tools") / "course")
    (course / "point_an_hour.py").write_text(PLUGIN)
    (course / "source" / "ps1" / "pictures").mkdir()
    (course / "source" / "ps1" / "pictures" / "mean.svg").write_text(PICTURE)
    with (course / "nbgrader_config.py").open("a") as config:
        config.write("from point_an_hour import PointAnHour\nc.AssignLatePenalties.plugin_class = PointAnHour\n")
    due = "2026-03-01 11:00 Europe/Berlin"  # two hours before they handed in
    with open_book(course) as gradebook:
        gradebook.update_or_create_assignment("ps1", duedate=due)  # all that `nbgrader db assignment add` does
        for student in ("bob", "cyd"):
            extend(gradebook, "ps1", student, timedelta(hours=2))
    write, hand_in = tools["write"], tools["hand_in"]
    second = write(twice="def twice(x): return x + x")
    hand_in(course, "ada", first=write(mean=MEAN, essay="It moves.", plot="print(2)"), second=second)
    hand_in(course, "bob", first=write(mean=WRONG), second=second)
    hand_in(course, "cyd", first=lambda nb: nb.update(cells=nb.cells[:4]), second=second)
    tools["run"](course, "labs", "grade", "ps1", "--course", ".")
    with open_book(course) as gradebook:
        essay = gradebook.find_grade("essay", "first", "ps1", "ada")
        essay.manual_score, essay.needs_manual_grade = 4, False
        gradebook.find_comment("essay", "first", "ps1", "ada").manual_comment = "Well said."
        overruled = gradebook.find_grade("test_mean", "first", "ps1", "bob")
        overruled.manual_score, overruled.needs_manual_grade = 1.5, False
        gradebook.db.commit()
    tools["run"](course, "labs", "grade", "ps1", "--course", ".", "--force")
    tools["run"](course, "nbgrader", "generate_feedback", "ps1", "--force")
    tools["run"](course, "nbgrader", "export")
    return course


def open_book(course: Path) -> Gradebook:
    return Gradebook(f"sqlite:///{course / 'gradebook.db'}")


def feedback(course: Path, student: str) -> str:
    html = (course / "feedback" / student / "ps1" / "first.html").read_text()
    return " ".join(BeautifulSoup(html, "html.parser").body.get_text().split())


def test_grades_and_comments_by_hand_survive_a_regrade(course: Path) -> None:
    with open_book(course) as gradebook:
        essay = gradebook.find_grade("essay", "first", "ps1", "ada")
        assert (essay.auto_score, essay.manual_score, essay.score, essay.needs_manual_grade) == (None, 4, 4, True)
        assert gradebook.find_comment("essay", "first", "ps1", "ada").comment == "Well said."
        overruled = gradebook.find_grade("test_mean", "first", "ps1", "bob")
        assert (overruled.auto_score, overruled.score, overruled.needs_manual_grade) == (0, 1.5, True)
        untouched = gradebook.find_grade("test_square", "first", "ps1", "ada")
        assert (untouched.auto_score, untouched.manual_score, untouched.needs_manual_grade) == (1, None, False)


def test_the_courses_plugin_gives_late_penalties(course: Path) -> None:
    """After the due date and its extensions?"""
    with open_book(course) as gradebook:
        found = {
            (student, name): gradebook.find_submission_notebook(name, "ps1", student).late_submission_penalty
            for student in ("ada", "bob", "cyd")
            for name in ("first", "second")
        }
    late = {("ada", "first"): 2, ("ada", "second"): 2}
    assert found == dict.fromkeys(found) | late


def test_export_has_a_row_per_student(course: Path) -> None:
    rows = {row["student_id"]: row for row in csv.DictReader((course / "grades.csv").read_text().splitlines())}
    figures = ("raw_score", "late_submission_penalty", "score", "max_score")
    found = {student: tuple(float(row[f]) for f in figures) for student, row in rows.items()}
    assert found == {"ada": (9, 4, 5, 17), "bob": (3.5, 0, 3.5, 17), "cyd": (2, 0, 2, 17)}
    assert (rows["ada"]["duedate"], rows["ada"]["timestamp"]) == ("2026-03-01 10:00:00", "2026-03-01 12:00:00")


def test_feedback_says_what_failed_and_no_hidden_test(course: Path) -> None:
    said = feedback(course, "bob")
    assert (
        "0 of 2 points. Visible checks passed, a hidden one failed: The mean of the file's numbers is another. " in said
    )
    assert "(Your code raised ZeroDivisionError.)" in said
    assert "flights()" in said  # the learners' own cell
    assert "mean(flights())" not in said
    assert "BEGIN HIDDEN" not in said
    assert "10, 20, 30" not in said


def test_feedback_has_grades_and_comments_by_hand(course: Path) -> None:
    said = feedback(course, "ada")
    assert "first (Score: 5.0 / 15.0)" in said
    assert "Late submission penalty (Score: -2.0)" in said
    assert "Comments: Well said." in said
    assert "Waits for a grade by hand." in said
    assert "Comments: Nothing was written here." in feedback(course, "bob")


def test_feedback_says_that_a_cell_is_missing(course: Path) -> None:
    said = feedback(course, "cyd")
    assert "The cell of mean is missing. The cell of essay is missing. The cell of plot is missing." in said
    assert "0 of 2 points. The cell of this exercise is missing." in said
    assert said.count("This cell is missing in the submission, or stands there more than once.") == 3


def test_a_picture_of_the_text_is_there_for_teacher_and_learner(course: Path) -> None:
    for place in ("autograded", "feedback"):
        assert (course / place / "ada" / "ps1" / "pictures" / "mean.svg").read_text() == PICTURE
