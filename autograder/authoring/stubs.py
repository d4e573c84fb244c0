"""Does each stub define its exports, and raise NotImplementedError only when it is called?"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbformat import NotebookNode

from autograder.authoring.names import names_of
from autograder.authoring.source import LabSource
from autograder.errors import AuthorError


def bad_stubs(lab: LabSource, learner: NotebookNode) -> Iterator[AuthorError]:
    """Stubs that are no Python, that raise while their cell runs, or that leave an export undefined."""
    for cell, stub in zip(lab.shown, learner.cells, strict=True):
        if cell.kind != "exercise":
            continue
        line = cell.line_of("### BEGIN SOLUTION")
        try:
            tree = ast.parse(stub.source)
        except SyntaxError as error:
            yield AuthorError(lab.path, line, f"the stub of {cell.name!r} is no Python: {error.msg}", "move the region")
            continue
        if _raises_at_once(tree):
            fix = "put the region inside a function: Run All would stop at this cell"
            yield AuthorError(lab.path, line, f"the stub of {cell.name!r} raises while its cell runs", fix)
        for name in sorted(set(cell.exports) - names_of(stub.source).bound):
            fix = "keep its `def` line outside the region"
            yield AuthorError(lab.path, line, f"the stub of {cell.name!r} does not define {name!r}", fix)


def _raises_at_once(node: ast.AST) -> bool:
    inner = [n for n in ast.iter_child_nodes(node) if not isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]
    return isinstance(node, ast.Raise) or any(_raises_at_once(n) for n in inner)
