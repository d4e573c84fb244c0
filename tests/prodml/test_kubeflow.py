"""Does a pipeline arrive at a server whole, and is every failure told in words?

The server is a real one on a loopback port. It answers kfp's client from kubeflow_api/answers.json, and keeps what it got.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from prodml.kubeflow import NotAccepted, NotAllowed, NotReached, main, submit
from prodml.processes import free_ports

ANSWERS = json.loads((Path(__file__).parent / "kubeflow_api" / "answers.json").read_text())
RUN_ID = ANSWERS["POST /apis/v2beta1/runs"]["body"]["run_id"]


class FakeServer(ThreadingHTTPServer):
    """Answers from the file; `token`: what it asks for; `changed`: other answers; `got`: (method, URL, body)."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.token: str | None = None
        self.changed: dict[str, Any] = {}
        self.got: list[tuple[str, str, Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: FakeServer

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.got.append((self.command, self.path, json.loads(body) if body else None))
        key = f"{self.command} {urlsplit(self.path).path}"
        said = self.server.changed.get(key) or ANSWERS.get(key) or {"status": 404, "body": "Cannot " + key}
        if self.server.token and self.headers.get("Authorization") != f"Bearer {self.server.token}":
            said = {"status": 401, "body": "Unauthorized"}
        data = said["body"].encode() if isinstance(said["body"], str) else json.dumps(said["body"]).encode()
        self.send_response(said["status"])
        for name, text in said.get("headers", {}).items():
            self.send_header(name, text)
        self.send_header("Content-Type", "text/html" if isinstance(said["body"], str) else "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = answer  # noqa: N815 (as http.server calls them)

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeServer]:
    monkeypatch.delenv("PRODML_KFP_TOKEN", raising=False)
    for name in ("KF_PIPELINES_ENDPOINT", "KF_PIPELINES_UI_ENDPOINT", "KF_PIPELINES_OVERRIDE_EXPERIMENT_NAME"):
        monkeypatch.delenv(name, raising=False)
    with FakeServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compiled by kfp: parameters `features`, which is needed, and `last`, which has a default."""
    from kfp import compiler, dsl

    def work(features: list, last: int):  # type: ignore[no-untyped-def, type-arg]
        print(features, last)

    # kfp reads annotations as objects
    work.__annotations__ = {"features": list, "last": int}
    step = dsl.component(work, base_image="python:3.11", install_kfp_package=False)

    def flights(features: list, last: int = 9):  # type: ignore[no-untyped-def, type-arg]
        step(features=features, last=last)

    flights.__annotations__ = {"features": list, "last": int}
    path = tmp_path_factory.mktemp("compiled") / "flights.yaml"
    compiler.Compiler().compile(dsl.pipeline(flights), str(path))
    return path


def test_the_exact_pipeline_arrives(server: FakeServer, pipeline: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Does the server get the spec as compiled, the arguments, the experiment and the token?"""
    server.token = "secret"
    run = submit(server.url + "/", pipeline, {"features": ["hour"]}, token="secret", name="tonight")
    assert (run.run_id, run.url) == (RUN_ID, f"{server.url}/#/runs/details/{RUN_ID}")
    *_, (method, path, body) = server.got
    assert (method, path) == ("POST", "/apis/v2beta1/runs")
    assert body["pipeline_spec"] == yaml.safe_load(pipeline.read_text())
    assert body["runtime_config"] == {"parameters": {"features": ["hour"]}}
    assert body["experiment_id"] == ANSWERS["POST /apis/v2beta1/experiments"]["body"]["experiment_id"]
    assert body["display_name"] == "tonight"
    assert capsys.readouterr() == ("", "")


def test_an_experiment_that_is_there_is_used(server: FakeServer, pipeline: Path) -> None:
    """Is no second experiment of that name made, and is it looked for in the namespace?"""
    there = {**ANSWERS["POST /apis/v2beta1/experiments"]["body"], "experiment_id": "there"}
    server.changed["GET /apis/v2beta1/experiments"] = {"status": 200, "body": {"experiments": [there]}}
    submit(server.url, pipeline, {"features": []}, namespace="team")
    assert server.got[-1][2]["experiment_id"] == "there"
    assert [m for m, path, _ in server.got if path == "/apis/v2beta1/experiments" and m == "POST"] == []
    looked = next(parse_qs(urlsplit(path).query) for m, path, _ in server.got if "/experiments" in path)
    assert looked["namespace"] == ["team"]


def test_nothing_listens(pipeline: Path) -> None:
    """Is it said at once that there is no server?"""
    (port,) = free_ports(1)
    with pytest.raises(NotReached, match=rf"No answer from http://127\.0\.0\.1:{port}: .*refused"):
        submit(f"http://127.0.0.1:{port}", pipeline, {"features": []})


@pytest.mark.parametrize(
    ("token", "message"), [(None, "wants a login, and there is no token"), ("old", "refuses the token")]
)
def test_the_token(server: FakeServer, pipeline: Path, token: str | None, message: str) -> None:
    """Is a missing token told from a wrong one?"""
    server.token = "secret"
    with pytest.raises(NotAllowed, match=message):
        submit(server.url, pipeline, {"features": []}, token=token)
    assert len(server.got) == 1


def test_the_token_of_the_environment(server: FakeServer, pipeline: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is PRODML_KFP_TOKEN used?"""
    server.token = "secret"
    monkeypatch.setenv("PRODML_KFP_TOKEN", "secret")
    assert submit(server.url, pipeline, {"features": []}).run_id == RUN_ID


@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        ({"status": 302, "body": "", "headers": {"Location": "/dex/auth"}}, NotAllowed, "wants a login"),
        ({"status": 200, "body": "<html>Welcome</html>"}, NotReached, "is no Kubeflow Pipelines server"),
        ({"status": 404, "body": "Cannot GET /apis"}, NotReached, "has no Kubeflow Pipelines API"),
    ],
)
def test_something_else_answers(
    server: FakeServer, pipeline: Path, answer: dict[str, Any], error: type[Exception], message: str
) -> None:
    """Are a login page, another server and a missing path told apart?"""
    server.changed["GET /apis/v2beta1/healthz"] = answer
    with pytest.raises(error, match=message):
        submit(server.url, pipeline, {"features": []})


def test_the_server_refuses_the_run(server: FakeServer, pipeline: Path) -> None:
    """Is the server's reason passed on?"""
    server.changed["POST /apis/v2beta1/runs"] = ANSWERS["invalid run"]
    with pytest.raises(NotAccepted, match="parameter last is no integer"):
        submit(server.url, pipeline, {"features": [], "last": 1})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({}, "also needs features"), ({"features": [], "lats": 1}, "does not know lats")],
)
def test_arguments_that_do_not_fit(server: FakeServer, pipeline: Path, arguments: dict[str, Any], message: str) -> None:
    """Are they found before anything is sent?"""
    with pytest.raises(NotAccepted, match=message):
        submit(server.url, pipeline, arguments)
    assert server.got == []


@pytest.mark.parametrize("text", ["just: yaml", "- a list", "{", ""])
def test_no_pipeline(tmp_path: Path, text: str) -> None:
    """Is a file that is no compiled pipeline refused?"""
    path = tmp_path / "p.yaml"
    path.write_text(text)
    with pytest.raises(NotAccepted, match=r"p\.yaml"):
        submit("http://127.0.0.1:1", path)


def test_the_command(server: FakeServer, pipeline: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Does it print the run's page, and an error without a traceback?"""
    (tmp_path / "a.json").write_text('{"features": ["hour"]}')
    command = ["--host", server.url, str(pipeline), "--arguments"]
    assert main([*command, str(tmp_path / "a.json")]) == 0
    assert capsys.readouterr().out == f"Run {RUN_ID}: {server.url}/#/runs/details/{RUN_ID}\n"
    assert server.got[-1][2]["runtime_config"]["parameters"] == {"features": ["hour"]}
    assert main([*command, str(tmp_path / "missing.json")]) == 1
    assert "missing.json cannot be read" in capsys.readouterr().err
