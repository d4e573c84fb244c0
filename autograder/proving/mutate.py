"""Mutants of a reference solution: the cell's source, changed in one place at a time."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator
from dataclasses import dataclass

from autograder.proving.operators import OPERATORS, Edit, Text

BLOCKS = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.For,
    ast.While,
    ast.With,
    ast.If,
    ast.Try,
    ast.ExceptHandler,
)
KEPT = (ast.FunctionDef, ast.ClassDef, ast.Return, ast.Pass, ast.Import, ast.ImportFrom)  # nothing runs without them

UNSEEN = {  # (kind of node, field)
    ("AnnAssign", "annotation"),
    ("arg", "annotation"),
    ("FunctionDef", "returns"),
    ("FunctionDef", "decorator_list"),
    ("AsyncFunctionDef", "returns"),
    ("ClassDef", "bases"),
    ("ClassDef", "decorator_list"),
    ("Raise", "exc"),
}


@dataclass(frozen=True)
class Mutant:
    """A source with one change.

    Attributes:
        line: of the cell, where the change begins, from 1.
        diff: the lines that go (`- …`) and come (`+ …`).
    """

    operator: str
    line: int
    diff: str
    source: str


def mutants_of(source: str) -> list[Mutant]:
    """Every mutant of a cell that is Python and other code, once each, in the order of the lines."""
    same, found = {code_of(source)}, []
    for edit in sorted(_edits(source), key=lambda e: (e.start, e.end, e.text)):
        mutated = source[: edit.start] + edit.text + source[edit.end :]
        try:
            code = code_of(mutated)
        except SyntaxError:
            continue
        if code not in same:
            same.add(code)
            line = source.count("\n", 0, edit.start) + 1
            found.append(Mutant(edit.operator, line, _diff(source, mutated), mutated))
    return found


def _edits(source: str) -> Iterator[Edit]:
    tree, text = ast.parse(source), Text(source)
    for node in _seen(tree):
        for name, operator in OPERATORS.items():
            for place, new in operator(node, text):
                start, end = place if isinstance(place, tuple) else text.span(place)
                yield Edit(name, start, end, new)
    for node in ast.walk(tree):
        if isinstance(node, BLOCKS):
            yield from _dropped(node, text)


def _seen(node: ast.AST) -> Iterator[ast.AST]:
    """Nodes that decide what a cell does: no docstring, no annotation, no message of an error, no text for people."""
    yield node
    for field, child in ast.iter_fields(node):
        for one in child if isinstance(child, list) else [child]:
            said = isinstance(one, ast.JoinedStr | ast.Import | ast.ImportFrom) or _is_docstring(one)
            if isinstance(one, ast.AST) and not said and (type(node).__name__, field) not in UNSEEN:
                yield from _seen(one)


def _dropped(node: ast.AST, text: Text) -> Iterator[Edit]:
    """Statements left out, one at a time: what only binds a new name stays, since without it nothing runs."""
    bound: set[str] = set()
    for statement in [s for field in ("body", "orelse", "finalbody") for s in getattr(node, field, [])]:
        if isinstance(statement, KEPT) or _is_docstring(statement):
            continue
        names = _bound_by(statement)
        if not names or names <= bound:
            yield Edit("statement", *text.span(statement), "pass")
        bound |= names


def _bound_by(statement: ast.AST) -> set[str]:
    if not isinstance(statement, ast.Assign | ast.AnnAssign):
        return set()
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    nodes = [n for target in targets for n in ast.walk(target)]
    return {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def _is_docstring(node: object) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def code_of(source: str) -> str:
    """What a source is to Python: the same for the same code in another layout."""
    return ast.dump(ast.parse(source))


def _diff(old: str, new: str) -> str:
    lines = list(difflib.unified_diff(old.splitlines(), new.splitlines(), n=0, lineterm=""))[2:]
    return "\n".join(f"{line[0]} {line[1:].strip()}" for line in lines if line[0] in "+-")
