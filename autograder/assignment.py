"""An assignment as the judge sees it: plain data, which read_assignment.py takes from a notebook."""

from __future__ import annotations

import ast
import dataclasses
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True)
class Cell:
    """A code cell of the source that takes part in grading."""

    grade_id: str
    source: str
    exports: tuple[str, ...] = ()  # exercise: the names that its check reads


@dataclass(frozen=True)
class Check:
    """A check cell.

    Attributes:
        exercise: name of the exercise whose points it gives.
        inside: name that its `with check(...)` must carry, or None in a plain course.
        visible: the cell without its hidden tests; empty where nothing is visible.
    """

    grade_id: str
    exercise: str
    inside: str | None
    source: str
    visible: str
    exports: tuple[str, ...]
    points: float

    @property
    def digest(self) -> str:
        """Hash of the source: recorded counts of assert sites hold for exactly this text."""
        return hashlib.sha256(self.source.encode()).hexdigest()


@dataclass(frozen=True)
class Assignment:
    """Cells in the order of the source; `order` names them all by grade id."""

    name: str
    order: tuple[str, ...]
    setup: dict[str, Cell]
    exercises: dict[str, Cell]
    checks: dict[str, Check]
    counts: dict[str, dict[str, object]]  # check's grade id → {"digest", "counts"}, recorded at release
    digest: str

    @property
    def modules(self) -> tuple[str, ...]:
        """Modules that the setup cells import: a warm parent imports them beforehand."""
        found: list[str] = []
        for cell in self.setup.values():
            for node in ast.walk(ast.parse(cell.source)):
                if isinstance(node, ast.Import):
                    found += [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    found.append(node.module)
        return tuple(dict.fromkeys(found))

    @property
    def max_score(self) -> float:
        return sum(check.points for check in self.checks.values())

    def to_json(self) -> dict[str, Any]:
        """Plain data that JSON can hold."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Self:
        """What `to_json` gave."""
        return cls(
            **{
                **found,
                "order": tuple(found["order"]),
                "setup": {k: _from_json(Cell, v) for k, v in found["setup"].items()},
                "exercises": {k: _from_json(Cell, v) for k, v in found["exercises"].items()},
                "checks": {k: _from_json(Check, v) for k, v in found["checks"].items()},
            }
        )


def _from_json(kind: type, fields: Mapping[str, Any]) -> Any:
    return kind(**{**fields, "exports": tuple(fields["exports"])})
