"""Are pairs numbered by how often they fly, and do all columns belong to the same flights?"""

from __future__ import annotations

import numpy as np
import pytest

from prodml.data import flights
from prodml.errors import ProdmlError
from prodml.models.flight_pairs import flight_pairs


def test_against_pandas() -> None:
    """Do pandas' own counts agree, also row by row?"""
    year = flights(columns=["tailnum", "dest", "arr_delay", "dep_delay", "month"])
    year = year[year["arr_delay"].notna()]
    names = year["tailnum"].astype(str) + " " + year["dest"].astype(str)
    counts = names.value_counts()
    data = flight_pairs(2)
    assert data.counts.tolist() == counts.tolist()
    early = (year["month"] <= 2).to_numpy()
    assert data.counts[data.pairs].tolist() == counts[names[early]].tolist()
    assert np.allclose(data.features[:, 1] * 40, year["dep_delay"][early], atol=1e-3)
    wanted = ((year["arr_delay"] - year["dep_delay"])[early] / 18).clip(-3, 3)
    assert np.allclose(data.gains, wanted, atol=1e-5)


def test_no_such_month() -> None:
    """Is the error the one of the flights?"""
    with pytest.raises(ProdmlError, match="months"):
        flight_pairs(13)
