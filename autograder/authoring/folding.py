"""Which cells are folded when a learner opens the notebook: machinery, and whatever would tell an answer early."""

from __future__ import annotations

import ast

from autograder.authoring.names import without_magics
from autograder.authoring.source import SourceCell

MACHINERY = ("setup", "check")
# What a cell that only shows something calls. A prediction's ranges and a reveal's text tell what comes.
SHOWS = frozenset({"predict", "reveal", "explorer", "plots", "diagram"})


def is_folded(cell: SourceCell) -> bool:
    """Whether only the first line of a cell is seen. The marker's `folded=true` or `folded=false` says otherwise."""
    if not cell.is_code or cell.kind == "exercise":
        return False
    chosen = cell.options.get("folded")
    if isinstance(chosen, bool):
        return chosen
    return cell.kind in MACHINERY or _only_shows(ast.parse(without_magics(cell.source)))


def _only_shows(tree: ast.Module) -> bool:
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    defines = all(isinstance(n, ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom) for n in tree.body)
    return bool(used & SHOWS) or (bool(tree.body) and defines)
