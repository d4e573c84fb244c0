"""Runs graphs in a fresh process with TensorFlow: arrays in, arrays out.

    python -m prodml.models._graph_worker PARENT

It ends with the process PARENT, also if that one is killed.
"""

from __future__ import annotations

import contextlib
import io
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prodml.linux import die_with
from prodml.models.graphs import placeholders, runner
from prodml.models.litert import peak_memory


def run(graph: bytes, inputs: Mapping[str, NDArray[Any]]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Outputs, n x width, and [median microseconds per call, peak bytes]."""
    import tensorflow as tf

    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    names = placeholders(tf.compat.v1.GraphDef.FromString(graph))
    columns = [inputs[name] for name in names] if len(names) > 1 else list(inputs.values())
    call = runner(graph)
    outputs, times = [], []
    for i in range(len(columns[0])):
        row = [column[i : i + 1] for column in columns]
        started = time.perf_counter()
        found = call(*row)
        times.append(time.perf_counter() - started)
        outputs.append(found.reshape(-1))
    return np.array(outputs), np.array([1e6 * np.median(times), peak_memory()])


def main() -> None:
    """Read graphs and inputs, write outputs and numbers."""
    with np.load(io.BytesIO(sys.stdin.buffer.read())) as file:
        asked = {name: file[name] for name in file.files}
    found: dict[str, Any] = {}
    for i in range(sum(name.endswith("/") for name in asked)):
        inputs = {name.split("/", 1)[1]: x for name, x in asked.items() if name.startswith(f"{i}/")}
        found[f"outputs/{i}"], found[f"numbers/{i}"] = run(inputs.pop("").tobytes(), inputs)
    answer = io.BytesIO()
    np.savez(answer, **found)
    sys.stdout.buffer.write(answer.getvalue())


if __name__ == "__main__":
    die_with(int(sys.argv[1]))
    main()
