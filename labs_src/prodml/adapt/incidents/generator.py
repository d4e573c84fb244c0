"""From a seed to an incident: the same seed gives the same incident, to the byte."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from prodml.adapt.incidents import history, log
from prodml.adapt.incidents.evidence import Evidence, Incident, Truth
from prodml.adapt.incidents.families import FAMILIES
from prodml.adapt.incidents.faults import Fault, apply
from prodml.adapt.incidents.impact import alerted_wrongly, severity, wrong_alerts
from prodml.adapt.incidents.world import world
from prodml.errors import SelectionError

if TYPE_CHECKING:
    import pandas as pd

DAY, HOUR = np.timedelta64(1, "D"), np.timedelta64(3600, "s")
FIRST_DAY, LAST_DAY = np.datetime64("2013-04-15"), np.datetime64("2013-12-20")
PLAIN_HOURS, HARD_HOURS = (36, 96), (12, 40)  # from the onset to the alarm


def make_incident(seed: int, cause: str | None = None, hard: bool | None = None) -> Incident:
    """Draw an incident.

    Args:
        seed: any integer from 0 on.
        cause: name of a family; None draws one, each as likely as any other.
        hard: whether the fault is mild, young and close to herrings; None tosses a coin.

    Raises:
        SelectionError: there is no such family.
    """
    if cause is not None and cause not in FAMILIES:
        raise SelectionError(f"cause={cause!r} is no family of faults.", f"Allowed are: {', '.join(FAMILIES)}.")
    drawn = _draw(seed, cause, hard)
    evidence, harm = _evidence(drawn)
    return Incident(evidence, _truth(drawn.fault, drawn.ours, harm), seed)


def next_day(incident: Incident, hours: int = 24) -> NDArray[np.int64]:
    """Wrong alerts per hour after the alarm, if the fault goes on: the flights are those that really left then.

    Returns:
        So many numbers. They count flights of the log, which holds a third of them all.
    """
    drawn = _draw(incident.seed, incident.truth.cause, incident.truth.hard)
    w, now = world(), drawn.now
    healthy, sick, _ = drawn.streams
    made = log.healthy_log(w, now - history.DAYS * DAY, now + hours * HOUR, healthy)
    well = copy.deepcopy(made)
    apply(drawn.fault, made, w, sick)
    made.until(now + hours * HOUR)
    models = w.models[int(str(now)[5:7])], w.models[0]
    times = alerted_wrongly(drawn.fault, made, log.predict(made, *models)[0], well, log.predict(well, *models)[0])
    return np.histogram((times - now) / HOUR, bins=np.arange(hours + 1))[0]


@dataclass(frozen=True)
class _Drawn:
    """What a seed gives before there is any log."""

    fault: Fault
    ours: bool
    now: np.datetime64
    streams: Sequence[np.random.Generator]


def _draw(seed: int, cause: str | None, hard: bool | None) -> _Drawn:
    # Streams of their own, so that incidents of one seed share their healthy part, whatever the fault draws.
    rng, *streams = np.random.default_rng([seed, 7]).spawn(4)
    drawn, coin = str(rng.choice(list(FAMILIES))), bool(rng.random() < 0.5)
    cause, hard = drawn if cause is None else cause, coin if hard is None else hard
    now = _alarm(rng)
    onset, lucky = _onset(now, hard, rng), rng.random()
    fault = Fault(cause, str(rng.choice(FAMILIES[cause].places)), onset, hard)
    return _Drawn(fault, lucky < FAMILIES[cause].ours, now, streams)


def _alarm(rng: np.random.Generator) -> Any:
    """9:05 in New York, in UTC, of some day."""
    import pandas as pd

    day = FIRST_DAY + rng.integers(0, (LAST_DAY - FIRST_DAY).astype(int)) * DAY
    local = pd.Timestamp(day) + pd.Timedelta(hours=9, minutes=5)
    return local.tz_localize("America/New_York").tz_convert(None).to_datetime64().astype("datetime64[s]")


def _onset(now: np.datetime64, hard: bool, rng: np.random.Generator) -> np.datetime64:
    """A time at which flights leave: nobody can date a fault of the night."""
    low, high = HARD_HOURS if hard else PLAIN_HOURS
    onset = now - _seconds(rng.uniform(low, high))
    hour = int((onset - onset.astype("datetime64[D]")) // HOUR)
    return onset - _seconds(8) if 2 <= hour < 10 else onset


def _seconds(hours: float) -> np.timedelta64:
    return np.timedelta64(round(hours * 3600), "s")


def _evidence(drawn: _Drawn) -> tuple[Evidence, float]:
    """The evidence, and the wrong alerts per 100 flights since the onset."""
    import pandas as pd

    fault, ours, now = drawn.fault, drawn.ours, drawn.now
    healthy, sick, told = drawn.streams
    w, first = world(), now - history.DAYS * DAY
    made = log.healthy_log(w, first, now, healthy)
    hours = int((now - first) // HOUR)
    slow = 200.0 * (healthy.random(hours) < 0.02)  # a herring: slow hours
    latency = np.round(healthy.gamma(20.0, 3.0, hours) + slow, 1)
    models = w.models[int(str(now)[5:7])], w.models[0]
    well = copy.deepcopy(made)
    apply(fault, made, w, sick)
    made.until(now)
    made_deploys = history.deploys(fault, ours, first, now, told)
    said, replayed = log.predict(made, *models)
    versions = (_version(made_deploys, "model", made.time), _version(made_deploys, "server", made.time))
    requests, predictions, labels = log.tables(made, w, said, replayed, now, versions)
    evidence = Evidence(
        now=pd.Timestamp(now),
        metrics=log.hourly(requests, predictions, labels, first, latency),
        requests=requests,
        predictions=predictions,
        labels=labels,
        deploys=made_deploys,
        upstream=history.upstream(fault, ours, first, now, told),
    )
    return evidence, wrong_alerts(fault, made, said, well, log.predict(well, *models)[0])


def _version(deploys: pd.DataFrame, component: str, time: Any) -> Any:
    """Per request, the newest version of a component that had been deployed."""
    import pandas as pd

    done = deploys[(deploys["component"] == component) & (deploys["status"] == "done")]
    names = pd.Index([f"{component[0]}99", *done["version"]])
    codes = np.searchsorted(done["time"].dt.tz_localize(None).to_numpy(), time, side="right")
    return pd.Categorical.from_codes(codes, names)


def _truth(fault: Fault, ours: bool, harm: float) -> Truth:
    import pandas as pd

    since = None if fault.cause == "nothing" else pd.Timestamp(fault.since)
    action = "roll_back" if ours else FAMILIES[fault.cause].action
    return Truth(fault.cause, fault.where, since, action, fault.hard, severity(fault.cause, harm), harm)
