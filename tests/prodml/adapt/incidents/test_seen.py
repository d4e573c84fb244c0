"""Is each cause to be seen where the console says, and does the verdict say so?"""

import pytest

from prodml.adapt.incidents import FAMILIES, SIGNS, SUGGESTS, make_incident, symptoms, view
from prodml.adapt.incidents.closing import closed
from prodml.adapt.incidents.looking import LOOKS
from prodml.adapt.incidents.seen import best_view
from prodml.adapt.incidents.views import SPLITS


@pytest.mark.parametrize("cause", FAMILIES)
def test_every_cause_has_a_view_that_can_be_drawn(cause, capsys):
    """Is the view one of the console's, for each place of the cause?"""
    incident = make_incident(4, cause, False)
    look_at, split_by, words = best_view(incident.truth)
    assert look_at in LOOKS
    assert split_by in SPLITS
    assert words
    view(incident.evidence, look_at, split_by)
    assert "Alarm" in capsys.readouterr().out


@pytest.mark.parametrize("where", FAMILIES["schema_change"].places)
def test_a_lost_column_and_a_renamed_code_are_seen_in_different_places(where):
    """Does a carrier's code point to the rows, and a feature to what is missing?"""
    seeds = (make_incident(seed, "schema_change", False) for seed in range(100))
    truth = next(incident.truth for incident in seeds if incident.truth.where == where)
    assert best_view(truth)[0] == ("newest requests" if where == "carrier" else "missing")


def test_a_wrong_verdict_says_where_to_look():
    """Is the view named if a part is wrong, and only then?"""
    truth = make_incident(2, "carrier_outage", False).truth
    right = {"cause": truth.cause, "where": truth.where, "since": truth.since, "action": truth.action}
    assert "To be seen at" not in closed(right, truth)[0]
    assert "To be seen at `label − replay`, split by `every slice`" in closed({**right, "action": "wait"}, truth)[0]


def test_every_sign_is_known_and_suggests_a_cause():
    """Are the signs those that are measured, and is each cause but "nothing" suggested by one?"""
    assert set(symptoms(make_incident(4, "nothing").evidence)["sign"]) == set(SIGNS)
    assert set(SUGGESTS.values()) == set(FAMILIES) - {"nothing"}
    assert list(SIGNS) == sorted(SIGNS)
