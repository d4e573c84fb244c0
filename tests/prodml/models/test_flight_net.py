"""Is the flight model the same before and after freezing and conversion, and does it survive what it does not know?"""

import datetime

import numpy as np
import pandas as pd
import pytest

from prodml.anywhere.edge.network import quiet
from prodml.models.flight_net import (
    NUMBERS,
    device_flights,
    flight_network,
    frozen,
    ids,
    model_inputs,
    to_lite,
    trained,
    vocabularies,
)
from prodml.models.litert import examine_inputs


@pytest.fixture(scope="module")
def rows():
    return device_flights()


@pytest.fixture(scope="module")
def words(rows):
    return vocabularies(rows)


@pytest.fixture(scope="module")
def model(rows, words):
    return trained(rows.sample(3000, random_state=0), words, epochs=1)


@pytest.fixture(scope="module")
def asked(rows, words):
    return model_inputs(rows.sample(20, random_state=1), words)


def test_rows_are_the_flights_that_arrived(rows):
    """Count, no gap, dates as Python's calendar has them, a fifth for testing?"""
    assert len(rows) == 336_776 - 9_430
    assert not rows.isna().any().any()
    assert rows["arr_delay"].between(-60, 240).all()
    assert rows["test"].mean() == pytest.approx(0.2, abs=0.01)
    for row in rows.sample(20, random_state=0).itertuples():
        date = datetime.date(2013, row.month, row.day)
        assert row.day_of_week == date.weekday()
        assert row.test == (date.timetuple().tm_yday % 5 == 0)


def test_ids_agree_with_pandas():
    """Is an id the code of pandas' category plus one, so that what is unknown is 0?"""
    vocabulary, values = ["AA", "B6", "UA"], ["UA", "XX", "AA", "B6", "UA"]
    codes = pd.Categorical(values, categories=vocabulary).codes
    found = ids(values, vocabulary)
    assert (found.shape, found.dtype) == ((5, 1), np.int32)
    assert found.ravel().tolist() == (codes + 1).tolist()
    assert ids([], vocabulary).shape == (0, 1)


def test_inputs_fit_the_network(asked, words):
    """Shapes and types, and no number far from what a network likes?"""
    assert {name: (x.shape, x.dtype.name) for name, x in asked.items()} == {
        **dict.fromkeys(("carrier", "dest", "origin"), ((20, 1), "int32")),
        "numbers": ((20, len(NUMBERS)), "float32"),
    }
    assert np.abs(asked["numbers"]).max() < 20
    assert flight_network(words)(asked).shape == (20, 1)


def test_training_learns_minutes(rows, model, words):
    """Is it better than predicting the mean, in minutes?"""
    some = rows.sample(2000, random_state=2)
    error = model.predict(model_inputs(some, words), verbose=0)[:, 0] - some["arr_delay"]
    assert np.sqrt((error**2).mean()) < 0.8 * some["arr_delay"].std()


@pytest.mark.parametrize("lean", [False, True])
def test_frozen_and_converted_answer_as_keras(model, asked, lean):
    """Frozen, then float32 and int8 with the inputs matched by name: the same minutes?"""
    import tensorflow as tf

    wanted = model.predict(asked, verbose=0)[:, 0]
    concrete = frozen(model, lean)
    first = concrete(*(tf.constant(asked[name][:1]) for name in ("carrier", "dest", "origin", "numbers")))
    assert np.ravel(first)[0] == pytest.approx(wanted[0], abs=1e-3)
    with quiet():
        files = {kind: to_lite(concrete, kind, asked) for kind in ("float32", "int8")}
    assert np.allclose(examine_inputs(files["float32"], asked).outputs[:, 0], wanted, atol=1e-3)
    assert np.abs(examine_inputs(files["int8"], asked).outputs[:, 0] - wanted).max() < 10
    unknown = {name: x if name == "numbers" else np.zeros_like(x) for name, x in asked.items()}
    assert np.isfinite(examine_inputs(files["int8"], unknown).outputs).all()


def test_int16x8_needs_the_lean_graph(model, asked):
    """Lab 19 says that the selections for negative ids cannot be calibrated: still so?"""
    with quiet():
        assert examine_inputs(to_lite(frozen(model, lean=True), "int16x8", asked), asked).outputs.shape == (20, 1)
        with pytest.raises(RuntimeError, match="calibration"):
            to_lite(frozen(model), "int16x8", asked)
