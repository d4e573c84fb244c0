"""The digits' network of lab 12 in NumPy, so that many trainings take moments: 784 inputs, 64 hidden, 10 classes."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from prodml.data import digits

TRAINED = 4000  # rows to learn from; the other 1,000 are the test
HIDDEN, CLASSES = 64, 10
Matrix = NDArray[np.float32]


@cache
def digit_rows() -> tuple[Matrix, NDArray[np.int64]]:
    """Images [5000, 784] between 0 and 1, and their classes, mixed in a fixed order. Read-only."""
    pixels, labels = digits()
    order = np.random.default_rng(0).permutation(len(labels))
    images = pixels[order].reshape(len(labels), -1).astype(np.float32) / np.float32(255)
    classes = np.array(labels[order], np.int64)
    for rows in (images, classes):
        rows.flags.writeable = False
    return images, classes


def accuracy_after(batch: int, rate: Callable[[int], float], seed: int, epochs: int = 5) -> float:
    """Share of the test rows that are right after so many epochs of plain gradient descent.

    Args:
        batch: rows per step; the last step of an epoch may have fewer.
        rate: the learning rate of a step, from 0.
        seed: of the first weights and of the order of the rows.
    """
    images, targets = digit_rows()
    g, step = np.random.default_rng(seed), 0
    shapes = ((images.shape[1], HIDDEN), (HIDDEN, CLASSES))
    w, v = (g.normal(size=s).astype(np.float32) * np.float32((2 / s[0]) ** 0.5) for s in shapes)
    b, c = np.zeros(HIDDEN, np.float32), np.zeros(CLASSES, np.float32)
    for _ in range(epochs):
        mixed = g.permutation(TRAINED)
        for at in range(0, TRAINED, batch):
            x, y = images[mixed[at : at + batch]], targets[mixed[at : at + batch]]
            h = np.maximum(x @ w + b, 0)
            error = _softmax(h @ v + c)
            error[np.arange(len(y)), y] -= 1  # the gradient of the cross-entropy
            back, r = (error @ v.T) * (h > 0), np.float32(rate(step) / len(y))
            v, c, w, b = v - r * h.T @ error, c - r * error.sum(0), w - r * x.T @ back, b - r * back.sum(0)
            step += 1
    found = (np.maximum(images[TRAINED:] @ w + b, 0) @ v + c).argmax(axis=1)
    return float(np.mean(found == targets[TRAINED:]))


def _softmax(scores: Matrix) -> Matrix:
    exp = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(exp / exp.sum(axis=1, keepdims=True), np.float32)
