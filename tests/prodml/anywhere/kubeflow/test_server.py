"""Is every way told in words in which there is no server, or no way in?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from prodml.anywhere.kubeflow import NotAllowed, NotReached, submit
from prodml.runtime.processes import free_ports


def test_nothing_listens(pipeline: Path) -> None:
    """Is it said at once that there is no server?"""
    (port,) = free_ports(1)
    with pytest.raises(NotReached, match=rf"No answer from http://127\.0\.0\.1:{port}: .*refused"):
        submit(f"http://127.0.0.1:{port}", pipeline, {"features": []})


@pytest.mark.parametrize(
    ("token", "message"), [(None, "wants a login, and there is no token"), ("old", "refuses the token")]
)
def test_the_token(server: Any, pipeline: Path, token: str | None, message: str) -> None:
    """Is a missing token told from a wrong one?"""
    server.token = "secret"
    with pytest.raises(NotAllowed, match=message):
        submit(server.url, pipeline, {"features": []}, token=token)
    assert len(server.got) == 1


@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        ({"status": 302, "body": "", "headers": {"Location": "/dex/auth"}}, NotAllowed, "wants a login"),
        ({"status": 200, "body": "<html>Welcome</html>"}, NotReached, "is no Kubeflow Pipelines server"),
        ({"status": 404, "body": "Cannot GET /apis"}, NotReached, "has no Kubeflow Pipelines API"),
    ],
)
def test_something_else_answers(
    server: Any, pipeline: Path, answer: dict[str, Any], error: type[Exception], message: str
) -> None:
    """Are a login page, another server and a missing path told apart?"""
    server.changed["GET /apis/v2beta1/healthz"] = answer
    with pytest.raises(error, match=message):
        submit(server.url, pipeline, {"features": []})


def test_the_dashboard_answers_for_the_api(server: Any, pipeline: Path) -> None:
    """Is the longer answer of the dashboard's own server, as kubeflow/pipelines#8837 quotes it, one of a server too?"""
    said = {
        "buildDate": "Tue Feb 7 23:42:37 UTC 2023",
        "frontendTagName": "2.0.0-beta.0",
        "apiServerReady": True,
        "apiServerMultiUser": False,
        "multi_user": False,
    }
    server.changed["GET /apis/v2beta1/healthz"] = {"status": 200, "body": said}
    assert submit(server.url, pipeline, {"features": []}).run_id
