"""SavedModels: saved with a sentence on what would be left behind, and opened as files and nothing else."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.causes import innermost, named
from prodml.errors import ExamineError, SaveError
from prodml.lab.examining import Files, examiner, unpacked

Arrays = dict[str, NDArray[Any]]
PYTHON = frozenset({"EagerPyFunc", "PyFunc", "PyFuncStateless"})  # call into the process that made them
FILES = frozenset({"MatchingFiles", "ReadFile", "WriteFile"})
CHARACTERS = 300
PLACE = re.compile(r'File "[^"]*", line \d+, in (\S+)  \*\n\s+(.*)\n')  # AutoGraph's mark of the user's own lines
SIGN = "Write @tf.function(input_signature=[…])."
NO_MODEL = ("Your code wrote no SavedModel that can be opened.", "save_servable(module, folder)")


def save_servable(module: Any, folder: str | Path) -> None:
    """Save a module with a function `serve`: `tf.saved_model.save`, after a look at what would be left behind.

    Raises:
        SaveError: `serve` is no tf.function with an input signature, its own code fails when it is traced, or it uses
            what is no attribute of the module.
    """
    serve: Any = getattr(module, "serve", None)
    if not hasattr(serve, "get_concrete_function"):
        raise SaveError("`serve` is not a tf.function: a SavedModel would leave it behind.", SIGN)
    if getattr(serve, "input_signature", None) is None:
        raise SaveError("`serve` has no input signature: a SavedModel could not know its inputs.", SIGN)
    try:
        serve.get_concrete_function()
    except Exception as error:
        raise SaveError("`serve` is a tf.function, and its own code fails when it is traced.", short(error)) from None
    try:
        save(module, folder)
    except AssertionError as error:
        if "untracked" not in str(error):
            raise
        problem = "`serve` uses a table or variable that is no attribute of the module: it would be left behind."
        raise SaveError(problem, "Make layers, tables and variables in `__init__`, as attributes.") from None


def save(module: Any, folder: str | Path) -> None:
    """`tf.saved_model.save` without its lines of log."""
    import tensorflow as tf

    with _silent():
        tf.saved_model.save(module, str(folder))


@examiner(refusal=NO_MODEL)
def operators(files: Files) -> list[str]:
    """Names of all operators in a SavedModel, those of its functions included, sorted. Nothing is run.

    Args:
        files: path → contents, as `written` gives them.

    Raises:
        ExamineError: the files are no SavedModel.
    """
    from tensorflow.core.protobuf import saved_model_pb2

    if "saved_model.pb" not in files:
        raise ExamineError("Your code left no saved_model.pb in the folder that it was given.", NO_MODEL[1])
    metas = saved_model_pb2.SavedModel.FromString(files["saved_model.pb"]).meta_graphs
    nodes = [node for meta in metas for node in meta.graph_def.node]
    nodes += [node for meta in metas for function in meta.graph_def.library.function for node in function.node_def]
    return sorted({str(node.op) for node in nodes})


@examiner(refusal=NO_MODEL)
def ask_saved(files: Files, questions: Sequence[Mapping[str, NDArray[Any]]]) -> list[Arrays]:
    """What `serve` of a SavedModel answers to each question, name → array.

    Args:
        files: path → contents, as `written` gives them.
        questions: each a dict, name → array of numbers or strings.

    Raises:
        ExamineError: the files are no SavedModel with a function `serve`, an operator calls Python or touches files,
            or `serve` failed.
    """
    import tensorflow as tf

    if refused := sorted((PYTHON | FILES).intersection(operators.run(files))):
        raise ExamineError(f"The SavedModel holds {', '.join(refused)}, which is not opened.", "")
    with unpacked(files) as folder:
        with _silent():
            model = tf.saved_model.load(str(folder))
        if not callable(getattr(model, "serve", None)):
            raise ExamineError("The SavedModel has no function `serve`.", SIGN)
        return [_answer(model.serve, rows) for rows in questions]


def _answer(serve: Any, rows: Mapping[str, NDArray[Any]]) -> Arrays:
    import tensorflow as tf

    try:
        answer = serve({name: tf.constant(x) for name, x in rows.items()})
        return {str(name): np.asarray(x) for name, x in answer.items()}
    except Exception as error:
        problem = f"`serve` of the loaded SavedModel fails on a dict of {', '.join(rows)}. {short(error)}"
        raise ExamineError(problem, "It takes one dict and returns one.") from None


def short(error: BaseException) -> str:
    """An error of TensorFlow's in one or two lines: what went wrong last, and in which line of the user's."""
    text = str(error)
    said = named(type(error).__name__, innermost(text)).split("\n\n")[0][:CHARACTERS]
    places = PLACE.findall(text)
    return f"{said}\nIn {places[-1][0]}: {places[-1][1].strip()}" if places else said


@contextmanager
def _silent() -> Iterator[None]:
    logger = logging.getLogger("tensorflow")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)
