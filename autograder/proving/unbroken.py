"""Which sentences of a contract no wrong answer breaks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from autograder.authoring.answers import Answer
from autograder.authoring.sentences import sentences_of
from autograder.authoring.source import LabSource


@dataclass(frozen=True)
class Unbroken:
    """A sentence that no wrong answer breaks, and of which the sheet does not say why. `line` is lab.py's."""

    exercise: str
    line: int
    sentence: str


def unbroken(lab: LabSource, answers: Iterable[Answer]) -> list[Unbroken]:
    """The sentences that no answer of the sheet names."""
    named = [(a.exercise, s) for a in answers for s in a.breaks]
    found = []
    for cell in lab.of_kind("exercise"):
        mine = [says for exercise, says in named if exercise == cell.name]
        for sentence in sentences_of(cell):
            if not any(says in sentence for says in mine):
                found.append(Unbroken(cell.name, cell.line_of(sentence.split("\n")[0][:30]), sentence))
    return found
