"""Does the console show all of the evidence, with words for who cannot see, and follow the chosen incident?"""

import pandas as pd
import pytest

from prodml.adapt.incidents import make_incident, view
from prodml.adapt.incidents.console import console
from prodml.adapt.incidents.looking import LOOKS, TABLES
from prodml.adapt.incidents.views import SPLITS, WINDOWS

INCIDENT = make_incident(2, "carrier_outage", False)
MARK = INCIDENT.truth.since


@pytest.mark.parametrize("look_at", LOOKS)
def test_every_view_is_shown_as_text_where_nothing_else_can_be(look_at, capsys):
    """Does each view say in words what it shows, under the line of the alarm?"""
    view(INCIDENT.evidence, look_at, "origin", mark=MARK)
    said = capsys.readouterr().out
    assert said.startswith("Alarm: ")
    assert "09:05 in New York" in said
    assert "Your mark: " in said
    assert look_at in said or look_at in (*TABLES, "overview")


@pytest.mark.parametrize(("split_by", "lines"), [("all", 1), ("origin", 3), ("carrier", 6), ("host", 4)])
def test_logs_can_be_split(split_by, lines, capsys):
    """Is there a line per slice?"""
    view(INCIDENT.evidence, "dep_delay", split_by)
    assert capsys.readouterr().out.count("in the first five days") == lines


@pytest.mark.parametrize("days", WINDOWS.values())
def test_every_slice_points_at_the_one_that_broke(days, capsys):
    """Is the carrier whose operation broke down the oddest slice, in every window?"""
    assert SPLITS[-1] == "every slice"
    view(INCIDENT.evidence, "label − replay", "every slice", days)
    oddest = capsys.readouterr().out.split("Oddest in the last day: ")[1]
    assert oddest.startswith(INCIDENT.truth.where)


def test_what_changed_just_before_the_mark_is_listed_on_one_clock(capsys):
    """Is a deploy of two hours before listed with its hours, and one of seven hours before not?"""
    deploys = INCIDENT.evidence.deploys
    at = deploys["time"].dt.tz_localize(None).iloc[4]
    view(INCIDENT.evidence, "requests", mark=at + pd.Timedelta(hours=2))
    assert f"{deploys['id'].iloc[4]} ({deploys['component'].iloc[4]}" in capsys.readouterr().out
    view(INCIDENT.evidence, "requests", mark=at + pd.Timedelta(hours=7))
    assert f"{deploys['id'].iloc[4]} (" not in capsys.readouterr().out


def test_console_outside_of_a_notebook_shows_the_first_view(capsys):
    """Does it print the dashboard, and no truth?"""
    console([INCIDENT])
    said = capsys.readouterr().out
    assert "mean_prediction" in said
    assert "outage" not in said


def test_a_slice_that_holds_a_part_of_the_fault_is_fainter(capsys):
    """Is an old model on one host told from the airports that this host serves among others?"""
    view(make_incident(40).evidence, "prediction − replay", "every slice")
    oddest = capsys.readouterr().out.split("Oddest in the last day: ")[1].split("; ")
    values = [abs(float(slice_.split()[1].rstrip("."))) for slice_ in oddest]
    assert oddest[0].startswith("host=h2 ")
    assert values[0] > 2 * values[1]
