"""Do the pictures and tables say in words what they show?"""

import numpy as np
import pandas as pd

from prodml.adapt.incidents import FAMILIES, drawings, make_incident, obvious, scores, symptoms, tables
from prodml.adapt.incidents.families import ACTIONS
from prodml.adapt.incidents.views import changes

CASES = [make_incident(100, "skewed_preprocessing", False), make_incident(100, "nothing", False)]


def test_signs_above_one_are_named(capsys):
    """Are signs, places and strengths in the text, and is a quiet week called one?"""
    drawings.draw_signs(symptoms(CASES[0].evidence))
    said = capsys.readouterr().out
    assert "replay, scaled" in said
    assert "scaled 3.3 at temp" in said
    drawings.draw_signs(symptoms(CASES[1].evidence))
    assert "No sign is above 1" in capsys.readouterr().out


def test_a_confusion_is_counted(capsys):
    """Are wrong causes named with their number, and earlier tries with their points?"""
    mine = scores(lambda _: {"cause": "stale_model"}, CASES)
    drawings.draw_confusion(mine, [31.2])
    said = capsys.readouterr().out
    assert said.startswith("0 of 2 causes are right; 0 points of 100 (tries before: 31)")
    assert "skewed_preprocessing is called stale_model 1 times" in said


def test_the_company_of_a_cause_is_told(capsys):
    """Are the signs of each incident of the cause told, with what was said?"""
    drawings.draw_company([symptoms(c.evidence) for c in CASES], scores(obvious, CASES), "skewed_preprocessing")
    assert "signs replay, scaled" in capsys.readouterr().out


def test_wrong_alerts_and_slices_are_summed_up(capsys):
    """Do lines and rises come as numbers?"""
    drawings.draw_aftermath({"nobody acts": np.full(24, 2), "yours": np.zeros(24, int)})
    assert "48 (nobody acts), 0 (yours)" in capsys.readouterr().out
    table = pd.DataFrame({"host": ["h1", "h2"] * 20})
    errors = np.where((np.arange(40) >= 20) & (table["host"] == "h1"), 9.0, 1.0)
    drawings.draw_slices(errors, table, np.arange(40) >= 20, ("host", "h1"))
    assert "host=h1 +8.0 ± 0.0" in capsys.readouterr().out


def test_tables_hold_all_that_can_be_chosen(capsys):
    """Is every cause and every action explained?"""
    tables.causes()
    tables.actions()
    tables.signs()
    said = capsys.readouterr().out
    assert all(name in said for name in [*FAMILIES, *ACTIONS, "unknown code"])


def test_changes_can_be_marked(capsys):
    """Are the marked ones in the text?"""
    changes(CASES[0].evidence, 5.0, None, ["d3"], "Before the onset: d3")
    assert "Marked: d3." in capsys.readouterr().out
