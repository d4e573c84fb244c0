# ---
# jupyter:
#   jupytext:
#     text_representation: {format_name: percent}
# ---

# %% [markdown]
# # Answers to 11 · Parallel pipelines
#
# Each cell is the whole source of one exercise. Wrong answers are misconceptions: `expect` is a part of the message
# that a learner who holds it must read. Right answers reach the contract in another way than the reference.

# %% [markdown]
# ## read_in_parallel

# %% exercise="read_in_parallel" answer="wrong" name="turns_without_parallel_calls" expect="num_parallel_calls is what lets their requests overlap"
# Misconception: interleave reads in parallel by itself, because it goes through several files.
def read_in_parallel(store, files, k, ordered):
    dataset = tf.data.Dataset.from_tensor_slices(files).interleave(lambda f: records(store, f), cycle_length=k)
    return with_threads(dataset, k)

# %% exercise="read_in_parallel" answer="wrong" name="file_after_file" expect="never saw more than 1"
# Misconception: more threads make any pipeline parallel.
def read_in_parallel(store, files, k, ordered):
    return with_threads(read_all(store, files), k)

# %% exercise="read_in_parallel" answer="wrong" name="default_pool" expect="how many threads has your pool?"
# Misconception: num_parallel_calls=k gives k requests in flight, whatever the pool.
def read_in_parallel(store, files, k, ordered):
    return tf.data.Dataset.from_tensor_slices(files).interleave(
        lambda f: records(store, f), cycle_length=k, num_parallel_calls=k, deterministic=ordered
    )

# %% exercise="read_in_parallel" answer="wrong" name="more_threads_are_better" expect="num_parallel_calls does not limit interleave"
# Misconception: a larger pool does no harm, num_parallel_calls limits the requests.
def read_in_parallel(store, files, k, ordered):
    dataset = tf.data.Dataset.from_tensor_slices(files).interleave(
        lambda f: records(store, f), cycle_length=k, num_parallel_calls=k, deterministic=ordered
    )
    return with_threads(dataset, 64)

# %% exercise="read_in_parallel" answer="wrong" name="order_given_up_always" expect="deterministic=False does not" of="reference"
# Misconception: deterministic=False is only a matter of speed.
# - lambda file: records(store, file), cycle_length=k, num_parallel_calls=k, deterministic=ordered
# + lambda f: records(store, f), cycle_length=k, num_parallel_calls=k, deterministic=False

# %% exercise="read_in_parallel" answer="wrong" name="order_always_kept" expect="everybody waits for its turn" of="reference"
# Misconception: keeping the order costs nothing, so `ordered` can be ignored.
# - lambda file: records(store, file), cycle_length=k, num_parallel_calls=k, deterministic=ordered
# + lambda f: records(store, f), cycle_length=k, num_parallel_calls=k

# %% exercise="read_in_parallel" answer="wrong" name="all_files_take_turns" expect="Is cycle_length k?" of="reference"
# Misconception: cycle_length is chosen by tf.data, only the calls need a number.
# - lambda file: records(store, file), cycle_length=k, num_parallel_calls=k, deterministic=ordered
# + lambda f: records(store, f), cycle_length=len(files), num_parallel_calls=k, deterministic=ordered

# %% exercise="read_in_parallel" answer="wrong" name="groups_of_k" expect="Does a new file begin as soon as one of k ends?"
# Misconception: k at a time means groups of k, and the next group begins when the last file of this one has ended.
def read_in_parallel(store, files, k, ordered):
    dataset = None
    for i in range(0, len(files), k):
        group = tf.data.Dataset.from_tensor_slices(files[i : i + k]).interleave(
            lambda f: records(store, f), cycle_length=k, num_parallel_calls=k, deterministic=ordered
        )
        dataset = group if dataset is None else dataset.concatenate(group)
    return with_threads(dataset, k)

# %% exercise="read_in_parallel" answer="wrong" name="zip_and_prefetch" expect="never saw more than 1"
# Misconception: a prefetch behind each file starts all of them; but each starts when it is asked for the first time.
def read_in_parallel(store, files, k, ordered):
    dataset = None
    for i in range(0, len(files), k):
        rows = tf.data.Dataset.zip(*[records(store, f).prefetch(1) for f in files[i : i + k]])
        group = rows.flat_map(lambda *row: tf.data.Dataset.from_tensor_slices(tf.stack(row)))
        dataset = group if dataset is None else dataset.concatenate(group)
    return dataset

# %% exercise="read_in_parallel" answer="wrong" name="whole_turns_only" expect="Files may differ in length"
# Misconception: files have equal lengths, so a turn that is not full is the end.
def read_in_parallel(store, files, k, ordered):
    dataset = tf.data.Dataset.from_tensor_slices(files).interleave(
        lambda f: records(store, f), cycle_length=k, num_parallel_calls=k, deterministic=ordered
    )
    return with_threads(dataset.batch(k, drop_remainder=True).unbatch(), k)

# %% exercise="read_in_parallel" answer="wrong" name="skip_is_free" expect="every read is paid for"
# Misconception: skip leaps over records without reading them, so looking at the first one costs nothing.
def read_in_parallel(store, files, k, ordered):
    dataset = tf.data.Dataset.from_tensor_slices(files).interleave(
        lambda f: records(store, f), cycle_length=k, num_parallel_calls=k, deterministic=ordered
    )
    first = dataset.take(1).map(lambda x: tf.ensure_shape(x, []))
    return with_threads(first.concatenate(dataset.skip(1)), k)

# %% exercise="read_in_parallel" answer="wrong" name="read_at_once_into_a_list" expect="A dataset reads when it is iterated"
# Misconception: a thread pool and a list are just as good; memory is free.
def read_in_parallel(store, files, k, ordered):
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(k) as pool:
        parts = list(pool.map(lambda f: [store.read(f, i) for i in range(store.open(f))], files))
    return tf.data.Dataset.from_tensor_slices(np.concatenate(parts))

# %% exercise="read_in_parallel" answer="wrong" name="as_many_from_0_on" expect="Read the files that you are given"
# Misconception: files are numbered from 0, so their number is all that is needed.
def read_in_parallel(store, files, k, ordered):
    dataset = tf.data.Dataset.range(len(files)).interleave(
        lambda f: records(store, f), cycle_length=k, num_parallel_calls=k, deterministic=ordered
    )
    return with_threads(dataset, k)

# %% exercise="read_in_parallel" answer="wrong" name="sorted_files" expect="Do files begin in the order of the list?"
# Misconception: sorting the list does no harm, the files are the same.
def read_in_parallel(store, files, k, ordered):
    dataset = tf.data.Dataset.from_tensor_slices(sorted(files)).interleave(
        lambda f: records(store, f), cycle_length=k, num_parallel_calls=k, deterministic=ordered
    )
    return with_threads(dataset, k)

# %% exercise="read_in_parallel" answer="right" name="autotune_in_a_small_pool"
# The pool bounds what is in flight; AUTOTUNE may choose below it. Options in place of arguments.
def read_in_parallel(store, files, k, ordered):
    dataset = tf.data.Dataset.range(len(files)).map(lambda i: tf.gather(tf.constant(files, tf.int64), i))
    dataset = dataset.interleave(lambda f: records(store, f), cycle_length=k, num_parallel_calls=tf.data.AUTOTUNE)
    options = tf.data.Options()
    options.deterministic = ordered
    options.threading.private_threadpool_size = k
    return dataset.with_options(options)

# %% exercise="read_in_parallel" answer="right" name="generator_and_threads"
# No interleave at all: a Python generator keeps one request per open file in a pool of k threads.
def read_in_parallel(store, files, k, ordered):
    from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

    def produce():
        with ThreadPoolExecutor(k) as pool:
            waiting, slots = list(files), [None] * k

            def following(file, i, length):
                if length is None:
                    length = store.open(file)
                return (file, i, length, store.read(file, i)) if i < length else (file, i, length, None)

            while waiting or any(slots):
                for at in range(k):
                    if slots[at] is None and waiting:
                        slots[at] = pool.submit(following, waiting.pop(0), 0, None)
                for at in range(k) if ordered else [None]:
                    if at is None:
                        done = wait([s for s in slots if s is not None], return_when=FIRST_COMPLETED).done
                        at = next(i for i, s in enumerate(slots) if s in done)
                    if slots[at] is None and waiting:
                        slots[at] = pool.submit(following, waiting.pop(0), 0, None)
                    if slots[at] is None:
                        continue
                    file, i, length, x = slots[at].result()
                    slots[at] = pool.submit(following, file, i + 1, length) if x is not None else None
                    if x is not None:
                        yield x

    return tf.data.Dataset.from_generator(produce, output_signature=tf.TensorSpec([], tf.int64))

# %% [markdown]
# ## transform_in_parallel

# %% exercise="transform_in_parallel" answer="wrong" name="twice_as_many_decoded" expect="calls of decode were under way at once" of="reference" breaks="k: int"
# Misconception: more calls at once are never wrong.
# - dataset = dataset.map(lambda record: ask(steps.decode, record), num_parallel_calls=k).cache()
# + dataset = dataset.map(lambda record: ask(steps.decode, record), num_parallel_calls=2 * k).cache()
#
# - return with_threads(dataset, k)
# + return with_threads(dataset, 2 * k)

# %% exercise="transform_in_parallel" answer="wrong" name="twice_as_many_augmented" expect="calls of augment were under way at once" of="reference"
# Misconception: cheap calls may be as many as one likes.
# - dataset = dataset.map(lambda image: ask(steps.augment, image), num_parallel_calls=k)
# + dataset = dataset.map(lambda image: ask(steps.augment, image), num_parallel_calls=2 * k)
#
# - return with_threads(dataset, k)
# + return with_threads(dataset, 2 * k)

# %% exercise="transform_in_parallel" answer="same" name="buffer_of_one_more" of="reference"
# Same: the docstring asks for enough; no data set here has 1,000 records.
# - dataset = dataset.shuffle(1000)
# + dataset = dataset.shuffle(1001)

# %% exercise="transform_in_parallel" answer="same" name="buffer_of_one_less" of="reference"
# Same: the docstring asks for enough; no data set here has 999 records.
# - dataset = dataset.shuffle(1000)
# + dataset = dataset.shuffle(999)

# %% exercise="transform_in_parallel" answer="wrong" name="cache_last" expect="replayed for ever"
# Misconception: the cache belongs at the end, where it saves most.
def transform_in_parallel(store, files, steps, k):
    dataset = read_all(store, files).map(lambda r: ask(steps.decode, r), num_parallel_calls=k)
    dataset = dataset.shuffle(1000).map(lambda x: ask(steps.augment, x), num_parallel_calls=k)
    return with_threads(dataset.cache(), k)

# %% exercise="transform_in_parallel" answer="wrong" name="augment_then_cache_then_shuffle" expect="replayed for ever"
# Misconception: if only the shuffle is below the cache, every epoch is new.
def transform_in_parallel(store, files, steps, k):
    dataset = read_all(store, files).map(lambda r: ask(steps.decode, r), num_parallel_calls=k)
    dataset = dataset.map(lambda x: ask(steps.augment, x), num_parallel_calls=k).cache()
    return with_threads(dataset.shuffle(1000), k)

# %% exercise="transform_in_parallel" answer="wrong" name="cache_after_shuffle" expect="above the cache, which replays the order too"
# Misconception: shuffle draws a new order whenever it is iterated, wherever it stands.
def transform_in_parallel(store, files, steps, k):
    dataset = read_all(store, files).shuffle(1000)
    dataset = dataset.map(lambda r: ask(steps.decode, r), num_parallel_calls=k).cache()
    return with_threads(dataset.map(lambda x: ask(steps.augment, x), num_parallel_calls=k), k)

# %% exercise="transform_in_parallel" answer="wrong" name="cache_above_decode" expect="calls of decode; 13 were enough"
# Misconception: reading is the expensive part, so the raw records are cached.
def transform_in_parallel(store, files, steps, k):
    dataset = read_all(store, files).cache().map(lambda r: ask(steps.decode, r), num_parallel_calls=k)
    dataset = dataset.shuffle(1000).map(lambda x: ask(steps.augment, x), num_parallel_calls=k)
    return with_threads(dataset, k)

# %% exercise="transform_in_parallel" answer="wrong" name="no_cache" expect="calls of decode; 13 were enough"
# Misconception: a dataset remembers what it has once made.
def transform_in_parallel(store, files, steps, k):
    dataset = read_all(store, files).map(lambda r: ask(steps.decode, r), num_parallel_calls=k)
    dataset = dataset.shuffle(1000).map(lambda x: ask(steps.augment, x), num_parallel_calls=k)
    return with_threads(dataset, k)

# %% exercise="transform_in_parallel" answer="wrong" name="map_is_parallel" expect="A map works on one record at a time"
# Misconception: a pool of k threads makes map parallel.
def transform_in_parallel(store, files, steps, k):
    dataset = read_all(store, files).map(lambda r: ask(steps.decode, r)).cache().shuffle(1000)
    return with_threads(dataset.map(lambda x: ask(steps.augment, x)), k)

# %% exercise="transform_in_parallel" answer="wrong" name="default_pool" expect="how many threads has your pool?"
# Misconception: num_parallel_calls brings its own threads.
def transform_in_parallel(store, files, steps, k):
    dataset = read_all(store, files).map(lambda r: ask(steps.decode, r), num_parallel_calls=k).cache()
    return dataset.shuffle(1000).map(lambda x: ask(steps.augment, x), num_parallel_calls=k)

# %% exercise="transform_in_parallel" answer="wrong" name="only_decode_in_parallel" expect="a num_parallel_calls of its own"
# Misconception: one parallel step makes the steps below it parallel as well.
def transform_in_parallel(store, files, steps, k):
    dataset = read_all(store, files).map(lambda r: ask(steps.decode, r), num_parallel_calls=k).cache()
    return with_threads(dataset.shuffle(1000).map(lambda x: ask(steps.augment, x)), k)

# %% exercise="transform_in_parallel" answer="wrong" name="decode_called_while_building" expect="`ask(steps.decode, …)` calls it later"
# Misconception: map hands values to its function, so any Python method can be called with them.
def transform_in_parallel(store, files, steps, k):
    dataset = read_all(store, files).map(lambda r: steps.decode(r), num_parallel_calls=k).cache()
    return with_threads(dataset.shuffle(1000).map(lambda x: ask(steps.augment, x), num_parallel_calls=k), k)

# %% exercise="transform_in_parallel" answer="wrong" name="augment_given_to_map" expect="`ask(steps.augment, …)` calls it later"
# Misconception: a Python method can be the function of map as it is.
def transform_in_parallel(store, files, steps, k):
    dataset = read_all(store, files).map(lambda r: ask(steps.decode, r), num_parallel_calls=k).cache()
    return with_threads(dataset.shuffle(1000).map(steps.augment, num_parallel_calls=k), k)

# %% exercise="transform_in_parallel" answer="right" name="autotune_and_options"
# As little as possible in the maps, AUTOTUNE, order given up (the shuffle gives it up anyway).
def transform_in_parallel(store, files, steps, k):
    def mapped(dataset, method):
        return dataset.map(lambda x: ask(method, x), num_parallel_calls=tf.data.AUTOTUNE, deterministic=False)

    options = tf.data.Options()
    options.threading.private_threadpool_size = k
    return mapped(mapped(read_all(store, files), steps.decode).cache().shuffle(10_000), steps.augment).with_options(options)

# %% exercise="transform_in_parallel" answer="right" name="interleave_as_map"
# Parallel interleave over datasets of one element each, in place of a parallel map.
def transform_in_parallel(store, files, steps, k):
    def mapped(dataset, method):
        one = lambda x: tf.data.Dataset.from_tensors(x).map(lambda y: ask(method, y))
        return dataset.interleave(one, cycle_length=k, num_parallel_calls=k)

    kept = mapped(read_all(store, files), steps.decode).cache()
    return with_threads(mapped(kept.shuffle(1000, reshuffle_each_iteration=True), steps.augment), k)

# %% exercise="transform_in_parallel" answer="right" name="own_memory"
# No cache, shuffle or map: a generator with a dictionary, NumPy's permutation and a pool of threads.
def transform_in_parallel(store, files, steps, k):
    from concurrent.futures import ThreadPoolExecutor

    kept, draw_order = [], np.random.default_rng()

    def produce():
        with ThreadPoolExecutor(k) as pool:
            if not kept:
                raw = [store.read(f, i) for f in files for i in range(store.open(f))]
                kept.extend(pool.map(steps.decode, raw))
            yield from pool.map(steps.augment, [kept[i] for i in draw_order.permutation(len(kept))])

    return tf.data.Dataset.from_generator(produce, output_signature=tf.TensorSpec([], tf.int64))

# %% [markdown]
# ## overlap

# %% exercise="overlap" answer="wrong" name="no_prefetch" expect="One batch is what TensorFlow adds by itself"
# Misconception: tf.data works ahead by itself, as far as needed.
def overlap(store, files, steps, batch_size, ahead):
    return read_all(store, files).map(lambda r: ask(steps.decode, r)).batch(batch_size)

# %% exercise="overlap" answer="wrong" name="prefetch_before_map" expect="prefetch stands too far up"
# Misconception: a prefetch anywhere makes the whole pipeline work ahead.
def overlap(store, files, steps, batch_size, ahead):
    dataset = read_all(store, files).prefetch(ahead * batch_size)
    return dataset.map(lambda r: ask(steps.decode, r)).batch(batch_size)

# %% exercise="overlap" answer="wrong" name="prefetch_before_batch" expect="Is there a prefetch below batch?"
# Misconception: prefetch counts batches wherever it stands.
def overlap(store, files, steps, batch_size, ahead):
    dataset = read_all(store, files).map(lambda r: ask(steps.decode, r))
    return dataset.prefetch(ahead).batch(batch_size)

# %% exercise="overlap" answer="wrong" name="prefetch_counts_records" expect="Prefetch counts elements where it stands"
# Misconception: prefetch counts records, so it needs ahead × batch_size.
def overlap(store, files, steps, batch_size, ahead):
    dataset = read_all(store, files).map(lambda r: ask(steps.decode, r)).batch(batch_size)
    return dataset.prefetch(ahead * batch_size)

# %% exercise="overlap" answer="wrong" name="everything_ahead" expect="Memory is bounded by ahead, not by the data"
# Misconception: the more is ahead, the better.
def overlap(store, files, steps, batch_size, ahead):
    dataset = read_all(store, files).map(lambda r: ask(steps.decode, r)).batch(batch_size)
    return dataset.prefetch(10_000)

# %% exercise="overlap" answer="wrong" name="drop_remainder" expect="drop_remainder drops the last batch"
# Misconception: batches must have one size, and the few last records do not matter.
def overlap(store, files, steps, batch_size, ahead):
    dataset = read_all(store, files).map(lambda r: ask(steps.decode, r))
    return dataset.batch(batch_size, drop_remainder=True).prefetch(ahead)

# %% exercise="overlap" answer="wrong" name="order_lost" expect="in the order of their records"
# Misconception: a pipeline that feeds a trainer may always shuffle.
def overlap(store, files, steps, batch_size, ahead):
    dataset = read_all(store, files).map(lambda r: ask(steps.decode, r)).shuffle(8)
    return dataset.batch(batch_size).prefetch(ahead)

# %% exercise="overlap" answer="wrong" name="decode_given_to_map" expect="`ask(steps.decode, …)` calls it later"
# Misconception: a Python method can be the function of map as it is.
def overlap(store, files, steps, batch_size, ahead):
    return read_all(store, files).map(steps.decode).batch(batch_size).prefetch(ahead)

# %% exercise="overlap" answer="wrong" name="parallel_is_ahead_enough" expect="Is there a prefetch below batch?"
# Misconception: a map that decodes in parallel works ahead, so no prefetch is needed.
def overlap(store, files, steps, batch_size, ahead):
    dataset = read_all(store, files).map(lambda r: ask(steps.decode, r), num_parallel_calls=4)
    return with_threads(dataset.batch(batch_size), 4)

# %% exercise="overlap" answer="right" name="one_of_them_is_tensorflows" of="reference"
# TensorFlow itself makes one batch more: with it, these are `ahead`.
# - return dataset.batch(batch_size).prefetch(ahead)
# + return dataset.batch(batch_size).prefetch(ahead - 1)

# %% exercise="overlap" answer="right" name="sixteen_at_once"
# A wide parallel map holds some records of its own: fewer than the batches that wait.
def overlap(store, files, steps, batch_size, ahead):
    dataset = read_all(store, files).map(lambda r: ask(steps.decode, r), num_parallel_calls=16)
    return with_threads(dataset.batch(batch_size).prefetch(ahead), 16)

# %% exercise="overlap" answer="right" name="autotuned_map"
# tf.data chooses how many are decoded at once.
def overlap(store, files, steps, batch_size, ahead):
    dataset = read_all(store, files).map(lambda r: ask(steps.decode, r), num_parallel_calls=tf.data.AUTOTUNE)
    return dataset.batch(batch_size).prefetch(ahead)

# %% exercise="overlap" answer="right" name="parallel_all_the_way"
# Reading and decoding in parallel as well; the order stays.
def overlap(store, files, steps, batch_size, ahead):
    dataset = read_all(store, files).map(lambda r: ask(steps.decode, r), num_parallel_calls=4)
    return with_threads(dataset.batch(batch_size).prefetch(ahead), 4)

# %% exercise="overlap" answer="right" name="queue_and_thread"
# A thread of one's own and a bounded queue, behind a generator.
def overlap(store, files, steps, batch_size, ahead):
    import queue
    import threading

    def produce():
        ready = queue.Queue(ahead)

        def work():
            batch = []
            for file in files:
                for i in range(store.open(file)):
                    batch.append(steps.decode(store.read(file, i)))
                    if len(batch) == batch_size:
                        ready.put(batch)
                        batch = []
            if batch:
                ready.put(batch)
            ready.put(None)

        threading.Thread(target=work, daemon=True).start()
        while (batch := ready.get()) is not None:
            yield np.array(batch, dtype=np.int64)

    options = tf.data.Options()
    options.experimental_optimization.inject_prefetch = False
    signature = tf.TensorSpec([None], tf.int64)
    return tf.data.Dataset.from_generator(produce, output_signature=signature).with_options(options)

# %% exercise="overlap" answer="right" name="window_and_prefetch_of_one_each"
# Decode below batch, row by row with map_fn, and `ahead` prefetches of one batch in a chain.
def overlap(store, files, steps, batch_size, ahead):
    dataset = read_all(store, files).batch(batch_size)
    dataset = dataset.map(lambda batch: tf.map_fn(lambda r: ask(steps.decode, r), batch))
    for _ in range(ahead // 2):
        dataset = dataset.prefetch(1)
    return dataset.prefetch(ahead - ahead // 2)

# %% [markdown]
# ## fuse

# %% exercise="fuse" answer="wrong" name="map_before_batch" expect="Does batch stand above map?"
# Misconception: batching is for the trainer; the pipeline works row by row.
def fuse(rows, service, batch_size):
    dataset = tf.data.Dataset.from_tensor_slices(rows)
    dataset = dataset.map(lambda i: scale(ask(service.lookup, i, dtype=tf.float32, shape=[4])))
    return dataset.batch(batch_size)

# %% exercise="fuse" answer="wrong" name="parallel_is_enough" expect="More calls at once are still more calls"
# Misconception: overhead disappears when calls run in parallel.
def fuse(rows, service, batch_size):
    dataset = tf.data.Dataset.from_tensor_slices(rows)
    dataset = dataset.map(lambda i: scale(ask(service.lookup, i, dtype=tf.float32, shape=[4])), num_parallel_calls=8)
    return with_threads(dataset.batch(batch_size), 8)

# %% exercise="fuse" answer="wrong" name="scaled_over_the_batch" expect="Is the mean taken over the whole batch?"
# Misconception: a function of one row can be applied to a batch as it is.
def fuse(rows, service, batch_size):
    dataset = tf.data.Dataset.from_tensor_slices(rows).batch(batch_size)
    return dataset.map(lambda ids: scale(ask(service.lookup, ids, dtype=tf.float32, shape=[None, 4])))

# %% exercise="fuse" answer="wrong" name="scaled_per_column" expect="Is the mean taken over the whole batch?" of="reference"
# Misconception: axis 0 is the row.
# - mean = tf.reduce_mean(found, axis=1, keepdims=True)
# - return (found - mean) / tf.math.reduce_std(found, axis=1, keepdims=True)
# + return (found - tf.reduce_mean(found, axis=0)) / (tf.math.reduce_std(found, axis=0) + 1e-9)

# %% exercise="fuse" answer="wrong" name="spread_over_the_batch" expect="Check the standard deviation" of="reference"
# Misconception: only the mean has to be taken per row.
# - mean = tf.reduce_mean(found, axis=1, keepdims=True)
# - return (found - mean) / tf.math.reduce_std(found, axis=1, keepdims=True)
# + return (found - tf.reduce_mean(found, axis=1, keepdims=True)) / tf.math.reduce_std(found)

# %% exercise="fuse" answer="wrong" name="everything_in_one_call" expect="All rows at once is fast until they do not fit"
# Misconception: if large operations are good, one operation is best.
def fuse(rows, service, batch_size):
    found = service.lookup(rows)
    found = (found - found.mean(axis=1, keepdims=True)) / found.std(axis=1, keepdims=True)
    return tf.data.Dataset.from_tensor_slices(found).batch(batch_size)

# %% exercise="fuse" answer="wrong" name="drop_remainder" expect="drop_remainder would lose it" of="reference"
# Misconception: a fixed shape needs full batches, and the last rows do not matter.
# - found = ask(service.lookup, ids, dtype=tf.float32, shape=[None, 4])
# + found = ask(service.lookup, ids, dtype=tf.float32, shape=[batch_size, 4])
#
# - return tf.data.Dataset.from_tensor_slices(rows).batch(batch_size).map(features)
# + return tf.data.Dataset.from_tensor_slices(rows).batch(batch_size, drop_remainder=True).map(features)

# %% exercise="fuse" answer="wrong" name="asked_while_building" expect="A dataset asks when it is iterated"
# Misconception: a dataset is a list, so its batches can as well be made at once.
def fuse(rows, service, batch_size):
    parts = []
    for start in range(0, len(rows), batch_size):
        found = np.array(service.lookup(rows[start : start + batch_size]))
        parts.append((found - found.mean(axis=1, keepdims=True)) / found.std(axis=1, keepdims=True))
    return tf.data.Dataset.from_tensor_slices(np.concatenate(parts)).batch(batch_size)

# %% exercise="fuse" answer="wrong" name="lookup_called_while_building" expect="`ask(service.lookup, …)` calls it later" of="reference"
# Misconception: map hands values to its function, so any Python method can be called with them.
# - found = ask(service.lookup, ids, dtype=tf.float32, shape=[None, 4])
# + found = service.lookup(ids)

# %% exercise="fuse" answer="wrong" name="shape_of_one_row" expect="raised Exception: Shape of tensor PyFunc [5,4] is not compatible with expected shape [4]."
# Misconception: the shape to announce is that of one row, in a batch too.
def fuse(rows, service, batch_size):
    def features(ids):
        found = ask(service.lookup, ids, dtype=tf.float32, shape=[4])
        return (found - tf.reduce_mean(found)) / tf.math.reduce_std(found)

    return tf.data.Dataset.from_tensor_slices(rows).batch(batch_size).map(features)

# %% exercise="fuse" answer="right" name="vectorized_map"
# tf.vectorized_map turns the function of one row into one of a batch.
def fuse(rows, service, batch_size):
    dataset = tf.data.Dataset.from_tensor_slices(rows).batch(batch_size)
    dataset = dataset.map(lambda ids: ask(service.lookup, ids, dtype=tf.float32, shape=[None, 4]))
    return dataset.map(lambda found: tf.vectorized_map(scale, found))

# %% exercise="fuse" answer="right" name="moments_and_transpose"
# The service by batches, the arithmetic by tf.nn.moments on the transposed batch; batches by window.
def fuse(rows, service, batch_size):
    windows = tf.data.Dataset.from_tensor_slices(np.asarray(rows)).window(batch_size)
    ids = windows.flat_map(lambda window: window.batch(batch_size))

    def features(batch):
        columns = tf.transpose(ask(service.lookup, batch, dtype=tf.float32, shape=(None, 4)))
        mean, variance = tf.nn.moments(columns, axes=[0])
        return tf.transpose((columns - mean) * tf.math.rsqrt(variance))

    return ids.map(features, num_parallel_calls=2, deterministic=True).prefetch(1)

# %% exercise="fuse" answer="right" name="numpy_inside_a_generator"
# A generator over slices, all arithmetic in NumPy.
def fuse(rows, service, batch_size):
    def produce():
        for start in range(0, len(rows), batch_size):
            found = np.array(service.lookup(np.asarray(rows[start : start + batch_size])), dtype=np.float32)
            found -= found.mean(axis=1, keepdims=True)
            yield found / np.sqrt((found**2).mean(axis=1, keepdims=True))

    return tf.data.Dataset.from_generator(produce, output_signature=tf.TensorSpec([None, 4], tf.float32))

# %% [markdown]
# ## diagnose_pipeline

# %% exercise="diagnose_pipeline" answer="wrong" name="two_lanes_are_few" expect="Two lanes are several: a step that two readers share" of="reference"
# Misconception: only a step with four lanes is parallel already.
# - one_lane = work["lane"].max() == 0
# + one_lane = work["lane"].max() < 3

# %% exercise="diagnose_pipeline" answer="wrong" name="since_training_began" expect="The epoch begins with the first read" of="reference"
# Misconception: an epoch begins when training does.
# - return "nothing" if shares["prefetch"] > 0.9 else max(shares, key=shares.get)
# + train = timeline[timeline["step"] == "train"]
# + busy = (train["end"] - train["start"]).sum() / (train["end"].max() - train["start"].min())
# + return "nothing" if busy > 0.9 else max(shares, key=shares.get)

# %% exercise="diagnose_pipeline" answer="wrong" name="busy_enough" expect="is not busy enough" of="reference" breaks="the trainer trains more than 90 %"
# Misconception: a trainer that is mostly at work has nothing to gain.
# - return "nothing" if shares["prefetch"] > 0.9 else max(shares, key=shares.get)
# + return "nothing" if shares["prefetch"] > 0.8 else max(shares, key=shares.get)

# %% exercise="diagnose_pipeline" answer="same" name="names_in_another_order" of="reference"
# Same: which of two names comes first in `isin` makes no difference.
# - shares = {"prefetch": share("train"), "parallel reads": share("open", "read"), "parallel transforms": share("transform")}
# + shares = {"prefetch": share("train"), "parallel reads": share("read", "open"), "parallel transforms": share("transform")}

# %% exercise="diagnose_pipeline" answer="same" name="ninety_percent_itself" of="reference"
# Same: no measured epoch has a trainer that trains exactly 90 % of it.
# - return "nothing" if shares["prefetch"] > 0.9 else max(shares, key=shares.get)
# + return "nothing" if shares["prefetch"] >= 0.9 else max(shares, key=shares.get)

# %% exercise="diagnose_pipeline" answer="wrong" name="waiting_means_prefetch" expect="a prefetch cannot make the pipeline faster than its slowest step"
# Misconception: whoever waits needs a prefetch, unless reading is the longest by far.
def diagnose_pipeline(timeline):
    seconds = (timeline["end"] - timeline["start"]).groupby(timeline["step"]).sum()
    total = timeline["end"].max()
    if seconds["train"] > 0.9 * total:
        return "nothing"
    if seconds["train"] < 0.1 * total:
        return "parallel reads" if seconds["read"] > seconds["transform"] else "parallel transforms"
    return "prefetch"

# %% exercise="diagnose_pipeline" answer="wrong" name="always_prescribes" expect="it hardly waits for anybody"
# Misconception: every pipeline has a bottleneck that is worth mending.
def diagnose_pipeline(timeline):
    seconds = (timeline["end"] - timeline["start"]).groupby(timeline["step"]).sum()
    work = {
        "parallel reads": seconds["open"] + seconds["read"],
        "parallel transforms": seconds["transform"],
        "prefetch": seconds["train"],
    }
    return max(work, key=work.get)

# %% exercise="diagnose_pipeline" answer="wrong" name="seconds_of_work" expect="four lanes share them already" of="always_prescribes"
# Misconception: the step with the most seconds of work is the bottleneck, in however many lanes.
#   seconds = (timeline["end"] - timeline["start"]).groupby(timeline["step"]).sum()
# + if seconds["train"] > 0.9 * timeline["end"].max():
# +     return "nothing"
#   work = {

# %% exercise="diagnose_pipeline" answer="wrong" name="longest_piece" expect="Trainer and pipeline take turns"
# Misconception: the longest single piece of the pipeline is the bottleneck.
def diagnose_pipeline(timeline):
    if (timeline["end"] - timeline["start"])[timeline["step"] == "train"].sum() > 0.9 * timeline["end"].max():
        return "nothing"
    longest = (timeline["end"] - timeline["start"]).groupby(timeline["step"]).max()
    longest = longest.drop("train")
    return {"open": "parallel reads", "read": "parallel reads"}.get(longest.idxmax(), "parallel transforms")

# %% exercise="diagnose_pipeline" answer="wrong" name="longest_typical_piece" expect="many short ones that add up"
# Misconception: a step of long pieces, such as opening, is the bottleneck; how many there are does not matter.
def diagnose_pipeline(timeline):
    seconds = (timeline["end"] - timeline["start"]).groupby(timeline["step"])
    training = seconds.sum()["train"] / timeline["end"].max()
    if training > 0.9:
        return "nothing"
    if training > 0.4:
        return "prefetch"
    lanes = timeline["lane"].groupby(timeline["step"]).max()
    if seconds.max()["open"] > 4 * seconds.mean()["transform"] and lanes["open"] == 0:
        return "parallel reads"
    return "parallel transforms"

# %% exercise="diagnose_pipeline" answer="wrong" name="busiest_although_parallel" expect="four lanes share them already"
# Misconception: the step that is busy longest must be made parallel, although it is.
def diagnose_pipeline(timeline):
    moments = np.linspace(0, timeline["end"].max(), 2000)[:, None]

    def busy(*steps):
        work = timeline[timeline["step"].isin(steps)]
        return ((work["start"].to_numpy() <= moments) & (moments < work["end"].to_numpy())).any(axis=1).mean()

    shares = {"prefetch": busy("train"), "parallel reads": busy("open", "read"), "parallel transforms": busy("transform")}
    return "nothing" if shares["prefetch"] > 0.9 else max(shares, key=shares.get)

# %% exercise="diagnose_pipeline" answer="wrong" name="only_reading_has_lanes" expect="but in four lanes already" of="busiest_although_parallel"
# Misconception: the busiest step is widened, unless it is reading, which can be seen to be parallel.
# - shares = {"prefetch": busy("train"), "parallel reads": busy("open", "read"), "parallel transforms": busy("transform")}
# + shares = {"prefetch": busy("train"), "parallel transforms": busy("transform")}
# + if timeline.loc[timeline["step"] == "read", "lane"].max() == 0:
# +     shares["parallel reads"] = busy("open", "read")

# %% exercise="diagnose_pipeline" answer="wrong" name="opening_is_not_reading" expect="opening a file is reading too"
# Misconception: only reads are reading; opening is a trifle.
def diagnose_pipeline(timeline):
    def share(step):
        work = timeline[timeline["step"] == step]
        return (work["end"] - work["start"]).sum() / timeline["end"].max() if work["lane"].max() == 0 else 0.0

    shares = {"prefetch": share("train"), "parallel reads": share("read"), "parallel transforms": share("transform")}
    return "nothing" if shares["prefetch"] > 0.9 else max(shares, key=shares.get)

# %% exercise="diagnose_pipeline" answer="wrong" name="fitted_to_the_examples" expect="On unseen timelines"
# Misconception: eight examples are the rule; their lengths tell them apart.
def diagnose_pipeline(timeline):
    known = {len(pictured[name]): name for name in pictured}
    nearest = min(pictured, key=lambda name: abs(timeline["end"].max() - pictured[name]["end"].max()))
    return dict(A="parallel reads", B="prefetch", C="nothing", D="parallel reads", E="parallel transforms", F="parallel transforms", G="prefetch", H="parallel reads")[nearest]

# %% exercise="diagnose_pipeline" answer="right" name="what_if"
# Estimates the epoch after each change: as long as its busiest thread.
def diagnose_pipeline(timeline):
    seconds = (timeline["end"] - timeline["start"]).groupby(timeline["step"]).sum()
    lanes = timeline["lane"].groupby(timeline["step"]).max() + 1
    r, m, g = seconds.get("open", 0) + seconds["read"], seconds["transform"], seconds["train"]
    if g > 0.9 * timeline["end"].max():
        return "nothing"
    train = timeline[timeline["step"] == "train"]
    others = timeline[timeline["step"] == "transform"]
    during = sum(((others["start"] > a) & (others["end"] < b)).any() for a, b in zip(train["start"], train["end"]))

    def epoch_of(reading, transforming, ahead):
        if transforming > 1:
            return max(r / reading, m / transforming, g) + (0 if ahead else 0.6 * min(m / transforming, g))
        if reading > 1:
            return max(r / reading, m, g) if ahead else max(r / reading, m + g)
        return max(r + m, g) if ahead else r + m + g

    n, k, ahead = max(lanes["read"], lanes.get("open", 1)), lanes["transform"], during > len(train) / 2
    options = {"prefetch": epoch_of(n, k, True), "parallel reads": epoch_of(4, k, ahead), "parallel transforms": epoch_of(n, 4, ahead)}
    if n > 1:
        del options["parallel reads"]
    if k > 1:
        del options["parallel transforms"]
    return min(options, key=options.get)

# %% exercise="diagnose_pipeline" answer="right" name="sampled_moments"
# At 5,000 moments: who is at work? Steps of several lanes are out.
def diagnose_pipeline(timeline):
    at = np.linspace(0, timeline["end"].max(), 5000)
    busy, wide = {}, {}
    for name, group in timeline.assign(step=timeline["step"].replace({"open": "read"})).groupby("step"):
        started = np.searchsorted(np.sort(group["start"]), at, side="right")
        ended = np.searchsorted(np.sort(group["end"]), at, side="right")
        busy[name], wide[name] = np.mean(started > ended), (started - ended).max() > 1
    if busy["train"] > 0.9:
        return "nothing"
    step = max((s for s in busy if not wide[s]), key=busy.get)
    return {"train": "prefetch", "read": "parallel reads", "transform": "parallel transforms"}[step]
