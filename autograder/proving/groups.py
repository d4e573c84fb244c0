"""Answers to different exercises share a run of the notebook."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterable, Mapping
from typing import Protocol, TypeVar

from nbformat import NotebookNode

from autograder.authoring.notebooks import to_text

T = TypeVar("T")


class Belongs(Protocol):
    """What belongs to an exercise."""

    @property
    def exercise(self) -> str: ...


B = TypeVar("B", bound=Belongs)


def by_exercise(answers: Iterable[B]) -> dict[str, list[B]]:
    """Exercise → its answers, in their order."""
    found: dict[str, list[B]] = {}
    for answer in answers:
        found.setdefault(answer.exercise, []).append(answer)
    return found


def side_by_side(by_exercise: Mapping[str, list[T]]) -> list[list[T]]:
    """Groups of at most one of each exercise."""
    absent = object()
    rows = itertools.zip_longest(*by_exercise.values(), fillvalue=absent)
    return [[one for one in row if one is not absent] for row in rows]  # type: ignore[misc]


def with_sources(notebook: NotebookNode, sources: Mapping[str, str]) -> bytes:
    """The notebook as a file, with other sources in the exercises that `sources` names."""
    nb = copy.deepcopy(notebook)
    for cell in nb.cells:
        cell.source = sources.get(cell.metadata.get("nbgrader", {}).get("grade_id"), cell.source)
    return to_text(nb).encode()
