"""Do the stores show concurrency, order and what was read ahead, without a clock?"""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import tensorflow as tf

from prodml.fast.inputs.stores import (
    FeatureService,
    HeldSteps,
    HeldStore,
    features_of,
    in_turns,
)

SHORT = 0.01  # seconds: a quiet period where a test expects nobody to come


def read_file(store, file):
    return [store.read(file, i) for i in range(store.open(file))]


def read_with(threads, store, files):
    with ThreadPoolExecutor(threads) as pool:
        return [x for part in pool.map(lambda f: read_file(store, f), files) for x in part]


def test_gate_opens_when_enough_are_inside():
    """Do callers that really come together pass, and is the most that were inside reported?"""
    store = HeldStore([3] * 6, until=3)
    assert sorted(read_with(3, store, range(6))) == store.values(range(6))
    assert store.reading.most == 3
    assert not store.reading.gave_up


def test_gate_gives_up_on_one_after_the_other():
    """Is a caller that comes alone let go once, and the gate open from then on?"""
    store = HeldStore([3] * 4, until=2, quiet=SHORT)
    assert read_with(1, store, range(4)) == store.values(range(4))
    assert store.reading.most == 1
    assert store.reading.gave_up


def test_gate_sees_more_than_it_waits_for():
    """Do callers beyond those asked for show?"""
    store = HeldStore([3] * 8, until=3)
    read_with(8, store, range(8))
    assert store.reading.most > 3


def test_last_file_waits_for_all_others():
    """Is the stalling file answered when everything else has been asked for?"""
    store = HeldStore([2, 2, 2, 2], last=1)
    assert sorted(read_with(2, store, range(4))) == store.values(range(4))
    assert store.held_up is None
    assert {f for f, _ in store.requests[-1:]} == {1}


def test_held_up_counts_what_was_read_meanwhile():
    """If the stalling file stops everybody, is that noticed, with what had been read until then?"""
    store = HeldStore([2, 2, 2], last=1, quiet=SHORT)
    read_with(1, store, range(3))
    assert store.held_up == 2


def test_late_file_overtaken(monkeypatch):
    """Does the first record of the late file come after others that were asked for at the same time?"""
    came, overtaken = [], threading.Event()
    monkeypatch.setattr(time, "sleep", lambda seconds: overtaken.wait(60))
    store = HeldStore([1, 1], until=2, late=0)
    with ThreadPoolExecutor(2) as pool:
        late = pool.submit(lambda: came.append(store.read(0, 0)))
        came.append(pool.submit(store.read, 1, 0).result())
        overtaken.set()
        late.result()
    assert came == [1000, 0]


@pytest.mark.parametrize("call", [lambda s: s.open(2), lambda s: s.read(-1, 0)])
def test_unknown_file(call):
    """Does a file that is not there give an error that says which are?"""
    with pytest.raises(FileNotFoundError, match="files 0 to 1"):
        call(HeldStore([1, 1]))


def test_unknown_record():
    """Does a record beyond the end of a file give an error?"""
    with pytest.raises(IndexError, match="records 0 to 2, not 3"):
        HeldStore([3]).read(0, 3)


def test_turns_of_the_table():
    """Is the order that of the lab's table: a0 b0 a1 b1, then b2 because A has ended, then c0?"""
    assert in_turns([2, 3, 1], [0, 1, 2], 2) == [0, 1000, 1, 1001, 1002, 2000]


def test_turns_are_those_of_interleave():
    """Is the order that of tf.data's own interleave, whatever the lengths?"""
    import tensorflow as tf

    rng = np.random.default_rng(0)
    for _ in range(5):
        lengths = [int(n) for n in rng.integers(1, 7, 9)]
        files, k = [int(f) for f in rng.permutation(9)], int(rng.integers(1, 6))
        counts = tf.constant(lengths, tf.int64)
        theirs = tf.data.Dataset.from_tensor_slices(np.array(files, dtype=np.int64)).interleave(
            lambda f, counts=counts: tf.data.Dataset.range(tf.gather(counts, f)).map(lambda i, f=f: 1000 * f + i),
            cycle_length=k,
        )
        assert in_turns(lengths, files, k) == [int(x) for x in theirs]


def test_results_name_the_calls_that_made_them():
    """Can every image be traced to its record and to its call of augment?"""
    steps = HeldSteps()
    images = [steps.augment(steps.decode(row)) for row in (7, 1003)]
    assert images == [701, 100302]
    assert steps.decoding.calls == steps.augmenting.calls == 2


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (HeldSteps().decode, "steps.decode"),
        (HeldSteps().augment, "steps.augment"),
        (HeldStore([1]).open, "store.open"),
        (FeatureService().lookup, "service.lookup"),
    ],
)
def test_a_placeholder_of_a_pipeline_is_refused(call, name):
    """Is a call without `ask` told, although TensorFlow would turn int(x) into an operation?"""
    with pytest.raises(
        TypeError, match=rf"{name} needs integers and got a SymbolicTensor.*`ask\({name}, …\)` calls it"
    ):
        tf.data.Dataset.range(3).map(call)


def test_a_refused_call_is_not_counted():
    steps = HeldSteps()
    with pytest.raises(TypeError):
        steps.decode("3")
    assert steps.decoding.calls == 0


def test_feature_service_counts_calls_and_ids():
    """Does one id give [4], many [n, 4], the same numbers, and is every call counted with its size?"""
    service = FeatureService()
    one, many = service.lookup(5), service.lookup(np.array([4, 5, 6]))
    assert (one.shape, many.shape, many.dtype) == ((4,), (3, 4), np.float32)
    assert np.array_equal(one, many[1])
    assert np.array_equal(features_of(np.array([4, 5, 6])), many)
    assert service.sizes == [1, 3]


@pytest.mark.parametrize("facade", [HeldStore([1]), HeldSteps(), FeatureService()])
def test_facades_offer_only_what_a_learner_calls(facade):
    """Do the objects of a check name exactly the methods that a pipeline may call?"""
    assert all(callable(getattr(facade, name)) for name in type(facade).__facade__)
    assert not {"reading", "requests", "decoding", "sizes"} & set(type(facade).__facade__)
