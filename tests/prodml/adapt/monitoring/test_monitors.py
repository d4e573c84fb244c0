"""Do the monitors' statistics agree with scipy and pandas, and do they refuse what they cannot judge?"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats
from scipy.special import rel_entr

from prodml.adapt.monitoring.monitors import daily_measures, inject, p_values, psi_of_batches, quantile_edges


def jeffreys(r: object, c: object) -> float:
    """Two relative entropies added up, by scipy."""
    r, c = np.asarray(r, dtype=float), np.asarray(c, dtype=float)
    return float(np.sum(rel_entr(r, c) + rel_entr(c, r)))


# ------------------------------------------------------------- quantile_edges


def test_do_edges_cut_as_pandas_does() -> None:
    x = np.random.default_rng(1).gamma(2, size=1000)
    _, cuts = pd.qcut(x, 10, retbins=True)
    assert_allclose(quantile_edges(x), cuts[1:-1])


def test_are_missing_and_infinite_values_left_out_of_the_edges() -> None:
    x = np.arange(11.0)
    assert_allclose(quantile_edges([*x, np.nan, np.inf, -np.inf], 4), quantile_edges(x, 4))


def test_do_repeated_values_make_fewer_bins() -> None:
    assert quantile_edges([5.0] * 90 + [7.0] * 10).tolist() == [5.0, pytest.approx(5.2)]


def test_are_edges_of_nothing_refused() -> None:
    with pytest.raises(ValueError, match="none of the values is a finite number"):
        quantile_edges([np.nan, np.inf])


# ------------------------------------------------------------- psi_of_batches


def test_is_psi_two_relative_entropies() -> None:
    reference, batch = [0] * 50 + [10] * 30 + [20] * 20, [0] * 2 + [10] * 3 + [20] * 5
    wanted = jeffreys([0.5, 0.3, 0.2], [0.2, 0.3, 0.5])
    assert_allclose(psi_of_batches(reference, [batch, batch], [5, 15]), [wanted, wanted])


def test_are_the_outer_bins_open_and_empty_ones_floored() -> None:
    found = psi_of_batches([0.0, 0.0, 9.0, 9.0], [[-1e9] * 2, [1e9] * 2], [5], floor=0.01)
    assert_allclose(found, jeffreys([0.5, 0.5], [1.0, 0.01]))


def test_does_the_order_of_rows_and_batches_not_matter() -> None:
    rng = np.random.default_rng(2)
    reference, batches = rng.normal(size=500), rng.normal(size=(7, 60))
    edges = quantile_edges(reference)
    found = psi_of_batches(reference, batches, edges)
    assert_allclose(psi_of_batches(reference[::-1], batches[::-1, ::-1], edges), found[::-1])


def test_is_psi_times_rows_chi_square_without_drift() -> None:
    rng = np.random.default_rng(3)
    reference = rng.normal(size=200_000)
    edges = quantile_edges(reference)
    found = 1000 * psi_of_batches(reference, rng.choice(reference, (2000, 1000)), edges)
    assert stats.kstest(found, stats.chi2(len(edges)).cdf).pvalue > 0.01


@pytest.mark.parametrize(
    ("reference", "batches", "words"),
    [([1.0], [1.0, 2.0], "must be 2-D"), ([np.nan], [[1.0]], "missing"), ([1.0], [[np.nan]], "missing")],
)
def test_is_what_has_no_psi_refused(reference: list[float], batches: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        psi_of_batches(reference, batches, [0.5])


# ------------------------------------------------------------- daily_measures


@pytest.fixture
def flights() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    days = rng.integers(1, 6, 300)
    carriers = rng.choice(["AA", "B6", "DL"], 300)
    delay = np.where(rng.random(300) < 0.1, np.nan, rng.normal(10, 30, 300))
    return pd.DataFrame({"year": 2013, "month": 3, "day": days, "carrier": carriers, "dep_delay": delay})


def test_is_there_one_row_per_day_with_means_as_pandas_takes_them(flights: pd.DataFrame) -> None:
    found = daily_measures(flights, ["dep_delay"])
    by_day = flights.groupby("day")
    assert found.index.tolist() == [pd.Timestamp(2013, 3, day) for day in range(1, 6)]
    assert_allclose(found["rows"], by_day.size())
    assert_allclose(found["dep_delay"], by_day["dep_delay"].mean())


def test_is_the_psi_of_a_category_against_the_reference(flights: pd.DataFrame) -> None:
    usual = flights[flights["day"] <= 3]
    found = daily_measures(flights, [], ["carrier"], reference=usual)["psi_carrier"]
    r = usual["carrier"].value_counts(normalize=True).sort_index()
    for day, rows in flights.groupby("day"):
        c = rows["carrier"].value_counts(normalize=True).sort_index()
        assert found[pd.Timestamp(2013, 3, day)] == pytest.approx(jeffreys(r, c))


def test_have_new_and_missing_categories_bins_of_their_own(flights: pd.DataFrame) -> None:
    usual = flights[flights["day"] == 1].assign(carrier="AA")
    today = usual.assign(day=2)
    today["carrier"] = pd.Series(["AA", "new", None] * len(today), dtype=object)[: len(today)].to_numpy()
    found = daily_measures(today, [], ["carrier"], reference=usual)["psi_carrier"].iloc[0]
    shares = today["carrier"].value_counts(normalize=True, dropna=False)
    floored = [1.0, 1e-4, 1e-4]
    assert found == pytest.approx(jeffreys(floored, [shares["AA"], shares["new"], shares[None]]))


def test_do_ordered_categories_with_unused_names_give_the_same(flights: pd.DataFrame) -> None:
    typed = flights.assign(carrier=pd.Categorical(flights["carrier"], ["none", "DL", "B6", "AA"]))
    plain = daily_measures(flights, [], ["carrier"])["psi_carrier"]
    assert_allclose(daily_measures(typed, [], ["carrier"])["psi_carrier"], plain, atol=1e-12)


# ------------------------------------------------------------- p_values


def test_are_p_values_those_of_a_t_test_with_one_new_value() -> None:
    rng = np.random.default_rng(5)
    usual, today = rng.normal(6, 4, 40), np.array([-10.0, 2.0, 6.0, 30.0])
    wanted = [stats.ttest_ind(usual, [x], equal_var=True).pvalue for x in today]
    with_holes = np.append(usual, np.nan)
    assert_allclose(p_values(usual, today), wanted)
    assert_allclose(p_values(with_holes, today), wanted)


def test_is_a_missing_value_neither_usual_nor_unusual() -> None:
    assert np.isnan(p_values([1.0, 2.0, 3.0], [np.nan])).all()


def test_is_any_change_impossible_where_nothing_ever_varied() -> None:
    assert p_values([7.0, 7.0, 7.0], [7.0, 7.1]).tolist() == [1.0, 0.0]


def test_are_fewer_than_two_usual_values_refused() -> None:
    with pytest.raises(ValueError, match="1 usual values; two at least"):
        p_values([1.0, np.nan], [1.0])


# ------------------------------------------------------------- inject


def test_does_a_fault_begin_on_its_day_and_leave_the_original_alone() -> None:
    days = pd.DataFrame({"temp": 50.0, "rows": 900.0}, index=pd.date_range("2013-06-29", periods=4))
    kept = days.copy()
    broken = inject(days, "temp", "2013-07-01", lambda values, age: values + 10 * (age + 1))
    assert broken["temp"].tolist() == [50, 50, 60, 70]
    assert broken["rows"].equals(days["rows"])
    pd.testing.assert_frame_equal(days, kept)


def test_is_age_counted_in_days_not_rows() -> None:
    index = pd.DatetimeIndex(["2013-06-30", "2013-07-02", "2013-07-05"])
    days = pd.DataFrame({"temp": [0.0, 0.0, 0.0]}, index=index)
    assert inject(days, "temp", "2013-07-01", lambda values, age: age)["temp"].tolist() == [0, 1, 4]
