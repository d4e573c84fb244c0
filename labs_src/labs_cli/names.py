"""Find what a person means by "2", "02", "drift" or "02_drift_monitors"."""

from __future__ import annotations

import re
from collections.abc import Iterable

from labs_cli.errors import NotFound


def match(wanted: str, names: Iterable[str], what: str = "lab") -> str:
    """The one of `names` that is meant: the name itself, its number, or a part that no other name has.

    Raises:
        NotFound: no name fits, or more than one.
    """
    known = sorted(names)
    if wanted in known:
        return wanted
    if wanted.isdecimal():
        fitting = [name for name in known if number(name) == int(wanted)]
    else:
        fitting = [name for name in known if wanted and wanted.lower() in name.lower()]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise NotFound(
            f"{what} {wanted!r} may be any of: {', '.join(fitting)}", "write more of its name, or its number"
        )
    raise NotFound(f"there is no {what} {wanted!r}", f"choose one of: {', '.join(known) or '(there are none)'}")


def number(name: str) -> int | None:
    """The number that a lab's folder begins with."""
    digits = re.match(r"\d+", name)
    return int(digits.group()) if digits else None
