"""What a verdict is worth, and what the learner is told about it.

Of a check that ran on hidden inputs these are the author's own sentences, found by their lines: nothing that the
learner's code said or returned while a hidden input existed is ever shown.
"""

from __future__ import annotations

from dataclasses import dataclass

from autograder.judge.asserts import Rewriter, count_sites
from autograder.judge.credit import NO_NUMBER
from autograder.judge.judging import Verdict
from autograder.judge.messages import STUB_LEFT
from autograder.judge.plain import PlainRewriter
from autograder.judge.supervisor import Ran
from autograder.judge.values.text import printable
from autograder.marking.credits import credit_words
from autograder.source.assignment import Check

ALL_PASSED = "All checks passed, the hidden ones too."
NONE_HIDDEN = "All checks passed."  # of an exercise that has no hidden one
HIDDEN_FAILED = "A hidden test failed."
VISIBLE_PASSED = "Visible checks passed. Hidden checks decide when it is graded."
NO_PROOF = "The check did not run all of its assertions on your answer, so it gives no points."
OTHER_RESULTS = "your code gives other results then."
HIDDEN_LESS = "A hidden test gave less."
SHOWN = 500  # characters of what a submission's process says


NO_SCORE = "No score: the source's own solution does not pass this test. Whoever teaches the course is told."


@dataclass(frozen=True)
class Mark:
    """What a check gives so far.

    Attributes:
        fraction: of its points; None where it is no mark.
        message: for the learner.
    """

    fraction: float | None
    message: str


def visible_mark(check: Check, verdict: Verdict, stopped: str | None) -> Mark:
    """What the visible part gives.

    Args:
        stopped: how the exercise's cell ended, where it did not run to its end.
    """
    plain = check.inside is None  # there the points are summed up over both parts
    if plain and verdict.outcome in ("ran", "broken"):  # broken: it does not run without its hidden part
        return Mark(1, VISIBLE_PASSED)
    if verdict.outcome != "ran":
        return Mark(0, f"Your cell {stopped} {verdict.message}" if stopped else verdict.message)
    if verdict.fraction == 1:
        return Mark(1, VISIBLE_PASSED)
    return Mark(verdict.fraction, _part(verdict.fraction, verdict.reason))


def hidden_mark(check: Check, verdict: Verdict, visible: Mark, proved: bool) -> Mark:
    """What the whole check gives after its visible part.

    Args:
        proved: whether every assertion ran as often as it must.
    """
    if verdict.outcome != "ran":
        return Mark(0, hidden_sentence(check, verdict, visible))
    if not proved:
        return Mark(0, NO_PROOF)
    if verdict.fraction < (visible.fraction or 0):
        return Mark(verdict.fraction, _part(verdict.fraction, credit_sentence(check, verdict)))
    passed = ALL_PASSED if check.has_hidden else NONE_HIDDEN
    return Mark(1, passed) if visible.fraction == 1 else visible


def in_place_mark(check: Check, ran: Ran | str, part: float, first: Mark | None) -> Mark:
    """What a test gives that ran in the submission's own process.

    Args:
        part: of the points, by nbgrader's rules.
        first: what its visible part gave; None for the visible part itself. Where it is given, hidden tests were
            there, and nothing of what the process says is shown.
    """
    if isinstance(ran, str):
        return Mark(0, ran)
    if first is None and check.has_hidden:
        return Mark(1, VISIBLE_PASSED) if ran.raised is None else Mark(0, _raised(ran))
    if ran.raised is None:
        passed = ALL_PASSED if check.has_hidden else NONE_HIDDEN
        return Mark(1, passed) if part == 1 else Mark(part, _part(part, ""))
    if first is None or not check.has_hidden:
        return Mark(
            0, _raised(ran) if first is None else f"A test that had passed failed when it ran again: {OTHER_RESULTS}"
        )
    line, sites = ran.line or -1, count_sites(check.python, rewriter_of(check)) if check.python else []
    sentence = next((s.literal for s in sites if s.line == line and s.literal and _is_hidden(check, line)), None)
    before = "Visible checks passed" if check.visible else ""
    if sentence:
        return Mark(0, f"{before}, a hidden one failed: {sentence}" if before else sentence)
    return Mark(0, f"{before}. {HIDDEN_FAILED}" if before else HIDDEN_FAILED)


def _raised(ran: Ran) -> str:
    """What the submission's process said, where it has seen no hidden test."""
    names = ran.raised or []
    if names[:1] == ["AssertionError"] and ran.text:
        return printable(ran.text[:SHOWN])
    if names[:1] == ["NotImplementedError"]:
        return STUB_LEFT
    return printable(f"Your code raised {ran.described}"[:SHOWN])


def rewriter_of(check: Check) -> type[Rewriter]:
    """What counts as an assertion in this check."""
    return PlainRewriter if check.inside is None else Rewriter


def hidden_sentence(check: Check, verdict: Verdict, visible: Mark) -> str:
    """Why a check failed: its assertion's message, where that is one string literal."""
    if not check.has_hidden or (verdict.statement is not None and not _is_hidden(check, verdict.statement)):
        return f"A visible check that had passed failed when it ran again: {OTHER_RESULTS}"
    before = ["Visible checks passed"] if check.visible and visible.fraction == 1 else []
    if verdict.outcome in ("timeout", "gone"):
        return ". ".join([*before, f"On hidden inputs, {verdict.message}."])
    if verdict.outcome == "touched":
        return ". ".join([*before, f"On hidden inputs: {verdict.message}"])
    sites = {site.line: site.literal for site in count_sites(check.python, rewriter_of(check))}
    sentence = sites.get(verdict.line or -1)
    said = ", a hidden one failed: ".join([*before, sentence]) if sentence else ". ".join([*before, HIDDEN_FAILED])
    return f"{said} (Your code raised {verdict.kind}.)" if verdict.kind else said


def credit_sentence(check: Check, verdict: Verdict) -> str:
    """Why a check gave less on hidden inputs than it had given on visible ones: the words of `credit(…, "words")`."""
    if verdict.reason == NO_NUMBER:
        return NO_NUMBER
    if not verdict.reason_lines:
        return ""
    if not _is_hidden(check, verdict.reason_lines[0]):
        return f"A visible check gave less when it ran again: {OTHER_RESULTS}"
    return credit_words(check.python).get(verdict.reason_lines[-1]) or HIDDEN_LESS


def _is_hidden(check: Check, line: int) -> bool:
    lines = check.source.splitlines()
    first = next((i for i, text in enumerate(lines, 1) if "BEGIN HIDDEN" in text), len(check.visible.splitlines()) + 1)
    return line >= first


def _part(fraction: float, reason: str) -> str:
    return f"{fraction:.0%} of the points: {reason}" if reason else f"{fraction:.0%} of the points."
