"""Are hand-made specs what kfp reads, and are references and arrows read out of them?"""

from __future__ import annotations

from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2

from prodml.anywhere.kubeflow import pipeline_spec
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


def test_a_conditions_tasks_stand_in_its_frame(monkeypatch) -> None:
    """Are tasks of one name, in two DAGs, two boxes?"""
    shown = []
    monkeypatch.setattr(pipeline_spec, "diagram", lambda text, title, alt: shown.append((text, title, alt)))
    spec = spec_of({"make": Task(), "condition-1": Task(after=("make",))})
    inner = spec_of({"make": Task(), "export": Task(after=("make",))})
    spec["components"]["comp-condition-1"] = {"dag": inner["root"]["dag"]}
    spec["components"] |= inner["components"]
    draw_dag(spec, "nested")
    ((text, title, alt),) = shown
    assert [line for line in text.splitlines() if not line.startswith("%%")] == [
        "flowchart TD",
        'task0["make"]',
        'subgraph task1["condition-1"]',
        'task1_0["make"]',
        'task1_1["export"]',
        "task1_0 --> task1_1",
        "end",
        "task0 --> task1",
    ]
    assert title == "nested"
    assert alt == ("A graph of steps. make before condition-1; inside condition-1: make, export; make before export.")


def test_a_picture_says_what_it_shows(capsys) -> None:
    """Does the picture's text name every arrow?"""
    draw_dag(spec_of(TASKS), "three steps")
    assert "make before use; use before last" in capsys.readouterr().out
