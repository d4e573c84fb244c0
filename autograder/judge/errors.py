"""What can go wrong while judging, by whose fault it is.

JudgingError
├── CodecError            a value has no plain form, or what came is malformed
├── LearnerError          the learner's code raised something, or returned what cannot be judged
│   └── NotPlain          a test asked for the value of one of the learner's own objects
Stop (BaseException)      the judgement ends here; no check may catch it
├── LearnerGone           the learner's process ended
├── Touched               the learner's code changed what a check had passed to it
└── OutOfTime             the learner's process did not answer in time
"""

from __future__ import annotations


class JudgingError(Exception):
    """Base of this package's errors."""


class CodecError(JudgingError):
    """Raised when a value has no plain form here, or a node is malformed."""


class LearnerError(JudgingError):
    """Raised in the judge for whatever learner-made code raised.

    Attributes:
        kind: name of the nearest builtin exception type.
        text: the learner's own words; never shown after a hidden input exists.
        names: of its class and those below it, as the learner's process says.
    """

    def __init__(self, kind: str, text: str, names: tuple[str, ...] = ()) -> None:
        super().__init__(f"{kind}: {text}" if text else kind)
        self.kind = kind
        self.text = text
        self.names = names


class NotPlain(LearnerError):
    """Raised when a test needs a plain value and the learner's object is none."""

    def __init__(self, text: str) -> None:
        super().__init__("TypeError", text)


class Stop(BaseException):
    """Base of what ends a judgement at once."""


class LearnerGone(Stop):
    """Raised when the learner's process ended."""


class Touched(Stop):
    """Raised when the learner's code changed an argument in place, and the check did not ask for it."""


class OutOfTime(Stop):
    """Raised when the learner's process did not answer in time."""
