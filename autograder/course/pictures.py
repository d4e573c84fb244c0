"""Pictures that a source's text shows. They stand beside the notebooks that a teacher looks at, too."""

from __future__ import annotations

import filecmp
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp")


def find_pictures(source: Path) -> dict[Path, Path]:
    """Place below an assignment's folder → file, of every picture in its source folder that is not hidden."""
    places = [path.relative_to(source) for path in sorted(source.rglob("*")) if path.suffix.lower() in SUFFIXES]
    shown = [place for place in places if not any(part.startswith(".") for part in place.parts)]
    return {place: (source / place).resolve() for place in shown if (source / place).is_file()}


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
