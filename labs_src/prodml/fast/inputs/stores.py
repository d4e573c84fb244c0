"""Stores and services for labs about input pipelines, which count what is asked of them and hold their replies."""

from __future__ import annotations

import operator
import threading
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from prodml.fast.inputs.gates import QUIET, Gate, wait_while_new

LATE = 0.1  # seconds by which a late file's first record is late
PER_FILE = 1000  # record i of file f has the value f * PER_FILE + i


class HeldStore:
    """An object store that counts requests and holds replies. Record i of file f is the number 1000 f + i.

    Args:
        lengths: records in each file; the position is the file's number.
        until: how many reads must be in flight before the first is answered.
        late: file whose first record is answered 0.1 s after it was asked for.
        last: file whose first record is answered only when all records of the other files have been asked for.

    Attributes:
        reading: the gate of the reads: `most` in flight, `calls` so far.
        requests: (file, record) of every read, as they came.
        held_up: how many records of other files were asked for while `last` stalled, if not all; else None.
    """

    __facade__ = ("open", "read")

    def __init__(
        self,
        lengths: Sequence[int],
        *,
        until: int = 1,
        late: int | None = None,
        last: int | None = None,
        quiet: float = QUIET,
    ) -> None:
        self.lengths = [int(n) for n in lengths]
        self.reading = Gate(until, quiet=quiet)
        self.requests: list[tuple[int, int]] = []
        self.held_up: int | None = None
        self._late, self._last, self._quiet = late, last, quiet
        self._changed = threading.Condition()

    def open(self, file: int) -> int:
        """The number of records in a file."""
        return self.lengths[self._known(file, "store.open")]

    def read(self, file: int, record: int) -> int:
        """One record of a file."""
        file, record = self._known(file, "store.read"), _integer(record, "store.read")
        if not 0 <= record < self.lengths[file]:
            raise IndexError(f"file {file} has records 0 to {self.lengths[file] - 1}, not {record}")
        with self._changed:
            self.requests.append((file, record))
            self._changed.notify_all()
        with self.reading:
            if record == 0 and file == self._late:
                time.sleep(LATE)
            if record == 0 and file == self._last:
                self._stall(file)
        return file * PER_FILE + record

    def values(self, files: Sequence[int]) -> list[int]:
        """Every record of these files, one file after the other."""
        return [file * PER_FILE + i for file in files for i in range(self.lengths[file])]

    def _known(self, file: int, method: str) -> int:
        number = _integer(file, method)
        if not 0 <= number < len(self.lengths):
            raise FileNotFoundError(f"the store has files 0 to {len(self.lengths) - 1}, not {number}")
        return number

    def _stall(self, file: int) -> None:
        others = sum(self.lengths) - self.lengths[file]

        def asked() -> int:
            return sum(f != file for f, _ in self.requests)

        with self._changed:
            if not wait_while_new(self._changed, asked, lambda: asked() >= others, self._quiet):
                self.held_up = asked()


def in_turns(lengths: Sequence[int], files: Sequence[int], k: int) -> list[int]:
    """The order of `HeldStore`'s records when k files take turns, a record each, by tf.data's rule.

    A file that has ended loses its turn; the next file takes its place when the turn comes round again.
    """
    waiting, order = list(files), list[int]()
    slots: list[list[int]] = [[] for _ in range(k)]
    used = [False] * k
    at = 0
    while waiting or any(used):
        if not used[at] and waiting:
            file = waiting.pop(0)
            slots[at], used[at] = [file * PER_FILE + i for i in range(lengths[file])], True
        if used[at] and slots[at]:
            order.append(slots[at].pop(0))
        else:
            used[at] = False
        at = (at + 1) % k
    return order


class HeldSteps:
    """Two transformations that count and hold their calls.

    `decode` is expensive and always gives the same: 100 times its row. `augment` is cheap and random: it adds its own
    call's number, modulo 100, so that every result tells which call made it.

    Args:
        until: how many calls of one kind must be under way before the first is answered.

    Attributes:
        decoding, augmenting: the gates of the calls.
    """

    __facade__ = ("augment", "decode")

    def __init__(self, *, until: int = 1, quiet: float = QUIET) -> None:
        self.decoding, self.augmenting = Gate(until, quiet=quiet), Gate(until, quiet=quiet)
        self._number, self._lock = 0, threading.Lock()

    def decode(self, row: int) -> int:
        """The image of a row."""
        number = _integer(row, "steps.decode")
        with self.decoding:
            return number * 100

    def augment(self, image: int) -> int:
        """The image, changed a little at random."""
        number = _integer(image, "steps.augment")
        with self.augmenting, self._lock:
            self._number += 1
            return number + self._number % 100


def _integer(x: Any, method: str) -> int:
    """What a method was called with, as an integer.

    Raises:
        TypeError: it is none, as in a pipeline that calls the method itself and not through `ask`.
    """
    try:
        return operator.index(x)  # not int(x): inside of a pipeline, TensorFlow puts a cast in its place
    except Exception:  # the judge gets a handle, which refuses in its own way
        raise TypeError(_no_value(method, x)) from None


def _no_value(method: str, x: Any) -> str:
    said = repr(x)  # of a judge's handle: <your SymbolicTensor>
    kind = said[len("<your ") : -1] if said.startswith("<your ") else type(x).__name__
    return (
        f"{method} needs integers and got a {kind}. While a pipeline is being built there are only placeholders, "
        f"no values: `ask({method}, …)` calls it later, when a value is there."
    )


class FeatureService:
    """A service that answers with four features per id, and counts its calls.

    Attributes:
        sizes: how many ids each call asked for, as they came; a single id counts as one.
    """

    __facade__ = ("lookup",)

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def lookup(self, ids: ArrayLike) -> NDArray[np.float32]:
        """Features of one id (shape [4]) or of many (shape [n, 4])."""
        try:
            asked = np.asarray(ids, dtype=np.int64)
        except Exception:
            raise TypeError(_no_value("service.lookup", ids)) from None
        self.sizes.append(asked.size)
        return features_of(asked)


def features_of(ids: NDArray[Any]) -> NDArray[np.float32]:
    """What the feature service knows: shape of `ids` plus one axis of 4."""
    return np.asarray(100 * np.sin(np.asarray(ids)[..., None] * np.array([1.0, 2, 3, 5])), dtype=np.float32)
