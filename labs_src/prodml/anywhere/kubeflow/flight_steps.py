"""What the steps of the flight pipeline do, as plain functions on tables and arrays.

A pipeline's components are thin: each reads files, calls one of these, writes files. The model is ridge regression
with one-hot carriers, so a step needs no TensorFlow but the last, which exports.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from prodml.data import flights

NUMBERS = ("dep_delay", "distance", "hour", "precip", "visib", "wind_speed")
COLUMNS = ("month", "day", "carrier", *NUMBERS, "arr_delay")
HOURS = range(5, 24)
CARRIERS = ("9E", "AA", "AS", "B6", "DL", "EV", "F9", "FL", "HA", "MQ", "OO", "UA", "US", "VX", "WN", "YV")
TYPICAL = {"distance": 1000.0, "dep_delay": 100.0, "precip": 1.0, "visib": 10.0, "wind_speed": 10.0}  # scale of 1
RIDGE = 1.0
CHAMPION = ("dep_delay", "distance", "carrier")  # features of the model that serves today


def ingest(first: int, last: int) -> pd.DataFrame:
    """Flights of these months of 2013 that left, as they come: labels may be missing."""
    rows = flights((first, last), columns=list(COLUMNS))
    return rows[rows["dep_delay"].notna()].astype({"carrier": str})


def validated(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows that have a label and a known carrier, with gaps in the weather filled by the column's median.

    Raises:
        ValueError: the table as a whole is unfit: a column or a month is missing, or more than 5 % of the labels.
    """
    if missing := set(COLUMNS) - set(rows.columns):
        raise ValueError(f"columns are missing: {', '.join(sorted(missing))}")
    months = sorted(rows["month"].unique())
    if not months or months != list(range(months[0], months[-1] + 1)):
        raise ValueError(f"the months are {months}, with a gap")
    if rows["arr_delay"].isna().mean() > 0.05:
        raise ValueError(f"{rows['arr_delay'].isna().mean():.0%} of the labels are missing")
    kept = rows[rows["arr_delay"].notna() & rows["carrier"].isin(CARRIERS)]
    return kept.fillna(kept[list(NUMBERS)].median()).reset_index(drop=True)


def design(rows: pd.DataFrame, features: Sequence[str]) -> NDArray[np.float32]:
    """The model's input, float32 [rows, columns]: a constant, scaled numbers, hours and carriers one-hot."""
    columns: list[NDArray[Any]] = [np.ones(len(rows))]
    for feature in features:
        if feature == "carrier":
            columns += [(rows["carrier"] == c).to_numpy(float) for c in CARRIERS]
        elif feature == "hour":
            columns += [(rows["hour"] == h).to_numpy(float) for h in HOURS]
        else:
            columns.append(rows[feature].to_numpy(float) / TYPICAL[feature])
    return np.column_stack(columns).astype(np.float32)


def fit(rows: pd.DataFrame, features: Sequence[str]) -> NDArray[np.float32]:
    """Ridge regression of `arr_delay` in minutes; weights, float32 [columns]."""
    x = design(rows, features).astype(float)
    right = x.T @ rows["arr_delay"].to_numpy(float)
    return np.linalg.solve(x.T @ x + RIDGE * np.eye(x.shape[1]), right).astype(np.float32)


def absolute_errors(rows: pd.DataFrame, features: Sequence[str], weights: NDArray[np.float32]) -> NDArray[np.float64]:
    """|prediction - arr_delay| of each row, in minutes."""
    predicted = design(rows, features).astype(float) @ weights.astype(float)
    return np.asarray(np.abs(predicted - rows["arr_delay"].to_numpy(float)), dtype=np.float64)


def compared(
    train: pd.DataFrame, test: pd.DataFrame, features: Sequence[str], weights: NDArray[np.float32]
) -> pd.DataFrame:
    """Errors of champion and candidate on the test rows: carrier, day, champion, candidate (minutes).

    The champion learned from January to March, whatever the candidate learned from.
    """
    champion = fit(train[train["month"] <= 3], CHAMPION)
    return pd.DataFrame(
        {
            "carrier": test["carrier"],
            "day": test["day"],
            "champion": absolute_errors(test, CHAMPION, champion),
            "candidate": absolute_errors(test, features, weights),
        }
    )


def report(errors: pd.DataFrame, title: str) -> str:
    """An HTML page for a colleague: mean absolute errors by carrier, worst change first."""
    by = errors.groupby("carrier")[["champion", "candidate"]].mean()
    by["change"] = by["candidate"] - by["champion"]
    by.insert(0, "flights", errors.groupby("carrier").size())
    table = by.sort_values("change", ascending=False).round(2).to_html(border=0)
    overall = errors[["champion", "candidate"]].mean()
    head = f"<h3>{title}</h3><p>Mean absolute error {overall['champion']:.2f} → {overall['candidate']:.2f} minutes.</p>"
    return f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>{head}{table}</html>'


def to_lite(weights: NDArray[np.float32], path: str | Path) -> None:
    """Write the linear model as a LiteRT file: input `rows` float32 [n, columns], output minutes, float32 [n]."""
    import tensorflow as tf

    kernel = tf.constant(weights[:, None])
    signature = [tf.TensorSpec([None, len(weights)], tf.float32, name="rows")]
    function = tf.function(lambda rows: tf.squeeze(tf.linalg.matmul(rows, kernel), 1), input_signature=signature)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function.get_concrete_function()], function)
    Path(path).write_bytes(converter.convert())
