"""How right a diagnosis is: four parts, each right or not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from prodml.adapt.incidents.evidence import Evidence, Incident, Truth
from prodml.adapt.incidents.families import FAMILIES

if TYPE_CHECKING:
    import pandas as pd

SHARES = {"cause": 0.4, "where": 0.2, "since": 0.2, "action": 0.2}
HOURS = 6.0  # how far `since` may be off


def marks(diagnosis: Mapping[str, Any], truth: Truth) -> dict[str, bool]:
    """Which parts are right: "cause", "where", "since" (to six hours; None where nothing is wrong) and "action".

    Args:
        diagnosis: the four parts; one that is missing or of another type is wrong.
    """
    said, true = diagnosis.get("since"), truth.since
    if said is None or true is None:
        right = "since" in diagnosis and said is None and true is None
    else:
        right = _near(said, true)
    rest = {
        part: part in diagnosis and diagnosis[part] == getattr(truth, part) for part in ("cause", "where", "action")
    }
    return {"cause": rest["cause"], "where": rest["where"], "since": right, "action": rest["action"]}


def _near(said: Any, true: pd.Timestamp) -> bool:
    try:
        return bool(abs((said - true).total_seconds()) <= HOURS * 3600)  # NaT is within no distance
    except (TypeError, AttributeError):  # a text, a number, a time with a zone
        return False


def score(diagnosis: Mapping[str, Any], truth: Truth) -> float:
    """0 to 1: the cause is worth 0.4, each other part 0.2."""
    return sum(SHARES[part] for part, right in marks(diagnosis, truth).items() if right)


def scores(diagnose: Callable[[Evidence], Mapping[str, Any]], incidents: Iterable[Incident]) -> pd.DataFrame:
    """One row per incident: the truth's `cause`, `group`, `hard`, what was said, the four marks, and `score`."""
    import pandas as pd

    rows = []
    for incident in incidents:
        truth, said = incident.truth, diagnose(incident.evidence)
        group = FAMILIES[truth.cause].group
        right = {f"{part} right": mark for part, mark in marks(said, truth).items()}
        rows.append({"cause": truth.cause, "group": group, "hard": truth.hard, "said": said.get("cause"), **right,
                     "score": score(said, truth)})  # fmt: skip
    return pd.DataFrame(rows)
