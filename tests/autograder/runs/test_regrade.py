"""Does a regrade judge only what it must, whichever release a submission is of?"""

from __future__ import annotations

import copy
import json
import re
import sqlite3
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder.authoring.build import build_lab
from autograder.authoring.notebooks import to_text
from autograder.course.release import earlier_releases, release_lab
from autograder.errors import CourseError
from autograder.grade import grade_course
from autograder.results import Status, SubmissionResult
from autograder.runs import notebook_run

NAME = "90_small"
NEVER_ZERO = """class Counter:
    def __init__(self): self.calls = 0
    def add(self): self.calls += 1
    def total(self): return self.calls or 7"""
TWICE = "def double(x):\n    return 2 * x"
Judged = list[Any]


def solved(lab: Path, **cells: str) -> bytes:
    """A submission made from the lab as it is now; grade id → what the learner writes there."""
    nb = copy.deepcopy(build_lab(lab).nbgrader_source)
    for cell in nb.cells:
        cell.source = cells.get(cell.metadata.get("nbgrader", {}).get("grade_id"), cell.source)
    return to_text(nb).encode()


def hand_in(course: Path, student: str, content: bytes) -> None:
    path = course / "submitted" / student / NAME / f"{NAME}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def grade(course: Path, **options: Any) -> dict[str, SubmissionResult]:
    return {r.student: r for r in grade_course(course, NAME, **options)}


def points(result: SubmissionResult) -> list[float | None]:
    return [e.score for e in result.exercises]


def mend(course: Path, old: str, new: str) -> None:
    """Change the source in place, as a teacher does in nbgrader."""
    path = course / "source" / NAME / f"{NAME}.ipynb"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def changed_lab(folder: Path, lab: Path, *changes: tuple[str, str]) -> Path:
    """The lab with other text."""
    text = (lab / "lab.py").read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    folder = folder / NAME
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "lab.py").write_text(text)
    (folder / "answers.py").write_text((lab / "answers.py").read_text())
    return folder


def test_a_mended_check_is_judged_again_and_nothing_else(lab_course: Path, small_lab: Path, judged: Judged) -> None:
    hand_in(lab_course, "ada", solved(small_lab))
    hand_in(lab_course, "bob", solved(small_lab, count=NEVER_ZERO))
    assert {s: points(r) for s, r in grade(lab_course).items()} == {"ada": [3, 2], "bob": [3, 0]}
    assert judged == [("ada", None), ("bob", None)]
    judged.clear()

    mend(lab_course, "A small lab", "A tiny lab")
    assert all(r.unchanged for r in grade(lab_course).values())
    shown = (lab_course / "autograded" / "bob" / NAME / f"{NAME}.ipynb").read_text()
    assert "A tiny lab" in shown, "the page is of the source as it is now"
    assert judged == []

    mend(lab_course, "value(second.total(), int) == 0", "value(second.total(), int) < 9")
    results = grade(lab_course)
    assert judged == [("ada", ("count",)), ("bob", ("count",))]
    assert {s: points(r) for s, r in results.items()} == {"ada": [3, 2], "bob": [3, 2]}
    assert results["bob"].score == 5
    with Gradebook(f"sqlite:///{lab_course / 'gradebook.db'}") as gradebook:
        assert gradebook.find_submission(NAME, "bob").score == 5
    judged.clear()

    mend(lab_course, '"points": 2', '"points": 6')
    results = grade(lab_course)
    assert ([points(r) for r in results.values()], results["bob"].max_score) == ([[3, 6]] * 2, 9)
    with Gradebook(f"sqlite:///{lab_course / 'gradebook.db'}") as gradebook:
        submission = gradebook.find_submission(NAME, "bob")
        assert (submission.score, submission.max_score) == (9, 9)
    assert judged == []
    grade(lab_course, force=True, student="ada")
    assert judged == [("ada", None)]


def test_a_file_that_changes_while_it_is_graded_is_graded_by_the_next_run(
    lab_course: Path, small_lab: Path, judged: Judged, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what was kept of the old one is not put together with the new one."""
    hand_in(lab_course, "ada", solved(small_lab))
    here = notebook_run.grade_each

    def meanwhile(*arguments: Any) -> Any:
        hand_in(lab_course, "ada", solved(small_lab, count=NEVER_ZERO))
        return here(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(notebook_run, "grade_each", meanwhile)
        result = grade(lab_course)["ada"]
    assert (result.status, result.score) == (Status.GRADER_ERROR, None)
    assert result.message == "90_small.ipynb of ada changed while it was graded. Grade again."
    assert points(grade(lab_course)["ada"]) == [3, 0]


def test_a_submission_that_ended_its_process_is_judged_whole(lab_course: Path, small_lab: Path, judged: Judged) -> None:
    """One check's end may have cost another its answer."""
    hand_in(lab_course, "ada", solved(small_lab, double="def double(x):\n    import os\n    os._exit(1)"))
    assert grade(lab_course)["ada"].status is Status.CRASHED
    assert grade(lab_course)["ada"].unchanged
    mend(lab_course, "value(second.total(), int) == 0", "value(second.total(), int) < 9")
    judged.clear()
    assert points(grade(lab_course)["ada"]) == [0, 2]
    assert judged == [("ada", None)]


def test_each_submission_is_graded_by_the_release_that_it_is_of(
    lab_course: Path, small_lab: Path, judged: Judged, tmp_path: Path
) -> None:
    other = changed_lab(
        tmp_path, small_lab, ("factor = 2 +", "factor = 3 +"), ("[2.0, 8.0], f", "[3.0, 12.0], f"),
        ("2 * kept", "3 * kept"), ('name="count" points=2', 'name="count" points=4'),
    )  # fmt: skip
    old = solved(small_lab, double=TWICE)
    first = json.loads(old)["metadata"]["lab"]["release"]
    hand_in(lab_course, "ada", old)
    hand_in(lab_course, "bob", solved(small_lab, double="def double(x):\n    return 3 * x"))
    hand_in(lab_course, "eve", old.replace(first.encode(), b"0123456789ab"))
    hand_in(lab_course, "odd", old.replace(first.encode(), b"../../gradebook"))
    assert [r.score for r in grade(lab_course).values()] == [5, 2, 5, 5]
    release_lab(other, lab_course)
    assert earlier_releases(lab_course, NAME) == [first]
    hand_in(lab_course, "dan", solved(other))

    results = grade(lab_course)
    assert {s: points(r) for s, r in results.items()} == {
        "ada": [3, 4], "bob": [0, 4], "dan": [3, 4], "eve": [0, 4], "odd": [0, 4],
    }  # fmt: skip
    assert {r.max_score for r in results.values()} == {7}
    assert results["ada"].message.startswith(f"Graded as release {first} says")
    assert (results["ada"].unchanged, results["dan"].message) == (True, "")
    assert (
        "release 0123456789ab, which this course does not have. It was graded as the current" in results["eve"].message
    )
    assert "this course does not have" in results["odd"].message
    assert "factor = 2 +" in (lab_course / "autograded" / "ada" / NAME / f"{NAME}.ipynb").read_text()

    (lab_course / "course.toml").write_text('withdrawn = "earlier"\n')
    results = grade(lab_course)
    assert points(results["ada"]) == [0, 4]
    assert f"release {first}, which was withdrawn" in results["ada"].message
    (lab_course / "course.toml").write_text(f'withdrawn = ["{first}"]\n')
    assert points(grade(lab_course)["bob"]) == [3, 4]


def test_a_release_with_other_exercises(lab_course: Path, small_lab: Path, judged: Judged, tmp_path: Path) -> None:
    """Nbgrader refuses it once there are grades; before that, what is of the old release has no place for its points."""
    text = (small_lab / "lab.py").read_text()
    start, end = text.index('# %% kind="exercise" name="count"'), text.index('# %% kind="check" name="count"')
    only = re.sub(r'# %% kind="check" name="count"(.|\n)*', "", text[:start] + text[end:])
    other = changed_lab(tmp_path, small_lab)
    (other / "lab.py").write_text(only)
    release_lab(other, lab_course)
    hand_in(lab_course, "ada", solved(small_lab))
    result = grade(lab_course)["ada"]
    assert (result.score, result.max_score) == (3, 3)
    assert "which has other exercises. It was graded as the current one" in result.message
    before = (lab_course / "source" / NAME / f"{NAME}.ipynb").read_bytes()
    with pytest.raises(CourseError, match="nbgrader refused"):
        release_lab(small_lab, lab_course)
    assert (lab_course / "source" / NAME / f"{NAME}.ipynb").read_bytes() == before
    source = nbformat.reads(before.decode(), as_version=4)
    source.cells = [c for c in source.cells if c.metadata.get("nbgrader", {}).get("grade_id") != "check_double"]
    source.cells += [copy.deepcopy(c) for c in build_lab(small_lab).nbgrader_source.cells if c.id.endswith("-count")]
    (lab_course / "source" / NAME / f"{NAME}.ipynb").write_text(to_text(source))
    with pytest.raises(CourseError, match=r"new: check_count; gone: check_double(.|\n)*remove 90_small --force"):
        grade(lab_course)


def test_an_older_source_that_cannot_be_read_is_said(lab_course: Path, small_lab: Path) -> None:
    hand_in(lab_course, "ada", solved(small_lab))
    broken = lab_course / ".judge" / "releases" / NAME / "0123456789ab.ipynb"
    broken.parent.mkdir(parents=True)
    broken.write_text("{")
    with pytest.raises(CourseError, match=rf"{re.escape(str(broken))}(.|\n)*delete it"):
        grade(lab_course)


def test_records_of_an_earlier_version_cost_nothing_but_a_new_run(
    lab_course: Path, small_lab: Path, judged: Judged
) -> None:
    hand_in(lab_course, "ada", solved(small_lab))
    with sqlite3.connect(lab_course / ".judge" / "records.db") as old:
        old.execute("CREATE TABLE judged (assignment, notebook, student, key, result, written)")
        old.execute("INSERT INTO judged VALUES ('90_small', '90_small', 'ada', 'k', '{}', 'w')")
    old.close()
    assert grade(lab_course)["ada"].score == 5
    with sqlite3.connect(lab_course / ".judge" / "records.db") as newer:
        newer.execute("PRAGMA user_version = 99")
    newer.close()
    with pytest.raises(CourseError, match="made by a later version of the grader"):
        grade(lab_course)
