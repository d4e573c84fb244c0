# ---
# jupyter:
#   lab:
#     title: Kubeflow pipelines
#     question: What ran, on what, and should it ship?
#     minutes: {core: 72, all: 210}
#     core: [fingerprints, gate]
#     seconds: 50
#     objectives:
#       - Give every step a fingerprint, so that equal work is recognised by a colleague too
#       - Decide about a release by slice and by day, and hold it whenever the figures do not say yes
#       - Find what is wrong in a compiled pipeline before any machine runs it
#       - Run exactly the steps that a change makes necessary, as many at once as possible
#       - Repeat a step that died without counting anything twice
#     prerequisites: [00_start_here]
#     covers:
#       kubeflow.stages: [explore, lint, schedule, run_step]
#       kubeflow.pipelines-demo: [gate, explore]
#       kubeflow.reproducibility: [fingerprints]
#       kubeflow.visualization: [explore]
#       kubeflow.collaboration: [fingerprints, explore]
# ---

# %% [markdown]
# # 18 · Kubeflow pipelines
# *What ran, on what, and should it ship?*
#
# A notebook that trains a model is run by its author, on a good day. A pipeline is run by nobody, every night. You
# write what makes it trustworthy: a name for equal work, and a gate that can say no. 72 minutes, two exercises.
#
# ```mermaid
# flowchart TB
#   accTitle: A pipeline that trains and releases a model, every night
#   accDescr: Seven steps. Ingest, validate, transform, train and evaluate follow one another. Evaluate's errors go to decide, which holds your gate. If it says deploy, export writes the model, which is served; if it says hold, a person looks. A cache, which knows work by your fingerprints, hands back the results of steps that ran before.
#   subgraph night [every night]
#     direction LR
#     C[(cache: your<br>fingerprints)] -. equal work .-> I[ingest<br>validate<br>transform] --> R[train] --> E[evaluate]
#   end
#   subgraph then [does it ship?]
#     direction LR
#     D([decide: your gate]) -- deploy --> X[export] --> S[[model server]]
#     D -- hold --> P[a person looks]
#   end
#   night -- errors by flight --> then
# ```

# %% kind="setup"
# Imports, the lab's name, and what the checks use.
import copy
import hashlib
import json

import numpy as np
import pandas as pd

from prodml import begin, check, explorer, hidden_rng, plots, predict, raised, reveal, rng, slow, value
from prodml.anywhere.kubeflow.pipeline_spec import Task, references, spec_of
from prodml.anywhere.kubeflow.retries import Clock, FaultyStep

begin("18_kubeflow_pipelines")

# %% [markdown]
# ## A pipeline is functions, files and types
#
# `kfp` turns functions into steps. A step gets files, leaves files, and its types say which. What it imports, it
# imports inside: kfp cuts the function out of this notebook and sends it away. On a cluster it runs in a container,
# here in a process.

# %% kind="explore"
from kfp import compiler, dsl, local
from kfp.dsl import HTML, Dataset, Input, Metrics, Model, Output

step = dsl.component(base_image="python:3.11", install_kfp_package=False)

@step
def transform(clean: Input[Dataset], learn: Output[Dataset], judge: Output[Dataset]):
    import pandas as pd
    rows = pd.read_parquet(clean.path)
    rows[rows["month"] <= 6].to_parquet(learn.path)
    rows[rows["month"] == rows["month"].max()].to_parquet(judge.path)

@step
def train(learn: Input[Dataset], features: list, model: Output[Model]):
    import pathlib
    import numpy as np
    import pandas as pd
    from prodml.anywhere.kubeflow import flight_steps
    with pathlib.Path(model.path).open("wb") as file:
        np.save(file, flight_steps.fit(pd.read_parquet(learn.path), features))

# %% kind="explore"
# Four more steps of the same kind: ingest, validate, evaluate, export.
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

@step
def export(model: Input[Model], lite: Output[Model]):
    import os
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import numpy as np
    from prodml.anywhere.kubeflow import flight_steps
    flight_steps.to_lite(np.load(model.path), lite.path)

# %% [markdown]
# The gate asks a rule: *your* function of exercise 2. A notebook's function lies in no image, so it travels as text,
# pickled. Do that with your own only: **unpickling runs whatever the text says**. In production the rule is reviewed code
# in the step's image.

# %% kind="explore" folded=false
@step
def decide(errors: Input[Dataset], rule: str) -> str:
    import base64
    import pickle
    import pandas as pd
    objections = pickle.loads(base64.b64decode(rule))(pd.read_parquet(errors.path), tolerance=0.5)
    print("objections:", objections)
    return "hold" if objections else "deploy"

# %% [markdown]
# The pipeline says who gives what to whom. It runs nothing: in here, `raw.outputs["raw"]` is a reference, not a table.

# %% kind="explore" folded=false
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
# Compiling makes one YAML file: components, containers, and a graph of tasks. That file is what a cluster gets.

# %% kind="explore"
import yaml
from prodml.anywhere.kubeflow.local_pipelines import LocalRuns
from prodml.anywhere.kubeflow.pipeline_spec import draw_dag

runs = LocalRuns()  # a temporary folder, which goes with this kernel
compiler.Compiler().compile(flights_pipeline, str(runs.folder / "flights.yaml"))
compiled = yaml.safe_load((runs.folder / "flights.yaml").read_text())
draw_dag(compiled, "Seven steps; the condition before export is a task too")

# %% [markdown]
# ## 1 · The same work has the same name
# *medium · about 9 lines · 20 minutes*
#
# Two colleagues ran "the same" training. Did they? A step's result depends on its code, its image, its parameters and
# what went in. A hash of just that is its **fingerprint**. What went in has one already: that of the step which made it.
#
# | change | new fingerprints |
# |---|---|
# | `train`'s code | `train`, `evaluate` |
# | `ingest`'s parameter `last` is 10 | `ingest`, `transform`, `train`, `evaluate` |
# | `weather`'s image | `weather`, `transform`, `train`, `evaluate` |
# | another day, another folder, another name for a step | none |

# %% kind="setup"
# Five steps, two of them sources: what the exercise and its check work on.
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

# %% kind="explore"
STEPS["transform"]

# %% kind="exercise" name="fingerprints" exports=["fingerprints"]
def fingerprints(steps):
    """The fingerprint of every step: equal if and only if the work is equal.

    steps: dict, name → step. A step is a dict with
        "code", "image": str;
        "parameters": dict, name → str, number, bool, None or list of these;
        "inputs": dict, name of the input → name of the step in `steps` that makes it; no cycles;
        "started", "folder": str: when it ran, and where it wrote.
    What counts: code, image, parameters by name, and for each input by name the fingerprint of
        its maker. The type of a parameter is a part of it: 1, 1.0, True and "1" are four values,
        and so are they in a list.
    What does not: the step's own name, "started", "folder", and the order of any dict.
    Returns a dict, name → SHA-256 in 64 hex digits (a str). A colleague's machine gives the same.
    """
    ### BEGIN SOLUTION
    known = {}

    def of(name):
        if name not in known:
            step = steps[name]
            counts = {key: step[key] for key in ["code", "image", "parameters"]}
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
    plain = {f"p{i}": recipe("same", **given) for i, given in enumerate([{}, {"x": None}, {"x": "None"}, {"x": "null"}, {"x": False}, {"x": 0}, {"x": 0.1}, {"x": 0.1 + 1e-12}, {"x": 1e20}, {"x": 10**20}, {"x": 1e400}])}
    assert len(set(printed(plain).values())) == len(plain), "No parameter, None, texts, and numbers that differ in their last digits: two of them get the same fingerprint."
    reader = {**twins, "end": recipe("read", {"x": "left"}, x=1)}
    assert printed(with_step(reader, "end", parameters={"x": 2}))["end"] != printed(reader)["end"], "Where a parameter has the name of an input, a change of one of them does not count."
    assert printed(with_step(reader, "end", inputs={"x": "other"}))["end"] != printed(reader)["end"], "Where an input has the name of a parameter, a change of one of them does not count."
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="fingerprints"
# 1. Build a dict of what counts and nothing else, turn it into text in one fixed way, and hash the text.
# 2. The text: `json.dumps(counts, sort_keys=True)`. It keeps 9 and "9" apart, and every name beside its value.
# 3. For the inputs you need the makers' fingerprints first: an inner function `of(name)` that calls itself for each maker, and remembers what it knows.

# %% [markdown]
# What your function says of six changes:

# %% kind="explore"
# Draws which steps get a new fingerprint, for six changes, from your function.
def changed_step(name, **changes):
    return {**STEPS, name: {**STEPS[name], **changes}}

six = {
    "ingest: one more month": changed_step("ingest", parameters={"last": 10}),
    "weather: another image": changed_step("weather", image="python:3.12"),
    "transform: a letter of its code": changed_step("transform", code="join and splits"),
    "train: 1.0 becomes 1": changed_step("train", parameters={**STEPS["train"]["parameters"], "strength": 1}),
    "evaluate: started a day later": changed_step("evaluate", started="2013-10-01T02:00"),
    "all: keys in another order": {n: dict(reversed(s.items())) for n, s in reversed(STEPS.items())},
}
base = fingerprints(STEPS)
new = np.array([[fingerprints(other)[name] != base[name] for name in STEPS] for other in six.values()])
fig, ax = plots.figure("A change is seen in what follows from it, and nowhere else", x="filled: a new fingerprint", figsize=(7, 3.4))
for y, row in enumerate(new):
    for x, is_new in enumerate(row):
        ax.plot(x, y, "s", markersize=17, color=plots.ORANGE if is_new else plots.GREY, fillstyle="full" if is_new else "none")
ax.set_xticks(range(len(STEPS)), list(STEPS))
ax.set_yticks(range(len(six)), list(six))
ax.set_xlim(-0.6, len(STEPS) - 0.4)
ax.set_ylim(len(six) - 0.5, -0.6)
said = "; ".join(f"{change}: {', '.join(n for n, is_new in zip(STEPS, row, strict=True) if is_new) or 'none'}" for change, row in zip(six, new, strict=True))
plots.show(fig, alt=f"Which of five steps get a new fingerprint. {said}.")

# %% [markdown]
# ## 2 · The gate
# *hard · about 14 lines · 30 minutes*
#
# Every night a candidate comes out, and nobody looks. A function says whether it ships. Here are two candidates; both
# learned from January to June. The second does without the carrier: "it is only a name". The champion that serves today
# learned from January to March. September judges.

# %% kind="explore"
from prodml.anywhere.kubeflow import flight_steps

everything = ["dep_delay", "distance", "hour", "precip", "visib", "wind_speed", "carrier"]
no_carrier = everything[:-1]
rows = flight_steps.validated(flight_steps.ingest(1, 9))
learned, september = rows[rows["month"] <= 6], rows[rows["month"] == 9]

def compare(features):
    weights = flight_steps.fit(learned, features)
    return flight_steps.compared(learned, september, features, weights)

errors_of = {"all features": compare(everything), "no carrier": compare(no_carrier)}
print(f"{len(september):,} flights of September; mean absolute errors in minutes:")
pd.DataFrame({name: t[["champion", "candidate"]].mean() for name, t in errors_of.items()}).round(2)

# %% [markdown]
# Both beat the champion by nearly half a minute. Ship both?

# %% kind="explore"
predict("slices",
    "The candidate without the carrier is better on average. For how many of the 16 carriers is it *worse*, and by how many minutes for the worst of them?",
    {"carriers that get worse": (0, 16), "the worst, minutes worse": (0.0, 5.0, 0.05)},
)

# %% kind="explore"
# Measures both candidates by carrier.
def by_carrier(errors):
    change = errors["candidate"] - errors["champion"]
    return change.groupby(errors["carrier"]).agg(["mean", "std", "size"]).sort_values("mean", ascending=False)

worse = by_carrier(errors_of["no carrier"])
reveal("slices",
    {"carriers that get worse": (worse["mean"] > 0).sum(), "the worst, minutes worse": worse["mean"].max()},
    unit={"the worst, minutes worse": "min"},
    text="An average is an agreement between those who gain and those who pay. Passengers fly with one carrier.",
)

# %% kind="explore"
# Draws who gains and who pays, for both candidates.
def draw_slices():
    order = worse.index[worse["size"] >= 30][::-1]
    paying = int((worse.loc[order, "mean"] > 0.5).sum())
    fig, ax = plots.figure(f"Without the carrier, {paying} carriers get worse by more than half a minute", x="change of the mean absolute error, candidate − champion (minutes)", figsize=(7, 3.6))
    said = []
    for name, colour, marker, side in (("all features", plots.BLUE, "o", "right"), ("no carrier", plots.RED, "s", "left")):
        mean = by_carrier(errors_of[name]).loc[order, "mean"]
        ax.plot(mean, range(len(order)), marker, color=colour)
        ax.annotate(name, (mean.iloc[-1], len(order) - 1), (-9 if side == "right" else 9, 0), textcoords="offset points", color=colour, ha=side, va="center")
        said.append(f"{name}: " + ", ".join(f"{c} {x:+.2f}" for c, x in mean[::-1].items()))
    ax.axvline(0, color=plots.GREY)
    ax.axvline(0.5, color=plots.GREY, linestyle="--")
    ax.text(0.56, 0, "0.5 minutes: what matters", va="center")
    ax.set_yticks(range(len(order)), order)
    ax.set_xlim(right=2.4)
    ax.grid(axis="x")
    plots.show(fig, alt="Change of the mean absolute error, for the carriers with 30 flights or more. " + "; ".join(said) + ". Minutes.")

draw_slices()

# %% [markdown]
# So the gate asks carrier by carrier. It needs to know how much worse matters (`tolerance`, in minutes) and how sure it must
# be (`z` standard errors). Both models predicted the same flights, so subtract flight by flight: $d$ = candidate − champion.
# The textbook's standard error is $s_d/\sqrt n$:

# %% kind="explore"
def by_flight(errors, tolerance, z=3.0):
    by = by_carrier(errors)
    surely = by["mean"] - tolerance > z * by["std"] / np.sqrt(by["size"])
    return sorted(by.index[surely])

{name: by_flight(errors, tolerance=0.5) for name, errors in errors_of.items()}

# %% [markdown]
# Two objections. But $\sqrt n$ says that each flight is drawn alone. They are drawn by the *day*: one storm, and all
# of a day's flights are late together. So draw 30 days out of the 30, some twice and some never, with all
# their flights, 2,000 times (a *bootstrap*): how much do the carriers' means move?

# %% kind="explore"
predict("days",
    "EV flies 4,548 times in September. How many times as large is the error of its mean change when days are drawn, not flights? And how many of the two objections are left at z = 3?",
    {"EV's error, times as large": (1.0, 10.0, 0.1), "objections left": [0, 1, 2]},
)

# %% kind="explore"
# Draws September's days 2,000 times, and compares the spread of the means with the textbook's error.
def drawn_by_day(errors, draws=2000):
    change = errors["candidate"] - errors["champion"]
    sums = change.groupby([errors["carrier"], errors["day"]]).sum().unstack(fill_value=0)
    flights = change.groupby([errors["carrier"], errors["day"]]).size().unstack(fill_value=0)
    days = len(sums.columns)
    times = np.random.default_rng(0).multinomial(days, np.full(days, 1 / days), draws)  # how often each day is drawn
    n = np.maximum(times @ flights.T.to_numpy(), 1)
    return pd.Series(np.std(times @ sums.T.to_numpy() / n, axis=0), sums.index)

worse["by flight"] = worse["std"] / np.sqrt(worse["size"])
worse["by day"] = drawn_by_day(errors_of["no carrier"])
left = [c for c in by_flight(errors_of["no carrier"], 0.5) if worse.loc[c, "mean"] - 0.5 > 3 * worse.loc[c, "by day"]]
ratio = worse["by day"] / worse["by flight"]
reveal("days",
    {"EV's error, times as large": ratio["EV"], "objections left": len(left)},
    text=f"Left: {', '.join(left)}. Others: " + ", ".join(f"{c} {ratio[c]:.1f} times" for c in ("UA", "DL", "WN", "9E")) + ". What counts is not 27,010 flights, but 30 days. (In eight other months of 2013 the errors of the four largest carriers grow 1.9 to 4.6 times.)",
)

# %% kind="explore"
# Draws a month of EV, day by day, over what independent flights would do.
def draw_days():
    errors = errors_of["no carrier"]
    ev = errors[errors["carrier"] == "EV"]
    change = ev["candidate"] - ev["champion"]
    by_day = change.groupby(ev["day"]).agg(["mean", "size"])
    alone = 2 * change.std() / np.sqrt(by_day["size"])
    outside = int((abs(by_day["mean"] - change.mean()) > alone).sum())
    fig, ax = plots.figure(f"EV: {outside} of {len(by_day)} days lie outside of what independent flights would do", x="day of September", y="mean change (minutes)", figsize=(7, 3))
    ax.fill_between(by_day.index, change.mean() - alone, change.mean() + alone, color=plots.GREY, alpha=0.35, linewidth=0)
    ax.plot(by_day.index, by_day["mean"], "o", color=plots.ORANGE)
    ax.axhline(change.mean(), color=plots.GREY)
    ax.text(0.02, 0.04, "grey: two standard errors of a day's mean, if flights were independent", transform=ax.transAxes)
    low, high = ax.get_ylim()
    ax.set_ylim(low - 0.15 * (high - low), high)
    plots.show(fig, alt=f"Mean change of EV's error on each day of September, from {by_day['mean'].min():.1f} to {by_day['mean'].max():.1f} minutes; {outside} of {len(by_day)} days lie outside of a grey band of two standard errors.")

draw_days()

# %% kind="explore"
# Draws the carriers that get worse, with three errors by flight and by day, against the tolerance.
def draw_intervals():
    some = worse[(worse["mean"] > 0) & (worse["size"] >= 1000)][::-1]
    gone = [c for c in some.index if some.loc[c, "mean"] - 0.5 > 3 * some.loc[c, "by flight"] and c not in left]
    fig, ax = plots.figure(f"Counted by day, {' and '.join(gone)} can be within the tolerance; {' and '.join(left)} cannot", x="mean change − 3 standard errors … mean change + 3 (minutes)", figsize=(7, 3))
    said = []
    for y, (carrier, row) in enumerate(some.iterrows()):
        for kind, colour, shift in (("by flight", plots.GREY, 0.14), ("by day", plots.BLUE, -0.14)):
            ax.errorbar(row["mean"], y + shift, xerr=3 * row[kind], fmt="o", color=colour, capsize=3)
            said.append(f"{carrier} {kind} from {row['mean'] - 3 * row[kind]:.2f}")
            if y == len(some) - 1:
                ax.annotate(kind, (row["mean"] + 3 * row[kind], y + shift), (6, 0), textcoords="offset points", color=colour, va="center")
    ax.axvline(0.5, color=plots.GREY, linestyle="--")
    ax.text(0.52, -0.5, "tolerance", va="center")
    ax.set_yticks(range(len(some)), some.index)
    ax.set_ylim(-0.7, len(some) - 0.5)
    ax.set_xlim(right=ax.get_xlim()[1] + 0.25)
    plots.show(fig, alt="Lower ends of intervals of three standard errors: " + "; ".join(said) + " minutes. The tolerance is 0.5.")

draw_intervals()

# %% [markdown]
# Drawing again is slow; there is a formula. A carrier has $n$ flights on $D$ days. $S$ is the sum, over one day's flights,
# of $d - \bar d$. It is *clearly worse* if
#
# $$\bar d - \mathrm{tolerance} > z \cdot e \qquad\text{with}\qquad e = \frac1n \sqrt{\frac{D}{D-1}\sum_{\mathrm{days}} S^2}$$
#
# With one flight a day, $e$ is $s_d/\sqrt n$. Four flights on two days:
#
# | day | 1 | 1 | 2 | 2 | |
# |---|---|---|---|---|---|
# | $d$ | 3 | 3 | −1 | −1 | $\bar d = 1$ |
# | $d - \bar d$ | 2 | 2 | −2 | −2 | $S$ = 4 and −4 |
#
# $e = \frac14\sqrt{2 \cdot (16 + 16)} = 2$; by flight it would be 1.15. With tolerance 0 it is clearly worse at
# $z = 0.4$ (1 > 0.8), and not at $z = 0.6$.

# %% [markdown]
# And the gate **fails closed**: where the candidate gave no number, or there is nothing to compare, the answer is no. In
# Python `nan > 0.5` is False, and pandas leaves NaN out of a mean. Both read as "all is well".

# %% kind="setup"
# The four flights of the example, as a table.
example = pd.DataFrame({"carrier": "WN", "day": [1, 1, 2, 2], "champion": 10.0, "candidate": [13.0, 13.0, 9.0, 9.0]})

# %% kind="exercise" name="gate" exports=["gate"]
def gate(errors, tolerance, z=3.0, fewest=20):
    """What speaks against releasing the candidate. An empty list: it may ship.

    errors: DataFrame, a row per flight: "carrier" (str), "day" (int), and "champion", "candidate",
        absolute errors in minutes. The candidate's is NaN or infinite where it failed; the
        champion's is always finite.
    tolerance: minutes. z: standard errors. fewest: days, 2 or more.
    Returns a sorted list of strings, and leaves `errors` as it is:
        a carrier: the candidate failed for one of its flights, or more; or the carrier flew on at
            least `fewest` days, and the candidate is clearly worse for it, by the formula above;
        "all": over all flights for which the candidate gave a number, its mean error is not
            smaller than the champion's on the same flights; or there is no such flight.
    """
    ### BEGIN SOLUTION
    finite = np.isfinite(errors["candidate"])
    against = set(errors["carrier"][~finite])
    rows = errors[finite]
    change, carrier = rows["candidate"] - rows["champion"], rows["carrier"].astype(str)
    by = change.groupby(carrier)
    sums = (change - by.transform("mean")).groupby([carrier, rows["day"]]).sum()
    squares = (sums**2).groupby(level=0).agg(["sum", "size"])
    days = squares["size"]
    error = np.sqrt(days / (days - 1) * squares["sum"]) / by.size()
    clearly = by.mean() - tolerance > z * error
    against |= set(clearly.index[clearly & (days >= fewest)])
    if not change.mean() < 0:
        against.add("all")
    return sorted(against)
    ### END SOLUTION

# %% kind="check" name="gate" points=6
with check("gate", touched="Your gate has changed the table that it was given. The report is made from it afterwards: work on a copy."):
    def table(days=30, **carriers):
        """carrier → (flights a day, mean change, spread within a day, swing from day to day); in minutes."""
        parts = []
        for carrier, (a_day, mean, spread, swing) in carriers.items():
            day = np.repeat(np.arange(1, days + 1), a_day)
            within, between = np.tile([-1.0, 1.0], len(day))[: len(day)], np.where(day % 2, -1.0, 1.0)
            champion = np.linspace(5, 65, len(day))
            change = mean + spread * (within - within.mean()) + swing * (between - between.mean())
            parts.append(pd.DataFrame({"carrier": carrier, "day": day, "champion": champion, "candidate": champion + change}))
        return pd.concat(parts, ignore_index=True)

    def against(errors, tolerance=0.5, **options):
        return value(gate(errors.copy(), tolerance, **options), list)

    better = table(UA=(30, -1.5, 3, 0.3), DL=(26, -1.5, 3, 0.3), AA=(24, -1.5, 3, 0.3))
    got = against(better)
    assert got == [], f"The candidate is 1.5 minutes better for every carrier: nothing speaks against it, yours {got}."
    got = against(table(UA=(30, 0.2, 3, 1.0), DL=(26, 0.2, 3, 1.0)))
    assert got == ["all"], f"0.2 minutes worse for everybody, within the tolerance of each carrier: expected ['all'], yours {got}. A candidate must be better overall."
    got = against(pd.concat([better, table(WN=(20, 5, 3, 0.3))], ignore_index=True))
    assert "WN" in got, f"Better overall, but 5 minutes worse for 600 flights of WN on 30 days: expected ['WN'], yours {got}. The average hides it. So does the spread of single flights, 3 minutes: a mean of 600 is many times as sure."
    got = against(pd.concat([better, table(WN=(20, 1.5, 3, 0.3))], ignore_index=True))
    assert "WN" in got, f"Better overall, but 1.5 minutes worse for 600 flights of WN: expected ['WN'], yours {got}. Is your standard error that of the errors, which differ by an hour? Both models predicted the same flights: subtract flight by flight."
    assert got == ["WN"], f"Better overall, but 1.5 minutes worse for 600 flights of WN: expected ['WN'], yours {got}."
    got = against(pd.concat([better, table(YV=(2, 0.8, 8, 2))], ignore_index=True))
    assert got == [], f"60 flights of YV, worse by 0.8 ± 8 minutes, and by 2 minutes more or less from day to day: the standard error is 0.37, so this can be chance. Expected [], yours {got}. Is an error compared at all, and taken from what differs from the carrier's own mean?"
    got = against(pd.concat([better, table(US=(200, 0.2, 3, 0.1))], ignore_index=True))
    assert "all" not in got, f"0.3 minutes better over all flights, and yours says 'all': {got}. Overall any gain will do; the tolerance is for single carriers."
    assert got == [], f"6,000 flights of US, worse by 0.2 minutes with a standard error of 0.02: certainly worse, but by less than the tolerance. Expected [], yours {got}. Certain is not important: subtract the tolerance first."
    got = against(pd.concat([better, table(WN=(40, 1.2, 2, 1.5))], ignore_index=True))
    assert got == [], f"1,200 flights of WN, worse by 1.2 minutes, on some days by 2.7, on others better by 0.3. By day the standard error is 0.28: 0.7 < 0.84, expected []. Yours {got}: 2.5 / √1200 = 0.07 counts flights as if each were drawn alone. Add up what a day has in common first, then square."
    got = against(pd.concat([better, table(20, WN=(2, 1.5, 0.5, 0.2))], ignore_index=True))
    assert got == ["WN"], f"WN flew on exactly `fewest` days, 20, and is clearly worse: expected ['WN'], yours {got}. At least `fewest` are enough."
    got = against(example, 0.0, z=0.4, fewest=2)
    assert got == ["WN", "all"], f"The worked example at z = 0.4: 1 > 0.8, so WN is clearly worse, and nothing got better. Expected ['WN', 'all'], yours {got}. Is e = 2? And does your gate follow the tolerance and z that it is given?"
    got = against(example, 0.0, z=0.6, fewest=2)
    assert got == ["all"], f"The worked example at z = 0.6: 1 < 1.2, so this can be chance. Expected ['all'], yours {got}. e is 2; without D / (D − 1) it would be 1.41."
    calm = pd.concat([table(20, WN=(2, 4, 0.5, 0)), table(10, WN=(60, -1, 0.5, 0)).assign(day=lambda t: t["day"] + 20)])
    got = against(pd.concat([better, calm], ignore_index=True))
    assert got == [], f"WN: 40 flights on 20 quiet days, 4 minutes worse; 600 flights on 10 busy days, 1 minute better. Its mean over flights is −0.7: expected [], yours {got}. The days' means, taken alike, say +2.3: d̄ is over flights."
    moved = pd.concat([table(20, WN=(2, 1.5, 0.5, 6)), table(10, WN=(60, 1.5, 0.5, 0.1)).assign(day=lambda t: t["day"] + 20)])
    got = against(pd.concat([better, moved], ignore_index=True))
    assert got == ["WN"], f"WN, 1.5 minutes worse: 40 flights on 20 quiet days that swing by 6 minutes, 600 on 10 busy days that hardly swing. The standard error is 0.09: expected ['WN'], yours {got}. The spread of the days' means, over √D, says 0.9: it lets a day of 2 flights count as one of 60."
    got = against(pd.concat([better, table(5, HA=(1, 50, 1, 0.1))], ignore_index=True))
    assert "all" not in got, f"Better over all flights, and yours says 'all': {got}. Five flights of HA do not weigh as much as 900 of UA: 'all' takes the mean over flights, not over carriers."
    assert got == [], f"HA flew on 5 days, fewer than `fewest`: too few to judge. Expected [], yours {got}."
    got = against(pd.concat([better, table(10, WN=(60, 5, 1, 0.1))], ignore_index=True))
    assert got == [], f"WN has 600 flights, but on 10 days, fewer than `fewest`: too few to judge. Expected [], yours {got}. Days are counted, not flights."

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
    names = ["AA", "B6", "DL", "EV", "MQ", "UA", "US"]
    bad = sorted(str(n) for n in h.choice(names, 3, replace=False))
    facts = {n: (2 * int(h.integers(3, 7)), h.uniform(1.5, 3) if n in bad else h.uniform(-12, -9), 1.0, 0.2) for n in names}
    mixed = table(**facts, WN=(40, 1.2, 2.0, h.uniform(1.5, 2))).sample(frac=1, random_state=int(h.integers(10_000)))
    assert against(mixed) == bad, "On other flights, in mixed order, your gate does not name exactly the carriers that get clearly worse."
    assert against(mixed, tolerance=4.0) == [], "Your gate does not follow the tolerance that it is given."
    assert against(mixed, fewest=31) == [], "Your gate does not follow the argument fewest."
    assert against(mixed, z=200.0) == [], "Your gate does not follow the argument z."
    surely = pd.concat([better, table(WN=(40, 1.7, 2, 1.5))], ignore_index=True)
    assert against(surely) == ["WN"], "Four standard errors are clearly worse where z is not given: it is 3."
    short = pd.concat([better, table(19, WN=(2, 1.5, 0.5, 0.2))], ignore_index=True)
    assert against(short) == [], "Nineteen days are too few where fewest is not given: it is 20."
    level = pd.DataFrame({"carrier": "XX", "day": np.repeat(np.arange(30), 2), "champion": 10.0, "candidate": 10.5})
    assert against(pd.concat([better, level], ignore_index=True)) == [], "A carrier that gets worse by exactly the tolerance on every flight is not clearly worse: more than the tolerance is."
    alone = table(**facts, WN=(1, 2.0, 0.0, 6.0))
    assert against(alone) == bad, "Where a carrier flies once a day, your standard error is not that of its flights."
    assert against(alone, z=1.2) == sorted([*bad, "WN"]), "Where a carrier flies once a day, your standard error is too large."
    tail = pd.concat([mixed, table(OO=(8, 0, 1, 0.1))], ignore_index=True)
    tail.loc[tail.index[-240::10], "candidate"] += 40.0
    assert against(tail) == sorted([*bad, "OO"]), "Where one flight in ten gets 40 minutes worse and the others stay as they are, your gate does not see it: the mean does."
    few = pd.concat([mixed, table(4, HA=(1, -1, 1, 0)).assign(candidate=np.nan)], ignore_index=True)
    assert against(few) == sorted([*bad, "HA"]), "A failed prediction holds the release for a carrier with few flights too: that needs no statistics."
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="gate"
# 1. Three questions, each adding names to one set: where did the candidate fail, for whom is it clearly worse, and is it better overall?
# 2. Keep the rows where `np.isfinite` holds for the candidate. Then d − d̄ of each flight is `change - change.groupby(carrier).transform("mean")`, and S is its sum in a `groupby([carrier, day])`.
# 3. Square S, and group once more by carrier (`groupby(level=0)`): the sum and the number of days give e. For "all", ask for the good case and negate it: `if not change.mean() < 0` holds for 0, for NaN and for nothing at all.

# %% [markdown]
# Is a stricter gate only a slower one? Try it on models that are **equally good**: for each *day*, a coin decides
# which of the two errors is the champion's. Whoever objects now is wrong.

# %% kind="explore"
predict("coin",
    "100 releases of models that are equally good; any loss matters (tolerance 0), and z is 3. How many does each rule hold up?",
    {"any carrier got worse": (0, 100), "clearly worse, by flight": (0, 100), "your gate, by day": (0, 100)},
)

# %% kind="explore"
# Tosses 100 Septembers, and asks three rules about each.
def tossed(random):
    errors = errors_of["all features"].copy()
    swap = random.choice([True, False], 31)[errors["day"]]
    errors.loc[swap, ["champion", "candidate"]] = errors.loc[swap, ["candidate", "champion"]].to_numpy()
    return errors

held = {"any carrier got worse": 0, "clearly worse, by flight": 0, "your gate, by day": 0}
for random in slow.steps(np.random.default_rng(0).spawn(100), "100 Septembers, three rules for each", seconds=2):
    september_tossed = tossed(random)
    held["any carrier got worse"] += bool((by_carrier(september_tossed)["mean"] > 0).any())
    held["clearly worse, by flight"] += bool(by_flight(september_tossed, tolerance=0.0))
    held["your gate, by day"] += bool(set(gate(september_tossed, tolerance=0.0)) - {"all"})
reveal("coin", held, unit="%", text="The first two rules cry wolf, and a gate that cries wolf is switched off within a week. By day, at z = 3, about 2 in 100 false alarms are what 16 carriers should give.")

# %% kind="explore"
# Draws how often each rule was wrong.
fig, ax = plots.figure(f"Counted by flight, {held['clearly worse, by flight']} of 100 harmless releases are held; by day, {held['your gate, by day']}", x="releases held, of 100 that are harmless", figsize=(7, 2.2))
ax.barh(list(held), list(held.values()), color=[plots.GREY, plots.RED, plots.BLUE])
for y, n in enumerate(held.values()):
    ax.text(n + 1, y, str(n), va="center")
ax.set_xlim(0, 110)
ax.invert_yaxis()
plots.show(fig, alt="Of 100 harmless releases are held: " + ", ".join(f"{n} if {rule}" for rule, n in held.items()) + ".")

# %% [markdown]
# What does certainty cost? One carrier of 16 really gets worse by 0 to 2.5 minutes. How often is it found, and how often is a
# harmless release (at 0) held? Let days hang together less, or more.

# %% kind="explore"
# Draws how often a release is held, by both standard errors, from the normal distribution.
from scipy.stats import norm

def draw_gate(flights_a_day, swing_of_days, tolerance, z):
    worse_by = np.linspace(0, 2.5, 200)
    within, days = 3.0, 30
    by_flight_error = np.hypot(within, swing_of_days) / np.sqrt(days * flights_a_day)
    by_day_error = np.hypot(within / np.sqrt(days * flights_a_day), swing_of_days / np.sqrt(days))  # the true one
    def share(error):
        limit = tolerance + z * error
        return 1 - norm.cdf((limit - worse_by) / by_day_error) * norm.cdf(limit / by_day_error) ** 15
    flight, day = share(by_flight_error), share(by_day_error)
    title = f"Harmless, but held: {flight[0]:.0%} by flight, {day[0]:.0%} by day. One minute worse, and held: {np.interp(1, worse_by, flight):.0%}, {np.interp(1, worse_by, day):.0%}"
    fig, ax = plots.figure(title, x="how much worse one carrier is (minutes)", y="share of releases held", figsize=(7, 3))
    ax.plot(worse_by, flight, color=plots.RED)
    ax.plot(worse_by, day, color=plots.BLUE)
    ax.set_ylim(-0.03, 1.3)
    ax.set_yticks([0, 0.25, 0.5, 0.75, 1])
    ax.text(0.02, 0.97, "counted by flight", color=plots.RED, transform=ax.transAxes, va="top")
    ax.text(0.02, 0.88, "counted by day", color=plots.BLUE, transform=ax.transAxes, va="top")
    plots.show(fig, alt=f"Formula: share of releases held against the true change of one carrier of 16. {title}.")


explorer(draw_gate, flights_a_day=(1, 150, 50), swing_of_days=(0.0, 1.5, 0.7), tolerance=(0.0, 1.0, 0.0), z=(0.0, 4.0, 3.0))

# %% [markdown]
# ## Run it: both ways, for real
#
# Your gate goes into the pipeline, and the pipeline to kfp's own local runner. A step is a process here;
# `local.DockerRunner` would take containers. (`recorded` keeps what the runner prints, and does no more.)

# %% kind="explore"
import base64
import cloudpickle

print("objections:", {name: gate(errors, tolerance=0.5) for name, errors in errors_of.items()})
rule = base64.b64encode(cloudpickle.dumps(gate)).decode()
local.init(
    runner=local.SubprocessRunner(use_venv=False),
    pipeline_root=str(runs.artifacts),
    enable_caching=True,
    cache_root=str(runs.cache),
)
with slow("Seven steps, a process each", seconds=15), runs.recorded() as ship:
    flights_pipeline(features=everything, rule=rule)
print(f"{ship.seconds:.0f} s; ran: {', '.join(ship.ran)}")

# %% [markdown]
# The second candidate differs in one parameter, which goes to `train` and `evaluate`. The first run filled the cache.

# %% kind="explore"
predict("cache",
    "The second run may take results of the first. How many of the seven steps does it have to execute?",
    {"steps executed": (0, 7)},
)

# %% kind="explore"
print(f"The gate travels as text, {len(rule):,} characters of it.")
with slow("The second candidate", seconds=4), runs.recorded() as hold:
    flights_pipeline(features=no_carrier, rule=rule)

# %% kind="explore"
reveal("cache",
    {"steps executed": len(hold.ran)},
    text=f"From the cache: {', '.join(hold.cached)}. Executed: {', '.join(hold.ran)}. The gate said hold, so nothing was exported.",
)

# %% kind="explore" folded=true
# Draws both runs, step by step, as they happened.
from prodml.anywhere.kubeflow.run_pictures import draw_runs

seven = ["ingest", "validate", "transform", "train", "evaluate", "decide", "export"]
draw_runs({"all features": ship, "no carrier": hold}, seven, f"The second run: {len(hold.cached)} steps from the cache, {len(hold.ran)} executed, no export")

# %% [markdown]
# Would your fingerprints have known? The compiled file has what they need: each step's code, its image, and who reads what.

# %% kind="explore"
tasks = compiled["root"]["dag"]["tasks"]
executors = compiled["deploymentSpec"]["executors"]

def as_recipe(name, features):
    inputs = {f"{made}.{output}": made for made, _, output in references(tasks[name])}
    takes = {"features"} & set(tasks[name]["inputs"].get("parameters", {}))
    return recipe(json.dumps(executors[f"exec-{name}"]), inputs, **dict.fromkeys(takes, features))

def as_recipes(features):
    return {name: as_recipe(name, features) for name in tasks if name != "condition-1"}

before, now = fingerprints(as_recipes(everything)), fingerprints(as_recipes(no_carrier))
known = {name for name in now if now[name] == before[name]}
print("equal fingerprints:", *sorted(known))
assert known == set(hold.cached), "kfp's cache and your fingerprints do not agree"

# %% [markdown]
# The same steps, before anything ran. And a gate that has never said no is not known to work: test both ways, and assert it.

# %% kind="explore"
assert "export" in ship.ran, "the good candidate was not exported"
assert "export" not in hold.ran, "the gate let the second candidate through"
assert ship.failed is None and hold.failed is None, "a held release is no failed run"

# %% [markdown]
# **You can stop here.** You have named work so that it is not done twice, and stopped a model that an average would have shipped.

# %% [markdown]
# ## Deeper
#
# Seven sections, folded. Each stands by itself; open what you need.
#
# | section | what is in there | minutes |
# |---|---|---|
# | 3 · What a colleague sees | metrics, an HTML report, files byte by byte, and what a cache cannot see | 15 |
# | 4 · Read the plan before it runs | an exercise: find what is broken in a compiled pipeline | 40 |
# | 5 · Run what is needed, and no more | an exercise: plan the steps in waves | 23 |
# | 6 · A step dies | an exercise: retry without counting twice | 30 |
# | 7 · A gate that is skipped in silence | a trap of kfp 2.17 | 7 |
# | 8 · The same pipeline on a cluster | `kfp.Client`, and what it sends | 10 |
# | 9 · The model, served | KServe's `Model`, and an `InferenceService` | 13 |

# %% [markdown] deeper=15
# ## 3 · What a colleague sees

# %% [markdown]
# Runs are compared by what they logged. On a cluster this table is a page of the dashboard.

# %% kind="explore"
both = {"all features": ship, "no carrier": hold}
logged = pd.DataFrame({name: run.metrics("evaluate") for name, run in both.items()}).T
logged.assign(exported=["export" in run.ran for run in both.values()]).rename_axis("run").round(2)

# %% [markdown]
# Two figures per run say that both candidates gain. `evaluate` also left an HTML page, which says who pays. It is an artifact
# as the others are: it can be opened next year, by someone who has neither this notebook nor the data.

# %% kind="explore"
import IPython.display

IPython.display.HTML(hold.path("evaluate", "report").read_text())

# %% [markdown]
# The second run took three results from the cache. Would it have computed the same? A third run makes all afresh:
# same code, same data, other processes, another folder.

# %% kind="explore"
predict("bytes",
    "Up to the gate, a run leaves 7 files: raw, clean, learn, judge, model, errors, report. How many does the third run leave that equal those of the run before, byte by byte?",
    {"the same": (0, 7)},
)

# %% kind="explore"
local.init(runner=local.SubprocessRunner(use_venv=False), pipeline_root=str(runs.artifacts))
print("executed the last time:", *hold.ran)
with slow("Six steps once more, without the cache", seconds=6), runs.recorded() as afresh:
    flights_pipeline(features=no_carrier, rule=rule)
print("executed now:", *afresh.ran)

# %% kind="explore"
# Compares the files by their SHA-256: the first run's where the second took them from the cache.
compared_files = pd.DataFrame({"before": ship.digests() | hold.digests(), "afresh": afresh.digests()}).dropna()
equal = compared_files["before"] == compared_files["afresh"]
reveal("bytes", {"the same": equal.sum()}, text="Nothing in these steps reads a clock or draws a number, so a cached result is as good as a new one. With another library or on another machine the last bits may differ: that is why the image counts.")

# %% kind="explore"
compared_files.assign(same=equal)

# %% [markdown]
# What counts for kfp's local cache: a component's name, image, code, environment variables and arguments; of an artifact the
# address, not the bytes. What a step reads *by name* does not count. This one counts the words of a file.

# %% kind="explore" folded=false
@step
def count_words(path: str) -> int:
    import pathlib
    return len(pathlib.Path(path).read_text().split())

@dsl.pipeline
def counting(path: str) -> int:
    return count_words(path=path).output

# %% kind="explore"
local.init(
    runner=local.SubprocessRunner(use_venv=False),
    pipeline_root=str(runs.artifacts),
    enable_caching=True,
    cache_root=str(runs.cache),
)
words = runs.folder / "words"
for text in ("on time", "very late again"):
    words.write_text(text)
    with runs.recorded() as counted:
        said = counting(path=str(words)).output
    print(f"{len(text.split())} words in the file; the run says {said}; cached: {counted.cached}")

# %% [markdown]
# A wrong answer, in no time, reported as a success. So data enter a pipeline as artifacts, or with a version in their
# name. The same holds for code: kfp sees a step's own text, and not that of the `prodml` which it imports.
# (The other way round, kfp 2.17's local runner executes `evaluate` every time: it looks for the file of `metrics`, which has none.)

# %% [markdown] deeper=40
# ## 4 · Read the plan before it runs
# *hard · about 21 lines · 35 minutes*

# %% [markdown]
# kfp checks types while compiling: a model where a dataset is wanted does not get through.

# %% kind="explore" folded=false
try:
    @dsl.pipeline
    def mixed_up():
        rows = ingest(last=1).outputs["raw"]
        model = train(learn=rows, features=[]).outputs["model"]
        train(learn=model, features=[])
except Exception as error:
    print(type(error).__name__, "-", str(error)[:200])

# %% [markdown]
# But a spec also comes from elsewhere: a file in git, edited by hand, merged, generated. No compiler checks it then. Whoever
# reads it back has a parser, built from the format's definition. What does that find?

# %% kind="explore"
predict("parser",
    "Four specs, each broken in one way: a misspelt field, an unknown task, an output that nobody makes, a cycle. How many does the parser refuse?",
    {"refused": (0, 4)},
)

# %% kind="explore"
# Breaks the compiled pipeline in four ways, and has each read by the parser of the format's definition.
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
# The flight pipeline as the check's own spec.
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
# | `ingest` depends on `train` | `("ingest", "cycle")`, `("train", "cycle")`, `("transform", "cycle")`, `("validate", "cycle")` |

# %% kind="exercise" name="lint" exports=["lint"]
def lint(spec):
    """What is wrong with the references in a compiled pipeline.

    spec: dict, a pipeline spec. Its DAGs are spec["root"]["dag"] and the "dag" of every component
        that has one. A task of dag["tasks"] needs the tasks of its "dependentTasks" (the key may
        be missing) and the producers of its `references(task)`.
    Returns a sorted list of pairs (task, problem), each once; an empty list if all is well:
        "component": task["componentRef"]["name"] is not in spec["components"];
        "task": it needs a task that is not in its own DAG;
        "output": the producer's component does not declare that output under that kind. Not
            reported where the producer, or its component, is missing: that is another problem;
        "cycle": it needs itself, directly or through others. Who only waits for such a task is
            not reported.
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
with check("lint", touched="lint has changed the spec that it was given. Whoever compiles or sends it next gets something else: only read."):
    def says(change=None, spec=sound):
        broken = copy.deepcopy(spec)
        if change:
            change(broken, broken["root"]["dag"]["tasks"])
        return [tuple(pair) for pair in value(lint(broken), list)]

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
    through = says(lambda s, tasks: tasks[names[a]]["inputs"]["artifacts"]["x"]["taskOutputArtifact"].update(producerTask=names[b]), spec)
    assert through == loop, "A ring that goes through what tasks read, and not through dependentTasks alone, is not reported exactly."
    farther = sorted((name, "cycle") for name in names[a:])
    shared = says(lambda s, tasks: (tasks[names[a]]["dependentTasks"].append(names[b]), tasks[names[b]]["dependentTasks"].append(names[11])), spec)
    assert shared == farther, "Where two rings share a task, your lint does not report every task of both."
    pair = {"p": {"componentRef": {"name": f"comp-{names[0]}"}, "dependentTasks": ["q"]}, "q": {"componentRef": {"name": f"comp-{names[1]}"}, "dependentTasks": ["p"]}}
    inside = says(lambda s, tasks: s["components"].update({"comp-if": {"dag": {"tasks": pair}}}), spec)
    assert inside == [("p", "cycle"), ("q", "cycle")], "A ring inside of a component's own DAG is not reported exactly."
    twice = says(lambda s, tasks: tasks[names[b]].update(componentRef={"name": "comp-none"}, dependentTasks=["nobody"]), spec)
    assert twice == [(names[b], "component"), (names[b], "task")], "A task with two faults is not reported with both."
    reused = says(lambda s, tasks: (tasks[names[b]].update(componentRef={"name": f"comp-{names[a]}"}), s["components"][f"comp-{names[a]}"].pop("outputDefinitions")), spec)
    assert reused == sorted([(names[a + 1], "output"), (names[b + 1], "output")]), "Two tasks share a component that makes nothing: those that read either of them are not reported exactly."
    twin = {names[0]: {"componentRef": {"name": f"comp-{names[0]}"}, "dependentTasks": [names[b]]}}
    same = says(lambda s, tasks: s["components"].update({"comp-if": {"dag": {"tasks": twin}}}), spec)
    assert same == [(names[0], "task")], "Two DAGs have a task of the same name, and your lint follows the needs of one into the other."
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="lint"
# 1. First write it for one DAG: a dict `needs` from task to the set of tasks that it needs. Three of the four problems can be read off while you fill it.
# 2. "Needs itself through others": start at the task, follow `needs` as far as it goes, and see whether you come back. Keep a set of what you have reached, or a ring will hold you for ever.
# 3. Use `components.get(...)` and `.get("outputDefinitions", {}).get(kind, {})`. Then put a loop around: `[spec["root"]["dag"], *(c["dag"] for c in components.values() if "dag" in c)]`.

# %% [markdown]
# Your lint beside the parser, on what kfp has compiled and on the four broken versions of it.

# %% kind="explore"
# Draws who finds what.
said_of = {"as compiled": (refused(lambda tasks: None), lint(compiled))}
for name, change in changes.items():
    broken = copy.deepcopy(compiled)
    change(broken["root"]["dag"]["tasks"])
    said_of[name] = (found[name], lint(broken))
silent_for_both = [name for name, (parser, pairs) in said_of.items() if not parser and not pairs]
fig, ax = plots.figure("Each sees what the other does not: run both", figsize=(7, 2.6))
for y, (parser, pairs) in enumerate(said_of.values()):
    for x, finds in enumerate((parser, bool(pairs))):
        ax.plot(x, y, "s", markersize=15, color=plots.ORANGE if finds else plots.GREY, fillstyle="full" if finds else "none")
    ax.text(1.2, y, "".join(f"{task}: {problem}" for task, problem in pairs[:1]) + (f", and {len(pairs) - 1} more" if len(pairs) > 1 else ""), va="center")
ax.set_xticks([0, 1], ["parser refuses", "lint reports"])
ax.set_yticks(range(len(said_of)), list(said_of))
ax.set_xlim(-0.5, 3.2)
ax.set_ylim(len(said_of) - 0.5, -0.5)
ax.grid(False)
plots.show(fig, alt="; ".join(f"{name}: parser {'refuses' if parser else 'accepts'}, lint {pairs or 'finds nothing'}" for name, (parser, pairs) in said_of.items()) + ".")

# %% [markdown] deeper=23
# ## 5 · Run what is needed, and no more
# *medium · about 11 lines · 20 minutes*

# %% [markdown]
# If a step's fingerprint was seen before, its result is there. A night's work shrinks to what has changed. Wanted is
# `report`; the results of the steps in brackets are cached:
#
# ```mermaid
# flowchart LR
#   accTitle: Five steps, two of them cached
#   accDescr: Ingest, which is cached, gives to clean; clean gives to split, which is cached; split gives to train and to report; train gives to report.
#   I("(ingest)") --> C[clean] --> S("(split)") --> T[train] --> R[report]
#   S --> R
# ```
#
# `train` and `report` run, in two waves: `[["train"], ["report"]]`. `clean` is not cached, but nobody needs it: `split` is there.

# %% kind="exercise" name="schedule" exports=["schedule"]
def schedule(needs, cached, wanted):
    """Which steps must run to get the wanted ones, in waves: each step as early as it can.

    needs: dict, step → list of the steps whose results it reads; every step is a key; no cycles.
    cached: set of steps whose results are there. They are not run.
    wanted: list of steps whose results are asked for.
    Returns a list of waves; a wave is a list of steps, sorted by name, that can all run at once
        when the waves before it have ended. A step runs only if its result is wanted, or read by
        a step that runs. Nothing to run: an empty list.
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

    got = waves(["ingest", "split"], ["report"], {"ingest": [], "clean": ["ingest"], "split": ["clean"], "train": ["split"], "report": ["split", "train"]})
    assert ["clean"] not in got, f"The worked example: clean is not cached, but split, its only reader, is. Yours runs it: {got}. Go backwards from what is wanted."
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
# With your fingerprints it foretells the second run: nothing but `train`, `evaluate`, `decide`, one after the other. What would
# more machines bring? Choose what is cached in a pipeline with two sources.

# %% kind="explore"
# Your plan of the second run, and your waves for what is cached.
print("the second run:", schedule({name: task.get("dependentTasks", []) for name, task in tasks.items()}, known, ["decide"]))

def draw_waves(wanted, changed):
    needs = {"flights": [], "weather": [], "validate": ["flights"], "join": ["validate", "weather"], "train": ["join"],
             "evaluate": ["join", "train"], "report": ["evaluate"], "decide": ["evaluate"], "export": ["train", "decide"]}
    touched = set(needs) if changed == "everything" else {changed}
    for name, makers in needs.items():
        touched |= {name} if touched & set(makers) else set()
    waves = schedule(needs, set(needs) - touched, list(needs) if wanted == "all" else [wanted])
    at = {name: i for i, wave in enumerate(waves) for name in wave}
    title = f"{changed} has changed, {wanted} is wanted: {len(at)} of {len(needs)} steps run, in {len(waves)} waves"
    fig, ax = plots.figure(title, x="wave", figsize=(7, 3))
    for y, name in enumerate(needs):
        if name in at:
            ax.barh(y, 0.9, left=at[name] - 0.45, color=plots.BLUE)
        else:
            ax.text(-0.45, y, "cached, or not needed", va="center", color=plots.GREY)
    ax.set_yticks(range(len(needs)), list(needs))
    ax.set_xticks(range(max(len(waves), 1)), [str(i + 1) for i in range(max(len(waves), 1))])
    ax.set_xlim(-0.6, max(len(waves), 3) - 0.4)
    ax.set_ylim(len(needs) - 0.4, -0.6)
    plots.show(fig, alt=f"{title}: {waves}.")


explorer(draw_waves, wanted=["all", "report", "export"], changed=["weather", "train", "decide", "everything"])

# %% [markdown] deeper=30
# ## 6 · A step dies
# *medium · about 13 lines · 20 minutes*

# %% [markdown]
# Machines are taken away, connections drop. kfp retries a step if you ask for it. This one writes 1,000 rows, one by one. On
# its first attempt the process is killed after 600.

# %% kind="explore" folded=false
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

@dsl.pipeline
def collecting(folder: str):
    collect(folder=folder).set_retry(num_retries=2)

# %% kind="explore"
predict("dies",
    "The step dies once and is retried. How many attempts does the run show, and how many rows does its dataset have?",
    {"attempts": (1, 3), "rows": (0, 2000)},
)

# %% kind="explore"
# Runs it, and counts.
with runs.recorded() as collected:
    collecting(folder=str(runs.folder))
collected_rows = len(collected.path("collect", "rows").read_text().splitlines())
reveal("dies", {"attempts": len(collected.attempts), "rows": collected_rows}, unit={"rows": "rows"}, text="The second attempt went on where the first had written. The run is reported as a success. Nobody is told that 600 rows are there twice.")

# %% [markdown]
# This is the local runner, where both attempts share a path. On a cluster an attempt is a new pod with an empty disk. What a
# step appends *elsewhere*, to a table, a bucket or a topic, is there twice as well.
#
# And what does a retry do about bad data? This step raises ValueError, whatever the day.

# %% kind="explore"
import inspect

@step
def refuse():
    raise ValueError("the labels are missing")

@dsl.pipeline
def refusing():
    refuse().set_retry(num_retries=2)

with runs.recorded() as refused_run:
    refusing()
print(len(refused_run.attempts), "attempts;", refused_run.failed)
print("in the log:", next(line for line in refused_run.log.splitlines() if "ValueError: " in line))
print("set_retry takes", *list(inspect.signature(dsl.PipelineTask.set_retry).parameters)[1:])

# %% [markdown]
# As many attempts at something that cannot succeed; and the message names only the step, the reason stands in the log. kfp 2.17's
# `set_retry` takes how often and how long to wait, not *which* failures.
# [Pull request 13386](https://github.com/kubeflow/pipelines/pull/13386) proposes a `policy`; it was open when we looked, in 2026. It says, too,
# what a cluster does without one: a step that exits with an error is tried again, a pod that was evicted is not.
#
# So a retry needs four rules. Only what may pass is tried again. Each attempt writes into a folder of its own. What it wrote
# is published when it is complete. And between attempts one waits, longer each time.
#
# | attempt | 1 | 2 | 3 |
# |---|---|---|---|
# | ends with | ConnectionResetError | TimeoutError | success |
# | then | wait 1 s | wait 2 s | publish its folder, return 3 |

# %% kind="exercise" name="run_step" exports=["run_step"]
def run_step(step, clock, attempts):
    """Run a step until it succeeds, at most `attempts` times; publish what that attempt wrote.

    step: `step.run(folder)` makes one attempt, and may raise in the middle of writing.
        ConnectionError and TimeoutError, and what derives from them, may pass: try again.
        Everything else does not: let it out at once.
        `step.publish(folder)` makes a folder the step's output: call it once, when its attempt
        has succeeded. What it raises goes out, whatever it is: nobody knows whether the output
        is there.
    folder: a str of your choice; no two attempts share one.
    clock: `clock.sleep(seconds)`. Wait 1 second after the first failed attempt, then 2, 4, …; not
        after the last.
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

# %% kind="explore" folded=false
import tempfile
import time
from pathlib import Path
from prodml.runtime.processes import Group, Program

class RealStep:
    def __init__(self, folder):
        self.place, self.log = Path(tempfile.mkdtemp(prefix="real-", dir=folder)), []

    def run(self, folder):
        (self.place / folder).mkdir()
        dies_at = 599 if len(self.log) < 2 else None
        arguments = [str(self.place / folder / "rows"), dies_at]
        start = time.monotonic()
        writes = Program("prodml.anywhere.kubeflow.retries:write_rows", arguments)
        with Group({"step": writes}) as group:
            status = group["step"].wait()
        rows = len(Path(arguments[0]).read_text().splitlines())
        self.log.append((start, time.monotonic(), rows))
        if status < 0:
            raise ConnectionError(f"the process was killed by signal {-status}")

    def publish(self, folder):
        (self.place / folder).rename(self.place / "output")

# %% kind="explore"
with slow("Three attempts, with waits of 1 and 2 seconds between them", seconds=4):
    real = RealStep(runs.folder)
    made = run_step(real, time, 5)
published = len((real.place / "output" / "rows").read_text().splitlines())
print(f"{made} attempts; published {published} rows")
print("kept:", *sorted(path.name for path in real.place.iterdir()))

# %% kind="explore"
# Draws the attempts and the waits as they happened, and what kfp's retry had left.
fig, ax = plots.figure(f"A folder for each attempt: {published:,} rows are published, not {collected_rows:,}", x="seconds", figsize=(7, 2.4))
zero = real.log[0][0]
for y, (start, end, rows_written) in enumerate(real.log):
    last = y == len(real.log) - 1
    ax.barh(y, max(end - start, 0.05), left=start - zero, color=plots.BLUE if last else plots.ORANGE)
    ax.text(end - zero + 0.08, y, f"{rows_written:,} rows, {'published' if last else 'killed'}", va="center")
    if not last:
        ax.plot([end - zero, real.log[y + 1][0] - zero], [y + 0.5, y + 0.5], color=plots.GREY)
        ax.text((end + real.log[y + 1][0]) / 2 - zero, y + 0.48, "your wait", ha="center", va="bottom", color=plots.GREY)
ax.set_yticks(range(len(real.log)), [f"attempt {y + 1}" for y in range(len(real.log))])
ax.set_xlim(0, real.log[-1][1] - zero + 1.6)
ax.invert_yaxis()
plots.show(fig, alt="; ".join(f"attempt {y + 1} from {s - zero:.1f} to {e - zero:.1f} s, {n} rows" for y, (s, e, n) in enumerate(real.log)) + f". Published: {published} rows; kfp's retry had left {collected_rows}.")

# %% [markdown] deeper=7
# ## 7 · A gate that is skipped in silence

# %% [markdown]
# Why assert that the gate ran? Here are two pipelines that differ in one thing: whether the step before the gate *returns* its
# verdict, or returns it as an output with a *name*. Both say "deploy".

# %% kind="explore" folded=false
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

@dsl.pipeline
def by_return():
    with dsl.If(single().output == "deploy"):
        ship_it()

@dsl.pipeline
def by_name():
    with dsl.If(named().outputs["verdict"] == "deploy"):
        ship_it()

# %% kind="explore"
predict("named",
    "Each pipeline has two steps, and each verdict is “deploy”. How many steps are executed?",
    {"by return value": (0, 2), "by named output": (0, 2)},
)

# %% kind="explore"
# Runs both, without a cache.
local.init(runner=local.SubprocessRunner(use_venv=False), pipeline_root=str(runs.artifacts))
with runs.recorded() as returned:
    by_return()
with runs.recorded() as by_its_name:
    by_name()
reveal("named", {"by return value": len(returned.ran), "by named output": len(by_its_name.ran)}, text="kfp 2.17's local runner cannot resolve a named output in a condition. It logs a warning, skips the branch, and reports success. On a cluster the same YAML is run by other code, which was not tried here.")

# %% kind="explore"
print("the run reports:", "failure" if by_its_name.failed else "success")
print(*[line for line in by_its_name.log.splitlines() if "Could not resolve" in line], sep="\n")

# %% [markdown]
# So: gate on a single return value, and put "the gate ran" among the metrics that somebody watches.

# %% [markdown] deeper=10
# ## 8 · The same pipeline on a cluster

# %% [markdown]
# A Kubeflow Pipelines server takes the compiled file as it is, from `kfp.Client`. There is no cluster on this machine, so the
# client talks to a **stand-in**: a server that answers as the API's definition says, and runs nothing. **On a cluster this has not been tried.**

# %% kind="explore"
import warnings
import kfp
from prodml.anywhere.kubeflow.stand_in import stand_in

warnings.simplefilter("ignore", FutureWarning)  # kfp's client announces its version
print(f"{len(rule):,} characters of the arguments are the gate")
with stand_in() as server:
    client = kfp.Client(host=server.url)  # on a real one also existing_token=… and namespace=…
    sent = client.create_run_from_pipeline_package(
        str(runs.folder / "flights.yaml"),
        arguments={"features": everything, "rule": rule},
        run_name="flights, 30 September",
        experiment_name="prodml",
    )
sent.run_id

# %% [markdown]
# Its links lead to the server's dashboard; the stand-in has none, and is gone. What it was asked:

# %% kind="explore"
for method, address, body in server.got:
    print(method, address.partition("?")[0], sorted(body) if body else "")
print("The server got the plan as it was compiled:", body["pipeline_spec"] == compiled)

# %% [markdown]
# The run carries the whole spec: what ran is what was sent, whatever happens to the file later. On a real cluster it would
# fail at its first step, though: the spec names the image `python:3.11`, which has neither kfp nor prodml nor the flights. For a cluster you build an
# image with all three, and name it by its digest.
#
# From a job in CI, the same with errors that say what to do: `python -m prodml.anywhere.kubeflow --host URL flights.yaml`.

# %% [markdown]
# <details><summary><b>The demo that this lab grew from, and what has changed</b></summary>
#
# The original course showed two examples by Amy Unruh. They predict the tips of Chicago taxi trips. In the
# first, two ways of preparing the data with TensorFlow Transform run side by side, a model is trained on each, and both
# models are deployed, to TF Serving and to Google's Cloud ML Engine. TensorFlow Model Analysis compares them by slice, for
# a person who opens a notebook. There is no gate.
#
# An early form runs on Argo and Kubeflow 0.2.4, which ksonnet installs; each step comes with source code and the
# specification of its container. Today a step can be a typed function, and kustomize installs Kubeflow; ksonnet is
# archived. The examples say of themselves that they are not maintained and probably no longer work.
#
# </details>

# %% [markdown] deeper=13
# ## 9 · The model, served

# %% [markdown]
# `export` left a LiteRT file. KServe serves what is a `Model`: `load` makes it ready, `predict` gets a request of the *Open Inference
# Protocol* (V2). The process needs no TensorFlow.

# %% kind="explore" folded=false
def serve(file, name, port):
    import numpy as np
    from ai_edge_litert.interpreter import Interpreter
    from kserve import Model, ModelServer
    from kserve.errors import InvalidInput
    from kserve.utils.utils import get_predict_response

    class Delays(Model):
        def load(self):
            self.lite = Interpreter(model_path=file, num_threads=1)
            self.rows, self.minutes = (
                d[0] for d in (self.lite.get_input_details(), self.lite.get_output_details())
            )
            self.ready = True

        def predict(self, payload, headers=None, response_headers=None):
            rows = payload.inputs[0].as_numpy().astype(np.float32)
            if rows.ndim != 2 or rows.shape[1] != self.rows["shape"][1]:
                raise InvalidInput(f"{self.rows['shape'][1]} columns are needed, not {rows.shape}")
            self.lite.resize_tensor_input(self.rows["index"], rows.shape)
            self.lite.allocate_tensors()
            self.lite.set_tensor(self.rows["index"], rows)
            self.lite.invoke()
            answer = self.lite.get_tensor(self.minutes["index"]).copy()
            return get_predict_response(payload, answer, self.name)

    model = Delays(name)
    model.load()
    ModelServer(http_port=port, enable_grpc=False, workers=1).start([model])

# %% [markdown]
# It runs in a process of its own, and is asked over HTTP: 200 flights, and four with columns missing. Whose fault is that?

# %% kind="explore" folded=true
# Four answers that HTTP has, and your prediction.
BLAME = ["nobody: 200", "the caller: 400", "the address: 404", "the server: 500"]
predict("status",
    "A question with five columns. Whom does this Model's answer blame, and whom without its two lines about columns?",
    {"with them": BLAME, "without": BLAME},
)

# %% kind="explore"
# Asks the server above, and one whose Model does not look at the columns.
import urllib.error
from prodml.anywhere.kubeflow.model_server import model_server

lite, asked = ship.path("export", "lite"), flight_steps.design(september.iloc[:200], everything)

def status_of_five_columns(server):
    try:
        server.infer(asked[:4, :5])
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()
    return 200, ""

def blamed(status):
    return next(words for words in BLAME if str(status) in words)

with slow("Two servers start, one after the other", seconds=6):
    with model_server(lite, "delays", serve=serve) as server:
        ready, answered = server.get("v2/models/delays/ready"), server.infer(asked)
        with_them, words_of_it = status_of_five_columns(server)
    with model_server(lite, "delays") as server:
        without, _ = status_of_five_columns(server)
reveal("status",
    {"with them": blamed(with_them), "without": blamed(without)},
    text=f"With them it says: {words_of_it}. Without, “my fault”, for what is the caller's: an alarm rings for the wrong team.",
)

# %% kind="explore"
# Draws what was served beside what these weights give here.
here = asked @ np.load(ship.path("train", "model"))
difference = float(np.abs(answered - here).max())
truth = september["arr_delay"].iloc[:200].to_numpy(dtype=float)
fig, ax = plots.figure(f"Served and computed here differ by {difference:.6f} minutes at most", x="computed in this notebook (minutes)", y="minutes", figsize=(7, 3))
ax.plot(here, truth, "o", markersize=3, color=plots.GREY)
ax.plot(here, answered, "o", markersize=4, color=plots.BLUE)
ax.text(0.02, 0.95, "served", color=plots.BLUE, transform=ax.transAxes, va="top")
ax.text(0.02, 0.86, "what came true", color=plots.GREY, transform=ax.transAxes, va="top")
plots.show(fig, alt=f"200 flights: the served prediction lies on the diagonal, within {difference:.6f} minutes; the true delays scatter around it.")

# %% [markdown]
# On a cluster nobody starts this by hand. An `InferenceService` says what is wanted; here as KServe's own classes, which refuse a misspelt
# field. `canaryTrafficPercent` gives the new revision one request in ten: the gate's second half, on live traffic (lab 08).

# %% kind="explore"
from kserve import V1beta1InferenceService, V1beta1InferenceServiceSpec, V1beta1PredictorSpec
from kubernetes.client import ApiClient, V1Container, V1ObjectMeta

image = "registry.example/delays@sha256:" + hashlib.sha256(lite.read_bytes()).hexdigest()
service = V1beta1InferenceService(
    api_version="serving.kserve.io/v1beta1",
    kind="InferenceService",
    metadata=V1ObjectMeta(name="delays"),
    spec=V1beta1InferenceServiceSpec(predictor=V1beta1PredictorSpec(
        min_replicas=1,
        canary_traffic_percent=10,
        containers=[V1Container(name="kserve-container", image=image, args=["serve.py"])],
    )),
)
print(yaml.safe_dump(ApiClient().sanitize_for_serialization(service), sort_keys=False, width=100))

# %% [markdown]
# An own container, because LiteRT is not among the formats that KServe has servers for (its predictor has fields such as `sklearn`,
# `xgboost`, `tensorflow`, `onnx`, `huggingface`). Registry and digest are made up here, and no cluster has seen it.
#
# From raw table to an answer over HTTP, every number has a file that it came from. One thing is missing: whoever asks must build 41
# columns just as `train` did. That is lab 06.

# %% [markdown]
# ## In production
#
# - **At 1,000 times the scale** artifacts lie in an object store, and a metadata store knows which run made which: lineage
#   is a query.
# - **Tools**: Kubeflow Pipelines, TFX, Argo, Airflow, Dagster, Metaflow. They differ in who writes the graph. All of them
#   ask what you have built: what is a step's identity, and may it be run twice?
# - **Every night** means a recurring run. Decide beforehand: may two nights overlap (`max_concurrency`), and are
#   missed nights made up for (`no_catchup`)? A step takes its date as a parameter, never from the clock.
# - **Your sample is days.** Weather lasts longer than a day, too: with a long record, cluster by week and see whether the error grows.
# - **The failure to watch for** is a success: a branch skipped in silence, rows counted twice, a gate that compared NaN. Put an
#   assertion behind each: rows in = rows out, and "the gate ran" as a metric.
# - **What a fingerprint does not see**: a tag such as `python:3.11` that moves (pin the digest), a table
#   that is read by name, a clock, a random seed.

# %% [markdown]
# ## The same idea elsewhere
#
# | | TensorFlow | PyTorch | JAX | managed service |
# |---|---|---|---|---|
# | a step that trains | a kfp component; TFX's `Trainer` | a kfp component, or a `TrainJob` of Kubeflow Trainer (`torch-distributed`) | the same (`jax-distributed`) | Vertex AI Pipelines runs the same YAML; SageMaker has a `TrainingStep` |
# | equal work is not done twice | kfp's or TFX's cache | kfp's cache | kfp's cache | `enable_caching` on Vertex, `CacheConfig` on SageMaker |
# | the gate | TFX's `Evaluator` blesses a model, by slice | your function, and `dsl.If` | your function, and `dsl.If` | `dsl.If` on Vertex, `ConditionStep` on SageMaker |
# | the server | TensorFlow Serving, KServe | Triton, KServe; TorchServe is archived since August 2025 | `jax.export`, or a SavedModel, and a `Model` as in section 9 | an endpoint |

# %% [markdown]
# ## Primary sources
#
# - Kubeflow, [Pipelines: concepts and the SDK](https://www.kubeflow.org/docs/components/pipelines/): components, artifacts, caching and control flow, in the maintainers' words.
# - Cameron and Miller, [A practitioner's guide to cluster-robust inference](https://doi.org/10.3368/jhr.50.2.317), 2015: what to do when rows come in clusters; your formula is its simplest case.
# - Baylor and others, [TFX: A TensorFlow-based production-scale machine learning platform](https://doi.org/10.1145/3097983.3098021), 2017: validation before training and before serving, and why.
# - Mokhov, Mitchell and Peyton Jones, [Build systems à la carte](https://doi.org/10.1145/3236774), 2018: fingerprints and schedules in general.
#
# <details><summary>More sources, and those of the original course</summary>
#
# - Kubeflow, [pipeline_spec.proto](https://github.com/kubeflow/pipelines/blob/master/api/v2alpha1/pipeline_spec.proto): what a compiled pipeline may say; the comments are the specification.
# - Kubeflow, [Execute KFP pipelines locally](https://www.kubeflow.org/docs/components/pipelines/user-guides/core-functions/execute-kfp-pipelines-locally/): the runner of this lab, and what it leaves out (its list of limits, with caching and retry, is older than kfp 2.17).
# - Kubeflow, [Use caching](https://www.kubeflow.org/docs/components/pipelines/user-guides/core-functions/caching/): on by default on a cluster, and how to switch it off.
# - Kubeflow, [Connect the SDK to the API](https://www.kubeflow.org/docs/components/pipelines/user-guides/core-functions/connect-api/): addresses and tokens, inside and outside of a cluster.
# - KServe, [Open Inference Protocol](https://github.com/kserve/open-inference-protocol): the V2 protocol, which several servers speak.
# - Breck, Cai, Nielsen, Salib and Sculley, [The ML test score](https://research.google/pubs/pub46555/), 2017: a rubric of 28 tests. Quality on slices, and validation before serving, are your gate.
# - Amazon Web Services, [Control and limit retry calls](https://docs.aws.amazon.com/wellarchitected/latest/framework/rel05-bp03.html): waits that grow, with a random part and a limit; and errors that no retry can mend.
# - Amy Unruh, [kubeflow-pipelines in code-snippets](https://github.com/amygdala/code-snippets/tree/master/ml/kubeflow-pipelines): the examples, and what followed them. Read README_taxidata_examples.md first.
# - Google Cloud, [Cloud ML Engine: technical overview](https://cloud.google.com/ml-engine/docs/technical-overview): the address of the time. The service has another name today, and the page may have moved.
# - Google Cloud, "Simplifying machine learning on open hybrid clouds with Kubeflow": named by the course. We found no address that still holds it.
#
# </details>
