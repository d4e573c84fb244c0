# %% [markdown]
# # Answers to 00 · Start here
#
# Each cell is the whole source of the exercise's cell. Wrong answers are misconceptions: `expect` is a part of the
# message that a learner who holds it must read. Right answers reach the contract in another way than the reference.

# %% exercise="late_share" answer="wrong" name="missing_is_on_time" expect="NaN >= 15 is False, so the flight that never arrived counts as on time"
# Misconception: a comparison with NaN takes care of itself.
def late_share(table, minutes=15):
    return (table["arr_delay"] >= minutes).groupby(table["month"]).mean()

# %% exercise="late_share" answer="wrong" name="missing_is_zero" expect="NaN >= 15 is False, so the flight that never arrived counts as on time"
# Misconception: a missing delay is no delay, so fillna(0) does no harm.
def late_share(table, minutes=15):
    filled = table.fillna({"arr_delay": 0})
    return filled.groupby("month")["arr_delay"].apply(lambda delay: (delay >= minutes).mean())

# %% exercise="late_share" answer="wrong" name="not_on_time_is_late" expect="NaN < 15 is False too, so the flight that never arrived counts as late"
# Misconception: what is not on time is late; with NaN neither is True.
def late_share(table, minutes=15):
    on_time = table["arr_delay"] < minutes
    return 1 - on_time.groupby(table["month"]).mean()

# %% exercise="late_share" answer="wrong" name="more_than" expect="A flight that is exactly 15 minutes late is late"
# Misconception: late means later than the limit.
def late_share(table, minutes=15):
    arrived = table.dropna(subset=["arr_delay"])
    return (arrived["arr_delay"] > minutes).groupby(arrived["month"]).mean()

# %% exercise="late_share" answer="wrong" name="late_at_departure" expect="the label is arr_delay"
# Misconception: a flight that leaves late arrives late.
def late_share(table, minutes=15):
    left = table.dropna(subset=["dep_delay"])
    return (left["dep_delay"] >= minutes).groupby(left["month"]).mean()

# %% exercise="late_share" answer="wrong" name="early_is_late_too" expect="early is not late"
# Misconception: off schedule by 15 minutes in either direction.
def late_share(table, minutes=15):
    arrived = table.dropna(subset=["arr_delay"])
    return (arrived["arr_delay"].abs() >= minutes).groupby(arrived["month"]).mean()

# %% exercise="late_share" answer="wrong" name="share_of_all_late_flights" expect="Each month's share is of its own flights, not of all late ones."
# Misconception: the share is of all late flights of the year; such shares add up to 1.
def late_share(table, minutes=15):
    late = table[table["arr_delay"] >= minutes]
    months = sorted(table["month"].unique())
    return late["month"].value_counts(normalize=True).reindex(months, fill_value=0.0)

# %% exercise="late_share" answer="wrong" name="counts" expect="it is no count and no percentage"
# Misconception: many flights, many late ones; the number of flights does not matter.
def late_share(table, minutes=15):
    arrived = table.dropna(subset=["arr_delay"])
    return (arrived["arr_delay"] >= minutes).groupby(arrived["month"]).sum()

# %% exercise="late_share" answer="wrong" name="per_cent" expect="it is no count and no percentage"
# Misconception: a share is given in per cent.
def late_share(table, minutes=15):
    arrived = table.dropna(subset=["arr_delay"])
    return 100 * (arrived["arr_delay"] >= minutes).groupby(arrived["month"]).mean()

# %% exercise="late_share" answer="wrong" name="the_table_of_the_notebook" expect="Use the table that you are given"
# Misconception: the variable that happens to be in the notebook is the argument.
def late_share(table, minutes=15):
    arrived = year.dropna(subset=["arr_delay"])
    return (arrived["arr_delay"] >= minutes).groupby(arrived["month"]).mean()

# %% exercise="late_share" answer="wrong" name="dropped_in_place" expect="Your function changed the table that it was given"
# Misconception: inplace=True changes a copy, or concerns nobody else.
def late_share(table, minutes=15):
    table.dropna(subset=["arr_delay"], inplace=True)
    return (table["arr_delay"] >= minutes).groupby(table["month"]).mean()

# %% exercise="late_share" answer="wrong" name="column_added_to_the_argument" expect="Make a table of your own"
# Misconception: a table that comes as an argument is one's own, to write into.
def late_share(table, minutes=15):
    table["late"] = (table["arr_delay"] >= minutes).where(table["arr_delay"].notna()).astype(float)
    return table.groupby("month")["late"].mean()

# %% exercise="late_share" answer="wrong" name="mean_of_daily_shares" expect="every flight that arrived counts once"
# Misconception: the mean of the days' shares is the month's share, though days differ in size. (hidden)
def late_share(table, minutes=15):
    arrived = table.dropna(subset=["arr_delay"])
    late = (arrived["arr_delay"] >= minutes).groupby([arrived["month"], arrived["day"]]).mean()
    return late.groupby(level=0).mean()

# %% exercise="late_share" answer="wrong" name="always_fifteen" expect="Does your answer follow the argument `minutes`?"
# Misconception: 15 minutes is what late means, whatever was asked.
def late_share(table, minutes=15):
    arrived = table.dropna(subset=["arr_delay"])
    return (arrived["arr_delay"] >= 15).groupby(arrived["month"]).mean()

# %% exercise="late_share" answer="wrong" name="order_of_appearance" expect="not ascending where the table's rows are not"
# Misconception: a table of flights begins in January. (hidden)
def late_share(table, minutes=15):
    arrived = table.dropna(subset=["arr_delay"])
    return (arrived["arr_delay"] >= minutes).groupby(arrived["month"], sort=False).mean()

# %% exercise="late_share" answer="right" name="count_by_count"
# Late ones divided by known ones: count leaves missing values out by itself.
def late_share(table, minutes=15):
    late = table["arr_delay"].ge(minutes).groupby(table["month"]).sum()
    return late / table.groupby("month")["arr_delay"].count()

# %% exercise="late_share" answer="right" name="column_of_a_copy"
# A column may be added to a copy.
def late_share(table, minutes=15):
    mine = table.copy()
    mine["late"] = (mine["arr_delay"] >= minutes).where(mine["arr_delay"].notna()).astype(float)
    return mine.groupby("month")["late"].mean()

# %% exercise="late_share" answer="right" name="month_by_month"
# NumPy and a loop over the months.
def late_share(table, minutes=15):
    months = np.unique(table["month"])
    delay, month = table["arr_delay"].to_numpy(dtype=float), table["month"].to_numpy()
    known = np.isfinite(delay)
    return pd.Series([np.mean(delay[known & (month == m)] >= minutes) for m in months], index=months)

# %% exercise="late_share" answer="right" name="three_valued_logic"
# Let the answer be missing where the delay is; mean leaves it out.
def late_share(table, minutes=15):
    late = table["arr_delay"].ge(minutes).astype(float).where(table["arr_delay"].notna())
    return pd.DataFrame({"month": table["month"], "late": late}).pivot_table(index="month", values="late")["late"]
