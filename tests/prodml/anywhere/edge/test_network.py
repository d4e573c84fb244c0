"""Is the network in NumPy the one that Keras runs? Is `quiet` quiet?"""

import os

import numpy as np
import pytest

from prodml.anywhere.edge.network import convolved, forward, hidden_layer, last_layer, network, quiet, random_weights

IMAGES = np.random.default_rng(1).random((5, 28, 28, 1), np.float32)


@pytest.fixture(scope="module")
def weights():
    return random_weights(np.random.default_rng(0))


@pytest.fixture(scope="module")
def model(weights):
    return network(weights)


def test_forward_agrees_with_keras(weights, model):
    """Is the network in NumPy the one that Keras runs?"""
    assert np.allclose(forward(weights, IMAGES), model(IMAGES, training=False), atol=1e-4)


def test_hidden_layer_is_what_keras_computes_on_the_way(weights, model):
    """Is it the layer of that name, and is the rest behind it?"""
    import keras

    said = hidden_layer(weights, IMAGES)
    assert np.allclose(said, keras.Model(model.inputs[0], model.get_layer("hidden").output)(IMAGES), atol=1e-4)
    assert np.array_equal(last_layer(weights, said), forward(weights, IMAGES))


def test_convolved_agrees_with_scipy():
    """Is it a correlation with stride 2 and without padding?"""
    from scipy.signal import correlate2d

    kernel = np.random.default_rng(2).normal(size=(3, 3, 1, 1))
    wanted = correlate2d(IMAGES[0, :, :, 0], kernel[:, :, 0, 0], mode="valid")[::2, ::2]
    assert np.allclose(convolved(IMAGES, kernel)[0, :, :, 0], wanted)


def test_quiet_hides_what_is_written_below_python(capfd):
    """Is only the block silent, and does an error come through?"""
    os.write(2, b"before\n")
    with pytest.raises(KeyError), quiet():  # noqa: PT012 (what is written counts too)
        os.write(2, b"within\n")
        raise KeyError
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "before\nafter\n"
