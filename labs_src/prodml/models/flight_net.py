"""The flight model for devices: three embeddings and seven numbers in, minutes of arrival delay out.

A device gets ids, not text: id 0 is whatever the vocabulary does not have.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from prodml.data import flights

WIDTHS = {"carrier": 4, "dest": 8, "origin": 2}  # of the embeddings
NUMBERS = ("dep_delay", "distance", "hour", "day_of_week", "wind_speed", "precip", "visib")
COLUMNS = (
    *("month", "day", "sched_dep_time", "dep_delay", "arr_delay", "carrier", "dest", "origin", "distance"),
    *("wind_speed", "precip", "visib"),
)
LATEST = 240.0  # minutes; longer delays count as this
UNIT = 40.0  # minutes that the network counts as 1 while it learns

Inputs = dict[str, NDArray[Any]]


def device_flights() -> pd.DataFrame:
    """The 327,346 flights of 2013 that arrived, gaps in the weather filled by medians; `arr_delay` within -60 … 240.

    New columns: `hour` (scheduled), `day_of_week` (0 is Monday), `test` (bool: every fifth day of the year).
    """
    rows = flights(columns=COLUMNS)
    rows = rows[rows["arr_delay"].notna()].reset_index(drop=True)
    rows = rows.fillna(rows[["wind_speed", "precip", "visib"]].median())
    date = pd.to_datetime(rows[["month", "day"]].astype(int).assign(year=2013))
    return rows.assign(
        hour=rows["sched_dep_time"] // 100,
        day_of_week=date.dt.dayofweek,
        test=date.dt.dayofyear % 5 == 0,
        arr_delay=rows["arr_delay"].clip(-60, LATEST).astype(np.float32),
    )


def vocabularies(rows: pd.DataFrame) -> dict[str, list[str]]:
    """Carriers, destinations and origins of these rows, sorted."""
    return {name: sorted(rows[name].astype(str).unique()) for name in WIDTHS}


def ids(values: Iterable[str], vocabulary: Sequence[str]) -> NDArray[np.int32]:
    """1 for the first word of the vocabulary, and so on; 0 for what it does not have. int32 [n, 1]."""
    numbers = {word: i for i, word in enumerate(vocabulary, 1)}
    return np.array([[numbers.get(str(value), 0)] for value in values], np.int32).reshape(-1, 1)


def model_inputs(rows: pd.DataFrame, words: Mapping[str, Sequence[str]]) -> Inputs:
    """What the model takes: int32 [n, 1] for each vocabulary, `numbers` float32 [n, 7] (see NUMBERS), about -1 … 6."""
    numbers = [
        rows["dep_delay"].clip(-20, LATEST) / UNIT,
        rows["distance"] / 1000 - 1,
        rows["hour"] / 12 - 1,
        rows["day_of_week"] / 3 - 1,
        rows["wind_speed"].clip(0, 50) / 10 - 1,
        rows["precip"] * 10,
        rows["visib"] / 10 - 1,
    ]
    by_name: Inputs = {name: ids(rows[name], words[name]) for name in WIDTHS}
    return {**by_name, "numbers": np.column_stack(numbers).astype(np.float32)}


def flight_network(words: Mapping[str, Sequence[str]]) -> Any:
    """The untrained Keras model; its output is in units of 40 minutes until `trained` changes that."""
    import keras

    given = {name: keras.Input((1,), dtype="int32", name=name) for name in WIDTHS}
    numbers = keras.Input((len(NUMBERS),), name="numbers")
    parts = [
        keras.layers.Flatten()(keras.layers.Embedding(len(words[name]) + 1, width)(given[name]))
        for name, width in WIDTHS.items()
    ]
    x = keras.layers.Concatenate()([*parts, numbers])
    x = keras.layers.Dense(64, activation="relu")(x)
    x = keras.layers.Dense(32, activation="relu")(x)
    return keras.Model({**given, "numbers": numbers}, keras.layers.Dense(1, name="delay")(x))


def trained(rows: pd.DataFrame, words: Mapping[str, Sequence[str]], epochs: int = 2) -> Any:
    """The Keras model after some epochs on these rows; its output is minutes."""
    import keras

    keras.utils.set_random_seed(0)
    model = flight_network(words)
    model.compile(keras.optimizers.Adam(2e-3), "huber")
    model.fit(model_inputs(rows, words), rows["arr_delay"].to_numpy() / UNIT, batch_size=1024, epochs=epochs, verbose=0)
    last = model.get_layer("delay")  # a factor behind a linear layer belongs into it
    last.set_weights([UNIT * w for w in last.get_weights()])
    return model


def frozen(model: Any, lean: bool = False) -> Any:
    """The model as a concrete function for one flight, its weights constants.

    Args:
        lean: write its embeddings as plain look-ups. Keras 3 lets ids count from the end if they are negative, which
            costs three operators per embedding, and one of them cannot be calibrated for int16x8.
    """
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    weights = [tf.constant(w) for w in model.get_weights()]

    def call(carrier: Any, dest: Any, origin: Any, numbers: Any) -> Any:
        given = {"carrier": carrier, "dest": dest, "origin": origin}
        if not lean:
            return model({**given, "numbers": numbers}, training=False)
        found = [tf.gather(table, given[name][:, 0]) for name, table in zip(WIDTHS, weights[:3], strict=True)]
        x = tf.concat([*found, numbers], 1)
        x = tf.nn.relu(x @ weights[3] + weights[4])
        x = tf.nn.relu(x @ weights[5] + weights[6])
        return x @ weights[7] + weights[8]

    described = [tf.TensorSpec([1, 1], tf.int32, name=name) for name in WIDTHS]
    described.append(tf.TensorSpec([1, len(NUMBERS)], tf.float32, name="numbers"))
    return convert_variables_to_constants_v2(tf.function(call).get_concrete_function(*described))


def to_lite(concrete: Any, kind: str, samples: Inputs) -> bytes:
    """The frozen model for LiteRT, in one of the kinds of lab 19. Ids stay int32; numbers come in and go out as floats.

    Args:
        samples: for "int8" and "int16x8", as `model_inputs` makes them; each row is shown to the converter.
    """
    import tensorflow as tf

    sets = tf.lite.OpsSet
    integers = {
        "int8": sets.TFLITE_BUILTINS_INT8,
        "int16x8": sets.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8,
    }
    converter = tf.lite.TFLiteConverter.from_concrete_functions([concrete])
    if kind != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if kind == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if kind in integers:
        names, n = [*WIDTHS, "numbers"], len(samples["numbers"])
        converter.representative_dataset = lambda: ([samples[name][i : i + 1] for name in names] for i in range(n))
        converter.target_spec.supported_ops = [integers[kind]]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Statistics for quantized inputs")  # it asks for what is obsolete
        return bytes(converter.convert())
