"""A judge: one process, one check cell, one pass. It ends with a verdict."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import time
import warnings
from typing import Any

from autograder.judge.asserts import SITE, Rewriter, SiteFailed, rewrite
from autograder.judge.contract import Contract
from autograder.judge.credit import Credit
from autograder.judge.desk import Desk
from autograder.judge.errors import LearnerError, LearnerGone, OutOfTime, Stop, Touched
from autograder.judge.limits import Limits
from autograder.judge.messages import builtin_kind, lines_of, own_fault, raised_message, site_message
from autograder.judge.plain import AWAITED, CALLED, LAST, Awaited, PlainRewriter, called
from autograder.judge.remote import Link
from autograder.judge.values.classes import shared_classes
from autograder.judge.values.text import printable
from autograder.judge.wire import Wire

EXAMINER = "examine"  # mark of a function that opens what a learner's code made (examiner.py)


@dataclasses.dataclass(frozen=True)
class Order:
    """What a judge is asked to do.

    `hidden_seed` is None in the visible pass, `exercise` in a plain nbgrader course.
    """

    name: str
    source: str
    exports: list[str]
    exercise: str | None
    hidden_seed: int | None
    points: float = 1.0


@dataclasses.dataclass(frozen=True)
class Verdict:
    """How a check ended.

    Attributes:
        outcome: `ran` (to its end), `failed` (an assertion, or the learner's code), `touched` (the learner's code
            changed an argument in place), `broken` (the check's own fault), `timeout`, `gone`.
        counts: how often each assert site held.
        message: what the learner may read: in the visible pass; in the hidden one only what a `touched` says.
        line: line in the cell where it ended, or None; in a helper of the check's, that helper's.
        statement: line of the cell's own code that was running then, or None.
        kind: builtin exception type that the learner's code raised, or None.
        fraction: which part of its points the check gave, where it ran.
        reason: why it gave less; for the visible pass only, as `message`.
        reason_lines: of the cell that said so, the outermost first; none where no call of `credit` did.
    """

    outcome: str
    counts: list[int]
    message: str
    line: int | None
    kind: str | None
    seconds: float
    statement: int | None = None
    fraction: float = 1.0
    reason: str = ""
    reason_lines: list[int] = dataclasses.field(default_factory=list)


def judge(order: Order, names: dict[str, Any], wire: Wire, limits: Limits, supervisor: Wire) -> Verdict:
    """Run one check cell against the learner's process at the other end of `wire`.

    Args:
        names: the namespace after the setup cells; copied.
        supervisor: collects files and has them examined.
    """
    started = time.monotonic()
    plain = order.exercise is None
    filename = f"<check {order.name}>"
    code, sites = rewrite(order.source, filename, PlainRewriter if plain else Rewriter)
    credit = Credit(filename)
    shared = shared_classes(names)
    link = Link(wire, limits, lambda module, name: shared.get((module, name)))
    desk = Desk(supervisor, lambda name: link.ask("folder", name))
    contract = Contract(link, desk, order.exercise, order.hidden_seed, credit)
    scope = {**names, **_replaced(names, contract), SITE: sites, "__name__": "__judge__"}
    if plain:
        scope |= {AWAITED: Awaited, CALLED: called, LAST: lambda last: credit.points(last, order.points)}
    outcome, message, kind = "ran", "", None
    lines: list[int] = []  # of the cell: its own statement first, then those of its helpers
    try:
        link.ask("share", list(shared))
        for export in order.exports:
            with contextlib.suppress(LearnerError):  # a name that is not there is found missing when it is used
                scope[export] = link.ask("get", export)
        with _quiet():
            exec(code, scope)
        if order.exercise is not None and not contract.ended:
            outcome, message = "broken", "the check never entered `with check(...)`"
    except SiteFailed as failure:
        outcome, lines = "failed", [*lines_of(failure, filename), sites.texts[failure.site].line]
        kind = failure.error.kind if failure.error else None
        message = site_message(failure)
    except LearnerError as error:
        outcome, kind, lines = "failed", error.kind, lines_of(error, filename)
        message = raised_message(error)
    except NameError as error:
        outcome, lines = "failed" if error.name in order.exports else "broken", lines_of(error, filename)
        message = f"`{error.name}` is not defined by your cell." if outcome == "failed" else own_fault(error, filename)
    except LearnerGone:
        outcome, message = "gone", "your code ended its own process"
    except Touched as error:
        lines = lines_of(error, filename)
    except OutOfTime:
        outcome, message = "timeout", f"your code did not answer within {limits.call_seconds:.0f} s"
    except AssertionError as error:  # of an examiner: in its own words
        outcome, lines, message, kind = "failed", lines_of(error, filename), str(error), None
    except Exception as error:
        # The check trips over a value of the learner's that has another form than it expects.
        outcome, lines, message = "failed", lines_of(error, filename), own_fault(error, filename)
        kind = builtin_kind(error)
    except Stop:
        raise
    except BaseException as error:  # of a test library: pytest's own outcomes are no Exceptions
        outcome, lines, message = "failed", lines_of(error, filename), str(error)
    if link.touched:
        outcome, message, kind = "touched", contract.touched, None
    seconds = round(time.monotonic() - started, 3)
    line, statement = (lines[-1], lines[0]) if lines else (None, None)
    message, reason = (printable(text[: limits.message_characters]) for text in (message, credit.reason))
    given = (credit.fraction, reason, credit.lines)
    return Verdict(outcome, sites.counts, message, line, kind, seconds, statement, *given)


def _replaced(names: dict[str, Any], contract: Contract) -> dict[str, Any]:
    """The judge's own functions in place of every setup name whose object says `__judge__`."""
    ours = contract.functions()
    marks = {name: getattr(x, "__judge__", None) for name, x in names.items() if not isinstance(x, type)}
    examiners = {name: contract.examiner(names[name]) for name, mark in marks.items() if mark == EXAMINER}
    return examiners | {name: ours[mark] for name, mark in marks.items() if isinstance(mark, str) and mark in ours}


@contextlib.contextmanager
def _quiet() -> Any:
    sink = io.StringIO()
    with contextlib.redirect_stdout(sink), contextlib.redirect_stderr(sink), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
