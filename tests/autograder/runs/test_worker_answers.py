"""Is what a worker elsewhere sends taken for what it is?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sample_courses import NAME

from autograder.errors import CourseError
from autograder.results import ExerciseResult, Status, SubmissionResult
from autograder.runs import answers, kept, one
from autograder.runs.answers import Lost, differs, lost, read_answer, refused
from autograder.runs.one import Task, read_result
from autograder.runs.stamp import describe_task, grader_stamp
from autograder.sandbox.fences import read_fences
from autograder.sandbox.trial import Trial
from autograder.source.read_assignment import read_assignment

RESULT = SubmissionResult(
    "", "squares", 2.0, 2.0, Status.GRADED, "", 0.1, (ExerciseResult("test", 2.0, 2.0, ""),)
).to_json()
HERE = {"Python": "3.11.2", "numpy": "2.2.0", "autograder/marking/marker.py": "aa", "/data/rows.csv": "bb"}


def test_a_result_is_passed_on() -> None:
    text = json.dumps(RESULT)
    assert read_answer(text, HERE) == text
    assert read_result(text, "ada").student == "ada"


def test_what_no_worker_could_judge_ends_the_run() -> None:
    text = refused("tls://10.0.0.7:4001", CourseError("this machine cannot fence in", "see labs doctor"))
    with pytest.raises(CourseError, match=r"^worker tls://10\.0\.0\.7:4001: this machine cannot fence in\n"):
        read_result(read_answer(text, HERE), "ada")


def test_a_worker_without_a_sandbox_refuses(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless submissions are trusted?"""
    monkeypatch.setattr(one, "try_sandbox", lambda: Trial("no namespaces here", {}, ()))
    source = (course / "source" / NAME / f"{NAME}.ipynb").read_bytes()
    strict, trusting = (
        Task(read_assignment(NAME, source).to_json(), "00", read_fences(), trust=trust).to_bytes()
        for trust in (False, True)
    )
    said = kept._unfit(strict, grader_stamp(describe_task(strict)), "tls://10.0.0.7:4001")
    assert json.loads(said)["problem"].startswith("worker tls://10.0.0.7:4001: this machine cannot fence in")
    assert kept._unfit(trusting, grader_stamp(describe_task(trusting)), "tls://10.0.0.7:4001") == ""


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (None, "but a NoneType"),
        (b"{}", "but a bytes"),
        ("", "JSONDecodeError"),
        ("[1, 2]", "TypeError"),
        ("7", "TypeError"),
        ("{}", "KeyError"),
        (json.dumps({**RESULT, "status": "perfect"}), "ValueError"),
        (json.dumps({**RESULT, "bonus": 1}), "TypeError"),
        (json.dumps({"problem": "no fix"}), "KeyError"),
        (json.dumps({"worker": "w", "counted": [1]}), "AttributeError"),
        ("[" * 100_000, "RecursionError"),
        (lost("worker w failed: OSError: no space left"), "^worker w failed: OSError: no space left$"),
    ],
)
def test_what_is_no_result_is_nobodys_grade(answer: Any, said: str) -> None:
    with pytest.raises(Lost, match=said):
        read_answer(answer, HERE)


def test_a_result_has_a_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "MAX_ANSWER", 100)
    with pytest.raises(Lost, match=r"a str of \d+ characters"):
        read_answer(json.dumps(RESULT), HERE)


@pytest.mark.parametrize(
    ("there", "said"),
    [
        ({"numpy": "2.1.0"}, "numpy is 2.1.0 there, 2.2.0 here"),
        ({"Python": "3.11.9"}, "Python is 3.11.9 there, 3.11.2 here"),
        ({"autograder/marking/marker.py": "cc"}, "autograder/marking/marker.py is another there"),
        ({"/data/rows.csv": None}, "/data/rows.csv is only here"),
        ({"pandas": "3"}, "pandas is only there"),
        ({f"package{n}": "1" for n in range(9)}, "package4 is only there; 4 more"),
    ],
)
def test_a_worker_that_differs_is_named_with_what_differs(there: dict[str, str | None], said: str) -> None:
    found = {name: value for name, value in (HERE | there).items() if value is not None}
    with pytest.raises(CourseError) as caught:
        read_answer(differs("tls://10.0.0.7:4001", found), HERE)
    assert caught.value.problem == f"worker tls://10.0.0.7:4001 would judge otherwise than this machine: {said}" or (
        "package" in said and caught.value.problem.endswith(said)
    )
