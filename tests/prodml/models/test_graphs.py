"""Are graphs read, rewritten and run as TensorFlow itself would?"""

import numpy as np
import pytest
import tensorflow as tf

from prodml.errors import ExamineError
from prodml.models.graphs import examine_graphs, optimized, read_graph, run_graph, runner

WEIGHT = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)


@pytest.fixture(scope="module")
def graph():
    @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32, name="x")])
    def call(x):
        return tf.nn.relu(tf.matmul(x, tf.constant(WEIGHT) * tf.constant(2.0)) + 1.0)

    return call.get_concrete_function().graph.as_graph_def().SerializeToString()


def test_read_graph_finds_placeholders_and_constants(graph):
    """Shapes and values: are they those that were written?"""
    nodes = read_graph(graph)
    assert [node.shape for node in nodes if node.operator == "Placeholder"] == [(-1, 3)]
    assert any(node.constant is not None and np.array_equal(node.constant, WEIGHT) for node in nodes)
    assert any(node.constant is not None and node.constant.shape == () and node.constant == 2 for node in nodes)


@pytest.mark.parametrize("bad", [b"no graph at all", b"\xff" * 50])
def test_other_bytes_are_refused(bad):
    """Is it an error that names the fix?"""
    with pytest.raises(ExamineError, match="no GraphDef"):
        read_graph(bad)


def test_optimized_graph_is_smaller_and_equal(graph):
    """Does folding leave the outputs alone?"""
    folded = optimized(graph, "constfold", "dependency")
    assert len(read_graph(folded)) < len(read_graph(graph))
    x = np.random.default_rng(1).normal(size=(5, 3)).astype(np.float32)
    wanted = np.maximum(x @ (2 * WEIGHT) + 1, 0)
    assert np.allclose(runner(graph)(x), wanted, atol=1e-5)
    assert np.allclose(runner(folded)(x), wanted, atol=1e-5)


def test_graphs_in_a_fresh_process_answer_as_here(graph):
    """Same outputs, one or several inputs by name, whatever their order; a plausible peak of memory?"""

    @tf.function(input_signature=[tf.TensorSpec([1, 2], tf.float32, name=name) for name in ("a", "b")])
    def minus(a, b):
        return a - b

    two = minus.get_concrete_function().graph.as_graph_def().SerializeToString()
    x = np.random.default_rng(1).normal(size=(4, 3)).astype(np.float32)
    given = {"b": np.ones((3, 2), np.float32), "a": np.arange(6, dtype=np.float32).reshape(3, 2)}
    found = examine_graphs({"one": (graph, {"rows": x}), "two": (two, given)})
    assert np.allclose(found["one"].outputs, runner(graph)(x), atol=1e-5)
    assert found["two"].outputs.tolist() == [[-1, 0], [1, 2], [3, 4]]
    assert all(100e6 < run.memory < 4e9 for run in found.values())


def test_run_graph_answers_row_by_row(graph):
    """Are the answers those of the arithmetic, also where the graph takes a batch of 1 only?"""
    x = np.random.default_rng(1).normal(size=(4, 3)).astype(np.float32)

    @tf.function(input_signature=[tf.TensorSpec([1, 3], tf.float32)])
    def single(row):
        return -row

    assert np.allclose(run_graph(graph, x), np.maximum(x @ (2 * WEIGHT) + 1, 0), atol=1e-5)
    assert np.array_equal(run_graph(single.get_concrete_function().graph.as_graph_def().SerializeToString(), x), -x)


def _reads_a_file(path):
    return tf.io.read_file(path)


def _calls_python(x):
    return tf.py_function(lambda x: x, [x], tf.float32)


def _has_a_function_that_reads(path):
    return tf.function(tf.io.read_file)(path)


@pytest.mark.parametrize(
    ("function", "kind", "problem"),
    [
        (_reads_a_file, tf.string, "holds ReadFile"),
        (_has_a_function_that_reads, tf.string, "holds ReadFile"),
        (_calls_python, tf.float32, "holds EagerPyFunc"),
        (lambda x: tf.reshape(x, [5]), tf.float32, r"cannot be run on an array of shape \(1, 3\)"),
    ],
)
def test_run_graph_refuses_what_it_must_not_or_cannot_run(function, kind, problem):
    """Is it an error that says why, and does nothing outside get read?"""
    traced = tf.function(function).get_concrete_function(tf.TensorSpec(None, kind))
    with pytest.raises(ExamineError, match=problem):
        run_graph(traced.graph.as_graph_def().SerializeToString(), np.ones((2, 3), np.float32))


@pytest.mark.parametrize(("bad", "problem"), [(b"\xff" * 50, "no GraphDef"), (b"", "no node named Identity")])
def test_run_graph_refuses_other_bytes(bad, problem):
    """Also what happens to parse: empty bytes are an empty graph."""
    with pytest.raises(ExamineError, match=problem):
        run_graph(bad, np.ones((2, 3), np.float32))


def test_run_graph_takes_one_placeholder(graph):
    """Is another output's name, or a second input, an error that names it?"""

    @tf.function(input_signature=[tf.TensorSpec([1, 2], tf.float32, name=name) for name in ("a", "b")])
    def minus(a, b):
        return a - b

    two = minus.get_concrete_function().graph.as_graph_def().SerializeToString()
    with pytest.raises(ExamineError, match="2 placeholders"):
        run_graph(two, np.ones((1, 2), np.float32))
    with pytest.raises(ExamineError, match="no node named Softmax"):
        run_graph(graph, np.ones((1, 3), np.float32), output="Softmax")


def test_a_graph_that_cannot_run_is_reported():
    """Is the end of the process an error that says why?"""
    with pytest.raises(ExamineError, match="could not run"):
        examine_graphs({"bad": (b"\xff" * 50, {"x": np.zeros((1, 3), np.float32)})})
