"""Workloads of many shapes, to ask whether a parameter server or all-reduce is the cheaper way to train them.

A workload is a dict:

    workers, servers: machines.
    dense, embedding: MB of weights of both kinds. touched: MB of the embedding's rows that one batch needs.
    memory: MB that a worker has for weights. bandwidth: MB/s of each machine's network.
    compute: seconds of one batch. slowest: how many times as long the slowest worker takes.
    extra: how many times as many asynchronous steps are needed, because their gradients are stale.

What a workload costs either way stands in the lab that asks.
"""

from __future__ import annotations

import numpy as np

Workload = dict[str, float]


def workload(**changes: float) -> Workload:
    """The usual one, with changes.

    Raises:
        ValueError: a workload has no such key.
    """
    usual: Workload = {
        "workers": 8,
        "servers": 4,
        "dense": 100,
        "embedding": 0,
        "touched": 0,
        "memory": 16_000,
        "bandwidth": 1250,
        "compute": 0.2,
        "slowest": 1.0,
        "extra": 1.2,
    }
    if unknown := set(changes) - set(usual):
        raise ValueError(f"a workload has no {', '.join(sorted(unknown))}; it has {', '.join(usual)}")
    return {**usual, **changes}


def draw(rng: np.random.Generator) -> Workload:
    """Any workload, of sizes that span decades."""
    embedding = float(rng.choice([0, 0, 10.0 ** rng.uniform(1, 5)]))
    return {
        "workers": int(rng.integers(2, 65)),
        "servers": int(rng.integers(1, 17)),
        "dense": round(10.0 ** rng.uniform(0, 3.3), 1),
        "embedding": round(embedding, 1),
        "touched": round(embedding * 10.0 ** rng.uniform(-4, -1), 3),
        "memory": 16_000,
        "bandwidth": int(rng.choice([125, 1250, 3125])),
        "compute": round(10.0 ** rng.uniform(-2, 0.5), 3),
        "slowest": float(rng.choice([1, 1.1, 2, 4])),
        "extra": float(rng.choice([1, 1.1, 1.5, 2])),
    }
