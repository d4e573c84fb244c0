"""A plain course, and a run that can be cut short."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from signal import SIGCONT, SIGSTOP
from typing import Any

import psutil
import pytest
from faulted import STUDENTS, grade
from sample_courses import NAME, plain_course

from autograder.course.gradebook import open_gradebook
from autograder.course.tree import private_folder, read_secret

Start = Callable[..., "subprocess.Popen[str]"]
SECONDS = 60


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course with six submissions."""
    return plain_course(tmp_path / "course", 6)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """`start(course, *options)`: a run of `labs grade`, in a process group and a temporary folder of its own."""
    (tmp_path / "temporary").mkdir()
    started: list[Any] = []

    def run(course: Path, *options: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "labs_cli.main", "grade", NAME, "--course", str(course), *options]
        env = {**os.environ, "TMPDIR": str(tmp_path / "temporary")}
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=env, start_new_session=True
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.wait()
        process.stderr.close()


@pytest.fixture
def end() -> Callable[..., int]:
    """`end(process, signal)`: its exit code, once it and all that it had started is gone."""

    def end_with(process: subprocess.Popen[str], signal: int) -> int:
        os.killpg(process.pid, SIGSTOP)  # it must not get to its end while its family is counted
        family = psutil.Process(process.pid).children(recursive=True)
        assert len(family) > 3, "workers and warm parents"
        os.killpg(process.pid, signal)
        os.killpg(process.pid, SIGCONT)
        code = process.wait(SECONDS)
        _, alive = psutil.wait_procs(family, SECONDS)
        assert not alive
        return code

    return end_with


@pytest.fixture(scope="session")
def empty_course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course in which nobody has handed in anything, with a gradebook and a secret; tests leave it as it is."""
    course = plain_course(tmp_path_factory.mktemp("empty") / "course", 0)
    (course / "submitted").mkdir()
    with private_folder(course) as private, open_gradebook(course):
        read_secret(private)
    return course


@pytest.fixture(scope="session")
def judged_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course whose submissions are judged; gradebook and graded notebooks are lost and have to be written anew."""
    course = plain_course(tmp_path_factory.mktemp("judged") / "course", STUDENTS)
    grade(course)
    (course / "gradebook.db").unlink()
    shutil.rmtree(course / "autograded")
    return course


@pytest.fixture
def graded_course(judged_once: Path, tmp_path: Path) -> Path:
    """A copy of it, for a test to break."""
    return Path(shutil.copytree(judged_once, tmp_path / "course"))
