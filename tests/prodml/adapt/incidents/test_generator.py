"""Are incidents what their seed says, to the byte, and is each fault there, where and when the truth says?"""

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from prodml.adapt.incidents import ACTIONS, FAMILIES, digest, make_incident
from prodml.adapt.incidents.families import COMPONENTS, UNITS
from prodml.errors import SelectionError

CAUSES = [name for name in FAMILIES if name != "nothing"]
PRINT = "from prodml.adapt.incidents import *; print(digest(make_incident(123, 'stale_cache', True)))"


def test_there_are_families_enough():
    """Are there at least twelve kinds of faults, one answer for health, and sound data about each?"""
    assert len(CAUSES) >= 12
    for family in FAMILIES.values():
        assert family.action in ACTIONS
        assert family.owner is None or family.owner in COMPONENTS
        assert (family.ours > 0) == (family.owner is not None)


def test_same_seed_same_bytes_in_another_process():
    """Does another process, with another hash seed, make the same incident?"""
    env = {**os.environ, "PYTHONHASHSEED": "77"}
    said = subprocess.run([sys.executable, "-c", PRINT], env=env, capture_output=True, text=True, check=True).stdout
    assert said.strip() == digest(make_incident(123, "stale_cache", True))


def test_other_seeds_are_other_incidents():
    """Does every seed make an incident of its own?"""
    assert len({digest(make_incident(seed)) for seed in range(12)}) == 12


def test_digest_notices_one_value():
    """Is a single changed reading another incident?"""
    incident = make_incident(1)
    before = digest(incident)
    incident.evidence.requests.loc[5, "temp"] += 0.01
    assert digest(incident) != before


def test_unknown_cause_is_refused():
    """Does an unknown family come with the allowed ones?"""
    with pytest.raises(SelectionError, match="Allowed are: nothing, unit_change"):
        make_incident(0, "gremlins")


@pytest.mark.parametrize("cause", list(FAMILIES))
@pytest.mark.parametrize("hard", [False, True])
def test_evidence_is_sound(cause, hard):
    """Do the tables fit together, and does nothing come from after the alarm?"""
    incident = make_incident(17, cause, hard)
    e, truth = incident.evidence, incident.truth
    assert e.requests["id"].equals(e.predictions["id"])
    assert e.requests["time"].is_monotonic_increasing
    assert e.requests["time"].max() <= e.now
    assert not (e.labels["arrived"] > e.now).any()
    assert (e.labels["arr_delay"].isna() == e.labels["arrived"].isna()).all()
    assert len(e.metrics) == 240
    assert e.metrics["requests"].sum() == len(e.requests)
    assert truth.where in FAMILIES[cause].places
    assert truth.action in ACTIONS
    local = e.now.tz_localize("UTC").tz_convert("America/New_York")
    assert (local.hour, local.minute) == (9, 5)
    if cause == "nothing":
        assert truth.since is None
    else:
        assert e.now - pd.Timedelta(days=5) < truth.since < e.now


@pytest.mark.parametrize("cause", CAUSES)
def test_healthy_days_are_as_without_the_fault(cause):
    """Is the log before the onset the one of the healthy twin with the same seed?"""
    for hard in (False, True):
        sick, well = make_incident(3, cause, hard), make_incident(3, "nothing", hard)
        early = sick.truth.since - pd.Timedelta(hours=1)
        rows = [i.evidence.requests[i.evidence.requests["time"] < early] for i in (sick, well)]
        columns = ["id", "time", "lag", "dep_delay", "temp", "hour"]
        pd.testing.assert_frame_equal(rows[0][columns], rows[1][columns])


def after(incident):
    e = incident.evidence
    return (e.requests["time"] >= incident.truth.since).to_numpy()


@pytest.mark.parametrize("name", UNITS)
def test_units_are_converted_as_physics_says(name):
    """Is the changed feature the healthy one in the other unit, and every other feature untouched?"""
    seed = next(s for s in range(200) if make_incident(s, "unit_change", False).truth.where == name)
    sick, well = make_incident(seed, "unit_change", False), make_incident(seed, "nothing", False)
    rows = after(sick)
    was, now = (i.evidence.requests[name].to_numpy()[rows] for i in (well, sick))
    known = {"temp": lambda f: (f - 32) * 5 / 9, "wind_speed": lambda mph: mph * 1609.344 / 3600}
    known |= {
        "distance": lambda mi: mi * 1.609344,
        "visib": lambda mi: mi * 1.609344,
        "pressure": lambda h: h / 33.8639,
    }
    np.testing.assert_allclose(now, known[name](was), rtol=1e-4, atol=1e-3)
    for other in {"temp", "distance", "visib", "hour"} - {name}:
        assert sick.evidence.requests[other].equals(well.evidence.requests[other])


def test_a_fault_of_ours_begins_with_a_deploy_and_another_does_not():
    """Does the owner's deploy stand just before the onset if, and only if, rolling back is right?"""
    seen = set()
    for cause in (c for c in CAUSES if FAMILIES[c].owner):
        for seed in range(6):
            incident = make_incident(seed, cause, bool(seed % 2))
            d = incident.evidence.deploys
            lead = (incident.truth.since - d["time"].dt.tz_localize(None)) / pd.Timedelta(hours=1)
            near = ((d["component"] == FAMILIES[cause].owner) & (d["status"] == "done") & lead.between(0, 5.9)).any()
            assert near == (incident.truth.action == "roll_back")
            seen.add(bool(near))
    assert seen == {True, False}


def test_only_the_named_slice_suffers():
    """Is a stale cache one airport's, and a failing host alone in failing more?"""
    incident = make_incident(9, "failing_host", False)
    e, rows = incident.evidence, after(incident)
    failed = e.predictions["prediction"].isna()[rows].groupby(e.requests["host"][rows].astype(str)).mean()
    bad = incident.truth.where.removeprefix("host=")
    assert failed[bad] > 0.25
    assert failed.drop(bad).max() < 0.03
