"""The feature code of a small service, run by whichever NumPy this interpreter has: rows in, features out.

`build.py` runs this same file under two pinned versions and records what each gave. It needs NumPy and nothing else.
One JSON list of [hour, minute, wind in mph] per line comes in, one of [seconds, wind in m/s] per line goes out.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Sequence

import numpy as np


def features(hour: np.int16, minute: np.int16, wind: np.float32) -> tuple[float, float]:
    """Seconds since midnight, and wind in metres per second, as one would write them for a single row."""
    seconds = hour * 3600 + minute * 60
    metres = wind * 0.44704
    return float(seconds), float(metres)


def record(rows: Sequence[Sequence[float]]) -> list[tuple[float, float]]:
    """The features of rows of [hour, minute, wind], each number in the type that the flights table gives it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # NumPy 2 warns of the overflow; a service logs it, and goes on
        return [features(np.int16(hour), np.int16(minute), np.float32(wind)) for hour, minute, wind in rows]


if __name__ == "__main__":
    if sys.argv[1:] != [np.__version__]:
        sys.exit(f"record.py: asked for NumPy {sys.argv[1:]}, this is {np.__version__}")
    for out in record([json.loads(line) for line in sys.stdin]):
        print(json.dumps(out))
