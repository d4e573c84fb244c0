"""Is the gradient one, and is the border of theory where an update's characteristic roots leave the unit circle?"""

from __future__ import annotations

import math

import numpy as np
import pytest

from prodml.fast.distributed.staleness import Regression, largest_rate


@pytest.mark.parametrize("staleness", [0, 1, 2, 7, 30])
def test_roots(staleness: int) -> None:
    """Do NumPy's roots of z^(s+1) - z^s + a have modulus below 1 just below the border, and above 1 just above it?"""

    def largest_root(a: float) -> float:
        return float(np.abs(np.roots([1, -1, *[0] * (staleness - 1), a] if staleness else [1, a - 1])).max())

    assert largest_root(0.99 * largest_rate(1, staleness)) < 1
    assert largest_root(1.01 * largest_rate(1, staleness)) > 1
    assert largest_rate(4, staleness) == pytest.approx(largest_rate(1, staleness) / 4)


def test_gradient() -> None:
    """Does it agree with differences of half the loss on the batch, and does the batch wrap around?"""
    generator = np.random.default_rng(0)
    problem = Regression(generator.normal(size=(10, 3)), generator.normal(size=10), batch=4)
    at, weights, tiny = [8, 9, 0, 1], generator.normal(size=3), 1e-6
    batch = Regression(problem.inputs[at], problem.targets[at], batch=4)
    slopes = [(batch.loss(weights + tiny * e) - batch.loss(weights - tiny * e)) / (4 * tiny) for e in np.eye(3)]
    assert np.allclose(problem.gradient(weights, 2), slopes, atol=1e-6)


def test_curvature_and_overflow() -> None:
    """Is it that of scikit-learn's kind of matrix, and is a loss that is too large infinite, without a warning?"""
    problem = Regression(np.diag([3.0, 1.0]), np.zeros(2))
    assert problem.curvature == pytest.approx(4.5)
    assert problem.loss(np.array([1e300, 0])) == math.inf


def test_losses() -> None:
    """Are they the losses row by row, infinite where the weights are too large or no numbers?"""
    generator = np.random.default_rng(1)
    problem = Regression(generator.normal(size=(10, 3)), generator.normal(size=10))
    history = generator.normal(size=(4, 3))
    assert np.allclose(problem.losses(history), [problem.loss(row) for row in history])
    assert problem.losses(np.array([[1e300, 0, 0], [math.nan, 0, 0]])).tolist() == [math.inf, math.inf]
