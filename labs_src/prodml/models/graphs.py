"""TensorFlow graphs as bytes: what is in them, what Grappler makes of them, and how they run."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prodml.errors import ExamineError
from prodml.lab.examining import examiner
from prodml.models.saved import FILES, PYTHON, short

CPU = "/job:localhost/replica:0/task:0/device:CPU:0"
NO_GRAPH = ("These bytes are no GraphDef.", "Return `graph.as_graph_def().SerializeToString()`.")


@dataclass(frozen=True)
class Node:
    """One node of a graph.

    Attributes:
        shape: of a placeholder, -1 for an unknown length; None if it is no placeholder or has no rank.
        constant: the value of a Const of numbers, else None.
        inputs: names of the nodes that it reads, or waits for.
    """

    name: str
    operator: str
    shape: tuple[int, ...] | None
    constant: NDArray[Any] | None
    inputs: tuple[str, ...] = ()


@examiner(refusal=NO_GRAPH)
def read_graph(graph: bytes) -> list[Node]:
    """The nodes of a serialized GraphDef. Nothing is run.

    Raises:
        ExamineError: the bytes are no GraphDef, or too many.
    """
    from tensorflow.core.framework import graph_pb2

    return [_node(node) for node in graph_pb2.GraphDef.FromString(graph).node]


@examiner(refusal=NO_GRAPH)
def run_graph(graph: bytes, rows: NDArray[Any], output: str = "Identity") -> NDArray[Any]:
    """What a serialized GraphDef with one placeholder answers to each row.

    Args:
        rows: n x …; the placeholder gets one row at a time, as a batch of 1.
        output: name of the node that gives the answer.

    Returns:
        Array, n x numbers in the answer.

    Raises:
        ExamineError: the bytes are no GraphDef, it has no such node or not one placeholder, an operator calls Python
            or touches files, or it cannot be run on such a row.
    """
    from tensorflow.core.framework import graph_pb2

    read = graph_pb2.GraphDef.FromString(graph)
    nodes = [*read.node, *(node for function in read.library.function for node in function.node_def)]
    if refused := sorted((PYTHON | FILES).intersection(node.op for node in nodes)):
        raise ExamineError(f"The graph holds {', '.join(refused)}, which is not run.", "")
    if output not in {node.name for node in read.node}:
        raise ExamineError(f"The graph has no node named {output}.", f"tf.identity(…, name={output!r})")
    if len(placeholders(read)) != 1:
        raise ExamineError(f"The graph has {len(placeholders(read))} placeholders.", "It takes one array.")
    try:
        call = runner(graph, f"{output}:0")
        return np.stack([np.asarray(call(row[None])).reshape(-1) for row in rows])
    except Exception as error:
        problem = f"The graph cannot be run on an array of shape {(1, *rows.shape[1:])}."
        raise ExamineError(problem, short(error)) from None


def _node(node: Any) -> Node:
    attributes = node.attr
    shape = constant = None
    if node.op == "Placeholder" and not attributes["shape"].shape.unknown_rank:
        shape = tuple(int(d.size) for d in attributes["shape"].shape.dim)
    if node.op == "Const" and attributes["value"].tensor.dtype == 1:  # DT_FLOAT
        constant = _floats(attributes["value"].tensor)
    inputs = tuple(name.removeprefix("^").partition(":")[0] for name in node.input)
    return Node(node.name, node.op, shape, constant, inputs)


def _floats(tensor: Any) -> NDArray[Any]:
    shape = [d.size for d in tensor.tensor_shape.dim]
    if tensor.tensor_content:
        return np.frombuffer(tensor.tensor_content, np.float32).reshape(shape)
    values = np.asarray(tensor.float_val or [0.0], np.float32)
    return values.reshape(shape) if values.size == np.prod(shape) else np.full(shape, values[-1])


def optimized(graph: bytes, *passes: str) -> bytes:
    """The graph after Grappler's passes, such as `"constfold"` or `"remap"`; its output is the last node.

    Every node is put on the CPU: `remap` fuses only nodes that name their device.
    """
    import tensorflow as tf
    from tensorflow.core.protobuf import config_pb2
    from tensorflow.python.grappler import tf_optimizer

    read = tf.compat.v1.GraphDef.FromString(graph)
    for node in read.node:
        node.device = CPU
    imported = tf.Graph()
    with imported.as_default():
        tf.graph_util.import_graph_def(read, name="")
    meta = tf.compat.v1.train.export_meta_graph(graph=imported, graph_def=imported.as_graph_def())
    meta.collection_def["train_op"].node_list.value.append(read.node[-1].name)
    config = config_pb2.ConfigProto()
    rewrites = config.graph_options.rewrite_options
    rewrites.optimizers.extend(passes)
    rewrites.min_graph_nodes = -1
    return bytes(tf_optimizer.OptimizeGraph(config, meta).SerializeToString())


def runner(graph: bytes, output: str = "Identity:0") -> Callable[..., NDArray[Any]]:
    """A function that runs the graph as it is: one thread, no further rewriting. One array per placeholder, in order.

    A session's callable costs microseconds per call; calling a ConcreteFunction costs milliseconds.
    """
    import tensorflow as tf

    read = tf.compat.v1.GraphDef.FromString(graph)
    into = [f"{name}:0" for name in placeholders(read)]
    imported = tf.Graph()
    with imported.as_default():
        tf.graph_util.import_graph_def(read, name="")
    config = tf.compat.v1.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
    config.graph_options.rewrite_options.disable_meta_optimizer = True
    config.graph_options.optimizer_options.opt_level = -1
    session = tf.compat.v1.Session(graph=imported, config=config)
    called: Callable[..., NDArray[Any]] = session.make_callable(output, into)
    return called


def placeholders(graph: Any) -> list[str]:
    """Names of a GraphDef's placeholders, in its order."""
    return [node.name for node in graph.node if node.op == "Placeholder"]


@dataclass(frozen=True)
class GraphRun:
    """What a graph did in a fresh process.

    Attributes:
        outputs: n x width. microseconds: median time of one call, one thread.
        memory: peak resident bytes of the whole process while it ran this graph, TensorFlow included.
    """

    outputs: NDArray[np.float32]
    microseconds: float
    memory: int


def examine_graphs(graphs: Mapping[str, tuple[bytes, Mapping[str, NDArray[Any]]]]) -> dict[str, GraphRun]:
    """Run graphs one after the other, row by row, in one fresh process with TensorFlow, which ends again.

    Args:
        graphs: name → (serialized GraphDef with the output `Identity`, placeholder → array of n rows). A graph with
            one placeholder takes the one array, whatever its name.

    Raises:
        ExamineError: the process failed.
    """
    asked: dict[str, Any] = {}
    for i, (graph, inputs) in enumerate(graphs.values()):
        asked[f"{i}/"] = np.frombuffer(graph, np.uint8)
        asked |= {f"{i}/{name}": x for name, x in inputs.items()}
    sent = io.BytesIO()
    np.savez(sent, **asked)
    command = [sys.executable, "-m", "prodml.models._graph_worker", str(os.getpid())]
    env = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0"}
    done = subprocess.run(command, input=sent.getvalue(), capture_output=True, env=env, check=False)
    if done.returncode:
        last = (done.stderr.decode(errors="replace").strip().splitlines() or ["it said nothing"])[-1]
        raise ExamineError(f"The process could not run the graphs: {last}", "Does each have the output `Identity`?")
    with np.load(io.BytesIO(done.stdout)) as found:
        numbers = [found[f"numbers/{i}"] for i in range(len(graphs))]
        runs = [GraphRun(found[f"outputs/{i}"], float(t), int(m)) for i, (t, m) in enumerate(numbers)]
    return dict(zip(graphs, runs, strict=True))
