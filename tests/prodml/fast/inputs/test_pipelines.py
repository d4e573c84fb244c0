"""Do the helpers between tf.data and the stores read lazily, in order, with the threads that were asked for?"""

import numpy as np
import pytest
import tensorflow as tf

from prodml.fast.inputs import pipelines
from prodml.fast.inputs.stores import HeldStore
from prodml.fast.inputs.timeline import Recorder

SHORT = 0.01  # seconds: a quiet period where a test expects nobody to come


def numbers(dataset):
    return [int(x) for x in dataset]


def test_ask_calls_a_method_from_a_pipeline():
    """Does a Python function get NumPy values, and does its result have the type and shape that were asked for?"""
    dataset = tf.data.Dataset.range(3).map(
        lambda x: pipelines.ask(lambda v: [v, v + 0.5], x, dtype=tf.float32, shape=[2])
    )
    assert dataset.element_spec == tf.TensorSpec([2], tf.float32)
    assert np.array_equal(np.stack(list(dataset)), np.array([[0, 0.5], [1, 1.5], [2, 2.5]], dtype=np.float32))


def test_ask_refuses_another_shape():
    """Is a result of another shape than promised an error, not a surprise further down?"""
    dataset = tf.data.Dataset.range(1).map(lambda x: pipelines.ask(lambda v: [v], x))
    with pytest.raises(tf.errors.InvalidArgumentError, match="not compatible with expected shape"):
        numbers(dataset)


def test_nothing_is_opened_before_it_is_wanted():
    """Is a file opened and read when the dataset is iterated, not when it is built?"""
    store = HeldStore([2, 3])
    one, everything = pipelines.records(store, 1), pipelines.read_all(store, range(2))
    assert store.requests == []
    assert numbers(one) == [1000, 1001, 1002]
    assert numbers(everything) == store.values([0, 1])


def test_a_pool_of_its_own_bounds_what_is_in_flight():
    """Do three threads, and no more, have requests in flight, although interleave asks for more?"""
    store = HeldStore([4] * 9, until=3)
    dataset = tf.data.Dataset.range(9).interleave(
        lambda f: pipelines.records(store, f), cycle_length=9, num_parallel_calls=9
    )
    assert sorted(numbers(pipelines.with_threads(dataset, 3))) == store.values(range(9))
    assert store.reading.most == 3
    assert not store.reading.gave_up


def test_as_written_does_nothing_ahead():
    """Does a pipeline without prefetch read no more than the batch that was taken, once improvements are off?"""
    store = HeldStore([4] * 4, quiet=SHORT)
    dataset = pipelines.read_all(store, range(4)).map(lambda x: x + 1).batch(4)
    next(iter(pipelines.as_written(dataset)))
    assert store.reading.settled() == 4


def test_training_is_written_into_the_timeline():
    """Is every batch trained once?"""
    recorder = Recorder()
    pipelines.train([1, 2, 3], recorder, step_seconds=0)
    assert recorder.timeline()["step"].tolist() == ["train"] * 3


def test_datasets_take_turns_and_the_fastest_epoch_counts(monkeypatch):
    """Is each drained as often, in turn, and is its shortest epoch what is told?"""
    clock, drained = [0.0], []
    costs = {"a": [3, 1, 2], "b": [5, 6, 4]}

    class Epochs:
        def __init__(self, name):
            self.name = name

        def __iter__(self):
            drained.append(self.name)
            clock[0] += costs[self.name][drained.count(self.name) - 1]
            return iter(range(2))

    monkeypatch.setattr(pipelines.time, "perf_counter", lambda: clock[0])
    assert pipelines.seconds_to_drain({name: Epochs(name) for name in "ab"}) == {"a": 1, "b": 4}
    assert drained == list("ababab")
