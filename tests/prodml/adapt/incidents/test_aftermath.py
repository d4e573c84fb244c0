"""Does a right diagnosis stop the wrong alerts of the next day, and only a right one?"""

import pytest

from prodml.adapt.incidents import aftermath, make_incident, next_day, stops
from prodml.adapt.incidents.culprits import culprit

LATE = make_incident(325)  # late events at one airport, announced by a notice
TRUTH = LATE.truth


def said(**changes):
    return {"cause": TRUTH.cause, "where": TRUTH.where, "since": TRUTH.since, "action": TRUTH.action, **changes}


@pytest.mark.parametrize(
    ("changes", "ends"),
    [({}, True), ({"where": "origin=JFK"}, False), ({"action": "roll_back"}, False), ({"since": None}, True)],
)
def test_action_and_place_decide(changes, ends):
    """Is a wrong place or action of no use, and a wrong onset harmless?"""
    assert stops(said(**changes), TRUTH) is ends


def test_a_roll_back_must_be_of_the_component_that_began_it():
    """Does rolling back the model leave a fault of the server where it is?"""
    truth = make_incident(100, "skewed_preprocessing", False).truth
    assert stops({"cause": "skewed_preprocessing", "action": "roll_back"}, truth)
    assert not stops({"cause": "bad_quantization", "action": "roll_back"}, truth)
    assert not stops({"cause": "no such cause", "action": "roll_back"}, truth)


def test_the_next_day_goes_on_as_the_days_before():
    """Is the rate of wrong alerts of the order of that since the onset, and zero where nothing is broken?"""
    assert next_day(LATE).sum() > 0
    assert next_day(make_incident(100, "nothing", False)).sum() == 0
    assert next_day(make_incident(104, "carrier_outage", False)).sum() == 0
    assert (next_day(LATE) == next_day(LATE)).all()


def test_who_is_right_leaves_none():
    """Are wrong alerts summed by diagnoser?"""
    left = aftermath([LATE], right=lambda _: said(), wrong=lambda _: said(action="nothing"))
    assert left["right"].sum() == 0
    assert (left["wrong"] == left["nobody acts"]).all()
    assert left["wrong"].sum() == next_day(LATE).sum()


def test_the_culprit_is_a_change_of_the_logs():
    """Is a notice named that began it, a deploy of the owner, and nothing where a fault came by itself?"""
    assert culprit(LATE) == "u3"
    rolled = make_incident(3, "skewed_preprocessing", True)
    name = culprit(rolled)
    deploy = rolled.evidence.deploys.set_index("id").loc[name]
    assert deploy["component"] == "server"
    assert culprit(make_incident(101, "stale_model", False)) is None
    assert culprit(make_incident(101, "nothing", False)) is None
