"""NumPy arrays and random generators as parts of nodes (see codec.py)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.judge.errors import CodecError

ARRAY_KINDS = "biufcSUMm"
GENERATORS = ("PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64")


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
    if len(shape) > 32 or any(type(n) is not int or n < 0 for n in shape):
        raise CodecError("an array with a malformed shape")
    if name == "O":
        flat = np.empty(len(data), dtype=object)
        for i, v in enumerate(values(data)):
            flat[i] = v
        return flat.reshape(shape)
    dtype = read_dtype(name)
    size = dtype.itemsize
    for n in shape:
        size *= n
    if size != len(data):
        raise CodecError("an array whose bytes do not fit its shape")
    return np.frombuffer(data, dtype=dtype).reshape(shape).copy()


def read_dtype(name: Any) -> np.dtype[Any]:
    """A dtype from the allow-list `ARRAY_KINDS`, never a structured one."""
    if not isinstance(name, str) or len(name) > 16 or not name.isascii() or "," in name:
        raise CodecError("a type of array that is not allowed")
    dtype = np.dtype(name)
    if dtype.kind not in ARRAY_KINDS:
        raise CodecError("a type of array that is not allowed")
    return dtype


def generator_contents(x: np.random.Generator) -> list[Any]:
    """The bit generator's name and its state: whoever gets it continues the same stream."""
    return [type(x.bit_generator).__name__, _state_node(x.bit_generator.state)]


def read_generator(contents: list[Any]) -> np.random.Generator:
    name, state = contents
    if name not in GENERATORS:
        raise CodecError("an unknown random generator")
    bits = getattr(np.random, name)()
    bits.state = _read_state(state)
    return np.random.Generator(bits)


def _state_node(state: Any) -> Any:
    if isinstance(state, dict):
        return ["d", [[k, _state_node(v)] for k, v in state.items()]]
    if isinstance(state, np.ndarray):
        return ["a", *array_contents(state, lambda v: v)]
    return ["i", hex(state)] if isinstance(state, int) else state


def _read_state(node: Any) -> Any:
    if not isinstance(node, list):
        return node
    tag, *rest = node
    if tag == "d":
        return {str(k): _read_state(v) for k, v in rest[0]}
    return read_array(rest, lambda nodes: []) if tag == "a" else read_int(rest[0])


def read_int(text: str) -> int:
    """A large integer, written in hexadecimal: that costs linear time in both directions."""
    if len(text) > 4000:
        raise CodecError("an integer with too many digits")
    return int(text, 16)
