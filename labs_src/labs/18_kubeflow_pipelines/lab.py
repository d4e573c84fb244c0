# ---
# jupyter:
#   lab:
#     title: Kubeflow pipelines
#     question: What ran, on what, and should it ship?
#     minutes: 160
#     seconds: 29
#     objectives:
#       - Find what is wrong in a compiled pipeline before any machine runs it
#       - Give every step a fingerprint, so that equal work is recognised by a colleague too
#       - Run exactly the steps that a change makes necessary, as many at once as possible
#       - Decide about a release by slice, and hold it whenever the figures do not say yes
#       - Repeat a step that died without counting anything twice
#     prerequisites: [00_start_here]
#     covers:
#       kubeflow.stages: [lint, schedule, run_step]
#       kubeflow.pipelines-demo: [gate, explore]
#       kubeflow.reproducibility: [fingerprints]
#       kubeflow.visualization: [explore]
#       kubeflow.collaboration: [fingerprints, explore]
# ---

# %% [markdown]
# # 18 · Kubeflow pipelines
# *What ran, on what, and should it ship?*
#
# A notebook that trains a model is run by its author, top to bottom, on a good day. A pipeline is run by nobody,
# every night. Seven steps will take the flights of 2013 from raw table to a served model. You write what makes them
# trustworthy.

# %% kind="setup"
import copy
import hashlib
import json

import numpy as np
import pandas as pd

from prodml import begin, check, explorer, hidden_rng, predict, raised, reveal, rng, value

from prodml.lab import plots
from prodml.anywhere.kubeflow.pipeline_spec import Task, references, spec_of
from prodml.anywhere.kubeflow.retries import Clock, FaultyStep

begin("18_kubeflow_pipelines")

# %% [markdown]
# Kubeflow Pipelines (`kfp`) turns Python functions into steps. On a cluster each step is a container; here its own
# local runner starts each as a process. All that we need is one decorator, and a folder for what the runs leave.

# %% kind="explore"
from kfp import compiler, dsl
from kfp.dsl import HTML, Dataset, Input, Metrics, Model, Output
from prodml.anywhere.kubeflow.local_pipelines import LocalRuns

runs = LocalRuns()
step = dsl.component(base_image="python:3.11", install_kfp_package=False)

# %% [markdown]
# A step knows nothing of the others. It gets files, it leaves files, and the types say which: `Input[Dataset]`,
# `Output[Model]`. What it imports, it imports inside: kfp cuts the function out of this notebook and sends it away.

# %% kind="explore"
@step
def ingest(last: int, raw: Output[Dataset]):
    from prodml.anywhere.kubeflow import flight_steps
    flight_steps.ingest(1, last).to_parquet(raw.path)

@step
def validate(raw: Input[Dataset], clean: Output[Dataset]) -> int:
    import pandas as pd
    from prodml.anywhere.kubeflow import flight_steps
    rows = flight_steps.validated(pd.read_parquet(raw.path))
    rows.to_parquet(clean.path)
    return len(rows)

@step
def transform(clean: Input[Dataset], learn: Output[Dataset], judge: Output[Dataset]):
    import pandas as pd
    rows = pd.read_parquet(clean.path)
    rows[rows["month"] <= 6].to_parquet(learn.path)
    rows[rows["month"] == rows["month"].max()].to_parquet(judge.path)

# %% [markdown]
# The model is a ridge regression. It learns from January to June; the last month judges. The champion that serves
# today learned from January to March.

# %% kind="explore"
@step
def train(learn: Input[Dataset], features: list, model: Output[Model]):
    import pathlib
    import numpy as np
    import pandas as pd
    from prodml.anywhere.kubeflow import flight_steps
    with pathlib.Path(model.path).open("wb") as file:
        np.save(file, flight_steps.fit(pd.read_parquet(learn.path), features))

@step
def evaluate(learn: Input[Dataset], judge: Input[Dataset], model: Input[Model], features: list,
             errors: Output[Dataset], report: Output[HTML], metrics: Output[Metrics]):
    import pathlib
    import numpy as np
    import pandas as pd
    from prodml.anywhere.kubeflow import flight_steps
    learned, judging = pd.read_parquet(learn.path), pd.read_parquet(judge.path)
    table = flight_steps.compared(learned, judging, features, np.load(model.path))
    table.to_parquet(errors.path)
    for name in ("champion", "candidate"):
        metrics.log_metric(name, round(float(table[name].mean()), 3))
    pathlib.Path(report.path).write_text(flight_steps.report(table, "Candidate against champion"))

# %% [markdown]
# Then the gate, and the export. The gate's rule is *your* function of exercise 4. A notebook's function lies in no image,
# so it travels as a parameter: pickled, as text. Only do that with a rule of your own: **unpickling runs whatever the text
# says.** In production the rule is reviewed code in the step's image. `export` is the only step that needs TensorFlow.

# %% kind="explore"
@step
def decide(errors: Input[Dataset], rule: str) -> str:
    import base64
    import pickle
    import pandas as pd
    objections = pickle.loads(base64.b64decode(rule))(pd.read_parquet(errors.path), tolerance=0.5)
    print("objections:", objections)
    return "hold" if objections else "deploy"

@step
def export(model: Input[Model], lite: Output[Model]):
    import os
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import numpy as np
    from prodml.anywhere.kubeflow import flight_steps
    flight_steps.to_lite(np.load(model.path), lite.path)

# %% [markdown]
# The pipeline says who gives what to whom. It runs nothing: inside this function, `raw.outputs["raw"]` is a
# reference, not a table.

# %% kind="explore"
@dsl.pipeline(name="flights")
def flights_pipeline(features: list, rule: str, last: int = 9):
    raw = ingest(last=last)
    clean = validate(raw=raw.outputs["raw"])
    parts = transform(clean=clean.outputs["clean"])
    learn, judge = parts.outputs["learn"], parts.outputs["judge"]
    model = train(learn=learn, features=features).outputs["model"]
    errors = evaluate(learn=learn, judge=judge, model=model, features=features).outputs["errors"]
    verdict = decide(errors=errors, rule=rule)
    with dsl.If(verdict.output == "deploy"):
        export(model=model)

# %% [markdown]
# Compiling makes one YAML file, the *pipeline spec*: components with their inputs and outputs, containers, and a
# graph of tasks. This file is what a cluster gets. Here is its graph.

# %% kind="explore"
import yaml
from prodml.anywhere.kubeflow.pipeline_spec import draw_dag

compiler.Compiler().compile(flights_pipeline, str(runs.folder / "flights.yaml"))
compiled = yaml.safe_load((runs.folder / "flights.yaml").read_text())
draw_dag(compiled, "Seven steps; export stands inside a condition, which is a task of its own: condition-1")

# %% [markdown]
# kfp checks types while compiling. A model where a dataset is wanted does not get through:

# %% kind="explore"
try:
    @dsl.pipeline
    def mixed_up():
        train(learn=train(learn=ingest(last=1).outputs["raw"], features=[]).outputs["model"], features=[])
except Exception as error:
    print(type(error).__name__, "-", str(error)[:200])

# %% [markdown]
# ## 1 · Read the plan before it runs
# *hard · about 21 lines · 35 minutes*
#
# A spec also comes from elsewhere: a file in git, edited by hand, merged, generated. No compiler
# checks it then. Whoever reads it back has a parser, built from the format's definition. What does that find?

# %% kind="explore"
predict(
    "parser",
    "Four specs, each broken in one way: a misspelt field, an unknown task, an output that nobody makes, a cycle. How many does the parser refuse?",
    {"refused": (0, 4)},
)

# %% kind="explore"
from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2

def refused(change):
    broken = copy.deepcopy(compiled)
    change(broken["root"]["dag"]["tasks"])
    try:
        json_format.ParseDict(broken, pipeline_spec_pb2.PipelineSpec())
    except json_format.ParseError:
        return True
    return False

# %% kind="explore"
def wrong_output(tasks):
    tasks["train"]["inputs"]["artifacts"]["learn"]["taskOutputArtifact"]["outputArtifactKey"] = "lern"

changes = {
    "misspelt field": lambda tasks: tasks["train"].update(dependantTasks=["transform"]),
    "unknown task": lambda tasks: tasks["train"].update(dependentTasks=["transfrom"]),
    "output that nobody makes": wrong_output,
    "cycle": lambda tasks: tasks["ingest"].update(dependentTasks=["evaluate"]),
}
found = {name: refused(change) for name, change in changes.items()}
reveal("parser", {"refused": sum(found.values())}, text=f"Refused: {', '.join(n for n, yes in found.items() if yes)}. It reads one field at a time. Whether a name leads anywhere shows only in the whole.")

# %% [markdown]
# The others surface at night, in the step that comes after the expensive one. So you write the check. This is a task
# as compiled, and what `references` reads out of it: who makes each input, of which kind, under which name.

# %% kind="setup"
TASKS = {
    "ingest": Task(makes=("raw",)),
    "validate": Task(artifacts={"raw": "ingest.raw"}, makes=("clean",), returns=("Output",)),
    "transform": Task(artifacts={"clean": "validate.clean"}, makes=("learn", "judge")),
    "train": Task(artifacts={"learn": "transform.learn"}, makes=("model",)),
    "evaluate": Task(artifacts={"judge": "transform.judge", "model": "train.model"}, makes=("errors",)),
    "decide": Task(artifacts={"errors": "evaluate.errors"}, returns=("Output",)),
    "export": Task(artifacts={"model": "train.model"}, parameters={"verdict": "decide.Output"}, makes=("lite",)),
}
sound = spec_of(TASKS)

# %% kind="explore"
print(yaml.safe_dump(sound["root"]["dag"]["tasks"]["export"], sort_keys=False))
references(sound["root"]["dag"]["tasks"]["export"])

# %% [markdown]
# What a component makes stands in `spec["components"][name]["outputDefinitions"]`, as `{"artifacts": {…},
# "parameters": {…}}`; either may be missing, and so may `outputDefinitions`. A component may hold a `"dag"` of its own:
# that is how a condition is compiled. Names of tasks are valid within one DAG only.
#
# | broken | reported |
# |---|---|
# | `train` names the component `comp-trian` | `("train", "component")` |
# | `train` depends on `transfrom` | `("train", "task")` |
# | `train` wants `lern` of `transform` | `("train", "output")` |
# | `ingest` depends on `train` | `("ingest", "cycle")`, `("validate", "cycle")`, `("transform", "cycle")`, `("train", "cycle")` |

# %% kind="exercise" name="lint" exports=["lint"]
def lint(spec):
    """What is wrong with the references in a compiled pipeline.

    spec: dict, a pipeline spec. Its DAGs are spec["root"]["dag"] and the "dag" of every component that has one.
        A task of dag["tasks"] needs the tasks of its "dependentTasks" (the key may be missing) and the producers of
        its `references(task)`.
    Returns a sorted list of pairs (task, problem), each once; an empty list if all is well. Problems:
        "component": task["componentRef"]["name"] is not in spec["components"];
        "task": it needs a task that is not in its own DAG;
        "output": the producer's component does not declare that output under that kind. Not reported where the
            producer, or the producer's component, is missing: that is another problem;
        "cycle": it needs itself, directly or through others. Who only waits for such a task is not reported.
    The spec is left as it is.
    """
    ### BEGIN SOLUTION
    components, found = spec["components"], set()
    for dag in [spec["root"]["dag"], *(c["dag"] for c in components.values() if "dag" in c)]:
        tasks, needs = dag["tasks"], {}
        for name, task in tasks.items():
            needs[name] = {*task.get("dependentTasks", []), *(producer for producer, _, _ in references(task))}
            if task["componentRef"]["name"] not in components:
                found.add((name, "component"))
            if needs[name] - set(tasks):
                found.add((name, "task"))
            for producer, kind, output in references(task):
                component = components.get(tasks[producer]["componentRef"]["name"]) if producer in tasks else None
                if component is not None and output not in component.get("outputDefinitions", {}).get(kind, {}):
                    found.add((name, "output"))
        for name in tasks:
            reached, ahead = set(), [name]
            while ahead:
                new = needs.get(ahead.pop(), set()) - reached
                reached, ahead = reached | new, [*ahead, *new]
            if name in reached:
                found.add((name, "cycle"))
    return sorted(found)
    ### END SOLUTION

# %% kind="check" name="lint" points=6
with check("lint"):
    def says(change=None, spec=sound):
        broken = copy.deepcopy(spec)
        if change:
            change(broken, broken["root"]["dag"]["tasks"])
        before = copy.deepcopy(broken)
        pairs = [tuple(pair) for pair in value(lint(broken), list)]
        assert broken == before, "lint has changed the spec that it was given. Whoever compiles or sends it next gets something else: only read."
        return pairs

    got = says()
    assert got == [], f"This spec is sound, and yours reports {got[:3]}. A task without `dependentTasks`, and a component without `outputDefinitions`, are fine."
    got = says(lambda spec, tasks: tasks["train"]["componentRef"].update(name="comp-trian"))
    assert got == [("train", "component")], f"train names the component comp-trian, which does not exist: expected [('train', 'component')] alone, yours {got}. What it makes cannot be known then."
    got = says(lambda spec, tasks: tasks["train"].update(dependentTasks=["transfrom"]))
    assert got == [("train", "task")], f"train depends on transfrom: expected [('train', 'task')], yours {got}."
    got = says(lambda spec, tasks: tasks.pop("transform"))
    assert sorted(got) == [("evaluate", "task"), ("train", "task")], f"transform is gone: expected evaluate and train, each with 'task', yours {got}. Is every pair there once, and are references read, not only dependentTasks?"
    assert got == sorted(got), f"The pairs are right, their order is not: yours {got}. A report that comes in another order each time cannot be compared: sorted(…)."
    got = says(lambda spec, tasks: tasks["evaluate"].pop("dependentTasks") and tasks.pop("transform"))
    assert got == [("evaluate", "task"), ("train", "task")], f"transform is gone, and evaluate has no dependentTasks, but still reads what transform made: expected evaluate and train, yours {got}. An input is a need too."
    got = says(lambda spec, tasks: tasks["train"]["inputs"]["artifacts"]["learn"]["taskOutputArtifact"].update(outputArtifactKey="lern"))
    assert got == [("train", "output")], f"train wants lern, and transform makes learn and judge: expected [('train', 'output')], yours {got}."
    got = says(lambda spec, tasks: spec["components"].update({"comp-transform": {"executorLabel": "exec-transform"}, "comp-train": {"executorLabel": "exec-train"}}))
    assert set(got) == {("evaluate", "output"), ("export", "output"), ("train", "output")}, f"transform and train make nothing any more: evaluate, export and train miss something that they read, yours reports {got}."
    assert len(got) == 3, f"evaluate misses two outputs, judge and model. That is one pair, ('evaluate', 'output'), and yours has it {got.count(('evaluate', 'output'))} times: collect pairs in a set."
    got = says(lambda spec, tasks: spec["components"]["comp-decide"]["outputDefinitions"].update(artifacts={"Output": {}}, parameters={}))
    assert got == [("export", "output")], f"decide makes an artifact called Output now, and export reads a parameter of that name: expected [('export', 'output')], yours {got}. Artifacts and parameters are two kinds."
    got = says(lambda spec, tasks: tasks["ingest"].update(dependentTasks=["train"]))
    assert ("decide", "cycle") not in got, "ingest, validate, transform and train wait for each other in a ring. decide only waits for them: yours reports it as well, as those do who take all that is left over."
    ring = [(name, "cycle") for name in ("ingest", "train", "transform", "validate")]
    assert got == ring, f"ingest needs train: four tasks wait for each other in a ring, yours reports {got}. A cycle can go through several tasks, and every one of them is in it."
    got = says(lambda spec, tasks: tasks["export"].update(dependentTasks=["export"]))
    assert got == [("export", "cycle")], f"export depends on itself: expected [('export', 'cycle')], yours {got}."

    inner = {"late": {"componentRef": {"name": "comp-export"}, "dependentTasks": ["train"]}}
    got = says(lambda spec, tasks: spec["components"].update({"comp-if": {"dag": {"tasks": inner}}}))
    assert got == [("late", "task")], f"A condition's component has a DAG of its own, whose task late depends on train. But train stands in the root's DAG: expected [('late', 'task')], yours {got}."
    ### BEGIN HIDDEN TESTS
    h = hidden_rng()
    names = [f"t{i}" for i in h.permutation(12)]
    chain = {name: Task(artifacts={"x": f"{names[i - 1]}.y"} if i else {}, makes=("y",)) for i, name in enumerate(names)}
    spec = spec_of(chain)
    a, b = sorted(int(i) for i in h.choice(np.arange(1, 11), 2, replace=False))
    assert says(spec=spec) == [], "Your lint reports something in a long chain that is sound."
    loop = sorted((name, "cycle") for name in names[a : b + 1])
    assert says(lambda s, tasks: tasks[names[a]]["dependentTasks"].append(names[b]), spec) == loop, "In a long chain with a loop in its middle your lint does not report exactly the tasks of the loop."
    cut = says(lambda s, tasks: tasks.pop(names[a]), spec)
    assert cut == [(names[a + 1], "task")], "In a long chain from which a task was taken, your lint does not report exactly the task after it."
    both = says(lambda s, tasks: (tasks[names[b]].update(dependentTasks=["nobody"]), s["components"][f"comp-{names[0]}"].pop("outputDefinitions")), spec)
    assert both == sorted([(names[b], "task"), (names[1], "output")]), "Your lint overlooks a fault where a spec has two, or where a component makes nothing at all."
    twin = {names[0]: {"componentRef": {"name": f"comp-{names[0]}"}, "dependentTasks": [names[b]]}}
    same = says(lambda s, tasks: s["components"].update({"comp-if": {"dag": {"tasks": twin}}}), spec)
    assert same == [(names[0], "task")], "Two DAGs have a task of the same name, and your lint follows the needs of one into the other."
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="lint"
# 1. First write it for one DAG: a dict `needs` from task to the set of tasks that it needs. Three of the four problems can be read off while you fill it.
# 2. "Needs itself through others": start at the task, follow `needs` as far as it goes, and see whether you come back. Keep a set of what you have reached, or a ring will hold you for ever.
# 3. Use `components.get(...)` and `.get("outputDefinitions", {}).get(kind, {})`. Then put a loop around: `[spec["root"]["dag"], *(c["dag"] for c in components.values() if "dag" in c)]`.

# %% [markdown]
# Your lint on what kfp has compiled, and on the four broken versions of it.

# %% kind="explore"
print(f"as compiled: parser {'refuses' if refused(lambda tasks: None) else 'accepts'}, lint {lint(compiled)}")
for name, change in changes.items():
    broken = copy.deepcopy(compiled)
    change(broken["root"]["dag"]["tasks"])
    print(f"{name}: parser {'refuses' if found[name] else 'accepts'}, lint {lint(broken)}")

# %% [markdown]
# Each sees what the other does not: the misspelt field is the parser's. Run both where the file is merged.

# %% [markdown]
# ## 2 · The same work has the same name
# *medium · about 9 lines · 20 minutes*
#
# Two colleagues ran "the same" training. Did they? A step's result depends on its code, its image, its
# parameters and what went in. A hash of just that is a **fingerprint**: equal fingerprints, equal work. It does
# not depend on when it ran, where it wrote, or what the step is called.

# %% [markdown]
# What went in has a fingerprint already: that of the step which made it. So one letter changed in `ingest` gives new
# fingerprints to `ingest` and to all that follows, and to nothing else.

# %% kind="setup"
def recipe(code, inputs=None, **parameters):
    """A step as `fingerprints` gets it."""
    noise = {"started": "2013-09-30T02:00", "folder": f"/runs/41/{code}"}
    return {"code": code, "image": "python:3.11", "parameters": parameters, "inputs": inputs or {}, **noise}


STEPS = {
    "ingest": recipe("read months", last=9),
    "weather": recipe("read weather", last=9),
    "transform": recipe("join and split", {"flights": "ingest", "weather": "weather"}, by="month"),
    "train": recipe("ridge", {"rows": "transform"}, strength=1.0, features=["dep_delay", "hour"]),
    "evaluate": recipe("errors by carrier", {"rows": "transform", "model": "train"}),
}

# %% kind="exercise" name="fingerprints" exports=["fingerprints"]
def fingerprints(steps):
    """The fingerprint of every step: equal if and only if the work is equal.

    steps: dict, name → step. A step is a dict with
        "code", "image": str;
        "parameters": dict, name → str, number, bool, None or list of these;
        "inputs": dict, name of the input → name of the step in `steps` that makes it; no cycles;
        "started", "folder": str: when it ran, and where it wrote.
    What counts: code, image, parameters by name, and for each input by name the fingerprint of its maker. The type
        of a parameter is a part of it: 1, 1.0, True and "1" are four values, and so are they in a list.
    What does not: the step's own name, "started", "folder", and the order of any dict.
    Returns a dict, name → SHA-256 in 64 hex digits (a str). A colleague's machine gives the same ones.
    """
    ### BEGIN SOLUTION
    known = {}

    def of(name):
        if name not in known:
            step = steps[name]
            counts = {key: step[key] for key in ("code", "image", "parameters")}
            counts["inputs"] = {i: of(maker) for i, maker in step["inputs"].items()}
            known[name] = hashlib.sha256(json.dumps(counts, sort_keys=True).encode()).hexdigest()
        return known[name]

    return {name: of(name) for name in steps}
    ### END SOLUTION

# %% kind="check" name="fingerprints" points=5
with check("fingerprints"):
    def printed(steps):
        return value(fingerprints(copy.deepcopy(steps)), dict)

    def with_step(steps, name, **changes):
        return {**steps, name: {**steps[name], **changes}}

    base = printed(STEPS)
    assert set(base) == set(STEPS), f"There is one fingerprint for each of the five steps, yours are for {sorted(map(str, base))}."
    first = value(base["ingest"], str)
    assert len(first) == 64 and set(first.lower()) <= set("0123456789abcdef"), f"A SHA-256 has 64 hex digits, yours is {first[:70]!r}. Python's hash() differs from process to process; hashlib.sha256(…).hexdigest() does not."

    def changed(other):
        again = printed(other)
        return [name for name in STEPS if again[name] != base[name]]

    got = changed({name: dict(reversed(step.items())) for name, step in reversed(STEPS.items())})
    assert got == [], f"Only the order of steps and of their keys was changed, and {got} got other fingerprints. A dict's order is nobody's intention: sort the keys."
    turned = with_step(STEPS, "train", parameters=dict(reversed(STEPS["train"]["parameters"].items())))
    assert changed(turned) == [], "Only the order of train's parameters was changed, and its fingerprint too. Keys are sorted at every depth: json.dumps has sort_keys."
    turned = with_step(STEPS, "transform", inputs=dict(reversed(STEPS["transform"]["inputs"].items())))
    assert changed(turned) == [], "Only the order of transform's inputs in their dict was changed, and its fingerprint too. An input counts under its name, not by its place."
    got = changed({name: {**step, "started": "2013-10-01T02:00", "folder": "/runs/42"} for name, step in STEPS.items()})
    assert got == [], f"The same work on the next day in another folder: {got} got other fingerprints. When and where are not part of the work."
    renamed = {"fit" if name == "train" else name: step for name, step in STEPS.items()}
    renamed = with_step(renamed, "evaluate", inputs={"rows": "transform", "model": "fit"})
    again = printed(renamed)
    assert [again["fit"], again["evaluate"]] == [base["train"], base["evaluate"]], "train is called fit now, and does the same. Its fingerprint, or that of evaluate after it, has changed: names of steps do not count; fingerprints of makers do."

    got = changed(with_step(STEPS, "train", code="ridge!"))
    assert "ingest" not in got and "transform" not in got, f"train's code has changed, and {got} got new fingerprints. What comes before train is as it was."
    assert got == ["train", "evaluate"], f"train's code has changed: expected new fingerprints for train and evaluate, yours for {got}."
    got = changed(with_step(STEPS, "ingest", parameters={"last": 10}))
    assert "ingest" in got, f"ingest reads one more month: its parameter last is 10, and its own fingerprint is the old one. Yours has new ones for {got}. Parameters count."
    assert "evaluate" in got, f"ingest reads one more month. Yours has new fingerprints for {got}, not for evaluate, whose inputs come from it through other steps: use the maker's fingerprint, not its code."
    assert got == ["ingest", "transform", "train", "evaluate"], f"ingest reads one more month: expected new fingerprints for ingest, transform, train and evaluate, yours for {got}."
    got = changed(with_step(STEPS, "weather", image="python:3.12"))
    assert got == ["weather", "transform", "train", "evaluate"], f"weather runs in another image: expected new fingerprints for weather and all that follows, yours for {got}."
    got = changed(with_step(STEPS, "ingest", parameters={"last": "9"}))
    assert "ingest" in got, "The parameter last was the number 9 and is the text \"9\" now: not the same work, but your fingerprints are equal. str() makes them alike."
    alike = printed({type(x).__name__: recipe("same", last=x) for x in (1, 1.0, True)})
    assert alike["int"] != alike["float"], "Two steps of one run differ in a parameter, 1 and 1.0, and have the same fingerprint. A step gets an integer or a float, and with it other code may run and other files come out. As keys of a dict they are equal, as text they are not."
    assert alike["int"] != alike["bool"], "Two steps of one run differ in a parameter, 1 and True, and have the same fingerprint. In Python 1 == True; a step that writes its parameter writes two different files."
    got = changed(with_step(STEPS, "ingest", code="read month", image="spython:3.11"))
    assert "ingest" in got, "The code lost its last letter, and the image gained it in front: other work, the same fingerprint. Strings that are only joined run into each other."
    got = changed(with_step(STEPS, "transform", inputs={"flights": "weather", "weather": "ingest"}))
    assert "transform" in got, "flights and weather have changed places as inputs of transform: other work, the same fingerprint. Each input counts under its name."
    ### BEGIN HIDDEN TESTS
    h = hidden_rng()
    letters = [f"s{i}" for i in h.permutation(9)]
    tree = {n: recipe(f"code {n}", {"a": letters[i // 2], "b": letters[(i - 1) // 2]} if i > 2 else {}, x=int(h.integers(1000))) for i, n in enumerate(letters)}
    tree = {n: tree[n] for n in sorted(tree)}
    before, after = printed(tree), printed(with_step(tree, letters[1], parameters={"x": -1}))
    follows = {letters[1]}
    for n in letters[3:]:
        follows |= {n} & {m for m in letters if set(tree[m]["inputs"].values()) & follows}
    assert {n for n in tree if before[n] != after[n]} == follows, "In another pipeline, a change does not give new fingerprints to exactly the steps that follow from it."
    twins = {"left": recipe("same", x=[1, 2]), "right": recipe("same", x=[1, 2]), "other": recipe("same", x=[2, 1])}
    again = printed(twins)
    assert again["left"] == again["right"], "Two steps that do the same work get different fingerprints."
    assert again["left"] != again["other"], "A list as parameter in another order is other work, and gets the same fingerprint."
    assert printed(with_step(twins, "left", parameters={"y": [1, 2]}))["left"] != again["left"], "A parameter of another name with the same value gets the same fingerprint."
    kinds = [[x] for x in (1, 1.0, True, "1", None, "None", "null")]
    again = printed({f"s{i}": recipe("same", x=x) for i, x in enumerate(kinds)})
    assert len(set(again.values())) == len(kinds), "Inside of a list, values of different types get the same fingerprint."
    reader = {**twins, "end": recipe("read", {"x": "left"}, x=1)}
    assert printed(with_step(reader, "end", parameters={"x": 2}))["end"] != printed(reader)["end"], "Where a parameter has the name of an input, a change of one of them does not count."
    assert printed(with_step(reader, "end", inputs={"x": "other"}))["end"] != printed(reader)["end"], "Where an input has the name of a parameter, a change of one of them does not count."
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="fingerprints"
# 1. Build a dict of what counts and nothing else, turn it into text in one fixed way, and hash the text.
# 2. The text: `json.dumps(counts, sort_keys=True)`. It keeps 9 and "9" apart, and every name beside its value.
# 3. For the inputs you need the makers' fingerprints first: an inner function `of(name)` that calls itself for each maker, and remembers what it knows.

# %% [markdown]
# ## 3 · Run what is needed, and no more
# *medium · about 11 lines · 20 minutes*
#
# If a step's fingerprint was seen before, its result is there: a cache. A night's work shrinks to what has changed.
# kfp's backend does this; you decide here what it has to run.

# %% [markdown]
# Wanted is `report`. The results of the steps in brackets are cached:
#
# ```
# (ingest) → clean → (split) → train → report
#                        └────────────────↗
# ```
#
# `train` and `report` run, in two waves. `clean` is not cached, but nobody needs it: `split` is there.

# %% kind="exercise" name="schedule" exports=["schedule"]
def schedule(needs, cached, wanted):
    """Which steps must run to get the wanted ones, in waves: each step as early as it can.

    needs: dict, step → list of the steps whose results it reads; every step is a key; no cycles.
    cached: set of steps whose results are there. They are not run.
    wanted: list of steps whose results are asked for.
    Returns a list of waves; a wave is a list of steps, sorted by name, that can all run at once when the waves before
    it have ended. A step runs only if its result is wanted, or read by a step that runs. Nothing to run: an empty list.
    """
    ### BEGIN SOLUTION
    to_run, ahead = {}, list(wanted)
    while ahead:
        name = ahead.pop()
        if name not in cached and name not in to_run:
            to_run[name] = set(needs[name]) - set(cached)
            ahead += to_run[name]
    waves, done = [], set()
    while len(done) < len(to_run):
        waves.append(sorted(name for name in to_run if name not in done and to_run[name] <= done))
        done |= set(waves[-1])
    return waves
    ### END SOLUTION

# %% kind="check" name="schedule" points=4
with check("schedule"):
    FLIGHTS = {
        "ingest": [], "weather": [], "validate": ["ingest"], "transform": ["validate", "weather"], "train": ["transform"],
        "evaluate": ["transform", "train"], "report": ["evaluate"], "decide": ["evaluate"], "export": ["train", "decide"],
    }

    def waves(cached, wanted, needs=FLIGHTS):
        planned = value(schedule(copy.deepcopy(needs), set(cached), list(wanted)), list)
        assert not any(isinstance(wave, str) for wave in planned), f"A wave is a list of steps, also where it has one step only; yours returns {planned[:4]}, names without waves."
        return [list(wave) for wave in planned]

    got = waves([], ["export", "report"])
    assert max((len(wave) for wave in got), default=2) > 1, "ingest and weather do not read each other's results: they run in one wave, and yours has one step per wave."
    whole = [["ingest", "weather"], ["validate"], ["transform"], ["train"], ["evaluate"], ["decide", "report"], ["export"]]
    assert [sorted(wave) for wave in got] == whole, f"Nothing is cached and everything is wanted: expected {whole}, yours {got}. Does each step run as early as it can, and once?"
    assert got == whole, f"The waves are right, but a wave is not sorted by name: expected {whole}, yours {got}."
    got = waves([], ["decide"])
    assert got == [["ingest", "weather"], ["validate"], ["transform"], ["train"], ["evaluate"], ["decide"]], f"Only decide is wanted: neither report nor export is read by anything that runs. Yours {got}."
    got = waves(["ingest", "weather", "validate", "transform"], ["report"])
    assert got != [[], [], [], ["train"], ["evaluate"], ["report"]], "All before train is cached, and yours begins with empty waves: what is cached takes no wave."
    assert got == [["train"], ["evaluate"], ["report"]], f"All before train is cached: expected train, evaluate and report, one after the other, yours {got}. A cached step is not run."
    got = waves(["ingest", "weather", "transform"], ["report"])
    assert got == [["train"], ["evaluate"], ["report"]], f"validate is not cached, but transform, its only reader, is. Expected train, evaluate and report, yours {got}. Go backwards from what is wanted."
    got = waves(["evaluate"], ["evaluate", "export"])
    assert ["evaluate"] not in got, f"train must run for export. evaluate, which reads train's result too, is cached: the fingerprint says that it would come out the same. Yours runs it again: {got}."
    assert got == [["decide", "ingest", "weather"], ["validate"], ["transform"], ["train"], ["export"]], f"evaluate is cached, so decide waits for nobody: it belongs into the first wave. Yours {got}."
    got = waves(FLIGHTS, ["export"])
    assert got == [], f"Everything is cached: nothing to run, an empty list, yours {got}."
    ### BEGIN HIDDEN TESTS
    def expected(needs, cached, wanted):
        level = {}
        def visit(name):
            if name not in cached and name not in level:
                level[name] = 1 + max((visit(n) for n in needs[name] if n not in cached), default=-1)
            return level.get(name, -1)
        for name in wanted:
            visit(name)
        return [sorted(n for n in level if level[n] == at) for at in range(max(level.values(), default=-1) + 1)]

    h = hidden_rng()
    names = [f"step{i}" for i in h.permutation(30)]
    needs = {n: [names[j] for j in sorted({int(j) for j in h.integers(0, i, 2)})] if i > 3 else [] for i, n in enumerate(names)}
    needs = {n: needs[n] for n in sorted(needs)}
    some = [n for n in names if h.random() < 0.3]
    ends = [names[-1], names[-2]]
    assert waves([], names, needs) == expected(needs, set(), names), "On a larger graph, with nothing cached, your waves are not right."
    assert waves(some, names, needs) == expected(needs, set(some), names), "On a larger graph, with some steps cached, your waves are not right."
    assert waves(some, ends, needs) == expected(needs, set(some), ends), "On a larger graph, with two steps wanted, you do not run exactly what they need."
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="schedule"
# 1. Two questions, one after the other: *which* steps run, and *when*.
# 2. Which: start at the wanted steps and go backwards through `needs`; stop at what is cached.
# 3. When: in a loop, take all steps that have not run and whose needs, without the cached ones, all have. That is a wave. Sort it.

# %% [markdown]
# ## 4 · The gate
# *medium · about 9 lines · 30 minutes*
#
# Every night a candidate comes out. Nobody looks. A function says whether it ships. Here are two candidates, the
# first with all features, the second without the carrier: "it is only a name".

# %% kind="explore"
from prodml.anywhere.kubeflow import flight_steps

everything = ["dep_delay", "distance", "hour", "precip", "visib", "wind_speed", "carrier"]
no_carrier = everything[:-1]
rows = flight_steps.validated(flight_steps.ingest(1, 9))
learned, september = rows[rows["month"] <= 6], rows[rows["month"] == 9]

def compare(features):
    return flight_steps.compared(learned, september, features, flight_steps.fit(learned, features))

errors_of = {"all features": compare(everything), "no carrier": compare(no_carrier)}
print(f"{len(september):,} flights of September")
pd.DataFrame({name: table[["champion", "candidate"]].mean() for name, table in errors_of.items()}).round(2)

# %% [markdown]
# Mean absolute errors in minutes, on the 27,010 flights of September. Both candidates beat the champion by nearly half a
# minute. Ship both?

# %% kind="explore"
predict("slices", "The candidate without the carrier is 0.43 minutes better on average. For how many of the 16 carriers is it worse, and by how much for the worst?", {"carriers": (0, 16), "minutes worse": (0.0, 5.0)})

# %% kind="explore"
def by_carrier(errors):
    change = errors["candidate"] - errors["champion"]
    return change.groupby(errors["carrier"]).agg(["mean", "std", "size"]).sort_values("mean", ascending=False)

worse = by_carrier(errors_of["no carrier"])
reveal("slices", {"carriers": (worse["mean"] > 0).sum(), "minutes worse": worse["mean"].max()}, text="An average is an agreement between those who gain and those who pay. Passengers fly with one carrier.")

# %% kind="explore"
worse.head(6).round(2).rename(columns={"mean": "mean change (min)", "std": "spread (min)", "size": "flights"})

# %% [markdown]
# So the gate looks at slices. The obvious rule is "no carrier may get worse". Try it on two models that are
# **equally good**: for each flight, a coin decides which of the two errors is the champion's.

# %% kind="explore"
predict("coin", "100 releases of models that are equally good. How many does each rule hold up?", {"no carrier may get worse": (0, 100), "none clearly worse than 0.5 min": (0, 100)})

# %% kind="explore"
change = (errors_of["all features"]["candidate"] - errors_of["all features"]["champion"]).to_numpy()
codes, carriers = pd.factorize(september["carrier"])
flights_of = np.bincount(codes)

def means_of_a_toss(random):
    tossed = change * random.choice([-1, 1], len(change))
    mean = np.bincount(codes, tossed) / flights_of
    spread = np.sqrt(np.bincount(codes, tossed**2) / flights_of - mean**2)
    return mean, spread / np.sqrt(flights_of)

tosses = [means_of_a_toss(random) for random in np.random.default_rng(0).spawn(100)]
reveal("coin", {
    "no carrier may get worse": sum((mean > 0).any() for mean, _ in tosses),
    "none clearly worse than 0.5 min": sum(((mean - 0.5 > 3 * error) & (flights_of >= 30)).any() for mean, error in tosses),
}, text="With 16 carriers, half of them get worse by chance. A gate that always says no is switched off within a week.")

# %% [markdown]
# A gate needs three figures: how much worse matters (`tolerance`, in minutes), how sure it must be (`z` standard
# errors), and how many flights are too few to tell. Both models predicted the same flights, so subtract flight by
# flight: with $d$ = candidate − champion, a carrier is *clearly worse* if
#
# $$\bar d - \mathrm{tolerance} > z \cdot \frac{s_d}{\sqrt n}$$

# %% [markdown]
# A worked example, tolerance 0.5 and z 3: 9E has 1,468 flights, $\bar d$ = 1.41, $s_d$ = 3.60. The standard error is
# 3.60 / √1468 = 0.094, and 1.41 − 0.5 = 0.91 > 0.28: held. YV: 42 flights, 0.68 ± 1.94, 0.18 < 0.90: not clear.
#
# And it **fails closed**: where the candidate gave no number, or there is nothing to compare, the answer is no. In
# Python `nan > 0.5` is False, and pandas leaves NaN out of a mean. Both read as "all is well".

# %% kind="exercise" name="gate" exports=["gate"]
def gate(errors, tolerance, z=3.0, fewest=30):
    """What speaks against releasing the candidate. An empty list: it may ship.

    errors: DataFrame, a row per flight, with the columns "carrier" (str) and "champion", "candidate": absolute
        errors in minutes. The candidate's is NaN or infinite where it failed; the champion's is always finite.
    tolerance: minutes. z: standard errors. fewest: flights.
    Returns a sorted list of strings, and leaves `errors` as it is:
        a carrier: the candidate's error is not finite for one of its flights, or more; or the carrier has at least
            `fewest` flights, and the candidate is clearly worse for it, by the formula above;
        "all": over all flights with a finite error, the candidate's mean error is not smaller than the
            champion's on the same flights; or there is no such flight.
    """
    ### BEGIN SOLUTION
    finite = np.isfinite(errors["candidate"])
    against = set(errors["carrier"][~finite])
    change = (errors["candidate"] - errors["champion"])[finite]
    by = change.groupby(errors["carrier"][finite].astype(str)).agg(["mean", "std", "size"])
    clearly = by["mean"] - tolerance > z * by["std"] / np.sqrt(by["size"])
    against |= set(by.index[clearly & (by["size"] >= fewest)])
    if not change.mean() < 0:
        against.add("all")
    return sorted(against)
    ### END SOLUTION

# %% kind="check" name="gate" points=6
with check("gate"):
    def table(**carriers):
        """carrier → (flights, mean change, spread of the change); the champion's errors go from 0 to 60 minutes."""
        parts = []
        for carrier, (n, mean, spread) in carriers.items():
            noise = np.tile([-1.0, 1.0], n)[:n]
            champion = np.linspace(5, 65, n)
            parts.append(pd.DataFrame({"carrier": carrier, "champion": champion, "candidate": champion + mean + spread * (noise - noise.mean())}))
        return pd.concat(parts, ignore_index=True)

    def against(errors, tolerance=0.5, **options):
        given = errors.copy()
        objections = value(gate(given, tolerance, **options), list)
        assert given.equals(errors), "Your gate has changed the table that it was given. The report is made from it afterwards: work on a copy."
        return objections

    better = table(UA=(900, -1.5, 3), DL=(800, -1.5, 3), AA=(700, -1.5, 3))
    got = against(better)
    assert got == [], f"The candidate is 1.5 minutes better for every carrier: nothing speaks against it, yours {got}."
    got = against(table(UA=(900, 0.2, 3), DL=(800, 0.2, 3)))
    assert got == ["all"], f"0.2 minutes worse for everybody, within the tolerance of each carrier: expected ['all'], yours {got}. A candidate must be better overall."
    got = against(pd.concat([better, table(WN=(600, 5, 3))], ignore_index=True))
    assert "WN" in got, f"Better overall, but 5 minutes worse for 600 flights of WN: expected ['WN'], yours {got}. The average hides it. So does the spread of single flights, 3 minutes: a mean of 600 is √600 times as sure."
    got = against(pd.concat([better, table(WN=(600, 1.5, 3))], ignore_index=True))
    assert "WN" in got, f"Better overall, but 1.5 minutes worse for 600 flights of WN: expected ['WN'], yours {got}. Is your standard error that of the errors, which differ by an hour? Both models predicted the same flights: subtract flight by flight."
    assert got == ["WN"], f"Better overall, but 1.5 minutes worse for 600 flights of WN: expected ['WN'], yours {got}."
    got = against(pd.concat([better, table(YV=(40, 0.8, 8))], ignore_index=True))
    assert got == [], f"40 flights of YV, worse by 0.8 ± 8 minutes: the standard error is 1.3, so this can be chance. Expected [], yours {got}. Is the spread divided by the square root of the number of flights, and compared at all?"
    got = against(pd.concat([better, table(US=(6000, 0.2, 3))], ignore_index=True))
    assert "all" not in got, f"0.3 minutes better over all flights, and yours says 'all': {got}. Overall any gain will do; the tolerance is for single carriers."
    assert got == [], f"6,000 flights of US, worse by 0.2 ± 3 minutes: certainly worse, but by less than the tolerance. Expected [], yours {got}. Certain is not important: subtract the tolerance first."
    got = against(pd.concat([better, table(WN=(30, 1.5, 0.5))], ignore_index=True))
    assert got == ["WN"], f"WN has exactly `fewest` flights, 30, and is clearly worse: expected ['WN'], yours {got}. At least `fewest` are enough."
    got = against(pd.concat([better, table(HA=(5, 50, 1))], ignore_index=True))
    assert "all" not in got, f"Better over all flights, and yours says 'all': {got}. Five flights of HA do not weigh as much as 900 of UA: 'all' takes the mean over flights, not over carriers."
    assert got == [], f"HA has 5 flights, fewer than `fewest`: too few to judge. Expected [], yours {got}."

    failing = better.copy()
    failing.loc[failing.index[:20], "candidate"] = np.nan
    got = against(failing)
    assert got == ["UA"], f"The candidate gave NaN for 20 flights of UA: expected ['UA'], yours {got}. mean() leaves NaN out, and a comparison with NaN is False: a gate that does not ask lets it pass."
    failing.loc[failing.index[:20], "candidate"] = np.inf
    got = against(failing)
    assert got == ["UA"], f"The candidate gave an infinite error for 20 flights of UA: expected ['UA'], yours {got}. isna() does not see infinity; np.isfinite does."
    hardest = better.assign(candidate=better["champion"] + 0.3)
    hardest.loc[hardest["champion"] > 55, "candidate"] = np.nan
    got = against(hardest)
    assert got == ["AA", "DL", "UA", "all"], f"The candidate is 0.3 minutes worse, and gave NaN for the flights that are hardest: expected every carrier and 'all', yours {got}. Without its failures it looks better than a champion that answered for all: compare on the same flights."
    got = against(better.iloc[:0])
    assert got == ["all"], f"There are no flights at all: nothing shows that the candidate is better. Expected ['all'], yours {got}."
    got = against(better.assign(candidate=np.nan))
    assert got == ["AA", "DL", "UA", "all"], f"The candidate failed for every flight: expected every carrier and 'all', sorted, yours {got}. The mean of nothing is NaN, and `nan >= 0` is False."
    got = against(better.assign(candidate=better["champion"]))
    assert got == ["all"], f"The candidate is the champion once more: not better, so 'all' speaks against it, yours {got}."
    ### BEGIN HIDDEN TESTS
    h = hidden_rng()
    names = ["AA", "B6", "DL", "EV", "MQ", "UA", "US", "WN"]
    bad = sorted(str(n) for n in h.choice(names, 3, replace=False))
    facts = {n: (2 * int(h.integers(100, 200)), h.uniform(1.5, 3) if n in bad else h.uniform(-9, -6), 1.0) for n in names}
    mixed = table(**facts).sample(frac=1, random_state=int(h.integers(10_000)))
    assert against(mixed) == bad, "On other flights, in mixed order, your gate does not name exactly the carriers that get clearly worse."
    assert against(mixed, tolerance=4.0) == [], "Your gate does not follow the tolerance that it is given."
    assert against(mixed, fewest=500) == [], "Your gate does not follow the argument fewest."
    assert against(mixed, z=200.0) == [], "Your gate does not follow the argument z."
    tail = pd.concat([mixed, table(OO=(200, 0, 1))], ignore_index=True)
    tail.loc[tail.index[-200:-180], "candidate"] += 40.0
    assert against(tail) == sorted([*bad, "OO"]), "Where one flight in ten gets 40 minutes worse and the others stay as they are, your gate does not see it: the mean does."
    few = pd.concat([mixed, table(HA=(4, -1, 1)).assign(candidate=np.nan)], ignore_index=True)
    assert against(few) == sorted([*bad, "HA"]), "A failed prediction holds the release for a carrier with few flights too: that needs no statistics."
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="gate"
# 1. Three questions, each adding names to one set: where did the candidate fail, for whom is it clearly worse, and is it better overall?
# 2. A mask of the rows where `np.isfinite` holds for the candidate comes first. Then `change` = candidate − champion on these rows, and `change.groupby(errors["carrier"]).agg(["mean", "std", "size"])`.
# 3. For "all", ask for the good case and negate it: `if not change.mean() < 0`. That holds for 0, for NaN and for nothing at all.

# %% [markdown]
# Move the controls. One carrier of sixteen gets worse by so many minutes; the others are as before. How often is the
# release held? A flight's change spreads by 3 minutes, as measured above. With tolerance 0 the blue line no longer
# starts at 0: sixteen carriers are sixteen chances of a false alarm, 1 − Φ(3)¹⁶ = 2% in all at z = 3.

# %% kind="explore"
from scipy.stats import norm

def draw_gate(flights, tolerance, z):
    worse = np.linspace(-0.5, 2.5, 200)
    error = 3 / np.sqrt(flights)
    sure = 1 - norm.cdf((tolerance + z * error - worse) / error) * norm.cdf((tolerance + z * error) / error) ** 15
    naive = 1 - norm.cdf(-worse / error) * 0.5**15
    caught = np.interp(1.0, worse, sure)
    fig, ax = plots.figure(f"{flights} flights per carrier: 1 minute worse is held in {caught:.0%} of the releases", x="true change of one carrier (minutes)", y="share of releases held")
    ax.plot(worse, naive, color=plots.GREY)
    ax.plot(worse, sure, color=plots.BLUE)
    ax.set_ylim(-0.05, 1.15)
    ax.text(-0.5, 1.03, "held if any carrier is worse", color=plots.GREY, va="bottom")
    ax.text(0.98, 0.06, "held if one is clearly worse", color=plots.BLUE, transform=ax.transAxes, ha="right")
    plots.show(fig, alt=f"Share of releases held against the true change of one carrier. The naive rule holds nearly all; the careful one holds {caught:.0%} at 1 minute.")


explorer(draw_gate, flights=(30, 3000, 300), tolerance=(0.0, 1.0, 0.5), z=(0.0, 4.0, 3.0))

# %% [markdown]
# ### Both ways, for real
#
# First your gate here, on the errors that we have.

# %% kind="explore"
{name: gate(table, tolerance=0.5) for name, table in errors_of.items()}

# %% [markdown]
# Now the whole pipeline, once per candidate, with your gate inside. The first must be exported, the second must not.
# (`cache=True` keeps the results of the first run for later. The second computes all of it afresh.)

# %% kind="explore"
gate(errors_of["no carrier"], tolerance=0.5)  # if it does not work here, it will not work there
import base64
import cloudpickle

rule = base64.b64encode(cloudpickle.dumps(gate)).decode()
ship = runs.run(flights_pipeline, cache=True, features=everything, rule=rule)
hold = runs.run(flights_pipeline, features=no_carrier, rule=rule)
for name, run in (("all features", ship), ("no carrier", hold)):
    said = next(line.strip() for line in run.log.splitlines() if "objections:" in line)
    print(f"{name:13} {run.seconds:4.1f} s   {said}\n   ran: {', '.join(run.ran)}")

# %% [markdown]
# A gate that has never said no is not known to work. Test both ways, and assert it:

# %% kind="explore"
assert "export" in ship.ran, "the good candidate was not exported"
assert "export" not in hold.ran, "the gate let the second candidate through"
assert ship.failed is None and hold.failed is None, "a held release is no failed run"

# %% [markdown]
# Why assert what is plain to see? Here are two pipelines that differ in one thing: whether the step before the gate *returns* its verdict,
# or returns it as an output with a *name*. Both say "deploy".

# %% kind="explore"
from typing import NamedTuple

@step
def single() -> str:
    return "deploy"

@step
def named() -> NamedTuple("Verdict", [("verdict", str)]):
    return ("deploy",)

@step
def ship_it() -> str:
    return "shipped"

# %% kind="explore"
@dsl.pipeline
def by_return():
    with dsl.If(single().output == "deploy"):
        ship_it()

@dsl.pipeline
def by_name():
    with dsl.If(named().outputs["verdict"] == "deploy"):
        ship_it()

predict("named", "Each pipeline has two steps, and each verdict is “deploy”. How many steps run?", {"by return value": (0, 2), "by named output": (0, 2)})

# %% kind="explore"
returned, by_its_name = runs.run(by_return), runs.run(by_name)
reveal("named", {"by return value": len(returned.ran), "by named output": len(by_its_name.ran)}, text="kfp 2.17's local runner cannot resolve a named output in a condition. It logs a warning, skips the branch, and reports success. On a cluster the same YAML is run by other code, which was not tried here.")

# %% kind="explore"
print("the run reports:", "failure" if by_its_name.failed else "success")
print(*[line for line in by_its_name.log.splitlines() if "Could not resolve" in line], sep="\n")

# %% [markdown]
# ### What a colleague can see
#
# Runs are compared by what they logged. On a cluster this table is a page of the dashboard.

# %% kind="explore"
both = {"all features": ship, "no carrier": hold}
table_of_runs = pd.DataFrame({name: run.metrics("evaluate") for name, run in both.items()}).T
table_of_runs.assign(exported=["export" in run.ran for run in both.values()]).rename_axis("run").style.format("{:.2f}", subset=["champion", "candidate"])

# %% [markdown]
# Two figures per run say that both candidates gain. The picture is drawn from an artifact, the errors that `evaluate`
# left in each run. It says who pays. It has the 14 carriers with 30 flights or more; HA with 25 and OO with 17 are judged
# by nobody, and a gate should say so in its log.

# %% kind="explore"
changes_of = pd.DataFrame({name: by_carrier(pd.read_parquet(run.path("evaluate", "errors")))["mean"] for name, run in both.items()})
print("fewer than 30 flights:", worse.loc[worse["size"] < 30, "size"].to_dict())
many = changes_of.loc[worse.index[worse["size"] >= 30]].sort_values("no carrier")
paying = int((many["no carrier"] > 0.5).sum())

fig, ax = plots.figure(f"Without the carrier, {paying} of {len(many)} carriers get worse by more than 0.5 minutes", x="change of the mean absolute error, candidate − champion (minutes)", figsize=(7, 4.2))
for name, colour, marker, side in (("all features", plots.BLUE, "o", "right"), ("no carrier", plots.ORANGE, "s", "left")):
    ax.plot(many[name], range(len(many)), marker, color=colour)
    ax.annotate(name, (many[name].iloc[-1], len(many) - 1), (-9 if side == "right" else 9, 0), textcoords="offset points", color=colour, ha=side, va="center")
ax.axvline(0, color=plots.GREY)
ax.axvline(0.5, color=plots.GREY, linestyle="--")
ax.text(0.56, 0, "tolerance", va="center")
ax.set_yticks(range(len(many)), many.index)
ax.set_xlim(right=2.4)
ax.grid(axis="x")
plots.show(fig, alt="Change of the mean absolute error in two runs, for carriers with 30 flights or more. " + "; ".join(f"{c}: {row['all features']:+.2f} with all features, {row['no carrier']:+.2f} without the carrier" for c, row in many[::-1].iterrows()) + ". Minutes.")

# %% [markdown]
# `evaluate` also left an HTML page. It is an artifact as the others are: it can be opened next year, by someone who has
# neither this notebook nor the data.

# %% kind="explore"
import IPython.display

IPython.display.HTML(hold.path("evaluate", "report").read_text())

# %% [markdown]
# The two runs differ in one parameter of `train`. Which of their artifacts have the same bytes?

# %% kind="explore"
predict("bytes", "Up to the gate, each run leaves 7 files: raw, clean, learn, judge, model, errors, report. How many are the same, byte by byte?", {"the same": (0, 7)})

# %% kind="explore"
first, second = ship.digests(), hold.digests()
shared = pd.DataFrame({"all features": first, "no carrier": second}).dropna()
shared["same"] = shared["all features"] == shared["no carrier"]
reveal("bytes", {"the same": shared["same"].sum()}, text="Everything before `train` came out the same, and was computed twice. Your fingerprints would have known beforehand.")
shared.style.map(lambda same: "font-weight: bold" if same else "", subset=["same"])

# %% [markdown]
# kfp has such a cache. On a cluster it is on unless you switch it off; in version 2.17 the local runner has one too, off
# unless you ask for it. The first run filled it. A third run, without the carrier once more, may use it.

# %% kind="explore"
predict("cache", "The third run may take results of the first, which had all features. How many of its steps have to run?", {"steps that run": (0, 7)})

# %% kind="explore"
assert not ship.cached, "the first run found nothing in the cache"
again = runs.run(flights_pipeline, cache=True, features=no_carrier, rule=rule)
reveal("cache", {"steps that run": len(again.ran)}, text="Three steps came from the cache. `train` has another parameter, and the two after it read what it made.")
print("from the cache:", *again.cached)
print("run:           ", *again.ran)

# %% [markdown]
# Could your functions have told? The compiled file has all that they need: code and image of each step, who reads what.

# %% kind="explore"
tasks, executors = compiled["root"]["dag"]["tasks"], compiled["deploymentSpec"]["executors"]

def as_recipes(features):
    return {
        name: recipe(json.dumps(executors[f"exec-{name}"]), {f"{made}.{output}": made for made, _, output in references(task)},
                     **({"features": features} if "features" in task["inputs"].get("parameters", {}) else {}))
        for name, task in tasks.items() if name != "condition-1"
    }

before, now = fingerprints(as_recipes(everything)), fingerprints(as_recipes(no_carrier))
known = {name for name in now if now[name] == before[name]}
print("equal fingerprints:", *sorted(known))
print("your plan:         ", schedule({name: task.get("dependentTasks", []) for name, task in tasks.items()}, known, ["decide"]))

# %% [markdown]
# The same three steps, in the same order: kfp's cache and yours agree here.
#
# The third run made anew what the second had made: same code, same inputs, another process in another folder. Same bytes?

# %% kind="explore"
anew = again.digests()
pd.DataFrame({"second run": {name: second[name] for name in anew}, "third run": anew}).assign(same=lambda t: t["second run"] == t["third run"])

# %% [markdown]
# Nothing in these steps reads a clock or draws a number, so a cached result is as good as a new one. With another library,
# or on another machine, the last bits may still differ: that is why the image counts.
#
# What counts for kfp's local cache: the component's name, its image, its code, its environment variables, its arguments;
# of an artifact the address, not the bytes. What a step reads *by name* does not count. This one counts the words of a file.

# %% kind="explore"
@step
def count_words(path: str) -> int:
    import pathlib
    return len(pathlib.Path(path).read_text().split())

@dsl.pipeline
def counting(path: str) -> int:
    return count_words(path=path).output

# %% kind="explore"
words = runs.folder / "words"
for text in ("on time", "very late again"):
    words.write_text(text)
    counted = runs.run(counting, cache=True, path=str(words))
    print(f"{len(text.split())} words in the file; the run says {counted.outputs['Output']}; from the cache: {list(counted.cached)}")

# %% [markdown]
# A wrong answer, in no time, reported as a success. So data enter a pipeline as artifacts, or with a version in their
# name. The same holds for code: kfp sees a step's own text, and not that of the `prodml` which it imports.
# (The other way round: kfp 2.17's local runner runs `evaluate` every time. It looks for the file of `metrics`, which has none.)

# %% [markdown]
# ## 5 · A step dies
# *medium · about 13 lines · 20 minutes*
#
# Machines are taken away, connections drop. kfp retries a step if you ask for it: `.set_retry(num_retries=2)`. This step
# writes 1,000 rows, one by one. On its first attempt the process is killed after 600.

# %% kind="explore"
@step
def collect(folder: str, rows: Output[Dataset]):
    import os
    import pathlib
    import signal
    died = pathlib.Path(folder, "died")
    for i in range(1000):
        with pathlib.Path(rows.path).open("a") as file:
            file.write(f"{i}\n")
        if i == 599 and not died.exists():
            died.touch()
            os.kill(os.getpid(), signal.SIGKILL)

# %% kind="explore"
@dsl.pipeline
def collecting(folder: str):
    collect(folder=folder).set_retry(num_retries=2)

predict("dies", "The step dies once and is retried. How many attempts does the run show, and how many rows does its dataset have?", {"attempts": (1, 3), "rows": (0, 2000)})

# %% kind="explore"
collected = runs.run(collecting, folder=str(runs.folder))
reveal("dies", {"attempts": len(collected.steps), "rows": len(collected.path("collect", "rows").read_text().splitlines())}, text="The second attempt went on where the first had written. The run is reported as a success. Nobody is told that 600 rows are there twice.")
pd.DataFrame(collected.steps, columns=["step", "status"], index=["attempt 1", "attempt 2"])

# %% [markdown]
# This is the local runner, where both attempts share a path. On a cluster an attempt is a new pod with an empty disk. What a
# step appends *elsewhere*, to a table, a bucket or a topic, is there twice as well.
#
# (kfp's guide to local runs says that caching and `set_retry` have no effect there. In version 2.17 both have one, as you saw.)
# And what does a retry do about bad data? This step raises ValueError, whatever the day.

# %% kind="explore"
@step
def refuse():
    raise ValueError("the labels are missing")

@dsl.pipeline
def refusing():
    refuse().set_retry(num_retries=2)

refused_run = runs.run(refusing)
print(len(refused_run.steps), "attempts;", refused_run.failed)
print("in the log:", next(line.strip() for line in refused_run.log.splitlines() if "ValueError: " in line))

# %% [markdown]
# Three attempts at something that cannot succeed: expensive, where an hour's training comes before the error. And the
# message names only the step: the reason stands in the log. (From version 2.18 on, `set_retry(policy=…)` chooses which
# failures are retried, on a cluster with Argo. We have 2.17.)
#
# So a retry needs four rules. Only what may pass is tried again. Each attempt writes into a folder of its own. What it wrote
# is published when it is complete. And between attempts one waits, longer each time.

# %% kind="exercise" name="run_step" exports=["run_step"]
def run_step(step, clock, attempts):
    """Run a step until it succeeds, at most `attempts` times; publish what the successful attempt wrote.

    step: `step.run(folder)` makes one attempt, and may raise in the middle of writing. ConnectionError and
        TimeoutError, and what derives from them, may pass: try again. Everything else does not: let it out at once.
        `step.publish(folder)` makes a folder the step's output: call it once, when its attempt has succeeded. What
        it raises goes out, whatever it is: nobody knows whether the output is there.
    folder: a str of your choice; no two attempts share one.
    clock: `clock.sleep(seconds)`. Wait 1 second after the first failed attempt, then 2, 4, …; not after the last.
    attempts: int, at least 1.
    Returns the number of attempts made. If the last one fails too, its exception goes out.
    """
    ### BEGIN SOLUTION
    attempt = 1
    while True:
        folder = f"attempt-{attempt}"
        try:
            step.run(folder)
        except (ConnectionError, TimeoutError):
            if attempt == attempts:
                raise
            clock.sleep(2 ** (attempt - 1))
            attempt += 1
        else:
            step.publish(folder)
            return attempt
    ### END SOLUTION

# %% [markdown]
# The check owns step and clock. An attempt writes ten rows; one that fails has written five by then.

# %% kind="check" name="run_step" points=5
with check("run_step"):
    fine, clock = FaultyStep(), Clock()
    made = value(run_step(fine, clock, 3), int)
    assert len(fine.runs) == 1, f"The first attempt succeeds: one attempt is enough, yours made {len(fine.runs)}."
    assert len(fine.published) == 1, f"The folder of the successful attempt is published once, yours was published {len(fine.published)} times. Without it no other step sees the result."
    assert made == 1, f"One attempt was made, yours returned {made}."
    assert clock.waits == [], f"Nothing failed, so there is nothing to wait for. Yours waited {clock.waits}."

    shaky, clock = FaultyStep([ConnectionResetError("dropped"), TimeoutError("slow"), None]), Clock()
    outcome = raised(lambda: run_step(shaky, clock, 5))
    assert outcome is None, f"The third of five attempts succeeds; yours ended with {outcome}. ConnectionResetError is a ConnectionError, and TimeoutError may pass too."
    assert len(shaky.runs) == 3, f"The third attempt succeeds: expected 3 attempts, yours made {len(shaky.runs)}."
    assert shaky.seen == 10, f"The steps after this one read {shaky.seen} rows; an attempt writes 10. Folders that are used twice keep what a dead attempt wrote, and a folder published before its attempt has succeeded is half full."
    assert len(shaky.published) == 1, f"Only the successful attempt is published; yours published {len(shaky.published)} folders. Others may read in between."
    assert len(set(shaky.runs)) == 3, f"Three attempts used {len(set(shaky.runs))} folders: no two attempts share one. A dead attempt may still be writing."
    assert clock.waits == [1, 2], f"Two attempts failed: expected waits of 1 and 2 seconds, yours {clock.waits}. Does the wait double, and is there none after success?"

    broken, clock = FaultyStep([ValueError("no labels")] * 9), Clock()
    outcome = raised(lambda: run_step(broken, clock, 4))
    assert outcome == "ValueError", f"Bad data raise ValueError: it goes out, yours gave {outcome}. A run that hides it is reported as a success."
    assert len(broken.runs) == 1, f"Bad data raise ValueError, today and tomorrow: 1 attempt, yours made {len(broken.runs)}. `except Exception` retries what cannot pass."
    missing = FaultyStep([FileNotFoundError("no such month")] * 9)
    outcome = raised(lambda: run_step(missing, Clock(), 4))
    assert len(missing.runs) == 1, f"A file that is missing stays missing: 1 attempt, yours made {len(missing.runs)}. FileNotFoundError is an OSError, as ConnectionError and TimeoutError are: name those two."
    assert outcome == "FileNotFoundError", f"FileNotFoundError goes out, yours gave {outcome}."

    dead, clock = FaultyStep([ConnectionError("down"), ConnectionError("down"), TimeoutError("slow"), ConnectionError("down")]), Clock()
    outcome = raised(lambda: run_step(dead, clock, 3))
    assert len(dead.runs) == 3, f"attempts is 3: three attempts in all, yours made {len(dead.runs)}. The first one counts; retries are what comes after it."
    assert outcome is not None, "All three attempts failed, and yours raised nothing. Who calls must learn that there is no result."
    assert outcome == "TimeoutError", f"All three attempts failed, the last one with TimeoutError: that goes out, yours gave {outcome}. What is wrong *now* stands in the last error."
    assert dead.published == [], f"All attempts failed, and yours published {len(dead.published)} folders. Half a result is worse than none."
    assert clock.waits == [1, 2], f"Three failed attempts: expected waits of 1 and 2 seconds, yours {clock.waits}. After the last one there is nothing to wait for."

    halfway = FaultyStep(publishing=ConnectionError("dropped while publishing"))
    outcome = raised(lambda: run_step(halfway, Clock(), 4))
    assert len(halfway.runs) == 1, f"The attempt succeeded, and the connection dropped while its folder was published: yours made {len(halfway.runs)} attempts. Only `run` may be repeated: publish does not belong into the same try."
    assert outcome == "ConnectionError", f"publish failed: its ConnectionError goes out, yours gave {outcome}."
    ### BEGIN HIDDEN TESTS
    h = hidden_rng()
    passing = [ConnectionRefusedError, ConnectionAbortedError, BrokenPipeError, TimeoutError]
    before, allowed = int(h.integers(3, 6)), int(h.integers(7, 10))
    faults = [passing[int(i)]("again") for i in h.integers(0, 4, before)]
    late, clock = FaultyStep([*faults, None]), Clock()
    assert value(run_step(late, clock, allowed), int) == before + 1, "Your number of attempts is wrong where more of them are needed."
    assert late.seen == 10, "With other faults the steps after this one do not read exactly what the successful attempt wrote."
    assert clock.waits == [2**i for i in range(before)], "Your waits do not double each time where more attempts are needed."
    mixed, clock = FaultyStep([*faults, KeyError("column")] * 2), Clock()
    assert raised(lambda: run_step(mixed, clock, allowed)) == "KeyError", "An error that cannot pass, after some that can, does not go out."
    assert len(mixed.runs) == before + 1, "After an error that cannot pass you go on trying."
    assert mixed.published == [], "You publish something although the step ended with an error."
    once, clock = FaultyStep([TimeoutError("slow")] * 3), Clock()
    assert raised(lambda: run_step(once, clock, 1)) == "TimeoutError", "With attempts=1 a failure does not go out."
    assert clock.waits == [], "With attempts=1 there is nothing to wait for."
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="run_step"
# 1. A loop over the attempts, with one `try` in it. What belongs inside the `try`, and what after it?
# 2. One `except` takes a tuple of the two types, and nothing wider. In it: the last attempt raises again (`raise` alone), the others wait.
# 3. A loop that counts attempts from 1, a folder named after the attempt, a wait of `2 ** (attempt - 1)` seconds, and `publish` and `return` in the `else` of the `try`.

# %% [markdown]
# Your policy on a step that dies for real: a process that kills itself half-way in its first two attempts. Every attempt writes
# into a folder of its own; publishing is one rename, which is done or not done, never half.

# %% kind="explore"
import tempfile
import time
from pathlib import Path
from prodml.runtime.processes import Group, Program, free_ports

class RealStep:
    def __init__(self, folder):
        self.place, self.attempts = Path(tempfile.mkdtemp(prefix="real-", dir=folder)), 0
    def run(self, folder):
        self.attempts += 1
        (self.place / folder).mkdir()
        dies_at = 599 if self.attempts < 3 else None
        with Group({"step": Program("prodml.anywhere.kubeflow.retries:write_rows", [str(self.place / folder / "rows"), dies_at])}) as group:
            status = group["step"].wait()
        if status < 0:
            raise ConnectionError(f"the process was killed by signal {-status}")
    def publish(self, folder):
        (self.place / folder).rename(self.place / "output")

# %% kind="explore"
real = RealStep(runs.folder)
made = run_step(real, time, 5)
print(f"{made} attempts, {len((real.place / 'output' / 'rows').read_text().splitlines())} rows; left behind: {sorted(p.name for p in real.place.iterdir())}")

# %% [markdown]
# ## The same pipeline on a cluster
#
# A Kubeflow Pipelines server takes the compiled file as it is. kfp's client sends it, here behind one command:
#
# ```
# python -m prodml.anywhere.kubeflow --host http://localhost:3000 flights.yaml --arguments arguments.json
# ```

# %% [markdown]
# There is no cluster on this machine, so the cell asks a port where nobody listens. The command is tested against a
# stand-in, a server that answers kfp's client. Its answers were written by hand; tests hold every field of them against the
# API's own definition. **On a cluster it has not been tried.**

# %% kind="explore"
from prodml.anywhere.kubeflow import KubeflowError, submit

(port,) = free_ports(1)
try:
    submit(f"http://127.0.0.1:{port}", runs.folder / "flights.yaml", {"features": everything, "rule": rule})
except KubeflowError as error:
    print(error)

# %% [markdown]
# With a server it would print the run's page. And the run would fail at its first step: the spec names the image
# `python:3.11`, which has neither kfp nor prodml nor the flights. For a cluster you build an image with all three, and
# name it by its digest.

# %% [markdown]
# ### The demo that this lab grew from, and what has changed
#
# The original course showed two examples by Amy Unruh (linked below). They predict the tips of Chicago taxi trips. In the
# first, two ways of preparing the data with TensorFlow Transform run side by side, a model is trained on each, and both
# models are deployed, to TF Serving and to Google's Cloud ML Engine. TensorFlow Model Analysis compares them by slice, for
# a person who opens a notebook. There is no gate.
#
# An early form runs on Argo and Kubeflow 0.2.4, which ksonnet installs; each step comes with source code and the
# specification of its container. Today a step can be a typed function, and kustomize installs Kubeflow; ksonnet is
# archived. The examples say of themselves that they are not maintained and probably no longer work.

# %% [markdown]
# ## The exported model, served
#
# `export` left a LiteRT file. KServe's `ModelServer` puts it behind the *Open Inference Protocol* (V2), in a process of its
# own that needs no TensorFlow. On a cluster an `InferenceService` names a container image with such a server; that has not
# been tried here.

# %% kind="explore"
import urllib.error
from prodml.anywhere.kubeflow.model_server import model_server

lite, asked = ship.path("export", "lite"), flight_steps.design(september.head(4), everything)
with model_server(lite, "delays") as server:
    print(f"{lite.stat().st_size:,} bytes; ready: {server.get('v2/models/delays/ready')}")
    answered = server.infer(asked)
    try:
        server.infer(asked[:, :5])
    except urllib.error.HTTPError as error:
        print("five columns in place of", asked.shape[1], "→ HTTP", error.code)

# %% kind="explore"
weights = np.load(ship.path("train", "model"))
pd.DataFrame({"served": answered, "in this notebook": asked @ weights, "truth": september["arr_delay"].head(4).to_numpy()}).astype(float).round(2)

# %% [markdown]
# Five columns gave a 500, "my fault", for what is the caller's: a LiteRT file does not tell KServe its shapes, so nothing refuses
# the question before the model breaks on it.
#
# From raw table to an answer over HTTP, and every number on the way has a file that it came from. One thing is missing: the
# server takes 41 ready-made columns, so whoever asks must build them just as `train` did. That is lab 06.
#
# The folder with all runs goes with this kernel.

# %% [markdown]
# ## In production
#
# - **At 1,000 times the scale** artifacts lie in an object store, and a metadata store knows which run made which: lineage
#   is a query. `kfp.Client(host=…)` sends the same pipeline to a cluster, from a job in CI.
# - **Tools**: Kubeflow Pipelines, TFX, Argo, Airflow, Dagster, Metaflow. They differ in who writes the graph. All of them
#   ask what you have built: what is a step's identity, and may it be run twice?
# - **Every night** means a recurring run. Decide two things beforehand: may two nights overlap (`max_concurrency`), and are
#   missed nights made up for (`no_catchup`)? A step then takes its date as a parameter, never from the clock.
# - **Retries** need three things more than yours has: a random part in the wait, so that steps which died together do not
#   come back together; a time limit for each attempt; and an alarm when the last one fails (`dsl.ExitHandler`).
# - **The failure to watch for** is a success: a branch skipped in silence, rows counted twice, a gate that compared NaN. Put an
#   assertion behind each: rows in = rows out, and "the gate ran" as a metric.
# - **Also watch** what a fingerprint does not see: a tag such as `python:3.11` that moves (pin the digest), a table
#   that is read by name, a clock, a random seed.

# %% [markdown]
# ## Primary sources
#
# - Kubeflow, [Pipelines: concepts and the SDK](https://www.kubeflow.org/docs/components/pipelines/): components, artifacts, caching and control flow, in the maintainers' words.
# - Kubeflow, [pipeline_spec.proto](https://github.com/kubeflow/pipelines/blob/master/api/v2alpha1/pipeline_spec.proto): what a compiled pipeline may say; the comments are the specification.
# - Kubeflow, [Execute KFP pipelines locally](https://www.kubeflow.org/docs/components/pipelines/user-guides/core-functions/execute-kfp-pipelines-locally/): the runner of this lab, and what it leaves out (its list of limits, with caching and retry, is older than kfp 2.17).
# - Kubeflow, [Use caching](https://www.kubeflow.org/docs/components/pipelines/user-guides/core-functions/caching/): on by default on a cluster, and how to switch it off.
# - Kubeflow, [Connect the SDK to the API](https://www.kubeflow.org/docs/components/pipelines/user-guides/core-functions/connect-api/): addresses and tokens, inside and outside of a cluster.
# - KServe, [Open Inference Protocol](https://github.com/kserve/open-inference-protocol): the V2 protocol, which several servers speak.
# - Mokhov, Mitchell and Peyton Jones, [Build systems à la carte](https://doi.org/10.1145/3236774), 2018: exercises 2 and 3 in general: what to rebuild, and in which order.
# - Baylor and others, [TFX: A TensorFlow-based production-scale machine learning platform](https://doi.org/10.1145/3097983.3098021), 2017: validation before training and before serving, and why.
# - Breck, Cai, Nielsen, Salib and Sculley, [The ML test score](https://research.google/pubs/pub46555/), 2017: a rubric of 28 tests. Quality on slices, and validation before serving, are your gate.
# - Amazon Web Services, [Control and limit retry calls](https://docs.aws.amazon.com/wellarchitected/latest/framework/rel05-bp03.html): waits that grow, with a random part and a limit; and errors that no retry can mend.
#
# ### Further reading, from the original course
#
# - Amy Unruh, [kubeflow-pipelines in code-snippets](https://github.com/amygdala/code-snippets/tree/master/ml/kubeflow-pipelines): the examples, and what followed them. Read README_taxidata_examples.md first.
# - Google Cloud, [Cloud ML Engine: technical overview](https://cloud.google.com/ml-engine/docs/technical-overview): the address of the time. The service has another name today, and the page may have moved.
# - Google Cloud, "Simplifying machine learning on open hybrid clouds with Kubeflow": named by the course. We found no address that still holds it.
