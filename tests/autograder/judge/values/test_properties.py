"""Whatever the value, does it arrive; whatever the bytes, is the worst of it a refusal; and is the work linear?"""

from __future__ import annotations

import contextlib
import datetime as dt
import socket
from typing import Any

import msgpack
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograder.judge.errors import CodecError
from autograder.judge.values.changes import apply_changes
from autograder.judge.values.codec import Decoder, Encoder
from autograder.judge.wire import Wire, WireError, pair

SETTINGS = settings(
    deadline=None, max_examples=150, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
LAST = dt.datetime(2200, 1, 1)
keys = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**64 - 1), st.floats(allow_nan=False), st.text(), st.binary(), st.complex_numbers(allow_nan=False),
    st.dates(), st.datetimes(timezones=st.none() | st.timezones()), st.times(), st.timedeltas(), st.frozensets(st.integers(0, 9)), st.tuples(st.text(), st.booleans()),
)  # fmt: skip
arrays = hnp.arrays(
    st.one_of(hnp.scalar_dtypes(), hnp.unicode_string_dtypes(), hnp.byte_string_dtypes()),
    hnp.array_shapes(min_dims=0, min_side=0, max_dims=3, max_side=4),
)
tables = st.builds(
    lambda rows: pd.DataFrame(rows, columns=["n", "s", "t"]).astype({"n": "Int64", "s": "string", "t": "datetime64[ns]"}),
    st.lists(st.tuples(st.none() | st.integers(-9, 9), st.none() | st.text(max_size=3), st.none() | st.datetimes(dt.datetime(1700, 1, 1), LAST)), max_size=4),
)  # fmt: skip
arrow = st.builds(
    lambda x: pa.array(x, pa.list_(pa.string())),
    st.lists(st.none() | st.lists(st.none() | st.text(st.characters(codec="utf-8"), max_size=3))),
)
leaves = st.one_of(keys, st.integers(), st.floats(), st.slices(9), arrays, tables, arrow)
values = st.recursive(
    leaves, lambda v: st.lists(v) | st.tuples(v, v) | st.dictionaries(keys, v) | st.sets(keys), max_leaves=12
)


def refuse(x: Any) -> Any:
    raise CodecError(f"no plain value: {type(x).__name__}")


def same(a: Any, b: Any) -> bool:
    """Equal in type and value; NaN equals NaN."""
    if type(a) is not type(b):
        return False
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return same([*a.keys()], [*b.keys()]) and same([*a.values()], [*b.values()])
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, (pd.DataFrame, pa.Array)):
        return bool(a.equals(b)) and str(a) == str(b)
    return bool(a == b) or (a != a and b != b)


@SETTINGS
@given(values)
def test_whatever_the_value_it_arrives(x: Any) -> None:
    packed = msgpack.packb(Encoder(refuse).node(x))
    assert same(Decoder(refuse).value(msgpack.unpackb(packed, raw=False, strict_map_key=False)), x)


def mutated(node: Any, draw: Any) -> Any:
    """The node with one thing in it, at any depth, replaced by another."""
    if not isinstance(node, list) or not node or draw(st.integers(0, 3)) == 0:
        return draw(
            st.one_of(
                st.none(),
                st.integers(-2, 2**40),
                st.text(max_size=3),
                st.binary(max_size=9),
                st.floats(),
                st.sampled_from([[], {}, [[]], "O", "|O8", "<f8"]),
            )
        )
    at = draw(st.integers(0, len(node) - 1))
    return [*node[:at], mutated(node[at], draw), *node[at + 1 :]]


@SETTINGS
@given(values, st.data())
def test_a_changed_node_gives_a_value_or_a_refusal(x: Any, data: Any) -> None:
    node = msgpack.unpackb(msgpack.packb(Encoder(refuse).node([x])), raw=False, strict_map_key=False)
    for _ in range(5):
        with contextlib.suppress(CodecError):
            Decoder(refuse).value(mutated(node, data.draw))
        with contextlib.suppress(CodecError):
            apply_changes(mutated([[0, "l", node[2:]]], data.draw), {0: [x]}, Decoder(refuse))


@SETTINGS
@given(
    st.binary(max_size=40) | values.map(lambda x: msgpack.packb({"re": 0, "ok": Encoder(refuse).node(x)})), st.data()
)
def test_changed_bytes_give_a_message_or_an_error_of_the_wire(body: bytes, data: Any) -> None:
    """What the receiver makes of them goes to the decoder, as in a judge."""
    changed = bytearray(body)
    for _ in range(data.draw(st.integers(0, 3)) if changed else 0):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    ours, theirs = pair()
    with ours, theirs:
        theirs.sendall(len(changed).to_bytes(4, "little") + changed)
        theirs.shutdown(socket.SHUT_WR)
        try:
            message = Wire(ours).receive(5)
            Decoder(refuse).value(message["ok"] if isinstance(message, dict) and "ok" in message else message)
        except (WireError, CodecError):
            pass


SHAPES = {
    "a list of lists": lambda n: [[i] for i in range(n)],
    "one list many times": lambda n: [[0] * 10] * n,
    "a dict of numbers": lambda n: dict.fromkeys(range(n)),
    "a set": lambda n: {*range(n)},
    "tuples in tuples": lambda n: tuple((i, (i,)) for i in range(n)),
    "an array of objects": lambda n: np.array([None, "a"] * n, dtype=object),
    "text with missing values": lambda n: pd.Series(["a", None] * n, dtype="string"),
    "columns": lambda n: pd.DataFrame({str(i): [1] for i in range(n)}),
}


@pytest.mark.parametrize("name", SHAPES)
def test_twice_the_value_is_twice_the_work(name: str) -> None:
    """Counted as values that either side visits, not in seconds."""

    def visited(n: int) -> tuple[int, int]:
        encoder, decoder = Encoder(refuse), Decoder(refuse)
        decoder.value(encoder.node(SHAPES[name](n)))
        return encoder.items, decoder.items

    for one, two in zip(visited(100), visited(200), strict=True):
        assert one > 0
        assert 1.8 * one < two < 2.2 * one + 10


def test_numbering_an_object_looks_at_no_other() -> None:
    class Unsearched(dict[int, Any]):
        def __iter__(self) -> Any:
            pytest.fail("all objects were looked at for a new one")

    encoder = Encoder(refuse, {4: []})
    encoder.objects = Unsearched(encoder.objects)
    assert [n[1] for n in encoder.node([[], []])[2]] == [6, 7]


def test_keys_that_were_made_to_collide_are_refused() -> None:
    colliding = [complex(-1000003 * k, k) for k in range(1, 200)]
    assert len({hash(k) for k in colliding}) == 1
    for x in (dict.fromkeys(colliding), {*colliding}, frozenset(colliding)):
        with pytest.raises(CodecError, match="collide"):
            Decoder(refuse).value(Encoder(refuse).node(x))
    other = {complex(k, 1) for k in range(200)}
    assert Decoder(refuse).value(Encoder(refuse).node(other)) == other


def test_too_many_parts_are_refused_wherever_they_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograder.judge.values.codec.MAX_ITEMS", 1000)
    for make in SHAPES.values():
        Decoder(refuse).value(Encoder(refuse).node(make(30)))
        with pytest.raises(CodecError, match="too many parts"):
            Decoder(refuse).value(Encoder(refuse).node(make(3000)))
