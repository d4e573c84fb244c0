"""Do Arrow's arrays and tables arrive as they were, and is nothing believed that a buffer does not hold?"""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from decimal import Decimal
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from autograder.judge.errors import CodecError
from autograder.judge.values.arrow import SIMPLE
from autograder.judge.values.codec import Decoder, Encoder

ARRAYS = [
    pa.array([1, None, 3]), pa.array([1, None, 3], pa.uint8()), pa.array([True, None, False] * 5), pa.array([1.5, None]), pa.array([1.5], pa.float16()),
    pa.array(["a", None, "", "é"]), pa.array(["a", None], pa.large_string()), pa.array([b"\xff", None]), pa.nulls(3), pa.array([], pa.int64()),
    pa.array([dt.date(2013, 1, 1), None]), pa.array([dt.datetime(2013, 1, 1)], pa.timestamp("us", "Europe/Berlin")), pa.array([dt.timedelta(1)]),
    pa.array([dt.time(3, 4)]), pa.array([Decimal("1.25"), None]), pa.array(["u", "v", None, "u"]).dictionary_encode(),
    pa.array([[1, 2], None, [], [3]]), pa.array([[["a"], []], None]), pa.array([{"a": 1, "b": ["x"]}, None]), pa.array([{}, {}], pa.struct([])),
    pa.array(range(1000)).slice(500, 3), pa.array([[1, 2], None, [3], [4]]).slice(1, 2), pa.array([{"a": "x"}, {"a": "y"}, None]).slice(1),
    pa.array(["u", "v", "u"]).dictionary_encode().slice(1), pa.array([True, False] * 9).slice(3, 7),
]  # fmt: skip


def refuse(x: Any) -> Any:
    raise CodecError(f"no plain value: {type(x).__name__}")


def across(x: Any) -> Any:
    return Decoder(refuse).value(Encoder(refuse).node(x))


@pytest.mark.parametrize("x", ARRAYS, ids=lambda x: str(x.type))
def test_arrays_arrive_equal(x: pa.Array) -> None:
    back = across(x)
    assert back.equals(x)
    assert back.type == x.type
    assert type(back) is type(x)


@pytest.mark.parametrize("name", SIMPLE)
def test_each_simple_type_is_told_by_its_name(name: str) -> None:
    buffers = [None] * (1 if name == "null" else 3 if name.endswith(("string", "binary")) else 2)
    if len(buffers) == 3:
        buffers[1:] = [bytes(8), b""]  # the only offset, and no text
    assert str(Decoder(refuse).value(["ar", "array", name, [0, buffers, []]]).type) == name


def test_tables_batches_and_chunks_arrive_equal() -> None:
    frame = pd.DataFrame(
        {"n": [1, 2, 3], "t": pd.to_datetime(["2013", None, "2014"], utc=True), "c": pd.Categorical(["u", None, "v"])}
    )
    table = pa.table({**{name: pa.array(frame[name]) for name in frame}, "l": [[1], [], None]})
    chunks = pa.concat_tables([table, table.slice(1)])
    schema = pa.schema([pa.field("must", pa.int64(), nullable=False)])
    for x in (
        table,
        chunks,
        table.to_batches()[0],
        chunks["n"],
        pa.table({}),
        pa.table({"must": [1]}, schema=schema),
        pa.table([[1], [2]], names=["a", "a"]),
    ):
        back = across([x])[0]
        assert back.equals(x)
        assert type(back) is type(x)
    assert across(pa.table({"must": [1]}, schema=schema)).schema == schema


def test_columns_of_arrow_in_pandas_arrive_equal() -> None:
    series = pd.Series([1, None, 3], dtype=pd.ArrowDtype(pa.int32()))
    pd.testing.assert_series_equal(across(series), series)


def test_a_slice_sends_no_more_than_it_shows() -> None:
    node = Encoder(refuse).node(pa.array(range(100_000)).slice(5, 2))
    assert sum(len(b) for b in node[3][1] if b) < 200


def test_a_type_that_is_not_allowed_is_no_value() -> None:
    with pytest.raises(CodecError, match="Arrow column of type map"):
        Encoder(refuse).node(pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int64())))


@pytest.mark.parametrize(
    "parts",
    [
        ["array", "int64", [2, [None, bytes(8)], []]],  # too few bytes
        ["array", "int64", [-1, [None, bytes(8)], []]],
        ["array", "null", [10**12, [None], []]],  # long without a byte
        ["array", ["struct", []], [10**12, [None], []]],
        ["array", "string", [1, [None, bytes(4) + b"\xff\x00\x00\x00", b"a"], []]],  # an offset beyond the text
        ["array", "string", [1, [None, bytes(4) + b"\xff\xff\xff\xff", b"a"], []]],
        ["array", "string", [1, [None, bytes(4) + b"\x01\x00\x00\x00", b"\xff"], []]],  # no UTF-8
        ["array", ["list", "int64"], [1, [None, bytes(4) + b"\x09\x00\x00\x00"], [[1, [None, bytes(8)], []]]]],
        ["array", ["dictionary", "int8", "string", False], [1, [], [[1, [None, b"\x07"], []], [0, [None, bytes(4), b""], []]]]],
        ["array", "int64", [1, [bytes(1), bytes(8)], [[0, [None], []]]]],  # a child too many
        ["array", "int64", [1, [None], []]],
        ["array", ["extension", "x"], [0, [None, b""], []]],
        ["array", ["timestamp", "us", "dateutil//etc/passwd"], [0, [None, b""], []]],
        ["array", ["decimal128", 99, 1], [0, [None, b""], []]],
        ["table", [["a", "int64", True]], []],
        ["table", [["a", "int64", True], ["b", "int64", True]], [[[1, [None, bytes(8)], []]], []]],  # columns of two lengths
        ["file", [], []], [], ["array"], "array",
    ],
)  # fmt: skip
def test_what_does_not_hold_together_is_refused(parts: Any) -> None:
    with pytest.raises(CodecError):
        Decoder(refuse).value(["ar", *parts])


def test_a_deeply_nested_type_is_refused() -> None:
    kind: Any = "null"
    for _ in range(2000):
        kind = ["list", kind]
    with pytest.raises(CodecError):
        Decoder(refuse).value(["ar", "array", kind, [0, [None, bytes(4)], []]])


def test_the_codec_alone_imports_neither_pyarrow_nor_pandas() -> None:
    code = "import sys, autograder.judge.values.codec as c; c.Encoder(lambda x: ['h', 0]).node([1, object()]); print({'pyarrow', 'pandas'} & {*sys.modules})"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
