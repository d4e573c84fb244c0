"""Do the steps of the flight pipeline do what they say, by scikit-learn's and LiteRT's word?"""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from prodml.anywhere.kubeflow import flight_steps

FEATURES = ["dep_delay", "hour", "carrier"]


@pytest.fixture(scope="module")
def rows():
    return flight_steps.validated(flight_steps.ingest(1, 1))


def test_valid_rows_have_no_gaps(rows) -> None:
    """Is nothing missing any more?"""
    assert len(rows) > 20_000
    assert not rows.isna().any().any()


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda t: t.drop(columns="hour"), "columns are missing: hour"),
        (lambda t: t.assign(arr_delay=np.nan), "100% of the labels are missing"),
        (lambda t: t.assign(month=t["month"].where(t.index % 2 == 0, 3)), "with a gap"),
    ],
)
def test_an_unfit_table_is_refused(rows, spoil, says: str) -> None:
    """Does a missing column, month or label stop the pipeline?"""
    with pytest.raises(ValueError, match=says):
        flight_steps.validated(spoil(rows))


def test_fit_is_ridge_regression(rows) -> None:
    """Does scikit-learn find the same weights?"""
    x = flight_steps.design(rows, FEATURES).astype(float)
    theirs = Ridge(alpha=flight_steps.RIDGE, fit_intercept=False, solver="cholesky").fit(x, rows["arr_delay"])
    assert np.allclose(flight_steps.fit(rows, FEATURES), theirs.coef_, atol=1e-3)


def test_errors_say_of_which_day(rows) -> None:
    """Does each flight's row keep carrier and day?"""
    table = flight_steps.compared(rows, rows, FEATURES, flight_steps.fit(rows, FEATURES))
    assert list(table) == ["carrier", "day", "champion", "candidate"]
    assert table[["carrier", "day"]].equals(rows[["carrier", "day"]])


def test_the_report_is_a_page_with_every_carrier(rows) -> None:
    """Does a colleague find each carrier in it?"""
    weights = flight_steps.fit(rows, FEATURES)
    page = flight_steps.report(flight_steps.compared(rows, rows, FEATURES, weights), "January")
    assert page.startswith("<!doctype html>")
    assert all(f"<th>{carrier}</th>" in page for carrier in rows["carrier"].unique())
