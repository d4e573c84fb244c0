"""What a judge says of a failure in the visible pass."""

from __future__ import annotations

import builtins
import traceback

from autograder.causes import named
from autograder.judge.asserts import SiteFailed
from autograder.judge.errors import LearnerError

TOUCHED = "Your code changes an argument in place. Leave what you are given as it is, and work on a copy."
STUB_LEFT = "Not done yet: the exercise still raises NotImplementedError."


def site_message(failure: SiteFailed) -> str:
    """Of an assertion that did not hold."""
    if failure.error is None:
        return failure.words or "An assertion without a message failed."
    raised = raised_message(failure.error)
    return f"{raised} The check says: {failure.words}" if failure.words else raised


def raised_message(error: LearnerError) -> str:
    """Of an exception of the learner's code."""
    if error.kind == "NotImplementedError" and not error.text:  # a stub's own says nothing, a library's does
        return STUB_LEFT
    return f"Your code raised {named(error.kind, error.text)}"


def own_fault(error: Exception, filename: str) -> str:
    """Of a check that trips over a value of another form than it expects."""
    line = next(reversed(lines_of(error, filename)), None)
    return f"The check could not use your answer: {type(error).__name__}: {error} (line {line} of the check)."


def lines_of(error: BaseException, filename: str) -> list[int]:
    """Lines of the check, compiled as `filename`, that were running, the outermost first."""
    frames = traceback.extract_tb(error.__traceback__)
    return [f.lineno for f in frames if f.filename == filename and f.lineno is not None]


def builtin_kind(error: Exception) -> str:
    """The nearest builtin class of an exception."""
    return next(str(c.__name__) for c in type(error).__mro__ if getattr(builtins, c.__name__, None) is c)
