"""Runs in a process of its own, with LiteRT and NumPy only: `python -I _edge_worker.py PARENT` examines one model.

It ends with the process PARENT, also if that one is killed.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from prodml.warm.linux import die_with


def load(model: bytes) -> Any:
    """An interpreter of one thread, ready to run."""
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


def examine() -> None:
    """Read a head, a model and images from standard input; write what was found as JSON."""
    head = json.loads(sys.stdin.buffer.readline())
    model, inputs = sys.stdin.buffer.read(head["model"]), {}
    for x in head["inputs"]:
        size = int(np.prod(x["shape"])) * np.dtype(x["type"]).itemsize
        inputs[x["name"]] = np.frombuffer(sys.stdin.buffer.read(size), x["type"]).reshape(x["shape"])
    interpreter = load(model)
    into, out = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    outputs, times = [], []
    for i in range(min(map(len, inputs.values()))):
        real, seconds = call(interpreter, {name: x[i] for name, x in inputs.items()})
        outputs.append(real.tolist())
        times.append(1e6 * seconds)
    found = {
        "operators": [op["op_name"] for op in interpreter._get_ops_details() if op["op_name"] != "DELEGATE"],
        "input_type": np.dtype(into["dtype"]).name,
        "output_type": np.dtype(out["dtype"]).name,
        "input_scale": float(into["quantization"][0]),
        "weight_types": weight_types(interpreter),
        "outputs": outputs,
        "times": times,
        "memory": peak_memory(),
    }
    print(json.dumps(found))


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


if __name__ == "__main__":
    die_with(int(sys.argv[1]))
    examine()
