"""Deploy history and notices of producers: what matters, and much more that does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from prodml.adapt.incidents.families import COMPONENTS, FAMILIES
from prodml.adapt.incidents.faults import Fault

if TYPE_CHECKING:
    import pandas as pd

HOUR = np.timedelta64(3600, "s")
DAYS = 10
NOTES = {
    "weather": (
        "documentation of units revised",
        "stations recalibrated",
        "new export job",
        "maintenance of the archive",
    ),
    "flights": (
        "carrier codes reviewed",
        "new time stamps in the raw feed",
        "hardware replaced",
        "schema version raised",
    ),
}
FEED = {"carrier": "flights", "distance": "flights", "hour": "flights"}


def deploys(
    fault: Fault, ours: bool, first: np.datetime64, now: np.datetime64, rng: np.random.Generator
) -> pd.DataFrame:
    """Our deploys of ten days, in the order of time: about one and a half a day, one in eight of them failed.

    If the fault is ours, the one that began it stands up to 20 minutes before its onset. Otherwise no deploy of
    the component that could have is nearer than six hours. In plain incidents nothing else is.
    """
    import pandas as pd

    owner = FAMILIES[fault.cause].owner
    n = int(rng.integers(12, 19))
    times = first + (rng.random(n) * ((now - first) / HOUR) * 3600).astype("timedelta64[s]")
    components = rng.choice(COMPONENTS, n)
    failed = rng.random(n) < 0.125
    if fault.cause != "nothing":
        apart = np.abs(times - fault.since)
        near = (apart < 6 * HOUR) & ((components == owner) | (not fault.hard))
        times[near] -= 30 * HOUR
        if fault.hard:  # a herring: another component's deploy, shortly before
            times = np.append(times, fault.since - rng.integers(60, 7200).astype("timedelta64[s]"))
            components = np.append(components, rng.choice([c for c in COMPONENTS if c != owner]))
            failed = np.append(failed, False)
        if ours:
            times = np.append(times, fault.since - rng.integers(5, 1200).astype("timedelta64[s]"))
            components, failed = np.append(components, str(owner)), np.append(failed, False)
    order = np.argsort(times, kind="stable")
    times, components, failed = times[order], components[order], failed[order]
    return pd.DataFrame({
        "id": [f"d{i + 1}" for i in range(len(times))],
        "time": pd.DatetimeIndex(times).tz_localize("UTC"),
        "component": components.astype(object),
        "version": [f"{c[0]}{100 + i}" for i, c in enumerate(components)],
        "status": np.where(failed, "failed", "done").astype(object),
    })  # fmt: skip


def upstream(
    fault: Fault, ours: bool, first: np.datetime64, now: np.datetime64, rng: np.random.Generator
) -> pd.DataFrame:
    """Notices of the two feeds, in the order of their announcement; times are local ones of New York.

    Half of the input faults that came from outside are announced, with words that say nothing of a fault.
    """
    import pandas as pd

    n = int(rng.integers(3, 7))
    effective = first + (rng.random(n) * ((now - first) / HOUR) * 3600).astype("timedelta64[s]")
    feeds = rng.choice(["weather", "flights"], n)
    announced_one = rng.random() < 0.5
    if FAMILIES[fault.cause].group == "input" and not ours and announced_one:
        effective = np.append(effective, fault.since - rng.integers(0, 600).astype("timedelta64[s]"))
        feeds = np.append(feeds, _feed(fault))
    ahead = (rng.random(len(effective)) * 72 * 3600).astype("timedelta64[s]")
    notes = [NOTES[str(feed)][int(rng.integers(4))] for feed in feeds]
    order = np.argsort(effective - ahead, kind="stable")
    return pd.DataFrame({
        "id": [f"u{i + 1}" for i in range(len(order))],
        "announced": _in_new_york((effective - ahead)[order]),
        "effective": _in_new_york(effective[order]),
        "feed": feeds[order].astype(object),
        "note": np.array(notes, object)[order],
    })  # fmt: skip


def _feed(fault: Fault) -> str:
    if fault.cause in ("late_events", "duplicate_events"):
        return "flights"
    return FEED.get(fault.where, "weather")


def _in_new_york(times: Any) -> pd.DatetimeIndex:
    import pandas as pd

    return pd.DatetimeIndex(times).tz_localize("UTC").tz_convert("America/New_York").tz_localize(None)
