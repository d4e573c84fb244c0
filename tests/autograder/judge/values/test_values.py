"""Does each kind of value that has a class, a zone or a state of its own arrive as it was, and nothing by name alone?"""

from __future__ import annotations

import collections
import dataclasses
import datetime as dt
import enum
import http
import pathlib
import types
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from autograder.judge.errors import CodecError
from autograder.judge.values.classes import FieldsTuple, look_up, shared_classes
from autograder.judge.values.codec import Decoder, Encoder
from autograder.judge.values.nodes import MAX_LENGTH
from autograder.judge.values.tensors import is_tensor, tensor_node


def refuse(x: Any) -> Any:
    raise CodecError(f"no plain value: {type(x).__name__}")


def across(x: Any, *classes: type) -> Any:
    """`x` as a side gets it that knows these classes."""
    shared = shared_classes({c.__name__: c for c in classes})
    node = Encoder(refuse, None, lambda cls: cls in classes).node(x)
    return Decoder(refuse, None, lambda module, name: shared.get((module, name))).value(node)


class Bounds(NamedTuple):
    low: float
    high: float

    @property
    def width(self) -> float:
        return self.high - self.low


class Colour(enum.Enum):
    RED = 1
    CRIMSON = 1  # noqa: PIE796 (another name of the same member)
    BLUE = "b"


class Level(enum.IntEnum):
    LOW = 1


class Right(enum.Flag):
    READ = 1
    WRITE = 2


Counted = collections.namedtuple("Counted", "count index")


def test_a_known_namedtuple_arrives_as_its_class() -> None:
    back = across([Bounds(1.0, 3.0)], Bounds)[0]
    assert type(back) is Bounds
    assert (back, back.width) == (Bounds(1.0, 3.0), 2.0)


def test_an_unknown_namedtuple_arrives_with_its_names_and_without_its_class() -> None:
    back = across(Counted(4, [5]))
    assert type(back) is FieldsTuple
    assert (back.count, back.index, back[0], len(back)) == (4, [5], 4, 2)
    assert back == (4, [5])
    assert repr(back) == "(count=4, index=[5])"
    assert across(back) == back  # and goes on from there
    node = Encoder(refuse).node(across(Bounds(1, 2)))
    assert type(Decoder(refuse, None, lambda module, name: Bounds if name == "Bounds" else None).value(node)) is Bounds
    with pytest.raises(AttributeError, match="width"):
        _ = across(Bounds(1, 2)).width


def test_a_namedtuple_of_other_fields_than_the_known_one_is_not_taken_for_it() -> None:
    other = type("Bounds", (collections.namedtuple("Bounds", "low"),), {"__module__": Bounds.__module__})
    assert type(across(other(1), Bounds)) is FieldsTuple


@pytest.mark.parametrize(
    ("fields", "values"),
    [(["a"], [1, 2]), (["a", "a"], [1, 2]), (["__class__"], [1]), (["_fields"], [1]), ([""], [1]), ([1], [1]), ("ab", "ab"), (5, [1])],
)  # fmt: skip
def test_malformed_names_are_refused(fields: Any, values: Any) -> None:
    with pytest.raises(CodecError):
        Decoder(refuse).value(["nt", "m", "n", fields, values])


@pytest.mark.parametrize("member", [Colour.RED, Colour.CRIMSON, Colour.BLUE, Level.LOW, Right.WRITE])
def test_a_member_of_a_known_enum_arrives_as_itself(member: enum.Enum) -> None:
    assert across([member], type(member))[0] is member
    assert across({member: 1}, type(member)) == {member: 1}


def test_members_of_other_enums_are_left_to_a_handle() -> None:
    lent: list[Any] = []
    encoder = Encoder(lambda x: lent.append(x) or ["h", 0], None, lambda cls: cls is Right)
    assert encoder.node([Colour.RED, Right.READ | Right.WRITE])[2] == [["h", 0], ["h", 0]]
    assert lent == [Colour.RED, Right.READ | Right.WRITE]
    with pytest.raises(CodecError, match="no Enum that both sides know"):
        Decoder(refuse).value(["en", "os", "system", "x"])
    with pytest.raises(CodecError, match="no Enum that both sides know"):
        Decoder(refuse, None, lambda module, name: Colour).value(["en", "m", "Colour", "__class__"])


@dataclasses.dataclass
class Box:
    """Holds one thing."""

    content: Any


def test_a_dataclass_that_the_other_side_does_not_know_is_left_to_a_handle() -> None:
    encoder = Encoder(lambda x: ["h", 0], None, lambda cls: False)
    inner: list[int] = []
    assert encoder.node([Box(inner), inner])[2] == [["h", 0], ["l", 1, []]]  # and nothing of it is numbered


def test_what_setup_bound_is_shared_and_what_its_modules_hold() -> None:
    class Lazy:
        __class__ = property(lambda self: pytest.fail("woken"))  # type: ignore[assignment]

    lazy = types.ModuleType("lazy")
    lazy.member = Lazy()  # type: ignore[attr-defined]
    names = {
        "Bounds": Bounds,
        "Level": Level,
        "http": http,
        "Box": Box,
        "x": 3,
        "int": int,
        "Enum": enum.Enum,
        "lazy": lazy,
    }
    shared = shared_classes(names)
    assert {("http", "HTTPStatus"), (__name__, "Bounds"), (__name__, "Level"), (__name__, "Box")} <= shared.keys()
    assert int not in shared.values()
    assert enum.Enum not in shared.values()


def test_a_qualified_name_is_looked_up_without_running_code() -> None:
    class Outer:
        class Inner:
            pass

        made = property(lambda self: pytest.fail("run"))

    assert look_up({"Outer": Outer}, "Outer.Inner") is Outer.Inner
    assert [look_up({"Outer": Outer, "n": 3}, name) for name in ("Outer.made", "Outer.none.x", "n", "no")] == [None] * 4


@pytest.mark.parametrize(
    "x",
    [
        pathlib.Path("a/b"), pathlib.PurePosixPath("/a"), pathlib.PureWindowsPath("C:\\a"), pathlib.Path("caf\udce9"), "half \ud800", {"\udfff": 1},
        dt.time(3, 4, 5, 6), dt.time(1, tzinfo=dt.UTC), dt.UTC, dt.timezone(dt.timedelta(hours=-5), "EST"), ZoneInfo("Europe/Berlin"),
        dt.datetime(2013, 10, 27, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"), fold=1), dt.datetime(2013, 1, 1, tzinfo=dt.timezone(dt.timedelta(minutes=90))),
        np.datetime64("2013-01-01T03", "h"), np.timedelta64(3, "D"), np.datetime64("NaT", "ns"),
        pd.Timestamp("2013-01-01", tz=ZoneInfo("America/New_York")), pd.Timestamp("2013-01-01 00:00:00.123456789"), pd.Timedelta("1 day 3 ns"),
        pd.Timestamp("2013-01-01", tz="America/New_York"), pd.Period("2013-02", "M"), pd.Interval(0, 2, closed="left"),
    ],
)  # fmt: skip
def test_it_arrives_equal_and_of_its_type(x: Any) -> None:
    back = across([x])[0]
    np.testing.assert_equal(back, x)
    assert type(back) is type(x)
    if isinstance(x, dt.datetime):
        assert (back.isoformat(), str(back.tzinfo), back.fold) == (x.isoformat(), str(x.tzinfo), x.fold)
    if isinstance(x, dt.timezone):
        assert back.tzname(None) == x.tzname(None)


def test_missing_values_are_the_only_ones_of_their_kind() -> None:
    assert across([pd.NA, pd.NaT]) == [pd.NA, pd.NaT]
    assert across(pd.NA) is pd.NA
    assert across(pd.NaT) is pd.NaT


@pytest.mark.parametrize(
    "node",
    [
        ["tz", ["zoneinfo", "../../../etc/passwd"]], ["tz", ["zoneinfo", "/etc/localtime"]], ["tz", ["pytz", "dateutil//etc/passwd"]],
        ["tz", ["pytz", "tzlocal()"]], ["tz", ["zoneinfo", "No/Where"]], ["tz", ["offset", 9, 0, 0, None]], ["tz", ["other", "UTC"]],
        ["dt", "2013-01-01", ["zoneinfo", "dateutil/x"], 0], ["ti", "25:00", None, 0], ["pa", "Path", "x"], ["pa", "PosixPath", 3],
        ["ps", "Timestamp", "25s", 1, None], ["ps", "Period", "__import__('os')", 1], ["ps", "Interval", 2, 1, "left"], ["ps", "Other"],
        ["ra", [0, 10**18, 1]], ["ra", [0, 10**30, 1]], ["ra", [0, 5, 0]], ["su", b"\xff"], ["su", 3],
        ["ix", ["range", 0, 10**12, 1, None]], ["se", 0, ["np", "<f8", [], bytes(8)], ["range", 0, 1000, 1, None], None],
        ["df", 0, ["range", 0, 1, 1, None], [["np", "<f8", [1], bytes(8)]], ["range", 0, 1000, 1, None]],
        ["ix", ["index", ["period", "<i8", [1], bytes(8), "os.system"], None]], ["ix", ["index", ["text", "no", False, ["a"]], None]],
        ["n", "<f8", bytes(16)], ["n", "<f8", b""], ["n", "|O", bytes(8)], ["a", 0, "<U1", [1], b"\xff\xff\xff\xff"], ["a", 0, "<U300000", [0], b""],
        ["a", 0, "<f8", [1], "12345678"], ["a", 0, "3<i4", [1], bytes(12)],
    ],
)  # fmt: skip
def test_hostile_nodes_are_refused(node: Any) -> None:
    with pytest.raises(CodecError):
        Decoder(refuse).value(node)


def test_a_range_may_promise_no_more_than_memory_has() -> None:
    assert across(range(MAX_LENGTH)) == range(MAX_LENGTH)
    with pytest.raises(CodecError, match="length"):
        across(range(0, -MAX_LENGTH - 1, -1))


def test_a_bool_is_true_or_false_and_nothing_between() -> None:
    """A byte of 2 is true, and NumPy would count it as two."""
    x = Decoder(refuse).value(["a", 0, "|b1", [3], b"\x00\x02\xff"])
    assert (np.count_nonzero(x), x.tobytes()) == (2, b"\x00\x01\x01")
    assert Decoder(refuse).value(["n", "|b1", b"\x02"]).tobytes() == b"\x01"


@pytest.mark.parametrize("kind", ["PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64"])
def test_every_bit_generator_goes_on_with_its_stream(kind: str) -> None:
    one = np.random.Generator(getattr(np.random, kind)(7))
    one.random(3, dtype=np.float32)  # leaves half of a 64-bit draw
    two = across(one)
    assert two.random(700, dtype=np.float32).tolist() == one.random(700, dtype=np.float32).tolist()


@pytest.mark.parametrize(("kind", "name", "position"), [("MT19937", "pos", 625), ("MT19937", "pos", -1), ("Philox", "buffer_pos", 5), ("Philox", "buffer_pos", -9)])  # fmt: skip
def test_a_generator_that_would_read_beside_its_block_is_refused(kind: str, name: str, position: int) -> None:
    tag, number, found, state = Encoder(refuse).node(np.random.Generator(getattr(np.random, kind)(7)))

    def forged(node: Any) -> Any:
        if isinstance(node, list) and len(node) == 2 and node[0] == name:
            return [name, ["i", hex(position)]]
        return [forged(n) for n in node] if isinstance(node, list) else node

    assert forged(state) != state
    with pytest.raises(CodecError, match="malformed state"):
        Decoder(refuse).value([tag, number, found, forged(state)])


@pytest.mark.parametrize(
    "column",
    [
        pd.Categorical(["b", None, "a"], categories=["b", "a", "c"], ordered=True), pd.Categorical([3, 1, 3]), pd.cut([0.5, 1.5, np.nan], [0, 1, 2]),
        pd.array(["x", None, ""], dtype="string"), pd.array(["x", None, ""], dtype="string[pyarrow]"),
        pd.array(["x", None, ""], dtype=pd.StringDtype("pyarrow", na_value=np.nan)), pd.array(["x", None, ""], dtype=pd.StringDtype("python", na_value=np.nan)),
        pd.array([2**63 + 1, None, 0], dtype="UInt64"), pd.array([1.5, None, 0], dtype="Float32"), pd.array([True, None, False], dtype="boolean"),
        pd.date_range("2013-03-09", periods=3, tz="America/New_York"), pd.date_range("2013-03-09", periods=3, tz=ZoneInfo("Europe/Berlin")),
        pd.DatetimeIndex(["2013", None, "2014"]).as_unit("s"), pd.to_timedelta([1, None, 2], unit="h"), pd.PeriodIndex(["2013-01", None, "2013-03"], freq="M"),
        pd.interval_range(0, 3), np.array([pd.NA, None, pd.NaT], dtype=object), np.array(["a", np.nan, 3], dtype=object),
    ],
)  # fmt: skip
def test_columns_arrive_equal_as_columns_and_as_index(column: Any) -> None:
    frame = pd.DataFrame({"x": column}, index=pd.Index(column) if not isinstance(column, np.ndarray) else None)
    back = across(frame)
    pd.testing.assert_frame_equal(back, frame, check_freq=False)
    pd.testing.assert_series_equal(across(frame["x"]), frame["x"], check_freq=False)
    assert str(back["x"].dtype) == str(frame["x"].dtype)


def test_a_column_of_a_type_that_is_not_allowed_says_so() -> None:
    with pytest.raises(CodecError, match="Sparse"):
        across(pd.Series(pd.arrays.SparseArray([0, 1])))


def test_ragged_tensors_arrive_as_rows_and_sparse_ones_are_no_tensor_values() -> None:
    import tensorflow as tf

    rows = Decoder(refuse).value(tensor_node(tf.ragged.constant([[1, 2], [], [3]]).numpy()))
    assert [r.tolist() for r in rows] == [[1, 2], [], [3]]
    words = Decoder(refuse).value(tensor_node(tf.ragged.constant([["a"], ["b", "c"]]).numpy()))
    assert [r.tolist() for r in words] == [[b"a"], [b"b", b"c"]]
    assert is_tensor(tf.ragged.constant([[1]]))
    assert not is_tensor(tf.sparse.from_dense([[1]]))  # it stays a handle, with .indices and .values
