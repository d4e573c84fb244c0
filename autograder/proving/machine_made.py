"""Answers made by machine, which no check may give points: right for the visible inputs, and wrong elsewhere."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.authoring.answers import without_markers
from autograder.authoring.source import LabSource, SourceCell

# What an answer does with inputs that it has not seen in the visible pass.
TRICKS = {
    "zeros": "sets every number of its arguments to zero, then answers rightly for them",
    "nan": "sets every number of its arguments to NaN, then answers rightly for them",
    "minus_one": "sets every number of its arguments to −1, then answers rightly for them",
    "emptied": "empties its arguments, then answers rightly for them",
    "argument": "returns its first argument",
    "remembered": "returns what was right for an input that it has seen",
    "nothing": "returns None, and does nothing",
    "empty": "returns an empty value",
    "not_a_number": "returns NaN in every place of the right answer",
    "infinite": "returns infinity in every place of the right answer",
    "shorter": "returns the right answer without its last element",
    "longer": "returns the right answer with its last element twice",
}
TRICKSTER = (Path(__file__).parent / "trickster.py").read_text(encoding="utf-8")


@dataclass(frozen=True)
class MachineMade:
    """A whole exercise cell, made by machine. `why` says what it does."""

    exercise: str
    name: str
    why: str
    source: str


def machine_made(lab: LabSource, public: dict[str, dict[str, int]]) -> list[MachineMade]:
    """Every trick for every exercise, and every public function of the lab's subjects that could be the answer.

    Args:
        public: module → its functions → how many arguments each must get.
    """
    return [made for cell in lab.of_kind("exercise") for made in (*_tricks(cell), *_imported(cell, public))]


def _tricks(cell: SourceCell) -> Iterator[MachineMade]:
    solution = without_markers(cell.source)
    for name, why in TRICKS.items():
        wrapped = "".join(f"{export} = _Trickster.of({name!r}, {export})\n" for export in cell.exports)
        yield MachineMade(cell.name, name, why, f"{solution}\n\n{TRICKSTER}\n\n{wrapped}")


def _imported(cell: SourceCell, public: dict[str, dict[str, int]]) -> Iterator[MachineMade]:
    """The solution with one export taken from a module."""
    solution = without_markers(cell.source)
    wanted = {node.name: _needed(node) for node in ast.parse(solution).body if isinstance(node, ast.FunctionDef)}
    for export in cell.exports:
        for module, functions in public.items():
            for function, count in functions.items():
                if count == wanted.get(export):
                    source = f"{solution}\n\nfrom {module} import {function} as {export}\n"
                    why = f"is {module}.{function}"
                    yield MachineMade(cell.name, f"{export} is {module}.{function}", why, source)


def _needed(function: ast.FunctionDef) -> int:
    return len(function.args.args) - len(function.args.defaults)
