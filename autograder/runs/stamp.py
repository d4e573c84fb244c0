"""What a result depends on, as hashes: the submission, the source, and all that judges it."""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.util
import json
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

from autograder.marking.intake import Submission
from autograder.source.assignment import Assignment, Check

PACKAGE = Path(__file__).resolve().parents[1]


def submission_key(grader: str, task: bytes, submission: bytes) -> str:
    """The key of a submission's record.

    Args:
        grader: what `grader_stamp` gave.
    """
    return _hash([grader.encode(), task, submission])


def check_keys(
    grader: str, conditions: bytes, assignment: Assignment, submission: Submission, content: bytes
) -> dict[str, str]:
    """Check's grade id → a hash of all that its mark depends on, and of nothing else.

    All checks share the submission, the cells that run before them, and what judges them; each has its own source
    and, where the release recorded no counts for it, the reference solutions that give them. Points are left out
    where they only scale the mark.

    Args:
        grader: what `grader_stamp` gave.
        conditions: how it is judged: the fences, the course's secret.
        submission: what was taken from `content`.
    """
    plan = json.dumps(submission.plan(assignment)).encode()
    shared = _hash([grader.encode(), conditions, plan, hashlib.sha256(content).digest()]).encode()
    return {g: _hash([shared, _own_part(assignment, c, submission)]) for g, c in assignment.checks.items()}


def _own_part(assignment: Assignment, check: Check, submission: Submission) -> bytes:
    """What one check's mark depends on, and the others' do not."""
    counts: object = assignment.counts.get(check.grade_id, {})
    if not isinstance(counts, dict) or counts.get("digest") != check.digest:
        counts = [cell.source for cell in assignment.exercises.values()]  # the reference is run for them
    named = {"check": {**vars(check), "points": check.points if _counts_points(check) else check.points > 0}}
    there = [g for g in check.needs if g in submission.missing], [g for g in check.needs if g in submission.twice]
    return json.dumps([named, counts, there]).encode()


def _counts_points(check: Check) -> bool:
    """Whether its last expression may be a number of points, as in nbgrader."""
    if check.inside is not None:
        return False
    body = ast.parse(check.source).body
    return bool(body) and isinstance(body[-1], ast.Expr)


def grader_stamp(modules: Iterable[str], paths: Iterable[Path] = ()) -> str:
    """A hash of this package, of Python and every installed package's version, and of what the setup cells import.

    Args:
        modules: names of modules. One that is not an installed package's, such as a course's own, counts by its
            files; a package that is installed counts by its version.
        paths: files and folders that count, too.
    """
    roots = {PACKAGE, *paths, *filter(None, (_own_folder(name.partition(".")[0]) for name in modules))}
    files = sorted(path for root in roots for path in _files(root))
    parts = [part for path in files for part in (str(path).encode(), path.read_bytes())]
    return _hash([sys.version.encode(), _versions().encode(), *parts])


@functools.cache
def _versions() -> str:
    """Name and version of every installed package, as its folder of metadata is called."""
    return "\n".join(sorted(path.name for folder in sys.path for path in Path(folder).glob("*.dist-info")))


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


def _hash(parts: Iterable[bytes]) -> str:
    total = hashlib.sha256()
    for part in parts:
        total.update(len(part).to_bytes(8, "big") + part)
    return total.hexdigest()
