"""Is each submission judged once, whatever befalls the run, and again only when something has changed?"""

from __future__ import annotations

import re
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbgrader.api import Gradebook
from sample_courses import NAME, POINTS, answer, hand_in, is_right, plain_course, student_id

from autograder.course.tree import private_folder
from autograder.errors import CourseError
from autograder.grade import grade_course
from autograder.runs import notebook_run, writer

JUDGED = re.compile(r"\d+/\d+  (student-\d+)  graded  ")


def judged(course: Path, **options: Any) -> list[str]:
    """Students whose work this run judged."""
    return [r.student for r in grade_course(course, NAME, workers=2, **options) if not r.unchanged]


def scores(course: Path) -> dict[str, float]:
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        return {s.student_id: s.score for s in gradebook.assignment_submissions(NAME)}


def deserved(students: int) -> dict[str, float]:
    return {student_id(n): POINTS if is_right(n) else 0.0 for n in range(students)}


def source(course: Path) -> Path:
    return course / "source" / NAME / f"{NAME}.ipynb"


def test_only_what_has_changed_is_judged_again(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    everybody = list(deserved(6))
    assert judged(course) == everybody
    assert scores(course) == deserved(6)
    with monkeypatch.context() as patch:
        patch.setattr(notebook_run, "grade_each", None)  # no worker is even started
        assert judged(course) == []
    corrected = answer(nbformat.read(source(course), as_version=4), 7)
    hand_in(course, student_id(3), corrected)
    assert judged(course) == [student_id(3)]
    assert scores(course)[student_id(3)] == POINTS
    assert judged(course, force=True, student=student_id(0)) == [student_id(0)]
    source(course).write_text(source(course).read_text().replace("added up", "summed up"))
    assert judged(course) == everybody


def test_what_the_gradebook_has_lost_is_written_again(course: Path) -> None:
    grade_course(course, NAME)
    (course / "gradebook.db").unlink()
    notebook = course / "autograded" / student_id(1) / NAME / f"{NAME}.ipynb"
    notebook.unlink()
    assert judged(course) == []
    assert scores(course) == deserved(6)
    assert notebook.is_file()


def test_a_later_date_reaches_the_gradebook_without_judging(course: Path) -> None:
    stamp = course / "submitted" / student_id(1) / NAME / "timestamp.txt"
    grade_course(course, NAME)
    stamp.write_text("2026-03-02 12:00:00 UTC")
    assert judged(course) == []
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        assert gradebook.find_submission(NAME, student_id(1)).timestamp.isoformat() == "2026-03-02T12:00:00"


def test_what_cannot_be_read_is_written_once(course: Path) -> None:
    """And a grade by hand for it is not marked for review by every run?"""
    notebook = course / "submitted" / student_id(1) / NAME / f"{NAME}.ipynb"
    notebook.rename(notebook.with_name("copy.ipynb"))
    assert student_id(1) in judged(course)
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        grade = gradebook.find_grade("test_squares", NAME, NAME, student_id(1))
        grade.manual_score, grade.needs_manual_grade = 1.0, False
        gradebook.db.commit()
    assert judged(course) == []
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        grade = gradebook.find_grade("test_squares", NAME, NAME, student_id(1))
        assert (grade.auto_score, grade.score, grade.needs_manual_grade) == (0, 1.0, False)
    notebook.with_name("copy.ipynb").rename(notebook)
    assert judged(course) == [student_id(1)]
    assert scores(course)[student_id(1)] == 1.0


def test_other_data_is_another_result(course: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "rows.csv").write_text("1,2\n")
    one: dict[str, Any] = {"student": student_id(1), "readable": (str(tmp_path / "data"),)}
    assert judged(course, **one) == [student_id(1)]
    assert judged(course, **one) == []
    (tmp_path / "data" / "rows.csv").write_text("1,3\n")
    assert judged(course, **one) == [student_id(1)]


def test_cut_short_between_record_and_gradebook(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The result is not lost, and not judged again?"""
    real, seen = writer.save_result, []

    def fails(gradebook: Any, result: Any, submitted: Any) -> None:
        seen.append(result.student)
        if len(seen) == 2:
            raise OSError("no space left on device")
        real(gradebook, result, submitted)

    with monkeypatch.context() as patch:
        patch.setattr(writer, "save_result", fails)
        with pytest.raises(OSError, match="no space"):
            grade_course(course, NAME, workers=1)
    assert set(scores(course)) == {seen[0]}
    assert set(judged(course)) == set(deserved(6)) - set(seen)
    assert scores(course) == deserved(6)


def kill_three_times(course: Path, students: int, start: Callable[..., Any], end: Callable[..., int]) -> None:
    """Kill three runs where they are; let the fourth end. Each submission must be told of as judged once at most."""
    told: list[str] = []
    for after in (1, students // 4, students // 2):
        process = start(course, "--workers", "2")
        for line in process.stderr:
            told += JUDGED.findall(line)
            if len(told) >= after:
                break
        assert end(process, signal.SIGKILL) == -signal.SIGKILL
        told += JUDGED.findall(process.stderr.read())
        assert len(told) < students, "the run was over before it was killed"
    process = start(course, "--workers", "2")
    told += JUDGED.findall(process.communicate()[1])
    assert process.returncode == 0
    # A run may be killed after it has kept a result and before it has told of it.
    assert len(told) == len(set(told)) >= students - 3
    assert scores(course) == deserved(students)
    with sqlite3.connect(course / ".judge" / "records.db") as records:
        for table in ("results", "written"):
            query = f"SELECT count(*), count(DISTINCT student) FROM {table}"
            assert records.execute(query).fetchall() == [(students, students)]
    records.close()


def test_killed_three_times(tmp_path: Path, start: Callable[..., Any], end: Callable[..., int]) -> None:
    kill_three_times(plain_course(tmp_path / "course", 24), 24, start, end)
    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_thousand_submissions_killed_three_times(
    tmp_path: Path, start: Callable[..., Any], end: Callable[..., int]
) -> None:
    kill_three_times(plain_course(tmp_path / "course", 1000), 1000, start, end)
    assert list((tmp_path / "temporary").iterdir()) == []


def test_interrupted(tmp_path: Path, start: Callable[..., Any], end: Callable[..., int]) -> None:
    """Does Ctrl-C end everything, and say how to go on?"""
    process = start(plain_course(tmp_path / "course", 24))
    first = process.stderr.readline()
    assert first.startswith("1/24")
    assert end(process, signal.SIGINT) == 130
    assert re.search(r"Stopped\. \d+ of 24 submissions are done; the same command goes on\.", process.stderr.read())
    assert list((tmp_path / "temporary").iterdir()) == []


def test_one_run_at_a_time(course: Path) -> None:
    with private_folder(course), pytest.raises(CourseError, match="another run grades"):
        grade_course(course, NAME)
