"""The few lines between tf.data and the stores of a lab: asking a service from a pipeline, its threads, one epoch."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import tensorflow as tf

from prodml.fast.inputs.timeline import Recorder

STEP_SECONDS = 0.01  # of training on one batch


class Store(Protocol):
    """What holds files of numbered records."""

    def open(self, file: int) -> int: ...

    def read(self, file: int, record: int) -> int: ...


def ask(method: Callable[..., Any], *inputs: Any, dtype: Any = tf.int64, shape: Sequence[int | None] = ()) -> Any:
    """Call a Python method from a pipeline: `tf.numpy_function` with a type and a shape.

    Args:
        method: called with the inputs as NumPy values, in one of the pipeline's threads, which it keeps busy.
        shape: of the result; None for a length that is not known beforehand.
    """
    kind = tf.as_dtype(dtype)

    def call(*values: Any) -> Any:
        return np.asarray(method(*values), dtype=kind.as_numpy_dtype)

    return tf.ensure_shape(tf.numpy_function(call, inputs, kind), shape)


def records(store: Store, file: Any) -> Any:
    """The records of one file, in order, as a dataset of numbers. Nothing is opened before the first is wanted."""
    opened = tf.data.Dataset.from_tensors(tf.cast(file, tf.int64))
    return opened.flat_map(lambda f: tf.data.Dataset.range(ask(store.open, f)).map(lambda i: ask(store.read, f, i)))


def read_all(store: Store, files: Iterable[int]) -> Any:
    """The records of all files, one file after the other, one request after the other."""
    numbers = tf.data.Dataset.from_tensor_slices(np.asarray(list(files), dtype=np.int64))
    return numbers.flat_map(lambda file: records(store, file))


def with_threads(dataset: Any, threads: int) -> Any:
    """The dataset with a pool of its own of so many threads."""
    options = tf.data.Options()
    options.threading.private_threadpool_size = threads
    return dataset.with_options(options)


def as_written(dataset: Any) -> Any:
    """The dataset without the improvements that TensorFlow makes by itself: a prefetch at the end, fused steps."""
    options = tf.data.Options()
    options.experimental_optimization.apply_default_optimizations = False
    return dataset.with_options(options)


def train(dataset: Iterable[Any], recorder: Recorder, step_seconds: float = STEP_SECONDS) -> None:
    """Take every batch and train on it: a simulated trainer, which sleeps and writes the span "train"."""
    for _ in dataset:
        with recorder.span("train"):
            time.sleep(step_seconds)


def seconds_to_drain(datasets: Mapping[Any, Iterable[Any]], rounds: int = 3) -> dict[Any, float]:
    """Name → seconds of the fastest of so many epochs of each dataset.

    The datasets take turns, so that whatever else runs on the machine hits them alike.
    """
    best = dict.fromkeys(datasets, float("inf"))
    for name in list(datasets) * rounds:
        started = time.perf_counter()
        for _ in datasets[name]:
            pass
        best[name] = min(best[name], time.perf_counter() - started)
    return best
