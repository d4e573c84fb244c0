# ---
# jupyter:
#   lab:
#     title: Mirrored training, all-reduced
#     question: How do many replicas train one model?
#     minutes: {core: 72, all: 145}
#     core: [ring_reduce_scatter, ring_all_gather, replica_step]
#     seconds: 42
#     objectives:
#       - Sum arrays over all workers while each sends less than twice its own data
#       - Make one step of many replicas equal to one step on the whole batch, also when shards differ in size
#       - Weigh every example alike in a distributed loss
#       - Change the learning rate with the batch, and know where that rule ends
#     prerequisites: [00_start_here]
#     covers:
#       data-parallel.all-reduce: [ring_reduce_scatter, ring_all_gather, replica_step]
#       mirrored.unchanged-code: [replica_step, global_loss]
#       mirrored.input: [replica_step, global_loss, scale_learning_rate]
#       mirrored.checkpoints-summaries: [explore]
# ---

# %% [markdown]
# # 12 · Mirrored training, all-reduced
# *How do many replicas train one model?*
#
# Every replica has the same weights and its own part of the batch. They add up their gradients and all take the same
# step, so they stay mirrors of each other. Done right, nobody can tell the result from that of one machine.
#
# ```mermaid
# flowchart LR
#   accTitle: One step of mirrored training
#   accDescr: A batch is cut into shards. Each replica computes the gradient of its own shard with the same weights. An all-reduce adds the gradients up and gives every replica the sum, so all take the same step and keep the same weights.
#   B[(Batch)] --> A1[Replica 0: its shard, its gradient]
#   B --> A2[Replica 1: its shard, its gradient]
#   B --> A3[Replica 2: its shard, its gradient]
#   A1 --> R((All-reduce: the sum))
#   A2 --> R
#   A3 --> R
#   R --> W[The same step in all: the same weights]
# ```
#
# The core, some 70 minutes: the all-reduce by hand (parts 1 and 2), and one step of many replicas (part 3). Deeper:
# the same in TensorFlow, the learning rate, a worker that dies, and when it pays.

# %% kind="setup"
# Imports, and four logical devices, before TensorFlow computes anything.
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # its start-up message is longer than this cell

import numpy as np
import pandas as pd
import tensorflow as tf

from prodml import begin, check, explorer, hidden_rng, plots, predict, raised, reveal, rng, slow, value
from prodml.fast.distributed.all_reduce import piece
from prodml.fast.distributed.relay import AllReduce, Ring
from prodml.fast.distributed.replicas import in_graph, logical_cpus, mirrored

devices = logical_cpus(4)
tf.get_logger().setLevel("ERROR")  # strategies tell each sum that they plan
begin("12_mirrored_all_reduce")

# %% [markdown]
# One operation does all the work. In an **all-reduce** every worker hands in an array and gets the sum of all. The simple
# way: all send to one root, which adds and sends the sum back. Or workers stand in a ring, and each talks only to its
# right neighbour.

# %% kind="explore"
predict("bytes",
    "Four workers, each with 100 MB of gradients. How many MB leave the busiest machine?",
    {"one root for all": (0, 600), "a ring": (0, 600)},
)

# %% [markdown]
# ## 1 · Half of a ring: reduce-scatter
# *hard · about 6 lines · 20 minutes*
#
# Cut the array into as many pieces as there are workers. In every round each worker sends one piece to the right, and
# adds what comes from the left to its own. Three workers, three numbers each, so that a piece is one number:
#
# | | worker 0 | worker 1 | worker 2 |
# |---|---|---|---|
# | begins with | 1, 2, 3 | 10, 20, 30 | 100, 200, 300 |
# | round 1: sends | piece 0: 1 | piece 1: 20 | piece 2: 300 |
# | has then | 1, 2, 303 | 11, 20, 30 | 100, 220, 300 |
# | round 2: sends | piece 2: 303 | piece 0: 11 | piece 1: 220 |
# | has then | 1, **222**, 303 | 11, 20, **333** | **111**, 220, 300 |

# %% [markdown]
# After N − 1 rounds worker r holds the complete piece r + 1, and returns it; the rest are half-done sums. `piece(size,
# pieces, i)` says where piece i lies; i counts round and round.

# %% kind="explore"
print([piece(10, 4, i) for i in range(4)])
piece(10, 4, -1) == piece(10, 4, 3), piece(10, 4, 4) == piece(10, 4, 0)

# %% kind="exercise" name="ring_reduce_scatter" exports=["ring_reduce_scatter"]
def ring_reduce_scatter(x, rank, workers, send, receive):
    """The sum, over all workers, of one piece of their arrays.

    x: 1-D float array, this worker's own; you may change it. All workers' have one length, which
        `workers` need not divide.
    rank: int from 0, this worker. workers: int, at least 2.
    send: `send(array)` gives a 1-D array to worker rank + 1 (the last one's right neighbour is 0);
        does not wait.
    receive: `receive()` waits for the next array from worker rank - 1, in the order in which they
        were sent.
    Pieces are x[piece(len(x), workers, i)]. In each of workers - 1 rounds every worker sends one
    piece.
    Returns the summed piece number rank + 1: a 1-D array of x's dtype.
    """
    ### BEGIN SOLUTION
    size = len(x)
    for turn in range(workers - 1):
        send(x[piece(size, workers, rank - turn)])
        x[piece(size, workers, rank - turn - 1)] += receive()
    return x[piece(size, workers, rank + 1)]
    ### END SOLUTION

# %% [markdown]
# The check owns the relay between the workers: it counts what goes through, and sees when all wait for each other.

# %% kind="check" name="ring_reduce_scatter" points=5
with check("ring_reduce_scatter", changes=True):
    parts = rng().normal(size=(4, 42)).astype(np.float32)
    total, ring = parts.sum(axis=0), Ring(4)
    got = ring.run(lambda rank: value(ring_reduce_scatter(parts[rank].copy(), rank, 4, *ring.ends(rank)), np.ndarray))
    assert ring.stuck is None, f"Left waiting for a message that nobody will send any more: {ring.stuck}. In each round everybody sends first, then receives."
    lengths, wanted = [len(x) for x in got], [len(total[piece(42, 4, rank + 1)]) for rank in range(4)]
    assert max(lengths) < 42, f"Each worker returns one piece, about a quarter of 42 numbers; yours have {lengths}."
    right = [total[piece(42, 4, rank + 1)] for rank in range(4)]
    own = [total[piece(42, 4, rank)] for rank in range(4)]
    turned = all(len(a) == len(b) and np.allclose(a, b, atol=1e-4) for a, b in zip(got, own, strict=True))
    assert not turned, "Every worker returns the complete piece number rank; asked was rank + 1. Follow worker 0 in the table."
    dealt = all(len(a) == len(b) and np.allclose(a, b, atol=1e-4) for a, b in zip(got, [total[(rank + 1) % 4 :: 4] for rank in range(4)], strict=True))
    assert not dealt, "Your pieces are every fourth number, as cards are dealt. A piece is a run of neighbours: x[piece(len(x), workers, i)]."
    assert lengths == wanted, f"42 numbers in 4 pieces: workers 0 to 3 hold {wanted} of them, yours {lengths}. 4 does not divide 42: use piece(len(x), workers, i)."
    off = max(float(np.abs(a - b).max()) for a, b in zip(got, right, strict=True))
    shrunk = all(np.allclose(4 * a, b, atol=1e-4) for a, b in zip(got, right, strict=True))
    assert not shrunk, "Your pieces are a quarter of what was asked: the sum over the 4 workers, not their mean."
    lone = [parts[(rank + 1) % 4][piece(42, 4, rank + 1)] for rank in range(4)]
    replaced = all(np.allclose(a, b, atol=1e-4) for a, b in zip(got, lone, strict=True))
    assert not replaced, "Your pieces hold the numbers of one worker, handed on from one to the next. What you receive is added to your own piece, it does not take its place."
    two = [(parts[rank] + parts[(rank - 1) % 4])[piece(42, 4, rank + 1)] for rank in range(4)]
    halfway = all(np.allclose(a, b, atol=1e-4) for a, b in zip(got, two, strict=True))
    assert not halfway, "Your pieces hold the sum of two workers only. Pass on what you have added up, not what you had at the beginning: the piece that you send is the one that you added to in the round before."
    assert off < 1e-4, f"A summed piece is off by {off:.2g}. In round t, worker r sends piece r - t and adds what it receives to piece r - t - 1."
    sent = sum(ring.sent)
    assert sent != 2 * 3 * 168, f"{sent} bytes went through the ring, twice what is needed: the arrays are float32, did yours become float64?"
    assert sent <= 3 * 168, f"4 workers with 168 bytes each need {3 * 168} bytes in all, 3/4 of the data each; yours sent {sent}. Only one piece per round travels, and there are workers - 1 rounds."
    assert sent == 3 * 168, f"Expected {3 * 168} bytes through the ring, yours sent {sent}. Does every worker speak in every round?"
    assert ring.left_over == 0, f"{ring.left_over} messages were sent and never received: every send needs its receive."
    kinds = sorted({str(x.dtype) for x in got})
    assert kinds == ["float32"], f"The arrays are float32, and so is what you return; yours: {kinds}."
    ring = Ring(3)
    got = ring.run(lambda rank: value(ring_reduce_scatter(np.arange(12.0), rank, 3, *ring.ends(rank)), np.ndarray))
    right = [[12.0, 15.0, 18.0, 21.0], [24.0, 27.0, 30.0, 33.0], [0.0, 3.0, 6.0, 9.0]]
    yours = [x.tolist() for x in got]
    assert ring.stuck is None, f"With 3 workers left waiting: {ring.stuck}. There are workers - 1 rounds, not always 3."
    assert yours == right, f"Three workers, each with the numbers 0 to 11: worker 0 returns {right[0]}, yours {yours[0]}. Is it `workers` everywhere, and not 4?"
    ring = Ring(3)
    got = ring.run(lambda rank: value(ring_reduce_scatter(10.0**rank * np.array([1.0, 2.0, 3.0]), rank, 3, *ring.ends(rank)), np.ndarray))
    yours = [x.tolist() for x in got]
    assert yours == [[222.0], [333.0], [111.0]], f"The worked example: workers 0, 1 and 2 return 222, 333 and 111, yours {yours}."
    ### BEGIN HIDDEN TESTS
    h = hidden_rng()
    n, size = int(h.integers(5, 8)), int(h.integers(50, 90))
    parts = h.normal(size=(n, size))
    total, ring = parts.sum(axis=0), Ring(n)
    got = ring.run(lambda rank: value(ring_reduce_scatter(parts[rank].copy(), rank, n, *ring.ends(rank)), np.ndarray))
    assert ring.stuck is None, "With another number of workers they wait for each other."
    assert all(len(got[r]) == len(total[piece(size, n, r + 1)]) for r in range(n)), "With another size or number of workers, your pieces have other lengths than piece() says."
    assert all(np.allclose(got[r], total[piece(size, n, r + 1)]) for r in range(n)), "With another size or number of workers, a summed piece is wrong."
    assert all(x.dtype == np.float64 for x in got), "With arrays of float64, what you return is not float64."
    assert sum(ring.sent) == (n - 1) * parts[0].nbytes, "With another number of workers, more or less than (N-1)/N of the data goes through the ring."
    tiny = Ring(5)
    few = tiny.run(lambda rank: value(ring_reduce_scatter(np.full(3, 1.0 + rank), rank, 5, *tiny.ends(rank)), np.ndarray))
    assert tiny.stuck is None, "With fewer numbers than workers some pieces are empty; they travel all the same."
    assert sorted(float(x) for part in few for x in part) == [15.0, 15.0, 15.0], "With fewer numbers than workers, each number must be summed exactly once."
    pair, halves = Ring(2), h.normal(size=(2, 9))
    wanted = [halves.sum(axis=0)[piece(9, 2, r + 1)] for r in range(2)]
    got = pair.run(lambda rank: value(ring_reduce_scatter(halves[rank].copy(), rank, 2, *pair.ends(rank)), np.ndarray))
    assert pair.stuck is None, "Two workers wait for each other. They have one round."
    assert all(len(got[r]) == len(wanted[r]) and np.allclose(got[r], wanted[r]) for r in range(2)), "With two workers, which have one round, a summed piece is wrong."
    assert sum(pair.sent) == halves[0].nbytes, "Two workers send more than one round of pieces."

    # One worker at a time, and no other's array anywhere in its process: what arrives is computed here. There is no
    # other schedule: a piece has n - 1 links to go, and as many rounds.
    unseen = h.normal(size=(n, size))

    def travels(rank, turn):
        """What worker rank sends in round turn, and for turn = n - 1, what it returns."""
        part = piece(size, n, rank - turn)
        return sum(unseen[(rank - back) % n][part] for back in range(turn + 1))

    def alone(rank):
        coming, sent = iter([travels(rank - 1, turn) for turn in range(n - 1)]), []
        got = value(ring_reduce_scatter(unseen[rank].copy(), rank, n, lambda x: sent.append(np.array(x)), lambda: next(coming)), np.ndarray)
        return [*sent, got]

    def same(made, wanted):
        return len(made) == len(wanted) and all(a.shape == b.shape and np.allclose(a, b) for a, b in zip(made, wanted, strict=True))

    made = [alone(rank) for rank in range(n)]
    wanted = [[travels(rank, turn) for turn in range(n)] for rank in range(n)]
    assert all(same(made[r][:-1], wanted[r][:-1]) for r in range(n)), "What a worker sends is not what it has added up so far. Only through the ring may workers learn of each other's numbers."
    assert all(same(made[r][-1:], wanted[r][-1:]) for r in range(n)), "What a worker returns does not follow from its own array and what came through the ring."
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="ring_reduce_scatter"
# 1. Write down for worker 0 of 3 which piece it sends and which it receives, round by round. Then put r in place of 0, and look at the pattern.
# 2. In round t = 0, 1, …: send piece rank − t; what comes is the left neighbour's piece (rank − 1) − t, which you add to your own.
# 3. `send(x[piece(size, workers, rank - t)])`, then `x[piece(size, workers, rank - t - 1)] += receive()`. At the end the complete piece is rank + 1.

# %% [markdown]
# The same among four workers, read from the messages that *your* function sends: on each arrow the piece, and whose
# numbers are in it.

# %% kind="explore" folded=true
# Draws the rounds of your reduce-scatter.
from prodml.fast.distributed.rounds import draw_held, draw_rounds, rounds_of

scattering = rounds_of(ring_reduce_scatter, 4)
grows = ", ".join(str(max(len(m.holds) for m in messages)) for messages in scattering)
draw_rounds(scattering, f"Each round carries sums of one worker more: {grows}")

# %% [markdown]
# ## 2 · The other half: all-gather
# *medium · about 6 lines · 10 minutes*
#
# Now everybody holds one finished piece, worker r the piece r + 1. They go round once more, without adding: each worker
# keeps what it gets and passes it on. In the example worker 0 begins with 222 (piece 1), worker 1 with 333, worker 2
# with 111; after N − 1 = 2 rounds all three return 111, 222, 333.

# %% kind="exercise" name="ring_all_gather" exports=["ring_all_gather"]
def ring_all_gather(mine, size, rank, workers, send, receive):
    """The whole array, of which every worker holds one piece.

    mine: 1-D array, piece number rank + 1 of the array. size: int, elements of the whole array.
    rank, workers, send, receive: as in ring_reduce_scatter. Pieces are piece(size, workers, i), i
        round and round.
    In each of workers - 1 rounds every worker sends one piece.
    Returns a 1-D array of `size` elements of mine's dtype.
    """
    ### BEGIN SOLUTION
    x, travelling = np.empty(size, mine.dtype), mine
    x[piece(size, workers, rank + 1)] = mine
    for turn in range(workers - 1):
        send(travelling)
        travelling = receive()
        x[piece(size, workers, rank - turn)] = travelling
    return x
    ### END SOLUTION

# %% kind="check" name="ring_all_gather" points=4
with check("ring_all_gather"):
    def gather(whole, workers):
        ring, size = Ring(workers), len(whole)
        own = [whole[piece(size, workers, rank + 1)].copy() for rank in range(workers)]
        got = ring.run(lambda rank: value(ring_all_gather(own[rank], size, rank, workers, *ring.ends(rank)), np.ndarray))
        return got, ring

    def pieces_in(x, whole):
        at = [piece(40, 4, i) for i in range(4)]
        return [next((i for i in range(4) if np.allclose(x[part], whole[at[i]])), "none") for part in at]

    g = rng()
    whole = g.normal(size=40).astype(np.float32)
    got, ring = gather(whole, 4)
    assert ring.stuck is None, f"Left waiting for a message that nobody will send any more: {ring.stuck}. Everybody sends, then receives."
    shapes = sorted({x.shape for x in got})
    assert shapes == [(40,)], f"Every worker returns the whole array of 40 numbers; your shapes are {shapes}."
    held = [pieces_in(x, whole) for x in got]
    named = [', '.join(map(str, pieces)) for pieces in held]
    own = [rank for rank in range(4) if held[rank][(rank + 1) % 4] == "none"]
    again = [rank for rank in range(4) if held[rank].count(rank) == 3]
    assert held[0] != [1, 2, 3, 0], "Your pieces stand in the wrong places: what worker r begins with is piece r + 1, not r."
    assert len(again) < 4, f"Worker 0 should hold the pieces 0, 1, 2, 3; yours holds {named[0]}. Send on what you received last, not your own piece again."
    assert len(own) < 4, f"Worker 0 should hold the pieces 0, 1, 2, 3; yours holds {named[0]}. The piece that you begin with belongs into the result as well."
    assert held == [[0, 1, 2, 3]] * 4, f"Every worker should hold the pieces 0, 1, 2, 3; worker 0 of yours holds {named[0]}, worker 1 {named[1]}. In round t, worker r sends piece r + 1 - t and receives piece r - t."
    sent = sum(ring.sent)
    assert sent <= 3 * 160, f"Each piece visits 3 more workers: {3 * 160} bytes in all, yours sent {sent}. Does one piece at a time travel, in workers - 1 rounds, as float32?"
    assert sent == 3 * 160, f"Expected {3 * 160} bytes through the ring, yours sent {sent}."
    assert ring.left_over == 0, f"{ring.left_over} messages were sent and never received."
    kinds = sorted({str(x.dtype) for x in got})
    assert kinds == ["float32"], f"Your pieces are float32, and so is the whole array; yours: {kinds}."
    for whole, workers in ((np.array([111.0, 222.0, 333.0]), 3), (g.normal(size=42).astype(np.float32), 4)):
        case = f"{workers} workers and {len(whole)} numbers"
        failed = raised(lambda whole=whole, workers=workers: gather(whole, workers))
        assert failed is None, f"With {case} your answer ends in {failed}. Is it `workers` everywhere, and piece(size, workers, i) that says where a piece lies?"
        got, ring = gather(whole, workers)
        right = [x is not None and np.array_equal(x, whole) for x in got]
        assert all(right), f"With {case}, {right.count(False)} workers return a wrong array. Is it `workers` everywhere, and piece(size, workers, i) that says where a piece lies?"
    ### BEGIN HIDDEN TESTS
    h = hidden_rng()
    n, size = int(h.integers(5, 8)), int(h.integers(50, 90))
    whole = h.normal(size=size)
    got, ring = gather(whole, n)
    assert ring.stuck is None, "With another number of workers they wait for each other."
    assert all(x.dtype == np.float64 for x in got), "With pieces of another dtype, the whole array does not have that dtype."
    assert all(np.array_equal(x, whole) for x in got), "With another size or number of workers, the gathered array is wrong."
    assert sum(ring.sent) == (n - 1) * whole.nbytes, "With another number of workers, more or less than (N-1)/N of the data goes through the ring."
    for crew, numbers in ((2, 9), (5, 3)):
        few = h.normal(size=numbers)
        got, ring = gather(few, crew)
        assert ring.stuck is None, "Two workers, or fewer numbers than workers: they wait for each other. Empty pieces travel all the same."
        assert all(np.array_equal(x, few) for x in got), "Two workers, or fewer numbers than workers: the gathered array is wrong."
        assert sum(ring.sent) == (crew - 1) * few.nbytes, "Two workers, or fewer numbers than workers: pieces travel more or less than once over each link."

    # One worker at a time, and no other's piece anywhere in its process: what arrives is cut here.
    unseen = h.normal(size=size)

    def alone(rank):
        coming, sent = iter([unseen[piece(size, n, rank - turn)] for turn in range(n - 1)]), []
        mine = unseen[piece(size, n, rank + 1)].copy()
        got = value(ring_all_gather(mine, size, rank, n, lambda x: sent.append(np.array(x)), lambda: next(coming)), np.ndarray)
        return got, sent

    def passed_on(sent, rank):
        wanted = [unseen[piece(size, n, rank + 1 - turn)] for turn in range(n - 1)]
        return len(sent) == n - 1 and all(np.array_equal(a, b) for a, b in zip(sent, wanted, strict=True))

    made = [alone(rank) for rank in range(n)]
    assert all(passed_on(sent, rank) for rank, (_, sent) in enumerate(made)), "What a worker sends is not its own piece first, and then the one that came last. Only through the ring may workers learn of each other's pieces."
    assert all(np.array_equal(got, unseen) for got, _ in made), "What a worker returns does not follow from its own piece and what came through the ring."
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="ring_all_gather"
# 1. One variable holds the piece that travels. Before the first round it is your own.
# 2. In every round: send it, replace it by what you receive, and write that into its place.
# 3. In round t what you receive is piece rank − t: the left neighbour's own piece is (rank − 1) + 1 = rank, and each later one is one lower.

# %% [markdown]
# Both halves together are an all-reduce. The picture counts, for each worker and piece, how many workers' numbers are in
# it. Move the number of workers, and follow the stairs.

# %% kind="explore" folded=false
def ring_all_reduce(x, rank, workers, send, receive):
    mine = ring_reduce_scatter(x, rank, workers, send, receive)
    return ring_all_gather(mine, len(x), rank, workers, send, receive)

# %% kind="explore"
# Draws what each worker holds after each round, from the messages of your two functions.
def draw_stairs(workers):
    draw_held(rounds_of(ring_all_reduce, workers))


explorer(draw_stairs, workers=(2, 6, 4))

# %% [markdown]
# Now between four **real processes** with sockets. Each has a million numbers, and counts the bytes that it writes.
# 1,000,003 is not a multiple of 4.

# %% kind="explore"
from prodml.fast.distributed.all_reduce import ring_bytes
from prodml.runtime.processes.ring import run_ring

with slow("Four processes add up a million numbers each", seconds=3):
    reports = run_ring(ring_all_reduce, workers=4, size=1_000_003)
counted, formula = np.mean([r.sent for r in reports]), ring_bytes(4 * 1_000_003, 4)
print(f"counted {counted:,.1f} bytes per worker, formula 2(N-1)/N: {formula:,.1f}")
assert counted == formula, "The counted bytes are not those of the formula."
assert len({r.digest for r in reports}) == 1, "The four results differ."

# %% [markdown]
# Counted bytes and formula agree to the byte. The results of all four are **bitwise** the same, because each piece was
# added up once, in one order, and then copied. Mirrors stay mirrors.

# %% kind="explore"
# Draws what leaves the busiest machine, by number of workers; yours is counted.
def sent_by_busiest(workers, size=3360):
    ring, numbers = Ring(workers), np.ones(size, np.float32)
    ring.run(lambda rank: ring_all_reduce(numbers.copy(), rank, workers, *ring.ends(rank)))
    return max(ring.sent) / numbers.nbytes


many = np.arange(2, 33)
some = [2, 3, 4, 6, 8, 12, 16, 24, 32]
title = "A root sends N − 1 times the data, a worker in a ring never twice"
fig, ax = plots.figure(title, x="workers N", y="times the data that leave one machine")
ax.plot(many, many - 1, color=plots.GREY, label="one root for all: N − 1")
ax.plot(many, 2 * (many - 1) / many, color=plots.BLUE, label="a ring: 2(N − 1) / N")
ax.plot(some, [sent_by_busiest(n) for n in some], "o", color=plots.RED, label="counted: your ring, in threads")
ax.set_yscale("log")
ax.set_yticks([1, 2, 5, 10, 20, 30], ["1", "2", "5", "10", "20", "30"])
ax.minorticks_off()
ax.legend()
plots.show(fig, alt=f"Times the data that leave the busiest machine, for 2 to 32 workers. {title}. The bytes that your ring sends lie on the formula's curve.")

# %% kind="explore"
reveal("bytes",
    {"one root for all": 3 * 100, "a ring": 100 * counted / (4 * 1_000_003)},
    unit="MB",
    formula=["one root for all"],
    text="The root sends the sum to each of the others, N−1 times the data. In a ring, each sends 2(N−1)/N times the data: **never twice**, whatever N is.",
)

# %% [markdown]
# And TensorFlow's own all-reduce, over this machine's four logical devices, on what the four processes had?

# %% kind="explore"
from prodml.runtime.processes.ring import part as numbers_of

four, size = mirrored(4), 1_000_003
handed = four.experimental_distribute_values_from_function(
    lambda c: numbers_of(c.replica_id_in_sync_group, size)
)
theirs = four.reduce("sum", handed, axis=None)
ring = Ring(4)
yours = ring.run(lambda rank: ring_all_reduce(numbers_of(rank, size), rank, 4, *ring.ends(rank)))[0]
print(f"your ring and tf.distribute differ by {np.abs(yours - theirs.numpy()).max():.1e}")

# %% [markdown]
# Only in rounding: each adds in another order.

# %% [markdown]
# ## 3 · One step of many replicas
# *medium · about 6 lines · 20 minutes*
#
# Three replicas share a batch. What a framework gives each of them is the gradient of the **mean** loss over its own
# rows. Averaging these is right only if all have equally many rows.

# %% [markdown]
# A worked example, with a single weight. Replica 0 has two rows and the mean gradient 4, replica 1 has one row and the
# gradient 10. The whole batch: (2·4 + 1·10) / 3 = **6**, so with a learning rate of 0.5 a weight of 0 becomes **−3**, in
# both. The mean of means is (4 + 10) / 2 = **7**. The last batch of an epoch has such shards, and some replica may have
# no row at all.

# %% kind="setup" folded=false
def mean_gradient(weights, x, y):
    """The gradient of the mean squared error of a linear model. NaN without rows.

    x [rows, k], y [rows], weights [k].
    """
    return 2 * x.T @ (x @ weights - y) / len(x)

# %% kind="exercise" name="replica_step" exports=["replica_step"]
def replica_step(weights, shard, learning_rate, all_reduce):
    """This replica's weights after one step on the whole batch, of which it sees a shard.

    weights: 1-D float array [k], the same in all replicas; it must not change.
    shard: (x, y), arrays [rows, k] and [rows]: this replica's rows of the batch. rows differ
        between replicas and may be 0; then mean_gradient is NaN, with a warning. At least one
        replica has rows.
    learning_rate: float.
    all_reduce: `all_reduce(array)` waits until every replica has called it, and returns the sum of
        all their arrays, which have one shape. Every replica calls it exactly once per step: a call
        costs a round trip.
    Returns a new 1-D array [k], after one step of gradient descent: weights - learning_rate * the
        gradient of the mean loss over the whole batch.
    """
    ### BEGIN SOLUTION
    x, y = shard
    given = np.zeros(len(weights) + 1)
    if len(x):
        given[:-1] = len(x) * mean_gradient(weights, x, y)
        given[-1] = len(x)
    summed = all_reduce(given)
    return weights - learning_rate * summed[:-1] / summed[-1]
    ### END SOLUTION

# %% kind="check" name="replica_step" points=5
with check("replica_step", touched="Your step changed the weights that it was given, in place. Return new ones."):
    def shards_of(x, y, sizes):
        ends = np.cumsum(sizes)
        return [(x[b - n : b], y[b - n : b]) for n, b in zip(sizes, ends, strict=True)]

    def step(weights, shards, rate, groups=None):
        meeting, passed = AllReduce(len(shards), groups), [weights.copy() for _ in shards]
        new = meeting.run(lambda r: value(replica_step(passed[r], shards[r], rate, meeting.of(r)), np.ndarray))
        return new, meeting

    g = rng()
    x, y, start = g.normal(size=(40, 5)), g.normal(size=40), g.normal(size=5)
    big = start - 0.1 * mean_gradient(start, x, y)
    new, meeting = step(start, shards_of(x, y, [14, 14, 12]), 0.1)
    assert meeting.stuck is None, f"Left waiting in all_reduce for ever: {meeting.stuck}. Every replica calls it equally often."
    assert max(meeting.calls) > 0, "all_reduce was never called. Then every replica goes its own way, and after a few steps they are three models."
    assert max(meeting.calls) == 1, f"all_reduce was called {max(meeting.calls)} times by a replica; asked was once. Gradient and count fit into one array: every call is a round trip through the whole cluster."
    shape = [n.shape for n in new]
    assert shape == [(5,)] * 3, f"Three replicas, weights of shape (5,); your shapes are {shape}."
    apart = max(float(np.abs(n - new[0]).max()) for n in new)
    assert apart == 0, f"After the step your replicas differ by {apart:.2g}: they are no mirrors any more. Each must use only the sum, which is the same for all."
    slope, uneven = mean_gradient(start, x, y), shards_of(x, y, [14, 14, 12])
    mean_of_means = np.mean([mean_gradient(start, *shard) for shard in uneven], axis=0)

    def moved(by):
        """Whether your step is this one."""
        return float(np.abs(new[0] - (start - by)).max()) < 1e-6

    off = float(np.abs(new[0] - big).max())
    assert not moved(0.1 * 40 * slope), "Your step is 40 times too long: gradients are summed over 40 rows and never divided by their number."
    assert not moved(0.1 * 40 / 3 * slope), "Your step is 13 times too long: the sum over 40 rows, divided by the 3 replicas. Divide by the number of rows."
    assert not moved(0.1 * 3 * mean_of_means), "Your step is the sum of the three replicas' mean gradients, three times too long. The mean over the whole batch is asked."
    assert not moved(0.1 * mean_of_means), f"Your step is off by {off:.2g} on shards of 14, 14 and 12 rows: it is that of the mean of the replicas' means. A row in a small shard then counts for more than one in a large shard."
    assert not moved(-0.1 * slope), "Your step goes uphill: the gradient is subtracted, not added."
    assert not moved(slope), "Your step is 10 times too long: is learning_rate, 0.1 here, in it?"
    assert not moved(start - slope), "Yours returns the gradient of the whole batch. The weights after the step are asked."
    assert off < 1e-5, f"On shards of 14, 14 and 12 rows your step is off by {off:.2g} from that on the whole batch."
    new, meeting = step(start, shards_of(x[:2], y[:2], [1, 1, 0]), 0.1)
    assert meeting.stuck is None, f"One replica has no rows, and the others are left waiting in all_reduce: {meeting.stuck}. Who has nothing to add adds zeros: it must call all_reduce like the others."
    broken = max(int(np.isnan(n).sum()) for n in new)
    assert broken == 0, f"One replica has no rows, and {broken} of 5 weights are NaN now, in all replicas. The mean over no rows is 0/0, and NaN times 0 is NaN."
    assert max(meeting.calls) == 1, f"One replica has no rows, and now all_reduce is called {max(meeting.calls)} times; asked was once. Who has rows, and how many, goes into the same array."
    off = float(np.abs(new[2] - (start - 0.1 * mean_gradient(start, x[:2], y[:2]))).max())
    assert off < 1e-5, f"Two replicas have one row each, the third has none: your step is off by {off:.2g}. Divide by the number of rows in the whole batch, to which the third adds 0."
    pair = [(np.ones((2, 1)), np.array([-1.0, -3.0])), (np.ones((1, 1)), np.array([-5.0]))]
    new, meeting = step(np.zeros(1), pair, 0.5)
    said = [float(n[0]) for n in new]
    assert not np.allclose(said, -0.6), f"The worked example has the learning rate 0.5: −3 in both replicas, yours {said}. Is yours always 0.1?"
    assert np.allclose(said, -3), f"The worked example: mean gradients 4 (of two rows) and 10 (of one), rate 0.5, weight 0: −3 in both replicas, yours {said}."
    ### BEGIN HIDDEN TESTS
    h = hidden_rng()
    x, y = h.normal(size=(90, 4)), h.normal(size=90)
    begun = h.normal(size=4)
    batches = [slice(first, min(first + 25, 90)) for first in (0, 25, 50, 75)]
    path = [begun]
    for rows in batches:
        path.append(path[-1] - 0.05 * mean_gradient(path[-1], x[rows], y[rows]))
    mirrors, met, equal = [begun] * 4, [], []
    for rows in batches:
        sizes = h.multinomial(rows.stop - rows.start, [0.1, 0.2, 0.3, 0.4])
        mirrors, meeting = step(mirrors[0], shards_of(x[rows].copy(), y[rows].copy(), sizes), 0.05)
        met.append(meeting)
        equal.append(all(np.array_equal(m, mirrors[0]) for m in mirrors))
    assert all(m.stuck is None for m in met), "In an epoch of uneven shards your replicas wait for each other."
    assert all(max(m.calls) == 1 for m in met), "In an epoch of uneven shards a replica calls all_reduce more than once in a step."
    assert all(equal), "In an epoch of uneven shards your replicas are no mirrors any more."
    assert float(np.abs(mirrors[0] - path[-1]).max()) < 1e-5, "After an epoch of uneven shards, four replicas differ from one that saw every batch whole."

    # Two batches at once, on three replicas each, from the same weights: who belongs to whom, only the sums tell.
    groups = h.permutation([0, 0, 0, 1, 1, 1])
    sizes = [int(n) for n in h.permutation([0, 1, 2, 3, 5, 8])]
    x, y = h.normal(size=(19, 4)), h.normal(size=19)
    shards = shards_of(x, y, sizes)
    both = [[shard for shard, g in zip(shards, groups, strict=True) if g == group] for group in (0, 1)]
    whole = [(np.concatenate([a for a, _ in some]), np.concatenate([b for _, b in some])) for some in both]
    wanted = [begun - 0.05 * mean_gradient(begun, *whole[g]) for g in groups]
    new, meeting = step(begun, [(a.copy(), b.copy()) for a, b in shards], 0.05, groups)
    assert meeting.stuck is None, "With six replicas, one of them without rows, they wait for each other."
    assert all(a.shape == b.shape and np.abs(a - b).max() < 1e-5 for a, b in zip(new, wanted, strict=True)), "A replica's step does not follow from its own shard and the sum that all_reduce gave it. Only through all_reduce may replicas learn of each other."
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="replica_step"
# 1. Means cannot be added, sums can. What two sums do you need from all replicas, to divide one by the other?
# 2. The sum of the gradients over rows is `len(x) * mean_gradient(...)`, the other sum is the number of rows. Put both into one array of k + 1 numbers.
# 3. Begin with k + 1 zeros and fill them only if there are rows: the gradient's sum in `[:-1]`, the number of rows in `[-1]`. Of what all_reduce returns, divide the first part by the last number.

# %% [markdown]
# What does it cost to forget this? Forty steps on three replicas with 8, 4 and 1 rows of each batch, by your function and by
# the mean of means.

# %% kind="explore"
predict("forgotten",
    "The weights are numbers like 0.1. By how much do they differ from those of one machine, at most?",
    {"your step": (1e-18, 1.0, "log"), "mean of means": (1e-18, 1.0, "log")},
)

# %% kind="explore" folded=true
# Draws how far both drift from one machine, step by step.
def together(weights, shards, rate):
    meeting = AllReduce(len(shards))
    return meeting.run(lambda r: replica_step(weights.copy(), shards[r], rate, meeting.of(r)))[0]


g = rng()
wide, answers = g.normal(size=(40, 13, 5)), g.normal(size=(40, 13))
one_machine, by_yours, by_means = (np.zeros(5) for _ in range(3))
apart = {"your step": [], "mean of means": []}
for rows, wanted in zip(wide, answers, strict=True):
    shards = [(rows[a:b], wanted[a:b]) for a, b in ((0, 8), (8, 12), (12, 13))]
    one_machine = one_machine - 0.1 * mean_gradient(one_machine, rows, wanted)
    by_yours = together(by_yours, shards, 0.1)
    by_means = by_means - 0.1 * np.mean([mean_gradient(by_means, *shard) for shard in shards], axis=0)
    apart["your step"].append(np.abs(by_yours - one_machine).max())
    apart["mean of means"].append(np.abs(by_means - one_machine).max())
drift = apart
title = "Shards of 8, 4 and 1 rows: the mean of means trains another model"
fig, ax = plots.figure(title, x="step", y="weights differ from one machine's by")
for (name, values), colour in zip(drift.items(), (plots.BLUE, plots.RED), strict=True):
    ax.plot(np.maximum(values, 1e-18), color=colour, label=name)
ax.set_yscale("log")
ax.legend(loc="center right")
plots.show(fig, alt=f"Largest difference to one machine's weights over 40 steps, logarithmic. {title}; your step differs by {max(drift['your step']):.0e} at most.")

# %% kind="explore"
reveal("forgotten",
    {name: max(1e-18, *values) for name, values in drift.items()},
    text="Rounding on the one hand, and on the other an error as large as the weights. It fails nowhere and warns nobody, and is "
    "there from the first step on.",
)

# %% [markdown]
# Held against TensorFlow: the same linear model as a Keras layer, in float64. TensorFlow cuts the batch, and you get the
# same shards: first 40 rows on three replicas, then 2 rows, which leave the third without any.

# %% kind="explore" folded=true
# TensorFlow's step on three replicas, and yours on the same shards.
import keras

three = mirrored(3)


def linear_step(x, y, start, rate):
    """TensorFlow's step on three replicas: the new weights, and how many rows each replica had."""
    with three.scope():
        model = keras.Sequential([keras.layers.Input((len(start),), dtype="float64"), keras.layers.Dense(1, use_bias=False, dtype="float64")])
        model.set_weights([start[:, None]])
        optimizer = keras.optimizers.SGD(rate)
        optimizer.build(model.trainable_variables)
    def replica(x, y):
        with tf.GradientTape() as tape:
            share = tf.nn.compute_average_loss((model(x)[:, 0] - y) ** 2, global_batch_size=rows)
        optimizer.apply_gradients(zip(tape.gradient(share, model.trainable_variables), model.trainable_variables, strict=True))
    rows = len(x)
    (batch,) = three.experimental_distribute_dataset(tf.data.Dataset.from_tensor_slices((x, y)).batch(rows))
    tf.function(lambda b: three.run(replica, args=b))(batch)
    return model.get_weights()[0][:, 0], [len(part) for part in three.experimental_local_results(batch[1])]


for rows in (40, 2):
    g = np.random.default_rng(rows)
    x, y, start = g.normal(size=(rows, 5)), g.normal(size=rows), g.normal(size=5)
    theirs, sizes = linear_step(x, y, start, 0.125)
    cuts = np.cumsum(sizes)[:-1]
    mine = together(start, list(zip(np.split(x, cuts), np.split(y, cuts), strict=True)), 0.125)
    print(f"shards of {sizes}: your step and tf.distribute's differ by {np.abs(mine - theirs).max():.1e}")

# %% [markdown]
# Equal, but for the last bits of a float64. There is one difference in what was asked: you need not know how many rows the
# batch has. TensorFlow's loop was told (`global_batch_size`), and where that figure is wrong, so is its step.

# %% [markdown]
# Move the rows from one replica to the next: how wrong is the mean of means, in one step?

# %% kind="explore"
# Draws the gradient of one batch, right and by the mean of means, for the shards that you choose.
def draw_shards(first, second, third):
    g = np.random.default_rng(5)
    sizes = [first, second, third]
    x, y = g.normal(size=(sum(sizes), 6)), g.normal(size=sum(sizes))
    ends = np.cumsum(sizes)
    parts = [(x[b - n : b], y[b - n : b]) for n, b in zip(sizes, ends, strict=True) if n]
    right = mean_gradient(np.zeros(6), x, y)
    means = np.mean([mean_gradient(np.zeros(6), *part) for part in parts], axis=0)
    off = np.abs(means - right).max() / np.abs(right).max()
    title = f"Shards of {first}, {second} and {third} rows: the mean of means is off by {off:.0%} of the largest"
    fig, ax = plots.figure(title, x="weight", y="gradient")
    ax.bar(np.arange(6) - 0.2, right, 0.4, color=plots.BLUE, label="whole batch")
    ax.bar(np.arange(6) + 0.2, means, 0.4, color=plots.RED, label="mean of means")
    ax.legend()
    plots.show(fig, alt=f"Gradient of six weights, of the whole batch and as the mean of three means. {title}.")


explorer(draw_shards, first=(1, 32, 16), second=(1, 32, 16), third=(1, 32, 4))

# %% [markdown]
# ## You can stop here
#
# You have built the sum that all of data-parallel training stands on, you know what it costs per machine, and that means
# must not be averaged. On Monday: ask how your framework weighs the last batch.
#
# What follows is deeper; *In production* and the sources stand at the end. Part 5 stands by itself; the others build on
# part 4, in this order.
#
# | | minutes |
# |---|---|
# | 4 · The loss of a whole batch: the same in TensorFlow, with weights, and what breaks it | 20 |
# | Checkpoints, summaries, TensorBoard | 7 |
# | 5 · A larger batch needs another learning rate | 18 |
# | 6 · Two machines, and one of them dies | 12 |
# | Why Model.fit fails there | 4 |
# | When does it pay? | 12 |

# %% [markdown] deeper=20
# ## 4 · The loss of a whole batch
# *medium · about 3 lines · 15 minutes*

# %% [markdown]
# In TensorFlow you write a loss, and the strategy adds up the replicas' gradients. So each replica's loss must be its
# **share**: the shares of all replicas add up to the loss of the batch. And examples carry weights: 0 for padding, 3
# for a rare class.

# %% [markdown]
# | | losses | weights | plain share |
# |---|---|---|---|
# | replica 0 | 2, 4, 6 | 1, 1, 0 | (2 + 4) / 3 = 2 |
# | replica 1 | 9 | 1 | 9 / 3 = 3 |
#
# The batch has 3 units of weight, in four examples. Its loss is 15 / 3 = **5** = 2 + 3.

# %% kind="setup" folded=false
BATCH = 64  # examples per step, in all replicas together; the last batch of an epoch may have fewer

# %% kind="exercise" name="global_loss" exports=["global_loss", "compiled_loss"]
def global_loss(per_example, weight, all_reduce):
    """This replica's share in the weighted mean loss of the whole batch.

    per_example: float32 [n], the losses of this replica's examples; n may be 0. Tensor or array.
    weight: float32 [n], at least 0 each.
    all_reduce: `all_reduce(x)` is the sum of x over all replicas; every replica calls it equally
        often.
    Returns a scalar. Over all replicas the shares sum to Σ weight·loss / Σ weight, both sums over
        the whole batch; all shares are 0 if Σ weight is 0.
    It becomes part of a graph: use TensorFlow's operations, no NumPy, no float() and no `if` on a
    tensor.
    """
    ### BEGIN SOLUTION
    weight = tf.cast(weight, tf.float32)
    total = all_reduce(tf.reduce_sum(weight))
    return tf.math.divide_no_nan(tf.reduce_sum(per_example * weight), total)
    ### END SOLUTION

compiled_loss = in_graph(global_loss)  # as the loop below uses it; the check looks at that, too

# %% kind="check" name="global_loss" points=4
with check("global_loss"):
    def shares(losses, weights, groups=None):
        meeting = AllReduce(len(losses), groups)
        arrays = [(np.asarray(a, np.float32), np.asarray(b, np.float32)) for a, b in zip(losses, weights, strict=True)]
        return meeting.run(lambda r: value(global_loss(*arrays[r], meeting.of(r)), float)), meeting

    got, meeting = shares([[2, 4, 6], [9]], [[1, 1, 0], [1]])
    assert meeting.stuck is None, f"Left waiting in all_reduce for ever: {meeting.stuck}. Every replica calls it equally often."
    said = sum(got)
    assert not np.isclose(said, 12), f"Your shares sum to {said:.3g}: two means, added up. Divide by the weight of all replicas together."
    assert not np.isclose(said, 6), f"Your shares sum to {said:.3g}: the mean of the replicas' means, in which the one example of replica 1 counts as much as both of replica 0."
    assert not np.isclose(said, 15 / BATCH), f"Your shares sum to {said:.3g}: 15 divided by BATCH. The last batch of an epoch is smaller, and its gradient would be too."
    assert not np.isclose(said, 15 / 4), f"Your shares sum to {said:.3g}: 15 divided by 4 examples. One has weight 0, it does not count."
    assert not np.isclose(said, 21 / 4), f"Your shares sum to {said:.3g}: the weights are not used."
    assert not np.isclose(said, 7), f"Your shares sum to {said:.3g}: 21 / 3. The weights belong into the numerator as well."
    assert not np.isclose(said, 10), f"Your shares sum to {said:.3g}: each replica returns the loss of the whole batch. The strategy adds them up, and so every step would be twice as long."
    assert np.isclose(said, 5), f"The worked example: shares 2 and 3 sum to 5, yours are {got[0]:.3g} and {got[1]:.3g}."
    assert np.allclose(got, [2, 3]), f"The shares sum to 5, but each replica's must come from its own examples: 2 and 3, yours {got[0]:.3g} and {got[1]:.3g}."
    got, meeting = shares([[2, 4], []], [[1, 3], []])
    assert meeting.stuck is None, f"One replica has no example, and the other is left waiting in all_reduce: {meeting.stuck}. Who has nothing to add calls it all the same."
    assert np.allclose(got, [3.5, 0]), f"Losses 2 and 4 with weights 1 and 3, and a replica without examples: shares 3.5 and 0, yours {got[0]:.3g} and {got[1]:.3g}."
    got, _ = shares([[2, 4], [1]], [[0, 0], [0]])
    assert got == [0, 0], f"A batch of padding only, all weights 0: shares 0 and 0, yours {got[0]:.3g} and {got[1]:.3g}. One NaN here destroys all weights of the model."
    got, _ = shares([[2], [4]], [[1e-6], [1e-6]])
    assert np.allclose(got, [1, 2]), f"Losses 2 and 4, weights of a millionth each: shares 1 and 2, as with weights of 1; yours {got[0]:.3g} and {got[1]:.3g}. Divide by the sum of the weights as it is, nothing added and nothing at least 1."
    failed = raised(lambda: compiled_loss([2.0, 4.0], [1.0, 1.0], 2.0))
    assert failed is None, f"In a graph your loss ends in {failed}: a tensor has no number there yet. TensorFlow's operations only: no NumPy, no float(), no `if` on a tensor."
    share, slope = compiled_loss([2.0, 4.0], [1.0, 3.0], 4.0)
    assert np.isclose(share, 14 / 8), f"In a graph: losses 2 and 4, weights 1 and 3, and a weight of 4 elsewhere: share 14 / 8 = 1.75, yours {share:.3g}."
    assert np.allclose(slope, [1 / 8, 3 / 8]), f"The gradient of that share is weight / 8 = [0.125, 0.375], yours {slope}. Did the losses leave TensorFlow on the way?"
    _, slope = compiled_loss([2.0, 4.0], [0.0, 0.0], 0.0)
    assert np.array_equal(slope, [0, 0]), f"A batch of padding only: the gradient is [0, 0], yours {slope}. tf.where chooses a value, but 0 times the NaN of the other side still comes into the gradient."
    ### BEGIN HIDDEN TESTS
    h = hidden_rng()
    sizes = [int(n) for n in h.integers(3, 12, 5)]
    losses, weights = [h.exponential(size=n) for n in sizes], [h.integers(0, 4, n) for n in sizes]
    weights[1][:2] = [2, 1]
    got, meeting = shares(losses, weights)
    total = sum(w.sum() for w in weights)
    assert meeting.stuck is None, "On five unseen replicas they wait for each other."
    assert np.isclose(sum(got), sum(a @ b for a, b in zip(losses, weights, strict=True)) / total, rtol=1e-4), "On five unseen replicas your shares do not sum to the weighted mean of the batch."
    assert np.allclose(got, [a @ b / total for a, b in zip(losses, weights, strict=True)], rtol=1e-4), "On five unseen replicas your shares are not those of each replica's own examples."
    # Two batches at once: who belongs to whom, only the sums tell. And unseen losses in a graph.
    groups = h.permutation([0, 0, 1, 1, 1])
    heavy = [h.uniform(0.1, 3, n) for n in sizes]
    totals = [sum(w.sum() for w, g in zip(heavy, groups, strict=True) if g == group) for group in (0, 1)]
    got, _ = shares(losses, heavy, groups)
    assert np.allclose(got, [a @ b / totals[g] for a, b, g in zip(losses, heavy, groups, strict=True)], rtol=1e-4), "A replica's share does not follow from its own examples and what all_reduce gave it. Only through all_reduce may replicas learn of each other."
    elsewhere = float(h.uniform(1, 9))
    share, slope = compiled_loss(losses[0].tolist(), heavy[0].tolist(), elsewhere)
    assert np.isclose(share, losses[0] @ heavy[0] / (heavy[0].sum() + elsewhere), rtol=1e-4), "In a graph, on unseen losses, your share is wrong."
    assert np.allclose(slope, heavy[0] / (heavy[0].sum() + elsewhere), rtol=1e-4), "In a graph, on unseen losses, the gradient of your share is not each weight divided by the weight of all."
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="global_loss"
# 1. Two sums: what belongs to this replica stays here, what belongs to all goes through all_reduce.
# 2. Numerator: this replica's sum of weight times loss. Denominator: the sum of the weights of all replicas.
# 3. `all_reduce(tf.reduce_sum(…))` is the denominator, and `tf.math.divide_no_nan(a, b)` gives 0 where b is 0.

# %% [markdown]
# Now the real thing. This machine has no four accelerators, so the first cell has divided its processor into four
# **logical devices**. They share two cores: what they compute is right, and no faster.

# %% kind="explore"
import time

from prodml.models.digit_net import digit_rows

print("replicas on:", *devices)
images, targets = digit_rows()  # 5,000 digits: [5000, 784] between 0 and 1, and which each is

# %% [markdown]
# A model, an optimizer and the input. Nothing here knows of replicas.

# %% kind="explore" folded=false
def make_model(between=()):
    keras.utils.set_random_seed(7)
    hidden, last = keras.layers.Dense(64, "relu"), keras.layers.Dense(10)
    model = keras.Sequential([keras.layers.Input((784,)), hidden, *between, last])
    optimizer = keras.optimizers.Adam(1e-3)
    optimizer.build(model.trainable_variables)
    return model, optimizer

def make_input(rows, batch):
    return tf.data.Dataset.from_tensor_slices((images[:rows], targets[:rows])).batch(batch)

def per_example(y, logits):
    return keras.losses.sparse_categorical_crossentropy(y, logits, from_logits=True)

# %% [markdown]
# The loop needs three words of a strategy: `scope` where variables are made, `distribute_dataset` for the
# input, `run` for the step. With the default strategy all three do nothing, so this *is* the loop for one device.

# %% kind="explore" folded=false
def loss_of_replica(losses):
    context = tf.distribute.get_replica_context()
    return global_loss(losses, tf.ones_like(losses), lambda x: context.all_reduce("sum", x))

def make_step(strategy, model, optimizer, loss=loss_of_replica):
    def replica(x, y):
        with tf.GradientTape() as tape:
            mine = loss(per_example(y, model(x, training=True)))
        gradients = tape.gradient(mine, model.trainable_variables)
        # adds up over replicas
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return mine

    @tf.function
    def step(batch):
        return strategy.reduce("sum", strategy.run(replica, args=batch), axis=None)
    return step

# %% kind="explore"
from collections import namedtuple

Run = namedtuple("Run", "model optimizer losses seconds")

def train(strategy, rows=1000, batch=BATCH, loss=loss_of_replica, between=()):
    with strategy.scope():
        model, optimizer = make_model(between)
    step, losses, seconds = make_step(strategy, model, optimizer, loss), [], []
    for part in strategy.experimental_distribute_dataset(make_input(rows, batch)):
        begun = time.perf_counter()
        losses.append(float(step(part)))
        seconds.append(time.perf_counter() - begun)
    return Run(model, optimizer, losses, seconds)

def difference(one, other):
    pairs = zip(one, other, strict=True)
    return max(float(np.abs(np.asarray(a) - np.asarray(b)).max()) for a, b in pairs)

# %% [markdown]
# 1,000 images in batches of 64: fifteen full ones and one of 40. First, how the input is divided among three replicas:

# %% kind="explore"
for part in three.experimental_distribute_dataset(make_input(1000, BATCH)):
    sizes = [len(x) for x in three.experimental_local_results(part[1])]
    if sizes[0] != 22:
        print("last batch:", sizes)

# %% kind="explore"
counts = slow.steps((1, 2, 3, 4), "Trains on 1 to 4 replicas", seconds=8)
runs = {n: train(mirrored(n)) for n in counts}
alone = runs[1].model
for n, run in runs.items():
    off = difference(run.model.get_weights(), alone.get_weights())
    assert off < 1e-5, f"{n} replicas and one device have different weights."

# %% [markdown]
# An epoch of Adam on two, three or four replicas should give the weights of one device, but for rounding. And the two
# popular shortcuts? Divide by the fixed batch, as `compute_average_loss(global_batch_size=64)` does in
# [TensorFlow's tutorial](https://github.com/tensorflow/docs/blob/023b91c89dc06b3c6462d8426cc655acd452282e/site/en/tutorials/distribute/custom_training.ipynb),
# or take each replica's mean:

# %% kind="explore"
shortcuts = {
    "sum / 64": lambda losses: tf.reduce_sum(losses) / BATCH,
    "mean / number of replicas": lambda losses: tf.reduce_mean(losses) / 3,
}
with slow("Trains with both shortcuts", seconds=5):
    apart = {
        name: difference(train(three, loss=loss).model.get_weights(), alone.get_weights())
        for name, loss in shortcuts.items()
    }

# %% kind="explore"
# Draws how far each loss leads from one device.
def draw_apart(apart, title, colours):
    fig, ax = plots.figure(title, x="weights differ from one device's by at most", figsize=(7.0, 0.9 + 0.35 * len(apart)))
    ax.plot(list(apart.values()), list(apart), " ")
    for (name, off), colour in zip(apart.items(), colours, strict=True):
        ax.plot([off], [name], "o", color=colour, markersize=8)
        ax.annotate(f"{off:.0e}", (off, name), (8, 0), textcoords="offset points", va="center")
    ax.set_xscale("log")
    ax.set_xlim(1e-9, 1)
    ax.margins(y=0.2)
    ax.invert_yaxis()
    ax.grid(axis="x")
    plots.show(fig, alt=f"{title}. " + ", ".join(f"{name}: {off:.1e}" for name, off in apart.items()))


mine = {f"your global_loss, {n} replicas": difference(runs[n].model.get_weights(), alone.get_weights()) for n in (2, 3, 4)}
draw_apart({**mine, **{f"{name}, 3 replicas": off for name, off in apart.items()}},
    "The mean of means trains another model, and nothing warns", [*[plots.BLUE] * 3, plots.ORANGE, plots.RED])

# %% [markdown]
# Adam forgives "sum / 64": it divides by the size of the gradient anyway, so a factor nearly cancels, and only the last
# batch has one. It does not forgive the mean of means. 64 images are 22, 22 and 20, so **every** batch weighs some images
# more than others. No error, no warning, another model.

# %% [markdown]
# The gradients themselves, of one batch of 40 on three replicas (14, 14 and 12), against one device:

# %% kind="explore"
def gradients_of(strategy, model, x, y):
    def replica(x, y):
        with tf.GradientTape() as tape:
            mine = loss_of_replica(per_example(y, model(x)))
        context = tf.distribute.get_replica_context()
        gradients = tape.gradient(mine, model.trainable_variables)
        return [context.all_reduce("sum", g) for g in gradients]
    rows = tf.data.Dataset.from_tensors((x, y)).unbatch().batch(40)
    (batch,) = strategy.experimental_distribute_dataset(rows)
    found = tf.function(lambda b: strategy.run(replica, args=b))(batch)
    return [strategy.experimental_local_results(g)[0].numpy() for g in found]

with three.scope():
    model, _ = make_model()
spread = gradients_of(three, model, images[:40], targets[:40])
whole = gradients_of(mirrored(1), make_model()[0], images[:40], targets[:40])
print(f"gradients differ by {difference(spread, whole):.1e}")
assert difference(spread, whole) < 1e-5, "Three replicas have other gradients than one device."

# %% [markdown]
# One thing in a network can undo all this: a layer that looks at the **whole batch**. Batch normalisation takes mean and
# variance of the images that it sees, and here each replica sees a third. Four steps, one device and three replicas:

# %% kind="explore"
def with_batch_norm(strategy, synchronized):
    layer = keras.layers.BatchNormalization(synchronized=synchronized)
    return train(strategy, rows=256, between=[layer]).model.get_weights()

with slow("Trains three networks with batch normalisation", seconds=5):
    normed = with_batch_norm(mirrored(1), False)
    gaps = {
        f"synchronized={on}": difference(with_batch_norm(three, on), normed)
        for on in (False, True)
    }

# %% kind="explore"
# Draws how far batch normalisation leads from one device.
draw_apart(gaps, "Batch normalisation breaks the mirror, unless it sums over all replicas", [plots.RED, plots.BLUE])

# %% [markdown]
# With `synchronized=True` the layer does an all-reduce of its own, in every step. Or take layer normalisation, which looks at
# one example at a time. Dropout differs too: each replica draws its own noise.

# %% [markdown] deeper=7
# ## Checkpoints, summaries, TensorBoard

# %% [markdown]
# A checkpoint does not know how many replicas wrote it: mirrored variables are saved once. Three replicas write, one
# device reads; then the other way round.

# %% kind="explore"
from prodml.runtime.processes import OwnFolder

scratch = OwnFolder("prodml-scratch-")  # a folder that goes with the kernel

def checkpoint(model, optimizer):
    return tf.train.Checkpoint(model=model, optimizer=optimizer)

model = runs[3].model
path = checkpoint(model, runs[3].optimizer).save(str(scratch / "three" / "step"))
plain, plain_optimizer = make_model()
checkpoint(plain, plain_optimizer).restore(path).assert_existing_objects_matched()
off = difference(plain.get_weights(), model.get_weights())
print("three → one:", off, "optimizer's steps", int(plain_optimizer.iterations.numpy()))
assert off == 0, "The checkpoint of three replicas is not what one device reads."

# %% kind="explore"
path = checkpoint(alone, runs[1].optimizer).save(str(scratch / "one" / "step"))
with three.scope():
    model, optimizer = make_model()
checkpoint(model, optimizer).restore(path).assert_existing_objects_matched()
copies = [three.experimental_local_results(v.value) for v in model.trainable_variables]
for replica in range(3):
    off = difference([c[replica] for c in copies], alone.get_weights())
    print(f"one → replica {replica}:", off)
    assert off == 0, "The checkpoint of one device is not what a replica reads."

# %% [markdown]
# Restored, each replica has its own copy, and all are equal. Keras' own file carries over too, and so do summaries: the
# loop writes them, once per step and not once per replica.

# %% kind="explore"
model.save(scratch / "model.keras")
read = keras.models.load_model(scratch / "model.keras")
print(".keras, three → one:", difference(read.get_weights(), model.get_weights()))

def write_summaries(run, losses):
    writer = tf.summary.create_file_writer(str(scratch / "summaries" / run))
    with writer.as_default():
        for step, loss in enumerate(losses):
            tf.summary.scalar("loss", loss, step=step)
    writer.close()

write_summaries("one", runs[1].losses)
write_summaries("three", runs[3].losses)

# %% [markdown]
# TensorBoard is a server of its own. Here it runs for the length of the cell, and says what it has found in the files.

# %% kind="explore"
from prodml.runtime.processes.tensorboard import TensorBoard

written = len(runs[3].losses)
waiting = slow("TensorBoard starts, reads and ends", seconds=6)
with waiting, TensorBoard(scratch / "summaries") as board:
    print(board.tags())
    ours, theirs = (board.scalars(run, "loss") for run in ("one", "three"))
apart_by = difference([ours], [theirs])
print(f"{len(theirs)} of {written} losses read back; the two runs differ by {apart_by:.1e}")

# %% [markdown]
# To look at it in JupyterLab, run this in a new cell. The page appears below it, with a link, and stays until you
# call `board.close()` or the kernel ends. (`%load_ext tensorboard` and `%tensorboard --logdir …` do the same, but leave
# their server running.)
#
# ```python
# board = TensorBoard(scratch / "summaries").open()
# ```

# %% [markdown] deeper=18
# ## 5 · A larger batch needs another learning rate
# *medium · about 5 lines · 15 minutes*

# %% [markdown]
# Eight workers with 32 images each make batches of 256. An epoch then has an eighth of the steps. The **linear
# scaling rule**: k times the batch, k times the rate. At the very start weights change fast, and so large a step
# can break them: so **warm up**, from the old rate to the new one in a straight line.

# %% [markdown]
# Example: 4,000 rows, batch 256 (16 steps per epoch, the last with fewer rows), base rate 0.1 for batches of 32,
# warm-up of 2 epochs = 32 steps.
#
# | step | 0 | 8 | 16 | 32 | 100 |
# |---|---|---|---|---|---|
# | rate | 0.1 | 0.275 | 0.45 | 0.8 | 0.8 |

# %% kind="exercise" name="scale_learning_rate" exports=["scale_learning_rate"]
def scale_learning_rate(batch, step, rows, base=0.1, base_batch=32, warmup_epochs=2):
    """The learning rate of one step, by the linear scaling rule with warm-up.

    batch: int, examples per step over all replicas. step: int from 0, steps *of this batch size*.
    rows: int, examples per epoch; the last batch of an epoch may be smaller and is a step too.
    base: float, the rate that is right for batches of base_batch.
    warmup_epochs: int, at least 0; the rate goes in a straight line from base (step 0) to its final
        value, which it reaches after so many epochs, and then keeps.
    Returns a float.
    """
    ### BEGIN SOLUTION
    final = base * batch / base_batch
    warmup = warmup_epochs * -(-rows // batch)
    return final if step >= warmup else base + (final - base) * step / warmup
    ### END SOLUTION

# %% kind="check" name="scale_learning_rate" points=4
with check("scale_learning_rate"):
    def rate(batch, step, rows=4000, **options):
        return value(scale_learning_rate(batch, step, rows, **options), float)

    end = rate(256, 1000)
    assert not np.isclose(end, 0.1 * 8**0.5), f"Eight times the batch: the linear rule says 0.8, yours is {end:.3g}, the square root's."
    assert not np.isclose(end, 0.1), "Eight times the batch has an eighth of the steps: with the old rate it stays behind. After the warm-up expected 0.8, yours 0.1."
    assert not end > 0.81, f"After the warm-up the rate keeps its final value 0.8; yours has grown to {end:.3g} at step 1000."
    assert np.isclose(end, 0.8), f"Batch 256, 32 at the base: after the warm-up expected 0.8, yours {end:.3g}."
    first = rate(256, 0)
    assert not np.isclose(first, 0.8), "Your first step has the full rate 0.8: warm up from 0.1, which is known to be safe."
    assert not np.isclose(first, 0), "Your first step has the rate 0: it does nothing. The warm-up begins at base, 0.1."
    assert np.isclose(first, 0.1), f"The first step has the base rate 0.1, yours {first:.3g}."
    middle = rate(256, 16)
    assert not np.isclose(middle, 0.1 * 8**0.5), f"After one of two epochs of warm-up expected 0.45, yours {middle:.3g}: it grows by a constant factor. Asked was a straight line."
    assert middle > 0.2, f"16 steps of 256 are one epoch, half of the warm-up: expected 0.45, yours {middle:.3g}. Are your epochs as long as with batches of 32? A larger batch has fewer steps."
    assert np.isclose(middle, 0.45), f"After one of two epochs of warm-up expected 0.45, halfway from 0.1 to 0.8; yours {middle:.4g}. The warm-up has 2 × 16 steps (the last one of an epoch is smaller, and a step as well), and step 32 is the first at the full rate."
    early = rate(256, 8)
    assert not np.isclose(early, 0.1), "In the middle of the first epoch your rate is still 0.1: it climbs in stairs, an epoch each. It should rise with every step."
    assert np.isclose(early, 0.275), f"Step 8 of 32 is a quarter of the way from 0.1 to 0.8: expected 0.275, yours {early:.3g}."
    failed = raised(lambda: rate(256, 0, warmup_epochs=0))
    assert failed is None, f"Without warm-up (0 epochs) your answer ends in {failed}: a warm-up of 0 steps cannot be divided by. The first step has the final rate."
    assert np.isclose(rate(256, 0, warmup_epochs=0), 0.8), "Without warm-up (0 epochs) the first step has the final rate, 0.8."
    assert np.isclose(rate(32, 5), 0.1), "With the base batch the rate is the base rate, at every step."
    odd, small = rate(48, 1000), rate(16, 1000)
    assert np.isclose(odd, 0.15), f"Batch 48 is one and a half times the base: expected 0.15, yours {odd:.3g}."
    assert np.isclose(small, 0.05), f"The rule holds downwards as well: batch 16, half the base, half the rate: expected 0.05, yours {small:.3g}."
    even = rate(250, 16)
    assert np.isclose(even, 0.440625), f"4,000 rows in batches of 250 are 16 steps, with nothing left over: at step 16, halfway, expected 0.4406, yours {even:.4g}. Does yours add a step to every epoch?"
    rest = rate(300, 14)
    assert np.isclose(rest, 0.51875), f"4,000 rows in batches of 300 are 13 full ones and one of 100, 14 steps: at step 14 of 28, halfway, expected 0.5188, yours {rest:.4g}. Each epoch is rounded up by itself, not to the nearest and not all together."
    for at, wanted in ((0, 0.1), (8, 0.275), (16, 0.45), (32, 0.8), (100, 0.8)):
        got = rate(256, at)
        assert np.isclose(got, wanted), f"The worked example: at step {at} expected {wanted}, yours {got:.4g}."
    ### BEGIN HIDDEN TESTS
    h = hidden_rng()
    batch, rows, epochs = int(h.integers(40, 400)), int(h.integers(3000, 9000)), int(h.integers(1, 6))
    warm, last = epochs * -(-rows // batch), 0.05 * batch / 20
    options = {"rows": rows, "base": 0.05, "base_batch": 20, "warmup_epochs": epochs}
    assert np.isclose(rate(batch, warm + 3, **options), last), "With another base and batch, the final rate is wrong."
    at = int(h.integers(1, warm))
    assert np.isclose(rate(batch, at, **options), 0.05 + (last - 0.05) * at / warm), "With other sizes, the rate in the middle of the warm-up is wrong."
    assert rate(batch, warm - 1, **options) < last, "With other sizes, the warm-up ends too early."
    assert np.isclose(rate(batch, warm, **options), last), "With other sizes, the warm-up ends too late."
    steps, size, epochs = int(h.integers(20, 60)), int(h.integers(40, 90)), int(h.integers(3, 6))
    down = {"base": float(h.uniform(0.02, 0.4)), "base_batch": 2 * size, "warmup_epochs": epochs}
    halved = down["base"] / 2
    for rows, per_epoch in ((size * steps, steps), (size * steps + int(h.integers(1, size // 3)), steps + 1)):
        warm = epochs * per_epoch
        assert np.isclose(rate(size, 0, rows, **down), down["base"]), "With a batch below the base, the first step has not the rate of the base."
        assert np.isclose(rate(size, warm // 3, rows, **down), down["base"] - halved * (warm // 3) / warm), "With a batch below the base, the rate is wrong in the middle of the warm-up: it goes down in a straight line, in as many steps as the epochs have."
        assert np.isclose(rate(size, warm - 1, rows, **down), down["base"] - halved * (warm - 1) / warm), "With a batch below the base, the last step of the warm-up has a wrong rate. How many steps have the epochs, with and without a smaller last batch?"
        assert np.isclose(rate(size, warm, rows, **down), halved), "With a batch below the base, the rate after the warm-up is wrong."
    at_base = {**down, "base_batch": size}
    held = [rate(size, at, size * steps, **at_base) for at in (0, 1, steps, epochs * steps - 1, epochs * steps, 9 * steps)]
    assert np.allclose(held, down["base"]), "At the base batch, whichever it is, the rate is the base rate at every step."
    assert np.isclose(rate(size, 0, size * steps, **{**down, "warmup_epochs": 0}), halved), "Without warm-up, with other sizes, the first step has not the final rate."
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="scale_learning_rate"
# 1. Three numbers first: the final rate, the steps per epoch, the steps of the warm-up.
# 2. Steps per epoch, rounded up: `-(-rows // batch)`. The share of the warm-up that is done: step divided by its steps, at most 1.
# 3. `base + (final - base) * share`. With 0 epochs of warm-up, avoid dividing by 0: return final when step >= warmup.

# %% [markdown]
# Keras has the same line as the first part of a schedule: `CosineDecay` without any decay (`alpha=1`).

# %% kind="explore"
from keras.optimizers.schedules import CosineDecay

schedule = CosineDecay(0.1, decay_steps=1, alpha=1.0, warmup_target=0.8, warmup_steps=32)
yours = [scale_learning_rate(256, step, 4000) for step in range(60)]
theirs = [float(schedule(step)) for step in range(60)]
assert np.allclose(yours, theirs, atol=1e-6), "Your rates are not those of Keras."

# %% kind="explore"
# Draws your rates on those of Keras.
title = f"Your warm-up is Keras' own: they differ by {max(abs(a - b) for a, b in zip(yours, theirs, strict=True)):.0e}"
fig, ax = plots.figure(title, x="step of 256 rows", y="learning rate", figsize=(7.0, 2.4))
ax.plot(theirs, color=plots.ORANGE, linewidth=5, label="Keras")
ax.plot(yours, color=plots.BLACK, label="yours")
ax.legend(loc="lower right")
plots.show(fig, alt=f"The learning rate rises in a straight line from 0.1 to 0.8 in 32 steps, and stays. {title}.")

# %% [markdown]
# Does the rule hold here? The network of before, in NumPy (`prodml.models.digit_net`) so that a run takes a moment: plain
# gradient descent for five epochs on 4,000 images, right answers on 1,000 others.

# %% kind="explore"
predict("scaled",
    "Batches of 32 at rate 0.1 get 90 of 100 right. And larger ones, after as many epochs?",
    {"256, the old rate": (0.0, 100.0), "256, scaled": (0.0, 100.0), "512, scaled": (0.0, 100.0)},
)

# %% kind="explore"
from prodml.models.digit_net import accuracy_after
from threadpoolctl import threadpool_limits

def scaled_rate(batch, warmup_epochs):
    return lambda step: scale_learning_rate(batch, step, 4000, warmup_epochs=warmup_epochs)

rules = {
    "the old rate": lambda batch: lambda step: 0.1,
    "scaled, no warm-up": lambda batch: scaled_rate(batch, 0),
    "scaled, 2 epochs of warm-up": lambda batch: scaled_rate(batch, 2),
}
right = {}
with threadpool_limits(1):  # matrices this small only get slower in two threads
    for batch in slow.steps((32, 128, 256, 384, 512), "Trains 75 small networks", seconds=9):
        for name, rule in rules.items():
            runs_of_rule = [accuracy_after(batch, rule(batch), seed) for seed in range(5)]
            right[name, batch] = 100 * np.mean(runs_of_rule)
scaled = pd.Series(right).unstack()

# %% kind="explore"
# Draws the accuracy by batch size, for the three rules.
title = "The rule is a range, not a law: it helps at 256, and ruins the network at 512"
fig, ax = plots.figure(title, x="batch (base: 32)", y="right on 1,000 others (%)")
for name, colour, mark in zip(rules, (plots.GREY, plots.BLUE, plots.GREEN), "os^", strict=True):
    ax.plot(scaled.columns, scaled.loc[name], f"{mark}-", color=colour, label=name)
ax.set_xscale("log", base=2)
ax.set_xticks(scaled.columns, scaled.columns)
ax.minorticks_off()
ax.legend(loc="lower left")
plots.show(fig, alt=f"Accuracy after five epochs against the batch size, for three rules. {title}.")

# %% kind="explore"
reveal("scaled",
    {
        "256, the old rate": scaled.loc["the old rate", 256],
        "256, scaled": scaled.loc["scaled, no warm-up", 256],
        "512, scaled": scaled.loc["scaled, no warm-up", 512],
    },
    unit="%",
    text="At 256 the scaled rate wins back most of what the larger batch has lost. At 512 it ruins this network.",
)

# %% [markdown]
# Each point is a mean of five runs. With two other sets of five seeds it was the same where it matters: at 256 the scaled
# rate wins back more than half of the loss, from 384 on it does worse than the old one, and at 512 warm-up saves nothing.
# At 384 warm-up helps by 6 to 13 points. At 128 it hangs on the seeds whether scaling gains anything.

# %% [markdown]
# So the rule ends here near 10 times the base. Goyal and others (below) went from 256 to 8,192 images on ImageNet, 32
# times theirs. Measure where yours ends, before you buy more machines than that.

# %% [markdown] deeper=12
# ## 6 · Two machines, and one of them dies

# %% [markdown]
# Now two real processes, as on two machines, with `MultiWorkerMirroredStrategy`. Each learns from an environment variable,
# `TF_CONFIG`, who all are and which one it is. The loop is the one that you know; your `global_loss` travels with it.

# %% kind="explore" folded=false
import json
import textwrap

from prodml.runtime.processes.multi_worker import multi_worker_cluster

def load_input(folder):
    rows = tuple(np.load(f"{folder}/{name}.npy") for name in ("images", "targets"))
    return tf.data.Dataset.from_tensor_slices(rows).batch(BATCH).repeat()

def train_worker(folder, last):
    index = json.loads(os.environ["TF_CONFIG"])["task"]["index"]
    ring = tf.distribute.experimental.CommunicationImplementation.RING
    options = tf.distribute.experimental.CommunicationOptions(implementation=ring)
    strategy = tf.distribute.MultiWorkerMirroredStrategy(communication_options=options)
    with strategy.scope():
        model, optimizer = make_model()
        done = tf.Variable(0, dtype=tf.int64)
    saver = tf.train.Checkpoint(model=model, optimizer=optimizer, done=done)
    saver.restore(tf.train.latest_checkpoint(folder))
    mine = folder if index == 0 else f"{folder}-{index}"
    keep = tf.train.CheckpointManager(saver, mine, max_to_keep=2)
    steps_of(strategy, model, optimizer, done, keep, last, load_input(folder))
    try_fit(strategy)

# %% kind="explore" folded=false
def steps_of(strategy, model, optimizer, done, keep, last, dataset):
    step, seconds, at = make_step(strategy, model, optimizer), [], int(done.numpy())
    print("begins at step", at)
    try:
        for part in strategy.experimental_distribute_dataset(dataset.skip(at)):
            begun = time.perf_counter()
            step(part)
            seconds.append(time.perf_counter() - begun)
            at = int(done.assign_add(1).numpy())
            print("step", at, "at", time.monotonic(), flush=True)
            if at % 20 == 0:
                keep.save()
                print("saved step", at)
            if at == last:
                break
            time.sleep(0.03)  # time to kill somebody, and to see it
    finally:
        print("stopped at step", at, f"fastest step {1e3 * min(seconds):.2f} ms", flush=True)

# %% [markdown]
# Four details. Variables are made inside `scope`. Both workers name the same input, and `experimental_distribute_dataset`
# gives each its own half of every batch. Both save, because saving takes both, but only worker 0 writes where it counts.
# And the input skips what was already seen.

# %% kind="explore"
# What each worker tries when it is done: Model.fit, for the section after this one.
def try_fit(strategy, rows=16):
    with strategy.scope():
        model, optimizer = make_model()
        model.compile(optimizer, per_example)
    try:
        x, y = np.ones((rows, 784), np.float32), np.ones(rows, np.int64)
        model.fit(x, y, batch_size=rows, verbose=0)
        print("Model.fit: works")
    except (ValueError, tf.errors.InvalidArgumentError) as error:
        before, _, after = str(error).split("}}")[-1].partition("{")
        reason = f"{before} … {after.rpartition('}')[2]}" if after else before
        said = textwrap.shorten(reason, 200, placeholder=" …")
        print("Model.fit:", type(error).__name__, said)

# %% kind="explore"
predict("lost",
    "A checkpoint every 20 steps. Worker 1 is killed between steps 40 and 60. What happens to worker 0, and to the work?",
    {"seconds until worker 0 gives up": (0.0, 60.0), "steps that must be done again": (0, 60)},
)

# %% kind="explore"
folder = str(scratch / "workers")
(scratch / "workers").mkdir(exist_ok=True)
np.save(f"{folder}/images.npy", images[:1000])
np.save(f"{folder}/targets.npy", targets[:1000])

def steps_in(log):
    """Step and time of each line "step 7 at 1700000000.0"."""
    words = [line.split() for line in log.splitlines()]
    return np.array([(int(w[1]), float(w[3])) for w in words if w[:1] == ["step"]])

# %% [markdown]
# Watch the table. Worker 1 is killed a moment after step 40; worker 0 has until then said which step it has done.

# %% kind="explore"
one = tf.constant([1.0])
print("your loss, tried here first:", float(global_loss(2 * one, one, lambda x: x)))
waiting = slow("Two workers train, one is killed, the other gives up", seconds=15)
with waiting, multi_worker_cluster(train_worker, [folder, 10_000]) as cluster:
    cluster.show()
    cluster.wait_for(0, "saved step 40")
    time.sleep(0.25)
    cluster.kill(1)
    killed = time.monotonic()
    statuses, gave_up = cluster.wait(), time.monotonic()
    before = steps_in(cluster.log(0, lines=1000))
    said = next(line for line in reversed(cluster.log(0).splitlines()) if "Error" in line)
stopped = int(before[-1, 0])
print(f"exit statuses {statuses}: worker 1 was killed, worker 0 failed after step {stopped}")
print(textwrap.shorten(said, 150, placeholder=" …"))

# %% [markdown]
# Nobody can rebuild the ring in place. Both begin again, on new ports, from the last checkpoint. (Machines that are rented
# cheaply say before they go: TensorFlow's
# [PreemptionCheckpointHandler](https://www.tensorflow.org/api_docs/python/tf/distribute/experimental/PreemptionCheckpointHandler)
# then saves at once.)

# %% kind="explore"
print(f"worker 0 stopped after step {int(stopped)}; both go on to step 100")
again = time.monotonic()
waiting = slow("Both begin again, and go on to step 100", seconds=8)
with waiting, multi_worker_cluster(train_worker, [folder, 100]) as cluster:
    cluster.show()
    statuses = cluster.wait()
    log = cluster.log(0, lines=1000)
after, lines = steps_in(log), log.splitlines()
resumed = int(after[0, 0]) - 1
print(f"exit statuses {statuses}; worker 0 went from step {resumed} to {int(after[-1, 0])}")

# %% kind="explore"
# Draws the steps of worker 0 over time: killed, given up, begun again.
start = before[0, 1]
first, second = before[:, 1] - start, after[:, 1] - again + (gave_up - start)
idle = second[0] - first[-1]
title = f"{stopped - resumed} steps are done twice, and nobody works for {idle:.1f} seconds"
fig, ax = plots.figure(title, x="seconds (without the time between the two cells)", y="step of worker 0")
ax.plot(first, before[:, 0], color=plots.BLUE)
ax.plot(second, after[:, 0], color=plots.BLUE)
ax.axhspan(resumed, stopped, color=plots.ORANGE, alpha=0.25)
ax.annotate("done twice", (killed - start, (resumed + stopped) / 2), (8, 0), textcoords="offset points", va="center")
for times, counts, label in ((first, before[:, 0], "checkpoint"), (second, after[:, 0], "_")):
    saved = counts % 20 == 0
    ax.plot(times[saved], counts[saved], "s", color=plots.GREEN, label=label)
ax.axvline(killed - start, color=plots.RED, linestyle="--", label="worker 1 is killed")
ax.axvline(gave_up - start, color=plots.BLACK, linestyle=":", label="worker 0 gives up")
ax.legend(loc="upper center")
plots.show(fig, alt=f"Steps of worker 0 over time, with checkpoints, the kill after step {stopped}, and the second start at step {resumed}. {title}.")

# %% kind="explore"
reveal("lost",
    {"seconds until worker 0 gives up": gave_up - killed, "steps that must be done again": stopped - resumed},
    unit={"seconds until worker 0 gives up": "s", "steps that must be done again": "steps"},
    text="Worker 0 does not take a single step alone: a sum over all workers needs all of them. It fails at once if the connection breaks before its next sum, or after some seconds, when TensorFlow misses the other's heartbeats. Both happen here, by chance; a machine that only hangs is noticed by the heartbeats alone. What is lost is the work since the last checkpoint, **in all workers**.",
)

# %% [markdown]
# And is the result that of an undisturbed run, on one device, without any strategy? The checkpoint is read here:

# %% kind="explore"
undisturbed, optimizer = make_model()
step, seconds = make_step(mirrored(1), undisturbed, optimizer), []
for part in load_input(folder).take(100):
    begun = time.perf_counter()
    step(part)
    seconds.append(time.perf_counter() - begun)

workers_model, workers_optimizer = make_model()
saved = checkpoint(workers_model, workers_optimizer)
saved.restore(tf.train.latest_checkpoint(folder)).expect_partial()
off = difference(workers_model.get_weights(), undisturbed.get_weights())
print(f"100 steps, one worker killed on the way: weights differ by {off:.1e} from one device's")
assert off < 1e-5, "Two workers and a kill give other weights than one device."

two = float(next(line for line in lines if line.startswith("stopped")).split()[-2])
print(f"the fastest step: one process {1e3 * min(seconds):.2f} ms, two processes {two:.2f} ms")

# %% [markdown]
# The same weights, but slower: a step now waits for messages through TensorFlow's own servers, on cores that both workers
# share. This network is far too small to be worth a second machine.

# %% [markdown] deeper=4
# ## Why Model.fit fails there

# %% [markdown]
# Who trains with Keras would call `Model.fit`. Each of the two workers has tried that, at its end:

# %% kind="explore"
print(next(line for line in lines if line.startswith("Model.fit")))

# %% [markdown]
# Before its first step, Keras 3 (3.15, TensorFlow 2.21) wants the shapes of the input. It takes a batch, a *pair*
# (x, y) spread over replicas, and asks `strategy.reduce` for its mean. MirroredStrategy averages the parts of a
# pair one by one. The multi-worker strategy knows no pairs: it makes a tensor of the whole, and that is the ValueError.

# %% [markdown]
# Averaging a batch just to learn its shape has a second trap, on one machine too. 16 images on two replicas are 8 and 8;
# on three they are 6, 6 and 4:

# %% kind="explore"
try_fit(mirrored(2))
try_fit(three)

# %% [markdown]
# So: a loop of your own, as here, or Keras on JAX or PyTorch. Keras'
# [issue 20585](https://github.com/keras-team/keras/issues/20585) asks whether the two work together; it was still open when
# this was written.

# %% [markdown] deeper=12
# ## When does it pay?

# %% [markdown]
# All this was about being *right*. Is it fast? First on this machine, whose logical devices share two cores.

# %% kind="explore"
predict("faster",
    "Logical devices on two cores, batches of 512. How many times as fast as one device?",
    {"2 replicas": (0.05, 4.0, "log"), "4 replicas": (0.05, 4.0, "log")},
)

# %% kind="explore"
def one_step(replicas, batch):
    strategy = mirrored(replicas)
    with strategy.scope():
        step = make_step(strategy, *make_model())
    part = next(iter(strategy.experimental_distribute_dataset(make_input(batch, batch))))
    step(part)  # the first call traces
    return lambda: float(step(part))

with slow("Traces six steps", seconds=8):
    calls = {(batch, n): one_step(n, batch) for batch in (64, 512) for n in (1, 2, 4)}

# %% [markdown]
# Forty steps of each, in turn, and the fastest counts: other programs make a step slower, never faster.

# %% kind="explore"
fastest = dict.fromkeys(calls, np.inf)
for _ in slow.steps(range(40), "Forty steps of each", seconds=3):
    for key, call in calls.items():
        begun = time.perf_counter()
        call()
        fastest[key] = min(fastest[key], time.perf_counter() - begun)

per_second = {key: round(key[0] / seconds) for key, seconds in fastest.items()}
speed = pd.Series(per_second, name="images per second").unstack()

# %% kind="explore"
# Draws the images per second by batch and number of replicas.
gain = {size: row[2] / row[1] for size, row in speed.iterrows()}
title = "Two replicas on one processor: " + ", ".join(f"{g:.2f} times as fast with batches of {size}" for size, g in gain.items())
fig, ax = plots.figure(title, x="replicas", y="images per second")
for (size_of_batch, row), colour in zip(speed.iterrows(), (plots.GREY, plots.BLUE), strict=True):
    ax.plot([str(n) for n in row.index], row, "o-", color=colour, label=f"batches of {size_of_batch}")
ax.set_yscale("log")
ax.legend()
plots.show(fig, alt=f"Images per second with 1, 2 and 4 replicas, batches of 64 and 512. {title}.")

# %% kind="explore"
# How many times as fast, beside your prediction.
times = speed.loc[512] / speed.loc[512, 1]
reveal("faster",
    {"2 replicas": float(times[2]), "4 replicas": float(times[4])},
    text="**No gain** worth the name, and a loss with four replicas, or with small batches (the picture's lower line). One device already uses both cores for a single matrix product. Replicas add no cores, only smaller products, their own bookkeeping and a sum. Logical devices are for testing that the code is right.",
)

# %% [markdown]
# Between machines, a step costs computing plus an all-reduce: 2(N−1) messages one after the other, each with its
# **latency**, and 2(N−1)/N of the gradient's bytes through a link of some **bandwidth**. Measured with your ring, between
# two processes here:

# %% kind="explore"
from prodml.fast.distributed.all_reduce import REAL, central_seconds, efficiency, ring_seconds

latency = max(r.seconds for r in run_ring(ring_all_reduce, workers=2, size=8, rounds=20)) / 2
large = max(r.seconds for r in run_ring(ring_all_reduce, workers=2, size=2_000_000, rounds=3))
bandwidth = ring_bytes(8e6, 2) / (large - 2 * latency)
gradient, one = 4 * make_model()[0].count_params(), 1e3 * BATCH / speed.loc[64, 1]
summing = 1e3 * ring_seconds(gradient, 2, bandwidth, latency)
print(f"latency {1e6 * latency:.0f} µs, bandwidth {bandwidth / 1e9:.2f} GB/s")
print(f"{gradient:,} bytes of gradients: {summing:.2f} ms; a step of 64 images alone: {one:.2f} ms")
print(f"on two such machines, by the model: {one / 2:.2f} + {summing:.2f} ms")

# %% [markdown]
# Even with your lean ring the model promises little or nothing for this network. Does it hold where it matters? Two
# networks on 128 servers of four GPUs, **measured by others**: efficiency in
# [Horovod's benchmarks](https://github.com/horovod/horovod/blob/master/docs/benchmarks.rst), the step on one GPU in
# [TensorFlow's](https://github.com/tensorflow/docs/blob/master/site/en/r1/guide/performance/benchmarks.md). Communication
# can hide behind the backward pass, two thirds of the computing; how much of it does the model does not know.

# %% kind="explore"
# Draws what the model says of two networks, and what others have measured.
title = "The model says which of the two networks scales, before anybody buys a server"
fig, ax = plots.figure(title, x="share of perfect scaling (%)", figsize=(7.0, 2.0))
for y, c in enumerate(REAL):
    low, high = 100 * c.predicted(0), 100 * c.predicted(2 / 3)
    ax.plot([low, high], [y, y], color=plots.BLUE, linewidth=8, solid_capstyle="butt", label="model: nothing to all hidden" if y == 0 else "_")
    ax.plot([100 * c.measured], [y], "D", color=plots.RED, label="measured by Horovod's authors" if y == 0 else "_")
ax.set_yticks(range(len(REAL)), [f"{c.name}, {c.data / 1e6:.0f} MB" for c in REAL])
ax.set_xlim(0, 104)
ax.margins(y=0.4)
ax.grid(axis="x")
ax.legend(loc="lower left")
words = "; ".join(f"{c.name}: model {c.predicted(0):.0%} to {c.predicted(2 / 3):.0%}, measured {c.measured:.0%}" for c in REAL)
plots.show(fig, alt=f"Share of perfect scaling of two networks on 128 servers. {title}. {words}.")

# %% [markdown]
# VGG-16 has six times the gradients for about the same computing. Now move it. *Workers* are links of the ring; every
# worker keeps its batch, and *batch times* multiplies the computing, not the bytes.

# %% kind="explore"
# Draws the speed-up by the model, for a network and a link of your choice.
SIZES = {c.name: (c.data, c.compute) for c in REAL[::-1]} | {"this lab's network": (gradient, one / 1e3)}

def draw_scaling(network, workers, gigabits, latency_us, batch_times, hidden_percent):
    data, compute = SIZES[network][0], SIZES[network][1] * batch_times
    many = np.unique(np.geomspace(1, 512, 60).astype(int))
    def speed_up(seconds_of, n):
        return n * efficiency(compute, seconds_of(data, n, gigabits * 1e9 / 8, latency_us / 1e6), hidden_percent / 100 * compute)
    ring, root = speed_up(ring_seconds, workers), speed_up(central_seconds, workers)
    title = f"{network}, {workers} workers: ring {ring:.1f}×, one root {root:.1f}× as fast"
    fig, ax = plots.figure(title, x="workers", y="times as fast as one")
    ax.plot(many, many, color=plots.GREY, linestyle="--", label="ideal")
    ax.plot(many, [speed_up(ring_seconds, n) for n in many], color=plots.BLUE, label="ring")
    ax.plot(many, [speed_up(central_seconds, n) for n in many], color=plots.ORANGE, label="one root")
    ax.axvline(workers, color=plots.GREY, linewidth=0.8)
    for c in REAL:
        if c.name == network and (gigabits, batch_times) == (c.gigabits, 1):
            ax.plot([c.workers], [c.workers * c.measured], "D", color=plots.RED, label="measured by Horovod's authors")
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.legend(loc="upper left")
    plots.show(fig, alt=f"Speed-up against number of workers for ring, one root and ideal. {title}.")


explorer(draw_scaling, network=list(SIZES), workers=(2, 512, 128), gigabits=(1, 400, 25), latency_us=(1, 500, 30), batch_times=(1, 8, 1), hidden_percent=(0, 67, 33))

# %% [markdown]
# Try: VGG-16 at 100 Gbit/s. VGG-16 at 25, with twice the batch per worker: what does part 5 say to that? And
# this lab's network: up to how many workers does it pay to add one at 30 µs, and at 500?

# %% [markdown]
# ## In production
#
# - **At 1,000 times the scale** the ring has levels: inside a server over its fast links, then one ring of servers. Large
#   clusters use trees for small arrays, whose time is latency. Gradients go in buckets while the backward pass still runs.
# - **Tools**: NCCL below nearly everything; above it the frameworks of the table. When the model or its optimizer no longer
#   fits one device, shard them too (lab 14).
# - **Without a second machine**, *gradient accumulation* adds up several small batches before one step: the same division by
#   the right count.
# - **The failure to watch for**: one slow worker makes all slow, one dead worker stops all. Checkpoint as often as the work
#   is worth, restart automatically, and alarm on the *slowest* worker's step time.
# - **The silent one**: a loss divided by the wrong count. Nothing fails, the model is just another one; in 2024 it was found
#   in the training loop of Hugging Face's transformers. Keep this lab's test: N replicas equal one, on a batch that does not
#   divide, with *your* layers.

# %% [markdown]
# ### The same idea elsewhere
#
# | | TensorFlow | PyTorch | JAX | managed service |
# |---|---|---|---|---|
# | several replicas | `MirroredStrategy`, `MultiWorkerMirroredStrategy` | `torchrun`, `DistributedDataParallel` | `jax.jit`, the batch sharded over a mesh | Vertex AI and SageMaker start the processes |
# | your two halves | inside `ReplicaContext.all_reduce` | `reduce_scatter_tensor`, `all_gather_into_tensor` | `lax.psum_scatter`, `lax.all_gather` | the same libraries |
# | uneven shards | your loss divides | gradients are averaged over ranks: **7, not 6** | a mean over the sharded batch is the whole one's | as in the framework |
# | a worker dies | all restart from a checkpoint | `torchrun --max-restarts` restarts all | all restart from a checkpoint | the job is restarted |
#
# Keras' own way, `keras.distribution`, runs on JAX and PyTorch, not yet on TensorFlow.

# %% [markdown]
# ## Primary sources
#
# - Goyal and others, [Accurate, Large Minibatch SGD: Training ImageNet in 1 Hour](https://arxiv.org/abs/1706.02677), 2017: linear scaling, warm-up, and a section on the mistakes of parts 3 and 4.
# - Sergeev and Del Balso, [Horovod](https://arxiv.org/abs/1802.05799), 2018: the ring made popular.
# - Thakur, Rabenseifner and Gropp, [Optimization of Collective Communication Operations in MPICH](https://doi.org/10.1177/1094342005051521), 2005: which algorithm is best for which size.
# - TensorFlow, [Distributed training](https://www.tensorflow.org/guide/distributed_training): all strategies, and what each supports.
# - Hugging Face, [Fixing Gradient Accumulation](https://huggingface.co/blog/gradient_accumulation), 2024: the mean of means in a loop that many used, and its repair.
# - Shallue and others, [Measuring the Effects of Data Parallelism on Neural Network Training](http://jmlr.org/papers/v20/18-789.html), 2019: where larger batches stop to help, over many models.
