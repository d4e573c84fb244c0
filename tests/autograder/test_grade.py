"""Is a course tree graded into nbgrader's gradebook, where nbgrader's own tools find it?"""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder.authoring.build import build_lab
from autograder.authoring.notebooks import to_text
from autograder.course.release import release_lab
from autograder.errors import CourseError
from autograder.grade import check_notebook, grade_course
from autograder.results import Status
from autograder.runs import one
from autograder.runs.one import Task, grade_one, read_result
from autograder.sandbox import trial
from autograder.sandbox.fences import read_fences
from autograder.sandbox.trial import Trial
from autograder.source.read_assignment import read_assignment

NAME = "90_small"
WRONG = "def double(x):\n    return x + 2"


def with_helper(notebook: bytes) -> bytes:
    nb = nbformat.reads(notebook.decode(), as_version=4)
    place = next(i for i, c in enumerate(nb.cells) if c.id == "exercise-double")
    nb.cells.insert(place, nbformat.v4.new_code_cell("helper = 1", id="mine"))
    return to_text(nb).encode()


def hand_in(course: Path, student: str, content: bytes) -> None:
    folder = course / "submitted" / student / NAME
    folder.mkdir(parents=True)
    (folder / f"{NAME}.ipynb").write_bytes(content)
    (folder / "timestamp.txt").write_text("2026-03-01 12:00:00.000000 UTC")


def solved(lab_dir: Path, **cells: str) -> bytes:
    nb = build_lab(lab_dir).nbgrader_source
    for cell in nb.cells:
        cell.source = cells.get(cell.metadata.get("nbgrader", {}).get("grade_id"), cell.source)
    return to_text(nb).encode()


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory, small_lab: Path) -> Path:
    """A released course with four students, graded once."""
    course = tmp_path_factory.mktemp("course")
    release_lab(small_lab, course)
    hand_in(course, "ada", solved(small_lab))
    hand_in(course, "bob", with_helper(solved(small_lab, double=WRONG)))
    hand_in(course, "cyd", b"no notebook")
    (course / "submitted" / "dan").mkdir()
    return course


def test_a_release_is_a_standard_nbgrader_course(course: Path) -> None:
    assert (course / "nbgrader_config.py").is_file()
    source = (course / "source" / NAME / f"{NAME}.ipynb").read_text()
    release = (course / "release" / NAME / f"{NAME}.ipynb").read_text()
    assert "BEGIN SOLUTION" in source
    assert "secret = hidden_rng()" in source
    assert "BEGIN" not in release
    assert "secret = hidden_rng()" not in release
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        assert gradebook.find_assignment(NAME).max_score == 5


def test_grading_without_a_sandbox_must_be_asked_for(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And says why there is none?"""
    monkeypatch.setattr(trial, "try_sandbox", lambda: Trial("no namespaces here", {}, ()))
    monkeypatch.setattr(one, "try_sandbox", trial.try_sandbox)
    with pytest.raises(CourseError, match=r"\(no namespaces here\)(.|\n)*--trust-submissions"):
        grade_course(course, NAME)
    (result,) = grade_course(course, NAME, student="ada", trust_submissions=True)
    assert result.score == 5
    with pytest.raises(CourseError, match="no namespaces here"):
        read_result(grade_one(Task({}, "00", read_fences()).to_bytes(), b""), "ada")


def test_each_submission_gets_its_points_and_reasons(course: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    results = {
        r.student: r for r in grade_course(course, NAME, on_result=lambda r, n, of: seen.append((r.student, n, of)))
    }
    assert {n: (r.status, r.score) for n, r in results.items()} == {
        "ada": (Status.GRADED, 5), "bob": (Status.GRADED, 2), "cyd": (Status.REJECTED, 0), "dan": (Status.NOT_SUBMITTED, None),
    }  # fmt: skip
    assert "Do you add" in results["bob"].exercises[0].message
    assert results["cyd"].message == "The file is not JSON: was it saved completely?"
    assert sorted(student for student, _, _ in seen) == ["ada", "bob", "cyd", "dan"]
    assert [(done, total) for _, done, total in seen] == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_points_and_time_are_in_the_gradebook(course: Path) -> None:
    grade_course(course, NAME)
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        scores = {s.student.id: s.score for s in gradebook.assignment_submissions(NAME)}
        assert scores == {"ada": 5, "bob": 2, "cyd": 0}
        assert gradebook.find_submission(NAME, "ada").timestamp.isoformat() == "2026-03-01T12:00:00"


def test_a_manual_score_survives_a_regrade(course: Path) -> None:
    grade_course(course, NAME)
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        grade = gradebook.find_grade("check_double", NAME, NAME, "bob")
        grade.manual_score, grade.needs_manual_grade = 1.5, False
        gradebook.db.commit()
    grade_course(course, NAME, student="bob", force=True)
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        grade = gradebook.find_grade("check_double", NAME, NAME, "bob")
        assert (grade.auto_score, grade.manual_score, grade.score, grade.needs_manual_grade) == (0, 1.5, 1.5, True)
        grade.manual_score = None
        gradebook.db.commit()


def test_a_teacher_sees_the_learners_cells_and_our_verdicts(course: Path) -> None:
    grade_course(course, NAME, student="bob")
    nb = nbformat.read(course / "autograded" / "bob" / NAME / f"{NAME}.ipynb", as_version=4)
    cells = {c.metadata.nbgrader.grade_id: c for c in nb.cells if "nbgrader" in c.metadata}
    assert cells["double"].source == WRONG
    assert cells["check_double"].outputs[0].text.startswith("0 of 3 points. Twice [1, 4] is [2, 8]")
    assert "judge" not in nb.metadata
    assert [c.source for c in nb.cells if c.id.startswith("added")] == ["helper = 1"]


@pytest.mark.parametrize(
    ("assignment", "student", "says"), [("91_none", None, "assignments here: 90_small"), (NAME, "eve", None)]
)
def test_what_is_not_there_is_said(course: Path, assignment: str, student: str | None, says: str | None) -> None:
    if says:
        with pytest.raises(CourseError, match=says):
            grade_course(course, assignment, student=student)
    else:
        (result,) = grade_course(course, assignment, student=student)
        assert (result.status, result.message) == (Status.NOT_SUBMITTED, "There is no 90_small.ipynb of eve.")


def test_an_empty_course_is_a_failure_not_a_pass(tmp_path: Path, small_lab: Path) -> None:
    release_lab(small_lab, tmp_path)
    with pytest.raises(CourseError, match="holds no submission"):
        grade_course(tmp_path, NAME)


def test_the_courses_secret_is_its_owners_only(course: Path) -> None:
    grade_course(course, NAME, student="ada", trust_submissions=True)
    assert (course / ".judge" / "secret").stat().st_mode & 0o777 == 0o600


def test_one_submission_is_bytes_in_and_json_out(small_lab: Path) -> None:
    notebook = to_text(build_lab(small_lab).nbgrader_source)
    task = Task(read_assignment(NAME, notebook.encode()).to_json(), "00ff", read_fences()).to_bytes()
    text = grade_one(task, solved(small_lab, double=WRONG))
    assert read_result(text, "ada").student == "ada"
    result = json.loads(text)
    assert (result["student"], result["status"], result["score"], result["max_score"]) == ("", "graded", 2, 5)
    assert [sorted(e) for e in result["exercises"]] == [
        ["grade_id", "in_place", "max_score", "message", "name", "score", "weak"]
    ] * 2


def test_a_learner_checks_visible_tests_without_a_solution_at_hand(small_lab: Path) -> None:
    learner = to_text(build_lab(small_lab).learner).encode()
    result = check_notebook(NAME, learner, solved(small_lab, double=WRONG))
    assert [(e.name, e.score) for e in result.exercises] == [("double", 0), ("count", 2)]
