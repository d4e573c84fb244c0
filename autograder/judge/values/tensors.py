"""TensorFlow's values as parts of nodes (see codec.py), without importing it."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.judge.errors import CodecError
from autograder.judge.values.arrays import array_contents
from autograder.judge.values.kinds import immutable_kind

PROXIES = {"_DictWrapper": "__wrapped__", "_TupleWrapper": "__wrapped__", "ListWrapper": "_storage"}


def unwrapped(x: Any) -> Any:
    """What stands behind TensorFlow's proxies, which a tf.Module puts in place into what it is given."""
    kind = type(x)
    if kind.__name__ in PROXIES and kind.__module__.startswith("tensorflow."):
        return getattr(x, PROXIES[kind.__name__])
    return x


def is_tensor(x: Any) -> bool:
    """Whether `x` has a NumPy value: a dense or ragged tensor, not a sparse one."""
    return all(hasattr(type(x), name) for name in ("numpy", "dtype", "shape"))


def tensor_node(x: Any) -> Any:
    """The node of a tensor's NumPy value: a scalar, bytes, or an array that cannot change in place."""
    if isinstance(x, np.ndarray):  # an array of arrays where rows differ in length
        return ["tf", *array_contents(x, tensor_node)]
    if type(x) is bytes:
        return x
    kind = immutable_kind(x)
    if kind is None:
        raise CodecError(f"a {type(x).__name__} in a tensor, which has no plain value")
    return [kind.tag, *kind.write(x, tensor_node)]
