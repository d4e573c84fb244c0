"""Does a SavedModel travel as bytes, is what it would lose said in words, and what cannot be asked refused?"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from prodml.saved import MOST_BYTES, PYTHON, PackError, SavedModelError, ask_saved, operators, pack, unpack
from prodml.skew import bare

NETWORK = [
    (np.array([[1, -1], [2, 0]], np.float32), np.ones(2, np.float32)),
    (np.ones((2, 1), np.float32), np.zeros(1, np.float32)),
]
ROWS = {"matrix": np.array([[1, 1], [-1, 0]], np.float32)}  # hidden (4, 0) and (0, 2)

IN_A_JUDGE = """
import json, sys
from prodml.saved import SavedModelError, ask_saved
packed = sys.stdin.buffer.read()
import numpy as np
rows = {"matrix": np.array([[1, 1], [-1, 0]], np.float32)}
answers = ask_saved(packed, [rows, {"matrix": rows["matrix"][:1]}])
try:
    ask_saved(packed, [{"other": rows["matrix"]}])
    said = ""
except SavedModelError as error:
    said = error.problem
print(json.dumps([[a["delay"].tolist() for a in answers], said]))
"""


def tracing(serve):
    """A module whose `serve` of one number column is traced from a function."""
    import tensorflow as tf

    module = tf.Module()
    module.serve = tf.function(serve, input_signature=[{"x": tf.TensorSpec([None], tf.float32)}])
    return module


@pytest.fixture(scope="module")
def packed() -> bytes:
    return pack(bare(NETWORK))


def test_answers_of_the_module(packed):
    """Does the opened copy answer each question as one computes it by hand?"""
    answers = ask_saved(packed, [ROWS, {"matrix": ROWS["matrix"][1:]}])
    assert [a["delay"].tolist() for a in answers] == [[4, 2], [2]]


def test_in_a_judge_it_is_opened_in_a_fork(packed):
    """Are answers and errors the same where the process of a judge forks to open it?"""
    command = [sys.executable, "-c", IN_A_JUDGE]
    env = {"PRODML_GRADING": "1", "TF_CPP_MIN_LOG_LEVEL": "3", "PATH": ""}
    done = subprocess.run(command, input=packed, capture_output=True, env=env, check=True)
    answers, said = json.loads(done.stdout.splitlines()[-1])
    assert answers == [[4, 2], [4]]
    assert "fails on a dict of other" in said


def test_files(packed, tmp_path):
    """Do the files unpack to a SavedModel that TensorFlow loads?"""
    import tensorflow as tf

    unpack(packed, tmp_path / "model")
    model = tf.saved_model.load(str(tmp_path / "model"))  # its variables live as long as it does
    assert model.serve(ROWS)["delay"].shape == (2,)


def test_what_would_be_left_behind():
    """Is a plain function, one without signature and a table of nobody's named?"""
    import keras
    import tensorflow as tf

    module = tf.Module()
    module.serve = lambda rows: rows
    with pytest.raises(PackError, match=r"not a tf\.function"):
        pack(module)
    module.serve = tf.function(lambda rows: rows)
    with pytest.raises(PackError, match="no input signature"):
        pack(module)

    def looks_up(rows):
        look_up = keras.layers.StringLookup(vocabulary=["a"], output_mode="one_hot")
        return {"y": look_up(tf.strings.as_string(rows["x"])[:, None])}

    with pytest.raises(PackError, match="no attribute of the module"):
        pack(tracing(looks_up))


def test_an_error_of_the_learners_is_shown_and_short():
    """Does a bug in `serve` come with TensorFlow's innermost words and the learner's own line?"""
    with pytest.raises(PackError) as caught:
        pack(tracing(broken))
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

    calls = pack(tracing(lambda rows: {"y": tf.py_function(lambda x: x, [rows["x"]], tf.float32)}))
    assert operators(calls) & PYTHON == {"EagerPyFunc"}
    reads = pack(tracing(lambda rows: {"y": rows["x"], "text": tf.io.read_file("/etc/hostname")}))
    for bytes_, name in ((calls, "EagerPyFunc"), (reads, "ReadFile")):
        with pytest.raises(SavedModelError, match=name):
            ask_saved(bytes_, [{"x": np.zeros(1, np.float32)}])


def test_other_bytes(packed, tmp_path):
    """Are bytes that are no SavedModel, or too many, refused, and does nothing leave the folder?"""
    with pytest.raises(SavedModelError, match="no packed SavedModel"):
        operators(b"PK nothing")
    for names, match in ((["readme"], "hold no SavedModel"), ([f"{i}" for i in range(200)], "At most")):
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w") as file:
            for name in names:
                file.writestr(name, "x")
        with pytest.raises(SavedModelError, match=match):
            operators(made.getvalue())
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("saved_model.pb", bytes(MOST_BYTES + 1))
    with pytest.raises(SavedModelError, match="At most"):
        operators(made.getvalue())
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        file.writestr("../outside", "x")
    unpack(made.getvalue(), tmp_path / "inside")
    assert not (tmp_path / "outside").exists()
