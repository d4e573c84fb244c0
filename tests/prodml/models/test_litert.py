"""Does a model do in its own process what Keras and TensorFlow's own interpreter say? Are bad bytes refused?"""

import numpy as np
import pytest

from prodml.anywhere.edge.network import forward, network, random_weights
from prodml.errors import ExamineError
from prodml.lab import examining
from prodml.models.litert import examine, examine_inputs, lite_operators

IMAGES = np.random.default_rng(1).random((5, 28, 28, 1), np.float32)


@pytest.fixture(scope="module")
def weights():
    return random_weights(np.random.default_rng(0))


@pytest.fixture(scope="module")
def model(weights):
    return network(weights)


@pytest.fixture(scope="module")
def file(model):
    import tensorflow as tf

    call = tf.function(lambda x: model(x, training=False))
    concrete = call.get_concrete_function(tf.TensorSpec([1, 28, 28, 1]))
    return tf.lite.TFLiteConverter.from_concrete_functions([concrete], model).convert()


def test_examine_without_weights_in_the_file(file):
    """Does a converter that loses the weights (an unfrozen function) show in the outputs, or as an error?"""
    try:
        found = examine(file, IMAGES)
    except ExamineError:
        return
    assert found.size < 30_000


def test_examine_agrees_with_numpy(weights, model):
    """Outputs, types and size of a float model: as they are?"""
    import tensorflow as tf

    graph = frozen(model)
    found = examine(tf.lite.TFLiteConverter.from_concrete_functions([graph]).convert(), IMAGES)
    assert np.allclose(found.outputs, forward(weights, IMAGES), atol=1e-4)
    assert (found.input_type, found.output_type, found.input_scale) == ("float32", "float32", 0)
    assert found.operators.count("CONV_2D") == 2
    assert found.memory > 10 << 20


def frozen(model):
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    call = tf.function(lambda x: model(x, training=False))
    return convert_variables_to_constants_v2(call.get_concrete_function(tf.TensorSpec([1, 28, 28, 1])))


@pytest.mark.parametrize("bad", [b"", b"no model", b"\x1c\x00\x00\x00TFL3" + bytes(200)])
def test_bytes_that_are_no_model_are_refused(bad):
    """Do they end as an assertion with a fix, and not as a crash?"""
    with pytest.raises(ExamineError, match="LiteRT cannot run these bytes"):
        examine(bad, IMAGES)


def test_too_many_bytes_are_not_opened():
    """Is the limit on size held before a process is started?"""
    with pytest.raises(ExamineError, match="at most"):
        examine(bytes(examining.MOST_BYTES + 1), IMAGES)


def test_a_slow_model_is_ended(monkeypatch):
    """Is the limit on time held?"""
    monkeypatch.setattr(examine, "seconds", 0.001)
    with pytest.raises(ExamineError, match="did not answer"):
        examine(b"", IMAGES)


def test_inputs_are_matched_by_name():
    """Do two inputs of one shape reach the right place, in whatever order they are given? Is a wrong id an error?"""
    import tensorflow as tf

    table = tf.constant([[1.0], [10.0], [100.0]])
    described = [tf.TensorSpec([1, 1], tf.int32, name="which"), tf.TensorSpec([1, 1], tf.float32, name="less")]
    call = tf.function(lambda which, less: tf.gather(table, which[:, 0]) - less)
    file = tf.lite.TFLiteConverter.from_concrete_functions([call.get_concrete_function(*described)]).convert()
    rows = {"less": np.array([[1.0], [2.0]], np.float32), "which": np.array([[2], [0]], np.int32)}
    found = examine_inputs(file, rows)
    assert found.outputs.ravel().tolist() == [99, -1]
    assert len(found.times) == 2
    assert found.microseconds == np.median(found.times)
    with pytest.raises(ExamineError):
        examine_inputs(file, {**rows, "which": np.array([[3], [0]], np.int32)})
    with pytest.raises(ExamineError):
        examine_inputs(file, {"less": rows["less"]})


def test_operators_of_a_file_that_cannot_run_here(model):
    """Are TensorFlow's own operators found in a file that LiteRT does not run, and none in one that it runs?"""
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    plain = converter.convert()
    converter.target_spec.supported_ops = [tf.lite.OpsSet.SELECT_TF_OPS]
    flex = converter.convert()
    assert lite_operators(plain) == list(examine(plain, IMAGES).operators)
    assert lite_operators(flex).count("FlexConv2D") == 2
    with pytest.raises(ExamineError):
        examine(flex, IMAGES)


@pytest.mark.parametrize("bad", [b"", b"TFL3", b"\x10\0\0\0TFL3" + bytes(60), b"abcdTFL3" + b"\xff" * 60])
def test_operators_of_bytes_that_are_no_model(bad):
    with pytest.raises(ExamineError, match="cannot run these bytes"):
        lite_operators(bad)
