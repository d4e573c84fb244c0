"""SHA-256 checksums of a dataset's files: written when it is built, verified before it is read.

A dataset's folder has a file SHA256 in the format of the command `sha256sum`: `sha256sum -c SHA256` works.
"""

from __future__ import annotations

import functools
import hashlib
import shlex
import sys
from collections.abc import Iterable
from pathlib import Path

from prodml.errors import DatasetError

NAME = "SHA256"


def checksum(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def checksum_lines(files: Iterable[Path]) -> str:
    """The text of a SHA256 file for these files, sorted by name."""
    return "".join(f"{checksum(path)}  {path.name}\n" for path in sorted(files))


def verified(path: Path) -> Path:
    """`path`, once its bytes are proved to be those that its folder's SHA256 names.

    A file is read once per process, and again only if its size or its time of change is another.

    Raises:
        DatasetError: the file is missing, damaged, or has no checksum.
    """
    try:
        now = path.stat()
    except OSError as why:
        raise DatasetError(f"{path} is missing ({why.strerror}).", how_to_rebuild(path.parent)) from None
    _verify(path, now.st_size, now.st_mtime_ns)
    return path


def how_to_rebuild(folder: Path) -> str:
    """The sentence that tells how to make a dataset's folder whole again."""
    script = folder / "build.py"
    if not script.is_file():
        return (
            f"{folder} has no build.py either: restore it with `git checkout -- datasets/{folder.name}`, "
            "or set PRODML_DATASETS to a complete datasets/ folder."
        )
    return f"Rebuild it with: {shlex.join([sys.executable, str(script)])}"


@functools.cache
def _verify(path: Path, size: int, changed: int) -> None:
    expected, found = _expected(path), checksum(path)
    if found != expected:
        raise DatasetError(
            f"{path} is damaged: the SHA-256 of its {size:,} bytes begins with {found[:12]}, "
            f"{NAME} beside it says {expected[:12]}.",
            how_to_rebuild(path.parent),
        )


def _expected(path: Path) -> str:
    list_file = path.with_name(NAME)
    lines = list_file.read_text().splitlines() if list_file.is_file() else []
    for line in lines:
        digits, _, name = line.partition("  ")
        if name == path.name:
            return digits
    raise DatasetError(f"{list_file} names no checksum for {path.name}.", how_to_rebuild(path.parent))
