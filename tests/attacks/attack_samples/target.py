"""What the attacks attack: a small lab with every kind of answer, good answers to it, and the form of an attack."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from nbformat import NotebookNode

from autograder.judge.limits import Limits

SECRET = "canary-" + "in-the-source"  # in two parts: an attack that searches memory must not find the search
PLAIN = "canary-" + "of-another-student"
LIMITS = Limits(cell_seconds=10, call_seconds=12, check_seconds=30, written_files=20, written_bytes=1 << 20)

LAB = (
    '''\
# ---
# jupyter:
#   lab:
#     title: A target
#     question: What is not stopped?
#     minutes: {core: 5, all: 10}
#     core: [double, count, squares]
#     seconds: 1
#     objectives: [one, two, three]
#     prerequisites: []
#     covers:
#       topic.small: [double]
# ---

# %% [markdown]
# # 92 · A target

# %% kind="setup"
# Imports.
import numpy as np

from prodml import begin, check, hidden_rng, raised, take, value
from prodml.lab.examining import written

begin("92_target")

class Store:
    """Counts what it is asked."""

    __facade__ = ("get",)

    def __init__(self, values):
        self.values, self.asked = dict(values), []

    def get(self, key):
        self.asked.append(key)
        return self.values[key]

# %% kind="exercise" name="double" exports=["double"]
def double(x):
    """Twice x. x: 1-D array of floats, which is not changed. Returns a new array."""
    ### BEGIN SOLUTION
    solution = "SECRET"
    return np.asarray(x, dtype=float) * 2
    ### END SOLUTION

# %% kind="check" name="double" points=3
with check("double"):
    got = value(double(np.array([1.0, 4.0])), np.ndarray)
    assert got.tolist() == [2.0, 8.0], f"Twice [1, 4] is [2, 8], yours is {got.tolist()}."
    ### BEGIN HIDDEN TESTS
    canary = "SECRET"
    x = hidden_rng().normal(size=5)
    kept = x.copy()
    answer = value(double(x), np.ndarray)
    assert np.allclose(answer, 2 * kept), "Your result is wrong for other arrays."
    assert np.array_equal(x, kept), "Your function changes its argument."
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="double"
# 1. What is twice a number?
# 2. An array can be multiplied as a whole.

# %% kind="exercise" name="count" exports=["Counter"]
class Counter:
    """Counts calls of `add`; `total()` returns the count, an int."""

    def __init__(self):
        self.calls = 0

    def add(self):
        ### BEGIN SOLUTION
        self.calls += 1
        ### END SOLUTION

    def total(self):
        ### BEGIN SOLUTION
        return self.calls
        ### END SOLUTION

# %% kind="check" name="count" points=2
with check("count"):
    counter = Counter()
    for _ in range(3):
        counter.add()
    got = value(counter.total(), int)
    assert got == 3, f"Three calls of add, and total() is {got}."
    ### BEGIN HIDDEN TESTS
    first, second = Counter(), Counter()
    first.add()
    assert value(second.total(), int) == 0, "Two counters share their count."
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="count"
# 1. Where does an object keep what it knows?
# 2. `self.name = …` in `__init__`.

# %% kind="exercise" name="squares" exports=["squares"]
def squares(n):
    """Yields 0, 1, 4, … below n squared: n numbers, ints."""
    ### BEGIN SOLUTION
    yield from (i * i for i in range(n))
    ### END SOLUTION

# %% kind="check" name="squares" points=1
with check("squares"):
    got = take(squares(4), 10)
    assert got == [0, 1, 4, 9], f"The squares are 0, 1, 4, 9; yours are {got}."
    ### BEGIN HIDDEN TESTS
    n = int(hidden_rng().integers(5, 50))
    for i, x in enumerate(take(squares(n), 5)):
        assert value(x, int) == i * i, "Further squares are wrong."
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="squares"
# 1. What does yield do?
# 2. `yield from`.

# %% [markdown] deeper=5
# ## More targets

# %% kind="exercise" name="fetch" exports=["fetch"]
def fetch(store, keys):
    """The store's values for keys, as a list, each key asked once."""
    ### BEGIN SOLUTION
    return [store.get(key) for key in keys]
    ### END SOLUTION

# %% kind="check" name="fetch" points=2
with check("fetch"):
    store = Store({"a": 1, "b": 2})
    got = value(fetch(store, ["a", "b"]), list)
    assert got == [1, 2], f"The values are [1, 2], yours {got}."
    assert sorted(store.asked) == ["a", "b"], f"Each key once; you asked for {store.asked}."
    ### BEGIN HIDDEN TESTS
    values = {f"k{i}": int(v) for i, v in enumerate(hidden_rng().integers(0, 1000, 6))}
    store = Store(values)
    assert value(fetch(store, list(values)), list) == list(values.values()), "Other values are wrong."
    assert sorted(store.asked) == sorted(values), "You did not ask for each key once."
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="fetch"
# 1. Which method has the store?
# 2. `store.get(key)`.

# %% kind="exercise" name="export" exports=["export"]
def export(number, folder):
    """Writes the number as text into answer.txt in folder."""
    ### BEGIN SOLUTION
    with open(f"{folder}/answer.txt", "w") as file:
        file.write(str(number))
    ### END SOLUTION

# %% kind="check" name="export" points=2
with check("export"):
    files = written(lambda folder: export(7, folder))
    assert files.get("answer.txt") == b"7", f"answer.txt holds 7; you wrote {sorted(files)}."
    ### BEGIN HIDDEN TESTS
    number = int(hidden_rng().integers(1000, 9999))
    files = written(lambda folder: export(number, folder))
    assert files.get("answer.txt") == str(number).encode(), "Another number is not in the file."
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="export"
# 1. What opens a file?
# 2. `open(path, "w")`.

# %% kind="exercise" name="share" exports=["share"]
def share(x):
    """The share of true values in x, a list of bools, as a float."""
    ### BEGIN SOLUTION
    return sum(x) / len(x)
    ### END SOLUTION

# %% kind="check" name="share" points=2
with check("share") as given:
    got = value(share([True, False]), float)
    assert abs(got - 0.5) < 0.1, f"The share is 0.5, yours {got}."
    ### BEGIN HIDDEN TESTS
    x = (hidden_rng().random(40) < 0.5).tolist()
    off = abs(value(share(x), float) - sum(x) / 40)
    given.credit(1 - 10 * off, "Your share is not quite right for other lists.")
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="share"
# 1. How many are true?
# 2. A bool counts as 0 or 1.
'''
).replace("SECRET", SECRET)

GOOD = {
    "double": "def double(x):\n    return 2 * x",
    "count": "class Counter:\n    n = 0\n    def add(self):\n        self.n += 1\n    def total(self):\n        return self.n",
    "squares": "def squares(n):\n    return (i ** 2 for i in range(n))",
    "fetch": "def fetch(store, keys):\n    return list(map(store.get, keys))",
    "share": "def share(x):\n    return x.count(True) / len(x)",
    "export": "def export(number, folder):\n    import pathlib\n    pathlib.Path(folder, 'answer.txt').write_text(f'{number}')",
}
POINTS = {"double": 3, "count": 2, "squares": 1, "fetch": 2, "export": 2, "share": 2}


@dataclass(frozen=True)
class Attack:
    """A submission, and what it deserves.

    Attributes:
        promise: which promise of docs/threat-model.md it tests.
        cells: exercise → source; the others hold good answers.
        loses: exercises without points.
        says: exercise (or "all", for the whole submission) → regular expression that its message must match.
        status: of the submission; None where it depends on which call came first.
        change: changes the notebook in place, or returns bytes that are handed in instead.
    """

    name: str
    promise: str
    cells: Mapping[str, str] = field(default_factory=dict)
    loses: tuple[str, ...] = ()
    says: Mapping[str, str] = field(default_factory=dict)
    status: str | None = "graded"
    change: Callable[[NotebookNode], bytes | None] | None = None


def on(
    exercise: str,
    name: str,
    promise: str,
    source: str,
    says: str,
    status: str | None = "graded",
    loses: tuple[str, ...] = (),
) -> Attack:
    """An attack by the cell of one exercise, which loses its points and harms no other but `loses`."""
    return Attack(name, promise, {exercise: source}, loses or (exercise,), {exercise: says}, status)
