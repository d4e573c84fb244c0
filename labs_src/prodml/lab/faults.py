"""What an exception that leaves a check means to the learner: whose line it was, in words."""

from __future__ import annotations

import ast
import linecache
import re
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from types import FrameType
from typing import Literal

from autograder.causes import innermost, named
from prodml.lab.slips import is_slip
from prodml.lab.tried import tried

GENERATED = "__autograph_generated_file"  # in the name of a copy's file
COPIED = re.compile(r' +File "(.*)", line (\d+), in (\S+) +\*\n +(.*)\n')
Kind = Literal["assertion", "not done", "not defined", "raised", "unusable"]


@dataclass(frozen=True)
class Fault:
    """Why a check failed.

    Attributes:
        kind: an assertion of the check; a stub that is not done; a name that is not defined yet; an exception
            of the learner's code; an answer that the check could not use.
        message: one or two sentences.
        line: the line in the check's cell where it ended; None if that is not known.
        source: what stands there; of an assertion, its condition.
        where: places in the learner's own cells, outermost first, such as "psi, line 3: return c / 0".
        tried: of what the learner's code raised, the check's call of it, such as "psi(jan, jan, edges)", then
            the variables of the check's loops around it, such as "rows = 50".
        slip: whether that was a misspelt name or the like, which says nothing about the idea.
    """

    kind: Kind
    message: str
    line: int | None
    source: str
    where: tuple[str, ...] = ()
    tried: tuple[str, ...] = ()
    slip: bool = False


def explain(error: BaseException, cell: FrameType) -> Fault:
    """What `error`, which came out of a check in the frame `cell`, means.

    The notebook's own frames are those that share the cell's globals. Where the last of them stands tells whose
    line it was: in the check's file (of IPython's, each cell is one) it is the check's, elsewhere the learner's.
    """
    file = cell.f_code.co_filename
    own = [(f, line) for f, line in traceback.walk_tb(error.__traceback__) if f.f_globals is cell.f_globals]
    lines = [line for f, line in own if f.f_code.co_filename == file]
    where = tuple(_places([(f, line) for f, line in own if f.f_code.co_filename != file], _text(error)))
    learners = bool(own) and own[-1][0].f_code.co_filename != file
    kind, message = _meaning(error, learners)
    line = lines[-1] if lines else None
    source = _statement(file, line) if line else ""
    if kind != "raised":
        return Fault(kind, message, line, source)
    return Fault(kind, message, line, source, where, tried(error, file), is_slip(error, cell.f_globals))


def _meaning(error: BaseException, learners: bool) -> tuple[Kind, str]:
    text = _text(error)
    said = named(type(error).__name__, innermost(text))
    if isinstance(error, NotImplementedError) and not text:  # a stub's own says nothing, a library's does
        return "not done", "The exercise still raises NotImplementedError."
    if learners:
        return "raised", f"Your code raised {said}"
    if isinstance(error, AssertionError):
        return "assertion", text or "This assertion does not hold."
    if isinstance(error, NameError) and error.name:
        return "not defined", f"`{error.name}` is not defined. Run the exercise's cell first."
    return "unusable", f"The check could not use your answer: {said}"


def _text(error: BaseException) -> str:
    try:
        return str(error).strip()
    except Exception:  # the __str__ of a learner's own class
        return ""


def _places(frames: list[tuple[FrameType, int]], text: str) -> Iterator[str]:
    """Where that was, by the frames; and where TensorFlow, which runs a copy of a function, says that it was."""
    for frame, line in frames:
        if GENERATED not in frame.f_code.co_filename:
            source = linecache.getline(frame.f_code.co_filename, line).strip()
            yield f"{frame.f_code.co_name}, line {line}: {source}"
    files = {frame.f_code.co_filename for frame, _ in frames}
    for file, line_number, name, source in COPIED.findall(text):
        if file in files:
            yield f"{'<lambda>' if name == 'None' else name}, line {line_number}: {source}"


def _statement(file: str, line: int) -> str:
    """The condition of the assertion in that line, else the line as it stands."""
    lines = linecache.getlines(file)
    source = "".join(lines)
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except SyntaxError:  # a cell with a magic
        nodes = []
    for node in nodes:
        if isinstance(node, ast.Assert) and node.lineno <= line <= (node.end_lineno or 0):
            return f"assert {ast.get_source_segment(source, node.test)}"
    return lines[line - 1].strip() if line <= len(lines) else ""
