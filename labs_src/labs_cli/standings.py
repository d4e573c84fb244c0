"""Where a learner stands with each exercise: what the visible checks said, and the hidden tests, if they were run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labs_cli import places
from labs_cli.catalog import Lab
from labs_cli.copies import newest_copy
from labs_cli.digests import answer_digests
from labs_cli.errors import CliError
from labs_cli.notebook import read_notebook

if TYPE_CHECKING:
    from prodml.lab.records import Record, Standing


@dataclass(frozen=True)
class ExerciseStanding:
    """Where a learner stands with one exercise.

    Attributes:
        core: whether it is one of the lab's core.
        worth: its points.
        visible: what the visible checks said in the learner's kernel; None if they never ran on an answer.
        full: the points that the latest `labs check --full` gave to the answer as it is now; None if there are none.
        changed: whether there was a full check, but of another answer.
    """

    name: str
    core: bool
    worth: float
    visible: Standing | None = None
    full: float | None = None
    changed: bool = False

    @property
    def fully_checked(self) -> bool:
        """Whether the answer as it is now has passed the hidden tests too."""
        return self.full == self.worth

    @property
    def done(self) -> bool:
        """Whether it passed what has run on it."""
        return self.fully_checked or (self.full is None and self.visible is not None and self.visible.passed)

    @property
    def yours(self) -> float:
        """Points: the hidden tests' word counts, where there is one."""
        return self.full if self.full is not None else self.worth * self.done

    @property
    def state(self) -> str:
        """In a learner's words."""
        if self.full is not None:
            return "fully checked" if self.fully_checked else "failed the full check"
        said = "not tried" if self.visible is None else "visible checks passed" if self.visible.passed else "not yet"
        return f"{said}; changed since the full check" if self.changed else said


def standings(lab: Lab, records: Sequence[Record]) -> list[ExerciseStanding]:
    """Every exercise of a lab, in the notebook's order."""
    from prodml.lab.labfile import read_lab
    from prodml.lab.records import standing

    about = read_lab(lab.slug)
    visible = standing(records, lab.slug)
    checked = _checked(records, lab)
    answers = _answers(lab) if checked else {}
    found = []
    for name, worth in about.points.items():
        record = checked.get(name)
        full = _points(record, answers.get(name), worth) if record else None
        changed = record is not None and full is None
        found.append(ExerciseStanding(name, name in about.core, worth, visible.get(name), full, changed))
    return found


def _checked(records: Iterable[Record], lab: Lab) -> dict[str, Record]:
    """Exercise → the latest record of a full check."""
    return {r.name: r for r in records if r.lab == lab.slug and r.kind == "checked"}


def _answers(lab: Lab) -> dict[str, str]:
    """What stands in the newest copy now; nothing where that cannot be read."""
    try:
        return answer_digests(read_notebook(newest_copy(places.workspace_path(), lab).notebook))
    except CliError:
        return {}


def _points(record: Record, answer: str | None, worth: float) -> float | None:
    """What a full check gave, if it was about this answer, and the exercise is worth as much as then."""
    score = record.detail.get("score")
    same = answer is not None and (record.detail.get("answer"), record.detail.get("points")) == (answer, worth)
    return float(score) if same and isinstance(score, int | float) else None
