"""A model server in a process of its own: KServe's, with a LiteRT model, asked over the Open Inference Protocol (V2).

    with model_server("model.tflite", "delays") as server:
        minutes = server.infer(rows)

Source of the protocol: github.com/kserve/open-inference-protocol.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prodml.processes import Group, Program, Running, free_ports
from prodml.processes.ports import LOOPBACK

SERVE = "prodml._serve_model:main"
ENV = {"TF_CPP_MIN_LOG_LEVEL": "3"}


@dataclass(frozen=True)
class ModelServer:
    """A running server.

    Attributes:
        url: its address, `http://127.0.0.1:PORT`.
        model: name of its one model.
        process: the process.
    """

    url: str
    model: str
    process: Running

    def get(self, path: str) -> Any:
        """What a GET of `path` answers, parsed from JSON."""
        with urllib.request.urlopen(f"{self.url}/{path}", timeout=10) as answer:
            return json.load(answer)

    def infer(self, rows: NDArray[Any]) -> NDArray[np.float32]:
        """The model's answer to `rows`, float32 [n, columns]: float32 [n, …].

        Raises:
            urllib.error.HTTPError: the server refuses the question.
        """
        rows = np.asarray(rows, dtype=np.float32)
        tensor = {"name": "rows", "shape": list(rows.shape), "datatype": "FP32", "data": rows.ravel().tolist()}
        body = json.dumps({"inputs": [tensor]}).encode()
        question = urllib.request.Request(
            f"{self.url}/v2/models/{self.model}/infer", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(question, timeout=10) as answer:
            said = json.load(answer)["outputs"][0]
        return np.asarray(said["data"], dtype=np.float32).reshape(said["shape"])


@contextmanager
def model_server(file: str | Path, model: str = "delays") -> Iterator[ModelServer]:
    """Start a server for the LiteRT model in `file`, wait until it is ready, and end it whatever happens.

    Raises:
        GroupError: it does not come up; the message holds what it said last.
    """
    (port,) = free_ports(1)
    url = f"http://{LOOPBACK}:{port}"
    program = Program(SERVE, [str(file), model, port], env=ENV, ready=_ready(f"{url}/v2/models/{model}/ready"))
    with Group({"server": program}) as group:
        yield ModelServer(url, model, group["server"])


def _ready(address: str) -> Callable[[], bool]:
    def ready() -> bool:
        with suppress(OSError), urllib.request.urlopen(address, timeout=10) as answer:
            return bool(json.load(answer)["ready"])
        return False

    return ready
