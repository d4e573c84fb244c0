# ---
# jupyter:
#   jupytext:
#     text_representation: {format_name: percent}
# ---

# %% [markdown]
# # Answers to 02 · Drift monitors
#
# Each cell is the whole source of one exercise. Wrong answers are misconceptions: `expect` is a part of the message
# that a learner who holds it must read. Right answers reach the contract in another way than the reference.

# %% [markdown]
# ## psi

# %% exercise="psi" answer="wrong" name="edges_from_current" expect="or taken from the current sample?"
# Misconception: the bins follow the data of the day, so every sample looks evenly spread.
def psi(reference, current, edges):
    reference, current = np.asarray(reference), np.asarray(current)
    cuts = np.quantile(current[~np.isnan(current)], np.linspace(0, 1, len(edges) + 2)[1:-1])

    def shares(x):
        bins = np.where(np.isnan(x), len(cuts) + 1, np.searchsorted(cuts, x))
        return np.maximum(np.bincount(bins, minlength=len(cuts) + 2) / len(x), 1e-4)

    r, c = shares(reference), shares(current)
    return float(np.sum((c - r) * np.log(c / r)))


def psi_categories(reference, current):
    bins = np.union1d(reference, current)
    r, c = (np.array([max(np.mean(x == b), 1e-4) for b in bins]) for x in (reference, current))
    return float(np.sum((c - r) * np.log(c / r)))

# %% exercise="psi" answer="wrong" name="equal_width_over_both" expect="or taken from the current sample?"
# Misconception: equal bins from the smallest to the largest value of both samples will do (an outlier owns them).
def psi(reference, current, edges):
    both = np.concatenate([reference, current])
    grid = np.linspace(np.nanmin(both), np.nanmax(both), len(edges) + 2)

    def shares(x):
        counts = np.append(np.histogram(x[~np.isnan(x)], grid)[0], np.isnan(x).sum())
        return np.maximum(counts / len(x), 1e-4)

    r, c = shares(np.asarray(reference)), shares(np.asarray(current))
    return float(np.sum((c - r) * np.log(c / r)))


def psi_categories(reference, current):
    bins = np.union1d(reference, current)
    r, c = (np.array([max(np.mean(x == b), 1e-4) for b in bins]) for x in (reference, current))
    return float(np.sum((c - r) * np.log(c / r)))

# %% exercise="psi" answer="wrong" name="counts_not_shares" expect="Shares are compared, not counts."
# Misconception: counts can be compared as they are; twice the flights look like drift.
def psi(reference, current, edges):
    def counts(x):
        bins = np.where(np.isnan(x), len(edges) + 1, np.searchsorted(edges, x))
        return np.maximum(np.bincount(bins, minlength=len(edges) + 2), 1e-4)

    r, c = counts(reference), counts(current)
    return float(np.sum((c - r) * np.log(c / r)))


def psi_categories(reference, current):
    bins = np.union1d(reference, current)
    r, c = (np.array([max(np.sum(x == b), 1e-4) for b in bins]) for x in (reference, current))
    return float(np.sum((c - r) * np.log(c / r)))

# %% exercise="psi" answer="wrong" name="one_divergence" expect="Is it the sum of c ln(c / r) alone?"
# Misconception: PSI is the Kullback-Leibler divergence (it is two of them, one each way).
def psi(reference, current, edges):
    def shares(x):
        bins = np.where(np.isnan(x), len(edges) + 1, np.searchsorted(edges, x))
        return np.maximum(np.bincount(bins, minlength=len(edges) + 2) / len(x), 1e-4)

    r, c = shares(reference), shares(current)
    return float(np.sum(c * np.log(c / r)))


def psi_categories(reference, current):
    bins = np.union1d(reference, current)
    r, c = (np.array([max(np.mean(x == b), 1e-4) for b in bins]) for x in (reference, current))
    return float(np.sum(c * np.log(c / r)))

# %% exercise="psi" answer="wrong" name="edges_are_outer" expect="np.histogram takes it for an outer edge" of="reference"
# Misconception: the given edges are all the edges that np.histogram needs.
# - bins = np.where(np.isnan(x), len(edges) + 1, np.searchsorted(edges, x, side="right"))
# - counts = np.bincount(bins, minlength=len(edges) + 2)
# + x = np.asarray(x)
# + counts = np.append(np.histogram(x[~np.isnan(x)], edges)[0], np.isnan(x).sum())
#
# - reference, current = np.asarray(reference), np.asarray(current)
#
# - r = np.array([max((reference == b).mean(), 1e-4) for b in bins])
# - c = np.array([max((current == b).mean(), 1e-4) for b in bins])
# + r, c = (np.array([max(np.mean(x == b), 1e-4) for b in bins]) for x in (reference, current))

# %% exercise="psi" answer="wrong" name="logarithm_to_base_ten" expect="Is the logarithm the natural one?" of="one_divergence"
# Misconception: any logarithm will do; thresholds that others publish then mean something else.
#   r, c = shares(reference), shares(current)
# - return float(np.sum(c * np.log(c / r)))
# + return float(np.sum((c - r) * np.log10(c / r)))
#
#
#   r, c = (np.array([max(np.mean(x == b), 1e-4) for b in bins]) for x in (reference, current))
# - return float(np.sum(c * np.log(c / r)))
# + return float(np.sum((c - r) * np.log10(c / r)))

# %% exercise="psi" answer="wrong" name="closed_outer_bins" expect="The outer bins are open; np.histogram drops what is outside." of="edges_from_current"
# Misconception: what lies beyond the smallest and largest value of the reference need not be counted.
# - reference, current = np.asarray(reference), np.asarray(current)
# - cuts = np.quantile(current[~np.isnan(current)], np.linspace(0, 1, len(edges) + 2)[1:-1])
# + reference, current = np.asarray(reference, float), np.asarray(current, float)
# + grid = [np.nanmin(reference), *edges, np.nanmax(reference)]
#
# - bins = np.where(np.isnan(x), len(cuts) + 1, np.searchsorted(cuts, x))
# - return np.maximum(np.bincount(bins, minlength=len(cuts) + 2) / len(x), 1e-4)
# + counts = np.append(np.histogram(x[~np.isnan(x)], grid)[0], np.isnan(x).sum())
# + return np.maximum(counts / counts.sum(), 1e-4)

# %% exercise="psi" answer="wrong" name="no_floor" expect="The upper bin is empty now and your PSI is"
# Misconception: the formula is the whole story, and empty bins do not happen.
def psi(reference, current, edges):
    def shares(x):
        bins = np.where(np.isnan(x), len(edges) + 1, np.searchsorted(edges, x))
        return np.bincount(bins, minlength=len(edges) + 2) / len(x)

    r, c = shares(reference), shares(current)
    used = (r > 0) | (c > 0)
    return float(np.sum((c[used] - r[used]) * np.log(c[used] / r[used])))


def psi_categories(reference, current):
    bins = np.union1d(reference, current)
    r, c = (np.array([np.mean(x == b) for b in bins]) for x in (reference, current))
    return float(np.sum((c - r) * np.log(c / r)))

# %% exercise="psi" answer="wrong" name="empty_bins_skipped" expect="is the strongest sign there is: do not skip it" of="no_floor"
# Misconception: a bin that is empty in one sample cannot be compared and is left out.
# - used = (r > 0) | (c > 0)
# + used = (r > 0) & (c > 0)
#
# - bins = np.union1d(reference, current)
# + bins = np.intersect1d(reference, current)

# %% exercise="psi" answer="wrong" name="a_tiny_floor" expect="Your floor is lower than 0.0001"
# Misconception: the floor only guards against a division by zero, so the smaller the better.
def psi(reference, current, edges):
    def shares(x):
        bins = np.where(np.isnan(x), len(edges) + 1, np.searchsorted(edges, x))
        return np.bincount(bins, minlength=len(edges) + 2) / len(x) + 1e-9

    r, c = shares(reference), shares(current)
    return float(np.sum((c - r) * np.log(c / r)))


def psi_categories(reference, current):
    bins = np.union1d(reference, current)
    r, c = (np.array([np.mean(x == b) + 1e-9 for b in bins]) for x in (reference, current))
    return float(np.sum((c - r) * np.log(c / r)))

# %% exercise="psi" answer="wrong" name="missing_dropped" expect="NaN is neither dropped nor a large number" of="edges_are_outer"
# Misconception: missing values carry no information, so they go first.
# - counts = np.append(np.histogram(x[~np.isnan(x)], edges)[0], np.isnan(x).sum())
# - return np.maximum(counts / len(x), 1e-4)
# + x = x[~np.isnan(x)]
# + return np.maximum(np.bincount(np.searchsorted(edges, x), minlength=len(edges) + 1) / len(x), 1e-4)

# %% exercise="psi" answer="wrong" name="missing_counts_as_large" expect="NaN is neither dropped nor a large number" of="edges_are_outer"
# Misconception: searchsorted and digitize know what to do with NaN (they file it above the last edge).
# - x = np.asarray(x)
# - counts = np.append(np.histogram(x[~np.isnan(x)], edges)[0], np.isnan(x).sum())
# - return np.maximum(counts / len(x), 1e-4)
# + return np.maximum(np.bincount(np.digitize(x, edges), minlength=len(edges) + 1) / len(x), 1e-4)

# %% exercise="psi" answer="wrong" name="new_category_divides_by_zero" expect="SWF is not in the reference and your PSI is" of="a_tiny_floor"
# Misconception: the floor is a matter of numbers; categories are always there.
# - return np.bincount(bins, minlength=len(edges) + 2) / len(x) + 1e-9
# + return np.maximum(np.bincount(bins, minlength=len(edges) + 2) / len(x), 1e-4)
#
# - r, c = (np.array([np.mean(x == b) + 1e-9 for b in bins]) for x in (reference, current))
# + r, c = (np.array([np.mean(x == b) for b in bins]) for x in (reference, current))

# %% exercise="psi" answer="wrong" name="known_categories_only" expect="An unseen category is a bin too." of="new_category_divides_by_zero"
# Misconception: the reference defines the categories, and others are ignored.
# - bins = np.union1d(reference, current)
# - r, c = (np.array([np.mean(x == b) for b in bins]) for x in (reference, current))
# + bins = np.unique(reference)
# + r, c = (np.array([max(np.mean(x == b), 1e-4) for b in bins]) for x in (reference, current))

# %% exercise="psi" answer="wrong" name="present_categories_only" expect="A category that is gone is a bin too." of="known_categories_only"
# Misconception: what does not occur today need not be compared.
# - bins = np.unique(reference)
# + bins = np.unique(current)

# %% exercise="psi" answer="wrong" name="edges_made_anew" expect="Your PSI does not use the edges that it is given" of="edges_from_current"
# Misconception: edges can be made again from the reference that is at hand; the argument is ignored. (hidden)
# - reference, current = np.asarray(reference), np.asarray(current)
# - cuts = np.quantile(current[~np.isnan(current)], np.linspace(0, 1, len(edges) + 2)[1:-1])
# + reference, current = np.asarray(reference, float), np.asarray(current, float)
# + cuts = np.quantile(reference[~np.isnan(reference)], np.linspace(0, 1, len(edges) + 2)[1:-1])

# %% exercise="psi" answer="wrong" name="reference_assumed_complete" expect="Your PSI is wrong where both samples have missing values." of="edges_from_current"
# Misconception: only the current sample can have holes; those of the reference are dropped. (hidden)
# - reference, current = np.asarray(reference), np.asarray(current)
# - cuts = np.quantile(current[~np.isnan(current)], np.linspace(0, 1, len(edges) + 2)[1:-1])
# + reference = np.asarray(reference)
# + reference = reference[~np.isnan(reference)]
#
# - bins = np.where(np.isnan(x), len(cuts) + 1, np.searchsorted(cuts, x))
# - return np.maximum(np.bincount(bins, minlength=len(cuts) + 2) / len(x), 1e-4)
# + bins = np.where(np.isnan(x), len(edges) + 1, np.searchsorted(edges, x))
# + return np.maximum(np.bincount(bins, minlength=len(edges) + 2) / len(x), 1e-4)

# %% exercise="psi" answer="wrong" name="categories_by_rank" expect="shares are compared name by name" of="new_category_divides_by_zero"
# Misconception: two value counts line up by themselves: the most frequent with the most frequent. (hidden)
# - bins = np.union1d(reference, current)
# - r, c = (np.array([np.mean(x == b) for b in bins]) for x in (reference, current))
# + n = len(np.union1d(reference, current))
# + r, c = (pd.Series(x).value_counts(normalize=True).to_numpy() for x in (reference, current))
# + r, c = (np.maximum(np.append(x, np.zeros(n - len(x))), 1e-4) for x in (r, c))

# %% exercise="psi" answer="same" name="edge_to_the_upper_bin" of="reference"
# Same: a value that equals an edge may go to either side.
# - bins = np.where(np.isnan(x), len(edges) + 1, np.searchsorted(edges, x, side="right"))
# + bins = np.where(np.isnan(x), len(edges) + 1, np.searchsorted(edges, x))

# %% exercise="psi" answer="same" name="edge_to_the_upper_bin_by_name" of="reference"
# Same: a value that equals an edge may go to either side.
# - bins = np.where(np.isnan(x), len(edges) + 1, np.searchsorted(edges, x, side="right"))
# + bins = np.where(np.isnan(x), len(edges) + 1, np.searchsorted(edges, x, side="left"))

# %% exercise="psi" answer="same" name="one_more_empty_bin" of="reference"
# Same: a bin that both samples leave empty has the same share in both, and adds nothing.
# - counts = np.bincount(bins, minlength=len(edges) + 2)
# + counts = np.bincount(bins, minlength=len(edges) + 3)

# %% exercise="psi" answer="same" name="turned_round" of="reference"
# Same: PSI is the same in both directions.
# - r, c = shares(reference), shares(current)
# + r, c = shares(current), shares(reference)

# %% exercise="psi" answer="same" name="categories_turned_round" of="reference"
# Same: PSI is the same in both directions.
# - reference, current = np.asarray(reference), np.asarray(current)
# + reference, current = np.asarray(current), np.asarray(reference)

# %% exercise="psi" answer="right" name="histogram_with_infinite_edges"
# np.histogram is fine once the outer edges are infinite; categories by a Counter.
from collections import Counter


def psi(reference, current, edges):
    grid = np.concatenate([[-np.inf], edges, [np.inf]])

    def counts(x):
        x = np.asarray(x, dtype=float)
        lost = np.isnan(x)
        return [*np.histogram(x[~lost], grid)[0], lost.sum()]

    return divergence(counts(reference), counts(current))


def psi_categories(reference, current):
    r, c = Counter(list(reference)), Counter(list(current))
    names = sorted(set(r) | set(c))
    return divergence([r[name] for name in names], [c[name] for name in names])


def divergence(r, c):
    r, c = (np.clip(np.array(x) / sum(x), 1e-4, None) for x in (r, c))
    return float(((c - r) * (np.log(c) - np.log(r))).sum())

# %% exercise="psi" answer="right" name="pandas_cut_and_align"
# Bins as categories of pandas; align puts the two tables of shares side by side by name.
def psi(reference, current, edges):
    grid = [-np.inf, *edges, np.inf]
    names = [pd.Series(pd.cut(pd.Series(np.asarray(x)), grid, labels=False)).fillna(-1).astype(int) for x in (reference, current)]
    return psi_categories(*names)


def psi_categories(reference, current):
    r, c = (pd.Series(np.asarray(x)).value_counts(normalize=True) for x in (reference, current))
    table = pd.concat({"r": r, "c": c}, axis=1).fillna(0).clip(lower=1e-4)
    return ((table.c - table.r) * np.log(table.c / table.r)).sum()

# %% exercise="psi" answer="right" name="plain_python"
# One pass over the rows with bisect; no NumPy at all.
import math
from bisect import bisect_left


def psi(reference, current, edges):
    edges = list(edges)
    named = [[None if math.isnan(v) else bisect_left(edges, v) for v in map(float, x)] for x in (reference, current)]
    return psi_categories(*named)


def psi_categories(reference, current):
    tally = {}
    for side, sample in enumerate((reference, current)):
        for v in sample:
            tally.setdefault(v, [0, 0])[side] += 1
    total = 0.0
    for r, c in tally.values():
        r, c = max(r / len(reference), 1e-4), max(c / len(current), 1e-4)
        total += (c - r) * math.log(c / r)
    return total

# %% exercise="psi" answer="right" name="two_relative_entropies"
# Cumulative shares below each edge, then scipy's relative entropy in both directions.
from scipy.special import rel_entr


def psi(reference, current, edges):
    def shares(x):
        x = np.asarray(x, dtype=float)
        below = [np.count_nonzero(x < edge) for edge in edges]
        known = np.count_nonzero(x == x)
        return np.maximum(np.diff([0, *below, known, len(x)]) / len(x), 1e-4)

    r, c = shares(reference), shares(current)
    return rel_entr(r, c).sum() + rel_entr(c, r).sum()


def psi_categories(reference, current):
    names, codes = np.unique(np.concatenate([reference, current]), return_inverse=True)
    which = np.repeat([0, 1], [len(reference), len(current)])
    table = np.zeros((2, len(names)))
    np.add.at(table, (which, codes), 1)
    r, c = np.maximum(table / table.sum(axis=1, keepdims=True), 1e-4)
    return rel_entr(r, c).sum() + rel_entr(c, r).sum()

# %% [markdown]
# ## threshold

# %% exercise="threshold" answer="wrong" name="folklore" expect="Does yours depend on batch_size?"
# Misconception: PSI above 0.2 is drift, whatever the batch.
def threshold(reference, batch_size, false_alarm_rate, edges, rng, draws=1000):
    return 0.2

# %% exercise="threshold" answer="wrong" name="as_many_rows_as_the_reference" expect="Does yours depend on batch_size?"
# Misconception: a bootstrap draws as many rows as there are; the batch size is ignored.
def threshold(reference, batch_size, false_alarm_rate, edges, rng, draws=1000):
    values = [psi_of_batches(reference, [rng.choice(reference, len(reference))], edges)[0] for _ in range(100)]
    return float(np.quantile(values, 1 - false_alarm_rate))

# %% exercise="threshold" answer="wrong" name="lower_tail" expect="Then 99 % of the draws must lie below it."
# Misconception: a rate of 1 % is the 0.01 quantile.
def threshold(reference, batch_size, false_alarm_rate, edges, rng, draws=1000):
    batches = rng.choice(reference, (draws, batch_size))
    return float(np.quantile(psi_of_batches(reference, batches, edges), false_alarm_rate))

# %% exercise="threshold" answer="wrong" name="percent_and_share_mixed" expect="Then 99 % of the draws must lie below it."
# Misconception: np.percentile takes a share (it takes per cent: 0.99 is its lowest hundredth).
def threshold(reference, batch_size, false_alarm_rate, edges, rng, draws=1000):
    batches = rng.choice(reference, (draws, batch_size))
    return float(np.percentile(psi_of_batches(reference, batches, edges), 1 - false_alarm_rate))

# %% exercise="threshold" answer="wrong" name="largest_draw" expect="Does yours depend on false_alarm_rate?"
# Misconception: the threshold is the worst that ever happened without drift.
def threshold(reference, batch_size, false_alarm_rate, edges, rng, draws=1000):
    batches = rng.choice(reference, (draws, batch_size))
    return float(psi_of_batches(reference, batches, edges).max())

# %% exercise="threshold" answer="wrong" name="two_tails" expect="do not halve the rate for two tails"
# Misconception: every test has two tails; but no batch is suspicious for being too much like the reference.
def threshold(reference, batch_size, false_alarm_rate, edges, rng, draws=1000):
    batches = rng.choice(reference, (draws, batch_size))
    return float(np.quantile(psi_of_batches(reference, batches, edges), 1 - false_alarm_rate / 2))

# %% exercise="threshold" answer="wrong" name="batch_against_batch" expect="Is each draw compared with the whole reference"
# Misconception: two small batches are compared with each other, which doubles the noise.
def threshold(reference, batch_size, false_alarm_rate, edges, rng, draws=1000):
    pairs = rng.choice(reference, (draws, 2, batch_size))
    values = [psi_of_batches(a, [b], edges)[0] for a, b in pairs]
    return float(np.quantile(values, 1 - false_alarm_rate))

# %% exercise="threshold" answer="wrong" name="own_randomness" expect="Two calls with equal generators must agree"
# Misconception: randomness may come from anywhere, so that nobody can reproduce the threshold.
def threshold(reference, batch_size, false_alarm_rate, edges, rng, draws=1000):
    batches = np.random.choice(reference, (draws, batch_size))
    return float(np.quantile(psi_of_batches(reference, batches, edges), 1 - false_alarm_rate))

# %% exercise="threshold" answer="wrong" name="sample_of_the_notebook" expect="does not follow the reference and the edges that it was given"
# Misconception: a variable of the notebook is as good as the argument. (hidden)
def threshold(reference, batch_size, false_alarm_rate, edges, rng, draws=1000):
    batches = rng.choice(delays, (draws, batch_size))
    return float(np.quantile(psi_of_batches(delays, batches, edges), 1 - false_alarm_rate))

# %% exercise="threshold" answer="wrong" name="edges_made_anew" expect="does not follow the reference and the edges that it was given"
# Misconception: the threshold holds for any ten bins; it is computed on bins that nobody monitors. (hidden)
def threshold(reference, batch_size, false_alarm_rate, edges, rng, draws=1000):
    cuts = np.quantile(reference, np.linspace(0, 1, 12)[1:-1])
    batches = rng.choice(reference, (draws, batch_size))
    return float(np.quantile(psi_of_batches(reference, batches, cuts), 1 - false_alarm_rate))

# %% exercise="threshold" answer="wrong" name="chi_square_everywhere" expect="the chi-square short cut does not hold there"
# Misconception: PSI x rows is chi-square for every batch size. (hidden)
from scipy.stats import chi2


def threshold(reference, batch_size, false_alarm_rate, edges, rng, draws=1000):
    used = len(np.unique(np.searchsorted(edges, reference)))
    return float(chi2.isf(false_alarm_rate, used - 1) / batch_size)

# %% exercise="threshold" answer="same" name="one_draw_more" of="reference"
# Same: one draw more moves the threshold less than chance does.
# - def threshold(reference, batch_size, false_alarm_rate, edges, rng, draws=1000):
# + def threshold(reference, batch_size, false_alarm_rate, edges, rng, draws=1001):

# %% exercise="threshold" answer="same" name="one_draw_less" of="reference"
# Same: one draw less moves the threshold less than chance does.
# - def threshold(reference, batch_size, false_alarm_rate, edges, rng, draws=1000):
# + def threshold(reference, batch_size, false_alarm_rate, edges, rng, draws=999):

# %% exercise="threshold" answer="wrong" name="twenty_draws" expect="Are all `draws` made?" of="reference" breaks="how many batches to draw"
# Misconception: twenty draws are enough, whatever `draws` says.
# - batches = rng.choice(reference, (draws, batch_size))
# + batches = rng.choice(reference, (20 if draws > 1000 else draws, batch_size))

# %% exercise="threshold" answer="wrong" name="normal_curve" expect="mean plus standard deviations is not its quantile" of="reference"
# Misconception: PSI without drift follows a normal curve.
# - return float(np.quantile(psi_of_batches(reference, batches, edges), 1 - false_alarm_rate))
# + from scipy.stats import norm
# + values = psi_of_batches(reference, batches, edges)
# + return float(values.mean() + norm.ppf(1 - false_alarm_rate) * values.std())

# %% exercise="threshold" answer="wrong" name="seed_of_its_own" expect="the one that is passed in is not asked" of="reference" breaks="the only source of randomness"
# Misconception: what can be repeated needs a fixed seed.
# - batches = rng.choice(reference, (draws, batch_size))
# + batches = np.random.default_rng(0).choice(reference, (draws, batch_size))

# %% exercise="threshold" answer="right" name="multinomial"
# A batch is nothing but counts in bins: draw the counts, all batches at once.
def threshold(reference, batch_size, false_alarm_rate, edges, rng, draws=1000):
    p = np.bincount(np.searchsorted(edges, reference, side="right"), minlength=len(edges) + 1) / len(reference)
    c = np.maximum(rng.multinomial(batch_size, p, size=draws) / batch_size, 1e-4)
    r = np.maximum(p, 1e-4)
    return np.quantile(((c - r) * np.log(c / r)).sum(axis=1), 1 - false_alarm_rate)

# %% exercise="threshold" answer="right" name="permutation"
# Shuffle the reference, cut a batch off, compare it with the rest; the order statistic instead of a quantile.
def threshold(reference, batch_size, false_alarm_rate, edges, rng, draws=1000):
    bins = np.searchsorted(edges, reference, side="right")
    total = np.bincount(bins, minlength=len(edges) + 1)
    found = []
    for _ in range(draws):
        batch = np.bincount(rng.choice(bins, batch_size, replace=False), minlength=len(total))
        r, c = (np.maximum(x / x.sum(), 1e-4) for x in (total - batch, batch))
        found.append(np.sum((c - r) * np.log(c / r)))
    found.sort()
    return float(found[-max(1, round(draws * false_alarm_rate)) - 1])

# %% exercise="threshold" answer="right" name="chi_square_where_it_holds"
# The chi-square limit where every bin expects 20 rows; resampling elsewhere.
from scipy.stats import chi2


def threshold(reference, batch_size, false_alarm_rate, edges, rng, draws=1000):
    shares = np.unique(np.searchsorted(edges, reference, side="right"), return_counts=True)[1] / len(reference)
    if batch_size * shares.min() >= 20:
        return float(chi2.ppf(1 - false_alarm_rate, len(shares) - 1) / batch_size)
    found = []
    while len(found) < draws:
        batches = reference[rng.integers(0, len(reference), (100, batch_size))]
        found.extend(psi_of_batches(reference, batches, edges))
    return float(np.quantile(found, 1 - false_alarm_rate))

# %% [markdown]
# ## monitor

# %% exercise="monitor" answer="wrong" name="each_at_the_rate" expect="Yours tests each pair, or each day, alone."
# Misconception: an alarm rate of 5 % per pair is a rate of 5 % of the alarms.
def monitor(reference, current, rate):
    p = pd.DataFrame({name: p_values(reference[name], current[name]) for name in current}, index=current.index).fillna(0)
    return [(day, name) for name in p for day in p.index[p[name] <= rate]]

# %% exercise="monitor" answer="wrong" name="each_day_alone" expect="Yours tests each pair, or each day, alone."
# Misconception: the pairs of one day belong together, and every day starts anew.
def monitor(reference, current, rate):
    p = pd.DataFrame({name: p_values(reference[name], current[name]) for name in current}, index=current.index).fillna(0)
    found = []
    for day, row in p.iterrows():
        ordered = np.sort(row.to_numpy())
        limit = ordered[ordered <= rate * np.arange(1, len(ordered) + 1) / len(ordered)].max(initial=-1)
        found += [(day, name) for name in p if row[name] <= limit]
    return found

# %% exercise="monitor" answer="wrong" name="against_the_day_before" expect="instead of with the reference?"
# Misconception: drift is change from one day to the next; what creeps is never seen.
def monitor(reference, current, rate):
    steps, usual = current.diff(), reference.diff().iloc[1:]
    p = pd.DataFrame({name: p_values(usual[name], steps[name]) for name in current}, index=current.index)
    p = p.where(p.notna() | current.isna(), 1.0).where(current.notna(), 0.0)
    ordered = np.sort(p.to_numpy().ravel())
    limit = ordered[ordered <= rate * np.arange(1, len(ordered) + 1) / len(ordered)].max(initial=-1)
    return [(day, name) for name in p for day in p.index[p[name] <= limit]]

# %% exercise="monitor" answer="wrong" name="reference_moves_along" expect="instead of with the reference?"
# Misconception: the last two weeks are the best reference, even when they have drifted themselves.
def monitor(reference, current, rate):
    both = pd.concat([reference, current])
    p = pd.DataFrame(0.0, index=current.index, columns=current.columns)
    for i, day in enumerate(current.index, start=len(reference)):
        for name in current:
            p.loc[day, name] = p_values(both[name].iloc[i - 14 : i], both[name].iloc[i : i + 1])[0]
    p = p.fillna(0)
    ordered = np.sort(p.to_numpy().ravel())
    limit = ordered[ordered <= rate * np.arange(1, len(ordered) + 1) / len(ordered)].max(initial=-1)
    return [(day, name) for name in p for day in p.index[p[name] <= limit]]

# %% exercise="monitor" answer="wrong" name="positions_for_labels" expect="Each alarm is a tuple (label of the day, name of the column)"
# Misconception: the row and column number say which pair it is; they do not outlive a filter.
def monitor(reference, current, rate):
    p = np.column_stack([p_values(reference[name], current[name]) for name in current])
    p = np.nan_to_num(p, nan=0)
    ordered = np.sort(p.ravel())
    limit = ordered[ordered <= rate * np.arange(1, len(ordered) + 1) / len(ordered)].max(initial=-1)
    return [(int(i), int(j)) for i, j in np.argwhere(p <= limit)]

# %% exercise="monitor" answer="wrong" name="silence_is_health" expect="a feed that stops is the first thing a monitor must report"
# Misconception: where there is no value there is nothing to report.
def monitor(reference, current, rate):
    p = pd.DataFrame({name: p_values(reference[name], current[name]) for name in current}, index=current.index)
    ordered = np.sort(p.stack().dropna().to_numpy())
    limit = ordered[ordered <= rate * np.arange(1, len(ordered) + 1) / len(ordered)].max(initial=-1)
    return [(day, name) for name in p for day in p.index[p[name] <= limit]]

# %% exercise="monitor" answer="wrong" name="bonferroni" expect="That is Bonferroni."
# Misconception: many tests call for rate / m; that bounds the chance of a single false alarm, and misses much.
def monitor(reference, current, rate):
    p = pd.DataFrame({name: p_values(reference[name], current[name]) for name in current}, index=current.index).fillna(0)
    return [(day, name) for name in p for day in p.index[p[name] <= rate / p.size]]

# %% exercise="monitor" answer="wrong" name="stops_at_the_first_miss" expect="Do you stop at the first p-value above its line?"
# Misconception: climb the sorted p-values until one is above its line (step down; Benjamini and Hochberg step up).
def monitor(reference, current, rate):
    pairs = [
        (0.0 if np.isnan(p) else p, day, name)
        for name in current
        for day, p in zip(current.index, p_values(reference[name], current[name]))
    ]
    pairs.sort(key=lambda pair: pair[0])
    found = []
    for k, (p, day, name) in enumerate(pairs, 1):
        if p > rate * k / len(pairs):
            break
        found.append((day, name))
    return found

# %% exercise="monitor" answer="wrong" name="each_under_its_own_line" expect="although it lies above its own line"
# Misconception: a pair rings if it is under its own line; those before it that are above theirs are left out.
def monitor(reference, current, rate):
    p = pd.DataFrame({name: p_values(reference[name], current[name]) for name in current}, index=current.index).fillna(0)
    flat = p.to_numpy().ravel()
    line = rate * (flat.argsort(kind="stable").argsort(kind="stable") + 1) / flat.size
    under = (flat <= line).reshape(p.shape)
    return [(p.index[i], p.columns[j]) for i, j in zip(*np.nonzero(under))]

# %% exercise="monitor" answer="wrong" name="always_five_per_cent" expect="Does yours depend on rate?"
# Misconception: 5 % is what one takes.
def monitor(reference, current, rate):
    p = pd.DataFrame({name: p_values(reference[name], current[name]) for name in current}, index=current.index).fillna(0)
    ordered = np.sort(p.to_numpy().ravel())
    limit = ordered[ordered <= 0.05 * np.arange(1, len(ordered) + 1) / len(ordered)].max(initial=-1)
    return [(day, name) for name in p for day in p.index[p[name] <= limit]]

# %% exercise="monitor" answer="wrong" name="each_measure_alone" expect="Yours judges each measure by itself"
# Misconception: one correction per column is enough; a thousand columns ring a thousand times.
from scipy.stats import false_discovery_control


def monitor(reference, current, rate):
    found = []
    for name in current:
        p = np.nan_to_num(p_values(reference[name], current[name]), nan=0)
        found += [(day, name) for day in current.index[false_discovery_control(p) <= rate]]
    return found

# %% exercise="monitor" answer="wrong" name="only_rises_count" expect="drift goes down as well as up"
# Misconception: only a measure that has grown is a cause for alarm. (hidden)
def monitor(reference, current, rate):
    p = pd.DataFrame({name: p_values(reference[name], current[name]) for name in current}, index=current.index).fillna(0)
    p = p.where(current.isna() | (current > reference.mean()), 1.0)
    ordered = np.sort(p.to_numpy().ravel())
    limit = ordered[ordered <= rate * np.arange(1, len(ordered) + 1) / len(ordered)].max(initial=-1)
    return [(day, name) for name in p for day in p.index[p[name] <= limit]]

# %% exercise="monitor" answer="same" name="no_limit_is_zero" of="reference"
# Same: only a p of 0 is not above 0, and such a pair has its own line above it anyway.
# - limit = ordered[under].max(initial=-1)
# + limit = ordered[under].max(initial=-0)

# %% exercise="monitor" answer="same" name="no_limit_is_farther" of="reference"
# Same: no p-value lies between −2 and −1.
# - limit = ordered[under].max(initial=-1)
# + limit = ordered[under].max(initial=-2)

# %% exercise="monitor" answer="wrong" name="under_the_line_only" expect="at a rate of 0, too" of="reference" breaks="is an alarm in any case"
# Misconception: a p-value on its line is above it.
# - under = ordered <= rate * np.arange(1, len(ordered) + 1) / len(ordered)
# + under = ordered < rate * np.arange(1, len(ordered) + 1) / len(ordered)

# %% exercise="monitor" answer="wrong" name="missing_if_all_are" expect="(Mon, a) is missing" of="reference"
# Misconception: a day is missing when nothing of it came.
# - p = p.fillna(0)
# + p = p.where(~current.isna().all(axis=1), 0).fillna(1)

# %% exercise="monitor" answer="wrong" name="missing_ones_apart" expect="it counts among the six pairs" of="reference" breaks="it counts among the pairs"
# Misconception: what is missing has no p-value, so it does not count.
# - p = p.fillna(0)
# - ordered = np.sort(p.to_numpy().ravel())
# + ordered = np.sort(p.to_numpy()[p.notna().to_numpy()])
#
# - return [(day, name) for name in p for day in p.index[p[name] <= limit]]
# + return [(day, name) for name in p for day in p.index[(p[name] <= limit) | p[name].isna()]]

# %% exercise="monitor" answer="right" name="scipy_false_discovery_control"
# scipy adjusts the p-values; then the rate is the limit for all of them.
from scipy.stats import false_discovery_control


def monitor(reference, current, rate):
    p = np.column_stack([p_values(reference[name], current[name]) for name in current.columns])
    adjusted = false_discovery_control(np.where(np.isnan(p), 0, p), axis=None).reshape(p.shape)
    rows, columns = np.nonzero(adjusted <= rate)
    return list(zip(current.index[rows], current.columns[columns]))

# %% exercise="monitor" answer="right" name="from_the_last_backwards"
# Pop the largest p-value until one is under its line; a missing one counts with p = 0.
def monitor(reference, current, rate):
    pairs = []
    for name in current:
        for day, p in zip(current.index, p_values(reference[name], current[name])):
            pairs.append((0.0 if np.isnan(p) else p, day, name))
    pairs.sort(key=lambda pair: pair[0])
    m = len(pairs)
    while pairs and pairs[-1][0] > rate * len(pairs) / m:
        pairs.pop()
    return [(day, name) for _, day, name in pairs]

# %% exercise="monitor" answer="right" name="estimated_share_of_false_alarms"
# For each limit t: m t alarms would be false, and so many ring. The largest t with a quotient below the rate.
def monitor(reference, current, rate):
    usual = (reference.mean(), reference.std() * np.sqrt(1 + 1 / len(reference)))
    t = ((current - usual[0]) / usual[1]).abs()
    from scipy.stats import t as student

    p = pd.DataFrame(2 * student.sf(t, len(reference) - 1), index=current.index, columns=current.columns)
    long = p.fillna(0).stack()
    ringing = long.rank(method="max")
    good = long[len(long) * long / ringing <= rate]
    return [pair for pair, chance in long.items() if len(good) and chance <= good.max()]

# %% [markdown]
# ## seasonal_reference

# %% exercise="seasonal_reference" answer="wrong" name="median_of_all_such_weekdays" expect="it looks into the future"
# Misconception: a weekday's usual value is its median over the whole year, the days to come among them.
def seasonal_reference(values, weeks=4):
    return values.groupby(values.index.dayofweek).transform("median")

# %% exercise="seasonal_reference" answer="wrong" name="today_included" expect="a day must not be its own reference"
# Misconception: the last four Saturdays end with today's.
def seasonal_reference(values, weeks=4):
    before = [values.reindex(values.index - pd.Timedelta(days=7 * k)).to_numpy() for k in range(weeks)]
    return pd.DataFrame(before, columns=values.index).median()

# %% exercise="seasonal_reference" answer="wrong" name="all_days_of_four_weeks" expect="only the same weekday is comparable"
# Misconception: a moving window of four weeks takes the season out; the week stays in.
def seasonal_reference(values, weeks=4):
    return values.rolling(f"{7 * weeks}D", closed="left").median()

# %% exercise="seasonal_reference" answer="wrong" name="never_forgets" expect="A reference that never forgets mixes the seasons."
# Misconception: the more history, the better.
def seasonal_reference(values, weeks=4):
    return values.groupby(values.index.dayofweek).transform(lambda x: x.expanding().median().shift())

# %% exercise="seasonal_reference" answer="wrong" name="seven_rows_back" expect="Count by date, not by rows"
# Misconception: seven rows are seven days.
def seasonal_reference(values, weeks=4):
    return pd.concat([values.shift(7 * k) for k in range(1, weeks + 1)], axis=1).median(axis=1)

# %% exercise="seasonal_reference" answer="wrong" name="mean_of_four" expect="a mean carries the storm on for four weeks"
# Misconception: the mean is the natural average.
def seasonal_reference(values, weeks=4):
    before = [values.reindex(values.index - pd.Timedelta(days=7 * k)).to_numpy() for k in range(1, weeks + 1)]
    return pd.DataFrame(before, columns=values.index).mean()

# %% exercise="seasonal_reference" answer="wrong" name="last_week_only" expect="Are all `weeks` weeks in it?"
# Misconception: the same day a week ago is reference enough; one storm then costs two alarms.
def seasonal_reference(values, weeks=4):
    return pd.Series(values.reindex(values.index - pd.Timedelta(days=7)).to_numpy(), index=values.index)

# %% exercise="seasonal_reference" answer="wrong" name="first_weeks_cut_off" expect="return one value for each day"
# Misconception: days without a reference are dropped.
def seasonal_reference(values, weeks=4):
    before = [values.reindex(values.index - pd.Timedelta(days=7 * k)).to_numpy() for k in range(1, weeks + 1)]
    return pd.DataFrame(before, columns=values.index).median().dropna()

# %% exercise="seasonal_reference" answer="wrong" name="first_weeks_made_up" expect="A made-up one would hide a bad start."
# Misconception: no NaN may come out, so the first days borrow the next reference that there is.
def seasonal_reference(values, weeks=4):
    before = [values.reindex(values.index - pd.Timedelta(days=7 * k)).to_numpy() for k in range(1, weeks + 1)]
    return pd.DataFrame(before, columns=values.index).median().bfill()

# %% exercise="seasonal_reference" answer="wrong" name="one_gap_spoils_all" expect="and it does not spoil the rest"
# Misconception: np.median leaves NaN out; so a holiday blinds the monitor for four weeks.
def seasonal_reference(values, weeks=4):
    before = [values.reindex(values.index - pd.Timedelta(days=7 * k)).to_numpy() for k in range(1, weeks + 1)]
    return pd.Series(np.median(before, axis=0), index=values.index)

# %% exercise="seasonal_reference" answer="wrong" name="unknown_is_zero" expect="What is not known is left out: it is no 0"
# Misconception: fillna(0) first, then there is no trouble.
def seasonal_reference(values, weeks=4):
    before = [values.reindex(values.index - pd.Timedelta(days=7 * k)).to_numpy() for k in range(1, weeks + 1)]
    return pd.DataFrame(before, columns=values.index).fillna(0).median()

# %% exercise="seasonal_reference" answer="wrong" name="always_four" expect="it must look back `weeks` weeks"
# Misconception: the default is the only value. (hidden)
def seasonal_reference(values, weeks=4):
    before = [values.reindex(values.index - pd.Timedelta(days=7 * k)).to_numpy() for k in (1, 2, 3, 4)]
    return pd.DataFrame(before, columns=values.index).median()

# %% exercise="seasonal_reference" answer="wrong" name="missing_days_dropped_first" expect="is not the median of the known ones"
# Misconception: rows without a value can be dropped before; then the days themselves lose their reference. (hidden)
def seasonal_reference(values, weeks=4):
    known = values.dropna()
    before = [known.reindex(known.index - pd.Timedelta(days=7 * k)).to_numpy() for k in range(1, weeks + 1)]
    return pd.DataFrame(before, columns=known.index).median().reindex(values.index)

# %% exercise="seasonal_reference" answer="wrong" name="older_days_fill_in" expect="an older day must not fill in"
# Misconception: four rows of the same weekday are four weeks; after a gap they reach further back. (hidden)
def seasonal_reference(values, weeks=4):
    return values.groupby(values.index.dayofweek).transform(lambda x: x.shift().rolling(weeks, min_periods=1).median())

# %% exercise="seasonal_reference" answer="wrong" name="five_weeks" expect="Where `weeks` is not given it is 4" of="reference"
# Misconception: a month is five weeks.
# - def seasonal_reference(values, weeks=4):
# + def seasonal_reference(values, weeks=5):

# %% exercise="seasonal_reference" answer="right" name="weekday_groups_of_a_full_calendar"
# Put every date into the calendar first; then rows are dates, and each weekday is a series of its own.
def seasonal_reference(values, weeks=4):
    calendar = values.asfreq("D")
    grouped = calendar.groupby(calendar.index.dayofweek)
    return grouped.transform(lambda x: x.shift().rolling(weeks, min_periods=1).median()).reindex(values.index)

# %% exercise="seasonal_reference" answer="right" name="every_value_sent_ahead"
# Each known value is sent to the days 1 … weeks weeks later; there the median of what has arrived.
def seasonal_reference(values, weeks=4):
    sent = [values.set_axis(values.index + pd.Timedelta(weeks=k)) for k in range(1, weeks + 1)]
    return pd.concat(sent).groupby(level=0).median().reindex(values.index)

# %% exercise="seasonal_reference" answer="right" name="a_dictionary"
# Plain Python: look the dates up one by one.
import datetime
import statistics


def seasonal_reference(values, weeks=4):
    known = {day.date(): v for day, v in values.items() if v == v}
    answer = []
    for day in values.index:
        dates = [day.date() - datetime.timedelta(weeks=k) for k in range(1, weeks + 1)]
        found = [known[d] for d in dates if d in known]
        answer.append(statistics.median(found) if found else float("nan"))
    return pd.Series(answer, index=values.index, dtype=float)

# %% exercise="seasonal_reference" answer="right" name="calendar_array"
# Dates as places in one array with a margin in front, weeks as rows of a masked table.
def seasonal_reference(values, weeks=4):
    place = (values.index - values.index[0]).days.to_numpy() + 7 * weeks
    calendar = np.full(place[-1] + 1, np.nan)
    calendar[place] = values.to_numpy(dtype=float)
    table = np.ma.masked_invalid([calendar[place - 7 * k] for k in range(1, weeks + 1)])
    return pd.Series(np.ma.median(table, axis=0).filled(np.nan), index=values.index)

# %% [markdown]
# ## monitor_outputs

# %% exercise="monitor_outputs" answer="wrong" name="failures_dropped_first" expect="Dropping them in silence hides a model that fails."
# Misconception: clean the data, then count; nothing is left to be counted.
def monitor_outputs(predictions, usual, labels, age, mature):
    kept = np.isfinite(predictions)
    predictions, labels, age = predictions[kept], labels[kept], age[kept]
    counted = ~np.isnan(labels) & (age >= mature)
    return {
        "failed": float(np.mean(~np.isfinite(predictions))),
        "p_mean": float(p_values(usual["mean"], [predictions.mean()])[0]),
        "p_sd": float(p_values(usual["sd"], [predictions.std(ddof=1)])[0]),
        "labelled": int(counted.sum()),
        "bias": float(np.mean((predictions - labels)[counted])) if counted.any() else None,
    }

# %% exercise="monitor_outputs" answer="wrong" name="isnan_is_enough" expect="np.isnan does not see them; np.isfinite does." of="reference"
# Misconception: a failed prediction is NaN; infinity is a number.
# - finite = np.isfinite(predictions)
# - good = predictions[finite]
# - counted = finite & ~np.isnan(labels) & (age >= mature)
# + failed = np.isnan(predictions)
# + good = predictions[~failed]
# + counted = ~failed & ~np.isnan(labels) & (age >= mature)
#
# - "failed": float(np.mean(~finite)),
# + "failed": float(failed.mean()),

# %% exercise="monitor_outputs" answer="wrong" name="infinity_in_the_mean" expect="Leave out what is not finite, and compare a day with days" of="reference"
# Misconception: nanmean takes care of the rest.
# - good = predictions[finite]
#
# - "p_mean": float(p_values(usual["mean"], [good.mean()])[0]),
# - "p_sd": float(p_values(usual["sd"], [good.std(ddof=1)])[0]),
# + "p_mean": float(p_values(usual["mean"], [np.nanmean(predictions)])[0]),
# + "p_sd": float(p_values(usual["sd"], [np.nanstd(predictions)])[0]),

# %% exercise="monitor_outputs" answer="wrong" name="standard_error_of_the_flights" expect="the flights of one day are not independent" of="reference"
# Misconception: 2,500 flights make a mean that is known to sd / 50.
# + from scipy.stats import norm
# +
# +
#   def monitor_outputs(predictions, usual, labels, age, mature):
#
#   counted = finite & ~np.isnan(labels) & (age >= mature)
# + z = (good.mean() - usual["mean"].mean()) / (usual["sd"].mean() / np.sqrt(len(good)))
#   return {
#       "failed": float(np.mean(~finite)),
# -     "p_mean": float(p_values(usual["mean"], [good.mean()])[0]),
# +     "p_mean": float(2 * norm.sf(abs(z))),
#       "p_sd": float(p_values(usual["sd"], [good.std(ddof=1)])[0]),

# %% exercise="monitor_outputs" answer="wrong" name="only_wide_is_unusual" expect="A stuck model says 6.0 every time." of="reference"
# Misconception: predictions that spread too far are a sign of trouble, and those that do not spread are not.
#   counted = finite & ~np.isnan(labels) & (age >= mature)
# + spread = good.std(ddof=1)
#   return {
#
#   "p_mean": float(p_values(usual["mean"], [good.mean()])[0]),
# - "p_sd": float(p_values(usual["sd"], [good.std(ddof=1)])[0]),
# + "p_sd": float(p_values(usual["sd"], [spread])[0]) if spread > usual["sd"].mean() else 1.0,
#   "labelled": int(counted.sum()),

# %% exercise="monitor_outputs" answer="wrong" name="variance_for_spread" expect="Is the standard deviation compared with the column" of="reference"
# Misconception: spread is spread; a variance is compared with standard deviations.
# - "p_sd": float(p_values(usual["sd"], [good.std(ddof=1)])[0]),
# + "p_sd": float(p_values(usual["sd"], [good.var(ddof=1)])[0]),

# %% exercise="monitor_outputs" answer="wrong" name="only_high_is_unusual" expect="Drift goes down as well as up." of="reference"
# Misconception: an alarm is for predictions that are too high.
# + from scipy.stats import t as student
# +
# +
#   def monitor_outputs(predictions, usual, labels, age, mature):
#
#   counted = finite & ~np.isnan(labels) & (age >= mature)
# + off = (good.mean() - usual["mean"].mean()) / (usual["mean"].std() * np.sqrt(1 + 1 / len(usual)))
#   return {
#       "failed": float(np.mean(~finite)),
# -     "p_mean": float(p_values(usual["mean"], [good.mean()])[0]),
# +     "p_mean": float(student.sf(off, len(usual) - 1)),
#       "p_sd": float(p_values(usual["sd"], [good.std(ddof=1)])[0]),

# %% exercise="monitor_outputs" answer="wrong" name="every_label_so_far" expect="the late ones are missing: wait for mature" of="reference"
# Misconception: the more labels, the better; but those that are in first are those that landed early.
# - counted = finite & ~np.isnan(labels) & (age >= mature)
# + counted = finite & ~np.isnan(labels)

# %% exercise="monitor_outputs" answer="wrong" name="missing_label_is_on_time" expect="as if the flight had been on time" of="reference"
# Misconception: fillna(0) does no harm.
# - counted = finite & ~np.isnan(labels) & (age >= mature)
# + counted = finite & (age >= mature)
#
# - "bias": float(np.mean((predictions - labels)[counted])) if counted.any() else None,
# + "bias": float(np.mean((predictions - np.nan_to_num(labels))[counted])) if counted.any() else None,

# %% exercise="monitor_outputs" answer="wrong" name="mean_minus_mean" expect="Subtract flight by flight." of="reference"
# Misconception: the mean of the predictions minus the mean of the labels is the bias, whichever flights they are of.
# - "bias": float(np.mean((predictions - labels)[counted])) if counted.any() else None,
# + "bias": float(good.mean() - labels[counted].mean()) if counted.any() else None,

# %% exercise="monitor_outputs" answer="wrong" name="label_minus_prediction" expect="has the wrong sign" of="reference"
# Misconception: the residual of statistics (truth - prediction) is the bias of a monitor.
# - "bias": float(np.mean((predictions - labels)[counted])) if counted.any() else None,
# + "bias": float(np.mean((labels - predictions)[counted])) if counted.any() else None,

# %% exercise="monitor_outputs" answer="wrong" name="absolute_error" expect="is a mean of absolute errors" of="reference"
# Misconception: bias is how large the errors are.
# - "bias": float(np.mean((predictions - labels)[counted])) if counted.any() else None,
# + "bias": float(np.mean(np.abs(predictions - labels)[counted])) if counted.any() else None,

# %% exercise="monitor_outputs" answer="wrong" name="failed_predictions_counted" expect="In the worked example 2 flights are labelled" of="reference"
# Misconception: every mature label counts, even where there was nothing to compare it with.
# - counted = finite & ~np.isnan(labels) & (age >= mature)
# + counted = ~np.isnan(labels) & (age >= mature)
#
# - "bias": float(np.mean((predictions - labels)[counted])) if counted.any() else None,
# + "bias": float(np.nanmean((predictions - labels)[counted])) if counted.any() else None,

# %% exercise="monitor_outputs" answer="wrong" name="no_labels_no_bias" expect="A 0 would say: no bias." of="reference"
# Misconception: 0 is a good value for "not known yet".
# - "bias": float(np.mean((predictions - labels)[counted])) if counted.any() else None,
# + "bias": float(np.sum((predictions - labels)[counted]) / max(counted.sum(), 1)),

# %% exercise="monitor_outputs" answer="wrong" name="older_than_mature" expect="at exactly that age too" of="reference"
# Misconception: from this age on means older than it. (hidden)
# - counted = finite & ~np.isnan(labels) & (age >= mature)
# + counted = finite & ~np.isnan(labels) & (age > mature)

# %% exercise="monitor_outputs" answer="wrong" name="a_day_is_enough" expect="does not follow the argument mature" of="reference"
# Misconception: labels take 24 hours everywhere. (hidden)
# - counted = finite & ~np.isnan(labels) & (age >= mature)
# + counted = finite & ~np.isnan(labels) & (age >= 24)

# %% exercise="monitor_outputs" answer="same" name="spread_of_all" of="reference"
# Same: the docstring does not say which standard deviation; over hundreds of flights they hardly differ.
# - "p_sd": float(p_values(usual["sd"], [good.std(ddof=1)])[0]),
# + "p_sd": float(p_values(usual["sd"], [good.std()])[0]),

# %% exercise="monitor_outputs" answer="same" name="ddof_zero" of="reference"
# Same: the docstring does not say which standard deviation; over hundreds of flights they hardly differ.
# - "p_sd": float(p_values(usual["sd"], [good.std(ddof=1)])[0]),
# + "p_sd": float(p_values(usual["sd"], [good.std(ddof=0)])[0]),

# %% exercise="monitor_outputs" answer="same" name="ddof_two" of="reference"
# Same: the docstring does not say which standard deviation; over hundreds of flights they hardly differ.
# - "p_sd": float(p_values(usual["sd"], [good.std(ddof=1)])[0]),
# + "p_sd": float(p_values(usual["sd"], [good.std(ddof=2)])[0]),

# %% exercise="monitor_outputs" answer="right" name="one_table"
# One row per flight; pandas leaves out what is missing.
def monitor_outputs(predictions, usual, labels, age, mature):
    table = pd.DataFrame({"said": predictions, "true": labels, "age": age}).replace([np.inf, -np.inf], np.nan)
    today = table["said"].agg(["mean", "std"])
    error = (table["said"] - table["true"])[table["age"] >= mature].dropna()
    return {
        "failed": table["said"].isna().mean(),
        "p_mean": p_values(usual["mean"], today[["mean"]])[0],
        "p_sd": p_values(usual["sd"], today[["std"]])[0],
        "labelled": len(error),
        "bias": None if error.empty else error.mean(),
    }

# %% exercise="monitor_outputs" answer="right" name="flight_by_flight"
# Plain Python over the flights, and Student's t by hand from scipy's table.
import math
import statistics

from scipy.stats import t as student


def unusual(today, past):
    past = list(past)
    scale = statistics.stdev(past) * math.sqrt(1 + 1 / len(past))
    return float(2 * student.sf(abs(today - statistics.mean(past)) / scale, len(past) - 1))


def monitor_outputs(predictions, usual, labels, age, mature):
    finite = [float(p) for p in predictions if math.isfinite(p)]
    errors = [
        float(p - y)
        for p, y, hours in zip(predictions, labels, age)
        if math.isfinite(p) and hours >= mature and not math.isnan(y)
    ]
    return {
        "failed": 1 - len(finite) / len(predictions),
        "p_mean": unusual(statistics.fmean(finite), usual["mean"]),
        "p_sd": unusual(statistics.stdev(finite), usual["sd"]),
        "labelled": len(errors),
        "bias": statistics.fmean(errors) if errors else None,
    }

# %% exercise="monitor_outputs" answer="right" name="masked_arrays"
# NumPy's masked arrays carry the holes along; a sum of nothing is recognised by its count.
def monitor_outputs(predictions, usual, labels, age, mature):
    said = np.ma.masked_invalid(predictions)
    error = np.ma.masked_where(np.asarray(age) < mature, said - np.ma.masked_invalid(labels))
    p_mean, p_sd = (p_values(usual[k], [v])[0] for k, v in (("mean", said.mean()), ("sd", said.std(ddof=1))))
    count = int(error.count())
    return dict(
        failed=1 - said.count() / said.size,
        p_mean=p_mean,
        p_sd=p_sd,
        labelled=count,
        bias=float(error.sum() / count) if count else None,
    )
