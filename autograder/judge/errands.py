"""What the supervisor does for a judge while a check runs: it collects a learner's files and has them examined."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from autograder.judge.limits import Limits
from autograder.judge.parents import WarmParents
from autograder.judge.supervisor import Process
from autograder.judge.wire import DeadlinePassed, WireError
from autograder.judge.written import Refused

NO_ANSWER = "What your code made could not be examined within {:.0f} s."


class Errands:
    """Answers the requests of the judges of one learner's process."""

    def __init__(self, warm: WarmParents, learner: Process, env: Mapping[str, str], limits: Limits) -> None:
        self.warm, self.learner, self.env, self.limits = warm, learner, dict(env), limits

    def answer(self, message: dict[str, Any]) -> dict[str, Any]:
        """Do what a judge asks: `collect` or `examine`."""
        match message["op"]:
            case "collect":
                return self._collect(message["name"])
            case "examine":
                return self._examine(message)
        raise WireError(f"a judge asked for {message['op']!r}")

    def _collect(self, name: str) -> dict[str, Any]:
        try:
            return {"files": self.learner.collect(name, self.limits)}
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
