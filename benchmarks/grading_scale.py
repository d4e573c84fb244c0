"""Grading courses of several sizes: rate, memory, and what the one writer takes of it.

    python benchmarks/grading_scale.py [--sizes 10 100 1000 5000] [--writer 1000]

NumPy submissions. Memory is proportional (`prodml.runtime.memory`), over all processes of `labs grade`. For the writer,
judging takes no time: what is left is reading, records, gradebook and graded notebooks.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
import time
import unittest.mock
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from grading import labs_grade
from sample_courses import NAME, plain_course, student_id

from autograder.grade import grade_course
from autograder.runs import notebook_run
from prodml.runtime.memory import PeakMemory

PER_HOUR = 100_000
T = TypeVar("T")
Text = Callable[[], str]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="*", default=[10, 100, 1000, 5000], help="of courses")
    parser.add_argument("--writer", type=int, default=1000, help="submissions for the one writer")
    options = parser.parse_args()
    memory(options.sizes)
    one_writer(options.writer)


def memory(sizes: list[int]) -> None:
    """Peak memory and rate of courses of several sizes."""
    print(f"{'submissions':22} {'MB':>9} {'a minute':>11}")
    for students in sizes:
        with tempfile.TemporaryDirectory() as folder:
            plain_course(Path(folder), students)
            with PeakMemory(itself=False) as held:
                taken = labs_grade(Path(folder), NAME)
            print(f"{students:<22} {held.peak / 1e6:9.0f} {60 * students / taken.total:11.0f}", flush=True)


def one_writer(students: int) -> None:
    """Milliseconds of the one writer per submission, and what 100,000 submissions an hour would take."""
    with tempfile.TemporaryDirectory() as folder:
        course = plain_course(Path(folder), students)
        (one,) = grade_course(course, NAME, student=student_id(1))
        text = json.dumps(one.to_json())

        def judged(task: bytes, handed: Iterable[tuple[T, bytes]], *_: object) -> Iterator[tuple[T, bytes, Text]]:
            """Every submission at once, with the result of the one that was judged."""
            return ((label, content, lambda: text) for label, content in handed)

        with unittest.mock.patch.object(notebook_run, "grade_each", judged):
            began = time.perf_counter()
            grade_course(course, NAME)
            took = time.perf_counter() - began
    each, there_is = 1000 * took / students, 3_600_000 / PER_HOUR
    print(f"the one writer: {each:.1f} ms a submission, {3_600_000 / each:,.0f} an hour")
    print(f"{PER_HOUR:,} an hour leave {there_is:.0f} ms each: {math.ceil(each / there_is)} gradebooks;", end=" ")
    print(f"judging: core-seconds per submission ÷ {there_is / 1000:.3f} cores", flush=True)


if __name__ == "__main__":
    main()
