"""Bisection with a noisy test: the belief that a series of answers leaves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def belief_after(answers: int, n: int, first: int, noise: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Ask where the belief is cut in half, `answers` times (Waeber, Frazier and Henderson 2013).

    Args:
        n: number of deploys. first: the first bad one; n if none is. noise: how often an answer is wrong, below 0.5.

    Returns:
        n + 1 probabilities: of each deploy to be the first bad one, and of none.
    """
    log = np.zeros(n + 1)
    hypotheses = np.arange(n + 1)
    for _ in range(answers):
        share = np.exp(log - log.max())
        middle = np.abs(np.cumsum(share)[:n] / share.sum() - 0.5)
        place = int(middle.argmin())
        said = (first <= place) != (rng.random() < noise)
        log += np.log(np.where((hypotheses <= place) == said, 1 - noise, max(noise, 1e-12)))
    share = np.exp(log - log.max())
    return np.asarray(share / share.sum())
