"""What a learner has done: one JSON line each in `.prodml/progress.jsonl` of the workspace.

Neither two kernels nor a killed process can destroy it: a line is appended under a lock in one write, a torn
last line is ended before the next one, and damaged lines are skipped. Without a workspace the records live as
long as the kernel.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prodml.lab.workspace import PRIVATE, find_workspace

KINDS = ("passed", "failed", "predicted", "checked")
_in_memory: list[Record] = []


@dataclass(frozen=True)
class Record:
    """Something that a learner did.

    Attributes:
        time: UTC, ISO 8601, to the second.
        lab: the lab's slug.
        kind: one of `KINDS`.
        name: the exercise, or the prediction.
        detail: `{"message": …, "answer": …}` of a failure (with `"slip": True` where a misspelt word was what failed),
            `{label: value}` of a prediction, `{"score": …, "points": …, "answer": …, "seed": …}` of a check with the
            hidden tests ("checked"). The answer is a digest of its cell; of "checked", also of the learner's own cells
            that it uses.
    """

    time: str
    lab: str
    kind: str
    name: str
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Standing:
    """Where a learner stands with one exercise.

    Attributes:
        passed: whether the *latest* attempt passed. An answer that was broken afterwards counts as not done,
            because that is what would be handed in.
        attempts: how often its check passed or failed. An untouched stub is no attempt.
        failures: how many different answers failed. To check the same one again is no new failure, nor is a
            misspelt word.
        last: time of the latest attempt.
    """

    passed: bool
    attempts: int
    failures: int
    last: str


def _utc() -> datetime:
    return datetime.now(UTC)


def new(lab: str, kind: str, name: str, detail: dict[str, Any], clock: Callable[[], datetime] = _utc) -> Record:
    """A record of this moment."""
    return Record(clock().isoformat(timespec="seconds"), lab, kind, name, detail)


def records_path(workspace: Path) -> Path:
    """The file that holds the records of a workspace."""
    return workspace / PRIVATE / "progress.jsonl"


def append(record: Record, workspace: Path | None = None) -> None:
    """Keep a record in the workspace, or in memory where there is none.

    Args:
        workspace: the one to keep it in; None for the one around.

    Raises:
        OSError: the file cannot be written.
    """
    workspace = workspace or find_workspace()
    if workspace is None:
        _in_memory.append(record)
        return
    path = records_path(workspace)
    path.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps(asdict(record)).encode() + b"\n"
    file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)  # closing the file gives it back
        size = os.fstat(file).st_size
        if size and os.pread(file, 1, size - 1) != b"\n":
            line = b"\n" + line  # a killed process left half a line
        if os.write(file, line) != len(line):
            raise OSError(f"{path}: only a part could be written; is the disk full?")
    finally:
        os.close(file)


def read(workspace: Path | None) -> list[Record]:
    """The records of a workspace, oldest first; those of this kernel if it is None."""
    return read_counted(workspace)[0]


def read_counted(workspace: Path | None) -> tuple[list[Record], int]:
    """The records of a workspace, and how many damaged lines were skipped."""
    if workspace is None:
        return list(_in_memory), 0
    try:
        lines = records_path(workspace).read_bytes().split(b"\n")
    except FileNotFoundError:
        return [], 0
    found = [_record(line) for line in lines if line.strip()]
    return [r for r in found if r is not None], sum(r is None for r in found)


def standing(records: Iterable[Record], lab: str) -> dict[str, Standing]:
    """Exercise → where the learner stands with it, for every exercise of a lab that was tried."""
    tried: dict[str, list[Record]] = {}
    for record in records:
        if record.lab == lab and record.kind in ("passed", "failed"):
            tried.setdefault(record.name, []).append(record)
    return {
        name: Standing(
            passed=attempts[-1].kind == "passed",
            attempts=len(attempts),
            failures=len({a.detail.get("answer") or at for at, a in enumerate(attempts) if _is_wrong(a)}),
            last=attempts[-1].time,
        )
        for name, attempts in tried.items()
    }


def _is_wrong(attempt: Record) -> bool:
    return attempt.kind == "failed" and not attempt.detail.get("slip")


def _record(line: bytes) -> Record | None:
    try:
        record = Record(**json.loads(line))
    except (ValueError, TypeError):
        return None
    texts = all(isinstance(x, str) for x in (record.time, record.lab, record.name))
    return record if texts and record.kind in KINDS and isinstance(record.detail, dict) else None
