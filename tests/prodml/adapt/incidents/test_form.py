"""Does the form follow the incident that is shown, and does a verdict show where the cause was to be seen?"""

import sys
from types import SimpleNamespace

import pandas as pd
import pytest

from prodml.adapt.incidents import make_incident
from prodml.adapt.incidents.families import ACTIONS
from prodml.adapt.incidents.form import Form
from prodml.adapt.incidents.seen import best_view

console_module = sys.modules["prodml.adapt.incidents.console"]  # the package has a function of this name
INCIDENT = make_incident(2, "carrier_outage", False)


@pytest.fixture
def looked():
    return []


@pytest.fixture
def form(looked):
    return Form(lambda: INCIDENT, lambda: INCIDENT.truth.since, lambda *view: looked.append(view))


def test_another_incident_begins_with_an_empty_form(form):
    """Are cause, place and verdict of the incident before gone?"""
    form._cause.value, form._where.value = "carrier_outage", "carrier=UA"
    form._close.click()
    assert "points" in form._said.value
    form.begin(2)
    assert form._cause.value not in ("carrier_outage",)
    assert form._where.value == "nowhere"
    assert form._said.value == ""
    assert form._close.description == "Close incident 2"


def test_the_chosen_action_is_explained(form):
    """Does the form say what an action means?"""
    form._action.value = "hold_out"
    assert ACTIONS["hold_out"] in form._words.value


def test_a_button_opens_the_view_that_shows_the_cause(form, looked):
    """Is it offered after closing only, with the hours from the onset to the alarm?"""
    assert form._open.layout.display == "none"
    form._close.click()
    assert form._open.layout.display == ""
    form._open.click()
    hours = round((INCIDENT.evidence.now - INCIDENT.truth.since) / pd.Timedelta(hours=1))
    assert looked == [(*best_view(INCIDENT.truth)[:2], hours)]
    assert "points" in form._said.value


def test_a_mark_belongs_to_one_incident(monkeypatch):
    """Is the onset of the first incident gone when the second one is chosen, and there when one comes back?"""
    made = []
    place = SimpleNamespace(update=lambda *_, **__: None)
    monkeypatch.setattr(console_module, "in_notebook", lambda: True)
    monkeypatch.setattr(console_module, "column", lambda widgets, _: made.extend(widgets))
    monkeypatch.setattr("IPython.display.display", lambda *_, **__: place)
    monkeypatch.setattr(console_module, "Form", _NoForm)
    console_module.console([INCIDENT, make_incident(3, "nothing", False)])
    (menus, mark) = made
    mark.value = 30
    menus.children[0].value = 2
    assert mark.value == 0
    menus.children[0].value = 1
    assert mark.value == 30


class _NoForm:
    def __init__(self, *_):
        pass

    def begin(self, _):
        pass

    follow = begin

    def show(self):
        pass
