"""Plain values as msgpack-able nodes, without pickle.

A node is a bare scalar (None, bool, float, str, bytes, 64-bit int) or a list `[tag, …]`. A mutable value carries a
number, so that one object that appears twice arrives as one object (`["r", number]`), and so that changes made in
place can be sent back (changes.py). Which kinds of values there are stands in kinds.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

from autograder.judge.errors import CodecError
from autograder.judge.values.classes import Known, is_dataclass
from autograder.judge.values.kinds import READ_IMMUTABLE, READ_MUTABLE, immutable_kind, mutable_kind
from autograder.judge.values.nodes import INT64, MAX_DEPTH, MAX_ITEMS
from autograder.judge.values.tensors import unwrapped
from autograder.judge.values.text import is_utf8


class Encoder:
    """Turns values into nodes.

    Args:
        other: called with what is not a plain value; returns a node of its own (a handle, a facade) or raises
            CodecError.
        objects: number → mutable value that the other side already has.
        shared: whether the other side knows a dataclass or an Enum; instances of others are left to `other`.

    Attributes:
        items: how many values were visited.
    """

    def __init__(
        self,
        other: Callable[[Any], Any],
        objects: Mapping[int, Any] | None = None,
        shared: Callable[[type], bool] = lambda cls: True,
    ) -> None:
        self.other, self.shared = other, shared
        self.objects = dict(objects or {})  # keeps them alive too, so that no id is used twice
        self.items = 0
        self._numbers = {id(x): n for n, x in self.objects.items()}
        self._next = max(self.objects, default=-1) + 1
        self._depth = 0

    def node(self, x: Any) -> Any:
        """The node for `x`.

        Raises:
            CodecError: `x` is nested too deep, or `other` refused a part of it.
        """
        self.items += 1
        x = unwrapped(x)
        kind = type(x)
        if x is None or kind in (bool, bytes, float) or (kind is int and x in INT64) or (kind is str and is_utf8(x)):
            return x
        if id(x) in self._numbers:
            return ["r", self._numbers[id(x)]]
        if self._depth >= MAX_DEPTH:
            raise CodecError(f"a value nested more than {MAX_DEPTH} deep")
        self._depth += 1
        try:
            return self._node(x)
        finally:
            self._depth -= 1

    def parts(self, x: Any) -> list[Any]:
        """What stands behind the number in a mutable value's node."""
        kind = mutable_kind(x)
        if kind is None:
            raise CodecError(f"a {type(x).__name__}, which has no plain value")
        return kind.write(x, self.node)

    def _node(self, x: Any) -> Any:
        if (is_dataclass(x) or isinstance(x, Enum)) and not self.shared(type(x)):
            return self.other(x)
        immutable = immutable_kind(x)
        if immutable is not None:
            return [immutable.tag, *immutable.write(x, self.node)]
        mutable = mutable_kind(x)
        if mutable is None:
            return self.other(x)
        number, self._next = self._next, self._next + 1
        self.objects[number], self._numbers[id(x)] = x, number
        return [mutable.tag, number, *mutable.write(x, self.node)]


class Decoder:
    """Turns nodes into values; never runs code that a node names.

    Args:
        other: called with a node whose tag is not known here (a handle, a facade).
        objects: number → mutable value already here.
        known: (module, qualified name) → dataclass, namedtuple or Enum, or None where this side does not know it.

    Attributes:
        items: how many values were visited.
    """

    def __init__(
        self,
        other: Callable[[list[Any]], Any],
        objects: Mapping[int, Any] | None = None,
        known: Known = lambda module, name: None,
    ) -> None:
        self.other, self.known = other, known
        self.objects = dict(objects or {})
        self.items = 0
        self._depth = 0

    def value(self, node: Any) -> Any:
        """The value of `node`.

        Raises:
            CodecError: the node is malformed, too deep or too large.
        """
        if not isinstance(node, list):
            if isinstance(node, dict):
                raise CodecError("a malformed value")
            return node
        self.count(1)
        self._depth += 1
        try:
            if self._depth > MAX_DEPTH:
                raise CodecError("a value that is too deep")
            return self._value(node)
        except CodecError:
            raise
        except Exception as error:  # of NumPy, pandas, pyarrow: each has errors of its own for what is malformed
            raise CodecError(f"a malformed value ({type(error).__name__})") from None
        finally:
            self._depth -= 1

    def values(self, nodes: Any) -> list[Any]:
        """The values of a list of nodes."""
        if not isinstance(nodes, list):
            raise CodecError("a malformed value")
        self.count(len(nodes))
        return [self.value(n) for n in nodes]

    def count(self, items: int) -> None:
        """Note that so many more values are visited.

        Raises:
            CodecError: they are too many.
        """
        self.items += items
        if self.items > MAX_ITEMS:
            raise CodecError("a value of too many parts")

    def new(self, tag: str, number: int, parts: list[Any]) -> Any:
        """A fresh object of a mutable kind, known under `number` before its members are read."""
        kind = READ_MUTABLE[tag]
        x = self.objects[number] = kind.read(parts, self)
        if kind.fill:
            kind.fill(x, parts, self)
        return x

    def _value(self, node: list[Any]) -> Any:
        tag = node[0]
        if tag == "r":
            return self.objects[node[1]]
        if tag in READ_IMMUTABLE:
            return READ_IMMUTABLE[tag].read(node[1:], self)
        if tag in READ_MUTABLE:
            return self.new(tag, node[1], node[2:])
        return self.other(node)
