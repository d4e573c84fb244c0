"""The obvious rules: what a dashboard's thresholds and the last deploy say. A baseline to beat."""

from __future__ import annotations

from typing import Any

import numpy as np

from prodml.adapt.incidents.evidence import Evidence
from prodml.adapt.incidents.families import FAMILIES, FEATURES

DAY = np.timedelta64(1, "D")


def obvious(evidence: Evidence) -> dict[str, Any]:
    """A diagnosis by five thresholds on the last day against the first five, and "the last deploy did it".

    Returns:
        `cause`, `where`, `since` and `action`.
    """
    cause, where = _alarm(evidence)
    if cause == "nothing":
        return {"cause": cause, "where": "nowhere", "since": None, "action": "nothing"}
    last = evidence.deploys["time"].dt.tz_localize(None).iloc[-1]
    recent = evidence.now - last < 2 * DAY
    action = "roll_back" if recent else FAMILIES[cause].action
    return {"cause": cause, "where": where, "since": last if recent else evidence.now - DAY, "action": action}


def _alarm(e: Evidence) -> tuple[str, str]:
    time = e.requests["time"]
    before, after = e.requests[time < time.iloc[0] + 5 * DAY], e.requests[time > e.now - DAY]
    m = e.metrics
    usual, today = m.iloc[:120].mean(numeric_only=True), m.iloc[-24:].mean(numeric_only=True)
    if today["failed"] > 3 * usual["failed"] + 0.01:
        bad = e.predictions["prediction"].isna().to_numpy()
        return "failing_host", f"host={e.requests['host'][bad].mode().iloc[0]}"
    features = list(FEATURES)
    lost = after[features].isna().mean() - before[features].isna().mean()
    if lost.max() > 0.5:
        return "schema_change", str(lost.idxmax())
    moved = (after[features].mean() - before[features].mean()).abs() / before[features].std().clip(lower=1e-3)
    if moved.max() > 1.5:
        return "unit_change", str(moved.idxmax())
    if today["labels"] < 0.5 * usual["labels"]:
        return "label_delay", "labels"
    if not 0.5 < today["alerted"] / usual["alerted"] < 2:
        return "wrong_threshold", "decision"
    return "nothing", "nowhere"
