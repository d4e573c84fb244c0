"""IPython's magics in a source: a learner's process knows them, a judge runs plain Python."""

from __future__ import annotations

import ast
import re

LINE = re.compile(r"^(\s*)([%!])", re.MULTILINE)
SAME_LANGUAGE = ("%%time", "%%timeit", "%%capture", "%%prun")


def without_magics(source: str) -> str:
    """The cell as plain Python with as many lines: a magic becomes `pass`, a cell in another language nothing.

    Text that Python itself can read is left as it is.
    """
    try:
        ast.parse(source)
    except (SyntaxError, ValueError):
        first = source.lstrip().split(maxsplit=1)[:1]
        if first and first[0].startswith("%%") and first[0] not in SAME_LANGUAGE:
            return "\n" * source.count("\n")
        return LINE.sub(r"\1pass  # \2", source)
    return source
