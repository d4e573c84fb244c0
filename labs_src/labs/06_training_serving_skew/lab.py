# ---
# jupyter:
#   lab:
#     title: Training–serving skew
#     question: Why does the model that was good offline fail online?
#     minutes: {core: 70, all: 151}
#     core: [skew_report, find_difference]
#     seconds: 50
#     objectives:
#       - Split the error that a model gains on its way online into data that changed, pipelines that differ, and feedback
#       - Find an input on which two implementations of one feature disagree, without guessing where
#       - Tell libraries that are the same up to rounding from libraries that are not the same
#       - Put preprocessing into the exported model, so that there is only one implementation
#     prerequisites: [00_start_here]
#     covers:
#       skew.different-pipelines: [skew_report, find_difference]
#       skew.data-changed: [skew_report]
#       skew.feedback: [skew_report]
#       skew.equivalent-but-optimised: [same_up_to]
#       skew.not-equivalent: [same_up_to]
#       skew.reimplemented: [find_difference]
#       skew.design: [export]
# ---

# %% [markdown]
# # 06 · Training–serving skew
# *Why does the model that was good offline fail online?*
#
# In winter the team's model missed a flight's delay by 12 minutes on average. In July, online, it misses by more than
# four times as much. The flights are others, the code is another, and people act on what the model says. Which of the
# three is it?
#
# ```mermaid
# flowchart LR
#     accTitle: Two code paths into one network, and three causes of skew
#     accDescr: Flights of winter go through the training code into the network, whose error offline is measured. Flights of July, which are others (1, data), go through a service that was written again (2, pipelines) into the same network. Agents act on its predictions (3, feedback), so the observed delay, from which the error online is measured, is not what it would have been.
#     winter[(flights<br/>of winter)] --> train["training<br/>code"] --> net["network"] --> offline(["error<br/>offline"])
#     july[("① flights<br/>of July")] --> serve["② service,<br/>written again"] --> same["the same<br/>network"] --> agents["③ agents<br/>act"] --> online(["error<br/>online"])
# ```
#
# Three things differ: ① **data**, ② **pipelines**, ③ **feedback**.

# %% kind="setup"
# Imports, and the lab's name for your progress.
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pandas as pd
from hypothesis import find, settings
from hypothesis.errors import NoSuchExample

from prodml import begin, check, explorer, hidden_rng, plots, predict, raised, reveal, rng, slow, value
from prodml.adapt.monitoring.pairs import (
    codes, crash, filled, halves, kilometres, speed, spread, steps, strategy_of, total, weekday,
)
from prodml.adapt.monitoring.skew import (
    CATEGORIES, FAULTS, NUMBERS, RAW,
    act, cost_errors, encode, feature_pair, fit_network, learn_recipe, minutes, served_features, training_features,
)
from prodml.adapt.monitoring.waterfall import Way, show_waterfall, signed
from prodml.data import flights
from prodml.models.fresh import ask_fresh
from prodml.models.saved import save

begin("06_training_serving_skew")
repeatable = settings(max_examples=200, derandomize=True, database=None, deadline=None)

# %% [markdown]
# The model learns from the flights of January to March; a fifth of them is **held out**. It reads seven numbers and
# two categories. `delay_step` is the departure delay, rounded **down** to five minutes.

# %% kind="explore"
year = flights(columns=RAW)
year = year[year["arr_delay"].notna()]
winter, july = year[year["month"] <= 3], year[year["month"] == 7]
kept_out = rng().random(len(winter)) < 0.2

recipe = learn_recipe(winter[~kept_out])  # medians, means, vocabularies
features = training_features(winter[~kept_out], recipe["fill"])
with slow("A small network learns from winter", seconds=6):
    network = fit_network(encode(features, recipe), winter.loc[~kept_out, "arr_delay"])
features.head(3)

# %% [markdown]
# The service computes the same features, but somebody wrote them again. It is **simulated**, with three faults that
# real ones have:
#
# | fault | training | service |
# |---|---|---|
# | truncated steps | −3 min rounds down to −5 | cut towards zero: 0 |
# | hour in UTC | 9 in New York | 13 in summer |
# | missing as 0 | missing pressure becomes the median, 1,017 hPa | 0 hPa |
#
# Gate agents act on predictions above 30 minutes, and a fifth of the delay is left (**simulated**, too). So the model
# changes the labels that it is measured by. A random fifth of the flights, the **control group**, is left alone.

# %% kind="explore" folded=false
def model(table):
    """Predicted minutes of a table of features."""
    return minutes(network, encode(table, recipe))


def serve_month(month, faults, agents=True):
    """A month online: its features by training code, and the log that the service wrote."""
    flown = year[year["month"] == month]
    log = served_features(flown, recipe["fill"], faults)
    control = rng().random(len(flown)) < 0.2
    left_alone = control if agents else np.ones(len(flown), bool)
    _, observed = act(model(log), flown["arr_delay"], left_alone)
    log = log.assign(control=control, delay=observed).sample(frac=1, random_state=0)
    return training_features(flown, recipe["fill"]), log

# %% kind="explore"
# Draws the team's dashboard, offline and by month online.
def draw_dashboard(title, lines):
    fig, ax = plots.figure(title, "month of 2013", "mean absolute error (min)", figsize=(7, 2.8))
    for (name, by_month), colour in zip(lines.items(), (plots.RED, plots.GREEN), strict=False):
        ax.plot(list(by_month), list(by_month.values()), "o-", color=colour, label=name)
    plots.label_lines(ax)
    ax.plot([1, 2, 3], [offline_error] * 3, color=plots.BLUE, linewidth=3)
    ax.annotate("offline, held out", (1, offline_error), (0, 5), textcoords="offset points")
    ax.set_ylim(0)
    ax.set_xticks(range(1, 13))
    ax.margins(x=0.12)
    said = "; ".join(f"{name} {min(x.values()):.0f} to {max(x.values()):.0f}" for name, x in lines.items())
    plots.show(fig, alt=f"The error by month, in minutes. {said}; offline, on winter's flights held out, {offline_error:.0f}.")


def online_error(month, faults):
    _, log = serve_month(month, faults)
    return float(np.mean(np.abs(model(log) - log["delay"])))


held_out = training_features(winter[kept_out], recipe["fill"]).assign(delay=winter.loc[kept_out, "arr_delay"])
offline_error = float(np.mean(np.abs(model(held_out) - held_out["delay"])))
dashboard = {month: online_error(month, FAULTS) for month in range(4, 13)}
draw_dashboard(f"Offline {offline_error:.0f} minutes, in July {dashboard[7]:.0f}", {"online": dashboard})

# %% [markdown]
# ## 1 · Three causes, measured apart
# *hard · about N lines · 25 minutes*
#
# Walk from offline to online, and change one thing at a time. Each number is a mean absolute error:
#
# | | features | flights | labels |
# |---|---|---|---|
# | $E_0$ | training code | held out from training | untouched |
# | $E_1$ | training code | served, control group | untouched |
# | $E_2$ | **as served** | served, control group | untouched |
# | $E_3$ | as served | **all served** | as observed |
#
# Data that changed cost $E_1 - E_0$, pipelines that differ $E_2 - E_1$, feedback $E_3 - E_2$.

# %% [markdown]
# **A worked example.** The model says `dep_delay + temp / 10`. On the flights held out it is wrong by 2 minutes. Four
# flights were served. The service put 0 for B's temperature; agents acted on C.
#
# | flight | control | says, training code | says, as served | observed | errors |
# |---|---|---|---|---|---|
# | A | yes | 5 | 5 | 9 | 4 and 4 |
# | B | yes | 35 | 30 | 33 | 2 and 3 |
# | C | no | 40 | 40 | 10 | 30 |
# | D | no | 0 | 0 | 3 | 3 |
#
# $E_1 = 3$, $E_2 = 3.5$, $E_3 = 10$: data cost 1 minute, pipelines 0.5, feedback 6.5.

# %% kind="setup"
# The tables of the worked example.
example_training = pd.DataFrame(
    {
        "dep_delay": [10.0, 20], "temp": [50.0, 50], "gust": [1.0, np.nan], "carrier": ["UA", "DL"],
        "delay": [13.0, 27],
    }
)
example_recomputed = pd.DataFrame(
    {
        "dep_delay": [0.0, 30, 35, -5, 90], "temp": 50.0, "gust": [np.nan, 2, np.nan, np.nan, 4],
        "carrier": ["UA", "UA", "DL", "DL", "B6"],
    },
    index=list("ABCDE"),
)
example_log = pd.DataFrame(
    {
        "dep_delay": [-5.0, 30.0000000001, 0, 35], "temp": [50.0, 0, 50, 50], "gust": [np.nan, 2, np.nan, 0],
        "carrier": ["dl", "UA", "UA", "DL"], "control": [False, True, True, False], "delay": [3.0, 33, 9, 10],
    },
    index=list("DBAC"),
)

# %% kind="explore" folded=true
# Draws the worked example as a waterfall.
show_waterfall(
    "The worked example: feedback costs most",
    {"example": Way(2.0, {"data": 1.0, "pipelines": 0.5, "feedback": 6.5})},
)

# %% [markdown]
# And which **features** differ? Compare flight by flight. In the tables below, `temp` differs for one of the four
# served flights, and so do `gust` (C: missing became 0) and `carrier` (D). E was cancelled: recomputed, never served.

# %% kind="explore"
display(example_recomputed, example_log)

# %% kind="exercise" name="skew_report" exports=["skew_report"]
def skew_report(training, recomputed, log, predict_minutes):
    """Which features differ between training and serving, and what each of three causes costs.

    training: DataFrame of flights held out from training: a column per feature, and "delay"
        (truth, min).
    recomputed: DataFrame by flight id: the same features as the training code computes them,
        perhaps in another order of rows, and with flights that were never served.
    log: DataFrame by flight id, what the service wrote: the same features as served, "control"
        (bool: left alone, at random) and "delay" (min, as observed; agents may have acted on
        flights that are not control).
    predict_minutes: DataFrame of features, and of nothing else → 1-D array of minutes.

    Returns a dict:
        "differs": feature → share of the served flights whose served value is another than the
            recomputed one. Numbers are the same up to 1e-6; missing on both sides is the same,
            missing on one side is not.
        "cost": {"data": …, "pipelines": …, "feedback": …}, minutes of mean absolute error,
            signed; the three add up to the error online, over the whole log, minus the error on
            `training`.
    """
    ### BEGIN SOLUTION
    columns = list(recomputed.columns)
    again = recomputed.loc[log.index]
    differs = {}
    for name in columns:
        ours, theirs = again[name], log[name]
        if pd.api.types.is_numeric_dtype(ours):
            same = (ours - theirs).abs() <= 1e-6
        else:
            same = ours.astype(object) == theirs.astype(object)
        differs[name] = float(1 - (same | (ours.isna() & theirs.isna())).mean())

    def error(table, delay):
        return float(np.mean(np.abs(predict_minutes(table[columns]) - delay)))

    control = log["control"]
    offline = error(training, training["delay"])
    changed = error(again[control], log.loc[control, "delay"])
    served = error(log[control], log.loc[control, "delay"])
    online = error(log, log["delay"])
    cost = {"data": changed - offline, "pipelines": served - changed, "feedback": online - served}
    return {"differs": differs, "cost": cost}
    ### END SOLUTION

# %% kind="check" name="skew_report" points=6
with check("skew_report"):
    def says(table):
        return table["dep_delay"].to_numpy(dtype=float) + table["temp"].to_numpy(dtype=float) / 10

    def lent():
        return example_training.copy(), example_recomputed.copy(), example_log.copy()

    got = value(skew_report(*lent(), says), dict)
    assert {"differs", "cost"} <= set(got), f"The dict has the keys differs and cost; yours has {', '.join(map(str, got))}."
    differs, cost = value(got["differs"], dict), value(got["cost"], dict)
    assert set(differs) == {"dep_delay", "temp", "gust", "carrier"}, f"differs has the four features dep_delay, temp, gust and carrier; yours has {', '.join(map(str, differs))}."
    assert set(cost) == {"data", "pipelines", "feedback"}, f"cost has the keys data, pipelines and feedback; yours has {', '.join(map(str, cost))}."
    share = {name: value(differs[name], float) for name in ("dep_delay", "temp", "gust", "carrier")}
    assert abs(share["temp"] - 0.25) < 1e-9, f"B's temp was served as 0 instead of 50, one flight of four: the share that differs is 0.25, yours {share['temp']:.3g}. A share lies between 0 and 1, and counts the flights that were served."
    assert share["dep_delay"] < 0.26, f"Every flight's dep_delay was served as recomputed, and yours says that it differs for {share['dep_delay']:.0%}. The tables are in different orders: are rows joined by flight id, or by position?"
    assert share["dep_delay"] < 0.01, f"B's dep_delay was served as 30.0000000001 instead of 30, and you call that a difference ({share['dep_delay']:.0%}). Numbers are the same up to 1e-6."
    assert share["gust"] < 0.7, f"gust differs for one flight of four (C), yours {share['gust']:.0%}. NaN != NaN in Python: missing on both sides is the same."
    assert share["gust"] > 0.2, f"C's missing gust was served as 0, and yours says that {share['gust']:.0%} differ. Missing on one side only is a difference: comparing with NaN, dropping it, or filling it with 0 hides the commonest fault."
    assert abs(share["gust"] - 0.25) < 1e-9, f"gust differs for one flight of four, yours {share['gust']:.0%}."
    assert abs(share["carrier"] - 0.25) < 1e-9, f"D's carrier was served as dl instead of DL: 0.25 differ, yours {share['carrier']:.3g}."

    data, pipelines, feedback = (value(cost[name], float) for name in ("data", "pipelines", "feedback"))
    backwards = abs(data + 1) < 1e-6 and abs(pipelines + 0.5) < 1e-6
    assert not backwards, f"Your costs of data and pipelines, {data:.2f} and {pipelines:.2f}, are subtracted the wrong way round: the later error minus the earlier one, so that what makes it worse is positive."
    assert abs(data + 1) > 1e-6, f"Your cost of changed data, {data:.2f}, is the mean of signed errors, in which too much and too little cancel. Mean absolute errors are asked."
    assert abs(data - 7.75) > 1e-6, f"Your cost of changed data, {data:.2f}, includes flights that agents acted on. Their labels are not what would have been: use the control group."
    assert abs(data - (np.sqrt(10) - 2)) > 1e-6, f"Your cost of changed data, {data:.2f}, is one of root mean squares. Mean absolute errors are asked."
    assert abs(data - 1) < 1e-6, f"Data that changed cost 1 minute in the worked example, yours {data:.2f}: training code on the control group, minus the error on flights held out."
    assert abs(pipelines - 2.5) > 1e-6, f"Your cost of different pipelines, {pipelines:.2f}, is how far the two predictions are apart. A prediction may move towards the truth as well: subtract errors."
    assert pipelines > 0, f"Pipelines that differ cost 0.5 minutes, yours {pipelines:.2f}. Costs are signed: positive if serving is worse."
    assert abs(pipelines - 0.5) < 1e-6, f"Pipelines that differ cost 0.5 minutes in the worked example, yours {pipelines:.2f}: the control group, as served minus as recomputed."
    assert abs(feedback - 13) > 1e-6, "Your feedback of 13 minutes compares the flights outside of the control group with those in it. Then the three costs do not add up to the error online minus the error offline: subtract from the error of the whole log."
    assert abs(feedback) > 1e-6, "Your feedback is 0 minutes. The median of all errors as served is that of the control group; the mean is not. Mean absolute errors are asked, over all served flights, minus the control group."
    assert abs(feedback - 6.5) < 1e-6, f"Feedback costs 6.5 minutes in the worked example, yours {feedback:.2f}: all served flights minus the control group alone, both as served."

    # The other way round: what was served is computed again, and what was computed again was served.
    other_log = example_recomputed.loc[example_log.index].assign(control=example_log["control"], delay=example_log["delay"])
    other_again = example_log[["dep_delay", "temp", "gust", "carrier"]].copy()
    other_again.loc[["B", "D"], "gust"], other_log.loc[["B", "D"], "gust"] = 1000.0, 1000.001
    got = value(skew_report(example_training.copy(), other_again, other_log, says), dict)
    pipelines = value(value(got["cost"], dict)["pipelines"], float)
    assert abs(pipelines - 0.5) > 1e-6, "Serve what was recomputed and recompute what was served: pipelines now cost −0.5 minutes, yours +0.5. Costs are signed: a wrong pipeline can be right by luck."
    assert abs(pipelines + 0.5) < 1e-6, f"Serve what was recomputed and recompute what was served: pipelines cost −0.5 minutes, yours {pipelines:.2f}."
    gust = value(value(got["differs"], dict)["gust"], float)
    assert abs(gust - 0.25) > 1e-9, "Now the gust of B and D is 1000 by training code and 1000.001 as served, and yours calls that the same. Numbers are the same up to 1e-6 and not relative to their size: np.isclose has rtol=1e-5 unless you say 0."
    assert abs(gust - 0.5) > 1e-9, "Now C's gust is 0 by training code and missing as served, and yours calls that the same. Missing on one side only is a difference, on whichever side."
    assert abs(gust - 0.75) < 1e-9, f"Now the gust of B, C and D differs, three flights of four; yours says {gust:.0%}."
    ### BEGIN HIDDEN TESTS
    h = hidden_rng()
    n = 60
    ids = h.permutation(1000)[:n]
    again = pd.DataFrame({"dep_delay": h.normal(10, 30, n), "temp": h.normal(60, 10, n), "wind": h.normal(5000, 9, n), "carrier": h.choice(["AA", "UA"], n)}, index=ids)
    faults = h.random((n, 4)) < 0.3
    faults[:12, 1] = False
    again.loc[ids[:12], "dep_delay"] = 0.0  # and served as 1e-6: still the same
    again.loc[faults[:, 2], "wind"] = np.nan
    again["carrier"] = again["carrier"].where(~faults[:, 3], None)
    log = again.assign(temp=np.where(faults[:, 0], 0.0, again["temp"]), dep_delay=again["dep_delay"] + 2e-6 * faults[:, 1] - 5e-7)
    log.loc[ids[:12], "dep_delay"] = 1e-6
    moved = h.random((n, 2)) < 0.4  # what is missing may be missing on both sides, or on either
    log["wind"] = log["wind"].where(~moved[:, 0], np.where(faults[:, 2], 5000.0, np.nan))
    log["carrier"] = log["carrier"].where(~moved[:, 1], np.where(faults[:, 3], "AA", None))
    log = log.assign(control=np.arange(n) % 3 == 0, delay=h.normal(20, 30, n)).iloc[h.permutation(n)[: n - 10]]
    log = log[["delay", "carrier", "temp", "control", "dep_delay", "wind"]]
    before = pd.DataFrame({"dep_delay": h.normal(10, 30, 40), "temp": h.normal(40, 10, 40), "wind": 0.0, "carrier": "AA", "delay": h.normal(0, 30, 40)})
    alone = log["control"].to_numpy()
    errors = [
        np.abs(says(before) - before["delay"]).mean(), np.abs(says(again.loc[log.index]) - log["delay"])[alone].mean(),
        np.abs(says(log) - log["delay"])[alone].mean(), np.abs(says(log) - log["delay"]).mean(),
    ]
    place = pd.Series(np.arange(n), ids)[log.index].to_numpy()
    shares = dict(zip(("temp", "dep_delay", "wind", "carrier"), np.c_[faults[:, :2], moved][place].mean(axis=0), strict=True))
    swapped = again.loc[log.index].assign(control=log["control"], delay=log["delay"])
    other = log[["dep_delay", "temp", "wind", "carrier"]].copy()
    asked = set()

    def listens(table):
        asked.update(map(str, table.columns))
        return says(table)

    got = value(skew_report(before.copy(), again, log, listens), dict)
    cost, differs = value(got["cost"], dict), value(got["differs"], dict)
    assert abs(value(cost["data"], float) - (errors[1] - errors[0])) < 1e-6, "On other flights your cost of changed data is wrong."
    assert abs(value(cost["pipelines"], float) - (errors[2] - errors[1])) < 1e-6, "On other flights your cost of different pipelines is wrong. It may be negative: a wrong pipeline can be right by luck."
    assert abs(value(cost["feedback"], float) - (errors[3] - errors[2])) < 1e-6, "On other flights your cost of feedback is wrong."
    got_back = value(value(skew_report(before.copy(), other, swapped, says), dict)["cost"], dict)
    assert abs(value(got_back["pipelines"], float) - (errors[1] - errors[2])) < 1e-6, "On other flights your cost of different pipelines is wrong. It may be negative: a wrong pipeline can be right by luck."
    assert abs(value(differs["temp"], float) - shares["temp"]) < 1e-9, "On other flights your share of features that differ is wrong: it is a share of the served flights."
    assert abs(value(differs["dep_delay"], float) - shares["dep_delay"]) < 1e-9, "Numbers are the same up to 1e-6: on other flights yours draws the line elsewhere."
    assert abs(value(differs["wind"], float) - shares["wind"]) < 1e-9, "On other flights, whose numbers are missing on both sides or on one, your share of those that differ is wrong."
    assert abs(value(differs["carrier"], float) - shares["carrier"]) < 1e-9, "On other flights, whose texts are missing on both sides or on one, your share of those that differ is wrong."
    assert not asked & {"control", "delay"}, "Your code hands the label or the control group to the model: it takes features and nothing else."
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="skew_report"
# 1. First bring both tables into one order: `recomputed.loc[log.index]`. Then all comparisons are between neighbours.
# 2. `(a - b).abs() <= 1e-6` is False wherever one side is missing; `a.isna() & b.isna()` is True where both are. Categories: `a == b`.
# 3. Write one function `error(table, delay)` and call it four times: held out; `again[control]`; `log[control]`; the whole log. The costs are three differences.

# %% [markdown]
# ### July through your report
#
# All three faults at once, the agents at work, a fifth of the flights left alone.

# %% kind="explore"
predict("causes",
    "July, all faults, agents acting. How many minutes of error does each cause add?",
    {"data": (-10, 60, 0.5), "pipelines": (-10, 60, 0.5), "feedback": (-10, 60, 0.5)},
)

# %% kind="explore"
by_training, served_log = serve_month(7, FAULTS)
report = skew_report(held_out, by_training, served_log, model)

# %% kind="explore"
reveal("causes",
    report["cost"],
    unit="min",
    text="Three causes, three owners: a retraining, a bug, an experiment. The error online alone cannot tell them apart. "
    "The report could, because the service logged the features that it used and left some flights alone.",
)

# %% kind="explore" folded=true
# Draws July's way online, with two standard errors.
def way_of(report, again, log):
    twice = {name: 2 * x for name, x in cost_errors(held_out, again, log, model).items()}
    return Way(offline_error, report["cost"], twice)


july_way = way_of(report, by_training, served_log)
largest = max(report["cost"], key=report["cost"].get)
show_waterfall(f"July: most of what is lost is lost to {largest}", {"July": july_way})

# %% kind="explore"
# Draws which features were served with another value.
differing = pd.Series(report["differs"]).sort_values()
fig, ax = plots.figure(
    f"{(differing > 0).sum()} of {len(differing)} features differ, one of them for every flight",
    "served flights with another value (%)", figsize=(7, 2.9),
)
ax.barh(differing.index, 100 * differing, color=plots.RED)
for place, part in enumerate(differing):
    ax.annotate(f"{100 * part:.1f} %", (100 * part, place), (5, 0), textcoords="offset points", va="center")
ax.grid(axis="y", visible=False)
ax.margins(x=0.12)
plots.show(
    fig,
    alt="Bars, percent of July's flights served with another value: "
    + ", ".join(f"{name} {100 * part:.1f}" for name, part in differing[::-1].items()) + ".",
)

# %% [markdown]
# The report names features. It says neither on which input they part nor which fault costs what.

# %% [markdown]
# ## 2 · Find where two functions disagree
# *medium · about N lines · 20 minutes*
#
# On which input do they part? Examples from a notebook rarely hold it: whoever wrote them thought of usual flights.
# `hypothesis` draws rows by itself, odd ones on purpose, and then **shrinks** what it found to the simplest row that
# still shows it.

# %% kind="explore" folded=false
pair = steps(5)  # pair.train rounds down to steps of five minutes, pair.serve cuts towards zero


def parts_company(row):
    return pair.train(row) != pair.serve(row)


find(strategy_of(pair.space), parts_company, settings=repeatable)  # 200 rows, no database

# %% [markdown]
# One minute early: nothing simpler shows it. Where no row shows a difference, `find` raises `NoSuchExample`. And what
# is *different*? The rules, as examples:
#
# | training | serving | the same? |
# |---|---|---|
# | 0.30000000000000004 | 0.3 | yes, up to rounding |
# | NaN | NaN | yes |
# | NaN | 0.0 | no |
# | +inf | −inf | no |
# | 3.5 | raises ZeroDivisionError | no |
# | raises ValueError | raises KeyError | yes |

# %% kind="exercise" name="find_difference" exports=["find_difference"]
def find_difference(train_fn, serve_fn, space):
    """A row on which two functions disagree, the simplest found; None if they seem to agree.

    train_fn, serve_fn: row (dict) → number, perhaps NaN or infinite; either may raise, whatever.
    space: dict, field → which values can occur; `strategy_of(space)` draws rows from it.

    Two results are the same if both are NaN, or the same infinity, or finite and at most 1e-9
    times the larger magnitude (or at most 1e-9) apart, or if both raise. A function that raises
    where the other does not disagrees with it. Try 200 rows at least before you return None.
    Simple is: short lists, and numbers near 0. Returns a dict of the fields, or None.
    """
    ### BEGIN SOLUTION
    import math

    def outcome(function, row):
        try:
            return float(function(row))
        except Exception:
            return None

    def differs(row):
        a, b = outcome(train_fn, row), outcome(serve_fn, row)
        if a is None or b is None:
            return (a is None) != (b is None)
        return not (math.isclose(a, b, abs_tol=1e-9) or (np.isnan(a) and np.isnan(b)))  # rel_tol is 1e-9

    try:
        return find(strategy_of(space), differs, settings=repeatable)
    except NoSuchExample:
        return None
    ### END SOLUTION

# %% [markdown]
# The check runs pairs of functions of its own, and calls them itself on the row that you found.

# %% kind="check" name="find_difference" points=5
with check("find_difference"):
    def result(function, row):
        try:
            return float(function(row))
        except ArithmeticError:
            return None

    def disagree(pair, row):
        a, b = result(pair.train, row), result(pair.serve, row)
        return (a is None) != (b is None) or (a is not None and b is not None and not np.isclose(a, b, rtol=1e-9, atol=1e-9, equal_nan=True))

    pair = steps(5)
    row = find_difference(pair.train, pair.serve, pair.space)
    assert row is not None, "One function rounds −3 down to −5, the other towards zero. You found no difference: do you try flights that leave early, and compare row by row? Differences of both signs cancel in a mean."
    row = value(row, dict)
    assert disagree(pair, row), f"On your row {row} the two functions agree."
    assert abs(row["dep_delay"]) <= 30, f"You reported {row}. It does differ, but so does −1: of the rows that differ, report a simple one. hypothesis shrinks; `find` returns what is left."

    # The examples of the text: both functions give the same two results for every row.
    whatever = {"x": ("int", 0, 9)}
    row = find_difference(lambda row: 0.1 + 0.2, lambda row: 0.3, whatever)
    assert row is None, f"0.30000000000000004 and 0.3 are the same up to rounding, and you reported {row}. Are floats compared with ==, without a tolerance?"
    row = find_difference(lambda row: np.nan, lambda row: np.nan, whatever)
    assert row is None, f"Both functions give NaN, and you reported {row}. NaN is unequal to itself: both NaN is the same."
    row = find_difference(lambda row: np.nan, lambda row: 0.0, whatever)
    assert row is not None, "One function gives NaN and the other 0. You found no difference: NaN against a number is one. A comparison with NaN is False, in whichever direction you ask."
    row = find_difference(lambda row: 3.5, lambda row: 3.5 // (row["x"] - row["x"]), whatever)
    assert row is not None, "One function gives 3.5, the other raises ZeroDivisionError. You found no difference: a crash on one side is one. Does an except swallow it?"
    row = find_difference(lambda row: np.inf, lambda row: -np.inf, whatever)
    assert row is not None, "One function gives +inf and the other −inf. You found no difference: the larger magnitude is infinite, and so a relative tolerance allows anything."
    row = find_difference(lambda row: np.inf, lambda row: np.inf, whatever)
    assert row is None, f"Both functions give +inf, and you reported {row}. inf − inf is NaN: ask whether they are equal, too."

    tried, same = [], total(shortest=1)

    def counted(row):
        tried.append(1)
        return same.train(row)

    row = find_difference(counted, same.serve, same.space)
    assert row is None, f"These two add the same numbers up from either end, and differ by rounding alone; you reported {row}. Are floats compared with ==, without a tolerance?"
    assert len(tried) >= 200, f"Before you returned None you tried {len(tried)} rows; asked are 200 at least. Rare rows are what this is for."
    same = total(unit=1e9 / 7)
    row = find_difference(same.train, same.serve, same.space)
    assert row is None, "Numbers of 1e9 differ by 1e-7 when they are added up from the other end, which is rounding, and you reported it. Is your tolerance absolute only? 1e-9 times the larger magnitude is allowed."
    same = total(-3, 3)
    row = find_difference(same.train, same.serve, same.space)
    assert row is None, "0.1 + 0.2 − 0.3 is 5.6e-17 and not 0, which is rounding, and you reported it. Is your tolerance relative only? Near 0 it allows nothing: 1e-9 itself is allowed, too."
    pair, found_rows = speed(), []
    escaped = raised(lambda: found_rows.append(find_difference(pair.serve, pair.train, pair.space)))
    assert escaped is None, f"train_fn crashes on an air_time of 0, and {escaped} came out of find_difference. Either function may raise."
    row = found_rows[0]
    assert row is not None, "For an air_time of 0 one function gives NaN and the other crashes. You found no difference: a crash on one side is one."
    assert disagree(pair, value(row, dict)), "On your row both functions give the same."

    same = crash()
    row = find_difference(same.train, same.serve, same.space)
    assert row is None, f"Both crash on an air_time of 0, and you reported {row}. If both raise, that is the same."
    rows = []
    escaped = raised(lambda: rows.append(find_difference(lambda row: float("unknown"), lambda row: row["y"], whatever)))
    assert escaped is None, f"One function raises ValueError, the other KeyError, and {escaped} came out of find_difference. A function may raise anything, not only ZeroDivisionError."
    assert rows[0] is None, f"One function raises ValueError, the other KeyError, and you reported {rows[0]}. Both raise: that is the same, whatever they raise."

    pair = filled(1017.0, 0.0)
    row = find_difference(pair.train, pair.serve, pair.space)
    assert row is not None, "One fills missing pressure with 1,017, the other with 0. You found no difference: a row that may miss a value must be tried too, not skipped."
    assert disagree(pair, value(row, dict)), "On your row the two functions agree: pressure is not missing there."

    pair = kilometres()
    row = find_difference(pair.train, pair.serve, pair.space)
    assert row is not None, "One turns miles into kilometres with 1.609344, the other with 1.60934: they are 2.5e-6 of the value apart, and the tolerance is 1e-9. You found no difference. Is your tolerance larger, or a library's default?"
    assert disagree(pair, value(row, dict)), "On your row both give the same up to 1e-9."

    pair = halves()
    row = find_difference(pair.train, pair.serve, pair.space)
    assert row is not None, "One rounds half a minute to the even neighbour, the other up: 0 and 1 for the same row. You found no difference."
    assert disagree(pair, value(row, dict)), "On your row both round alike."

    pair = spread()
    row = find_difference(pair.train, pair.serve, pair.space)
    assert row is not None, "One divides by n − 1, the other by n, and you found no difference in lists of up to ten delays."
    row = value(row, dict)
    assert disagree(pair, row), f"On your row {row} both standard deviations are the same."
    assert len(row["delays"]) <= 3, f"You reported a list of {len(row['delays'])} delays; one or two show it. Of the rows that differ, report a simple one."
    ### BEGIN HIDDEN TESTS
    h = hidden_rng()
    pair = weekday(int(h.integers(3, 8)))
    row = find_difference(pair.train, pair.serve, pair.space)
    assert row is not None, "You missed a day of the week that is taken in another time zone: only the last hours of a day show it."
    assert disagree(pair, value(row, dict)), "On the row that you found, both functions give the same day of the week."
    names = [str(x) for x in h.permutation(["AA", "B6", "DL", "UA", "WN"])]
    pair = codes(names, names[1:] + names[:1])
    row = find_difference(pair.train, pair.serve, pair.space)
    assert row is not None, "You missed categories that are numbered in another order."
    assert disagree(pair, value(row, dict)), "On the row that you found, both functions give the same number."
    pair = codes(names, list(names))
    assert find_difference(pair.train, pair.serve, pair.space) is None, "You reported a difference between two functions that agree on every row."
    value_of_missing = float(h.integers(990, 1020))
    pair = filled(value_of_missing, value_of_missing)
    assert find_difference(pair.train, pair.serve, pair.space) is None, "You reported a difference where both fill missing values with the same number."
    number, other, mark = (f"{name}{h.integers(10**9)}" for name in ("number", "list", "choice"))
    low, high = int(h.integers(-900, -100)), int(h.integers(100, 900))
    space = {number: ("int", low, high), other: ("list", low, high, 1, 6), mark: ("choice", names)}
    edge = int(h.integers(low // 2, high // 4))

    def one(row):
        return row[number] + len(row[other])

    def two(row):
        return one(row) + (1 if row[number] > edge else 0)

    row = find_difference(one, two, space)
    assert row is not None, "With other fields you missed a difference that many rows show."
    row = value(row, dict)
    assert set(row) == set(space), "A row that you reported has other fields than the space."
    assert edge < row[number] <= high and 1 <= len(row[other]) <= 6 and row[mark] in names, "A row that you reported cannot occur, or shows no difference."
    assert find_difference(one, one, space) is None, "With other fields you reported a difference between a function and itself."
    big = float(h.uniform(1e7, 1e8))
    for apart, exactly, wanted in ((9e-10, 0.0, False), (1.2e-9, 0.0, True), (big * (1 + 8e-10), big, False), (big * (1 + 1.2e-9), big, True)):
        assert (find_difference(lambda row, x=apart: x, lambda row, x=exactly: x, space) is not None) is wanted, "Numbers near 0 may be 1e-9 apart, large ones 1e-9 of their size: your tolerance is another one."
        assert (find_difference(lambda row, x=exactly: x, lambda row, x=apart: x, space) is not None) is wanted, "Numbers near 0 may be 1e-9 apart, large ones 1e-9 of their size: your tolerance is another one."
    for odd in h.permutation([np.inf, -np.inf, np.nan]).tolist():
        assert find_difference(lambda row, x=odd: x, lambda row: big, space) is not None, "You missed NaN or infinity in training against a number."
        assert find_difference(lambda row: big, lambda row, x=odd: x, space) is not None, "You missed NaN or infinity in serving against a number."
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="find_difference"
# 1. The search is one call of `find`, as above. Your work is the condition `differs(row)`, with the four rules.
# 2. Write `outcome(function, row)` first: the float, or None if it raised. One None of two is a difference; two are none.
# 3. `np.isclose(a, b, rtol=1e-9, atol=1e-9) or (np.isnan(a) and np.isnan(b))` is "the same". Wrap `find`, with `settings=repeatable`, in `try … except NoSuchExample: return None`.

# %% [markdown]
# ### The service through your search
#
# `feature_pair` runs the two code paths of above on one row. Your search, for each number that the report found different
# in more than 1 % of the flights:

# %% kind="explore"
suspects = [name for name in NUMBERS if report["differs"][name] > 0.01]
found = {}
with slow("200 rows and more per feature go through both code paths", seconds=5):
    for name in suspects:
        two = feature_pair(name, recipe["fill"], FAULTS)
        row = find_difference(two.train, two.serve, two.space)
        found[name] = {"row": row, "training": two.train(row), "service": two.serve(row)}
pd.DataFrame(found).T

# %% kind="explore"
# Draws both versions of delay_step, and your row.
two = feature_pair("delay_step", recipe["fill"], FAULTS)
early = np.arange(-16, 12)
lines = {
    name: [function({"dep_delay": int(x)}) for x in early] for name, function in (("training", two.train), ("service", two.serve))
}
fig, ax = plots.figure(
    "They part where a flight leaves early; you found the simplest row",
    "dep_delay (min)", "delay_step (min)", figsize=(7, 2.9),
)
ax.step(early, lines["training"], where="post", color=plots.BLUE, label="training")
ax.step(early, lines["service"], where="post", color=plots.RED, linestyle="--", label="service")
apart = np.array(lines["training"]) != np.array(lines["service"])
low, high = np.array(lines["training"]), np.array(lines["service"])
ax.bar(early[apart], (high - low)[apart], bottom=low[apart], width=1, align="edge", color=plots.GREY, alpha=0.4)
shown = found["delay_step"]
at = shown["row"]["dep_delay"]
ax.plot([at, at], [shown["training"], shown["service"]], "o", color=plots.INK)
ax.annotate(f"found: {at} min".replace("-", "−"), (at, shown["training"]), (10, -16), textcoords="offset points")
ax.legend(loc="upper left")
plots.show(
    fig,
    alt=f"Two staircases of delay_step over dep_delay. They differ for {apart.sum()} of the {len(early)} minutes shown, all early; "
    f"the search found {at}, where training gives {shown['training']:.0f} and the service {shown['service']:.0f}.",
)

# %% [markdown]
# Would a look at real flights have shown it? A careful reviewer compares ten flights by hand. As a third fault take a
# weekday in UTC: from 20:00 in New York on, it is tomorrow's.

# %% kind="explore"
predict("by_hand",
    "Of 100 reviewers, each with ten random flights of the year: how many see **no** difference at all?",
    {"truncated steps": (0, 100, 0.5), "missing pressure": (0, 100, 0.5), "weekday in UTC": (0, 100, 0.5)},
)

# %% kind="explore"
# Lets 10,000 reviewers look at ten flights each.
shows_it = {
    "truncated steps": np.floor(year["dep_delay"] / 5) != np.trunc(year["dep_delay"] / 5),
    "missing pressure": year["pressure"].isna(),
    "weekday in UTC": year["hour"] >= 20,
}
looked_at = rng().integers(len(year), size=(10_000, 10))
sees = {name: rows.to_numpy()[looked_at].any(axis=1) for name, rows in shows_it.items()}
unseen = {name: 100 * (1 - float(saw.mean())) for name, saw in sees.items()}

# %% kind="explore"
reveal("by_hand",
    unseen,
    unit="of 100",
    text="Nearly everybody sees truncation. A missing value, or a weekday in UTC, is missed by a third or so. "
    "Your search finds such rows, because it tries odd ones on purpose.",
)

# %% [markdown]
# ### Mend it, and look again
#
# You have a row for each fault. Which do you mend first? Take the dashboard's worst month.

# %% kind="explore"
predict("mended",
    f"Month {max(dashboard, key=dashboard.get)}, all faults, agents acting: {max(dashboard.values()):.0f} minutes of error online. "
    "Mend **one** fault. How many minutes does that gain?",
    dict.fromkeys(FAULTS, (-20, 100, 0.5)),
)

# %% kind="explore" folded=false
worst = max(dashboard, key=dashboard.get)
gain = {}
for fault in FAULTS:
    others = [other for other in FAULTS if other != fault]
    gain[fault] = round(dashboard[worst] - online_error(worst, others), 2)

# %% kind="explore"
reveal("mended",
    gain,
    unit="min",
    text="A pressure of 0 hPa lies "
    f"{recipe['mean']['pressure'] / recipe['sd']['pressure']:.0f} standard deviations below winter's mean, so the network answers "
    "nonsense. The hour in UTC touches every flight and matters little.",
)

# %% kind="explore"
# Draws minutes gained over flights touched.
flown = year[year["month"] == worst]
untouched = training_features(flown, recipe["fill"])[NUMBERS]
touched = {
    fault: 100 * float((served_features(flown, recipe["fill"], [fault])[NUMBERS] != untouched).any(axis=1).mean()) for fault in FAULTS
}
fewest, dearest = min(touched, key=touched.get), max(gain, key=gain.get)
title = "The fault that touches fewest flights costs nearly everything" if fewest == dearest else "Count minutes, not rows"
fig, ax = plots.figure(title, "flights with another feature (%)", "mending it gains (min)", figsize=(7, 2.8))
for fault in FAULTS:
    ax.plot(touched[fault], gain[fault], "o", color=plots.RED, markersize=9)
    ax.annotate(f"{fault}: {signed(gain[fault])} min", (touched[fault], gain[fault]), (0, 10), textcoords="offset points", ha="center")
ax.axhline(0, color=plots.GREY)
ax.set_xlim(0, 115)
ax.margins(y=0.25)
plots.show(
    fig,
    alt="Points, flights touched by a fault and minutes gained by mending it: "
    + "; ".join(f"{fault} {touched[fault]:.0f} %, {signed(gain[fault])} min" for fault in FAULTS) + ".",
)

# %% [markdown]
# Count minutes, not rows. Now mend all three, and search again:

# %% kind="explore"
with slow("200 rows of each feature are tried, now without faults", seconds=5):
    left = {}
    for name in suspects:
        two = feature_pair(name, recipe["fill"], faults=[])
        left[name] = find_difference(two.train, two.serve, two.space)
left

# %% [markdown]
# No row is left. What does the dashboard say?

# %% kind="explore" folded=true
# Draws the dashboard again, with the mended service.
mended = {month: online_error(month, faults=[]) for month in range(4, 13)}
draw_dashboard(
    f"Mended: at most {max(mended.values()):.0f} minutes in a month, and no longer {max(dashboard.values()):.0f}",
    {"with faults": dashboard, "mended": mended},
)

# %% kind="explore" folded=true
# Draws July's way before and after, from your report.
again, mended_log = serve_month(7, faults=[])
after = way_of(skew_report(held_out, again, mended_log, model), again, mended_log)
show_waterfall(
    f"July, from {july_way.online:.0f} to {after.online:.0f} minutes: data and feedback are left",
    {"with faults": july_way, "mended": after},
)

# %% [markdown]
# Does mending *always* help? Take truncated steps alone, month by month, with nobody acting.

# %% kind="explore"
# Draws what truncated steps add, month by month.
by_month = {}
for month, flown_then in year[year["month"] >= 4].groupby("month"):
    tables = training_features(flown_then, recipe["fill"]), served_features(flown_then, recipe["fill"], FAULTS[:1])
    as_trained, as_served = (model(table) - flown_then["arr_delay"] for table in tables)
    by_month[month] = float(as_trained.mean()), float(as_served.abs().mean() - as_trained.abs().mean())
lucky = sum(added < 0 for _, added in by_month.values())
fig, ax = plots.figure(
    f"In {lucky} of 9 months the bug makes the error smaller",
    "prediction − truth, training code (min)", "truncated steps add (min)", figsize=(7, 3.2),
)
for month, (bias, added) in by_month.items():
    ax.plot(bias, added, "o", color=plots.BLUE if added < 0 else plots.RED)
    side = (-28, -4) if month % 2 else (7, -4)
    ax.annotate(f"{pd.Timestamp(2013, month, 1):%b}", (bias, added), side, textcoords="offset points")
ax.axhline(0, color=plots.GREY)
ax.margins(0.1)
plots.show(
    fig,
    alt="Points per month, bias and minutes that truncated steps add: "
    + "; ".join(f"{pd.Timestamp(2013, month, 1):%B} {bias:.1f}, {added:+.2f}" for month, (bias, added) in by_month.items()) + ".",
)

# %% [markdown]
# The more the model promises too little, the more a bug that promises more is right by luck. Do not keep a bug because
# a month liked it: mend it, then retrain.
#
# Move the month, mend faults, send the agents home. Which bars cross 0 within two standard errors?

# %% kind="explore"
# The explorer: your report for any month and service.
def draw_causes(month, truncated_steps, hour_in_UTC, missing_as_0, agents):
    chosen = (truncated_steps, hour_in_UTC, missing_as_0)
    again, log = serve_month(month, [fault for fault, on in zip(FAULTS, chosen, strict=True) if on], agents)
    way = way_of(skew_report(held_out, again, log, model), again, log)
    show_waterfall(f"Month {month}: {signed(way.online - way.offline)} minutes from offline to online", {f"month {month}": way})


explorer(draw_causes, month=(4, 12, 7), truncated_steps=True, hour_in_UTC=True, missing_as_0=True, agents=True)

# %% [markdown]
# **You can stop here:** skew is found, its cause named, the gain seen. *In production*, at the end, closes the lab. The
# second half prevents skew:
#
# - how large a control group must be, and what it costs (8 minutes, no exercise);
# - which differences are harmless, between versions of NumPy and builds of TensorFlow (exercise 3, 35 minutes);
# - a model that computes its features itself (exercise 4, 38 minutes).

# %% [markdown] deeper=8
# ## How large must the control group be?

# %% [markdown]
# It is not free: its late flights get no help. July again, without faults, for groups of several sizes:

# %% kind="explore"
right = training_features(july, recipe["fill"])
said, true, sizes = model(right), july["arr_delay"].to_numpy(), {}
helped = act(said, true, np.zeros(len(july), bool))[1]
for part in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5):
    alone = rng().random(len(july)) < part
    observed = act(said, true, alone)[1]
    wrong = np.abs(said - observed)
    of_both = np.sqrt(wrong[alone].var() / alone.sum() + wrong[~alone].var() / (~alone).sum())
    sizes[part] = {
        "feedback (min)": wrong.mean() - wrong[alone].mean(),
        "± 2 SE": 2 * (~alone).mean() * of_both,
        "delay not avoided (min per flight)": (observed - helped).mean(),
    }

# %% kind="explore"
# Draws interval and price over the size of the group.
table = pd.DataFrame(sizes).T
fig, ax = plots.figure(
    "Half the interval costs about four times the delay",
    "control group (% of the flights)", "minutes", figsize=(7, 3.0),
)
for name, label, colour in (("± 2 SE", "± 2 SE of feedback", plots.BLUE), ("delay not avoided (min per flight)", "not avoided, per flight", plots.RED)):
    ax.plot(100 * table.index, table[name], "o-", color=colour, label=label)
ax.set(xscale="log", yscale="log")
ax.set_xticks([1, 2, 5, 10, 20, 50], ["1", "2", "5", "10", "20", "50"])
ax.set_yticks([0.1, 0.3, 1, 3, 10], ["0.1", "0.3", "1", "3", "10"])
ax.set_xlim(0.8, 300)
plots.label_lines(ax)
plots.show(
    fig,
    alt="Two lines over the size of the control group, both axes logarithmic: "
    + "; ".join(f"{part:.0%}: ± {row['± 2 SE']:.2f}, {row['delay not avoided (min per flight)']:.2f} min not avoided" for part, row in table.iterrows()) + ".",
)

# %% [markdown]
# That is why the group is a decision, with a budget, and not a default. The feedback itself shrinks, too: fewer
# flights are acted on.

# %% [markdown] deeper=35
# ## 3 · The same, up to what?
# *medium · about N lines · 20 minutes*

# %% [markdown]
# Floats are rarely equal. Add 100,000 delays, in hours and float32, in another order, and the mean is another one:

# %% kind="setup"
# Imports of this section.
import tempfile

from prodml.adapt.monitoring.skew import bare
from prodml.data import numpy_versions

# %% kind="explore"
delays = year["arr_delay"].to_numpy(np.float32)[:100_000] / np.float32(60)
orders = {
    "as they come": delays, "reversed": delays[::-1],
    "sorted": np.sort(delays), "largest first": np.sort(delays)[::-1],
}
means = {name: np.cumsum(order)[-1] / len(order) for name, order in orders.items()}
pd.Series(means, name="mean (h)").map("{:.7f}".format)

# %% [markdown]
# Nobody made a mistake: these are **equivalent, but optimised differently**. Other versions of a library are **not
# equivalent**: they give other answers. We recorded two, NumPy 1.26.4 and 2.4.6, with the same code, one row at a
# time (`datasets/numpy_versions/record.py`):
#
# ```python
# seconds = hour * 3600 + minute * 60      # hour, minute: np.int16, as in our table
# metres = wind * 0.44704                  # wind: np.float32
# ```

# %% kind="explore"
predict("versions",
    "The same code, the same 506 flights, two versions of NumPy. For how many percent of the flights is the result another float?",
    {"seconds": (0, 100), "metres": (0, 100)},
)

# %% kind="explore"
recorded = numpy_versions()
another = {
    name: 100 * np.mean(recorded[f"{column}_1.26.4"] != recorded[f"{column}_2.4.6"])
    for name, column in (("seconds", "seconds"), ("metres", "wind"))
}

# %% kind="explore"
reveal("versions",
    another,
    unit="%",
    text="NumPy 2 keeps the type of a NumPy scalar that meets a Python number; NumPy 1 widened it. More rows of `metres` differ, in "
    "the eighth digit. The `seconds` differ by 65,536: int16 ends at 32,767, at 9:06.",
)

# %% kind="explore"
# Draws both versions over the time of day.
by_time = recorded.assign(clock=recorded["hour"] + recorded["minute"] / 60).sort_values("clock")
broken = by_time.loc[by_time["seconds_1.26.4"] != by_time["seconds_2.4.6"], "clock"]
fig, ax = plots.figure(
    f"From {broken.min():.1f} h on, the same code is 65,536 seconds off", "time of day (h)", "seconds since midnight", figsize=(7, 2.9),
)
ax.plot(by_time["clock"], by_time["seconds_1.26.4"], "o", markersize=4, color=plots.BLUE, label="NumPy 1.26.4")
ax.plot(by_time["clock"], by_time["seconds_2.4.6"], "x", markersize=5, color=plots.RED, label="NumPy 2.4.6")
ax.legend(loc="upper left")
plots.show(
    fig,
    alt=f"Seconds since midnight over the time of day: a straight line in NumPy 1.26.4; in NumPy 2.4.6 the line falls below zero at "
    f"{broken.min():.1f} h, and {len(broken)} of {len(by_time)} flights are wrong.",
)

# %% [markdown]
# How many rows differ says nothing, again. *How far* does. As a distance between two numbers take
#
# $$d(x, y) = \frac{|x - y|}{\max(1, |x|, |y|)}$$
#
# relative for large numbers, absolute for small ones, the same in both directions, and never above 2. Two arrays are as
# far apart as their **worst** pair.

# %% [markdown]
# Which tolerance separates equivalent from not equivalent? One between the largest distance among equivalents and
# the smallest among the others; *halfway in orders of magnitude*, so that both sides have room:
#
# | equivalent | not equivalent | tolerance |
# |---|---|---|
# | 1e-7, **1e-5** | **1e-1**, 0.9 | $\sqrt{10^{-5} \cdot 10^{-1}}$ = 1e-3 |
# | 1e-7, **1e-2** | **1e-3**, 0.9 | None: no tolerance separates them |

# %% kind="exercise" name="same_up_to" exports=["same_up_to", "separating"]
def same_up_to(a, b, rtol):
    """Whether two arrays hold the same numbers up to `rtol`.

    a, b: arrays of floats. Other shapes are not the same: nothing is broadcast.
    Every pair of numbers must have d(x, y) = |x - y| / max(1, |x|, |y|) <= rtol.
    Missing (NaN) on both sides is the same, and so is the same infinity; NaN or infinity on one
    side only is not the same at any rtol. Returns a bool.
    """
    ### BEGIN SOLUTION
    if a.shape != b.shape:
        return False
    finite = np.isfinite(a) & np.isfinite(b)
    x, y = a[finite], b[finite]
    near = np.abs(x - y) <= rtol * np.maximum(1, np.maximum(np.abs(x), np.abs(y)))
    return bool(near.all() and np.array_equal(a[~finite], b[~finite], equal_nan=True))
    ### END SOLUTION


def separating(equivalent, different):
    """The tolerance that tells equivalent outputs from others, or None if there is none.

    equivalent, different: lists of pairs (a, b) of 1-D arrays of finite floats, as long as each
        other; none empty.
    The distance of a pair is its largest d(x, y); below 1e-12 it counts as 1e-12.
    Returns the geometric mean of the largest distance among `equivalent` and the smallest among
    `different`; None unless the first is smaller than the second.
    """
    ### BEGIN SOLUTION
    def distance(a, b):
        return max(float(np.max(np.abs(a - b) / np.maximum(1, np.maximum(np.abs(a), np.abs(b))))), 1e-12)

    low, high = max(distance(*pair) for pair in equivalent), min(distance(*pair) for pair in different)
    return float(np.sqrt(low * high)) if low < high else None
    ### END SOLUTION

# %% kind="check" name="same_up_to" points=5
with check("same_up_to"):
    def same(a, b, rtol):
        return value(same_up_to(np.array(a), np.array(b), rtol), bool)

    nan, inf = np.nan, np.inf
    assert same([100.0, 2], [100.000001, 2], 1e-5), "100 and 100.000001 are the same up to 1e-5; yours says no. Floats of two builds are hardly ever equal to the last bit."
    assert same([1e6], [1e6 + 1], 1e-5), "1,000,000 and 1,000,001 differ by 1e-6 of their size: the same up to 1e-5, yours says no. rtol is relative: multiply it by the size, or divide the difference."
    assert same([1.0], [2.0], 0.5), "|1 − 2| / 2 is exactly 0.5, and at rtol 0.5 that is the same: d <= rtol, not d < rtol. Yours says no."
    assert not same([100.0], [100.05], 1e-4), "100 and 100.05 differ by 5e-4 of their size; at rtol 1e-4 they are not the same, and yours says that they are."
    assert same([90.0], [100.0], 0.105), "|90 − 100| / 100 = 0.1 ≤ 0.105: the same, yours says no. Is the tolerance relative to the larger of the two?"
    assert same([100.0], [90.0], 0.105), "100 and 90 are the same up to 0.105, as 90 and 100 are; yours says no. np.isclose measures by its second argument only."
    assert same([1e-9], [-1e-9], 1e-6), "1e-9 and −1e-9 minutes are both nothing: d = 2e-9, because sizes below 1 count as 1. Yours says that they differ."
    assert not same([100.0] * 9999 + [100.0], [100.0] * 9999 + [150.0], 1e-3), "One flight of 10,000 is off by a half. The mean difference is tiny; the worst one is not. Yours says that they are the same."
    assert not same([1e9, 1e9], [1e9, 1e9 + 2e3], 1e-6), "1e9 and 1e9 + 2,000 differ by 2e-6 of their size, so not at rtol 1e-6; yours says that they are the same."
    assert same([1.0, nan], [1.0, nan], 1e-6), "Missing on both sides is the same; yours says no."
    assert not same([1.0, nan], [1.0, 0.375], 1e-1), "NaN on one side and a number on the other is not the same; yours says it is. A comparison with NaN is False, in whichever direction you ask."
    assert same([inf, -inf], [inf, -inf], 1e-6), "The same infinities are the same; yours says no. inf − inf is NaN."
    assert not same([inf], [5.0], 0.5), "Infinity against 5 is not the same at any rtol; yours says it is: inf ≤ rtol × inf is True."
    assert not same([inf], [-inf], 0.5), "+inf and −inf are not the same infinity; yours says they are. That both are infinite is not enough."
    assert not same([1.0, 1, 1], [[1.0], [1], [1]], 1e-3), "Shapes (3,) and (3, 1) are not the same; yours says they are. NumPy compares every number with every other then."

    def apart(*distances):
        return [(np.array([0.0, 1.0]), np.array([d, 1.0])) for d in distances]

    t = separating(apart(1e-7, 1e-5), apart(1e-1, 0.9))
    assert t is not None, "Distances up to 1e-5 and from 1e-1: a tolerance between them exists, and yours is None."
    t = value(t, float)
    assert not 0.04 < t < 0.06, f"Your tolerance {t:.3g} is the arithmetic middle: nearly as large as the smallest real difference. Halfway in orders of magnitude is the geometric mean."
    assert not 2e-3 < t < 4e-3, f"Your tolerance {t:.3g} lies halfway to the largest real difference. The smallest one, 1e-1, must be told apart too."
    assert abs(np.log10(t) + 3) < 0.01, f"Between 1e-5 and 1e-1 the tolerance is 1e-3, yours {t:.3g}."
    t = separating([(np.array([1000.0]), np.array([1001.001]))], apart(1e-1))
    assert t is not None, "1000 and 1001.001 are 1.001 apart, and d is 1e-3: relative to the larger, and well below the 1e-1 of the other pair. Yours is None."
    t = value(t, float)
    assert abs(np.log10(t) + 2) < 0.01, f"1000 and 1001.001 are 1.001 apart, and d is 1e-3: relative to the larger. With a smallest real difference of 1e-1 the tolerance is 1e-2, yours {t:.3g}."
    exactly = [(np.array([3.0, 4.0]), np.array([3.0, 4.0]))]
    t = separating(exactly, apart(1e-2))
    assert t is not None and value(t, float) > 0, "Equivalents that are equal to the last bit are 1e-12 apart, by the docstring: else the tolerance is 0, and nothing but equal bits passes."
    assert abs(np.log10(value(t, float)) + 7) < 0.01, f"Equal to the last bit counts as 1e-12; with 1e-2 on the other side the tolerance is 1e-7, yours {t:.3g}."
    assert separating(apart(1e-3), apart(1e-3)) is None, "The largest distance among the equivalents equals the smallest among the others: no tolerance separates them, None. Is it < or <=?"
    assert separating(apart(1e-7, 1e-2), apart(1e-3, 0.9)) is None, "An equivalent pair is 1e-2 apart and one that is not only 1e-3: no tolerance separates them, None."
    ### BEGIN HIDDEN TESTS
    h = hidden_rng()
    base = h.normal(0, 100, 50)
    size = np.maximum(1, np.abs(base))
    place = int(h.integers(50))
    moved = base.copy()
    moved[place] += 0.01 * size[place] * np.sign(base[place])
    assert same(base, moved, 0.0105), "On other numbers, you call different what is the same up to rtol."
    assert not same(base, moved, 0.0095), "On other numbers, you call the same what differs by more than rtol in one place."
    holed = base.copy()
    holed[place] = nan
    assert not same(holed, base, 0.5), "You call the same what is missing on the first side only."
    assert not same(base, holed, 0.5), "You call the same what is missing on the second side only."
    small = float(h.uniform(0.1, 0.4))
    assert not same([small], [small + 0.1], 0.07), "Sizes below 1 count as 1, and not as more: you call the same what differs by more than rtol."
    endless = base.copy()
    endless[place] = inf
    assert not same(base, endless, 0.9), "You call the same what is infinite on the second side only."
    assert not same(endless, base, 0.9), "You call the same what is infinite on the first side only."
    both = np.where(np.arange(50) == (place + 1) % 50, nan, base)
    assert same(both, np.where(np.isnan(both), nan, moved), 0.0105), "With a missing number on both sides you call different what is the same."
    assert not same(both, moved, 0.0105), "A number that is missing on one side, and another that moved: you call that the same."
    assert not same(base.reshape(5, 10), base.reshape(10, 5), 0.5), "Other shapes are not the same, however many numbers they hold."
    assert same(base.reshape(5, 10), moved.reshape(5, 10), 0.0105), "You call different what is the same, in two dimensions."
    assert not same(base.reshape(5, 10), moved.reshape(5, 10), 0.0095), "You call the same what differs by more than rtol, in two dimensions."
    assert not same(base[:1], np.array([]), 0.5), "One number and none are other shapes, and not the same."
    assert not same(base[0], base[:1], 0.5), "A number and an array of one are other shapes, and not the same."
    low, high = 10.0 ** h.uniform(-9, -6), 10.0 ** h.uniform(-4, -1)
    near, far = h.permutation([low / 3, low, low / 10]).tolist(), h.permutation([high * 2, high, high * 5]).tolist()
    t = value(separating(apart(*near), apart(*far)), float)
    assert abs(np.log10(t) - np.log10(low * high) / 2) < 0.01, "With other distances your tolerance is not halfway in orders of magnitude."
    t = value(separating([(base, base)], apart(high)), float)
    assert abs(np.log10(t) - np.log10(1e-12 * high) / 2) < 0.01, "Equal to the last bit counts as a distance of 1e-12: otherwise the tolerance is 0."
    sign = float(h.choice([-1.0, 1.0]))
    large = sign * np.array([300.0, 7000.0, 0.5])
    t = value(separating([(large, large * [1, 1 - low, 1])], [(large * [1 - 5 * high, 1 - high, 1], large)]), float)
    assert abs(np.log10(t) - np.log10(low * 5 * high) / 2) < 0.01, "The distance of a pair is its largest d, whatever the signs and sizes of its numbers."
    t = value(separating(apart(low), [(large, 3 * large)]), float)
    assert abs(np.log10(t) - np.log10(low * 2 / 3) / 2) < 0.01, "A distance is relative to the larger of the two numbers."
    assert separating(apart(0.0), [(base, base)]) is None, "Nothing tells apart two pairs that are both equal to the last bit: None."
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="same_up_to"
# 1. Deal with the special cases first: other shapes, then NaN and infinities. What is left is finite, and one line.
# 2. A mask `f` of where both are finite comes from `np.isfinite`. Outside of it, `np.array_equal(a[~f], b[~f], equal_nan=True)` is all there is to say.
# 3. `np.abs(x - y) <= rtol * np.maximum(1, np.maximum(abs(x), abs(y)))`, and `.all()`. For `separating`: `max` over equivalents, `min` over the others, `np.sqrt(low * high)`.

# %% [markdown]
# ### One model, two builds
#
# TensorFlow has two sets of kernels: its own, and Intel's oneDNN. A variable decides at start, and the default depends on
# machine and version. We save the bare network and ask it in two fresh processes, 5,000 flights each; the last
# eight have no temperature (NaN).

# %% kind="explore"
predict("onednn",
    "The same SavedModel with oneDNN and without. For how many of 100 flights do the predictions differ in a bit? And of the eight without temperature, how many get a finite prediction?",
    {"differ": (0, 100), "finite, oneDNN on": (0, 8), "finite, oneDNN off": (0, 8)},
)

# %% kind="explore"
right = training_features(july, recipe["fill"])
matrix = encode(right.iloc[:5000], recipe)
matrix[-8:, NUMBERS.index("temp")] = np.nan
with tempfile.TemporaryDirectory() as saved, slow("Two fresh processes start", seconds=12):
    save(bare(network), saved)
    on, off = (
        ask_fresh(saved, {"matrix": matrix}, batch=1000, onednn=use)["delay"]
        for use in (True, False)
    )

# %% kind="explore"
reveal("onednn",
    {"differ": 100 * np.mean(on[:-8] != off[:-8]), "finite, oneDNN on": np.isfinite(on[-8:]).sum(), "finite, oneDNN off": np.isfinite(off[-8:]).sum()},
    unit={"differ": "of 100", "finite, oneDNN on": "of 8", "finite, oneDNN off": "of 8"},
    text="On finite input the two are equivalent. On NaN they are not: on machines where oneDNN's fused layer is used, it makes "
    "max(NaN, 0) a 0, and the model answers something plausible for a flight that it knows nothing of. Alarms on NaN stay silent.",
)

# %% [markdown]
# All that you have measured, on one axis: which tolerance separates *the same, optimised differently* from *not the
# same*?

# %% kind="explore"
summed = [np.cumsum(order)[-1:] / len(order) for order in (delays, delays[::-1])]
equivalent = {
    "oneDNN on, off": (on[:-8], off[:-8]),
    "order of a sum": summed,
    "metres, NumPy 1, 2": (recorded["wind_1.26.4"], recorded["wind_2.4.6"]),
}
different = {
    fault: (model(right), model(served_features(july, recipe["fill"], [fault])))
    for fault in FAULTS
}
different["seconds, NumPy 1, 2"] = recorded["seconds_1.26.4"], recorded["seconds_2.4.6"]
tolerance = separating(list(equivalent.values()), list(different.values()))

# %% kind="explore"
# Draws all distances on one axis, with your tolerance.
def far_apart(a, b):
    a, b = np.asarray(a, float), np.asarray(b, float)
    return float(np.max(np.abs(a - b) / np.maximum(1, np.maximum(np.abs(a), np.abs(b)))))


far = {name: (far_apart(*two), colour) for kind, colour in ((equivalent, plots.BLUE), (different, plots.RED)) for name, two in kind.items()}
far = dict(sorted(far.items(), key=lambda item: item[1][0]))
fig, ax = plots.figure(
    f"Your tolerance of {tolerance:.0e} has room on either side", "largest distance d (equivalent: blue; not: red)", figsize=(7, 3.2),
)
for place, (d, colour) in enumerate(far.values()):
    ax.plot(d, place, "o" if colour == plots.BLUE else "s", color=colour, markersize=8)
    ax.annotate(f"{d:.0e}", (d, place), (8, 0), textcoords="offset points", va="center")
ax.axvline(tolerance, color=plots.INK, linestyle="--")
ax.annotate("your tolerance", (tolerance, len(far) - 0.7), (4, 0), textcoords="offset points", va="center")
ax.set_xscale("log")
ax.set_xlim(1e-8, 30)
ax.set_ylim(-0.6, len(far) - 0.3)
ax.set_yticks(range(len(far)), far)
plots.show(
    fig,
    alt=f"Largest distances on a logarithmic axis, tolerance {tolerance:.0e}: " + ", ".join(f"{name} {d:.0e}" for name, (d, _) in far.items()) + ".",
)

# %% [markdown]
# One tolerance for all, and it is yours. Now use it: the two builds on *all* rows, those without temperature among
# them.

# %% kind="explore"
{
    "finite rows": same_up_to(on[:-8], off[:-8], tolerance),
    "rows without temperature": same_up_to(on[-8:], off[-8:], tolerance),
}

# %% [markdown] deeper=38
# ## 4 · One implementation
# *hard · about N lines · 25 minutes*

# %% [markdown]
# Tests find skew. A design prevents it: put preprocessing **into** the exported model.
#
# ```mermaid
# flowchart LR
#     accTitle: One code path
#     accDescr: Training and service both pass raw rows to one exported model, which holds preprocessing and network. It returns the prediction and the features that it used. The service logs both, and the next training reads its features from this log.
#     past[(raw flights)] --> model
#     request["raw row of<br/>a request"] --> model
#     subgraph model["one exported model"]
#         steps["fill, scale,<br/>look up"] --> net["network"]
#     end
#     model --> delay["minutes"]
#     model --> log[("log of<br/>features")]
#     log -. "the next training" .-> model
# ```
#
# A service then passes raw rows on, and has no feature to compute. It logs the features that the model returns, and the
# next training reads them from this log, instead of computing them a second time.

# %% [markdown]
# `recipe` is what training has learned. For a small one with a single hidden layer, three raw rows become:
#
# | temp | carrier | scaled temp | unknown | AA | UA |
# |---|---|---|---|---|---|
# | 60 | "UA" | (60 − 50) / 10 = 1 | 0 | 0 | 1 |
# | NaN | "AA" | (55 − 50) / 10 = 0.5 | 0 | 1 | 0 |
# | 40 | "ZZ" | −1 | 1 | 0 | 0 |

# %% kind="setup"
# Imports, and a small recipe with network and rows.
from tempfile import TemporaryDirectory

import tensorflow as tf

from prodml import written
from prodml.adapt.monitoring.skew import with_steps
from prodml.models.fresh import ask_in_batches
from prodml.models.saved import PYTHON, ask_saved, operators, save_servable

small_recipe = {
    "fill": {"temp": 55.0}, "mean": {"dep_delay": 10.0, "temp": 50.0}, "sd": {"dep_delay": 20.0, "temp": 10.0},
    "vocabulary": {"carrier": ["AA", "UA"]},
}
small_network = [
    (np.array([[1, 0.5], [2, -1], [3, 1], [-4, 0], [0, 2]], np.float32), np.array([0.5, 1], np.float32)),
    (np.array([[2], [-3]], np.float32), np.array([5], np.float32)),
]
small_rows = {
    "dep_delay": np.array([30, 10, -10, 50], np.float32),
    "temp": np.array([60, np.nan, 40, 50], np.float32),
    "carrier": np.array(["UA", "AA", "ZZ", "AA"]),
}

# %% [markdown]
# A SavedModel keeps `tf.function`s with an input signature, and the variables and tables that are attributes of the
# module. What is not TensorFlow (pandas, NumPy, a Python `if` on a value) stays behind, or is frozen into a constant.
# `save_servable(module, folder)` saves it, and says what would be left behind.
#
# ```python
# # column 0 of a one-hot look-up says: unknown
# self.look_up = keras.layers.StringLookup(vocabulary=["AA", "UA"], output_mode="one_hot")
# self.scale = keras.layers.Normalization(mean=[…], variance=[…])  # variance, not sd
# ```

# %% kind="exercise" name="export" exports=["export"]
def export(recipe, network, folder):
    """Writes the SavedModel of a tf.Module that takes raw rows: `save_servable(module, folder)`.

    recipe: dict of dicts: "fill": number column → what replaces NaN (columns that are not named
        are never missing); "mean" and "sd": number column → float, in the order of the features;
        "vocabulary": text column → list of known strings, in the order of the features.
    network: list of (weights, bias), float32 arrays: dense layers, ReLU between them, none after
        the last.

    The module has a tf.function `serve` with an input signature: one dict, column → 1-D tensor of
    any length, float32 for numbers, tf.string for text. It returns a dict:
        "features": float32 [n, k]: the numbers, filled and scaled; then per text column one
            column for unknown values and one per known string, 1 where it is that, else 0.
        "delay": float32 [n]: the network's minutes.
    A row's answer depends on that row only.
    Everything that it needs is inside: it is opened where none of this code exists.
    """
    ### BEGIN SOLUTION
    import keras

    numbers, texts = list(recipe["mean"]), list(recipe["vocabulary"])
    signature = {name: tf.TensorSpec([None], tf.float32) for name in numbers}
    signature |= {name: tf.TensorSpec([None], tf.string) for name in texts}

    class Servable(tf.Module):
        def __init__(self):
            super().__init__()
            variance = [recipe["sd"][name] ** 2 for name in numbers]
            self.scale = keras.layers.Normalization(mean=list(recipe["mean"].values()), variance=variance)
            self.scale.build((None, len(numbers)))
            known = recipe["vocabulary"]
            self.look_up = {name: keras.layers.StringLookup(vocabulary=known[name], output_mode="one_hot") for name in texts}
            self.layers = [(tf.Variable(weights), tf.Variable(bias)) for weights, bias in network]

        @tf.function(input_signature=[signature])
        def serve(self, rows):
            full = [tf.where(tf.math.is_nan(rows[name]), recipe["fill"].get(name, 0.0), rows[name]) for name in numbers]
            parts = [self.scale(tf.stack(full, axis=1))]
            parts += [tf.cast(self.look_up[name](rows[name][:, None]), tf.float32) for name in texts]
            features = x = tf.concat(parts, axis=1)
            for weights, bias in self.layers[:-1]:
                x = tf.nn.relu(x @ weights + bias)
            weights, bias = self.layers[-1]
            return {"features": features, "delay": (x @ weights + bias)[:, 0]}

    save_servable(Servable(), folder)
    ### END SOLUTION

# %% [markdown]
# The check opens your bytes as a service would, without your code, and asks `serve`.

# %% kind="check" name="export" points=6
with check("export"):
    def worked(rows, recipe, network):
        """The contract, in NumPy: features and minutes."""
        parts = [(np.where(np.isnan(rows[c]), recipe["fill"].get(c, 0.0), rows[c]) - recipe["mean"][c]) / recipe["sd"][c] for c in recipe["mean"]]
        for c, known in recipe["vocabulary"].items():
            parts += [~np.isin(rows[c], known), *(rows[c] == one for one in known)]
        features = np.stack(parts, axis=1).astype(np.float32)
        return features, minutes(network, features)

    def part(rows, some):
        return {name: column[some] for name, column in rows.items()}

    def linear(features, network):
        for weights, bias in network:
            features = features @ weights + bias
        return features[:, 0]

    saved = written(lambda folder: export(small_recipe, small_network, folder))
    python = sorted(PYTHON.intersection(operators(saved)))
    assert not python, f"The SavedModel holds {', '.join(python)}: a call back into Python, from py_function or numpy_function. It is saved without complaint, and no other process can run it. Use TensorFlow operations only."
    answers = ask_saved(saved, [small_rows, part(small_rows, slice(1))])
    missing = sorted({"features", "delay"} - set(answers[0]))
    assert not missing, f"serve returns a dict with features and delay; yours lacks {', '.join(missing)}."
    wanted, wanted_delay = worked(small_rows, small_recipe, small_network)
    features, delay = answers[0]["features"], answers[0]["delay"]
    assert features.shape == (4, 5), f"Two numbers, one column for unknown carriers and two for known ones: features of four rows have the shape (4, 5), yours {features.shape}."
    assert delay.shape == (4,), f"delay of four rows has the shape (4,), yours {delay.shape}."
    assert not np.allclose(features[:, :3], wanted[:, 2:]), "Your first columns are those of the carriers. The numbers stand first, then the columns of each text."
    assert not np.allclose(features[[0, 2, 3], 0], wanted[[0, 2, 3], 1]), "Your first column is the scaled temp. The numbers stand in the order of recipe['mean']: dep_delay, then temp."
    assert not np.isnan(features).any(), "A row without temp gives NaN features. Missing values are filled inside the model too: with recipe['fill'], before scaling."
    got = float(features[1, 1])
    assert abs(got + 5) > 1e-3, "The row without temp has the scaled temp −5: it was filled with 0. The recipe's fill is 55."
    assert abs(got) > 1e-3, "The row without temp has the scaled temp 0: it was filled after scaling, or with the mean. The recipe fills with 55, which scales to 0.5."
    one = answers[1]["features"][0]
    assert np.allclose(one, features[0], atol=1e-4), f"The first flight alone has the features {np.round(one, 2)}, and among four {np.round(features[0], 2)}. A row depends on its batch: mean, sd and vocabulary come from the recipe."
    got = float(features[0, 1])
    assert abs(got - 0.1) > 1e-3, "60 °F scaled to 0.1: that is divided by the variance. (60 − 50) / 10 = 1. Normalization takes variance= and divides by its root."
    assert abs(got - 10 / np.sqrt(10)) > 1e-2, "60 °F scaled to 3.16: Normalization takes the variance, and got the standard deviation. Square it."
    assert np.allclose(features[:, :2], wanted[:, :2], atol=1e-4), f"The scaled numbers are {np.round(wanted[:, :2], 2).tolist()}, yours {np.round(features[:, :2], 2).tolist()}."
    assert features[2, 2:].sum() > 0.5, "Carrier ZZ is not in the vocabulary, and all of its columns are 0. Column 0 of a category says: unknown."
    assert np.allclose(features[:, 2:], wanted[:, 2:]), f"The columns of the carriers UA, AA, ZZ, AA are {wanted[:, 2:].astype(int).tolist()}, yours {np.round(features[:, 2:], 2).tolist()}. The order is: unknown, then the vocabulary as given."
    straight = linear(wanted, small_network)
    assert not np.allclose(delay, straight, atol=1e-4), f"The predictions are {np.round(wanted_delay, 2)}, yours {np.round(delay, 2)}: that is the network without ReLU. Between the layers, what is negative becomes 0."
    assert np.allclose(delay, wanted_delay, atol=1e-4), f"The predictions are {np.round(wanted_delay, 2)}, yours {np.round(delay, 2)}. ReLU stands between the layers and not after the last one, nor before the first."
    ### BEGIN HIDDEN TESTS
    h = hidden_rng()
    names = [str(x) for x in h.permutation(["B6", "DL", "UA", "WN"])]
    other = {
        "fill": {"distance": float(h.uniform(300, 900)), "visib": float(h.uniform(5, 9))}, "mean": {"visib": 8.0, "hour": 13.0, "distance": 1000.0},
        "sd": {"visib": 2.0, "hour": 5.0, "distance": 700.0}, "vocabulary": {"origin": ["LGA", "EWR"], "carrier": names},
    }
    layers = [(h.normal(size=shape).astype(np.float32), h.normal(size=shape[1]).astype(np.float32)) for shape in ((11, 6), (6, 4), (4, 1))]
    n = 40
    rows = {
        "visib": np.where(h.random(n) < 0.3, np.nan, h.uniform(0, 10, n)).astype(np.float32), "hour": h.integers(0, 24, n).astype(np.float32),
        "distance": np.where(h.random(n) < 0.3, np.nan, h.uniform(80, 3000, n)).astype(np.float32), "origin": h.choice(["EWR", "JFK", "LGA"], n), "carrier": h.choice([*names, "new"], n),
    }
    saved = written(lambda folder: export(other, layers, folder))
    assert not PYTHON.intersection(operators(saved)), "With another recipe the SavedModel holds a call back into Python."
    answers = ask_saved(saved, [rows, part(rows, slice(7, 8))])
    features, delay = answers[0]["features"], answers[0]["delay"]
    wanted, wanted_delay = worked(rows, other, layers)
    assert features.shape == wanted.shape, "With two text columns the features have another shape than they should."
    assert np.allclose(features[:, :3], wanted[:, :3], atol=1e-4), "With another recipe the scaled numbers are wrong: order, fill, mean and sd come from it."
    assert np.allclose(features[:, 3:], wanted[:, 3:]), "With another recipe the columns of the categories are wrong: the vocabulary's own order, unknown first."
    assert np.allclose(delay, wanted_delay, atol=1e-3), "With a network of three layers the predictions are wrong."
    assert abs(float(answers[1]["delay"][0]) - wanted_delay[7]) < 1e-3, "A single row gets another prediction than the same row among forty."
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="export"
# 1. Write a class of tf.Module. What it knows becomes attributes in `__init__`; what it does stands in `serve`, under `tf.function` with an input signature, in TensorFlow operations only.
# 2. `signature = {name: tf.TensorSpec([None], tf.float32) for …}`, with `tf.string` for text columns. Fill with `tf.where(tf.math.is_nan(x), fill, x)`. A Normalization layer wants `.build((None, k))` in `__init__`.
# 3. `tf.cast(self.look_up[name](rows[name][:, None]), tf.float32)` are the columns of one category. Join with `tf.concat(parts, axis=1)`, then loop over the layers with `tf.nn.relu`, the last without it. At the end, save an instance of your class.

# %% [markdown]
# ### Proof in a fresh process
#
# Your module, with the real recipe and network. One step is still outside: it expects `delay_step`, rounded, and
# exercise 2 has shown what becomes of a step that is written twice. So it moves in as well: `with_steps` is a module
# around yours that takes `dep_delay` and does `tf.floor(x / 5) * 5`.

# %% kind="explore"
folder = TemporaryDirectory()
export(recipe, network, f"{folder.name}/yours")
servable = with_steps(tf.saved_model.load(f"{folder.name}/yours"))
save(servable, f"{folder.name}/whole")

some, right = july.iloc[:5000], training_features(july, recipe["fill"])
raw_rows = {name: some[name].to_numpy(np.float32) for name in ["dep_delay", *NUMBERS[1:]]}
raw_rows |= {name: some[name].astype(str).to_numpy(dtype=str) for name in CATEGORIES}

# %% kind="explore"
predict("fresh",
    "Raw rows of July, 1,000 at a time in this process. For how many percent does another way give a prediction that differs in a bit?",
    {"fresh process": (0, 100), "one at a time": (0, 100)},
)

# %% [markdown]
# The same rows, 1,000 at a time, in a process that has never seen this notebook: no pandas, no `training_features`.

# %% kind="explore"
onednn_here = os.environ.get("TF_ENABLE_ONEDNN_OPTS", "1") != "0"
with slow("200 rows go in one at a time, then a fresh process starts", seconds=8):
    here = ask_in_batches(servable, raw_rows, batch=1000)["delay"]
    first_rows = {name: column[:200] for name, column in raw_rows.items()}
    singly = ask_in_batches(servable, first_rows, batch=1)["delay"]
    answers = ask_fresh(f"{folder.name}/whole", raw_rows, batch=1000, onednn=onednn_here)

# %% kind="explore"
reveal("fresh",
    {"fresh process": 100 * np.mean(answers["delay"] != here), "one at a time": 100 * np.mean(singly != here[:200])},
    unit="%",
    text="Bit for bit, if batch size and build are the same. Another batch size may take another path through the kernels. "
    "Promise a tolerance, never ==.",
)

# %% [markdown]
# And against the two pipelines written in pandas, the same 5,000 flights:

# %% kind="explore"
# Draws how far each way is from your model, served.
ways = {
    "your model, here": np.abs(here - answers["delay"]).max(),
    "one row at a time": np.abs(singly - answers["delay"][:200]).max(),
    "training code, pandas": np.abs(model(right.iloc[:5000]) - answers["delay"]).max(),
    "the service, written again": np.abs(model(served_features(some, recipe["fill"])) - answers["delay"]).max(),
}
fig, ax = plots.figure(
    "Your model is the training code, up to rounding", "largest difference from your model in a fresh process (min)", figsize=(7, 2.4),
)
for place, far_off in enumerate(ways.values()):
    shown_at = max(float(far_off), 1e-7)
    ax.plot(shown_at, place, "s" if far_off > 0.01 else "o", color=plots.RED if far_off > 0.01 else plots.BLUE, markersize=8)
    ax.annotate("0, bit for bit" if far_off == 0 else f"{far_off:.0e} min", (shown_at, place), (8, 0), textcoords="offset points", va="center")
ax.set_xscale("log")
ax.set_xlim(5e-8, 1e5)
ax.set_yticks(range(len(ways)), ways)
ax.set_ylim(len(ways) - 0.5, -0.5)
plots.show(fig, alt="Largest differences in minutes on a logarithmic axis: " + ", ".join(f"{name} {float(x):.0e}" for name, x in ways.items()) + ".")

# %% [markdown]
# The service has logged the features that the model returned, and the next version trains on this log. But with which
# labels? Agents have acted on four of five flights that were predicted late. Errors on the next 1,000 flights, with
# nobody acting:

# %% kind="explore"
logged, landed = answers["features"], some["arr_delay"].to_numpy()
alone = rng().random(len(some)) < 0.2
acted, observed = act(answers["delay"], landed, alone)
first = np.arange(len(some)) < 4000
trained = {}
with slow("Two small networks learn from the log", seconds=8):
    control = first & alone
    for name, rows in {"all labels": first, "control group": control}.items():
        chosen = np.resize(np.flatnonzero(rows), 4000)  # as many steps for both
        following = fit_network(logged[chosen], observed[chosen], epochs=12)
        wrong = np.abs(minutes(following, logged[~first]) - landed[~first])
        trained[f"{rows.sum():,}: {name}"] = float(np.mean(wrong))
trained["winter's network"] = float(np.mean(np.abs(answers["delay"][~first] - landed[~first])))
folder.cleanup()

# %% kind="explore"
# Draws the next version's error, by its labels.
fig, ax = plots.figure(
    "Fewer labels, which nobody touched, teach more",
    "mean absolute error on the next 1,000 flights (min)", figsize=(7, 2.3),
)
ax.barh(list(trained), list(trained.values()), color=[plots.RED, plots.BLUE, plots.GREY])
for place, x in enumerate(trained.values()):
    ax.annotate(f"{x:.1f}", (x, place), (5, 0), textcoords="offset points", va="center")
ax.invert_yaxis()
ax.grid(visible=False)
ax.margins(x=0.1)
plots.show(fig, alt="Bars of the error on the next flights: " + ", ".join(f"{name} {x:.1f} min" for name, x in trained.items()) + ".")

# %% [markdown]
# With other seeds the control group's network has been better than winter's and worse than it, and each time at least
# 2.5 minutes better than the one that learned from all labels. A retraining has to be measured, too.

# %% [markdown]
# ## In production
#
# - **At 1,000 times the scale** a feature store serves the same value to training and service, with the time at which
#   it was known (Feast, Tecton, Vertex AI). What hangs on the request alone goes into the exported graph (TensorFlow
#   Transform, Keras layers, ONNX).
# - **Log features at serving time**, with the versions of model and libraries, and compare a share with the training
#   code every day: a join by id finds what no histogram shows.
# - **Pin** library versions in both images; hold outputs of fixed inputs, NaN among them, against recorded ones.
# - **The failure to watch for**: a bug repaired without retraining. A model that has learned from wrong features needs
#   them. Roll out model and pipeline together.
# - **Keep a control group**, random and for good, and mark in the log who was acted on.

# %% [markdown]
# ## Primary sources
#
# - Zinkevich, [Rules of Machine Learning](https://developers.google.com/machine-learning/guides/rules-of-ml): rules 29, 31, 32 and 37 are this lab, from somebody who has paid for each.
# - Breck and others, [The ML Test Score](https://research.google/pubs/pub46555/), 2017: that training and serving compute the same is one of its 28 tests.
# - Baylor and others, [TFX](https://doi.org/10.1145/3097983.3098021), KDD 2017: skew found in one platform, and what that brought to an app store.
# - Feast, [Point-in-time joins](https://docs.feast.dev/v0.67-branch/getting-started/concepts/point-in-time-joins): a feature as it was known when the prediction was made.
# - Hypothesis, [documentation](https://hypothesis.readthedocs.io/en/latest/): strategies, shrinking, and flaky tests.
# - For the second half: NumPy, [NEP 50](https://numpy.org/neps/nep-0050-scalar-promotion.html), why its versions disagree; Goldberg, [What every computer scientist should know about floating-point arithmetic](https://doi.org/10.1145/103162.103163), 1991, why the order of a sum matters; Keras, [preprocessing layers](https://keras.io/guides/preprocessing_layers/), inside the model or in the input pipeline.
