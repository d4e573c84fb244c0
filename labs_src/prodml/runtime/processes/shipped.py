"""A notebook's own function in another process: sent by value, as text, with what it uses of the notebook."""

from __future__ import annotations

import base64
import pickle
from collections.abc import Callable
from typing import Any

from prodml.runtime.processes.errors import GroupError

LONGEST = 100_000  # characters; Linux allows an argument of a new process 128 KiB


def ship(function: Callable[..., Any]) -> str:
    """A function as text, which is plain JSON: an argument of a `Program`. Modules go by name, not by value.

    Raises:
        GroupError: it drags too much along, an array of the notebook for example.
    """
    import cloudpickle  # type: ignore[import-untyped]

    text = base64.b64encode(cloudpickle.dumps(function)).decode()
    if len(text) > LONGEST:
        name = getattr(function, "__name__", "the function")
        raise GroupError(
            f"{name} takes {len(text):,} characters with all that it uses of the notebook; {LONGEST:,} are allowed.",
            "Load large data inside the function, or pass a path.",
        )
    return text


def unpack(text: str) -> Callable[..., Any]:
    """The function again. Only for text of `ship` from the same user: unpacking runs code."""
    function: Callable[..., Any] = pickle.loads(base64.b64decode(text))
    return function
