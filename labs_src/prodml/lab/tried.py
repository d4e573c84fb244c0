"""What a check was trying when the learner's code raised: its call, and where its loops stood."""

from __future__ import annotations

import ast
import itertools
import linecache
from types import TracebackType
from typing import Any

CHARACTERS = 200  # of a call
VALUE = 60  # characters, of a value
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)  # each runs in a frame of its own


def tried(error: BaseException, file: str) -> tuple[str, ...]:
    """The innermost call in the check's `file` that led to `error`, then "name = value" of the loops around it.

    Nothing if the check's source is no Python.
    """
    source = "".join(linecache.getlines(file))
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a cell with a magic
        return ()
    frames = [tb for tb in _walk(error.__traceback__) if tb.tb_frame.f_code.co_filename == file]
    if not frames:
        return ()
    call = " ".join(_call(frames[-1], source).split())
    loops: dict[str, str] = {}
    for tb in frames:
        values = tb.tb_frame.f_locals
        for name in _loop_names(tree, tb):
            if name in values:
                loops[name] = f"{name} = {_short(values[name])}"
    return (_cut(call, CHARACTERS), *loops.values())


def _walk(tb: TracebackType | None) -> list[TracebackType]:
    found = []
    while tb:
        found.append(tb)
        tb = tb.tb_next
    return found


def _call(tb: TracebackType, source: str) -> str:
    """The source of the instruction that was running; the whole line, where Python does not know it."""
    line, end_line, column, end_column = next(
        itertools.islice(tb.tb_frame.f_code.co_positions(), tb.tb_lasti // 2, None)
    )
    if line is None or end_line is None or column is None or end_column is None:
        lines = source.splitlines()
        return lines[tb.tb_lineno - 1] if tb.tb_lineno <= len(lines) else ""
    place = ast.Pass(lineno=line, end_lineno=end_line, col_offset=column, end_col_offset=end_column)
    return ast.get_source_segment(source, place) or ""


def _loop_names(tree: ast.AST, tb: TracebackType) -> list[str]:
    """The variables of the loops that a frame's line stands in, those of the outer first."""
    line, own = tb.tb_lineno, tb.tb_frame.f_code.co_name
    comprehension = own.startswith("<") and own not in ("<module>", "<lambda>")
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.For) and node.body[0].lineno <= line <= (node.body[-1].end_lineno or 0):
            names += _bound(node.target)
        elif comprehension and isinstance(node, COMPREHENSIONS) and node.lineno <= line <= (node.end_lineno or 0):
            names += [name for loop in node.generators for name in _bound(loop.target)]
    return names


def _bound(target: ast.AST) -> list[str]:
    return [node.id for node in ast.walk(target) if isinstance(node, ast.Name) and not node.id.startswith("_")]


def _short(x: Any) -> str:
    try:
        if getattr(x, "ndim", 0):
            return f"{type(x).__name__} of shape {x.shape}"
        return _cut(" ".join(repr(x).split()), VALUE)
    except Exception:  # the __repr__ of a learner's own class
        return f"<{type(x).__name__}>"


def _cut(text: str, characters: int) -> str:
    return text if len(text) <= characters else f"{text[: characters - 1]}…"
