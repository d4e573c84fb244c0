"""Does a fresh process answer as the saved model does here, and does it say why when it cannot?"""

from __future__ import annotations

import numpy as np
import pytest

from prodml.adapt.monitoring.skew import bare
from prodml.models.fresh import ask_fresh, ask_in_batches


def test_same_answers_as_here(tmp_path):
    """Do a module and its copy in a fresh process agree, the last small batch included?"""
    import tensorflow as tf

    rng = np.random.default_rng(0)
    network = [
        (rng.normal(size=(3, 8)).astype(np.float32), np.zeros(8, np.float32)),
        (rng.normal(size=(8, 1)).astype(np.float32), np.ones(1, np.float32)),
    ]
    module = bare(network)
    tf.saved_model.save(module, str(tmp_path / "model"))
    rows = {"matrix": rng.normal(size=(10, 3)).astype(np.float32)}
    here, there = (
        ask_in_batches(module, rows, 4)["delay"],
        ask_fresh(tmp_path / "model", rows, 4, onednn=False)["delay"],
    )
    assert here.shape == there.shape == (10,)
    assert np.allclose(here, there, atol=1e-5)


def test_missing_model(tmp_path):
    """Is a folder that holds no model named, with the process's own last line?"""
    with pytest.raises(RuntimeError, match=r"could not serve .*nothing"):
        ask_fresh(tmp_path / "nothing", {"matrix": np.zeros((1, 3), np.float32)}, 1)
