# ---
# jupyter:
#   lab:
#     title: Drift monitors
#     question: Has the world changed, or is it Tuesday?
#     minutes: {core: 70, all: 145}
#     core: [psi, threshold, monitor]
#     seconds: 20
#     objectives:
#       - Measure how far a sample has moved from a reference, with empty bins, missing values and unseen categories
#       - Derive an alarm threshold from the reference and the batch size instead of a rule of thumb
#       - Watch many measures over many days and keep the share of false alarms small
#       - Tell what repeats every week from what has changed, and say what one year of data cannot tell
#       - Say what predictions reveal while labels are late, and what they cannot
#     prerequisites: [00_start_here]
#     covers:
#       adapt.monitor-inputs: [psi, threshold, monitor, seasonal_reference]
#       adapt.monitor-outputs: [monitor_outputs]
# ---

# %% [markdown]
# # 02 · Drift monitors
# *Has the world changed, or is it Tuesday?*
#
# Your model learned in winter, and now it is July. How late a flight was you learn hours later; what goes into the
# model, and what comes out, you see at once. You build the instruments that watch both, and the real year 2013 tests
# them.
#
# ```mermaid
# flowchart LR
#   accTitle: The instruments of this lab
#   accDescr: The reference, days like those that the model learned from, and today's flights meet in a distance, the PSI. A threshold made from the reference says how large is large. Many measures of many days are judged together, and what rings goes to a person. Predictions are watched at once, labels come late.
#   R[(Reference: winter)] --> D[1 · Distance: PSI]
#   T[(Today's flights)] --> D
#   D --> L[2 · Threshold from the reference]
#   L --> M[3 · Many measures, many days]
#   M --> A((Alarm, owner, action))
#   W[4 · The same weekday before] -.-> M
#   P[5 · Predictions now, labels late] -.-> A
# ```
#
# Parts 1 to 3 are the core, some 70 minutes. Parts 4 and 5 are deeper.

# %% kind="setup"
# Imports.
import numpy as np
import pandas as pd

from prodml import begin, check, explorer, hidden_rng, plots, predict, reveal, rng, slow, value
from prodml.data import flights
from prodml.adapt.monitoring.monitors import daily_measures, inject, p_values, psi_of_batches, quantile_edges

begin("02_drift_monitors")

# %% [markdown]
# Every row is a flight that left New York in 2013, as the model saw it at the moment of departure: how late it
# left, where it flew, and the weather of that hour.

# %% kind="setup"
# The flights that left New York in 2013, January among them, and winter.
WEATHER = ["temp", "dewp", "humid", "wind_speed", "precip", "pressure", "visib"]
NUMBERS = ["dep_delay", "hour", "distance", *WEATHER]
CATEGORIES = ["carrier", "origin", "dest"]
WHEN = ["year", "month", "day", "sched_dep_time", "air_time", "arr_delay"]

year = flights(columns=[*NUMBERS, *CATEGORIES, *WHEN])
year = year[year["dep_delay"].notna()].assign(no_weather=lambda t: t["temp"].isna().astype(float))
january, winter = (year[year["month"] <= last] for last in (1, 3))

# %% kind="explore"
january[NUMBERS + CATEGORIES].head(4)

# %% [markdown]
# ## 1 · How far has it moved?
# *easy · about 11 lines · 15 minutes*
#
# Cut a number into bins. Count which share of the rows falls into each: $r_i$ in the reference, $c_i$ now. The
# **population stability index** adds up how far the shares have moved:
#
# $$\mathrm{PSI} = \sum_i (c_i - r_i)\,\ln\frac{c_i}{r_i}$$

# %% [markdown]
# A worked example: two bins, half and half in January, and now 80 % in the lower one.
#
# | bin | $r$ | $c$ | $(c - r)\,\ln(c / r)$ |
# |---|---|---|---|
# | lower | 0.5 | 0.8 | 0.3 × 0.470 = 0.141 |
# | upper | 0.5 | 0.2 | −0.3 × −0.916 = 0.275 |
# | | | | **PSI = 0.416** |
#
# The formula is the easy half. Real feeds have empty bins, missing values, values beyond all edges, and
# categories that nobody has seen before. The docstring settles each.

# %% kind="exercise" name="psi" exports=["psi", "psi_categories"]
def psi(reference, current, edges):
    """Population stability index of a number: 0 for equal shares, larger the further they moved.

    The edges are inner cut points: k of them make k + 1 bins, the first open below, the last open
    above. A value that equals an edge may go to either side. Missing values (NaN) have one more
    bin, of their own. A share below 0.0001 counts as 0.0001, so that no bin is empty. The
    logarithm is the natural one.

    reference, current: 1-D arrays of numbers, with missing values perhaps, of any lengths.
    edges: 1-D array, ascending. Returns a float.
    """
    ### BEGIN SOLUTION
    def shares(x):
        bins = np.where(np.isnan(x), len(edges) + 1, np.searchsorted(edges, x, side="right"))
        counts = np.bincount(bins, minlength=len(edges) + 2)
        return np.maximum(counts / len(x), 1e-4)

    r, c = shares(reference), shares(current)
    return float(np.sum((c - r) * np.log(c / r)))
    ### END SOLUTION


def psi_categories(reference, current):
    """The same for categories: every value that occurs in either sample is a bin.

    reference, current: 1-D arrays of strings, none missing. Returns a float.
    """
    ### BEGIN SOLUTION
    reference, current = np.asarray(reference), np.asarray(current)
    bins = np.union1d(reference, current)
    r = np.array([max((reference == b).mean(), 1e-4) for b in bins])
    c = np.array([max((current == b).mean(), 1e-4) for b in bins])
    return float(np.sum((c - r) * np.log(c / r)))
    ### END SOLUTION

# %% kind="check" name="psi" points=4
with check("psi"):
    low, high = np.array([0.0, 1, 2, 3, 6, 7, 8, 20]), np.repeat([4.0, 12.0], 4)
    got = value(psi(low, high, np.array([5.0])), float)
    assert abs(got) < 1e-6, f"Half of both samples lies below the only edge, 5: PSI 0, yours {got:.3f}. Are your edges the given ones, or taken from the current sample?"

    half, most = np.repeat([0.0, 10.0], [5, 5]), np.repeat([0.0, 10.0], [8, 2])
    edge = np.array([5.0])
    got = value(psi(half, np.tile(half, 2), edge), float)
    assert abs(got) < 1e-6, f"A sample and the same sample twice over: PSI 0, yours {got:.3f}. Shares are compared, not counts."
    got, back = value(psi(half, most, edge), float), value(psi(most, half, edge), float)
    assert abs(got - back) < 1e-6, f"PSI is the same in both directions, yours {got:.3f} and {back:.3f}. Is it the sum of c ln(c / r) alone?"
    assert got > 0.01, f"Shares 50/50 against 80/20: PSI 0.416, yours {got:.3f}. One inner edge makes two bins, one on each side; np.histogram takes it for an outer edge and makes none."
    assert abs(got - 0.416) < 0.005, f"Shares 50/50 against 80/20: PSI 0.416, yours {got:.3f}. Is the logarithm the natural one? Is each share a count divided by the number of rows?"

    ten = np.arange(10.0)
    got = value(psi(np.tile(ten, 2), np.append(ten, np.full(10, 50.0)), np.array([1.5, 3.5, 5.5, 7.5])), float)
    assert abs(got - 0.717) < 0.01, f"Ten of 20 values lie far beyond the last edge: PSI 0.717, yours {got:.3f}. The outer bins are open; np.histogram drops what is outside."
    got = value(psi(half, np.zeros(10), edge), float)
    assert np.isfinite(got), f"The upper bin is empty now and your PSI is {got}. A share below 0.0001 counts as 0.0001."
    assert got > 4.58, f"The upper bin is empty now: PSI 4.604, yours {got:.3f}. A bin that only one sample fills is the strongest sign there is: do not skip it."
    assert got < 4.63, f"The upper bin is empty now: PSI 4.604, yours {got:.3f}. Your floor is lower than 0.0001: with it the PSI of empty bins grows."
    got = value(psi(half, np.append(half[1:9], [np.nan, np.nan]), edge), float)
    assert abs(got - 1.564) < 0.02, f"Two of ten values have gone missing: PSI 1.564, yours {got:.3f}. NaN is neither dropped nor a large number: it has its own bin, and every share is of all rows."

    two, three = np.repeat(["JFK", "LGA"], 5), np.repeat(["JFK", "LGA", "SWF"], [4, 4, 2])
    new, gone = value(psi_categories(two, three), float), value(psi_categories(three, two), float)
    assert np.isfinite(new), f"SWF is not in the reference and your PSI is {new}. A share below 0.0001 counts as 0.0001."
    assert abs(new - 1.564) < 0.02, f"20 % of the flights leave from SWF, which the reference never saw: PSI 1.564, yours {new:.3f}. An unseen category is a bin too."
    assert abs(gone - 1.564) < 0.02, f"SWF has vanished from the current sample: PSI 1.564, yours {gone:.3f}. A category that is gone is a bin too."
    ### BEGIN HIDDEN TESTS
    def expected(r, c):
        r, c = (np.maximum(np.asarray(counts) / np.sum(counts), 1e-4) for counts in (r, c))
        return np.sum((c - r) * np.log(c / r))

    def same(got, wanted):
        return abs(got - wanted) < 0.01 + 0.01 * wanted

    h = hidden_rng()
    middles, inner = np.array([-7.0, -3, 0.5, 2, 90]), np.array([-5.0, -1, 1, 5])
    a, b = h.integers(30, 200, 5), h.integers(30, 200, 5)
    wide = value(psi(np.repeat(middles, a), np.repeat(middles, b), inner), float)
    far = value(psi(np.repeat(middles, a), np.repeat(middles, b), np.array([500.0])), float)
    assert abs(far) < 1e-6, "Your PSI does not use the edges that it is given: it makes its own."
    assert same(wide, expected(a, b)), "Your PSI is wrong for two samples of unequal length with values on all sides of the edges."
    lost = np.array([0, 0, *h.integers(30, 200, 3)])
    gap = value(psi(np.repeat(middles, a), np.repeat(middles, lost), inner), float)
    assert same(gap, expected(a, lost)), "Your PSI is wrong where the current sample leaves bins empty."
    a6, b6 = np.append(a, h.integers(30, 90)), np.append(b, h.integers(30, 90))
    missing = np.append(middles, np.nan)
    holes = value(psi(np.repeat(missing, a6), np.repeat(missing, b6), inner), float)
    assert same(holes, expected(a6, b6)), "Your PSI is wrong where both samples have missing values."
    names = np.array(["AA", "B6", "DL", "UA", "new"])
    a[3:], b[:2] = 0, 0
    carriers = value(psi_categories(np.repeat(names, a), np.repeat(names, b)), float)
    assert same(carriers, expected(a, b)), "Your PSI of categories is wrong where each sample has two categories of its own: shares are compared name by name."
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="psi"
# 1. Both functions end alike: turn each sample into shares of the same bins, put the floor under them, add up. Only the way into the bins differs.
# 2. `np.searchsorted(edges, x, "right")` gives every number its bin, outer bins included. It files NaN under the largest values, so give those another number: `np.where(np.isnan(x), …, …)`.
# 3. `np.bincount(bins, minlength=len(edges) + 2) / len(x)` are the shares. For categories the bins are `np.union1d(reference, current)`, and `np.mean(reference == b)` is the share of bin `b`.

# %% [markdown]
# ### January against the other months
#
# A popular rule reads: below 0.1 nothing happened, above 0.2 it is drift. Before you look: where does July stand?

# %% kind="explore"
predict("july",
    "The PSI of July against January, in ten bins of January. What will it be?",
    {"departure delay": (0.01, 10.0, "log"), "temperature": (0.01, 10.0, "log")},
)

# %% kind="explore"
features = ["dep_delay", "distance", "temp", "visib", "pressure"]
edges_of = {name: quantile_edges(january[name]) for name in features}
by_month = pd.DataFrame({
    month: {
        name: psi(january[name].to_numpy(), now[name].to_numpy(), edges_of[name])
        for name in features
    }
    for month, now in year.groupby("month")
})

# %% kind="explore"
# Draws the PSI of every month against January.
title = "Weather moves far away from January, the departure delay hardly moves"
fig, ax = plots.figure(title, x="month of 2013", y="PSI against January")
for name, colour, mark in zip(features, plots.COLOURS[:5], "os^Dv", strict=True):
    ax.plot(by_month.columns[1:], by_month.loc[name].iloc[1:], f"{mark}-", color=colour, label=name)
ax.axhline(0.2, color=plots.GREY, linestyle=":")
ax.annotate("0.2: “drift”,\nsays the rule", (15.9, 0.2), (0, 3), textcoords="offset points", ha="right", va="bottom")
ax.set_yscale("log")
ax.set_xticks(range(2, 13))
ax.set_xlim(1.5, 16)
ax.legend(loc="lower right")
plots.show(fig, alt=f"PSI of five features by month, logarithmic. {title}: temperature reaches 8, departure delay stays at or below 0.2.")

# %% kind="explore"
reveal("july",
    {"departure delay": by_month.loc["dep_delay", 7], "temperature": by_month.loc["temp", 7]},
    unit="PSI",
    text="In July flights left 22 minutes late on average instead of 10, and the PSI hardly moves. The temperature "
    "never came near January's usual, and from June to September its PSI stands near 8, whatever the month.",
)

# %% [markdown]
# Move the month. Bars are the ten bins of January, with about a tenth of its flights each; the line is the month
# that you chose, in the same bins.

# %% kind="explore"
# Draws a month of your choice over January, in the same bins.
UNITS = {"temp": "°F", "dep_delay": "minutes", "distance": "miles", "visib": "miles", "pressure": "hPa", "wind_speed": "mph"}


def draw_month(month, feature):
    now, edges = year[year["month"] == month], quantile_edges(january[feature])
    moved = psi(january[feature].to_numpy(), now[feature].to_numpy(), edges)
    shares = [np.bincount(np.searchsorted(edges, t[feature].dropna(), "right"), minlength=len(edges) + 1) / len(t) for t in (january, now)]
    says = "drift" if moved > 0.2 else "perhaps" if moved > 0.1 else "nothing"
    names = [f"< {edges[0]:.3g}", *(f"{a:.3g} to {b:.3g}" for a, b in np.column_stack([edges[:-1], edges[1:]])), f"≥ {edges[-1]:.3g}"]
    fig, ax = plots.figure(f"PSI {moved:.2f}: the popular rule says “{says}”", x=f"{feature} ({UNITS[feature]}), bins of January", y="share of flights")
    ax.bar(names, shares[0], color=plots.GREY, label="January")
    ax.step(names, shares[1], where="mid", color=plots.BLUE, linewidth=2, label=f"month {month}")
    ax.tick_params(axis="x", rotation=45)
    ax.legend()
    plots.show(fig, alt=f"Shares of flights in ten bins of {feature}, January against month {month}. PSI {moved:.2f}.")


explorer(draw_month, month=(1, 12, 7), feature=list(UNITS))

# %% [markdown]
# What follows is deeper, 12 minutes: what the number depends on, and how other distances and a library compare.

# %% [markdown] deeper=12
# ### Deeper: what the number depends on

# %% [markdown]
# July's 8 is not a property of July. All its flights fall into the warmest of January's ten bins. Nine bins are
# empty, and the PSI is made of the floor that you put under them.

# %% kind="explore"
cold, warm = january["temp"].dropna(), year.loc[year["month"] == 7, "temp"].dropna()
floors = [1e-3, 1e-4, 1e-6]
pd.Series(
    [psi_of_batches(cold, [warm], edges_of["temp"], f)[0] for f in floors],
    index=floors, name="PSI by floor",
).round(1)

# %% [markdown]
# 5.9, 7.9 or 12.0: with a saturated PSI compare nothing but "large" and "small". Other distances of `scipy` stay
# in the feature's own units, or between 0 and 1. The PSI itself is two Kullback–Leibler divergences added up.

# %% kind="explore"
from scipy import stats
from scipy.special import rel_entr

r, c = np.array([0.5, 0.5]), np.array([0.8, 0.2])
print(f"PSI of the worked example by scipy: {np.sum(rel_entr(c, r) + rel_entr(r, c)):.3f}")
for month in (2, 4, 7):
    now = year.loc[year["month"] == month, "temp"].dropna()
    ks, apart = stats.ks_2samp(cold, now).statistic, stats.wasserstein_distance(cold, now)
    print(f"month {month}: PSI {by_month.loc['temp', month]:4.1f}   Kolmogorov–Smirnov {ks:.2f}   "
          f"Wasserstein {apart:4.1f} °F")

# %% [markdown]
# A library, `evidently`, computes a PSI too, from the same rows. We give it July twice, the second time
# with a single reading of 1,048 mph of wind. We put it there, but the real weather table of 2013 holds one.

# %% kind="explore"
with slow("Loads evidently", seconds=6):
    from evidently import Report
    from evidently.metrics import ValueDrift

still = january[["wind_speed"]].dropna()
windy = year.loc[year["month"] == 7, ["wind_speed"]].dropna()
gust = pd.concat([windy, pd.DataFrame({"wind_speed": [1048.36]})], ignore_index=True)
before, tenths = still["wind_speed"].to_numpy(), quantile_edges(still["wind_speed"])
for name, now in (("July", windy), ("July and one broken reading", gust)):
    report = Report([ValueDrift(column="wind_speed", method="psi")]).run(now, still)
    theirs = report.dict()["metrics"][0]["value"]
    mine = psi(before, now["wind_speed"].to_numpy(), tenths)
    print(f"{name:28} evidently {theirs:.4f}   yours {mine:.4f}")

# %% [markdown]
# One reading among 28,000 hides July's wind. Version 0.7.23 cuts equal bins from the smallest to the largest
# value of *both* samples: the outlier stretches them until everything else shares one bin. The first assertion
# of your check is about just that.

# %% [markdown]
# ## 2 · How large is large?
# *medium · about 2 lines · 15 minutes*
#
# A popular rule says: *PSI above 0.2 is drift*. Nobody says for how many rows.

# %% kind="setup"
# January's departure delays, their bins, and 2,000 batches of 200 rows without drift.
delays = january["dep_delay"].to_numpy(dtype=float)
edges = quantile_edges(delays)
calm = psi_of_batches(delays, rng().choice(delays, (2000, 200)), edges)  # 2,000 batches of 200 rows, no drift

# %% [markdown]
# So that a slip above costs nothing here, setup brings `psi_of_batches(reference, batches, edges)`: the PSI of
# many batches of complete numbers at once, one batch a row. Yours would do as well, one batch at a time.

# %% kind="explore"
predict("rule",
    "Batches are drawn from January's departure delays themselves: no drift at all. In how many of 100 does the PSI exceed 0.2?",
    {"50 flights": (0, 100), "1,000 flights": (0, 100)},
)

# %% kind="explore"
# Draws 500 batches of each size, and counts how many exceed 0.2.
alarms = {
    f"{n:,} flights": 100 * np.mean(psi_of_batches(delays, rng().choice(delays, (500, n)), edges) > 0.2)
    for n in (50, 1000)
}
reveal("rule",
    alarms,
    unit="of 100",
    text="With 50 rows the rule cries wolf nearly every other time. With 1,000 it is deaf: if every flight leaves a "
    "minute later it never rings, and the threshold that you are about to compute nearly always does.",
)

# %% [markdown]
# The threshold must come from *your* reference and *your* batch size. Draw many batches of that size from the
# reference, where by construction nothing has happened, compute the PSI of each, and take the value that only
# as many exceed as you can live with.
#
# Ten such batches, sorted: 0.02, 0.03, 0.03, 0.04, 0.04, 0.05, 0.06, 0.07, 0.09, 0.15. Can you live with false alarms
# in 20 %? Then any threshold between 0.07 and 0.09 will do, for two of the ten exceed it.

# %% kind="exercise" name="threshold" exports=["threshold"]
def threshold(reference, batch_size, false_alarm_rate, edges, rng, draws=1000):
    """The PSI that a batch without drift exceeds with probability `false_alarm_rate`.

    reference: 1-D array of numbers, none missing.
    batch_size: rows per batch, fewer than the reference has.
    false_alarm_rate: between 0 and 1, such as 0.01.
    edges: inner cut points, as for `psi_of_batches`.
    rng: numpy.random.Generator, the only source of randomness.
    draws: how many batches to draw. Returns a float.
    """
    ### BEGIN SOLUTION
    batches = rng.choice(reference, (draws, batch_size))
    return float(np.quantile(psi_of_batches(reference, batches, edges), 1 - false_alarm_rate))
    ### END SOLUTION

# %% kind="check" name="threshold" points=4
with check("threshold"):
    few, many = (value(threshold(delays, n, 0.01, edges, rng()), float) for n in (50, 500))
    assert few > 2 * many, f"For 50 rows your threshold is {few:.3f}, for 500 rows {many:.3f}. Small batches are noisier and need a higher one. Does yours depend on batch_size?"
    strict, loose = (value(threshold(delays, 200, rate, edges, rng()), float) for rate in (0.01, 0.2))
    rings = np.mean(calm > strict)
    assert rings < 0.04, f"At 200 rows your threshold {strict:.3f} rings in {rings:.0%} of the draws without drift; asked was 1 %. Then 99 % of the draws must lie below it."
    assert strict > 1.1 * loose, f"For false alarms of 1 % your threshold is {strict:.3f}, for 20 % {loose:.3f}. Who accepts fewer needs a higher one. Does yours depend on false_alarm_rate?"
    rings = np.mean(calm > loose)
    assert not 0.07 < rings < 0.13, f"Asked were 20 % of false alarms, and yours rings in {rings:.0%}. Only a large PSI rings: do not halve the rate for two tails."
    assert 0.13 <= rings < 0.3, f"At 200 rows your threshold {loose:.3f} rings in {rings:.0%} of the draws without drift; asked was 20 %. Is each draw compared with the whole reference, as a real batch will be? Are its rows drawn at random?"
    again = value(threshold(delays, 200, 0.01, edges, rng()), float)
    assert again == strict, f"Two calls with equal generators must agree; yours gave {strict:.4f} and {again:.4f}. Take all randomness from rng."
    ### BEGIN HIDDEN TESTS
    h = hidden_rng()
    other = h.choice([2.5, 5.5, 7.5], 20_000, p=[0.2, 0.3, 0.5]) + h.normal(0, 0.05, 20_000)
    cuts = np.arange(1.0, 10)
    limit = value(threshold(other, 400, 0.1, cuts, h), float)
    quiet = psi_of_batches(other, h.choice(other, (2000, 400)), cuts)
    assert 0.03 < np.mean(quiet > limit) < 0.2, "Your threshold does not follow the reference and the edges that it was given."
    wide = h.normal(0, 3, 20_000)
    tenths = quantile_edges(wide)
    limit = value(threshold(wide, 30, 0.05, tenths, h), float)
    quiet = psi_of_batches(wide, h.choice(wide, (2000, 30)), tenths)
    assert np.mean(quiet > limit) < 0.15, "Your threshold rings too often where bins expect a few rows only: the chi-square short cut does not hold there."
    # 20,000 draws: 1 % ± 0.07 %, seen in 20,000 batches ± 0.07 % more. An honest answer is outside of 0.6 % to 1.4 % once
    # in 10,000 times; twenty draws fall inside in 13 of 100, so three times in a row in 2 of 1,000; a normal curve never.
    for _ in range(3):
        limit = value(threshold(wide, 40, 0.01, tenths, h, draws=20_000), float)
        rings = np.mean(psi_of_batches(wide, h.choice(wide, (20_000, 40)), tenths) > limit)
        assert 0.006 < rings < 0.014, "With 20,000 draws your threshold does not ring in 1 % of the batches without drift. Are all `draws` made? PSI is skewed: mean plus standard deviations is not its quantile."
    one, other_one = (value(threshold(wide, 40, 0.01, np.arange(-6.0, 7), np.random.default_rng(seed)), float) for seed in h.integers(1 << 30, size=2))
    assert one != other_one, "Another generator gives the same threshold to the last digit: the one that is passed in is not asked."
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="threshold"
# 1. What does the PSI look like when nothing has happened? You can ask the reference.
# 2. `rng.choice(reference, batch_size)` is one batch without drift, and `rng.choice(reference, (draws, batch_size))` is a table of many.
# 3. A false-alarm rate of 1 % is the 0.99 quantile of the PSIs of those batches: `np.quantile(…, 1 - false_alarm_rate)`.

# %% [markdown]
# Slide the batch size. Grey is the PSI of batches without drift, blue that of batches in which every flight
# leaves later by the shift that you choose.

# %% kind="explore"
# Draws the PSI of batches with and without a shift, and both thresholds.
def draw_threshold(rows, minutes, false_alarms):
    calm, late = (psi_of_batches(delays, rng().choice(delays, (400, rows)) + shift, edges) for shift in (0, minutes))
    mine, rule = threshold(delays, rows, false_alarms / 100, edges, rng()), 0.2
    caught = [f"{name} catches {100 * np.mean(late > at):.0f} of 100, rings falsely in {100 * np.mean(calm > at):.0f}" for name, at in (("0.2", rule), ("yours", mine))]
    fig, ax = plots.figure(f"{rows} rows, {minutes} min later: " + "; ".join(caught), x="PSI", y="batches of 400")
    bins = np.geomspace(0.001, 5, 60)
    for values, colour, name in ((calm, plots.GREY, "no drift"), (late, plots.BLUE, f"{minutes} min later")):
        ax.hist(values, bins, color=colour, alpha=0.6, label=name)
    for at, style, name in ((rule, ":", "0.2"), (mine, "-", f"yours {mine:.3f}")):
        ax.axvline(at, color="black", linestyle=style, label=name)
    ax.set_xscale("log")
    ax.legend()
    plots.show(fig, alt=f"Histograms of PSI for batches of {rows} rows without and with a shift of {minutes} minutes. " + "; ".join(caught))


explorer(draw_threshold, rows=(30, 2000, 300), minutes=(1, 5, 1), false_alarms=(1, 20, 1))

# %% [markdown]
# Deeper, 3 minutes: a short cut without resampling, and where it fails.

# %% [markdown] deeper=3
# ### Deeper: the chi-square short cut

# %% [markdown]
# Statisticians know a short cut: without drift, PSI × rows follows a chi-square distribution with one degree of
# freedom less than there are bins (Yurdakul, 2018). It holds while every bin expects enough rows, about 20:

# %% kind="explore"
from scipy.stats import chi2

pd.DataFrame({
    rows: {
        "resampled": threshold(delays, rows, 0.01, edges, rng()),
        "chi-square": chi2.ppf(0.99, len(edges)) / rows,
    }
    for rows in (30, 50, 100, 200, 500, 1000, 5000)
}).round(3)

# %% [markdown]
# ### A threshold for real days
#
# So far batches were drawn row by row. Now take January's real days, about 850 flights each, all of January as the
# reference, and the threshold for 1 %. These 31 days *are* the reference: nothing can have drifted.

# %% kind="explore"
predict("days",
    "How many of January's 31 days ring at a threshold for 1 %?",
    {"departure delay": (0, 31), "temperature": (0, 31), "distance": (0, 31)},
)

# %% kind="explore"
# Computes the PSI of January's days, and the threshold for batches of as many rows.
def psi_of_days(feature):
    whole = january[["day", feature]].dropna()
    cuts, size = quantile_edges(whole[feature]), len(whole) // 31
    limit = threshold(whole[feature].to_numpy(dtype=float), size, 0.01, cuts, rng())
    by_day = whole.groupby("day")[feature]
    return np.array([psi_of_batches(whole[feature], [rows], cuts)[0] for _, rows in by_day]), limit


DAYS = {"departure delay": "dep_delay", "temperature": "temp", "distance": "distance"}
january_days = {name: psi_of_days(feature) for name, feature in DAYS.items()}

# %% kind="explore"
# Draws the PSI of each January day, and the threshold that 1 of 100 batches would exceed.
ringing = {name: int((psis > limit).sum()) for name, (psis, limit) in january_days.items()}
title = "Days are no random batches: {}, {} and {} of 31 ring".format(*ringing.values())
fig, ax = plots.figure(title, x="PSI of a day of January against all of January", figsize=(7.0, 2.8))
for row, (psis, limit) in enumerate(january_days.values()):
    ax.plot(psis, np.full(31, row) + np.linspace(-0.15, 0.15, 31), "o", color=plots.BLUE, markersize=4)
    ax.plot([limit, limit], [row - 0.35, row + 0.35], color=plots.RED, linewidth=2)
ax.annotate("threshold for 1 %", (january_days["departure delay"][1], -0.45), ha="center", va="bottom", color=plots.RED)
ax.set_xscale("log")
ax.set_yticks(range(3), list(january_days))
ax.set_ylim(2.5, -0.9)
plots.show(fig, alt=title + ". Dots are days, a red line is the threshold.")

# %% kind="explore"
reveal("days",
    ringing,
    unit="days",
    text="The flights of a day share one weather and one traffic jam: 850 rows, but not 850 observations. "
    "Distances follow a timetable and vary less than chance. A threshold from rows is wrong both ways.",
)

# %% [markdown]
# ## 3 · Many measures, many days
# *hard · about 6 lines · 20 minutes*
#
# So the unit is the day. Describe each day by a few measures, and ask how unusual it is among the days of the
# reference. `daily_measures` takes the mean of each number and the PSI of each category.

# %% kind="setup"
# One row of measures per day; winter is what is usual.
days = daily_measures(year, [*NUMBERS, "no_weather"], CATEGORIES, reference=winter)
usual_days, later_days = days[:"2013-03-31"], days["2013-04-01":]

# %% kind="explore"
days.head(3).T.round(2)

# %% [markdown]
# `p_values(usual, values)`, from setup too, says how unlikely each value is, if it came from days like `usual`:
# a small p-value is a strange day, and NaN stays NaN. The worked example has two days and three measures:
#
# | | a | b | c |
# |---|---|---|---|
# | Mon | 0.004 | 0.030 | 0.047 |
# | Tue | 0.012 | 0.027 | 0.600 |

# %% [markdown]
# Ring wherever p ≤ 5 %? Then 5 % of all healthy pairs ring, and you have thousands. **Benjamini and Hochberg**
# bound the share of false alarms among the *alarms*: sort all p-values, give the k-th smallest of m the line
# k / m × 5 %, find the **last** that lies on or under its line, and ring for it and for every smaller one.

# %% [markdown]
# | k | 1 | 2 | 3 | 4 | 5 | 6 |
# |---|---|---|---|---|---|---|
# | p | 0.004 | 0.012 | 0.027 | 0.030 | 0.047 | 0.600 |
# | line | 0.0083 | 0.0167 | 0.025 | 0.0333 | 0.0417 | 0.05 |
# | under? | yes | yes | no | **yes, the last** | no | no |
#
# Four ring: (Mon, a), (Tue, a), (Mon, b), and (Tue, b), although this one lies above its own line.

# %% kind="setup"
# The worked example as tables.
grid = np.linspace(-1, 1, 200)
example_usual = pd.DataFrame({name: grid / grid.std(ddof=1) for name in "abc"})
example_days = pd.DataFrame(
    {"a": [2.9194, 2.5417], "b": [2.1912, 2.2336], "c": [2.0037, 0.5266]}, index=["Mon", "Tue"]
)

# %% kind="exercise" name="monitor" exports=["monitor"]
def monitor(reference, current, rate):
    """The alarms of a monitor that watches several measures over several days.

    A pair (day, measure) is compared with the same measure on all days of the reference, by
    `p_values`. All pairs of the call are judged together: Benjamini and Hochberg at `rate`.
    A measure that is missing (NaN) on a day is an alarm in any case, because a silent feed is not
    a healthy one: it counts among the pairs, with p = 0. The reference misses none.

    reference, current: DataFrames, one row per day, the same columns.
    rate: the share of false alarms among all alarms that you can live with, such as 0.05.
    Returns a list of tuples (index label of the day in `current`, name of the column), in any
    order.
    """
    ### BEGIN SOLUTION
    p = pd.DataFrame({name: p_values(reference[name], current[name]) for name in current}, index=current.index)
    p = p.fillna(0)
    ordered = np.sort(p.to_numpy().ravel())
    under = ordered <= rate * np.arange(1, len(ordered) + 1) / len(ordered)
    limit = ordered[under].max(initial=-1)
    return [(day, name) for name in p for day in p.index[p[name] <= limit]]
    ### END SOLUTION

# %% kind="check" name="monitor" points=5
with check("monitor"):
    def alarms_of(reference, current, rate):
        return {tuple(x.item() if isinstance(x, np.generic) else x for x in pair) for pair in value(monitor(reference, current, rate), list)}

    noise = pd.DataFrame({"calm": rng().normal(size=90), "creeping": rng().normal(size=90)})
    healthy, judged = noise[:60], noise[60:].assign(creeping=noise["creeping"][60:] + 0.25 * np.arange(30))
    got = alarms_of(healthy, judged, 0.05)
    named = {(day, name) for day in judged.index for name in judged}
    assert got <= named, f"Each alarm is a tuple (label of the day, name of the column), here such as (89, 'creeping'); one of yours is {min(got - named, key=str)}."
    assert (89, "creeping") in got, "A measure climbs a little every day, and after a month it is 7 standard deviations off: yours is silent. Is each day compared with the days before it, instead of with the reference?"
    silent = judged.copy()
    silent.loc[75] = np.nan
    got = alarms_of(healthy, silent, 0.05)
    assert {(75, "calm"), (75, "creeping")} <= got, "On one day both measures are missing (NaN), and yours is silent: a feed that stops is the first thing a monitor must report."

    got = alarms_of(example_usual, example_days, 0.05)
    assert got, "The worked example must ring for four pairs, and yours rings for none. Is your first line 1/6 × 5 %? k starts at 1."
    assert ("Mon", "c") not in got, "In the worked example (Mon, c) has p = 0.047 and must not ring: the six p-values of both days count together. Yours tests each pair, or each day, alone."
    assert ("Tue", "a") in got, "In the worked example (Tue, a) has p = 0.012, under its line 2/6 × 5 %, but yours is silent. Is the rate divided by the number of pairs for all of them? That is Bonferroni."
    assert ("Mon", "b") in got, "In the worked example (Mon, b) has p = 0.030, under its line 4/6 × 5 %, but yours is silent. Do you stop at the first p-value above its line? Look for the last one under it."
    assert ("Tue", "b") in got, "In the worked example (Tue, b) has p = 0.027 and rings, although it lies above its own line 3/6 × 5 %: a larger p-value is under its line. Find the last such one, and ring for all up to it."
    assert got == {("Mon", "a"), ("Tue", "a"), ("Mon", "b"), ("Tue", "b")}, f"In the worked example four pairs ring; yours are {sorted(got)}."
    turned = example_usual[["a", "b"]].set_axis(["Mon", "Tue"], axis=1)
    got = alarms_of(turned, example_days.T, 0.05)
    assert ("c", "Mon") not in got, "The worked example turned round, two measures on three days, has the same six p-values: (c, Mon) with p = 0.047 must not ring. Yours judges each measure by itself, but all pairs of the call count together."
    assert ("Mon", "c") in alarms_of(example_usual, example_days, 0.1), "At a rate of 10 % the worked example rings for (Mon, c) too. Does yours depend on rate?"
    ### BEGIN HIDDEN TESTS
    h = hidden_rng()
    names = [f"m{i}" for i in range(25)]
    past, quiet = (pd.DataFrame(h.normal(size=(n, 25)), columns=names) for n in (60, 80))
    assert len(alarms_of(past, quiet, 0.05)) <= 25, "Over 2,000 pairs without drift your monitor rings far too often."
    wide = [f"w{i}" for i in range(400)]
    before, one_day = (pd.DataFrame(h.normal(size=(n, 400)), columns=wide) for n in (60, 1))
    assert len(alarms_of(before, one_day, 0.05)) <= 6, "On one day with 400 healthy measures your monitor rings too often: you judge each measure by itself, but all pairs of a call belong together."
    stopped = example_days.copy()
    stopped.loc["Mon", "a"] = np.nan
    assert alarms_of(example_usual, stopped, 0.05) == {("Mon", "a"), ("Tue", "a"), ("Mon", "b"), ("Tue", "b")}, "In the worked example (Mon, a) is missing: it alone rings in any case, and it counts among the six pairs with p = 0."
    assert ("Mon", "a") in alarms_of(example_usual, stopped, 0.0), "A missing value is an alarm in any case, at a rate of 0, too."
    moved = pd.DataFrame(h.normal(size=(40, 25)), columns=names)
    moved.iloc[30:, :10] += 5
    moved.iloc[30:, 10:20] -= 5
    rung = alarms_of(past, moved, 0.05)
    up, down = ({(day, name) for day in range(30, 40) for name in some} for some in (names[:10], names[10:20]))
    assert len(rung & up) > 80, "Where 200 of 1,000 pairs have really moved, your monitor misses too many of them."
    assert len(rung & down) > 80, "Your monitor misses measures that have fallen: drift goes down as well as up."
    assert len(rung - up - down) < 40, "Where 200 of 1,000 pairs have really moved, too many of your other alarms are false."
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="monitor"
# 1. First a table of p-values, days × measures: one call of `p_values` per column, always against the reference. A missing one is as strange as can be: `fillna(0)`.
# 2. Put all of them into one sorted array. Its k-th value has the line `rate * k / m`, where m is how many there are.
# 3. `ordered[ordered <= rate * np.arange(1, m + 1) / m]` are the values on or under their lines. The largest of them is the limit: every pair with p ≤ limit rings. If there is none, nothing does.

# %% [markdown]
# ### No drift, by construction
#
# Let the even days of winter judge its odd days: 45 days × 15 measures, 675 pairs. Nothing drifts from one day to
# the next and back again.

# %% kind="explore"
predict("odd",
    "How many of the 675 pairs ring, if each is tested at 5 %, and how many under Benjamini and Hochberg?",
    {"each at 5 %": (0, 100), "Benjamini–Hochberg": (0, 100)},
)

# %% kind="explore"
odd, even = usual_days[::2], usual_days[1::2]
p_odd = np.sort(np.concatenate([p_values(even[name], odd[name]) for name in days]))
together = monitor(even, odd, 0.05)

# %% kind="explore"
# Draws the smallest p-values on the staircase of Benjamini and Hochberg.
first, each = 60, int(np.sum(p_odd <= 0.05))
title = f"{each} p-values lie under 5 %, {len(together)} pairs ring under the staircase"
fig, ax = plots.figure(title, x=f"k, of {len(p_odd)} sorted p-values", y="p-value (smallest at the bottom)")
k = np.arange(1, first + 1)
ax.step(k, 0.05 * k / len(p_odd), where="mid", color=plots.RED, label="line: k / m × 5 %")
shown = np.maximum(p_odd[:first], 2e-6)
ax.plot(k[:len(together)], shown[:len(together)], "o", color=plots.BLUE, label="rings")
ax.plot(k[len(together):], shown[len(together):], "o", color=plots.GREY, markersize=4, label="does not")
ax.axhline(0.05, color=plots.BLACK, linestyle=":", label="5 % for each")
ax.set_yscale("log")
ax.set_ylim(1e-6, 0.4)
ax.legend()
plots.show(fig, alt=f"The {first} smallest of {len(p_odd)} p-values and the line k / m times 5 per cent. {title}.")

# %% kind="explore"
reveal("odd",
    {"each at 5 %": each, "Benjamini–Hochberg": len(together)},
    unit="pairs",
    text="And the few that are left are no chance. On 8 February a blizzard ended the day in the afternoon, on 8 March flights left "
    "84 minutes late, 12 March was the wettest day, and on three days some flights had no weather at all.",
)

# %% [markdown]
# Now the nine months that follow, against winter.

# %% kind="explore"
rung = pd.DataFrame(monitor(usual_days, later_days, 0.05), columns=["day", "measure"])
counts = rung.groupby(["measure", rung["day"].dt.month]).size().unstack(fill_value=0)
counts = counts.loc[counts.sum(axis=1).sort_values(ascending=False).index]

# %% kind="explore"
# Draws the alarms by measure and month.
title = "From June to August the temperature rings on every single day"
fig, ax = plots.figure(title, x="month of 2013", figsize=(7.0, 0.28 * len(counts) + 1.2))
ax.imshow(counts.clip(upper=31), cmap="Blues", vmin=0, vmax=45, aspect="auto")
for y, measure in enumerate(counts.index):
    for x, n in enumerate(counts.loc[measure]):
        ax.text(x, y, n or "", ha="center", va="center")
ax.set_xticks(range(counts.shape[1]), counts.columns)
ax.set_yticks(range(len(counts)), counts.index)
ax.grid(False)
plots.show(fig, alt=f"Number of alarms by measure and month, April to December. {title}.")

# %% [markdown]
# It is summer. Is that an alarm? Against winter it is: *the model never learned from such days.* Whether the world
# changed, or it is only July, or only Tuesday, needs another reference: part 4.

# %% [markdown]
# ### You can stop here
#
# You have a distance that survives real feeds, a threshold that knows how many rows it is for, and a monitor whose
# alarms are mostly true. On Monday: ask of each alarm that you own *for how many rows, for how many measures, against
# which reference?*
#
# Part 4 is deeper, 45 minutes: the day's own reference, what it silences, and two faults that test it.

# %% [markdown] deeper=45
# ## 4 · Is it Tuesday?
# *medium · about 2 lines · 15 minutes*

# %% [markdown]
# On Saturdays flights go further: the mean distance grows. Winter knows Saturdays too, but only one day
# in seven is one.

# %% kind="explore"
# Draws the mean distance of each day, and the Saturdays.
spring = days["2013-03-01":"2013-06-30"]
saturday = spring.index.dayofweek == 5
fig, ax = plots.figure("Saturdays fly further, and so does summer", x="day", y="mean distance (miles)")
ax.plot(spring.index, spring["distance"], color=plots.GREY, label="all days")
ax.plot(spring.index[saturday], spring["distance"][saturday], "o", color=plots.BLUE, label="Saturday")
ax.set_xticks(pd.date_range("2013-03-01", "2013-07-01", freq="MS"), ["March", "April", "May", "June", "July"])
ax.legend()
plots.show(fig, alt="Mean distance per day from March to June 2013: high on Saturdays, and slowly rising.")

# %% kind="explore"
predict("saturday",
    "From April to December, on how many of 100 Saturdays is the mean distance unusual (p < 5 %)?",
    {"against all days of winter": (0, 100), "against the four Saturdays before": (0, 100)},
)

# %% [markdown]
# Give each day its own reference: the days that it should resemble. The same weekday of the weeks before has the
# same timetable and nearly the same season. The **median** of four is not upset by one storm.
#
# | Saturday | 1 June | 8 June | 15 June | 22 June | 29 June |
# |---|---|---|---|---|---|
# | value | 1,090 | 1,110 | 620 (storm) | 1,100 | 1,105 |
# | its reference | | 1,090 | 1,100 | 1,090 | **1,095** |

# %% kind="exercise" name="seasonal_reference" exports=["seasonal_reference"]
def seasonal_reference(values, weeks=4):
    """What each day should look like, by the same weekday of the weeks before it.

    values: Series of floats; its index holds the days (DatetimeIndex, ascending, unique). A day may
        be absent from the index, and a value may be missing (NaN).
    weeks: how many weeks to look back.
    Returns a Series with the same index: for each day the median of the values exactly 7, 14, …,
    7 × weeks days earlier, of those that are known; NaN where none is.
    """
    ### BEGIN SOLUTION
    before = [values.reindex(values.index - pd.Timedelta(days=7 * k)).to_numpy() for k in range(1, weeks + 1)]
    return pd.DataFrame(before, columns=values.index).median()
    ### END SOLUTION

# %% kind="check" name="seasonal_reference" points=4
with check("seasonal_reference"):
    dates = pd.date_range("2013-05-01", periods=60)
    weekly = pd.Series(100.0 * dates.dayofweek + np.arange(60) // 7, index=dates)
    judged = pd.Timestamp("2013-06-15")

    def reference_of(series, day=judged, weeks=4):
        answer = value(seasonal_reference(series, weeks), pd.Series)
        return float(answer[day])

    def changed(day, new=-5000.0):
        return weekly.where(weekly.index != pd.Timestamp(day), new)

    plain = reference_of(weekly)
    assert reference_of(changed("2013-06-22")) == plain, "The reference of 15 June changes with the value of 22 June: it looks into the future."
    assert reference_of(changed("2013-06-15")) == plain, "The reference of 15 June changes with the value of 15 June: a day must not be its own reference, or its drift hides itself. Or do your shifted values still carry the earlier dates, so that pandas lines them up again?"
    assert reference_of(changed("2013-06-14")) == plain, "The reference of Saturday 15 June changes with the value of Friday 14 June: only the same weekday is comparable."
    assert reference_of(changed("2013-05-11", 5000.0)) == plain, "The reference of 15 June changes with 11 May, five weeks earlier; weeks is 4. A reference that never forgets mixes the seasons."
    got = reference_of(weekly.drop(pd.Timestamp("2013-05-31")))
    assert got == plain, f"Friday 31 May is absent, and the reference of Saturday 15 June changes from {plain:.1f} to {got:.1f}. Count by date, not by rows: seven rows back is another weekday now."
    got = reference_of(changed("2013-06-01"))
    assert got > 0, f"One Saturday of four was a storm (value −5,000) and your reference of 15 June is {got:.0f}. Take the median: a mean carries the storm on for four weeks."
    assert abs(plain - 503.5) < 1e-6, f"The four Saturdays before 15 June have 502, 503, 504 and 505, median 503.5; yours is {plain:.1f}. Are all `weeks` weeks in it?"
    got = reference_of(weekly, pd.Timestamp("2013-05-11"))
    assert got == 500, f"Before 11 May only one Saturday is known, 4 May with 500. It is the reference; yours is {got:.1f}. What is not known is left out: it is no 0, and it does not spoil the rest."
    first = value(seasonal_reference(weekly, 4), pd.Series)
    assert len(first) == 60, f"60 days went in, and {len(first)} came back: return one value for each day."
    assert np.isnan(float(first.iloc[3])), "The fourth day has no Saturday, Sunday or other day of its kind before it: its reference is NaN. A made-up one would hide a bad start."
    ### BEGIN HIDDEN TESTS
    h = hidden_rng()
    dates = pd.date_range("2013-02-01", periods=150)

    def right(table, weeks):
        answer = np.asarray(value(seasonal_reference(table, weeks), pd.Series), dtype=float)
        known = {day: v for day, v in table.items() if not np.isnan(v)}
        earlier = [[known[d] for k in range(1, weeks + 1) if (d := day - pd.Timedelta(days=7 * k)) in known] for day in table.index]
        wanted = np.array([np.median(v) if v else np.nan for v in earlier])
        return answer.shape == wanted.shape and np.allclose(answer, wanted, equal_nan=True)

    full = pd.Series(h.normal(50, 9, 150), index=dates)
    noisy = full.where(h.random(150) > 0.15)
    holey = noisy[h.random(150) > 0.15]
    default = value(seasonal_reference(full), pd.Series)
    assert np.allclose(default, value(seasonal_reference(full, 4), pd.Series), equal_nan=True), "Where `weeks` is not given it is 4."
    assert right(full, 2) and right(full, 6), "Your reference is wrong for other numbers of weeks: it must look back `weeks` weeks."
    assert right(noisy, 4), "Where values are missing, your reference is not the median of the known ones among the same weekdays before."
    assert right(holey, 4), "Where days are absent, your reference is not the median of those exactly 7, 14, … days earlier: an older day must not fill in."
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="seasonal_reference"
# 1. One week back is easy: what was the value seven *dates* earlier? Then the same for two, three and four weeks, and the median across.
# 2. `values.reindex(values.index - pd.Timedelta(days=7)).to_numpy()` looks every day's value up seven days earlier, and gives NaN where there was none. Without `.to_numpy()` it would keep the earlier dates, and pandas would line them up again.
# 3. Collect one such array for each k from 1 to weeks, make them the rows of a DataFrame with the columns `values.index`, and take `.median()`, which skips NaN.

# %% [markdown]
# What is left after subtracting the reference is judged like any measure: by the same difference on healthy days.

# %% kind="explore"
# Judges every Saturday by both references.
unexpected = days.apply(lambda measure: measure - seasonal_reference(measure))
usual_diff, later_diff = unexpected["2013-02-01":"2013-03-31"], unexpected["2013-04-01":]
saturdays = later_days.index.dayofweek == 5
reveal("saturday",
    {
        "against all days of winter": 100 * np.mean(p_values(usual_days["distance"], later_days["distance"][saturdays]) < 0.05),
        "against the four Saturdays before": 100 * np.mean(p_values(usual_diff["distance"], later_diff["distance"][saturdays]) < 0.05),
    },
    unit="of 100",
    text="Against winter nearly every Saturday rings; against other Saturdays none does.",
)

# %% [markdown]
# It works the other way round too. On Thanksgiving, Thursday 28 November, only 634 flights left: as on a quiet
# Saturday. Only a monitor that knows its weekdays sees that this was a *Thursday*.

# %% kind="explore"
for day in ("2013-11-21", "2013-11-28"):
    among_all = p_values(usual_days["rows"], [later_days.loc[day, "rows"]])[0]
    by_weekday = p_values(usual_diff["rows"], [later_diff.loc[day, "rows"]])[0]
    print(f"{day}: {later_days.loc[day, 'rows']:.0f} flights, p = {among_all:.3f} among all "
          f"days of winter, {by_weekday:.4f} against the Thursdays before")

# %% kind="explore"
pd.Series({
    "against winter": len(monitor(usual_days, later_days, 0.05)),
    "against the same weekday of the four weeks before": len(monitor(usual_diff, later_diff, 0.05)),
}, name="alarms from April to December")

# %% [markdown]
# A dozen times fewer. What are they?

# %% kind="explore"
pd.Series([name for _, name in monitor(usual_diff, later_diff, 0.05)]).value_counts()

# %% [markdown]
# Eight of the 29 are one day, 31 December: the weather feed had ended. Most of the others are `no_weather` and
# `precip`, which are 0 on most days. `p_values` thinks in normal distributions, so any other value looks strange
# to it. Such a measure wants a rule of its own.

# %% [markdown]
# ### What does the quiet cost?
#
# Few alarms: is that better? Two faults, both **injected**: from 1 July the thermometer reports
# °C; from 1 April the barometer creeps up by 0.1 hPa a day, 27 hPa by December.

# %% kind="explore"
broken = inject(days, "temp", "2013-07-01", lambda fahrenheit, age: (fahrenheit - 32) / 1.8)
broken = inject(broken, "pressure", "2013-04-01", lambda hpa, age: hpa + 0.1 * age)

# %% kind="explore"
predict("faults",
    "On how many days of July does the monitor ring for the temperature, now that the thermometer is broken?",
    {"against winter": (0, 31), "against the four weeks before": (0, 31)},
)

# %% kind="explore"
# Both monitors on the broken feeds.
broken_diff = broken.apply(lambda measure: measure - seasonal_reference(measure))
fixed = monitor(broken[:"2013-03-31"], broken["2013-04-01":], 0.05)
seasonal = monitor(broken_diff["2013-02-01":"2013-03-31"], broken_diff["2013-04-01":], 0.05)
by_both = {"against winter": fixed, "against the four weeks before": seasonal}
rang = {
    name: sorted(day for day, measure in alarms if measure == "temp")
    for name, alarms in by_both.items()
}

# %% kind="explore"
# Draws the broken thermometer, both references, and the days on which each rings.
about_july = slice("2013-05-15", "2013-08-31")
reported, reference = broken["temp"][about_july], seasonal_reference(broken["temp"])[about_july]
band, drift = 2.6 * usual_days["temp"].std(), 2.6 * usual_diff["temp"].std()
title = "In °C July looks like winter: one reference falls silent, the other rings for two weeks"
fig, ax = plots.figure(title, y="temperature as reported")
ax.axhspan(usual_days["temp"].mean() - band, usual_days["temp"].mean() + band, color=plots.RED, alpha=0.2)
ax.fill_between(reference.index, reference - drift, reference + drift, color=plots.BLUE, alpha=0.2)
ax.plot(reported, color=plots.BLACK, linewidth=1.5)
for at, name in zip((113, 104), rang, strict=True):
    colour = {113: plots.RED, 104: plots.BLUE}[at]
    inside = [day for day in rang[name] if reported.index[0] <= day <= reported.index[-1]]
    ax.plot(inside, [at] * len(inside), "|", color=colour, markersize=9)
    ax.text(pd.Timestamp("2013-07-24"), at, f"rings {name}", va="center", color=colour)
ax.set_xlim(reported.index[0], pd.Timestamp("2013-09-05"))
ax.set_xticks(pd.date_range("2013-06-01", "2013-08-01", freq="MS"), ["June", "July", "August"])
plots.show(fig, alt=f"Daily temperature from May to August, in °C from 1 July on, with the band of winter and that of the four weeks before. {title}.")

# %% kind="explore"
# Counts the alarms of July, beside your prediction.
july = {name: sum(day.month == 7 for day in found) for name, found in rang.items()}
reveal("faults",
    july,
    unit="days",
    text="July in °C looks like winter in °F: the fault silences the alarm that rang all of June. The seasonal "
    "monitor rings at once, for two weeks. Then the fault has become its reference.",
)

# %% kind="explore"
# When each monitor first rings for the creeping barometer.
def creeping(alarms):
    last = pd.Timestamp("2013-12-31")  # a day without any weather
    found = [day for day, measure in alarms if measure == "pressure" and day < last]
    return {"first alarm": f"{min(found):%d %B}" if found else "none", "alarms": len(found)}


pd.DataFrame({"against winter": creeping(fixed), "against four weeks": creeping(seasonal)})

# %% [markdown]
# The creeping barometer: found after nearly five months against winter, never against the last four weeks. Each
# reference answers another question. *Is this what the model learned from?* Ask winter. *Did something break this
# week?* Ask the last four. A monitor needs both.
#
# And *is this a normal July?* One year cannot say: it has only one July. That takes a second year, or climate
# records from elsewhere.

# %% [markdown]
# Part 5 is deeper too, 35 minutes, and stands without part 4: what predictions tell before the labels come.

# %% [markdown] deeper=35
# ## 5 · What do predictions tell?
# *medium · about 10 lines · 20 minutes*

# %% [markdown]
# A linear model learns January to March, and then predicts the whole year. No truth is needed to watch what it
# says.

# %% kind="explore" folded=true
# A linear model of winter, its predictions for the year, and their mean and spread by day.
inputs = ["dep_delay", "hour", "distance", *WEATHER]
known = winter[winter["arr_delay"].notna()]
centre, spread = known[inputs].mean(), known[inputs].std()

def design(rows):
    return np.column_stack([np.ones(len(rows)), ((rows[inputs] - centre) / spread).fillna(0)])

weights, *_ = np.linalg.lstsq(design(known), known["arr_delay"], rcond=None)
flown = year.assign(predicted=design(year) @ weights)
by_day = flown.groupby(days.index.get_indexer(pd.to_datetime(flown[["year", "month", "day"]])))["predicted"]
said = pd.DataFrame({"mean": by_day.mean().to_numpy(), "sd": by_day.std().to_numpy()}, index=days.index)

# %% [markdown]
# `said` holds two measures of every day: the mean of its predictions, and their standard deviation. Of the flights
# that arrived, the mean prediction was 5.9 minutes in winter and 6.5 in July.

# %% kind="explore"
predict("july_bias",
    "For the flights of July that arrived the model says 6.5 minutes late on average. What was the truth, and on how many of 31 days does the mean prediction look unusual (p < 1 %)?",
    {"mean delay (min)": (-10.0, 30.0, 0.1), "unusual days": (0, 31)},
)

# %% kind="explore"
# What July really was, beside your prediction.
in_july = flown[(flown["month"] == 7) & flown["arr_delay"].notna()]
winter_said, july_said = said[:"2013-03-31"], said["2013-07-01":"2013-07-31"]
reveal("july_bias",
    {"mean delay (min)": in_july["arr_delay"].mean(), "unusual days": int(np.sum(p_values(winter_said["mean"], july_said["mean"]) < 0.01))},
    unit={"mean delay (min)": "min", "unusual days": "days"},
    text="The model is ten minutes too hopeful, and its predictions look as ever. Where do the ten minutes go?",
)

# %% kind="explore"
# Draws what each input adds to July's mean prediction, from winter's on.
adds = pd.Series(design(in_july)[:, 1:].mean(axis=0) * weights[1:], index=inputs)
steps = {
    "winter's mean": weights[0], "flights\nleave later": adds["dep_delay"],
    "weather that it\nnever saw": adds[WEATHER].sum(), "hour and\ndistance": adds[["hour", "distance"]].sum(),
}
ends = np.cumsum(list(steps.values()))
title = f"Two errors cancel: {steps['flights' + chr(10) + 'leave later']:+.0f} minutes and {adds[WEATHER].sum():+.0f} minutes".replace("-", "−")
fig, ax = plots.figure(title, y="mean prediction for July (min)")
colours = [plots.GREY, plots.RED, plots.BLUE, plots.GREY]
ax.bar(range(4), list(steps.values()), bottom=[0, *ends[:-1]], color=colours)
for x, (end, step) in enumerate(zip(ends, steps.values(), strict=True)):
    ax.annotate(f"{step:+.1f}".replace("-", "−"), (x, max(end, end - step)), (0, 2), textcoords="offset points", ha="center")
ax.bar([4, 5], [ends[-1], in_july["arr_delay"].mean()], color=[plots.GREY, plots.BLACK])
for x, y in ((4, ends[-1]), (5, in_july["arr_delay"].mean())):
    ax.annotate(f"{y:.1f}", (x, y), (0, 2), textcoords="offset points", ha="center")
ax.set_xticks(range(6), [*steps, "July's mean", "the truth"])
plots.show(fig, alt=f"From winter's mean prediction to July's, step by step, beside the true mean delay of July. {title}.")

# %% [markdown]
# So predictions reveal a dead, stuck or flooded model within the hour, but only labels reveal one that is
# consistently wrong. And labels come late: not at random, either. At 8 in the evening, the late flights are those
# still in the air. (When a flight has landed we must assume: 25 minutes of taxiing after `air_time`.)

# %% kind="explore" folded=true
# Which flights of July have landed at 20:00; taxiing is taken for 25 minutes.
left = flown["sched_dep_time"] // 100 * 60 + flown["sched_dep_time"] % 100 + flown["dep_delay"]
landed = left + flown["air_time"] + 25  # the data has no time of arrival in New York's zone
evening = flown[(flown["month"] == 7) & (left <= 20 * 60)].assign(known=landed <= 20 * 60)
down = evening[evening["known"]]

# %% kind="explore"
predict("evening",
    "At 20:00 on a day of July, 79 % of the flights that have left have landed. Prediction minus truth is −10.5 minutes for all. What does the dashboard show?",
    {"landed flights only": (-20.0, 5.0, 0.1), "mean of all predictions − mean of the labels so far": (-20.0, 5.0, 0.1)},
)

# %% kind="explore"
reveal("evening",
    {
        "landed flights only": (down["predicted"] - down["arr_delay"]).mean(),
        "mean of all predictions − mean of the labels so far": evening["predicted"].mean() - down["arr_delay"].mean(),
    },
    unit="min",
    text="Nearly half of the bias disappears if other flights are compared, and some of it if the same flights are. "
    "Wait until a flight is old enough that its label must have come.",
)

# %% [markdown]
# Your last instrument reports both sides: the predictions against the usual days, at once; and the bias, from
# flights whose labels are **mature**. Six flights, labels mature after 24 hours:
#
# | age (h) | 30 | 2 | 1 | 40 | 30 | 50 |
# |---|---|---|---|---|---|---|
# | predicted | 10 | 20 | 10 | 20 | NaN | 30 |
# | label | 4 | 4 | NaN | 30 | 11 | NaN (diverted) |
# | counts? | 10 − 4 = 6 | too young | too young | 20 − 30 = −10 | no prediction | no label |
#
# Bias −2 minutes, from 2 flights.

# %% kind="exercise" name="monitor_outputs" exports=["monitor_outputs"]
def monitor_outputs(predictions, usual, labels, age, mature):
    """What a batch of predictions tells, now and once its labels have come.

    predictions: 1-D float array, minutes; NaN or infinite where the model failed.
    usual: DataFrame of healthy days, columns "mean" and "sd": the mean and the standard deviation
        of each day's predictions.
    labels: 1-D float array, the true delay in minutes; NaN where it is not known.
    age: 1-D array, hours since each flight left.
    mature: from this age on, a label has come if it ever will.

    Returns a dict:
        "failed": share of the predictions that are not finite numbers;
        "p_mean", "p_sd": how unlikely the batch's mean and standard deviation (of the finite
            predictions) are among the usual days, by `p_values`;
        "labelled": number of flights of age >= mature with a finite prediction and a known label;
        "bias": mean of prediction - label over these flights, in minutes; None if there are none.
    """
    ### BEGIN SOLUTION
    finite = np.isfinite(predictions)
    good = predictions[finite]
    counted = finite & ~np.isnan(labels) & (age >= mature)
    return {
        "failed": float(np.mean(~finite)),
        "p_mean": float(p_values(usual["mean"], [good.mean()])[0]),
        "p_sd": float(p_values(usual["sd"], [good.std(ddof=1)])[0]),
        "labelled": int(counted.sum()),
        "bias": float(np.mean((predictions - labels)[counted])) if counted.any() else None,
    }
    ### END SOLUTION

# %% kind="check" name="monitor_outputs" points=5
with check("monitor_outputs"):
    usual_output = pd.DataFrame({"mean": 6 + 4 * grid / grid.std(), "sd": 30 + 5 * grid / grid.std()})
    shape = rng().normal(size=2500)
    shape = (shape - shape.mean()) / shape.std()
    none, old = np.full(2500, np.nan), np.full(2500, 99.0)

    def report(predictions, labels=none, age=old, mature=24):
        return value(monitor_outputs(predictions, usual_output, labels, age, mature), dict)

    got = report(np.where(np.arange(2500) < 250, np.nan, 9 + 30 * shape))
    assert {"failed", "p_mean", "p_sd", "labelled", "bias"} <= set(got), f"The dict has the keys failed, p_mean, p_sd, labelled and bias; yours has {', '.join(map(str, got))}."
    assert abs(got["failed"] - 0.1) < 1e-9, f"250 of 2,500 predictions are NaN: failed is 0.1, yours {got['failed']}. Dropping them in silence hides a model that fails."
    got = report(np.where(np.arange(2500) < 250, np.inf, 9 + 30 * shape))
    assert abs(got["failed"] - 0.1) < 1e-9, f"250 of 2,500 predictions are infinite: failed is 0.1, yours {got['failed']}. np.isnan does not see them; np.isfinite does."
    assert 0.2 < got["p_mean"] < 0.8, f"The finite predictions have a mean of about 9; usual days have 6 ± 4: nothing unusual, yet your p_mean is {got['p_mean']:.3g}. Leave out what is not finite, and compare a day with days: the flights of one day are not independent."
    got = report(np.full(2500, 6.0))
    assert got["p_sd"] < 0.01, f"A stuck model says 6.0 every time. Its mean is as usual, but its standard deviation is 0: your p_sd is {got['p_sd']:.3g}, which should be tiny."
    got = report(-10 + 30 * shape)
    assert got["p_sd"] > 0.3, f"These predictions spread by 30, as on usual days (30 ± 5): your p_sd is {got['p_sd']:.3g}. Is the standard deviation compared with the column \"sd\"?"
    assert got["p_mean"] < 0.01, f"A mean of −10 is 4 standard deviations below the usual 6, and your p_mean is {got['p_mean']:.3g}. Drift goes down as well as up."

    nan = np.nan
    predicted, truth = np.array([10, 20, 10, 20, nan, 30]), np.array([4, 4, nan, 30, 11, nan])
    hours = np.array([30, 2, 1, 40, 30, 50])
    got = report(predicted, truth, hours)
    bias = value(got["bias"], float)
    assert abs(bias - 4) > 0.01, "Your bias of 4 counts every label that has come so far. Flights that landed early come first and the late ones are missing: wait for mature."
    assert abs(bias - 26 / 3) > 0.01, "Your bias of 8.67 counts a label that is missing as 0, as if the flight had been on time."
    apart = [p - t for p in (18, 20, 50 / 3, 15) for t in (12.25, 15, 38 / 3, 17) if abs(p - t + 2) > 0.01]
    assert min(abs(bias - b) for b in apart) > 0.01, f"Your bias of {bias:.2f} compares the mean of some flights' predictions with the mean of other flights' labels. Subtract flight by flight."
    assert abs(bias - 2) > 0.01, "Your bias of 2 has the wrong sign: prediction − label. A model that promises too little delay has a negative bias."
    assert abs(bias - 8) > 0.01, "Your bias of 8 is a mean of absolute errors: it cannot tell a hopeful model from a gloomy one."
    assert abs(bias + 2) < 1e-6, f"In the worked example the bias is −2 minutes, yours {bias:.2f}."
    assert got["labelled"] == 2, f"In the worked example 2 flights are labelled, yours {got['labelled']}."
    got = report(predicted, truth, np.ones(6))
    assert got["bias"] is None, f"No flight is mature yet: bias is None, yours {got['bias']}. A 0 would say: no bias."
    ### BEGIN HIDDEN TESTS
    h = hidden_rng()
    predicted = h.normal(6, 30, 400)
    predicted[h.random(400) < 0.2] = h.choice([nan, np.inf, -np.inf])
    truth = np.where(h.random(400) < 0.6, h.normal(12, 40, 400), nan)
    hours = h.integers(1, 60, 400)
    got = report(predicted, truth, hours)
    fine = np.isfinite(predicted)
    counts = fine & ~np.isnan(truth) & (hours >= 24)
    assert abs(got["failed"] - np.mean(~fine)) < 1e-9, "Your share of failed predictions is wrong on another batch."
    assert report(predicted, truth, np.full(400, 24))["labelled"] == (fine & ~np.isnan(truth)).sum(), "A label counts from the age `mature` on: at exactly that age too."
    assert report(predicted, truth, hours, 48)["labelled"] == (counts & (hours >= 48)).sum(), "Your count of labelled flights does not follow the argument mature."
    assert got["labelled"] == counts.sum(), "Your number of labelled flights is wrong on another batch."
    assert abs(value(got["bias"], float) - np.mean(predicted[counts] - truth[counts])) < 1e-6, "Your bias is wrong on another batch."
    wanted = p_values(usual_output["mean"], [predicted[fine].mean()])[0]
    assert abs(got["p_mean"] - wanted) < 0.05, "Your p_mean is wrong on another batch: compare the mean of the finite predictions with the usual days."
    wanted = p_values(usual_output["sd"], [predicted[fine].std(ddof=1)])[0]
    assert abs(got["p_sd"] - wanted) < 0.05, "Your p_sd is wrong on another batch: compare the standard deviation of the finite predictions with the usual days."
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="monitor_outputs"
# 1. Make two masks first: which predictions are finite, and which flights count for the bias. Everything else is a mean over one of them.
# 2. Three conditions joined by `&`: a finite prediction, a known label, `age >= mature`. The bias is the mean of `predictions - labels` over these flights.
# 3. `p_values(usual["mean"], [good.mean()])[0]` judges today's mean among the usual days, and the same with "sd" and `good.std()`. If no flight counts, bias is `None`.

# %% [markdown]
# One day of July through your instrument, with labels as they stand at 20:00, and again when they are complete.

# %% kind="explore"
today = evening[evening["day"] == 22]
hours = (20 * 60 - left[today.index]) / 60
so_far, complete = today["arr_delay"].where(today["known"]), today["arr_delay"]
moments = {"at 20:00": (so_far, hours), "two days later": (complete, hours + 48)}
pd.DataFrame({
    name: monitor_outputs(
        today["predicted"].to_numpy(), winter_said, labels.to_numpy(), age.to_numpy(), 24
    )
    for name, (labels, age) in moments.items()
}).T

# %% [markdown]
# So were July's temperature alarms of part 3 false? It was only summer. But leave the weather out of the
# model, and July's bias is gone:

# %% kind="explore"
plain = ["dep_delay", "hour", "distance"]
for names in (inputs, plain):
    keep = [0, *(1 + inputs.index(name) for name in names)]
    coefficients, *_ = np.linalg.lstsq(design(known)[:, keep], known["arr_delay"], rcond=None)
    bias = np.mean(design(in_july)[:, keep] @ coefficients - in_july["arr_delay"])
    print(f"{len(names):2} inputs: bias in July {bias:+.1f} min")

# %% [markdown]
# The model stretched what it knew of 20 to 55 °F to 90 °F. The alarm against winter was right all the time: *the
# model never learned from such days*. That it was also July does not help the model.
#
# One July: inputs against winter rang; the predictions were all but silent; the labels, late, said ten minutes.

# %% [markdown]
# ## In production
#
# - **At 1,000 times the scale** monitors do not read rows. Services count into histograms with fixed edges (or
#   mergeable sketches) as they serve, and a job compares counts each hour. The edges belong to the model's version.
# - **Tools**: evidently, Great Expectations, TensorFlow Data Validation, whylogs, or the cloud's own. Each has a
#   default threshold. You now know what to ask it: for how many rows, for how many measures, against which reference?
# - **The failure to watch for** is the alarm that nobody reads. 40 features × 24 batches a day at 1 % are ten
#   false alarms a day. Give every alarm an owner and an action, and count how often the action was taken.
# - **Also watch the monitor**: a feed that stops, a reference that moved along with the fault, labels that come
#   later than they used to.

# %% [markdown]
# ## Primary sources
#
# - Benjamini and Hochberg, [Controlling the false discovery rate](https://doi.org/10.1111/j.2517-6161.1995.tb02031.x), 1995: twelve pages; the procedure is one of them, and the rest says why not Bonferroni.
# - Rabanser, Günnemann and Lipton, [Failing Loudly](https://arxiv.org/abs/1810.11953), 2019: which shift tests find which shifts, and when a shift does harm.
# - Breck, Polyzotis, Roy, Whang and Zinkevich, [Data Validation for Machine Learning](https://proceedings.mlsys.org/paper_files/paper/2019/hash/928f1160e52192e3e0017fb63ab65391-Abstract.html), 2019: how one company watches every feature of every model, and why it avoids p-values at a billion rows.
# - Yurdakul, [Statistical properties of population stability index](https://scholarworks.wmich.edu/dissertations/3208/), 2018: where the chi-square short cut of exercise 2 comes from.
# - Sculley and others, [Hidden technical debt in machine learning systems](https://papers.nips.cc/paper_files/paper/2015/hash/86df7dcfd896fcaf2674f757a2463eba-Abstract.html), 2015: read the page on monitoring: prediction bias, action limits, upstream producers.
# - Garg and others, [Leveraging unlabeled data to predict out-of-distribution performance](https://arxiv.org/abs/2201.04234), 2022: how far one gets without labels, and a proof that it cannot always work.
