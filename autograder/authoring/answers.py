"""Read a lab's answer sheet: right answers, wrong ones that each name a misconception, and what is the same."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from nbformat import NotebookNode

from autograder.authoring.changes import Mismatch, apply_change, apply_changes, read_changes
from autograder.authoring.names import names_of
from autograder.authoring.sentences import sentences_of
from autograder.authoring.source import LabSource, SourceCell, read_percent, read_source
from autograder.errors import AuthorError, AuthorErrors

LEAST = {"wrong": 3, "right": 2, "same": 0, "nothing": 0}  # per exercise
UNBREAKABLE = re.compile(r'# Nothing breaks: "(.+)" (\S.{11,})')  # the sentence, and why
BEGINS = {"wrong": "# Misconception: ", "same": "# Same: "}  # what an answer of a kind begins with
REFERENCE = "reference"  # what `of` calls the solution in lab.py
MARKER = re.compile(r"\s*### (BEGIN|END) SOLUTION\s*$")
SHORTEST = 12  # characters of an expected message: less would match by accident


@dataclass(frozen=True)
class Answer:
    """One answer: the whole source of an exercise cell, also where the sheet says only what changes.

    Attributes:
        kind: `right`, `wrong`, or `same`: a change of the reference that leaves the function what it is.
        expect: a part of the message that a wrong one must get.
        earns: the part of the points that a wrong one must get, where its check gives some for it.
        breaks: parts of the contract's sentences that it breaks; of a cell that says why nothing can, those.
    """

    exercise: str
    kind: str
    name: str
    expect: str
    source: str
    path: Path
    line: int
    earns: float = 0.0
    breaks: tuple[str, ...] = ()


def read_answers(lab_dir: Path) -> list[Answer]:
    """The answers in `lab_dir/answers.py`.

    Raises:
        AuthorErrors: the sheet, or the lab, is not as it must be.
    """
    lab, path = read_source(lab_dir), lab_dir / "answers.py"
    nb, lines = read_percent(path)
    exercises = {c.name: c for c in lab.of_kind("exercise")}
    sources = {(c.name, REFERENCE): without_markers(c.source) for c in exercises.values()}
    answers: list[Answer] = []
    errors: list[AuthorError] = []
    for cell, line in zip(nb.cells, lines, strict=True):
        if cell.cell_type != "code":
            continue
        try:
            read = _answers(cell, path, line, sources)
        except Mismatch as error:
            errors.append(AuthorError(path, line + error.line, error.problem, error.fix))
            continue
        answers += read
        sources |= {(a.exercise, a.name): a.source for a in read}
        errors += [AuthorError(path, line, *mistake) for a in read for mistake in _mistakes(a, exercises)]
    errors += _missing(lab, path, answers)
    if errors:
        raise AuthorErrors(errors)
    return answers


def without_markers(source: str) -> str:
    """The source of an exercise's cell as a learner would have written it: without the solution's markers."""
    return "\n".join(line for line in source.splitlines() if not MARKER.match(line)) + "\n"


def _answers(cell: NotebookNode, path: Path, line: int, sources: dict[tuple[str, str], str]) -> list[Answer]:
    """The answer of a cell; of a cell that says what is the same, one for each of its changes."""
    exercise, kind, name, expect, of = (
        str(cell.metadata.get(key, "")) for key in ("exercise", "answer", "name", "expect", "of")
    )
    try:
        earns = float(cell.metadata.get("earns", 0))
    except (TypeError, ValueError):
        earns = math.nan
    breaks = cell.metadata.get("breaks", ())
    broken = (breaks,) if isinstance(breaks, str) else tuple(map(str, breaks))
    if kind == "nothing":
        broken = tuple(m[1] for m in map(UNBREAKABLE.match, cell.source.splitlines()) if m)
    one = Answer(exercise, kind, name, expect, cell.source, path, line, earns, broken)
    if not of:
        return [one]
    if (exercise, of) not in sources:
        above = ", ".join(known for e, known in sources if e == exercise)
        raise Mismatch(0, f"of={of!r} is no answer above", f"one of {above}")
    changes, whole = read_changes(cell.source), sources[exercise, of]
    says = "".join(line + "\n" for line in cell.source.splitlines()[: changes[0].line])
    if kind != "same":
        return [replace(one, source=says + apply_changes(whole, changes))]
    names = [name] if len(changes) == 1 else [f"{name} {n}" for n in range(1, len(changes) + 1)]
    return [
        replace(one, name=n, source=says + apply_change(whole, c), line=line + c.line)
        for n, c in zip(names, changes, strict=True)
    ]


def _mistakes(answer: Answer, exercises: dict[str, SourceCell]) -> list[tuple[str, str]]:
    """(problem, fix) of one answer."""
    found = []
    if answer.exercise not in exercises:
        return [(f"exercise {answer.exercise!r} is not in the lab", f"one of {', '.join(exercises)}")]
    if answer.kind not in LEAST:
        return [(f"answer={answer.kind!r}", 'write answer="right", answer="wrong" or answer="same"')]
    sentences = sentences_of(exercises[answer.exercise])
    for says in answer.breaks:
        if (count := sum(says in sentence for sentence in sentences)) != 1:
            problem = f"breaks {says!r}, which stands in {count} sentences of the docstrings"
            found.append((problem, "name a part of one of them: " + " | ".join(sentences)))
    if answer.kind == "nothing":
        if len(answer.breaks) != len(answer.source.strip().splitlines()):
            found.append(("a line that says nothing", 'write `# Nothing breaks: "sentence" why` in each'))
        return found
    if answer.kind == "wrong" and len(answer.expect) < SHORTEST:
        found.append(("a wrong answer without the message that it must get", 'add expect="…", a telling part of it'))
    if (begins := BEGINS.get(answer.kind)) and not answer.source.startswith(begins):
        said = "names no misconception" if answer.kind == "wrong" else "does not say why"
        found.append((f"a {answer.kind} answer that {said}", f"begin it with `{begins}…`"))
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
