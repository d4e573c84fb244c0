"""Classes that both sides know, and values made of classes: dataclasses, namedtuples, Enum members.

No class is ever made, or imported, from a name that arrives.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from types import ModuleType
from typing import Any

from autograder.judge.errors import CodecError
from autograder.judge.values.nodes import Node, Reader

Known = Callable[[str, str], type | None]  # (module, qualified name) → class


class FieldsTuple(tuple[Any, ...]):
    """A namedtuple of a class that only the other side knows: its values, and their names as data.

    Attributes:
        _fields: the names.
        _origin: the class's module and qualified name: the other side gets one of its class back.
    """

    _fields: tuple[str, ...]
    _origin: tuple[str, str]

    def __getattribute__(self, name: str) -> Any:
        fields = tuple.__getattribute__(self, "_fields")
        return self[fields.index(name)] if name in fields else tuple.__getattribute__(self, name)

    def __repr__(self) -> str:
        return f"({', '.join(f'{name}={x!r}' for name, x in zip(self._fields, self, strict=True))})"


def is_dataclass(x: Any) -> bool:
    """Whether `x` is an instance of a dataclass."""
    return dataclasses.is_dataclass(x) and not isinstance(x, type)


def is_namedtuple(x: Any) -> bool:
    """Whether `x` is a tuple whose values have names."""
    names = getattr(x, "_fields", None) if isinstance(x, tuple) else None
    return type(names) is tuple and len(names) == len(x)


def shared_classes(names: Mapping[str, Any]) -> dict[tuple[str, str], type]:
    """The dataclasses, namedtuples and Enums that setup cells bound, or that a module has which they bound.

    Args:
        names: the namespace after the setup cells.
    """
    return {(c.__module__, c.__qualname__): c for c in _classes(names) if _has_values(c)}


def look_up(namespace: Mapping[str, Any], name: str) -> type | None:
    """The class of a qualified name, found without running code; None where there is none."""
    first, *rest = name.split(".")
    found = namespace.get(first)
    for part in rest:
        found = vars(found).get(part) if isinstance(found, type) else None
    return found if isinstance(found, type) else None


def _classes(names: Mapping[str, Any]) -> Iterator[type]:
    for x in list(names.values()):
        members = list(vars(x).values()) if issubclass(type(x), ModuleType) else [x]
        yield from (c for c in members if issubclass(type(c), type))  # isinstance would wake a lazy module


def _has_values(cls: type) -> bool:
    named = issubclass(cls, tuple) and type(vars(cls).get("_fields")) is tuple
    return named or "__dataclass_fields__" in vars(cls) or (issubclass(cls, Enum) and bool(cls.__members__))


def namedtuple_node(x: Any, node: Node) -> list[Any]:
    cls = type(x)
    origin = x._origin if cls is FieldsTuple else (cls.__module__, cls.__qualname__)
    return [*origin, list(x._fields), [node(v) for v in tuple.__iter__(x)]]


def read_namedtuple(contents: list[Any], reader: Reader) -> Any:
    """Of the class, where this side knows one with these fields; else a FieldsTuple."""
    module, name, fields, nodes = contents
    values = reader.values(nodes)
    if not all(type(f) is str and f.isidentifier() and f[0] != "_" for f in fields):
        raise CodecError("a namedtuple with malformed names")
    if len({*fields}) != len(values) or len(fields) != len(values):
        raise CodecError("a namedtuple whose names do not fit its values")
    cls = reader.known(module, name)
    if cls is not None and issubclass(cls, tuple) and getattr(cls, "_fields", None) == tuple(fields):
        return tuple.__new__(cls, values)
    x = FieldsTuple(values)
    x._fields, x._origin = tuple(fields), (str(module), str(name))
    return x


def member_node(x: Enum) -> list[Any]:
    cls = type(x)
    return [cls.__module__, cls.__qualname__, x.name]


def read_member(contents: list[Any], reader: Reader) -> Enum:
    """A member of an Enum that this side knows."""
    module, name, member = contents
    cls = reader.known(module, name)
    if cls is None or not issubclass(cls, Enum) or member not in cls.__members__:
        raise CodecError(f"a member of {str(name)[:60]}, which is no Enum that both sides know")
    return cls.__members__[member]


def fields_of(x: Any, node: Node) -> list[Any]:
    """A dataclass instance as `[module, name, fields, nodes]`."""
    cls = type(x)
    names = [f.name for f in dataclasses.fields(x)]
    return [cls.__module__, cls.__qualname__, names, [node(getattr(x, n)) for n in names]]


def blank_dataclass(contents: list[Any], reader: Reader) -> Any:
    """An instance without values, of a dataclass that this side knows and that has these fields."""
    module, name, names, _ = contents
    cls = reader.known(module, name)
    if cls is None or not dataclasses.is_dataclass(cls) or [f.name for f in dataclasses.fields(cls)] != names:
        raise CodecError(f"a {str(name)[:60]}, which is not a dataclass that both sides know")
    return object.__new__(cls)


def fill_dataclass(x: Any, contents: list[Any], reader: Reader) -> None:
    _, _, names, nodes = contents
    for name, value in zip(names, reader.values(nodes), strict=True):
        object.__setattr__(x, name, value)


def overwrite_dataclass(old: Any, new: Any) -> None:
    for field in dataclasses.fields(old):
        object.__setattr__(old, field.name, getattr(new, field.name))
