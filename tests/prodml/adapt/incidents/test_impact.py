"""Is harm the alerts that differ because of the fault, and severity what follows from it?"""

import numpy as np
import pytest

from prodml.adapt.incidents import FAMILIES, SEVERITIES, make_incident
from prodml.adapt.incidents.impact import severity


@pytest.mark.parametrize("cause", ["wrong_threshold", "failing_host", "unit_change", "late_events"])
def test_harm_is_the_share_of_flights_whose_alert_differs_from_the_twins(cause):
    """Is it what one counts from the tables of the incident and of its healthy twin?"""
    sick, well = make_incident(31, cause, False), make_incident(31, "nothing", False)
    alerts = [i.evidence.predictions.drop_duplicates("id").set_index("id")["alerted"] for i in (sick, well)]
    p = sick.evidence.predictions
    flights = p.loc[p["time"] >= sick.truth.since, "id"].unique()
    differs = alerts[0].loc[flights].to_numpy() != alerts[1].loc[flights].to_numpy()
    assert sick.truth.wrong_alerts == pytest.approx(100 * np.mean(differs), abs=0.02)
    assert sick.truth.wrong_alerts > 0


@pytest.mark.parametrize("cause", ["nothing", "carrier_outage", "feedback_loop", "label_delay", "duplicate_events"])
def test_what_changes_no_alert_does_no_harm(cause):
    """Is there none where the world has changed, labels are late, or an alert comes twice?"""
    assert make_incident(31, cause, False).truth.wrong_alerts == 0


def test_severity_follows_from_harm():
    """Are levels ordered, and is there none where nothing is broken?"""
    assert list(SEVERITIES.values()) == sorted(SEVERITIES.values(), reverse=True)
    assert [severity("unit_change", harm) for harm in (84, 3, 2.9, 0.5, 0.4, 0)] == [
        "high", "high", "medium", "medium", "low", "low",
    ]  # fmt: skip
    assert severity("nothing", 0) == "none"
    seen = {make_incident(500 + i, cause, False).truth.severity for i, cause in enumerate(FAMILIES)}
    assert seen == {"none", *SEVERITIES}
