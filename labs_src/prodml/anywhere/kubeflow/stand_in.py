"""A stand-in for a Kubeflow Pipelines server: it answers kfp's client on a loopback port, and runs nothing.

    with stand_in() as server:
        kfp.Client(host=server.url)
    print(server.got)

Its answers (answers.json) were written after the API's definition, not recorded on a cluster; the tests hold every
field of them against the classes that the project generates from that definition.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from prodml.runtime.processes.ports import LOOPBACK


def read_answers() -> dict[str, Any]:
    """ "GET path" → status and body; "invalid run" is what a run gets that is refused."""
    said: dict[str, Any] = json.loads((Path(__file__).parent / "answers.json").read_text(encoding="utf-8"))
    return said


class StandIn(ThreadingHTTPServer):
    """A server that answers from `answers`.

    Attributes:
        token: what it asks for; None: nothing.
        changed: other answers, "METHOD path" → status, body, headers.
        got: (method, URL, body) of every request, as they came.
    """

    def __init__(self) -> None:
        super().__init__((LOOPBACK, 0), _Handler)
        self.answers = read_answers()
        self.token: str | None = None
        self.changed: dict[str, Any] = {}
        self.got: list[tuple[str, str, Any]] = []

    @property
    def url(self) -> str:
        """Its address, `http://127.0.0.1:PORT`."""
        return f"http://{LOOPBACK}:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: StandIn

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
        """Nothing: what came stands in `got`."""


@contextmanager
def stand_in() -> Iterator[StandIn]:
    """A stand-in that answers as long as the block runs, from a thread of this process."""
    with StandIn() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
