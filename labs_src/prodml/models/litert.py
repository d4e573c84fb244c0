"""`examine`: what a file for LiteRT does, seen from outside, in a process with LiteRT and NumPy only."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prodml.errors import ExamineError
from prodml.lab.examining import examiner

FILE_MARK = b"TFL3"  # bytes 4 to 7 of every file
NO_MODEL = ("LiteRT cannot run these bytes.", "Return what the converter's `convert()` returns.")


@dataclass(frozen=True)
class Examined:
    """What a model did in a process of its own.

    Attributes:
        size: of the model, bytes.
        operators: names of the operators that the interpreter runs, in order.
        input_type, output_type: NumPy names, such as `"int8"`.
        input_scale: real value of one step of the quantized input; 0 for a float input.
        weight_types: NumPy name of each constant tensor with more than 64 numbers.
        outputs: n x 10, real values (integers are turned back by scale and zero point).
        times: n, microseconds of each call, one thread; `microseconds` is their median.
        memory: peak resident bytes of the whole process, Python and NumPy included.
    """

    size: int
    operators: tuple[str, ...]
    input_type: str
    output_type: str
    input_scale: float
    weight_types: tuple[str, ...]
    outputs: NDArray[np.float32]
    times: NDArray[np.float64]
    microseconds: float
    memory: int


@examiner(refusal=NO_MODEL, fresh=True)
def examine(model: bytes, images: NDArray[Any]) -> Examined:
    """Run a model for LiteRT on images, one at a time, in a fresh process with limits on size, time and memory.

    The process knows nothing but the model and the images, and returns numbers.

    Args:
        model: bytes of a .tflite file. images: n x 28 x 28 x 1, float32, 0 to 1. An integer input is quantized.

    Raises:
        ExamineError: see there. It is an AssertionError too, so that a check fails with its message.
    """
    return _examined(model, {"": np.asarray(images, np.float32)})


@examiner(refusal=NO_MODEL, fresh=True)
def examine_inputs(model: bytes, inputs: Mapping[str, NDArray[Any]]) -> Examined:
    """The same for a model with several inputs, which are matched by name: LiteRT may order them otherwise.

    Args:
        inputs: name → float32 or int32 array of n rows; each call gets one row of each.

    Raises:
        ExamineError: as `examine`; also if the model has other inputs, or an id has no row in its embedding.
    """
    return _examined(model, inputs)


@examiner(refusal=NO_MODEL)
def lite_operators(model: bytes) -> list[str]:
    """Names of the operators in a file for LiteRT, in order. Nothing is run, so it need not be able to run here.

    TensorFlow's own operators, which the converter leaves in with `SELECT_TF_OPS`, are named Flex….

    Raises:
        ExamineError: the bytes are no such file.
    """
    from ai_edge_litert import schema_py_generated as schema

    if model[4:8] != FILE_MARK:
        raise ExamineError(*NO_MODEL)
    numbers = {n: name for name, n in vars(schema.BuiltinOperator).items() if isinstance(n, int)}
    read = schema.ModelT.InitFromObj(schema.Model.GetRootAs(model, 0))
    names = [
        code.customCode.decode() if code.customCode else numbers[max(code.builtinCode, code.deprecatedBuiltinCode)]
        for code in read.operatorCodes
    ]
    return [names[operator.opcodeIndex] for graph in read.subgraphs for operator in graph.operators]


def _examined(model: bytes, inputs: Mapping[str, NDArray[Any]]) -> Examined:
    interpreter = load(model)
    into, out = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    outputs, times = [], []
    for i in range(min(map(len, inputs.values()))):
        real, seconds = call(interpreter, {name: x[i] for name, x in inputs.items()})
        outputs.append(real)
        times.append(1e6 * seconds)
    return Examined(
        size=len(model),
        operators=tuple(op["op_name"] for op in interpreter._get_ops_details() if op["op_name"] != "DELEGATE"),
        input_type=np.dtype(into["dtype"]).name,
        output_type=np.dtype(out["dtype"]).name,
        input_scale=float(into["quantization"][0]),
        weight_types=tuple(weight_types(interpreter)),
        outputs=np.asarray(outputs, np.float32),
        times=np.asarray(times),
        microseconds=float(np.median(times)) if times else 0.0,
        memory=peak_memory(),
    )


def load(model: bytes) -> Any:
    """An interpreter of one thread, ready to run."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=model, num_threads=1)
    interpreter.allocate_tensors()
    return interpreter


def call(interpreter: Any, row: Mapping[str, Any]) -> tuple[Any, float]:
    """Real outputs (1-D) for one real value per input, by name, and the seconds of the call itself.

    Integers are quantized before and turned back after; a device's camera and screen work on integers anyway.
    """
    out = interpreter.get_output_details()[0]
    for detail in interpreter.get_input_details():
        value = row.get("", row.get(plain(detail["name"])))  # "": the only input, whatever its name
        interpreter.set_tensor(detail["index"], quantized(value.reshape(detail["shape"]), detail))
    started = time.perf_counter()
    interpreter.invoke()
    seconds = time.perf_counter() - started
    found = interpreter.get_tensor(out["index"]).astype(np.float32).reshape(-1)
    scale, zero = out["quantization"]
    return ((found - zero) * scale if scale else found), seconds


def plain(name: str) -> str:
    """The name that the model's author gave to an input."""
    return name.removeprefix("serving_default_").split(":")[0]


def quantized(image: Any, detail: dict[str, Any]) -> Any:
    """A real array in the type of a tensor."""
    scale, zero = detail["quantization"]
    if not scale:
        return image.astype(detail["dtype"])
    limits = np.iinfo(detail["dtype"])
    return np.clip(np.round(image / scale) + zero, limits.min, limits.max).astype(detail["dtype"])


def weight_types(interpreter: Any) -> list[str]:
    """Types of the large tensors that no operator makes and nobody feeds: the weights."""
    made = {int(i) for op in interpreter._get_ops_details() for i in op["outputs"]}
    fed = {detail["index"] for detail in interpreter.get_input_details()}
    rest = (d for d in interpreter.get_tensor_details() if d["index"] not in made | fed)
    return [np.dtype(d["dtype"]).name for d in rest if np.prod(d["shape"]) > 64]


def peak_memory() -> int:
    """Highest resident size of this process, bytes. (ru_maxrss would count the process that started this one.)"""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
