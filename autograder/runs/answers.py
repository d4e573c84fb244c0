"""What a worker elsewhere may answer besides a result, as JSON text, and how it is read."""

from __future__ import annotations

import json
from collections.abc import Mapping

from autograder.errors import AutograderError, CourseError
from autograder.results import SubmissionResult

MAX_ANSWER = 16 << 20  # characters
SHOWN = 5  # differences between two machines
SAME = (
    "give client and workers one image or one checkout, with requirements.txt installed, and data under the same paths"
)


class Lost(Exception):
    """Raised where nothing was judged, by our own fault: a process died again and again, or failed."""


def lost(why: str) -> str:
    """Nothing was judged, by our own fault."""
    return json.dumps({"lost": why})


def refused(worker: str, error: AutograderError) -> str:
    """This worker may judge nothing."""
    return json.dumps({"problem": f"worker {worker}: {error.problem}", "fix": error.fix})


def differs(worker: str, counted: Mapping[str, str]) -> str:
    """This worker is not as the client is.

    Args:
        counted: what results depend on there (stamp.py).
    """
    return json.dumps({"worker": worker, "counted": counted})


def read_answer(answer: object, counted: Mapping[str, str] | None = None) -> str:
    """The text that `read_result` takes, from what a worker sent.

    Args:
        counted: what results depend on here; None where the worker is on this machine.

    Raises:
        Lost: it is no answer, or says that nothing was judged.
        CourseError: the worker is not as this machine is.
    """
    if not isinstance(answer, str) or len(answer) > MAX_ANSWER:
        size = f" of {len(answer):,} characters" if isinstance(answer, str) else ""
        raise Lost(f"a worker sent no result, but a {type(answer).__name__}{size}")
    try:
        found = json.loads(answer)
        if "lost" in found:
            raise Lost(str(found["lost"]))
        if "counted" in found:
            raise CourseError(_unlike(str(found["worker"]), found["counted"], counted or {}), SAME)
        if "problem" in found:
            str(found["problem"]), str(found["fix"])
        else:
            SubmissionResult.from_json({**found, "student": ""})
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Lost(f"a worker sent no result: {type(error).__name__}: {error}"[:500]) from error
    return answer


def _unlike(worker: str, there: Mapping[str, str], here: Mapping[str, str]) -> str:
    """The first differences, in words."""
    names = [name for name in sorted(here.keys() | there.keys()) if here.get(name) != there.get(name)]
    told = [_difference(name, there.get(name), here.get(name)) for name in names[:SHOWN]]
    more = f"; {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"worker {worker} would judge otherwise than this machine: {'; '.join(told)}{more}"


def _difference(name: str, there: str | None, here: str | None) -> str:
    if there is None or here is None:
        return f"{name} is only {'here' if there is None else 'there'}"
    if "/" in name:  # a file: the values are hashes
        return f"{name} is another there"
    return f"{name} is {there} there, {here} here"
