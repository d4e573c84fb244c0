"""Grading a class: stock nbgrader against `labs grade`, same submissions, one run.

    python benchmarks/grading.py [--students 100] [--stock 10] [--otter 10] [--only numpy tensorflow lab]

Each tool is its own command, from its start to its end, gradebook included, in a course of its own that nbgrader's
`generate_assignment` has released beforehand; `labs grade` has a worker per core. Stock nbgrader takes as long for the
tenth submission as for the first, so that fewer of them tell its rate; it runs the stock kernel. otter-grader
(otter_grader.py) gets the NumPy submissions.
"""

from __future__ import annotations

import argparse
import copy
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat
import otter_grader
from sample_courses import CONFIG, NAME, NUMPY, TENSORFLOW, hand_in, is_right, plain_course, student_id

from autograder.authoring.build import build_lab
from autograder.authoring.notebooks import to_text

LAB = Path(__file__).resolve().parents[1] / "labs_src" / "labs" / "02_drift_monitors"
STOCK_KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
WANTED = {"numpy": "20", "tensorflow": "50", "lab": ""}
BIN = Path(sys.executable).parent
Make = Callable[[Path, int], str]  # makes a course of so many students; returns the assignment's name


@dataclass(frozen=True)
class Taken:
    """Seconds of one `labs grade`: until the first result, and in all."""

    first: float
    total: float


def main() -> None:
    """Print the tables."""
    options = _options()
    rates(options.only, options.stock, options.students, options.otter)
    workers(options.students)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--students", type=int, default=100, help="submissions for labs grade")
    parser.add_argument("--stock", type=int, default=10, help="submissions for stock nbgrader")
    parser.add_argument("--only", nargs="*", choices=list(MAKE), default=list(MAKE), help="which assignments")
    parser.add_argument("--otter", type=int, default=10, help="submissions for otter-grader; 0 for none")
    return parser.parse_args()


def rates(kinds: list[str], stock: int, students: int, others: int) -> None:
    """Submissions per minute, side by side, and where our time goes."""
    heads = f"{'nbgrader':>9} {'otter run':>9} {'labs grade':>11} {'ratio':>7} {'wanted':>7}"
    print(f"{'submissions a minute':22} {heads}", end="   ")
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
            otters = f"{otter(others):.1f}" if others and kind == "numpy" else "–"
            each = 1000 * (taken.total - taken.first) / max(students - 1, 1)
            print(
                f"{kind:22} {their_rate:9.1f} {otters:>9} {our_rate:11.0f} {our_rate / their_rate:6.1f}×"
                f" {WANTED[kind]:>6}×",
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


def otter(students: int) -> float:
    """otter-grader's rate on the NumPy submissions; it must find the same ones right."""
    with tempfile.TemporaryDirectory() as folder:
        course = plain_course(Path(folder) / "course", students)
        handed = [course / "submitted" / student_id(n) / NAME / f"{NAME}.ipynb" for n in range(students)]
        otter_grader.python()  # an environment of its own, made before the clock starts
        seconds, scores = otter_grader.grade(handed, Path(folder))
    if [score == max(scores) for score in scores] != [is_right(n) for n in range(students)]:
        sys.exit(f"otter-grader's scores are not the expected ones: {scores}")
    return 60 * students / seconds


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
