# ---
# jupyter:
#   lab:
#     title: Start here
#     question: How does a lab work?
#     minutes: {core: 12, all: 18}
#     core: [late_share]
#     seconds: 5
#     objectives:
#       - Work through a lab; run, predict, check, take a hint, save, hand in
#       - Say where your progress is kept and what this machine offers
#       - Compute a share from labels of which some are missing, and say what it leaves out
#     prerequisites: []
#     covers: {}
# ---

# %% [markdown]
# # 00 · Start here
# *How does a lab work?*
#
# Welcome. Twelve minutes, one small exercise, and you know how every lab works.
#
# ```mermaid
# flowchart LR
#   accTitle: How a lab works
#   accDescr: You predict, run, and see how far off you were. Then you write an exercise and check it. If the card says not yet, it names what went wrong and offers a hint, and you try again. When it has passed, you go on, and at the end you hand in.
#   P(Predict) --> R(Run) --> S(See how far off)
#   S --> E(Write the exercise) --> C{Check}
#   C -- not yet: what went wrong, a hint --> E
#   C -- passed --> N(Go on) --> H(Hand in)
# ```

# %% [markdown]
# ## Run
#
# Text and code take turns. Select the next cell and press **Shift + Enter**: it runs, and the next one is selected.
# Go on like this from top to bottom.
#
# Cells that only prepare, draw or check are **folded**: you see their first line. They run all the same. Click on the
# line to read the rest; *View → Collapse Selected Code* folds it again.

# %% kind="setup"
# Imports, and the flights of a year.
import numpy as np
import pandas as pd

from prodml import begin, check, explorer, hidden_rng, plots, predict, progress, reveal, value
from prodml.data import flights
from prodml.lab.environment import environment

begin("00_start_here")
year = flights(columns=["month", "day", "origin", "dep_delay", "arr_delay"])

# %% [markdown]
# What does this machine offer? Should a line need your attention, it says what to do.

# %% kind="explore"
environment()

# %% [markdown]
# Your **progress** is in that last file: predictions, attempts and passes, and nothing else. It stays on this
# machine, and nobody grades it.

# %% [markdown]
# ## The story
#
# All labs work for one team. It predicts how late a flight from New York will arrive, at the moment when it leaves
# the gate. The year is 2013, and the flights are real.

# %% kind="explore"
year.loc[10:13]

# %% [markdown]
# `dep_delay` and `arr_delay` are minutes, negative if early. `arr_delay` is the **label**: what the model must
# predict. The second of these flights was cancelled. It never arrived, so its label is missing: `NaN`, *not a number*.

# %% [markdown]
# ## Predict
#
# A lab often asks what you expect *before* it shows what is. Set the sliders and lock in. A wrong guess costs
# nothing, and you will remember the answer better.

# %% kind="explore"
predict("months",
    "A flight is late if it arrives 15 minutes or more after schedule. How many of 100 flights are late?",
    {"in the best month": (0, 100), "in the worst month": (0, 100)},
)

# %% [markdown]
# You find the answer yourself: it is the exercise.

# %% [markdown]
# ## 1 · How many were late?
# *easy · about 2 lines · 5 minutes*
#
# Of the flights **that arrived**, which share was late, month by month? A worked example, six flights:
#
# | month | 1 | 1 | 1 | 1 | 2 | 2 |
# |---|---|---|---|---|---|---|
# | `arr_delay` | 15 | −20 | 40 | NaN | 3 | NaN |
# | arrived? | yes | yes | yes | no | yes | no |
# | late? | **yes** | no | **yes** | | no | |
#
# January: 2 of 3, so 0.667. February: 0 of 1, so 0. With `minutes=30`, January: 1 of 3, so 0.333.

# %% kind="setup"
# The six flights of the example, as a table.
example = pd.DataFrame({
    "month": [1, 1, 1, 1, 2, 2],
    "day": [1, 2, 3, 4, 1, 2],
    "dep_delay": [50.0, 20.0, 45.0, np.nan, 30.0, np.nan],
    "arr_delay": [15.0, -20.0, 40.0, np.nan, 3.0, np.nan],
})

# %% [markdown]
# Write your code in place of the last two lines of the next cell, and run it.

# %% kind="exercise" name="late_share" exports=["late_share"]
def late_share(table, minutes=15):
    """Share of the flights that arrived late, month by month, among those that arrived.

    table: DataFrame, one row per flight, with the columns "month" (1 to 12) and "arr_delay"
        (minutes; NaN if the flight never arrived). Each month in it has at least one flight that
        arrived. Leave it as it is: others use it.
    minutes: a flight is late if arr_delay is this much or more.
    Returns a Series of floats between 0 and 1: its index holds the months of the table, ascending.
    """
    ### BEGIN SOLUTION
    arrived = table[table["arr_delay"].notna()]
    return (arrived["arr_delay"] >= minutes).groupby(arrived["month"]).mean()
    ### END SOLUTION

# %% [markdown]
# ## Check
#
# The next cell looks at your answer. A check is ordinary Python, one `assert` for each thing that can go wrong: have
# a look inside once you have tried. When you hand in, it runs again with a few more that you cannot see, on other
# flights.

# %% kind="check" name="late_share" points=3
with check("late_share", touched=(
    "Your function changed the table that it was given. Whoever uses it next finds other flights. Make a table of your own: arrived = table.dropna(…), without inplace; and table = table.copy() before you add a column."
)):
    table = example.copy()
    got = value(late_share(table), pd.Series)
    assert list(got.index) == [1, 2], f"The example has flights of months 1 and 2, and your index is {list(got.index)[:12]}. Use the table that you are given, and its months."
    january, february = (value(got[month], float) for month in (1, 2))
    assert january <= 1, f"Your January is {january:.3g}. A share lies between 0 and 1: it is no count and no percentage."
    assert abs(january - 0.5) > 0.01, "You say 2 of 4 in January. NaN >= 15 is False, so the flight that never arrived counts as on time. Leave it out."
    assert abs(january - 0.75) > 0.01, "You say 3 of 4 in January. NaN < 15 is False too, so the flight that never arrived counts as late. Leave it out."
    assert abs(january - 1 / 3) > 0.01, "You say 1 of 3 in January. A flight that is exactly 15 minutes late is late: this much or more."
    assert february == 0, f"The only flight of February that arrived was 3 minutes late: 0, yours {february:.3g}. It left 30 minutes late and made up for it: the label is arr_delay."
    twins = pd.concat([example[:4], example[:4].assign(month=2)])  # the flights of January once more, as February
    both = value(late_share(twins), pd.Series).sum()
    assert abs(both - 1) > 0.01, "Your shares of two months add up to 1. Each month's share is of its own flights, not of all late ones."
    assert abs(january - 1) > 0.01, "You say that all of January's flights were late. One of them came 20 minutes early: early is not late."
    assert abs(january - 2 / 3) < 0.001, f"January: 2 of the 3 flights that arrived were late, 0.667; yours {january:.3f}."
    later = value(value(late_share(example.copy(), 30), pd.Series)[1], float)
    assert abs(later - 1 / 3) < 0.001, f"With minutes=30 only the flight that came 40 minutes late is late: 1 of 3 in January, 0.333; yours {later:.3f}. Does your answer follow the argument `minutes`?"
    ### BEGIN HIDDEN TESTS
    h = hidden_rng()
    sizes = h.integers(40, 90, 4)
    other = pd.DataFrame({"month": np.repeat([3, 4, 9, 12], sizes), "day": h.choice([1, 2, 3], sizes.sum(), p=[0.8, 0.1, 0.1])})
    other["arr_delay"] = np.round(h.normal(12, 15, len(other))) + 12 * other["day"]
    other["dep_delay"] = other["arr_delay"] + 5
    other.loc[h.random(len(other)) < 0.2, "arr_delay"] = np.nan
    other = other.iloc[::-1].reset_index(drop=True)  # December comes first

    def right(got, minutes):
        arrived = other.dropna(subset=["arr_delay"])
        wanted = [np.mean(arrived.loc[arrived["month"] == m, "arr_delay"] >= minutes) for m in (3, 4, 9, 12)]
        return sorted(got.index) == [3, 4, 9, 12] and np.allclose(got.sort_index().to_numpy(dtype=float), wanted)

    assert right(value(late_share(other.copy()), pd.Series), 15), "On other flights your shares are wrong: every flight that arrived counts once, in its own month."
    assert right(value(late_share(other.copy(), 30), pd.Series), 30), "Your answer does not follow the argument minutes."
    assert value(late_share(other.copy()), pd.Series).index.is_monotonic_increasing, "The months of your answer are not ascending where the table's rows are not."
    ### END HIDDEN TESTS

# %% [markdown]
# If the card says *not yet*, it also says what went wrong, on which line, and offers a hint. Change your cell, run it,
# run the check again: as often as you like. Another answer that is not right yet opens the next hint.

# %% [markdown] kind="hints" name="late_share"
# 1. First leave out the flights without a label. What is left is a smaller table with the same columns.
# 2. `table[table["arr_delay"].notna()]` is that smaller table. A comparison such as `arrived["arr_delay"] >= minutes` gives True or False per flight, and the mean of those is a share.
# 3. The mean per month: `(arrived["arr_delay"] >= minutes).groupby(arrived["month"]).mean()`.

# %% [markdown]
# Where do you stand? This works in every lab:

# %% kind="explore"
progress()

# %% [markdown]
# ## What you measured
#
# Now your function meets the whole year. Your prediction stands beside it.

# %% kind="explore"
# Your function on 336,776 flights, beside your prediction.
by_month = late_share(year)
reveal("months",
    {"in the best month": 100 * by_month.min(), "in the worst month": 100 * by_month.max()},
    unit="%",
    text="September is the best month and December the worst, with July close behind. A model that learned in one "
    "month meets another world in the next: lab 02 is about that.",
)

# %% [markdown]
# Most labs have an **explorer**: controls and a picture. Move them.

# %% kind="explore"
# Draws the share of late flights by month, for the minutes and the airport that you choose.
def draw_late(minutes, origin):
    rows = year if origin == "all" else year[year["origin"] == origin]
    share = 100 * late_share(rows, minutes)
    title = f"{minutes} minutes or more: {share.min():.0f} % in month {share.idxmin()}, {share.max():.0f} % in month {share.idxmax()}"
    fig, ax = plots.figure(title, x="month of 2013", y="late, % of flights that arrived")
    ax.bar(share.index, share, color=plots.BLUE)
    ax.set_xticks(range(1, 13))
    plots.show(fig, alt=f"Share of flights from {origin} airports that arrived late, by month. {title}.")


explorer(draw_late, minutes=(0, 120, 15), origin=["all", "EWR", "JFK", "LGA"])

# %% [markdown]
# That was the **core** of this lab. Labs also have **deeper** sections, folded under their heading: the arrow beside
# it opens one. You may skip them and come back. This one takes 6 minutes: what a careless answer does on the worst day
# of the year.

# %% [markdown] deeper=6
# ## Deeper: does the trap matter?

# %% [markdown]
# Only 3 % of the year's labels are missing. Counting them as on time changes no month by more than 1.3 points. But
# they do not go missing at random. On 8 February, in a blizzard, 475 of 930 flights never arrived.

# %% kind="explore"
predict("blizzard",
    "Over the year, 24 of 100 flights are late. And on 8 February?",
    {"if NaN counts as on time": (0, 100), "of those that arrived": (0, 100)},
)

# %% kind="explore"
# The day of the blizzard, counted both ways.
blizzard = year[(year["month"] == 2) & (year["day"] == 8)]
reveal("blizzard",
    {
        "if NaN counts as on time": 100 * (blizzard["arr_delay"] >= 15).mean(),
        "of those that arrived": 100 * late_share(blizzard)[2],
    },
    unit="%",
    text="The careless figure makes one of the worst days of the year an ordinary one. The careful figure is right, but it "
    "speaks of half of the flights only. Say both: *half never arrived; of the rest, half were late*.",
)

# %% [markdown]
# ## Save and hand in
#
# **Ctrl + S** saves the notebook (⌘ + S on a Mac). Close it, come back tomorrow, choose *Run → Run All Cells*, and go on:
# cells that wait for an exercise say so, and the others run.
#
# Does a cell hang? *Kernel → Restart Kernel* begins afresh; your text and your progress stay.

# %% [markdown]
# What you change is your own copy of the lab. For the rest, open a terminal (*File → New → Terminal*):
#
# | command | what it does |
# |---|---|
# | `labs list` | all labs, and your points |
# | `labs check 00` | runs the checks on your saved notebook, outside of it, as grading does |
# | `labs check 00 --full` | the hidden tests too, on fresh inputs, where the course's sources are on this machine |
# | `labs submit 00` | the same, and makes the file to hand in |
# | `labs start 00 --fresh` | puts a new copy of this lab beside yours |
# | `labs start 02` | fetches the next lab |

# %% [markdown]
# Grading runs your code in another process, with the hidden tests. Each exercise stands alone: one mistake costs its
# own points only, and you may leave an exercise out and do the next.

# %% [markdown]
# ## In production
#
# - **At 1,000 times the scale** nobody looks at rows. A dashboard shows one number, and it is right or wrong by how
#   it treats what is missing. So show the share of missing labels beside every figure that is made of labels.
# - **A tool for it**: pandera or Great Expectations let a table say how much may be missing, and stop if it is more
#   (lab 01).
# - **The failure to watch for**: a figure that gets *better* on the worst day, because the worst cases drop out of it.

# %% [markdown]
# ## Primary sources
#
# - Bureau of Transportation Statistics, [Percentage of flights delayed](https://www.bts.gov/archive/publications/passenger_travel_2016/tables/fig3_5): who says that 15 minutes is late, and of which flights the share is taken.
# - pandas, [Working with missing data](https://pandas.pydata.org/docs/user_guide/missing_data.html): what NaN does in comparisons, sums and groups.
# - JupyterLab, [The interface](https://jupyterlab.readthedocs.io/en/stable/user/interface.html): tabs, menus, shortcuts.
