"""What a judge may ask of a learner's process."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np


class Holds(Protocol):
    """What an operation sees of the learner's end of the conversation (learner.py)."""

    names: dict[str, Any]
    streams: dict[int, Any]
    shared: set[tuple[str, str]]
    folder: str


def _open(session: Holds, dataset: Any) -> int:
    number = len(session.streams)
    session.streams[number] = iter(dataset)
    return number


def _next(session: Holds, number: int, n: int) -> list[Any]:
    return [_numpy(x) for x in itertools.islice(session.streams[number], n)]


def _close(session: Holds, number: int) -> None:
    del session.streams[number]


def _take(session: Holds, dataset: Any, n: int) -> list[Any]:
    return [_numpy(x) for x in itertools.islice(iter(dataset), n)]


def _folder(session: Holds, name: str) -> str:
    folder = Path(session.folder, name)
    folder.mkdir()
    return str(folder)


def _share(session: Holds, classes: list[tuple[str, str]]) -> None:
    session.shared.update(classes)


OPERATIONS: Mapping[str, Callable[..., Any]] = {
    "get": lambda session, name: session.names[name],
    "call": lambda session, target, args, kwargs: target(*args, **kwargs),
    "attribute": lambda session, target, name: getattr(target, name),
    "set_attribute": lambda session, target, name, value: setattr(target, name, value),
    "item": lambda session, target, key: target[key],
    "share": _share,
    "folder": _folder,
    "take": _take,
    "open": _open,
    "next": _next,
    "close": _close,
}


def _numpy(x: Any) -> Any:
    """`x` with NumPy leaves instead of tensors."""
    if isinstance(x, tuple) and hasattr(x, "_fields"):
        return tuple(_numpy(v) for v in x)
    if isinstance(x, (tuple, list)):
        return type(x)(_numpy(v) for v in x)
    if isinstance(x, dict):
        return {k: _numpy(v) for k, v in x.items()}
    if hasattr(x, "numpy") and not isinstance(x, np.ndarray):
        return x.numpy()
    return x
