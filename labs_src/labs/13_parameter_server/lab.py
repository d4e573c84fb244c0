# ---
# jupyter:
#   lab:
#     title: Parameter server
#     question: Who holds the weights, and who may be late?
#     minutes: 120
#     seconds: 20
#     objectives:
#       - Cut an embedding over servers and an input over workers, and see which server gets the work
#       - Say what stale gradients cost, and how small the learning rate must become
#       - Make steps that run at least once count once
#       - Train through the loss of a parameter server, from the last checkpoint
#       - Choose between parameter server and all-reduce by what a step costs, with the reason
#     prerequisites: [00_start_here]
#     covers:
#       data-parallel.parameter-server: [async_sgd, apply_once, train, choose]
#       ps.throughput: [async_sgd, choose, explore]
#       ps.large-embeddings: [partition, choose]
# ---

# %% [markdown]
# # 13 · Parameter server
# *Who holds the weights, and who may be late?*
#
# Some models have more weights than a machine has memory: a row for every user, for every product. So **servers**
# hold the weights, and **workers** fetch the rows that they need, compute, and send updates back. Nobody waits for
# anybody. In this lab you start such a cluster, cut it up, and break it.

# %% kind="setup"
import numpy as np
import pandas as pd

from prodml import begin, check, explorer, hidden_rng, predict, raised, reveal, rng, value

from prodml.lab import plots

from prodml.fast.distributed import workloads
from prodml.fast.distributed.coordinators import FakeCluster
from prodml.fast.distributed.staleness import Regression, largest_rate

begin("13_parameter_server")

# %% [markdown]
# Our flights have such a feature too: the **pair** of a tail number and a destination. Some planes make up time on
# some routes. 2013 has 44,173 pairs, and each gets a row of 64 weights, an *embedding*. That is 11 MB and would fit
# anywhere; we treat it as if it did not.

# %% kind="explore"
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
import tensorflow as tf

from prodml.models.flight_pairs import flight_pairs

data = flight_pairs()  # flights of January; the pairs are numbered by how often they fly in the year
print(f"{len(data.pairs):,} flights, {len(data.counts):,} pairs; the most frequent flies {data.counts[0]} times a year")

# %% [markdown]
# ## 1 · Cut the weights, cut the input
# *medium · about 8 lines · 20 minutes*
#
# The embedding is cut by rows: server 0 gets the first rows, server 1 the next, and so on. Small shards are not worth
# a server: each costs a request. So we ask for **as many shards as there are servers, but none below a size**.

# %% [markdown]
# Seven rows of two weights, float32, are 56 bytes: 8 for each row.
#
# | servers | at least | shards |
# |---|---|---|
# | 3 | 1 byte | (0, 3), (3, 5), (5, 7) |
# | 3 | 24 bytes | (0, 4), (4, 7): in three shards the smallest would have 16 |
# | 3 | 28 bytes | (0, 7): half of 56 is 28, but the smaller of two shards has 24 |
# | 9 | 1 byte | seven of one row each |
# | 3 | 99 bytes | (0, 7): too small to cut |
#
# The **input** is cut too: every worker reads rows of its own. If it is killed, the one that replaces it must read
# the same rows again, in another process or on another machine. So all keep to one order that anybody can make
# anew, and only cut it: `np.random.default_rng(epoch).permutation(rows)`. Its seed is a number. (`hash` of a text would be no
# seed: each Python process gives it another value.)

# %% kind="exercise" name="partition" exports=["partition", "own_rows"]
def partition(vocab, dim, servers, min_bytes):
    """The rows of an embedding that each server holds.

    vocab: int, rows. dim: int, float32 weights (4 bytes) of each row. servers: int, at least 1.
    min_bytes: int; no shard is smaller, except that a single one may be.
    Returns a list of pairs (first, stop), in order: as many as possible but at most one for each server, none empty.
        Their lengths differ by at most one row, the longer ones first.
    """
    ### BEGIN SOLUTION
    shards = max([n for n in range(1, min(servers, vocab) + 1) if vocab // n * dim * 4 >= min_bytes], default=1)
    size, more = divmod(vocab, shards)
    edges = [n * size + min(n, more) for n in range(shards + 1)]
    return [(edges[n], edges[n + 1]) for n in range(shards)]
    ### END SOLUTION


def own_rows(rows, worker, workers, epoch):
    """The rows of the input that one worker reads in one epoch, in the order in which it reads them.

    rows: int, rows of the input, numbered from 0. worker: int, 0 to workers - 1. epoch: int from 0.
    Returns a 1-D integer array. All workers together read each row once per epoch; their numbers of rows differ by
        at most one. Each worker reads its rows in the order in which they stand in
        np.random.default_rng(epoch).permutation(rows): no neighbours in the input's order, another order in every
        epoch, and the same arguments give the same rows in any process. Which places of it are whose is up to you.
    """
    ### BEGIN SOLUTION
    return np.random.default_rng(epoch).permutation(rows)[worker::workers]
    ### END SOLUTION

# %% kind="check" name="partition" points=5
with check("partition"):
    def cut(*arguments):
        return [tuple(pair) for pair in value(partition(*arguments), list)]

    got = cut(7, 2, 3, 1)
    assert sum(b - a for a, b in got) == 7, f"7 rows over 3 servers: in yours {got}, stop − first adds up to {sum(b - a for a, b in got)}, not 7. What does not divide evenly must go somewhere too."
    assert got == [(0, 3), (3, 5), (5, 7)], f"7 rows over 3 servers: expected (0, 3), (3, 5), (5, 7), yours {got}. Lengths differ by at most one row, the longer ones first."
    got = cut(7, 2, 3, 24)
    assert got != [(0, 3), (3, 5), (5, 7)], f"7 rows of 8 bytes, no shard below 24: yours {got} has shards of 16 bytes. It is the smallest shard that counts, not their mean, and not their number."
    assert got == [(0, 4), (4, 7)], f"7 rows of 8 bytes, no shard below 24: expected (0, 4), (4, 7), yours {got}. A weight has 4 bytes, a row dim weights, and a shard of exactly 24 is allowed."
    got = cut(7, 2, 3, 28)
    assert got == [(0, 7)], f"7 rows of 8 bytes, no shard below 28: expected (0, 7), yours {got}. 56 / 28 is 2, but of two shards the smaller has 3 rows, 24 bytes: bytes do not divide, rows do."
    got = cut(7, 2, 9, 1)
    assert got == [(i, i + 1) for i in range(7)], f"7 rows and 9 servers: expected seven shards of one row, yours {got}. No shard is empty."
    got = cut(7, 2, 3, 99)
    assert got == [(0, 7)], f"56 bytes, no shard below 99: expected (0, 7) alone, yours {got}."

    parts = [value(own_rows(103, worker, 4, 0), np.ndarray).tolist() for worker in range(4)]
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
    ### BEGIN HIDDEN TESTS
    h = hidden_rng()
    rows, dim, servers = int(h.integers(50, 5000)), int(h.integers(1, 65)), int(h.integers(2, 12))
    small = int(h.integers(1, rows * dim * 4))
    shards = max(n for n in range(1, servers + 1) if n == 1 or rows // n * dim * 4 >= small)
    parts = [len(part) for part in np.array_split(np.arange(rows), shards)]
    edges = [0, *np.cumsum(parts).tolist()]
    assert cut(rows, dim, servers, small) == [(edges[n], edges[n + 1]) for n in range(shards)], "With another table and another smallest size your shards are not the ones asked for."
    many, crew = int(h.integers(200, 900)), int(h.integers(2, 9))
    epoch = int(h.integers(2, 9))
    read = [value(own_rows(many, worker, crew, epoch), np.ndarray).tolist() for worker in range(crew)]
    assert sorted(row for part in read for row in part) == list(range(many)), "With another number of workers they do not read each row exactly once."
    assert all(in_order(part, many, epoch) for part in read), "In another epoch, with other rows, a worker leaves the order that all agreed on."
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="partition"
# 1. First find the number of shards, then cut. For n shards the smallest has `vocab // n` rows.
# 2. `divmod(vocab, shards)` gives the length and how many shards get one row more; `np.array_split` cuts just so. For the input: all workers make the same order, then each takes every `workers`-th of it.
# 3. Of the numbers `n` from 1 to `min(servers, vocab)`, keep those with `vocab // n * dim * 4 >= min_bytes`, and take the largest (1 if there is none). For the input: `np.random.default_rng(epoch).permutation(rows)[worker::workers]`.

# %% [markdown]
# TensorFlow has a partitioner of its own: "each shard has at least `min_shard_bytes`", says its documentation. Is it
# the same as yours?

# %% kind="explore"
def theirs(vocab, dim, servers, min_bytes):
    cut = tf.distribute.experimental.partitioners.MinSizePartitioner(min_bytes, servers)
    return cut(tf.TensorShape([vocab, dim]), tf.float32)[0]


pd.DataFrame(
    {(v, d, s, m): {"yours": len(partition(v, d, s, m)), "TensorFlow's": theirs(v, d, s, m)} for v, d, s, m in [(7, 2, 3, 1), (7, 2, 3, 24), (7, 2, 3, 50), (44_173, 64, 2, 1 << 20)]}
).rename_axis(columns=["rows", "dim", "servers", "min_bytes"]).T

# %% [markdown]
# It rounds **up**: 56 bytes with a minimum of 50 become two shards, of 32 and 24 bytes. Harmless here, but no limit
# that you could rely on.
#
# ### Equal shards, equal work?
#
# Two servers get half of the rows each. The pairs are numbered by how often they fly, as vocabularies usually are.

# %% kind="explore"
predict("lookups", "How many percent of all lookups go to server 0, which holds the first half of the rows?", {"percent": (0, 100)})

# %% kind="explore"
halves = partition(len(data.counts), 64, 2, 1)
first, stop = halves[0]
reveal(
    "lookups",
    {"percent": 100 * data.counts[first:stop].sum() / data.counts.sum()},
    text=f"Bytes are even, work is not. Half of all pairs fly {np.median(data.counts):.0f} times a year at most. "
    f"If the rows are numbered at random, server 0 gets {100 * rng().permutation(data.counts)[first:stop].sum() / data.counts.sum():.0f} %: shuffle or hash the "
    "vocabulary before it is cut.",
)

# %% [markdown]
# ### A real cluster
#
# One coordinator, which is this notebook, two workers, two parameter servers: four processes on ports of this machine.
# This is all that they will do. `steps` runs on a worker; each variable lives on a server, the embedding on both.

# %% kind="explore"
from prodml.runtime.memory import tree_memory
from prodml.runtime.processes import parameter_server_cluster

tf.config.threading.set_inter_op_parallelism_threads(4)
tf.get_logger().setLevel("CRITICAL")  # it writes pages about every process that we kill
DIM, BATCH, RATE = 64, 128, 0.1

# %% kind="explore"
def first_rows(partition_shape, partition_offset):
    """The first weights of some rows, made by the server that holds them: the whole table is nowhere."""
    return tf.random.stateless_uniform(partition_shape, [1, partition_offset[0]], -0.1, 0.1)

# %% kind="explore"
class Training:
    """The variables of a model on a cluster, and steps that workers run."""

    def __init__(self, cluster, capacity=4000):
        strategy = tf.distribute.ParameterServerStrategy(cluster.resolver(), variable_partitioner=tf.distribute.experimental.partitioners.MinSizePartitioner(1 << 20, 2))
        self.strategy, self.coordinator = strategy, tf.distribute.coordinator.ClusterCoordinator(strategy)
        with strategy.scope():
            self.embedding = tf.Variable(first_rows, shape=[len(data.counts), DIM], dtype=tf.float32)
            self.output = tf.Variable(tf.zeros([DIM + 4, 1]))
            self.counter = tf.Variable(0)
            self.log = tf.Variable(tf.fill([capacity, 2], -1))  # which step came, and what it had seen
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

    def schedule(self, first, count=10):
        self.coordinator.schedule(self.steps, args=(tf.constant(first), tf.constant(count)))

# %% kind="explore"
def sharded_datasets(training):
    """What per-worker datasets are told, and which rows of twelve each worker then reads; section 3 comes back to it."""
    told = []

    def dataset_of(context):
        told.append((context.input_pipeline_id, context.num_input_pipelines))
        return tf.data.Dataset.range(12).shard(context.num_input_pipelines, context.input_pipeline_id).batch(12).repeat()

    per_worker = iter(training.coordinator.create_per_worker_dataset(lambda: training.strategy.distribute_datasets_from_function(dataset_of)))
    with training.strategy.scope():
        here = tf.Variable(0)

    @tf.function
    def first(iterator):
        here.assign_add(1)  # then each waits for the other, so that each worker runs one
        tf.while_loop(lambda n: (here.read_value() < 2) & (n < 100_000), lambda n: n + 1, [0])
        return next(iterator)

    read = [training.coordinator.schedule(first, args=(per_worker,)) for worker in (0, 1)]
    training.coordinator.join()
    return told, [rows.fetch().tolist() for rows in read]

# %% [markdown]
# `schedule` returns at once: some worker will run these ten steps, some time. `join` waits until all have run. Two
# guesses before you look.

# %% kind="explore"
predict("without_join", "50 calls of schedule, ten steps each, then the counter is read: once at once, once after join. What does it show?", {"at once": (0, 500), "after join": (0, 500)})
predict("closures", "A call of schedule costs something. How many times as many steps per second, if each call has ten steps instead of one?", {"times": (0.5, 20.0)})

# %% [markdown]
# Four small experiments in one cluster. The block ends its processes, whatever happens.

# %% kind="explore"
import time

def steps_per_second(training, count):
    started = time.perf_counter()
    for first in range(0, 200, count):
        training.schedule(first, count)
    training.coordinator.join()
    return 200 / (time.perf_counter() - started)

def server_rows(training, group, before):
    table = {}
    for n, shard in enumerate(training.embedding.variables):
        with tf.device(shard.device):  # the server counts, not the notebook
            rows = tf.shape(shard.read_value())[0]
        table[f"ps{n}"] = {"counted on": rows.device.removesuffix("/device:CPU:0"), "rows": int(rows), "MB of weights": int(rows) * DIM * 4 / 1e6,
                           "process grew by MB": (tree_memory(group[f"ps{n}"].pid) - before[n]) / 1e6}
    return pd.DataFrame(table).T

# %% kind="explore"
def four_experiments():
    with parameter_server_cluster(workers=2, servers=2) as cluster:
        before = [tree_memory(cluster.group[f"ps{n}"].pid) for n in (0, 1)]
        training = Training(cluster)
        for first in range(0, 500, 10):
            training.schedule(first)
        at_once = int(training.counter.numpy())
        training.coordinator.join()
        joined = int(training.counter.numpy())
        held = server_rows(training, cluster.group, before)
        log = training.log.numpy()[:joined]
        gain = steps_per_second(training, 10) / steps_per_second(training, 1)
        return at_once, joined, held, log, gain, sharded_datasets(training)

at_once, joined, held, log, gain, (told, read) = four_experiments()
held

# %% [markdown]
# Each server counted its own rows, and its process has grown: by the weights, and by several times as much for connections,
# buffers and compiled functions. The whole table is nowhere: `first_rows` made each half on its server. A worker fetches
# the 128 rows of its batch: 128 · 64 · 4 bytes, 32 KB instead of 11 MB.

# %% kind="explore"
reveal("without_join", {"at once": at_once, "after join": joined}, text="Without `join` you read a model that is not done, perhaps not begun: `schedule` has only queued the steps. No error, no warning.")
reveal("closures", {"times": gain}, text="Every call crosses three processes. A function that does several steps pays for it once.")

# %% [markdown]
# ## 2 · Late gradients
# *medium · about 5 lines · 20 minutes*
#
# While a worker computes, others change the weights. When its gradient arrives, it fits weights that are gone. How many
# updates old it is, is its **staleness**. The cluster wrote a log: here is what it says.

# %% kind="explore"
stale = np.arange(len(log)) - log[:, 1]
shares = np.bincount(np.minimum(stale, 6), minlength=7) / len(stale)
fig, ax = plots.figure(f"Two workers: {shares[0]:.0%} of the gradients are fresh, the mean is {stale.mean():.1f} updates old", x="staleness (updates)", y="share of the steps")
ax.bar([*map(str, range(6)), "6 or more"], shares, color=plots.BLUE)
plots.show(fig, alt=f"Bar chart of staleness in the real cluster. Shares for 0 to 5 and more: {', '.join(f'{s:.0%}' for s in shares)}.")

# %% [markdown]
# With two workers it is little, more in one run and less in another. With a hundred that are always busy, up to 99
# others write between a worker's reading and its writing. What does it do to learning? You simulate it.
# An example: the gradient at $w$ is $w$, we start at 8, the rate is 0.5.
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

    gradient: function (weights, step) → 1-D array, the gradient of the batch of `step` at these weights.
    start: 1-D float array; it is not changed. rate: float, the learning rate.
    staleness: list of ints, one for each step. Step t applies the gradient of its batch t at the weights as they were
        staleness[t] updates ago; before there were so many updates, at `start`.
    Returns a float array [steps + 1, weights]; row 0 is `start`.
    """
    ### BEGIN SOLUTION
    history = [np.array(start, dtype=float)]
    for step, late in enumerate(staleness):
        seen = history[max(0, step - late)]
        history.append(history[-1] - rate * np.asarray(gradient(seen, step)))
    return np.array(history)
    ### END SOLUTION

# %% kind="check" name="async_sgd" points=4
with check("async_sgd"):
    asked = []

    def slope(weights, step):
        asked.append(step)
        return np.array(weights, dtype=float)

    def run(late, start=8.0):
        asked.clear()
        return value(async_sgd(slope, np.array([start]), 0.5, late), np.ndarray)[:, 0].round(6).tolist()

    got = run([0, 0, 0])
    assert got != [got[-1]] * len(got), f"Three steps, and all rows of your result are {got[-1]}: they are one array, changed in place. Keep a copy of the weights of every moment."
    assert got == [8, 4, 2, 1], f"Without staleness, from 8: expected 8, 4, 2, 1, yours {got}. Row 0 is the start, and each step adds one row."
    got = run([0, 0, 1, 2])
    assert got != [8, 4, 2, 1, 0.5], "Staleness 0, 0, 1, 2 and yours goes on to 1 and 0.5: as if every gradient were fresh. At which weights is it computed?"
    assert got != [8, 4, 2, -2, -4] and got != [8, 4, 2, -2, -6], f"Yours {got} uses weights that are one update too old: staleness 1 is the row before the current one."
    assert got == [8, 4, 2, 0, -2], f"Staleness 0, 0, 1, 2: expected 8, 4, 2, 0, −2, yours {got}."
    came = []
    outcome = raised(lambda: came.append(run([3] * 5)))
    assert outcome is None, f"Staleness 3 from the first step on, and {outcome} came out of your function. Before there were three updates, gradients are computed at the start."
    got = came[0]
    assert asked == [0, 1, 2, 3, 4], f"Five steps ask for the gradients of batches 0 to 4, yours for {asked}. A batch is used when it comes; only the weights are old."
    assert got[:5] == [8, 4, 0, -4, -8], f"Staleness 3 from the first step on: expected 8, 4, 0, −4, −8, yours {got[:5]}. Before there were three updates, gradients are computed at the start; each is applied by itself, none waits for others."
    assert got[5] == -10, f"Step 4 with staleness 3 uses the weights of one update, 4: expected −10 after it, yours {got[5]}."
    kept = np.array([8.0])
    value(async_sgd(slope, kept, 0.5, [0, 1]), np.ndarray)
    assert kept.tolist() == [8], "The array `start` that was handed over has changed: `-=` works in place. Begin with a copy."
    ### BEGIN HIDDEN TESTS
    h = hidden_rng()
    matrix, begun = h.normal(size=(3, 3)), h.normal(size=3)
    late = [int(s) for s in h.integers(0, 6, 30)]
    wanted = [begun]
    for step, s in enumerate(late):
        wanted.append(wanted[-1] - 0.05 * (matrix @ wanted[max(0, step - s)] + step))
    got = value(async_sgd(lambda weights, step: matrix @ np.asarray(weights) + step, begun.copy(), 0.05, late), np.ndarray)
    assert got.shape == (31, 3), "With several weights your result has not one row for the start and one for each step."
    assert np.allclose(got, wanted), "With staleness that changes from step to step, your weights are other ones."
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="async_sgd"
# 1. Keep a list of the weights at every moment. The last one is current; a late gradient looks further back.
# 2. In step t the list has t + 1 entries. `history[max(0, t - staleness[t])]` is what the worker saw.
# 3. `history.append(history[-1] - rate * gradient(seen, t))` makes a new array each time; `w -= …` would change all rows.

# %% [markdown]
# Now a regression on the flights of January, in batches of 64. With fresh gradients, learning breaks down above a rate
# of 2 divided by the curvature. How much must the rate shrink?

# %% kind="explore"
predict("rate", "The largest learning rate that still learns, as a share of that without staleness. What remains?", {"staleness 1 (%)": (0, 100), "staleness 10 (%)": (0, 100)})

# %% kind="explore"
january = Regression(data.features.astype(float), data.gains.astype(float))
share_of = {s: 100 * largest_rate(january.curvature, s) / largest_rate(january.curvature, 0) for s in (1, 10)}
reveal("rate", {"staleness 1 (%)": share_of[1], "staleness 10 (%)": share_of[10]}, text="It follows from the delay alone: $2\\sin(\\pi / (4s + 2))$ instead of 2. One update late, and half of the rate is gone.")

# %% [markdown]
# Theory says it for one curve without noise. Your simulation says it for the flights: which rates learn, at which
# staleness?

# %% kind="explore"
lates, rates = [0, 1, 2, 4, 8, 16, 32], np.geomspace(0.01, 3, 16) / january.curvature
before = january.loss(np.zeros(4))
with np.errstate(over="ignore", invalid="ignore"):
    ends = np.array([[january.loss(async_sgd(january.gradient, np.zeros(4), rate, [late] * 120)[-1]) for rate in rates] for late in lates])
fig, ax = plots.figure("The later the gradients, the smaller the rate must be", x="staleness (updates)", y="learning rate × curvature")
for row in range(len(lates)):
    learned = ends[row] < before
    ax.scatter([row] * learned.sum(), rates[learned] * january.curvature, color=plots.BLUE, label="learns" if row == 0 else None)
    ax.scatter([row] * (~learned).sum(), rates[~learned] * january.curvature, color=plots.RED, marker="x", label="diverges" if row == 0 else None)
ax.plot(range(len(lates)), [largest_rate(1, late) for late in lates], color=plots.BLACK, label="theory")
ax.set_xticks(range(len(lates)), lates)
ax.set_yscale("log")
ax.legend(loc="lower left")
steepest = max(np.linalg.eigvalsh(x.T @ x / len(x))[-1] for x in np.split(january.inputs[: 120 * 64], 120)) / january.curvature
border = [rates[row < before].max() * january.curvature / largest_rate(1, late) for late, row in zip(lates, ends, strict=True)]
plots.show(fig, alt=f"For each staleness the learning rates that learn (dots) and diverge (crosses), with the bound of theory as a line. Largest rate that learns, as a share of theory: {', '.join(f'{b:.0%}' for b in border)}.")
print(f"steepest batch: {steepest:.1f} times the curvature of all. Largest rate that learns, as a share of theory:")
print(*(f"staleness {late}: {share:.0%}" for late, share in zip(lates, border, strict=True)), sep=", ")

# %% [markdown]
# The border falls with staleness, but not along theory. With fresh gradients it is at 15 % of it: one of the 120 batches
# has 4.8 times the curvature of all flights, and decides alone. At staleness 32, where rates are small anyway, it is at 95 %.
# And **below** the border? Rates as shares of the border at staleness 8, by theory:

# %% kind="explore"
def mean_loss(late, share):
    """Of the last 100 of 400 steps."""
    weights = async_sgd(january.gradient, np.zeros(4), share * largest_rate(january.curvature, 8), [late] * 400)
    return np.mean([january.loss(w) for w in weights[-100:]])


pd.DataFrame({f"{share:.0%}": {f"staleness {late}": mean_loss(late, share) for late in (0, 8)} for share in (0.02, 0.1, 0.3, 0.5)}).rename_axis(columns="share of the border").T.round(3)

# %% [markdown]
# At a tenth of the border staleness 8 costs 0.1 % of the loss, at half of it 8 %. Move the sliders to see single runs:

# %% kind="explore"
def draw_training(staleness, rate_percent):
    rate = rate_percent / 100 * largest_rate(january.curvature, 0)
    fig, ax = plots.figure("", x="step", y="mean squared error (18 min)²")
    with np.errstate(over="ignore", invalid="ignore"):
        for late, colour in ((0, plots.GREY), (staleness, plots.BLUE)):
            losses = [january.loss(w) for w in async_sgd(january.gradient, np.zeros(4), rate, [late] * 120)[::4]]
            ax.plot(np.arange(len(losses)) * 4, np.minimum(losses, 3), color=colour, label=f"staleness {late}")
    bound = 100 * largest_rate(january.curvature, staleness) / largest_rate(january.curvature, 0)
    ax.set_title(f"Rate at {rate_percent} % of the largest; at staleness {staleness} only {bound:.0f} % are possible")
    ax.set_ylim(0.5, 2)
    plots.label_lines(ax)
    plots.show(fig, alt=f"Loss over 120 steps at staleness 0 and {staleness}, learning rate {rate_percent} % of the largest possible. The last loss at staleness {staleness} is {losses[-1]:.2f}.")


explorer(draw_training, staleness=(0, 40, 8), rate_percent=(1, 60, 3))

# %% [markdown]
# Near the border the loss swings. So asynchronous training is not free: more workers, more staleness, a smaller rate, more steps.

# %% [markdown]
# ## 3 · At least once
# *medium · about 7 lines · 20 minutes*
#
# Now kill a worker. Its ten steps may be half done: six have sent their updates, four have not. The coordinator only
# knows that it heard nothing, and gives all ten to another worker.

# %% kind="explore"
predict("twice", "1,500 steps are scheduled, and a worker is killed on the way. What does the counter show at the end?", {"counter": (1400, 1600)})

# %% [markdown]
# While this cell runs, **you** can kill a worker with a button below the table, and bring it back (JupyterLab hands over
# clicks while a cell runs). If you do not, it happens by itself, after a third of the steps. Leave the servers alone for
# now.

# %% kind="explore"
def run_with_accident(steps=1500):
    with parameter_server_cluster(workers=2, servers=2) as cluster:
        cluster.show()
        training = Training(cluster)
        for first in range(0, steps, 10):
            training.schedule(first)
        started, seen, marks = time.perf_counter(), [], {}
        while not training.coordinator.done():
            seen.append((time.perf_counter() - started, int(training.counter.numpy())))
            dead = [n for n in (0, 1) if cluster.group[f"worker{n}"].poll() is not None]
            if not marks and not dead and seen[-1][1] > steps / 3:
                cluster.kill("worker", 0)
                dead = [0]
            if dead and not marks:
                marks["killed"] = seen[-1][0]
            if dead and seen[-1][1] > steps / 2:
                cluster.restart("worker", dead[0])
                marks["restarted"] = seen[-1][0]
            time.sleep(0.05)
        training.coordinator.join()
        seen.append((time.perf_counter() - started, int(training.counter.numpy())))
        arrived = training.log.numpy()[: seen[-1][1], 0]
        return np.array(seen), marks, arrived[arrived >= 0]  # −1: counted, but its worker died before it wrote the log

seen, marks, arrived = run_with_accident()

# %% kind="explore"
fig, ax = plots.figure(f"A worker dies: {seen[-1, 1]:,.0f} steps counted, 1,500 scheduled", x="seconds", y="step counter")
ax.plot(seen[:, 0], seen[:, 1], color=plots.BLUE)
for what, at in marks.items():
    ax.axvline(at, color=plots.RED, linestyle="--")
    ax.annotate(f"worker {what}", (at, 0), (4, 4), textcoords="offset points", rotation=90)
plots.show(fig, alt=f"The step counter over time. {'; '.join(f'worker {w} at {t:.1f} s' for w, t in marks.items())}. It ends at {seen[-1, 1]:.0f}.")

# %% kind="explore"
ran_twice = sorted(set(arrived[np.bincount(arrived)[arrived] > 1].tolist()))
unlogged = int(seen[-1, 1]) - len(arrived)
reveal("twice", {"counter": seen[-1, 1]}, text=f"{len(set(arrived.tolist())):,} different steps came. Steps that came twice: {ran_twice or 'none this time; run the cell again'}. "
       f"Counted without an entry in the log, because their worker died in between: {unlogged}. A closure runs **at least once**.")

# %% [markdown]
# A handful of gradients applied twice hurts nobody. A counter that steers the learning rate, a sum of money, a metric:
# there it hurts. And steps arrive out of order:

# %% kind="explore"
late = next(i for i in range(1, len(arrived)) if arrived[i] < arrived[i - 1])
begin_at = max(0, late - 3)
print("arrivals", begin_at, "to", begin_at + 8, "→ steps", arrived[begin_at : begin_at + 9].tolist())

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
    Returns a dict like `state`. The given one, with all that is in it, stays as it was: it may be a checkpoint.
    """
    ### BEGIN SOLUTION
    if step < state["below"] or step in state["ahead"]:
        return state
    below, ahead = state["below"], state["ahead"] | {step}
    while below in ahead:
        below += 1
    return {"weights": state["weights"] + update, "below": below, "ahead": {s for s in ahead if s >= below}}
    ### END SOLUTION

# %% kind="check" name="apply_once" points=4
with check("apply_once"):
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

    kept, change = {"weights": np.array([5.0]), "below": 1, "ahead": {3}}, np.ones(1)
    value(apply_once(2, change, kept), dict)
    assert change.tolist() == [1], "The array `update` that was handed over has changed."
    assert kept["weights"].tolist() == [5], "The state that was handed over has other weights now: `+=` changes an array in place. If it was a checkpoint, it is none any more."
    assert kept == {"weights": kept["weights"], "below": 1, "ahead": {3}}, f"The state that was handed over has changed: below {kept['below']}, ahead {kept['ahead']}. It may be a checkpoint: make a new set and a new dict."
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
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="apply_once"
# 1. When is a step known already? There are two places to look.
# 2. A new step goes into a copy of `ahead`. Then, as long as `below` itself is in there, move `below` on.
# 3. `ahead | {step}` and `weights + update` make new objects; `ahead.add(step)` and `weights += update` change the caller's.

# %% [markdown]
# Your function on the arrivals that the real cluster has logged, each counting one:

# %% kind="explore"
state = {"weights": np.zeros(1), "below": 0, "ahead": set()}
longest = 0
for step in arrived.tolist():
    state = apply_once(step, np.ones(1), state)
    longest = max(longest, len(state["ahead"]))
print(f"{len(arrived)} arrivals, counted {state['weights'][0]:.0f}; every step below {state['below']} is in; at most {longest} steps were remembered")

# %% [markdown]
# So many? The dead worker's steps went to the **end** of the coordinator's queue: until they came, all later ones had to be
# remembered. The memory is as long as the longest gap.
#
# Exactly once is a property of the *state*, not of the sending. It holds if update and memory change together: on one
# server, in one transaction. If a crash can fall between them, a step is lost or doubled again.
#
# A second worry: which data does a step train on? Here rows follow from the step's number, so a repeated step
# reads the same rows. TensorFlow's per-worker datasets are asked for differently:

# %% kind="explore"
print("(my number, of how many), as the function that makes a worker's dataset is told:", told)
print("rows of 12 that each worker read first:", *read, sep="\n")

# %% [markdown]
# The function ran once and was told "number 0 of 1"; the dataset that it made was then copied to both workers. It shards
# itself by this number, so **every worker gets the same shard**, here all twelve rows. A seed for each worker is no cure: rows
# are then read twice or not at all. `own_rows`, or rows by step number, do better.

# %% [markdown]
# ## 4 · When a server dies
# *medium · about 12 lines · 20 minutes*
#
# A worker holds nothing; a server holds weights. When one dies, they are gone, and `join` raises an error. A new server
# on the old port does not help. What helps: a **new cluster**, the last checkpoint, and the steps since then once more.

# %% kind="exercise" name="train" exports=["train"]
def train(cluster, steps, every):
    """Train for so many steps, with a checkpoint after each `every` of them, whatever servers are lost meanwhile.

    cluster: has
        connect(): make a new cluster with fresh weights. Call it first, and after a loss;
        schedule(step): have a worker do this step, some time; returns at once;
        join(): wait until all scheduled steps have run;
        read(): the weights as they are now, whether or not steps are still running;
        restore(weights): give the cluster these weights.
        schedule, join and read raise ConnectionError when a parameter server is lost; what was scheduled and the
        weights are lost with it. connect and restore return when it is done.
    steps: int, steps 0 to steps - 1. every: int; up to so many steps run at once. The last part may be shorter.
    Returns the weights after all steps, each of which is in them once. A loss costs the steps since the last
        checkpoint, no more.
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
    assert calm.connects == 1, f"Nothing was lost: connect is called once, yours {calm.connects} times."
    assert calm.early == 0, "The weights were read while scheduled steps had not run: without join, read shows a model in the middle of its training."
    assert calm.most > 1, "Never more than one step was waiting: yours joins after every step, so all workers but one are idle. Schedule a part, then join once."
    assert got == list(range(10)), f"10 steps, a checkpoint after every 4: the weights must hold steps 0 to 9, yours hold {got}. The last part has 2."
    assert calm.most == 4, f"Up to 4 steps run at once between two checkpoints; yours scheduled {calm.most}. A loss costs all that was scheduled since the last checkpoint."

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
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="train"
# 1. Two things are remembered between the parts: the last checkpoint, and how many steps are in it. A `while` loop goes on until that number reaches `steps`.
# 2. Inside `try`: schedule the part, `join`, and only then `read`. The number of safe steps changes after `read`, in no other place.
# 3. `except ConnectionError:` → `cluster.connect()`, then `cluster.restore(saved)` if there is a checkpoint. The loop repeats the part by itself.

# %% [markdown]
# Now the real thing, with the same five methods. `read` writes a checkpoint, and a "step" is a closure of ten. In the third
# part, after everything was scheduled, a **parameter server is killed**.

# %% kind="explore"
import contextlib
import tempfile

class RealCluster:
    def __init__(self, stack, folder):
        self.stack, self.folder, self.joins, self.said = stack, folder, 0, []

    def connect(self):
        self.stack.close()  # the old one, if any
        self.cluster = self.stack.enter_context(parameter_server_cluster(workers=2, servers=2))
        self.training = Training(self.cluster)
        self.parts = tf.train.Checkpoint(embedding=self.training.embedding, output=self.training.output, counter=self.training.counter)
        self.said.append("new cluster")

    def schedule(self, step):
        with lost_means_connection_error():
            self.training.schedule(10 * step)

    def join(self):
        self.joins += 1
        if self.joins == 3:
            self.cluster.kill("ps", 0)
            self.said.append("ps0 killed")
        with lost_means_connection_error():
            self.training.coordinator.join()

    def read(self):
        self.said.append(f"checkpoint at {int(self.training.counter.numpy())}")
        return self.parts.save(f"{self.folder}/weights")

    def restore(self, path):
        self.parts.restore(path).assert_consumed()
        self.said.append(f"restored, counter at {int(self.training.counter.numpy())}")

# %% kind="explore"
@contextlib.contextmanager
def lost_means_connection_error():
    try:
        yield
    except tf.errors.OpError as error:
        raise ConnectionError(type(error).__name__) from None


with contextlib.ExitStack() as stack, tempfile.TemporaryDirectory() as folder:
    real = RealCluster(stack, folder)
    train(real, steps=80, every=20)
    stack.close()
print(*real.said, sep="\n")

# %% [markdown]
# The part that was under way was lost with the server, and ran again on a new cluster, from the checkpoint at 400. The
# embedding came back, half of it on each server.

# %% [markdown]
# ## 5 · Parameter server or all-reduce?
# *hard · about 15 lines · 25 minutes*
#
# The other way to share the work is **all-reduce**: every worker holds all weights, and after every batch they add
# their gradients in a ring and wait for the slowest. No staleness, no servers. Which one is cheaper is arithmetic.

# %% [markdown]
# Seconds until N workers have each used a batch. Weights in MB: *dense* ones, the *embedding*, and what a batch *touches*
# of it. B is a machine's bandwidth in MB/s, c the seconds of a batch, and the slowest worker takes *slowest* times c.
#
# - **all-reduce**: c · slowest + 2 (N − 1) / N · (dense + embedding) / B. Impossible if dense + embedding exceed the
#   worker's memory.
# - **parameter server**: moving takes m = 2 (dense + touched) / B per batch. N − 1 workers finish a batch every c + m
#   seconds, the slowest every c · slowest + m, which makes a rate; N / rate is the workers' time. The servers' network
#   needs N · m / servers. The longer of the two counts, times *extra*: stale steps are worth less.
#
# The ring sums the embedding's gradient densely. Some libraries gather only touched rows instead; this model does not.

# %% [markdown]
# Name the reason as well, by asking **what if**:
#
# | winner | asked in this order | reason |
# |---|---|---|
# | parameter server | all-reduce is impossible | memory |
# | | without stragglers (slowest 1) all-reduce would be at least as fast | stragglers |
# | | else | bytes |
# | all-reduce | if stale steps were worth as much (extra 1), the parameter server would be faster | staleness |
# | | if servers were never the limit, the parameter server would be faster | servers |
# | | else | bytes |
#
# Each question changes that one thing alone.

# %% kind="setup"
def workload(**changes):
    """A workload, the usual one with changes."""
    usual = {"workers": 8, "servers": 4, "dense": 100, "embedding": 0, "touched": 0, "memory": 16_000,
             "bandwidth": 1250, "compute": 0.2, "slowest": 1.0, "extra": 1.2}
    return {**usual, **changes}


EXAMPLES = {
    "an image model": workload(workers=2, dense=400, extra=1.0),
    "a recommender": workload(dense=10, embedding=40_000, touched=2),
    "preemptible machines": workload(slowest=4.0),
    "a search ranker": workload(dense=10, embedding=2_000, touched=1),
    "one server for eight": workload(embedding=400, touched=1, servers=1, extra=1.0, compute=0.1),
    "stale and sparse": workload(dense=20, embedding=200, touched=1, extra=3.0),
    "large and large": workload(dense=9_000, embedding=9_000, touched=2),
    "two, one of them slow": workload(workers=2, dense=1, embedding=112, touched=1, slowest=4.0, extra=1.0),
    "slow, and much to fetch": workload(workers=2, dense=250, embedding=125, compute=0.1, slowest=4.0, extra=1.0),
    "slow and stale": workload(workers=2, dense=1, embedding=20, touched=0.1, slowest=4.0, extra=3.5),
    "few servers, little stale": workload(embedding=400, touched=1, servers=1, extra=1.3, compute=0.1),
    "either cure helps": workload(dense=30, embedding=400, touched=1, servers=1, extra=2.5, compute=0.1),
    "neither cure helps": workload(embedding=150, touched=1, servers=2, extra=2.2, compute=0.1),
}

# %% kind="explore"
pd.DataFrame(EXAMPLES).T

# %% kind="exercise" name="choose" exports=["choose"]
def choose(work):
    """The cheaper way to train a workload, and why.

    work: dict of numbers with the keys workers, servers, dense, embedding, touched, memory (MB), bandwidth (MB/s),
        compute (seconds of a batch), slowest and extra (factors, at least 1), as in the text.
    Returns a tuple (way, reason): way is "parameter server" or "all-reduce"; reason is "memory", "stragglers",
        "bytes", "staleness" or "servers", by the first question of the table that is answered with yes.
    """
    ### BEGIN SOLUTION
    def ring(w):
        return w["compute"] * w["slowest"] + 2 * (w["workers"] - 1) / w["workers"] * (w["dense"] + w["embedding"]) / w["bandwidth"]

    def servers(w):
        moving = 2 * (w["dense"] + w["touched"]) / w["bandwidth"]
        rate = (w["workers"] - 1) / (w["compute"] + moving) + 1 / (w["compute"] * w["slowest"] + moving)
        return w["extra"] * max(w["workers"] / rate, w["workers"] * moving / w["servers"])

    if work["dense"] + work["embedding"] > work["memory"]:
        return "parameter server", "memory"
    if servers(work) < ring(work):
        even = {**work, "slowest": 1}
        return "parameter server", "stragglers" if ring(even) <= servers(even) else "bytes"
    if servers({**work, "extra": 1}) < ring(work):
        return "all-reduce", "staleness"
    return "all-reduce", "servers" if servers({**work, "servers": float("inf")}) < ring(work) else "bytes"
    ### END SOLUTION

# %% kind="check" name="choose" points=5
with check("choose"):
    why = {
        "an image model": "All weights are dense, every batch needs them all: the servers save no byte.",
        "a recommender": "40 GB do not fit into a worker of 16 GB, however fast the ring were.",
        "preemptible machines": "In a ring all wait for the slowest, 0.8 s. Without stragglers the ring would win: that is the reason, not the bytes.",
        "a search ranker": "It fits, so memory is no reason. But a batch touches 1 MB of 2,000, and the ring adds up all of them.",
        "one server for eight": "All the workers' bytes go through one machine. With more servers it would be otherwise.",
        "stale and sparse": "The servers move fewer bytes, but three times as many steps are needed. Is extra part of the price?",
        "large and large": "Neither alone fills the 16 GB, but a worker of a ring holds both.",
        "two, one of them slow": "There is a straggler, but without it the parameter server would still be faster. Ask for both ways what they take without it.",
        "slow, and much to fetch": "The slow worker computes 4 times as long; it fetches and sends as fast as the other.",
        "slow and stale": "One of two workers is slow, which costs the parameter server too: their rate is the sum of both rates.",
        "few servers, little stale": "extra is above 1, but with extra 1 the ring would still win. Ask, do not look.",
        "either cure helps": "With extra 1 the parameter server would win, with more servers too. The first question that is answered with yes counts.",
        "neither cure helps": "With extra 1 alone the ring wins, with more servers alone too. Each question changes one thing, not all so far.",
    }
    for name, reason in why.items():
        work, got = EXAMPLES[name], value(choose(dict(EXAMPLES[name])), tuple)
        wanted, ring, server = workloads.verdict(work), workloads.all_reduce_seconds(work), workloads.parameter_server_seconds(work)
        assert got == wanted, f"{name}: expected {wanted}, yours {got}. All-reduce takes {ring:.2f} s, the parameter server {server:.2f} s. {reason}"
    ### BEGIN HIDDEN TESTS
    h = hidden_rng()

    def right_of_four(wanted):
        return sum(value(choose(workloads.draw(wanted, h)), tuple) == wanted for case in range(4))

    assert right_of_four(workloads.VERDICTS[0]) == 4, "On unseen workloads that do not fit into a worker, your choice or its reason is wrong."
    assert right_of_four(workloads.VERDICTS[1]) == 4, "On unseen workloads with a straggler that decides, your choice or its reason is wrong."
    assert right_of_four(workloads.VERDICTS[2]) == 4, "On unseen workloads where a batch touches little of a large embedding, your choice or its reason is wrong."
    assert right_of_four(workloads.VERDICTS[3]) == 4, "On unseen workloads where only stale steps speak for all-reduce, your choice or its reason is wrong."
    assert right_of_four(workloads.VERDICTS[4]) == 4, "On unseen workloads whose servers are too few, your choice or its reason is wrong."
    assert right_of_four(workloads.VERDICTS[5]) == 4, "On unseen workloads where all-reduce moves no more bytes, your choice or its reason is wrong."
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="choose"
# 1. Write the two prices as functions of a workload first. Then every "what if" is a call with one key changed: `{**work, "slowest": 1}`.
# 2. Memory is asked before any seconds. "Servers never the limit" is `{**work, "servers": float("inf")}`.
# 3. The workers' time: `rate = (N - 1) / (c + m) + 1 / (c * slowest + m)`, time `N / rate`; the price is `extra * max(N / rate, N * m / servers)`.

# %% [markdown]
# Our own embedding on your model, and the same if an airline kept a row per passenger:

# %% kind="explore"
ours = workload(workers=2, servers=2, dense=0.0003, embedding=11.3, touched=0.03, compute=0.005)
print("pairs of 2013:  ", choose(ours))
print("a row per passenger:", choose({**ours, "embedding": 25_600.0}))

# %% [markdown]
# A model of two formulas decides about orders of magnitude, not about 10 %. Measure before you buy machines.

# %% [markdown]
# ## In production
#
# - **At 1,000 times the scale** embeddings have terabytes. They live on servers, or, in most systems of today, cut over the
#   accelerators themselves; the dense part is trained by all-reduce beside them. It is both, not one or the other.
# - **Tools**: TensorFlow's ParameterServerStrategy, TorchRec's sharded embeddings, or a key-value store with an optimizer.
# - **The failure to watch for**: the hot shard. Bytes are even on the dashboard while one server's network is full. Plot
#   requests per server, not only memory.
# - **Also watch** staleness itself, as a histogram. It grows silently with every worker that is added, until the learning
#   rate that was right last year is above the border.
# - **Exactly once** does not come from the network. Give every step a number, and store it together with what it did.

# %% [markdown]
# ## Primary sources
#
# - Li and others, [Scaling Distributed Machine Learning with the Parameter Server](https://research.google/pubs/scaling-distributed-machine-learning-with-the-parameter-server/), OSDI 2014: the framework, with a choice of consistency models, elastic and fault tolerant.
# - Recht, Ré, Wright and Niu, [Hogwild!](https://proceedings.neurips.cc/paper_files/paper/2011/hash/218a0aefd1d1a4be65601cc6ddc1520e-Abstract.html), 2011: why updates without locks do little harm when each touches few weights.
# - Chen and others, [Revisiting Distributed Synchronous SGD](https://arxiv.org/abs/1604.00981), 2016: stale gradients against waiting for stragglers, and spare workers as a third way.
# - TensorFlow, [Parameter server training](https://www.tensorflow.org/tutorials/distribute/parameter_server_training): the guide to the classes of this lab.
# - Naumov and others, [Deep Learning Recommendation Model for Personalization and Recommendation Systems](https://arxiv.org/abs/1906.00091), 2019: the model whose embeddings are cut while its dense layers are copied.
