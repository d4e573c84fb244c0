"""The stand-in for a Kubeflow Pipelines server, and a pipeline to send to it. test_answers.py holds what it says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from prodml.anywhere.kubeflow.stand_in import StandIn, read_answers, stand_in


@pytest.fixture(scope="session")
def answers() -> dict[str, Any]:
    """What the stand-in answers."""
    return read_answers()


@pytest.fixture(scope="session")
def run_id(answers: dict[str, Any]) -> str:
    """The run's name, as the server gives it."""
    return str(answers["POST /apis/v2beta1/runs"]["body"]["run_id"])


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    monkeypatch.delenv("PRODML_KFP_TOKEN", raising=False)
    for name in ("KF_PIPELINES_ENDPOINT", "KF_PIPELINES_UI_ENDPOINT", "KF_PIPELINES_OVERRIDE_EXPERIMENT_NAME"):
        monkeypatch.delenv(name, raising=False)
    with stand_in() as server:
        yield server


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
