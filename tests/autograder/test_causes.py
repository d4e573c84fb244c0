"""Is the innermost cause found in texts as TensorFlow makes them, and is any other text left alone?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import tensorflow as tf

from autograder.causes import innermost, named


def boom(x: Any) -> Any:
    raise ValueError(f"no such file: {x}\nlook again")


def refuse(x: Any) -> Any:
    raise TypeError("a number is needed")


def asked(x: Any) -> Any:
    return tf.ensure_shape(tf.numpy_function(boom, [x], tf.int64), [])


def drain(dataset: Any) -> None:
    for _ in dataset:
        pass


def nested(x: Any) -> Any:
    return tf.data.Dataset.from_tensors(x).map(refuse)


NUMBERS = tf.data.Dataset.range(3)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: drain(NUMBERS.map(asked)), "ValueError: no such file: 0\nlook again"),
        (
            lambda: drain(NUMBERS.batch(2).map(lambda x: asked(x[0])).prefetch(1)),
            "ValueError: no such file: 0\nlook again",
        ),
        (lambda: tf.function(asked)(tf.constant(7, tf.int64)), "ValueError: no such file: 7\nlook again"),
        (lambda: NUMBERS.map(refuse), "TypeError: a number is needed"),
        (lambda: NUMBERS.interleave(nested), "TypeError: a number is needed"),
        (
            lambda: NUMBERS.map(lambda x: tf.reshape(x, [2])),
            "ValueError: Cannot reshape a tensor with 1 elements to shape [2] (2 elements)",
        ),
        (
            lambda: tf.reshape(tf.constant([1, 2]), [3]),
            "InvalidArgumentError: Input to reshape is a tensor with 2 values, but the requested shape has 3",
        ),
    ],
    ids=["python", "batched", "graph", "building", "nested", "shape", "eager"],
)
def test_tensorflows_errors(call: Callable[[], Any], said: str) -> None:
    with pytest.raises(Exception) as caught:  # noqa: PT011 (of many types)
        call()
    assert named(type(caught.value).__name__, innermost(str(caught.value))) == said


@pytest.mark.parametrize("text", ["", "plain", "two\nlines", "  indented", "Traceback (most recent call last): mine"])
def test_other_texts_stay(text: str) -> None:
    assert innermost(text) == text


def test_a_kind_is_said_once() -> None:
    assert named("KeyError", "'x'") == "KeyError: 'x'"
    assert named("StopIteration", "") == "StopIteration"
    assert named("ValueError", "TypeError: is part of my message") == "ValueError: TypeError: is part of my message"
