# ---
# jupyter:
#   lab:
#     title: Parallel pipelines
#     question: Why does the trainer wait?
#     minutes: {core: 70, all: 120}
#     core: [read_in_parallel, overlap, diagnose_pipeline]
#     seconds: 30
#     objectives:
#       - Read several files at once, with as many requests in flight as the store can bear and no more
#       - Transform in parallel, and put cache, shuffle and augmentation where each belongs
#       - Prepare the next batches while the trainer trains, with bounded memory
#       - Replace many small operations by a few large ones, without changing the result
#       - Tell from a timeline which single change would shorten the epoch most
#     prerequisites: [00_start_here]
#     covers:
#       pipeline.parallel-reading: [read_in_parallel, diagnose_pipeline]
#       pipeline.parallel-transforming: [transform_in_parallel, diagnose_pipeline]
#       pipeline.prefetch: [overlap, diagnose_pipeline]
#       pipeline.fuse: [fuse]
# ---

# %% [markdown]
# # 11 · Parallel pipelines
# *Why does the trainer wait?*
#
# A waiting accelerator costs as much as a working one. You build the pipeline that feeds a trainer, watch it work on
# a timeline, make it faster, and learn to read the timeline itself.
#
# ```mermaid
# flowchart LR
#   accTitle: An input pipeline and what makes it faster
#   accDescr: Files are opened and read, records are transformed, batches are made, and a trainer trains on them. Parallel reads widen the first step, parallel transformations and a cache the second, and a prefetch lets batches be made while the trainer trains.
#   S[(Files)] -- "1 · parallel reads" --> R[Records]
#   R -- "4 · parallel transformations, cache" --> I[Images]
#   I -- "5 · one call per batch" --> B[Batches]
#   B -- "2 · prefetch" --> T((Trainer))
#   T -.- L["3 · the timeline: why does it wait?"]
# ```
#
# Parts 1 to 3 are the core, some 70 minutes. Parts 4 and 5 are deeper.

# %% kind="setup"
# Imports, and TensorFlow with two threads, so that the lab behaves alike on every machine.
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # its start-up message is longer than this cell

import numpy as np
import pandas as pd
import tensorflow as tf

from prodml import begin, check, explorer, hidden_rng, plots, predict, reveal, rng, slow, stream, take, value
from prodml.fast.inputs.pipelines import as_written, ask, read_all, records, seconds_to_drain, train, with_threads
from prodml.fast.inputs.slow_stores import SlowSteps, SlowStore
from prodml.fast.inputs.stores import FeatureService, HeldSteps, HeldStore, features_of, in_turns
from prodml.fast.inputs.drawing import draw, draw_several
from prodml.fast.inputs.simulation import Settings, best_change, changed, simulate, unmistakable
from prodml.fast.inputs.timeline import Recorder, epoch_seconds, most_at_once, training_share

tf.config.threading.set_inter_op_parallelism_threads(2)
begin("11_parallel_pipelines")

# %% [markdown]
# The data are far away, in a **simulated** object store: opening a file takes 30 ms, every record 4 ms. Decoding a
# record takes another 4 ms, training on a batch of 16 takes 10 ms. All four only wait; the pipeline is real tf.data.

# %% kind="explore" folded=false
def epoch(pipeline, train_seconds=0.01, files=6):
    """Run one epoch, with slow, simulated parts, and return its timeline."""
    recorder = Recorder()
    store, steps = SlowStore(recorder, files), SlowSteps(recorder)
    train(pipeline(store, steps), recorder, train_seconds)
    return recorder.timeline()

# %% [markdown]
# The first pipeline does one thing after the other. `read_all` reads file by file, and `ask` calls a method of
# the lab's simulated services from inside a pipeline (it wraps `tf.numpy_function`). TensorFlow improves pipelines
# behind your back; `as_written` switches that off, so that every gain that you see is the change that you made.

# %% kind="explore" folded=false
def naive(store, steps):
    dataset = read_all(store, range(store.files))
    dataset = dataset.map(lambda record: ask(steps.decode, record))
    return as_written(dataset.batch(16))

# %% kind="explore"
predict("share", "6 files with 16 records each. In how many percent of the epoch does the trainer train?",
    {"training": (0.0, 100.0, 0.5)})

# %% [markdown]
# Time runs to the right, and every bar is one piece of work. Openings are purple, reads orange, transformations
# blue, training green.

# %% kind="explore" folded=true
# Runs one epoch, and draws it.
naive_run = epoch(naive)
draw(naive_run, f"One after the other: {epoch_seconds(naive_run):.2f} s, and the trainer trains {training_share(naive_run):.0%} of them")

# %% kind="explore"
reveal("share",
    {"training": 100 * training_share(naive_run)},
    unit="%",
    text="Each of its batches costs 16 reads and 16 transformations. A trainer twice as fast would change almost nothing.",
)

# %% [markdown]
# ## 1 · Read several files at once
# *medium · about 5 lines · 20 minutes*
#
# While one request travels, others could travel too. `interleave` goes through several files at once:
# `cycle_length=4` files take turns, and `num_parallel_calls=4` lets their requests overlap.

# %% kind="explore" folded=false
def reading(store, **options):
    files = tf.data.Dataset.range(store.files)
    return files.interleave(lambda file: records(store, file), **options)

# %% kind="explore"
predict("flight",
    "12 files, interleave with cycle_length=4 and num_parallel_calls=4. How many reads are in flight at most?",
    {"in a pool of 2 threads": (0, 16), "in a pool of 16 threads": (0, 16)},
)

# %% kind="explore" folded=true
# Counts the most reads under way at once, in either pool.
def in_flight(threads):
    timeline = epoch(lambda store, steps: with_threads(reading(store, cycle_length=4, num_parallel_calls=4).batch(16), threads), files=12)
    return most_at_once(timeline, "open", "read")


reveal("flight",
    {"in a pool of 2 threads": in_flight(2), "in a pool of 16 threads": in_flight(16)},
    unit="reads",
    text="A request keeps its thread busy while it waits. And with threads to spare, interleave begins the files of the next "
    "turns as well. What you ask for is a wish; **the pool decides**.",
)

# %% [markdown]
# By default the pool has one thread per core. That suits work; for waiting it is far too small on a small
# machine, and on a large one it may be more than a store allows. `with_threads(dataset, n)` gives the dataset a
# pool of its own:

# %% [markdown]
# ```python
# options = tf.data.Options()
# options.threading.private_threadpool_size = n
# dataset = dataset.with_options(options)
# ```
#
# And the **order**? Two files at a time, A with records a0 a1, B with b0 b1 b2, C with c0:
#
# | turn of | A | B | A | B | A | B | C |
# |---|---|---|---|---|---|---|---|
# | record | a0 | b0 | a1 | b1 | (ended) | b2 | c0 |
#
# A has ended at its third turn; C takes its place when the turn comes round again. That is `interleave`'s rule.
# If nobody needs the order, a slow file should not hold up the others: `deterministic=False`.

# %% kind="exercise" name="read_in_parallel" exports=["read_in_parallel"]
def read_in_parallel(store, files, k, ordered):
    """The records of all files, each exactly once, with k reads in flight.

    No fewer than k while k files are left, and never more.
    store: passed on to `records(store, file)`, which is the dataset of one file's records.
    files: list of file numbers, at least k. k: int, how many requests the store bears at once.
    ordered: True: the k files take turns, one record each, by interleave's rule, as in the table.
        False: every record as soon as it is there; a file that stalls holds up no other.
    Returns a tf.data.Dataset of numbers. It reads when it is iterated, not before.
    """
    ### BEGIN SOLUTION
    dataset = tf.data.Dataset.from_tensor_slices(files).interleave(
        lambda file: records(store, file), cycle_length=k, num_parallel_calls=k, deterministic=ordered
    )
    return with_threads(dataset, k)
    ### END SOLUTION

# %% [markdown]
# The check owns the store. It holds its replies until four reads are in flight, so it needs no clock.

# %% kind="check" name="read_in_parallel" points=5
with check("read_in_parallel"):
    lengths, numbers = [5, 5, 5, 2, 5, 5, 5, 5, 5], [5, 2, 8, 3, 0, 6, 1, 4]
    store = HeldStore(lengths, until=4, late=5)
    dataset = read_in_parallel(store, numbers, 4, True)
    assert not store.requests, f"Nobody has asked for a record yet, and yours has read {len(store.requests)}. A dataset reads when it is iterated; a list of records would have to fit into memory."
    got = [int(x) for x in take(dataset, 100)]
    most = store.reading.most
    assert most > 1, "The store held its replies until 4 reads were in flight, but never saw more than 1. Files that take turns are not yet read at the same time: num_parallel_calls is what lets their requests overlap."
    assert most >= 4, f"The store held its replies until 4 reads were in flight, but never saw more than {most}. Every request keeps a thread busy: how many threads has your pool?"
    assert most <= 4, f"The store bears 4 reads at once and saw {most}. num_parallel_calls does not limit interleave: it begins on later files too. A pool of k threads does."
    strange = {file for file, _ in store.requests} - set(numbers)
    assert not strange, f"files is {numbers}, and yours read file {min(strange)} as well. Read the files that you are given, not as many from 0 on."
    lost, twice = len(set(store.values(numbers)) - set(got)), len(got) - len(set(got))
    assert lost == 0, f"{lost} of 37 records never came out of your dataset. Files may differ in length: file 3 is short."
    assert twice == 0, f"{twice} records came out of your dataset more than once."
    assert len(store.requests) == 37, f"The store was asked for {len(store.requests)} reads, and these files have 37 records: every read is paid for, so each record is asked for once."
    wanted = in_turns(lengths, numbers, 4)
    at = next((i for i, (mine, theirs) in enumerate(zip(got, wanted, strict=False)) if mine != theirs), 0)
    assert got == wanted, f"ordered is True. After {at} records yours gives {got[at:at + 4]}, expected {wanted[at:at + 4]}. Do files begin in the order of the list? Is cycle_length k? Does a new file begin as soon as one of k ends? And is file 5 waited for, whose first record comes late? deterministic=False does not wait."

    stalling = HeldStore([4, 4, 4, 4, 4, 4, 4, 0, 4], last=2)
    got = [int(x) for x in take(read_in_parallel(stalling, numbers, 4, False), 100)]
    assert sorted(got) == sorted(stalling.values(numbers)), f"ordered is False: every record must still come exactly once. Expected 32 records, yours gave {len(got)}."
    assert stalling.held_up is None, f"ordered is False and file 2 stalls. Only {stalling.held_up} of the other files' 28 records were read meanwhile: everybody waits for its turn. Pass deterministic=False then."
    ### BEGIN HIDDEN TESTS
    h = hidden_rng()
    wide = int(h.integers(3, 7))
    lengths = [int(n) for n in h.integers(1, 8, wide + 5)]
    numbers = [int(f) for f in h.permutation(wide + 5)]
    store = HeldStore(lengths, until=wide, late=numbers[0])
    got = [int(x) for x in take(read_in_parallel(store, numbers, wide, True), 200)]
    assert store.reading.most == wide, "With another k your dataset has not k reads in flight."
    assert got == in_turns(lengths, numbers, wide), "With other files and another k your records do not come in turn, each exactly once."
    stalling = HeldStore(lengths, last=numbers[1])
    got = [int(x) for x in take(read_in_parallel(stalling, numbers, wide, False), 200)]
    assert sorted(got) == sorted(stalling.values(numbers)), "Without order, on other files, your records do not come exactly once."
    assert stalling.held_up is None, "Without order, on other files, one file that stalls holds up the others."
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="read_in_parallel"
# 1. Begin with the file numbers as a dataset. Which one of its methods turns every element into a dataset, and goes through several of them at once?
# 2. `tf.data.Dataset.from_tensor_slices(files).interleave(lambda file: records(store, file), …)`: three options are needed, for how many take turns, how many work at once, and whether the order is kept.
# 3. The options are `cycle_length=k, num_parallel_calls=k, deterministic=ordered`. At the end, `with_threads(dataset, k)`.

# %% [markdown]
# Your reader in the pipeline of before. (The pause before the first read is tf.data's own: it sets six readers up.)

# %% kind="explore" folded=false
def parallel_reads(store, steps):
    dataset = read_in_parallel(store, list(range(store.files)), 6, True)
    return as_written(dataset.map(lambda record: ask(steps.decode, record)).batch(16))

# %% kind="explore" folded=true
# Runs it, and draws it to the scale of the first.
reads_run = epoch(parallel_reads)
draw(reads_run, f"Six files at once: {epoch_seconds(naive_run) / epoch_seconds(reads_run):.1f} times as fast", until=epoch_seconds(naive_run))

# %% [markdown]
# Reading is no longer what the trainer waits for. Transforming is, record by record. So would six transformers alone
# have done it? `map` takes `num_parallel_calls` too:

# %% kind="explore"
def parallel_transforms(store, steps):
    dataset = read_all(store, range(store.files))
    dataset = dataset.map(lambda record: ask(steps.decode, record), num_parallel_calls=6)
    return as_written(with_threads(dataset.batch(16), 6))

maps_run = epoch(parallel_transforms)

# %% kind="explore" folded=true
# Draws six transformers behind one reader.
draw(maps_run, f"Six transformers and one reader: {epoch_seconds(naive_run) / epoch_seconds(maps_run):.1f} times as fast", until=epoch_seconds(naive_run))

# %% [markdown]
# Hardly two of the six are ever at work: one reader brings a record every 4 ms, and a transformer needs 4 ms. A
# pipeline is as fast as its slowest step. To widen another one gains nothing.
#
# Deeper, 5 minutes: how much of the first gain needs the pool, and what giving up the order costs.

# %% [markdown] deeper=5
# ### Deeper: the pool, and the order

# %% kind="explore"
def speed_up(**options):
    threads = options.pop("threads")
    def pipeline(store, steps):
        dataset = reading(store, cycle_length=6, **options)
        dataset = dataset.map(lambda record: ask(steps.decode, record)).batch(16)
        return as_written(with_threads(dataset, threads))
    return round(epoch_seconds(naive_run) / epoch_seconds(epoch(pipeline)), 2)


pd.Series({
    "only taking turns": speed_up(threads=6),
    "in parallel, 2 threads": speed_up(num_parallel_calls=6, threads=2),
    "in parallel, 6 threads": speed_up(num_parallel_calls=6, threads=6),
}, name="times as fast as naive")

# %% [markdown]
# Taking turns alone brings nothing. Two threads already bring most of it: then transforming is the bottleneck,
# and four more readers only wait.
#
# What does giving up the order cost? Here two epochs without it, first records only.

# %% kind="explore"
for run in (1, 2):
    came = [int(x) for x in read_in_parallel(SlowStore(Recorder()), list(range(6)), 6, False)]
    print(f"epoch {run}: {len(set(came))} different records, beginning {came[:8]}")

# %% [markdown]
# The same records, in an order that may differ from run to run. For training on shuffled data that is fine; for
# debugging a loss that jumps at step 4,711, it is not.

# %% [markdown]
# ## 2 · Prepare the next batch while this one trains
# *medium · about 5 lines · 15 minutes*
#
# `prefetch` puts a buffer between pipeline and trainer, and a thread that fills it. First an odd thing: a
# pipeline that reads and batches, with no prefetch anywhere. The trainer takes one batch of 16, and trains.

# %% kind="explore"
predict("odd", "Meanwhile, how many records of later batches does the pipeline read?",
    {"as you write it": (0, 64), "with .prefetch(2)": (0, 64)})

# %% kind="explore" folded=true
# Counts what is read while the trainer holds its first batch.
def read_ahead(finish):
    watched = HeldStore([16] * 6)
    batches = stream(finish(read_all(watched, range(6)).batch(16)))
    batches.take(1)
    return watched.reading.settled() - 16


reveal("odd",
    {"as you write it": read_ahead(lambda d: d), "with .prefetch(2)": read_ahead(lambda d: d.prefetch(2))},
    text="TensorFlow rewrites pipelines. It adds a prefetch of one batch where there is none, and it fuses map and batch into "
    "one step that works ahead. `as_written` had to switch that off, or the naive pipeline would not have been naive.",
)

# %% [markdown]
# What does it bring at best? Let training take as long as making a batch, 160 ms. Without a prefetch, each waits
# for the other.

# %% kind="explore" folded=false
def prefetched(store, steps):
    return naive(store, steps).prefetch(2)

# %% kind="explore" folded=true
# Runs both with a trainer of 160 ms, and draws them to one scale.
apart, together = epoch(naive, 0.16), epoch(prefetched, 0.16)
draw(apart, f"Without prefetch they take turns: {epoch_seconds(apart):.2f} s", until=epoch_seconds(apart))
draw(together, f"With prefetch both work: {epoch_seconds(apart) / epoch_seconds(together):.1f} times as fast", until=epoch_seconds(apart))

# %% [markdown]
# Twice as fast is the most that it can ever bring, and only if both sides are equally slow. With a trainer of
# 10 ms per batch, it saves about 5 %: prefetch hides the shorter side behind the longer.

# %% [markdown]
# It counts **elements where it stands**. After `batch` they are batches, before it they are records. And only
# what stands above it is done ahead.

# %% kind="exercise" name="overlap" exports=["overlap"]
def overlap(store, files, steps, batch_size, ahead):
    """Batches of decoded records; `ahead` more are being made ready while the trainer holds one.

    store, files: `read_all(store, files)` is the dataset of all records, in order.
    steps: `ask(steps.decode, record)` is the image of a record (a number).
    batch_size: int, records per batch; the last batch may be smaller, no record is dropped.
    ahead: int, at least 2. While the trainer holds a batch, the next `ahead` batches are read and
        decoded: 1 + ahead batches with its own. Never more than twice as many records are: memory
        is bounded. Records may be decoded one at a time, or a few at once.
    Returns a tf.data.Dataset of 1-D batches, the images in the order of the records.
    """
    ### BEGIN SOLUTION
    dataset = read_all(store, files).map(lambda record: ask(steps.decode, record))
    return dataset.batch(batch_size).prefetch(ahead)
    ### END SOLUTION

# %% kind="check" name="overlap" points=4
with check("overlap"):
    store, steps = HeldStore([30] * 10), HeldSteps()
    batches = stream(overlap(store, list(range(10)), steps, 16, 4))
    parts = batches.take(1)
    decoded = steps.decoding.reached(80)
    read = store.reading.calls
    where = "Raw records wait in front of decode: prefetch stands too far up." if read > 1.5 * decoded else "Is there a prefetch below batch? One batch is what TensorFlow adds by itself."
    assert decoded >= 80, f"The trainer holds one batch of 16, and ahead is 4: 80 records must be decoded by now. Yours has read {read} and decoded {decoded}. {where}"
    decoded = steps.decoding.settled()
    assert decoded <= 160, f"The trainer holds one batch of 16, ahead is 4: 80 records, 160 at most. Yours has decoded {decoded} of 300. Prefetch counts elements where it stands: below batch, that is batches. Memory is bounded by ahead, not by the data."
    parts += batches.take(100)
    batches.close()
    sizes = [len(part) for part in parts]
    assert sum(sizes) == 300, f"300 records in batches of 16 are 18 full ones and one of 12. Yours gave {sum(sizes)} records: drop_remainder drops the last batch in every epoch."
    assert sizes == [16] * 18 + [12], f"300 records in batches of 16 are 18 full ones and one of 12. Your batches have the sizes {sizes}."
    images = [int(x) for part in parts for x in part]
    assert images == [100 * x for x in store.values(range(10))], f"The images must come decoded and in the order of their records: 0, 100, 200, … Yours begin {images[:4]}."
    assert steps.decoding.calls == 300, f"300 records, and decode was called {steps.decoding.calls} times."
    ### BEGIN HIDDEN TESTS
    h = hidden_rng()
    size, more = int(h.integers(12, 20)), int(h.integers(3, 6))
    lengths = [int(n) for n in h.integers(30, 45, 10)]
    store, steps = HeldStore(lengths), HeldSteps()
    batches = stream(overlap(store, list(range(10)), steps, size, more))
    parts = batches.take(2)
    assert steps.decoding.reached((2 + more) * size) >= (2 + more) * size, "With another batch size and ahead, too little is decoded while the trainer holds its batch."
    assert steps.decoding.settled() <= 2 * (2 + more) * size, "With another batch size and ahead, far more is decoded than asked."
    parts += batches.take(200)
    batches.close()
    images = [int(x) for part in parts for x in part]
    assert images == [100 * x for x in store.values(range(10))], "With another batch size, images are lost, repeated or out of order."
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="overlap"
# 1. Four steps: read, decode, batch, prefetch. Which of them should be done before the trainer asks? All of those have to stand above the prefetch.
# 2. `read_all(store, files).map(…).batch(batch_size)`, and then the last step.
# 3. `.prefetch(ahead)` at the very end. There it counts batches.

# %% [markdown]
# Now all three together, and once more with `tf.data.AUTOTUNE` in place of every number: tf.data measures its own
# steps while it runs and chooses.

# %% kind="explore" folded=false
AUTOTUNE = tf.data.AUTOTUNE


def everything(store, steps, calls=6, threads=16):
    dataset = reading(store, cycle_length=6, num_parallel_calls=calls)
    dataset = dataset.map(lambda record: ask(steps.decode, record), num_parallel_calls=calls)
    return with_threads(dataset.batch(16).prefetch(2 if calls == 6 else calls), threads)

# %% kind="explore" folded=true
# Runs and draws everything together.
all_run = epoch(everything)
draw(all_run, f"Everything together: {epoch_seconds(naive_run) / epoch_seconds(all_run):.1f} times as fast", until=epoch_seconds(naive_run))

# %% kind="explore" folded=true
# Draws what every step has gained, AUTOTUNE among them.
gains = {
    "one after the other": naive_run, "six transformations": maps_run, "six reads": reads_run,
    "everything, 16 threads": all_run,
    "AUTOTUNE, 16 threads": epoch(lambda store, steps: everything(store, steps, AUTOTUNE, 16)),
    "AUTOTUNE, default threads": epoch(lambda store, steps: everything(store, steps, AUTOTUNE, 0)),
}
times = {name: epoch_seconds(naive_run) / epoch_seconds(run) for name, run in gains.items()}
title = "AUTOTUNE chooses the calls, not the pool: without threads most of the gain is gone"
fig, ax = plots.figure(title, x="times as fast as one after the other", figsize=(7.0, 2.8))
ax.barh(list(times), list(times.values()), color=[plots.GREY] + [plots.BLUE] * 4 + [plots.RED])
for y, gain in enumerate(times.values()):
    ax.annotate(f"{gain:.1f}", (gain, y), (4, 0), textcoords="offset points", va="center")
ax.invert_yaxis()
plots.show(fig, alt=f"{title}. " + ", ".join(f"{name}: {gain:.1f}" for name, gain in times.items()))

# %% [markdown]
# AUTOTUNE chooses well what it may choose. The pool is the setting to look at first when parallel I/O "does not help".
#
# Turn the knobs. Each move runs the pipeline for real, and for comparison the naive one with the same trainer.

# %% kind="explore" folded=true
# Runs the pipeline that you set, and draws its epoch.
one_by_one_runs = {}


def draw_pipeline(parallel_reads, parallel_transforms, prefetch, threads, train_ms, autotune):
    def pipeline(store, steps):
        reads, maps = (AUTOTUNE, AUTOTUNE) if autotune else (parallel_reads, parallel_transforms)
        dataset = reading(store, cycle_length=parallel_reads, num_parallel_calls=reads if reads != 1 else None)
        dataset = dataset.map(lambda record: ask(steps.decode, record), num_parallel_calls=maps if maps != 1 else None)
        dataset = as_written(with_threads(dataset.batch(16), threads))
        return dataset.prefetch(AUTOTUNE if autotune else prefetch) if prefetch else dataset

    timeline = epoch(pipeline, train_ms / 1000)
    if (parallel_reads, parallel_transforms, prefetch, autotune) == (1, 1, 0, False):  # then this is the naive one
        one_by_one_runs[train_ms] = epoch_seconds(timeline)
    elif train_ms not in one_by_one_runs:
        one_by_one_runs[train_ms] = epoch_seconds(epoch(naive, train_ms / 1000))
    before = one_by_one_runs[train_ms]
    title = f"{epoch_seconds(timeline):.2f} s, {before / epoch_seconds(timeline):.1f} times as fast as naive; the trainer trains {training_share(timeline):.0%}"
    draw(timeline, title, until=max(before, epoch_seconds(timeline)))


explorer(draw_pipeline, parallel_reads=(1, 8, 4), parallel_transforms=(1, 8, 4), prefetch=(0, 4, 2), threads=(1, 16, 8), train_ms=(0, 60, 10), autotune=False)

# %% [markdown]
# How busy can you make the trainer? Then lower the threads to 2. And count the readers: with eight threads, four
# files at a time become six.

# %% [markdown]
# ## 3 · Read the timeline
# *hard · about 7 lines · 20 minutes*
#
# Eight pipelines, **simulated** with the rules that you have seen. Which one change would shorten each epoch most?
# Four lanes for reading, four for transforming, a prefetch of two batches, or nothing?

# %% kind="setup"
# Eight pipelines, and their timelines.
examples = {
    "A": Settings(open_seconds=0.03, read_seconds=0.006, transform_seconds=0.001),
    "B": Settings(open_seconds=0.01, read_seconds=0.002, transform_seconds=0.002, train_seconds=0.075),
    "C": Settings(open_seconds=0.02, read_seconds=0.002, transform_seconds=0.002, train_seconds=0.16, ahead=2),
    "D": Settings(read_seconds=0.006, transform_seconds=0.002, train_seconds=0.04, ahead=2),
    "E": Settings(read_seconds=0.008, transform_seconds=0.006, readers=4, ahead=2),
    "F": Settings(open_seconds=0.05, read_seconds=0.0005, transform_seconds=0.006, files=4),
    "G": Settings(open_seconds=0.01, read_seconds=0.001, transform_seconds=0.009, train_seconds=0.025, readers=4, transformers=4),
    "H": Settings(open_seconds=0.06, read_seconds=0.004, transform_seconds=0.005),
}
pictured = {name: simulate(settings, rng()) for name, settings in examples.items()}

# %% kind="explore" folded=true
# Draws the eight timelines.
draw_several(pictured, "Openings purple, reads orange, transformations blue, training green: who waits for whom?")

# %% kind="explore"
predict("eight",
    "Which one change would shorten the epoch most?",
    {name: ["nothing", "parallel reads", "parallel transforms", "prefetch"] for name in examples},
)

# %% kind="explore" folded=true
# Makes the best change to each, and draws them again, to the scale of before.
best = {name: best_change(settings)[0] for name, settings in examples.items()}
after = {name: simulate(changed(settings, best[name]), rng()) for name, settings in examples.items()}
draw_several(after, "The same with the best change: the bars end earlier, and another step is now the slowest",
    until={name: epoch_seconds(timeline) for name, timeline in pictured.items()},
    note={name: f"{best[name]}: ×{epoch_seconds(pictured[name]) / epoch_seconds(timeline):.1f}" for name, timeline in after.items()},
)

# %% kind="explore"
reveal("eight",
    best,
    formula=list(best),
    text="C's trainer is busy: nothing to gain. D has its prefetch and waits all the same. In E reading adds up to more "
    "seconds than transforming, but in four lanes at once. H's reads are shorter than its transformations, until you add "
    "the openings. (The changes were simulated, by the rules of this lab.)",
)

# %% [markdown]
# A timeline is a table, one row for every bar:

# %% kind="explore"
pictured["A"].head(4).round(4)

# %% kind="exercise" name="diagnose_pipeline" exports=["diagnose_pipeline"]
def diagnose_pipeline(timeline):
    """The one change that would shorten this epoch most.

    timeline: DataFrame, one row per piece of work, with the columns
        step: "open" or "read" (both are reading), "transform", or "train";
        lane: int from 0; pieces of one step that overlap in time have different lanes;
        start, end: seconds since the epoch began.
    Returns one of
        "nothing": the trainer trains more than 90 % of the epoch;
        "parallel reads": four files at once instead of one;
        "parallel transforms": four records at once instead of one;
        "prefetch": make batches while the trainer trains.
    A step that has several lanes already cannot be made parallel once more.
    """
    ### BEGIN SOLUTION
    def share(*steps):
        work = timeline[timeline["step"].isin(steps)]
        one_lane = work["lane"].max() == 0
        return (work["end"] - work["start"]).sum() / timeline["end"].max() if one_lane else 0.0

    shares = {"prefetch": share("train"), "parallel reads": share("open", "read"), "parallel transforms": share("transform")}
    return "nothing" if shares["prefetch"] > 0.9 else max(shares, key=shares.get)
    ### END SOLUTION

# %% kind="check" name="diagnose_pipeline" points=5
with check("diagnose_pipeline"):
    answers = {
        "A": ("parallel reads", "Every transformation waits for its read."),
        "B": ("prefetch", "Trainer and pipeline take turns, and training is the longest of the three."),
        "C": ("nothing", "The trainer trains 92 % of the time: it hardly waits for anybody."),
        "D": ("parallel reads", "The trainer waits, but batches are made while it trains already: a prefetch cannot make the pipeline faster than its slowest step."),
        "E": ("parallel transforms", "Reading has the most seconds of work, but four lanes share them already. Transforming has a single lane, and that one is never idle."),
        "F": ("parallel transforms", "Opening a file is the longest single piece, but there are only four. It is the many short ones that add up."),
        "G": ("prefetch", "Transforming is at work longest, but in four lanes already. Of the steps with a single lane, which is?"),
        "H": ("parallel reads", "Reads alone take less time than transformations. But opening a file is reading too, and both keep the only reader busy."),
    }
    for name, (wanted, why) in answers.items():
        got = value(diagnose_pipeline(pictured[name]), str)
        assert got == wanted, f"Pipeline {name}: expected {wanted!r}, yours {got!r}. {why}"
    ### BEGIN HIDDEN TESTS
    h = hidden_rng()

    def right_of_ten(answer):
        return sum(value(diagnose_pipeline(simulate(unmistakable(answer, h), h)), str) == answer for case in range(10))

    assert right_of_ten("nothing") >= 7, "On unseen timelines, you often prescribe something to a pipeline whose trainer is busy."
    assert right_of_ten("parallel reads") >= 7, "On unseen timelines, you often overlook that reading holds everything up."
    assert right_of_ten("parallel transforms") >= 7, "On unseen timelines, you often overlook that transforming holds everything up."
    assert right_of_ten("prefetch") >= 7, "On unseen timelines, you often overlook that trainer and pipeline only need to stop taking turns."
    scale = h.uniform(0.5, 2)
    twice_read = Settings(read_seconds=0.008 * scale, transform_seconds=0.006 * scale, readers=2, ahead=2)
    assert value(diagnose_pipeline(simulate(twice_read, h)), str) == "parallel transforms", "Two lanes are several: a step that two readers share cannot be made parallel once more."
    twice_made = Settings(open_seconds=0.01 * scale, read_seconds=0.001 * scale, transform_seconds=0.009 * scale, train_seconds=0.04 * scale, transformers=2)
    assert value(diagnose_pipeline(simulate(twice_made, h)), str) == "prefetch", "Two lanes are several: a step that two transformers share cannot be made parallel once more."
    two_batches = Settings(open_seconds=0.01 * scale, read_seconds=0.002 * scale, transform_seconds=0.002 * scale, train_seconds=0.42 * scale, files=2)
    assert value(diagnose_pipeline(simulate(two_batches)), str) == "prefetch", "A trainer that trains 85 % of the epoch is not busy enough for \"nothing\". The epoch begins with the first read, not with the first training step."
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="diagnose_pipeline"
# 1. For how large a share of the epoch is each step at work, in whatever lane? The step that is at work longest is what the others wait for.
# 2. A step of one lane: the sum of `end - start`, divided by the last `end`. A step of several lanes is out: it cannot be widened again. Count "open" and "read" together.
# 3. If the trainer's share is above 0.9, "nothing". Else the largest of three shares decides: trainer → "prefetch", reading → "parallel reads", transforming → "parallel transforms".

# %% [markdown]
# And the *real* pipelines of this lab? Ask your instrument, make the change that it names, measure, ask again:

# %% kind="explore"
real = {"one after the other": naive_run, "six reads at once": reads_run,
        "six transformations at once": maps_run, "everything": all_run,
        "trainer of 160 ms, taking turns": apart, "the same with prefetch": together}
pd.DataFrame({
    "seconds": {name: round(epoch_seconds(run), 2) for name, run in real.items()},
    "the trainer trains": {name: f"{training_share(run):.0%}" for name, run in real.items()},
    "the next change": {name: diagnose_pipeline(run) for name, run in real.items()},
})

# %% [markdown]
# One change, one measurement, then the next timeline: the bottleneck moves each time. When the trainer is busy, stop;
# or when "prefetch" is named where one is: a timeline cannot know it, and no other change is left.

# %% [markdown]
# ### You can stop here
#
# You can read in parallel without asking more of a store than it bears, make batches ahead in bounded memory, and say
# from a timeline what to change next. On Monday: look at the trainer's share of one real epoch.
#
# Part 4 is deeper, 25 minutes: transform in parallel, and only once.

# %% [markdown] deeper=25
# ## 4 · Transform in parallel, and only once
# *medium · about 6 lines · 20 minutes*

# %% [markdown]
# `map` takes `num_parallel_calls` too. Does it always help? Two functions, each one call per record: one waits
# 4 ms, as for a decoder in C++ or a service. The other counts in a Python loop.

# %% kind="explore" folded=false
import time

def waits(record):
    time.sleep(0.004)
    return record

def counts(record):
    return record + 0 * sum(i for i in range(50_000))

# %% kind="explore"
predict("lock", "Four calls at once, in four threads. How many times as fast as one after the other?",
    {"waits": (0.0, 5.0, 0.05), "counts": (0.0, 5.0, 0.05)})

# %% kind="explore" folded=true
# Drains datasets in turn, three times, and compares the best of each: what else runs here hits them alike.
def times_as_fast(function):
    def calls(n):
        dataset = tf.data.Dataset.range(100).map(lambda record: ask(function, record), num_parallel_calls=n)
        return as_written(with_threads(dataset, 4))
    best = seconds_to_drain({1: calls(None), 4: calls(4)})
    return best[1] / best[4]

# %% kind="explore"
reveal("lock",
    {"waits": times_as_fast(waits), "counts": times_as_fast(counts)},
    unit="times",
    text="Python's global lock lets one thread at a time run Python code. Threads that count only stand in each "
    "other's way; threads that wait have left the lock to others. TensorFlow's own operations do not need it.",
)

# %% [markdown]
# The cheapest transformation is the one that is not repeated. `cache` keeps what comes out of everything **above
# it** during the first epoch, and from then on replays exactly that.
#
# So where does it stand, among these three?

# %% [markdown]
# | step | cost | every epoch |
# |---|---|---|
# | `decode` | expensive | always the same |
# | `shuffle` | nothing | another order |
# | `augment` | cheap | another random change |
#
# Replaying a decoded image is what we want. Replaying a random one is not random.

# %% kind="exercise" name="transform_in_parallel" exports=["transform_in_parallel"]
def transform_in_parallel(store, files, steps, k):
    """Records, decoded and augmented by k calls at a time; read and decoded in the first epoch.

    store, files: `read_all(store, files)` is the dataset of all records, in order.
    steps: `ask(steps.decode, record)` is the image of a record: expensive, always the same.
        `ask(steps.augment, image)` is the image with a small random change: another one in every
        epoch.
    k: int, how many calls of decode, and how many of augment, are under way at once: k while
        there are k left, and never more.

    Every epoch holds each record once, in an order of its own (a shuffle buffer of 1,000 is enough
    here). Later epochs neither read nor decode.
    Returns a tf.data.Dataset of augmented images (numbers).
    """
    ### BEGIN SOLUTION
    dataset = read_all(store, files)
    dataset = dataset.map(lambda record: ask(steps.decode, record), num_parallel_calls=k).cache()
    dataset = dataset.shuffle(1000)
    dataset = dataset.map(lambda image: ask(steps.augment, image), num_parallel_calls=k)
    return with_threads(dataset, k)
    ### END SOLUTION

# %% [markdown]
# Here `decode` makes 100 × record of a record, and `augment` adds the number of its call. So every number that
# comes out tells which record it was, and which call of `augment` made it.

# %% kind="check" name="transform_in_parallel" points=5
with check("transform_in_parallel"):
    store, steps = HeldStore([5, 3, 5]), HeldSteps(until=4)
    dataset = transform_in_parallel(store, [0, 1, 2], steps, 4)
    first, second = ([int(x) for x in take(dataset, 100)] for epoch_number in (1, 2))
    kept = [sorted(x // 100 for x in images) for images in (first, second)]
    assert kept[0] == store.values([0, 1, 2]), f"An epoch holds 13 records, each once, decoded before they are augmented. Yours gave {len(first)}, the first is {first[:1]}."
    assert kept[1] == kept[0], f"The second epoch must hold the same 13 records. Yours gave {len(second)}."
    most = steps.decoding.most
    assert most > 1, "decode was held until 4 calls were under way, but there was never more than 1. A map works on one record at a time unless num_parallel_calls says otherwise."
    assert most >= 4, f"decode was held until 4 calls were under way, but there were never more than {most}. Every call keeps a thread busy: how many threads has your pool?"
    assert most <= 4, f"k is 4, and {most} calls of decode were under way at once: each holds an image in memory, and the other programs on this machine want a core, too."
    calls = steps.decoding.calls
    assert calls == 13, f"Two epochs of 13 records made {calls} calls of decode; 13 were enough. Without a cache below it, everything is read and decoded in every epoch."
    calls = steps.augmenting.calls
    assert calls == 26, f"Two epochs of 13 records made {calls} calls of augment, expected 26. Is it above the cache? Then the first epoch's random changes are replayed for ever."
    assert [x // 100 for x in first] != [x // 100 for x in second], "Both epochs came in the same order. Is shuffle missing, or above the cache, which replays the order too?"
    most = steps.augmenting.most
    assert most >= 4, f"augment was held until 4 calls were under way, but there were never more than {most}. It is a map of its own, with a num_parallel_calls of its own."
    assert most <= 4, f"k is 4, and {most} calls of augment were under way at once. num_parallel_calls is k here, too."
    ### BEGIN HIDDEN TESTS
    h = hidden_rng()
    wide = int(h.integers(3, 7))
    store, steps = HeldStore([int(n) for n in h.integers(3, 7, 4)]), HeldSteps(until=wide)
    numbers = [int(f) for f in h.permutation(4)]
    dataset = transform_in_parallel(store, numbers, steps, wide)
    first, second = ([int(x) for x in take(dataset, 100)] for epoch_number in (1, 2))
    count = sum(store.lengths)
    assert sorted(x // 100 for x in first) == sorted(store.values(numbers)), "On other files your first epoch does not hold each record exactly once."
    assert sorted(x // 100 for x in second) == sorted(store.values(numbers)), "On other files your second epoch does not hold each record exactly once."
    assert steps.decoding.most == wide, "With another k there are not k calls of decode under way."
    assert steps.augmenting.most == wide, "With another k there are not k calls of augment under way."
    assert steps.decoding.calls == count, "On other files records are decoded more than once."
    assert store.reading.calls == count, "On other files records are read more than once."
    assert steps.augmenting.calls == 2 * count, "On other files augment is not asked anew for every record of every epoch."
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="transform_in_parallel"
# 1. Write the steps in one column, from the store to the trainer, and draw a line. Above it stands what is the same in every epoch, below it what is not. The line is the cache.
# 2. `read_all(store, files)`, then a parallel map with decode, then `.cache()`, then `.shuffle(1000)`, then a parallel map with augment.
# 3. `dataset.map(lambda record: ask(steps.decode, record), num_parallel_calls=k)` is one of the two maps. At the end, `with_threads(dataset, k)`.

# %% [markdown]
# Two epochs over the slow store, through your pipeline:

# %% kind="explore"
images = transform_in_parallel(SlowStore(Recorder()), range(6), SlowSteps(Recorder()), 6)
took = []
for _ in (1, 2):
    started = time.perf_counter()
    came = sum(1 for _ in images)
    took.append(time.perf_counter() - started)

# %% kind="explore" folded=true
# Draws the seconds of both epochs.
title = f"The second epoch reads and decodes nothing: {took[0] / took[1]:.0f} times as fast"
fig, ax = plots.figure(title, x=f"seconds for {came} images", figsize=(7.0, 1.6))
ax.barh(["first epoch", "second epoch"], took, color=[plots.GREY, plots.BLUE])
ax.invert_yaxis()
plots.show(fig, alt=f"Seconds of two epochs: {took[0]:.2f} and {took[1]:.2f}. {title}.")

# %% [markdown]
# The cache needs memory for every decoded record, in each worker. If they do not fit, `cache("/local/disk/file")` puts
# them there; if that does not fit either, let a job decode them once, ahead of all training.

# %% [markdown]
# Part 5 is deeper too, 25 minutes, and stands without part 4: fewer, larger operations.

# %% [markdown] deeper=25
# ## 5 · A few large operations instead of many small ones
# *medium · about 6 lines · 15 minutes*

# %% [markdown]
# Waiting can be hidden in parallel. Overhead cannot: every call of a tiny function costs its own bookkeeping.
# Here 20,000 numbers, a logarithm each.

# %% kind="explore"
predict("vector",
    "How many times as fast as map before batch, one call after the other?",
    {"parallel map, then batch": (0.1, 100.0, "log"), "batch, then map": (0.1, 100.0, "log")},
)

# %% kind="explore" folded=false
def logarithm(x):
    return tf.math.log1p(tf.cast(x, tf.float32))


many = tf.data.Dataset.range(20_000)
ways = {
    "map, then batch": many.map(logarithm).batch(256),
    "parallel map, then batch": many.map(logarithm, num_parallel_calls=tf.data.AUTOTUNE).batch(256),
    "batch, then map": many.batch(256).map(logarithm),
}

# %% kind="explore" folded=true
# Drains the three in turn, five times.
with slow("Drains 20,000 numbers in three ways, five times each", seconds=6):
    took_by = seconds_to_drain(ways, rounds=5)

# %% kind="explore" folded=true
# Draws the seconds of the three, on a logarithmic scale.
gain = took_by["map, then batch"] / took_by["batch, then map"]
title = f"256 numbers cost hardly more than one: {gain:.0f} times as fast"
fig, ax = plots.figure(title, x="ms for 20,000 numbers, the best of five rounds", figsize=(7.0, 1.9))
ax.barh(list(took_by), [1000 * t for t in took_by.values()], color=[plots.GREY, plots.GREY, plots.BLUE])
ax.set_xscale("log")
ax.minorticks_off()
for y, seconds in enumerate(took_by.values()):
    ax.annotate(f"{1000 * seconds:.0f} ms", (1000 * seconds, y), (4, 0), textcoords="offset points", va="center")
ax.margins(x=0.2)
ax.invert_yaxis()
plots.show(fig, alt=f"Milliseconds of three ways. {title}. " + ", ".join(f"{name}: {1000 * t:.0f} ms" for name, t in took_by.items()))

# %% kind="explore"
reveal("vector",
    {name: took_by["map, then batch"] / took_by[name] for name in ("parallel map, then batch", "batch, then map")},
    unit="times the first way",
    text="Calling the logarithm costs far more than computing it. 256 at a time cost hardly more than one. "
    "Threads hardly help, or do harm: to hand out so small a piece of work costs as much as the work.",
)

# %% [markdown]
# So write `batch` first, and a function that works on a whole batch. With `log1p` nothing changes. It becomes
# tricky where the function looks at several numbers of a row, like this one:

# %% kind="setup" folded=false
def scale(features):
    """One row of features, with mean 0 and standard deviation 1."""
    return (features - tf.reduce_mean(features)) / tf.math.reduce_std(features)

# %% kind="explore"
two_rows = tf.constant([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]])
print("row by row:  ", *(np.round(scale(row), 2) for row in two_rows))
print("as one batch:", *np.round(scale(two_rows), 2))

# %% [markdown]
# The second line is wrong: `scale` took the mean over both rows. Now a row depends on its neighbours in the batch.
# No error, no warning; the model just learns worse. This bug is popular.

# %% [markdown]
# Your turn. A feature service answers with four features per id, for one id or for many. Each call is a round
# trip. One row at a time it reads:
#
# ```python
# dataset = tf.data.Dataset.from_tensor_slices(rows)
# dataset = dataset.map(lambda id: scale(ask(service.lookup, id, dtype=tf.float32, shape=[4])))
# dataset = dataset.batch(batch_size)
# ```

# %% kind="exercise" name="fuse" exports=["fuse"]
def fuse(rows, service, batch_size):
    """The scaled features of all rows, in batches, with one call of the service per batch.

    rows: 1-D integer array of ids.
    service: `service.lookup(ids)` answers with float32 features of shape [4] for one id, [n, 4] for
        n ids; ask for at most `batch_size` ids at once.
    batch_size: int; the last batch may be smaller, no row is dropped.
    Returns a tf.data.Dataset of float32 batches [n, 4], in order: the same numbers as row by row.
    It asks the service when it is iterated, not before.
    """
    ### BEGIN SOLUTION
    def features(ids):
        found = ask(service.lookup, ids, dtype=tf.float32, shape=[None, 4])
        mean = tf.reduce_mean(found, axis=1, keepdims=True)
        return (found - mean) / tf.math.reduce_std(found, axis=1, keepdims=True)

    return tf.data.Dataset.from_tensor_slices(rows).batch(batch_size).map(features)
    ### END SOLUTION

# %% kind="check" name="fuse" points=4
with check("fuse"):
    def scaled(ids):
        found = features_of(ids).astype(float)
        return (found - found.mean(axis=1, keepdims=True)) / found.std(axis=1, keepdims=True)

    ids, service = rng().integers(1, 1000, 22), FeatureService()
    dataset = fuse(ids, service, 5)
    early = len(service.sizes)
    batches = [np.asarray(batch) for batch in take(dataset, 100)]
    calls, largest = len(service.sizes), max(service.sizes, default=0)
    assert calls > 0, "The service was never asked for features."
    assert largest <= 5, f"One call asked for {largest} ids; batch_size is 5. All rows at once is fast until they do not fit."
    assert calls <= 5, f"22 rows in batches of 5 are 5 calls, and yours made {calls}. Does batch stand above map? More calls at once are still more calls."
    assert early == 0, f"Nobody has asked for a batch yet, and yours has called the service {early} times. A dataset asks when it is iterated: features of all rows would have to fit into memory, and would be as old as the dataset."
    sizes = [len(batch) for batch in batches]
    assert sum(sizes) == 22, f"22 rows went in, {sum(sizes)} came out: the last batch has 2, and drop_remainder would lose it."
    assert sizes == [5, 5, 5, 5, 2], f"Expected batches of 5, 5, 5, 5 and 2 rows, yours have {sizes}."
    got = np.concatenate(batches)
    assert got.shape == (22, 4), f"22 rows of 4 features: shape (22, 4), yours {got.shape}."
    off = [float(np.abs(batch.mean(axis=1)).max()) for batch in batches]
    assert max(off) < 1e-3, f"Every row has mean 0 after scaling; one of yours has {max(off):.2f}. Is the mean taken over the whole batch? Then a row depends on its neighbours: axis=1."
    assert np.allclose(got, scaled(ids), atol=1e-3), "Row by row the numbers are others. Check the standard deviation: per row, axis=1 with keepdims=True, like the mean. And the order."
    ### BEGIN HIDDEN TESTS
    h = hidden_rng()
    count, size = int(h.integers(30, 60)), int(h.integers(6, 12))
    ids, service = h.integers(1, 10_000, count), FeatureService()
    got = np.concatenate([np.asarray(batch) for batch in take(fuse(ids, service, size), 200)])
    assert len(got) == count, "With another batch size, rows are lost or repeated."
    assert max(service.sizes) <= size, "With another batch size, one call asks for more ids than a batch has."
    assert len(service.sizes) == -(-count // size), "With another batch size there is not one call per batch."
    assert np.allclose(got, scaled(ids), atol=1e-3), "On other rows your numbers are not those of row by row."
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="fuse"
# 1. Two changes: the order of `batch` and `map`, and a `scale` that treats every row for itself.
# 2. After `batch`, ids come as a vector: `ask(service.lookup, ids, dtype=tf.float32, shape=[None, 4])`.
# 3. `tf.reduce_mean(found, axis=1, keepdims=True)` is one mean per row, in a shape that can be subtracted. The same with `tf.math.reduce_std`.

# %% [markdown]
# ## In production
#
# - **At 1,000 times the scale** the pipeline is a service: CPU machines prepare batches for many trainers
#   (tf.data service, Ray Data, a feature store), and their number is one more knob.
# - **Tools**: TensorFlow's profiler names the slowest step of an input pipeline.
# - **The failure to watch for**: a pipeline tuned on one machine and moved to another. Fewer cores, a farther
#   bucket or a faster accelerator, and it starves again, silently. Keep the trainer's waiting time on a dashboard,
#   and alarm on it.
# - **Also bound it**: requests in flight times trainers is what your store sees. Stores answer too many with
#   "slow down", and everybody's pipeline stalls at once.

# %% [markdown]
# ### The same idea elsewhere
#
# | | TensorFlow | PyTorch | JAX | managed |
# |---|---|---|---|---|
# | parallel reads and transformations | `interleave`, `map(num_parallel_calls=…)`, threads | `DataLoader(num_workers=…)`, processes, because of Python's lock | grain: `ReadOptions(num_threads=…)`, `mp_prefetch` | Vertex AI, SageMaker: you bring one of these |
# | batches ahead | `prefetch(n)` | `prefetch_factor`, `pin_memory` | `device_put` of the next batch while this one trains | |
# | keep what was decoded | `cache()` | your own, or a file per record | your own; ArrayRecord files | a cache in front of the bucket (SageMaker FastFile, Cloud Storage FUSE) |
# | prepare elsewhere | tf.data service | Ray Data, MosaicML Streaming | Ray Data | Dataflow, Ray on the cluster |

# %% [markdown]
# ## Primary sources
#
# - Murray, Šimša, Klimovic and Indyk, [tf.data: A Machine Learning Data Processing Framework](https://arxiv.org/abs/2101.12127), VLDB 2021: the design, how AUTOTUNE decides, and how often pipelines starve trainers in a large fleet.
# - TensorFlow, [Better performance with the tf.data API](https://www.tensorflow.org/guide/data_performance): the guide whose four timelines you have redrawn from your own runs.
# - TensorFlow, [Analyze tf.data performance with the TF Profiler](https://www.tensorflow.org/guide/data_performance_analysis): from "is the input slow?" to the one step to change, with a real profiler.
# - TensorFlow, [tf.data.ThreadingOptions](https://www.tensorflow.org/api_docs/python/tf/data/ThreadingOptions): the private pool, in two paragraphs that are easily missed.
# - Mohan, Phanishayee, Raniwala and Chidambaram, [Analyzing and Mitigating Data Stalls in DNN Training](https://arxiv.org/abs/2007.06775), 2021: how much of training time is waiting for data, and what caching the right part of it saves.
# - Zhao and others, [Understanding Data Storage and Ingestion for Large-Scale Deep Recommendation Model Training](https://arxiv.org/abs/2108.09373), 2022: the pipeline as a fleet of its own, at one company's scale.
