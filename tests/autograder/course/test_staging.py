"""Does a release that is killed leave the old one or the new one, and never a mix of both?"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook

from autograder.course import release
from autograder.course.release import earlier_releases, release_lab
from autograder.course.staging import DECIDED, PREPARED, decide, finish_release
from autograder.course.tree import private_folder
from autograder.errors import CourseError
from autograder.grade import grade_course

NAME = "90_small"
FILE = f"{NAME}.ipynb"
KILLED = 9
WRITES = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "shutil.rmtree")


def killed_at(number: int, act: Callable[[], Any], inside: Path) -> bool:
    """Do it in a forked process that ends, like one that is killed, before its so-manieth change inside a folder."""
    child = os.fork()
    if not child:
        left = number

        def count(event: str, arguments: tuple[Any, ...]) -> None:
            nonlocal left
            opened = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
            if (event in WRITES or opened) and str(arguments[0]).startswith(str(inside)):
                left -= 1
                if left < 0:
                    os._exit(KILLED)

        sys.addaudithook(count)
        try:
            act()
        except BaseException:
            os._exit(1)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, KILLED)
    return code == KILLED


def source(number: int) -> bytes:
    return b'{"metadata": {"lab": {"release": "%012x"}}}' % number


def put(folder: Path, number: int) -> None:
    """What a release of that number is."""
    files = {f"source/{NAME}/{FILE}": source(number), f"release/{NAME}/{FILE}": b"learner %d" % number}
    for path, content in {**files, f"release/{NAME}/data-{number}.csv": b"1,2"}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


def files(course: Path) -> dict[str, bytes]:
    roots = (course / "source", course / "release")
    return {str(p.relative_to(course)): p.read_bytes() for root in roots for p in root.rglob("*") if p.is_file()}


def made(tmp_path: Path, name: str, number: int) -> dict[str, bytes]:
    put(tmp_path / name, number)
    return files(tmp_path / name)


def test_killed_at_every_write(tmp_path: Path) -> None:
    old, new = made(tmp_path, "old", 1), made(tmp_path, "new", 2)
    ended_as: list[dict[str, bytes]] = []
    for number in range(1000):
        course = tmp_path / f"course-{number}"
        put(course, 1)
        private = course / ".judge"
        put(private / PREPARED, 2)
        killed = killed_at(number, lambda: decide(course, private), course)  # noqa: B023 (it is called at once)
        for path, content in files(course).items():
            if ".writing-" not in path:
                assert content in (old.get(path), new.get(path)), "a file is whole"
        finish_release(course, private)
        ended_as.append({path: content for path, content in files(course).items() if ".writing-" not in path})
        assert ended_as[-1] in (old, new)
        assert [p.name for p in private.iterdir()] == (["releases"] if ended_as[-1] == new else [])
        if not killed:
            break
    assert len(ended_as) > 15
    assert ended_as[0] == old, "before the rename that counts"
    assert all(end == new for end in ended_as[1:])
    assert (private / "releases" / NAME / f"{1:012x}.ipynb").read_bytes() == source(1)


@pytest.fixture
def again(lab_course: Path, tmp_path: Path, small_lab: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """A course with the small lab, and the lab with other points; releases do not judge the reference here."""
    monkeypatch.setattr(release, "_recorded_counts", lambda *_: {})
    lab = tmp_path / "labs" / NAME
    lab.mkdir(parents=True)
    (lab / "lab.py").write_text((small_lab / "lab.py").read_text().replace("points=2", "points=7"))
    return lab_course, lab


@pytest.mark.parametrize("place", [f".judge/{PREPARED}", f".judge/{PREPARED}/release/{NAME}/{FILE}", "source"])
def test_a_whole_release_that_is_killed(again: tuple[Path, Path], place: str) -> None:
    """Before it is prepared, after nbgrader has changed the gradebook, and once it is decided."""
    course, lab = again
    before = files(course)
    assert killed_at(place.endswith(PREPARED), lambda: release_lab(lab, course), course / place)
    decided = (course / ".judge" / DECIDED).is_dir()
    assert decided == (place == "source")
    assert files(course) == before
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        assert gradebook.find_assignment(NAME).max_score == (5 if place.endswith(PREPARED) else 10)
    (course / "submitted" / "ada" / NAME).mkdir(parents=True)
    (course / "submitted" / "ada" / NAME / FILE).write_text("no notebook")
    (result,) = grade_course(course, NAME)
    assert result.max_score == (10 if decided else 5)
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        assert gradebook.find_assignment(NAME).max_score == result.max_score
    assert (files(course) == before) is not decided
    assert len(earlier_releases(course, NAME)) == decided


def test_files_beside_a_source_are_released_and_stay(again: tuple[Path, Path]) -> None:
    course, lab = again
    (course / "source" / NAME / "data.csv").write_text("1,2")
    (course / "release" / NAME / "old.csv").write_text("1,2")
    release_lab(lab, course)
    assert (course / "source" / NAME / "data.csv").is_file()
    assert {p.name for p in (course / "release" / NAME).iterdir()} == {FILE, "data.csv"}


def test_not_while_it_is_graded(again: tuple[Path, Path]) -> None:
    course, lab = again
    before = files(course)
    with private_folder(course), pytest.raises(CourseError, match="another run grades"):
        release_lab(lab, course)
    assert files(course) == before
