"""What a learner's answers are, so that a later change of one is seen."""

from __future__ import annotations

import ast
import hashlib
from typing import Any

from labs_cli.notebook import NotebookFile, lab_metadata
from prodml.lab.attempts import digest_of
from prodml.lab.unfinished import bound


def answer_digests(notebook: NotebookFile) -> dict[str, str]:
    """Exercise → digest of its answer: its cell, and the learner's own cells that it uses. Comments do not count."""
    cells = [c for c in notebook.content["cells"] if isinstance(c, dict) and c.get("cell_type") == "code"]
    own = [source_of(c) for c in cells if not lab_metadata(c)]
    exercises = {str(lab_metadata(c).get("name")): source_of(c) for c in cells if is_exercise(c)}
    return {name: _digest(_with_helpers(source, own)) for name, source in exercises.items()}


def is_exercise(cell: dict[str, Any]) -> bool:
    return lab_metadata(cell).get("kind") == "exercise"


def source_of(cell: dict[str, Any]) -> str:
    """A cell's text, which a notebook's file may hold as lines."""
    source = cell.get("source")
    return source if isinstance(source, str) else "".join(map(str, source or []))


def _with_helpers(source: str, own: list[str]) -> list[str]:
    """An exercise's cell, the cells that bind a name which it uses, those that these use, and so on."""
    found = [source]
    for part in found:  # which grows
        used = _used(part)
        found += [cell for cell in own if cell not in found and used & _bound(cell)]
    return found


def _used(source: str) -> set[str]:
    try:
        return {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
    except (SyntaxError, ValueError):
        return set()


def _bound(source: str) -> set[str]:
    try:
        return set(bound(source))
    except (SyntaxError, ValueError):
        return set()


def _digest(sources: list[str]) -> str:
    return hashlib.sha256("|".join(map(_one, sources)).encode()).hexdigest()[:16]


def _one(source: str) -> str:
    try:
        return digest_of(source)
    except (SyntaxError, ValueError):  # a magic command, or half a line
        return source
