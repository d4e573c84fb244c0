"""Run Kubeflow pipelines on this machine with kfp's own local runner, quietly, in a folder that is removed.

    with LocalRuns() as runs:
        run = runs.run(pipeline, months=6)

Each step is a process of its own; `kfp.local` starts them one after the other. What they print is kept in `log`. Steps
and folder go with this process, also when it is killed with −9.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import logging
import os
import re
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from prodml.runtime.processes import OwnFolder

COLOUR = re.compile(r"\x1b\[\d+m")
HIT = re.compile(r"Task (?P<task>\S+) cache hit")
FINISHED = re.compile(r"Task '(?P<task>[^']+)' finished with status (?P<status>\w+)")
OWN_FILES = {"executor_output.json"}


@dataclass(frozen=True)
class LocalRun:
    """What one run of a pipeline left.

    Attributes:
        outputs: the pipeline's own outputs, by name.
        steps: (task, status) in the order in which they ended; a task that was not run is not here.
        cached: tasks whose result was taken from the cache. Their artifacts lie in an earlier run's folder.
        failed: the runner's message if the run failed, else None.
        folder: where its artifacts lie: `folder / task / artifact`.
        log: all that the runner and the steps printed.
        seconds: wall time.
    """

    outputs: dict[str, Any]
    steps: tuple[tuple[str, str], ...]
    cached: tuple[str, ...]
    failed: str | None
    folder: Path
    log: str
    seconds: float

    @property
    def ran(self) -> list[str]:
        """Tasks that ended well, in order."""
        return [task for task, status in self.steps if status == "SUCCESS"]

    def path(self, task: str, artifact: str) -> Path:
        """Where a task's artifact lies."""
        return self.folder / task / artifact

    def metrics(self, task: str) -> dict[str, float]:
        """The numbers that a task logged with its artifacts, as `log_metric` does."""
        said = json.loads((self.folder / task / "executor_output.json").read_text())
        made = [a for kept in said["artifacts"].values() for a in kept["artifacts"]]
        logged = [pair for artifact in made for pair in artifact.get("metadata", {}).items()]
        return {k: v for k, v in logged if isinstance(v, int | float)}

    def digests(self) -> dict[str, str]:
        """ "task/artifact" → the first 12 hex digits of the SHA-256 of its bytes."""
        files = sorted(p for p in self.folder.rglob("*") if p.is_file() and p.name not in OWN_FILES)
        names = [str(p.relative_to(self.folder)) for p in files]
        return {n: hashlib.sha256(p.read_bytes()).hexdigest()[:12] for n, p in zip(names, files, strict=True)}


class LocalRuns:
    """Runs of pipelines in a temporary folder, which goes with the object, or with the interpreter at the latest.

    Attributes:
        folder: of all runs and of what they write beside their artifacts.
    """

    def __init__(self) -> None:
        self._place = OwnFolder("prodml-runs-")
        self.folder = self._place.path

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Remove the folder, with all artifacts."""
        self._place.remove()

    def run(self, pipeline: Callable[..., Any], *, cache: bool = False, **arguments: Any) -> LocalRun:
        """Run a pipeline (a function decorated with `dsl.pipeline`) to its end, or to the step that fails.

        Args:
            cache: take a step's result from an earlier run that was cached too, if kfp finds the step the same. A step
                with a Metrics output always runs: kfp 2.17 looks for that artifact's file, and it has none.
            arguments: the pipeline's own.
        """
        from kfp import local

        root = Path(tempfile.mkdtemp(prefix="run-", dir=self.folder))
        local.init(
            runner=local.SubprocessRunner(use_venv=False),
            pipeline_root=str(root),
            raise_on_error=True,
            enable_caching=cache,
            cache_root=str(self.folder / "cache"),
        )
        failed, outputs = None, dict[str, Any]()
        start = time.monotonic()
        with self._quiet() as said:
            try:
                outputs = dict(pipeline(**arguments).outputs)
            except RuntimeError as error:
                failed = COLOUR.sub("", str(error))
            except KeyboardInterrupt:  # which may have passed the step by
                self._place.end_processes()
                raise
        log = COLOUR.sub("", said.getvalue())
        steps = tuple((m["task"], m["status"]) for m in FINISHED.finditer(log))
        cached = tuple(m["task"] for m in HIT.finditer(log))
        folder = next(iter(sorted(root.iterdir())), root)
        return LocalRun(outputs, steps, cached, failed, folder, log, time.monotonic() - start)

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
