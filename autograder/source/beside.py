"""Files that stand beside a source notebook, such as its data: nbgrader releases them too, so they are no secret."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from autograder.errors import CourseError

NOT_DATA = (".ipynb", ".pyc")


def find_beside(folder: Path) -> dict[str, str]:
    """Name → path of what a notebook in `folder` finds beside it: no notebook, and nothing hidden.

    Raises:
        CourseError: a folder beside the source holds a notebook, whose solutions submissions could read.
    """
    found = {
        path.name: str(path.resolve())
        for path in sorted(folder.iterdir())
        if not path.name.startswith((".", "__")) and path.suffix not in NOT_DATA
    }
    for path in filter(Path.is_dir, map(Path, found.values())):
        notebook = next(path.rglob("*.ipynb"), None)
        if notebook is not None:
            raise CourseError(f"{notebook} could be read by submissions, as data of {folder.name}", "move it elsewhere")
    return found


def links_to(beside: Mapping[str, str]) -> str:
    """A cell that puts them into the current folder, and lets modules be imported that are there or will be."""
    lines = [f"__import__('os').symlink({path!r}, {name!r})" for name, path in beside.items()]
    return "\n".join([*lines, "__import__('sys').path.append(__import__('os').getcwd())"])
