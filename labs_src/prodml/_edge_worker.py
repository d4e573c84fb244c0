"""Runs in a process of its own, with LiteRT and NumPy only: `examine` a model once, or `serve` it over HTTP."""

from __future__ import annotations

import http.server
import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter


def load(model: bytes) -> Any:
    """An interpreter of one thread, ready to run."""
    interpreter = Interpreter(model_content=model, num_threads=1)
    interpreter.allocate_tensors()
    return interpreter


def call(interpreter: Any, image: Any) -> tuple[Any, float]:
    """Real outputs (1-D) for one real image, and the seconds of the call itself.

    Integers are quantized before and turned back after; a device's camera and screen work on integers anyway.
    """
    into, out = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    interpreter.set_tensor(into["index"], quantized(image.reshape(into["shape"]), into))
    started = time.perf_counter()
    interpreter.invoke()
    seconds = time.perf_counter() - started
    found = interpreter.get_tensor(out["index"]).astype(np.float32).reshape(-1)
    scale, zero = out["quantization"]
    return ((found - zero) * scale if scale else found), seconds


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
    model = sys.stdin.buffer.read(head["model"])
    images = np.frombuffer(sys.stdin.buffer.read(), np.float32).reshape(head["shape"])
    interpreter = load(model)
    into, out = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    outputs, times = [], []
    for image in images:
        real, seconds = call(interpreter, image)
        outputs.append(real.tolist())
        times.append(seconds)
    found = {
        "operators": [op["op_name"] for op in interpreter._get_ops_details() if op["op_name"] != "DELEGATE"],
        "input_type": np.dtype(into["dtype"]).name,
        "output_type": np.dtype(out["dtype"]).name,
        "input_scale": float(into["quantization"][0]),
        "weight_types": weight_types(interpreter),
        "outputs": outputs,
        "microseconds": 1e6 * float(np.median(times)) if times else 0.0,
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


def serve() -> None:
    """Answer POST of 784 pixels with two bytes, label and confidence, until standard input closes."""
    head = json.loads(sys.stdin.buffer.readline())
    interpreter = load(sys.stdin.buffer.read(head["model"]))

    class Service(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            pixels = np.frombuffer(self.rfile.read(784), np.uint8)
            logits, _ = call(interpreter, pixels.astype(np.float32) / 255)
            chances = np.exp(logits - logits.max())
            answer = bytes([int(logits.argmax()), int(255 * chances.max() / chances.sum())])
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Service)
    print(server.server_port, flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.buffer.read()  # ends when the other side is gone
    os._exit(0)


if __name__ == "__main__":
    {"examine": examine, "serve": serve}[sys.argv[1]]()
