"""Does the examiner of SavedModels say what a stranger would find: answers, Python inside, a `serve` that stayed behind?"""

import numpy as np
import pytest

from prodml.errors import ExamineError
from prodml.examining import written
from prodml.saved_models import examine_saved_model

ROWS = {"x": np.array([1.0, 2.0], np.float32), "word": np.array(["a", "b"])}


@pytest.fixture(scope="module")
def tf():
    import tensorflow

    return tensorflow


def saved(tf, body, signature=True):
    """Files of a module whose `serve` is `body`."""
    specs = {"x": tf.TensorSpec([None], tf.float32), "word": tf.TensorSpec([None], tf.string)}
    module = tf.Module()
    module.serve = tf.function(body, input_signature=[specs]) if signature else body
    return written(lambda folder: tf.saved_model.save(module, folder))


def test_its_answers_are_the_functions(tf):
    files = saved(tf, lambda rows: {"twice": 2 * rows["x"], "is_a": rows["word"] == "a"})
    one = {name: x[:1] for name, x in ROWS.items()}
    found = examine_saved_model(files, [ROWS, one])
    assert found.answers[0]["twice"].tolist() == [2, 4]
    assert found.answers[0]["is_a"].tolist() == [True, False]
    assert found.answers[1]["twice"].tolist() == [2]
    assert "Mul" in found.operators
    assert found.size == sum(map(len, files.values()))


def test_python_inside_is_named(tf):
    def body(rows):
        return {"twice": tf.py_function(lambda x: 2 * x, [rows["x"]], tf.float32)}

    with pytest.raises(ExamineError, match=r"calls Python \(EagerPyFunc\)"):
        examine_saved_model(saved(tf, body), [ROWS])


def test_a_plain_method_stays_behind(tf):
    with pytest.raises(ExamineError, match="has no function `serve`"):
        examine_saved_model(saved(tf, lambda rows: rows, signature=False), [ROWS])


def test_other_inputs_are_not_answered(tf):
    files = saved(tf, lambda rows: {"x": rows["x"]})
    with pytest.raises(ExamineError, match="does not answer"):
        examine_saved_model(files, [{"other": ROWS["x"]}])


def test_what_is_no_dict_is_named(tf):
    with pytest.raises(ExamineError, match="not a dict"):
        examine_saved_model(saved(tf, lambda rows: rows["x"]), [ROWS])


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, r"no saved_model\.pb"),
        ({"saved_model.pb": b"no model"}, "no SavedModel"),
        ({"saved_model.pb": b""}, "no SavedModel"),
    ],
)
def test_files_that_are_no_model_are_refused(files, words):
    with pytest.raises(ExamineError, match=words):
        examine_saved_model(files, [])
