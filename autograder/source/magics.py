"""IPython's own syntax in a source: a learner's process knows it, a judge runs plain Python."""

from __future__ import annotations

import ast
import re

LINE = re.compile(r"^(\s*)([%!])", re.MULTILINE)
ASKED = re.compile(r"^(\s*)(get_ipython\(\)\.)", re.MULTILINE)
SAME_LANGUAGE = ("%%time", "%%timeit", "%%capture", "%%prun")


def without_magics(source: str) -> str:
    """The cell as plain Python with as many lines: a magic becomes `pass`, a cell in another language nothing.

    Text that Python itself can read is left as it is. What takes the value of a magic (`files = !ls`) becomes Python
    that no judge can run; what is no Python in IPython either is left as it is.
    """
    if _is_python(source):
        return source
    first = source.lstrip().split(maxsplit=1)[:1]
    if first and first[0].startswith("%%") and first[0] not in SAME_LANGUAGE:
        return "\n" * source.count("\n")
    plain = LINE.sub(r"\1pass  # \2", source)
    return plain if _is_python(plain) else _transformed(source)


def _transformed(source: str) -> str:
    from IPython.core.inputtransformer2 import TransformerManager

    try:
        plain = ASKED.sub(r"\1pass  # \2", str(TransformerManager().transform_cell(source)))
    except SyntaxError:
        return source
    return plain if _is_python(plain) else source


def _is_python(source: str) -> bool:
    try:
        compile(source, "<cell>", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    except (SyntaxError, ValueError):
        return False
    return True
