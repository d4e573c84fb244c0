"""`examine_saved_model`: what a SavedModel answers where nobody knows the code that made it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prodml.errors import ExamineError
from prodml.examining import Files, examiner, unpacked

Arrays = dict[str, NDArray[Any]]
PYTHON = frozenset({"PyFunc", "PyFuncStateless", "EagerPyFunc"})
SAVE = "Save a tf.Module: tf.saved_model.save(module, folder)."


@dataclass(frozen=True)
class Served:
    """What a SavedModel's function `serve` did in a process that had never seen its code.

    Attributes:
        size: of all files, bytes.
        operators: kinds of operations in its graphs, sorted.
        answers: for each question, name → array.
    """

    size: int
    operators: tuple[str, ...]
    answers: tuple[Arrays, ...]


@examiner(refusal=("These files are no SavedModel that TensorFlow can load and ask.", SAVE))
def examine_saved_model(files: Files, questions: Sequence[Arrays]) -> Served:
    """Load a SavedModel and ask its function `serve`.

    Args:
        files: path → bytes, as `written` gives them. questions: dicts, name → 1-D array: float32 or text.

    Raises:
        ExamineError: it cannot be loaded, has no `serve`, calls Python, takes other inputs, or fails.
    """
    import tensorflow as tf
    from tensorflow.core.protobuf import saved_model_pb2

    if "saved_model.pb" not in files:
        raise ExamineError("Your code left no saved_model.pb in the folder that it was given.", SAVE)
    graphs = [meta.graph_def for meta in saved_model_pb2.SavedModel.FromString(files["saved_model.pb"]).meta_graphs]
    functions = [function for graph in graphs for function in graph.library.function]
    nodes = [node for graph in graphs for node in graph.node] + [n for f in functions for n in f.node_def]
    operators = tuple(sorted({str(node.op) for node in nodes}))
    if python := PYTHON.intersection(operators):
        problem = f"Your SavedModel calls Python ({', '.join(python)}), whose code is not in it: nobody else has it."
        raise ExamineError(problem, "Use TensorFlow operations only.")
    with unpacked(files) as folder:
        model = tf.saved_model.load(str(folder))
        if not callable(getattr(model, "serve", None)):
            problem = "Your SavedModel has no function `serve`: a tf.function is saved, a plain method stays behind."
            raise ExamineError(problem, "@tf.function(input_signature=[…])")
        answers = tuple(_asked(model.serve, question) for question in questions)
    return Served(sum(map(len, files.values())), operators, answers)


def _asked(serve: Any, question: Arrays) -> Arrays:
    import tensorflow as tf

    try:
        answer = serve({name: tf.constant(x) for name, x in question.items()})
    except Exception as error:
        described = ", ".join(f"{name}: {x.dtype.kind}[{len(x)}]" for name, x in question.items())
        said = (str(error).strip().splitlines() or [type(error).__name__])[0]
        problem = f"Your SavedModel's `serve` does not answer {{{described}}}: {said}"
        raise ExamineError(problem[:400], "Its input signature: a dict, column → tf.TensorSpec([None], …).") from error
    if not isinstance(answer, dict):
        raise ExamineError(f"Your SavedModel's `serve` returns a {type(answer).__name__}, not a dict.", "")
    return {str(name): np.asarray(x) for name, x in answer.items()}
