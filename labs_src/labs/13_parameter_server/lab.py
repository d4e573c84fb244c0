# ---
# jupyter:
#   lab:
#     title: Parameter server
#     question: Who holds the weights, and who may be late?
#     minutes: {core: 70, all: 175}
#     core: [partition, async_sgd, choose]
#     seconds: 40
#     objectives:
#       - Cut an embedding over servers and an input over workers, and see which server gets the work
#       - Say what stale gradients cost, and how small the learning rate must become
#       - Choose between parameter server and all-reduce by what a step costs, with the reason
#       - Make steps that run at least once count once
#       - Train through the loss of a parameter server, from the last checkpoint
#     prerequisites: [00_start_here]
#     covers:
#       data-parallel.parameter-server: [async_sgd, own_rows, apply_once, train, choose]
#       ps.throughput: [async_sgd, choose, explore]
#       ps.large-embeddings: [partition, choose]
# ---

# %% [markdown]
# # 13 · Parameter server
# *Who holds the weights, and who may be late?*
#
# Some models have more weights than a machine has memory: a row for every user, for every product. So **servers**
# hold the weights. **Workers** fetch the rows that they need, compute, and send updates back. Nobody waits for anybody.
#
# ```mermaid
# flowchart LR
#   accTitle: A parameter-server cluster
#   accDescr: The coordinator, which is this notebook, schedules steps on two workers. Each worker fetches rows from both servers and sends updates back. Server 0 holds the first rows of the embedding, server 1 the others.
#   C[Coordinator: this notebook] -- schedules steps --> W0[Worker 0]
#   C -- schedules steps --> W1[Worker 1]
#   W0 <-- rows, updates --> S0[(Server 0: the first rows)]
#   W0 <--> S1[(Server 1: the others)]
#   W1 <--> S0
#   W1 <-- rows, updates --> S1
# ```
#
# You start such a cluster, cut it up, and find out what being late costs. Parts 1 to 3 are the core, some 70 minutes.
# Parts 4 to 6 break the cluster, and are deeper.

# %% kind="setup"
# Imports.
import math

import numpy as np

from prodml import begin, check, diagram, explorer, hidden_rng, plots, predict, raised, reveal, rng, slow, value
from prodml.fast.distributed.coordinators import FakeCluster
from prodml.fast.distributed.staleness import Regression, largest_rate
from prodml.fast.distributed.workloads import draw, workload

begin("13_parameter_server")

# %% [markdown]
# Our flights have such a feature: the **pair** of a tail number and a destination. Some planes make up time on some
# routes. Each pair gets a row of 64 weights, an *embedding*. It would fit anywhere; we treat it as if it did not.

# %% kind="explore" folded=true
# Imports TensorFlow, and loads January's flights; pairs are numbered by how often they fly in the year.
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
import tensorflow as tf

from prodml.models.flight_pairs import flight_pairs

tf.config.threading.set_inter_op_parallelism_threads(4)
tf.get_logger().setLevel("CRITICAL")  # it writes pages about every process that we kill
DIM, BATCH, RATE = 64, 128, 0.1
data = flight_pairs()
print(f"{len(data.pairs):,} flights, {len(data.counts):,} pairs of {DIM} weights: {len(data.counts) * DIM * 4 / 1e6:.1f} MB")
print(f"The most frequent pair flies {data.counts[0]} times a year.")

# %% [markdown]
# ## 1 · Cut the weights
# *medium · about 4 lines · 12 minutes*
#
# The embedding is cut by rows: server 0 gets the first, server 1 the next, and so on. Each shard costs a request, so
# small ones do not pay: **as many shards as there are servers, but none below a size**.
#
# A worked example: seven rows of two weights (float32), so 8 bytes for each row.
#
# | servers | at least | shards |
# |---|---|---|
# | 3 | 1 byte | (0, 3), (3, 5), (5, 7) |
# | 3 | 24 bytes | (0, 4), (4, 7): of three, the smallest would have 16 |
# | 9 | 1 byte | seven of one row |
# | 3 | 99 bytes | (0, 7): too small to cut |

# %% kind="exercise" name="partition" exports=["partition"]
def partition(vocab, dim, servers, min_bytes):
    """The rows of an embedding that each server holds.

    vocab: int, rows. dim: int, float32 weights (4 bytes) of each row. Both are at least 1.
    servers, min_bytes: ints, at least 1; no shard is smaller than min_bytes, except that a single
        one may be.
    Returns a list of tuples (first, stop), in order: as many as possible but at most one for each
        server, none empty. Their lengths differ by at most one row, the longer ones first.
    """
    ### BEGIN SOLUTION
    most = min(servers, vocab)
    shards = max(n for n in range(1, most + 1) if n == 1 or vocab // n * dim * 4 >= min_bytes)
    size, more = divmod(vocab, shards)
    return [(n * size + min(n, more), (n + 1) * size + min(n + 1, more)) for n in range(shards)]
    ### END SOLUTION

# %% kind="check" name="partition" points=3
with check("partition"):
    def cut(*arguments):
        return [tuple(value(pair, tuple)) for pair in value(partition(*arguments), list)]

    got = cut(7, 2, 3, 1)
    assert got != [(0, 7)], f"7 rows over 3 servers, a byte is enough: yours {got} is one shard. As many shards as possible: three."
    assert len(got) <= 3, f"7 rows over 3 servers: yours has {len(got)} shards, {got}. At most one for each server."
    assert sum(b - a for a, b in got) == 7, f"7 rows over 3 servers: in yours {got}, stop − first adds up to {sum(b - a for a, b in got)}, not 7. What does not divide evenly must go somewhere too."
    lengths = [b - a for a, b in got]
    assert max(lengths) - min(lengths) <= 1, f"7 rows over 3 servers: expected (0, 3), (3, 5), (5, 7), yours {got}. Lengths differ by at most one row: what is left over is spread."
    assert got == [(0, 3), (3, 5), (5, 7)], f"7 rows over 3 servers: expected (0, 3), (3, 5), (5, 7), yours {got}. In order, the longer ones first."
    got = cut(12, 2, 4, 50)
    assert len(got) != 3, f"12 rows of two weights, no shard below 50 bytes: yours {got} has shards of 4 rows, as if a weight had 8 bytes. A float32 has 4."
    got = cut(7, 2, 3, 23)
    assert got != [(0, 7)], f"7 rows of 8 bytes, no shard below 23: three rows have 24 bytes, so two shards are possible, yours {got} is one. Has a row of yours dim weights of 4 bytes each?"
    assert got != [(0, 3), (3, 5), (5, 7)], f"7 rows of 8 bytes, no shard below 23: yours {got} has shards of 16 bytes. It is the smallest shard that counts, not their mean, and not their number."
    got = cut(7, 2, 3, 24)
    assert got != [(0, 7)], f"7 rows of 8 bytes, no shard below 24: yours {got} is one shard. (0, 4), (4, 7) have 32 and 24 bytes, and a shard of exactly 24 is allowed."
    assert got == [(0, 4), (4, 7)], f"7 rows of 8 bytes, no shard below 24: expected (0, 4), (4, 7), yours {got}."
    got = cut(7, 2, 3, 28)
    assert got == [(0, 7)], f"7 rows of 8 bytes, no shard below 28: expected (0, 7), yours {got}. 56 / 28 is 2, but of two shards the smaller has 3 rows, 24 bytes: bytes do not divide, rows do."
    got = cut(7, 2, 9, 1)
    assert got == [(i, i + 1) for i in range(7)], f"7 rows and 9 servers: expected seven shards of one row, yours {got}. No shard is empty."
    got = cut(7, 2, 3, 99)
    assert got == [(0, 7)], f"56 bytes, no shard below 99: expected (0, 7), yours {got}. A single shard may be smaller: the rows must be somewhere."
    ### BEGIN HIDDEN TESTS
    h = hidden_rng()

    def right(rows, dim, servers, small):
        shards = max(n for n in range(1, min(servers, rows) + 1) if n == 1 or rows // n * dim * 4 >= small)
        edges = [0, *np.cumsum([len(part) for part in np.array_split(np.arange(rows), shards)]).tolist()]
        return [(edges[n], edges[n + 1]) for n in range(shards)]

    tables = [(int(h.integers(50, 5000)), int(h.integers(1, 65)), int(h.integers(2, 40))) for _ in range(20)]
    anything = [(*table, int(table[0] * table[1] * 4 / h.uniform(1, 40))) for table in tables]
    assert all(cut(*case) == right(*case) for case in anything), "With another table and another smallest size your shards are not the ones asked for."
    exactly = [(rows, dim, servers, rows // int(h.integers(2, 1 + servers)) * dim * 4) for rows, dim, servers in tables]
    assert all(cut(*case) == right(*case) for case in exactly), "Where a shard has exactly the smallest size, yours are not the ones asked for."
    more = [(rows, dim, servers, small + 1) for rows, dim, servers, small in exactly]
    assert all(cut(*case) == right(*case) for case in more), "Where a shard would be one byte too small, yours are not the ones asked for."
    few = [(1, 1, 1, 1), (1, 3, 7, 1000), (int(h.integers(2, 9)), 3, 50, 12), (int(h.integers(9, 50)), 3, 1, 1)]
    assert all(cut(*case) == right(*case) for case in few), "With a single row, a single server, or more servers than rows, your shards are not the ones asked for."
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="partition"
# 1. First find the number of shards, then cut. For n shards the smallest has `vocab // n` rows.
# 2. `divmod(vocab, shards)` gives the length, and how many shards get one row more; `np.array_split` cuts just so.
# 3. Of the numbers `n` from 1 to `min(servers, vocab)`, keep those with `vocab // n * dim * 4 >= min_bytes`, and take the largest (1 if there is none).

# %% kind="explore"
# Draws how your function cuts our embedding over one to eight servers, at least 2 MB each.
cuts = {servers: partition(len(data.counts), DIM, servers, 2_000_000) for servers in range(1, 9)}
most = max(map(len, cuts.values()))
title = f"At least 2 MB each: whatever the number of servers, {most} shards at most"
fig, ax = plots.figure(title, x="MB of weights", y="servers that we have", figsize=(7, 3.2))
for servers, shards in cuts.items():
    for n, (first, stop) in enumerate(shards):
        ax.barh(servers, (stop - first) * DIM * 4 / 1e6, left=first * DIM * 4 / 1e6, color=plots.COLOURS[n], edgecolor=plots.BLACK)
ax.set_yticks(list(cuts))
ax.invert_yaxis()
ax.grid(False)
plots.show(fig, alt=f"{title}. Shards for 1 to 8 servers: {', '.join(str(len(shards)) for shards in cuts.values())}.")

# %% [markdown]
# ### Equal shards, equal work?
#
# Two servers get half of the rows each. The pairs are numbered by how often they fly, as vocabularies usually are.

# %% kind="explore"
predict("lookups",
    "How many percent of all lookups go to server 0, which holds the first half of the rows?",
    {"to server 0 (%)": (0, 100)},
)

# %% kind="explore"
def lookups_by_server(counts, servers):
    """The share of all lookups that each server answers, in percent."""
    shards = partition(len(counts), DIM, servers, 1)
    return [100 * counts[first:stop].sum() / counts.sum() for first, stop in shards]


of_two = lookups_by_server(data.counts, 2)

# %% kind="explore"
reveal("lookups", {"to server 0 (%)": of_two[0]}, unit="%",
    text=f"Bytes are even, work is not. Half of all pairs fly {np.median(data.counts):.0f} times a year at most.",
)

# %% [markdown]
# The cure is cheap: number the rows at random, or by a hash, before they are cut. Applied to four servers:

# %% kind="explore"
# Draws what four servers hold and answer, before and after the rows are shuffled.
by_frequency, at_random = lookups_by_server(data.counts, 4), lookups_by_server(rng().permutation(data.counts), 4)
title = f"Server 0 of four answers {by_frequency[0]:.0f} % of the lookups; after a shuffle {at_random[0]:.0f} %"
fig, ax = plots.figure(title, x="", y="share (%)", figsize=(7, 3.2))
kinds = {"rows, so bytes": ([25] * 4, plots.GREY), "lookups, rows by frequency": (by_frequency, plots.RED), "lookups, rows at random": (at_random, plots.BLUE)}
for k, (label, (shares, colour)) in enumerate(kinds.items()):
    ax.bar(np.arange(4) + 0.27 * (k - 1), shares, 0.25, color=colour, label=label)
ax.set_xticks(range(4), [f"server {n}" for n in range(4)])
ax.legend(loc="upper right")
plots.show(fig, alt=f"{title}. By frequency: {', '.join(f'{x:.0f} %' for x in by_frequency)}. At random: {', '.join(f'{x:.0f} %' for x in at_random)}.")

# %% [markdown]
# What follows is deeper, 3 minutes: TensorFlow has such a function too. Is it the same as yours?

# %% [markdown] deeper=3
# ### Deeper: TensorFlow's own partitioner

# %% [markdown]
# "Each shard has at least `min_shard_bytes`", says its documentation.

# %% kind="explore"
# Asks TensorFlow's partitioner for its number of shards.
def theirs(vocab, dim, servers, min_bytes):
    cut = tf.distribute.experimental.partitioners.MinSizePartitioner(min_bytes, servers)
    return cut(tf.TensorShape([vocab, dim]), tf.float32)[0]

# %% kind="explore"
for min_bytes in (1, 24, 50, 57):
    mine, other = len(partition(7, 2, 3, min_bytes)), theirs(7, 2, 3, min_bytes)
    print(f"7 rows, at least {min_bytes} bytes: {mine} shards by yours, {other} by TensorFlow's")

# %% [markdown]
# It rounds **up**: 56 bytes with a minimum of 50 become two shards, of 32 and 24 bytes. Harmless here, but no limit
# that you could rely on.

# %% [markdown]
# ### A real cluster
#
# Now four processes on ports of this machine: two workers, two servers. The notebook coordinates. Each variable lives
# on a server, the embedding on both.

# %% kind="explore" folded=false
from prodml.runtime.processes import parameter_server_cluster


class Model:
    """The variables, each on a server, and the coordinator that schedules steps."""

    def __init__(self, cluster, capacity=4000):
        halves = tf.distribute.experimental.partitioners.MinSizePartitioner(1 << 20, 2)
        self.strategy = tf.distribute.ParameterServerStrategy(cluster.resolver(), halves)
        self.coordinator = tf.distribute.coordinator.ClusterCoordinator(self.strategy)
        with self.strategy.scope():
            shape = [len(data.counts), DIM]
            self.embedding = tf.Variable(first_rows, shape=shape, dtype=tf.float32)
            self.output = tf.Variable(tf.zeros([DIM + 4, 1]))
            self.counter = tf.Variable(0)
            self.log = tf.Variable(tf.fill([capacity, 2], -1))  # step, and what it had seen

    def schedule(self, first, count=10):
        """Have some worker do these steps, some time."""
        self.coordinator.schedule(self.steps, args=(tf.constant(first), tf.constant(count)))

# %% kind="explore"
# One step of a worker: fetch the rows of a batch, compute, send updates, and write a log.
def first_rows(partition_shape, partition_offset):
    """The first weights of some rows, made by the server that holds them: the whole table is nowhere."""
    return tf.random.stateless_uniform(partition_shape, [1, partition_offset[0]], -0.1, 0.1)


class Training(Model):
    """A model with the steps that workers run."""

    def __init__(self, cluster, capacity=4000):
        super().__init__(cluster, capacity)
        self.flights = [tf.constant(x) for x in (data.pairs, data.features, data.gains[:, None])]

    @tf.function
    def steps(self, first, count):
        for step in tf.range(first, first + count):
            seen = self.counter.read_value()
            with tf.control_dependencies([seen]), tf.GradientTape() as tape:
                rows = tf.math.floormod(step * BATCH + tf.range(BATCH), len(data.gains))
                pairs, features, gains = (tf.gather(x, rows) for x in self.flights)
                fetched = tf.nn.embedding_lookup(self.embedding, pairs)
                said = tf.matmul(tf.concat([fetched, features], axis=1), self.output)
                loss = tf.reduce_mean((said - gains) ** 2)
            variables = [*self.embedding.variables, self.output]
            for variable, gradient in zip(variables, tape.gradient(loss, variables), strict=True):
                if isinstance(gradient, tf.IndexedSlices):  # only the rows that were fetched
                    variable.scatter_sub(tf.IndexedSlices(RATE * gradient.values, gradient.indices))
                else:
                    variable.assign_sub(RATE * gradient)
            with tf.control_dependencies([loss]):
                # Adds 1 and returns what was there before, in one go: with assign_add two workers may get one number.
                number = tf.raw_ops.ResourceCountUpTo(resource=self.counter.handle, limit=1 << 30, T=tf.int32)
            self.log.scatter_nd_update([[number]], [[step, seen]])

# %% kind="explore"
predict("without_join",
    "50 calls of `schedule`, ten steps each; then the counter of finished steps is read at once. What does it show?",
    {"counter": (0, 500)},
)

# %% kind="explore"
# Asks each server how many rows it holds, and the system how much its process has grown.
from prodml.runtime.memory import tree_memory


def rows_held(training):
    """Counted where the rows are, not in the notebook."""
    counted = []
    for shard in training.embedding.variables:
        with tf.device(shard.device):
            counted.append(int(tf.shape(shard.read_value())[0]))
    return counted


def memory_of(cluster):
    """MB of each server."""
    return [tree_memory(cluster.group[name].pid) / 1e6 for name in ("ps0", "ps1")]

# %% kind="explore"
def first_run():
    with parameter_server_cluster(workers=2, servers=2) as cluster:
        before = memory_of(cluster)
        training = Training(cluster)
        for first in range(0, 500, 10):
            training.schedule(first)
        at_once = int(training.counter.numpy())
        training.coordinator.join()  # waits until all have run
        joined = int(training.counter.numpy())
        grown = np.subtract(memory_of(cluster), before)
        return at_once, joined, rows_held(training), grown, training.log.numpy()[:joined]


with slow("Starts four processes, and trains 500 steps", seconds=4):
    at_once, joined, held, grown, log = first_run()

# %% kind="explore"
reveal("without_join", {"counter": at_once}, unit="steps",
    text=f"After `join` it shows {joined}. Without it you read a model that is not done, perhaps not begun: "
    "`schedule` has only queued the steps. No error, no warning.",
)

# %% kind="explore"
# Draws who held what, as each server has counted it, and how much of a batch's rows each sends.
to_first = np.mean(data.pairs < held[0])
fetched = [share * BATCH * DIM * 4 / 1000 for share in (to_first, 1 - to_first)]
servers = "\n".join(
    f'    P{n}[("ps{n}: {held[n]:,} rows<br/>{held[n] * DIM * 4 / 1e6:.1f} MB of weights<br/>grew by {grown[n]:.0f} MB")]' for n in (0, 1)
)
arrows = "\n".join(f'    W{w} <-- "{fetched[n]:.0f} kB a batch" --> P{n}' if w == n else f"    W{w} <--> P{n}" for w in (0, 1) for n in (0, 1))
diagram(
    f"flowchart LR\n    W0[worker 0]\n    W1[worker 1]\n{servers}\n{arrows}",
    title="Who held what",
    alt=f"Each server holds about half of the embedding: {held[0]:,} and {held[1]:,} rows. Their processes grew by "
    f"{grown[0]:.0f} and {grown[1]:.0f} MB. For a batch each worker fetches {fetched[0]:.0f} kB of rows from ps0 and {fetched[1]:.0f} kB from ps1.",
)

# %% [markdown]
# The whole table is nowhere: each server made its own half. (Its process also holds connections, buffers and compiled
# functions.) A worker fetches the rows of its batch, not the table; most of them from server 0, the hot shard.

# %% [markdown]
# ## 2 · Late gradients
# *medium · about 5 lines · 15 minutes*
#
# While a worker computes, others change the weights. When its gradient arrives, it fits weights that are gone. How many
# updates old it is, is its **staleness**. The cluster wrote a log of it.

# %% kind="explore"
# Draws thirty updates of the cluster, each from what its worker had seen to when it came.
stale = np.arange(len(log)) - log[:, 1]
window = max(range(0, len(log) - 30, 10), key=lambda at: stale[at : at + 30].sum())
title = f"Of these 30 updates, {np.sum(stale[window : window + 30] > 0)} come from weights that had changed meanwhile"
fig, ax = plots.figure(title, x="step counter", y="updates, as they came", figsize=(7, 3.2))
for n in range(window, window + 30):
    colour = plots.RED if stale[n] else plots.BLUE
    ax.plot([log[n, 1], n + 1], [n, n], color=colour, linewidth=2, solid_capstyle="butt")
    ax.plot([n + 1], [n], "o", color=colour, markersize=4)
ax.invert_yaxis()
ax.grid(True, axis="x")
plots.show(fig, alt=f"{title}. Each line goes from the counter that the worker had read to the one after its update; a fresh one is 1 long.")

# %% kind="explore"
# Draws how stale the gradients of all 500 steps were.
shares = 100 * np.bincount(np.minimum(stale, 6), minlength=7) / len(stale)
title = f"Two workers: {shares[0]:.0f} % are fresh, the mean is {stale.mean():.1f} updates old, the oldest {stale.max()}"
fig, ax = plots.figure(title, x="staleness (updates)", y="share of the steps (%)", figsize=(7, 3))
ax.bar([*map(str, range(6)), "6 or more"], shares, color=plots.BLUE)
plots.show(fig, alt=f"{title}. Shares for 0 to 5 and more: {', '.join(f'{s:.0f} %' for s in shares)}.")

# %% [markdown]
# If N workers do nothing else, N − 1 others write between a worker's reading and its writing, **on average**. That is no
# bound: a slow worker sees many more. Your mean is below 1, for a worker is also between steps. A hundred workers come
# near 99. You simulate what that does.

# %% [markdown]
# A worked example: the gradient at $w$ is $w$, we start at 8, the rate is 0.5.
#
# | step | staleness | gradient at | weights after |
# |---|---|---|---|
# | 0 | 0 | 8 | 4 |
# | 1 | 0 | 4 | 2 |
# | 2 | 1 | 4 (one update ago) | 0 |
# | 3 | 2 | 4 (two updates ago) | −2 |

# %% kind="exercise" name="async_sgd" exports=["async_sgd"]
def async_sgd(gradient, start, rate, staleness):
    """The weights before and after each update, when gradients are late.

    gradient: function (weights, step) → 1-D array: of the batch of `step`, at these weights.
    start: 1-D float array; it is not changed. rate: float, the learning rate.
    staleness: list of ints, one for each step. Step t applies the gradient of its batch t at the
        weights as they were staleness[t] updates ago; before there were so many, at `start`.
    Returns a float array [steps + 1, weights]; row 0 is `start`.
    """
    ### BEGIN SOLUTION
    history = [start]
    for step, late in enumerate(staleness):
        seen = history[max(0, step - late)]
        history.append(history[-1] - rate * np.asarray(gradient(seen, step)))
    return np.array(history)
    ### END SOLUTION

# %% kind="check" name="async_sgd" points=4
with check("async_sgd", touched="The array `start` that was handed over has changed: `-=` works in place. Begin with a copy."):
    asked = []

    def slope(weights, step):
        asked.append(step)
        return np.array(weights, dtype=float)

    def run(late, start=8.0):
        asked.clear()
        return value(async_sgd(slope, np.array([start]), 0.5, late), np.ndarray)[:, 0].round(6).tolist()

    got = run([0, 0, 0])
    assert got != [got[-1]] * len(got), f"Three steps, and all rows of your result are {got[-1]}: they are one array, changed in place. Keep a copy of the weights of every moment."
    assert got != [4, 2, 1], "Without staleness, from 8: yours begins with 4. Row 0 is the start, before any update."
    assert got == [8, 4, 2, 1], f"Without staleness, from 8: expected 8, 4, 2, 1, yours {got}. Row 0 is the start, and each step adds one row."
    got = run([0, 0, 0, 2])
    assert got != [8, 4, 2, 1, 0.5], "Staleness 0, 0, 0, 2 and yours goes on to 0.5: as if every gradient were fresh. At which weights is it computed?"
    assert got != [8, 4, 2, 1, 1], f"Staleness 0, 0, 0, 2, and in yours {got} the last update is lost. A late gradient is applied like any other."
    assert got != [8, 4, 2, 1, -3], f"Yours {got} uses weights that are one update too old: staleness 1 is the row before the current one."
    assert got != [8, 4, 2, 1, 2], f"Yours {got} also *starts* the step at the old weights, 4, and undoes what came since. Only the gradient is old; it changes the newest weights, 1."
    assert got != [8, 4, 2, 1, 0], f"Yours {got} uses weights that are one update too new: two updates ago they were 4."
    assert got != [8, 4, 2, 1, 0.333333], f"Yours {got} makes the step smaller because its gradient is late. That is done too; asked is one rate for all."
    assert got == [8, 4, 2, 1, -1], f"Staleness 0, 0, 0, 2: expected 8, 4, 2, 1, −1, yours {got}."
    got = run([0, 0, 1, 2])
    assert got == [8, 4, 2, 0, -2], f"Staleness 0, 0, 1, 2: expected 8, 4, 2, 0, −2, yours {got}."
    came = []
    outcome = raised(lambda: came.append(run([3] * 5)))
    assert outcome is None, f"Staleness 3 from the first step on, and {outcome} came out of your function. Before there were three updates, gradients are computed at the start."
    got = came[0]
    assert asked == [0, 1, 2, 3, 4], f"Five steps ask for the gradients of batches 0 to 4, yours for {asked}. A batch is used when it comes; only the weights are old."
    assert got[:5] == [8, 4, 0, -4, -8], f"Staleness 3 from the first step on: expected 8, 4, 0, −4, −8, yours {got[:5]}. Before there were three updates, gradients are computed at the start; each is applied by itself, none waits for others."
    assert got[5] == -10, f"Step 4 with staleness 3 uses the weights of one update, 4: expected −10 after it, yours {got[5]}."
    ### BEGIN HIDDEN TESTS
    h = hidden_rng()
    matrix, begun = h.normal(size=(3, 3)), h.normal(size=3)
    late = [int(s) for s in h.integers(0, 6, 30)] + [int(s) for s in h.integers(0, 60, 30)]
    wanted = [begun]
    for step, s in enumerate(late):
        wanted.append(wanted[-1] - 0.02 * (matrix @ wanted[max(0, step - s)] + step))
    got = value(async_sgd(lambda weights, step: matrix @ np.asarray(weights) + step, begun.copy(), 0.02, late), np.ndarray)
    assert got.shape == (61, 3), "With several weights your result has not one row for the start and one for each step."
    assert np.allclose(got[:31], wanted[:31]), "With staleness that changes from step to step, your weights are other ones."
    assert np.allclose(got, wanted), "With gradients that are up to 60 updates old, your weights are other ones."
    none = value(async_sgd(lambda weights, step: np.asarray(weights), begun.copy(), 0.02, []), np.ndarray)
    assert none.shape == (1, 3) and np.allclose(none, begun), "Without any step, the result is one row, the start."
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="async_sgd"
# 1. Keep a list of the weights at every moment. The last one is current; a late gradient looks further back.
# 2. In step t the list has t + 1 entries. `history[max(0, t - staleness[t])]` is what the worker saw.
# 3. `history.append(history[-1] - rate * gradient(seen, t))` makes a new array each time; `w -= …` would change all rows.

# %% kind="explore"
# Draws your function on the worked example: the same gradients, zero to three updates late.
title = "The later the gradients, the further they overshoot"
fig, ax = plots.figure(title, x="step", y="weight (the best is 0)", figsize=(7, 3.2))
paths = {late: async_sgd(lambda weights, step: weights, np.array([8.0]), 0.5, [late] * 16)[:, 0] for late in range(4)}
for (late, path), colour in zip(paths.items(), (plots.GREY, plots.BLUE, plots.ORANGE, plots.RED), strict=True):
    ax.plot(path, color=colour)
    at = int(np.argmin(path[:8])) if late else 2
    ax.annotate(f"staleness {late}", (at, path[at]), (0, -3 if late else 8), textcoords="offset points", ha="left", va="top" if late else "bottom")
ax.axhline(0, color=plots.BLACK, linewidth=0.8)
ax.set_ylim(min(path.min() for path in paths.values()) - 2.5, None)
plots.show(fig, alt=f"{title}. After 16 steps from 8 at a rate of 0.5: {', '.join(f'{path[-1]:.1f} at staleness {late}' for late, path in paths.items())}.")

# %% [markdown]
# Rate 0.5 is fine for staleness 1, and too much for 3. So a late gradient takes a smaller rate. How much smaller? We try
# it on the flights of January, shuffled, in batches of 64, and must say first what **diverges** means: *the loss goes
# above ten times its start within 1,200 steps.* Rates are multiplied by the loss's **curvature**, its largest second
# derivative: the steeper the bowl, the smaller the step that it bears.

# %% kind="explore" folded=false
order = rng().permutation(len(data.gains))
january = Regression(data.features[order].astype(float), data.gains[order].astype(float), batch=64)


def diverges(rate, staleness, problem=january):
    """Whether the loss goes above ten times its start, with your async_sgd."""
    with np.errstate(over="ignore", invalid="ignore"):
        history = async_sgd(problem.gradient, np.zeros(4), rate, staleness)
    losses = problem.losses(history)
    return bool(losses.max() > 10 * losses[0])

# %% kind="explore"
predict("rate",
    "The largest learning rate that does not diverge, as a share of the largest with fresh gradients. What remains?",
    {"staleness 1 (%)": (1.0, 100.0, "log"), "staleness 8 (%)": (1.0, 100.0, "log")},
)

# %% kind="explore"
tried = []  # staleness, rate × curvature, whether it diverged


def border(late):
    """The largest rate that does not diverge, × curvature: ten halvings between 0.02 and 3."""
    low, high = 0.02, 3.0
    for _ in range(10):
        middle = math.sqrt(low * high)
        gone = diverges(middle / january.curvature, [late] * 1200)
        low, high = (low, middle) if gone else (middle, high)
        tried.append((late, middle, gone))
    return low


lates = [0, 1, 2, 4, 8, 16, 32]
borders = {late: border(late) for late in lates}
theory = {late: largest_rate(1, late) for late in lates}  # the formula, × curvature

# %% kind="explore"
reveal("rate",
    {f"staleness {late} (%)": 100 * borders[late] / borders[0] for late in (1, 8)},
    unit="%",
    text=f"One update late, and about half of the rate is gone. A formula for one curve without noise says "
    f"{100 * theory[1] / theory[0]:.0f} and {100 * theory[8] / theory[0]:.1f} %: the next picture has both.",
)

# %% kind="explore"
# Draws every rate that was tried, and the formula's border beside the measured one.
apart = max(abs(borders[late] / theory[late] - 1) for late in lates)
title = f"The measured border is within {100 * apart:.0f} % of the formula's, at every staleness"
fig, ax = plots.figure(title, x="staleness (updates)", y="learning rate × curvature")
for gone, colour, mark, label in ((True, plots.RED, "x", "diverged"), (False, plots.BLUE, "o", "did not")):
    points = np.array([(lates.index(late), rate) for late, rate, g in tried if g == gone and late in lates])
    ax.scatter(points[:, 0], points[:, 1], 18, color=colour, marker=mark, label=label)
ax.plot([theory[late] for late in lates], color=plots.BLACK, label="formula: 2 sin(π / (4s + 2))")
ax.set_xticks(range(len(lates)), lates)
ax.set_yscale("log")
ax.set_ylim(0.008, 4)
ax.legend(loc="lower left")
plots.show(fig, alt=f"{title}. Measured rate × curvature: {', '.join(f'{borders[late]:.3g} at staleness {late}' for late in lates)}. The formula: {', '.join(f'{theory[late]:.3g}' for late in lates)}.")

# %% [markdown]
# The formula (Levin and May, 1976) knows one curve and no noise. The flights come in four hundred different batches, and
# yet the border is nearly the same: within 11 % in each of six shuffles. Now single runs; move both sliders:

# %% kind="explore"
# An explorer: the loss of a fresh and of a late run, at a rate of your choice.
def draw_training(staleness, rate_percent):
    rate = rate_percent / 100 * largest_rate(january.curvature, 0)
    fig, ax = plots.figure("", x="step", y="mean squared error (18 min)²", figsize=(7, 3.3))
    for late, colour in ((0, plots.GREY), (staleness, plots.BLUE)):
        with np.errstate(over="ignore", invalid="ignore"):
            losses = january.losses(async_sgd(january.gradient, np.zeros(4), rate, [late] * 300))
        ax.plot(np.minimum(losses, 3), color=colour, label=f"staleness {late}")
    possible = 100 * largest_rate(1, staleness) / 2
    ax.set_title(f"{rate_percent} % of 2 / curvature; by the formula, staleness {staleness} bears {possible:.1f} %")
    ax.set_ylim(0.7, 1.6)
    ax.legend(loc="upper left")
    plots.show(fig, alt=f"Loss over 300 steps at staleness 0 and {staleness}, rate {rate_percent} % of 2 / curvature. The last loss at staleness {staleness} is {losses[-1]:.2f}.")


explorer(draw_training, staleness=(0, 40, 8), rate_percent=(1, 60, 9))

# %% [markdown]
# Near the border the loss swings. More workers, more staleness, a smaller rate, more steps: asynchronous training is not
# free. And your own cluster? Its log is just what `async_sgd` takes.

# %% kind="explore"
# Draws which rates the staleness of your own cluster bears.
percents = range(10, 105, 5)
own = np.resize(stale, 1200).tolist()
kept = [percent for percent in percents if not diverges(percent / 100 * borders[0] / january.curvature, own)]
title = f"The staleness of your two workers bears {max(kept)} % of the largest fresh rate"
fig, ax = plots.figure(title, x="share of the largest rate with fresh gradients (%); a cross diverged", y="", figsize=(7, 1.7))
for percent in percents:
    ax.scatter(percent, 0, 60, color=plots.BLUE if percent in kept else plots.RED, marker="o" if percent in kept else "x")
ax.set_yticks([])
ax.grid(False)
plots.show(fig, alt=f"{title}; their mean staleness is {stale.mean():.1f}. Dots are rates that did not diverge, crosses those that did.")

# %% [markdown]
# What follows is deeper, 8 minutes: what the order of the batches does to the border, and what is lost below it.

# %% [markdown] deeper=8
# ### Deeper: where the border moves

# %% [markdown]
# We shuffled the flights. In the order of departure, a batch of 64 is one evening, and a stormy one bends the loss
# several times as much as the average flight.

# %% kind="explore"
by_departure = Regression(data.features.astype(float), data.gains.astype(float), batch=64)
rates = np.geomspace(0.5, 2.2, 16)


def peak_and_end(rate):
    """Of the loss, in times its start; fresh gradients, rate × curvature."""
    history = async_sgd(by_departure.gradient, np.zeros(4), rate / january.curvature, [0] * 1200)
    losses = by_departure.losses(history)
    return losses.max() / losses[0], losses[-1] / losses[0]


peaks, ends = np.transpose([peak_and_end(rate) for rate in rates])

# %% kind="explore"
# Draws how high the loss went on the way, and where it ended.
batches = np.split(by_departure.inputs[: 400 * 64], 400)
steepest = max(np.linalg.eigvalsh(x.T @ x / 64)[-1] for x in batches) / january.curvature
safe = max(rate for rate, peak in zip(rates, peaks, strict=True) if peak <= 10)
title = f"In the order of departure the loss goes above ten times its start from a rate of about {safe:.1f} on, not 2"
fig, ax = plots.figure(title, x="learning rate × curvature, fresh gradients", y="loss / loss at the start", figsize=(7, 3.3))
for losses, colour, label in ((peaks, plots.RED, "highest on the way"), (ends, plots.BLUE, "at the end")):
    ax.plot(rates, np.minimum(losses, 1e4), color=colour)
    ax.annotate(label, (rates[9], min(losses[9], 1e4)), (6, 0), textcoords="offset points", va="top")
ax.axhline(10, color=plots.BLACK, linestyle=":")
ax.set_yscale("log")
ax.set_ylim(0.3, 2e4)
plots.show(fig, alt=f"{title}. The steepest of 400 batches has {steepest:.1f} times the curvature of all flights.")

# %% [markdown]
# One batch throws the loss up, and those after it bring it back. A criterion that looks at the last step alone would
# call a run fine that stood at fifty times its start on the way. Shuffling costs nothing. And below the border?

# %% kind="explore"
# Measures and draws what staleness 8 costs at rates below its border.
def mean_loss(late, share):
    """Of the last 100 of 400 steps."""
    weights = async_sgd(january.gradient, np.zeros(4), share * border_of_eight, [late] * 400)
    return january.losses(weights)[-100:].mean()


border_of_eight = largest_rate(january.curvature, 8)
below = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
cost = [100 * (mean_loss(8, share) / mean_loss(0, share) - 1) for share in below]
title = f"Far below the border staleness 8 costs nothing; at half of it {cost[6]:+.1f} % of the loss"
fig, ax = plots.figure(title, x="rate, as a share of the border at staleness 8", y="loss against fresh gradients (%)", figsize=(7, 3))
ax.plot(below, cost, "o-", color=plots.BLUE)
ax.axhline(0, color=plots.BLACK, linewidth=0.8)
plots.show(fig, alt=f"{title}. At {', '.join(f'{share:.0%}: {c:+.1f} %' for share, c in zip(below, cost, strict=True))}.")

# %% [markdown]
# ## 3 · Parameter server or all-reduce?
# *medium · about 9 lines · 20 minutes*
#
# The other way to share the work is **all-reduce**: every worker holds all weights, and after every batch they add
# their gradients in a ring and wait for the slowest. No staleness, no servers. What a round of N batches costs, one
# from each worker, is arithmetic:

# %% kind="setup" folded=false
# Two prices, in seconds. Sizes are in MB. The slowest worker takes `slowest` times as long.
def ring_seconds(w):
    """All-reduce: wait for the slowest, then all weights travel around the ring."""
    n, weights = w["workers"], w["dense"] + w["embedding"]
    return w["compute"] * w["slowest"] + 2 * (n - 1) / n * weights / w["bandwidth"]


def server_seconds(w):
    """Parameter server: the workers' time or the servers' network, whichever is longer; and that
    `extra` times, since stale steps are worth less. A batch moves dense and `touched` weights."""
    n, moving = w["workers"], 2 * (w["dense"] + w["touched"]) / w["bandwidth"]
    per_second = (n - 1) / (w["compute"] + moving) + 1 / (w["compute"] * w["slowest"] + moving)
    return w["extra"] * max(n / per_second, n * moving / w["servers"])

# %% kind="setup"
# Eleven workloads.
EXAMPLES = {
    "an image model": workload(workers=2, dense=400, extra=1.0),
    "a recommender": workload(dense=10, embedding=40_000, touched=2),
    "preemptible machines": workload(slowest=4.0),
    "a search ranker": workload(dense=10, embedding=2_000, touched=1),
    "one server for eight": workload(embedding=400, touched=1, servers=1, extra=1.0, compute=0.1),
    "stale and sparse": workload(dense=20, embedding=200, touched=1, extra=3.0),
    "large and large": workload(dense=9_000, embedding=9_000, touched=2),
    "two, one of them slow": workload(workers=2, dense=1, embedding=112, touched=1, slowest=4.0, extra=1.0),
    "few servers, little stale": workload(embedding=400, touched=1, servers=1, extra=1.3, compute=0.1),
    "either cure helps": workload(dense=30, embedding=400, touched=1, servers=1, extra=2.5, compute=0.1),
    "neither cure helps": workload(embedding=150, touched=1, servers=2, extra=2.2, compute=0.1),
}

# %% kind="explore"
# Draws both prices of the eleven workloads.
prices = {name: (ring_seconds(w), server_seconds(w)) for name, w in EXAMPLES.items()}
ordered = sorted(prices, key=lambda name: prices[name][1] / prices[name][0])
title = "Neither way is always cheaper"
fig, ax = plots.figure(title, x="seconds for one batch of each worker", figsize=(7, 3.8))
for at, name in enumerate(ordered):
    ax.plot(prices[name], [at, at], color=plots.GREY, linewidth=1)
fits = np.array([EXAMPLES[name]["dense"] + EXAMPLES[name]["embedding"] <= EXAMPLES[name]["memory"] for name in ordered])
rings, servers = np.array([prices[name] for name in ordered]).T
ax.plot(rings[fits], np.nonzero(fits)[0], "s", color=plots.ORANGE, label="all-reduce")
ax.plot(rings[~fits], np.nonzero(~fits)[0], "x", color=plots.RED, label="all-reduce,\nbut does not fit")
ax.plot(servers, range(len(ordered)), "o", color=plots.BLUE, label="parameter server")
ax.set_yticks(range(len(ordered)), ordered)
ax.set_xscale("log")
ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
plots.show(fig, alt=f"{title}. All-reduce and parameter server: {'; '.join(f'{name} {prices[name][0]:.2f} s and {prices[name][1]:.2f} s' for name in ordered)}.")

# %% [markdown]
# Say the **reason** too, by asking *what if*. First, memory: if dense + embedding do not fit into a worker, there is no
# ring. Else ask in this order; each question changes one thing of the workload, and nothing else:
#
# | winner | what if | then | reason |
# |---|---|---|---|
# | parameter server | there were no stragglers (slowest 1) | all-reduce would be at least as fast | stragglers |
# | | | else | bytes |
# | all-reduce | stale steps were worth as much (extra 1) | the parameter server would be faster | staleness |
# | | the servers were never the limit | the parameter server would be faster | servers |
# | | | else | bytes |

# %% [markdown]
# A worked example, *preemptible machines*: one of eight workers is four times as slow.
#
# | | all-reduce | parameter server |
# |---|---|---|
# | as it is | 0.94 s | **0.47 s** |
# | without the straggler | **0.34 s** | 0.43 s |
#
# The parameter server wins, because of stragglers.

# %% kind="exercise" name="choose" exports=["choose"]
def choose(work):
    """The cheaper way to train a workload, and why.

    work: dict of numbers with the keys workers, servers, dense, embedding, touched, memory (MB),
        bandwidth (MB/s), compute (seconds of a batch), slowest and extra (factors, at least 1),
        as in the text. It is not changed.
    Returns a tuple (way, reason): way is "parameter server" or "all-reduce"; reason is "memory",
        "stragglers", "bytes", "staleness" or "servers", by the first question that applies.
    """
    ### BEGIN SOLUTION
    if work["dense"] + work["embedding"] > work["memory"]:
        return "parameter server", "memory"

    def servers_win(**change):
        there = {**work, **change}
        return server_seconds(there) < ring_seconds(there)

    if servers_win():
        return "parameter server", "bytes" if servers_win(slowest=1) else "stragglers"
    if servers_win(extra=1):
        return "all-reduce", "staleness"
    return "all-reduce", "servers" if servers_win(servers=math.inf) else "bytes"
    ### END SOLUTION

# %% kind="check" name="choose" points=5
with check("choose", touched="The workload that was handed over has changed. Ask about a copy: {**work, \"slowest\": 1}."):
    PS, RING = "parameter server", "all-reduce"
    expected = {
        "preemptible machines": ((PS, "stragglers"), "In a ring all wait for the slowest, 0.8 s. Without stragglers the ring would win: that is the reason, not the bytes."),
        "an image model": ((RING, "bytes"), "All weights are dense, every batch needs them all: the servers save no byte."),
        "a recommender": ((PS, "memory"), "40 GB do not fit into a worker of 16 GB, however fast the ring were."),
        "a search ranker": ((PS, "bytes"), "It fits, so memory is no reason. But a batch touches 1 MB of 2,000, and the ring adds up all of them."),
        "one server for eight": ((RING, "servers"), "All the workers' bytes go through one machine. If servers were never the limit, it would be otherwise."),
        "stale and sparse": ((RING, "staleness"), "The servers move fewer bytes, but three times as many steps are needed. With extra 1 the parameter server would win."),
        "large and large": ((PS, "memory"), "Neither alone fills the 16 GB, but a worker of a ring holds both."),
        "two, one of them slow": ((PS, "bytes"), "There is a straggler, but without it the parameter server would still be faster. Ask for both ways what they take without it."),
        "few servers, little stale": ((RING, "servers"), "extra is above 1, but with extra 1 the ring would still win: ask, do not look. And servers that are never the limit are more than twice as many."),
        "either cure helps": ((RING, "staleness"), "With extra 1 the parameter server would win, with more servers too. The first question that is answered with yes counts."),
        "neither cure helps": ((RING, "bytes"), "With extra 1 alone the ring wins, with more servers alone too. Each question changes one thing, not all so far."),
    }
    for name, (wanted, reason) in expected.items():
        work = dict(EXAMPLES[name])
        ring, server = ring_seconds(work), server_seconds(work)
        got = value(choose(work), tuple)
        assert got == wanted, f"{name}: expected {wanted}, yours {got}. All-reduce takes {ring:.2f} s, the parameter server {server:.2f} s. {reason}"
    ### BEGIN HIDDEN TESTS
    h = hidden_rng()

    def judged(w):
        """What is right, and by which factor the closest comparison is decided."""
        def ratio(**other):
            changed = {**w, **other}
            return server_seconds(changed) / ring_seconds(changed)

        if w["dense"] + w["embedding"] > w["memory"]:
            return (PS, "memory"), (w["dense"] + w["embedding"]) / w["memory"]
        now, even, fresh, many = ratio(), ratio(slowest=1), ratio(extra=1), ratio(servers=1e12)
        if now < 1:
            verdict, asked = (PS, "stragglers" if even >= 1 else "bytes"), [now, even]
        elif fresh < 1:
            verdict, asked = (RING, "staleness"), [now, fresh]
        else:
            verdict, asked = (RING, "servers" if many < 1 else "bytes"), [now, fresh, many]
        return verdict, min(max(r, 1 / r) for r in asked)

    unseen = {(PS, "memory"): [], (PS, "stragglers"): [], (PS, "bytes"): [], (RING, "staleness"): [], (RING, "servers"): [], (RING, "bytes"): []}
    while min(map(len, unseen.values())) < 6:
        drawn = draw(h)
        drawn["memory"] = (drawn["dense"] + drawn["embedding"]) * float(h.choice([0.5, 0.8, 1, 1, 1.25, 4]))  # 1: just fits
        verdict, clearly = judged(drawn)
        if clearly >= 1.25 and len(unseen[verdict]) < 6:
            unseen[verdict].append(drawn)
    right = {verdict: sum(value(choose(dict(w)), tuple) == verdict for w in cases) for verdict, cases in unseen.items()}
    full = workload(dense=float(h.integers(20, 90)), memory=100.0, extra=1.0, servers=64)
    full["embedding"] = 100.0 - full["dense"]
    assert value(choose(dict(full)), tuple) == judged(full)[0], "Weights that fill a worker's memory exactly do fit."
    tie = workload(workers=2, dense=1, touched=1, embedding=3, bandwidth=4, compute=1, extra=1)  # both ways take 2 s
    dragged, stale = {**tie, "slowest": float(h.integers(3, 9))}, {**tie, "extra": float(h.integers(2, 9))}
    assert value(choose(dragged), tuple) == (PS, "stragglers"), "Where both ways take equally long without the straggler, all-reduce is at least as fast: the straggler is the reason."
    assert value(choose(stale), tuple) == (RING, "bytes"), "Where both ways take equally long with extra 1, the parameter server is not faster: staleness is not the reason."
    assert right[PS, "memory"] == 6, "On unseen workloads that do not fit into a worker, your choice or its reason is wrong."
    assert right[PS, "stragglers"] == 6, "On unseen workloads with a straggler that decides, your choice or its reason is wrong."
    assert right[PS, "bytes"] == 6, "On unseen workloads where a batch touches little of a large embedding, your choice or its reason is wrong."
    assert right[RING, "staleness"] == 6, "On unseen workloads where only stale steps speak for all-reduce, your choice or its reason is wrong."
    assert right[RING, "servers"] == 6, "On unseen workloads whose servers are too few, your choice or its reason is wrong."
    assert right[RING, "bytes"] == 6, "On unseen workloads where all-reduce moves no more bytes, your choice or its reason is wrong."
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="choose"
# 1. Memory is asked before any seconds. Then every "what if" is the same comparison on a copy with one key changed: `{**work, "slowest": 1}`.
# 2. Write one helper, `servers_win(**change)`, that compares both prices of `{**work, **change}`. Stragglers change both prices, so ask both again.
# 3. "Never the limit" is `servers=math.inf`. The order for all-reduce: `extra=1` first, then servers, from the workload as it is.

# %% [markdown]
# Who wins where? The map asks your function about 1,500 workloads. The star is our embedding on your cluster, the
# triangle the same if an airline kept a row per passenger.

# %% kind="explore"
# An explorer: who wins, for which reason, over the sizes of both kinds of weights.
REASONS = {
    ("parameter server", "memory"): plots.BLUE, ("parameter server", "bytes"): plots.SKY, ("parameter server", "stragglers"): plots.GREEN,
    ("all-reduce", "bytes"): plots.ORANGE, ("all-reduce", "staleness"): plots.RED, ("all-reduce", "servers"): plots.YELLOW,
}
OURS = {"★ our flights": (0.1, 11.3), "▲ a row per passenger": (0.1, 25_600)}


def draw_map(workers, servers, slowest, extra):
    from matplotlib.colors import ListedColormap

    embeddings, denses = np.geomspace(1, 1e5, 50), np.geomspace(0.1, 1e4, 30)
    told = [[choose(workload(workers=workers, servers=servers, slowest=slowest, extra=extra, dense=d, embedding=e, touched=e / 1000)) for e in embeddings] for d in denses]
    kinds = list(REASONS)
    numbers = np.array([[kinds.index(tuple(t)) for t in row] for row in told])
    share = np.mean(numbers < 3)
    fig, ax = plots.figure(f"The parameter server wins {share:.0%} of this map", x="embedding (MB), of which a batch touches a thousandth", y="dense weights (MB)", figsize=(7, 3.5))
    ax.pcolormesh(embeddings, denses, numbers, cmap=ListedColormap(list(REASONS.values())), vmin=-0.5, vmax=5.5, alpha=0.45, linewidth=0, rasterized=True)
    for number, (way, reason) in enumerate(kinds):
        if np.sum(numbers == number) > 15:
            rows, columns = np.nonzero(numbers == number)
            middle = np.argmin((rows - rows.mean()) ** 2 + (columns - columns.mean()) ** 2)
            right = columns[middle] > 42  # a centred label would leave the map
            at = embeddings[-1 if right else columns[middle]]
            ax.text(at, denses[rows[middle]], f"{way}:\n{reason}", ha="right" if right else "center", va="center")
    for mark, (dense, embedding) in zip("*^", OURS.values(), strict=True):
        ax.plot([embedding], [dense * 1.3], mark, color=plots.BLACK, markersize=11)
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.grid(False)
    plots.show(fig, alt=f"Map of who wins by embedding and dense weights, {workers} workers, {servers} servers, slowest {slowest:g}, extra {extra:g}. Shares: {', '.join(f'{way} because of {reason} {np.mean(numbers == n):.0%}' for n, (way, reason) in enumerate(kinds))}.")


explorer(draw_map, workers=(2, 64, 8), servers=(1, 16, 4), slowest=(1.0, 5.0, 1.0), extra=(1.0, 3.0, 1.2))

# %% [markdown]
# Set *slowest* to 4, then *extra* to 3, and see which reason eats which. Last, apply a diagnosis. *One server for
# eight* loses because of its servers. How many does it need?

# %% kind="explore"
short = EXAMPLES["one server for eight"]
for servers in (1, 2, 4, 8):
    print(servers, "servers:", *choose({**short, "servers": servers}), sep="  ")

# %% [markdown]
# A model of two formulas decides about orders of magnitude, not about 10 %. Measure before you buy machines.

# %% [markdown]
# ### You can stop here
#
# You have cut an embedding and found its hot shard, measured what being late costs, and can say which way to train is
# cheaper, and why. On Monday: ask who plots *requests per server*, and who knows the *staleness* of your training.

# %% [markdown]
# Part 4 is deeper, 35 minutes: you kill a worker, see steps run twice, and make them count once.

# %% [markdown] deeper=35
# ## 4 · At least once
# *medium · about 6 lines · 20 minutes*

# %% [markdown]
# Now kill a worker. Its ten steps may be half done: six have sent their updates, four have not. The coordinator only
# knows that it heard nothing, and gives all ten to another worker.

# %% kind="explore"
predict("twice",
    "3,000 steps are scheduled, and a worker is killed on the way. What does the counter show at the end?",
    {"counter": (2900, 3100)},
)

# %% [markdown]
# While this cell runs, **you** can kill a worker with a button below the table, and bring it back, more than once
# (JupyterLab hands over clicks while a cell runs). A dead worker comes back by itself after four seconds. If you kill
# none until half of the steps are done, it happens by itself. Leave the servers alone for now.

# %% kind="explore"
# Runs the steps, and writes down each death and each return of a worker.
import time


def run_with_accidents(steps=3000):
    with parameter_server_cluster(workers=2, servers=2) as cluster:
        cluster.show()
        training = Training(cluster, capacity=2 * steps)
        for first in range(0, steps, 10):
            training.schedule(first)
        started, seen, marks = time.perf_counter(), [], []
        pids, died = {name: cluster.group[name].pid for name in ("worker0", "worker1")}, {}
        while not training.coordinator.done():
            now, count = time.perf_counter() - started, int(training.counter.numpy())
            seen.append((now, count))
            for name in pids:
                process = cluster.group[name]
                if process.pid != pids[name]:
                    marks.append((now, f"{name} is back"))
                    pids[name] = process.pid
                    died.pop(name, None)
                elif process.poll() is not None and name not in died:
                    marks.append((now, f"{name} killed"))
                    died[name] = now
                elif name in died and now - died[name] > 4:
                    cluster.restart("worker", int(name[-1]))
            if not marks and count > steps / 2:
                cluster.kill("worker", 0)
            time.sleep(0.05)
        training.coordinator.join()
        seen.append((time.perf_counter() - started, int(training.counter.numpy())))
        arrived = training.log.numpy()[: seen[-1][1], 0]
        return np.array(seen), marks, arrived[arrived >= 0]  # −1: counted, but its worker died before it wrote the log

# %% kind="explore"
with slow("Trains 3,000 steps; kill a worker if you like", seconds=13):
    seen, marks, arrived = run_with_accidents()

# %% kind="explore"
# Draws the counter, with a mark for each accident.
deaths = sum("killed" in what for _, what in marks)
title = f"{deaths} {'death' if deaths == 1 else 'deaths'}: {seen[-1, 1]:,.0f} steps counted, 3,000 scheduled"
fig, ax = plots.figure(title, x="seconds", y="step counter")
ax.plot(seen[:, 0], seen[:, 1], color=plots.BLUE)
for at, what in marks:
    late = at > seen[-1, 0] / 2  # below the line there, above it before
    ax.axvline(at, color=plots.RED if "killed" in what else plots.GREEN, linestyle="--")
    ax.annotate(what, (at, 0 if late else seen[-1, 1]), (3, 0), textcoords="offset points", rotation=90, va="bottom" if late else "top")
plots.show(fig, alt=f"The step counter over time. {'; '.join(f'{what} at {at:.1f} s' for at, what in marks)}. It ends at {seen[-1, 1]:,.0f}.")

# %% kind="explore"
reveal("twice", {"counter": seen[-1, 1]}, unit="steps",
    text=f"{len(set(arrived.tolist())):,} different steps came, {np.sum(np.bincount(arrived) > 1)} of them more than once "
    f"(none? run the cell again), and {int(seen[-1, 1]) - len(arrived)} were counted without an entry in the log, because "
    "their worker died in between. A closure runs *at least once*.",
)

# %% [markdown]
# A handful of gradients applied twice hurts nobody. A counter that steers the learning rate, a sum of money, a metric:
# there it hurts. And steps arrive out of order.

# %% [markdown]
# So the state remembers which steps are in it. Not all of them: `below` says that every step under it is in, and
# `ahead` holds those beyond. Four arrivals, each with an update of +1:
#
# | arrives | weights | below | ahead |
# |---|---|---|---|
# | 0 | 1 | 1 | { } |
# | 2 | 2 | 1 | {2} |
# | 2 again | 2 | 1 | {2} |
# | 1 | 3 | 3 | { } |

# %% kind="exercise" name="apply_once" exports=["apply_once"]
def apply_once(step, update, state):
    """The state after a step's update has arrived: applied if it is the first time, ignored if not.

    step: int from 0; steps arrive in any order, each once or more often. update: float array.
    state: dict, as returned before:
        "weights": float array, the sum of the updates so far;
        "below": int, as large as possible: every step below it has been applied;
        "ahead": set of the steps above `below` that have been applied, and of no others.
    Returns a dict like `state`. The given one, with all that is in it, stays as it was: it may be
        a checkpoint. So does `update`.
    """
    ### BEGIN SOLUTION
    if step < state["below"] or step in state["ahead"]:
        return state
    below, ahead = state["below"], state["ahead"] | {step}
    while below in ahead:
        ahead.remove(below)
        below += 1
    return {"weights": state["weights"] + update, "below": below, "ahead": ahead}
    ### END SOLUTION

# %% kind="check" name="apply_once" points=4
with check("apply_once", touched="The state or the update that was handed over has changed: `+=` changes an array in place, and `ahead.add` a set: make new ones. If it was a checkpoint, it is none any more."):
    def after(steps, state=None):
        state = state or {"weights": np.zeros(2), "below": 0, "ahead": set()}
        for step in steps:
            state = value(apply_once(step, np.array([1.0, 10.0**step]), state), dict)
        return state

    got = after([0, 1, 2])
    assert got["weights"].tolist() == [3, 111], f"Steps 0, 1 and 2 in order: weights 3 and 111, yours {got['weights'].tolist()}."
    assert got["below"] == 3, f"Steps 0, 1 and 2 have been applied: below is 3, yours {got['below']}."
    got = after([0, 1, 1])["weights"].tolist()
    assert got == [2, 11], f"Step 1 arrived twice: weights 2 and 11, yours {got}. It was counted twice."
    got = after([0, 2, 1])["weights"].tolist()
    assert got != [2, 101], "Step 1 arrived after step 2, and yours dropped it. The highest step so far does not say that all before it have come: what arrives late is lost."
    assert got == [3, 111], f"Steps 0, 2, 1: weights 3 and 111, yours {got}."
    got = after([0, 1, 2, 3, 0, 2])["weights"].tolist()
    assert got == [4, 1111], f"Steps 0 to 3, then 0 and 2 again: weights 4 and 1111, yours {got}. A repeated step may come long after; to compare with the last one is not enough."
    got = after([0, 2, 2, 3])
    assert got["weights"].tolist() == [3, 1101], f"Steps 0, 2, 2, 3: weights 3 and 1101, yours {got['weights'].tolist()}. Those ahead count once too."
    assert (got["below"], value(got["ahead"], set)) == (1, {2, 3}), f"Steps 0, 2 and 3 have been applied: below 1, ahead {{2, 3}}, yours {got['below']} and {got['ahead']}."
    got = after([1, 2, 0])
    assert got["below"] == 3, f"Steps 1, 2 and then 0 have come: below is 3, yours {got['below']}. Does it move past all that was waiting?"
    got = after([1, 0, 3, 2, 5, 4])
    assert not got["ahead"], f"Steps 0 to 5 have all come, and your `ahead` still holds {len(got['ahead'])} of them. After a million steps it would hold a million."
    assert got["below"] == 6, f"Steps 0 to 5 have all come, not in order: below is 6, yours {got['below']}."

    got = after([0, 2, 4, 1])
    assert (got["below"], value(got["ahead"], set)) == (3, {4}), f"Steps 0, 2, 4, 1: step 3 is missing, so below 3, ahead {{4}}, yours {got['below']} and {got['ahead']}. Only what comes without a gap moves below."

    ### BEGIN HIDDEN TESTS
    h = hidden_rng()
    coming = np.concatenate([np.arange(30), h.integers(0, 30, 25)])
    coming = coming[np.argsort(np.arange(55) + h.uniform(0, 12, 55))]
    sizes = h.integers(1, 100, 30).astype(float)
    state = {"weights": np.zeros(len(sizes[:1])), "below": 0, "ahead": set()}
    for step in coming[:40]:
        state = value(apply_once(int(step), sizes[step : step + 1], state), dict)
    came = set(coming[:40].tolist())
    lowest = next(n for n in range(31) if n not in came)
    assert state["weights"][0] == sizes[sorted(came)].sum(), "In another order of arrivals, with repetitions, your weights are not the sum of each step once."
    assert state["below"] == lowest, "In another order of arrivals your `below` is not the first step that is missing."
    assert value(state["ahead"], set) == {s for s in came if s > lowest}, "In another order of arrivals your `ahead` is not what was applied beyond `below`."
    # A real log had to remember 987. Here one step is late by as many and more.
    lowest, gap = int(h.integers(5, 500)), int(h.integers(1100, 1900))
    known = {"weights": np.zeros(1), "below": lowest, "ahead": set(range(lowest + 1, lowest + gap))}

    def then(*steps):
        state = {**known, "ahead": set(known["ahead"])}
        for step in steps:
            state = value(apply_once(step, np.ones(1), state), dict)
        return float(state["weights"][0]), state["below"], value(state["ahead"], set)

    old, new = lowest + int(h.integers(1, 60)), lowest + gap + int(h.integers(1, 60))
    assert then(old, 0, lowest - 1) == (0, lowest, known["ahead"]), "Where one step is late by a thousand, or long after it was applied, a repeated step changes the state."
    assert then(new) == (1, lowest, known["ahead"] | {new}), "Where one step is late by a thousand, all those beyond it must be remembered, however many there are."
    assert then(new, lowest, new, lowest) == (2, lowest + gap, {new}), "When a step comes that was late by a thousand, below moves past all that was waiting, up to the next gap."
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="apply_once"
# 1. When is a step known already? There are two places to look.
# 2. A new step goes into a copy of `ahead`. Then, as long as `below` itself is in there, move `below` on.
# 3. `ahead | {step}` and `weights + update` make new objects; `ahead.add(step)` and `weights += update` change the caller's.

# %% [markdown]
# Your function on the arrivals that the real cluster has logged, each counting one:

# %% kind="explore"
def counted(arrivals):
    """The state after these steps, and how many it had to remember on the way."""
    state, remembered = {"weights": np.zeros(1), "below": 0, "ahead": set()}, []
    for step in arrivals:
        state = apply_once(step, np.ones(1), state)
        remembered.append(len(state["ahead"]))
    return state, remembered


state, remembered = counted(arrived.tolist())

# %% kind="explore"
# Draws how many steps your state had to remember.
title = f"{len(arrived):,} arrivals count as {state['weights'][0]:,.0f}; at most {max(remembered):,} steps were remembered"
fig, ax = plots.figure(title, x="arrivals", y="steps in ahead", figsize=(7, 3))
ax.plot(remembered, color=plots.BLUE)
plots.show(fig, alt=f"{title}. Every step below {state['below']:,} is in at the end.")

# %% [markdown]
# The dead worker's steps went to the **end** of the coordinator's queue. Until they came, all later ones had to be
# remembered: the memory is as long as the longest gap.
#
# Exactly once is a property of the *state*, not of the sending. It holds if update and memory change together: on one
# server, in one transaction. If a crash can fall between them, a step is lost or doubled again.

# %% [markdown]
# Part 5 is deeper, 25 minutes, and stands by itself: which rows of the input a worker reads, and what a call costs.

# %% [markdown] deeper=25
# ## 5 · Whose rows?
# *medium · about 1 line · 12 minutes*

# %% [markdown]
# The **input** is cut too. In the cluster above, rows follow from the step's number, so whoever repeats a step reads
# the same rows. TensorFlow's per-worker datasets are made by a function, on every worker. What is it told?

# %% kind="explore" folded=false
def sharded_datasets(training):
    """What the function is told, and which rows of twelve each worker then reads."""
    told = []

    def dataset_of(context):
        told.append((context.input_pipeline_id, context.num_input_pipelines))
        rows = tf.data.Dataset.range(12)
        mine = rows.shard(context.num_input_pipelines, context.input_pipeline_id)
        return mine.batch(12).repeat()

    def make():
        return training.strategy.distribute_datasets_from_function(dataset_of)

    per_worker = training.coordinator.create_per_worker_dataset(make)
    return told, read_on_each_worker(training, per_worker)

# %% kind="explore"
# Has each worker read one batch of its dataset.
def read_on_each_worker(training, per_worker):
    iterator = iter(per_worker)
    with training.strategy.scope():
        here = tf.Variable(0)

    @tf.function
    def first(rows):
        here.assign_add(1)  # then each waits for the other, so that each worker runs one
        tf.while_loop(lambda n: (here.read_value() < 2) & (n < 100_000), lambda n: n + 1, [0])
        return next(rows)

    read = [training.coordinator.schedule(first, args=(iterator,)) for worker in (0, 1)]
    training.coordinator.join()
    return [rows.fetch().tolist() for rows in read]

# %% [markdown]
# The same cluster can tell what a call costs. One guess before you look:

# %% kind="explore"
predict("closures",
    "A call of schedule costs something. How many times as many steps per second, if each call has ten steps instead of one?",
    {"times": (0.5, 20.0, "log")},
)

# %% kind="explore"
# Times 200 steps, in calls of so many.
def steps_per_second(training, count):
    started = time.perf_counter()
    for first in range(0, 200, count):
        training.schedule(first, count)
    training.coordinator.join()
    return 200 / (time.perf_counter() - started)

# %% kind="explore"
announced = slow("Starts another cluster, and times 1,400 steps", seconds=9)
with announced, parameter_server_cluster(workers=2, servers=2) as cluster:
    training = Training(cluster)
    told, read = sharded_datasets(training)
    steps_per_second(training, 10)  # traced once, before anything is timed
    speeds = np.array([[steps_per_second(training, n) for n in (1, 10)] for _ in range(3)])
gain = np.median(speeds[:, 1] / speeds[:, 0])

# %% kind="explore"
reveal("closures", {"times": gain}, unit="times",
    text="Every call crosses three processes. A function that does several steps pays for it once.",
)

# %% kind="explore"
print("(my number, of how many), as the function is told:", told)
print("rows of 12 that each worker read first:", *read, sep="\n")

# %% [markdown]
# It ran once and was told "number 0 of 1"; what it made was copied to both workers. It shards itself by this number, so
# **every worker gets the same shard**, here all twelve rows. A seed for each worker is no cure: rows are then read
# twice or not at all.

# %% [markdown]
# So all keep to **one** order that anybody can make anew, `np.random.default_rng(epoch).permutation(rows)`, and only cut
# it. If a worker is killed, whoever replaces it reads the same rows again, in another process. (`hash` of a text would
# be no seed: each Python process gives it another value.)
#
# For seven rows in epoch 0 the order is 2, 4, 3, 6, 5, 0, 1. Two workers may take every second place: worker 0 reads
# rows 2, 3, 5, 1 and worker 1 reads rows 4, 6, 0.

# %% kind="exercise" name="own_rows" exports=["own_rows"]
def own_rows(rows, worker, workers, epoch):
    """The rows of the input that one worker reads in one epoch, in the order of its reading.

    rows: int, rows of the input, numbered from 0. worker: int, 0 to workers - 1. epoch: int from 0.
    Returns a 1-D integer array. All workers together read each row once per epoch; their numbers of
        rows differ by at most one. Each worker reads its rows in the order in which they stand in
        np.random.default_rng(epoch).permutation(rows): no neighbours in the input's order, another
        order in every epoch, and the same arguments give the same rows in any process. Which
        places of it are whose is up to you.
    """
    ### BEGIN SOLUTION
    return np.random.default_rng(epoch).permutation(rows)[worker::workers]
    ### END SOLUTION

# %% kind="check" name="own_rows" points=2
with check("own_rows"):
    arrays = [value(own_rows(103, worker, 4, 0), np.ndarray) for worker in range(4)]
    kinds = sorted({f"{a.ndim}-D of {a.dtype}" for a in arrays})
    assert all(a.ndim == 1 and a.dtype.kind in "iu" for a in arrays), f"Row numbers are a 1-D integer array; yours: {kinds}."
    parts = [a.tolist() for a in arrays]
    assert set(parts[0]) != set(parts[1]), "Workers 0 and 1 read the same rows: every worker reads the same shard. Four workers then do the work of one, four times."
    together = sorted(row for part in parts for row in part)
    assert len(together) == len(set(together)), f"Four workers read {len(together) - len(set(together))} rows that another has read already. They must cut *one* order, with one seed; each with a seed of its own draws an order of its own."
    assert together == list(range(103)), f"Four workers together must read rows 0 to 102. Missing: {sorted(set(range(103)) - set(together))[:5]}; there are no rows {sorted(set(together) - set(range(103)))[:5]}."
    sizes = [len(part) for part in parts]
    assert max(sizes) - min(sizes) <= 1, f"103 rows for four workers: 26, 26, 26 and 25, yours {sizes}. The slowest ends the epoch."
    again = value(own_rows(103, 2, 4, 0), np.ndarray).tolist()
    assert again == parts[2], "Asked again, worker 2 gets other rows. One that was killed is replaced by one that asks again: the order must follow from the arguments alone."
    steps = np.abs(np.diff(parts[2]))
    assert len(set(steps.tolist())) > 3, f"Worker 2 begins with rows {parts[2][:5]}: the input's order, in even steps. Flights of one morning should not make up a batch."
    assert parts[2] not in (sorted(parts[2]), sorted(parts[2], reverse=True)), f"Worker 2 begins with rows {parts[2][:5]}: which rows it reads is random, but it reads them in the input's order."
    later = value(own_rows(103, 2, 4, 1), np.ndarray).tolist()
    assert later != parts[2], "Worker 2 reads the same rows in the same order in epochs 0 and 1."
    assert later not in parts, "What worker 2 reads in epoch 1, another has read in epoch 0, in the same order: the shards are handed on, not shuffled anew."
    pairs = [{frozenset(order[i : i + 2]) for i in range(25)} for order in (parts[2], later)]
    assert len(pairs[0] & pairs[1]) < 13, "In epoch 1, worker 2 reads nearly the same rows next to each other as in epoch 0: the order of before, turned around or begun elsewhere, is not another order."
    orders = {tuple(value(own_rows(103, 2, 4, epoch), np.ndarray).tolist()) for epoch in range(6)}
    assert len(orders) == 6, f"In epochs 0 to 5, worker 2 has only {len(orders)} orders. Every epoch has another."

    def in_order(part, rows, epoch):
        """Whether the rows stand in the order that all workers agreed on."""
        place = np.argsort(np.random.default_rng(epoch).permutation(rows))
        return bool((np.diff(place[part]) > 0).all())

    kept = [in_order(part, 103, 0) for part in parts]
    assert all(kept), "Workers read their rows in another order than that of np.random.default_rng(0).permutation(103). Whoever replaces one, in another process, must come to the same order: hash() of a text is another number there, and a generator of your own is not known to the others."
    assert in_order(later, 103, 1), "In epoch 1, worker 2 reads its rows in another order than that of np.random.default_rng(1).permutation(103): the seed is the epoch, and nothing else."
    seven = [value(own_rows(7, worker, 2, 0), np.ndarray).tolist() for worker in range(2)]
    assert sorted(map(len, seven)) == [3, 4] and all(in_order(part, 7, 0) for part in seven), f"Seven rows, two workers, epoch 0: four rows and three, each in the order 2, 4, 3, 6, 5, 0, 1; yours {seven}."
    ### BEGIN HIDDEN TESTS
    h = hidden_rng()
    many, crew = int(h.integers(200, 900)), int(h.integers(2, 9))
    epoch = int(h.integers(2, 9))
    read = [value(own_rows(many, worker, crew, epoch), np.ndarray).tolist() for worker in range(crew)]
    assert sorted(row for part in read for row in part) == list(range(many)), "With another number of workers they do not read each row exactly once."
    assert all(in_order(part, many, epoch) for part in read), "In another epoch, with other rows, a worker leaves the order that all agreed on."
    assert max(map(len, read)) - min(map(len, read)) <= 1, "With another number of rows and workers, some have more to read than others."
    few = [value(own_rows(3, worker, 5, epoch), np.ndarray).tolist() for worker in range(5)]
    assert sorted(few, key=len)[:2] == [[], []] and sorted(row for part in few for row in part) == [0, 1, 2], "With fewer rows than workers, each row is read once, and some workers read none."
    only = value(own_rows(many, 0, 1, epoch), np.ndarray).tolist()
    assert only == np.random.default_rng(epoch).permutation(many).tolist(), "A single worker reads the whole order."
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="own_rows"
# 1. All workers make the same order; it depends on the epoch alone.
# 2. Then each takes its part of it: every `workers`-th place, or one block of `np.array_split`.
# 3. `np.random.default_rng(epoch).permutation(rows)[worker::workers]`.

# %% kind="explore"
# Draws who reads which row when, in two epochs, with your function.
fig, ax = plots.figure("Each row once per epoch, by one of three workers, in another order", x="place in the worker's reading", y="row of the input", figsize=(7, 3.4))
for epoch in (0, 1):
    for worker, mark in enumerate("os^"):
        rows = own_rows(24, worker, 3, epoch)
        ax.plot(np.arange(len(rows)) + 10 * epoch, rows, mark, color=plots.COLOURS[worker], label=f"worker {worker}" if not epoch else None)
ax.set_xticks([*range(8), *range(10, 18)], [*range(8), *range(8)])
ax.text(3.5, 25.5, "epoch 0", ha="center")
ax.text(13.5, 25.5, "epoch 1", ha="center")
ax.set_ylim(-1, 28)
ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
plots.show(fig, alt="For three workers and two epochs, the rows in the order in which each reads them. In each epoch every row from 0 to 23 is read once.")

# %% [markdown]
# Part 6 is deeper, 35 minutes, and stands by itself: a server dies, and its weights with it.

# %% [markdown] deeper=35
# ## 6 · When a server dies
# *medium · about 14 lines · 25 minutes*

# %% [markdown]
# A worker holds nothing; a server holds weights. When one dies, they are gone, and `join` raises an error. A new server
# on the old port does not help. What helps: a **new cluster**, the last checkpoint, and the steps since then once more.
#
# A worked example: 20 steps, a checkpoint after every 5, and a server is lost while steps 10 to 14 run. Steps 0 to 9
# are in the checkpoint. So: connect, restore, then schedule 10 to 14 again, and 15 to 19: 25 steps scheduled, 20 counted.

# %% kind="exercise" name="train" exports=["train"]
def train(cluster, steps, every):
    """Train with a checkpoint after each `every` steps, whatever servers are lost meanwhile.

    A checkpoint is a `read`; there is one after each part and no other, since reading costs time.

    cluster: has
        connect(): make a new cluster with fresh weights. Call it first, and after a loss;
        schedule(step): have a worker do this step, some time; returns at once;
        join(): wait until all scheduled steps have run;
        read(): the weights as they are now, whether or not steps are still running;
        restore(weights): give the cluster these weights.
        schedule, join and read raise ConnectionError when a parameter server is lost; what was
        scheduled and the weights are lost with it. connect and restore return when it is done.
    steps: int, at least 1: steps 0 to steps - 1. every: int, at least 1; up to so many steps run
        at once, a part. The last part may be shorter.
    Returns the weights after all steps, each of which is in them once. A loss costs the steps since
        the last checkpoint, no more.
    """
    ### BEGIN SOLUTION
    cluster.connect()
    saved, done = None, 0
    while done < steps:
        until = min(done + every, steps)
        try:
            for step in range(done, until):
                cluster.schedule(step)
            cluster.join()
            saved, done = cluster.read(), until
        except ConnectionError:
            cluster.connect()
            if saved is not None:
                cluster.restore(saved)
    return saved
    ### END SOLUTION

# %% kind="check" name="train" points=5
with check("train"):
    def trained(cluster, steps, every):
        came = []
        outcome = raised(lambda: came.append(value(train(cluster, steps, every), list)))
        return outcome, came[0] if came else []

    calm = FakeCluster()
    got = value(train(calm, 10, 4), list)
    assert calm.premature == 0, "The cluster was used before there was one. connect makes it: call it first."
    assert calm.connects == 1, f"Nothing was lost: connect is called once, yours {calm.connects} times."
    assert calm.early == 0, "The weights were read while scheduled steps had not run: without join, read shows a model in the middle of its training."
    assert calm.most > 1, "Never more than one step was waiting: yours joins after every step, so all workers but one are idle. Schedule a part, then join once."
    assert got == list(range(10)), f"10 steps, a checkpoint after every 4: the weights must hold steps 0 to 9, yours hold {got}. The last part has 2."
    assert calm.most == 4, f"Up to 4 steps run at once between two checkpoints; yours scheduled {calm.most}. A loss costs all that was scheduled since the last checkpoint."
    assert calm.reads == 3, f"10 steps are parts of 4, 4 and 2, and three checkpoints; yours reads the weights {calm.reads} times. Before the first step there is nothing to save, and the checkpoint after the last part is what you return."

    shaky = FakeCluster(losses=[2])
    outcome, got = trained(shaky, 20, 5)
    assert not shaky.stubborn, "A server was lost and the old cluster was used again and again. It does not come back: connect makes a new one."
    assert outcome is None, f"A server was lost at the third join, and {outcome} came out of your function. Catch ConnectionError, connect, restore, go on."
    assert got != list(range(10, 20)), "After the loss the weights hold only steps 10 to 19. A new cluster has learned nothing: restore the last checkpoint."
    assert len(shaky.scheduled) < 30, f"One loss after 10 steps that were safe: 25 steps are scheduled in all, yours {len(shaky.scheduled)}. Yours begins again from step 0, although it had a checkpoint."
    assert got == list(range(20)), f"After a loss at the third join: each of 20 steps once, yours {got}. The lost part must run again."

    early = FakeCluster(losses=[0, 1])
    outcome, got = trained(early, 6, 3)
    assert outcome is None, f"Servers were lost before the first checkpoint, and {outcome} came out of your function. There is nothing to restore then."
    assert got == list(range(6)), f"Two losses before the first checkpoint: each of 6 steps once, yours {got}."

    torn = FakeCluster(at_reads=[1])
    outcome, got = trained(torn, 9, 3)
    assert outcome is None, f"A server was lost while the second checkpoint was read, and {outcome} came out of your function. schedule, join and read all raise ConnectionError."
    assert got == list(range(9)), f"A server was lost while the second checkpoint was read: each of 9 steps once, yours {got}. Steps are safe when they are in a checkpoint, not when they have run."
    torn = FakeCluster(at_schedules=[4])
    outcome, got = trained(torn, 9, 3)
    assert outcome is None, f"A server was lost while step 4 was scheduled, and {outcome} came out of your function. schedule, join and read all raise ConnectionError."
    assert got == list(range(9)), f"A server was lost while step 4 was scheduled: each of 9 steps once, yours {got}."
    ### BEGIN HIDDEN TESTS
    h = hidden_rng()
    total, part = int(h.integers(40, 80)), int(h.integers(3, 9))
    bad = FakeCluster(losses=[int(n) for n in h.choice(np.arange(1, 7), 3, replace=False)])
    outcome, got = trained(bad, total, part)
    assert outcome is None, "With several losses, an error comes out of your function."
    assert got == list(range(total)), "With several losses, the weights do not hold each step once."
    assert bad.early == 0, "With several losses, the weights are read before all scheduled steps have run."
    assert len(bad.scheduled) == total + 3 * part, "With several losses, more is repeated than the steps since the last checkpoint."
    assert bad.most == part, "With another length of the parts, other numbers of steps run at once."
    # Losses everywhere, some of them twice in one part: at most a part is repeated for each.
    at = [sorted(int(n) for n in h.choice(np.arange(top), 3, replace=False)) for top in (8, 6, 30)]
    worse = FakeCluster(losses=at[0], at_reads=at[1], at_schedules=at[2])
    outcome, got = trained(worse, total, 6)
    assert outcome is None, "With losses in schedule, join and read, an error comes out of your function."
    assert got == list(range(total)), "With losses in schedule, join and read, the weights do not hold each step once."
    assert len(worse.scheduled) <= total + 9 * 6, "With losses in schedule, join and read, more is repeated than the steps since the last checkpoint."
    assert worse.connects == 10, "With losses in schedule, join and read, connect is not called once at first and once after each loss."
    last = -(-total // part)
    ends = FakeCluster(losses=[last - 1], at_reads=[last - 1, last])
    outcome, got = trained(ends, total, part)
    assert outcome is None, "Where the last join or the last checkpoint fails, an error comes out of your function."
    assert got == list(range(total)), "Where the last join or the last checkpoint fails, the weights do not hold each step once."
    for many, each in ((1, 1), (5, 1), (part, part), (2 * part, part), (part, total)):
        small = FakeCluster(losses=[0])
        outcome, got = trained(small, many, each)
        assert outcome is None, "With a single step, a single part or parts of one step, an error comes out of your function."
        assert got == list(range(many)), "With a single step, a single part or parts of one step, the weights do not hold each step once."
        assert small.reads == -(-many // each), "With a single step, a single part or parts of one step, there is not one checkpoint after each part."
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="train"
# 1. Two things are remembered between the parts: the last checkpoint, and how many steps are in it. A `while` loop goes on until that number reaches `steps`.
# 2. Inside `try`: schedule the part, `join`, and only then `read`. The number of safe steps changes after `read`, in no other place.
# 3. `except ConnectionError:` → `cluster.connect()`, then `cluster.restore(saved)` if there is a checkpoint. The loop repeats the part by itself.

# %% [markdown]
# Now the real thing, with the same five methods. `read` writes a checkpoint, and a "step" is a closure of ten. In the third
# part, after everything was scheduled, a **parameter server is killed**.

# %% kind="explore"
# The five methods, on real processes and real checkpoints.
import contextlib
import tempfile


@contextlib.contextmanager
def lost_means_connection_error():
    try:
        yield
    except tf.errors.OpError as error:
        raise ConnectionError(type(error).__name__) from None


class RealCluster:
    def __init__(self, stack, folder):
        self.stack, self.folder, self.joins, self.happened, self.started = stack, folder, 0, [], time.perf_counter()

    def say(self, count, what):
        self.happened.append((time.perf_counter() - self.started, count, what))

    def connect(self):
        self.stack.close()  # the old one, if any
        self.cluster = self.stack.enter_context(parameter_server_cluster(workers=2, servers=2))
        self.training = Training(self.cluster)
        self.parts = tf.train.Checkpoint(embedding=self.training.embedding, output=self.training.output, counter=self.training.counter)
        self.say(0, "new cluster")

    def schedule(self, step):
        with lost_means_connection_error():
            self.training.schedule(10 * step)

    def join(self):
        self.joins += 1
        if self.joins == 3:
            self.say(int(self.training.counter.numpy()), "ps0 killed")
            self.cluster.kill("ps", 0)
        with lost_means_connection_error():
            self.training.coordinator.join()

    def read(self):
        self.say(int(self.training.counter.numpy()), "checkpoint")
        return self.parts.save(f"{self.folder}/weights")

    def restore(self, path):
        self.parts.restore(path).assert_consumed()
        self.say(int(self.training.counter.numpy()), "restored")

# %% kind="explore"
stack, folder = contextlib.ExitStack(), tempfile.TemporaryDirectory()
with slow("Trains 800 steps on a cluster, loses a server, and goes on", seconds=6), folder, stack:
    real = RealCluster(stack, folder.name)
    train(real, steps=80, every=20)
    happened = real.happened

# %% kind="explore"
# Draws what happened, as it happened.
last = happened[-1][1]
title = f"A server dies, and the training ends at {last:,} steps all the same"
fig, ax = plots.figure(title, x="seconds", y="steps in the weights")
times, counts, whats = zip(*happened, strict=True)
ax.plot(times, counts, "-", color=plots.GREY, linewidth=1)
STYLES = {"new cluster": (plots.ORANGE, "s"), "checkpoint": (plots.BLUE, "o"), "ps0 killed": (plots.RED, "X"), "restored": (plots.GREEN, "^")}
for what, (colour, mark) in STYLES.items():
    points = np.array([(t, c) for t, c, w in happened if w == what])
    ax.plot(points[:, 0], points[:, 1], mark, color=colour, markersize=9, label=what)
ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
plots.show(fig, alt=f"{title}. In order: {'; '.join(f'{what} at {count} steps, {t:.1f} s' for t, count, what in happened)}.")

# %% [markdown]
# The part that was under way was lost with the server, and ran again on a new cluster, from the last checkpoint. The
# embedding came back, half of it on each server.

# %% [markdown]
# ## In production
#
# - **At 1,000 times the scale** embeddings have terabytes. They live on servers, or, in most systems of today, cut over
#   the accelerators; the dense part is trained by all-reduce beside them. It is both, not one or the other.
# - **Keras 3 does not support parameter servers**: `Model.fit` under this strategy ends in a ValueError (tried with 3.15), and
#   a maintainer [says so](https://github.com/keras-team/keras/issues/18624). What works is a loop like this lab's.
# - **The failure to watch for**: the hot shard. Bytes are even on the dashboard while one server's network is full.
# - **Also watch** staleness, as a histogram. It grows with every worker, until last year's rate is above the border.
# - **Exactly once** does not come from the network. Give every step a number, and store it with what it did.

# %% [markdown]
# ### The same idea elsewhere
#
# | | on servers, asynchronous | cut over accelerators, synchronous |
# |---|---|---|
# | TensorFlow | `ParameterServerStrategy`, `ClusterCoordinator` | `tf.tpu.experimental.embedding.TPUEmbedding` |
# | PyTorch | a tutorial, on `torch.distributed.rpc` | TorchRec: `DistributedModelParallel` |
# | JAX | none | Keras RS: `DistributedEmbedding` (preview), for TPUs with SparseCore |
# | Managed service | Vertex AI: the third worker pool | Cloud TPU |

# %% [markdown]
# ## Primary sources
#
# - Li and others, [Scaling Distributed Machine Learning with the Parameter Server](https://research.google/pubs/scaling-distributed-machine-learning-with-the-parameter-server/), OSDI 2014: the framework, elastic and fault tolerant.
# - Recht and others, [Hogwild!](https://proceedings.neurips.cc/paper_files/paper/2011/hash/218a0aefd1d1a4be65601cc6ddc1520e-Abstract.html), 2011: why updates without locks do little harm when each touches few weights.
# - Chen and others, [Revisiting Distributed Synchronous SGD](https://arxiv.org/abs/1604.00981), 2016: stale gradients against waiting, and spare workers as a third way.
# - TensorFlow, [Parameter server training](https://www.tensorflow.org/tutorials/distribute/parameter_server_training): the guide to the classes of this lab.
# - Naumov and others, [Deep Learning Recommendation Model](https://arxiv.org/abs/1906.00091), 2019: embeddings are cut while dense layers are copied.
