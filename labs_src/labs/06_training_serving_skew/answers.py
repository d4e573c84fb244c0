# ---
# jupyter:
#   jupytext:
#     text_representation: {format_name: percent}
# ---

# %% [markdown]
# # Answers to 06 · Training–serving skew
#
# Each cell is the whole source of one exercise. Wrong answers are misconceptions: `expect` is a part of the message
# that a learner who holds it must read. Right answers reach the contract in another way than the reference.

# %% [markdown]
# ## skew_report

# %% exercise="skew_report" answer="wrong" name="joined_by_position" expect="are rows joined by flight id, or by position?" breaks="in another order of rows"
# Misconception: both tables hold the same flights, so their rows correspond.
def skew_report(training, recomputed, log, predict_minutes):
    features = list(recomputed.columns)
    again = recomputed.iloc[: len(log)].reset_index(drop=True)
    served = log.reset_index(drop=True)
    differs = {}
    for name in features:
        a, b = again[name], served[name]
        same = (a - b).abs() <= 1e-6 if a.dtype.kind == "f" else a == b
        differs[name] = float(1 - (same | (a.isna() & b.isna())).mean())

    def mae(table, delay):
        return float(np.abs(predict_minutes(table[features]) - delay).mean())

    c = served["control"].to_numpy(dtype=bool)
    e0, e1 = mae(training, training["delay"]), mae(again[c], served.loc[c, "delay"])
    e2, e3 = mae(served[c], served.loc[c, "delay"]), mae(served, served["delay"])
    return {"differs": differs, "cost": {"data": e1 - e0, "pipelines": e2 - e1, "feedback": e3 - e2}}

# %% exercise="skew_report" answer="wrong" name="missing_is_unequal_to_missing" expect="missing on both sides is the same"
# Misconception: != finds all differences (NaN is unequal to itself).
def skew_report(training, recomputed, log, predict_minutes):
    features = list(recomputed.columns)
    again = recomputed.loc[log.index]

    def another(name):
        if again[name].dtype.kind == "f":
            return ~((again[name] - log[name]).abs() <= 1e-6)
        return again[name] != log[name]

    def mae(table, delay):
        return float(np.abs(predict_minutes(table[features]) - delay).mean())

    c = log["control"]
    e0, e1 = mae(training, training["delay"]), mae(again[c], log["delay"][c])
    e2, e3 = mae(log[c], log["delay"][c]), mae(log, log["delay"])
    cost = {"data": e1 - e0, "pipelines": e2 - e1, "feedback": e3 - e2}
    return {"differs": {name: float(another(name).mean()) for name in features}, "cost": cost}

# %% exercise="skew_report" answer="wrong" name="missing_rows_are_dropped" expect="Missing on one side only is a difference" of="missing_is_unequal_to_missing"
# Misconception: a difference is large where it is larger than the tolerance (NaN is larger than nothing).
# - return ~((again[name] - log[name]).abs() <= 1e-6)
# + return (again[name] - log[name]).abs() > 1e-6

# %% exercise="skew_report" answer="wrong" name="equal_to_the_last_bit" expect="Numbers are the same up to 1e-6."
# Misconception: a logged float is the same float again.
def skew_report(training, recomputed, log, predict_minutes):
    features = list(recomputed.columns)
    again = recomputed.loc[log.index]
    differs = {name: float(((again[name] != log[name]) & ~(again[name].isna() & log[name].isna())).mean()) for name in features}

    def mae(table, delay):
        return float(np.abs(predict_minutes(table[features]) - delay).mean())

    c = log["control"]
    e0, e1 = mae(training, training["delay"]), mae(again[c], log["delay"][c])
    e2, e3 = mae(log[c], log["delay"][c]), mae(log, log["delay"])
    return {"differs": differs, "cost": {"data": e1 - e0, "pipelines": e2 - e1, "feedback": e3 - e2}}

# %% exercise="skew_report" answer="wrong" name="labels_after_acting" expect="includes flights that agents acted on" breaks="agents may have acted on"
# Misconception: an observed label is the truth, whoever acted before it came.
def skew_report(training, recomputed, log, predict_minutes):
    features = list(recomputed.columns)
    again = recomputed.loc[log.index]
    differs = {}
    for name in features:
        a, b = again[name], log[name]
        same = (a - b).abs() <= 1e-6 if a.dtype.kind == "f" else a == b
        differs[name] = float(1 - (same | (a.isna() & b.isna())).mean())

    def mae(table, delay):
        return float(np.abs(predict_minutes(table[features]) - delay).mean())

    offline = mae(training, training["delay"])
    changed, online = mae(again, log["delay"]), mae(log, log["delay"])
    return {"differs": differs, "cost": {"data": changed - offline, "pipelines": online - changed, "feedback": 0.0}}

# %% exercise="skew_report" answer="wrong" name="distance_of_predictions" expect="is how far the two predictions are apart" of="labels_after_acting"
# Misconception: a prediction that moves costs as many minutes as it moves.
# - offline = mae(training, training["delay"])
# - changed, online = mae(again, log["delay"]), mae(log, log["delay"])
# - return {"differs": differs, "cost": {"data": changed - offline, "pipelines": online - changed, "feedback": 0.0}}
# + c = log["control"]
# + e0, e1 = mae(training, training["delay"]), mae(again[c], log["delay"][c])
# + moved = float(np.abs(predict_minutes(again[c][features]) - predict_minutes(log[c][features])).mean())
# + return {"differs": differs, "cost": {"data": e1 - e0, "pipelines": moved, "feedback": mae(log, log["delay"]) - e1 - moved}}

# %% exercise="skew_report" answer="wrong" name="costs_cannot_be_negative" expect="yours +0.5. Costs are signed" of="distance_of_predictions"
# Misconception: a fault always costs something.
# - moved = float(np.abs(predict_minutes(again[c][features]) - predict_minutes(log[c][features])).mean())
# - return {"differs": differs, "cost": {"data": e1 - e0, "pipelines": moved, "feedback": mae(log, log["delay"]) - e1 - moved}}
# + e2, e3 = mae(log[c], log["delay"][c]), mae(log, log["delay"])
# + return {"differs": differs, "cost": {"data": e1 - e0, "pipelines": abs(e2 - e1), "feedback": e3 - e2}}

# %% exercise="skew_report" answer="wrong" name="percent" expect="A share lies between 0 and 1" of="costs_cannot_be_negative"
# Misconception: a share is told in percent.
# - differs[name] = float(1 - (same | (a.isna() & b.isna())).mean())
# + differs[name] = 100 * float(1 - (same | (a.isna() & b.isna())).mean())
#
# - return {"differs": differs, "cost": {"data": e1 - e0, "pipelines": abs(e2 - e1), "feedback": e3 - e2}}
# + return {"differs": differs, "cost": {"data": e1 - e0, "pipelines": e2 - e1, "feedback": e3 - e2}}

# %% exercise="skew_report" answer="wrong" name="isclose_as_it_is" expect="np.isclose has rtol=1e-5 unless you say 0" of="percent" breaks="Numbers are the same up to 1e-6"
# Misconception: np.isclose(…, atol=1e-6) is a tolerance of 1e-6.
# - same = (a - b).abs() <= 1e-6 if a.dtype.kind == "f" else a == b
# - differs[name] = 100 * float(1 - (same | (a.isna() & b.isna())).mean())
# + same = pd.Series(np.isclose(a, b, atol=1e-6), a.index) if a.dtype.kind == "f" else a == b
# + differs[name] = float(1 - (same | (a.isna() & b.isna())).mean())

# %% exercise="skew_report" answer="wrong" name="counts_what_was_never_served" expect="and counts the flights that were served" of="isclose_as_it_is" breaks="share of the served flights"
# Misconception: every flight that training can compute belongs into the comparison.
# - a, b = again[name], log[name]
# - same = pd.Series(np.isclose(a, b, atol=1e-6), a.index) if a.dtype.kind == "f" else a == b
# + a, b = recomputed[name], log[name].reindex(recomputed.index)
# + same = (a - b).abs() <= 1e-6 if a.dtype.kind == "f" else a == b

# %% exercise="skew_report" answer="wrong" name="numbers_only" expect="differs has the four features" of="isclose_as_it_is" breaks="Which features differ"
# Misconception: only numbers can differ.
# - for name in features:
# + for name in recomputed.select_dtypes("number"):
#
# - same = pd.Series(np.isclose(a, b, atol=1e-6), a.index) if a.dtype.kind == "f" else a == b
# + same = (a - b).abs() <= 1e-6

# %% exercise="skew_report" answer="wrong" name="offline_is_forgotten" expect="minus the error on flights held out" of="costs_cannot_be_negative"
# Misconception: the error on new flights is the cost of new flights.
# - return {"differs": differs, "cost": {"data": e1 - e0, "pipelines": abs(e2 - e1), "feedback": e3 - e2}}
# + return {"differs": differs, "cost": {"data": e1, "pipelines": e2 - e1, "feedback": e3 - e2}}

# %% exercise="skew_report" answer="wrong" name="feedback_between_groups" expect="compares the flights outside of the control group with those in it" of="costs_cannot_be_negative" breaks="the three add up to"
# Misconception: feedback is the difference between who was acted on and who was not.
# - return {"differs": differs, "cost": {"data": e1 - e0, "pipelines": abs(e2 - e1), "feedback": e3 - e2}}
# + return {"differs": differs, "cost": {"data": e1 - e0, "pipelines": e2 - e1, "feedback": mae(log[~c], log["delay"][~c]) - e2}}

# %% exercise="skew_report" answer="wrong" name="errors_that_cancel" expect="is the mean of signed errors" of="costs_cannot_be_negative"
# Misconception: an error is prediction minus truth, and the mean error is its mean.
# - return float(np.abs(predict_minutes(table[features]) - delay).mean())
# + return float((predict_minutes(table[features]) - delay).mean())
#
# - return {"differs": differs, "cost": {"data": e1 - e0, "pipelines": abs(e2 - e1), "feedback": e3 - e2}}
# + return {"differs": differs, "cost": {"data": e1 - e0, "pipelines": e2 - e1, "feedback": e3 - e2}}

# %% exercise="skew_report" answer="wrong" name="label_among_the_features" expect="hands the label or the control group to the model" of="reference" breaks="and of nothing else"
# Misconception: a model takes what it needs from the table that it gets.
# - return float(np.mean(np.abs(predict_minutes(table[columns]) - delay)))
# + return float(np.mean(np.abs(predict_minutes(table) - delay)))

# %% exercise="skew_report" answer="wrong" name="a_tuple" expect="but yours is of type tuple" of="reference" breaks="Returns a dict"
# Misconception: two results are returned as a pair.
# - return {"differs": differs, "cost": cost}
# + return differs, cost

# %% exercise="skew_report" answer="wrong" name="medians" expect="The median of all errors as served" of="reference"
# Misconception: a median is the more robust mean, and says the same.
# - return float(np.mean(np.abs(predict_minutes(table[columns]) - delay)))
# + return float(np.median(np.abs(predict_minutes(table[columns]) - delay)))

# %% exercise="skew_report" answer="wrong" name="root_mean_square" expect="root mean squares" of="reference"
# Misconception: the error of a regression is its RMSE.
# - return float(np.mean(np.abs(predict_minutes(table[columns]) - delay)))
# + return float(np.sqrt(np.mean((predict_minutes(table[columns]) - delay) ** 2)))

# %% exercise="skew_report" answer="wrong" name="backwards" expect="subtracted the wrong way round" of="reference"
# Misconception: a cost is what was there before minus what is left.
# - cost = {"data": changed - offline, "pipelines": served - changed, "feedback": online - served}
# + cost = {"data": offline - changed, "pipelines": changed - served, "feedback": served - online}

# %% exercise="skew_report" answer="wrong" name="zero_for_missing" expect="or filling it with 0" of="reference"
# Misconception: before numbers are compared, gaps are filled.
# - same = (ours - theirs).abs() <= 1e-6
# + same = (ours.fillna(0) - theirs.fillna(0)).abs() <= 1e-6

# %% exercise="skew_report" answer="wrong" name="filled_by_the_service_only" expect="on whichever side" of="reference"
# Misconception: only the service fills gaps; training has them all.
# - differs[name] = float(1 - (same | (ours.isna() & theirs.isna())).mean())
# + differs[name] = float(1 - (same | theirs.isna()).mean())

# %% exercise="skew_report" answer="same" name="turned_round" of="reference"
# Same: a difference is one in both directions.
# - ours, theirs = again[name], log[name]
# + ours, theirs = log[name], again[name]

# %% exercise="skew_report" answer="nothing"
# Nothing breaks: "training: DataFrame of flights held out from training" it says what the function gets, not what it does.

# %% exercise="skew_report" answer="right" name="arrays_and_masks"
def skew_report(training, recomputed, log, predict_minutes):
    names = [name for name in log.columns if name not in ("control", "delay")]
    place = recomputed.index.get_indexer(log.index)
    again = recomputed.iloc[place]

    def another(x, y):
        try:
            return ~np.isclose(np.asarray(x, float), np.asarray(y, float), rtol=0, atol=1e-6, equal_nan=True)
        except ValueError:
            return np.array([a != b and not (pd.isna(a) and pd.isna(b)) for a, b in zip(x, y)])

    truth, alone = log["delay"].to_numpy(), log["control"].to_numpy() == 1
    wrong = np.abs(predict_minutes(log[names]) - truth)
    wrong_again = np.abs(predict_minutes(again[names]) - truth)
    before = np.abs(predict_minutes(training[names]) - training["delay"].to_numpy()).mean()
    steps_ = [before, wrong_again[alone].mean(), wrong[alone].mean(), wrong.mean()]
    costs = dict(zip(("data", "pipelines", "feedback"), map(float, np.diff(steps_))))
    return {"differs": {n: float(np.mean(another(again[n], log[n]))) for n in names}, "cost": costs}

# %% exercise="skew_report" answer="right" name="flight_by_flight"
# Plain Python over dictionaries of rows.
def skew_report(training, recomputed, log, predict_minutes):
    ours, served = recomputed.to_dict("index"), log.to_dict("index")
    names = [str(name) for name in recomputed]

    def unlike(a, b):
        if a is None or a != a or b is None or b != b:
            return not ((a is None or a != a) and (b is None or b != b))
        return a != b if isinstance(a, str) else abs(a - b) > 1e-6

    def mean(numbers):
        numbers = list(numbers)
        return sum(numbers) / len(numbers)

    def errors(table, rows, truth):
        said = predict_minutes(table.loc[rows, names])
        return mean(abs(float(s) - truth[row]) for s, row in zip(said, rows))

    delay = log["delay"].to_dict()
    every, group = list(log.index), [row for row in log.index if served[row]["control"]]
    e = [errors(training, list(training.index), training["delay"].to_dict()), errors(recomputed, group, delay)]
    e += [errors(log, group, delay), errors(log, every, delay)]
    shares = {name: mean(unlike(ours[row][name], served[row][name]) for row in every) for name in names}
    return {"differs": shares, "cost": {"data": e[1] - e[0], "pipelines": e[2] - e[1], "feedback": e[3] - e[2]}}

# %% exercise="skew_report" answer="right" name="merge"
def skew_report(training, recomputed, log, predict_minutes):
    both = log.merge(recomputed, left_index=True, right_index=True, suffixes=("", "_again"))
    names = recomputed.columns.tolist()

    def differ(row, name):
        served, again = row[name], row[f"{name}_again"]
        if pd.isna(served) or pd.isna(again):
            return pd.isna(served) != pd.isna(again)
        return served != again if isinstance(served, str) else abs(served - again) > 1e-6

    def mae(rows, suffix=""):
        table = rows[[f"{n}{suffix}" for n in names]].set_axis(names, axis=1)
        return float((predict_minutes(table) - rows["delay"]).abs().mean())

    control = both.query("control")
    shares = {n: float(both.apply(differ, axis=1, name=n).mean()) for n in names}
    return {
        "differs": shares,
        "cost": {"data": mae(control, "_again") - mae(training), "pipelines": mae(control) - mae(control, "_again"), "feedback": mae(both) - mae(control)},
    }

# %% [markdown]
# ## find_difference

# %% exercise="find_difference" answer="wrong" name="floats_compared_exactly" expect="Are floats compared with ==, without a tolerance?"
# Misconception: two ways to add the same numbers give the same float.
def find_difference(train_fn, serve_fn, space):
    from hypothesis import find, settings
    from hypothesis.errors import NoSuchExample

    def outcome(f, row):
        try:
            return f(row)
        except Exception:
            return None

    def differs(row):
        a, b = outcome(train_fn, row), outcome(serve_fn, row)
        return a != b and not (a is not None and b is not None and np.isnan(a) and np.isnan(b))

    try:
        return find(strategy_of(space), differs, settings=settings(max_examples=200, database=None, derandomize=True, deadline=None))
    except NoSuchExample:
        return None

# %% exercise="find_difference" answer="wrong" name="nan_is_a_difference" expect="NaN is unequal to itself" of="floats_compared_exactly"
# Misconception: isclose covers everything (NaN is close to nothing).
# - return f(row)
# + return float(f(row))
#
# - return a != b and not (a is not None and b is not None and np.isnan(a) and np.isnan(b))
# + if a is None or b is None:
# +     return (a is None) != (b is None)
# + return not np.isclose(a, b, rtol=1e-9, atol=1e-9)

# %% exercise="find_difference" answer="wrong" name="compares_means" expect="Differences of both signs cancel in a mean." breaks="A row on which two functions disagree"
# Misconception: two features with the same average over ordinary flights are the same feature.
def find_difference(train_fn, serve_fn, space):
    import random

    def draw(spec, r):
        kind, *rest = spec
        if kind == "int":
            return r.randint(max(rest[0], 0), rest[1])
        if kind == "float":
            return r.uniform(*rest)
        if kind == "choice":
            return r.choice(rest[0])
        if kind == "list":
            return [r.randint(rest[0], rest[1]) for _ in range(r.randint(max(rest[2], 1), rest[3]))]
        return draw(rest[0], r)

    r = random.Random(0)
    rows = [{name: draw(spec, r) for name, spec in space.items()} for _ in range(300)]
    a, b = np.mean([train_fn(row) for row in rows]), np.mean([serve_fn(row) for row in rows])
    return None if np.isclose(a, b, rtol=1e-3) else rows[0]

# %% exercise="find_difference" answer="wrong" name="only_complete_rows" expect="a row that may miss a value must be tried too" breaks="which values can occur"
# Misconception: missing values are somebody else's problem; compare on clean rows.
def find_difference(train_fn, serve_fn, space):
    from hypothesis import find, settings
    from hypothesis.errors import NoSuchExample

    def differs(row):
        if any(x is None for x in row.values()):
            return False
        try:
            a = float(train_fn(row))
        except Exception:
            a = None
        try:
            b = float(serve_fn(row))
        except Exception:
            b = None
        if a is None or b is None:
            return (a is None) != (b is None)
        return not np.isclose(a, b, rtol=1e-9, atol=1e-9, equal_nan=True)

    try:
        return find(strategy_of(space), differs, settings=settings(max_examples=200, database=None, derandomize=True, deadline=None))
    except NoSuchExample:
        return None

# %% exercise="find_difference" answer="wrong" name="crashes_are_skipped" expect="Does an except swallow it?" breaks="A function that raises where"
# Misconception: a row on which a function raises is no valid input, so it says nothing.
def find_difference(train_fn, serve_fn, space):
    from hypothesis import find, settings
    from hypothesis.errors import NoSuchExample

    def differs(row):
        try:
            return not np.isclose(train_fn(row), serve_fn(row), rtol=1e-9, atol=1e-9, equal_nan=True)
        except Exception:
            return False

    try:
        return find(strategy_of(space), differs, settings=settings(max_examples=200, database=None, derandomize=True, deadline=None))
    except NoSuchExample:
        return None

# %% exercise="find_difference" answer="wrong" name="first_that_comes" expect="of the rows that differ, report a simple one" breaks="Simple is"
# Misconception: any counterexample is as good as another.
def find_difference(train_fn, serve_fn, space):
    import random

    r = random.Random(3)

    def draw(spec):
        kind, *rest = spec
        if kind == "int":
            return r.randint(*rest)
        if kind == "float":
            return r.uniform(*rest)
        if kind == "choice":
            return r.choice(rest[0])
        if kind == "list":
            return [r.randint(rest[0], rest[1]) for _ in range(r.randint(rest[2], rest[3]))]
        return draw(rest[0]) if r.random() < 0.5 else None

    def outcome(f, row):
        try:
            return float(f(row))
        except Exception:
            return None

    for _ in range(400):
        row = {name: draw(spec) for name, spec in space.items()}
        if "dep_delay" in row and row["dep_delay"] > -31:
            continue
        a, b = outcome(train_fn, row), outcome(serve_fn, row)
        if (a is None) != (b is None) or (a is not None and b is not None and not np.isclose(a, b, rtol=1e-9, atol=1e-9, equal_nan=True)):
            return row
    return None

# %% exercise="find_difference" answer="wrong" name="nan_agrees_with_everything" expect="NaN against a number is one" of="nan_is_a_difference"
# Misconception: two numbers differ if their distance is larger than the tolerance (with NaN, nothing is larger).
# - return not np.isclose(a, b, rtol=1e-9, atol=1e-9)
# + return abs(a - b) > 1e-9 * max(1, abs(a), abs(b))

# %% exercise="find_difference" answer="wrong" name="isclose_as_it_is" expect="Is your tolerance larger, or a library's default?" of="nan_is_a_difference"
# Misconception: the defaults of np.isclose are as good as any.
# - return not np.isclose(a, b, rtol=1e-9, atol=1e-9)
# + return not np.isclose(a, b, equal_nan=True)

# %% exercise="find_difference" answer="wrong" name="half_a_unit" expect="Is your tolerance larger, or a library's default?" of="nan_is_a_difference"
# Misconception: less than half a minute does not matter to a model.
# - return not np.isclose(a, b, rtol=1e-9, atol=1e-9)
# + return not (a == b or abs(a - b) <= 0.5 or (np.isnan(a) and np.isnan(b)))

# %% exercise="find_difference" answer="wrong" name="two_crashes_differ" expect="If both raise, that is the same." of="nan_is_a_difference"
# Misconception: a row on which anything raises is a finding.
# -     return (a is None) != (b is None)
# - return not np.isclose(a, b, rtol=1e-9, atol=1e-9)
# +     return True
# + return not np.isclose(a, b, rtol=1e-9, atol=1e-9, equal_nan=True)

# %% exercise="find_difference" answer="wrong" name="training_never_raises" expect="Either function may raise." of="nan_is_a_difference"
# Misconception: training code has been tested, only the service can crash.
# - a, b = outcome(train_fn, row), outcome(serve_fn, row)
# + a, b = float(train_fn(row)), outcome(serve_fn, row)
#
# - return not np.isclose(a, b, rtol=1e-9, atol=1e-9)
# + return not np.isclose(a, b, rtol=1e-9, atol=1e-9, equal_nan=True)

# %% exercise="find_difference" answer="wrong" name="absolute_only" expect="Is your tolerance absolute only?" of="nan_is_a_difference"
# Misconception: 1e-9 is small for any number.
# - return not np.isclose(a, b, rtol=1e-9, atol=1e-9)
# + return not np.isclose(a, b, rtol=0, atol=1e-9, equal_nan=True)

# %% exercise="find_difference" answer="wrong" name="relative_only" expect="Is your tolerance relative only?" of="nan_is_a_difference" breaks="Two results are the same"
# Misconception: rounding is always small beside the number itself.
# - return not np.isclose(a, b, rtol=1e-9, atol=1e-9)
# + return not np.isclose(a, b, rtol=1e-9, atol=0, equal_nan=True)

# %% exercise="find_difference" answer="wrong" name="fifty_rows" expect="asked are 200 at least" of="nan_is_a_difference" breaks="Try 200 rows"
# Misconception: fifty rows are a lot.
# - return not np.isclose(a, b, rtol=1e-9, atol=1e-9)
# + return not np.isclose(a, b, rtol=1e-9, atol=1e-9, equal_nan=True)
#
# - return find(strategy_of(space), differs, settings=settings(max_examples=200, database=None, derandomize=True, deadline=None))
# + return find(strategy_of(space), differs, settings=settings(max_examples=50, database=None, derandomize=True, deadline=None))

# %% exercise="find_difference" answer="wrong" name="only_division_by_zero" expect="A function may raise anything" of="reference" breaks="either may raise, whatever"
# Misconception: arithmetic fails in one way.
# - except Exception:
# + except ZeroDivisionError:

# %% exercise="find_difference" answer="wrong" name="errors_of_one_kind" expect="Both raise: that is the same, whatever they raise" of="reference"
# Misconception: two crashes are the same if they have the same name.
# - except Exception:
# -     return None
# + except Exception as error:
# +     return type(error).__name__
#
# - if a is None or b is None:
# -     return (a is None) != (b is None)
# + if isinstance(a, str) or isinstance(b, str):
# +     return a != b

# %% exercise="find_difference" answer="wrong" name="infinite_tolerance" expect="and so a relative tolerance allows anything" of="reference"
# Misconception: a tolerance relative to the larger magnitude needs no special case.
# - return not (math.isclose(a, b, abs_tol=1e-9) or (np.isnan(a) and np.isnan(b)))  # rel_tol is 1e-9
# + return not (a == b or abs(a - b) <= 1e-9 * max(1, abs(a), abs(b)) or (np.isnan(a) and np.isnan(b)))

# %% exercise="find_difference" answer="wrong" name="infinity_differs_from_itself" expect="inf − inf is NaN" of="reference"
# Misconception: what is not finite is NaN or differs.
# - return not (math.isclose(a, b, abs_tol=1e-9) or (np.isnan(a) and np.isnan(b)))  # rel_tol is 1e-9
# + return not (np.isfinite(a - b) and np.isclose(a, b, rtol=1e-9, atol=1e-9) or (np.isnan(a) and np.isnan(b)))

# %% exercise="find_difference" answer="wrong" name="absolute_by_default" expect="Numbers near 0 may be 1e-9 apart" of="reference"
# Misconception: rtol is the tolerance, and what a library takes for atol does no harm.
# - return not (math.isclose(a, b, abs_tol=1e-9) or (np.isnan(a) and np.isnan(b)))  # rel_tol is 1e-9
# + return not (np.isclose(a, b, rtol=1e-9) or (np.isnan(a) and np.isnan(b)))

# %% exercise="find_difference" answer="wrong" name="values_without_names" expect="but yours is of type list" of="reference" breaks="Returns a dict of the fields"
# Misconception: a row is the list of its values.
# - return find(strategy_of(space), differs, settings=repeatable)
# + return list(find(strategy_of(space), differs, settings=repeatable).values())

# %% exercise="find_difference" answer="same" name="turned_round" of="reference"
# Same: to differ is the same in both directions.
# - a, b = outcome(train_fn, row), outcome(serve_fn, row)
# + a, b = outcome(serve_fn, row), outcome(train_fn, row)
#
# - return not (math.isclose(a, b, abs_tol=1e-9) or (np.isnan(a) and np.isnan(b)))  # rel_tol is 1e-9
# + return not (math.isclose(b, a, abs_tol=1e-9) or (np.isnan(a) and np.isnan(b)))  # rel_tol is 1e-9

# %% exercise="find_difference" answer="same" name="settings_of_its_own" of="reference"
# Same: by itself, `find` tries 2,000 rows; the contract asks for 200 at least.
# - return find(strategy_of(space), differs, settings=repeatable)
# + return find(strategy_of(space), differs)

# %% exercise="find_difference" answer="right" name="random_search_keeps_the_simplest"
def find_difference(train_fn, serve_fn, space):
    import math
    import random

    r = random.Random(1)

    def draw(kind, *rest):
        if kind == "int":
            return r.randint(*rest)
        if kind == "float":
            return r.uniform(*rest)
        if kind == "choice":
            return r.choice(rest[0])
        if kind == "maybe":
            return draw(*rest[0]) if r.random() < 0.5 else None
        low, high, shortest, longest = rest
        return [r.randint(low, high) for _ in range(r.randint(shortest, longest))]

    def result(f, row):
        try:
            return float(f(row)), False
        except Exception:
            return 0.0, True

    def unlike(row):
        (a, a_raised), (b, b_raised) = result(train_fn, row), result(serve_fn, row)
        if a_raised or b_raised or math.isnan(a) or math.isnan(b):
            return a_raised != b_raised or math.isnan(a) != math.isnan(b)
        if math.isinf(a) or math.isinf(b):
            return a != b
        return abs(a - b) > max(1e-9, 1e-9 * max(abs(a), abs(b)))

    def size(row):
        return sum(sum(10 + abs(y) / 100 for y in x) if isinstance(x, list) else abs(x) if isinstance(x, (int, float)) else 0 for x in row.values())

    rows = [{name: draw(*spec) for name, spec in space.items()} for _ in range(1000)]
    return next((row for row in sorted(rows, key=size) if unlike(row)), None)

# %% exercise="find_difference" answer="right" name="given_and_an_assertion"
def find_difference(train_fn, serve_fn, space):
    from hypothesis import Phase, given, settings

    last = []

    def outcome(f, row):
        try:
            return ("value", f(row))
        except Exception:
            return ("raised", 0)

    @settings(max_examples=200, database=None, deadline=None, derandomize=True, phases=[Phase.generate, Phase.shrink])
    @given(strategy_of(space))
    def agree(row):
        (how_a, a), (how_b, b) = outcome(train_fn, row), outcome(serve_fn, row)
        if how_a != how_b or not np.allclose(a, b, rtol=1e-9, atol=1e-9, equal_nan=True):
            last.append(row)
            raise AssertionError("they differ")

    try:
        agree()
    except AssertionError:
        return last[-1]
    return None

# %% [markdown]
# ## same_up_to

# %% exercise="same_up_to" answer="wrong" name="equal_bits" expect="Floats of two builds are hardly ever equal to the last bit." breaks="Whether two arrays hold"
# Misconception: the same model gives the same floats.
def same_up_to(a, b, rtol):
    return bool(np.array_equal(a, b, equal_nan=True))


def separating(equivalent, different):
    def distance(a, b):
        return max(float(np.max(np.abs(a - b) / np.maximum(1, np.maximum(np.abs(a), np.abs(b))))), 1e-12)

    low, high = max(distance(*p) for p in equivalent), min(distance(*p) for p in different)
    return float(np.sqrt(low * high)) if low < high else None

# %% exercise="same_up_to" answer="wrong" name="allclose_as_it_is" expect="np.isclose measures by its second argument only." of="equal_bits"
# Misconception: np.allclose treats both arguments alike.
# - return bool(np.array_equal(a, b, equal_nan=True))
# + return bool(a.shape == b.shape and np.allclose(a, b, rtol=rtol, atol=rtol, equal_nan=True))

# %% exercise="same_up_to" answer="wrong" name="mean_difference" expect="The mean difference is tiny; the worst one is not." of="equal_bits" breaks="Every pair of numbers"
# Misconception: on average the same is the same.
# - return bool(np.array_equal(a, b, equal_nan=True))
# + if a.shape != b.shape or not np.array_equal(np.isnan(a), np.isnan(b)):
# +     return False
# + size = np.maximum(1, np.maximum(np.abs(a), np.abs(b)))
# + return bool(np.nanmean(np.abs(a - b) / size) <= rtol)

# %% exercise="same_up_to" answer="wrong" name="none_is_too_far" expect="A comparison with NaN is False, in whichever direction you ask." of="equal_bits" breaks="Missing (NaN) on both sides"
# Misconception: if no difference is too large, all are small (NaN is neither).
# - return bool(np.array_equal(a, b, equal_nan=True))
# + if a.shape != b.shape:
# +     return False
# + with np.errstate(invalid="ignore"):
# +     return not np.any(np.abs(a - b) > rtol * np.maximum(1, np.maximum(np.abs(a), np.abs(b))))

# %% exercise="same_up_to" answer="wrong" name="relative_to_nothing" expect="are both nothing" of="none_is_too_far"
# Misconception: relative is relative, also next to 0.
# -     return not np.any(np.abs(a - b) > rtol * np.maximum(1, np.maximum(np.abs(a), np.abs(b))))
# +     near = np.abs(a - b) <= rtol * np.maximum(np.abs(a), np.abs(b))
# + return bool(np.all(near | (np.isnan(a) & np.isnan(b))))

# %% exercise="same_up_to" answer="wrong" name="broadcast" expect="NumPy compares every number with every other then." of="equal_bits" breaks="nothing is broadcast"
# Misconception: an operation that does not fail has compared what was meant.
# - return bool(np.array_equal(a, b, equal_nan=True))
# + with np.errstate(invalid="ignore"):
# +     near = np.abs(a - b) <= rtol * np.maximum(1, np.maximum(np.abs(a), np.abs(b)))
# + near = np.where(np.isinf(a) | np.isinf(b), a == b, near)
# + return bool(np.all(near | (np.isnan(a) & np.isnan(b))))

# %% exercise="same_up_to" answer="wrong" name="arithmetic_middle" expect="is the arithmetic middle" of="relative_to_nothing" breaks="Returns the geometric mean"
# Misconception: the middle between 0.00001 and 0.1 is 0.05.
# -     near = np.abs(a - b) <= rtol * np.maximum(np.abs(a), np.abs(b))
# +     near = np.abs(a - b) <= rtol * np.maximum(1, np.maximum(np.abs(a), np.abs(b)))
# + near = np.where(np.isinf(a) | np.isinf(b), a == b, near)
#
# - return float(np.sqrt(low * high)) if low < high else None
# + return (low + high) / 2 if low < high else None

# %% exercise="same_up_to" answer="wrong" name="the_most_different_one" expect="The smallest one, 1e-1, must be told apart too." of="arithmetic_middle"
# Misconception: the clearest example of "not the same" sets the scale.
# - low, high = max(distance(*p) for p in equivalent), min(distance(*p) for p in different)
# - return (low + high) / 2 if low < high else None
# + low, high = max(distance(*p) for p in equivalent), max(distance(*p) for p in different)
# + return float(np.sqrt(low * high)) if low < high else None

# %% exercise="same_up_to" answer="wrong" name="absolute_tolerance" expect="rtol is relative: multiply it by the size" of="relative_to_nothing"
# Misconception: a tolerance is a distance.
# -     near = np.abs(a - b) <= rtol * np.maximum(np.abs(a), np.abs(b))
# +     near = np.abs(a - b) <= rtol
# + near = np.where(np.isinf(a) | np.isinf(b), a == b, near)

# %% exercise="same_up_to" answer="wrong" name="strictly_less" expect="d <= rtol, not d < rtol" of="absolute_tolerance"
# Misconception: up to a tolerance means below it.
# - near = np.abs(a - b) <= rtol
# + near = np.abs(a - b) < rtol * np.maximum(1, np.maximum(np.abs(a), np.abs(b)))

# %% exercise="same_up_to" answer="wrong" name="infinity_is_far_from_itself" expect="The same infinities are the same" of="relative_to_nothing"
# Misconception: what is infinite cannot be compared.
# -     near = np.abs(a - b) <= rtol * np.maximum(np.abs(a), np.abs(b))
# +     near = np.abs(a - b) <= rtol * np.maximum(1, np.maximum(np.abs(a), np.abs(b)))
# + near = np.where(np.isinf(a) | np.isinf(b), False, near)

# %% exercise="same_up_to" answer="wrong" name="infinity_is_near_everything" expect="Infinity against 5 is not the same at any rtol" of="infinity_is_far_from_itself"
# Misconception: a tolerance relative to the larger number needs no special case.
# - near = np.where(np.isinf(a) | np.isinf(b), False, near)
# + near = near | (a == b)

# %% exercise="same_up_to" answer="wrong" name="nan_is_never_the_same" expect="Missing on both sides is the same" of="none_is_too_far"
# Misconception: NaN is unequal to itself.
# -     return not np.any(np.abs(a - b) > rtol * np.maximum(1, np.maximum(np.abs(a), np.abs(b))))
# +     near = np.abs(a - b) <= rtol * np.maximum(1, np.maximum(np.abs(a), np.abs(b)))
# + near = np.where(np.isinf(a) | np.isinf(b), a == b, near)
# + return bool(np.all(near))

# %% exercise="same_up_to" answer="wrong" name="no_floor" expect="Equivalents that are equal to the last bit are 1e-12 apart" of="arithmetic_middle" breaks="below 1e-12 it counts"
# Misconception: a distance of 0 is a distance like any other.
# - return max(float(np.max(np.abs(a - b) / np.maximum(1, np.maximum(np.abs(a), np.abs(b))))), 1e-12)
# + return float(np.max(np.abs(a - b) / np.maximum(1, np.maximum(np.abs(a), np.abs(b)))))
#
# - return (low + high) / 2 if low < high else None
# + return float(np.sqrt(low * high)) if low < high else None

# %% exercise="same_up_to" answer="wrong" name="distance_without_size" expect="relative to the larger" of="no_floor"
# Misconception: the distance of two outputs is their largest difference.
# - return float(np.max(np.abs(a - b) / np.maximum(1, np.maximum(np.abs(a), np.abs(b)))))
# + return max(float(np.max(np.abs(a - b))), 1e-12)

# %% exercise="same_up_to" answer="wrong" name="touching_is_separated" expect="Is it < or <=?" of="arithmetic_middle"
# Misconception: where the two sides touch, the point between them is the tolerance.
# - return (low + high) / 2 if low < high else None
# + return float(np.sqrt(low * high)) if low <= high else None

# %% exercise="same_up_to" answer="wrong" name="any_infinity" expect="That both are infinite is not enough" of="reference"
# Misconception: infinite is infinite.
# - return bool(near.all() and np.array_equal(a[~finite], b[~finite], equal_nan=True))
# + alike = (np.isnan(a) & np.isnan(b)) | (np.isinf(a) & np.isinf(b))
# + return bool(near.all() and alike[~finite].all())

# %% exercise="same_up_to" answer="wrong" name="one_answer_per_number" expect="but yours is of type ndarray" of="reference" breaks="Returns a bool"
# Misconception: the comparison of two arrays is an array.
# - return bool(near.all() and np.array_equal(a[~finite], b[~finite], equal_nan=True))
# + return near

# %% exercise="same_up_to" answer="wrong" name="always_a_tolerance" expect="no tolerance separates them" of="reference" breaks="or None if there is none"
# Misconception: between two numbers there is always a middle.
# - return float(np.sqrt(low * high)) if low < high else None
# + return float(np.sqrt(low * high))

# %% exercise="same_up_to" answer="wrong" name="the_last_pair_decides" expect="With other distances" of="reference"
# Misconception: the pairs stand in the order of their distances.
# - low, high = max(distance(*pair) for pair in equivalent), min(distance(*pair) for pair in different)
# + low, high = distance(*equivalent[-1]), distance(*different[0])

# %% exercise="same_up_to" answer="same" name="turned_round" of="reference"
# Same: a distance is the same in both directions.
# - x, y = a[finite], b[finite]
# + x, y = b[finite], a[finite]
#
# - return bool(near.all() and np.array_equal(a[~finite], b[~finite], equal_nan=True))
# + return bool(near.all() and np.array_equal(b[~finite], a[~finite], equal_nan=True))

# %% exercise="same_up_to" answer="nothing"
# Nothing breaks: "a, b: arrays of floats." it says what the function gets, not what it does.
# Nothing breaks: "equivalent, different: lists of pairs" it says what the function gets, not what it does.

# %% exercise="same_up_to" answer="right" name="number_by_number"
def same_up_to(a, b, rtol):
    import math

    def same(x, y):
        if math.isfinite(x) and math.isfinite(y):
            return abs(x - y) <= rtol * max(1.0, abs(x), abs(y))
        return x == y or (math.isnan(x) and math.isnan(y))

    return np.shape(a) == np.shape(b) and all(same(float(x), float(y)) for x, y in zip(np.ravel(a), np.ravel(b)))


def separating(equivalent, different):
    import math

    def orders(pairs):
        return [math.log10(max([1e-12, *(abs(x - y) / max(1.0, abs(x), abs(y)) for x, y in zip(a, b))])) for a, b in pairs]

    low, high = max(orders(equivalent)), min(orders(different))
    return 10 ** ((low + high) / 2) if low < high else None

# %% exercise="same_up_to" answer="right" name="one_distance_for_both"
def _farthest(a, b):
    a, b = np.asarray(a, float), np.asarray(b, float)
    if a.shape != b.shape:
        return np.inf
    with np.errstate(invalid="ignore"):
        d = np.abs(a - b) / np.maximum(1, np.fmax(np.abs(a), np.abs(b)))
    alike = (a == b) | (np.isnan(a) & np.isnan(b))
    d = np.where(alike, 0, np.where(np.isfinite(a) & np.isfinite(b), d, np.inf))
    return float(d.max(initial=0))


def same_up_to(a, b, rtol):
    return _farthest(a, b) <= rtol


def separating(equivalent, different):
    far = [max(_farthest(*p), 1e-12) for p in equivalent]
    near = [max(_farthest(*p), 1e-12) for p in different]
    if max(far) >= min(near):
        return None
    from scipy.stats import gmean

    return float(gmean([max(far), min(near)]))

# %% [markdown]
# ## export

# %% exercise="export" answer="wrong" name="missing_values_pass_through" expect="Missing values are filled inside the model too"
# Misconception: whoever asks fills the gaps.
def export(recipe, network, folder):
    numbers, texts = list(recipe["mean"]), list(recipe["vocabulary"])
    signature = {n: tf.TensorSpec([None], tf.float32) for n in numbers} | {n: tf.TensorSpec([None], tf.string) for n in texts}

    class Module(tf.Module):
        def __init__(self):
            super().__init__()
            self.layers = [(tf.Variable(w), tf.Variable(b)) for w, b in network]

        @tf.function(input_signature=[signature])
        def serve(self, rows):
            parts = []
            for n in numbers:
                x = rows[n]
                x = x + 0.0
                parts.append((x - recipe["mean"][n]) / recipe["sd"][n])
            for n in texts:
                known = tf.constant(recipe["vocabulary"][n])
                hit = rows[n][:, None] == known
                parts += tf.unstack(tf.cast(tf.concat([~tf.reduce_any(hit, 1, keepdims=True), hit], 1), tf.float32), num=len(recipe["vocabulary"][n]) + 1, axis=1)
            features = x = tf.stack(parts, axis=1)
            for i, (w, b) in enumerate(self.layers):
                x = x @ w + b
                x = tf.nn.relu(x) if i + 1 < len(self.layers) else x
            return {"features": features, "delay": x[:, 0]}

    save_servable(Module(), folder)

# %% exercise="export" answer="wrong" name="missing_becomes_zero" expect="it was filled with 0" of="missing_values_pass_through" breaks="what replaces NaN"
# Misconception: 0 is a neutral value before scaling, too.
# - x = x + 0.0
# + x = tf.where(tf.math.is_nan(x), 0.0, x)

# %% exercise="export" answer="wrong" name="filled_after_scaling" expect="it was filled after scaling" of="missing_values_pass_through"
# Misconception: the mean is as good as what training has filled in.
# - x = x + 0.0
# - parts.append((x - recipe["mean"][n]) / recipe["sd"][n])
# + pass
# + parts.append(tf.where(tf.math.is_nan(x), 0.0, (x - recipe["mean"][n]) / recipe["sd"][n]))

# %% exercise="export" answer="wrong" name="scaled_by_the_batch" expect="A row depends on its batch" of="missing_values_pass_through" breaks="depends on that row only"
# Misconception: the batch at hand is a fair sample to scale with.
# - x = x + 0.0
# - parts.append((x - recipe["mean"][n]) / recipe["sd"][n])
# + x = tf.where(tf.math.is_nan(x), recipe["fill"].get(n, 0.0), x)
# + parts.append((x - tf.reduce_mean(x)) / (tf.math.reduce_std(x) + 1e-6))

# %% exercise="export" answer="wrong" name="standard_deviation_as_variance" expect="Normalization takes the variance, and got the standard deviation." of="scaled_by_the_batch"
# Misconception: Normalization(variance=…) wants a spread, whichever.
# - parts.append((x - tf.reduce_mean(x)) / (tf.math.reduce_std(x) + 1e-6))
# + parts.append((x - recipe["mean"][n]) / recipe["sd"][n] ** 0.5)

# %% exercise="export" answer="wrong" name="unknown_is_nothing" expect="Column 0 of a category says: unknown." of="missing_values_pass_through" breaks="one column for unknown values"
# Misconception: a category that training never saw needs no column.
# - x = x + 0.0
# + x = tf.where(tf.math.is_nan(x), recipe["fill"].get(n, 0.0), x)
#
# - parts += tf.unstack(tf.cast(tf.concat([~tf.reduce_any(hit, 1, keepdims=True), hit], 1), tf.float32), num=len(recipe["vocabulary"][n]) + 1, axis=1)
# + parts += [tf.zeros_like(x), *tf.unstack(tf.cast(hit, tf.float32), num=len(recipe["vocabulary"][n]), axis=1)]

# %% exercise="export" answer="wrong" name="vocabulary_sorted_again" expect="the vocabulary's own order, unknown first" of="unknown_is_nothing" breaks="list of known strings"
# Misconception: the order of a vocabulary is alphabetical, by nature.
# - parts += [tf.zeros_like(x), *tf.unstack(tf.cast(hit, tf.float32), num=len(recipe["vocabulary"][n]), axis=1)]
# + hit = rows[n][:, None] == tf.constant(sorted(recipe["vocabulary"][n]))
# + parts += tf.unstack(tf.cast(tf.concat([~tf.reduce_any(hit, 1, keepdims=True), hit], 1), tf.float32), num=len(recipe["vocabulary"][n]) + 1, axis=1)

# %% exercise="export" answer="wrong" name="relu_everywhere" expect="ReLU stands between the layers and not after the last one" of="vocabulary_sorted_again" breaks="ReLU between them, none"
# Misconception: every dense layer ends in its activation.
# - hit = rows[n][:, None] == tf.constant(sorted(recipe["vocabulary"][n]))
#
# - x = tf.nn.relu(x) if i + 1 < len(self.layers) else x
# + x = tf.nn.relu(x)

# %% exercise="export" answer="wrong" name="no_relu" expect="that is the network without ReLU" of="relu_everywhere"
# Misconception: layers are products of matrices, one after the other.
# - x = tf.nn.relu(x)

# %% exercise="export" answer="wrong" name="delay_is_a_column" expect="delay of four rows has the shape (4,)" of="no_relu" breaks="float32 [n]: the network"
# Misconception: what a layer returns is the prediction.
# - return {"features": features, "delay": x[:, 0]}
# +     x = tf.nn.relu(x) if i + 1 < len(self.layers) else x
# + return {"features": features, "delay": x}

# %% exercise="export" answer="wrong" name="features_stay_inside" expect="yours lacks features" of="delay_is_a_column" breaks="It returns a dict"
# Misconception: a service needs the prediction and nothing else.
# - return {"features": features, "delay": x}
# + return {"delay": x[:, 0]}

# %% exercise="export" answer="wrong" name="python_inside" expect="a call back into Python" of="scaled_by_the_batch" breaks="Everything that it needs is inside"
# Misconception: py_function makes Python a part of the graph.
# - parts.append((x - tf.reduce_mean(x)) / (tf.math.reduce_std(x) + 1e-6))
# + scaled = tf.py_function(lambda x, n=n: (x - recipe["mean"][n]) / recipe["sd"][n], [x], tf.float32)
# + parts.append(tf.ensure_shape(scaled, [None]))

# %% exercise="export" answer="wrong" name="layer_made_in_serve" expect="uses a table or variable that is no attribute of the module" of="unknown_is_nothing"
# Misconception: a layer can be made where it is used.
# - known = tf.constant(recipe["vocabulary"][n])
# - hit = rows[n][:, None] == known
# - parts += [tf.zeros_like(x), *tf.unstack(tf.cast(hit, tf.float32), num=len(recipe["vocabulary"][n]), axis=1)]
# + import keras
# +
# + look_up = keras.layers.StringLookup(vocabulary=recipe["vocabulary"][n], output_mode="one_hot")
# + parts += tf.unstack(tf.cast(look_up(rows[n][:, None]), tf.float32), num=len(recipe["vocabulary"][n]) + 1, axis=1)

# %% exercise="export" answer="wrong" name="numpy_inside" expect="its own code fails when it is traced" of="missing_values_pass_through"
# Misconception: NumPy works on tensors.
# - x = x + 0.0
# + x = np.where(np.isnan(x), recipe["fill"].get(n, 0.0), x)

# %% exercise="export" answer="wrong" name="no_input_signature" expect="has no input signature" of="vocabulary_sorted_again" breaks="with an input signature"
# Misconception: TensorFlow finds out by itself what a function takes.
# - @tf.function(input_signature=[signature])
# + @tf.function
#
# - hit = rows[n][:, None] == tf.constant(sorted(recipe["vocabulary"][n]))

# %% exercise="export" answer="wrong" name="plain_python" expect="`serve` is not a tf.function"
# Misconception: NumPy code in a module is exported along with it.
def export(recipe, network, folder):
    class Module(tf.Module):
        def serve(self, rows):
            parts = []
            for n in recipe["mean"]:
                x = np.where(np.isnan(rows[n]), recipe["fill"].get(n, 0.0), rows[n])
                parts.append((x - recipe["mean"][n]) / recipe["sd"][n])
            for n, known in recipe["vocabulary"].items():
                parts += [~np.isin(rows[n], known), *(np.asarray(rows[n]) == k for k in known)]
            features = np.stack(parts, axis=1).astype(np.float32)
            return {"features": features, "delay": minutes(network, features)}

    save_servable(Module(), folder)

# %% exercise="export" answer="wrong" name="returns_the_module" expect="left no saved_model.pb in the folder" of="reference" breaks="Writes the SavedModel"
# Misconception: whoever asks for an export saves it.
# - save_servable(Servable(), folder)
# + return Servable()

# %% exercise="export" answer="wrong" name="numbers_in_the_order_of_fill" expect="The numbers stand in the order of recipe['mean']" of="missing_values_pass_through"
# Misconception: columns that need care come first.
# - numbers, texts = list(recipe["mean"]), list(recipe["vocabulary"])
# + numbers, texts = sorted(recipe["mean"], key=lambda n: n not in recipe["fill"]), list(recipe["vocabulary"])
#
# - x = x + 0.0
# + x = tf.where(tf.math.is_nan(x), recipe["fill"].get(n, 0.0), x)

# %% exercise="export" answer="wrong" name="texts_first" expect="The numbers stand first" of="missing_values_pass_through"
# Misconception: the order of a model's inputs does not matter.
# - x = x + 0.0
# + x = tf.where(tf.math.is_nan(x), recipe["fill"].get(n, 0.0), x)
#
# - features = x = tf.stack(parts, axis=1)
# + features = x = tf.stack(parts[len(numbers):] + parts[:len(numbers)], axis=1)

# %% exercise="export" answer="same" name="without_the_base_class" of="reference"
# Same: a tf.Module keeps track of its attributes without it; to call it is a custom.
# - super().__init__()
# + pass

# %% exercise="export" answer="same" name="never_missing" of="reference"
# Same: a column that "fill" does not name is never missing.
# - full = [tf.where(tf.math.is_nan(rows[name]), recipe["fill"].get(name, 0.0), rows[name]) for name in numbers]
# + full = [tf.where(tf.math.is_nan(rows[name]), recipe["fill"].get(name, 1.0), rows[name]) for name in numbers]

# %% exercise="export" answer="right" name="own_operations" of="vocabulary_sorted_again"
# - hit = rows[n][:, None] == tf.constant(sorted(recipe["vocabulary"][n]))

# %% exercise="export" answer="right" name="keras_model_inside"
def export(recipe, network, folder):
    import keras

    raw = {n: keras.Input((1,), name=n, dtype="float32") for n in recipe["mean"]}
    raw |= {n: keras.Input((1,), name=n, dtype="string") for n in recipe["vocabulary"]}
    parts = []
    for n, mean in recipe["mean"].items():
        x = keras.ops.where(keras.ops.isnan(raw[n]), recipe["fill"].get(n, 0.0), raw[n])
        parts.append((x - mean) / recipe["sd"][n])
    for n, known in recipe["vocabulary"].items():
        parts.append(keras.ops.cast(keras.layers.StringLookup(vocabulary=known, output_mode="one_hot")(raw[n]), "float32"))
    features = x = keras.layers.Concatenate()(parts)
    for i, (weights, bias) in enumerate(network):
        dense = keras.layers.Dense(len(bias), "relu" if i + 1 < len(network) else None)
        x = dense(x)
        dense.set_weights([weights, bias])
    model = keras.Model(raw, {"features": features, "delay": x})
    module = tf.Module()
    module.model = model

    def serve(rows):
        out = model({n: rows[n][:, None] for n in raw})
        return {"features": out["features"], "delay": out["delay"][:, 0]}

    kinds = {n: tf.string if n in recipe["vocabulary"] else tf.float32 for n in raw}
    module.serve = tf.function(serve, input_signature=[{n: tf.TensorSpec([None], kind) for n, kind in kinds.items()}])
    save_servable(module, folder)

# %% exercise="export" answer="right" name="lookup_table_of_tensorflow"
class _Served(tf.Module):
    def __init__(self, recipe, network):
        super().__init__()
        self.recipe_ = recipe
        self.mean, self.sd = (tf.Variable(np.array(list(recipe[k].values()), np.float32)) for k in ("mean", "sd"))
        self.w, self.b = [tf.Variable(w) for w, _ in network], [tf.Variable(b) for _, b in network]
        self.tables = [
            tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(list(v), list(range(1, len(v) + 1))), 0)
            for v in recipe["vocabulary"].values()
        ]

    def answer(self, rows):
        names, words = self.recipe_["mean"], self.recipe_["vocabulary"]
        table = tf.stack([rows[n] for n in names], axis=1)
        fills = tf.constant([self.recipe_["fill"].get(n, 0.0) for n in names])
        scaled = (tf.where(tf.math.is_nan(table), fills, table) - self.mean) / self.sd
        hot = [tf.one_hot(t.lookup(rows[n]), len(v) + 1) for t, (n, v) in zip(self.tables, words.items())]
        first = tf.concat([scaled, *hot], axis=1)
        x = first
        for w, b in zip(self.w[:-1], self.b[:-1]):
            x = tf.maximum(tf.matmul(x, w) + b, 0.0)
        return {"features": first, "delay": tf.squeeze(tf.matmul(x, self.w[-1]) + self.b[-1], axis=1)}


def export(recipe, network, folder):
    module = _Served(recipe, network)
    inputs = {n: tf.TensorSpec([None], tf.float32) for n in recipe["mean"]}
    inputs.update({n: tf.TensorSpec([None], tf.string) for n in recipe["vocabulary"]})
    module.serve = tf.function(module.answer, input_signature=[inputs])
    save_servable(module, folder)
