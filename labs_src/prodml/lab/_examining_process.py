"""The fresh process of an examiner: `python -I -m prodml.lab._examining_process PARENT`; it ends with that process."""

from __future__ import annotations

import importlib
import pickle
import sys
from typing import Any

from prodml.errors import ExamineError
from prodml.linux import die_with


def main() -> None:
    """Read (address, arguments, keyword arguments) from standard input; write (outcome, refusal)."""
    address, args, kwargs = pickle.load(sys.stdin.buffer)
    module, name = address.split(":")
    answer: tuple[Any, tuple[str, str] | None]
    try:
        answer = (getattr(importlib.import_module(module), name).run(*args, **kwargs), None)
    except ExamineError as error:
        answer = (None, (error.problem, error.fix))
    sys.stdout.buffer.write(pickle.dumps(answer))


if __name__ == "__main__":
    die_with(int(sys.argv[1]))
    main()
