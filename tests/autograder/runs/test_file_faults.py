"""A gradebook, or another file of the grader, that cannot be used: one clear error, and afterwards all is there?"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from faulted import AGAIN, DESERVED, all_is_there, grade, scores
from nbgrader.api import Gradebook
from sqlalchemy import text

from autograder.course import waiting
from autograder.errors import CourseError


@pytest.mark.parametrize("name", ["gradebook.db", ".judge/records.db"])
def test_what_is_damaged(graded_course: Path, name: str) -> None:
    path = graded_course / name
    kept = path.read_bytes() if path.exists() else b""
    path.write_bytes(b"no database, but long enough to be looked at" * 100)
    with pytest.raises(CourseError, match=f"{re.escape(str(path))} is damaged") as error:
        grade(graded_course)
    assert AGAIN in error.value.fix
    path.unlink()
    if kept:
        path.write_bytes(kept)
    all_is_there(graded_course)


@pytest.mark.parametrize("name", ["gradebook.db", ".judge/records.db"])
def test_a_folder_in_place_of_a_file(graded_course: Path, name: str) -> None:
    path = graded_course / name
    if path.exists():
        path.rename(path.with_suffix(".kept"))
    path.mkdir()
    with pytest.raises(CourseError, match=f"{re.escape(str(path))} is a folder"):
        grade(graded_course)
    path.rmdir()
    if path.with_suffix(".kept").exists():
        path.with_suffix(".kept").rename(path)
    all_is_there(graded_course)


def test_a_gradebook_of_an_older_nbgrader_is_left_as_it_is(graded_course: Path) -> None:
    with Gradebook(f"sqlite:///{graded_course / 'gradebook.db'}") as gradebook:
        gradebook.db.execute(text("UPDATE alembic_version SET version_num = '50a4d84c131a'"))
        gradebook.db.commit()
    before = (graded_course / "gradebook.db").read_bytes()
    with pytest.raises(CourseError, match="50a4d84c131a") as error:
        grade(graded_course)
    assert "nbgrader db upgrade" in error.value.fix
    assert (graded_course / "gradebook.db").read_bytes() == before


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
def test_a_lock_is_waited_for_and_said(
    graded_course: Path, hold: Callable[[Path], Callable[[], None]], results: int
) -> None:
    """The lock ends when the sentence has come."""
    with Gradebook(f"sqlite:///{graded_course / 'gradebook.db'}"):
        pass
    ends: list[Callable[[], None]] = []
    said: list[str] = []

    def lock(done: int) -> None:
        if done == results:
            ends.append(hold(graded_course / "gradebook.db"))

    def end(sentence: str) -> None:
        said.append(sentence)
        ends.pop()()

    lock(0)
    grade(graded_course, on_result=lambda _, done, total: lock(done), on_wait=end)
    assert len(said) == 1
    assert str(graded_course / "gradebook.db") in said[0]
    assert scores(graded_course) == DESERVED


def test_a_lock_that_stays_is_an_error(
    graded_course: Path, hold: Callable[[Path], Callable[[], None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Gradebook(f"sqlite:///{graded_course / 'gradebook.db'}"):
        pass
    monkeypatch.setattr(waiting, "PATIENCE", 0)
    end = hold(graded_course / "gradebook.db")
    with pytest.raises(CourseError, match="somebody else is writing to it") as error:
        grade(graded_course)
    assert "formgrader" in error.value.fix
    end()
    all_is_there(graded_course)


def test_a_secret_that_is_cut_short_is_no_secret(graded_course: Path) -> None:
    (graded_course / ".judge" / "secret").write_bytes(b"")
    with pytest.raises(CourseError, match="hidden inputs could be guessed"):
        grade(graded_course)
