"""What can go wrong in prodml, outside of a learner's own code.

ProdmlError                     base: a problem and its fix
├── NotFound                    a folder of this project is not where it should be
├── DatasetError                a file of a dataset is missing, damaged or cannot be rebuilt
├── SelectionError (ValueError) a caller asked for a month, a column, … that does not exist
├── SettingError                an environment variable or course.json says something impossible
├── SaveError (ValueError)      a module that a learner's code saves would lose something in a SavedModel
├── UsageError (TypeError)      an author called a function for learners in a way that it does not know
├── ExamineError (AssertionError) what a learner's code made cannot be opened: no model, no graph, too large, too slow
├── NotPlain (AssertionError)   a check needs a plain value and the learner's object is none
├── WarmError                   a warm parent or a spare cannot be reached, or does not fork
├── GroupError                  a process of a group does not start or is not ready in time
└── KubeflowError               a pipeline could not be sent
    ├── NotReached              nothing answers, or no Kubeflow Pipelines server
    ├── NotAllowed              the server refuses who asks
    └── NotAccepted             the server refuses the run, or file and arguments do not fit

Those of one module stand there: warm/process.py, processes/errors.py, kubeflow/errors.py.
"""

from __future__ import annotations


class ProdmlError(Exception):
    """Base of this package's errors.

    Attributes:
        problem: what is wrong, and where.
        fix: what to do about it, or the allowed values.
    """

    def __init__(self, problem: str, fix: str) -> None:
        super().__init__(problem, fix)  # both as args, so that the error can be pickled and copied
        self.problem = problem
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.problem}\n{self.fix}" if self.fix else self.problem


class NotFound(ProdmlError):
    """Raised when datasets/ or notebooks/ cannot be found."""


class DatasetError(ProdmlError):
    """Raised when a dataset's file is missing, damaged, or cannot be rebuilt."""


class SelectionError(ProdmlError, ValueError):
    """Raised when a caller asks for something that a dataset does not have."""


class SettingError(ProdmlError):
    """Raised when an environment variable or the workspace's course.json holds no sensible value."""


class UsageError(ProdmlError, TypeError):
    """Raised when `predict`, `explorer` or `plots.show` is called in a way that it does not know."""


class SaveError(ProdmlError, ValueError):
    """Raised when a SavedModel would lack something of a module. It is the learner's code that saves."""


class ExamineError(ProdmlError, AssertionError):
    """Raised when what a learner's code made cannot be opened. It is an assertion: a check fails with its message."""


class NotPlain(ProdmlError, AssertionError):
    """Raised by `value` when the learner's object is no plain value of the type that was asked for."""
