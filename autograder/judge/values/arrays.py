"""NumPy arrays and scalars as parts of nodes (see codec.py)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.judge.errors import CodecError

ARRAY_KINDS = "biufcSUMm"
MAX_DIMENSIONS = 32
MAX_ITEMSIZE = 1 << 20  # bytes of one item, which is text: an empty array must not promise gigabytes
LAST_CHARACTER = 0x10FFFF


def array_contents(x: np.ndarray[Any, Any], node: Callable[[Any], Any]) -> list[Any]:
    """`[dtype, shape, bytes]`; an object array holds a list of nodes instead of bytes."""
    if x.dtype.kind == "O":
        return ["O", list(x.shape), [node(v) for v in x.ravel().tolist()]]
    return [x.dtype.str, list(x.shape), np.ascontiguousarray(x).tobytes()]


def read_array(contents: list[Any], values: Callable[[Any], list[Any]]) -> np.ndarray[Any, Any]:
    """The array that `array_contents` describes.

    Raises:
        CodecError: a type that is not allowed, or bytes that do not fit the shape.
    """
    name, shape, data = contents
    if len(shape) > MAX_DIMENSIONS or any(type(n) is not int or n < 0 for n in shape):
        raise CodecError("an array with a malformed shape")
    if name == "O":
        flat = np.empty(len(data), dtype=object)
        for i, v in enumerate(values(data)):
            flat[i] = v
        return flat.reshape(shape)
    dtype = read_dtype(name)
    if math.prod(shape) * dtype.itemsize != len(data) or type(data) is not bytes:
        raise CodecError("an array whose bytes do not fit its shape")
    items: np.ndarray[Any, Any] = _items(data, dtype)
    return items.reshape(shape)


def read_scalar(name: str, data: bytes) -> np.generic:
    """The NumPy scalar of that type."""
    x: Any = read_array([name, [], data], lambda nodes: [])
    return x[()]  # type: ignore[no-any-return]


def read_dtype(name: Any) -> np.dtype[Any]:
    """A dtype from the allow-list `ARRAY_KINDS`, never a structured one."""
    if not isinstance(name, str) or len(name) > 16 or not name.isascii() or "," in name:
        raise CodecError("a type of array that is not allowed")
    dtype = np.dtype(name)
    if dtype.kind not in ARRAY_KINDS or dtype.itemsize > MAX_ITEMSIZE:
        raise CodecError("a type of array that is not allowed")
    return dtype


def overwrite_array(old: np.ndarray[Any, Any], new: np.ndarray[Any, Any]) -> None:
    if old.shape == new.shape and old.dtype == new.dtype and old.flags.writeable:
        old[...] = new


def _items(data: bytes, dtype: np.dtype[Any]) -> Any:
    """A copy of the bytes as an array that holds what NumPy itself would put there, and nothing else."""
    if dtype.kind == "b":  # another byte than 0 and 1 would be true, and count as more than one
        return np.frombuffer(data, np.uint8) != 0
    if dtype.kind == "U":
        letters = np.frombuffer(data, np.dtype(np.uint32).newbyteorder(dtype.byteorder))
        if letters.size and letters.max() > LAST_CHARACTER:
            raise CodecError("an array of malformed text")
    return np.frombuffer(data, dtype=dtype).copy()
