"""Is an incident closed with the truth, part by part, and is handing over an answer?"""

import pandas as pd

from prodml.adapt.incidents import make_incident
from prodml.adapt.incidents.closing import UNKNOWN, closed

TRUTH = make_incident(2, "carrier_outage", False).truth
RIGHT = {"cause": TRUTH.cause, "where": TRUTH.where, "since": TRUTH.since, "action": "inform", "severity": "low"}


def test_all_right_is_a_hundred_points():
    """Does a right diagnosis get all points, with the harm in figures?"""
    text, markup = closed(RIGHT, TRUTH)
    assert text.startswith("100 of 100 points.")
    assert "Of 100 flights since, 0 were alerted wrongly" in text
    assert markup.count("✓ right") == 5


def test_what_is_wrong_is_told_with_the_truth():
    """Does each wrong part come with the right one, and does a severity cost no points?"""
    late = TRUTH.since + pd.Timedelta(hours=7)
    text, markup = closed({**RIGHT, "since": late, "severity": "high"}, TRUTH)
    assert text.startswith("80 of 100 points.")
    assert f"in truth {TRUTH.since:%-d %B %H:%M} UTC" in text
    assert "severity: high, in truth low" in text
    assert markup.count("✗") == 2


def test_handing_over_names_whom_to_ask():
    """Is "do not know" taken as such, with the owner of the stage?"""
    truth = make_incident(3, "time_zone", False).truth
    said = {"cause": UNKNOWN, "where": "nowhere", "since": None, "action": "nothing", "severity": "none"}
    text, _ = closed(said, truth)
    assert "handed it over" in text
    assert "The right address: features." in text


def test_what_is_shown_is_escaped():
    """Is a name that holds markup shown as text?"""
    _, markup = closed({**RIGHT, "where": "<b>x</b>"}, TRUTH)
    assert "<b>x</b>" not in markup
