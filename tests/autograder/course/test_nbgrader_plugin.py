"""Does `nbgrader autograde` with our judge give what `labs grade` gives, and nothing of its own?"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import AssignLatePenalties, SaveAutoGrades

from autograder.course.release import CONFIG
from autograder.errors import CourseError, GraderFault
from autograder.grade import grade_course
from autograder.nbgrader_plugin import JudgeSubmission
from autograder.results import Status, SubmissionResult
from autograder.runs import one
from autograder.sandbox import trial
from labs_cli.places import readable

MEAN = "def mean(values):\n    return sum(values) / len(values)"
# IPython says of each cell after this one that it ran, and runs none.
NO_MORE_CELLS = """async def done(*_, **__):
    return False
get_ipython().run_code = done"""
Tools = dict[str, Callable[..., Any]]
Points = dict[tuple[str, str, str], tuple[float | None, bool, str | None]]


def points(course: Path) -> Points:
    """(student, notebook, cell) → what the gradebook knows."""
    found: Points = {}
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        for submission in gradebook.assignment_submissions("ps1"):
            for nb in submission.notebooks:
                said = {c.name: c.comment for c in nb.comments}
                for g in nb.grades:
                    found[submission.student_id, nb.name, g.name] = (
                        g.auto_score,
                        g.needs_manual_grade,
                        said.get(g.name),
                    )
    return found


def notebooks(course: Path) -> dict[str, NotebookNode]:
    folder = course / "autograded"
    return {str(p.relative_to(folder)): nbformat.read(p, as_version=4) for p in sorted(folder.rglob("*.ipynb"))}


def total(course: Path, student: str, notebook: str) -> float:
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        return float(gradebook.find_submission_notebook(notebook, "ps1", student).score)


@pytest.fixture(scope="module")
def handed_in(released: Path, tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Good, wrong, incomplete and hostile work on two notebooks, with files beside it."""
    course: Path = shutil.copytree(released, tmp_path_factory.mktemp("both") / "course")
    write, hand_in = tools["write"], tools["hand_in"]
    second = write(twice="def twice(x): return x + x")
    hand_in(course, "ada", first=write(mean=MEAN, essay="It moves.", plot="print(2)"), second=second)
    hand_in(
        course,
        "bob",
        first=write(mean="def mean(values): return values[1]"),
        second=write(twice="def twice(x): return 4"),
    )
    hand_in(course, "cyd", first=lambda nb: nb.update(cells=nb.cells[:4]), second=second)
    hand_in(course, "mal", first=write(mean=NO_MORE_CELLS), second=write(twice=NO_MORE_CELLS))
    (course / "submitted" / "mal" / "ps1" / "submission_secret.txt").write_text("0123abc")  # as `nbgrader submit` does
    (course / "secret.txt").write_text("somebody else's")
    (course / "submitted" / "mal" / "ps1" / "page.html").write_text("<script>")
    (course / "submitted" / "mal" / "ps1" / "linked.txt").symlink_to(course / "secret.txt")
    return course


@pytest.fixture(scope="module")
def ours(handed_in: Path, tools: Tools) -> Path:
    """Graded by `labs grade`."""
    course: Path = shutil.copytree(handed_in, handed_in.parents[1] / "both-ours" / "course", symlinks=True)
    grade_course(course, "ps1", workers=1)
    return course


@pytest.fixture(scope="module")
def theirs(handed_in: Path, tools: Tools) -> Path:
    """Graded by `nbgrader autograde` with our judge, which `labs release` writes into a course's configuration."""
    course: Path = shutil.copytree(handed_in, handed_in.parents[1] / "both-theirs" / "course", symlinks=True)
    (course / "nbgrader_config.py").write_text(CONFIG.format(root="."))
    tools["run"](course, "nbgrader", "autograde", "ps1")
    return course


def test_both_ways_give_the_same_points_and_comments(ours: Path, theirs: Path) -> None:
    found = points(theirs)
    assert found == points(ours)
    assert found["ada", "first", "test_mean"] == (2, False, None)
    assert found["ada", "first", "essay"] == (None, True, None)
    assert found["bob", "first", "plot"] == (0, False, "Nothing was written here.")


def test_both_ways_show_a_teacher_the_same(ours: Path, theirs: Path) -> None:
    assert notebooks(theirs) == notebooks(ours)
    assert len(notebooks(ours)) == 8


def test_nothing_else_of_a_submission_stands_beside_it(ours: Path, theirs: Path) -> None:
    for course in (ours, theirs):
        folder = course / "autograded" / "mal" / "ps1"
        kept = {"first.ipynb", "second.ipynb", "timestamp.txt", "submission_secret.txt"}
        assert {p.name for p in folder.iterdir()} == kept
        assert (folder / "submission_secret.txt").read_text() == "0123abc"


def test_what_has_full_points_from_nbgrader_alone_has_none(handed_in: Path, theirs: Path, tools: Tools) -> None:
    stock: Path = shutil.copytree(handed_in, handed_in.parents[1] / "both-stock" / "course", symlinks=True)
    tools["run"](stock, "nbgrader", "autograde", "ps1", "--student", "mal", "--notebook", "second")
    assert total(stock, "mal", "second") == 2
    assert [total(theirs, "mal", notebook) for notebook in ("first", "second")] == [0, 0]


def test_labs_grade_goes_on_from_there(theirs: Path) -> None:
    before = points(theirs)
    assert {r.unchanged for r in grade_course(theirs, "ps1", readable=readable())} == {True}
    assert points(theirs) == before


# ------------------------------------------------------------- in this process


@pytest.fixture
def course(released: Path, tools: Tools, tmp_path: Path) -> Path:
    """With one notebook of two students, and what nbgrader has put into `autograded/` before a preprocessor runs."""
    course: Path = shutil.copytree(released, tmp_path / "course")
    for student in ("ada", "bob"):
        tools["hand_in"](course, student, second=tools["write"](twice="def twice(x): return x + x"))
        (course / "autograded" / student / "ps1").mkdir(parents=True)
    return course


def judge(course: Path, *students: str, beside: tuple[Any, ...] = (), **names: str) -> None:
    """What nbgrader does for each of these students, without its first pass."""
    converter = Autograde(coursedir=CourseDirectory(root=str(course), **names))
    converter.autograde_preprocessors = [JudgeSubmission, *beside]
    preprocessor = JudgeSubmission(parent=NotebookExporter(parent=converter))
    converter.assignments = {str(course / "submitted" / student / "ps1"): [] for student in students}
    converter.notebooks = ["second.ipynb"]
    for student in students:
        with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
            gradebook.update_or_create_student(student)
        what = {"student": student, "assignment": "ps1", "notebook": "second",
                "db_url": f"sqlite:///{course / 'gradebook.db'}"}  # fmt: skip
        preprocessor.preprocess(nbformat.v4.new_notebook(), {"nbgrader": what})


def test_processes_are_kept_from_one_submission_to_the_next(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []

    class Counted(one.Marker):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            made.append(self)

    monkeypatch.setattr(one, "Marker", Counted)
    judge(course, "ada", "bob")
    assert len(made) == 2  # one finds out how the tests are judged, one judges both
    assert one._Kept.marker is None  # the last one ends them


@pytest.mark.parametrize(
    ("beside", "names", "said"),
    [
        ((SaveAutoGrades,), {}, "SaveAutoGrades beside JudgeSubmission"),
        (("nbgrader.preprocessors.Execute",), {}, "Execute beside JudgeSubmission"),
        ((), {"submitted_directory": "inbox"}, "submitted_directory is 'inbox'"),
    ],
)
def test_a_configuration_that_would_give_other_points_is_refused(
    course: Path, beside: tuple[Any, ...], names: dict[str, str], said: str
) -> None:
    with pytest.raises(CourseError, match=said):
        judge(course, "ada", beside=(AssignLatePenalties, *beside), **names)


def test_without_a_sandbox_nothing_is_judged(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(one, "try_sandbox", lambda: trial.Trial("no namespaces here", {}, ()))
    with pytest.raises(CourseError, match="no namespaces here"):
        judge(course, "ada")


def test_a_fault_of_ours_gives_no_points(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    judge(course, "ada")

    fault = SubmissionResult("", "ps1", None, 2, Status.GRADER_ERROR, "the judge broke", 0.0, (), "second")
    monkeypatch.setattr("autograder.runs.one.grade_one", lambda *_: json.dumps(fault.to_json()))
    with pytest.raises(GraderFault, match="the judge broke"):
        judge(course, "ada")
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        assert gradebook.find_submission("ps1", "ada").score == 2  # as before


def test_a_folder_that_is_no_student_leaves_none(course: Path) -> None:
    with pytest.raises(CourseError, match="is no student id"):
        judge(course, "=1+1")
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        assert "=1+1" not in {s.id for s in gradebook.students}


def test_a_student_of_whom_more_is_known_stays(course: Path) -> None:
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        gradebook.add_student("Ada L.", first_name="Ada")
    with pytest.raises(CourseError, match="is no student id"):
        judge(course, "Ada L.")
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        assert "Ada L." in {s.id for s in gradebook.students}


def test_after_it_a_regrade_of_the_file_before_is_written(course: Path) -> None:
    """Not taken for what the gradebook has already."""
    file = course / "submitted" / "ada" / "ps1" / "second.ipynb"
    good = file.read_text()
    grade_course(course, "ps1", student="ada")
    file.write_text(good.replace("x + x", "x + x + x"))
    judge(course, "ada")
    file.write_text(good)
    assert [r.score for r in grade_course(course, "ps1", student="ada")] == [None, 2]
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        assert gradebook.find_submission("ps1", "ada").score == 2
