"""Examiners: functions of ours that open what a learner's code made, where nothing else is within its reach.

A check never loads a model itself. It calls a function marked with `examiner`, whose first argument is bytes or files
(`written`) and which returns plain values. In the judge, such a function runs in a process that holds no secret; in a
learner's own kernel, where there is none, it runs there, or in a fresh process if its figures need one.
"""

from __future__ import annotations

import functools
import os
import pickle
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Generic, NoReturn, ParamSpec, TypeVar

from prodml.errors import ExamineError
from prodml.lab.contract import judged

P = ParamSpec("P")
R = TypeVar("R")
MOST_BYTES = 16 << 20
MOST_FILES = 200
MOST_SECONDS = 20
MOST_MEMORY = 2 << 30
Files = Mapping[str, bytes]


class Examiner(Generic[P, R]):
    """A function of a module that opens what a learner's code made; its first argument is that. See `examiner`.

    Attributes:
        address: `"module:name"`, where the judge's examining process finds it.
        seconds: the longest that it may take in a fresh process.
    """

    __judge__ = "examine"

    def __init__(self, function: Callable[P, R], refusal: tuple[str, str], fresh: bool) -> None:
        functools.update_wrapper(self, function)
        self.address = f"{function.__module__}:{function.__qualname__}"
        self.seconds: float = MOST_SECONDS
        self._function, self._refusal, self._fresh = function, refusal, fresh

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call the function here, or in a fresh process.

        Raises:
            ExamineError: what was made is too large, cannot be opened, or takes too long.
        """
        return self._in_fresh_process(args, kwargs) if self._fresh else self.run(*args, **kwargs)

    def run(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call the function in this process; whatever it raises becomes an ExamineError."""
        _refuse_large(args[0])
        try:
            return self._function(*args, **kwargs)
        except ExamineError:
            raise
        except Exception as error:
            raise self.refused() from error

    def refused(self, problem: str = "", fix: str = "") -> ExamineError:
        """The error for what cannot be opened; without a problem, the function's own sentence."""
        return ExamineError(problem, fix) if problem else ExamineError(*self._refusal)

    def _in_fresh_process(self, args: Any, kwargs: Any) -> R:
        _refuse_large(args[0])  # before a process is started for it
        command = [sys.executable, "-I", "-m", "prodml.lab._examining_process", str(os.getpid())]
        with tempfile.TemporaryFile() as answer:
            try:
                ended = subprocess.run(
                    command,
                    input=pickle.dumps((self.address, args, kwargs)),
                    stdout=answer,
                    stderr=subprocess.DEVNULL,
                    env={"OMP_NUM_THREADS": "1"},
                    timeout=self.seconds,
                    preexec_fn=_limit,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                raise self.refused(f"It did not answer within {self.seconds:g} s.", "Make it smaller.") from None
            if ended.returncode:
                raise self.refused()
            answer.seek(0)
            outcome, refusal = pickle.load(answer)  # by our own process, from what is already this learner's
        if refusal:
            raise ExamineError(*refusal)
        found: R = outcome
        return found


def examiner(*, refusal: tuple[str, str], fresh: bool = False) -> Callable[[Callable[P, R]], Examiner[P, R]]:
    """Mark a function of a module that opens what a learner's code made.

    Its first argument is bytes, or files as `written` gives them; the others, and what it returns, are plain values:
    arrays, numbers, text, or dataclasses of its own module.

    Args:
        refusal: problem and fix, if what was made cannot be opened, whatever the reason.
        fresh: in a learner's kernel, start a process for it: for figures of memory and time.
    """
    return lambda function: Examiner(function, refusal, fresh)


@judged
def written(call: Callable[[str], object]) -> dict[str, bytes]:
    """What `call(folder)` leaves in an empty folder: path below it → contents. The folder is gone afterwards.

    Raises:
        ExamineError: it left something that is no regular file, or more than 200 files or 16 MiB.
    """
    with tempfile.TemporaryDirectory() as folder:
        call(folder)
        found: dict[str, bytes] = {}
        paths = sorted(path for path in Path(folder).rglob("*") if path.is_symlink() or not path.is_dir())
        if len(paths) > MOST_FILES:
            _refuse(f"Your code wrote {len(paths):,} files; at most {MOST_FILES} are opened.")
        for path in paths:
            name = path.relative_to(folder).as_posix()
            if path.is_symlink() or not path.is_file():
                _refuse(f"Your code left {name}, which is no regular file.")
            if sum(map(len, found.values())) + path.stat().st_size > MOST_BYTES:
                _refuse(f"Your code wrote more than {MOST_BYTES:,} bytes, which are not opened.")
            found[name] = path.read_bytes()
        return found


@contextmanager
def unpacked(files: Files) -> Iterator[Path]:
    """A temporary folder that holds the files, for libraries that read folders."""
    with tempfile.TemporaryDirectory() as folder:
        for name, contents in files.items():
            path = Path(folder, name)
            if not path.resolve().is_relative_to(Path(folder).resolve()):
                _refuse(f"The path {name} leads out of its folder.")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(contents)
        yield Path(folder)


def _refuse_large(made: Any) -> None:
    contents = list(made.values()) if isinstance(made, dict) else [made]
    if not all(isinstance(x, bytes) for x in contents):
        _refuse(f"Bytes or files are opened, but yours is of type {type(made).__name__}.")
    if sum(map(len, contents)) > MOST_BYTES:
        _refuse(f"What your code made has {sum(map(len, contents)):,} bytes; at most {MOST_BYTES:,} are opened.")


def _refuse(problem: str) -> NoReturn:
    raise ExamineError(problem, "")


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_BYTES, MOST_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
