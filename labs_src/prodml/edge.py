"""A small network for devices, the same in NumPy, and `examine`: what a file for LiteRT does, seen from outside.

The network sees one digit of 28 x 28 pixels, divided by 255: two convolutions with batch normalization, one dense
layer, ten logits. Its weights are a plain list of 14 float32 arrays, in Keras' order.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prodml.errors import ProdmlError

EPSILON = 1e-3  # Keras' default in batch normalization
SHAPES = (
    ("conv1", (3, 3, 1, 8)),
    ("conv2", (3, 3, 8, 16)),
    ("hidden", (576, 64)),
    ("logits", (64, 10)),
)
MOST_BYTES = 8 << 20
MOST_SECONDS = 20
MOST_MEMORY = 2 << 30
MOST_OUTPUT = 16 << 20
WORKER = Path(__file__).with_name("_edge_worker.py")


class ExamineError(ProdmlError, AssertionError):
    """Raised when bytes cannot be run as a model: they are too many, no model, or too slow."""


@dataclass(frozen=True)
class Examined:
    """What a model did in a process of its own.

    Attributes:
        size: of the model, bytes.
        operators: names of the operators that the interpreter runs, in order.
        input_type, output_type: NumPy names, such as `"int8"`.
        input_scale: real value of one step of the quantized input; 0 for a float input.
        weight_types: NumPy name of each constant tensor with more than 64 numbers.
        outputs: n x 10, real values (integers are turned back by scale and zero point).
        times: n, microseconds of each call, one thread; `microseconds` is their median.
        memory: peak resident bytes of the whole process, Python and NumPy included.
    """

    size: int
    operators: tuple[str, ...]
    input_type: str
    output_type: str
    input_scale: float
    weight_types: tuple[str, ...]
    outputs: NDArray[np.float32]
    times: NDArray[np.float64]
    microseconds: float
    memory: int


def examine(model: bytes, images: NDArray[Any], seconds: float = MOST_SECONDS) -> Examined:
    """Run a model for LiteRT on images, one at a time, in a fresh process with limits on size, time and memory.

    The process knows nothing but the model and the images, and returns numbers.

    Args:
        model: bytes of a .tflite file. images: n x 28 x 28 x 1, float32, 0 to 1. An integer input is quantized.

    Raises:
        ExamineError: see there. It is an AssertionError too, so that a check fails with its message.
    """
    return _examined(model, {"": np.ascontiguousarray(images, np.float32)}, seconds)


def examine_inputs(model: bytes, inputs: Mapping[str, NDArray[Any]], seconds: float = MOST_SECONDS) -> Examined:
    """The same for a model with several inputs, which are matched by name: LiteRT may order them otherwise.

    Args:
        inputs: name → float32 or int32 array of n rows; each call gets one row of each.

    Raises:
        ExamineError: as `examine`; also if the model has other inputs, or an id has no row in its embedding.
    """
    return _examined(model, {name: np.ascontiguousarray(x) for name, x in inputs.items()}, seconds)


def _examined(model: bytes, inputs: Mapping[str, NDArray[Any]], seconds: float) -> Examined:
    if len(model) > MOST_BYTES:
        raise ExamineError(f"The model has {len(model):,} bytes; at most {MOST_BYTES:,} are opened.", "Quantize it.")
    described = [{"name": name, "shape": x.shape, "type": x.dtype.name} for name, x in inputs.items()]
    head = json.dumps({"model": len(model), "inputs": described}).encode() + b"\n"
    with tempfile.TemporaryFile() as answer:
        try:
            ended = subprocess.run(
                [sys.executable, "-I", str(WORKER), str(os.getpid())],
                input=head + bytes(model) + b"".join(x.tobytes() for x in inputs.values()),
                stdout=answer,
                stderr=subprocess.DEVNULL,
                env={"OMP_NUM_THREADS": "1"},
                timeout=seconds,
                preexec_fn=_limit,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise ExamineError(f"The model did not answer within {seconds:.0f} s.", "Use a smaller one.") from None
        answer.seek(0)
        text = answer.read()
    if ended.returncode:
        raise ExamineError("LiteRT cannot run these bytes.", "Return what the converter's `convert()` returns.")
    return _read(json.loads(text), len(model))


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_OUTPUT, MOST_OUTPUT))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))


def _read(found: dict[str, Any], size: int) -> Examined:
    return Examined(
        size=size,
        operators=tuple(map(str, found["operators"])),
        input_type=str(found["input_type"]),
        output_type=str(found["output_type"]),
        input_scale=float(found["input_scale"]),
        weight_types=tuple(map(str, found["weight_types"])),
        outputs=np.asarray(found["outputs"], np.float32),
        times=np.asarray(found["times"], np.float64),
        microseconds=float(np.median(found["times"])) if found["times"] else 0.0,
        memory=int(found["memory"]),
    )


def random_weights(rng: np.random.Generator) -> list[NDArray[np.float32]]:
    """Weights of an untrained network whose batch statistics are not trivial. No TensorFlow is needed."""
    made: list[NDArray[Any]] = []
    for name, shape in SHAPES:
        made.append(rng.normal(0, np.sqrt(2 / np.prod(shape[:-1])), shape))
        if name.startswith("conv"):
            n = shape[-1]
            scale, shift = rng.uniform(0.5, 2, n), rng.normal(0, 0.3, n)
            made += [scale, shift, rng.normal(0, 0.3, n), rng.uniform(0.05, 1, n)]
        else:
            made.append(rng.normal(0, 0.1, shape[-1]))
    return [np.asarray(x, np.float32) for x in made]


def network(weights: Sequence[NDArray[Any]] | None = None) -> Any:
    """The network as a Keras model: with these weights, or new ones.

    It has a dropout layer and two batch normalizations, which do something else while it trains.
    """
    import keras

    layers: list[Any] = [keras.Input((28, 28, 1), name="image")]
    for name, shape in SHAPES[:2]:
        layers += [
            keras.layers.Conv2D(shape[-1], 3, strides=2, use_bias=False, name=name),
            keras.layers.BatchNormalization(momentum=0.9, epsilon=EPSILON),
            keras.layers.ReLU(),
        ]
    layers += [keras.layers.Flatten(), keras.layers.Dense(64, activation="relu", name="hidden")]
    layers += [keras.layers.Dropout(0.3), keras.layers.Dense(10, name="logits")]
    model = keras.Sequential(layers)
    if weights is not None:
        model.set_weights(list(weights))
    return model


def forward(weights: Sequence[NDArray[Any]], images: NDArray[Any]) -> NDArray[np.float64]:
    """Logits of the network for images (n x 28 x 28 x 1, 0 to 1), in NumPy and float64: n x 10."""
    kernel1, *norm1 = weights[:5]
    kernel2, *norm2 = weights[5:10]
    x = np.maximum(_normalized(convolved(images, kernel1), norm1), 0)
    x = np.maximum(_normalized(convolved(x, kernel2), norm2), 0)
    hidden = np.maximum(x.reshape(len(x), -1) @ weights[10].astype(float) + weights[11], 0)
    logits: NDArray[np.float64] = hidden @ weights[12].astype(float) + weights[13]
    return logits


def convolved(x: NDArray[Any], kernel: NDArray[Any]) -> NDArray[np.float64]:
    """Convolution of images (n x height x width x channels) with a 3 x 3 kernel: stride 2, no padding, float64."""
    windows = np.lib.stride_tricks.sliding_window_view(x.astype(float), (3, 3), axis=(1, 2))[:, ::2, ::2]
    out: NDArray[np.float64] = np.tensordot(windows, kernel.astype(float), axes=((3, 4, 5), (2, 0, 1)))
    return out


def _normalized(x: NDArray[Any], norm: Sequence[NDArray[Any]]) -> NDArray[np.float64]:
    gamma, beta, mean, variance = (n.astype(float) for n in norm)
    out: NDArray[np.float64] = (x - mean) / np.sqrt(variance + EPSILON) * gamma + beta
    return out


@contextmanager
def quiet() -> Iterator[None]:
    """Nothing that C++ writes to stderr is seen in the block: the converter prints a line per integer model.

    Python's exceptions and warnings come through, for they do not write to file descriptor 2 here.
    """
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
