"""SavedModels as bytes: a learner's code packs one, and it is opened again as what it is, files and nothing else.

`pack` says in a sentence why TensorFlow would leave something behind. `ask_saved` opens what was packed. In a judge
that is a process of its own, with limits, which hands back arrays; no operator may call Python or touch files.
"""

from __future__ import annotations

import io
import logging
import re
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prodml._forked import in_a_fork
from prodml.errors import ProdmlError
from prodml.grading import grading

Arrays = dict[str, NDArray[Any]]

MOST_BYTES, MOST_FILES = 16 << 20, 100
PYTHON = frozenset({"EagerPyFunc", "PyFunc", "PyFuncStateless"})  # call into the process that made them
FILES = frozenset({"MatchingFiles", "ReadFile", "WriteFile"})
CHARACTERS = 300
PLACE = re.compile(r'File "[^"]*", line \d+, in (\S+)  \*\n\s+(.*)\n')  # AutoGraph's mark of the user's own lines


class PackError(ProdmlError, ValueError):
    """Raised when a SavedModel would lack something of a module. It is the learner's code that packs."""


class SavedModelError(ProdmlError, AssertionError):
    """Raised when bytes are no SavedModel that can be asked. It is an AssertionError too, so that a check fails."""


def pack(module: Any) -> bytes:
    """The SavedModel of a module with a function `serve`, its files as one zip.

    Raises:
        PackError: `serve` is no tf.function with an input signature, its own code fails when it is traced, or it uses
            what is no attribute of the module.
    """
    serve: Any = getattr(module, "serve", None)
    if not hasattr(serve, "get_concrete_function"):
        fix = "Write @tf.function(input_signature=[…])."
        raise PackError("`serve` is not a tf.function: a SavedModel would leave it behind.", fix)
    if getattr(serve, "input_signature", None) is None:
        fix = "Write @tf.function(input_signature=[…])."
        raise PackError("`serve` has no input signature: a SavedModel could not know its inputs.", fix)
    try:
        serve.get_concrete_function()
    except Exception as error:
        raise PackError(
            "`serve` is a tf.function, and its own code fails when it is traced.", innermost(error)
        ) from None
    with tempfile.TemporaryDirectory() as folder:
        try:
            save(module, folder)
        except AssertionError as error:
            if "untracked" not in str(error):
                raise
            problem = "`serve` uses a table or variable that is no attribute of the module: it would be left behind."
            raise PackError(problem, "Make layers, tables and variables in `__init__`, as attributes.") from None
        return _zipped(Path(folder))


def save(module: Any, folder: str | Path) -> None:
    """`tf.saved_model.save` without its lines of log."""
    import tensorflow as tf

    with _silent():
        tf.saved_model.save(module, str(folder))


def unpack(packed: bytes, folder: str | Path) -> None:
    """Write the files of a packed SavedModel into a folder, which is made.

    Raises:
        SavedModelError: the bytes are no zip of regular files, or too many.
    """
    with _opened(packed) as file:
        file.extractall(folder)


def operators(packed: bytes) -> frozenset[str]:
    """Names of all operators in a packed SavedModel, those of its functions included. Nothing is run."""
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
    from tensorflow.core.protobuf import saved_model_pb2

    with _opened(packed) as file:
        read = saved_model_pb2.SavedModel()
        try:
            read.ParseFromString(file.read("saved_model.pb"))
        except (KeyError, DecodeError):
            raise SavedModelError("These bytes hold no SavedModel.", "Return `pack(module)`.") from None
    graphs = [meta.graph_def for meta in read.meta_graphs]
    nodes = [node for graph in graphs for node in graph.node]
    return frozenset(n.op for n in [*nodes, *(n for g in graphs for f in g.library.function for n in f.node_def)])


def ask_saved(packed: bytes, questions: Sequence[Mapping[str, NDArray[Any]]]) -> list[Arrays]:
    """What `serve` of a packed SavedModel answers to each question, name → array.

    Args:
        questions: each a dict, name → array of numbers or strings.

    Raises:
        SavedModelError: the bytes are no SavedModel with a function `serve`, an operator calls Python or touches
            files, or `serve` failed.
    """
    if refused := sorted(operators(packed) & (PYTHON | FILES)):
        raise SavedModelError(f"The SavedModel holds {', '.join(refused)}, which is not opened.", "")
    with tempfile.TemporaryDirectory() as folder:
        unpack(packed, folder)
        if not grading():  # this process has run TensorFlow, so that no fork of it could
            return _answers(folder, questions)
        found = in_a_fork(lambda: _sent(folder, questions))
    if found is None or "error" in found:
        problem, fix = ("The SavedModel brought its process down.", "") if found is None else map(str, found["error"])
        raise SavedModelError(problem, fix)
    return [{k.partition("/")[2]: x for k, x in found.items() if k.startswith(f"{i}/")} for i in range(len(questions))]


def innermost(error: BaseException) -> str:
    """An error of TensorFlow's in one or two lines: what went wrong last, and in which line of the user's."""
    text = str(error).strip()
    places = list(PLACE.finditer(text))
    said = text[places[-1].end() :].strip() if places else f"{type(error).__name__}: {text}"
    said = said.split("\n\n")[0][:CHARACTERS]
    return f"{said}\nIn {places[-1][1]}: {places[-1][2].strip()}" if places else said


def _answers(folder: str, questions: Sequence[Mapping[str, NDArray[Any]]]) -> list[Arrays]:
    import tensorflow as tf

    with _silent():
        model = tf.saved_model.load(folder)
    if not callable(getattr(model, "serve", None)):
        raise SavedModelError("The SavedModel has no function `serve`.", "")
    found = []
    for rows in questions:
        try:
            answer = model.serve({name: tf.constant(x) for name, x in rows.items()})
            found.append({str(name): np.asarray(x) for name, x in answer.items()})
        except Exception as error:
            problem = f"`serve` of the loaded SavedModel fails on a dict of {', '.join(rows)}. {innermost(error)}"
            raise SavedModelError(problem, "It takes one dict and returns one.") from None
    return found


def _sent(folder: str, questions: Sequence[Mapping[str, NDArray[Any]]]) -> Arrays:
    try:
        answers = _answers(folder, questions)
    except SavedModelError as error:
        return {"error": np.array([error.problem, error.fix])}
    return {f"{i}/{name}": x for i, answer in enumerate(answers) for name, x in answer.items()}


def _zipped(folder: Path) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            file.write(path, path.relative_to(folder))
    return made.getvalue()


@contextmanager
def _opened(packed: bytes) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as file:
            members = file.infolist()
            if len(members) > MOST_FILES or sum(m.file_size for m in members) > MOST_BYTES:
                raise SavedModelError(f"At most {MOST_FILES} files and {MOST_BYTES:,} bytes are opened.", "")
            yield file
    except zipfile.BadZipFile:
        raise SavedModelError("These bytes are no packed SavedModel.", "Return `pack(module)`.") from None


@contextmanager
def _silent() -> Iterator[None]:
    logger = logging.getLogger("tensorflow")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)
