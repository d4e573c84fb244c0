"""Does the attempt count that the course says, at the time at which it was handed in?"""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbgrader.api import Gradebook
from sample_courses import NAME, POINTS, hand_in

from autograder.course.attempts import MOST, attempts_of, keep_attempt
from autograder.course.gradebook import extend, open_gradebook
from autograder.course.late import LatePenalties
from autograder.course.settings import read_settings
from autograder.errors import CourseError
from autograder.grade import grade_course
from autograder.results import Status, SubmissionResult
from autograder.runs import notebook_run
from autograder.runs.answers import Lost

FILE = f"{NAME}.ipynb"
RIGHT, WRONG = "def squares(n):\n    return np.arange(1, n + 1) ** 2", "def squares(n):\n    return n"
HALF = f'{RIGHT}\nprint("the same")'  # as many points, in other bytes
ZERO = 'c = get_config()\nc.LateSubmissionPlugin.penalty_method = "zero"\n'
NOW = dt.datetime(2026, 3, 2, 12)
Judged = list[Any]


@pytest.fixture
def course(empty_course: Path, tmp_path: Path) -> Path:
    """A course in which nobody has handed in anything, and the best attempt counts."""
    course = Path(shutil.copytree(empty_course, tmp_path / "course"))
    (course / "course.toml").write_text('attempts = "best"\n')
    return course


def notebook(course: Path, answer: str) -> Any:
    nb = nbformat.read(course / "source" / NAME / FILE, as_version=4)
    nb.cells[1].source = answer
    return nb


def attempt(course: Path, day: int, answer: str, student: str = "ada") -> Path:
    content = nbformat.writes(notebook(course, answer)).encode()
    return keep_attempt(course, student, NAME, {FILE: content}, f"2026-03-{day:02} 12:00:00.000000 UTC")


def last(course: Path, time: str, answer: str, student: str = "ada") -> Path:
    """What nbgrader's `collect` would leave in submitted/."""
    hand_in(course, student, notebook(course, answer))
    stamp = course / "submitted" / student / NAME / "timestamp.txt"
    stamp.write_text(time)
    return stamp


def grade(course: Path, **options: Any) -> SubmissionResult:
    (result,) = grade_course(course, NAME, **options)
    return result


def due(course: Path, when: str) -> None:
    with open_gradebook(course) as gradebook:
        gradebook.update_or_create_assignment(NAME, duedate=when)


def row(course: Path) -> tuple[str, float, float]:
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        found = gradebook.find_submission(NAME, "ada")
        return str(found.timestamp), found.score, found.late_submission_penalty


def test_the_best_counts_and_says_so(course: Path, judged: Judged) -> None:
    """Of two that are as good the earlier, each judged once, and with its own time."""
    attempt(course, 1, WRONG)
    attempt(course, 2, RIGHT)
    attempt(course, 3, HALF)
    last(course, "2026-03-04 12:00:00 UTC", WRONG + "  # again")
    result = grade(course)
    assert (result.score, result.attempt, result.submitted) == (POINTS, "2 of 4", "2026-03-02 12:00:00 UTC")
    assert result.message.startswith("Attempt 2 of 4 counts, handed in 2026-03-02 12:00:00 UTC")
    assert row(course) == ("2026-03-02 12:00:00", POINTS, 0)
    shown = nbformat.read(course / "autograded" / "ada" / NAME / FILE, as_version=4)
    assert "Attempt 2 of 4 counts" in shown.cells[0].source
    assert RIGHT in [c.source for c in shown.cells]
    assert len(judged) == 4
    assert grade(course).unchanged
    assert len(judged) == 4


def test_the_time_is_that_of_the_attempt_that_counts(course: Path, judged: Judged) -> None:
    """Also where nobody knows it, so that another attempt's is not late in its place?"""
    (course / "nbgrader_config.py").write_text(ZERO)
    attempt(course, 5, WRONG)
    due(course, "2026-03-03 00:00 UTC")
    assert grade(course).submitted == "2026-03-05 12:00:00 UTC"
    last(course, "", RIGHT).unlink()
    result = grade(course)
    assert (result.score, result.submitted, result.attempt) == (POINTS, "", "2 of 2")
    assert row(course) == ("None", POINTS, 0)


def test_the_last_counts_where_nothing_else_is_said(course: Path, judged: Judged) -> None:
    (course / "course.toml").unlink()
    attempt(course, 1, RIGHT)
    last(course, "2026-03-04 12:00:00 UTC", WRONG)
    result = grade(course)
    assert (result.score, result.attempt, result.submitted) == (0, "", "2026-03-04 12:00:00 UTC")
    assert len(judged) == 1


def test_the_best_is_the_best_after_late_penalties(course: Path, judged: Judged) -> None:
    """And another due date, or more time, lets another count, without judging again."""
    (course / "nbgrader_config.py").write_text(ZERO)
    attempt(course, 1, WRONG)
    attempt(course, 5, RIGHT)
    due(course, "2026-03-03 00:00 UTC")
    assert (grade(course).attempt, row(course)) == ("1 of 2", ("2026-03-01 12:00:00", 0, 0))
    with open_gradebook(course) as gradebook:
        assert extend(gradebook, NAME, "ada", dt.timedelta(days=3)) == dt.datetime(2026, 3, 6)
    assert (grade(course).attempt, row(course)) == ("2 of 2", ("2026-03-05 12:00:00", POINTS, 0))
    assert grade(course, force=True).attempt == "2 of 2", "a regrade keeps the extension"
    with open_gradebook(course) as gradebook:
        extend(gradebook, NAME, "ada", dt.timedelta())
    (course / "course.toml").unlink()
    last(course, "2026-03-05 12:00:00 UTC", RIGHT)
    result, before = grade(course), len(judged)
    assert (result.score, result.late_penalty, row(course)[1:]) == (POINTS, POINTS, (POINTS, POINTS))
    due(course, "2026-03-05 12:00 UTC")
    assert (grade(course).late_penalty, row(course)[2], len(judged)) == (0, 0, before)


def test_a_run_that_is_cut_short_leaves_no_score_without_its_penalty(course: Path, judged: Judged) -> None:
    (course / "nbgrader_config.py").write_text(ZERO)
    last(course, "2026-03-05 12:00:00 UTC", RIGHT)
    due(course, "2026-03-03 00:00 UTC")

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        grade(course, on_result=stop)
    assert row(course)[1:] == (POINTS, POINTS)


def test_an_attempt_that_we_could_not_judge_decides_nothing(
    course: Path, judged: Judged, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt(course, 1, WRONG)
    assert grade(course).score == 0
    attempt(course, 2, RIGHT)

    def lost() -> str:
        raise Lost("the worker process ended 2 times (status 9)")

    with monkeypatch.context() as patch:
        patch.setattr(
            notebook_run, "grade_each", lambda task, work, *_: ((each, content, lost) for each, content in work)
        )
        result = grade(course)
    assert (result.status, result.score, result.attempt) == (Status.GRADER_ERROR, None, "2 of 2")
    assert "Attempt 2 of 2 was not judged" in result.message
    assert row(course)[1] == 0
    assert grade(course).score == POINTS


def test_what_can_be_read_counts_before_what_cannot(course: Path, judged: Judged) -> None:
    (attempt(course, 1, WRONG) / FILE).write_text("no notebook")
    attempt(course, 2, WRONG)
    assert (grade(course).status, grade(course).attempt) == (Status.GRADED, "2 of 2")


def test_folders_are_read_as_in_nbgraders_inbound(course: Path) -> None:
    folder = course / "attempts"
    for name in (
        f"ada+{NAME}+2026-03-01 12:00:00.000000 UTC+q83vEg",
        f"a+b@example.org+{NAME}+2026-03-02 12:00:00 UTC",
        f"ada+other+{NAME}s+2026-03-01 12:00:00 UTC",
        f"ada+{NAME}+soon",
        f".hidden+{NAME}+2026-03-01 12:00:00 UTC",
        "ada",
    ):
        (folder / name).mkdir(parents=True)
    (folder / f"eve+{NAME}+2026-03-01 12:00:00 UTC").symlink_to(course / "source")
    last(course, "2026-03-01 12:00:00 UTC", RIGHT)
    found = attempts_of(course, NAME, (FILE,), "best")
    assert {s: [str(a.time) for a in each] for s, each in found.items()} == {
        "a+b@example.org": ["2026-03-02 12:00:00"],
        "ada": ["2026-03-01 12:00:00"],  # the same as in submitted/
        "eve": ["2026-03-01 12:00:00"],
    }
    with pytest.raises(Exception, match="is a symbolic link"):
        found["eve"][0].read(FILE)


def test_so_many_are_looked_at(course: Path) -> None:
    for n in range(MOST + 5):
        (course / "attempts" / f"ada+{NAME}+2026-03-01 {n // 60:02}:{n % 60:02}:00 UTC").mkdir(parents=True)
    found = attempts_of(course, NAME, (FILE,), "best")["ada"]
    assert (len(found), str(found[0].time)) == (MOST, "2026-03-01 00:05:00")


@pytest.mark.parametrize(
    ("time", "due_date", "says"),
    [
        ("soon", None, "timestamp.txt beside it names no time: when it was handed in is not known."),
        (None, NOW, "There is no timestamp.txt beside it: when it was handed in is not known."),
        (None, None, ""),
        ("2026-03-02 12:04:00 UTC", NOW, ""),
        ("2026-03-02 13:06:00 Europe/Berlin", NOW, "Its time, 2026-03-02 12:06:00 UTC, is still to come: "),
    ],
)
def test_what_is_odd_about_a_time(course: Path, time: str | None, due_date: dt.datetime | None, says: str) -> None:
    last(course, time or "", RIGHT)
    if time is None:
        (course / "submitted" / "ada" / NAME / "timestamp.txt").unlink()
    ((each,),) = attempts_of(course, NAME, (FILE,), "last").values()
    said = each.remark_on_time(NOW, due_date)
    assert said.startswith(says) if says else said == ""


def test_what_is_odd_about_a_time_is_said(course: Path, judged: Judged) -> None:
    last(course, "2126-03-01 12:00:00 UTC", RIGHT)
    result = grade(course)
    assert (result.score, result.submitted) == (POINTS, "2126-03-01 12:00:00 UTC")
    assert "is still to come: the clock" in result.message


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('attempts = "first"', "attempts is 'first', but must be one of last, best"),
        ('attemps = "best"', "has no setting attemps; known: attempts, withdrawn"),
        ("withdrawn = true", "withdrawn must be a list of releases, or 'earlier'"),
        ("attempts = best", "is no TOML"),
    ],
)
def test_a_setting_that_cannot_be_is_said(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "course.toml").write_text(text)
    with pytest.raises(CourseError, match=r"course\.toml") as caught:
        read_settings(tmp_path)
    assert says in str(caught.value)


def test_a_plugin_that_fails_is_said_and_loses_nothing(course: Path, judged: Judged) -> None:
    config = course / "nbgrader_config.py"
    config.write_text("c = get_config()\nc.AssignLatePenalties.plugin_class = 'no_such_module.Plugin'\n")
    last(course, "2026-03-04 12:00:00 UTC", RIGHT)
    due(course, "2026-03-03 00:00 UTC")
    with pytest.raises(CourseError, match=r"nbgrader_config\.py: the plugin .* cannot be loaded(.|\n)*no_such_module"):
        grade(course)
    config.write_text("raise SystemExit(3)")
    with pytest.raises(CourseError, match="cannot be loaded: SystemExit: 3"):
        grade(course)
    (course / "failing_plugin.py").write_text(
        "from nbgrader.plugins import BasePlugin\n"
        "class Failing(BasePlugin):\n    def late_submission_penalty(self, *_):\n        return 1 / 0\n"
    )
    config.write_text("from failing_plugin import Failing\nc.AssignLatePenalties.plugin_class = Failing\n")
    with pytest.raises(CourseError, match=r"failed for ada: ZeroDivisionError"):
        grade(course)
    config.write_text("")
    assert grade(course).unchanged
    assert len(judged) == 1


def test_nbgraders_own_method_can_take_all(course: Path) -> None:
    (course / "nbgrader_config.py").write_text(ZERO)
    late = LatePenalties(course)
    assert (late.of("ada", 2.0, 1.0), late.of("ada", 2.0, 0.0)) == (2.0, None)
