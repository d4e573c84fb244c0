"""Is only a scheduler asked that should be, and is it told why there is no connection?"""

from __future__ import annotations

from pathlib import Path

import dask
import pytest
from sample_courses import NAME

from autograder.course.tree import private_folder
from autograder.errors import CourseError
from autograder.grade import grade_course
from autograder.runs import connecting
from autograder.runs.connecting import check_address, connected


@pytest.mark.parametrize(
    ("scheduler", "settings", "said", "fix"),
    [
        ("tcp://10.0.0.7:8786", {}, "tcp://10.0.0.7:8786 is not encrypted", "--insecure-scheduler"),
        ("10.0.0.7:8786", {}, "'10.0.0.7:8786' is no address", "tls://HOST:PORT"),
        ("", {}, "'' is no address", "tls://HOST:PORT"),
        ("tls://h:1", {}, "distributed.comm.tls.ca-file, which is not set", "DASK_DISTRIBUTED__COMM__TLS__CA_FILE"),
        ("tls://h:1", {"ca-file": __file__}, "distributed.comm.tls.client.cert, which is not set", "CLIENT__CERT"),
        ("tls://h:1", {"ca-file": "/no/ca.pem"}, "distributed.comm.tls.ca-file names /no/ca.pem: No such file", "PEM"),
        (
            "tls://h:1",
            {"ca-file": __file__, "client.cert": __file__, "client.key": "/no/key"},
            "client.key names /no/key",
            "PEM",
        ),
    ],
)
def test_a_scheduler_that_should_not_be_asked(scheduler: str, settings: dict[str, str], said: str, fix: str) -> None:
    named = {f"distributed.comm.tls.{name}": path for name, path in settings.items()}
    with dask.config.set(named), pytest.raises(CourseError) as caught:
        check_address(scheduler, insecure=False)
    assert said in caught.value.problem
    assert fix in caught.value.fix


def test_it_is_refused_before_anything_is_begun(course: Path) -> None:
    with pytest.raises(CourseError, match=r"tcp://127\.0\.0\.1:1 is not encrypted"):
        grade_course(course, NAME, scheduler="tcp://127.0.0.1:1")
    assert not (course / ".judge").exists()


def test_a_scheduler_in_the_clear_is_taken_when_told_so() -> None:
    check_address("tcp://10.0.0.7:8786", insecure=True)


def test_a_scheduler_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connecting, "CONNECT_SECONDS", 0.5)
    nowhere = connected("tcp://127.0.0.1:1", 0, tmp_path, insecure=True)
    with pytest.raises(CourseError, match=r"^cannot connect to the scheduler tcp://127\.0\.0\.1:1: "), nowhere:
        pass


def test_one_run_at_a_time(course: Path) -> None:
    """The lock comes before the cluster."""
    with private_folder(course), pytest.raises(CourseError, match="another run grades"):
        grade_course(course, NAME, scheduler="local")
