"""Does a learner's own kernel say of an answer what the judge says, up to the figures?"""

from __future__ import annotations

import os
import queue
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

from autograder.authoring.answers import read_answers
from autograder.authoring.build import build_lab
from autograder.causes import innermost
from autograder.results import AnswerResult

PASSED = (
    "All checks passed",
    "Visible checks passed",
)  # what a judge's message begins with where the visible part held
PART = re.compile(r"\d+% of the points")
ENDED = re.compile(r"ended its own process|did not (answer|end) within|used more")  # compared by outcome alone
NUMBER = re.compile(r"[-−]?\d+([.,]\d+)*(e[-+]?\d+)?|nan|inf")
COMPARED = 160  # characters of a message
SECONDS = 120.0  # of a cell


def compare_kernel(
    lab_dir: Path,
    judged: Iterable[AnswerResult],
    *,
    kernel: str,
    env: Mapping[str, str],
    on_result: Callable[[AnswerResult], None] = lambda result: None,
) -> list[AnswerResult]:
    """Run each answer of a sheet and its check in a kernel, as a learner does, and compare with the judge's verdict.

    Args:
        judged: what `verify_lab` found, of the first draw.
        kernel: name of the kernel.
        env: variables for it beside this process's.
        on_result: called after each answer.

    Raises:
        AuthorErrors: the lab or its sheet breaks a rule.
    """
    said = {(r.exercise, r.answer): r for r in judged if r.kind in ("right", "same", "wrong")}
    cells = [(c.metadata.lab, c.source) for c in build_lab(lab_dir).learner.cells if "lab" in c.metadata]
    setup = [source for meta, source in cells if meta.get("kind") == "setup"]
    checks = {meta.get("name"): source for meta, source in cells if meta.get("kind") == "check"}
    answers = [a for a in read_answers(lab_dir) if (a.exercise, a.name) in said]
    results = []
    with Notebook(kernel, env, setup) as notebook:
        for answer in answers:
            started = time.monotonic()
            error = notebook.run(answer.source) or notebook.run(checks[answer.exercise])
            verdict = said[answer.exercise, answer.name]
            problem = disagreement(error, verdict.message)
            seconds = round(time.monotonic() - started, 2)
            told = f"{answer.path}:{answer.line}: {problem}" if problem else "as the judge says"
            result = AnswerResult(
                verdict.lab, answer.exercise, answer.name, "notebook", not problem, verdict.score, verdict.max_score,
                told, seconds,
            )  # fmt: skip
            results.append(result)
            on_result(result)
    return results


def disagreement(error: str | None, judged: str) -> str:
    """How a notebook's outcome differs from the judge's message; "" if it does not.

    Args:
        error: the exception's own words; None if the check passed.
    """
    if error is None:
        fine = judged.startswith(PASSED) or PART.match(judged)
        return "" if fine else f"the check passes in a notebook, but the judge says: {judged}"
    if judged.startswith(PASSED):
        return f"the visible check passes in the judge, but in a notebook: {error}"
    if ENDED.search(judged) or ENDED.search(error) or _bare(innermost(error))[:COMPARED] in _bare(judged):
        return ""
    return f"a notebook says: {error} — and the judge: {judged}"


def _bare(text: str) -> str:
    """A message without figures, quotes and layout."""
    return re.sub(r"[\s`'\".…]+", " ", NUMBER.sub("#", text)).strip()


class Notebook:
    """A kernel after a lab's setup cells; a new one where it ended or hung. Entered, and gone when left."""

    def __init__(self, kernel: str, env: Mapping[str, str], setup: list[str]) -> None:
        self._kernel, self._env, self._setup = kernel, {**os.environ, **env}, setup
        self._folder = tempfile.TemporaryDirectory(prefix="agreement-")
        self._running: tuple[BlockingKernelClient, KernelManager] | None = None

    def __enter__(self) -> Notebook:
        return self

    def __exit__(self, *exception: object) -> None:
        self._end()
        self._folder.cleanup()

    def run(self, source: str) -> str | None:
        """Run a cell; the words of the exception that came out, or None.

        A cell that ends the kernel, or does not end, says so in the judge's words.
        """
        client, manager = self._started()
        number, deadline = client.execute(source, allow_stdin=False, stop_on_error=False), time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            try:
                reply = client.get_shell_msg(timeout=1)
            except queue.Empty:
                if not manager.is_alive():
                    self._end()
                    return "it ended its own process"
                continue
            if reply["parent_header"].get("msg_id") == number:
                content = reply["content"]
                said = str(content.get("evalue", "")) or str(content.get("ename", "")) or content["status"]
                return None if content["status"] == "ok" else said
        self._end()
        return f"it did not end within {SECONDS:.0f} s"

    def _started(self) -> tuple[BlockingKernelClient, KernelManager]:
        if self._running is None:
            manager = KernelManager(kernel_name=self._kernel)
            manager.start_kernel(
                env=self._env, cwd=self._folder.name, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            client = manager.blocking_client()
            self._running = client, manager
            client.start_channels()
            client.wait_for_ready(timeout=SECONDS)
            for source in self._setup:
                if said := self.run(source):
                    raise RuntimeError(f"a setup cell failed in the kernel: {said}")
        return self._running

    def _end(self) -> None:
        if self._running is not None:
            client, manager = self._running
            client.stop_channels()
            manager.shutdown_kernel(now=True)
            self._running = None
