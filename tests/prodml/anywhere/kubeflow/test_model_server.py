"""Is a LiteRT model served by KServe the model itself, and is its process gone afterwards, whatever happens?"""

from __future__ import annotations

import urllib.error

import numpy as np
import pytest

from prodml.anywhere.kubeflow.flight_steps import to_lite
from prodml.anywhere.kubeflow.model_server import model_server
from prodml.runtime.processes import GroupError

WEIGHTS = np.array([1.0, 2.0, 4.0], dtype=np.float32)


@pytest.fixture(scope="module")
def lite(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "linear.tflite"
    to_lite(WEIGHTS, path)
    return path


def test_the_served_model_answers_and_ends(lite) -> None:
    """Does it answer as the weights do, refuse another shape, and end after an exception in the block?"""
    rows = np.arange(6, dtype=np.float32).reshape(2, 3)
    with pytest.raises(KeyError), model_server(lite) as server:  # noqa: PT012 (all of it needs the server)
        assert server.get("v2/models/delays/ready")["ready"] is True
        assert np.allclose(server.infer(rows), rows @ WEIGHTS)
        with pytest.raises(urllib.error.HTTPError, match="500"):  # lab 18 says so: a Model that does not look
            server.infer(rows[:, :2])
        raise KeyError
    assert server.process.poll() is not None


def test_what_is_no_model_is_reported(tmp_path) -> None:
    """Does the error say what the server said, when the file is no model?"""
    (tmp_path / "no.tflite").write_bytes(b"no model")
    with pytest.raises(GroupError, match="before it was ready"), model_server(tmp_path / "no.tflite"):
        pass


def serve_doubled(file: str, name: str, port: int) -> None:
    from kserve import Model, ModelServer
    from kserve.utils.utils import get_predict_response

    class Doubled(Model):
        def load(self):
            self.ready = True

        def predict(self, payload, headers=None, response_headers=None):
            return get_predict_response(payload, 2 * payload.inputs[0].as_numpy(), self.name)

    model = Doubled(name)
    model.load()
    ModelServer(http_port=port, enable_grpc=False, workers=1).start([model])


def test_a_function_of_ones_own_serves(lite, monkeypatch: pytest.MonkeyPatch) -> None:
    """Does the process do what a notebook's own function says?"""
    monkeypatch.setattr(serve_doubled, "__module__", "__main__")  # as a notebook's is: sent by value
    rows = np.arange(6, dtype=np.float32).reshape(2, 3)
    with model_server(lite, serve=serve_doubled) as server:
        assert np.array_equal(server.infer(rows), 2 * rows)
