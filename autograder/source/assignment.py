"""An assignment as the judge sees it: plain data, which read_assignment.py takes from a notebook."""

from __future__ import annotations

import ast
import dataclasses
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from autograder.source.magics import without_magics


@dataclass(frozen=True)
class Cell:
    """A code cell of the source that takes part in grading.

    Attributes:
        exports: exercise: the names that its check reads.
        blank: exercise of a plain course: the cell as it was handed out.
    """

    grade_id: str
    source: str
    exports: tuple[str, ...] = ()
    blank: str = ""

    @property
    def python(self) -> str:
        """The source without magics: what a judge can run; empty where that is no Python."""
        return _python(self.source)

    @property
    def imports(self) -> str:
        """The import statements at the top of the cell, one a line: they are the same for everybody."""
        found = [n for n in ast.parse(self.python).body if isinstance(n, ast.Import | ast.ImportFrom)]
        return "\n".join(ast.unparse(n) for n in found)


@dataclass(frozen=True)
class Check:
    """A check cell.

    Attributes:
        exercise: name of the exercise whose points it gives.
        inside: name that its `with check(...)` must carry, or None in a plain course.
        visible: the cell without its hidden tests; empty where nothing is visible.
        exports: names that a judge asks the learner's process for.
        needs: grade ids of the exercise cells without which a name that it reads is not defined.
    """

    grade_id: str
    exercise: str
    inside: str | None
    source: str
    visible: str
    exports: tuple[str, ...]
    points: float
    needs: tuple[str, ...] = ()

    @property
    def has_hidden(self) -> bool:
        """Whether a part of it is hidden from learners."""
        return self.visible != self.source.strip()

    @property
    def python(self) -> str:
        """The source without magics: what a judge can run; empty where that is no Python."""
        return _python(self.source)

    @property
    def visible_python(self) -> str:
        """The same of its visible part."""
        return _python(self.visible)

    @property
    def digest(self) -> str:
        """Hash of the source: recorded counts of assert sites hold for exactly this text."""
        return hashlib.sha256(self.source.encode()).hexdigest()


@dataclass(frozen=True)
class ByHand:
    """A cell that a person grades.

    Attributes:
        blank: the cell as it was handed out; None for a task, whose answer stands in cells below it.
    """

    grade_id: str
    points: float
    blank: str | None


@dataclass(frozen=True)
class Assignment:
    """One notebook of an assignment.

    Attributes:
        notebook: name of its file, without `.ipynb`.
        order: grade ids of all cells, in the order of the source.
        by_hand: grade id → a cell that a person grades: Markdown, or an exercise without a check.
        handed_out: texts of the cells without a grade id: where a submission has them too, nobody added them.
        counts: check's grade id → {"digest", "counts"}, recorded at release; in a plain course what `How.to_json`
            gives (marking/how.py).
    """

    name: str
    notebook: str
    order: tuple[str, ...]
    setup: dict[str, Cell]
    exercises: dict[str, Cell]
    checks: dict[str, Check]
    by_hand: dict[str, ByHand]
    handed_out: frozenset[str]
    counts: dict[str, dict[str, object]]
    digest: str

    @property
    def modules(self) -> tuple[str, ...]:
        """Modules that the setup cells import: a warm parent imports them beforehand."""
        found: list[str] = []
        for source in [*(c.python for c in self.setup.values()), *self.imports.values()]:
            for node in ast.walk(ast.parse(source)):
                if isinstance(node, ast.Import):
                    found += [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    found.append(node.module)
        return tuple(dict.fromkeys(found))

    @property
    def is_plain(self) -> bool:
        """Whether it is of a course that knows nothing of our judge."""
        return any(c.inside is None for c in self.checks.values())

    @property
    def imports(self) -> dict[str, str]:
        """Grade id of an exercise of a plain course → what its solution imports."""
        return {g: c.imports for g, c in self.exercises.items() if c.imports} if self.is_plain else {}

    @property
    def written(self) -> frozenset[str]:
        """Grade ids of the Markdown cells that a learner writes into."""
        return frozenset(g for g, cell in self.by_hand.items() if cell.blank is not None and g not in self.exercises)

    @property
    def points(self) -> dict[str, float]:
        """Grade id → points, of every graded cell."""
        checks, by_hand = self.checks.values(), self.by_hand.values()
        return {**{c.grade_id: c.points for c in checks}, **{c.grade_id: c.points for c in by_hand}}

    @property
    def max_score(self) -> float:
        return sum(self.points.values())

    def to_json(self) -> dict[str, Any]:
        """Plain data that JSON can hold."""
        return {**dataclasses.asdict(self), "handed_out": sorted(self.handed_out)}

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
                "by_hand": {k: ByHand(**v) for k, v in found["by_hand"].items()},
                "handed_out": frozenset(found["handed_out"]),
            }
        )


def _python(source: str) -> str:
    plain = without_magics(source)
    try:
        compile(plain, "<cell>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):  # an error on purpose, or `await` outside a function
        return ""
    return plain


def _from_json(kind: type, fields: Mapping[str, Any]) -> Any:
    return kind(**{name: tuple(v) if isinstance(v, list) else v for name, v in fields.items()})
