"""Do instruments show the sign of each plain fault, in its place, at its onset, and little in healthy weeks?"""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from prodml.adapt.incidents import FAMILIES, change_point, make_incident, symptoms

SIGNS = {
    "unit_change": "implausible", "zero_fill": "zeros", "time_zone": "wrong hour", "stale_cache": "frozen",
    "late_events": "lag", "duplicate_events": "duplicates", "skewed_preprocessing": "scaled", "bad_quantization": "coarse",
    "stale_model": "replay", "failing_host": "failed", "wrong_threshold": "threshold", "label_delay": "labels late",
}  # fmt: skip


def hours(n):
    return np.datetime64("2013-06-01") + np.arange(n) * np.timedelta64(1, "h")


def test_change_point_is_the_largest_two_sample_statistic():
    """Is z that of scipy's t-test with equal variances at the best split, and is the split where the series rises?"""
    x = np.random.default_rng(1).normal(0, 1, 240) + 3 * (np.arange(240) >= 180)
    z, at = change_point(hours(240), x)
    assert at == hours(240)[180]
    t = stats.ttest_ind(x[180:], x[:180], equal_var=True).statistic
    assert z == pytest.approx(t, rel=0.01)


def test_change_point_skips_missing_values_and_falls():
    """Are NaN left out, and is a fall no rise?"""
    x = np.random.default_rng(2).normal(0, 1, 240) + 4 * (np.arange(240) >= 180)
    holes = x.copy()
    holes[::7] = np.nan
    assert change_point(hours(240), holes)[0] > 10
    assert change_point(hours(240), -x)[0] < 5
    assert change_point(hours(240), np.ones(240))[0] == 0


@pytest.mark.parametrize("cause", SIGNS)
def test_every_plain_fault_shows(cause):
    """Is its sign there, strongest in the right place, and dated to six hours, in four of five incidents?"""
    good = 0
    for seed in range(5):
        incident = make_incident(300 + seed, cause, False)
        found = symptoms(incident.evidence)
        row = found[found["sign"] == SIGNS[cause]].iloc[0]
        near = abs(row["since"] - incident.truth.since) <= pd.Timedelta(hours=6)
        good += row["strength"] > 1 and row["place"] == incident.truth.where and near
    assert good >= 4


def test_healthy_weeks_are_quiet():
    """Do most healthy incidents stay below 1 in all signs and places together?"""
    loud = [symptoms(make_incident(seed, "nothing").evidence)["strength"].max() > 1 for seed in range(30)]
    assert sum(loud) <= 9


def test_the_table_is_sorted_and_complete():
    """Is every sign there, the strongest first, without a time only where nothing changed?"""
    found = symptoms(make_incident(4, "carrier_outage", False).evidence)
    assert found["strength"].is_monotonic_decreasing
    assert found["sign"].nunique() == 16
    assert set(found["place"]) <= {place for family in FAMILIES.values() for place in family.places} | {"precip"}
    assert found.loc[found["strength"] > 1, "since"].notna().all()
