"""A fault of the disk: one clear error, and afterwards nothing is lost and nothing judged twice?"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from faulted import DESERVED, PROGRESS, STUDENTS, all_is_there, grade, in_namespace, nobody_may_read, scores, told
from nbgrader.api import Gradebook
from sample_courses import NAME, plain_course, student_id

from autograder.course.faults import naming_files
from autograder.errors import CourseError


@pytest.mark.parametrize(("place", "free"), [(".", 72), ("autograded", 20)], ids=["at the beginning", "in the middle"])
def test_a_full_disk(graded_course: Path, tmp_path: Path, place: str, free: int) -> None:
    """Of the course, or of the graded notebooks alone; so many kB are left."""
    (tmp_path / "disk").mkdir()
    (graded_course / "autograded").mkdir()
    said = in_namespace(
        """
        mount -t tmpfs -o size=64m tmpfs $DISK
        cp -r $PLACE/. $DISK
        mount -o remount,size=$(( $(du -sk $DISK | cut -f1) + FREE ))k $DISK
        mount --bind $DISK $PLACE
        $GRADE $COURSE && exit 7
        true
        """,
        DISK=tmp_path / "disk",
        PLACE=graded_course / place,
        COURSE=graded_course,
        FREE=free,
    )
    told(said, str(graded_course / place), "free space there")
    assert re.search("is full|No space left", said)
    assert (len(PROGRESS.findall(said)) in range(1, STUDENTS)) == (place != ".")
    all_is_there(graded_course)


@pytest.mark.long
def test_a_full_disk_while_judging(tmp_path: Path) -> None:
    """The records cannot be written: the submission counts as not judged, and the ones before stay."""
    course = plain_course(tmp_path / "course", 3)
    (tmp_path / "disk").mkdir()
    said = in_namespace(
        """
        mount -t tmpfs -o size=64m tmpfs $DISK
        cp -r $COURSE/. $DISK
        $GRADE $DISK --student student-00000
        mount -o remount,size=$(du -sk $DISK | cut -f1)k $DISK
        $GRADE $DISK && exit 7
        mount -o remount,size=64m $DISK
        $GRADE $DISK
        rm -rf $COURSE
        cp -r $DISK $COURSE
        """,
        DISK=tmp_path / "disk",
        COURSE=course,
    )
    told(said, str(tmp_path / "disk"), "free space there")
    assert [state for student, state in PROGRESS.findall(said) if student == student_id(0)].count("graded") == 1
    assert scores(course) == {s: DESERVED[s] for s in list(DESERVED)[:3]}


@pytest.mark.parametrize(
    "place",
    [".", *(pytest.param(p, marks=pytest.mark.long) for p in ("gradebook.db", ".judge/records.db", "autograded"))],
)
def test_what_cannot_be_written(graded_course: Path, place: str) -> None:
    """The course, or one file or folder of it, on a mount that is read-only: as root feels it, too."""
    if not (graded_course / place).exists():
        (graded_course / "autograded").mkdir(exist_ok=True)
        with Gradebook(f"sqlite:///{graded_course / 'gradebook.db'}"):
            pass
    said = in_namespace(
        """
        mount --bind $PLACE $PLACE
        mount -o remount,bind,ro $PLACE
        $GRADE $COURSE && exit 7
        true
        """,
        PLACE=graded_course / place,
        COURSE=graded_course,
    )
    told(said, str(graded_course / place if place != "." else graded_course), "writable")
    all_is_there(graded_course)


def test_a_file_in_place_of_a_folder(graded_course: Path) -> None:
    """In the middle: one student's place in autograded/ is taken."""
    (graded_course / "autograded").mkdir()
    taken = graded_course / "autograded" / student_id(3)
    taken.write_text("")
    with pytest.raises(CourseError, match=re.escape(str(taken))) as error, naming_files(graded_course):
        grade(graded_course)
    assert "move what is there away" in error.value.fix
    assert len(list((graded_course / "autograded").glob("*/*/*.ipynb"))) == 3
    taken.unlink()
    all_is_there(graded_course)


@pytest.mark.parametrize("place", ["squares/squares.ipynb", "squares", "."])
def test_a_submission_that_cannot_be_read(graded_course: Path, place: str) -> None:
    """Of another owner, who lets nobody in: its student is named, the others are graded."""
    path = graded_course / "submitted" / student_id(4) / place
    with nobody_may_read(path) as run:
        said = run("$GRADE $COURSE && exit 7\ntrue", COURSE=graded_course)
    assert "Traceback" not in said
    assert f"{NAME}.ipynb of {student_id(4)} cannot be read: Permission denied" in said
    assert scores(graded_course) == {s: 0 if s == student_id(4) else score for s, score in DESERVED.items()}
    all_is_there(graded_course)


def test_submitted_that_cannot_be_read(graded_course: Path) -> None:
    path = graded_course / "submitted"
    with nobody_may_read(path) as run:
        said = run("$GRADE $COURSE && exit 7\ntrue", COURSE=graded_course)
    told(said, str(path), "Permission denied")
    all_is_there(graded_course)


@pytest.mark.parametrize("files", [3, 5, 8], ids=["for the trial", "for the workers", "for a submission"])
def test_a_full_disk_of_temporary_files(graded_course: Path, tmp_path: Path, files: int) -> None:
    """So many fit on it: who cannot be judged gets no score, the place is named, and the next run judges."""
    (tmp_path / "disk").mkdir()
    said = in_namespace(
        """
        mount -t tmpfs -o nr_inodes=$FILES tmpfs $DISK
        TMPDIR=$DISK $GRADE $COURSE --force && exit 7
        true
        """,
        DISK=tmp_path / "disk",
        COURSE=graded_course,
        FILES=files,
    )
    assert "Traceback" not in said
    assert said.count("No space left on device") == (len(PROGRESS.findall(said)) or 1)
    assert str(tmp_path / "disk") in said
    assert {state for _, state in PROGRESS.findall(said)} <= {"grader_error"}
    all_is_there(graded_course)
