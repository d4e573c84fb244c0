"""An int8 model behind five methods of LiteRT's `Interpreter`: a check sees what it is fed, and no file is loaded."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

INPUT, OUTPUT = 3, 17  # indices of its tensors: as in a real file, neither 0 nor in order
SHAPE = (1, 28, 28, 1)

Affine = tuple[float, int]  # scale, zero point


class PretendedInterpreter:
    """Takes an image as int8 and answers what the check wants it to: it computes nothing.

    Args:
        takes, gives: (scale, zero point) of its input and its output.
        answer: the ten int8 numbers that it gives after `invoke`; zeros before.

    Attributes:
        fed: the int8 image it held when it was last invoked, or None.
        refused: why `set_tensor` or `get_tensor` last raised, in LiteRT's words, or "".
        invoked: how often.
    """

    __facade__ = ("get_input_details", "get_output_details", "get_tensor", "invoke", "set_tensor")

    def __init__(self, takes: Affine, gives: Affine, answer: NDArray[np.int8]) -> None:
        self._takes, self._gives = takes, gives
        self._answer = np.asarray(answer, np.int8).reshape(1, 10)
        self._input, self._output = np.zeros(SHAPE, np.int8), np.zeros((1, 10), np.int8)
        self.fed: NDArray[np.int8] | None = None
        self.refused, self.invoked = "", 0

    def get_input_details(self) -> list[dict[str, Any]]:
        """A list of one dict. (A dtype is text here, for a class does not cross between processes.)"""
        return [_details(INPUT, "image", SHAPE, self._takes)]

    def get_output_details(self) -> list[dict[str, Any]]:
        """A list of one dict."""
        return [_details(OUTPUT, "logits", (1, 10), self._gives)]

    def set_tensor(self, index: int, value: NDArray[Any]) -> None:
        """Lay an array into the input.

        Raises:
            ValueError: it is no int8 array of the input's shape, or there is no such input.
        """
        given = np.asarray(value)
        if index != INPUT:
            self._refuse(f"Cannot set tensor: there is no input with index {index}")
        if given.dtype != np.int8:
            self._refuse(f"Cannot set tensor: Got value of type {given.dtype.name.upper()} but expected type INT8")
        if given.shape != SHAPE:
            self._refuse(f"Cannot set tensor: Dimension mismatch. Got {given.shape} but expected {SHAPE}")
        self._input = given.copy()

    def invoke(self) -> None:
        """Run the model."""
        self.invoked += 1
        self.fed, self._output = self._input.copy(), self._answer.copy()

    def get_tensor(self, index: int) -> NDArray[np.int8]:
        """A copy of the output.

        Raises:
            ValueError: there is no such output.
        """
        if index != OUTPUT:
            self._refuse(f"Invalid tensor index {index}: no output has it")
        return self._output.copy()

    def _refuse(self, why: str) -> None:
        self.refused = why
        raise ValueError(why)


def _details(index: int, name: str, shape: tuple[int, ...], affine: Affine) -> dict[str, Any]:
    return {
        "name": name,
        "index": index,
        "shape": np.array(shape, np.int32),
        "dtype": "int8",
        "quantization": affine,
    }
