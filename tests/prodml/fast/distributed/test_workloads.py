"""Are workloads complete, within their bounds, and made again by an equal generator?"""

from __future__ import annotations

import numpy as np
import pytest

from prodml.fast.distributed.workloads import draw, workload


def test_changes() -> None:
    """Is a change made, everything else usual, and a key that does not exist an error?"""
    assert workload(servers=1) == {**workload(), "servers": 1}
    with pytest.raises(ValueError, match="no server; it has"):
        workload(server=1)


def test_drawn() -> None:
    """Has each what a workload has, is no batch larger than the table, and are both kinds of embedding drawn?"""
    drawn = [draw(np.random.default_rng(seed)) for seed in range(200)]
    assert drawn == [draw(np.random.default_rng(seed)) for seed in range(200)]
    for w in drawn:
        assert w.keys() == workload().keys()
        assert 0 <= w["touched"] <= w["embedding"]
        assert min(w["workers"] - 1, w["servers"], w["dense"], w["slowest"], w["extra"]) >= 1
    without = sum(w["embedding"] == 0 for w in drawn)
    assert 0 < without < len(drawn)
