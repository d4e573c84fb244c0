"""Several replicas on one machine without an accelerator: the processor, divided into logical devices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prodml.errors import UsageError


def logical_cpus(count: int) -> list[str]:
    """Divide the processor into so many logical devices; their names. Before TensorFlow's first operation only.

    They share cores and memory: what they compute is right, and no faster. Asked for the same number again,
    nothing happens.

    Raises:
        UsageError: TensorFlow has run an operation with another number of devices.
    """
    import tensorflow as tf

    processor = tf.config.list_physical_devices("CPU")[0]
    devices = [tf.config.LogicalDeviceConfiguration() for _ in range(count)]
    try:
        tf.config.set_logical_device_configuration(processor, devices)
    except RuntimeError:
        raise UsageError(
            "TensorFlow has begun with another number of logical devices, which cannot be changed any more.",
            "Restart the kernel, and run this cell before any cell that computes with TensorFlow.",
        ) from None
    return [f"CPU:{i}" for i in range(count)]


def mirrored(count: int) -> Any:
    """A MirroredStrategy on the first `count` logical devices; for 1 the strategy that does nothing.

    One device adds up the gradients. The collective operations that MirroredStrategy would choose by itself are set
    up for one number of replicas per process: a second number ends in CancelledError (TensorFlow 2.21).
    """
    import tensorflow as tf

    if count == 1:
        return tf.distribute.get_strategy()
    names = [f"CPU:{i}" for i in range(count)]
    return tf.distribute.MirroredStrategy(names, cross_device_ops=tf.distribute.ReductionToOneDevice())


def in_graph(loss: Callable[..., Any]) -> Callable[..., tuple[float, NDArray[np.float32]]]:
    """A replica's share of a loss as a training loop computes it: in a graph, with its gradient.

    Args:
        loss: `loss(per_example, weight, all_reduce)`, a scalar.

    Returns:
        `call(per_example, weight, elsewhere)`: the share, and its gradient by per_example. `elsewhere` stands for the
        other replicas: so much is added to whatever goes through all_reduce. Python is traced as it stands, without
        AutoGraph, which rewrites an `if` only where it finds the source.
    """

    def call(per_example: Any, weight: Any, elsewhere: float) -> tuple[float, NDArray[np.float32]]:
        import tensorflow as tf

        @tf.function(autograph=False)  # type: ignore[untyped-decorator]
        def graph(losses: Any, weights: Any, others: Any) -> Any:
            with tf.GradientTape() as tape:
                tape.watch(losses)
                share = tf.convert_to_tensor(loss(losses, weights, lambda x: x + others))
            unused = tf.UnconnectedGradients.ZERO
            return share, tape.gradient(share, losses, unconnected_gradients=unused)

        share, gradient = graph(*(tf.constant(x, tf.float32) for x in (per_example, weight, elsewhere)))
        return float(share), np.asarray(gradient)

    return call
