"""Whether a learner's function leaves its arguments as they were, as the judge asks of it too."""

from __future__ import annotations

import dataclasses
import inspect
import sys
import threading
from types import FrameType
from typing import Any

TOUCHED = "Your code changes an argument in place. Leave what you are given as it is, and work on a copy."
DEEPEST = 20  # levels; what lies deeper is not looked at
SCALARS = {"builtins", "datetime", "decimal", "numpy", "pandas", "pathlib", "zoneinfo"}  # modules: made anew by a look


class Watch:
    """Compares the arguments of each call that a check's cell makes of a learner's function, before and after.

    A function is the learner's if it was written in another cell of the notebook. `start` and `stop` stand around
    the check; a profiler that was there before does nothing meanwhile.

    Attributes:
        touched: name of the first function that changed an argument in place; "" while there is none.
    """

    def __init__(self, cell: FrameType) -> None:
        self._file, self._globals = cell.f_code.co_filename, cell.f_globals
        self._now = threading.local()  # per thread: the call under way, and its arguments before it
        self._others: tuple[Any, Any] = (None, None)
        self.touched = ""

    def start(self) -> None:
        self._others = sys.getprofile(), threading.getprofile()
        sys.setprofile(self._event)
        threading.setprofile(self._event)  # of threads that the check starts

    def stop(self) -> None:
        mine, threads = self._others
        sys.setprofile(mine)
        threading.setprofile(threads)

    def _event(self, frame: FrameType, event: str, arg: object) -> None:
        now = self._now.__dict__
        if event == "call" and not now.get("call") and not self.touched and self._is_asked(frame):
            now |= {"call": frame, "before": _arguments(frame)}
        elif event == "return" and frame is now.get("call"):
            before = now.pop("before")
            del now["call"]
            if any(fingerprint(x) != print_before for x, print_before in before.values()):
                self.touched = frame.f_code.co_name

    def _is_asked(self, frame: FrameType) -> bool:
        code, caller = frame.f_code, frame.f_back
        ours = frame.f_globals is self._globals and code.co_filename != self._file
        asked = caller is not None and caller.f_code.co_filename == self._file
        return ours and asked and not code.co_flags & inspect.CO_GENERATOR


def _arguments(frame: FrameType) -> dict[str, Any]:
    """Name → (value, fingerprint) of a call's arguments."""
    code = frame.f_code
    count = code.co_argcount + code.co_kwonlyargcount
    count += bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    found = {name: frame.f_locals[name] for name in code.co_varnames[:count] if name in frame.f_locals}
    return {name: (x, fingerprint(x)) for name, x in found.items() if name != "self"}


def fingerprint(x: Any, deep: int = 0) -> Any:
    """What tells a value from itself after a change in place; of objects of other classes, their identity alone.

    Lists, dicts, sets, dataclasses, NumPy's arrays and pandas' tables are looked into.
    """
    if deep > DEEPEST:
        return id(x)
    kind, module = type(x).__name__, type(x).__module__.partition(".")[0]
    if isinstance(x, (list, tuple)):  # TensorFlow wraps those that a module keeps, where they are
        return "tuple" if isinstance(x, tuple) else "list", [fingerprint(v, deep + 1) for v in x]
    if isinstance(x, dict):
        return "dict", [(fingerprint(k, deep + 1), fingerprint(v, deep + 1)) for k, v in x.items()]
    if isinstance(x, (set, frozenset)):
        return "set", sorted(repr(fingerprint(v, deep + 1)) for v in x)
    if module == "numpy" and kind == "ndarray":
        held = [fingerprint(v, deep + 1) for v in x.ravel().tolist()] if x.dtype.hasobject else x.tobytes()
        return kind, x.dtype.str, x.shape, held
    if module == "pandas" and kind in ("DataFrame", "Series"):
        columns = [x.iloc[:, n] for n in range(x.shape[1])] if kind == "DataFrame" else [x]
        parts = [fingerprint(c.to_numpy(), deep + 1) for c in columns]
        names = list(x.columns) if kind == "DataFrame" else [x.name]
        return kind, repr(names), fingerprint(x.index.to_numpy(), deep + 1), parts
    if dataclasses.is_dataclass(x) and not isinstance(x, type):
        fields = [f.name for f in dataclasses.fields(x)]
        return kind, [fingerprint(getattr(x, name, None), deep + 1) for name in fields]
    return repr(x) if module in SCALARS and not callable(x) else id(x)
