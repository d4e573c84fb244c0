"""A Kubeflow Pipelines server on a loopback port, which answers kfp's client from answers.json, and a pipeline for it.

The answers were written after the API's definition, not recorded on a cluster. test_answers.py holds them against the
classes that the project generates from that definition.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest


@pytest.fixture(scope="session")
def answers() -> dict[str, Any]:
    """ "GET path" → status and body; "invalid run" is what a run gets that is refused."""
    said: dict[str, Any] = json.loads((Path(__file__).parent / "answers.json").read_text())
    return said


@pytest.fixture(scope="session")
def run_id(answers: dict[str, Any]) -> str:
    """The run's name, as the server gives it."""
    return str(answers["POST /apis/v2beta1/runs"]["body"]["run_id"])


class FakeServer(ThreadingHTTPServer):
    """Answers; `token`: what it asks for; `changed`: other answers; `got`: (method, URL, body)."""

    def __init__(self, answers: dict[str, Any]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers = answers
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
        said = self.server.changed.get(key) or self.server.answers.get(key) or {"status": 404, "body": "Cannot " + key}
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
def server(monkeypatch: pytest.MonkeyPatch, answers: dict[str, Any]) -> Iterator[FakeServer]:
    monkeypatch.delenv("PRODML_KFP_TOKEN", raising=False)
    for name in ("KF_PIPELINES_ENDPOINT", "KF_PIPELINES_UI_ENDPOINT", "KF_PIPELINES_OVERRIDE_EXPERIMENT_NAME"):
        monkeypatch.delenv(name, raising=False)
    with FakeServer(answers) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
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
