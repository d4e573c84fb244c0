"""Which functions a submission could import in place of an answer: those of the modules that its lab works with."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Collection
from pathlib import Path

from autograder.authoring.source import LabSource

SUBJECT = 3  # names that a subject has: prodml.adapt.monitoring


def public_functions(lab: LabSource, packages: Collection[str]) -> dict[str, dict[str, int]]:
    """Module → its public functions → how many arguments each must get.

    Modules are those of every subject of `packages` that a code cell imports from. Nothing is imported here.
    """
    found: dict[str, dict[str, int]] = {}
    for module in _imported(lab):
        subject = ".".join(module.split(".")[:SUBJECT])
        if subject.split(".")[0] in packages and "." in subject:
            for name, path in _files(subject):
                found[name] = _functions(path)
    return {name: functions for name, functions in sorted(found.items()) if functions}


def _imported(lab: LabSource) -> set[str]:
    names: set[str] = set()
    for cell in lab.cells:
        if not cell.is_code:
            continue
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def _files(subject: str) -> list[tuple[str, Path]]:
    """Module name and file of a subject: a module, or all modules of a package."""
    try:
        spec = importlib.util.find_spec(subject)
    except (ImportError, ValueError):  # a function of a module
        return []
    if spec is None or spec.origin is None:
        return []
    origin = Path(spec.origin)
    if origin.name != "__init__.py":
        return [(subject, origin)]
    below = [p for p in sorted(origin.parent.rglob("*.py")) if p.name != "__init__.py"]
    return [(".".join([subject, *p.relative_to(origin.parent).with_suffix("").parts]), p) for p in below]


def _functions(path: Path) -> dict[str, int]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [n for n in tree.body if isinstance(n, ast.FunctionDef) and not n.name.startswith("_")]
    return {f.name: len(f.args.args) - len(f.args.defaults) for f in functions}
