"""Does the console show all of the evidence, with words for who cannot see, and close incidents?"""

import pytest

from prodml.incidents import make_incident, view
from prodml.incidents.console import DASHBOARD, LOGS, SLICES, TABLES, closed, console

INCIDENT = make_incident(2, "carrier_outage", False)


@pytest.mark.parametrize("look_at", [*DASHBOARD, *LOGS, *TABLES])
def test_every_view_is_shown_as_text_where_nothing_else_can_be(look_at, capsys):
    """Does each view say in words what it shows?"""
    view(INCIDENT.evidence, look_at, "origin")
    said = capsys.readouterr().out
    assert len(said) > 60
    assert look_at in said or look_at in TABLES


@pytest.mark.parametrize("split_by", SLICES)
def test_logs_can_be_split(split_by, capsys):
    """Is there a line per slice?"""
    view(INCIDENT.evidence, "dep_delay", split_by)
    assert (
        capsys.readouterr().out.count("in the first five days")
        == {"all": 1, "origin": 3, "carrier": 6, "host": 4}[split_by]
    )


def test_console_outside_of_a_notebook_shows_the_first_view(capsys):
    """Does it print the dashboard's first measure, and no truth?"""
    console([INCIDENT])
    said = capsys.readouterr().out
    assert "requests" in said
    assert "outage" not in said


def test_closing_tells_the_truth():
    """Does the form say what was found and what it was?"""
    truth = INCIDENT.truth
    said = closed({"cause": truth.cause, "where": "nowhere", "action": "inform"}, truth)
    assert said.startswith("You found cause, action. It was carrier_outage, carrier=")
    assert "none of it" in closed({"cause": "nothing", "where": "nowhere", "action": "nothing"}, truth)
