"""An error that comes from a misspelt word and not from a misconception: it opens no further hint."""

from __future__ import annotations

import difflib
import traceback
from typing import Any

WORDS = (SyntaxError, NameError, ImportError)  # with IndentationError, UnboundLocalError, ModuleNotFoundError
LOOKING_UP = ("__getattr__", "__getattribute__")  # of a library's class or module: the line above asked


def is_slip(error: BaseException, names: dict[str, Any]) -> bool:
    """Whether a line of the learner's own raised it, and for a word that Python does not know.

    Of attributes, only one that resembles another of the object's is taken for misspelt.

    Args:
        names: the notebook's, which are the globals of each of its frames.
    """
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__) if frame.f_code.co_name not in LOOKING_UP]
    if not frames or frames[-1].f_globals is not names:
        return False
    if type(error) is AttributeError and error.name:
        return bool(difflib.get_close_matches(error.name, _attributes(error.obj), n=1))
    return isinstance(error, WORDS)


def _attributes(x: Any) -> list[str]:
    try:
        return dir(x)
    except Exception:  # the __dir__ of a learner's own class
        return []
