"""Are graphs read, rewritten and run as TensorFlow itself would?"""

import numpy as np
import pytest
import tensorflow as tf

from prodml.errors import ExamineError
from prodml.graphs import examine_graphs, optimized, read_graph, runner

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


def test_a_graph_that_cannot_run_is_reported():
    """Is the end of the process an error that says why?"""
    with pytest.raises(ExamineError, match="could not run"):
        examine_graphs({"bad": (b"\xff" * 50, {"x": np.zeros((1, 3), np.float32)})})
