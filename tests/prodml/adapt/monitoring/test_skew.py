"""Do the two pipelines of lab 06 differ where they say, and nowhere else?"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from prodml.adapt.monitoring.skew import (
    CATEGORIES,
    FAULTS,
    NUMBERS,
    RAW,
    READS,
    USUAL,
    WEATHER,
    act,
    bare,
    cost_errors,
    encode,
    feature_pair,
    learn_recipe,
    minutes,
    served_features,
    training_features,
    with_steps,
)
from prodml.data import flights


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


@pytest.mark.parametrize(
    ("feature", "row", "trained", "served"),
    [
        ("delay_step", {"dep_delay": -1}, -5, 0),
        ("hour", {"month": 4, "hour": 21}, 21, 1),
        ("hour", {"month": 12, "hour": 9}, 9, 14),
        ("pressure", {"pressure": None}, 1017, 0),
        ("distance", {"distance": 17}, 17, 17),
    ],
)
def test_one_feature_of_one_flight(feature, row, trained, served):
    """Do the two code paths give, for one row, what their faults say, and the same without faults?"""
    fill = dict.fromkeys(WEATHER, 1017.0)
    assert (feature_pair(feature, fill).train(row), feature_pair(feature, fill).serve(row)) == (trained, served)
    assert feature_pair(feature, fill, []).serve(row) == trained


def test_every_number_has_a_space(recipe):
    """Is every feature searched, in rows that both code paths take?"""
    assert list(READS) == NUMBERS
    assert set(USUAL) == set(RAW) - {"arr_delay"}


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


def test_standard_errors_are_the_spread_over_repeated_months(january, recipe):
    """Do costs of many simulated months scatter as much as one month's standard errors say?"""
    rng = np.random.default_rng(0)
    again = training_features(january, recipe["fill"]).iloc[:4000]
    served = again.assign(delay_step=again["delay_step"] + 5)
    truth = january["arr_delay"].to_numpy(float)[:4000]

    def says(table):
        return table["delay_step"].to_numpy(float)

    costs, said = [], []
    for _ in range(200):
        rows, held = rng.choice(4000, 500), rng.choice(4000, 300)
        control = rng.random(500) < 0.3
        _, observed = act(says(served.iloc[rows]), truth[rows], control)
        frames = [t.reset_index(drop=True) for t in (again.iloc[held], again.iloc[rows], served.iloc[rows])]
        training, log = frames[0].assign(delay=truth[held]), frames[2].assign(control=control, delay=observed)
        e0 = np.abs(says(training) - training["delay"]).mean()
        e1, e2 = (np.abs(says(t) - observed)[control].mean() for t in (frames[1], log))
        costs.append([e1 - e0, e2 - e1, np.abs(says(log) - observed).mean() - e2])
        said.append(list(cost_errors(training, frames[1], log, says).values()))
    assert np.std(costs, axis=0) == pytest.approx(np.mean(said, axis=0), rel=0.2)


def test_a_module_around_another_rounds_down():
    """Does the outer `serve` take dep_delay, floor it to steps of five, and pass the rest on?"""
    import tensorflow as tf

    inside = tf.Module()
    inside.serve = tf.function(lambda rows: {"delay": rows["delay_step"] + rows["temp"]})
    rows = {name: np.ones(3, np.float32) for name in ["dep_delay", *NUMBERS[1:]]}
    rows |= {"dep_delay": np.array([-3, 4, 5], np.float32)} | {name: np.array(["x"] * 3) for name in CATEGORIES}
    assert np.asarray(with_steps(inside).serve(rows)["delay"]).tolist() == [-4, 1, 6]
