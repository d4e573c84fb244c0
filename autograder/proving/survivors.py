"""Which mutants of a lab's solutions get all points: each is a hole of a check, or the same function."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from nbformat import NotebookNode

from autograder.authoring.answers import MARKER, Answer, read_answers, without_markers
from autograder.authoring.build import build_lab
from autograder.authoring.notebooks import to_text
from autograder.authoring.source import LabSource, SourceCell
from autograder.errors import AutograderError
from autograder.files import write_whole
from autograder.judge.limits import LIMITS
from autograder.marking.marker import Marker
from autograder.proving import mutate, operators
from autograder.proving.groups import side_by_side, with_sources
from autograder.proving.mutate import Mutant, code_of, mutants_of
from autograder.results import Status
from autograder.sandbox.fences import Sandbox
from autograder.source.read_assignment import read_assignment

STORED = "mutants.json"  # beside lab.py, committed
HURRIED = replace(LIMITS, cell_seconds=20, call_seconds=15, check_seconds=60)  # many a mutant never ends


@dataclass(frozen=True)
class Survivor:
    """A mutant that got all points. `line` is that of lab.py."""

    operator: str
    line: int
    diff: str


@dataclass(frozen=True)
class Verdicts:
    """What became of an exercise's mutants.

    Attributes:
        key: of what they depend on in the lab; other text, other key.
        same: how many the answer sheet calls the same function. They are not judged here, but with the sheet.
    """

    exercise: str
    key: str
    mutants: int
    killed: int
    same: int
    survived: tuple[Survivor, ...]


def judge_mutants(
    lab_dir: Path,
    *,
    force: bool = False,
    sandbox: Sandbox | None = None,
    on_verdicts: Callable[[int, int], None] = lambda done, of: None,
) -> list[Verdicts]:
    """Judge each mutant of each exercise whose stored verdicts are of another text, and store what came.

    Args:
        force: judge those that have not changed, too.
        on_verdicts: called with how many are judged, of how many.

    Raises:
        AuthorErrors: the lab or its sheet breaks a rule.
    """
    built, answers = build_lab(lab_dir), read_answers(lab_dir)
    keys = exercise_keys(built.source, answers)
    known = {} if force else {v.exercise: v for v in read_stored(lab_dir) if v.key == keys.get(v.exercise)}
    cells = {c.name: c for c in built.source.of_kind("exercise") if c.name not in known}
    if not cells:
        return [known[name] for name in keys]
    all_of = {name: mutants_of(without_markers(cell.source)) for name, cell in cells.items()}
    same = {(a.exercise, code_of(a.source)) for a in answers if a.kind == "same"}
    asked = {name: [m for m in mutants if (name, code_of(m.source)) not in same] for name, mutants in all_of.items()}
    passing = _passing(built.source.slug, built.nbgrader_source, asked, sandbox, on_verdicts)
    for name, cell in cells.items():
        survived = tuple(
            Survivor(m.operator, line_in_lab(cell, m), m.diff) for m in asked[name] if (name, m) in passing
        )
        count, judged = len(all_of[name]), len(asked[name])
        known[name] = Verdicts(name, keys[name], count, judged - len(survived), count - judged, survived)
    verdicts = [known[name] for name in keys]
    write_whole(lab_dir / STORED, (json.dumps([asdict(v) for v in verdicts], indent=1) + "\n").encode())
    return verdicts


def read_stored(lab_dir: Path) -> list[Verdicts]:
    """The verdicts beside the lab; none where the file is missing.

    Raises:
        AutograderError: the file holds something else.
    """
    path = lab_dir / STORED
    if not path.exists():
        return []
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return [Verdicts(**row | {"survived": tuple(Survivor(**s) for s in row["survived"])}) for row in rows]
    except (ValueError, TypeError, KeyError) as error:
        raise AutograderError(
            f"{path}: no verdicts on mutants ({error})", "remove it, and run `labs verify --mutants`"
        ) from error


def exercise_keys(lab: LabSource, answers: Iterable[Answer]) -> dict[str, str]:
    """Exercise → a hash of what its mutants' verdicts depend on: setup, solution, check, sheet and operators."""
    setup = [c.source for c in lab.of_kind("setup")]
    tools = [Path(module.__file__ or "").read_text(encoding="utf-8") for module in (mutate, operators)]
    checks = {c.name: c.source for c in lab.of_kind("check")}
    same = [(a.exercise, code_of(a.source)) for a in answers if a.kind == "same"]
    keys = {}
    for cell in lab.of_kind("exercise"):
        parts = [*setup, *tools, cell.source, checks.get(cell.name, ""), *(code for e, code in same if e == cell.name)]
        keys[cell.name] = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
    return keys


def line_in_lab(cell: SourceCell, mutant: Mutant) -> int:
    """The line of lab.py that a mutant changes."""
    kept = [n for n, line in enumerate(cell.source.splitlines()) if not MARKER.match(line)]
    return cell.line + kept[mutant.line - 1]


def _passing(
    name: str,
    source: NotebookNode,
    asked: dict[str, list[Mutant]],
    sandbox: Sandbox | None,
    on_verdicts: Callable[[int, int], None],
) -> set[tuple[str, Mutant]]:
    """The mutants that get all points: those of different exercises in one run, again alone where that run broke."""
    text = to_text(source).encode()
    total, done = sum(map(len, asked.values())), 0
    found: set[tuple[str, Mutant]] = set()
    marker = Marker(read_assignment(name, text), secret=f"mutants {name}".encode(), limits=HURRIED, sandbox=sandbox)
    with marker:

        def run(group: list[tuple[str, Mutant]]) -> bool:
            sources = {exercise: mutant.source for exercise, mutant in group}
            marked = marker.mark("mutants", with_sources(source, sources), only=list(sources))
            full = {e.name for e in marked.exercises if e.score == e.max_score > 0}
            found.update((exercise, mutant) for exercise, mutant in group if exercise in full)
            return marked.status is Status.GRADED

        for group in side_by_side({e: [(e, m) for m in mutants] for e, mutants in asked.items()}):
            if not run(group) and len(group) > 1:
                for one in group:
                    found.discard(one)
                    run([one])
            done += len(group)
            on_verdicts(done, total)
    return found
