"""A small lab that keeps every rule, for tests to break."""

from __future__ import annotations

import functools
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.course.release import release_lab
from autograder.runs import notebook_run, one

LAB = '''\
# ---
# jupyter:
#   lab:
#     title: A small lab
#     question: How small can a lab be?
#     minutes: {core: 5, all: 5}
#     seconds: 1
#     objectives: [one, two, three]
#     prerequisites: []
#     covers:
#       topic.small: [double]
# ---

# %% [markdown]
# # 90 · A small lab

# %% kind="setup"
# Imports.
import numpy as np

from prodml import begin, check, hidden_rng, raised, rng, take, value, variant

begin("90_small")
factor = 2 + 0 * variant()

# %% kind="exercise" name="double" exports=["double"]
def double(x):
    """Twice x. x: 1-D array of floats, which is not changed. Returns a new array."""
    ### BEGIN SOLUTION
    doubled = np.asarray(x, dtype=float) * factor
    return doubled
    ### END SOLUTION

# %% kind="check" name="double" points=3
with check("double"):
    got = value(double(np.array([1.0, 4.0])), np.ndarray)
    assert got.tolist() == [2.0, 8.0], f"Twice [1, 4] is [2, 8], yours is {got.tolist()}. Do you add instead of multiplying?"
    ### BEGIN HIDDEN TESTS
    secret = hidden_rng().normal(size=5)
    kept = secret.copy()
    answer = value(double(secret), np.ndarray)
    assert np.allclose(answer, 2 * kept), "Your result is wrong for other arrays, negative numbers among them."
    assert np.array_equal(secret, kept), "Your function changes its argument."
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="double"
# 1. What is twice a number?
# 2. An array can be multiplied as a whole.

# %% kind="explore"
table = double(np.arange(3.0))
print(table)

# %% kind="exercise" name="count" exports=["Counter"]
class Counter:
    """Counts calls of `add`; `total()` returns the count, an int."""

    def __init__(self):
        self.calls = 0

    def add(self):
        ### BEGIN SOLUTION
        self.calls = self.calls + 1
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
'''

ANSWERS = """\
# %% exercise="double" answer="wrong" name="adds" expect="add instead of multiplying"
# Misconception: twice is plus two.
def double(x):
    return x + 2

# %% exercise="double" answer="wrong" name="in_place" expect="changes an argument in place"
# Misconception: an argument is mine to change.
def double(x):
    x *= 2
    return x

# %% exercise="double" answer="wrong" name="absolute" expect="negative numbers among them"
# Misconception: there are no negative numbers.
def double(x):
    return np.abs(x) * 2

# %% exercise="double" answer="right" name="sum"
def double(x):
    return x + x

# %% exercise="double" answer="right" name="loop"
def double(x):
    return np.array([2 * v for v in x])

# %% exercise="count" answer="wrong" name="shared" expect="failed when it ran again"
# Misconception: a class attribute belongs to the object.
class Counter:
    calls = [0]
    def add(self):
        self.calls[0] += 1
    def total(self):
        return self.calls[0] if len(self.calls) == 1 else 0

# %% exercise="count" answer="wrong" name="one" expect="Three calls of add"
# Misconception: the count is a flag.
class Counter:
    n = 0
    def add(self):
        self.n = 1
    def total(self):
        return self.n

# %% exercise="count" answer="wrong" name="text" expect="expected a value of type int"
# Misconception: a number may be text.
class Counter:
    def add(self):
        pass
    def total(self):
        return "3"

# %% exercise="count" answer="right" name="list"
class Counter:
    def __init__(self):
        self.calls = []
    def add(self):
        self.calls.append(1)
    def total(self):
        return len(self.calls)

# %% exercise="count" answer="right" name="closure"
def Counter():
    import itertools, types
    counter = itertools.count(1)
    seen = [0]
    return types.SimpleNamespace(add=lambda: seen.__setitem__(0, next(counter)), total=lambda: seen[0])
"""


@pytest.fixture
def lab_text() -> str:
    """The small lab's source, for a test to change."""
    return LAB


@pytest.fixture
def lab_dir(tmp_path: Path) -> Path:
    """A folder with the small lab and its answer sheet, for a test to change."""
    return write_lab(tmp_path / "90_small", LAB, ANSWERS)


@pytest.fixture(scope="session")
def small_lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same folder, for tests that leave it as it is."""
    return write_lab(tmp_path_factory.mktemp("labs") / "90_small", LAB, ANSWERS)


@pytest.fixture(scope="session")
def released_lab(tmp_path_factory: pytest.TempPathFactory, small_lab: Path) -> Path:
    """A course with the small lab, for tests that leave it as it is."""
    course = tmp_path_factory.mktemp("released") / "course"
    release_lab(small_lab, course)
    return course


@pytest.fixture
def lab_course(released_lab: Path, tmp_path: Path) -> Path:
    """A course with the small lab, for a test to change."""
    return Path(shutil.copytree(released_lab, tmp_path / "lab-course"))


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch, warm: None) -> list[Any]:
    """Each `(exercises, None for all)` that is judged, here instead of in workers."""
    seen: list[Any] = []

    def grade_each(task: bytes, work: Any, *_: Any) -> Iterator[Any]:
        for item, content in work:
            seen.append((item.each.student, item.only))
            yield item, content, functools.partial(one.grade_one, task, content)

    monkeypatch.setattr(notebook_run, "grade_each", grade_each)
    return seen


@pytest.fixture(scope="session")
def warm() -> Iterator[None]:
    """What judges here stays warm for the next test with the same task."""
    yield
    one.end()


def write_lab(folder: Path, lab: str, answers: str = "") -> Path:
    """Write a lab's two files."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "lab.py").write_text(lab)
    (folder / "answers.py").write_text(answers)
    return folder
