"""Flights for an embedding: one row of weights for each pair of a tail number and a destination.

2013 has 44,173 pairs. They are numbered by how often they fly, the most frequent first, as vocabularies usually are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prodml.data import flights

COLUMNS = ["dep_delay", "arr_delay", "distance", "hour"]
SPREAD = 18.0  # minutes: the standard deviation of `arr_delay - dep_delay`


@dataclass(frozen=True)
class FlightPairs:
    """Flights that arrived, in the order of their departure.

    Attributes:
        pairs: int32 [flights], the pair's number, 0 for the most frequent one of the year.
        counts: int64 [vocabulary], flights of each pair in the whole year, descending.
        features: float32 [flights, 4]: a constant; departure delay, distance and hour, about 1 in size.
        gains: float32 [flights], arrival delay minus departure delay in standard deviations (18 minutes), cut at ±3.
    """

    pairs: NDArray[np.int32]
    counts: NDArray[np.int64]
    features: NDArray[np.float32]
    gains: NDArray[np.float32]


def flight_pairs(last_month: int = 1) -> FlightPairs:
    """The flights from January to a month; the vocabulary is the year's.

    Raises:
        SelectionError: there is no such month.
        DatasetError: the file is missing or damaged.
    """
    rows = flights((1, last_month), columns=COLUMNS)
    year = flights(columns=["tailnum", "dest", "arr_delay"])
    arrived = year["arr_delay"].notna().to_numpy()
    places = year["dest"].cat.categories.size
    keys = (year["tailnum"].cat.codes.to_numpy().astype(np.int64) * places + year["dest"].cat.codes.to_numpy())[arrived]
    _, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    rows = rows[rows["arr_delay"].notna()]  # the first of the year's flights: both are in the order of departure
    scaled: list[Any] = [np.ones(len(rows)), rows["dep_delay"] / 40, rows["distance"] / 1000, rows["hour"] / 12]
    gains = ((rows["arr_delay"] - rows["dep_delay"]) / SPREAD).clip(-3, 3)
    features = np.stack(scaled, axis=1).astype(np.float32)
    return FlightPairs(rank[inverse[: len(rows)]], counts[order], features, gains.to_numpy(np.float32))
