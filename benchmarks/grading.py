"""Grading a class: stock nbgrader against `labs grade`, same submissions, one run.

    python benchmarks/grading.py [--students 100] [--stock 10] [--only numpy tensorflow lab] [--memory 10 100 1000]
                                 [--otter 10] [--writer 1000]

Each tool is its own command, from its start to its end, gradebook included, in a course of its own that nbgrader's
`generate_assignment` has released beforehand; `labs grade` has a worker per core. Stock nbgrader takes as long for the
tenth submission as for the first, so that fewer of them tell its rate; it runs the stock kernel. Memory is proportional
(`prodml.memory`), over all processes of the command.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import os
import subprocess
import sys
import tempfile
import time
import unittest.mock
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import nbformat
import otter_grader
from sample_courses import CONFIG, NAME, NUMPY, TENSORFLOW, hand_in, is_right, plain_course, student_id

from autograder.build.build import build_lab
from autograder.build.notebooks import to_text
from autograder.grade import grade_course
from autograder.runs import writer
from prodml.memory import PeakMemory

LAB = Path(__file__).resolve().parents[1] / "labs_src" / "labs" / "02_drift_monitors"
STOCK_KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
WANTED = {"numpy": "20", "tensorflow": "50", "lab": ""}
BIN = Path(sys.executable).parent
PER_HOUR = 100_000
T = TypeVar("T")
Text = Callable[[], str]
Make = Callable[[Path, int], str]  # makes a course of so many students; returns the assignment's name


@dataclass(frozen=True)
class Taken:
    """Seconds of one `labs grade`: until the first result, and in all."""

    first: float
    total: float


def main() -> None:
    """Print the tables."""
    options = _options()
    rates(options.only, options.stock, options.students)
    workers(options.students)
    memory(options.memory)
    otter(options.otter)
    one_writer(options.writer)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--students", type=int, default=100, help="submissions for labs grade")
    parser.add_argument("--stock", type=int, default=10, help="submissions for stock nbgrader")
    parser.add_argument("--only", nargs="*", choices=list(MAKE), default=list(MAKE), help="which assignments")
    parser.add_argument("--memory", type=int, nargs="*", default=[10, 100, 1000], help="sizes of courses")
    parser.add_argument("--otter", type=int, default=10, help="submissions for otter-grader; 0 for none")
    parser.add_argument("--writer", type=int, default=1000, help="submissions for the one writer")
    return parser.parse_args()


def rates(kinds: list[str], stock: int, students: int) -> None:
    """Submissions per minute, side by side, and where our time goes."""
    print(f"{'submissions a minute':22} {'nbgrader':>9} {'labs grade':>11} {'ratio':>7} {'wanted':>7}", end="   ")
    print("labs grade: until the first, then for each")
    for kind in kinds:
        with tempfile.TemporaryDirectory() as folder:
            theirs, ours = Path(folder) / "theirs", Path(folder) / "ours"
            name = MAKE[kind](theirs, stock)
            MAKE[kind](ours, students)
            for course in (theirs, ours):
                _run([BIN / "nbgrader", "generate_assignment", name, "--create", "--force"], course)
            their_rate = 60 * stock / nbgrader(theirs, name)
            taken = labs_grade(ours, name)
            our_rate = 60 * students / taken.total
            each = 1000 * (taken.total - taken.first) / max(students - 1, 1)
            print(
                f"{kind:22} {their_rate:9.1f} {our_rate:11.0f} {our_rate / their_rate:6.1f}× {WANTED[kind]:>6}×",
                end="   ",
            )
            print(f"{taken.first:.1f} s, {each:.0f} ms", flush=True)
    print()


def workers(students: int) -> None:
    """Two workers against one."""
    print(f"{'workers, seconds':22} {'1':>9} {'2':>11} {'ratio':>7}")
    for kind in ("numpy", "tensorflow"):
        with tempfile.TemporaryDirectory() as folder:
            name = MAKE[kind](Path(folder), students)
            one, two = (labs_grade(Path(folder), name, "--force", "--workers", n).total for n in "12")
            print(f"{kind:22} {one:9.1f} {two:11.1f} {one / two:6.2f}×", flush=True)
    print()


def memory(sizes: list[int]) -> None:
    """Peak memory and rate of courses of several sizes."""
    print(f"{'submissions':22} {'MB':>9} {'a minute':>11}")
    for students in sizes:
        with tempfile.TemporaryDirectory() as folder:
            name = plain(NUMPY)(Path(folder), students)
            with PeakMemory(itself=False) as held:
                taken = labs_grade(Path(folder), name)
            print(f"{students:<22} {held.peak / 1e6:9.0f} {60 * students / taken.total:11.0f}", flush=True)


def otter(students: int) -> None:
    """otter-grader's rate on the NumPy submissions; it must find the same ones right."""
    if not students:
        return
    with tempfile.TemporaryDirectory() as folder:
        course = plain_course(Path(folder) / "course", students)
        handed = [course / "submitted" / student_id(n) / NAME / f"{NAME}.ipynb" for n in range(students)]
        otter_grader.python()  # an environment of its own, made before the clock starts
        seconds, scores = otter_grader.grade(handed, Path(folder))
    if [score == max(scores) for score in scores] != [is_right(n) for n in range(students)]:
        sys.exit(f"otter-grader's scores are not the expected ones: {scores}")
    print(f"otter run {otter_grader.VERSION}, no container: {60 * students / seconds:.1f} a minute\n", flush=True)


def one_writer(students: int) -> None:
    """Milliseconds of the one writer per submission, and what 100,000 submissions an hour would take."""
    if not students:
        return
    with tempfile.TemporaryDirectory() as folder:
        course = plain_course(Path(folder), students)
        (one,) = grade_course(course, NAME, student=student_id(1))
        text = json.dumps(one.to_json())

        def judged(task: bytes, handed: Iterable[tuple[T, bytes]], *_: object) -> Iterator[tuple[T, bytes, Text]]:
            """Every submission at once, with the result of the one that was judged."""
            return ((label, content, lambda: text) for label, content in handed)

        with unittest.mock.patch.object(writer, "grade_each", judged):
            began = time.perf_counter()
            grade_course(course, NAME)
            took = time.perf_counter() - began
    each, there_is = 1000 * took / students, 3_600_000 / PER_HOUR
    print(f"the one writer: {each:.1f} ms a submission, {3_600_000 / each:,.0f} an hour")
    print(f"{PER_HOUR:,} an hour leave {there_is:.0f} ms each: {math.ceil(each / there_is)} gradebooks;", end=" ")
    print(f"judging: core-seconds per submission ÷ {there_is / 1000:.3f} cores", flush=True)


def plain(first: str) -> Make:
    """A maker of plain courses."""

    def make(folder: Path, students: int) -> str:
        plain_course(folder, students, first)
        return NAME

    return make


def lab_course(folder: Path, students: int) -> str:
    """A course of lab 02, as it would be released; everybody hands in the reference."""
    notebook = build_lab(LAB).nbgrader_source
    notebook.metadata.kernelspec = STOCK_KERNEL
    name = LAB.name
    (folder / "source" / name).mkdir(parents=True)
    (folder / "source" / name / f"{name}.ipynb").write_text(to_text(notebook))
    (folder / "nbgrader_config.py").write_text(CONFIG)
    for number in range(students):
        handed = copy.deepcopy(notebook)
        handed.cells.append(nbformat.v4.new_markdown_cell(f"{number}", id=f"student-{number}"))
        hand_in(folder, student_id(number), handed, name)
    return name


MAKE: dict[str, Make] = {"numpy": plain(NUMPY), "tensorflow": plain(TENSORFLOW), "lab": lab_course}


def nbgrader(course: Path, name: str) -> float:
    """Seconds of `nbgrader autograde`."""
    began = time.perf_counter()
    _run([BIN / "nbgrader", "autograde", name, "--create"], course)
    return time.perf_counter() - began


def labs_grade(course: Path, name: str, *options: str) -> Taken:
    """Seconds of `labs grade`."""
    began, first = time.perf_counter(), 0.0
    command = [BIN / "labs", "grade", name, "--course", course, *options]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said = []
        for line in process.stderr:
            first = first or time.perf_counter() - began
            said.append(line)
    if process.returncode:
        sys.exit("".join(said)[-2000:])
    return Taken(first, time.perf_counter() - began)


def _run(command: list[str | Path], course: Path) -> None:
    env = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "PRODML_WORKSPACE": str(course)}
    done = subprocess.run(command, cwd=course, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stderr[-2000:]}")


if __name__ == "__main__":
    main()
