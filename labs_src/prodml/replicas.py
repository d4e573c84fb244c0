"""Several replicas on one machine without an accelerator: the processor, divided into logical devices."""

from __future__ import annotations

from typing import Any

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
