"""Which names a student can have."""

from __future__ import annotations

import re
import unicodedata

from autograder.plain_text import plain

# nbgrader writes ids into folders, pages and CSV files as they are: no markup, no comma, no beginning of a formula.
STUDENT_ID = re.compile(r"\w[\w.@+-]{0,63}")
ALLOWED = "letters, digits, and behind the first character also . _ - + @; at most 64, in their usual form"


def is_student_id(name: str) -> bool:
    """Whether the gradebook can hold the name, and every page and table of nbgrader show it."""
    if STUDENT_ID.fullmatch(name) is None:
        return False
    return plain(name) == name == unicodedata.normalize("NFKC", name)  # else two ids could look alike
