"""What the built notebook of a lab says about it: title, minutes, exercises, points and hints."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from prodml.errors import NotFound


@dataclass(frozen=True)
class Lab:
    """A lab as its learner sees it.

    Attributes:
        number: two digits, or "" if it is not known.
        points: exercise → points of its check, in the notebook's order.
        hints: exercise → hints, the most general first.
        exports: exercise → the names that its cell binds for its check.
        core: the exercises of its core, in the notebook's order: all of them, if it names none.
        core_minutes, minutes: for the core, for all; 0 if they are not known.
    """

    slug: str
    number: str = ""
    title: str = ""
    points: dict[str, float] = field(default_factory=dict)
    hints: dict[str, list[str]] = field(default_factory=dict)
    exports: dict[str, list[str]] = field(default_factory=dict)
    core: tuple[str, ...] = ()
    core_minutes: int = 0
    minutes: int = 0


def read_lab(slug: str) -> Lab:
    """The lab of that name; without exercises and hints if its notebook is missing or damaged."""
    from prodml.paths import notebooks_dir

    if not slug:
        return Lab(slug)
    try:
        notebook = json.loads((notebooks_dir() / slug / f"{slug}.ipynb").read_text(encoding="utf-8"))
        about = notebook.get("metadata", {}).get("lab", {})
        points = dict(_points(notebook["cells"]))
        core = about.get("core") or points
        minutes = int(about.get("minutes", 0))
        return Lab(
            slug,
            f"{int(about['number']):02}" if "number" in about else "",
            str(about.get("title") or slug),
            points,
            {name: [str(h) for h in hints] for name, hints in about.get("hints", {}).items()},
            dict(_exports(notebook["cells"])),
            tuple(name for name in points if name in core),
            int(about.get("core_minutes", minutes)),
            minutes,
        )
    except (NotFound, OSError, ValueError, LookupError, TypeError, AttributeError):
        return Lab(slug, title=slug)


def _exports(cells: list[dict[str, Any]]) -> list[tuple[str, list[str]]]:
    kinds = [cell.get("metadata", {}).get("lab", {}) for cell in cells]
    return [(str(c["name"]), [str(e) for e in c.get("exports", [])]) for c in kinds if c.get("kind") == "exercise"]


def _points(cells: list[dict[str, Any]]) -> list[tuple[str, float]]:
    tests = [cell.get("metadata", {}).get("nbgrader", {}) for cell in cells]
    names = [(str(test.get("grade_id", "")), test.get("points")) for test in tests]
    return [
        (name.removeprefix("check_"), float(points))
        for name, points in names
        if name.startswith("check_") and isinstance(points, int | float)
    ]
