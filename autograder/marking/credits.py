"""Where a check gives partial credit, and in which words, as its source says."""

from __future__ import annotations

import ast


def credit_words(source: str) -> dict[int, str | None]:
    """Line of a call `….credit(fraction, words)` → its words, or None where they are not one string literal."""
    found: dict[int, str | None] = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "credit":
            words = [*node.args[1:2], *(k.value for k in node.keywords if k.arg == "reason")]
            literal = words[0].value if words and isinstance(words[0], ast.Constant) else None
            lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
            found |= dict.fromkeys(lines, literal if isinstance(literal, str) else None)
    return found
