"""What a result depends on, as one hash: the submission, the source, and all that judges it."""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import json
import platform
import sys
import sysconfig
from collections.abc import Iterable, Mapping
from pathlib import Path

from autograder.source.assignment import Assignment

PACKAGE = Path(__file__).resolve().parents[1]


def submission_key(grader: str, task: bytes, submission: bytes) -> str:
    """The key of a submission's record.

    Args:
        grader: what `grader_stamp` gave.
    """
    return hash_of([grader.encode(), task, submission])


def grader_stamp(counted: Mapping[str, str]) -> str:
    """A hash of what `describe` or `describe_task` gave."""
    return hash_of(part.encode() for pair in sorted(counted.items()) for part in pair)


def describe_task(task: bytes) -> dict[str, str]:
    """What a result depends on, besides task and submission.

    Args:
        task: `Task.to_bytes()` (one.py).
    """
    order = json.loads(task)
    modules = Assignment.from_json(order["assignment"]).modules
    return describe(modules, map(Path, [*order["beside"].values(), *order["readable"]]))


def describe(modules: Iterable[str], paths: Iterable[Path] = ()) -> dict[str, str]:
    """The versions of Python and of every installed package, and the hash of each file that counts.

    On two machines it is the same, wherever this package is installed.

    Args:
        modules: names of modules. One that is not an installed package's, such as a course's own, counts by its
            files; a package that is installed counts by its version.
        paths: files and folders that count, too: this package, and these, under the names that they have here.
    """
    names = {name.partition(".")[0] for name in modules}
    roots = {PACKAGE.name: PACKAGE} | {name: found for name in names if (found := _own_folder(name))}
    roots |= {str(path): path for path in paths}
    files = {str(Path(name, path.relative_to(root))): path for name, root in roots.items() for path in _files(root)}
    hashes = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}
    return {"Python": platform.python_version()} | _versions() | hashes


@functools.cache
def _versions() -> dict[str, str]:
    """Name → version of every installed package, as its folder of metadata is called; the first on the path counts.

    Not of what setuptools has within itself: that is on the path once something has imported it, and does not matter.
    """
    folders = [folder for folder in map(Path, reversed(sys.path)) if folder.name != "_vendor"]
    found = [path.stem.partition("-") for folder in folders for path in folder.glob("*.dist-info")]
    return {name: version for name, _, version in found}


def _own_folder(name: str) -> Path | None:
    """Where a module's source is, if it is neither Python's nor an installed package's."""
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return None
    if spec is None or spec.origin is None or name in sys.stdlib_module_names:
        return None
    origin = Path(spec.origin).resolve()
    installed = any(origin.is_relative_to(Path(sysconfig.get_path(p)).resolve()) for p in ("purelib", "platlib"))
    return None if installed else (origin.parent if origin.name == "__init__.py" else origin)


def _files(root: Path) -> list[Path]:
    if root.is_file():
        return [root]
    return [p for p in root.rglob("*") if p.is_file() and "__pycache__" not in p.parts]


def hash_of(parts: Iterable[bytes]) -> str:
    """One hash of all parts, which changes with where one ends, too."""
    total = hashlib.sha256()
    for part in parts:
        total.update(len(part).to_bytes(8, "big") + part)
    return total.hexdigest()
