"""Does a pipeline arrive at a server whole, and is a refusal told in its words?"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from prodml.anywhere.kubeflow import NotAccepted, submit


def test_the_exact_pipeline_arrives(
    server: Any, pipeline: Path, answers: dict[str, Any], run_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Does the server get the spec as compiled, the arguments, the experiment and the token?"""
    server.token = "secret"
    run = submit(server.url + "/", pipeline, {"features": ["hour"]}, token="secret", name="tonight")
    assert (run.run_id, run.url) == (run_id, f"{server.url}/#/runs/details/{run_id}")
    *_, (method, path, body) = server.got
    assert (method, path) == ("POST", "/apis/v2beta1/runs")
    assert body["pipeline_spec"] == yaml.safe_load(pipeline.read_text())
    assert body["runtime_config"] == {"parameters": {"features": ["hour"]}}
    assert body["experiment_id"] == answers["POST /apis/v2beta1/experiments"]["body"]["experiment_id"]
    assert body["display_name"] == "tonight"
    assert capsys.readouterr() == ("", "")


def test_an_experiment_that_is_there_is_used(server: Any, pipeline: Path, answers: dict[str, Any]) -> None:
    """Is no second experiment of that name made, and is it looked for in the namespace?"""
    there = {**answers["POST /apis/v2beta1/experiments"]["body"], "experiment_id": "there"}
    server.changed["GET /apis/v2beta1/experiments"] = {"status": 200, "body": {"experiments": [there]}}
    submit(server.url, pipeline, {"features": []}, namespace="team")
    assert server.got[-1][2]["experiment_id"] == "there"
    assert [m for m, path, _ in server.got if path == "/apis/v2beta1/experiments" and m == "POST"] == []
    looked = next(parse_qs(urlsplit(path).query) for m, path, _ in server.got if "/experiments" in path)
    assert looked["namespace"] == ["team"]


def test_the_token_of_the_environment(
    server: Any, pipeline: Path, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Is PRODML_KFP_TOKEN used?"""
    server.token = "secret"
    monkeypatch.setenv("PRODML_KFP_TOKEN", "secret")
    assert submit(server.url, pipeline, {"features": []}).run_id == run_id


def test_the_server_refuses_the_run(server: Any, pipeline: Path, answers: dict[str, Any]) -> None:
    """Is the server's reason passed on?"""
    server.changed["POST /apis/v2beta1/runs"] = answers["invalid run"]
    with pytest.raises(NotAccepted, match="parameter last is no integer"):
        submit(server.url, pipeline, {"features": [], "last": 1})
