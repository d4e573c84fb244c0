"""A small network for devices, the same in NumPy.

The network sees one digit of 28 x 28 pixels, divided by 255: two convolutions with batch normalization, one dense
layer, ten logits. Its weights are a plain list of 14 float32 arrays, in Keras' order.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

EPSILON = 1e-3  # Keras' default in batch normalization
SHAPES = (
    ("conv1", (3, 3, 1, 8)),
    ("conv2", (3, 3, 8, 16)),
    ("hidden", (576, 64)),
    ("logits", (64, 10)),
)


def random_weights(rng: np.random.Generator) -> list[NDArray[np.float32]]:
    """Weights of an untrained network whose batch statistics are not trivial. No TensorFlow is needed."""
    made: list[NDArray[Any]] = []
    for name, shape in SHAPES:
        made.append(rng.normal(0, np.sqrt(2 / np.prod(shape[:-1])), shape))
        if name.startswith("conv"):
            n = shape[-1]
            scale, shift = rng.uniform(0.5, 2, n), rng.normal(0, 0.3, n)
            made += [scale, shift, rng.normal(0, 0.3, n), rng.uniform(0.05, 1, n)]
        else:
            made.append(rng.normal(0, 0.1, shape[-1]))
    return [np.asarray(x, np.float32) for x in made]


def network(weights: Sequence[NDArray[Any]] | None = None) -> Any:
    """The network as a Keras model: with these weights, or new ones.

    It has a dropout layer and two batch normalizations, which do something else while it trains.
    """
    import keras

    layers: list[Any] = [keras.Input((28, 28, 1), name="image")]
    for name, shape in SHAPES[:2]:
        layers += [
            keras.layers.Conv2D(shape[-1], 3, strides=2, use_bias=False, name=name),
            keras.layers.BatchNormalization(momentum=0.9, epsilon=EPSILON),
            keras.layers.ReLU(),
        ]
    layers += [keras.layers.Flatten(), keras.layers.Dense(64, activation="relu", name="hidden")]
    layers += [keras.layers.Dropout(0.3), keras.layers.Dense(10, name="logits")]
    model = keras.Sequential(layers)
    if weights is not None:
        model.set_weights(list(weights))
    return model


def forward(weights: Sequence[NDArray[Any]], images: NDArray[Any]) -> NDArray[np.float64]:
    """Logits of the network for images (n x 28 x 28 x 1, 0 to 1), in NumPy and float64: n x 10."""
    return last_layer(weights, hidden_layer(weights, images))


def hidden_layer(weights: Sequence[NDArray[Any]], images: NDArray[Any]) -> NDArray[np.float64]:
    """What the hidden layer says to images, after its ReLU: n x 64, nothing below 0."""
    kernel1, *norm1 = weights[:5]
    kernel2, *norm2 = weights[5:10]
    x = np.maximum(_normalized(convolved(images, kernel1), norm1), 0)
    x = np.maximum(_normalized(convolved(x, kernel2), norm2), 0)
    hidden: NDArray[np.float64] = np.maximum(x.reshape(len(x), -1) @ weights[10].astype(float) + weights[11], 0)
    return hidden


def last_layer(weights: Sequence[NDArray[Any]], hidden: NDArray[Any]) -> NDArray[np.float64]:
    """Logits for what the hidden layer said (n x 64): n x 10."""
    logits: NDArray[np.float64] = hidden @ weights[12].astype(float) + weights[13]
    return logits


def convolved(x: NDArray[Any], kernel: NDArray[Any]) -> NDArray[np.float64]:
    """Convolution of images (n x height x width x channels) with a 3 x 3 kernel: stride 2, no padding, float64."""
    windows = np.lib.stride_tricks.sliding_window_view(x.astype(float), (3, 3), axis=(1, 2))[:, ::2, ::2]
    out: NDArray[np.float64] = np.tensordot(windows, kernel.astype(float), axes=((3, 4, 5), (2, 0, 1)))
    return out


def _normalized(x: NDArray[Any], norm: Sequence[NDArray[Any]]) -> NDArray[np.float64]:
    gamma, beta, mean, variance = (n.astype(float) for n in norm)
    out: NDArray[np.float64] = (x - mean) / np.sqrt(variance + EPSILON) * gamma + beta
    return out


@contextmanager
def quiet() -> Iterator[None]:
    """Nothing that C++ writes to stderr is seen in the block: the converter prints a line per integer model.

    Python's exceptions and warnings come through, for they do not write to file descriptor 2 here.
    """
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
