"""Are diagnoses marked part by part, and are the obvious rules a baseline?"""

import pandas as pd
import pytest

from prodml.adapt.incidents import FAMILIES, Truth, make_incident, marks, obvious, score, scores

SINCE = pd.Timestamp("2013-06-05 14:00")
TRUTH = Truth("unit_change", "temp", SINCE, "repair_input", False)
RIGHT = {"cause": "unit_change", "where": "temp", "since": SINCE, "action": "repair_input"}
HEALTH = Truth("nothing", "nowhere", None, "nothing", False)


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({}, 1.0), ({"cause": "zero_fill"}, 0.6), ({"where": "humid"}, 0.8), ({"action": "roll_back"}, 0.8),
        ({"since": SINCE + pd.Timedelta(hours=6)}, 1.0), ({"since": SINCE - pd.Timedelta(hours=6.1)}, 0.8),
        ({"since": None}, 0.8), ({"since": pd.NaT}, 0.8),
    ],
)  # fmt: skip
def test_parts_have_their_worth(change, wanted):
    """Is the cause worth 0.4 and every other part 0.2, with six hours for the onset?"""
    assert score({**RIGHT, **change}, TRUTH) == pytest.approx(wanted)


def test_health_is_an_answer():
    """Is "nothing, since None" right where nothing is broken, and an onset there wrong?"""
    well = {"cause": "nothing", "where": "nowhere", "since": None, "action": "nothing"}
    assert score(well, HEALTH) == pytest.approx(1)
    assert not marks({**well, "since": SINCE}, HEALTH)["since"]
    assert not any(marks({}, HEALTH).values())


def test_truth_itself_scores_one_and_obvious_rules_little():
    """Is the truth right everywhere, and do the obvious rules score below 0.4 over all families?"""
    cases = [make_incident(60 + i, cause) for i, cause in enumerate(FAMILIES)]
    truths = iter([vars(case.truth) for case in cases])
    assert scores(lambda evidence: next(truths), cases)["score"].tolist() == pytest.approx([1.0] * len(cases))
    assert scores(obvious, cases)["score"].mean() < 0.4
