"""Ask a SavedModel in a process that has never seen the training code.

    python -m prodml.models.fresh FOLDER ROWS.npz ANSWERS.npz SIZE

loads FOLDER, gives `serve` the arrays of ROWS in batches of SIZE rows, and writes what it returns. `ask_fresh` does
that, and chooses whether TensorFlow may use oneDNN, which it reads once, when it starts.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]


def ask_fresh(folder: str | Path, rows: Mapping[str, NDArray[Any]], batch: int, onednn: bool = True) -> Arrays:
    """What a saved model answers in a fresh Python process, which ends again. Takes the seconds of an import.

    Args:
        folder: a SavedModel with a function `serve` of one dict, which returns a dict of arrays.
        rows: name → 1-D array, float32 or strings. batch: rows per question; the last may be smaller.
        onednn: whether TensorFlow may use Intel's oneDNN kernels.

    Returns:
        Name → array, as many rows as were asked.

    Raises:
        RuntimeError: the process failed; the message ends with its last line.
    """
    with tempfile.TemporaryDirectory() as scratch:
        asked, answers = Path(scratch) / "rows.npz", Path(scratch) / "answers.npz"
        np.savez(asked, **{name: np.asarray(x) for name, x in rows.items()})  # type: ignore[arg-type]
        command = [sys.executable, "-m", "prodml.models.fresh", str(folder), str(asked), str(answers), str(batch)]
        env = {**os.environ, "TF_ENABLE_ONEDNN_OPTS": str(int(onednn)), "TF_CPP_MIN_LOG_LEVEL": "3"}
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise RuntimeError(f"The fresh process could not serve {folder}: {last}")
        return _arrays(answers)


def ask_in_batches(model: Any, rows: Mapping[str, NDArray[Any]], batch: int) -> Arrays:
    """The same in this process: `model.serve`, `batch` rows at a time."""
    import tensorflow as tf

    size = len(next(iter(rows.values())))
    parts = []
    for start in range(0, size, batch):
        part = {name: tf.constant(x[start : start + batch]) for name, x in rows.items()}
        parts.append({name: np.asarray(x) for name, x in model.serve(part).items()})
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _arrays(path: Path) -> Arrays:
    with np.load(path) as file:
        return {name: file[name] for name in file.files}


def main(folder: str, asked: str, answers: str, batch: str) -> None:
    """The fresh process."""
    import tensorflow as tf

    np.savez(answers, **ask_in_batches(tf.saved_model.load(folder), _arrays(Path(asked)), int(batch)))  # type: ignore[arg-type]


if __name__ == "__main__":
    main(*sys.argv[1:])
