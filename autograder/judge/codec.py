"""Plain values as msgpack-able nodes, without pickle.

A node is a bare scalar (None, bool, float, str, bytes, 64-bit int) or a list `[tag, …]`. A mutable value carries a
number, so that one object that appears twice arrives as one object (`["r", number]`), and so that changes made in
place can be sent back.
Dataclass instances travel as their fields, for classes that both sides know.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograder.judge.arrays import array_contents
from autograder.judge.errors import CodecError
from autograder.judge.kinds import INT64, READ_IMMUTABLE, READ_MUTABLE, immutable_kind, mutable_kind

MAX_DEPTH = 60
MAX_ITEMS = 2_000_000
DATACLASS = "dc"
PROXIES = {"_DictWrapper": "__wrapped__", "_TupleWrapper": "__wrapped__", "ListWrapper": "_storage"}


class Encoder:
    """Turns values into nodes.

    Args:
        other: called with what is not a plain value; returns a node of its own (a handle, a facade) or raises
            CodecError.
        objects: number → mutable value that the other side already has.
    """

    def __init__(self, other: Callable[[Any], Any], objects: Mapping[int, Any] | None = None) -> None:
        self.other = other
        self.objects = dict(objects or {})  # keeps them alive too, so that no id is used twice
        self._numbers = {id(x): n for n, x in self.objects.items()}
        self._depth = 0

    def node(self, x: Any) -> Any:
        """The node for `x`.

        Raises:
            CodecError: `x` is nested too deep, or `other` refused a part of it.
        """
        x = _unwrapped(x)
        if x is None or type(x) in (bool, str, bytes, float) or (type(x) is int and x in INT64):
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
        if kind is not None:
            return kind.write(x, self.node)
        cls = type(x)
        names = [f.name for f in dataclasses.fields(x)]
        return [cls.__module__, cls.__qualname__, names, [self.node(getattr(x, n)) for n in names]]

    def _node(self, x: Any) -> Any:
        kind = immutable_kind(x)
        if kind is not None:
            return [kind.tag, *kind.write(x, self.node)]
        if mutable_kind(x) is None and not _is_dataclass(x):
            return self.other(x)
        number = max(self.objects, default=-1) + 1
        self.objects[number], self._numbers[id(x)] = x, number
        return [_tag(x), number, *self.parts(x)]


class Decoder:
    """Turns nodes into values; never runs code that a node names.

    Args:
        other: called with a node whose tag is not known here (a handle, a facade).
        objects: number → mutable value already here.
        known: (module, qualified name) → dataclass, or None where this side does not know it.
    """

    def __init__(
        self,
        other: Callable[[list[Any]], Any],
        objects: Mapping[int, Any] | None = None,
        known: Callable[[str, str], type | None] = lambda module, name: None,
    ) -> None:
        self.other = other
        self.objects = dict(objects or {})
        self.known = known
        self._depth = 0
        self._items = 0

    def value(self, node: Any) -> Any:
        """The value of `node`.

        Raises:
            CodecError: the node is malformed, too deep or too large.
        """
        if not isinstance(node, list):
            if isinstance(node, dict):
                raise CodecError("a malformed value")
            return node
        self._depth += 1
        self._items += 1
        try:
            if self._depth > MAX_DEPTH or self._items > MAX_ITEMS:
                raise CodecError("a value too deep or too large")
            return self._value(node)
        except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
            raise CodecError(f"a malformed value ({type(error).__name__})") from None
        finally:
            self._depth -= 1

    def values(self, nodes: Any) -> list[Any]:
        """The values of a list of nodes."""
        if not isinstance(nodes, list) or self._items + len(nodes) > MAX_ITEMS:
            raise CodecError("too many values")
        self._items += len(nodes)
        return [self.value(n) for n in nodes]

    def new(self, tag: str, number: int, parts: list[Any]) -> Any:
        """A fresh object of a mutable kind, known under `number` before its members are read."""
        if tag == DATACLASS:
            return self._dataclass(number, *parts)
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
        if tag in READ_MUTABLE or tag == DATACLASS:
            return self.new(tag, node[1], node[2:])
        return self.other(node)

    def _dataclass(self, number: int, module: str, name: str, names: list[str], nodes: list[Any]) -> Any:
        cls = self.known(module, name)
        if cls is None or [f.name for f in dataclasses.fields(cls)] != names:
            raise CodecError(f"a {str(name)[:60]}, which is not a dataclass that both sides know")
        x: Any = object.__new__(cls)
        self.objects[number] = x
        for field, node in zip(names, nodes, strict=True):
            object.__setattr__(x, field, self.value(node))
        return x


def tensor_node(x: Any) -> Any:
    """The node of a tensor's NumPy value: a scalar, bytes, or an array that cannot change in place."""
    return ["tf", *array_contents(x, lambda v: v)] if isinstance(x, np.ndarray) else Encoder(_refuse).node(x)


def _refuse(x: Any) -> Any:
    raise CodecError(f"a {type(x).__name__}, which has no plain value")


def snapshot(objects: Mapping[int, Any], other: Callable[[Any], Any]) -> dict[int, list[Any]]:
    """number → parts of mutable values, each naming the others by number: to compare later."""
    encoder = Encoder(other, objects)
    return {n: encoder.parts(x) for n, x in objects.items()}


def changes(objects: Mapping[int, Any], before: Mapping[int, list[Any]], other: Callable[[Any], Any]) -> list[Any]:
    """`[number, tag, parts]` of every mutable value that is not any more what its snapshot says."""
    encoder = Encoder(other, objects)
    now = [(n, x, encoder.parts(x)) for n, x in objects.items()]
    return [[n, _tag(x), parts] for n, x, parts in now if parts != before[n]]


def apply_changes(changed: list[Any], ours: Mapping[int, Any], decoder: Decoder) -> None:
    """Make our objects what the other side made of its copies, in place.

    Args:
        changed: what `changes` gave there.
        ours: number → object, as it was encoded here.
    """
    reader = Decoder(decoder.other, {**decoder.objects, **ours}, decoder.known)
    for number, tag, parts in changed:
        old = ours.get(number)
        if old is None or _tag(old) != tag:
            raise CodecError("a change of something that was not passed")
        new = reader.new(tag, number, parts)
        reader.objects[number] = old
        if tag == DATACLASS:
            for field in dataclasses.fields(old):
                object.__setattr__(old, field.name, getattr(new, field.name))
        else:
            READ_MUTABLE[tag].overwrite(old, new)


def _unwrapped(x: Any) -> Any:
    """What stands behind TensorFlow's proxies, which a tf.Module puts in place into what it is given."""
    kind = type(x)
    if kind.__name__ in PROXIES and kind.__module__.startswith("tensorflow."):
        return getattr(x, PROXIES[kind.__name__])
    return x


def _is_dataclass(x: Any) -> bool:
    return dataclasses.is_dataclass(x) and not isinstance(x, type)


def _tag(x: Any) -> str:
    kind = mutable_kind(x)
    return kind.tag if kind else DATACLASS
