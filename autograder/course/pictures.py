"""Pictures that a source's text shows. They stand beside the notebooks that a teacher looks at, too."""

from __future__ import annotations

import filecmp
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp")


def find_pictures(source: Path) -> dict[Path, Path]:
    """Place below an assignment's folder → file, of every picture in its source folder."""
    found = {path.relative_to(source): path for path in sorted(source.rglob("*")) if path.suffix.lower() in SUFFIXES}
    return {place: path for place, path in found.items() if path.is_file()}


def put_pictures(pictures: Mapping[Path, Path], folder: Path) -> None:
    """Put each into its place below a folder, unless it is there; as a hard link where the disk can."""
    for place, path in pictures.items():
        there = folder / place
        if there.is_file() and filecmp.cmp(path, there):
            continue
        there.parent.mkdir(parents=True, exist_ok=True)
        there.unlink(missing_ok=True)
        try:
            os.link(path, there)
        except OSError:
            shutil.copyfile(path, there)
