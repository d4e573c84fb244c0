"""What a step costs with a parameter server and with all-reduce, and workloads for which the answer is clear.

A workload is a dict:

    workers, servers: machines.
    dense, embedding: MB of weights of both kinds. touched: MB of the embedding's rows that one batch needs.
    memory: MB that a worker has for weights. bandwidth: MB/s of each machine's network.
    compute: seconds of one batch. slowest: how many times as long the slowest worker takes.
    extra: how many times as many asynchronous steps are needed, because their gradients are stale.
"""

from __future__ import annotations

import math

import numpy as np

Workload = dict[str, float]
Verdict = tuple[str, str]

PS, ALL_REDUCE = "parameter server", "all-reduce"
VERDICTS: tuple[Verdict, ...] = (
    (PS, "memory"),
    (PS, "stragglers"),
    (PS, "bytes"),
    (ALL_REDUCE, "staleness"),
    (ALL_REDUCE, "servers"),
    (ALL_REDUCE, "bytes"),
)
CLEAR = 1.25  # the times of a clear case, and of each what-if, differ at least by this factor


def all_reduce_seconds(w: Workload) -> float:
    """Seconds for one batch of each worker; infinite if the weights do not fit into a worker.

    A ring sends 2 (N - 1) / N times the bytes (Patarasuk and Yuan, 2009), here of a dense gradient, when the slowest
    worker is done.
    """
    weights = w["dense"] + w["embedding"]
    if weights > w["memory"]:
        return math.inf
    return w["compute"] * w["slowest"] + 2 * (w["workers"] - 1) / w["workers"] * weights / w["bandwidth"]


def parameter_server_seconds(w: Workload) -> float:
    """Seconds for as much progress: as many batches as there are workers, `extra` times.

    Either the workers limit it, one of them slow, or the servers' network, through which all bytes go.
    """
    moved = 2 * (w["dense"] + w["touched"]) / w["bandwidth"]
    rate = (w["workers"] - 1) / (w["compute"] + moved) + 1 / (w["compute"] * w["slowest"] + moved)
    return w["extra"] * max(w["workers"] / rate, w["workers"] * moved / w["servers"])


def verdict(w: Workload) -> Verdict:
    """The cheaper of both, and the reason: what would have to be otherwise for the other to win, asked in order."""
    best, reason, _ = _judged(w)
    return best, reason


def margin(w: Workload) -> float:
    """By which factor the closest comparison behind the verdict was decided."""
    return _judged(w)[2]


def draw(wanted: Verdict, rng: np.random.Generator) -> Workload:
    """A workload with this verdict, decided clearly.

    Raises:
        ValueError: there is no such verdict.
    """
    if wanted not in VERDICTS:
        raise ValueError(f"{wanted} is none of {VERDICTS}")
    while True:
        w = _any(rng)
        if verdict(w) == wanted and margin(w) >= CLEAR:
            return w


def _any(rng: np.random.Generator) -> Workload:
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


def _judged(w: Workload) -> tuple[str, str, float]:
    ring, server = all_reduce_seconds(w), parameter_server_seconds(w)
    if math.isinf(ring):
        return PS, "memory", (w["dense"] + w["embedding"]) / w["memory"]
    if server < ring:
        even = {**w, "slowest": 1}
        ratio = all_reduce_seconds(even) / parameter_server_seconds(even)
        return PS, "stragglers" if ratio <= 1 else "bytes", min(ring / server, _apart(ratio))
    fresh = server / w["extra"] / ring
    many = parameter_server_seconds({**w, "servers": 1e12}) / ring
    if fresh < 1:
        return ALL_REDUCE, "staleness", min(server / ring, _apart(fresh))
    reason = "servers" if many < 1 else "bytes"
    return ALL_REDUCE, reason, min(server / ring, _apart(fresh), _apart(many))


def _apart(ratio: float) -> float:
    return max(ratio, 1 / ratio)
