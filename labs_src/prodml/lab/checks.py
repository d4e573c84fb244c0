"""`check(name)`: the visible part of a check in the learner's own kernel, with a card and a record."""

from __future__ import annotations

import math
import sys
import traceback
from types import FrameType, TracebackType
from typing import Any

from prodml.grading import grading
from prodml.lab import records
from prodml.lab.attempts import digest
from prodml.lab.cards import Card, html_card, text_card
from prodml.lab.contract import judged, value
from prodml.lab.faults import Fault, explain
from prodml.lab.labfile import Lab
from prodml.lab.output import shorten, show
from prodml.lab.plots import BLUE, GREY, RED
from prodml.lab.session import current_lab
from prodml.lab.untouched import TOUCHED, Watch
from prodml.lab.workspace import find_workspace

CHARACTERS = 4000  # of a message, of code, of a traceback: a learner's values can be long
NO_ATTEMPT = ("not done", "not defined")  # running all cells of a fresh lab is none
SHORT = {"not done": "the exercise is not done yet", "not defined": "the exercise's cell has not run yet"}


@judged
def check(name: str, *, changes: bool = False, touched: str = TOUCHED) -> Check:
    """Holds the assertions about one exercise: `with check("psi"): …`.

    When the block ends it shows a card and records the attempt. An exception leaves the block, so that the cell
    fails for nbgrader too; only IPython's long traceback becomes one line.

    Args:
        name: the exercise.
        changes: its functions may change, in place, what the check passes to them. Otherwise that fails the check.
        touched: what is said then.
    """
    return Check(name, sys._getframe(1), None if changes else touched)


class Check:
    """What `with check(name):` enters."""

    def __init__(self, name: str, cell: FrameType, touched: str | None) -> None:
        self._name, self._cell = name, cell
        self._watch, self._touched = None if touched is None else Watch(cell), touched or TOUCHED
        self._fraction, self._reason = 1.0, ""

    def __enter__(self) -> Check:
        if self._watch:
            self._watch.start()
        return self

    def credit(self, fraction: float, reason: str) -> None:
        """Give at most this part of the points, and say why; the least that was said counts.

        Args:
            fraction: below 0 it counts as 0, above 1 as 1.

        Raises:
            NotPlain: it is no number.
        """
        given = float(value(fraction, float))
        given = min(max(given, 0.0), 1.0) if math.isfinite(given) else 0.0
        if given < self._fraction:
            self._fraction, self._reason = given, reason

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if self._watch:
            self._watch.stop()
        if grading() or isinstance(error, KeyboardInterrupt):
            return
        lab = current_lab()
        if self._watch and self._watch.touched:
            self._fail(lab, self._touched)
            told = AssertionError(self._touched)
            shorten(told, "see the card above")
            raise told from None
        if error is None and self._fraction > 0:
            unsaved = _keep(lab, "passed", self._name, {})
            _show(_passed(lab, self._name, unsaved, self._fraction, self._reason))
            return
        if error is None:
            self._fail(lab, self._reason)
            return
        fault = explain(error, self._cell)
        unsaved = ""
        if fault.kind not in NO_ATTEMPT:
            slip = {"slip": True} if fault.slip else {}
            unsaved = _keep(lab, "failed", self._name, self._failure(lab, fault.message) | slip)
        _show(_failed(lab, self._name, fault, error, unsaved))
        shorten(error, SHORT.get(fault.kind, "see the card above"))

    def _fail(self, lab: Lab, message: str) -> None:
        """Show and record a failure that no assertion says."""
        unsaved = _keep(lab, "failed", self._name, self._failure(lab, message))
        title, hints = f"✗ {self._name}: not yet", _hints(lab, self._name)
        _show(Card(RED, title, message[:CHARACTERS], hints=hints, foot=unsaved))

    def _failure(self, lab: Lab, message: str) -> dict[str, Any]:
        answer = digest(self._cell.f_globals, lab.exports.get(self._name, []))
        return {"message": message[:CHARACTERS], "answer": answer}


def _keep(lab: Lab, kind: str, name: str, detail: dict[str, Any]) -> str:
    """Record it; returns why that was not possible, or "". A check never fails because of the disk."""
    try:
        records.append(records.new(lab.slug, kind, name, dict(detail)))
    except OSError as error:
        return f"Your progress could not be saved: {error}"
    return ""


def _show(card: Card) -> None:
    show(text_card(card), html_card(card))


def _passed(lab: Lab, name: str, unsaved: str, fraction: float, reason: str) -> Card:
    standing = records.standing(records.read(find_workspace()), lab.slug)
    done = {exercise for exercise in lab.points if exercise in standing and standing[exercise].passed}
    progress = f"{len(done)} of {len(lab.points)} exercises of this lab pass." if lab.points else ""
    if len(lab.core) < len(lab.points):
        core = f"{len(done & set(lab.core))} of {len(lab.core)} exercises of the core pass"
        progress = f"{core}, {len(done)} of {len(lab.points)} in all."
    says = "Visible checks passed; hidden ones decide when graded."
    title = f"✓ {name}: passed"
    if fraction < 1:
        title, says = f"◐ {name}: passed in part", f"{fraction:.0%} of the points: {reason[:CHARACTERS]}"
    return Card(BLUE, title, says, foot=f"{progress} {unsaved}".strip())


def _failed(lab: Lab, name: str, fault: Fault, error: BaseException, unsaved: str) -> Card:
    if fault.kind == "not done":
        says = "Fill in the exercise's cell, run it, then run this one again."
        return Card(GREY, f"… {name}: not done yet", says, hints=_hints(lab, name, "Stuck before the first line? "))
    if fault.kind == "not defined":
        return Card(GREY, f"… {name}: not run yet", fault.message)
    title, says, hints = f"✗ {name}: not yet", fault.message[:CHARACTERS], _hints(lab, name)
    line, source = f"Line {fault.line} of this cell:", fault.source[:CHARACTERS]
    if fault.kind == "assertion":
        return Card(RED, title, says, line, source, hints, foot=unsaved)
    whole = "".join(traceback.format_exception(error))[-CHARACTERS:]
    if fault.where:
        line, source = "In your code:", "\n".join(fault.where)[-CHARACTERS:]
    return Card(RED, title, says, line, source, hints, ("Full traceback", whole), unsaved, fault.tried)


def _hints(lab: Lab, name: str, asking: str = "") -> tuple[tuple[str, str], ...]:
    """The hints that the answers so far have earned: one for each that was wrong, and the first in any case."""
    hints = lab.hints.get(name, [])
    tried = records.standing(records.read(find_workspace()), lab.slug).get(name)
    failures = tried.failures if tried else 0
    asking = "" if failures else asking
    offered = hints[: max(1, failures)]
    return tuple((f"{asking}Hint {number} of {len(hints)}", hint) for number, hint in enumerate(offered, 1))
