"""NumPy's random generators as parts of nodes (see codec.py)."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.judge.errors import CodecError
from autograder.judge.values.arrays import array_contents, read_array
from autograder.judge.values.text import read_int

GENERATORS = ("PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64")
# Where the next number stands in a block of them, and how many a block has: NumPy reads there without looking.
POSITIONS = {"MT19937": ("pos", 624), "Philox": ("buffer_pos", 4)}


def generator_contents(x: np.random.Generator) -> list[Any]:
    """The bit generator's name and its state: whoever gets it continues the same stream.

    What `spawn` gives is not kept: a state does not hold the seed.
    """
    return [type(x.bit_generator).__name__, _state_node(x.bit_generator.state)]


def read_generator(contents: list[Any]) -> np.random.Generator:
    """The generator that `generator_contents` describes.

    Raises:
        CodecError: an unknown kind, or a state that no generator has.
    """
    name, node = contents
    if name not in GENERATORS:
        raise CodecError("an unknown random generator")
    state = _read_state(node)
    if name in POSITIONS:
        position, last = POSITIONS[name]
        held = state["state"] if name == "MT19937" else state
        if not 0 <= held[position] <= last:
            raise CodecError("a random generator with a malformed state")
    bits = getattr(np.random, name)()
    bits.state = state
    return np.random.Generator(bits)


def overwrite_generator(old: np.random.Generator, new: np.random.Generator) -> None:
    old.bit_generator.state = new.bit_generator.state


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
