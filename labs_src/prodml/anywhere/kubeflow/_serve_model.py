"""A LiteRT model behind KServe's ModelServer: what the process of `model_server` does. It needs no TensorFlow."""

from __future__ import annotations

from typing import Any

import numpy as np

from prodml.runtime.processes.shipped import unpack


def main(file: str, name: str, port: int) -> None:
    """Serve until SIGTERM."""
    from ai_edge_litert.interpreter import Interpreter
    from kserve import Model, ModelServer
    from kserve.utils.utils import get_predict_response

    interpreter = Interpreter(model_path=file, num_threads=1)
    into, out = (d[0]["index"] for d in (interpreter.get_input_details(), interpreter.get_output_details()))

    class Served(Model):  # type: ignore[misc]
        def load(self) -> bool:
            self.ready = True
            return True

        def predict(self, payload: Any, headers: Any = None, response_headers: Any = None) -> Any:
            rows = payload.inputs[0].as_numpy().astype(np.float32)
            interpreter.resize_tensor_input(into, rows.shape)
            interpreter.allocate_tensors()
            interpreter.set_tensor(into, rows)
            interpreter.invoke()
            return get_predict_response(payload, interpreter.get_tensor(out).copy(), self.name)

    model = Served(name)
    model.load()
    ModelServer(http_port=port, enable_grpc=False, workers=1).start([model])


def shipped(serve: str, file: str, name: str, port: int) -> None:
    """The same by a notebook's own function, as `ship` made it a text."""
    unpack(serve)(file, name, port)
