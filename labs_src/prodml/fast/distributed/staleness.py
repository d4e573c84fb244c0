"""A small regression to see what stale gradients do, and the largest learning rate that theory allows."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Regression:
    """Least squares on batches that come in a fixed order.

    Attributes:
        inputs: float64 [rows, features]; targets: float64 [rows]; batch: rows per step.
    """

    inputs: Vector
    targets: Vector
    batch: int = 64

    def gradient(self, weights: Vector, step: int) -> Vector:
        """Of half the mean squared error on the batch of `step`."""
        at = (step * self.batch + np.arange(self.batch)) % len(self.targets)
        x = self.inputs[at]
        return np.asarray(x.T @ (x @ weights - self.targets[at]) / self.batch)

    def loss(self, weights: Vector) -> float:
        """The mean squared error over all rows; infinite if it is too large to say."""
        with np.errstate(over="ignore", invalid="ignore"):
            error = float(np.mean((self.inputs @ weights - self.targets) ** 2))
        return error if math.isfinite(error) else math.inf

    def losses(self, history: Vector) -> Vector:
        """The loss at each row of weights, from the mean square's three sums; infinite where it is too large to say."""
        rows = len(self.targets)
        with np.errstate(over="ignore", invalid="ignore"):
            bent = np.einsum("ti,ij,tj->t", history, self.inputs.T @ self.inputs / rows, history)
            errors = bent - 2 * history @ (self.inputs.T @ self.targets / rows) + np.mean(self.targets**2)
        return np.where(np.isfinite(errors), errors, math.inf)

    @property
    def curvature(self) -> float:
        """The largest eigenvalue of the second derivative."""
        return float(np.linalg.eigvalsh(self.inputs.T @ self.inputs / len(self.targets))[-1])


def largest_rate(curvature: float, staleness: int) -> float:
    """The learning rate from which gradient descent with gradients `staleness` updates old no longer converges.

    x(t + 1) = x(t) - a x(t - s) converges to 0 if and only if 0 < a < 2 sin(pi / (2 (2 s + 1))); a is the rate times
    the curvature (Levin and May, A note on difference-delay equations, 1976). Staleness 0 gives the well-known 2.
    """
    return 2 * math.sin(math.pi / (2 * (2 * staleness + 1))) / curvature
