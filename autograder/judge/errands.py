"""What the supervisor does for a judge while a check runs: it collects a learner's files and has them examined."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autograder.judge.limits import Limits
from autograder.judge.supervisor import Process, WarmParents
from autograder.judge.wire import DeadlinePassed, WireError
from autograder.judge.written import Refused, collect, frozen

NO_ANSWER = "What your code made could not be examined within {:.0f} s."


class Errands:
    """Answers the requests of the judges of one learner's process."""

    def __init__(self, warm: WarmParents, learner: Process, env: Mapping[str, str], limits: Limits) -> None:
        self.warm, self.learner, self.env, self.limits = warm, learner, dict(env), limits
        self._folders: list[Path] = []

    def answer(self, message: dict[str, Any]) -> dict[str, Any]:
        """Do what a judge asks: `folder`, `collect` or `examine`."""
        match message["op"]:
            case "folder":
                return self._folder()
            case "collect":
                return self._collect(message["number"])
            case "examine":
                return self._examine(message)
        raise WireError(f"a judge asked for {message['op']!r}")

    def _folder(self) -> dict[str, Any]:
        """A new, empty folder that the learner's process can write."""
        self._folders.append(Path(tempfile.mkdtemp(prefix="written-", dir=self.learner.folder)))
        return {"number": len(self._folders) - 1, "folder": str(self._folders[-1])}

    def _collect(self, number: int) -> dict[str, Any]:
        try:
            with frozen(self.learner.pid):
                return {"files": collect(self._folders[number], self.limits)}
        except Refused as refusal:
            return {"refused": str(refusal)}

    def _examine(self, message: dict[str, Any]) -> dict[str, Any]:
        """The reply of an examining process: passed on, never looked into. `gone` if there is none."""
        examining = self.warm.fork("examiner", self.env)
        order = {"address": message["address"], "given": message["given"], "limits": dataclasses.asdict(self.limits)}
        try:
            reply = examining.ask(order, self.limits.examine_seconds)
        except DeadlinePassed:
            return {"refused": [NO_ANSWER.format(self.limits.examine_seconds), "Make it smaller."]}
        except WireError:
            return {"refused": []}
        finally:
            examining.end()
        return {k: reply[k] for k in ("ok", "refused") if k in reply}
