"""How bad a fault is: the alerts that agents got, or did not get, because of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prodml.adapt.incidents.families import FAMILIES, SEVERITIES
from prodml.adapt.incidents.faults import Fault
from prodml.adapt.incidents.log import THRESHOLD, Floats, Log

WORLD = ("carrier_outage", "feedback_loop")  # they change the flights: an alert that differs is right


def wrong_alerts(fault: Fault, sick: Log, said: Floats, well: Log, would_say: Floats) -> float:
    """Flights of 100, since the onset, whose alert is another one than without the fault.

    Args:
        sick, said: the log, and what the service said. well, would_say: the same without the fault.
    """
    flights = len(np.unique(sick.flight[sick.time >= fault.since]))
    return round(100 * len(alerted_wrongly(fault, sick, said, well, would_say)) / max(flights, 1), 2)


def alerted_wrongly(fault: Fault, sick: Log, said: Floats, well: Log, would_say: Floats) -> NDArray[np.datetime64]:
    """When each flight since the onset was asked for whose alert is another one than without the fault."""
    since = sick.time >= fault.since
    if fault.cause == "nothing" or fault.cause in WORLD or not since.any():
        return np.array([], dtype="datetime64[s]")
    flight, once = np.unique(sick.flight[since], return_index=True)
    alerted = (said > sick.threshold)[since][once]
    expected = (would_say > THRESHOLD)[np.searchsorted(well.flight, flight)]
    return np.asarray(sick.time[since][once][alerted != expected])


def severity(cause: str, harm: float) -> str:
    """A name of `SEVERITIES`, from wrong alerts per 100 flights; "none" if nothing is broken."""
    if FAMILIES[cause].group == "none":
        return "none"
    return next(name for name, least in SEVERITIES.items() if harm >= least)
