"""Build datasets/numpy_versions: what one and the same feature code gives under two versions of NumPy.

    python datasets/numpy_versions/build.py            write the Parquet file and SHA256 beside this file
    python datasets/numpy_versions/build.py --check    write nothing; fail if a file here has other bytes
    python datasets/numpy_versions/build.py --out DIR  write them to DIR

Makes a throw-away environment per version with `uv`, so it needs uv and a package index. Takes a few seconds.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from prodml.data import flights
from prodml.data.rebuild import rebuild

HERE = Path(__file__).resolve().parent
VERSIONS = ["1.26.4", "2.4.6"]
EVERY = 58  # of July's flights with known wind: about 500


def tables() -> dict[str, list[pa.Table]]:
    """One file: the inputs, and per version the two features."""
    rows = inputs()
    outputs = [
        pd.DataFrame(recorded(rows, version), columns=[f"seconds_{version}", f"wind_{version}"]) for version in VERSIONS
    ]
    table = pa.Table.from_pandas(pd.concat([rows, *outputs], axis=1), preserve_index=False)
    return {"numpy_versions": [table.replace_schema_metadata()]}


def inputs() -> pd.DataFrame:
    july = flights(7, ["hour", "minute", "wind_speed"])
    return july[july["wind_speed"].notna()].iloc[::EVERY].reset_index(drop=True)


def recorded(rows: pd.DataFrame, version: str) -> np.ndarray:
    """What record.py prints under that NumPy: float64, rows x 2."""
    with tempfile.TemporaryDirectory() as folder:
        python = Path(folder) / "venv"
        subprocess.run(["uv", "venv", "--quiet", "--python", "3.11", python], check=True)
        subprocess.run(["uv", "pip", "install", "--quiet", "--python", python, f"numpy=={version}"], check=True)
        lines = "\n".join(json.dumps([float(x) for x in row]) for row in rows.itertuples(index=False))
        command = [python / "bin" / "python", HERE / "record.py", version]
        out = subprocess.run(command, input=lines, capture_output=True, text=True, check=True).stdout
    return np.array([json.loads(line) for line in out.splitlines()])


if __name__ == "__main__":
    sys.exit(rebuild(HERE, tables))
