# ---
# jupyter:
#   jupytext:
#     text_representation: {format_name: percent}
# ---

# %% [markdown]
# # Answers to 13 · Parameter server
#
# Each cell is the whole source of one exercise. Wrong answers are misconceptions: `expect` is a part of the message
# that a learner who holds it must read. Right answers reach the contract in another way than the reference.

# %% [markdown]
# ## partition

# %% exercise="partition" answer="wrong" name="remainder_forgotten" expect="What does not divide evenly must go somewhere too" breaks="The rows of an embedding"
# Misconception: every server gets vocab // servers rows; the rest is negligible.
def partition(vocab, dim, servers, min_bytes):
    shards = max(1, min(servers, vocab, vocab * dim * 4 // min_bytes))
    size = vocab // shards
    return [(i * size, (i + 1) * size) for i in range(shards)]

# %% exercise="partition" answer="wrong" name="rounded_up" expect="It is the smallest shard that counts"
# Misconception: bytes / min_bytes, rounded up, is a number of shards that are large enough (as TensorFlow does it).
def partition(vocab, dim, servers, min_bytes):
    shards = max(1, min(servers, vocab, -(-vocab * dim * 4 // min_bytes)))
    edges = np.cumsum([0, *(len(part) for part in np.array_split(np.arange(vocab), shards))])
    return [(int(a), int(b)) for a, b in zip(edges[:-1], edges[1:])]

# %% exercise="partition" answer="wrong" name="one_shard_per_server" expect="It is the smallest shard that counts"
# Misconception: more servers are always better, so every server gets a shard.
def partition(vocab, dim, servers, min_bytes):
    parts = np.array_split(np.arange(vocab), min(servers, vocab))
    return [(int(part[0]), int(part[-1]) + 1) for part in parts]

# %% exercise="partition" answer="wrong" name="empty_shards" expect="No shard is empty" of="rounded_up"
# Misconception: a server without rows does no harm.
# - shards = max(1, min(servers, vocab, -(-vocab * dim * 4 // min_bytes)))
# + shards = servers
# + while shards > 1 and 0 < vocab // shards * dim * 4 < min_bytes:
# +     shards -= 1

# %% exercise="partition" answer="wrong" name="bytes_divided" expect="bytes do not divide, rows do"
# Misconception: all bytes divided by the smallest size, rounded down, is a number of shards that are large enough.
def partition(vocab, dim, servers, min_bytes):
    shards = max(1, min(servers, vocab, vocab * dim * 4 // min_bytes))
    parts = np.array_split(np.arange(vocab), shards)
    return [(int(part[0]), int(part[-1]) + 1) for part in parts]

# %% exercise="partition" answer="wrong" name="whole_table_first" expect="As many shards as possible" breaks="as many as possible"
# Misconception: a table is cut only if it does not fit on one server.
def partition(vocab, dim, servers, min_bytes):
    return [(0, vocab)]

# %% exercise="partition" answer="wrong" name="one_server_too_many" expect="At most one for each server" of="bytes_divided"
# Misconception: the smallest size decides the number of shards, the servers take them in turn.
# - shards = max(1, min(servers, vocab, vocab * dim * 4 // min_bytes))
# + shards = max([n for n in range(1, vocab + 1) if vocab // n * dim * 4 >= min_bytes], default=1)

# %% exercise="partition" answer="wrong" name="full_ones_first" expect="what is left over is spread" breaks="Their lengths differ"
# Misconception: fill one server after the other; the last one has what is left.
def partition(vocab, dim, servers, min_bytes):
    shards = max([n for n in range(1, min(servers, vocab) + 1) if vocab // n * dim * 4 >= min_bytes], default=1)
    size = -(-vocab // shards)
    return [(first, min(first + size, vocab)) for first in range(0, vocab, size)]

# %% exercise="partition" answer="wrong" name="longer_ones_last" expect="In order, the longer ones first"
# Misconception: lengths may differ by one, so it does not matter which shard is longer.
def partition(vocab, dim, servers, min_bytes):
    shards = max([n for n in range(1, min(servers, vocab) + 1) if vocab // n * dim * 4 >= min_bytes], default=1)
    edges = [n * vocab // shards for n in range(shards + 1)]
    return list(zip(edges[:-1], edges[1:]))

# %% exercise="partition" answer="wrong" name="last_rows_first" expect="In order, the longer ones first"
# Misconception: a list of shards is a set of shards, in any order.
def partition(vocab, dim, servers, min_bytes):
    shards = max([n for n in range(1, min(servers, vocab) + 1) if vocab // n * dim * 4 >= min_bytes], default=1)
    parts = np.array_split(np.arange(vocab), shards)
    return [(int(part[0]), int(part[-1]) + 1) for part in parts][::-1]

# %% exercise="partition" answer="wrong" name="eight_bytes" expect="as if a weight had 8 bytes" of="bytes_divided" breaks="float32 weights (4 bytes)"
# Misconception: a number has eight bytes, as everywhere in NumPy.
# - shards = max(1, min(servers, vocab, vocab * dim * 4 // min_bytes))
# + shards = max([n for n in range(1, min(servers, vocab) + 1) if vocab // n * dim * 8 >= min_bytes], default=1)

# %% exercise="partition" answer="wrong" name="more_than_the_least" expect="a shard of exactly 24 is allowed" of="bytes_divided"
# Misconception: a smallest size must be exceeded.
# - shards = max(1, min(servers, vocab, vocab * dim * 4 // min_bytes))
# + shards = max([n for n in range(1, min(servers, vocab) + 1) if vocab // n * dim * 4 > min_bytes], default=1)

# %% exercise="partition" answer="wrong" name="too_small_is_nowhere" expect="A single shard may be smaller" breaks="no shard is smaller than min_bytes"
# Misconception: a table below the smallest size gets no shard at all.
def partition(vocab, dim, servers, min_bytes):
    shards = [n for n in range(1, min(servers, vocab) + 1) if vocab // n * dim * 4 >= min_bytes]
    if not shards:
        return []
    parts = np.array_split(np.arange(vocab), max(shards))
    return [(int(part[0]), int(part[-1]) + 1) for part in parts]

# %% exercise="partition" answer="wrong" name="numbers_are_bytes" expect="dim weights of 4 bytes each" of="bytes_divided"
# Misconception: the size of a row is the number of its weights.
# - shards = max(1, min(servers, vocab, vocab * dim * 4 // min_bytes))
# + shards = max([n for n in range(1, min(servers, vocab) + 1) if vocab // n * dim >= min_bytes], default=1)

# %% exercise="partition" answer="wrong" name="all_servers_or_one" expect="two shards are possible" of="bytes_divided"
# Misconception: where a shard for every server is too small, the table is not cut.
# - shards = max(1, min(servers, vocab, vocab * dim * 4 // min_bytes))
# + shards = min(servers, vocab)
# + shards = shards if vocab // shards * dim * 4 >= min_bytes else 1

# %% exercise="partition" answer="nothing" name="given_1"
# Nothing breaks: "Both are at least 1." it says what the function gets.

# %% exercise="partition" answer="right" name="array_split_downwards"
# From the most shards downwards, cut by NumPy.
def partition(vocab, dim, servers, min_bytes):
    for shards in range(min(servers, vocab), 0, -1):
        parts = np.array_split(np.arange(vocab), shards)
        if shards == 1 or len(parts[-1]) * dim * 4 >= min_bytes:
            return [(int(part[0]), int(part[-1]) + 1) for part in parts]

# %% exercise="partition" answer="right" name="arithmetic_and_strides"
# The number of shards by one division, and each shard a fair part of the rows that are left.
def partition(vocab, dim, servers, min_bytes):
    rows_at_least = max(1, -(-min_bytes // (4 * dim)))
    shards = max(1, min(servers, vocab // rows_at_least))
    result, first = [], 0
    for left in range(shards, 0, -1):
        stop = first + -(-(vocab - first) // left)
        result.append((first, stop))
        first = stop
    return result

# %% [markdown]
# ## async_sgd

# %% exercise="async_sgd" answer="wrong" name="always_fresh" expect="as if every gradient were fresh" breaks="when gradients are late"
# Misconception: whoever applies a gradient has computed it at the current weights.
def async_sgd(gradient, start, rate, staleness):
    history = [np.array(start, dtype=float)]
    for step, _ in enumerate(staleness):
        history.append(history[-1] - rate * np.asarray(gradient(history[-1], step)))
    return np.array(history)

# %% exercise="async_sgd" answer="wrong" name="references" expect="they are one array, changed in place"
# Misconception: appending an array to a list keeps it as it is now.
def async_sgd(gradient, start, rate, staleness):
    weights = np.array(start, dtype=float)
    history = [weights]
    for step, late in enumerate(staleness):
        weights -= rate * np.asarray(gradient(history[max(0, step - late)], step))
        history.append(weights)
    return np.array(history)

# %% exercise="async_sgd" answer="wrong" name="one_too_old" expect="staleness 1 is the row before the current one" of="reference"
# Misconception: staleness is counted from the row before.
# - seen = history[max(0, step - late)]
# - history.append(history[-1] - rate * np.asarray(gradient(seen, step)))
# + at = max(0, step - late - 1) if late else step
# + history.append(history[-1] - rate * np.asarray(gradient(history[at], step)))

# %% exercise="async_sgd" answer="wrong" name="updates_old_weights" expect="Only the gradient is old" of="reference" breaks="Step t applies the gradient"
# Misconception: a worker sends back new weights, made from those that it had fetched.
# - history.append(history[-1] - rate * np.asarray(gradient(seen, step)))
# + history.append(seen - rate * np.asarray(gradient(seen, step)))

# %% exercise="async_sgd" answer="wrong" name="old_batches" expect="A batch is used when it comes" of="reference" breaks="of the batch of `step`"
# Misconception: a late gradient is the gradient of an old batch.
# - seen = history[max(0, step - late)]
# - history.append(history[-1] - rate * np.asarray(gradient(seen, step)))
# + at = max(0, step - late)
# + history.append(history[-1] - rate * np.asarray(gradient(history[at], at)))

# %% exercise="async_sgd" answer="wrong" name="waits_for_the_first" expect="each is applied by itself, none waits for others" of="reference"
# Misconception: with staleness s the first s updates do not happen, the pipeline must fill up first.
# - seen = history[max(0, step - late)]
# - history.append(history[-1] - rate * np.asarray(gradient(seen, step)))
# + slope = np.asarray(gradient(history[max(0, step - late)], step))
# + history.append(history[-1] - rate * slope * (step >= late))

# %% exercise="async_sgd" answer="wrong" name="start_in_place" expect="`start` that was handed over has changed" breaks="it is not changed"
# Misconception: a function's argument is its own to change.
def async_sgd(gradient, start, rate, staleness):
    weights, history = start, [start.copy()]
    for step, late in enumerate(staleness):
        weights -= rate * np.asarray(gradient(history[max(0, step - late)], step))
        history.append(weights.copy())
    return np.array(history)

# %% exercise="async_sgd" answer="wrong" name="before_the_start" expect="Before there were three updates, gradients are computed at the start" of="reference"
# Misconception: there is always a row that many updates back.
# - seen = history[max(0, step - late)]
# - history.append(history[-1] - rate * np.asarray(gradient(seen, step)))
# + history.append(history[-1] - rate * np.asarray(gradient(history[-1 - late], step)))

# %% exercise="async_sgd" answer="wrong" name="start_left_out" expect="Row 0 is the start" breaks="row 0 is `start`"
# Misconception: the result of each step is what is asked for; the start is known anyway.
def async_sgd(gradient, start, rate, staleness):
    history = [np.array(start, dtype=float)]
    for step, late in enumerate(staleness):
        history.append(history[-1] - rate * np.asarray(gradient(history[max(0, step - late)], step)))
    return np.array(history[1:])

# %% exercise="async_sgd" answer="wrong" name="late_ones_dropped" expect="the last update is lost" of="reference"
# Misconception: a gradient at weights that are no longer current is thrown away.
# - history.append(history[-1] - rate * np.asarray(gradient(seen, step)))
# + slope = np.asarray(gradient(seen, step))
# + history.append(history[-1] - rate * slope * (late == 0))

# %% exercise="async_sgd" answer="wrong" name="one_too_new" expect="one update too new" of="reference"
# Misconception: staleness 1 means the newest weights.
# - seen = history[max(0, step - late)]
# + seen = history[max(0, step - max(0, late - 1))]

# %% exercise="async_sgd" answer="wrong" name="smaller_when_late" expect="because its gradient is late" of="reference"
# Misconception: a stale gradient counts for less. (A method too, but not the one asked for.)
# - history.append(history[-1] - rate * np.asarray(gradient(seen, step)))
# + history.append(history[-1] - rate / (1 + late) * np.asarray(gradient(seen, step)))

# %% exercise="async_sgd" answer="wrong" name="remembers_ten" expect="up to 60 updates old" of="reference"
# Misconception: nothing is ever older than a few updates.
# - seen = history[max(0, step - late)]
# + seen = history[max(0, step - min(late, 10))]

# %% exercise="async_sgd" answer="wrong" name="as_late_as_the_first" expect="expected 8, 4, 2, 1, −1" of="reference" breaks="one for each step"
# Misconception: staleness is one number for the whole run.
# - seen = history[max(0, step - late)]
# + seen = history[max(0, step - max(staleness))]

# %% exercise="async_sgd" answer="right" name="array_filled"
# A table made in advance, filled row by row.
def async_sgd(gradient, start, rate, staleness):
    table = np.empty((len(staleness) + 1, len(start)))
    table[0] = start
    for t in range(len(staleness)):
        at = t - staleness[t]
        table[t + 1] = table[t] - rate * np.asarray(gradient(table[at if at > 0 else 0].copy(), t))
    return table

# %% exercise="async_sgd" answer="right" name="updates_summed"
# Keeps the updates, not the weights; what a worker saw is the start plus the first updates.
def async_sgd(gradient, start, rate, staleness):
    from itertools import accumulate

    updates = []
    for t, late in enumerate(staleness):
        known = updates[: max(0, t - late)]
        seen = np.asarray(start, dtype=float) + (np.sum(known, axis=0) if known else 0.0)
        updates.append(-rate * np.asarray(gradient(seen, t)))
    return np.array(list(accumulate(updates, initial=np.asarray(start, dtype=float))))

# %% [markdown]
# ## choose

# %% exercise="choose" answer="wrong" name="large_means_servers" expect="the servers save no byte" breaks="The cheaper way to train"
# Misconception: a parameter server is the modern way to train anything of some size.
def choose(work):
    if work["dense"] + work["embedding"] > work["memory"]:
        return "parameter server", "memory"
    if work["slowest"] > 1 and ring_seconds({**work, "slowest": 1}) <= server_seconds({**work, "slowest": 1}):
        return "parameter server", "stragglers"
    return "parameter server", "bytes"

# %% exercise="choose" answer="wrong" name="memory_is_no_matter" expect="40 GB do not fit into a worker" of="reference"
# Misconception: seconds decide; memory can be bought.
# - if work["dense"] + work["embedding"] > work["memory"]:
# -     return "parameter server", "memory"
# -
#
# - return "all-reduce", "servers" if servers_win(servers=math.inf) else "bytes"
# + return "all-reduce", "servers" if servers_win(servers=1e9) else "bytes"

# %% exercise="choose" answer="wrong" name="embedding_alone" expect="Neither alone fills the 16 GB" of="reference" breaks="dict of numbers with the keys"
# Misconception: only the embedding is large enough to matter for memory.
# - if work["dense"] + work["embedding"] > work["memory"]:
# + if work["embedding"] > work["memory"]:
#
# - return "all-reduce", "servers" if servers_win(servers=math.inf) else "bytes"
# + return "all-reduce", "servers" if servers_win(servers=1e9) else "bytes"

# %% exercise="choose" answer="wrong" name="bytes_are_the_reason" expect="Without stragglers the ring would win"
# Misconception: a parameter server always wins by its bytes.
def choose(work):
    if work["dense"] + work["embedding"] > work["memory"]:
        return "parameter server", "memory"
    if server_seconds(work) < ring_seconds(work):
        return "parameter server", "bytes"
    if server_seconds({**work, "extra": 1}) < ring_seconds(work):
        return "all-reduce", "staleness"
    return "all-reduce", "servers" if server_seconds({**work, "servers": 1e9}) < ring_seconds(work) else "bytes"

# %% exercise="choose" answer="wrong" name="a_straggler_is_the_reason" expect="without it the parameter server would still be faster" of="reference"
# Misconception: where there is a straggler, it is the reason.
# - return "parameter server", "bytes" if servers_win(slowest=1) else "stragglers"
# + return "parameter server", "stragglers" if work["slowest"] > 1 else "bytes"
#
# - return "all-reduce", "servers" if servers_win(servers=math.inf) else "bytes"
# + return "all-reduce", "servers" if servers_win(servers=1e9) else "bytes"

# %% exercise="choose" answer="wrong" name="one_side_without_it" expect="Ask for both ways what they take without it" of="reference"
# Misconception: a straggler hurts the ring only, so only its time changes.
# - return "parameter server", "bytes" if servers_win(slowest=1) else "stragglers"
# + even = ring_seconds({**work, "slowest": 1})
# + return "parameter server", "stragglers" if even <= server_seconds(work) else "bytes"
#
# - return "all-reduce", "servers" if servers_win(servers=math.inf) else "bytes"
# + return "all-reduce", "servers" if servers_win(servers=1e9) else "bytes"

# %% exercise="choose" answer="wrong" name="extra_is_the_reason" expect="with extra 1 the ring would still win" of="reference"
# Misconception: where extra steps are needed, they are the reason.
# - if servers_win(extra=1):
# + if work["extra"] > 1.25:
#
# - return "all-reduce", "servers" if servers_win(servers=math.inf) else "bytes"
# + return "all-reduce", "servers" if servers_win(servers=1e9) else "bytes"

# %% exercise="choose" answer="wrong" name="twice_the_servers" expect="are more than twice as many" of="reference"
# Misconception: twice as many servers are as good as any number.
# - return "all-reduce", "servers" if servers_win(servers=math.inf) else "bytes"
# + return "all-reduce", "servers" if servers_win(servers=2 * work["servers"]) else "bytes"

# %% exercise="choose" answer="wrong" name="servers_asked_first" expect="The first question that is answered with yes counts" of="reference" breaks="by the first question that applies"
# Misconception: the order of the questions does not matter.
# - if servers_win(extra=1):
# -     return "all-reduce", "staleness"
# - return "all-reduce", "servers" if servers_win(servers=math.inf) else "bytes"
# + if servers_win(servers=1e9):
# +     return "all-reduce", "servers"
# + return "all-reduce", "staleness" if servers_win(extra=1) else "bytes"

# %% exercise="choose" answer="wrong" name="cures_added_up" expect="Each question changes one thing, not all so far" of="reference"
# Misconception: each question goes on from the world of the one before.
# - return "all-reduce", "servers" if servers_win(servers=math.inf) else "bytes"
# + return "all-reduce", "servers" if servers_win(extra=1, servers=1e9) else "bytes"

# %% exercise="choose" answer="wrong" name="the_caller_s_workload" expect="Ask about a copy" of="bytes_are_the_reason" breaks="It is not changed"
# Misconception: a dict that was handed over may be used for notes.
# - return "parameter server", "bytes"
# + work["slowest"] = 1
# + return "parameter server", "bytes" if server_seconds(work) < ring_seconds(work) else "stragglers"
#
# - return "all-reduce", "servers" if server_seconds({**work, "servers": 1e9}) < ring_seconds(work) else "bytes"
# + work["servers"] = math.inf
# + return "all-reduce", "servers" if server_seconds(work) < ring_seconds(work) else "bytes"

# %% exercise="choose" answer="wrong" name="memory_of_the_example" expect="that do not fit into a worker" of="reference"
# Misconception: a worker has 16 GB.
# - if work["dense"] + work["embedding"] > work["memory"]:
# + if work["dense"] + work["embedding"] > 16_000:

# %% exercise="choose" answer="wrong" name="full_does_not_fit" expect="exactly do fit" of="reference"
# Misconception: what fills a memory does not fit into it.
# - if work["dense"] + work["embedding"] > work["memory"]:
# + if work["dense"] + work["embedding"] >= work["memory"]:

# %% exercise="choose" answer="wrong" name="a_tie_for_the_servers" expect="the straggler is the reason" of="reference"
# Misconception: equally fast is fast enough for the parameter server.
# - return server_seconds(there) < ring_seconds(there)
# + return server_seconds(there) <= ring_seconds(there)

# %% exercise="choose" answer="right" name="questions_as_a_table"
# The questions as a list that is gone through.
def choose(work):
    def ratio(**changes):
        w = dict(work, **changes)
        return server_seconds(w) / ring_seconds(w)

    if work["memory"] < work["dense"] + work["embedding"]:
        return ("parameter server", "memory")
    way = "parameter server" if ratio() < 1 else "all-reduce"
    questions = {
        "parameter server": [("stragglers", lambda: ratio(slowest=1) >= 1)],
        "all-reduce": [("staleness", lambda: ratio(extra=1) < 1), ("servers", lambda: ratio(servers=10**9) < 1)],
    }
    return way, next((reason for reason, asked in questions[way] if asked()), "bytes")

# %% exercise="choose" answer="right" name="prices_by_hand"
# All what-ifs first, with prices of its own; extra is a factor, so it is divided out.
def choose(work):
    n, b, c, s = (work[key] for key in ("workers", "bandwidth", "compute", "slowest"))
    moving = 2 * (work["dense"] + work["touched"]) / b
    weights = work["dense"] + work["embedding"]

    def ring(slow):
        return c * slow + 2 * weights * (1 - 1 / n) / b

    def busy(slow):
        return n / sum(1 / (c * (slow if i == 0 else 1) + moving) for i in range(n))

    network = n * moving / work["servers"]
    if weights > work["memory"]:
        return "parameter server", "memory"
    if work["extra"] * max(busy(s), network) < ring(s):
        even = work["extra"] * max(busy(1), network) < ring(1)
        return "parameter server", "bytes" if even else "stragglers"
    if max(busy(s), network) < ring(s):
        return "all-reduce", "staleness"
    return "all-reduce", "servers" if work["extra"] * busy(s) < ring(s) else "bytes"

# %% [markdown]
# ## apply_once

# %% exercise="apply_once" answer="wrong" name="applies_always" expect="It was counted twice" breaks="ignored if not"
# Misconception: the network delivers exactly once.
def apply_once(step, update, state):
    below, ahead = state["below"], state["ahead"] | {step}
    while below in ahead:
        ahead.remove(below)
        below += 1
    return {"weights": state["weights"] + update, "below": below, "ahead": ahead}

# %% exercise="apply_once" answer="wrong" name="high_water_mark" expect="what arrives late is lost" breaks="steps arrive in any order"
# Misconception: steps arrive in order, so the highest number says it all.
def apply_once(step, update, state):
    if step < state["below"]:
        return state
    return {"weights": state["weights"] + update, "below": step + 1, "ahead": set()}

# %% exercise="apply_once" answer="wrong" name="only_the_last" expect="to compare with the last one is not enough" of="applies_always"
# Misconception: a repetition follows directly on the first time.
#   def apply_once(step, update, state):
# +     if step == state["below"] - 1 or step in state["ahead"]:
# +         return state
#       below, ahead = state["below"], state["ahead"] | {step}

# %% exercise="apply_once" answer="wrong" name="never_forgets" expect="After a million steps it would hold a million" breaks="and of no others"
# Misconception: a set of all steps is the memory that is needed.
def apply_once(step, update, state):
    if step in state["ahead"] or step < state["below"]:
        return state
    below, ahead = state["below"], state["ahead"] | {step}
    if below in ahead and len(ahead) == 1:
        return {"weights": state["weights"] + update, "below": below + 1, "ahead": set()}
    while below in ahead:
        below += 1
    return {"weights": state["weights"] + update, "below": below, "ahead": ahead}

# %% exercise="apply_once" answer="wrong" name="moves_one_on" expect="Does it move past all that was waiting?" breaks="as large as possible"
# Misconception: the step that was missing moves the mark by one.
def apply_once(step, update, state):
    if step < state["below"] or step in state["ahead"]:
        return state
    below, ahead = state["below"], set(state["ahead"])
    if step == below:
        below += 1
    else:
        ahead.add(step)
    if below in ahead:
        ahead.remove(below)
        below += 1
    return {"weights": state["weights"] + update, "below": below, "ahead": ahead}

# %% exercise="apply_once" answer="wrong" name="in_place" expect="`+=` changes an array in place"
# Misconception: a new dict is a copy of everything in it.
def apply_once(step, update, state):
    state = dict(state)
    if step < state["below"] or step in state["ahead"]:
        return state
    state["weights"] += update
    state["ahead"] = state["ahead"] | {step}
    while state["below"] in state["ahead"]:
        state["ahead"].remove(state["below"])
        state["below"] += 1
    return state

# %% exercise="apply_once" answer="wrong" name="set_in_place" expect="`ahead.add` a set: make new ones" breaks="The given one, with all that is in it"
# Misconception: only the arrays are worth copying.
def apply_once(step, update, state):
    if step < state["below"] or step in state["ahead"]:
        return state
    ahead, below = state["ahead"], state["below"]
    ahead.add(step)
    while below in ahead:
        ahead.remove(below)
        below += 1
    return {"weights": state["weights"] + update, "below": below, "ahead": ahead}

# %% exercise="apply_once" answer="wrong" name="all_caught_up" expect="Only what comes without a gap moves below"
# Misconception: once the missing step is there, everything up to the highest is in.
def apply_once(step, update, state):
    if step < state["below"] or step in state["ahead"]:
        return state
    below, ahead = state["below"], state["ahead"] | {step}
    if below in ahead:
        below, ahead = max(ahead) + 1, set()
    return {"weights": state["weights"] + update, "below": below, "ahead": ahead}

# %% exercise="apply_once" answer="wrong" name="update_in_place" expect="`+=` changes an array in place" of="reference" breaks="So does `update`"
# Misconception: the update is no longer needed once it has been applied, so its memory may hold the sum.
# - return {"weights": state["weights"] + update, "below": below, "ahead": ahead}
# + update += state["weights"]
# + return {"weights": update, "below": below, "ahead": ahead}

# %% exercise="apply_once" answer="wrong" name="window_of_a_hundred" expect="however many there are" of="reference"
# Misconception: nothing is late by more than a hundred steps.
# - return {"weights": state["weights"] + update, "below": below, "ahead": ahead}
# + kept = sorted(ahead)[-100:]
# + return {"weights": state["weights"] + update, "below": below, "ahead": set(kept)}

# %% exercise="apply_once" answer="wrong" name="the_last_update" expect="weights 3 and 111" of="reference" breaks="the sum of the updates so far"
# Misconception: the state holds what came last.
# - return {"weights": state["weights"] + update, "below": below, "ahead": ahead}
# + return {"weights": update.copy(), "below": below, "ahead": ahead}

# %% exercise="apply_once" answer="wrong" name="weights_only" expect="expected a value of type dict" of="reference" breaks="Returns a dict like"
# Misconception: the weights are the state; the rest is known to the caller.
# - return {"weights": state["weights"] + update, "below": below, "ahead": ahead}
# + return state["weights"] + update

# %% exercise="apply_once" answer="nothing" name="given_2"
# Nothing breaks: "state: dict, as returned before:" it says what the function gets.

# %% exercise="apply_once" answer="right" name="deep_copy"
# A copy of everything, then changed in place.
def apply_once(step, update, state):
    import copy

    new = copy.deepcopy(state)
    if step >= new["below"] and step not in new["ahead"]:
        new["weights"] += update
        new["ahead"].add(step)
        while new["below"] in new["ahead"]:
            new["ahead"].discard(new["below"])
            new["below"] += 1
    return new

# %% exercise="apply_once" answer="right" name="the_first_gap"
# The mark as the first number that is missing, without a loop that moves it.
def apply_once(step, update, state):
    from itertools import count

    if step in state["ahead"] or state["below"] > step:
        return dict(state)
    known = {*state["ahead"], step}
    mark = next(n for n in count(state["below"]) if n not in known)
    return dict(weights=np.add(state["weights"], update), below=mark, ahead=set(filter(lambda n: n > mark, known)))

# %% [markdown]
# ## train

# %% exercise="train" answer="wrong" name="reads_without_join" expect="without join, read shows a model in the middle of its training" of="reference"
# Misconception: schedule has run the step when it returns.
# - cluster.join()
#
# - return saved
# + cluster.join()
# + return cluster.read()

# %% exercise="train" answer="wrong" name="joins_after_every_step" expect="all workers but one are idle" breaks="up to so many steps run at once"
# Misconception: to be safe, wait for every step.
def train(cluster, steps, every):
    cluster.connect()
    saved, safe, done = None, 0, 0
    while done < steps:
        try:
            cluster.schedule(done)
            cluster.join()
            done += 1
            if done % every == 0 or done == steps:
                saved, safe = cluster.read(), done
        except ConnectionError:
            cluster.connect()
            if saved is not None:
                cluster.restore(saved)
            done = safe
    return saved

# %% exercise="train" answer="wrong" name="all_at_once" expect="A loss costs all that was scheduled since the last checkpoint"
# Misconception: the coordinator has a queue, so schedule everything and look afterwards.
def train(cluster, steps, every):
    cluster.connect()
    while True:
        try:
            for step in range(steps):
                cluster.schedule(step)
            cluster.join()
            return cluster.read()
        except ConnectionError:
            cluster.connect()

# %% exercise="train" answer="wrong" name="no_loss_expected" expect="Catch ConnectionError, connect, restore, go on" breaks="whatever servers are lost meanwhile"
# Misconception: the strategy survives the loss of a server, as it does that of a worker.
def train(cluster, steps, every):
    cluster.connect()
    for done in range(0, steps, every):
        for step in range(done, min(done + every, steps)):
            cluster.schedule(step)
        cluster.join()
        saved = cluster.read()
    return saved

# %% exercise="train" answer="wrong" name="waits_for_the_old_one" expect="It does not come back" of="reference"
# Misconception: the server is restarted by somebody, so try again until it answers.
# - cluster.connect()
# - if saved is not None:
# -     cluster.restore(saved)
# + continue

# %% exercise="train" answer="wrong" name="nothing_restored" expect="A new cluster has learned nothing" of="reference" breaks="schedule, join and read raise ConnectionError"
# Misconception: the weights live in the notebook, a new cluster only computes.
# - if saved is not None:
# -     cluster.restore(saved)

# %% exercise="train" answer="wrong" name="from_the_beginning" expect="Yours begins again from step 0" of="reference" breaks="A loss costs the steps since"
# Misconception: after a crash one starts over.
# - saved, done = None, 0
# + done, saved = 0, []
#
# - if saved is not None:
# -     cluster.restore(saved)
# + done = 0

# %% exercise="train" answer="wrong" name="lost_part_skipped" expect="The lost part must run again" breaks="Returns the weights after all steps"
# Misconception: what was scheduled has been done, only the weights of before are missing.
def train(cluster, steps, every):
    cluster.connect()
    saved = None
    for done in range(0, steps, every):
        try:
            for step in range(done, min(done + every, steps)):
                cluster.schedule(step)
            cluster.join()
            saved = cluster.read()
        except ConnectionError:
            cluster.connect()
            if saved is not None:
                cluster.restore(saved)
    return saved

# %% exercise="train" answer="wrong" name="safe_before_the_checkpoint" expect="Steps are safe when they are in a checkpoint" of="reference"
# Misconception: after join the steps have run, so they are safe.
# - saved, done = cluster.read(), until
# + done = until
# + saved = cluster.read()

# %% exercise="train" answer="wrong" name="only_join_fails" expect="schedule, join and read all raise ConnectionError" of="reference"
# Misconception: errors come from join, all other calls only touch the coordinator.
#   until = min(done + every, steps)
# + for step in range(done, until):
# +     cluster.schedule(step)
#   try:
# -     for step in range(done, until):
# -         cluster.schedule(step)
#       cluster.join()
# -     saved, done = cluster.read(), until
#   except ConnectionError:
#
#               cluster.restore(saved)
# +         continue
# +     saved, done = cluster.read(), until
#   return saved

# %% exercise="train" answer="wrong" name="last_part_in_full" expect="The last part has 2" of="reference" breaks="The last part may be shorter"
# Misconception: steps come in parts of one size, so a few more do no harm.
# - until = min(done + every, steps)
#
# - for step in range(done, until):
# + for step in range(done, done + every):
#
# - saved, done = cluster.read(), until
# + saved, done = cluster.read(), done + every

# %% exercise="train" answer="wrong" name="checkpoint_before_the_first" expect="Before the first step there is nothing to save" of="reference" breaks="there is one after each part and no other"
# Misconception: there must always be a checkpoint, so the first one is made before any step.
# - saved, done = None, 0
# + saved, done = cluster.read(), 0

# %% exercise="train" answer="wrong" name="read_once_more" expect="the checkpoint after the last part is what you return" of="reference"
# Misconception: the result is read from the cluster at the end, a checkpoint is something else.
# - return saved
# + return cluster.read()

# %% exercise="train" answer="wrong" name="never_connects" expect="used before there was one" of="reference" breaks="make a new cluster with fresh weights"
# Misconception: a cluster that is handed over is there.
# - cluster.connect()
# - saved, done = None, 0
# + saved, done = None, 0

# %% exercise="train" answer="wrong" name="one_loss_at_most" expect="Servers were lost before the first checkpoint"
# Misconception: what is tried a second time works.
def train(cluster, steps, every):
    cluster.connect()
    saved = None
    for done in range(0, steps, every):
        part = range(done, min(done + every, steps))
        try:
            for step in part:
                cluster.schedule(step)
            cluster.join()
            saved = cluster.read()
        except ConnectionError:
            cluster.connect()
            if saved is not None:
                cluster.restore(saved)
            for step in part:
                cluster.schedule(step)
            cluster.join()
            saved = cluster.read()
    return saved

# %% exercise="train" answer="right" name="a_part_until_it_succeeds"
# A function for one part, which repeats itself until the part has come through.
def train(cluster, steps, every):
    cluster.connect()
    checkpoints = []

    def part(numbers):
        while True:
            try:
                for number in numbers:
                    cluster.schedule(number)
                cluster.join()
                return cluster.read()
            except ConnectionError:
                cluster.connect()
                if checkpoints:
                    cluster.restore(checkpoints[-1])

    for first in range(0, steps, every):
        checkpoints.append(part(range(first, min(first + every, steps))))
    return checkpoints[-1]

# %% exercise="train" answer="right" name="a_cluster_for_each_life"
# Every life of a cluster is one call: connect, restore, go on as far as it holds.
def train(cluster, steps, every):
    checkpoint = {"weights": None, "parts": 0}
    parts = [range(i, min(i + every, steps)) for i in range(0, steps, every)]

    def live():
        cluster.connect()
        if checkpoint["parts"]:
            cluster.restore(checkpoint["weights"])
        for part in parts[checkpoint["parts"] :]:
            [cluster.schedule(step) for step in part]
            cluster.join()
            checkpoint["weights"] = cluster.read()
            checkpoint["parts"] += 1

    while checkpoint["parts"] < len(parts):
        try:
            live()
        except OSError as error:
            if not isinstance(error, ConnectionError):
                raise
    return checkpoint["weights"]

# %% [markdown]
# ## own_rows

# %% exercise="own_rows" answer="wrong" name="every_worker_the_same_shard" expect="every worker reads the same shard"
# Misconception: the framework hands out the data, so a worker reads the input from its beginning.
def own_rows(rows, worker, workers, epoch):
    return np.random.default_rng(epoch).permutation(rows)[: rows // workers]

# %% exercise="own_rows" answer="wrong" name="a_seed_for_each_worker" expect="each with a seed of its own draws an order of its own"
# Misconception: another seed on every worker means other rows.
def own_rows(rows, worker, workers, epoch):
    order = np.random.default_rng([epoch, worker]).permutation(rows)
    return order[: rows // workers + (worker < rows % workers)]

# %% exercise="own_rows" answer="wrong" name="no_seed" expect="the order must follow from the arguments alone"
# Misconception: a random order is a random order; nobody asks for it twice.
def own_rows(rows, worker, workers, epoch):
    return np.random.default_rng().permutation(np.arange(rows)[worker::workers])

# %% exercise="own_rows" answer="wrong" name="same_order_every_epoch" expect="in the same order in epochs 0 and 1"
# Misconception: shuffled once is shuffled.
def own_rows(rows, worker, workers, epoch):
    return np.random.default_rng(0).permutation(rows)[worker::workers]

# %% exercise="own_rows" answer="wrong" name="drawn_then_sorted" expect="but it reads them in the input's order" breaks="in the order of its reading"
# Misconception: rows drawn at random are in random order; sorted, they read faster from disk.
def own_rows(rows, worker, workers, epoch):
    return np.sort(np.random.default_rng(epoch).permutation(rows)[worker::workers])

# %% exercise="own_rows" answer="wrong" name="shards_handed_on" expect="the shards are handed on, not shuffled anew"
# Misconception: a worker that reads another's shard in the next epoch sees another order.
def own_rows(rows, worker, workers, epoch):
    return np.random.default_rng(0).permutation(rows)[(worker + epoch) % workers :: workers]

# %% exercise="own_rows" answer="wrong" name="begun_elsewhere" expect="turned around or begun elsewhere, is not another order"
# Misconception: the same cycle, begun at another place, is another order.
def own_rows(rows, worker, workers, epoch):
    return np.roll(np.random.default_rng(0).permutation(rows)[worker::workers], 5 * epoch)

# %% exercise="own_rows" answer="wrong" name="two_orders" expect="worker 2 has only 2 orders"
# Misconception: two orders that take turns are enough.
def own_rows(rows, worker, workers, epoch):
    return np.random.default_rng(epoch % 2).permutation(rows)[worker::workers]

# %% exercise="own_rows" answer="wrong" name="seeded_with_a_hash" expect="hash() of a text is another number there" breaks="no neighbours in the input's order"
# Misconception: hash() of the same text is the same number everywhere.
def own_rows(rows, worker, workers, epoch):
    seed = hash(f"epoch {epoch}") % 2**32
    return np.random.default_rng(seed).permutation(rows)[worker::workers]

# %% exercise="own_rows" answer="wrong" name="another_seed_later" expect="the seed is the epoch, and nothing else"
# Misconception: the length of the input belongs into the seed, to be safe.
def own_rows(rows, worker, workers, epoch):
    return np.random.default_rng(epoch * rows).permutation(rows)[worker::workers]

# %% exercise="own_rows" answer="wrong" name="rest_to_the_last_worker" expect="The slowest ends the epoch" breaks="differ by at most one"
# Misconception: the last worker reads what does not divide evenly.
def own_rows(rows, worker, workers, epoch):
    order, size = np.random.default_rng(epoch).permutation(rows), rows // workers
    return order[worker * size :] if worker == workers - 1 else order[worker * size : (worker + 1) * size]

# %% exercise="own_rows" answer="wrong" name="rows_left_out" expect="Four workers together must read rows 0 to 102"
# Misconception: a few rows that do not divide evenly may be left out; they come in another epoch.
def own_rows(rows, worker, workers, epoch):
    return np.random.default_rng(epoch).permutation(rows)[: rows // workers * workers][worker::workers]

# %% exercise="own_rows" answer="wrong" name="numbered_from_one" expect="Four workers together must read rows 0 to 102" of="reference" breaks="numbered from 0"
# Misconception: the first row is row 1.
# - return np.random.default_rng(epoch).permutation(rows)[worker::workers]
# + return np.random.default_rng(epoch).permutation(rows)[worker::workers] + 1

# %% exercise="own_rows" answer="wrong" name="a_mask" expect="a 1-D integer array" of="reference" breaks="Returns a 1-D integer array"
# Misconception: whose rows they are can be said with True and False.
# - return np.random.default_rng(epoch).permutation(rows)[worker::workers]
# + return np.random.default_rng(epoch).permutation(rows) % workers == worker

# %% exercise="own_rows" answer="nothing" name="given_3"
# Nothing breaks: "Which places of it are whose is up to you." it is a permission.

# %% exercise="own_rows" answer="right" name="blocks"
# Blocks of the one shuffled order.
def own_rows(rows, worker, workers, epoch):
    return np.array_split(np.random.default_rng(epoch).permutation(rows), workers)[worker]

# %% exercise="own_rows" answer="right" name="strides"
# Workers own fixed rows, and look up where each stands in the epoch's order.
def own_rows(rows, worker, workers, epoch):
    place = np.argsort(np.random.default_rng(epoch).permutation(rows))
    mine = range(worker, rows, workers)
    return np.array(sorted(mine, key=place.__getitem__))

# %% exercise="own_rows" answer="right" name="files_of_neighbours"
# Each worker owns one file of neighbouring rows, and keeps of the epoch's order what is in its file.
def own_rows(rows, worker, workers, epoch):
    mine = np.array_split(np.arange(rows), workers)[worker]
    order = np.random.default_rng(epoch).permutation(rows)
    return order[np.isin(order, mine)]
