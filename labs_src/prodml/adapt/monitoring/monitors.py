"""Statistics for watching a stream of batches: bins, PSI of many batches, measures per day, p-values.

Nothing here decides when to ring: thresholds, corrections and references are what lab 02 teaches.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    import pandas as pd

FLOOR = 1e-4  # a share below it counts as this much: an empty bin must not make the PSI infinite
Floats = NDArray[np.float64]


def quantile_edges(values: ArrayLike, bins: int = 10) -> Floats:
    """Inner cut points that put about equally many of `values` into each of `bins` bins.

    Args:
        values: 1-D numbers; missing ones are left out. Repeated values may leave fewer bins.

    Returns:
        Up to bins - 1 ascending numbers.

    Raises:
        ValueError: no value is a finite number.
    """
    x = np.asarray(values, dtype=float)
    x = x[np.isfinite(x)]
    if x.size == 0:
        raise ValueError("quantile_edges: none of the values is a finite number, so there is nothing to cut")
    return np.unique(np.quantile(x, np.linspace(0, 1, bins + 1)[1:-1]))


def psi_of_batches(reference: ArrayLike, batches: ArrayLike, edges: ArrayLike, floor: float = FLOOR) -> Floats:
    """The population stability index of each of many batches of complete numbers.

    PSI = sum over bins of (c - r) ln(c / r), Jeffreys' divergence of the shares r (reference) and c (batch):
    Jeffreys (1946), Kullback and Leibler (1951).

    Args:
        reference: 1-D numbers.
        batches: 2-D numbers, one batch a row.
        edges: inner cut points, ascending; the first and the last bin are open.

    Returns:
        One PSI per batch.

    Raises:
        ValueError: a value is missing, or `batches` is not 2-D.
    """
    whole, many = np.asarray(reference, dtype=float), np.asarray(batches, dtype=float)
    if many.ndim != 2:
        raise ValueError(f"psi_of_batches: batches must be 2-D (batches x rows), not {many.ndim}-D")
    if np.isnan(whole).any() or np.isnan(many).any():
        raise ValueError("psi_of_batches: a value is missing; leave it out, or count it in a bin of its own")
    cuts = np.asarray(edges, dtype=float)
    number = np.repeat(np.arange(len(many)), many.shape[1])
    shares = _shares(np.searchsorted(cuts, many.ravel(), "right"), number, len(many), len(cuts) + 1)
    return _divergence(_pooled(np.searchsorted(cuts, whole, "right"), len(cuts) + 1), shares, floor)


def daily_measures(
    flights: pd.DataFrame,
    numbers: Sequence[str],
    categories: Sequence[str] = (),
    reference: pd.DataFrame | None = None,
    floor: float = FLOOR,
) -> pd.DataFrame:
    """One row per calendar day: what a monitor needs to know of it.

    Args:
        flights: a row per flight, with year, month and day.
        numbers: columns whose mean is taken (missing values left out).
        categories: columns whose PSI against `reference` (default: all of `flights`) is taken.

    Returns:
        Days (DatetimeIndex, ascending) x measures: `rows`, the numbers under their own names, and
        `psi_NAME` per category.
    """
    import pandas as pd

    days = pd.DatetimeIndex(pd.to_datetime(flights[["year", "month", "day"]]), name="date")
    number, index = pd.factorize(days, sort=True)
    measures = {"rows": np.bincount(number).astype(float)}
    means = flights[list(numbers)].groupby(number).mean()
    measures |= {name: means[name].to_numpy(float) for name in numbers}
    for name in categories:
        seen = (flights if reference is None else reference)[name].astype("category")
        now = flights[name].astype("category")
        bins = seen.cat.categories.union(now.cat.categories)
        usual = _pooled(_codes(seen, bins), len(bins) + 1)
        shares = _shares(_codes(now, bins), number, len(index), len(bins) + 1)
        measures[f"psi_{name}"] = _divergence(usual, shares, floor)
    return pd.DataFrame(measures, index=index)


def p_values(usual: ArrayLike, values: ArrayLike) -> Floats:
    """How unlikely each of `values` is, one by one, if it came from where `usual` came from; two-sided.

    Student's t for one further observation: t = (x - mean) / (sd sqrt(1 + 1/n)), n - 1 degrees of freedom
    (the prediction interval of Hahn and Meeker, Statistical Intervals, 1991). Exact for normal values; too
    small in the long tail of skewed ones.

    Args:
        usual: 1-D numbers, one per healthy day; missing ones are left out.
        values: 1-D numbers, one per day to judge.

    Returns:
        One p-value per value, NaN where the value is missing. If `usual` never varies: 1 for the same
        value, else 0.

    Raises:
        ValueError: fewer than two usual values are there.
    """
    from scipy.special import stdtr

    known, x = np.asarray(usual, dtype=float), np.asarray(values, dtype=float)
    known = known[~np.isnan(known)]
    if known.size < 2:
        raise ValueError(f"p_values: {known.size} usual values; two at least are needed to know what is usual")
    off = np.abs(x - known.mean())
    scale = known.std(ddof=1) * np.sqrt(1 + 1 / known.size)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(off == 0, 0.0, off / scale)
    return np.asarray(2 * stdtr(known.size - 1, -t), dtype=float)


def inject(days: pd.DataFrame, measure: str, start: str, change: Callable[[Any, Any], Any]) -> pd.DataFrame:
    """A copy of `days` with a simulated fault: from `start` on, `measure` becomes change(values, age).

    Args:
        days: days (DatetimeIndex) x measures.
        start: first day of the fault, such as "2013-10-01".
        change: gets the values from `start` on and their age in days (0, 1, 2, …), returns the new values.
    """
    import pandas as pd

    dates = pd.DatetimeIndex(days.index)
    hurt = dates >= pd.Timestamp(start)
    age = (dates[hurt] - pd.Timestamp(start)).days.to_numpy()
    broken = days.copy()
    broken.loc[hurt, measure] = np.asarray(change(days.loc[hurt, measure].to_numpy(), age), dtype=float)
    return broken


def _codes(column: pd.Series[Any], bins: pd.Index[Any]) -> NDArray[Any]:
    """Number of each value's bin; missing values have a bin of their own, the last."""
    places = np.append(bins.get_indexer(column.cat.categories), len(bins))
    return np.asarray(places[column.cat.codes])  # a missing value's code is -1: the last place


def _pooled(bins: NDArray[Any], count: int) -> Floats:
    return _shares(bins, np.zeros(len(bins), dtype=int), 1, count)


def _shares(bins: NDArray[Any], batch: NDArray[Any], batches: int, count: int) -> Floats:
    """Shares of each batch's rows per bin: batches x count."""
    table = np.bincount(batch * count + bins, minlength=batches * count).reshape(batches, count)
    return np.asarray(table / table.sum(axis=1, keepdims=True), dtype=float)


def _divergence(usual: Floats, shares: Floats, floor: float) -> Floats:
    r, c = np.maximum(usual, floor), np.maximum(shares, floor)
    return np.asarray(((c - r) * np.log(c / r)).sum(axis=1), dtype=float)
