"""Which names a student can have."""

from __future__ import annotations

import re

# nbgrader writes ids into folders, pages and CSV files as they are: no markup, no comma, no beginning of a formula.
STUDENT_ID = re.compile(r"\w[\w.@+-]{0,63}")
ALLOWED = "letters, digits, and behind the first character also . _ - + @; at most 64"


def is_student_id(name: str) -> bool:
    """Whether the gradebook can hold the name, and every page and table of nbgrader show it."""
    return STUDENT_ID.fullmatch(name) is not None
