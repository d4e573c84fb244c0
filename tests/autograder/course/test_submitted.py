"""Does each odd thing in `submitted/` get its sentence, and stop nobody else's grade?"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.utils import parse_utc

from autograder.authoring.build import build_lab
from autograder.authoring.notebooks import to_text
from autograder.course.release import release_lab
from autograder.course.students import ALLOWED, is_student_id
from autograder.grade import grade_course
from autograder.results import Status, SubmissionResult

NAME = "90_small"
FILE = f"{NAME}.ipynb"
Odd = Callable[[Path], object]  # makes something of the folder in which the notebook belongs


def plant(folder: Path) -> Path:
    """What a link points to: somebody else's."""
    target = folder.parents[2] / "others.ipynb"
    target.write_text("canary")
    return target


def named(name: str) -> Odd:
    return lambda folder: (folder / FILE).rename(folder / name)


def linked(folder: Path) -> None:
    (folder / FILE).unlink()
    (folder / FILE).symlink_to(plant(folder))


def linked_folder(folder: Path) -> None:
    folder.rename(folder.with_name("elsewhere"))
    folder.symlink_to("elsewhere")


def linked_student(folder: Path) -> None:
    folder.parent.rename(folder.parents[2] / "elsewhere")
    folder.parent.symlink_to("../elsewhere")


def piped(folder: Path) -> None:
    (folder / FILE).unlink()
    os.mkfifo(folder / FILE)


def a_folder(folder: Path) -> None:
    (folder / FILE).unlink()
    (folder / FILE).mkdir()


def grown(folder: Path) -> None:
    with (folder / FILE).open("ab") as file:
        file.truncate(30 << 20)


def only_expected(found: str) -> str:
    return f"{FILE} is expected, but found was only: {found}. Give it its name again."


ODD: dict[str, tuple[Odd, str]] = {
    "downloaded twice": (named("90_small (1).ipynb"), only_expected("‘90_small (1).ipynb’")),
    "other case": (named("90_Small.IPYNB"), only_expected("‘90_Small.IPYNB’")),
    "markup in its name": (named("<img src=x onerror=alert(1)>.ipynb"), only_expected("‘<img src=x onerror=alert(1)>.ipynb’")),
    "codes in its name": (named("\x1b[2J\u202e.ipynb"), only_expected("‘\\u001b[2J\\u202e.ipynb’")),
    "a name that is no text": (named(os.fsdecode(b"\xff.ipynb")), only_expected("‘\\udcff.ipynb’")),
    "a link": (linked, f"{FILE} is a symbolic link. Hand in the file itself."),
    "a link to nothing": (lambda folder: ((folder / FILE).unlink(), (folder / FILE).symlink_to("nothing")), f"{FILE} is a symbolic link. Hand in the file itself."),
    "a folder that is a link": (linked_folder, f"The folder {NAME} is a symbolic link. Hand in the folder itself."),
    "a student that is a link": (linked_student, "The folder {student} is a symbolic link. Hand in the folder itself."),
    "a pipe": (piped, f"{FILE} is no file. Hand in the notebook itself."),
    "a folder": (a_folder, f"{FILE} is no file. Hand in the notebook itself."),
    "too large": (grown, "The file is larger than 20 MB. Clear the outputs and hand it in again."),
    "empty": (lambda folder: (folder / FILE).write_bytes(b""), "The file is not JSON: was it saved completely?"),
}  # fmt: skip


NAMES = ["=1+1", "+1", "-1", "@sum", "<script>alert(1)", 'a"b', "a'b", "a,b", "a\nb", "a\x1b[2J", "a\u202eb", "a b", "x" * 65,
         "a;b", "{{7*7}}", "ada\u3164", "ａda", "=HYPERLINK(1)", "\tada", "ada#", os.fsdecode(b"\xff")]  # fmt: skip
TIMES = [b"", b"\xff", b"soon", b"9" * 400, b"2026-03-01 12:00:00 <script>", b"99999999999999999999-01-01"]


def hand_in(course: Path, student: str, content: str) -> Path:
    folder = course / "submitted" / student / NAME
    folder.mkdir(parents=True)
    (folder / FILE).write_text(content)
    (folder / "timestamp.txt").write_text("2026-03-01 12:00:00 UTC")
    return folder


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory, small_lab: Path) -> Path:
    """Good answers in all that is odd, and one student to whom nothing odd happens."""
    course = tmp_path_factory.mktemp("odd") / "course"
    release_lab(small_lab, course)
    good = to_text(build_lab(small_lab).nbgrader_source)
    hand_in(course, "ada", good)
    for n, (make, _) in enumerate(ODD.values()):
        make(hand_in(course, f"odd{n}", good))
    for name in NAMES:
        hand_in(course, name, good)
    for n, time in enumerate(TIMES):
        (hand_in(course, f"time{n}", good) / "timestamp.txt").write_bytes(time)
    stamp = hand_in(course, "linked-time", good) / "timestamp.txt"
    stamp.unlink()
    stamp.symlink_to(course / "submitted" / "ada" / NAME / "timestamp.txt")
    hand_in(course, ".ipynb_checkpoints", good)
    hidden = hand_in(course, "hidden", good)
    (hidden / FILE).rename(hidden / f".{FILE}")
    return course


@pytest.fixture(scope="module")
def results(course: Path) -> dict[str, SubmissionResult]:
    """One run over all of them."""
    return {r.student: r for r in grade_course(course, NAME)}


def test_the_run_goes_on(results: dict[str, SubmissionResult]) -> None:
    assert results["ada"].score == 5
    assert len(results) == 1 + len(ODD) + len(NAMES) + len(TIMES) + 2


@pytest.mark.parametrize(("student", "name"), [(f"odd{n}", name) for n, name in enumerate(ODD)])
def test_what_is_odd_is_said(course: Path, results: dict[str, SubmissionResult], student: str, name: str) -> None:
    result, sentence = results[student], ODD[name][1].format(student=student)
    assert (result.status, result.score, result.message) == (Status.REJECTED, 0, sentence)
    assert {e.message for e in result.exercises} == {"Not judged."}
    nb = nbformat.read(course / "autograded" / student / NAME / FILE, as_version=4)
    assert nb.cells[0].source == f"```text\n{sentence}\n```"
    assert "canary" not in str(nb)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_a_page_or_a_table_would_run_is_refused(
    course: Path, results: dict[str, SubmissionResult], name: str
) -> None:
    wanted = f"The name of this folder is no student id, and nothing in it is read. Allowed are {ALLOWED}. Rename it."
    assert (results[name].status, results[name].score, results[name].message) == (Status.REJECTED, 0, wanted)
    assert not (course / "autograded" / name).exists()
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        assert all(is_student_id(s.id) for s in gradebook.students)


@pytest.mark.parametrize("student", [*(f"time{n}" for n in range(len(TIMES))), "linked-time"])
def test_a_time_that_is_none_is_left_out(course: Path, results: dict[str, SubmissionResult], student: str) -> None:
    assert results[student].score == 5
    kept = course / "autograded" / student / NAME / "timestamp.txt"
    assert not kept.exists() or (student != "linked-time" and parse_utc(kept.read_text()))


def test_hidden_folders_and_files_are_nobodys(results: dict[str, SubmissionResult]) -> None:
    assert ".ipynb_checkpoints" not in results
    assert results["hidden"].status is Status.NOT_SUBMITTED


def test_what_cannot_be_read_is_nobodys_zero(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root can read everything, so the refusal is acted."""
    opened = os.open

    def refuse(path: object, *args: object, **kwargs: object) -> int:
        if str(path).endswith(f"ada/{NAME}/{FILE}"):
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", refuse)
    (result,) = grade_course(course, NAME, student="ada")
    assert (result.status, result.score) == (Status.GRADER_ERROR, None)
    assert result.message == f"{FILE} of ada cannot be read: Permission denied"
