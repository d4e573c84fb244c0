"""Does the pretended interpreter take and refuse what LiteRT's does?"""

import numpy as np
import pytest

from prodml.anywhere.edge.network import network, quiet, random_weights
from prodml.anywhere.edge.pretended import PretendedInterpreter
from prodml.models.litert import load

pytestmark = pytest.mark.filterwarnings("ignore:Statistics for quantized inputs")  # a notice of the converter
ANSWER = np.arange(-5, 5)


@pytest.fixture
def pretended():
    return PretendedInterpreter((1 / 255, -128), (0.25, 3), ANSWER)


@pytest.fixture(scope="module")
def real():
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_keras_model(network(random_weights(np.random.default_rng(0))))
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    samples = np.random.default_rng(1).random((8, 1, 28, 28, 1), np.float32)
    converter.representative_dataset = lambda: ([x] for x in samples)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    with quiet():
        return load(converter.convert())


def test_it_answers_after_invoke(pretended):
    """Is nothing said before `invoke`, and is what it was fed seen by whoever made it?"""
    into, out = pretended.get_input_details()[0], pretended.get_output_details()[0]
    image = np.full((1, 28, 28, 1), 7, np.int8)
    pretended.set_tensor(into["index"], image)
    assert not pretended.get_tensor(out["index"]).any()
    assert pretended.fed is None
    pretended.invoke()
    assert np.array_equal(pretended.fed, image)
    assert np.array_equal(pretended.get_tensor(out["index"])[0], ANSWER)


def test_it_describes_itself_as_litert_does(pretended, real):
    """Does a real file's interpreter have the same methods, and the same words for the same things?"""
    assert all(callable(getattr(real, name)) for name in PretendedInterpreter.__facade__)
    for mine, theirs in (
        (pretended.get_input_details()[0], real.get_input_details()[0]),
        (pretended.get_output_details()[0], real.get_output_details()[0]),
    ):
        assert set(mine) <= set(theirs)
        assert np.array_equal(mine["shape"], theirs["shape"])
        assert np.dtype(mine["dtype"]) == theirs["dtype"]
        assert len(mine["quantization"]) == len(theirs["quantization"]) == 2


REFUSED = {
    "floats": (np.zeros((1, 28, 28, 1), np.float32), "Got value of type FLOAT32 but expected type INT8"),
    "an image without its batch": (np.zeros((28, 28), np.int8), "Dimension mismatch"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_it_refuses_what_litert_refuses(pretended, real, what):
    array, words = REFUSED[what]
    for interpreter in (pretended, real):
        with pytest.raises(ValueError, match=words):
            interpreter.set_tensor(interpreter.get_input_details()[0]["index"], array)
    assert words in pretended.refused


def test_there_is_one_input_and_one_output(pretended):
    with pytest.raises(ValueError, match="no input"):
        pretended.set_tensor(0, np.zeros((1, 28, 28, 1), np.int8))
    with pytest.raises(ValueError, match="no output"):
        pretended.get_tensor(0)
