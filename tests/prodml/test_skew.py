"""Do the two pipelines of lab 06 differ where they say, and nowhere else?"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from prodml.data import flights
from prodml.skew import (
    CATEGORIES,
    FAULTS,
    NUMBERS,
    RAW,
    act,
    bare,
    encode,
    learn_recipe,
    minutes,
    served_features,
    training_features,
)


@pytest.fixture(scope="module")
def january() -> pd.DataFrame:
    return flights(1, RAW).dropna(subset=["dep_delay", "arr_delay"])


@pytest.fixture(scope="module")
def recipe(january):
    return learn_recipe(january)


def test_encoding_agrees_with_scikit_learn(january, recipe):
    """Are filled, scaled and one-hot features those of scikit-learn's imputer, scaler and encoder?"""
    raw = january.assign(delay_step=january["dep_delay"] // 5 * 5)[[*NUMBERS, *CATEGORIES]].astype(
        dict.fromkeys(NUMBERS, float) | dict.fromkeys(CATEGORIES, str)
    )
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    theirs = make_column_transformer(
        (numbers, NUMBERS),
        (OneHotEncoder(sparse_output=False), ["carrier"]),
        (OneHotEncoder(sparse_output=False), ["origin"]),
    ).fit_transform(raw)
    ours = encode(training_features(january, recipe["fill"]), recipe)
    unknown = [len(NUMBERS), len(NUMBERS) + 1 + len(recipe["vocabulary"]["carrier"])]
    assert not ours[:, unknown].any()
    assert np.allclose(np.delete(ours, unknown, axis=1), theirs, atol=2e-3)  # sd with n - 1 against n


@pytest.mark.parametrize(("fault", "column"), [(FAULTS[0], "delay_step"), (FAULTS[1], "hour"), (FAULTS[2], "pressure")])
def test_each_fault_changes_its_feature(january, recipe, fault, column):
    """Does a fault change its own feature, and others only where weather is missing?"""
    right = training_features(january, recipe["fill"])
    wrong = served_features(january, recipe["fill"], [fault])
    complete = january.notna().all(axis=1)
    changed = (right[NUMBERS] != wrong[NUMBERS]).any()
    assert changed[column]
    assert ((right[NUMBERS] != wrong[NUMBERS])[complete].any() <= (np.array(NUMBERS) == column)).all()


def test_no_fault_is_the_training_pipeline(january, recipe):
    """Does a service without faults compute what training computes, and is an unknown fault refused?"""
    right = training_features(january, recipe["fill"])
    pd.testing.assert_frame_equal(served_features(january, recipe["fill"], []), right)
    with pytest.raises(ValueError, match="no fault is called"):
        served_features(january, recipe["fill"], ["rust"])


def test_unknown_category_has_a_column_of_its_own(january, recipe):
    """Does a carrier that training never saw land in the first column of carriers?"""
    row = training_features(january.iloc[:1], recipe["fill"]).assign(carrier="ZZ")
    columns = encode(row, recipe)[0, len(NUMBERS) :]
    assert columns[0] == 1
    assert columns.sum() == 2  # and one for the origin


def test_minutes_by_hand_and_by_tensorflow():
    """Is a network of two layers what one computes by hand, in NumPy and as a module?"""
    network = [
        (np.array([[1, -1], [2, 0]], np.float32), np.array([0, 1], np.float32)),
        (np.array([[3], [4]], np.float32), np.array([5], np.float32)),
    ]
    rows = np.array([[1, 1], [-1, 0]], np.float32)  # hidden (3, 0) and (0, 2)
    assert minutes(network, rows).tolist() == [14, 13]
    assert np.asarray(bare(network).serve({"matrix": rows})["delay"]).tolist() == [14, 13]


def test_agents_leave_control_and_early_flights_alone():
    """Is help given above the line only, outside of the control group, and to late flights only?"""
    acted, observed = act([40, 40, 20, 40], [50, 50, 50, -10], [False, True, False, False])
    assert acted.tolist() == [True, False, False, True]
    assert observed.tolist() == [10, 50, 50, -10]
