"""What an all-reduce costs: bytes, seconds, and what is left of the speed-up. And the figures of real clusters.

The model is the usual one of latency and bandwidth (Thakur, Rabenseifner and Gropp, Optimization of Collective
Communication Operations in MPICH, 2005): a message of b bytes takes latency + b / bandwidth seconds.
"""

from __future__ import annotations

from dataclasses import dataclass

BITS = 8


def piece(size: int, pieces: int, i: int) -> slice:
    """Where piece i of an array of `size` elements lies; i counts round and round, sizes differ by at most one.

    Raises:
        ValueError: there is less than one piece.
    """
    if pieces < 1:
        raise ValueError(f"an array has at least one piece, not {pieces}")
    i %= pieces
    return slice(size * i // pieces, size * (i + 1) // pieces)


def ring_bytes(data: float, workers: int) -> float:
    """What each worker sends on average in a ring all-reduce of `data` bytes: 2 (N−1)/N of them."""
    return 2 * (workers - 1) / workers * data


def ring_seconds(data: float, workers: int, bandwidth: float, latency: float) -> float:
    """2 (N−1) messages one after the other, each of data / N bytes. bandwidth: bytes/s of one link; latency: s."""
    return 2 * (workers - 1) * latency + ring_bytes(data, workers) / bandwidth


def central_seconds(data: float, workers: int, bandwidth: float, latency: float) -> float:
    """The same by way of one root, whose one link carries every gradient in and every sum out again."""
    return 2 * latency + 2 * (workers - 1) * data / bandwidth if workers > 1 else 0.0


def step_seconds(compute: float, communicate: float, hidden: float = 0.0) -> float:
    """One step. hidden: seconds of computing (of the backward pass) that communication can run beside."""
    return compute + max(0.0, communicate - hidden)


def efficiency(compute: float, communicate: float, hidden: float = 0.0) -> float:
    """Share of perfect scaling: N workers, each with a batch of its own, do N times this share of one's work."""
    return compute / step_seconds(compute, communicate, hidden)


@dataclass(frozen=True)
class RealCluster:
    """A published measurement.

    Attributes:
        parameters: millions, float32. compute: s of one step on one worker alone.
        workers: how many took part in the ring of network links (servers). gigabits: per second, of a link.
        measured: efficiency that was published. source: where.
    """

    name: str
    parameters: float
    compute: float
    workers: int
    gigabits: float
    measured: float
    source: str

    @property
    def data(self) -> float:
        """Bytes of gradients."""
        return self.parameters * 1e6 * 4

    def predicted(self, backward: float, latency: float = 0.0) -> float:
        """What the model says, if communication hides behind a share `backward` of the computing."""
        seconds = ring_seconds(self.data, self.workers, self.gigabits * 1e9 / BITS, latency)
        return efficiency(self.compute, seconds, backward * self.compute)


HOROVOD = "Horovod's benchmark, 128 servers with 4 Pascal GPUs each, 25 Gbit/s"
# Steps of 64 images on one P100: TensorFlow benchmarks, May 2017, 142 and 154 images/s. Efficiencies: Horovod,
# docs/benchmarks. Parameters: Keras Applications. The four GPUs of a server share its link, so 128 links are the ring.
REAL = (
    RealCluster("Inception V3", 23.9, 64 / 142, 128, 25, 0.90, HOROVOD),
    RealCluster("VGG-16", 138.4, 64 / 154, 128, 25, 0.68, HOROVOD),
)
