"""Does the test server speak the API? Its answers against the classes that are generated from the API's definition.

`kfp_server_api` drops a field that it does not know, and takes any word for a state: so both are looked for here.
"""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import kfp_server_api
import pytest
from kfp_server_api import ApiClient, models

from prodml.anywhere.kubeflow import submit

INVALID = "GoogleRpcStatus"  # the API's answer to what it refuses


def strange(body: Any, kind: str) -> list[str]:
    """What is in `body` and not in the API's model `kind`: unknown fields, values of another type, unknown states."""
    if kind.startswith(("list[", "dict(")):
        inner = kind[5:-1].split(", ")[-1]
        return [s for part in (body.values() if isinstance(body, dict) else body) for s in strange(part, inner)]
    if kind in ("object", "datetime"):
        return []
    if kind in ApiClient.NATIVE_TYPES_MAPPING:
        return [] if type(body).__name__ == kind else [f"{body!r} is no {kind}"]
    model = getattr(models, kind)
    if allowed := getattr(model, "allowable_values", None):
        return [] if body in allowed else [f"{body!r} is no {kind}"]
    types = {key: model.openapi_types[name] for name, key in model.attribute_map.items()}
    unknown = [f"{kind} has no {key}" for key in set(body) - set(types)]
    return unknown + [s for key in set(body) & set(types) for s in strange(body[key], types[key])]


def through_the_client(body: Any, kind: str) -> Any:
    """What is left of a body that kfp's client has read and writes again."""
    with ApiClient() as client:
        read = client.deserialize(SimpleNamespace(data=json.dumps(body)), kind)
        return client.sanitize_for_serialization(read)


@pytest.fixture
def asked(server: Any, pipeline: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """ "GET path" → the model in which kfp's client reads the answer, for all that it asks while a run is sent."""
    kinds: dict[str, str] = {}
    call = ApiClient.call_api

    def watched(self: ApiClient, path: str, method: str, *args: Any, **kwargs: Any) -> Any:
        kinds[f"{method} {path}"] = kwargs["response_type"]
        return call(self, path, method, *args, **kwargs)

    monkeypatch.setattr(ApiClient, "call_api", watched)
    submit(server.url, pipeline, {"features": []})
    return kinds


def test_all_answers_are_asked_for(answers: dict[str, Any], asked: dict[str, str]) -> None:
    """Is there no answer that kfp's client never sees, and none missing?"""
    assert {key for key in answers if " /apis" in key} == set(asked)


def test_answers_are_of_the_api(answers: dict[str, Any], asked: dict[str, str]) -> None:
    """Has every answer only fields, types and states of the API, and does the client lose nothing of it?"""
    for key, kind in {**asked, "invalid run": INVALID}.items():
        body = answers[key]["body"]
        assert strange(body, kind) == [], key
        again = json.dumps(through_the_client(body, kind), sort_keys=True).replace("+00:00", "Z")
        assert again == json.dumps(body, sort_keys=True), key


def test_the_question_is_of_the_api(server: Any, asked: dict[str, str]) -> None:
    """Has what is sent only fields of the API?"""
    method, path, body = server.got[-1]
    assert (method, path) == ("POST", "/apis/v2beta1/runs")
    assert strange(body, asked["POST /apis/v2beta1/runs"]) == []


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        ({"run_id": "1", "pipeline_id": "2"}, "V2beta1Run", "V2beta1Run has no pipeline_id"),
        ({"run_id": 1}, "V2beta1Run", "1 is no str"),
        ({"state": "WAITING"}, "V2beta1Run", "'WAITING' is no V2beta1RuntimeState"),
        ({"state_history": [{"status": 1}]}, "V2beta1Run", "V2beta1RuntimeStatus has no status"),
    ],
)
def test_what_is_not_of_the_api_is_found(body: dict[str, Any], kind: str, said: str) -> None:
    """Would a field, type or state that the API does not have be seen?"""
    assert strange(body, kind) == [said]


def test_the_definition_is_the_one_that_the_lab_names() -> None:
    """Was this checked against the API of Kubeflow Pipelines 2.17?"""
    assert kfp_server_api.__version__.startswith("2.17.")
