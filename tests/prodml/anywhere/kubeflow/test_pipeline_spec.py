"""Are hand-made specs what kfp reads, and are references and arrows read out of them?"""

from __future__ import annotations

from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2

from prodml.anywhere.kubeflow.pipeline_spec import Task, arrows, draw_dag, references, spec_of

TASKS = {
    "make": Task(makes=("data",), returns=("Output",)),
    "use": Task(artifacts={"x": "make.data"}, parameters={"n": "make.Output"}),
    "last": Task(after=("use",)),
}


def test_kfp_reads_a_spec_without_loss() -> None:
    """Does kfp's own parser accept the spec, and give the same back?"""
    parsed = json_format.ParseDict(spec_of(TASKS), pipeline_spec_pb2.PipelineSpec())
    back = json_format.MessageToDict(parsed)
    assert back["root"]["dag"]["tasks"] == spec_of(TASKS)["root"]["dag"]["tasks"]


def test_references_name_producer_kind_and_output() -> None:
    """Is every input that a task makes found, and nothing else?"""
    tasks = spec_of(TASKS)["root"]["dag"]["tasks"]
    assert references(tasks["use"]) == [("make", "artifacts", "data"), ("make", "parameters", "Output")]
    assert references(tasks["last"]) == []
    assert references({"inputs": {"parameters": {"n": {"runtimeValue": {"constant": 1}}}}}) == []


def test_arrows_are_dependencies() -> None:
    """Are there arrows for inputs and for mere order?"""
    assert arrows(spec_of(TASKS)["root"]["dag"]) == [("make", "use"), ("use", "last")]


def test_a_picture_says_what_it_shows(capsys) -> None:
    """Does the picture's text name every arrow?"""
    draw_dag(spec_of(TASKS), "three steps")
    assert "make before use; use before last" in capsys.readouterr().out
