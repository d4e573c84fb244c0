"""One model, two pipelines: what training computes from raw rows, and what a service computes that was written again.

The service is simulated: its faults are switched on by name, and so are the gate agents who act on predictions.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from prodml.adapt.monitoring.pairs import Pair, Space

if TYPE_CHECKING:
    import pandas as pd

WEATHER = ["temp", "wind_speed", "visib", "pressure"]  # °F, mph, miles, hPa
NUMBERS = ["delay_step", "hour", "distance", *WEATHER]
CATEGORIES = ["carrier", "origin"]
FEATURES = [*NUMBERS, *CATEGORIES]
RAW = ["month", "dep_delay", "hour", "distance", *WEATHER, *CATEGORIES, "arr_delay"]
STEP = 5  # minutes
FAULTS = ("truncated steps", "hour in UTC", "missing as 0")
# Of which raw values a number is made, and what can occur there.
READS: dict[str, Space] = {
    "delay_step": {"dep_delay": ("int", -60, 600)},
    "hour": {"month": ("int", 4, 12), "hour": ("int", 0, 23)},
    "distance": {"distance": ("int", 17, 4983)},
    "temp": {"temp": ("maybe", ("float", 10.0, 105.0))},
    "wind_speed": {"wind_speed": ("maybe", ("float", 0.0, 45.0))},
    "visib": {"visib": ("maybe", ("float", 0.0, 10.0))},
    "pressure": {"pressure": ("maybe", ("float", 980.0, 1045.0))},
}
USUAL = {
    "month": 7,
    "dep_delay": 5,
    "hour": 9,
    "distance": 1000,
    "temp": 75.0,
    "wind_speed": 10.0,
    "visib": 10.0,
    "pressure": 1015.0,
    "carrier": "UA",
    "origin": "JFK",
}

Floats = NDArray[np.float32]
Network = Sequence[tuple[Floats, Floats]]


def learn_recipe(raw: pd.DataFrame) -> dict[str, Any]:
    """What preprocessing learns from the training rows, and from these only.

    Args:
        raw: a row per flight with the columns RAW.

    Returns:
        "fill": column of WEATHER → its median, which replaces missing values;
        "mean", "sd": column of NUMBERS → mean and standard deviation after filling;
        "vocabulary": column of CATEGORIES → its values, sorted. All plain floats and strings.
    """
    fill = {name: float(raw[name].median()) for name in WEATHER}
    table = training_features(raw, fill)
    return {
        "fill": fill,
        "mean": {name: float(table[name].mean()) for name in NUMBERS},
        "sd": {name: float(table[name].std()) for name in NUMBERS},
        "vocabulary": {name: sorted(table[name].unique()) for name in CATEGORIES},
    }


def training_features(raw: pd.DataFrame, fill: dict[str, float]) -> pd.DataFrame:
    """FEATURES as the training code computes them, with the index of `raw`; no number is missing."""
    table = raw[["hour", "distance", *WEATHER]].astype(float).fillna(fill)
    table.insert(0, "delay_step", np.floor(raw["dep_delay"].astype(float) / STEP) * STEP)
    return table.assign(**{name: raw[name].astype(str) for name in CATEGORIES})


def served_features(raw: pd.DataFrame, fill: dict[str, float], faults: Collection[str] = FAULTS) -> pd.DataFrame:
    """FEATURES as the service computes them, which somebody wrote again.

    Args:
        faults: out of FAULTS. "truncated steps" cuts dep_delay / 5 towards zero, where training rounds down;
            "hour in UTC" takes the hour in UTC, where training has New York's (4 hours of difference in April to
            October, 5 else); "missing as 0" puts 0 where weather is missing, where training puts the median.

    Raises:
        ValueError: there is no such fault.
    """
    if unknown := set(faults) - set(FAULTS):
        raise ValueError(f"served_features: no fault is called {sorted(unknown)}; there are {', '.join(FAULTS)}")
    table = training_features(raw, dict.fromkeys(WEATHER, 0.0) if "missing as 0" in faults else fill)
    if "truncated steps" in faults:
        table["delay_step"] = np.trunc(raw["dep_delay"].astype(float) / STEP) * STEP + 0.0  # and no -0.0
    if "hour in UTC" in faults:
        table["hour"] = (raw["hour"].astype(float) + np.where(raw["month"].between(4, 10), 4, 5)) % 24
    return table


def feature_pair(feature: str, fill: dict[str, float], faults: Collection[str] = FAULTS) -> Pair:
    """One of NUMBERS for one flight, by the training code and by the service with these faults.

    The two are `training_features` and `served_features`, on a table of one row; what the feature is not made of
    is as on a usual flight.
    """
    import pandas as pd

    def row_of(row: Mapping[str, Any]) -> pd.DataFrame:
        return pd.DataFrame([{**USUAL, **row}])

    return Pair(
        lambda row: float(training_features(row_of(row), fill)[feature].iloc[0]),
        lambda row: float(served_features(row_of(row), fill, faults)[feature].iloc[0]),
        READS[feature],
        ", ".join(faults) or None,
    )


def encode(table: pd.DataFrame, recipe: dict[str, Any]) -> Floats:
    """What the network reads: scaled NUMBERS, then per category one column for unknown values and one per known.

    Args:
        table: FEATURES, no number missing. recipe: of `learn_recipe`.

    Returns:
        float32, rows x (7 numbers + 1 + known carriers + 1 + known origins).
    """
    import pandas as pd

    parts = [(table[NUMBERS] - recipe["mean"]) / recipe["sd"]]
    for name in CATEGORIES:
        known = recipe["vocabulary"][name]
        place = pd.Categorical(table[name], categories=known).codes + 1  # the code of an unknown value is -1
        parts.append(np.eye(len(known) + 1)[place])
    return np.hstack(parts).astype(np.float32)


def minutes(network: Network, matrix: ArrayLike) -> Floats:
    """The network's predictions, in minutes: dense layers with ReLU between them.

    Args:
        network: (weights, bias) per layer. matrix: of `encode`.
    """
    x = np.asarray(matrix, dtype=np.float32)
    for weights, bias in network[:-1]:
        x = np.maximum(x @ weights + bias, 0)
    weights, bias = network[-1]
    return np.asarray((x @ weights + bias)[:, 0], dtype=np.float32)


def fit_network(matrix: Floats, delay: ArrayLike, seed: int = 0, epochs: int = 4) -> list[tuple[Floats, Floats]]:
    """Train a small Keras network on the mean absolute error, and return its layers as plain arrays.

    Args:
        matrix: of `encode`. delay: minutes, as long. seed: the same seed gives the same network on one machine.
    """
    import keras

    keras.utils.set_random_seed(seed)
    dense = [keras.layers.Dense(n, activation) for n, activation in ((64, "relu"), (32, "relu"), (1, None))]
    model = keras.Sequential([keras.Input((matrix.shape[1],)), *dense])
    model.compile(keras.optimizers.Adam(3e-3), "mae")
    model.fit(matrix, np.asarray(delay, dtype=np.float32), batch_size=512, epochs=epochs, verbose=0)
    return [(layer.kernel.numpy(), layer.bias.numpy()) for layer in dense]


def act(predicted: ArrayLike, truth: ArrayLike, control: ArrayLike, above: float = 30.0) -> tuple[Any, Any]:
    """Simulated gate agents: they help flights predicted to be more than `above` minutes late; a fifth of it is left.

    Args:
        predicted, truth: minutes. control: bool, flights that are left alone whatever is predicted.

    Returns:
        Two arrays: whether agents acted, and the delay that is then observed. Flights that are early stay so.
    """
    said, true = np.asarray(predicted, dtype=float), np.asarray(truth, dtype=float)
    acted = (said > above) & ~np.asarray(control, dtype=bool)
    return acted, np.where(acted & (true > 0), 0.2 * true, true)


def cost_errors(
    training: pd.DataFrame,
    recomputed: pd.DataFrame,
    log: pd.DataFrame,
    predict_minutes: Callable[[pd.DataFrame], ArrayLike],
) -> dict[str, float]:
    """Standard errors of the costs of "data", "pipelines" and "feedback", in minutes; flights are taken as independent.

    Args:
        training: FEATURES and "delay" of flights held out. recomputed: FEATURES by flight, as training computes them.
        log: FEATURES as served, "control" and "delay", by flight. predict_minutes: FEATURES → minutes.
    """

    def errors(table: pd.DataFrame, delay: pd.Series) -> NDArray[np.float64]:
        said = np.asarray(predict_minutes(table[FEATURES]), dtype=np.float64)
        return np.asarray(np.abs(said - delay.to_numpy(dtype=np.float64)), dtype=np.float64)

    alone = log["control"].to_numpy(dtype=bool)
    offline, again = errors(training, training["delay"]), errors(recomputed.loc[log.index], log["delay"])
    served = errors(log, log["delay"])

    def mean_variance(x: NDArray[np.float64]) -> float:
        return float(x.var(ddof=1) / len(x)) if len(x) > 1 else 0.0

    variances = {
        "data": mean_variance(again[alone]) + mean_variance(offline),
        "pipelines": mean_variance((served - again)[alone]),
        # all - control = share of the others x (others - control), two samples that do not overlap
        "feedback": (~alone).mean() ** 2 * (mean_variance(served[~alone]) + mean_variance(served[alone])),
    }
    return {name: float(np.sqrt(x)) for name, x in variances.items()}


def bare(network: Network) -> Any:
    """The network alone as a tf.Module with a function `serve`: {"matrix": of `encode`} → {"delay": minutes}."""
    import tensorflow as tf

    module = tf.Module()
    module.variables_of_layers = [(tf.Variable(w), tf.Variable(b)) for w, b in network]  # else they are not saved

    def serve(rows: dict[str, Any]) -> dict[str, Any]:
        x = rows["matrix"]
        *hidden, last = module.variables_of_layers
        for w, b in hidden:
            x = tf.nn.relu(tf.matmul(x, w) + b)
        return {"delay": (tf.matmul(x, last[0]) + last[1])[:, 0]}

    width = network[0][0].shape[0]
    module.serve = tf.function(serve, input_signature=[{"matrix": tf.TensorSpec([None, width], tf.float32)}])
    return module


def with_steps(inside: Any) -> Any:
    """A tf.Module around a loaded model: its `serve` takes `dep_delay` (minutes) and rounds it down to `delay_step`."""
    import tensorflow as tf

    module = tf.Module()
    module.inside = inside
    kinds = dict.fromkeys(["dep_delay", *NUMBERS[1:]], tf.float32) | dict.fromkeys(CATEGORIES, tf.string)

    def serve(rows: dict[str, Any]) -> Any:
        kept = {name: rows[name] for name in (*NUMBERS[1:], *CATEGORIES)}
        return module.inside.serve({"delay_step": tf.floor(rows["dep_delay"] / STEP) * STEP, **kept})

    module.serve = tf.function(
        serve, input_signature=[{name: tf.TensorSpec([None], kind) for name, kind in kinds.items()}]
    )
    return module
