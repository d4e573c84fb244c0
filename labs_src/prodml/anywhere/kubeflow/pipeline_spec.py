"""Compiled pipelines as plain dicts, in the words of Kubeflow's PipelineSpec (kfp 2), and how to draw them.

`spec_of` writes by hand what kfp's compiler writes, so that a check needs no kfp: the same fields and the same
references from task to task.
Source: github.com/kubeflow/pipelines, api/v2alpha1/pipeline_spec.proto.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from prodml.lab.diagrams import diagram

Spec = dict[str, Any]
SCHEMA = "2.1.0"
IMAGE = "python:3.11"
COMPACT = '%%{init: {"flowchart": {"rankSpacing": 22, "nodeSpacing": 30, "padding": 7}}}%%'  # a pipeline on one screen


@dataclass(frozen=True)
class Task:
    """A task to be compiled.

    Attributes:
        artifacts, parameters: input name → "task.output" of the task that makes it.
        after: tasks that must have ended first, without giving anything.
        makes: names of the artifacts that its component declares as outputs.
        returns: names of the parameters that its component declares as outputs.
    """

    artifacts: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    after: tuple[str, ...] = ()
    makes: tuple[str, ...] = ()
    returns: tuple[str, ...] = ()


def spec_of(tasks: Mapping[str, Task], name: str = "flights") -> Spec:
    """A pipeline spec with a component, an executor and a task of the root DAG for each of `tasks`."""
    return {
        "schemaVersion": SCHEMA,
        "pipelineInfo": {"name": name},
        "components": {f"comp-{t}": _component(t, task) for t, task in tasks.items()},
        "deploymentSpec": {"executors": {f"exec-{t}": {"container": {"image": IMAGE}} for t in tasks}},
        "root": {"dag": {"tasks": {t: _task(t, task) for t, task in tasks.items()}}},
    }


def references(task: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """(producer, kind, output) of every input of a compiled task that another task makes.

    kind is "artifacts" or "parameters"; inputs that come from elsewhere (constants, the pipeline's own) are left out.
    """
    found = []
    for kind, word in (("artifacts", "Artifact"), ("parameters", "Parameter")):
        for source in task.get("inputs", {}).get(kind, {}).values():
            if reference := source.get(f"taskOutput{word}"):
                found.append((reference["producerTask"], kind, reference[f"output{word}Key"]))
    return found


def arrows(dag: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(producer, consumer) of every dependency in one DAG of a *sound* spec."""
    return sorted({(p, name) for name, task in dag["tasks"].items() for p in task.get("dependentTasks", [])})


def draw_dag(spec: Spec, title: str) -> None:
    """Draw a sound spec from top to bottom: what stands side by side may run at once.

    The tasks of a condition stand in a frame that bears its name.
    """
    lines, words = _drawn(spec, spec["root"]["dag"], "task")
    diagram("\n".join(["flowchart TD", COMPACT, *lines]), title=title, alt=f"A graph of steps. {'; '.join(words)}.")


def _drawn(spec: Spec, dag: Mapping[str, Any], prefix: str) -> tuple[list[str], list[str]]:
    """Lines of Mermaid for one DAG and what is inside of its tasks, and its order in words.

    A task's name holds within its DAG only, so boxes are numbered: `task0`, and `task0_1` for the second inside of it.
    """
    ids = {name: f"{prefix}{i}" for i, name in enumerate(dag["tasks"])}
    lines, words = list[str](), [f"{before} before {after}" for before, after in arrows(dag)]
    for name, task in dag["tasks"].items():
        if inner := spec["components"].get(task["componentRef"]["name"], {}).get("dag"):
            inside, said = _drawn(spec, inner, f"{ids[name]}_")
            lines += [f'subgraph {ids[name]}["{name}"]', *inside, "end"]
            words += [f"inside {name}: {', '.join(inner['tasks'])}", *said]
        else:
            lines.append(f'{ids[name]}["{name}"]')
    return lines + [f"{ids[before]} --> {ids[after]}" for before, after in arrows(dag)], words


def _component(name: str, task: Task) -> dict[str, Any]:
    component: dict[str, Any] = {"executorLabel": f"exec-{name}"}
    inputs = {
        "artifacts": {i: _artifact() for i in task.artifacts},
        "parameters": {i: {"parameterType": "STRING"} for i in task.parameters},
    }
    outputs = {
        "artifacts": {o: _artifact() for o in task.makes},
        "parameters": {o: {"parameterType": "STRING"} for o in task.returns},
    }
    for key, parts in (("inputDefinitions", inputs), ("outputDefinitions", outputs)):
        if kept := {kind: names for kind, names in parts.items() if names}:
            component[key] = kept
    return component


def _task(name: str, task: Task) -> dict[str, Any]:
    written: dict[str, Any] = {"taskInfo": {"name": name}, "componentRef": {"name": f"comp-{name}"}}
    inputs = {
        "artifacts": {i: _reference(source, "Artifact") for i, source in task.artifacts.items()},
        "parameters": {i: _reference(source, "Parameter") for i, source in task.parameters.items()},
    }
    if kept := {kind: references for kind, references in inputs.items() if references}:
        written["inputs"] = kept
    sources = {s.split(".")[0] for s in (*task.artifacts.values(), *task.parameters.values())}
    if needs := sorted(sources | set(task.after)):
        written["dependentTasks"] = needs
    return written


def _reference(source: str, kind: str) -> dict[str, Any]:
    task, output = source.split(".")
    return {f"taskOutput{kind}": {"producerTask": task, f"output{kind}Key": output}}


def _artifact() -> dict[str, Any]:
    return {"artifactType": {"schemaTitle": "system.Artifact", "schemaVersion": "0.0.1"}}
