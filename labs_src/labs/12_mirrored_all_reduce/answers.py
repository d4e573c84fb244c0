# ---
# jupyter:
#   jupytext:
#     text_representation: {format_name: percent}
# ---

# %% [markdown]
# # Answers to 12 · Mirrored training, all-reduced
#
# Each cell is the whole source of one exercise. Wrong answers are misconceptions: `expect` is a part of the message
# that a learner who holds it must read. Right answers reach the contract in another way than the reference.

# %% [markdown]
# ## ring_reduce_scatter

# %% exercise="ring_reduce_scatter" answer="wrong" name="whole_arrays_go_round" expect="Only one piece per round travels" breaks="every worker sends one"
# Misconception: a ring means that everybody's whole array goes once round.
def ring_reduce_scatter(x, rank, workers, send, receive):
    total, travelling = x.copy(), x
    for _ in range(workers - 1):
        send(travelling)
        travelling = receive()
        total = total + travelling
    return total[piece(len(x), workers, rank + 1)]

# %% exercise="ring_reduce_scatter" answer="wrong" name="own_pieces_only" expect="the sum of two workers only"
# Misconception: what is sent on is one's own piece; the sums stay where they were made.
def ring_reduce_scatter(x, rank, workers, send, receive):
    size, total = len(x), x.copy()
    for turn in range(workers - 1):
        send(x[piece(size, workers, rank - turn)])
        total[piece(size, workers, rank - turn - 1)] += receive()
    return total[piece(size, workers, rank + 1)]

# %% exercise="ring_reduce_scatter" answer="wrong" name="receives_first" expect="everybody sends first, then receives" breaks="waits for the next array"
# Misconception: the order of sending and receiving does not matter.
def ring_reduce_scatter(x, rank, workers, send, receive):
    x, size = x.copy(), len(x)
    for turn in range(workers - 1):
        came = receive()
        send(x[piece(size, workers, rank - turn)])
        x[piece(size, workers, rank - turn - 1)] += came
    return x[piece(size, workers, rank + 1)]

# %% exercise="ring_reduce_scatter" answer="wrong" name="own_number_is_complete" expect="asked was rank + 1" breaks="Returns the summed piece"
# Misconception: worker r ends with piece r. It shifts the whole schedule by one.
def ring_reduce_scatter(x, rank, workers, send, receive):
    x, size = x.copy(), len(x)
    for turn in range(workers - 1):
        send(x[piece(size, workers, rank - 1 - turn)])
        x[piece(size, workers, rank - 2 - turn)] += receive()
    return x[piece(size, workers, rank)]

# %% exercise="ring_reduce_scatter" answer="wrong" name="equal_pieces" expect="4 does not divide 42" breaks="need not divide"
# Misconception: sizes divide.
def ring_reduce_scatter(x, rank, workers, send, receive):
    x, each = x.copy(), len(x) // workers
    at = lambda i: slice(i % workers * each, (i % workers + 1) * each)
    for turn in range(workers - 1):
        send(x[at(rank - turn)])
        x[at(rank - turn - 1)] += receive()
    return x[at(rank + 1)]

# %% exercise="ring_reduce_scatter" answer="wrong" name="one_round_too_many" expect="there are workers - 1 rounds"
# Misconception: N workers need N rounds.
def ring_reduce_scatter(x, rank, workers, send, receive):
    x, size = x.copy(), len(x)
    for turn in range(workers):
        complete = x[piece(size, workers, rank + 1)].copy()
        send(x[piece(size, workers, rank - turn)])
        x[piece(size, workers, rank - turn - 1)] += receive()
    return complete

# %% exercise="ring_reduce_scatter" answer="wrong" name="doubles_on_the_wire" expect="did yours become float64?" of="reference"
# Misconception: sums need double precision, and precision is free.
# - size = len(x)
# + x, size = np.asarray(x, np.float64), len(x)

# %% exercise="ring_reduce_scatter" answer="wrong" name="everything_is_returned" expect="Each worker returns one piece"
# Misconception: after reduce-scatter everybody has the whole sum.
def ring_reduce_scatter(x, rank, workers, send, receive):
    x, size = x.copy(), len(x)
    for turn in range(workers - 1):
        send(x[piece(size, workers, rank - turn)])
        x[piece(size, workers, rank - turn - 1)] += receive()
    return x

# %% exercise="ring_reduce_scatter" answer="wrong" name="mean_not_sum" expect="not their mean" of="reference" breaks="The sum, over all workers"
# Misconception: an all-reduce of gradients averages them.
# - return x[piece(size, workers, rank + 1)]
# + return x[piece(size, workers, rank + 1)] / workers

# %% exercise="ring_reduce_scatter" answer="wrong" name="puts_in_place" expect="it does not take its place" of="reference"
# Misconception: what comes is already summed.
# - x[piece(size, workers, rank - turn - 1)] += receive()
# + x[piece(size, workers, rank - turn - 1)] = receive()

# %% exercise="ring_reduce_scatter" answer="wrong" name="counts_upwards" expect="the one that you added to in the round before" of="reference"
# Misconception: pieces are taken in rising order, so what was summed stays behind.
# - send(x[piece(size, workers, rank - turn)])
# - x[piece(size, workers, rank - turn - 1)] += receive()
# + send(x[piece(size, workers, rank + turn)])
# + x[piece(size, workers, rank + turn - 1)] += receive()

# %% exercise="ring_reduce_scatter" answer="wrong" name="sum_in_doubles" expect="and so is what you return" of="reference"
# Misconception: the last sum may well be in double precision.
# -     x[piece(size, workers, rank - turn - 1)] += receive()
# - return x[piece(size, workers, rank + 1)]
# +     part = x[piece(size, workers, rank - turn - 1)].astype(float) + receive()
# +     x[piece(size, workers, rank - turn - 1)] = part
# + return part

# %% exercise="ring_reduce_scatter" answer="wrong" name="always_four" expect="Is it `workers` everywhere, and not 4?" breaks="workers: int, at least 2"
# Misconception: the number of workers in the example is the number of workers.
def ring_reduce_scatter(x, rank, workers, send, receive):
    size = len(x)
    for turn in range(3):
        send(x[piece(size, 4, rank - turn)])
        x[piece(size, 4, rank - turn - 1)] += receive()
    return x[piece(size, 4, rank + 1)]

# %% exercise="ring_reduce_scatter" answer="wrong" name="dealt_like_cards" expect="as cards are dealt" breaks="Pieces are x[piece("
# Misconception: any fair division will do, so every workers-th number is a piece.
def ring_reduce_scatter(x, rank, workers, send, receive):
    at = lambda i: slice(i % workers, None, workers)
    for turn in range(workers - 1):
        send(x[at(rank - turn)])
        x[at(rank - turn - 1)] += receive()
    return x[at(rank + 1)]

# %% exercise="ring_reduce_scatter" answer="wrong" name="always_float32" expect="what you return is not float64" of="reference"
# Misconception: gradients are always float32.
# - return x[piece(size, workers, rank + 1)]
# + return x[piece(size, workers, rank + 1)].astype(np.float32)

# %% exercise="ring_reduce_scatter" answer="wrong" name="two_rounds_at_least" expect="more than one round" of="reference"
# Misconception: a ring has at least two rounds, one there and one back.
# - for turn in range(workers - 1):
# + for turn in range(max(2, workers - 1)):

# %% exercise="ring_reduce_scatter" answer="wrong" name="shared_by_the_process" expect="Only through the ring may workers learn"
# Misconception: workers can see each other's arrays, as threads of one process do; the ring is a formality.
class Board:
    import threading

    lock, arrays, taken = threading.Condition(), {}, [0]


def ring_reduce_scatter(x, rank, workers, send, receive):
    for turn in range(workers - 1):
        send(np.zeros_like(x[piece(len(x), workers, rank - turn)]))
        receive()
    with Board.lock:
        Board.arrays[rank] = x
        Board.lock.notify_all()
        Board.lock.wait_for(lambda: len(Board.arrays) == workers, timeout=2)
        found = sum(Board.arrays.values())[piece(len(x), workers, rank + 1)]
        Board.taken[0] += 1
        Board.lock.notify_all()
        Board.lock.wait_for(lambda: Board.taken[0] in (0, workers), timeout=2)
        Board.taken[0] = 0
        Board.arrays.clear()
    return found

# %% exercise="ring_reduce_scatter" answer="nothing" name="given_1"
# Nothing breaks: "x: 1-D float array, this worker's own; you may change it." it says what the function gets, and what it may do.

# %% exercise="ring_reduce_scatter" answer="nothing" name="given_2"
# Nothing breaks: "send: `send(array)` gives a 1-D array to worker rank + 1 (the last one's right neighbour is 0); does not wait." it says what the function gets.

# %% exercise="ring_reduce_scatter" answer="right" name="list_of_pieces"
# Pieces in a list that is rotated, so that no index is computed in the loop.
def ring_reduce_scatter(x, rank, workers, send, receive):
    pieces = [x[piece(len(x), workers, rank - t)] for t in range(workers)]
    travelling = pieces[0]
    for own in pieces[1:]:
        send(travelling)
        travelling = own + receive()
    return travelling

# %% exercise="ring_reduce_scatter" answer="right" name="recursive"
# A function that calls itself: the piece of a turn is one's own plus what the left neighbour had the turn before.
def ring_reduce_scatter(x, rank, workers, send, receive):
    def summed(turn):
        own = np.asarray(x)[piece(len(x), workers, rank - turn)]
        if turn == 0:
            return own
        send(summed(turn - 1))
        return np.add(own, receive())

    return summed(workers - 1)

# %% exercise="ring_reduce_scatter" answer="right" name="index_arrays"
# No slices: index arrays, and np.add.at in place.
def ring_reduce_scatter(x, rank, workers, send, receive):
    total, index = np.array(x), np.arange(len(x))
    for i in range(rank, rank - workers + 1, -1):
        send(total[index[piece(len(x), workers, i)]])
        np.add.at(total, index[piece(len(x), workers, i - 1)], receive())
    return total[index[piece(len(x), workers, rank - workers + 1)]]

# %% exercise="ring_reduce_scatter" answer="right" name="doubles_at_home"
# Sums at home in double precision; what travels, and what is returned, is in the array's own.
def ring_reduce_scatter(x, rank, workers, send, receive):
    total, size = x.astype(np.float64), len(x)
    for turn in range(workers - 1):
        send(total[piece(size, workers, rank - turn)].astype(x.dtype))
        total[piece(size, workers, rank - turn - 1)] += receive()
    return total[piece(size, workers, rank + 1)].astype(x.dtype)

# %% [markdown]
# ## ring_all_gather

# %% exercise="ring_all_gather" answer="wrong" name="sends_its_own_again" expect="not your own piece again"
# Misconception: everybody keeps sending its own piece, and the ring carries it on.
def ring_all_gather(mine, size, rank, workers, send, receive):
    x = np.zeros(size, mine.dtype)
    x[piece(size, workers, rank + 1)] = mine
    for turn in range(workers - 1):
        send(mine)
        x[piece(size, workers, rank - turn)] = receive()
    return x

# %% exercise="ring_all_gather" answer="wrong" name="piece_of_its_own_number" expect="what worker r begins with is piece r + 1" breaks="piece number rank + 1"
# Misconception: worker r holds piece r.
def ring_all_gather(mine, size, rank, workers, send, receive):
    parts = {rank: mine}
    for turn in range(workers - 1):
        send(parts[(rank - turn) % workers])
        parts[(rank - turn - 1) % workers] = receive()
    return np.concatenate([parts[i] for i in range(workers)])

# %% exercise="ring_all_gather" answer="wrong" name="zero_filled_arrays" expect="Does one piece at a time travel"
# Misconception: gathering is adding up whole arrays that are zero elsewhere; bytes do not matter.
def ring_all_gather(mine, size, rank, workers, send, receive):
    travelling = np.zeros(size, mine.dtype)
    travelling[piece(size, workers, rank + 1)] = mine
    total = travelling.copy()
    for _ in range(workers - 1):
        send(travelling)
        travelling = receive()
        total += travelling
    return total

# %% exercise="ring_all_gather" answer="wrong" name="waits_before_it_speaks" expect="Everybody sends, then receives"
# Misconception: first listen, then speak.
def ring_all_gather(mine, size, rank, workers, send, receive):
    x = np.empty(size, mine.dtype)
    x[piece(size, workers, rank + 1)] = mine
    for turn in range(workers - 1):
        x[piece(size, workers, rank - turn)] = receive()
        send(x[piece(size, workers, rank - turn + 1)])
    return x

# %% exercise="ring_all_gather" answer="wrong" name="until_it_is_back" expect="in workers - 1 rounds" of="reference" breaks="In each of workers - 1 rounds"
# Misconception: a piece is done when it is back where it began.
# - x[piece(size, workers, rank + 1)] = mine
# - for turn in range(workers - 1):
# + for turn in range(workers):

# %% exercise="ring_all_gather" answer="wrong" name="own_piece_forgotten" expect="The piece that you begin with belongs" of="sends_its_own_again" breaks="The whole array, of which"
# Misconception: the result is what came.
# - x[piece(size, workers, rank + 1)] = mine
#
# - x[piece(size, workers, rank - turn)] = receive()
# + mine = receive()
# + x[piece(size, workers, rank - turn)] = mine

# %% exercise="ring_all_gather" answer="wrong" name="counts_upwards" expect="In round t, worker r sends piece r + 1 - t" of="sends_its_own_again"
# Misconception: the next piece that comes is the next higher one.
# - x[piece(size, workers, rank - turn)] = receive()
# + mine = receive()
# + part = piece(size, workers, rank + turn)
# + x[part] = np.resize(mine, part.stop - part.start)

# %% exercise="ring_all_gather" answer="wrong" name="doubles" expect="so is the whole array" of="own_piece_forgotten" breaks="of mine's dtype"
# Misconception: np.zeros has the dtype that one needs.
# - x = np.zeros(size, mine.dtype)
# + x = np.zeros(size)
# + x[piece(size, workers, rank + 1)] = mine

# %% exercise="ring_all_gather" answer="wrong" name="always_float32" expect="does not have that dtype" of="doubles"
# Misconception: gradients are always float32.
# - x = np.zeros(size)
# + x = np.zeros(size, np.float32)

# %% exercise="ring_all_gather" answer="wrong" name="equal_pieces" expect="With 4 workers and 42 numbers" breaks="Pieces are piece(size"
# Misconception: sizes divide.
def ring_all_gather(mine, size, rank, workers, send, receive):
    each = size // workers
    x = np.zeros(size, mine.dtype)
    for turn in range(workers):
        first = (rank + 1 - turn) % workers * each
        x[first : first + each] = mine
        if turn < workers - 1:
            send(mine)
            mine = receive()
    return x

# %% exercise="ring_all_gather" answer="wrong" name="always_four" expect="With 3 workers and 3 numbers" of="own_piece_forgotten" breaks="as in ring_reduce_scatter"
# Misconception: the number of workers in the example is the number of workers.
# - for turn in range(workers - 1):
# + x[piece(size, 4, rank + 1)] = mine
# + for turn in range(3):
#
# - x[piece(size, workers, rank - turn)] = mine
# + x[piece(size, 4, rank - turn)] = mine

# %% exercise="ring_all_gather" answer="wrong" name="two_rounds_at_least" expect="more or less than once over each link" of="reference"
# Misconception: a ring has at least two rounds, one there and one back.
# - for turn in range(workers - 1):
# + for turn in range(max(2, workers - 1)):

# %% exercise="ring_all_gather" answer="wrong" name="empty_ones_stay" expect="they wait for each other" of="reference"
# Misconception: an empty piece need not travel, so who has one waits for the others.
# - send(travelling)
# + if len(travelling):
# +     send(travelling)

# %% exercise="ring_all_gather" answer="right" name="concatenated_and_turned"
# A list in the order of arrival; then it is turned to begin with piece 0.
def ring_all_gather(mine, size, rank, workers, send, receive):
    came = [mine]
    while len(came) < workers:
        send(came[-1])
        came.append(receive())
    first = (rank + 1) % workers
    return np.concatenate([came[(first - i) % workers] for i in range(workers)])

# %% exercise="ring_all_gather" answer="right" name="from_the_array_itself"
# What travels is read back from the array, as in the reduce-scatter.
def ring_all_gather(mine, size, rank, workers, send, receive):
    x = np.full(size, np.nan, mine.dtype)
    np.copyto(x[piece(size, workers, rank + 1)], mine)
    for i in range(rank + 1, rank + 2 - workers, -1):
        send(x[piece(size, workers, i)])
        np.copyto(x[piece(size, workers, i - 1)], receive())
    return x

# %% exercise="ring_all_gather" answer="right" name="dictionary"
# Pieces by number in a dictionary, put together at the end.
def ring_all_gather(mine, size, rank, workers, send, receive):
    have = {(rank + 1) % workers: mine}
    for turn in range(workers - 1):
        send(have[(rank + 1 - turn) % workers])
        have[(rank - turn) % workers] = receive()
    return np.concatenate([have[i] for i in range(workers)])

# %% [markdown]
# ## replica_step

# %% exercise="replica_step" answer="wrong" name="mean_of_means" expect="it is that of the mean of the replicas" breaks="mean loss over the whole"
# Misconception: the mean of the replicas' mean gradients is the gradient of the batch.
def replica_step(weights, shard, learning_rate, all_reduce):
    x, y = shard
    gradient = mean_gradient(weights, x, y)
    summed = all_reduce(np.append(gradient, 1.0))
    return weights - learning_rate * summed[:-1] / summed[-1]

# %% exercise="replica_step" answer="wrong" name="no_all_reduce" expect="they are three models" breaks="This replica's weights"
# Misconception: replicas with equal starts and similar data stay equal by themselves.
def replica_step(weights, shard, learning_rate, all_reduce):
    x, y = shard
    return weights - learning_rate * mean_gradient(weights, x, y)

# %% exercise="replica_step" answer="wrong" name="nothing_to_do_without_rows" expect="it must call all_reduce like the others" breaks="waits until every replica"
# Misconception: a replica without rows can skip the step.
def replica_step(weights, shard, learning_rate, all_reduce):
    x, y = shard
    if len(x) == 0:
        return weights.copy()
    summed = all_reduce(np.append(len(x) * mean_gradient(weights, x, y), len(x)))
    return weights - learning_rate * summed[:-1] / summed[-1]

# %% exercise="replica_step" answer="wrong" name="zero_times_nan" expect="NaN times 0 is NaN" breaks="then mean_gradient is NaN"
# Misconception: the count 0 makes the gradient of no rows disappear.
def replica_step(weights, shard, learning_rate, all_reduce):
    x, y = shard
    summed = all_reduce(np.append(len(x) * mean_gradient(weights, x, y), len(x)))
    return weights - learning_rate * summed[:-1] / summed[-1]

# %% exercise="replica_step" answer="wrong" name="summed_not_divided" expect="never divided by their number"
# Misconception: all-reduce gives the sum, and the sum is the gradient.
def replica_step(weights, shard, learning_rate, all_reduce):
    x, y = shard
    gradient = len(x) * mean_gradient(weights, x, y) if len(x) else np.zeros(len(weights))
    return weights - learning_rate * all_reduce(gradient)

# %% exercise="replica_step" answer="wrong" name="two_calls" expect="Gradient and count fit into one array" of="summed_not_divided" breaks="calls it exactly once"
# Misconception: a call more or less costs nothing.
# - return weights - learning_rate * all_reduce(gradient)
# + return weights - learning_rate * all_reduce(gradient) / all_reduce(np.array([float(len(x))]))

# %% exercise="replica_step" answer="wrong" name="own_count_only" expect="your replicas differ by" of="summed_not_divided"
# Misconception: each replica divides the sum by the number of rows that it knows.
# - return weights - learning_rate * all_reduce(gradient)
# + return weights - learning_rate * all_reduce(gradient) / (3 * max(len(x), 1))

# %% exercise="replica_step" answer="wrong" name="in_place" expect="in place. Return new ones" breaks="it must not change"
# Misconception: -= is only shorter.
def replica_step(weights, shard, learning_rate, all_reduce):
    x, y = shard
    given = np.zeros(len(weights) + 1)
    if len(x):
        given[:] = np.append(len(x) * mean_gradient(weights, x, y), len(x))
    summed = all_reduce(given)
    weights -= learning_rate * summed[:-1] / summed[-1]
    return weights

# %% exercise="replica_step" answer="wrong" name="rate_of_the_text" expect="Is yours always 0.1" of="reference" breaks="learning_rate: float"
# Misconception: a learning rate is a constant of the program.
# - return weights - learning_rate * summed[:-1] / summed[-1]
# + return weights - 0.1 * summed[:-1] / summed[-1]

# %% exercise="replica_step" answer="wrong" name="rate_forgotten" expect="is learning_rate, 0.1 here, in it" of="reference"
# Misconception: a step is the gradient.
# - return weights - learning_rate * summed[:-1] / summed[-1]
# + return weights - summed[:-1] / summed[-1]

# %% exercise="replica_step" answer="wrong" name="divided_by_replicas" expect="divided by the 3 replicas" of="reference"
# Misconception: a mean over replicas is their sum divided by their number, whatever was summed.
# - given[-1] = len(x)
# - summed = all_reduce(given)
# + given[-1] = len(x) > 0
# + summed = all_reduce(given)

# %% exercise="replica_step" answer="wrong" name="means_added" expect="is the sum of the three replicas' mean gradients"
# Misconception: all-reduce gives the gradient of the whole batch.
def replica_step(weights, shard, learning_rate, all_reduce):
    x, y = shard
    return weights - learning_rate * all_reduce(mean_gradient(weights, x, y) if len(x) else np.zeros(len(weights)))

# %% exercise="replica_step" answer="wrong" name="uphill" expect="Your step goes uphill" of="reference"
# Misconception: an update is added to the weights.
# - return weights - learning_rate * summed[:-1] / summed[-1]
# + return weights + learning_rate * summed[:-1] / summed[-1]

# %% exercise="replica_step" answer="wrong" name="returns_the_gradient" expect="Yours returns the gradient" of="reference"
# Misconception: the optimizer takes the step, somewhere else.
# - return weights - learning_rate * summed[:-1] / summed[-1]
# + return summed[:-1] / summed[-1]

# %% exercise="replica_step" answer="wrong" name="empty_one_counts" expect="to which the third adds 0" of="reference"
# Misconception: a count is at least 1, so that nothing is divided by zero.
# - given = np.zeros(len(weights) + 1)
# + given = np.append(np.zeros(len(weights)), 1.0)

# %% exercise="replica_step" answer="wrong" name="again_where_it_failed" expect="now all_reduce is called 2 times"
# Misconception: a second call mends what the first has spoiled.
def replica_step(weights, shard, learning_rate, all_reduce):
    x, y = shard
    summed = all_reduce(np.append(len(x) * mean_gradient(weights, x, y), len(x)))
    if np.isnan(summed).any():
        given = np.append(len(x) * mean_gradient(weights, x, y), len(x)) if len(x) else np.zeros(len(weights) + 1)
        summed = all_reduce(given)
    return weights - learning_rate * summed[:-1] / summed[-1]

# %% exercise="replica_step" answer="wrong" name="rows_through_the_process" expect="Only through all_reduce may replicas learn"
# Misconception: replicas can see each other's rows, as threads of one process do; all_reduce is there to wait.
class Rows:
    seen = []


def replica_step(weights, shard, learning_rate, all_reduce):
    Rows.seen.append(shard)
    replicas = int(all_reduce(np.ones(1))[0])
    x, y = (np.concatenate(parts) for parts in zip(*Rows.seen[-replicas:]))
    return weights - learning_rate * mean_gradient(weights, x, y)

# %% exercise="replica_step" answer="nothing" name="given_3"
# Nothing breaks: "At least one replica has rows." it says what the function gets.

# %% exercise="replica_step" answer="right" name="weighted_models"
# Every replica steps alone, and the models are averaged, each by its number of rows: the same after one step.
def replica_step(weights, shard, learning_rate, all_reduce):
    x, y = shard
    alone = weights - learning_rate * mean_gradient(weights, x, y) if len(x) else weights
    *summed, rows = all_reduce(np.array([*(len(x) * alone), len(x)]))
    return np.array(summed) / rows

# %% exercise="replica_step" answer="right" name="gradient_by_hand"
# No mean_gradient: the sum over rows is fine without rows.
def replica_step(weights, shard, learning_rate, all_reduce):
    x, y = np.asarray(shard[0], float), np.asarray(shard[1], float)
    errors = x @ weights - y
    summed = all_reduce(np.concatenate([[float(errors.size)], 2 * errors @ x]))
    return weights - (learning_rate / summed[0]) * summed[1:]

# %% exercise="replica_step" answer="right" name="two_rows"
# A table of two rows goes through all_reduce: sums and counts; np.where keeps the NaN out.
def replica_step(weights, shard, learning_rate, all_reduce):
    x, y = shard
    with np.errstate(all="ignore"):
        summed = np.where(len(x), len(x) * mean_gradient(weights, x, y), 0.0)
    gradients, rows = all_reduce(np.stack([summed, np.full(len(weights), float(len(x)))]))
    return weights - learning_rate * gradients / rows

# %% [markdown]
# ## global_loss

# %% exercise="global_loss" answer="wrong" name="mean_of_means" expect="the mean of the replicas' means" breaks="Over all replicas the shares sum"
# Misconception: the mean of means is the mean.
def global_loss(per_example, weight, all_reduce):
    mine = tf.math.divide_no_nan(tf.reduce_sum(per_example * weight), tf.reduce_sum(weight))
    return mine / all_reduce(tf.constant(1.0))

compiled_loss = in_graph(global_loss)

# %% exercise="global_loss" answer="wrong" name="means_added_up" expect="two means, added up"
# Misconception: each replica returns its mean, the framework does the rest.
def global_loss(per_example, weight, all_reduce):
    return tf.math.divide_no_nan(tf.reduce_sum(per_example * weight), tf.reduce_sum(weight))

compiled_loss = in_graph(global_loss)

# %% exercise="global_loss" answer="wrong" name="nominal_batch" expect="15 divided by BATCH" of="means_added_up"
# Misconception: the batch always has BATCH examples.
# - return tf.math.divide_no_nan(tf.reduce_sum(per_example * weight), tf.reduce_sum(weight))
# + return tf.reduce_sum(per_example * weight) / BATCH

# %% exercise="global_loss" answer="wrong" name="counts_rows" expect="One has weight 0, it does not count" of="means_added_up" breaks="weight: float32 [n], at least 0"
# Misconception: a weighted mean is divided by the number of examples.
# - return tf.math.divide_no_nan(tf.reduce_sum(per_example * weight), tf.reduce_sum(weight))
# + count = all_reduce(tf.cast(tf.size(per_example), tf.float32))
# + return tf.math.divide_no_nan(tf.reduce_sum(per_example * weight), count)

# %% exercise="global_loss" answer="wrong" name="weights_forgotten" expect="the weights are not used" of="means_added_up"
# Misconception: weights are for metrics.
# - return tf.math.divide_no_nan(tf.reduce_sum(per_example * weight), tf.reduce_sum(weight))
# + return tf.reduce_sum(per_example) / all_reduce(tf.cast(tf.size(per_example), tf.float32))

# %% exercise="global_loss" answer="wrong" name="batch_of_padding" expect="One NaN here destroys all weights" of="means_added_up"
# Misconception: a batch always has something in it.
# - return tf.math.divide_no_nan(tf.reduce_sum(per_example * weight), tf.reduce_sum(weight))
# + return tf.reduce_sum(per_example * weight) / all_reduce(tf.reduce_sum(weight))

# %% exercise="global_loss" answer="wrong" name="loss_of_all" expect="each replica's must come from its own examples" of="means_added_up"
# Misconception: every replica should know the loss of the whole batch; then its gradient is N times as large.
# - return tf.math.divide_no_nan(tf.reduce_sum(per_example * weight), tf.reduce_sum(weight))
# + total = all_reduce(tf.reduce_sum(per_example * weight))
# + return tf.math.divide_no_nan(total, all_reduce(tf.reduce_sum(weight))) / all_reduce(tf.constant(1.0))

# %% exercise="global_loss" answer="wrong" name="whole_loss_everywhere" expect="The strategy adds them up" of="loss_of_all" breaks="This replica's share"
# Misconception: every replica returns the loss of the batch, and the strategy averages.
# - return tf.math.divide_no_nan(total, all_reduce(tf.reduce_sum(weight))) / all_reduce(tf.constant(1.0))
# + return tf.math.divide_no_nan(total, all_reduce(tf.reduce_sum(weight)))

# %% exercise="global_loss" answer="wrong" name="weights_below_only" expect="belong into the numerator" of="means_added_up"
# Misconception: weights only say how many examples there are.
# - return tf.math.divide_no_nan(tf.reduce_sum(per_example * weight), tf.reduce_sum(weight))
# + return tf.math.divide_no_nan(tf.reduce_sum(per_example), all_reduce(tf.reduce_sum(weight)))

# %% exercise="global_loss" answer="wrong" name="at_least_one" expect="nothing added and nothing at least 1" of="means_added_up"
# Misconception: a weight is a count, so the sum is 0 or at least 1.
# - return tf.math.divide_no_nan(tf.reduce_sum(per_example * weight), tf.reduce_sum(weight))
# + return tf.reduce_sum(per_example * weight) / tf.maximum(all_reduce(tf.reduce_sum(weight)), 1.0)

# %% exercise="global_loss" answer="wrong" name="epsilon" expect="nothing added and nothing at least 1" of="means_added_up"
# Misconception: a small number against division by zero changes nothing.
# - return tf.math.divide_no_nan(tf.reduce_sum(per_example * weight), tf.reduce_sum(weight))
# + return tf.reduce_sum(per_example * weight) / (all_reduce(tf.reduce_sum(weight)) + 1e-7)

# %% exercise="global_loss" answer="wrong" name="nan_in_the_gradient" expect="tf.where chooses a value"
# Misconception: tf.where computes only the side that it chooses.
def global_loss(per_example, weight, all_reduce):
    total = all_reduce(tf.reduce_sum(weight))
    return tf.where(total > 0, tf.reduce_sum(per_example * weight) / total, 0.0)

compiled_loss = in_graph(global_loss)

# %% exercise="global_loss" answer="wrong" name="python_number" expect="a tensor has no number there yet" of="means_added_up" breaks="It becomes part of a graph"
# Misconception: a tensor always has a number.
# - return tf.math.divide_no_nan(tf.reduce_sum(per_example * weight), tf.reduce_sum(weight))
# + total = float(all_reduce(tf.reduce_sum(weight)))
# + return tf.reduce_sum(per_example * weight) / total if total else tf.constant(0.0)

# %% exercise="global_loss" answer="wrong" name="numpy_only" expect="a tensor has no number there yet" of="means_added_up"
# Misconception: NumPy's functions are TensorFlow operations.
# - return tf.math.divide_no_nan(tf.reduce_sum(per_example * weight), tf.reduce_sum(weight))
# + total = all_reduce(np.sum(np.asarray(weight)))
# + return np.float32(np.sum(np.asarray(per_example) * np.asarray(weight)) / (total or 1.0))

# %% exercise="global_loss" answer="wrong" name="gradient_cut" expect="Did the losses leave TensorFlow on the way?" of="means_added_up"
# Misconception: a share is a figure for the log; where it comes from does not matter.
# - return tf.math.divide_no_nan(tf.reduce_sum(per_example * weight), tf.reduce_sum(weight))
# + mine = tf.stop_gradient(tf.reduce_sum(per_example * weight))
# + return tf.math.divide_no_nan(mine, all_reduce(tf.reduce_sum(weight)))

# %% exercise="global_loss" answer="wrong" name="skips_without_examples" expect="Who has nothing to add calls it all the same" of="means_added_up" breaks="calls it equally"
# Misconception: a replica without examples has nothing to do.
# - return tf.math.divide_no_nan(tf.reduce_sum(per_example * weight), tf.reduce_sum(weight))
# + if len(per_example) == 0:
# +     return tf.constant(0.0)
# + return tf.math.divide_no_nan(tf.reduce_sum(per_example * weight), all_reduce(tf.reduce_sum(weight)))

# %% exercise="global_loss" answer="wrong" name="not_summed" expect="expected a value of type float" of="means_added_up" breaks="Returns a scalar"
# Misconception: a loss has one number per example, and the framework adds them up.
# - return tf.math.divide_no_nan(tf.reduce_sum(per_example * weight), tf.reduce_sum(weight))
# + return tf.math.divide_no_nan(per_example * weight, all_reduce(tf.reduce_sum(weight)))

# %% exercise="global_loss" answer="wrong" name="mean_times_count" expect="and a replica without examples" of="means_added_up" breaks="n may be 0"
# Misconception: a sum is the mean times the number, always.
# - return tf.math.divide_no_nan(tf.reduce_sum(per_example * weight), tf.reduce_sum(weight))
# + mine = tf.reduce_mean(per_example * weight) * tf.cast(tf.size(weight), tf.float32)
# + return tf.math.divide_no_nan(mine, all_reduce(tf.reduce_sum(weight)))

# %% exercise="global_loss" answer="nothing" name="given_4"
# Nothing breaks: "Tensor or array." it says what the function gets.

# %% exercise="global_loss" answer="right" name="share_of_a_mean" of="means_added_up"
# This replica's weighted mean, times its share of all the weight.
# - return tf.math.divide_no_nan(tf.reduce_sum(per_example * weight), tf.reduce_sum(weight))
# + own = tf.math.reduce_sum(weight)
# + mean = tf.math.divide_no_nan(tf.tensordot(per_example, weight, 1), own)
# + return mean * tf.math.divide_no_nan(own, all_reduce(own))

# %% exercise="global_loss" answer="right" name="weights_normalised_first" of="means_added_up"
# The weights of the batch are made to sum to 1; one array with both sums goes through all_reduce.
# - return tf.math.divide_no_nan(tf.reduce_sum(per_example * weight), tf.reduce_sum(weight))
# + sums = all_reduce(tf.stack([tf.reduce_sum(weight), tf.cast(tf.size(weight), tf.float32)]))
# + normal = tf.where(sums[0] > 0, weight / tf.maximum(sums[0], 1e-12), tf.zeros_like(weight))
# + return tf.einsum("i,i->", tf.convert_to_tensor(per_example), tf.cast(normal, tf.float32))

# %% exercise="global_loss" answer="right" name="safe_denominator" of="nan_in_the_gradient"
# The denominator is made safe first, so that nothing divides by zero and no gradient is NaN.
# - return tf.where(total > 0, tf.reduce_sum(per_example * weight) / total, 0.0)
# + return tf.reduce_sum(per_example * weight) / tf.where(total > 0, total, 1.0)

# %% exercise="global_loss" answer="right" name="keras_operations" of="means_added_up"
# Keras' operations are TensorFlow's here.
# - return tf.math.divide_no_nan(tf.reduce_sum(per_example * weight), tf.reduce_sum(weight))
# + import keras
# +
# + total = all_reduce(keras.ops.sum(weight))
# + return keras.ops.divide_no_nan(keras.ops.sum(keras.ops.multiply(per_example, weight)), total)

# %% exercise="global_loss" answer="right" name="library_sum" of="means_added_up"
# TensorFlow's own weighted sum, divided by the weight of all.
# - return tf.math.divide_no_nan(tf.reduce_sum(per_example * weight), tf.reduce_sum(weight))
# + mine = tf.nn.compute_average_loss(per_example, sample_weight=weight, global_batch_size=1)
# + return mine * tf.math.reciprocal_no_nan(all_reduce(tf.reduce_sum(weight)))

# %% [markdown]
# ## scale_learning_rate

# %% exercise="scale_learning_rate" answer="wrong" name="old_rate" expect="with the old rate it stays behind"
# Misconception: the learning rate belongs to the model, not to the batch.
def scale_learning_rate(batch, step, rows, base=0.1, base_batch=32, warmup_epochs=2):
    return base

# %% exercise="scale_learning_rate" answer="wrong" name="square_root" expect="the square root's" breaks="The learning rate of one step"
# Misconception: noise falls with the square root of the batch, so the rate rises with it. (A rule too, but not this one.)
def scale_learning_rate(batch, step, rows, base=0.1, base_batch=32, warmup_epochs=2):
    final, warmup = base * (batch / base_batch) ** 0.5, warmup_epochs * -(-rows // batch)
    return final if step >= warmup else base + (final - base) * step / warmup

# %% exercise="scale_learning_rate" answer="wrong" name="no_warm_up" expect="warm up from 0.1"
# Misconception: a rate that is right later is right at once.
def scale_learning_rate(batch, step, rows, base=0.1, base_batch=32, warmup_epochs=2):
    return base * batch / base_batch

# %% exercise="scale_learning_rate" answer="wrong" name="from_zero" expect="The warm-up begins at base" breaks="the rate goes in a straight line"
# Misconception: warming up begins at zero.
def scale_learning_rate(batch, step, rows, base=0.1, base_batch=32, warmup_epochs=2):
    final, warmup = base * batch / base_batch, warmup_epochs * -(-rows // batch)
    return final if step >= warmup else final * step / warmup

# %% exercise="scale_learning_rate" answer="wrong" name="epochs_of_the_old_batch" expect="A larger batch has fewer steps" breaks="of this batch size"
# Misconception: an epoch has as many steps as before.
def scale_learning_rate(batch, step, rows, base=0.1, base_batch=32, warmup_epochs=2):
    final, warmup = base * batch / base_batch, warmup_epochs * -(-rows // base_batch)
    return final if step >= warmup else base + (final - base) * step / warmup

# %% exercise="scale_learning_rate" answer="wrong" name="last_batch_dropped" expect="is smaller, and a step as well" breaks="may be smaller and is a step too"
# Misconception: an epoch has rows // batch steps.
def scale_learning_rate(batch, step, rows, base=0.1, base_batch=32, warmup_epochs=2):
    final, warmup = base * batch / base_batch, warmup_epochs * (rows // batch)
    return final if step >= warmup else base + (final - base) * step / warmup

# %% exercise="scale_learning_rate" answer="wrong" name="never_ends" expect="keeps its final value"
# Misconception: the line goes on.
def scale_learning_rate(batch, step, rows, base=0.1, base_batch=32, warmup_epochs=2):
    final, warmup = base * batch / base_batch, warmup_epochs * -(-rows // batch)
    return base + (final - base) * step / warmup

# %% exercise="scale_learning_rate" answer="wrong" name="grows_by_a_factor" expect="Asked was a straight line"
# Misconception: rates are multiplied, so the warm-up is too.
def scale_learning_rate(batch, step, rows, base=0.1, base_batch=32, warmup_epochs=2):
    final, warmup = base * batch / base_batch, warmup_epochs * -(-rows // batch)
    return final if step >= warmup else base * (final / base) ** (step / warmup)

# %% exercise="scale_learning_rate" answer="wrong" name="stairs" expect="climbs in stairs"
# Misconception: a warm-up of epochs changes the rate once per epoch.
def scale_learning_rate(batch, step, rows, base=0.1, base_batch=32, warmup_epochs=2):
    final, epoch = base * batch / base_batch, step // -(-rows // batch)
    return final if epoch >= warmup_epochs else base + (final - base) * epoch / warmup_epochs

# %% exercise="scale_learning_rate" answer="wrong" name="a_step_early" expect="step 32 is the first at the full rate"
# Misconception: the last step of the warm-up has the final rate.
def scale_learning_rate(batch, step, rows, base=0.1, base_batch=32, warmup_epochs=2):
    final, warmup = base * batch / base_batch, warmup_epochs * -(-rows // batch)
    return final if step >= warmup else min(final, base + (final - base) * step / (warmup - 1))

# %% exercise="scale_learning_rate" answer="wrong" name="divides_by_no_warm_up" expect="a warm-up of 0 steps cannot be divided by"
# Misconception: there is always a warm-up.
def scale_learning_rate(batch, step, rows, base=0.1, base_batch=32, warmup_epochs=2):
    final, warmup = base * batch / base_batch, warmup_epochs * -(-rows // batch)
    return base + (final - base) * min(1.0, step / warmup)

# %% exercise="scale_learning_rate" answer="wrong" name="whole_multiples" expect="one and a half times the base"
# Misconception: a large batch is a whole number of small ones.
def scale_learning_rate(batch, step, rows, base=0.1, base_batch=32, warmup_epochs=2):
    final, warmup = base * (batch // base_batch), warmup_epochs * -(-rows // batch)
    return final if step >= warmup else base + (final - base) * step / warmup

# %% exercise="scale_learning_rate" answer="wrong" name="never_downwards" expect="The rule holds downwards as well"
# Misconception: the rule is for larger batches only.
def scale_learning_rate(batch, step, rows, base=0.1, base_batch=32, warmup_epochs=2):
    final, warmup = base * max(1.0, batch / base_batch), warmup_epochs * -(-rows // batch)
    return final if step >= warmup else base + (final - base) * step / warmup

# %% exercise="scale_learning_rate" answer="wrong" name="defaults_only" expect="With another base and batch" breaks="base: float"
# Misconception: 0.1 and 32 are constants of the rule.
def scale_learning_rate(batch, step, rows, base=0.1, base_batch=32, warmup_epochs=2):
    final, warmup = 0.1 * batch / 32, warmup_epochs * -(-rows // batch)
    return final if step >= warmup else 0.1 + (final - 0.1) * step / warmup

# %% exercise="scale_learning_rate" answer="wrong" name="a_step_for_no_rest" expect="Does yours add a step to every epoch" of="reference"
# Misconception: rounding up is rounding down and one more.
# - warmup = warmup_epochs * -(-rows // batch)
# + warmup = warmup_epochs * (rows // batch + 1)

# %% exercise="scale_learning_rate" answer="wrong" name="to_the_nearest" expect="not to the nearest" of="reference"
# Misconception: a rest counts as a step if it is more than half a batch.
# - warmup = warmup_epochs * -(-rows // batch)
# + warmup = warmup_epochs * round(rows / batch)

# %% exercise="scale_learning_rate" answer="wrong" name="rounded_together" expect="Each epoch is rounded up by itself" of="reference"
# Misconception: two epochs are one long epoch.
# - warmup = warmup_epochs * -(-rows // batch)
# + warmup = -(-warmup_epochs * rows // batch)

# %% exercise="scale_learning_rate" answer="wrong" name="no_warm_up_downwards" expect="the first step has not the rate of the base" of="reference"
# Misconception: a warm-up climbs; where the rate falls, there is none.
# - return final if step >= warmup else base + (final - base) * step / warmup
# + return final if step >= warmup else min(final, base + (final - base) * step / warmup)

# %% exercise="scale_learning_rate" answer="wrong" name="warm_up_at_the_base" expect="At the base batch, whichever it is" of="reference"
# Misconception: every run begins with a warm-up, also where nothing is scaled.
#   warmup = warmup_epochs * -(-rows // batch)
# + if batch == base_batch and step == 0:
# +     return base / 2

# %% exercise="scale_learning_rate" answer="wrong" name="a_whole_schedule" expect="expected a value of type float" of="reference" breaks="Returns a float"
# Misconception: a schedule is a table, one rate for each step.
# - return final if step >= warmup else base + (final - base) * step / warmup
# + return np.interp(np.arange(step + 1), [0, warmup], [base, final])

# %% exercise="scale_learning_rate" answer="right" name="interpolated"
# np.interp holds the last value by itself.
def scale_learning_rate(batch, step, rows, base=0.1, base_batch=32, warmup_epochs=2):
    warmup = warmup_epochs * int(np.ceil(rows / batch))
    if not warmup:
        return base * batch / base_batch
    return float(np.interp(step, [0, warmup], [base, base * batch / base_batch]))

# %% exercise="scale_learning_rate" answer="right" name="blended_factor"
# A factor between 1 and the ratio of the batches, blended by the share of the warm-up that is done.
def scale_learning_rate(batch, step, rows, base=0.1, base_batch=32, warmup_epochs=2):
    import math

    steps = math.ceil(rows / batch) * warmup_epochs
    done = min(1.0, step / steps) if steps else 1.0
    return base * ((1 - done) + done * (batch / base_batch))

# %% exercise="scale_learning_rate" answer="right" name="numpy_throughout"
# NumPy scalars all the way; without warm-up the line is a jump, and np.interp takes its upper end.
def scale_learning_rate(batch, step, rows, base=0.1, base_batch=32, warmup_epochs=2):
    warmup = warmup_epochs * np.ceil(rows / batch)
    return np.interp(step, [0, warmup], [base, base * batch / base_batch])
