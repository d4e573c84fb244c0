"""Do values arrive as they were sent, and is malformed input refused?"""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from typing import Any

import msgpack
import numpy as np
import pandas as pd
import pytest

from autograder.judge.errors import CodecError
from autograder.judge.values.changes import apply_changes, changes, snapshot
from autograder.judge.values.codec import Decoder, Encoder
from autograder.judge.values.tensors import tensor_node


def refuse(x: Any) -> Any:
    raise CodecError(f"no plain value: {type(x).__name__}")


def across(x: Any) -> Any:
    """`x` as the other side gets it, through msgpack's bytes."""
    node = msgpack.unpackb(msgpack.packb(Encoder(refuse).node(x)), raw=False, strict_map_key=False)
    return Decoder(refuse).value(node)


@pytest.mark.parametrize(
    "x",
    [
        None, True, 3, -(2**63), 2**64 - 1, 2**64, -(10**500), 2.5, "é", b"\x00", 1 + 2j, (1, (2,)), [1, [2.0]], {"a": {1: None}},
        {1, 2}, frozenset({"x"}), slice(1, None, 2), range(3, 9, 2), dt.date(2013, 2, 12), dt.datetime(2013, 2, 12, 3),
        dt.timedelta(days=1, microseconds=3), [], {}, (),
    ],
)  # fmt: skip
def test_plain_python_values_arrive_equal(x: Any) -> None:
    back = across(x)
    assert back == x
    assert type(back) is type(x)


@pytest.mark.parametrize(
    "x",
    [
        np.arange(6, dtype="float32").reshape(2, 3), np.array(3), np.zeros((0, 4), "int16"), np.array(["a", "bc"]),
        np.array([True, False]), np.array([1 + 1j]), np.array(["2013-01-01"], "M8[s]"), np.arange(6).reshape(2, 3).T,
        np.array([b"ab", None, "c"], dtype=object), np.array([1.0, np.nan]), np.arange(4, dtype=">i4"),
    ],
)  # fmt: skip
def test_arrays_arrive_with_type_shape_and_values(x: np.ndarray[Any, Any]) -> None:
    back = across(x)
    assert back.dtype == x.dtype
    np.testing.assert_array_equal(back, x)


def test_numpy_scalars_keep_their_type() -> None:
    assert type(across(np.float32(1.5))) is np.float32
    assert math.isnan(across(np.float64("nan")))


def test_generator_continues_the_same_stream() -> None:
    one = np.random.default_rng(7)
    one.normal(size=3)
    two = across(one)
    assert two.normal() == one.normal()


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"a": [1, 2], "b": ["x", None]}),
        pd.DataFrame({"c": pd.Categorical(["u", "v", "u"], categories=["v", "u", "w"], ordered=True)}, index=[3, 1, 2]),
        pd.DataFrame({"t": pd.to_datetime(["2013-01-01", None], utc=True), "d": pd.to_timedelta([1, 2], "h")}),
        pd.DataFrame({"n": pd.array([1, None], dtype="Int64"), "f": pd.array([True, None], dtype="boolean")}),
        pd.DataFrame({"x": np.array([1.0], "float32")}, index=pd.MultiIndex.from_tuples([("a", 1)], names=["k", "n"])),
        pd.DataFrame(index=[1, 2]),
        pd.DataFrame([[1, 2]], columns=["same", "same"]),
    ],
)  # fmt: skip
def test_tables_arrive_equal(frame: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(across(frame), frame)


def test_series_and_index_arrive_equal() -> None:
    series = pd.Series([1.0, 2.0], index=pd.date_range("2013-01-01", periods=2), name="late")
    pd.testing.assert_series_equal(across(series), series, check_freq=False)
    pd.testing.assert_index_equal(across(pd.RangeIndex(3)), pd.RangeIndex(3))
    assert across(pd.Timestamp("2013-03-01", tz="America/New_York")) == pd.Timestamp(
        "2013-03-01", tz="America/New_York"
    )


def test_one_object_twice_arrives_as_one_object() -> None:
    shared = np.zeros(2)
    a, (b,) = across([shared, (shared,)])
    assert a is b


def test_a_list_may_hold_itself() -> None:
    loop: list[Any] = [1]
    loop.append(loop)
    back = across(loop)
    assert back[1] is back


@dataclasses.dataclass(frozen=True)
class Point:
    x: float
    tags: list[str]


def test_dataclass_arrives_only_where_both_sides_know_it() -> None:
    node = Encoder(refuse).node(Point(1.0, ["a"]))
    known = Decoder(refuse, None, lambda module, name: Point if name == "Point" else None)
    assert known.value(node) == Point(1.0, ["a"])
    with pytest.raises(CodecError, match="both sides know"):
        Decoder(refuse).value(node)


def test_changes_made_in_place_come_back() -> None:
    frame = pd.DataFrame({"a": [1, 2]})
    ours = [np.zeros(3), {"k": [1]}, frame, np.random.default_rng(0), {5}, np.ones(2)]
    encoder = Encoder(refuse)
    theirs_decoder = Decoder(refuse)
    theirs = theirs_decoder.value(encoder.node(ours))
    before = snapshot(Encoder(refuse, theirs_decoder.objects))
    theirs[0][1] = 9
    theirs[1]["k"].append(2)
    theirs[2]["b"] = [3.0, 4.0]
    drawn = theirs[3].random()
    theirs[4].clear()
    changed = changes(before, Encoder(refuse, theirs_decoder.objects))
    apply_changes(changed, encoder.objects, Decoder(refuse, encoder.objects))
    assert ours[0].tolist() == [0, 9, 0]
    assert ours[1] == {"k": [1, 2]}
    assert list(frame.columns) == ["a", "b"]
    assert ours[3].random() != drawn
    assert ours[4] == set()


def test_what_did_not_change_is_not_sent_back() -> None:
    decoder = Decoder(refuse)
    decoder.value(Encoder(refuse).node([np.zeros(3), {"k": 1}]))
    assert changes(snapshot(Encoder(refuse, decoder.objects)), Encoder(refuse, decoder.objects)) == []


def test_tensor_values_arrive_as_arrays() -> None:
    assert Decoder(refuse).value(tensor_node(np.ones((2, 2), "float32"))).shape == (2, 2)
    assert Decoder(refuse).value(tensor_node(b"text")) == b"text"


@pytest.mark.parametrize(
    "node",
    [
        ["a", 0, "float64", [3], b"\x00" * 8],  # bytes do not fit the shape
        ["a", 0, "O", [2], [1]],
        ["a", 0, "V8", [1], b"\x00" * 8],
        ["a", 0, "f8,f8", [1], b"\x00" * 16],
        ["a", 0, "f8", [-1], b""],
        ["a", 0, "f8", [2**62, 2**62], b""],
        ["a", 0, "|O8", [1], b"\x00" * 8],  # a pointer
        ["r", 99],
        ["d", 0, [[["l", 1, []], 1]]],  # a list as key
        ["d", 0, [[["i", hex(2**61 - 1 << 80)], 1]]],  # integers whose hashes collide
        ["i", "f" * 10**6],
        ["g", 0, "object", None],
        ["nonsense"],
        [],
        {"a": 1},
        ["t", 5],
        ["l", 0, [["t", [[["l"]]]]]],
    ],
)  # fmt: skip
def test_malformed_nodes_are_refused(node: Any) -> None:
    with pytest.raises(CodecError):
        Decoder(refuse).value(node)


def test_deep_nesting_is_refused_on_both_sides() -> None:
    deep: Any = []
    for _ in range(100):
        deep = [deep]
    with pytest.raises(CodecError, match="deep"):
        Encoder(refuse).node(deep)
    node: Any = ["t", []]
    for _ in range(100):
        node = ["t", [node]]
    with pytest.raises(CodecError, match="deep"):
        Decoder(refuse).value(node)


def test_tensorflow_proxies_are_what_they_stand_for() -> None:
    """Is a dict that a tf.Module has filled with its proxies still the plain dict that it was?"""
    import tensorflow as tf

    recipe = {"fill": {"temp": 55.0}, "known": {"carrier": ["AA", "UA"], "pair": (1, 2)}}
    encoder = Encoder(refuse)
    encoder.node(recipe)
    before = snapshot(Encoder(refuse, encoder.objects))
    module = tf.Module()
    module.recipe = recipe
    assert type(recipe["fill"]).__name__ == "_DictWrapper"
    assert changes(before, Encoder(refuse, encoder.objects)) == []
    assert across(module.recipe) == {"fill": {"temp": 55.0}, "known": {"carrier": ["AA", "UA"], "pair": (1, 2)}}
