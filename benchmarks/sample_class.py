"""A class by one command: right answers in several styles, every wrong answer of the answer sheets, blank and hostile.

    python benchmarks/sample_class.py --course DIR [--students 100] [--labs 02 06 11]     hand in; DIR/expected.json
    python benchmarks/sample_class.py [--students 100] [--labs 02 06 11]                  the same in a temporary
        folder, released, graded, given feedback and exported; prints seconds per command, and which scores are
        not the expected ones

What each submission deserves follows from the answer sheet: a wrong answer loses its exercise and nothing else.
"""

from __future__ import annotations

import argparse
import copy
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode
from sample_courses import hand_in, student_id

from autograder.authoring.answers import Answer, read_answers
from autograder.authoring.build import Built, build_lab

LABS = Path(__file__).resolve().parents[1] / "labs_src" / "labs"
BIN = Path(sys.executable).parent
# Source of an exercise's cell; NAME is what it exports. Safe inside the sandbox, and only there.
HOSTILE = {
    "exits with success": "import os\ndef NAME(*a, **k): os._exit(0)",
    "equal to everything": "class Any:\n    def __getattr__(s, n): return s\n    def __call__(s, *a, **k): return s\n"
    "    __eq__ = __lt__ = __gt__ = lambda *a: True\nNAME = Any()",
    "no assertion fails": "import builtins\nclass AssertionError(BaseException): pass\n"
    "builtins.AssertionError = AssertionError\ndef NAME(*a, **k): raise AssertionError('passed')",
    "looks for the tests": "import gc, sys\ndef NAME(*a, **k):\n"
    "    return [sys._getframe(1).f_globals, [o for o in gc.get_objects() if 'HIDDEN' in str(o)[:200]]]",
    "ends the cells": "raise SystemExit(0)",
    "a script in its text": "def NAME(*a, **k): raise ValueError('<script>alert(1)</script>=1+1')",
}


@dataclass(frozen=True)
class Sheet:
    """A lab with its answers, in the order in which students have them."""

    built: Built
    answers: list[Answer] = field(default_factory=list)

    @property
    def points(self) -> dict[str, float]:
        """Exercise → its points."""
        return {c.name: float(c.options["points"]) for c in self.built.source.of_kind("check")}

    def of_kind(self, kind: str) -> list[Answer]:
        """Its right or wrong answers."""
        return [a for a in self.answers if a.kind == kind]


@dataclass(frozen=True)
class Work:
    """What one student hands in: exercise → source, and exercise → points that it deserves."""

    kind: str
    sources: dict[str, str]
    deserved: dict[str, float]


def main() -> None:
    """Make the class; without a course, run all the commands on it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--course", type=Path, help="folder of the course")
    parser.add_argument("--students", type=int, default=100)
    parser.add_argument("--labs", nargs="+", default=["02", "06", "11"], help="numbers of labs")
    options = parser.parse_args()
    labs = [lab for number in options.labs for lab in LABS.glob(f"{number}_*")]
    if options.course is not None:
        print(make_class(options.course, options.students, labs))
        return
    with tempfile.TemporaryDirectory() as folder:
        course = Path(folder) / "course"
        print(f"{options.students} students, labs {', '.join(options.labs)}")
        for name, seconds in run_class(course, options.students, labs):
            print(f"{seconds:8.1f} s  {name}", flush=True)
        odd = differences(course)
        print(*odd, f"{len(odd)} scores are not the expected ones", sep="\n")
        sys.exit(bool(odd))


def make_class(course: Path, students: int, labs: list[Path]) -> str:
    """Hand in what a class would, and write `expected.json`; what was handed in, in words."""
    expected: dict[str, dict[str, dict[str, float]]] = {}
    kinds: dict[str, int] = {}
    for lab in labs:
        sheet = Sheet(build_lab(lab), read_answers(lab))
        for number, work in enumerate(itertools.islice(works(sheet), students)):
            notebook = copy.deepcopy(sheet.built.learner)
            for grade_id, cell in _by_grade_id(notebook):
                cell.source = work.sources.get(grade_id, cell.source)
            hand_in(course, student_id(number), notebook, lab.name)
            expected.setdefault(lab.name, {})[student_id(number)] = work.deserved
            kinds[work.kind] = kinds.get(work.kind, 0) + 1
    (course / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
    return ", ".join(f"{n} {kind}" for kind, n in kinds.items())


def works(sheet: Sheet) -> Iterator[Work]:
    """Students without end: of eight, five have a wrong answer, one has right ones, one none, one a hostile one."""
    wrong, hostile = itertools.cycle(sheet.of_kind("wrong")), itertools.cycle(HOSTILE)
    rights = {name: itertools.cycle([a for a in sheet.of_kind("right") if a.exercise == name]) for name in sheet.points}
    reference = {id_: cell.source for id_, cell in _by_grade_id(sheet.built.nbgrader_source) if id_ in sheet.points}
    alone = itertools.cycle([c.name for c in sheet.built.source.of_kind("exercise") if len(c.exports) == 1])
    exports = {c.name: c.exports[0] for c in sheet.built.source.of_kind("exercise")}
    for number in itertools.count():
        match number % 8:
            case 0:
                yield Work("right", {name: next(answers).source for name, answers in rights.items()}, sheet.points)
            case 1:
                yield Work("blank", {}, dict.fromkeys(sheet.points, 0.0))
            case 2:
                name = next(alone)
                source = HOSTILE[next(hostile)].replace("NAME", exports[name])
                yield Work("hostile", {**reference, name: source}, {**sheet.points, name: 0.0})
            case _:
                answer = next(wrong)
                sources = {**reference, answer.exercise: answer.source}
                yield Work("wrong", sources, {**sheet.points, answer.exercise: 0.0})


def _by_grade_id(notebook: NotebookNode) -> list[tuple[str, NotebookNode]]:
    return [(cell.metadata.nbgrader.grade_id, cell) for cell in notebook.cells if "nbgrader" in cell.metadata]


def run_class(course: Path, students: int, labs: list[Path]) -> Iterator[tuple[str, float]]:
    """Every command of a teacher, with its seconds."""
    numbers = [lab.name[:2] for lab in labs]
    commands: list[list[str | Path]] = [
        [BIN / "labs", "release", *numbers, "--course", course],
        [sys.executable, __file__, "--students", str(students), "--labs", *numbers, "--course", course],
        [BIN / "labs", "grade", "all", "--course", course, "--json", course / "grades.json"],
        *([BIN / "nbgrader", "generate_feedback", lab.name] for lab in labs),
        [BIN / "nbgrader", "export", "--to", "grades.csv"],
    ]
    for command in commands:
        began = time.perf_counter()
        run(command, course)
        words = " ".join(str(word) for word in command[1:] if word != course)
        yield f"{Path(command[0]).name} {words}"[:100], time.perf_counter() - began


def run(command: list[str | Path], course: Path) -> None:
    """Run one command in the course's folder; a fault of it ends this one."""
    env = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    where = course if course.is_dir() else None
    done = subprocess.run(command, cwd=where, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stderr[-2000:]}")


def differences(course: Path) -> list[str]:
    """The exercises whose score is not the expected one, a line each; and submissions that are not there."""
    expected = json.loads((course / "expected.json").read_text())
    odd = []
    for result in json.loads((course / "grades.json").read_text()):
        deserved = expected[result["assignment"]].pop(result["student"])
        for exercise in result["exercises"]:
            name, score = exercise["name"], exercise["score"]
            if deserved.get(name) != score:
                told = f"{score} instead of {deserved.get(name)}: {exercise['message']}"
                odd.append(f"{result['student']}, {result['assignment']}, {name}: {told}")
    return odd + [f"{student}, {lab}: not graded" for lab, left in expected.items() for student in left]


if __name__ == "__main__":
    main()
