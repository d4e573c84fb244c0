"""A model server in a process of its own: KServe's, with a LiteRT model, asked over the Open Inference Protocol (V2).

    with model_server("model.tflite", "delays") as server:
        minutes = server.infer(rows)

Source of the protocol: github.com/kserve/open-inference-protocol.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from prodml.errors import ProdmlError

PATIENCE = 60.0  # seconds until a server that is not ready is given up
POLL = 0.05  # seconds between two questions whether it is


class ServerFailed(ProdmlError):
    """Raised when a model server ends before it is ready, or is not ready in time."""


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
    process: subprocess.Popen[bytes]

    def get(self, path: str) -> Any:
        """What a GET of `path` answers, parsed from JSON."""
        with urllib.request.urlopen(f"{self.url}/{path}", timeout=10) as answer:
            return json.load(answer)

    def infer(self, rows: NDArray[Any]) -> NDArray[np.float32]:
        """The model's answer to `rows`, float32 [n, columns]: float32 [n, …].

        Raises:
            urllib.error.HTTPError: the server refuses the question.
        """
        asked = urllib.request.Request(
            f"{self.url}/v2/models/{self.model}/infer", question(rows), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(asked, timeout=10) as answer:
            said = json.load(answer)["outputs"][0]
        return np.asarray(said["data"], dtype=np.float32).reshape(said["shape"])


def question(rows: NDArray[Any]) -> bytes:
    """What V2 sends to ask for `rows`, float32 [n, …]: numbers as JSON. The HTTP head comes on top."""
    rows = np.asarray(rows, dtype=np.float32)
    tensor = {"name": "rows", "shape": list(rows.shape), "datatype": "FP32", "data": rows.ravel().tolist()}
    return json.dumps({"inputs": [tensor]}).encode()


@contextlib.contextmanager
def model_server(file: str | Path | bytes, model: str = "delays") -> Iterator[ModelServer]:
    """Start a server for the LiteRT model in `file`, wait until it is ready, and end it whatever happens.

    Args:
        file: a path, or the bytes of the model, which then are on no disk.

    Raises:
        ServerFailed: it does not come up; the message holds what it said last.
    """
    port = _free_port()
    with tempfile.TemporaryFile() as log, _reachable(file) as (path, fds):
        command = [sys.executable, "-m", "prodml._serve_model", path, model, str(port), str(os.getpid())]
        process = subprocess.Popen(command, stdout=log, stderr=log, env=_environment(), pass_fds=fds)
        server = ModelServer(f"http://127.0.0.1:{port}", model, process)
        try:
            _wait(server, log)
            yield server
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextlib.contextmanager
def _reachable(file: str | Path | bytes) -> Iterator[tuple[str, tuple[int, ...]]]:
    """A path that a child process can open, and the file descriptors that it needs for that."""
    if not isinstance(file, bytes):
        yield str(file), ()
        return
    with os.fdopen(os.memfd_create("model"), "wb") as memory:
        memory.write(file)
        memory.flush()
        yield f"/dev/fd/{memory.fileno()}", (memory.fileno(),)


def _wait(server: ModelServer, log: IO[bytes]) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and server.process.poll() is None:
        with contextlib.suppress(OSError):
            if server.get(f"v2/models/{server.model}/ready"):
                return
        time.sleep(POLL)
    log.seek(0)
    last = log.read()[-2000:].decode(errors="replace")
    raise ServerFailed(f"The model server did not come up. It said last:\n{last}", "Is the file a LiteRT model?")


def _free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def _environment() -> dict[str, str]:
    return {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
