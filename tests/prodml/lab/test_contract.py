"""Do the functions of the contract keep it, in a learner's kernel as in the judge?"""

from __future__ import annotations

import collections
import datetime as dt
import enum
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import prodml
from autograder.judge import contract as judges
from autograder.judge import errors as judges_errors
from autograder.judge.credit import Credit
from autograder.judge.desk import Desk
from prodml.errors import NotPlain, SettingError


class Tensor:
    """What a tensor of TensorFlow shows of itself."""

    dtype, shape = "float64", (2,)

    def __init__(self, x: Any) -> None:
        self.x = x

    def numpy(self) -> Any:
        return self.x


class Sneaky(float):
    """A float that is equal to everything."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = float.__hash__


Point = collections.namedtuple("Point", "x")
Level = enum.IntEnum("Level", "LOW HIGH")

PLAIN: list[tuple[Any, type, Any]] = [
    (1.5, float, 1.5),
    (2, float, 2.0),
    (np.float64(1.5), float, 1.5),
    (np.float32(1.5), float, 1.5),
    (np.int64(3), int, 3),
    (np.int64(3), float, 3.0),
    (np.bool_(True), bool, True),
    (np.str_("a"), str, "a"),
    (np.float64(1.5), np.float64, np.float64(1.5)),
    (True, bool, True),
    ("a", str, "a"),
    ([1], list, [1]),
    ({"a": 1}, dict, {"a": 1}),
    (dt.datetime(2013, 1, 1), dt.date, dt.datetime(2013, 1, 1)),
    (Point(1), tuple, Point(1)),
    (Path("a"), Path, Path("a")),
    (Level.HIGH, Level, Level.HIGH),
    (dt.UTC, dt.timezone, dt.UTC),
]
NOT_PLAIN: list[tuple[Any, type, str]] = [
    (True, int, "expected a value of type int, but yours is of type bool"),
    (np.bool_(True), int, "expected a value of type int, but yours is of type bool"),
    (True, float, "expected a value of type float, but yours is of type bool"),
    (None, float, "expected a value of type float, but yours is of type NoneType"),
    (1.5, int, "expected a value of type int, but yours is of type float"),
    (np.float64(1.5), int, "expected a value of type int, but yours is of type float"),
    ([1.0], np.ndarray, "expected a value of type NumPy array, but yours is of type list"),
    (Level.HIGH, int, "expected a value of type int, but yours is of type Level"),
    ((1,), list, "expected a value of type list, but yours is of type tuple"),
]
OBJECTS: list[tuple[Any, type]] = [  # the judge gets these as handles, never as values
    (Sneaky(1), float),
    (collections.defaultdict(int), dict),
    (np.ma.masked_array([1.0]), np.ndarray),
]


@pytest.mark.parametrize("name", judges.Contract(None, Desk(None, None), None, None, Credit("")).functions())  # type: ignore[arg-type]
def test_the_judge_knows_it_by_its_mark(name: str) -> None:
    assert getattr(prodml, name).__judge__ == name


def test_rng_and_variant_are_marked_though_the_judge_keeps_ours() -> None:
    assert (prodml.rng.__judge__, prodml.variant.__judge__) == ("rng", "variant")  # type: ignore[attr-defined]


@pytest.mark.parametrize(("x", "kind", "expected"), PLAIN)
def test_a_plain_value_comes_as_its_type(x: Any, kind: type, expected: Any) -> None:
    for value in (prodml.value, judges.value):
        assert value(x, kind) == expected
        assert type(value(x, kind)) is type(expected)


@pytest.mark.parametrize(("x", "kind", "message"), NOT_PLAIN)
def test_what_is_not_plain_is_refused_in_the_judges_words(x: Any, kind: type, message: str) -> None:
    with pytest.raises(AssertionError, match="expected a value") as here:
        prodml.value(x, kind)
    with pytest.raises(judges_errors.NotPlain) as there:
        judges.value(x, kind)
    assert str(here.value) == there.value.text == message


@pytest.mark.parametrize(("x", "kind"), OBJECTS)
def test_an_object_of_another_class_is_not_plain(x: Any, kind: type) -> None:
    with pytest.raises(NotPlain, match=f"yours is of type {type(x).__name__}"):
        prodml.value(x, kind)


def test_arrays_tables_and_tensors_are_plain() -> None:
    array, table = np.arange(3), pd.DataFrame({"a": [1]})
    assert prodml.value(array, np.ndarray) is array
    assert prodml.value(table, pd.DataFrame) is table
    assert prodml.value(table.index, pd.Index) is table.index
    assert prodml.value(Tensor(array), np.ndarray) is array
    assert prodml.value(Tensor(np.float32(2)), float) == 2.0


def test_rng_is_the_same_each_time_and_hidden_rng_follows_its_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PRODML_HIDDEN_SEED", raising=False)
    assert prodml.rng().random() == prodml.rng().random()
    assert prodml.hidden_rng().random() == np.random.default_rng(0).random()
    monkeypatch.setenv("PRODML_HIDDEN_SEED", "7")
    assert prodml.hidden_rng().random() == np.random.default_rng(7).random()
    monkeypatch.setenv("PRODML_HIDDEN_SEED", "seven")
    with pytest.raises(SettingError, match="PRODML_HIDDEN_SEED is 'seven'"):
        prodml.hidden_rng()


def test_variant_is_the_variables_then_the_courses_then_0(no_workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PRODML_VARIANT", raising=False)
    assert prodml.variant() == 0
    (no_workspace / ".prodml").mkdir()
    assert prodml.variant() == 0
    (no_workspace / "course.json").write_text(json.dumps({"variant": 2}), encoding="utf-8")
    assert prodml.variant() == 2
    monkeypatch.setenv("PRODML_VARIANT", "1")
    assert prodml.variant() == 1
    monkeypatch.setenv("PRODML_VARIANT", "one")
    with pytest.raises(SettingError, match="Set PRODML_VARIANT to a whole number"):
        prodml.variant()


def test_take_gives_the_first_elements_with_numpy_leaves() -> None:
    elements = ({"x": Tensor(np.arange(i)), "y": (i, [Tensor(np.int64(i))])} for i in range(5))
    taken = prodml.take(elements, 2)
    assert len(taken) == 2
    assert isinstance(taken[1]["x"], np.ndarray)
    assert taken[1]["y"] == (1, [1])
    assert prodml.take([1, 2], 5) == [1, 2]
    assert prodml.take([Point(Tensor(3))], 1) == [(3,)]


def test_stream_goes_on_where_it_stopped_until_it_is_closed() -> None:
    stream = prodml.stream(iter(range(5)))
    assert stream.take(2) == [0, 1]
    assert stream.take(2) == [2, 3]
    stream.close()
    assert stream.take(2) == []


class Odd(KeyError):
    """A learner's own exception."""


def _raise(error: BaseException) -> Callable[[], None]:
    def call() -> None:
        raise error

    return call


@pytest.mark.parametrize(
    ("error", "name"), [(ValueError("x"), "ValueError"), (Odd("x"), "KeyError"), (SystemExit(0), "SystemExit")]
)
def test_raised_names_the_builtin_type(error: BaseException, name: str) -> None:
    assert prodml.raised(_raise(error)) == name


def test_raised_is_none_when_nothing_is() -> None:
    assert prodml.raised(lambda: 1) is None


def test_raised_lets_through_what_is_not_the_learners_doing() -> None:
    with pytest.raises(KeyboardInterrupt):
        prodml.raised(_raise(KeyboardInterrupt()))
    with pytest.raises(NotPlain):
        prodml.raised(lambda: prodml.value(None, float))
