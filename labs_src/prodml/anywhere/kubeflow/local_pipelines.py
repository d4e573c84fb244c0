"""Pipelines that kfp's own local runner runs on this machine: quietly, and what they did, in a folder that is removed.

    runs = LocalRuns()
    kfp.local.init(runner=kfp.local.SubprocessRunner(use_venv=False), pipeline_root=str(runs.artifacts))
    with runs.recorded() as run:
        pipeline(months=6)
    print(run.ran)

Each step is a process of its own; kfp starts them one after the other. What they print is kept in `log`. Steps and
folder go with this process, also when it is killed with −9.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import logging
import os
import re
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from prodml.runtime.processes import OwnFolder

COLOUR = re.compile(r"\x1b\[\d+m")
LINE = r"^(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>[\d.]+) - \w+ - "
STARTED = re.compile(LINE + r"Executing task '(?P<task>[^']+)'", re.MULTILINE)
FINISHED = re.compile(LINE + r"Task '(?P<task>[^']+)' finished with status (?P<status>\w+)", re.MULTILINE)
HIT = re.compile(r"Task (?P<task>\S+) cache hit")
ANY = re.compile(LINE, re.MULTILINE)
DAY = 24 * 3600
OWN_FILES = {"executor_output.json"}


@dataclass(frozen=True)
class Attempt:
    """One execution of a step.

    Attributes:
        start, end: seconds since the run began.
        status: "SUCCESS" or "FAILURE", in kfp's words.
    """

    task: str
    start: float
    end: float
    status: str


@dataclass
class LocalRun:
    """What one run of a pipeline did and left; empty until its `with` block has ended.

    Attributes:
        folder: where its artifacts lie, `folder / task / artifact`; None if no step ran.
        failed: the runner's message if the run failed, else None.
        log: all that the runner and the steps printed.
        seconds: wall time.
    """

    folder: Path | None = None
    failed: str | None = None
    log: str = ""
    seconds: float = 0.0

    @property
    def attempts(self) -> list[Attempt]:
        """Every execution of a step, in the order in which they ended; what was not run is not here."""
        began = ANY.search(self.log)
        starts: dict[str, list[float]] = {}
        for match in STARTED.finditer(self.log):
            starts.setdefault(match["task"], []).append(_since(match, began))
        return [
            Attempt(m["task"], starts[m["task"]].pop(0), _since(m, began), m["status"])
            for m in FINISHED.finditer(self.log)
            if starts.get(m["task"])
        ]

    @property
    def ran(self) -> list[str]:
        """Tasks that ended well, in order."""
        return [a.task for a in self.attempts if a.status == "SUCCESS"]

    @property
    def cached(self) -> list[str]:
        """Tasks whose result was taken from the cache. Their artifacts lie in an earlier run's folder."""
        return [m["task"] for m in HIT.finditer(self.log)]

    def path(self, task: str, artifact: str) -> Path:
        """Where an artifact lies of a task that ran.

        Raises:
            FileNotFoundError: no step ran.
        """
        if self.folder is None:
            raise FileNotFoundError(f"no step of this run was executed, so there is no {task}/{artifact} of its own")
        return self.folder / task / artifact

    def metrics(self, task: str) -> dict[str, float]:
        """The numbers that a task logged with its artifacts, as `log_metric` does."""
        said = json.loads(self.path(task, "executor_output.json").read_text())
        made = [a for kept in said["artifacts"].values() for a in kept["artifacts"]]
        logged = [pair for artifact in made for pair in artifact.get("metadata", {}).items()]
        return {k: v for k, v in logged if isinstance(v, int | float)}

    def digests(self) -> dict[str, str]:
        """ "task/artifact" → the first 12 hex digits of the SHA-256 of its bytes."""
        if self.folder is None:
            return {}
        files = sorted(p for p in self.folder.rglob("*") if p.is_file() and p.name not in OWN_FILES)
        names = [str(p.relative_to(self.folder)) for p in files]
        return {n: hashlib.sha256(p.read_bytes()).hexdigest()[:12] for n, p in zip(names, files, strict=True)}


class LocalRuns:
    """A temporary folder for runs of pipelines, which goes with the object, or with the interpreter at the latest.

    Attributes:
        folder: for whatever belongs to the runs.
        artifacts: `pipeline_root` of `kfp.local.init`, one folder in it per run.
        cache: its `cache_root`.
    """

    def __init__(self) -> None:
        self._place = OwnFolder("prodml-runs-")
        self.folder = self._place.path
        self.artifacts, self.cache = self.folder / "artifacts", self.folder / "cache"
        self.artifacts.mkdir()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Remove the folder, with all artifacts."""
        self._place.remove()

    @contextlib.contextmanager
    def recorded(self) -> Iterator[LocalRun]:
        """Run one pipeline in the block, to its end or to the step that fails: what it does is in the `LocalRun`.

        A failed run does not raise: `failed` says so. Steps end with the cell that is interrupted.
        """
        run, before = LocalRun(), self._folders()
        start = time.monotonic()
        with self._quiet() as said:
            try:
                yield run
            except NotImplementedError:  # an exercise is not solved yet
                raise
            except RuntimeError as error:  # what kfp raises
                run.failed = COLOUR.sub("", str(error))
            except KeyboardInterrupt:  # which may have passed the step by
                self._place.end_processes()
                raise
        run.seconds = time.monotonic() - start
        run.log = COLOUR.sub("", said.getvalue())
        run.folder = max(self._folders() - before, default=None)

    def _folders(self) -> set[Path]:
        """Those of the runs; a cache that is left to its default stands beside them."""
        return {path for path in self.artifacts.iterdir() if not path.name.startswith(".")}

    @contextlib.contextmanager
    def _quiet(self) -> Iterator[io.StringIO]:
        """Collect what is printed and logged; steps put their scratch files into this object's folder."""
        said, root, before = io.StringIO(), logging.getLogger(), os.environ.get("TMPDIR")
        handlers, level = root.handlers[:], root.level
        root.handlers[:] = [logging.StreamHandler(said)]
        root.setLevel(min(level, logging.INFO))
        os.environ.update(self._place.environment)
        try:
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield said
        finally:
            root.handlers[:] = handlers
            root.setLevel(level)
            if before is None:
                del os.environ["TMPDIR"]
            else:
                os.environ["TMPDIR"] = before


def _since(match: re.Match[str], began: re.Match[str] | None) -> float:
    """Seconds from one line of the log to another; a run may go over midnight."""
    return (_seconds(match) - _seconds(began or match)) % DAY


def _seconds(match: re.Match[str]) -> float:
    return 3600 * int(match["hour"]) + 60 * int(match["minute"]) + float(match["second"])
