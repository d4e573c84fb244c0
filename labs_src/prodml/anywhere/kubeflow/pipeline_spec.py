"""Compiled pipelines as plain dicts, in the words of Kubeflow's PipelineSpec (kfp 2), and how to draw them.

`spec_of` writes by hand what kfp's compiler writes, so that a check needs no kfp: the same fields and the same
references from task to task.
Source: github.com/kubeflow/pipelines, api/v2alpha1/pipeline_spec.proto.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from prodml.lab import plots

Spec = dict[str, Any]
SCHEMA = "2.1.0"
IMAGE = "python:3.11"


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
    """Draw a sound spec: time runs to the right, what stands in one column may run at once.

    A condition's tasks are drawn below it, in its column and the next ones.
    """
    places = _columns(spec["root"]["dag"])
    links = arrows(spec["root"]["dag"])
    for name, task in spec["root"]["dag"]["tasks"].items():
        inside = spec["components"].get(task["componentRef"]["name"], {}).get("dag")
        if inside:
            start, _ = places[name]
            places |= {f"{n}": (start + 1 + column, -1.0 - row) for n, (column, row) in _columns(inside).items()}
            links += [(name, n) for n in inside["tasks"]]
    width = 1.7 * (1 + max(column for column, _ in places.values()))
    fig, ax = plots.figure(title, x="", y="", figsize=(max(7.0, width), 2.6))
    box = {"boxstyle": "round", "fc": "white", "ec": plots.BLUE}
    texts = {name: ax.text(x, y, name, ha="center", va="center", bbox=box) for name, (x, y) in places.items()}
    for before, after in links:
        past = places[after][0] - places[before][0] > 1 and places[after][1] == places[before][1]
        arrow = {
            "arrowstyle": "->",
            "color": plots.GREY,
            "connectionstyle": f"arc3,rad={-0.3 if past else 0}",  # around the boxes between
            "patchA": texts[before].get_bbox_patch(),
            "patchB": texts[after].get_bbox_patch(),
        }
        ax.annotate("", places[after], places[before], arrowprops=arrow)
    ax.set_xlim(-0.6, max(x for x, _ in places.values()) + 0.6)
    ax.set_ylim(min(y for _, y in places.values()) - 0.7, max(y for _, y in places.values()) + 0.7)
    ax.set_axis_off()
    plots.show(fig, alt="A graph of steps. " + "; ".join(f"{a} before {b}" for a, b in links) + ".")


def _columns(dag: Mapping[str, Any]) -> dict[str, tuple[int, float]]:
    """task → (column, row): the column is the longest way to it."""
    before: dict[str, list[str]] = {name: [] for name in dag["tasks"]}
    for producer, consumer in arrows(dag):
        before[consumer].append(producer)
    column = dict.fromkeys(before, 0)
    for _ in before:
        column = {name: max((column[p] + 1 for p in needs), default=0) for name, needs in before.items()}
    rows: dict[int, int] = {}
    places = {}
    for name in sorted(before, key=lambda n: column[n]):
        places[name] = (column[name], float(rows.setdefault(column[name], 0)))
        rows[column[name]] += 1
    return places


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
