"""What a diagnosis is worth once it is acted on: the wrong alerts of the next day that it stops."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prodml.adapt.incidents.evidence import Evidence, Incident, Truth
from prodml.adapt.incidents.families import FAMILIES
from prodml.adapt.incidents.generator import next_day

PLACED = ("repair_input", "drain_host")  # the actions that are done at the place that the diagnosis names
Diagnose = Callable[[Evidence], Mapping[str, Any]]


def stops(diagnosis: Mapping[str, Any], truth: Truth) -> bool:
    """Whether acting on it ends the fault.

    The action must be the right one, where it needs a place at the right one, and a rolled back deploy must be one of
    the component that began it.
    """
    if diagnosis.get("action") != truth.action:
        return False
    if truth.action in PLACED:
        return diagnosis.get("where") == truth.where
    if truth.action == "roll_back":
        cause = diagnosis.get("cause")
        return cause in FAMILIES and FAMILIES[cause].owner == FAMILIES[truth.cause].owner
    return True


def aftermath(incidents: Iterable[Incident], **diagnosers: Diagnose) -> dict[str, NDArray[np.int64]]:
    """Wrong alerts in each of the 24 hours after the alarm, summed over incidents: if nobody acts, and by diagnoser.

    Who acts at once and rightly ends the fault; who does not leaves it for the day.

    Args:
        diagnosers: name → function of the evidence, as `diagnose`.

    Returns:
        "nobody acts" and each name → 24 numbers.
    """
    left = {name: np.zeros(24, np.int64) for name in ("nobody acts", *diagnosers)}
    for incident in incidents:
        wrong = next_day(incident)
        left["nobody acts"] += wrong
        for name, diagnose in diagnosers.items():
            if wrong.any() and not stops(diagnose(incident.evidence), incident.truth):
                left[name] += wrong
    return left
