"""Which change began a fault, if any did: known to the generator only."""

from __future__ import annotations

from typing import Any

import numpy as np

from prodml.adapt.incidents.evidence import Incident
from prodml.adapt.incidents.families import FAMILIES
from prodml.adapt.incidents.views import in_utc

MINUTE = np.timedelta64(60, "s")


def culprit(incident: Incident) -> str | None:
    """The id of the deploy or notice that began it; None if it came by itself, or unannounced."""
    truth, evidence = incident.truth, incident.evidence
    family = FAMILIES[truth.cause]
    if truth.since is None:
        return None
    if truth.action == "roll_back":  # a deploy of ours stands up to 20 minutes before
        d = evidence.deploys
        return _last(d["id"], d["time"].dt.tz_localize(None), truth.since, 20, d["component"] == family.owner)
    if family.group == "input":  # a notice that is told at all stands up to ten
        u = in_utc(evidence.upstream)
        return _last(u["id"], u["effective"], truth.since, 10, True)
    return None


def _last(names: Any, times: Any, since: Any, minutes: int, which: Any) -> str | None:
    before = since - times
    near = names[(before >= np.timedelta64(0, "s")) & (before <= minutes * MINUTE) & which]
    return str(near.iloc[-1]) if len(near) else None
