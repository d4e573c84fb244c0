"""Read a lab's answer sheet: right answers, and wrong ones that each name a misconception."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from autograder.authoring.names import names_of
from autograder.authoring.source import LabSource, SourceCell, read_percent, read_source
from autograder.errors import AuthorError, AuthorErrors

LEAST = {"wrong": 3, "right": 2}  # per exercise
SHORTEST = 12  # characters of an expected message: less would match by accident


@dataclass(frozen=True)
class Answer:
    """One answer: the whole source of an exercise cell.

    Attributes:
        kind: `right` or `wrong`.
        expect: a part of the message that a wrong one must get.
        earns: the part of the points that a wrong one must get, where its check gives some for it.
    """

    exercise: str
    kind: str
    name: str
    expect: str
    source: str
    path: Path
    line: int
    earns: float = 0.0


def read_answers(lab_dir: Path) -> list[Answer]:
    """The answers in `lab_dir/answers.py`.

    Raises:
        AuthorErrors: the sheet, or the lab, is not as it must be.
    """
    lab, path = read_source(lab_dir), lab_dir / "answers.py"
    nb, lines = read_percent(path)
    exercises = {c.name: c for c in lab.of_kind("exercise")}
    answers: list[Answer] = []
    errors: list[AuthorError] = []
    for cell, line in zip(nb.cells, lines, strict=True):
        if cell.cell_type == "code":
            answer = _answer(cell, path, line)
            answers.append(answer)
            errors += [AuthorError(path, line, *mistake) for mistake in _mistakes(answer, exercises)]
    errors += _missing(lab, path, answers)
    if errors:
        raise AuthorErrors(errors)
    return answers


def _answer(cell: NotebookNode, path: Path, line: int) -> Answer:
    exercise, kind, name, expect = (str(cell.metadata.get(key, "")) for key in ("exercise", "answer", "name", "expect"))
    try:
        earns = float(cell.metadata.get("earns", 0))
    except (TypeError, ValueError):
        earns = math.nan
    return Answer(exercise, kind, name, expect, cell.source, path, line, earns)


def _mistakes(answer: Answer, exercises: dict[str, SourceCell]) -> list[tuple[str, str]]:
    """(problem, fix) of one answer."""
    if answer.exercise not in exercises:
        return [(f"exercise {answer.exercise!r} is not in the lab", f"one of {', '.join(exercises)}")]
    if answer.kind not in LEAST:
        return [(f"answer={answer.kind!r}", 'write answer="right" or answer="wrong"')]
    found = []
    if answer.kind == "wrong" and len(answer.expect) < SHORTEST:
        found.append(("a wrong answer without the message that it must get", 'add expect="…", a telling part of it'))
    if answer.kind == "wrong" and not answer.source.startswith("# Misconception: "):
        found.append(("a wrong answer that names no misconception", "begin it with `# Misconception: …`"))
    if not (0 <= answer.earns < 1 and (answer.earns == 0 or answer.kind == "wrong")):
        found.append(("earns= is no part of the points", "give a wrong answer a number below 1: earns=0.5"))
    if not answer.name:
        found.append(("an answer without a name", 'add name="…"'))
    try:
        bound = names_of(answer.source).bound
    except SyntaxError as error:
        return [*found, (f"not Python: {error.msg}", "mend it")]
    if missing := set(exercises[answer.exercise].exports) - bound:
        found.append((f"the answer does not bind {', '.join(sorted(missing))}", "write the whole cell"))
    return found


def _missing(lab: LabSource, path: Path, answers: list[Answer]) -> list[AuthorError]:
    errors = []
    counts = Counter((a.exercise, a.kind) for a in answers)
    for cell in lab.of_kind("exercise"):
        for kind, least in LEAST.items():
            if counts[cell.name, kind] < least:
                problem = f"exercise {cell.name!r} has {counts[cell.name, kind]} {kind} answers"
                errors.append(AuthorError(path, 1, problem, f"write at least {least}"))
    names = Counter((a.exercise, a.name) for a in answers)
    for exercise, name in [pair for pair, count in names.items() if count > 1]:
        errors.append(AuthorError(path, 1, f"two answers of {exercise!r} are named {name!r}", "rename one"))
    return errors
