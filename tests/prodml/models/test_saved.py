"""Is what a SavedModel would lose said in words, and does its copy answer where nobody knows the code?"""

from __future__ import annotations

import numpy as np
import pytest

from prodml.adapt.monitoring.skew import bare
from prodml.errors import ExamineError, SaveError
from prodml.lab.examining import written
from prodml.models.saved import PYTHON, ask_saved, operators, save_servable

NETWORK = [
    (np.array([[1, -1], [2, 0]], np.float32), np.ones(2, np.float32)),
    (np.ones((2, 1), np.float32), np.zeros(1, np.float32)),
]
ROWS = {"matrix": np.array([[1, 1], [-1, 0]], np.float32)}  # hidden (4, 0) and (0, 2)


def tracing(serve):
    """A module whose `serve` of one number column is traced from a function."""
    import tensorflow as tf

    module = tf.Module()
    module.serve = tf.function(serve, input_signature=[{"x": tf.TensorSpec([None], tf.float32)}])
    return module


def files_of(module):
    """What `save_servable` writes."""
    return written(lambda folder: save_servable(module, folder))


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return files_of(bare(NETWORK))


def test_answers_of_the_module(files):
    """Does the opened copy answer each question as one computes it by hand?"""
    answers = ask_saved(files, [ROWS, {"matrix": ROWS["matrix"][1:]}])
    assert [a["delay"].tolist() for a in answers] == [[4, 2], [2]]
    with pytest.raises(ExamineError, match="fails on a dict of other"):
        ask_saved(files, [{"other": ROWS["matrix"]}])


def test_what_would_be_left_behind():
    """Is a plain function, one without signature and a table of nobody's named?"""
    import keras
    import tensorflow as tf

    module = tf.Module()
    module.serve = lambda rows: rows
    with pytest.raises(SaveError, match=r"not a tf\.function"):
        files_of(module)
    module.serve = tf.function(lambda rows: rows)
    with pytest.raises(SaveError, match="no input signature"):
        files_of(module)

    def looks_up(rows):
        look_up = keras.layers.StringLookup(vocabulary=["a"], output_mode="one_hot")
        return {"y": look_up(tf.strings.as_string(rows["x"])[:, None])}

    with pytest.raises(SaveError, match="no attribute of the module"):
        files_of(tracing(looks_up))


def test_an_error_of_the_learners_is_shown_and_short():
    """Does a bug in `serve` come with TensorFlow's innermost words and the learner's own line?"""
    with pytest.raises(SaveError) as caught:
        files_of(tracing(broken))
    said = str(caught.value)
    assert "fails when it is traced" in said
    assert "KeyError: 'y'" in said
    assert 'return {"y": rows["y"]}' in said
    assert len(said) < 500


def broken(rows):
    return {"y": rows["y"]}


def test_python_and_files_are_refused():
    """Is an operator seen, and refused, that calls back into Python or reads a file?"""
    import tensorflow as tf

    calls = files_of(tracing(lambda rows: {"y": tf.py_function(lambda x: x, [rows["x"]], tf.float32)}))
    assert PYTHON.intersection(operators(calls)) == {"EagerPyFunc"}
    reads = files_of(tracing(lambda rows: {"y": rows["x"], "text": tf.io.read_file("/etc/hostname")}))
    for model, name in ((calls, "EagerPyFunc"), (reads, "ReadFile")):
        with pytest.raises(ExamineError, match=name):
            ask_saved(model, [{"x": np.zeros(1, np.float32)}])


@pytest.mark.parametrize(
    ("made", "words"),
    [
        ({}, r"no saved_model\.pb"),
        ({"saved_model.pb": b"no model"}, "no SavedModel"),
        ({"saved_model.pb": b""}, "no SavedModel"),
        ({"saved_model.pb": b"", "../outside": b"x"}, "leads out"),
    ],
)
def test_other_files_are_refused(made, words):
    with pytest.raises(ExamineError, match=words):
        ask_saved(made, [])
