"""A class made by one command: does every submission get the score that its answers deserve?"""

from __future__ import annotations

import json
from pathlib import Path

from sample_class import differences, make_class

from autograder.course.release import release_lab
from autograder.grade import grade_course

STUDENTS = 16


def test_every_submission_gets_what_it_deserves(small_lab: Path, tmp_path: Path) -> None:
    course = tmp_path / "course"
    release_lab(small_lab, course)
    assert make_class(course, STUDENTS, [small_lab]) == "2 right, 2 blank, 2 hostile, 10 wrong"
    results = [r.to_json() for r in grade_course(course, small_lab.name, workers=2)]
    (course / "grades.json").write_text(json.dumps(results))
    assert len(results) == STUDENTS
    assert differences(course) == []


def test_a_score_that_is_not_deserved_is_told(small_lab: Path, tmp_path: Path) -> None:
    make_class(tmp_path, 2, [small_lab])
    exercises = [{"name": "double", "score": 1.0, "message": "Half."}, {"name": "count", "score": 2.0, "message": ""}]
    one = {"assignment": small_lab.name, "student": "student-00000", "exercises": exercises}
    (tmp_path / "grades.json").write_text(json.dumps([one]))
    assert differences(tmp_path) == [
        "student-00000, 90_small, double: 1.0 instead of 3.0: Half.",
        "student-00001, 90_small: not graded",
    ]
