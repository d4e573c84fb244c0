"""Parquet files whose bytes depend on nothing but content and pyarrow's version; their fast way into pandas.

Reading uses no threads: the judge forks after its setup has loaded data, and a fork keeps only the thread
that forked.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def write(path: Path, parts: Sequence[Any]) -> None:
    """Write pyarrow tables of one schema as one file, each as a row group of its own, compressed by zstd."""
    import pyarrow.parquet as pq

    # pandas' own metadata would name its version; the schema alone brings the types back.
    parts = [part.replace_schema_metadata(None) for part in parts]
    with pq.ParquetWriter(path, parts[0].schema, compression="zstd", compression_level=9) as writer:
        for part in parts:
            writer.write_table(part, row_group_size=max(len(part), 1))


def column_names(path: Path) -> list[str]:
    """The names of a file's columns, in its order."""
    import pyarrow.parquet as pq

    return list(pq.read_schema(path).names)


def read(path: Path, columns: Sequence[str] | None = None, parts: Sequence[int] | None = None) -> Any:
    """A file, or some of its columns and row groups, as a pyarrow table.

    Args:
        columns: names, in the order wanted; None for all.
        parts: numbers of row groups, from 0; None for all.
    """
    import pyarrow.parquet as pq

    with pq.ParquetFile(path, memory_map=True, pre_buffer=False) as file:
        groups = range(file.num_row_groups) if parts is None else parts
        names = None if columns is None else list(columns)
        return file.read_row_groups(list(groups), columns=names, use_threads=False)


def frame(table: Any) -> pd.DataFrame:
    """A pyarrow table as a DataFrame with a RangeIndex, every column of which can be written to."""
    made: pd.DataFrame = table.to_pandas(use_threads=False)
    for name in made.columns[made.dtypes == "category"]:
        made[name] = made[name].copy()  # pyarrow lends its own read-only codes
    return made
