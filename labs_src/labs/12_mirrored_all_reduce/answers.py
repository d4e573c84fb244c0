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

# %% exercise="ring_reduce_scatter" answer="wrong" name="whole_arrays_go_round" expect="Only one piece per round travels"
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

# %% exercise="ring_reduce_scatter" answer="wrong" name="receives_first" expect="everybody sends first, then receives"
# Misconception: the order of sending and receiving does not matter.
def ring_reduce_scatter(x, rank, workers, send, receive):
    x, size = x.copy(), len(x)
    for turn in range(workers - 1):
        came = receive()
        send(x[piece(size, workers, rank - turn)])
        x[piece(size, workers, rank - turn - 1)] += came
    return x[piece(size, workers, rank + 1)]

# %% exercise="ring_reduce_scatter" answer="wrong" name="own_number_is_complete" expect="asked was rank + 1"
# Misconception: worker r ends with piece r. It shifts the whole schedule by one.
def ring_reduce_scatter(x, rank, workers, send, receive):
    x, size = x.copy(), len(x)
    for turn in range(workers - 1):
        send(x[piece(size, workers, rank - 1 - turn)])
        x[piece(size, workers, rank - 2 - turn)] += receive()
    return x[piece(size, workers, rank)]

# %% exercise="ring_reduce_scatter" answer="wrong" name="equal_pieces" expect="4 does not divide 42"
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

# %% exercise="ring_reduce_scatter" answer="wrong" name="doubles_on_the_wire" expect="did yours become float64?"
# Misconception: sums need double precision, and precision is free.
def ring_reduce_scatter(x, rank, workers, send, receive):
    x, size = np.asarray(x, np.float64), len(x)
    for turn in range(workers - 1):
        send(x[piece(size, workers, rank - turn)])
        x[piece(size, workers, rank - turn - 1)] += receive()
    return x[piece(size, workers, rank + 1)]

# %% exercise="ring_reduce_scatter" answer="wrong" name="everything_is_returned" expect="Each worker returns one piece"
# Misconception: after reduce-scatter everybody has the whole sum.
def ring_reduce_scatter(x, rank, workers, send, receive):
    x, size = x.copy(), len(x)
    for turn in range(workers - 1):
        send(x[piece(size, workers, rank - turn)])
        x[piece(size, workers, rank - turn - 1)] += receive()
    return x

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

# %% [markdown]
# ## ring_all_gather

# %% exercise="ring_all_gather" answer="wrong" name="sends_its_own_again" expect="not your own piece again"
# Misconception: everybody keeps sending its own piece, and the ring carries it on.
def ring_all_gather(mine, size, rank, workers, send, receive):
    x = np.zeros(size, mine.dtype)
    x[piece(size, workers, rank + 1)] = mine
    for turn in range(workers - 1):
        send(mine)
        came = receive()
        part = piece(size, workers, rank - turn)
        x[part] = np.resize(came, part.stop - part.start)
    return x

# %% exercise="ring_all_gather" answer="wrong" name="piece_of_its_own_number" expect="what worker r begins with is piece r + 1"
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

# %% exercise="ring_all_gather" answer="wrong" name="until_it_is_back" expect="in workers - 1 rounds"
# Misconception: a piece is done when it is back where it began.
def ring_all_gather(mine, size, rank, workers, send, receive):
    x, travelling = np.empty(size, mine.dtype), mine
    for turn in range(workers):
        send(travelling)
        travelling = receive()
        x[piece(size, workers, rank - turn)] = travelling
    return x

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

# %% [markdown]
# ## replica_step

# %% exercise="replica_step" answer="wrong" name="mean_of_means" expect="it is that of the mean of the replicas"
# Misconception: the mean of the replicas' mean gradients is the gradient of the batch.
def replica_step(weights, shard, learning_rate, all_reduce):
    x, y = shard
    gradient = mean_gradient(weights, x, y)
    summed = all_reduce(np.append(gradient, 1.0))
    return weights - learning_rate * summed[:-1] / summed[-1]

# %% exercise="replica_step" answer="wrong" name="no_all_reduce" expect="they are three models"
# Misconception: replicas with equal starts and similar data stay equal by themselves.
def replica_step(weights, shard, learning_rate, all_reduce):
    x, y = shard
    return weights - learning_rate * mean_gradient(weights, x, y)

# %% exercise="replica_step" answer="wrong" name="nothing_to_do_without_rows" expect="it must call all_reduce like the others"
# Misconception: a replica without rows can skip the step.
def replica_step(weights, shard, learning_rate, all_reduce):
    x, y = shard
    if len(x) == 0:
        return weights.copy()
    summed = all_reduce(np.append(len(x) * mean_gradient(weights, x, y), len(x)))
    return weights - learning_rate * summed[:-1] / summed[-1]

# %% exercise="replica_step" answer="wrong" name="zero_times_nan" expect="NaN times 0 is NaN"
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

# %% exercise="replica_step" answer="wrong" name="two_calls" expect="Gradient and count fit into one array"
# Misconception: a call more or less costs nothing.
def replica_step(weights, shard, learning_rate, all_reduce):
    x, y = shard
    gradient = len(x) * mean_gradient(weights, x, y) if len(x) else np.zeros(len(weights))
    return weights - learning_rate * all_reduce(gradient) / all_reduce(np.array([float(len(x))]))

# %% exercise="replica_step" answer="wrong" name="own_count_only" expect="your replicas differ by"
# Misconception: each replica divides the sum by the number of rows that it knows.
def replica_step(weights, shard, learning_rate, all_reduce):
    x, y = shard
    gradient = len(x) * mean_gradient(weights, x, y) if len(x) else np.zeros(len(weights))
    return weights - learning_rate * all_reduce(gradient) / (3 * max(len(x), 1))

# %% exercise="replica_step" answer="wrong" name="in_place" expect="in place. Return new ones"
# Misconception: -= is only shorter.
def replica_step(weights, shard, learning_rate, all_reduce):
    x, y = shard
    given = np.zeros(len(weights) + 1)
    if len(x):
        given[:] = np.append(len(x) * mean_gradient(weights, x, y), len(x))
    summed = all_reduce(given)
    weights -= learning_rate * summed[:-1] / summed[-1]
    return weights

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

# %% [markdown]
# ## global_loss

# %% exercise="global_loss" answer="wrong" name="mean_of_means" expect="the mean of the replicas' means"
# Misconception: the mean of means is the mean.
def global_loss(per_example, weight, all_reduce):
    mine = tf.math.divide_no_nan(tf.reduce_sum(per_example * weight), tf.reduce_sum(weight))
    return mine / all_reduce(tf.constant(1.0))

# %% exercise="global_loss" answer="wrong" name="means_added_up" expect="two means, added up"
# Misconception: each replica returns its mean, the framework does the rest.
def global_loss(per_example, weight, all_reduce):
    return tf.math.divide_no_nan(tf.reduce_sum(per_example * weight), tf.reduce_sum(weight))

# %% exercise="global_loss" answer="wrong" name="nominal_batch" expect="15 divided by BATCH"
# Misconception: the batch always has BATCH examples.
def global_loss(per_example, weight, all_reduce):
    return tf.reduce_sum(per_example * weight) / BATCH

# %% exercise="global_loss" answer="wrong" name="counts_rows" expect="One has weight 0, it does not count"
# Misconception: a weighted mean is divided by the number of examples.
def global_loss(per_example, weight, all_reduce):
    count = all_reduce(tf.cast(tf.size(per_example), tf.float32))
    return tf.math.divide_no_nan(tf.reduce_sum(per_example * weight), count)

# %% exercise="global_loss" answer="wrong" name="weights_forgotten" expect="the weights are not used"
# Misconception: weights are for metrics.
def global_loss(per_example, weight, all_reduce):
    return tf.reduce_sum(per_example) / all_reduce(tf.cast(tf.size(per_example), tf.float32))

# %% exercise="global_loss" answer="wrong" name="batch_of_padding" expect="One NaN here destroys all weights"
# Misconception: a batch always has something in it.
def global_loss(per_example, weight, all_reduce):
    return tf.reduce_sum(per_example * weight) / all_reduce(tf.reduce_sum(weight))

# %% exercise="global_loss" answer="wrong" name="loss_of_all" expect="each replica's must come from its own examples"
# Misconception: every replica should know the loss of the whole batch; then its gradient is N times as large.
def global_loss(per_example, weight, all_reduce):
    total = all_reduce(tf.reduce_sum(per_example * weight))
    return tf.math.divide_no_nan(total, all_reduce(tf.reduce_sum(weight))) / all_reduce(tf.constant(1.0))

# %% exercise="global_loss" answer="right" name="share_of_a_mean"
# This replica's weighted mean, times its share of all the weight.
def global_loss(per_example, weight, all_reduce):
    own = tf.math.reduce_sum(weight)
    mean = tf.math.divide_no_nan(tf.tensordot(per_example, weight, 1), own)
    return mean * tf.math.divide_no_nan(own, all_reduce(own))

# %% exercise="global_loss" answer="right" name="weights_normalised_first"
# The weights of the batch are made to sum to 1; one array with both sums goes through all_reduce.
def global_loss(per_example, weight, all_reduce):
    sums = all_reduce(tf.stack([tf.reduce_sum(weight), tf.cast(tf.size(weight), tf.float32)]))
    normal = tf.where(sums[0] > 0, weight / tf.maximum(sums[0], 1e-12), tf.zeros_like(weight))
    return tf.einsum("i,i->", tf.convert_to_tensor(per_example), tf.cast(normal, tf.float32))

# %% [markdown]
# ## scale_learning_rate

# %% exercise="scale_learning_rate" answer="wrong" name="old_rate" expect="with the old rate it stays behind"
# Misconception: the learning rate belongs to the model, not to the batch.
def scale_learning_rate(batch, step, rows, base=0.1, base_batch=32, warmup_epochs=2):
    return base

# %% exercise="scale_learning_rate" answer="wrong" name="square_root" expect="the square root's"
# Misconception: noise falls with the square root of the batch, so the rate rises with it. (A rule too, but not this one.)
def scale_learning_rate(batch, step, rows, base=0.1, base_batch=32, warmup_epochs=2):
    final, warmup = base * (batch / base_batch) ** 0.5, warmup_epochs * -(-rows // batch)
    return final if step >= warmup else base + (final - base) * step / warmup

# %% exercise="scale_learning_rate" answer="wrong" name="no_warm_up" expect="warm up from 0.1"
# Misconception: a rate that is right later is right at once.
def scale_learning_rate(batch, step, rows, base=0.1, base_batch=32, warmup_epochs=2):
    return base * batch / base_batch

# %% exercise="scale_learning_rate" answer="wrong" name="from_zero" expect="The warm-up begins at base"
# Misconception: warming up begins at zero.
def scale_learning_rate(batch, step, rows, base=0.1, base_batch=32, warmup_epochs=2):
    final, warmup = base * batch / base_batch, warmup_epochs * -(-rows // batch)
    return final if step >= warmup else final * step / warmup

# %% exercise="scale_learning_rate" answer="wrong" name="epochs_of_the_old_batch" expect="A larger batch has fewer steps"
# Misconception: an epoch has as many steps as before.
def scale_learning_rate(batch, step, rows, base=0.1, base_batch=32, warmup_epochs=2):
    final, warmup = base * batch / base_batch, warmup_epochs * -(-rows // base_batch)
    return final if step >= warmup else base + (final - base) * step / warmup

# %% exercise="scale_learning_rate" answer="wrong" name="last_batch_dropped" expect="The smaller last batch is a step as well"
# Misconception: an epoch has rows // batch steps.
def scale_learning_rate(batch, step, rows, base=0.1, base_batch=32, warmup_epochs=2):
    final, warmup = base * batch / base_batch, warmup_epochs * (rows // batch)
    return final if step >= warmup else base + (final - base) * step / warmup

# %% exercise="scale_learning_rate" answer="wrong" name="never_ends" expect="keeps its final value"
# Misconception: the line goes on.
def scale_learning_rate(batch, step, rows, base=0.1, base_batch=32, warmup_epochs=2):
    final, warmup = base * batch / base_batch, warmup_epochs * -(-rows // batch)
    return base + (final - base) * step / warmup

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
