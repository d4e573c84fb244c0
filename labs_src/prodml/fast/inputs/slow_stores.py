"""A store and its steps that wait as the real ones would, and write what they do into a timeline."""

from __future__ import annotations

import time

from prodml.fast.inputs.stores import PER_FILE
from prodml.fast.inputs.timeline import Recorder


class SlowStore:
    """A simulated object store far away: every request waits, as for a network, and is written into a timeline.

    Args:
        recorder: where the spans "open" and "read" go.
        files, records: how many files, and records in each.
    """

    def __init__(
        self,
        recorder: Recorder,
        files: int = 6,
        records: int = 16,
        *,
        open_seconds: float = 0.03,
        read_seconds: float = 0.004,
    ) -> None:
        self.recorder, self.files, self.records = recorder, files, records
        self.open_seconds, self.read_seconds = open_seconds, read_seconds

    def open(self, file: int) -> int:
        """The number of records in a file."""
        with self.recorder.span("open"):
            time.sleep(self.open_seconds)
        return self.records

    def read(self, file: int, record: int) -> int:
        """One record of a file."""
        with self.recorder.span("read"):
            time.sleep(self.read_seconds)
        return int(file) * PER_FILE + int(record)


class SlowSteps:
    """Simulated transformations that wait, as native code does that leaves Python's lock to others."""

    def __init__(self, recorder: Recorder, *, decode_seconds: float = 0.004, augment_seconds: float = 0.001) -> None:
        self.recorder, self.decode_seconds, self.augment_seconds = recorder, decode_seconds, augment_seconds

    def decode(self, record: int) -> int:
        """The image of a record."""
        with self.recorder.span("transform"):
            time.sleep(self.decode_seconds)
        return int(record)

    def augment(self, image: int) -> int:
        """The image; no random change here, only its time."""
        with self.recorder.span("transform"):
            time.sleep(self.augment_seconds)
        return int(image)
