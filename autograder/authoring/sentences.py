"""The sentences of an exercise's contract: what its docstrings say, one by one."""

from __future__ import annotations

import ast
import re

from autograder.authoring.source import SourceCell

ENDS = re.compile(r"(?<=[.?!])\s+(?=[A-Z\"`(])")
ITEM = re.compile(r"^\s*(?:Returns|Raises|Args|[\"\w]+(?:, [\"\w]+)*:)")  # begins what stands for itself


def sentences_of(cell: SourceCell) -> list[str]:
    """The sentences of the docstrings of an exercise's functions, classes and methods, in their order."""
    nodes = [n for n in ast.walk(ast.parse(cell.source)) if isinstance(n, ast.FunctionDef | ast.ClassDef)]
    found: dict[str, None] = {}
    for node in sorted(nodes, key=lambda n: n.lineno):
        for paragraph in _paragraphs(ast.get_docstring(node) or ""):
            found |= dict.fromkeys(s.strip() for s in ENDS.split(paragraph) if s.strip())
    return list(found)


def _paragraphs(docstring: str) -> list[str]:
    """Its paragraphs and items, each in one line."""
    parts: list[str] = []
    fresh = True
    for line in docstring.splitlines():
        if not line.strip():
            fresh = True
        elif fresh or ITEM.match(line):
            parts.append(line.strip())
            fresh = False
        else:
            parts[-1] += f" {line.strip()}"
    return parts
