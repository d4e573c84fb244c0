"""A fault of the disk or the gradebook: one clear error, and afterwards nothing is lost and nothing judged twice?"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook
from sample_courses import NAME, POINTS, is_right, plain_course, student_id
from sqlalchemy import text

from autograder.course import waiting
from autograder.course.faults import naming_files
from autograder.errors import CourseError
from autograder.grade import grade_course
from autograder.results import SubmissionResult
from labs_cli.places import readable

STUDENTS = 6
LABS = [sys.executable, "-m", "labs_cli.main"]
GRADE = [*LABS, "grade", NAME, "--trust-submissions", "--workers", "1", "--course"]  # no sandbox in such a namespace
IN_NAMESPACE = ["unshare", "--map-root-user", "--user", "--mount", "bash", "-ec"]
PROGRESS = re.compile(r"^\d+/\d+  (student-\d+)  (\w+)", re.MULTILINE)
AGAIN = "run the same command again"
Say = Callable[[str], None]


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course whose submissions are judged; gradebook and graded notebooks are lost and have to be written anew."""
    course = plain_course(tmp_path_factory.mktemp("judged") / "course", STUDENTS)
    grade(course)
    (course / "gradebook.db").unlink()
    shutil.rmtree(course / "autograded")
    return course


@pytest.fixture
def course(judged: Path, tmp_path: Path) -> Path:
    """A copy of it, for a test to break."""
    return Path(shutil.copytree(judged, tmp_path / "course"))


def grade(course: Path, **options: Any) -> list[SubmissionResult]:
    return grade_course(course, NAME, workers=1, trust_submissions=True, readable=readable(), **options)


def scores(course: Path) -> dict[str, float]:
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        return {s.student_id: s.score for s in gradebook.assignment_submissions(NAME)}


DESERVED = {student_id(n): POINTS if is_right(n) else 0.0 for n in range(STUDENTS)}


def told(text: str, *parts: str) -> None:
    """One error of two lines, with its file and its fix, and no traceback."""
    assert "Traceback" not in text
    assert text.count("fix:") == 1, text
    for part in (*parts, AGAIN):
        assert part in text, text


def all_is_there(course: Path) -> None:
    """The same command completes: every score, and no submission judged again."""
    results = grade(course)
    assert [r.unchanged for r in results] == [True] * STUDENTS
    assert scores(course) == DESERVED
    assert len(list((course / "autograded").glob("*/*/*.ipynb"))) == STUDENTS


def in_namespace(script: str, **values: object) -> str:
    """Run a script as root of a mount namespace of its own; what it says."""
    env = {**os.environ, **{name: str(value) for name, value in values.items()}, "GRADE": " ".join(GRADE)}
    done = subprocess.run([*IN_NAMESPACE, script], env=env, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize(("place", "free"), [(".", 72), ("autograded", 20)], ids=["at the beginning", "in the middle"])
def test_a_full_disk(course: Path, tmp_path: Path, place: str, free: int) -> None:
    """Of the course, or of the graded notebooks alone; so many kB are left."""
    (tmp_path / "disk").mkdir()
    (course / "autograded").mkdir()
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
        PLACE=course / place,
        COURSE=course,
        FREE=free,
    )
    told(said, str(course / place), "free space there")
    assert re.search("is full|No space left", said)
    assert (len(PROGRESS.findall(said)) in range(1, STUDENTS)) == (place != ".")
    all_is_there(course)


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
def test_what_cannot_be_written(course: Path, place: str) -> None:
    """The course, or one file or folder of it, on a mount that is read-only: as root feels it, too."""
    if not (course / place).exists():
        (course / "autograded").mkdir(exist_ok=True)
        with Gradebook(f"sqlite:///{course / 'gradebook.db'}"):
            pass
    said = in_namespace(
        """
        mount --bind $PLACE $PLACE
        mount -o remount,bind,ro $PLACE
        $GRADE $COURSE && exit 7
        true
        """,
        PLACE=course / place,
        COURSE=course,
    )
    told(said, str(course / place if place != "." else course), "writable")
    all_is_there(course)


@pytest.mark.parametrize("name", ["gradebook.db", ".judge/records.db"])
def test_what_is_damaged(course: Path, name: str) -> None:
    path = course / name
    kept = path.read_bytes() if path.exists() else b""
    path.write_bytes(b"no database, but long enough to be looked at" * 100)
    with pytest.raises(CourseError, match=f"{re.escape(str(path))} is damaged") as error:
        grade(course)
    assert AGAIN in error.value.fix
    path.unlink()
    if kept:
        path.write_bytes(kept)
    all_is_there(course)


@pytest.mark.parametrize("name", ["gradebook.db", ".judge/records.db"])
def test_a_folder_in_place_of_a_file(course: Path, name: str) -> None:
    path = course / name
    if path.exists():
        path.rename(path.with_suffix(".kept"))
    path.mkdir()
    with pytest.raises(CourseError, match=f"{re.escape(str(path))} is a folder"):
        grade(course)
    path.rmdir()
    if path.with_suffix(".kept").exists():
        path.with_suffix(".kept").rename(path)
    all_is_there(course)


def test_a_file_in_place_of_a_folder(course: Path) -> None:
    """In the middle: one student's place in autograded/ is taken."""
    (course / "autograded").mkdir()
    taken = course / "autograded" / student_id(3)
    taken.write_text("")
    with pytest.raises(CourseError, match=re.escape(str(taken))) as error, naming_files(course):
        grade(course)
    assert "move what is there away" in error.value.fix
    assert len(list((course / "autograded").glob("*/*/*.ipynb"))) == 3
    taken.unlink()
    all_is_there(course)


def test_a_gradebook_of_an_older_nbgrader_is_left_as_it_is(course: Path) -> None:
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        gradebook.db.execute(text("UPDATE alembic_version SET version_num = '50a4d84c131a'"))
        gradebook.db.commit()
    before = (course / "gradebook.db").read_bytes()
    with pytest.raises(CourseError, match="50a4d84c131a") as error:
        grade(course)
    assert "nbgrader db upgrade" in error.value.fix
    assert (course / "gradebook.db").read_bytes() == before


HOLD = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def hold() -> Iterator[Callable[[Path], Callable[[], None]]]:
    """Lock a database from another process; returns what ends that."""
    started: list[subprocess.Popen[str]] = []

    def start(path: Path) -> Callable[[], None]:
        command = [sys.executable, "-c", HOLD, str(path)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"

        def end() -> None:
            process.send_signal(signal.SIGKILL)
            process.wait()

        return end

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("results", [0, 4], ids=["at the beginning", "in the middle"])
def test_a_lock_is_waited_for_and_said(course: Path, hold: Callable[[Path], Callable[[], None]], results: int) -> None:
    """The lock ends when the sentence has come."""
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}"):
        pass
    ends: list[Callable[[], None]] = []
    said: list[str] = []

    def lock(done: int) -> None:
        if done == results:
            ends.append(hold(course / "gradebook.db"))

    def end(sentence: str) -> None:
        said.append(sentence)
        ends.pop()()

    lock(0)
    grade(course, on_result=lambda _, done, total: lock(done), on_wait=end)
    assert len(said) == 1
    assert str(course / "gradebook.db") in said[0]
    assert scores(course) == DESERVED


def test_a_lock_that_stays_is_an_error(
    course: Path, hold: Callable[[Path], Callable[[], None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}"):
        pass
    monkeypatch.setattr(waiting, "PATIENCE", 0)
    end = hold(course / "gradebook.db")
    with pytest.raises(CourseError, match="somebody else is writing to it") as error:
        grade(course)
    assert "formgrader" in error.value.fix
    end()
    all_is_there(course)


def test_a_secret_that_is_cut_short_is_no_secret(course: Path) -> None:
    (course / ".judge" / "secret").write_bytes(b"")
    with pytest.raises(CourseError, match="hidden inputs could be guessed"):
        grade(course)
